/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-snmplog.h"

#include "culvert-goformat.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MODE 0666

char *
culvert_snmplog_dup_path (const char *pattern, GDateTime *now)
{
  const char *slash = strrchr (pattern, '/');
  const char *layout = slash != NULL ? slash + 1 : pattern;
  g_autofree char *folder = g_strndup (pattern, layout - pattern);
  g_autofree char *name =
      culvert_goformat (layout, now, g_date_time_get_microsecond (now) * 1000);

  return g_strconcat (folder, name, NULL);
}

char *
culvert_snmplog_dup_header (void)
{
  GString *line = g_string_new ("Unix");

  for (guint i = 0; i < CULVERT_STATS_N_CSV; i++)
    g_string_append_printf (line, ",%s", culvert_stats_field_name (i));
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

char *
culvert_snmplog_dup_line (const CulvertStats *stats, GDateTime *now)
{
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "%" G_GINT64_FORMAT, g_date_time_to_unix (now));
  for (guint i = 0; i < CULVERT_STATS_N_CSV; i++)
    g_string_append_printf (line, ",%" G_GUINT64_FORMAT, culvert_stats_get (stats, i));
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

static gboolean
culvert_snmplog_write (int fd, const char *text)
{
  size_t left = strlen (text);

  while (left > 0)
    {
      ssize_t n = write (fd, text, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      text += n;
      left -= n;
    }
  return TRUE;
}

gboolean
culvert_snmplog_append (const char *pattern,
                        const CulvertStats *stats,
                        GDateTime *now,
                        GError **error)
{
  g_autofree char *path = culvert_snmplog_dup_path (pattern, now);
  g_autofree char *line = culvert_snmplog_dup_line (stats, now);
  g_autofree char *header = culvert_snmplog_dup_header ();
  int fd = g_open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, FILE_MODE);
  GStatBuf info;
  gboolean ok = fd >= 0 && fstat (fd, &info) == 0;

  ok = ok && (info.st_size != 0 || culvert_snmplog_write (fd, header));
  ok = ok && culvert_snmplog_write (fd, line);
  if (!ok)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                   "snmplog: cannot write \"%s\": %s", path, g_strerror (code));
    }
  if (fd >= 0)
    (void) close (fd);
  return ok;
}

char *
culvert_snmplog_dup_summary (const CulvertStats *stats)
{
  /* name: what is printed; counter: its name in the CSV, if that differs */
  static const struct
  {
    const char *name;
    const char *counter;
  } order[] = {
    { "BytesSent", NULL },          { "BytesReceived", NULL },
    { "MaxConn", NULL },            { "ActiveOpens", NULL },
    { "PassiveOpens", NULL },       { "CurrEstab", NULL },
    { "InErrs", NULL },             { "InCsumErrors", NULL },
    { "KCPInErrors", NULL },        { "InPkts", NULL },
    { "OutPkts", NULL },            { "InSegs", NULL },
    { "OutSegs", NULL },            { "InBytes", NULL },
    { "OutBytes", NULL },           { "RetransSegs", NULL },
    { "FastRetransSegs", NULL },    { "EarlyRetransSegs", NULL },
    { "LostSegs", NULL },           { "RepeatSegs", NULL },
    { "FECFullShardSet", "FECFullShards" }, { "FECRecovered", NULL },
    { "FECErrs", NULL },            { "FECParityShards", NULL },
    { "FECShardSet", NULL },        { "FECShardMin", NULL },
    { "RingBufferSndQueue", NULL }, { "RingBufferRcvQueue", NULL },
    { "RingBufferSndBuffer", NULL }, { "OOBPackets", NULL },
  };
  GString *line = g_string_new ("KCP SNMP:&{");

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      const char *counter = order[i].counter != NULL ? order[i].counter : order[i].name;

      g_string_append_printf (line, "%s%s:%" G_GUINT64_FORMAT, i == 0 ? "" : " ", order[i].name,
                              culvert_stats_lookup (stats, counter));
    }
  g_string_append_c (line, '}');
  return g_string_free (line, FALSE);
}

char *
culvert_snmplog_dup_more (const CulvertStats *stats)
{
  GString *line = g_string_new ("Culvert:&{");

  for (guint i = CULVERT_STATS_N_CSV; i < culvert_stats_n_fields (); i++)
    g_string_append_printf (line, "%s%s:%" G_GUINT64_FORMAT, i == CULVERT_STATS_N_CSV ? "" : " ",
                            culvert_stats_field_name (i), culvert_stats_get (stats, i));
  g_string_append_c (line, '}');
  return g_string_free (line, FALSE);
}

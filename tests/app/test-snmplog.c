/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-snmplog.h"

#include <glib/gstdio.h>
#include <string.h>

/* WIRE.md 14.1, as it stands there. */
#define HEADER \
  "Unix,BytesSent,BytesReceived,MaxConn,ActiveOpens,PassiveOpens,CurrEstab,InErrs,InCsumErrors," \
  "KCPInErrors,InPkts,OutPkts,InSegs,OutSegs,InBytes,OutBytes,RetransSegs,FastRetransSegs," \
  "EarlyRetransSegs,LostSegs,RepeatSegs,FECFullShards,FECParityShards,FECErrs,FECRecovered," \
  "FECShardSet,FECShardMin,RingBufferSndQueue,RingBufferRcvQueue,RingBufferSndBuffer,OOBPackets\n"

/* Counter i is i + 1. */
static CulvertStats
new_stats (void)
{
  CulvertStats stats = { 0 };

  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    stats.values[i] = i + 1;
  return stats;
}

static void
test_header (void)
{
  g_autofree char *header = culvert_snmplog_dup_header ();

  g_assert_cmpstr (header, ==, HEADER);
}

static void
test_line (void)
{
  CulvertStats stats = new_stats ();
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (1767323045);
  g_autofree char *line = culvert_snmplog_dup_line (&stats, now);

  g_assert_cmpstr (
      line, ==,
      "1767323045,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,"
      "27,28,29,30\n");
}

static void
assert_path (const char *pattern, const char *expected)
{
  g_autoptr (GDateTime) now = g_date_time_new_utc (2026, 1, 2, 3, 4, 5);
  g_autofree char *path = culvert_snmplog_dup_path (pattern, now);

  g_assert_cmpstr (path, ==, expected);
}

/* Only the last part is a layout. */
static void
test_path (void)
{
  assert_path ("./snmp-20060102.log", "./snmp-20260102.log");
  assert_path ("/2006/01/x15", "/2006/01/x03");
  assert_path ("2006", "2026");
  assert_path ("/var/log/", "/var/log/");
}

static void
test_append (void)
{
  CulvertStats stats = { 0 };
  g_autoptr (GDateTime) first = g_date_time_new_from_unix_utc (1000);
  g_autoptr (GDateTime) second = g_date_time_new_from_unix_utc (1060);
  g_autofree char *folder = g_dir_make_tmp ("culvert-snmp-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "snmp", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (culvert_snmplog_append (path, &stats, first, &error));
  g_assert_true (culvert_snmplog_append (path, &stats, second, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==,
                   HEADER "1000,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n"
                          "1060,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_append_fails (void)
{
  CulvertStats stats = { 0 };
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (1000);
  g_autoptr (GError) error = NULL;

  g_assert_false (culvert_snmplog_append ("/nonexistent/snmp", &stats, now, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* WIRE.md 14.3: another order, and one name differs. */
static void
test_summary (void)
{
  CulvertStats stats = new_stats ();
  g_autofree char *summary = culvert_snmplog_dup_summary (&stats);

  g_assert_cmpstr (
      summary, ==,
      "KCP SNMP:&{BytesSent:1 BytesReceived:2 MaxConn:3 ActiveOpens:4 PassiveOpens:5 CurrEstab:6 "
      "InErrs:7 InCsumErrors:8 KCPInErrors:9 InPkts:10 OutPkts:11 InSegs:12 OutSegs:13 InBytes:14 "
      "OutBytes:15 RetransSegs:16 FastRetransSegs:17 EarlyRetransSegs:18 LostSegs:19 RepeatSegs:20 "
      "FECFullShardSet:21 FECRecovered:24 FECErrs:23 FECParityShards:22 FECShardSet:25 "
      "FECShardMin:26 RingBufferSndQueue:27 RingBufferRcvQueue:28 RingBufferSndBuffer:29 "
      "OOBPackets:30}");
}

/* Whatever the CSV does not have. */
static void
test_more (void)
{
  CulvertStats stats = new_stats ();
  g_autofree char *more = culvert_snmplog_dup_more (&stats);

  g_assert_cmpuint (culvert_stats_n_fields (), >, CULVERT_STATS_N_CSV);
  g_assert_true (g_str_has_prefix (more, "Culvert:&{"));
  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    {
      g_autofree char *item =
          g_strdup_printf ("%s:%u", culvert_stats_field_name (i), i + 1);

      g_assert_cmpint (strstr (more, item) != NULL, ==, i >= CULVERT_STATS_N_CSV);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/snmplog/header", test_header);
  g_test_add_func ("/snmplog/line", test_line);
  g_test_add_func ("/snmplog/path", test_path);
  g_test_add_func ("/snmplog/append", test_append);
  g_test_add_func ("/snmplog/append/fails", test_append_fails);
  g_test_add_func ("/snmplog/summary", test_summary);
  g_test_add_func ("/snmplog/more", test_more);
  return g_test_run ();
}

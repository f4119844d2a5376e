/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_MODE 0640
/* Bytes that wait at the most for the loop to come round. */
#define WAITING_MAX 65536

struct _CulvertLog
{
  char *path; /* NULL: standard error */
  int fd;     /* of path, or -1 */
  CulvertLogLevel level;

  char *last; /* the last line without its time */
  guint n_repeats;
  guint repeat_source;

  GString *waiting; /* whole lines not written yet */
  guint waiting_source;
  bool may_wait;
  time_t stamp_second; /* what stamp says */
  char stamp[32];
};

CulvertLog *
culvert_log_new (void)
{
  CulvertLog *log = g_new0 (CulvertLog, 1);

  log->fd = -1;
  log->level = CULVERT_LOG_INFO;
  log->waiting = g_string_new (NULL);
  log->stamp_second = -1;
  return log;
}

void
culvert_log_free (CulvertLog *log)
{
  culvert_log_flush (log);
  if (log->fd >= 0)
    (void) close (log->fd);
  g_string_free (log->waiting, TRUE);
  g_free (log->last);
  g_free (log->path);
  g_free (log);
}

static gboolean
culvert_log_open_fd (const char *path, int *out_fd, GError **error)
{
  int fd = g_open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, FILE_MODE);

  if (fd < 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "log: cannot open \"%s\": %s",
                   path, g_strerror (code));
      return FALSE;
    }
  *out_fd = fd;
  return TRUE;
}

static void
culvert_log_replace_fd (CulvertLog *log, int fd)
{
  culvert_log_flush (log);
  if (log->fd >= 0)
    (void) close (log->fd);
  log->fd = fd;
}

gboolean
culvert_log_open (CulvertLog *log, const char *path, GError **error)
{
  int fd = -1;

  if (path[0] != '\0' && !culvert_log_open_fd (path, &fd, error))
    return FALSE;
  culvert_log_replace_fd (log, fd);
  g_free (log->path);
  log->path = path[0] != '\0' ? g_strdup (path) : NULL;
  return TRUE;
}

gboolean
culvert_log_reopen (CulvertLog *log, GError **error)
{
  int fd;

  if (log->path == NULL)
    return TRUE;
  if (!culvert_log_open_fd (log->path, &fd, error))
    return FALSE;
  culvert_log_replace_fd (log, fd);
  return TRUE;
}

void
culvert_log_set_level (CulvertLog *log, CulvertLogLevel level)
{
  log->level = level;
}

gboolean
culvert_log_level_from_string (const char *name, CulvertLogLevel *out_level)
{
  static const char *const names[] = {
    [CULVERT_LOG_ERROR] = "error",
    [CULVERT_LOG_WARNING] = "warning",
    [CULVERT_LOG_INFO] = "info",
    [CULVERT_LOG_DEBUG] = "debug",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i], name) == 0)
      {
        *out_level = i;
        return TRUE;
      }
  return FALSE;
}

/* Calls of write carry whole lines, so that lines of several processes do not mix. */
static void
culvert_log_write_waiting (CulvertLog *log)
{
  int fd = log->fd >= 0 ? log->fd : STDERR_FILENO;
  const char *p = log->waiting->str;
  size_t left = log->waiting->len;

  g_clear_handle_id (&log->waiting_source, g_source_remove);
  while (left > 0)
    {
      ssize_t n = write (fd, p, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      p += n;
      left -= n;
    }
  g_string_truncate (log->waiting, 0);
}

static gboolean
culvert_log_waiting_cb (gpointer user_data)
{
  CulvertLog *log = user_data;

  log->waiting_source = 0;
  culvert_log_write_waiting (log);
  return G_SOURCE_REMOVE;
}

/* The time of now as text. GDateTime would look at the zone's file each time. */
static const char *
culvert_log_stamp (CulvertLog *log)
{
  time_t now = time (NULL);
  struct tm tm;

  if (now != log->stamp_second && localtime_r (&now, &tm) != NULL
      && strftime (log->stamp, sizeof log->stamp, "%Y/%m/%d %H:%M:%S", &tm) > 0)
    log->stamp_second = now;
  return log->stamp;
}

static void
culvert_log_emit (CulvertLog *log, const char *line)
{
  g_string_append (log->waiting, culvert_log_stamp (log));
  g_string_append_c (log->waiting, ' ');
  g_string_append (log->waiting, line);
  g_string_append_c (log->waiting, '\n');
  if (!log->may_wait || log->waiting->len >= WAITING_MAX)
    culvert_log_write_waiting (log);
  else if (log->waiting_source == 0)
    log->waiting_source = g_idle_add_full (G_PRIORITY_DEFAULT, culvert_log_waiting_cb, log, NULL);
}

/* The count of the repeats since the last line. */
static void
culvert_log_end_repeats (CulvertLog *log)
{
  g_autofree char *line = NULL;

  g_clear_handle_id (&log->repeat_source, g_source_remove);
  if (log->n_repeats == 0)
    return;
  line = g_strdup_printf ("%s (repeated %u times)", log->last, log->n_repeats);
  log->n_repeats = 0;
  culvert_log_emit (log, line);
}

void
culvert_log_flush (CulvertLog *log)
{
  culvert_log_end_repeats (log);
  culvert_log_write_waiting (log);
}

static gboolean
culvert_log_repeat_cb (gpointer user_data)
{
  CulvertLog *log = user_data;

  log->repeat_source = 0;
  culvert_log_flush (log);
  return G_SOURCE_REMOVE;
}

/* Control characters of names from outside must not forge lines. */
static char *
culvert_log_dup_line (CulvertLogLevel level, const char *message)
{
  static const char *const prefixes[] = {
    [CULVERT_LOG_ERROR] = "error: ",
    [CULVERT_LOG_WARNING] = "warning: ",
    [CULVERT_LOG_INFO] = "",
    [CULVERT_LOG_DEBUG] = "debug: ",
  };
  char *line = g_strconcat (prefixes[level], message, NULL);

  for (char *p = line; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  return line;
}

static void
culvert_log_take (CulvertLog *log, CulvertLogLevel level, const char *message)
{
  g_autofree char *line = culvert_log_dup_line (level, message);

  if (g_strcmp0 (line, log->last) == 0)
    {
      log->n_repeats++;
      if (log->repeat_source == 0)
        log->repeat_source =
            g_timeout_add_seconds (CULVERT_LOG_REPEAT_SECONDS, culvert_log_repeat_cb, log);
      return;
    }
  culvert_log_end_repeats (log);
  culvert_log_emit (log, line);
  g_free (log->last);
  log->last = g_steal_pointer (&line);
}

void
culvert_log_write (CulvertLog *log, CulvertLogLevel level, const char *message)
{
  if (level <= log->level)
    culvert_log_take (log, level, message);
}

void
culvert_log_write_soon (CulvertLog *log, CulvertLogLevel level, const char *message)
{
  log->may_wait = level > CULVERT_LOG_WARNING;
  culvert_log_write (log, level, message);
  log->may_wait = false;
}

void
culvert_log_say (CulvertLog *log, const char *message)
{
  culvert_log_take (log, CULVERT_LOG_INFO, message);
}

void
culvert_log_print (CulvertLog *log, CulvertLogLevel level, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  culvert_log_write (log, level, message);
}

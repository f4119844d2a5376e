/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-log.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *folder;
  char *path;
  CulvertLog *log;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("culvert-log-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "log", NULL);
  fixture->log = culvert_log_new ();
  g_assert_true (culvert_log_open (fixture->log, fixture->path, &error));
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->log, culvert_log_free);
  (void) g_unlink (fixture->path);
  (void) g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

/* Lines of the file without their times, whose form is checked. */
static GStrv
read_lines (const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      g_assert_true (
          g_regex_match_simple ("^\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d ", lines[i], 0, 0));
      g_strv_builder_add (builder, lines[i] + strlen ("2006/01/02 15:04:05 "));
    }
  return g_strv_builder_end (builder);
}

static void
assert_lines (const char *path, const char *const *expected)
{
  g_auto (GStrv) lines = read_lines (path);

  g_assert_cmpstrv (lines, (char **) expected);
}

#define LINES(...) ((const char *const[]) { __VA_ARGS__, NULL })

static void
test_levels (Fixture *fixture, gconstpointer data)
{
  culvert_log_write (fixture->log, CULVERT_LOG_DEBUG, "dropped");
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "one");
  culvert_log_write (fixture->log, CULVERT_LOG_WARNING, "two");
  culvert_log_set_level (fixture->log, CULVERT_LOG_ERROR);
  culvert_log_write (fixture->log, CULVERT_LOG_WARNING, "dropped");
  culvert_log_write (fixture->log, CULVERT_LOG_ERROR, "three");
  culvert_log_say (fixture->log, "four");
  assert_lines (fixture->path, LINES ("one", "warning: two", "error: three", "four"));
}

static void
test_repeats (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    culvert_log_write (fixture->log, CULVERT_LOG_INFO, "again");
  assert_lines (fixture->path, LINES ("again"));
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "other");
  assert_lines (fixture->path, LINES ("again", "again (repeated 4 times)", "other"));
}

static void
test_repeats_flush (Fixture *fixture, gconstpointer data)
{
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "again");
  culvert_log_flush (fixture->log);
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "again");
  g_clear_pointer (&fixture->log, culvert_log_free);
  assert_lines (fixture->path, LINES ("again", "again (repeated 1 times)"));
}

static void
test_one_line (Fixture *fixture, gconstpointer data)
{
  culvert_log_print (fixture->log, CULVERT_LOG_INFO, "a%sb", "\n2026/01/01 00:00:00 forged\r\t");
  assert_lines (fixture->path, LINES ("a 2026/01/01 00:00:00 forged  b"));
}

static void
test_append (Fixture *fixture, gconstpointer data)
{
  GStatBuf info;

  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "one");
  g_clear_pointer (&fixture->log, culvert_log_free);
  fixture->log = culvert_log_new ();
  g_assert_true (culvert_log_open (fixture->log, fixture->path, NULL));
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "two");
  assert_lines (fixture->path, LINES ("one", "two"));
  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0137, ==, 0);
}

static void
test_reopen (Fixture *fixture, gconstpointer data)
{
  g_autofree char *moved = g_strconcat (fixture->path, ".1", NULL);

  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "one");
  g_assert_cmpint (g_rename (fixture->path, moved), ==, 0);
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "two");
  g_assert_true (culvert_log_reopen (fixture->log, NULL));
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "three");
  assert_lines (moved, LINES ("one", "two"));
  assert_lines (fixture->path, LINES ("three"));
  g_assert_cmpint (g_unlink (moved), ==, 0);
}

/* What may wait is written by the loop, or before what may not. */
static void
test_soon (Fixture *fixture, gconstpointer data)
{
  culvert_log_write_soon (fixture->log, CULVERT_LOG_INFO, "one");
  culvert_log_write_soon (fixture->log, CULVERT_LOG_DEBUG, "dropped");
  culvert_log_write_soon (fixture->log, CULVERT_LOG_INFO, "two");
  assert_lines (fixture->path, LINES (NULL));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  assert_lines (fixture->path, LINES ("one", "two"));
  culvert_log_write_soon (fixture->log, CULVERT_LOG_INFO, "three");
  culvert_log_write_soon (fixture->log, CULVERT_LOG_WARNING, "four");
  assert_lines (fixture->path, LINES ("one", "two", "three", "warning: four"));
  culvert_log_write_soon (fixture->log, CULVERT_LOG_INFO, "five");
  culvert_log_flush (fixture->log);
  assert_lines (fixture->path, LINES ("one", "two", "three", "warning: four", "five"));
}

/* Lines wait in a bounded place. */
static void
test_soon_bound (Fixture *fixture, gconstpointer data)
{
  GStatBuf info;

  for (guint i = 0; i < 4000; i++)
    {
      g_autofree char *line = g_strdup_printf ("line %u", i);

      culvert_log_write_soon (fixture->log, CULVERT_LOG_INFO, line);
    }
  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_size, >=, 65536);
}

/* A failure leaves the old file in use. */
static void
test_open_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (culvert_log_open (fixture->log, "/nonexistent/log", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  culvert_log_write (fixture->log, CULVERT_LOG_INFO, "still here");
  assert_lines (fixture->path, LINES ("still here"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/log/levels", test_levels);
  ADD ("/log/repeats", test_repeats);
  ADD ("/log/repeats/flush", test_repeats_flush);
  ADD ("/log/one-line", test_one_line);
  ADD ("/log/append", test_append);
  ADD ("/log/reopen", test_reopen);
  ADD ("/log/open-fails", test_open_fails);
  ADD ("/log/soon", test_soon);
  ADD ("/log/soon/bound", test_soon_bound);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What is known of paths, beyond the end of a process. */

#include "config.h"

#include "app-test.h"
#include "culvert-path-memory.h"

#include <glib/gstdio.h>
#include <string.h>

#define DAY (24 * 3600)
#define NOW ((CulvertTime) 1000 * CULVERT_SEC)

typedef struct
{
  char *folder;
  char *file;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = app_test_new_folder ();
  fixture->file = g_build_filename (fixture->folder, "new", "paths", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_free (fixture->file);
  app_test_drop_folder (fixture->folder);
}

static CulvertPath
new_path (const char *local, const char *peer, unsigned passes, unsigned fails)
{
  CulvertPath path = { .passes = passes, .fails = fails };

  if (local != NULL)
    g_assert_cmpint (culvert_address_parse (local, 1, &path.local), ==, CULVERT_OK);
  g_assert_cmpint (culvert_address_parse (peer, 29900, &path.peer), ==, CULVERT_OK);
  return path;
}

/* Of the path as a new run would know it; NULL: nothing. */
static const CulvertPath *
find (CulvertPathMemory *memory, CulvertPaths *paths, const char *local, const char *peer)
{
  CulvertPath path = new_path (local, peer, 0, 0);

  culvert_path_memory_fill (memory, paths, NOW);
  return culvert_paths_find (paths, &path.local, &path.peer, NOW);
}

static void
note (CulvertPathMemory *memory, const char *local, const char *peer, unsigned passes)
{
  CulvertPath path = new_path (local, peer, passes, passes + 100);

  culvert_path_memory_note (memory, &path);
  app_test_wait (!culvert_path_memory_is_writing (memory));
}

static CulvertPathMemory *
open_again (Fixture *fixture)
{
  CulvertPathMemory *memory = culvert_path_memory_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (culvert_path_memory_open (memory, fixture->file, &error));
  g_assert_no_error (error);
  return memory;
}

static void
write_text (Fixture *fixture, const char *text)
{
  g_autofree char *folder = g_path_get_dirname (fixture->file);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (fixture->file, text, -1, NULL));
}

/* A path that a process learned is known to the next one, ports apart. */
static void
test_restart (Fixture *fixture, gconstpointer data)
{
  CulvertPathMemory *memory = open_again (fixture);
  const CulvertPath *path;
  CulvertPaths paths;
  GStatBuf info;

  note (memory, "192.0.2.1", "198.51.100.7", 1200);
  note (memory, NULL, "2001:db8::7", 1300);
  note (memory, "192.0.2.1", "198.51.100.7", 1100);
  culvert_path_memory_free (memory);
  g_assert_cmpint (g_stat (fixture->file, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  memory = open_again (fixture);
  path = find (memory, &paths, "192.0.2.1", "198.51.100.7");
  g_assert_nonnull (path);
  g_assert_cmpuint (path->passes, ==, 1100);
  g_assert_cmpuint (path->fails, ==, 1200);
  g_assert_cmpint (path->at, <=, NOW);
  path = find (memory, &paths, NULL, "2001:db8::7");
  g_assert_nonnull (path);
  g_assert_cmpuint (path->passes, ==, 1300);
  /* Another network is another path. */
  g_assert_null (find (memory, &paths, "192.0.2.2", "198.51.100.7"));
  culvert_path_memory_free (memory);
}

/* Three days, and no day of the future. */
static void
test_age (Fixture *fixture, gconstpointer data)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *text = g_strdup_printf (
      "[- 192.0.2.1]\npasses=1200\nfails=1300\nat=%" G_GINT64_FORMAT "\n"
      "[- 192.0.2.2]\npasses=1200\nfails=1300\nat=%" G_GINT64_FORMAT "\n"
      "[- 192.0.2.3]\npasses=1200\nfails=0\nat=%" G_GINT64_FORMAT "\n",
      now - 3 * DAY + 60, now - 3 * DAY - 60, now + DAY);
  CulvertPathMemory *memory;
  CulvertPaths paths;
  const CulvertPath *path;

  write_text (fixture, text);
  memory = open_again (fixture);
  path = find (memory, &paths, NULL, "192.0.2.1");
  g_assert_nonnull (path);
  /* It is as old for the run as it is. */
  g_assert_cmpint (NOW - path->at, >, (CulvertTime) 2 * DAY * CULVERT_SEC);
  g_assert_null (find (memory, &paths, NULL, "192.0.2.2"));
  g_assert_null (find (memory, &paths, NULL, "192.0.2.3"));
  culvert_path_memory_free (memory);
}

/* Whatever is there: one error, nothing known, and a good file after the next lesson. */
static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = {
    "no key file", "[", "[- 192.0.2.1]\npasses=x\n",
    "[- 192.0.2.1]\npasses=1200\nfails=1100\nat=1\n",
    "[- host.name]\npasses=1200\nfails=0\nat=1\n", "[192.0.2.1]\npasses=1200\nfails=0\nat=1\n",
    "[- 192.0.2.1 more]\npasses=1200\nfails=0\nat=1\n", "[- -]\npasses=1200\nfails=0\nat=1\n",
    "[- 192.0.2.1]\npasses=99999999999\nfails=0\nat=1\n", "[- 192.0.2.1]\npasses=-5\nat=1\n",
    "\xff\xfe[- 192.0.2.1]\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts) + 1; i++)
    {
      g_autofree char *large = g_strnfill (CULVERT_PATH_MEMORY_FILE_MAX + 1, '#');
      CulvertPathMemory *memory = culvert_path_memory_new ();
      g_autoptr (GError) error = NULL;
      CulvertPaths paths;

      write_text (fixture, i < G_N_ELEMENTS (texts) ? texts[i] : large);
      g_assert_false (culvert_path_memory_open (memory, fixture->file, &error));
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, fixture->file));
      g_assert_null (find (memory, &paths, NULL, "192.0.2.1"));
      note (memory, NULL, "192.0.2.9", 1200);
      culvert_path_memory_free (memory);
      memory = open_again (fixture);
      g_assert_nonnull (find (memory, &paths, NULL, "192.0.2.9"));
      culvert_path_memory_free (memory);
    }
}

/* Processes share the file, and none takes away what another has learned. */
static void
test_shared (Fixture *fixture, gconstpointer data)
{
  CulvertPathMemory *first = open_again (fixture);
  CulvertPathMemory *second = open_again (fixture);
  CulvertPathMemory *third;
  CulvertPaths paths;

  note (first, NULL, "192.0.2.1", 1200);
  note (second, NULL, "192.0.2.2", 1300);
  third = open_again (fixture);
  g_assert_nonnull (find (third, &paths, NULL, "192.0.2.1"));
  g_assert_nonnull (find (third, &paths, NULL, "192.0.2.2"));
  culvert_path_memory_free (first);
  culvert_path_memory_free (second);
  culvert_path_memory_free (third);
}

static void
test_bounded (Fixture *fixture, gconstpointer data)
{
  CulvertPathMemory *memory = open_again (fixture);
  g_autofree char *text = NULL;
  CulvertPaths paths;
  gsize len;

  for (guint i = 0; i < 3 * CULVERT_PATH_MEMORY_MAX; i++)
    {
      g_autofree char *peer = g_strdup_printf ("10.0.%u.%u", i / 200, i % 200 + 1);
      CulvertPath path = new_path (NULL, peer, 1200, 1300);

      culvert_path_memory_note (memory, &path);
    }
  app_test_wait (!culvert_path_memory_is_writing (memory));
  culvert_path_memory_fill (memory, &paths, NOW);
  g_assert_cmpuint (paths.n, ==, CULVERT_PATHS_MAX);
  culvert_path_memory_free (memory);
  g_assert_true (g_file_get_contents (fixture->file, &text, &len, NULL));
  g_assert_cmpuint (len, <, CULVERT_PATH_MEMORY_FILE_MAX);
  culvert_path_memory_free (open_again (fixture));
}

/* A folder that cannot be written: nothing is kept, nothing is said. */
static void
test_unwritable (Fixture *fixture, gconstpointer data)
{
  CulvertPathMemory *memory = culvert_path_memory_new ();
  CulvertPaths paths;

  g_assert_true (culvert_path_memory_open (memory, "/proc/culvert/paths", NULL));
  note (memory, NULL, "192.0.2.1", 1200);
  g_assert_nonnull (find (memory, &paths, NULL, "192.0.2.1"));
  culvert_path_memory_free (memory);
}

#define ADD(name, func) g_test_add ("/paths/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("restart", test_restart);
  ADD ("age", test_age);
  ADD ("corrupt", test_corrupt);
  ADD ("shared", test_shared);
  ADD ("bounded", test_bounded);
  ADD ("unwritable", test_unwritable);
  return g_test_run ();
}

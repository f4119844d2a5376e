/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "app-test.h"
#include "culvert-profile-store.h"

#include <glib/gstdio.h>
#include <string.h>

#define UUID "11111111-2222-4333-8444-555555555555"

typedef struct
{
  char *folder; /* does not exist at first */
  char *top;
  CulvertProfileStore *store;
  guint n_reloaded;
  GPtrArray *purged;
} Fixture;

static void
reloaded_cb (CulvertProfileStore *store, CulvertProfile *profile, gpointer user_data)
{
  ((Fixture *) user_data)->n_reloaded++;
}

static void
purged_cb (CulvertProfileStore *store, const char *uuid, gpointer user_data)
{
  g_ptr_array_add (((Fixture *) user_data)->purged, g_strdup (uuid));
}

static void
open_store (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  fixture->store = culvert_profile_store_new (fixture->folder);
  g_signal_connect (fixture->store, "reloaded", G_CALLBACK (reloaded_cb), fixture);
  g_signal_connect (fixture->store, "purged", G_CALLBACK (purged_cb), fixture);
  culvert_profile_store_load_async (fixture->store, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_profile_store_load_finish (fixture->store, result, &error));
  g_assert_no_error (error);
}

static gboolean
flush (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_profile_store_flush_async (fixture->store, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  return culvert_profile_store_flush_finish (fixture->store, result, NULL);
}

/* As another run of the program would see it. */
static void
reopen_store (Fixture *fixture)
{
  g_assert_true (flush (fixture));
  g_clear_object (&fixture->store);
  open_store (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->top = app_test_new_folder ();
  fixture->folder = g_build_filename (fixture->top, "culvert", "profiles", NULL);
  fixture->purged = g_ptr_array_new_with_free_func (g_free);
  open_store (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (flush (fixture));
  g_clear_object (&fixture->store);
  g_ptr_array_unref (fixture->purged);
  g_free (fixture->folder);
  app_test_drop_folder (fixture->top);
}

static guint
n_profiles (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->store));
}

static CulvertProfile *
nth (Fixture *fixture, guint i)
{
  g_autoptr (CulvertProfile) profile = g_list_model_get_item (G_LIST_MODEL (fixture->store), i);

  return profile; /* the store has it */
}

static CulvertProfile *
add (Fixture *fixture, const char *name)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, name);

  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "h:1");
  culvert_profile_store_add (fixture->store, profile);
  return nth (fixture, n_profiles (fixture) - 1);
}

static char *
path_of (Fixture *fixture, CulvertProfile *profile)
{
  g_autofree char *name = g_strconcat (culvert_profile_get_uuid (profile), ".json", NULL);

  return g_build_filename (fixture->folder, name, NULL);
}

static void
put_file (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_cmpint (g_mkdir_with_parents (fixture->folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static guint
mode_of (const char *path)
{
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  return info.st_mode & 0777;
}

static guint
n_problems (Fixture *fixture)
{
  g_auto (GStrv) problems = culvert_profile_store_dup_problems (fixture->store);

  return g_strv_length (problems);
}

static void
test_save (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = add (fixture, "Office");
  g_autofree char *path = path_of (fixture, profile);
  g_autofree char *uuid = g_strdup (culvert_profile_get_uuid (profile));

  culvert_profile_set_key (profile, "secret");
  g_assert_true (flush (fixture));
  g_assert_cmpuint (mode_of (path), ==, 0600);
  g_assert_cmpuint (mode_of (fixture->folder), ==, 0700);
  reopen_store (fixture);
  g_assert_cmpuint (n_profiles (fixture), ==, 1);
  g_assert_cmpstr (culvert_profile_get_uuid (nth (fixture, 0)), ==, uuid);
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 0)), ==, "Office");
  g_assert_cmpstr (culvert_profile_peek_key (nth (fixture, 0)), ==, "secret");
}

/* Whoever reads at any time reads a whole file. */
static void
test_atomic (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = add (fixture, "Office");
  g_autofree char *path = path_of (fixture, profile);
  g_autoptr (GMappedFile) old = NULL;
  g_autofree char *before = NULL;

  g_assert_true (flush (fixture));
  g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
  old = g_mapped_file_new (path, FALSE, NULL);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strnfill (100 + i * 100, 'x');
      g_autofree char *text = NULL;
      gsize len;
      g_autoptr (CulvertProfile) read = NULL;
      g_autoptr (GError) error = NULL;

      culvert_profile_set_name (profile, name);
      g_main_context_iteration (NULL, FALSE);
      g_assert_true (g_file_get_contents (path, &text, &len, NULL));
      read = culvert_profile_new_from_json (text, len, path, &error);
      g_assert_no_error (error);
    }
  g_assert_true (flush (fixture));
  /* Whoever had the old file open has it still: another one took its name. */
  g_assert_cmpmem (g_mapped_file_get_contents (old), g_mapped_file_get_length (old), before,
                   strlen (before));
  reopen_store (fixture);
  g_assert_cmpuint (strlen (culvert_profile_get_name (nth (fixture, 0))), ==, 5000);
}

/* The old file stays whole when the new one cannot be written. */
static void
test_save_failed (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = add (fixture, "Office");
  g_autofree char *path = path_of (fixture, profile);
  g_autofree char *aside = g_strconcat (fixture->folder, ".aside", NULL);

  g_assert_true (flush (fixture));
  /* A file in the folder's place; permissions do not stop root. */
  g_assert_cmpint (g_rename (fixture->folder, aside), ==, 0);
  g_assert_true (g_file_set_contents (fixture->folder, "", 0, NULL));
  culvert_profile_set_name (profile, "Lost");
  g_assert_false (flush (fixture));
  g_assert_cmpint (g_remove (fixture->folder), ==, 0);
  g_assert_cmpint (g_rename (aside, fixture->folder), ==, 0);
  /* And is written with the next change. */
  culvert_profile_set_name (profile, "Found");
  g_assert_true (flush (fixture));
  reopen_store (fixture);
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 0)), ==, "Found");
}

static void
test_outside_change (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = add (fixture, "Office");
  g_autofree char *name = g_strconcat (culvert_profile_get_uuid (profile), ".json", NULL);

  g_assert_true (flush (fixture));
  put_file (fixture, name, "{\"remoteaddr\": \"other:2\", \"culvert\": {\"name\": \"Changed\"}}");
  app_test_wait (strcmp (culvert_profile_get_name (profile), "Changed") == 0);
  g_assert_cmpuint (fixture->n_reloaded, ==, 1);
  g_assert_cmpstr (culvert_profile_get_string (profile, CULVERT_SETTING_REMOTEADDR), ==,
                   "other:2");
  put_file (fixture, "by-hand.json", "{\"listen\": \":3\"}");
  app_test_wait (n_profiles (fixture) == 2);
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 1)), ==, "by-hand");
}

/* Own writes are no outside changes. */
static void
test_own_change (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = add (fixture, "Office");

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("Office %u", i);

      culvert_profile_set_name (profile, name);
      g_assert_true (flush (fixture));
    }
  /* An outside file comes in after all of them were looked at. */
  put_file (fixture, "z.json", "{\"listen\": \":3\"}");
  app_test_wait (n_profiles (fixture) == 2);
  g_assert_cmpuint (fixture->n_reloaded, ==, 0);
}

static void
test_outside_delete (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = add (fixture, "Office");
  g_autofree char *path = path_of (fixture, profile);

  add (fixture, "Home");
  g_assert_true (flush (fixture));
  g_assert_cmpint (g_unlink (path), ==, 0);
  app_test_wait (n_profiles (fixture) == 1);
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 0)), ==, "Home");
}

/* A bad file is reported, kept as it is and costs no other. */
static void
test_bad_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bad = g_build_filename (fixture->folder, "bad.json", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) problems = NULL;

  add (fixture, "Office");
  put_file (fixture, "bad.json", "{\"listen\": ");
  put_file (fixture, UUID ".json", "{\"listen\": \":1\"}");
  put_file (fixture, "not-a-profile.txt", "x");
  reopen_store (fixture);
  g_assert_cmpuint (n_profiles (fixture), ==, 2);
  problems = culvert_profile_store_dup_problems (fixture->store);
  g_assert_cmpuint (g_strv_length (problems), ==, 1);
  g_assert_true (g_str_has_prefix (problems[0], "bad.json:1:"));
  g_assert_true (g_file_get_contents (bad, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "{\"listen\": ");
  /* Mended outside, it appears. */
  put_file (fixture, "bad.json", "{\"listen\": \":1\"}");
  app_test_wait (n_profiles (fixture) == 3);
  g_assert_cmpuint (n_problems (fixture), ==, 0);
}

/* A loaded profile survives a mistake in its file. */
static void
test_broken_while_open (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = add (fixture, "Office");
  g_autofree char *name = g_strconcat (culvert_profile_get_uuid (profile), ".json", NULL);

  g_assert_true (flush (fixture));
  put_file (fixture, name, "{");
  app_test_wait (n_problems (fixture) == 1);
  g_assert_cmpuint (n_profiles (fixture), ==, 1);
  g_assert_cmpstr (culvert_profile_get_name (profile), ==, "Office");
}

/* A file under any name has the same UUID in every run, whatever stands in it. */
static void
test_uuid (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = NULL;

  put_file (fixture, "office.json", "{\"listen\": \":1\", \"culvert\": {\"uuid\": \"" UUID "\"}}");
  put_file (fixture, UUID ".json", "{\"listen\": \":1\"}");
  reopen_store (fixture);
  g_assert_nonnull (culvert_profile_store_find (fixture->store, UUID));
  g_assert_cmpuint (n_profiles (fixture), ==, 2);
  for (guint i = 0; i < 2; i++)
    if (strcmp (culvert_profile_get_uuid (nth (fixture, i)), UUID) != 0)
      first = g_strdup (culvert_profile_get_uuid (nth (fixture, i)));
  g_assert_true (g_uuid_string_is_valid (first));
  reopen_store (fixture);
  g_assert_nonnull (culvert_profile_store_find (fixture->store, first));
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *a = add (fixture, "a");

  add (fixture, "b");
  add (fixture, "c");
  culvert_profile_store_move (fixture->store, a, 2);
  g_assert_true (nth (fixture, 2) == a);
  culvert_profile_store_move (fixture->store, nth (fixture, 1), 0);
  reopen_store (fixture);
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 0)), ==, "c");
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 1)), ==, "b");
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 2)), ==, "a");
}

static void
test_duplicate (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *a = add (fixture, "a");
  CulvertProfile *copy;

  add (fixture, "b");
  culvert_profile_set_key (a, "k");
  copy = culvert_profile_store_duplicate (fixture->store, a);
  g_assert_true (nth (fixture, 1) == copy);
  g_assert_cmpstr (culvert_profile_get_name (copy), ==, "a 2");
  g_assert_cmpstr (culvert_profile_peek_key (copy), ==, "k");
  g_assert_cmpstr (culvert_profile_get_uuid (copy), !=, culvert_profile_get_uuid (a));
  copy = culvert_profile_store_duplicate (fixture->store, copy);
  g_assert_cmpstr (culvert_profile_get_name (copy), ==, "a 3");
}

/* Delete, undo, delete for good. */
static void
test_trash (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *a = add (fixture, "a");
  g_autoptr (CulvertProfile) b = g_object_ref (add (fixture, "b"));
  g_autofree char *path = path_of (fixture, b);
  g_autofree char *uuid = g_strdup (culvert_profile_get_uuid (b));
  g_autofree char *trash = g_build_filename (fixture->folder, "trash", NULL);
  g_autoptr (GDir) dir = NULL;

  add (fixture, "c");
  g_assert_true (flush (fixture));
  culvert_profile_store_remove (fixture->store, b);
  g_assert_cmpuint (n_profiles (fixture), ==, 2);
  g_assert_true (flush (fixture));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (culvert_profile_store_restore (fixture->store, uuid));
  g_assert_true (nth (fixture, 1) == b);
  g_assert_true (flush (fixture));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (culvert_profile_store_restore (fixture->store, uuid));

  culvert_profile_store_remove (fixture->store, b);
  /* Changed while it is in the trash: nothing is written. */
  culvert_profile_set_name (b, "ghost");
  culvert_profile_store_purge (fixture->store, uuid);
  g_assert_true (flush (fixture));
  g_assert_cmpuint (fixture->purged->len, ==, 1);
  g_assert_cmpstr (fixture->purged->pdata[0], ==, uuid);
  g_assert_false (culvert_profile_store_restore (fixture->store, uuid));
  dir = g_dir_open (trash, 0, NULL);
  g_assert_nonnull (dir);
  g_assert_null (g_dir_read_name (dir));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (nth (fixture, 0) == a);
}

/* A crash between delete and purge: the next run may still take it back. */
static void
test_trash_survives (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *a = add (fixture, "a");
  g_autofree char *uuid = g_strdup (culvert_profile_get_uuid (a));

  g_assert_true (flush (fixture));
  culvert_profile_store_remove (fixture->store, a);
  reopen_store (fixture);
  g_assert_cmpuint (n_profiles (fixture), ==, 0);
  g_assert_true (culvert_profile_store_restore (fixture->store, uuid));
  app_test_wait (n_profiles (fixture) == 1);
  g_assert_cmpstr (culvert_profile_get_name (nth (fixture, 0)), ==, "a");
  culvert_profile_store_remove (fixture->store, nth (fixture, 0));
  reopen_store (fixture);
  culvert_profile_store_purge (fixture->store, NULL);
  g_assert_true (flush (fixture));
  g_assert_cmpuint (fixture->purged->len, ==, 1);
}

static void
assert_lookup_fails (Fixture *fixture, const char *name, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (culvert_profile_store_lookup (fixture->store, name, &error));
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_lookup (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *a = add (fixture, "Büro");
  CulvertProfile *b = add (fixture, "büro");

  g_assert_true (culvert_profile_store_lookup (fixture->store, "Büro", NULL) == a);
  g_assert_true (culvert_profile_store_lookup (fixture->store, "büro", NULL) == b);
  g_assert_true (culvert_profile_store_lookup (fixture->store, culvert_profile_get_uuid (b), NULL)
                 == b);
  assert_lookup_fails (fixture, "BÜRO", "UUID");
  culvert_profile_set_name (b, "Haus");
  g_assert_true (culvert_profile_store_lookup (fixture->store, "BÜRO", NULL) == a);
  assert_lookup_fails (fixture, "Garten", "Büro, Haus");
}

/* Another program's wide permissions are narrowed, for a key may be inside. */
static void
test_narrow (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, UUID ".json", NULL);

  put_file (fixture, UUID ".json", "{\"listen\": \":1\"}");
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  g_assert_cmpint (g_chmod (fixture->folder, 0755), ==, 0);
  reopen_store (fixture);
  g_assert_cmpuint (mode_of (path), ==, 0600);
  g_assert_cmpuint (mode_of (fixture->folder), ==, 0700);
}

#define ADD(name, func) g_test_add ("/store/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("save", test_save);
  ADD ("atomic", test_atomic);
  ADD ("save-failed", test_save_failed);
  ADD ("outside-change", test_outside_change);
  ADD ("own-change", test_own_change);
  ADD ("outside-delete", test_outside_delete);
  ADD ("bad-file", test_bad_file);
  ADD ("broken-while-open", test_broken_while_open);
  ADD ("uuid", test_uuid);
  ADD ("order", test_order);
  ADD ("duplicate", test_duplicate);
  ADD ("trash", test_trash);
  ADD ("trash-survives", test_trash_survives);
  ADD ("lookup", test_lookup);
  ADD ("narrow", test_narrow);
  return g_test_run ();
}

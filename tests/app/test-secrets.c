/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The keyring in three guises, one for each run: CULVERT_TEST_KEYRING is "file" (libsecret's own
 * file), "mute" (a service that never answers) or "absent" (no bus at all). */

#include "config.h"

#include "app-keyring.h"
#include "app-test.h"
#include "culvert-hub.h"
#include "culvert-secrets.h"

#include <string.h>

#define UUID "11111111-2222-4333-8444-555555555555"
/* The file's key is derived slowly on purpose. */
#define FILE_TIMEOUT_MS 10000
#define TIMEOUT_MS 300

/* Whatever a keyring does, an answer comes soon after the timeout. */
#define PATIENCE_SECONDS 3.0

static guint timeout_ms = TIMEOUT_MS;

static gboolean
store (const char *key, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_secrets_store_async (UUID, "label", key, timeout_ms, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  return culvert_secrets_store_finish (result, error);
}

static char *
lookup (GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_secrets_lookup_async (UUID, timeout_ms, cancellable, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  return culvert_secrets_lookup_finish (result, error);
}

static gboolean
clear (GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_secrets_clear_async (UUID, timeout_ms, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  return culvert_secrets_clear_finish (result, error);
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;
  char *key;

  g_assert_true (store ("first", &error));
  g_assert_true (store ("second", &error));
  g_assert_no_error (error);
  key = lookup (NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (key, ==, "second");
  culvert_secrets_free_key (key);
  g_assert_true (clear (&error));
  g_assert_true (clear (&error));
  g_assert_no_error (error);
  g_assert_null (lookup (NULL, &error));
  g_assert_error (error, CULVERT_SECRETS_ERROR, CULVERT_SECRETS_ERROR_NOT_FOUND);
}

static void
assert_fails (gboolean ok, GError *error, int code)
{
  g_assert_false (ok);
  g_assert_error (error, CULVERT_SECRETS_ERROR, code);
  g_test_message ("%s", error->message);
  g_error_free (error);
}

static void
assert_all_fail (int code)
{
  g_autoptr (GTimer) timer = g_timer_new ();
  GError *error = NULL;
  gboolean ok = store ("k", &error);

  assert_fails (ok, g_steal_pointer (&error), code);
  ok = lookup (NULL, &error) != NULL;
  assert_fails (ok, g_steal_pointer (&error), code);
  ok = clear (&error);
  assert_fails (ok, g_steal_pointer (&error), code);
  g_assert_cmpfloat (g_timer_elapsed (timer, NULL), <, PATIENCE_SECONDS);
}

static void
test_mute (void)
{
  assert_all_fail (CULVERT_SECRETS_ERROR_TIMEOUT);
  g_assert_cmpuint (app_keyring_n_calls (), >, 0);
}

static gboolean
cancel_cb (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_cancel (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_idle_add (cancel_cb, cancellable);
  g_assert_null (lookup (cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_absent (void)
{
  assert_all_fail (CULVERT_SECRETS_ERROR_UNAVAILABLE);
}

/* -- through the hub ----------------------------------------------------------------------- */

typedef struct
{
  char *folder;
  CulvertHub *hub;
  guint n_messages;
} Fixture;

static void
message_cb (CulvertHub *hub, const char *text, const char *uuid, gpointer user_data)
{
  g_test_message ("%s", text);
  ((Fixture *) user_data)->n_messages++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  fixture->folder = app_test_new_folder ();
  fixture->hub = culvert_hub_new (fixture->folder, 1, 0);
  g_signal_connect (fixture->hub, "message", G_CALLBACK (message_cb), fixture);
  culvert_hub_load_async (fixture->hub, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_load_finish (fixture->hub, result, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_hub_shutdown_async (fixture->hub, 0, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_shutdown_finish (fixture->hub, result, NULL));
  g_clear_object (&result);
  g_clear_object (&fixture->hub);
  app_test_drop_folder (fixture->folder);
}

static CulvertHubItem *
add (Fixture *fixture, const char *key)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, "127.0.0.1:0");
  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "127.0.0.1:9");
  culvert_profile_set_key_store (profile, CULVERT_KEY_STORE_KEYRING);
  culvert_profile_set_key (profile, key);
  return culvert_hub_add_profile (fixture->hub, profile);
}

/* The whole of a file. */
static char *
read_file (Fixture *fixture, CulvertHubItem *item)
{
  g_autofree char *name =
      g_strconcat (culvert_profile_get_uuid (culvert_hub_item_get_profile (item)), ".json", NULL);
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  CulvertProfileStore *profiles = culvert_hub_get_store (fixture->hub);
  char *text = NULL;

  culvert_profile_store_flush_async (profiles, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

/* The key leaves the memory for the keyring, is found for a connection, copied with the profile
 * and comes back into the file on wish. */
static void
test_hub_file (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add (fixture, "hush-hush-hush");
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  g_autoptr (GVariant) uuid =
      g_variant_ref_sink (g_variant_new_string (culvert_profile_get_uuid (profile)));
  g_autoptr (CulvertProfile) draft = NULL;
  g_autoptr (CulvertHubItem) copy = NULL;
  g_autofree char *text = NULL;
  CulvertTunnel *tunnel;

  app_test_wait (culvert_profile_peek_key (profile) == NULL);
  text = read_file (fixture, item);
  g_assert_null (strstr (text, "hush"));

  culvert_hub_connect (fixture->hub, item);
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_WAITING);
  tunnel = culvert_hub_item_get_tunnel (item);
  g_assert_cmpstr (culvert_config_get_string (culvert_tunnel_get_config (tunnel),
                                              CULVERT_SETTING_KEY),
                   ==, "hush-hush-hush");
  culvert_hub_disconnect (fixture->hub, item);
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_OFF);

  g_action_group_activate_action (culvert_hub_get_actions (fixture->hub), "duplicate-profile",
                                  uuid);
  copy = g_list_model_get_item (G_LIST_MODEL (fixture->hub), 1);
  app_test_wait (culvert_profile_peek_key (culvert_hub_item_get_profile (copy)) != NULL);
  culvert_hub_connect (fixture->hub, copy);
  app_test_wait (culvert_hub_item_get_phase (copy) == CULVERT_PHASE_WAITING
                 || culvert_hub_item_get_phase (copy) == CULVERT_PHASE_FAILED);
  g_assert_cmpstr (culvert_hub_item_get_last_error (copy), ==, NULL);

  draft = culvert_profile_dup (profile);
  culvert_profile_set_key_store (draft, CULVERT_KEY_STORE_FILE);
  g_assert_true (culvert_hub_apply (fixture->hub, item, draft, NULL));
  app_test_wait (g_strcmp0 (culvert_profile_peek_key (profile), "hush-hush-hush") == 0);
  g_clear_pointer (&text, g_free);
  text = read_file (fixture, item);
  g_assert_nonnull (strstr (text, "hush-hush-hush"));
  g_assert_cmpuint (fixture->n_messages, ==, 0);
}

/* Nobody is there to unlock it: the start fails within the promised time, and says why. */
static void
test_hub_mute (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTimer) timer = g_timer_new ();
  CulvertHubItem *item;

  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "127.0.0.1:9");
  culvert_profile_set_key_store (profile, CULVERT_KEY_STORE_KEYRING);
  item = culvert_hub_add_profile (fixture->hub, profile);
  culvert_hub_connect_async (fixture->hub, item, NULL, app_test_result_cb, &result);
  g_assert_cmpint (culvert_hub_item_get_phase (item), ==, CULVERT_PHASE_STARTING);
  app_test_wait (result != NULL);
  g_assert_false (culvert_hub_connect_finish (fixture->hub, result, &error));
  g_assert_error (error, CULVERT_SECRETS_ERROR, CULVERT_SECRETS_ERROR_TIMEOUT);
  g_assert_cmpfloat (g_timer_elapsed (timer, NULL), <, 2.5);
  g_assert_cmpint (culvert_hub_item_get_phase (item), ==, CULVERT_PHASE_FAILED);
  g_assert_false (culvert_hub_item_is_wanted (item));
}

/* A person can think better of it while the keyring waits. */
static void
test_hub_mute_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");
  CulvertHubItem *item;

  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "127.0.0.1:9");
  culvert_profile_set_key_store (profile, CULVERT_KEY_STORE_KEYRING);
  item = culvert_hub_add_profile (fixture->hub, profile);
  culvert_hub_connect (fixture->hub, item);
  app_test_wait (fixture->n_messages == 1); /* unlock it, please */
  g_assert_cmpint (culvert_hub_item_get_phase (item), ==, CULVERT_PHASE_STARTING);
  culvert_hub_disconnect (fixture->hub, item);
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_OFF);
  g_assert_null (culvert_hub_item_get_last_error (item));
}

/* The keyring has not taken the key when the process ends: it is not lost. */
static void
test_hub_mute_end (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add (fixture, "hush-hush-hush");
  g_autofree char *name =
      g_strconcat (culvert_profile_get_uuid (culvert_hub_item_get_profile (item)), ".json", NULL);
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *before = read_file (fixture, item);
  g_autofree char *after = NULL;

  g_assert_null (strstr (before, "hush"));
  culvert_hub_shutdown_async (fixture->hub, 0, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_shutdown_finish (fixture->hub, result, NULL));
  g_assert_true (g_file_get_contents (path, &after, NULL, NULL));
  g_assert_nonnull (strstr (after, "hush-hush-hush"));
}

/* Without a keyring the key goes into the file, and the person is told. */
static void
test_hub_absent (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add (fixture, "hush-hush-hush");
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  g_autofree char *text = NULL;

  app_test_wait (fixture->n_messages == 1);
  g_assert_cmpint (culvert_profile_get_key_store (profile), ==, CULVERT_KEY_STORE_FILE);
  text = read_file (fixture, item);
  g_assert_nonnull (strstr (text, "hush-hush-hush"));
}

#define ADD(name, func) g_test_add ("/secrets/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  const char *guise = g_getenv ("CULVERT_TEST_KEYRING");
  char *folder = app_test_new_folder ();
  g_autofree char *keyring = g_build_filename (folder, "test.keyring", NULL);
  int status;

  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("DISPLAY");
  if (!culvert_secrets_is_supported () && g_strcmp0 (guise, "absent") != 0)
    return 77;
  if (g_strcmp0 (guise, "file") == 0)
    {
      timeout_ms = FILE_TIMEOUT_MS;
      g_setenv ("SECRET_BACKEND", "file", TRUE);
      g_setenv ("SECRET_FILE_TEST_PATH", keyring, TRUE);
      g_setenv ("SECRET_FILE_TEST_PASSWORD", "test", TRUE);
      g_test_add_func ("/secrets/file", test_file);
      ADD ("hub-file", test_hub_file);
    }
  else if (g_strcmp0 (guise, "mute") == 0)
    {
      app_keyring_start_mute ();
      g_test_add_func ("/secrets/mute", test_mute);
      g_test_add_func ("/secrets/cancel", test_cancel);
      ADD ("hub-mute", test_hub_mute);
      ADD ("hub-mute-cancel", test_hub_mute_cancel);
      ADD ("hub-mute-end", test_hub_mute_end);
    }
  else
    {
      g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
      g_test_add_func ("/secrets/absent", test_absent);
      ADD ("hub-absent", test_hub_absent);
    }
  status = g_test_run ();
  app_keyring_stop ();
  app_test_drop_folder (folder);
  return status;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "app-test.h"
#include "culvert-hub.h"

#include <glib/gstdio.h>
#include <string.h>

#define KEY "a key of both ends"

typedef struct
{
  char *folder;
  CulvertHub *hub;
  guint n_messages;
  GString *phases; /* of all items, "off>starting " */
  gboolean by_person;
} Fixture;

static void
message_cb (CulvertHub *hub, const char *text, const char *uuid, gpointer user_data)
{
  g_test_message ("%s", text);
  ((Fixture *) user_data)->n_messages++;
}

static void
phase_cb (CulvertHub *hub,
          CulvertHubItem *item,
          CulvertPhase before,
          gboolean by_person,
          gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->phases, "%s>%s ", culvert_phase_to_string (before),
                          culvert_phase_to_string (culvert_hub_item_get_phase (item)));
  fixture->by_person = by_person;
}

static void
log_cb (CulvertHub *hub,
        CulvertHubItem *item,
        CulvertLogLevel level,
        const char *message,
        gpointer user_data)
{
  g_test_message ("%s: %s", culvert_profile_get_name (culvert_hub_item_get_profile (item)),
                  message);
}

static void
open_hub (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;

  fixture->hub = culvert_hub_new (fixture->folder, 1, 0);
  g_signal_connect (fixture->hub, "message", G_CALLBACK (message_cb), fixture);
  g_signal_connect (fixture->hub, "log", G_CALLBACK (log_cb), fixture);
  g_signal_connect (fixture->hub, "phase-changed", G_CALLBACK (phase_cb), fixture);
  culvert_hub_load_async (fixture->hub, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_load_finish (fixture->hub, result, NULL));
}

static void
close_hub (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  culvert_hub_shutdown_async (fixture->hub, 0, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_shutdown_finish (fixture->hub, result, &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  g_assert_finalize_object (g_steal_pointer (&fixture->hub));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = app_test_new_folder ();
  fixture->phases = g_string_new (NULL);
  open_hub (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_hub (fixture);
  g_string_free (fixture->phases, TRUE);
  app_test_drop_folder (fixture->folder);
}

/* Where nothing answers and nothing says so either: the peer stays awaited. */
static const char *
silent_address (void)
{
  static GSocket *silent;
  static char *address;

  if (silent == NULL)
    {
      g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
      g_autoptr (GSocketAddress) bound = NULL;

      silent = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP,
                             NULL);
      g_assert_true (g_socket_bind (silent, any, FALSE, NULL));
      bound = g_socket_get_local_address (silent, NULL);
      address = g_strdup_printf ("127.0.0.1:%u",
                                 g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
    }
  return address;
}

static CulvertHubItem *
add_client (Fixture *fixture, const char *remote)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "client");

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, "127.0.0.1:0");
  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, remote);
  culvert_profile_set_key (profile, KEY);
  return culvert_hub_add_profile (fixture->hub, profile);
}

static CulvertHubItem *
add_server (Fixture *fixture)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_SERVER, "server");
  g_autofree char *listen = app_test_dup_free_address ();

  culvert_profile_set_string (profile, CULVERT_SETTING_LISTEN, listen);
  culvert_profile_set_string (profile, CULVERT_SETTING_TARGET, "127.0.0.1:9");
  culvert_profile_set_key (profile, KEY);
  return culvert_hub_add_profile (fixture->hub, profile);
}

static const char *
uuid_of (CulvertHubItem *item)
{
  return culvert_profile_get_uuid (culvert_hub_item_get_profile (item));
}

static void
activate (Fixture *fixture, const char *action, CulvertHubItem *item)
{
  g_action_group_activate_action (culvert_hub_get_actions (fixture->hub), action,
                                  item != NULL ? g_variant_new_string (uuid_of (item)) : NULL);
}

static void
wait_phase (CulvertHubItem *item, CulvertPhase phase)
{
  if (phase != CULVERT_PHASE_FAILED)
    app_test_wait (culvert_hub_item_get_phase (item) == phase
                   || culvert_hub_item_get_phase (item) == CULVERT_PHASE_FAILED);
  else
    app_test_wait (culvert_hub_item_get_phase (item) == phase);
  if (culvert_hub_item_get_phase (item) != phase)
    g_error ("%s", culvert_hub_item_get_last_error (item));
}

/* Two profiles of one hub find one another: the state is honest at both ends. */
static void
test_connect (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *server = add_server (fixture);
  CulvertHubItem *client;
  g_autoptr (GSocketClient) socket_client = g_socket_client_new ();
  g_autoptr (GAsyncResult) result = NULL;
  const char *const *endpoints;
  guint n_wanted;
  CulvertPhase phase;
  g_autofree char *status = NULL;

  g_assert_false (culvert_hub_is_busy (fixture->hub));
  culvert_hub_connect (fixture->hub, server);
  g_assert_true (culvert_hub_item_is_wanted (server));
  g_assert_true (culvert_hub_is_busy (fixture->hub));
  wait_phase (server, CULVERT_PHASE_WAITING);
  endpoints = culvert_tunnel_get_local_endpoints (culvert_hub_item_get_tunnel (server));
  g_assert_true (g_str_has_prefix (endpoints[0], "127.0.0.1:"));
  client = add_client (fixture, endpoints[0]);
  culvert_hub_connect (fixture->hub, client);
  wait_phase (client, CULVERT_PHASE_WAITING);
  /* The server is called for the first connection. */
  g_socket_client_set_enable_proxy (socket_client, FALSE);
  endpoints = culvert_tunnel_get_local_endpoints (culvert_hub_item_get_tunnel (client));
  g_socket_client_connect_to_host_async (socket_client, endpoints[0], 0, NULL, app_test_result_cb,
                                         &result);
  wait_phase (client, CULVERT_PHASE_UP);
  g_object_get (fixture->hub, "n-wanted", &n_wanted, "phase", &phase, "status-text", &status,
                NULL);
  g_assert_cmpuint (n_wanted, ==, 2);
  g_assert_cmpstr (status, !=, "");
  culvert_hub_disconnect (fixture->hub, client);
  wait_phase (client, CULVERT_PHASE_OFF);
  culvert_hub_disconnect (fixture->hub, server);
  wait_phase (server, CULVERT_PHASE_OFF);
  g_assert_false (culvert_hub_is_busy (fixture->hub));
}

/* The switch thrown faster than anything can follow ends where it was left. */
static void
test_fast_switch (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());

  for (guint i = 0; i < 7; i++)
    {
      activate (fixture, "toggle-profile", item);
      for (guint j = 0; j < i; j++)
        g_main_context_iteration (NULL, FALSE);
    }
  g_assert_true (culvert_hub_item_is_wanted (item));
  wait_phase (item, CULVERT_PHASE_WAITING);
  activate (fixture, "toggle-profile", item);
  activate (fixture, "toggle-profile", item);
  activate (fixture, "toggle-profile", item);
  wait_phase (item, CULVERT_PHASE_OFF);
}

static void
test_fails (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_server (fixture);
  CulvertHubItem *other = add_server (fixture);
  g_autofree char *free_address = app_test_dup_free_address ();
  const char *const *endpoints;

  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_WAITING);
  endpoints = culvert_tunnel_get_local_endpoints (culvert_hub_item_get_tunnel (item));
  culvert_profile_set_string (culvert_hub_item_get_profile (other), CULVERT_SETTING_LISTEN,
                              endpoints[0]);
  culvert_hub_connect (fixture->hub, other);
  wait_phase (other, CULVERT_PHASE_FAILED);
  g_assert_false (culvert_hub_item_is_wanted (other));
  g_assert_nonnull (strstr (culvert_hub_item_get_last_error (other), endpoints[0]));
  /* The next try begins afresh. */
  culvert_profile_set_string (culvert_hub_item_get_profile (other), CULVERT_SETTING_LISTEN,
                              free_address);
  culvert_hub_connect (fixture->hub, other);
  g_assert_null (culvert_hub_item_get_last_error (other));
  wait_phase (other, CULVERT_PHASE_WAITING);
}

static void
test_wrong_settings (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());

  culvert_profile_set_string (culvert_hub_item_get_profile (item), CULVERT_SETTING_CRYPT, "rot13");
  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_FAILED);
  g_assert_nonnull (strstr (culvert_hub_item_get_last_error (item), "rot13"));
}

/* key-file is read when the profile is connected. */
static void
test_key_file (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  g_autofree char *path = g_build_filename (fixture->folder, "key", NULL);
  g_autoptr (CulvertProfile) draft = NULL;
  CulvertApplyEffect effect;

  culvert_profile_set_key (profile, NULL);
  culvert_profile_set_string (profile, CULVERT_SETTING_KEY_FILE, path);
  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_FAILED);
  g_assert_nonnull (strstr (culvert_hub_item_get_last_error (item), "key-file"));
  g_assert_true (g_file_set_contents (path, "from the file\n", -1, NULL));
  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_WAITING);
  g_assert_cmpstr (culvert_config_get_string (
                       culvert_tunnel_get_config (culvert_hub_item_get_tunnel (item)),
                       CULVERT_SETTING_KEY),
                   ==, "from the file");
  draft = culvert_profile_dup (profile);
  g_assert_true (culvert_hub_preview (fixture->hub, item, draft, &effect, NULL, NULL));
  g_assert_cmpint (effect, ==, CULVERT_APPLY_NOTHING);
}

static CulvertApplyEffect
preview (Fixture *fixture, CulvertHubItem *item, CulvertProfile *draft)
{
  CulvertApplyEffect effect;
  g_autoptr (GError) error = NULL;
  guint n_streams = 99;

  g_assert_true (culvert_hub_preview (fixture->hub, item, draft, &effect, &n_streams, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_streams, ==, 0);
  return effect;
}

static void
test_apply (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());
  g_autoptr (CulvertProfile) draft = culvert_profile_dup (culvert_hub_item_get_profile (item));
  CulvertTunnel *tunnel;

  g_assert_cmpint (preview (fixture, item, draft), ==, CULVERT_APPLY_NOTHING);
  culvert_profile_set_int (draft, CULVERT_SETTING_SNDWND, 200);
  g_assert_cmpint (preview (fixture, item, draft), ==, CULVERT_APPLY_SAVED);
  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_WAITING);
  tunnel = culvert_hub_item_get_tunnel (item);
  g_assert_cmpint (preview (fixture, item, draft), ==, CULVERT_APPLY_LIVE);
  g_string_truncate (fixture->phases, 0);
  g_assert_true (culvert_hub_apply (fixture->hub, item, draft, NULL));
  g_assert_cmpint (culvert_config_get_int (culvert_tunnel_get_config (tunnel),
                                           CULVERT_SETTING_SNDWND),
                   ==, 200);
  g_assert_cmpstr (fixture->phases->str, ==, "");

  culvert_profile_set_int (draft, CULVERT_SETTING_MTU, 1200);
  g_assert_cmpint (preview (fixture, item, draft), ==, CULVERT_APPLY_RESTART);
  g_assert_true (culvert_hub_apply (fixture->hub, item, draft, NULL));
  app_test_wait (strstr (fixture->phases->str, ">waiting") != NULL);
  g_assert_nonnull (strstr (fixture->phases->str, ">starting"));
  /* The tunnel, and with it the history, is the same. */
  g_assert_true (culvert_hub_item_get_tunnel (item) == tunnel);
  g_assert_cmpint (culvert_config_get_int (culvert_tunnel_get_config (tunnel),
                                           CULVERT_SETTING_MTU),
                   ==, 1200);
}

static void
test_apply_refused (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());
  g_autoptr (CulvertProfile) draft = culvert_profile_dup (culvert_hub_item_get_profile (item));
  g_autoptr (GError) error = NULL;

  culvert_profile_set_int (draft, CULVERT_SETTING_MTU, 3);
  g_assert_false (culvert_hub_apply (fixture->hub, item, draft, &error));
  g_assert_nonnull (strstr (error->message, "mtu"));
  g_assert_false (
      culvert_profile_is_given (culvert_hub_item_get_profile (item), CULVERT_SETTING_MTU));
}

/* A running profile becomes one of the other role. */
static void
test_apply_role (Fixture *fixture, gconstpointer data)
{
  g_autofree char *listen = app_test_dup_free_address ();
  CulvertHubItem *item = add_client (fixture, silent_address ());
  g_autoptr (CulvertProfile) draft = culvert_profile_dup (culvert_hub_item_get_profile (item));

  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_WAITING);
  culvert_profile_set_role (draft, CULVERT_ROLE_SERVER);
  culvert_profile_set_string (draft, CULVERT_SETTING_LISTEN, listen);
  g_assert_true (culvert_hub_apply (fixture->hub, item, draft, NULL));
  app_test_wait (culvert_config_get_role (
                     culvert_tunnel_get_config (culvert_hub_item_get_tunnel (item)))
                 == CULVERT_ROLE_SERVER);
  wait_phase (item, CULVERT_PHASE_WAITING);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (culvert_hub_get_engine (fixture->hub))),
                    ==, 1);
}

/* A file edited outside while the profile runs: hot settings work at once, others wait. */
static void
test_outside_change (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());
  g_autofree char *name = g_strconcat (uuid_of (item), ".json", NULL);
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr (CulvertProfile) draft = culvert_profile_dup (culvert_hub_item_get_profile (item));
  g_autofree char *hot = NULL;
  g_autofree char *cold = NULL;
  CulvertTunnel *tunnel;
  gboolean needs_restart;

  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_WAITING);
  tunnel = culvert_hub_item_get_tunnel (item);
  app_test_wait (g_file_test (path, G_FILE_TEST_EXISTS));
  culvert_profile_set_int (draft, CULVERT_SETTING_SNDWND, 300);
  hot = culvert_profile_to_json (draft);
  g_assert_true (g_file_set_contents (path, hot, -1, NULL));
  app_test_wait (culvert_config_get_int (culvert_tunnel_get_config (tunnel), CULVERT_SETTING_SNDWND)
                 == 300);
  culvert_profile_set_int (draft, CULVERT_SETTING_MTU, 1200);
  cold = culvert_profile_to_json (draft);
  g_assert_true (g_file_set_contents (path, cold, -1, NULL));
  app_test_wait (fixture->n_messages == 1);
  g_object_get (item, "needs-restart", &needs_restart, NULL);
  g_assert_true (needs_restart);
  g_assert_cmpint (culvert_hub_item_get_phase (item), ==, CULVERT_PHASE_WAITING);
  activate (fixture, "restart-profile", item);
  app_test_wait (culvert_config_get_int (culvert_tunnel_get_config (tunnel), CULVERT_SETTING_MTU)
                 == 1200);
  wait_phase (item, CULVERT_PHASE_WAITING);
  g_object_get (item, "needs-restart", &needs_restart, NULL);
  g_assert_false (needs_restart);
}

static guint
n_items (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->hub));
}

/* Deleting stops the tunnel; the undo gives the profile back. */
static void
test_delete (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());
  g_autofree char *uuid = g_strdup (uuid_of (item));
  g_autofree char *action = g_strconcat ("profile-", uuid, NULL);
  GActionGroup *actions = culvert_hub_get_actions (fixture->hub);
  CulvertEngine *engine = culvert_hub_get_engine (fixture->hub);

  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_WAITING);
  g_assert_true (g_action_group_has_action (actions, action));
  activate (fixture, "delete-profile", item);
  g_assert_cmpuint (n_items (fixture), ==, 0);
  g_assert_false (g_action_group_has_action (actions, action));
  g_assert_false (culvert_hub_is_busy (fixture->hub));
  app_test_wait (g_list_model_get_n_items (G_LIST_MODEL (engine)) == 0);
  g_action_group_activate_action (actions, "restore-profile", g_variant_new_string (uuid));
  g_assert_cmpuint (n_items (fixture), ==, 1);
  item = culvert_hub_find (fixture->hub, uuid);
  g_assert_cmpint (culvert_hub_item_get_phase (item), ==, CULVERT_PHASE_OFF);
  /* An action for one that is gone is no mistake. */
  g_action_group_activate_action (actions, "connect-profile", g_variant_new_string ("nobody"));
}

/* The check items of menus: state and switch are the same thing. */
static void
test_check_action (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());
  g_autofree char *action = g_strconcat ("profile-", uuid_of (item), NULL);
  GActionGroup *actions = culvert_hub_get_actions (fixture->hub);
  g_autoptr (GVariant) on = NULL;
  g_autoptr (GVariant) off = NULL;

  g_action_group_activate_action (actions, action, NULL);
  g_assert_true (culvert_hub_item_is_wanted (item));
  on = g_action_group_get_action_state (actions, action);
  g_assert_true (g_variant_get_boolean (on));
  wait_phase (item, CULVERT_PHASE_WAITING);
  activate (fixture, "disconnect-all", NULL);
  off = g_action_group_get_action_state (actions, action);
  g_assert_false (g_variant_get_boolean (off));
  wait_phase (item, CULVERT_PHASE_OFF);
  activate (fixture, "connect-all", NULL);
  wait_phase (item, CULVERT_PHASE_WAITING);
}

/* The order of the store is the hub's, and a moved profile goes on running. */
static void
test_move (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *first = add_client (fixture, silent_address ());
  g_autoptr (CulvertHubItem) last = NULL;

  add_client (fixture, silent_address ());
  culvert_hub_connect (fixture->hub, first);
  wait_phase (first, CULVERT_PHASE_WAITING);
  culvert_profile_store_move (culvert_hub_get_store (fixture->hub),
                              culvert_hub_item_get_profile (first), 1);
  last = g_list_model_get_item (G_LIST_MODEL (fixture->hub), 1);
  g_assert_true (last == first);
  g_assert_cmpint (culvert_hub_item_get_phase (first), ==, CULVERT_PHASE_WAITING);
}

static void
test_autostart (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());
  g_autofree char *uuid = g_strdup (uuid_of (item));

  add_client (fixture, silent_address ());
  culvert_profile_set_autostart (culvert_hub_item_get_profile (item), TRUE);
  close_hub (fixture);
  open_hub (fixture);
  culvert_hub_connect_autostart (fixture->hub);
  item = culvert_hub_find (fixture->hub, uuid);
  wait_phase (item, CULVERT_PHASE_WAITING);
  for (guint i = 0; i < n_items (fixture); i++)
    {
      g_autoptr (CulvertHubItem) each = g_list_model_get_item (G_LIST_MODEL (fixture->hub), i);

      g_assert_cmpint (culvert_hub_item_is_wanted (each), ==, each == item);
    }
}

/* Notifications are for what the person did not do himself. */
static void
test_by_person (Fixture *fixture, gconstpointer data)
{
  CulvertHubItem *item = add_client (fixture, silent_address ());

  culvert_hub_connect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_WAITING);
  g_assert_true (fixture->by_person);
  culvert_hub_disconnect (fixture->hub, item);
  wait_phase (item, CULVERT_PHASE_OFF);
  culvert_profile_set_autostart (culvert_hub_item_get_profile (item), TRUE);
  culvert_hub_connect_autostart (fixture->hub);
  wait_phase (item, CULVERT_PHASE_WAITING);
  g_assert_false (fixture->by_person);
}

/* No timer while nobody looks, the faster of those who do otherwise. */
static void
test_sampler (Fixture *fixture, gconstpointer data)
{
  CulvertSampler *sampler = culvert_hub_get_sampler (fixture->hub);

  add_client (fixture, silent_address ());
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 0);
  culvert_sampler_hold (sampler, CULVERT_SAMPLER_IN_TRAY);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 2000);
  culvert_sampler_hold (sampler, CULVERT_SAMPLER_IN_SIGHT);
  culvert_sampler_hold (sampler, CULVERT_SAMPLER_IN_SIGHT);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 1000);
  culvert_sampler_release (sampler, CULVERT_SAMPLER_IN_SIGHT);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 1000);
  culvert_sampler_release (sampler, CULVERT_SAMPLER_IN_SIGHT);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 2000);
  culvert_sampler_release (sampler, CULVERT_SAMPLER_IN_TRAY);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 0);
}

static void
busy_cb (CulvertHub *hub, GParamSpec *pspec, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_hold (Fixture *fixture, gconstpointer data)
{
  guint n = 0;

  g_signal_connect (fixture->hub, "notify::is-busy", G_CALLBACK (busy_cb), &n);
  culvert_hub_hold (fixture->hub);
  culvert_hub_hold (fixture->hub);
  g_assert_true (culvert_hub_is_busy (fixture->hub));
  culvert_hub_release (fixture->hub);
  g_assert_true (culvert_hub_is_busy (fixture->hub));
  culvert_hub_release (fixture->hub);
  g_assert_false (culvert_hub_is_busy (fixture->hub));
  g_assert_cmpuint (n, ==, 2);
}

/* The end while everything is in motion. */
static void
test_shutdown (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    {
      CulvertHubItem *item = add_client (fixture, silent_address ());

      culvert_hub_connect (fixture->hub, item);
      if (i == 2)
        wait_phase (item, CULVERT_PHASE_WAITING);
      if (i == 3)
        culvert_hub_disconnect (fixture->hub, item);
    }
  close_hub (fixture);
  open_hub (fixture);
  g_assert_cmpuint (n_items (fixture), ==, 5);
}

#define ADD(name, func) g_test_add ("/hub/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("connect", test_connect);
  ADD ("fast-switch", test_fast_switch);
  ADD ("fails", test_fails);
  ADD ("wrong-settings", test_wrong_settings);
  ADD ("key-file", test_key_file);
  ADD ("apply", test_apply);
  ADD ("apply-refused", test_apply_refused);
  ADD ("apply-role", test_apply_role);
  ADD ("outside-change", test_outside_change);
  ADD ("delete", test_delete);
  ADD ("check-action", test_check_action);
  ADD ("move", test_move);
  ADD ("autostart", test_autostart);
  ADD ("by-person", test_by_person);
  ADD ("sampler", test_sampler);
  ADD ("hold", test_hold);
  ADD ("shutdown", test_shutdown);
  return g_test_run ();
}

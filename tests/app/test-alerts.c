/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Notifications, as org.freedesktop.Notifications gets them: what is told, what is withdrawn, and
 * what its buttons do. */

#include "config.h"

#include "app-test.h"
#include "culvert-alerts-private.h"
#include "culvert-settings.h"

#include <string.h>

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"
#define NEVER_MS 3600000

static const char server_xml[] =
    "<node><interface name='org.freedesktop.Notifications'>"
    "<method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='as' direction='in'/><arg type='a{sv}' direction='in'/>"
    "<arg type='i' direction='in'/><arg type='u' direction='out'/></method>"
    "<method name='CloseNotification'><arg type='u' direction='in'/></method>"
    "<method name='GetCapabilities'><arg type='as' direction='out'/></method>"
    "<signal name='ActionInvoked'><arg type='u'/><arg type='s'/></signal>"
    "<signal name='NotificationClosed'><arg type='u'/><arg type='u'/></signal>"
    "</interface></node>";

typedef struct
{
  guint32 id;
  char *title;
  char *body;
  GStrv actions;
} Shown;

typedef struct
{
  char *folder;
  GApplication *application;
  CulvertHub *hub;
  CulvertHubItem *item; /* borrowed */
  GSettings *settings;
  CulvertAlerts *alerts;
  GDBusConnection *bus; /* of the server, not of the application */
  GDBusNodeInfo *info;
  guint object_id;
  guint name_id;
  gboolean is_named;
  GPtrArray *shown; /* Shown */
  guint n_told;
  guint32 last_id;
  char *activated; /* "NAME TARGET" of an action */
} Fixture;

/* -- the server ------------------------------------------------------------------ */

static void
shown_free (gpointer data)
{
  Shown *shown = data;

  g_free (shown->title);
  g_free (shown->body);
  g_strfreev (shown->actions);
  g_free (shown);
}

static void
close_id (Fixture *fixture, guint32 id)
{
  for (guint i = 0; i < fixture->shown->len; i++)
    if (((Shown *) fixture->shown->pdata[i])->id == id)
      {
        g_ptr_array_remove_index (fixture->shown, i);
        return;
      }
}

static guint32
notify (Fixture *fixture, GVariant *arguments)
{
  Shown *shown = g_new0 (Shown, 1);
  guint32 replaces;

  g_variant_get (arguments, "(&su&sss^asa{sv}i)", NULL, &replaces, NULL, &shown->title,
                 &shown->body, &shown->actions, NULL, NULL);
  close_id (fixture, replaces);
  shown->id = ++fixture->last_id;
  g_ptr_array_add (fixture->shown, shown);
  fixture->n_told++;
  return shown->id;
}

static void
call_cb (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *arguments,
         GDBusMethodInvocation *call,
         gpointer user_data)
{
  const char *const actions[] = { "actions", "body", NULL };
  guint32 id;

  if (strcmp (method, "Notify") == 0)
    g_dbus_method_invocation_return_value (call,
                                           g_variant_new ("(u)", notify (user_data, arguments)));
  else if (strcmp (method, "GetCapabilities") == 0)
    g_dbus_method_invocation_return_value (call, g_variant_new ("(^as)", actions));
  else
    {
      g_variant_get (arguments, "(u)", &id);
      close_id (user_data, id);
      g_dbus_method_invocation_return_value (call, NULL);
    }
}

static const GDBusInterfaceVTable vtable = { .method_call = call_cb };

static void
named_cb (GDBusConnection *bus, const char *name, gpointer user_data)
{
  ((Fixture *) user_data)->is_named = TRUE;
}

static void
start_server (Fixture *fixture)
{
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GError) error = NULL;

  fixture->shown = g_ptr_array_new_with_free_func (shown_free);
  fixture->bus = g_dbus_connection_new_for_address_sync (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);
  g_assert_no_error (error);
  fixture->info = g_dbus_node_info_new_for_xml (server_xml, &error);
  g_assert_no_error (error);
  fixture->object_id =
      g_dbus_connection_register_object (fixture->bus, PATH, fixture->info->interfaces[0], &vtable,
                                         fixture, NULL, &error);
  g_assert_no_error (error);
  fixture->name_id =
      g_bus_own_name_on_connection (fixture->bus, NAME, G_BUS_NAME_OWNER_FLAGS_NONE, named_cb,
                                    NULL, fixture, NULL);
  app_test_wait (fixture->is_named);
}

/* -- the application ---------------------------------------------------------------- */

static void
activated_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_free (fixture->activated);
  fixture->activated =
      g_strconcat (g_action_get_name (G_ACTION (action)), " ",
                   parameter != NULL ? g_variant_get_string (parameter, NULL) : "", NULL);
}

static void
start_application (Fixture *fixture)
{
  static const GActionEntry entries[] = {
    { .name = "show-profile", .activate = activated_cb, .parameter_type = "s" },
    { .name = "restart-profile", .activate = activated_cb, .parameter_type = "s" },
    { .name = "show-window", .activate = activated_cb },
    { .name = "quit", .activate = activated_cb },
  };
  g_autoptr (GError) error = NULL;

  fixture->application = g_application_new ("io.github.culvert.Test", G_APPLICATION_NON_UNIQUE);
  g_action_map_add_action_entries (G_ACTION_MAP (fixture->application), entries,
                                   G_N_ELEMENTS (entries), fixture);
  g_assert_true (g_application_register (fixture->application, NULL, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "Office");
  g_autoptr (GAsyncResult) result = NULL;

  start_server (fixture);
  start_application (fixture);
  fixture->folder = app_test_new_folder ();
  fixture->hub = culvert_hub_new (fixture->folder, 1, 0);
  culvert_hub_load_async (fixture->hub, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  fixture->item = culvert_hub_add_profile (fixture->hub, profile);
  fixture->settings = culvert_settings_new ();
  g_assert_nonnull (fixture->settings);
  g_settings_reset (fixture->settings, CULVERT_SETTINGS_NOTIFY);
  fixture->alerts =
      culvert_alerts_new (fixture->application, fixture->hub, fixture->settings);
  culvert_alerts_set_patience_ms (fixture->alerts, 1);
}

/* The application has got the answers to what it sent: only then it can replace it. */
static void
settle (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (g_application_get_dbus_connection (fixture->application), NAME, PATH,
                          NAME, "GetCapabilities", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          app_test_result_cb, &result);
  app_test_wait (result != NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  settle (fixture);
  culvert_alerts_free (fixture->alerts);
  app_test_wait (fixture->shown->len == 0);
  culvert_hub_shutdown_async (fixture->hub, 0, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_clear_object (&fixture->hub);
  g_clear_object (&fixture->settings);
  g_clear_object (&fixture->application);
  g_bus_unown_name (fixture->name_id);
  g_assert_true (g_dbus_connection_unregister_object (fixture->bus, fixture->object_id));
  g_assert_true (g_dbus_connection_close_sync (fixture->bus, NULL, NULL));
  g_clear_object (&fixture->bus);
  g_dbus_node_info_unref (fixture->info);
  g_ptr_array_unref (fixture->shown);
  g_free (fixture->activated);
  app_test_drop_folder (fixture->folder);
}

/* The one that is shown. */
static Shown *
peek_shown (Fixture *fixture)
{
  g_assert_cmpuint (fixture->shown->len, ==, 1);
  return fixture->shown->pdata[0];
}

static void
move (Fixture *fixture, CulvertPhase before, CulvertPhase now, gboolean by_person)
{
  culvert_alerts_moved (fixture->alerts, fixture->item, before, now, by_person);
}

/* What was sent before has arrived when this has. */
static void
barrier (Fixture *fixture)
{
  guint n = fixture->n_told;

  g_signal_emit_by_name (fixture->hub, "message", "barrier", NULL);
  app_test_wait (fixture->n_told > n);
  settle (fixture);
  g_assert_cmpuint (fixture->n_told, ==, n + 1);
}

/* -- tests ------------------------------------------------------------------------- */

static void
test_loss_and_return (Fixture *fixture, gconstpointer data)
{
  move (fixture, CULVERT_PHASE_UP, CULVERT_PHASE_TROUBLE, FALSE);
  app_test_wait (fixture->n_told == 1);
  settle (fixture);
  g_assert_cmpstr (peek_shown (fixture)->title, ==, "“Office” has lost its connection");
  move (fixture, CULVERT_PHASE_TROUBLE, CULVERT_PHASE_WAITING, FALSE);
  move (fixture, CULVERT_PHASE_WAITING, CULVERT_PHASE_UP, FALSE);
  app_test_wait (fixture->n_told == 2 && fixture->shown->len == 1);
  g_assert_cmpstr (peek_shown (fixture)->title, ==, "“Office” is connected again");
}

static void
test_blip (Fixture *fixture, gconstpointer data)
{
  culvert_alerts_set_patience_ms (fixture->alerts, NEVER_MS);
  move (fixture, CULVERT_PHASE_UP, CULVERT_PHASE_TROUBLE, FALSE);
  move (fixture, CULVERT_PHASE_TROUBLE, CULVERT_PHASE_UP, FALSE);
  barrier (fixture);
}

static void
test_by_person (Fixture *fixture, gconstpointer data)
{
  move (fixture, CULVERT_PHASE_OFF, CULVERT_PHASE_STARTING, TRUE);
  move (fixture, CULVERT_PHASE_STARTING, CULVERT_PHASE_WAITING, TRUE);
  move (fixture, CULVERT_PHASE_WAITING, CULVERT_PHASE_UP, TRUE);
  move (fixture, CULVERT_PHASE_UP, CULVERT_PHASE_STOPPING, TRUE);
  move (fixture, CULVERT_PHASE_STOPPING, CULVERT_PHASE_OFF, TRUE);
  barrier (fixture);
}

/* Who switches off what was lost knows about it. */
static void
test_lost_and_off (Fixture *fixture, gconstpointer data)
{
  move (fixture, CULVERT_PHASE_UP, CULVERT_PHASE_TROUBLE, FALSE);
  app_test_wait (fixture->shown->len == 1);
  settle (fixture);
  move (fixture, CULVERT_PHASE_TROUBLE, CULVERT_PHASE_OFF, TRUE);
  app_test_wait (fixture->shown->len == 0);
}

static void
test_deleted (Fixture *fixture, gconstpointer data)
{
  g_autofree char *uuid =
      g_strdup (culvert_profile_get_uuid (culvert_hub_item_get_profile (fixture->item)));

  move (fixture, CULVERT_PHASE_UP, CULVERT_PHASE_TROUBLE, FALSE);
  app_test_wait (fixture->shown->len == 1);
  settle (fixture);
  g_action_group_activate_action (culvert_hub_get_actions (fixture->hub), "delete-profile",
                                  g_variant_new_string (uuid));
  app_test_wait (fixture->shown->len == 0);
}

static void
test_failed (Fixture *fixture, gconstpointer data)
{
  culvert_hub_hold (fixture->hub);
  move (fixture, CULVERT_PHASE_STARTING, CULVERT_PHASE_FAILED, TRUE);
  culvert_hub_release (fixture->hub);
  barrier (fixture);
  move (fixture, CULVERT_PHASE_STARTING, CULVERT_PHASE_FAILED, TRUE);
  app_test_wait (fixture->n_told == 2);
  g_assert_cmpstr (((Shown *) fixture->shown->pdata[1])->title, ==,
                   "“Office” could not be connected");
}

static void
test_switched_off (Fixture *fixture, gconstpointer data)
{
  g_assert_true (g_settings_set_boolean (fixture->settings, CULVERT_SETTINGS_NOTIFY, FALSE));
  move (fixture, CULVERT_PHASE_STARTING, CULVERT_PHASE_FAILED, FALSE);
  g_signal_emit_by_name (fixture->hub, "message", "hidden", NULL);
  g_assert_true (g_settings_set_boolean (fixture->settings, CULVERT_SETTINGS_NOTIFY, TRUE));
  barrier (fixture);
}

static void
invoke (Fixture *fixture, guint32 id, const char *action)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->activated, g_free);
  g_assert_true (g_dbus_connection_emit_signal (fixture->bus, NULL, PATH, NAME, "ActionInvoked",
                                                g_variant_new ("(us)", id, action), &error));
  g_assert_no_error (error);
  app_test_wait (fixture->activated != NULL);
  /* As servers do. */
  close_id (fixture, id);
}

static void
test_actions (Fixture *fixture, gconstpointer data)
{
  const char *uuid = culvert_profile_get_uuid (culvert_hub_item_get_profile (fixture->item));
  g_autofree char *open = g_strconcat ("show-profile ", uuid, NULL);
  g_autofree char *reconnect = g_strconcat ("restart-profile ", uuid, NULL);
  Shown *shown;

  /* Pairs: a name that means something to GIO, a label. */
  move (fixture, CULVERT_PHASE_UP, CULVERT_PHASE_TROUBLE, FALSE);
  app_test_wait (fixture->shown->len == 1);
  settle (fixture);
  shown = peek_shown (fixture);
  g_assert_cmpuint (g_strv_length (shown->actions), ==, 6);
  g_assert_cmpstr (shown->actions[0], ==, "default");
  g_assert_cmpstr (shown->actions[3], ==, "Open");
  g_assert_cmpstr (shown->actions[5], ==, "Reconnect");
  invoke (fixture, shown->id, shown->actions[4]);
  g_assert_cmpstr (fixture->activated, ==, reconnect);
  move (fixture, CULVERT_PHASE_TROUBLE, CULVERT_PHASE_UP, FALSE);
  app_test_wait (fixture->n_told == 2 && fixture->shown->len == 1);
  settle (fixture);
  move (fixture, CULVERT_PHASE_UP, CULVERT_PHASE_TROUBLE, FALSE);
  app_test_wait (fixture->n_told == 3 && fixture->shown->len == 1);
  invoke (fixture, peek_shown (fixture)->id, "default");
  g_assert_cmpstr (fixture->activated, ==, open);
}

static void
test_hidden (Fixture *fixture, gconstpointer data)
{
  Shown *shown;

  culvert_alerts_tell_hidden (fixture->alerts);
  app_test_wait (fixture->shown->len == 1);
  settle (fixture);
  shown = peek_shown (fixture);
  g_assert_cmpstr (shown->title, ==, "Culvert keeps running");
  invoke (fixture, shown->id, shown->actions[4]);
  g_assert_cmpstr (fixture->activated, ==, "quit ");
  culvert_hub_hold (fixture->hub);
  app_test_wait (fixture->shown->len == 0);
  culvert_hub_release (fixture->hub);
}

/* With a window the message is the window's. */
static void
test_message (Fixture *fixture, gconstpointer data)
{
  g_signal_emit_by_name (fixture->hub, "message", "one", NULL);
  app_test_wait (fixture->n_told == 1);
  settle (fixture);
  g_assert_cmpstr (peek_shown (fixture)->body, ==, "one");
  culvert_hub_hold (fixture->hub);
  app_test_wait (fixture->shown->len == 0);
  g_signal_emit_by_name (fixture->hub, "message", "two", NULL);
  culvert_hub_release (fixture->hub);
  barrier (fixture);
}

#define ADD(name, func) \
  g_test_add ("/alerts/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_autoptr (GTestDBus) bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  int status;

  g_test_init (&argc, &argv, NULL);
  g_setenv ("GNOTIFICATION_BACKEND", "freedesktop", TRUE);
  g_test_dbus_up (bus);
  ADD ("loss-and-return", test_loss_and_return);
  ADD ("blip", test_blip);
  ADD ("by-person", test_by_person);
  ADD ("lost-and-off", test_lost_and_off);
  ADD ("deleted", test_deleted);
  ADD ("failed", test_failed);
  ADD ("switched-off", test_switched_off);
  ADD ("actions", test_actions);
  ADD ("hidden", test_hidden);
  ADD ("message", test_message);
  status = g_test_run ();
  g_test_dbus_stop (bus);
  return status;
}

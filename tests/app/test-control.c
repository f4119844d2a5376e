/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The control socket in one process: roster and socket on one side, a plain connection on the
 * other. */

#include "config.h"

#include "culvert-control-path.h"
#include "culvert-control.h"
#include "culvert-roster.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *folder;
  char *path;
  CulvertLog *log;
  CulvertEngine *engine;
  CulvertRoster *roster;
  CulvertControl *control;
  GString *states; /* of StateChanged: "name state " each */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict dict;

  f->folder = g_dir_make_tmp ("culvert-control-XXXXXX", NULL);
  f->path = g_build_filename (f->folder, "socket with a space", NULL);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "key", "s", "test");
  g_variant_dict_insert (&dict, "localaddr", "s", "127.0.0.1:0");
  g_variant_dict_insert (&dict, "remoteaddr", "s", "127.0.0.1:9");
  config = culvert_config_new_from_variant (CULVERT_ROLE_CLIENT, g_variant_dict_end (&dict),
                                            &error);
  g_assert_no_error (error);
  f->log = culvert_log_new ();
  culvert_log_set_level (f->log, CULVERT_LOG_ERROR);
  f->engine = culvert_engine_new (1, 0);
  f->roster = culvert_roster_new (f->engine, f->log);
  (void) culvert_roster_add (f->roster, "office", config, NULL, NULL);
  (void) culvert_roster_add (f->roster, "office", config, NULL, NULL);
  f->control = culvert_control_new (CULVERT_FLEET (f->roster), f->path, &error);
  g_assert_no_error (error);
  f->states = g_string_new (NULL);
}

static void
store_result_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_control_free (f->control);
  g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
  culvert_roster_close (f->roster);
  culvert_engine_shutdown_async (f->engine, 0, NULL, store_result_cb, &result);
  g_assert_true (culvert_engine_shutdown_finish (f->engine, wait_result (&result), NULL));
  g_object_unref (f->roster);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (f->engine);
  culvert_log_free (f->log);
  g_string_free (f->states, TRUE);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->folder);
  g_free (f->path);
}

/* NULL when the server does not take the connection. */
static GDBusConnection *
connect_to (Fixture *f)
{
  g_autofree char *address = culvert_control_dup_address (f->path);
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_new_for_address (address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                     NULL, store_result_cb, &result);
  return g_dbus_connection_new_for_address_finish (wait_result (&result), NULL);
}

static GVariant *
call (GDBusConnection *connection, const char *method, GVariant *arguments, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (connection, NULL, CULVERT_CONTROL_PATH, CULVERT_CONTROL_INTERFACE, method,
                          arguments, NULL, G_DBUS_CALL_FLAGS_NONE, 20000, NULL, store_result_cb,
                          &result);
  return g_dbus_connection_call_finish (connection, wait_result (&result), error);
}

static void
assert_reply (GDBusConnection *connection,
              const char *method,
              GVariant *arguments,
              const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (connection, method, arguments, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_error (GDBusConnection *connection,
              const char *method,
              GVariant *arguments,
              const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (connection, method, arguments, &error);
  g_autofree char *remote = NULL;

  g_assert_null (reply);
  remote = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (remote, ==, name);
}

static void
close_connection (GDBusConnection *connection)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_close (connection, NULL, store_result_cb, &result);
  (void) g_dbus_connection_close_finish (connection, wait_result (&result), NULL);
  g_object_unref (connection);
}

static void
test_list (Fixture *f, gconstpointer data)
{
  GDBusConnection *connection = connect_to (f);

  g_assert_nonnull (connection);
  assert_reply (connection, "List", NULL,
                "([('office', 'client', 'off'), ('office-2', 'client', 'off')],)");
  assert_error (connection, "Start", g_variant_new ("(s)", "nowhere"),
                "io.github.culvert.Culvert.Error.UnknownTunnel");
  assert_error (connection, "Sessions", g_variant_new ("(s)", "nowhere"),
                "io.github.culvert.Culvert.Error.UnknownTunnel");
  assert_error (connection, "Start", NULL, "org.freedesktop.DBus.Error.InvalidArgs");
  assert_reply (connection, "Sessions", g_variant_new ("(s)", "office"), "([],)");
  assert_reply (connection, "Reload", g_variant_new ("(b)", FALSE), "([],)");
  close_connection (connection);
}

static void
signal_cb (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *name,
           GVariant *arguments,
           gpointer data)
{
  const char *tunnel;
  const char *state;

  g_variant_get (arguments, "(&s&s&s)", &tunnel, &state, NULL);
  g_string_append_printf (data, "%s %s, ", tunnel, state);
}

static void
watch (GDBusConnection *connection, GString *states)
{
  (void) g_dbus_connection_signal_subscribe (connection, NULL, CULVERT_CONTROL_INTERFACE,
                                             "StateChanged", CULVERT_CONTROL_PATH, NULL,
                                             G_DBUS_SIGNAL_FLAGS_NONE, signal_cb, states, NULL);
}

/* Who asked for it hears of every change, and nobody else. */
static void
test_subscribe (Fixture *f, gconstpointer data)
{
  GDBusConnection *connection = connect_to (f);
  GDBusConnection *other = connect_to (f);
  g_autoptr (GString) nothing = g_string_new (NULL);

  watch (connection, f->states);
  watch (other, nothing);
  assert_reply (connection, "Subscribe", NULL, "()");
  assert_reply (connection, "Start", g_variant_new ("(s)", "office-2"), "()");
  assert_reply (connection, "Toggle", g_variant_new ("(s)", "office-2"), "(false,)");
  while (!g_str_has_suffix (f->states->str, "office-2 off, "))
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (f->states->str, "office-2 starting, "));
  g_assert_null (strstr (f->states->str, "office starting"));
  /* Behind what was said before: all signals are here. */
  assert_reply (other, "List", NULL,
                "([('office', 'client', 'off'), ('office-2', 'client', 'off')],)");
  g_assert_cmpstr (nothing->str, ==, "");
  close_connection (other);
  close_connection (connection);
}

/* So many at once and no more; a place that becomes free is given again. */
static void
test_full (Fixture *f, gconstpointer data)
{
  GDBusConnection *connections[CULVERT_CONTROL_CONNECTIONS];
  GDBusConnection *more;
  g_autoptr (GVariant) reply = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (connections); i++)
    {
      connections[i] = connect_to (f);
      g_assert_nonnull (connections[i]);
      g_clear_pointer (&reply, g_variant_unref);
      reply = call (connections[i], "List", NULL, NULL);
      g_assert_nonnull (reply);
    }
  more = connect_to (f);
  if (more != NULL)
    {
      g_assert_null (call (more, "List", NULL, NULL));
      g_object_unref (more);
    }
  close_connection (connections[0]);
  do
    {
      g_clear_pointer (&reply, g_variant_unref);
      connections[0] = connect_to (f);
      if (connections[0] != NULL)
        reply = call (connections[0], "List", NULL, NULL);
      if (reply == NULL)
        g_clear_object (&connections[0]);
    }
  while (reply == NULL);
  for (guint i = 0; i < G_N_ELEMENTS (connections); i++)
    close_connection (connections[i]);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/control/list", test_list);
  ADD ("/control/subscribe", test_subscribe);
  ADD ("/control/full", test_full);
  return g_test_run ();
}

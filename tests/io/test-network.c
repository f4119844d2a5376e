/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the machine says about itself: here logind, on a system bus of the test's own. */

#include "config.h"

#include "culvert-network.h"

#include <gio/gio.h>

#define LOGIN "org.freedesktop.login1"
#define TICK_MS 20
#define SECONDS 20

static void
network_cb (CulvertTime slept, void *data)
{
  unsigned *n_calls = data;

  g_assert_cmpint (slept, ==, 0);
  ++*n_calls;
}

static GDBusConnection *
connect_to (const char *address)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
own_login (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", LOGIN, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
      &error);

  g_assert_no_error (error);
}

static gboolean
emit_resume_cb (gpointer data)
{
  g_assert_true (g_dbus_connection_emit_signal (data, NULL, "/org/freedesktop/login1",
                                                LOGIN ".Manager", "PrepareForSleep",
                                                g_variant_new ("(b)", FALSE), NULL));
  return G_SOURCE_CONTINUE;
}

/* A resume is told, although no clock has jumped; that the bus ends later harms nobody. */
static void
test_resume (void)
{
  g_autoptr (GTestDBus) bus = NULL;
  g_autoptr (GDBusConnection) login = NULL;
  CulvertNetwork *network;
  unsigned n_calls = 0;
  g_autofree char *program = g_find_program_in_path ("dbus-daemon");
  gint64 end = g_get_monotonic_time () + SECONDS * G_USEC_PER_SEC;
  guint tick;

  if (program == NULL)
    {
      g_test_skip ("no dbus-daemon");
      return;
    }
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (bus), TRUE);
  login = connect_to (g_test_dbus_get_bus_address (bus));
  own_login (login);

  network = culvert_network_new (g_main_context_default (), network_cb, &n_calls);
  /* When it has subscribed is its own affair, so until it hears. */
  tick = g_timeout_add (TICK_MS, emit_resume_cb, login);
  while (n_calls == 0 && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n_calls, >, 0);
  g_source_remove (tick);
  g_dbus_connection_close_sync (login, NULL, NULL);
  g_test_dbus_stop (bus);
  culvert_network_free (network);
}

/* Ended before the bus has answered. */
static void
test_short_life (void)
{
  unsigned n_calls = 0;

  culvert_network_free (culvert_network_new (g_main_context_default (), network_cb, &n_calls));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_calls, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Never that of the machine. */
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/culvert", TRUE);
  /* In this order: who asks for a bus while another still fails to get it fails with him. */
  g_test_add_func ("/network/resume", test_resume);
  g_test_add_func ("/network/short-life", test_short_life);
  return g_test_run ();
}

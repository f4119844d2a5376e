/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "app-keyring.h"

#include <string.h>

static GTestDBus *bus;
static GDBusConnection *service;
static int n_calls; /* atomic: the filter runs in GDBus's thread */

static GDBusMessage *
app_keyring_filter_cb (GDBusConnection *connection,
                       GDBusMessage *message,
                       gboolean incoming,
                       gpointer user_data)
{
  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  g_atomic_int_inc (&n_calls);
  g_object_unref (message);
  return NULL;
}

void
app_keyring_start_mute (void)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  service = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (bus),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_add_filter (service, app_keyring_filter_cb, NULL, NULL);
  reply = g_dbus_connection_call_sync (
      service, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", "org.freedesktop.secrets", 0),
      G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

void
app_keyring_stop (void)
{
  if (service == NULL)
    return;
  g_clear_object (&service);
  g_test_dbus_stop (bus);
  g_clear_object (&bus);
}

const char *
app_keyring_get_address (void)
{
  return g_test_dbus_get_bus_address (bus);
}

guint
app_keyring_n_calls (void)
{
  return (guint) g_atomic_int_get (&n_calls);
}

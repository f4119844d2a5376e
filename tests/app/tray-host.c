/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "tray-host.h"

#include "app-test.h"

#include <string.h>

#define WATCHER_NAME "org.kde.StatusNotifierWatcher"
#define WATCHER_PATH "/StatusNotifierWatcher"
#define ITEM_INTERFACE "org.kde.StatusNotifierItem"
#define MENU_INTERFACE "com.canonical.dbusmenu"

static const char watcher_xml[] =
    "<node><interface name='org.kde.StatusNotifierWatcher'>"
    "<method name='RegisterStatusNotifierItem'><arg type='s' direction='in'/></method>"
    "<method name='RegisterStatusNotifierHost'><arg type='s' direction='in'/></method>"
    "<property name='RegisteredStatusNotifierItems' type='as' access='read'/>"
    "<property name='IsStatusNotifierHostRegistered' type='b' access='read'/>"
    "<property name='ProtocolVersion' type='i' access='read'/>"
    "</interface></node>";

struct _TrayHost
{
  GDBusConnection *bus;
  GDBusNodeInfo *info;
  guint object_id;
  guint name_id;
  gboolean is_named;
  char *item;
  char *path;
  guint watch_id;
};

static void
tray_host_vanished_cb (GDBusConnection *bus, const char *name, gpointer user_data)
{
  TrayHost *host = user_data;

  g_clear_pointer (&host->item, g_free);
}

static void
tray_host_register (TrayHost *host, const char *sender, const char *path)
{
  g_clear_handle_id (&host->watch_id, g_bus_unwatch_name);
  g_free (host->item);
  g_free (host->path);
  host->item = g_strdup (sender);
  host->path = g_strdup (path);
  host->watch_id = g_bus_watch_name_on_connection (host->bus, sender, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                   NULL, tray_host_vanished_cb, host, NULL);
}

static void
tray_host_call_cb (GDBusConnection *connection,
                   const char *sender,
                   const char *path,
                   const char *interface,
                   const char *method,
                   GVariant *arguments,
                   GDBusMethodInvocation *call,
                   gpointer user_data)
{
  const char *service;

  g_variant_get (arguments, "(&s)", &service);
  if (strcmp (method, "RegisterStatusNotifierItem") == 0)
    tray_host_register (user_data, sender, service[0] == '/' ? service : "/StatusNotifierItem");
  g_dbus_method_invocation_return_value (call, NULL);
}

static GVariant *
tray_host_get_cb (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *property,
                  GError **error,
                  gpointer user_data)
{
  if (strcmp (property, "RegisteredStatusNotifierItems") == 0)
    return g_variant_new_strv (NULL, 0);
  if (strcmp (property, "ProtocolVersion") == 0)
    return g_variant_new_int32 (0);
  return g_variant_new_boolean (TRUE);
}

static const GDBusInterfaceVTable tray_host_vtable = {
  .method_call = tray_host_call_cb,
  .get_property = tray_host_get_cb,
};

static void
tray_host_named_cb (GDBusConnection *bus, const char *name, gpointer user_data)
{
  ((TrayHost *) user_data)->is_named = TRUE;
}

TrayHost *
tray_host_new (void)
{
  TrayHost *host = g_new0 (TrayHost, 1);
  g_autoptr (GError) error = NULL;

  host->bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  g_assert_no_error (error);
  host->info = g_dbus_node_info_new_for_xml (watcher_xml, &error);
  g_assert_no_error (error);
  host->object_id =
      g_dbus_connection_register_object (host->bus, WATCHER_PATH, host->info->interfaces[0],
                                         &tray_host_vtable, host, NULL, &error);
  g_assert_no_error (error);
  host->name_id =
      g_bus_own_name_on_connection (host->bus, WATCHER_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                    tray_host_named_cb, NULL, host, NULL);
  app_test_wait (host->is_named);
  return host;
}

void
tray_host_free (TrayHost *host)
{
  g_clear_handle_id (&host->watch_id, g_bus_unwatch_name);
  g_bus_unown_name (host->name_id);
  g_assert_true (g_dbus_connection_unregister_object (host->bus, host->object_id));
  g_dbus_node_info_unref (host->info);
  g_object_unref (host->bus);
  g_free (host->item);
  g_free (host->path);
  g_free (host);
}

const char *
tray_host_peek_item (TrayHost *host)
{
  return host->item;
}

/* (transfer full), NULL: the call failed. */
static GVariant *
tray_host_call (TrayHost *host, const char *name, const char *path, GVariant *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) arguments = NULL;
  g_autoptr (GError) error = NULL;
  const char *interface;
  const char *method;
  GVariant *reply;

  g_variant_get (call, "(&s&s@*)", &interface, &method, &arguments);
  g_dbus_connection_call (host->bus, name, path, interface, method, arguments, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  reply = g_dbus_connection_call_finish (host->bus, result, &error);
  if (reply == NULL)
    g_test_message ("%s: %s", method, error->message);
  g_variant_unref (g_variant_ref_sink (call));
  return reply;
}

guint32
tray_host_get_pid (TrayHost *host)
{
  g_autoptr (GVariant) reply = tray_host_call (
      host, "org.freedesktop.DBus", "/org/freedesktop/DBus",
      g_variant_new ("(ss@*)", "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                     g_variant_new ("(s)", host->item)));
  guint32 pid;

  g_assert_nonnull (reply);
  g_variant_get (reply, "(u)", &pid);
  return pid;
}

GVariant *
tray_host_get_property (TrayHost *host, const char *name)
{
  g_autoptr (GVariant) reply =
      tray_host_call (host, host->item, host->path,
                      g_variant_new ("(ss@*)", "org.freedesktop.DBus.Properties", "Get",
                                     g_variant_new ("(ss)", ITEM_INTERFACE, name)));
  GVariant *value;

  g_assert_nonnull (reply);
  g_variant_get (reply, "(v)", &value);
  return value;
}

/* -- the menu ------------------------------------------------------------------------------ */

static char *
tray_host_dup_menu_path (TrayHost *host)
{
  g_autoptr (GVariant) value = tray_host_get_property (host, "Menu");

  return g_variant_dup_string (value, NULL);
}

static void
tray_host_item_free (gpointer data)
{
  TrayHostItem *item = data;

  g_free (item->label);
  g_free (item);
}

static TrayHostItem *
tray_host_item_new (GVariant *child)
{
  TrayHostItem *item = g_new0 (TrayHostItem, 1);
  g_autoptr (GVariant) properties = NULL;
  const char *text;

  item->is_enabled = TRUE;
  item->toggle_state = -1;
  g_variant_get (child, "(i@a{sv}av)", &item->id, &properties, NULL);
  if (!g_variant_lookup (properties, "label", "s", &item->label))
    item->label = g_strdup ("");
  (void) g_variant_lookup (properties, "enabled", "b", &item->is_enabled);
  (void) g_variant_lookup (properties, "toggle-state", "i", &item->toggle_state);
  item->is_check = g_variant_lookup (properties, "toggle-type", "&s", &text)
                   && strcmp (text, "checkmark") == 0;
  item->is_separator = g_variant_lookup (properties, "type", "&s", &text)
                       && strcmp (text, "separator") == 0;
  return item;
}

/* Who asks again and again must not starve what GIO does when idle, as telling new states. */
static void
tray_host_let_idle_run (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

GPtrArray *
tray_host_get_menu (TrayHost *host)
{
  g_autofree char *path = tray_host_dup_menu_path (host);
  const char *const none[] = { NULL };
  g_autoptr (GVariant) reply =
      tray_host_call (host, host->item, path,
                      g_variant_new ("(ss@*)", MENU_INTERFACE, "GetLayout",
                                     g_variant_new ("(ii^as)", 0, -1, none)));
  g_autoptr (GVariantIter) children = NULL;
  GPtrArray *menu = g_ptr_array_new_with_free_func (tray_host_item_free);
  GVariant *child;

  tray_host_let_idle_run ();
  g_assert_nonnull (reply);
  g_variant_get (reply, "(u(i@a{sv}av))", NULL, NULL, NULL, &children);
  while (g_variant_iter_next (children, "v", &child))
    {
      g_ptr_array_add (menu, tray_host_item_new (child));
      g_variant_unref (child);
    }
  return menu;
}

TrayHostItem *
tray_host_find (GPtrArray *menu, const char *begin)
{
  for (guint i = 0; i < menu->len; i++)
    {
      TrayHostItem *item = menu->pdata[i];

      if (!item->is_separator && g_str_has_prefix (item->label, begin))
        return item;
    }
  return NULL;
}

void
tray_host_send (TrayHost *host, int id, const char *event)
{
  g_autofree char *path = tray_host_dup_menu_path (host);
  g_autoptr (GVariant) reply = tray_host_call (
      host, host->item, path,
      g_variant_new ("(ss@*)", MENU_INTERFACE, "Event",
                     g_variant_new ("(isvu)", id, event, g_variant_new_int32 (0), 0)));

  g_assert_nonnull (reply);
}

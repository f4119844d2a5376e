/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* culvert-tray: shows what the application on the other end of descriptor 3 says, and hands
 * clicks back. Started by the application alone; ends when it does. No logic of ours. */

#include "config.h"

#include "tray/culvert-tray-ipc.h"
#include "tray/helper/culvert-tray-mirror.h"

#include <libayatana-appindicator/app-indicator.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define CALL_TIMEOUT_MS 5000
/* The bus is held at most so long, whatever the indicator does. */
#define HOLD_MS 2000

typedef struct
{
  GDBusConnection *connection; /* to the application */
  GDBusConnection *bus;        /* (nullable) of the session */
  GMutex mutex;                /* of what follows */
  GCond cond;
  gboolean is_held;
  gint64 held_until; /* monotonic, in microseconds */
  guint filter;
  gboolean has_bus;
  GtkMenu *menu;
  GDBusProxy *state;
  AppIndicator *indicator;
  CulvertTrayMirror *mirror;
  int status;
} Tray;

static void
tray_end (Tray *tray, int status)
{
  tray->status = status;
  gtk_main_quit ();
}

static void
tray_tell (Tray *tray, const char *method, gboolean value)
{
  g_dbus_proxy_call (tray->state, method, g_variant_new ("(b)", value),
                     G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT_MS, NULL, NULL, NULL);
}

/* -- what is shown -------------------------------------------------------------- */

static char *
tray_dup_text (Tray *tray, const char *name)
{
  g_autoptr (GVariant) value = g_dbus_proxy_get_cached_property (tray->state, name);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
             ? g_variant_dup_string (value, NULL)
             : g_strdup ("");
}

static void
tray_show_state (Tray *tray)
{
  g_autofree char *icon = tray_dup_text (tray, "IconName");
  g_autofree char *title = tray_dup_text (tray, "Title");
  g_autoptr (GVariant) attention = g_dbus_proxy_get_cached_property (tray->state, "Attention");

  app_indicator_set_title (tray->indicator, title);
  app_indicator_set_icon_full (tray->indicator, icon, title);
  app_indicator_set_attention_icon_full (tray->indicator, icon, title);
  app_indicator_set_status (tray->indicator,
                            attention != NULL && g_variant_get_boolean (attention)
                                ? APP_INDICATOR_STATUS_ATTENTION
                                : APP_INDICATOR_STATUS_ACTIVE);
}

static void
tray_properties_cb (GDBusProxy *state,
                    GVariant *changed,
                    const char *const *invalidated,
                    gpointer user_data)
{
  tray_show_state (user_data);
}

/* -- the host -------------------------------------------------------------- */

static void
tray_host_cb (AppIndicator *indicator, gboolean is_connected, gpointer user_data)
{
  tray_tell (user_data, "SetHost", is_connected);
}

/* Hosts that follow the protocol to the letter say when they open the menu. */
static gboolean
tray_menu_event_cb (GObject *root,
                    const char *event,
                    GVariant *value,
                    guint timestamp,
                    gpointer user_data)
{
  if (strcmp (event, "opened") == 0)
    tray_tell (user_data, "SetMenuOpen", TRUE);
  else if (strcmp (event, "closed") == 0)
    tray_tell (user_data, "SetMenuOpen", FALSE);
  return FALSE;
}

/* -- the bus -------------------------------------------------------------- */

/* In GDBus's thread. */
static GDBusMessage *
tray_filter_cb (GDBusConnection *bus,
                GDBusMessage *message,
                gboolean is_incoming,
                gpointer user_data)
{
  Tray *tray = user_data;

  g_mutex_lock (&tray->mutex);
  while (tray->is_held && g_cond_wait_until (&tray->cond, &tray->mutex, tray->held_until))
    ;
  g_mutex_unlock (&tray->mutex);
  return message;
}

/* Nothing that others say is heard until it is released. */
static void
tray_hold_bus (Tray *tray)
{
  if (tray->bus == NULL)
    return;
  tray->is_held = TRUE;
  tray->held_until = g_get_monotonic_time () + HOLD_MS * G_TIME_SPAN_MILLISECOND;
  tray->filter = g_dbus_connection_add_filter (tray->bus, tray_filter_cb, tray, NULL);
}

static void
tray_release_bus (Tray *tray)
{
  if (!tray->is_held)
    return;
  g_mutex_lock (&tray->mutex);
  tray->is_held = FALSE;
  g_cond_signal (&tray->cond);
  g_mutex_unlock (&tray->mutex);
  g_dbus_connection_remove_filter (tray->bus, tray->filter);
}

/* -- the indicator -------------------------------------------------------------- */

static void
tray_watch_menu (Tray *tray)
{
  g_autoptr (GObject) server = NULL;
  g_autoptr (GObject) root = NULL;

  g_object_get (tray->indicator, "dbus-menu-server", &server, NULL);
  if (server != NULL)
    g_object_get (server, "root-node", &root, NULL);
  if (root != NULL)
    g_signal_connect (root, "event", G_CALLBACK (tray_menu_event_cb), tray);
}

/* The indicator has its bus, or knows that there is none. With a menu it registers itself. */
static gboolean
tray_menu_cb (gpointer user_data)
{
  Tray *tray = user_data;

  app_indicator_set_menu (tray->indicator, tray->menu);
  tray_watch_menu (tray);
  tray_show_state (tray);
  g_signal_connect (tray->state, "g-properties-changed", G_CALLBACK (tray_properties_cb), tray);
  tray_release_bus (tray);
  return G_SOURCE_REMOVE;
}

/* The library has let go of the indicator: what it holds it for is the answer of the bus. */
static void
tray_toggled_cb (gpointer user_data, GObject *indicator, gboolean is_last_ref)
{
  Tray *tray = user_data;

  if (!is_last_ref || tray->has_bus)
    return;
  tray->has_bus = TRUE;
  g_idle_add_full (G_PRIORITY_HIGH, tray_menu_cb, tray, NULL);
}

/* Two races of libayatana-appindicator 0.5 are kept out. It asks the bus for its connection and for
 * hosts at the same time, and is without icon for ever where it hears of a host first: so nothing
 * is heard until it has the connection. And with a connection, but without a menu it announces
 * changes of state from an object that it does not have: so it gets its menu before its state. */
static void
tray_menu_ready_cb (GtkMenu *menu, gpointer user_data)
{
  Tray *tray = user_data;
  g_autofree char *icons = tray_dup_text (tray, "IconThemePath");
  g_autofree char *icon = tray_dup_text (tray, "IconName");

  tray->menu = menu;
  tray_hold_bus (tray);
  tray->indicator = app_indicator_new (CULVERT_TRAY_ID, icon,
                                       APP_INDICATOR_CATEGORY_COMMUNICATIONS);
  if (icons[0] != '\0')
    app_indicator_set_icon_theme_path (tray->indicator, icons);
  g_signal_connect (tray->indicator, APP_INDICATOR_SIGNAL_CONNECTION_CHANGED,
                    G_CALLBACK (tray_host_cb), tray);
  g_object_add_toggle_ref (G_OBJECT (tray->indicator), tray_toggled_cb, tray);
  g_object_unref (tray->indicator);
}

static void
tray_begin (Tray *tray)
{
  g_autoptr (GDBusMenuModel) model =
      g_dbus_menu_model_get (tray->connection, NULL, CULVERT_TRAY_PATH);
  g_autoptr (GDBusActionGroup) actions =
      g_dbus_action_group_get (tray->connection, NULL, CULVERT_TRAY_PATH);

  tray->mirror = culvert_tray_mirror_new (G_MENU_MODEL (model), G_ACTION_GROUP (actions),
                                          tray_menu_ready_cb, tray);
}

/* -- the application -------------------------------------------------------------- */

static void
tray_closed_cb (GDBusConnection *connection,
                gboolean is_remote,
                GError *error,
                gpointer user_data)
{
  tray_end (user_data, EXIT_SUCCESS);
}

static void
tray_bus_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Tray *tray = user_data;

  /* The indicator says why it finds no bus. */
  tray->bus = g_bus_get_finish (result, NULL);
  tray_begin (tray);
}

static void
tray_state_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Tray *tray = user_data;
  g_autoptr (GError) error = NULL;

  tray->state = g_dbus_proxy_new_finish (result, &error);
  if (tray->state != NULL)
    {
      /* Before the indicator asks for it. */
      g_bus_get (G_BUS_TYPE_SESSION, NULL, tray_bus_cb, tray);
      return;
    }
  g_printerr ("culvert-tray: %s\n", error->message);
  tray_end (tray, EXIT_FAILURE);
}

static void
tray_connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Tray *tray = user_data;
  g_autoptr (GError) error = NULL;

  tray->connection = g_dbus_connection_new_finish (result, &error);
  if (tray->connection == NULL)
    {
      g_printerr ("culvert-tray: %s\n", error->message);
      tray_end (tray, EXIT_FAILURE);
      return;
    }
  g_signal_connect (tray->connection, "closed", G_CALLBACK (tray_closed_cb), tray);
  g_dbus_proxy_new (tray->connection, G_DBUS_PROXY_FLAGS_NONE, NULL, NULL, CULVERT_TRAY_PATH,
                    CULVERT_TRAY_INTERFACE, NULL, tray_state_cb, tray);
}

static gboolean
tray_connect (Tray *tray)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (CULVERT_TRAY_FD, &error);
  g_autoptr (GSocketConnection) stream = NULL;

  if (socket == NULL)
    {
      g_printerr ("culvert-tray: started by culvert, not by hand (%s)\n", error->message);
      return FALSE;
    }
  stream = g_socket_connection_factory_create_connection (socket);
  g_dbus_connection_new (G_IO_STREAM (stream), NULL,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL,
                         tray_connected_cb, tray);
  return TRUE;
}

int
main (int argc, char **argv)
{
  Tray tray = { .status = EXIT_SUCCESS };

  setlocale (LC_ALL, "");
  g_set_prgname ("culvert-tray");
  /* Menus need no OpenGL, and Mesa would be three quarters of the process. */
  g_setenv ("GDK_GL", "disable", TRUE);
  if (!tray_connect (&tray))
    return CULVERT_TRAY_EXIT_USAGE;
  if (!gtk_init_check (&argc, &argv))
    return CULVERT_TRAY_EXIT_NO_DISPLAY;
  gtk_main ();
  g_clear_pointer (&tray.mirror, culvert_tray_mirror_free);
  if (tray.indicator != NULL)
    g_object_remove_toggle_ref (G_OBJECT (tray.indicator), tray_toggled_cb, &tray);
  g_clear_object (&tray.state);
  g_clear_object (&tray.connection);
  g_clear_object (&tray.bus);
  return tray.status;
}

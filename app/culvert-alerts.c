/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-alerts-private.h"

#include "culvert-settings.h"

#include <glib/gi18n-lib.h>

/* Most losses heal before a person has read of them. */
#define PATIENCE_MS 4000

#define ID_HIDDEN "hidden"
#define ID_MESSAGE "message"
#define ID_PROFILE "profile-"

struct _CulvertAlerts
{
  GApplication *application;
  CulvertHub *hub;
  GSettings *settings;
  guint patience_ms;
  GHashTable *lost; /* UUID -> CulvertAlert: lost, told or about to be */
};

typedef struct
{
  CulvertAlerts *alerts;
  CulvertHubItem *item;
  guint source; /* running: not told yet */
} CulvertAlert;

static void
culvert_alert_free (gpointer data)
{
  CulvertAlert *alert = data;

  g_clear_handle_id (&alert->source, g_source_remove);
  g_object_unref (alert->item);
  g_free (alert);
}

/* -- sending -------------------------------------------------------------- */

static gboolean
culvert_alerts_can_send (CulvertAlerts *self)
{
  GDBusConnection *bus = NULL;

  if (g_application_get_is_registered (self->application))
    bus = g_application_get_dbus_connection (self->application);
  return bus != NULL && !g_dbus_connection_is_closed (bus);
}

static void
culvert_alerts_withdraw (CulvertAlerts *self, const char *id)
{
  if (culvert_alerts_can_send (self))
    g_application_withdraw_notification (self->application, id);
}

/* GLib 2.74 loses its way when it replaces a notification: one goes before the other comes. */
static void
culvert_alerts_send (CulvertAlerts *self, const char *id, GNotification *notification)
{
  culvert_alerts_withdraw (self, id);
  if (culvert_settings_get_bool (self->settings, CULVERT_SETTINGS_NOTIFY, TRUE)
      && culvert_alerts_can_send (self))
    g_application_send_notification (self->application, id, notification);
}

static GNotification *
culvert_alerts_new_notification (const char *title, const char *body, const char *icon_name)
{
  g_autoptr (GIcon) icon = g_themed_icon_new (icon_name);
  GNotification *notification = g_notification_new (title);

  if (body != NULL && body[0] != '\0')
    g_notification_set_body (notification, body);
  g_notification_set_icon (notification, icon);
  return notification;
}

static char *
culvert_alerts_dup_id (CulvertHubItem *item)
{
  return g_strconcat (ID_PROFILE, culvert_profile_get_uuid (culvert_hub_item_get_profile (item)),
                      NULL);
}

/* About one profile; a click opens it. title: used up. */
static void
culvert_alerts_send_profile (CulvertAlerts *self,
                             CulvertHubItem *item,
                             char *title,
                             const char *body,
                             gboolean is_trouble)
{
  const char *uuid = culvert_profile_get_uuid (culvert_hub_item_get_profile (item));
  g_autofree char *id = culvert_alerts_dup_id (item);
  g_autofree char *owned = title;
  g_autoptr (GNotification) notification = culvert_alerts_new_notification (
      owned, body, is_trouble ? CULVERT_APPLICATION_ID "-trouble" : CULVERT_APPLICATION_ID);

  g_notification_set_default_action_and_target (notification, "app.show-profile", "s", uuid);
  if (is_trouble)
    {
      g_notification_add_button_with_target (notification, _("Open"), "app.show-profile", "s",
                                             uuid);
      g_notification_add_button_with_target (notification, _("Reconnect"), "app.restart-profile",
                                             "s", uuid);
    }
  g_notification_set_priority (notification, is_trouble ? G_NOTIFICATION_PRIORITY_HIGH
                                                        : G_NOTIFICATION_PRIORITY_LOW);
  culvert_alerts_send (self, id, notification);
}

/* -- what happens to connections ----------------------------------------------------------- */

static const char *
culvert_alerts_name (CulvertHubItem *item)
{
  return culvert_profile_get_name (culvert_hub_item_get_profile (item));
}

static gboolean
culvert_alerts_lost_cb (gpointer user_data)
{
  CulvertAlert *alert = user_data;
  g_autofree char *reason = NULL;

  alert->source = 0;
  g_object_get (alert->item, "reason", &reason, NULL);
  culvert_alerts_send_profile (
      alert->alerts, alert->item,
      /* translators: the name of a profile */
      g_strdup_printf (_("“%s” has lost its connection"), culvert_alerts_name (alert->item)),
      reason, TRUE);
  return G_SOURCE_REMOVE;
}

static void
culvert_alerts_lost (CulvertAlerts *self, CulvertHubItem *item)
{
  const char *uuid = culvert_profile_get_uuid (culvert_hub_item_get_profile (item));
  CulvertAlert *alert;

  if (g_hash_table_contains (self->lost, uuid))
    return;
  alert = g_new0 (CulvertAlert, 1);
  alert->alerts = self;
  alert->item = g_object_ref (item);
  alert->source = g_timeout_add (self->patience_ms, culvert_alerts_lost_cb, alert);
  g_hash_table_insert (self->lost, g_strdup (uuid), alert);
}

static void
culvert_alerts_failed (CulvertAlerts *self, CulvertHubItem *item)
{
  culvert_alerts_send_profile (
      self, item,
      /* translators: the name of a profile */
      g_strdup_printf (_("“%s” could not be connected"), culvert_alerts_name (item)),
      culvert_hub_item_get_last_error (item), TRUE);
}

/* It is connected, or the person has switched it off: whatever was told is over. */
static void
culvert_alerts_over (CulvertAlerts *self, CulvertHubItem *item, gboolean is_back)
{
  const char *uuid = culvert_profile_get_uuid (culvert_hub_item_get_profile (item));
  CulvertAlert *alert = g_hash_table_lookup (self->lost, uuid);
  g_autofree char *id = culvert_alerts_dup_id (item);
  gboolean was_told = alert != NULL && alert->source == 0;

  g_hash_table_remove (self->lost, uuid);
  if (was_told && is_back)
    culvert_alerts_send_profile (
        self, item,
        /* translators: the name of a profile */
        g_strdup_printf (_("“%s” is connected again"), culvert_alerts_name (item)), NULL, FALSE);
  else
    culvert_alerts_withdraw (self, id);
}

void
culvert_alerts_moved (CulvertAlerts *alerts,
                      CulvertHubItem *item,
                      CulvertPhase before,
                      CulvertPhase now,
                      gboolean by_person)
{
  switch (now)
    {
    case CULVERT_PHASE_UP:
      culvert_alerts_over (alerts, item, !by_person);
      break;
    case CULVERT_PHASE_OFF:
      if (by_person)
        culvert_alerts_over (alerts, item, FALSE);
      break;
    case CULVERT_PHASE_WAITING:
    case CULVERT_PHASE_TROUBLE:
      if (before == CULVERT_PHASE_UP && !by_person)
        culvert_alerts_lost (alerts, item);
      break;
    case CULVERT_PHASE_FAILED:
      if (!by_person || !culvert_hub_has_window (alerts->hub))
        culvert_alerts_failed (alerts, item);
      break;
    case CULVERT_PHASE_STARTING:
    case CULVERT_PHASE_STOPPING:
      break;
    }
}

static void
culvert_alerts_phase_cb (CulvertHub *hub,
                         CulvertHubItem *item,
                         CulvertPhase before,
                         gboolean by_person,
                         gpointer user_data)
{
  culvert_alerts_moved (user_data, item, before, culvert_hub_item_get_phase (item), by_person);
}

/* Profiles that are deleted have nothing to be told any more. */
static void
culvert_alerts_items_cb (GListModel *hub,
                         guint position,
                         guint n_removed,
                         guint n_added,
                         gpointer user_data)
{
  CulvertAlerts *self = user_data;
  GHashTableIter iter;
  gpointer uuid;
  gpointer alert;

  g_hash_table_iter_init (&iter, self->lost);
  while (g_hash_table_iter_next (&iter, &uuid, &alert))
    {
      g_autofree char *id = NULL;

      if (culvert_hub_find (self->hub, uuid) != NULL)
        continue;
      id = culvert_alerts_dup_id (((CulvertAlert *) alert)->item);
      culvert_alerts_withdraw (self, id);
      g_hash_table_iter_remove (&iter);
    }
}

/* A window has a place of its own for these. */
static void
culvert_alerts_message_cb (CulvertHub *hub, const char *text, const char *uuid, gpointer user_data)
{
  CulvertAlerts *self = user_data;
  g_autoptr (GNotification) notification = NULL;

  if (culvert_hub_has_window (hub))
    return;
  notification = culvert_alerts_new_notification ("Culvert", text, CULVERT_APPLICATION_ID);
  if (uuid != NULL)
    g_notification_set_default_action_and_target (notification, "app.show-profile", "s", uuid);
  else
    g_notification_set_default_action (notification, "app.show-window");
  culvert_alerts_send (self, ID_MESSAGE, notification);
}

/* -- the window ------------------------------------------------------------------------------ */

static void
culvert_alerts_window_cb (CulvertHub *hub, GParamSpec *pspec, gpointer user_data)
{
  if (!culvert_hub_has_window (hub))
    return;
  culvert_alerts_withdraw (user_data, ID_HIDDEN);
  culvert_alerts_withdraw (user_data, ID_MESSAGE);
}

/* Not a matter of "notify": it is the way back. */
void
culvert_alerts_tell_hidden (CulvertAlerts *alerts)
{
  g_autoptr (GNotification) notification = culvert_alerts_new_notification (
      _("Culvert keeps running"),
      _("The window is closed, connections stay. There is no tray for its icon here: "
        "start Culvert again to see the window."),
      CULVERT_APPLICATION_ID);

  g_notification_set_default_action (notification, "app.show-window");
  g_notification_add_button (notification, _("Open"), "app.show-window");
  g_notification_add_button (notification, _("Quit"), "app.quit");
  if (culvert_alerts_can_send (alerts))
    g_application_send_notification (alerts->application, ID_HIDDEN, notification);
}

/* -- life -------------------------------------------------------------- */

CulvertAlerts *
culvert_alerts_new (GApplication *application, CulvertHub *hub, GSettings *settings)
{
  CulvertAlerts *self = g_new0 (CulvertAlerts, 1);

  self->application = application;
  self->hub = hub;
  self->settings = settings;
  self->patience_ms = PATIENCE_MS;
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, culvert_alert_free);
  g_signal_connect (hub, "phase-changed", G_CALLBACK (culvert_alerts_phase_cb), self);
  g_signal_connect (hub, "items-changed", G_CALLBACK (culvert_alerts_items_cb), self);
  g_signal_connect (hub, "message", G_CALLBACK (culvert_alerts_message_cb), self);
  g_signal_connect (hub, "notify::has-window", G_CALLBACK (culvert_alerts_window_cb), self);
  return self;
}

void
culvert_alerts_free (CulvertAlerts *alerts)
{
  if (alerts == NULL)
    return;
  g_signal_handlers_disconnect_by_data (alerts->hub, alerts);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (alerts->hub)); i++)
    {
      g_autoptr (CulvertHubItem) item = g_list_model_get_item (G_LIST_MODEL (alerts->hub), i);
      g_autofree char *id = culvert_alerts_dup_id (item);

      culvert_alerts_withdraw (alerts, id);
    }
  culvert_alerts_withdraw (alerts, ID_HIDDEN);
  culvert_alerts_withdraw (alerts, ID_MESSAGE);
  g_hash_table_unref (alerts->lost);
  g_free (alerts);
}

void
culvert_alerts_set_patience_ms (CulvertAlerts *alerts, guint patience_ms)
{
  alerts->patience_ms = patience_ms;
}

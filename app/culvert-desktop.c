/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-desktop.h"

#include "culvert-alerts.h"
#include "culvert-portal.h"
#include "culvert-settings.h"
#include "tray/culvert-tray.h"

struct _CulvertDesktop
{
  CulvertHub *hub; /* borrowed */
  GSettings *settings; /* (nullable) */
  CulvertTray *tray;   /* (nullable) */
  CulvertAlerts *alerts;
  CulvertPortal *portal;
  CulvertDesktopFunc changed_func;
  gpointer user_data;
};

static void
culvert_desktop_changed (CulvertDesktop *self)
{
  self->changed_func (self->user_data);
}

static gboolean
culvert_desktop_stays_closed (CulvertDesktop *self)
{
  return culvert_settings_get_bool (self->settings, CULVERT_SETTINGS_CLOSE_TO_TRAY, TRUE);
}

static void
culvert_desktop_status_cb (CulvertHub *hub, GParamSpec *pspec, gpointer user_data)
{
  CulvertDesktop *self = user_data;
  g_autofree char *text = NULL;

  g_object_get (hub, "status-text", &text, NULL);
  culvert_portal_set_status (self->portal, text);
}

/* The last window was closed: on without it, or the end, as the person has chosen. */
static void
culvert_desktop_window_cb (CulvertHub *hub, GParamSpec *pspec, gpointer user_data)
{
  CulvertDesktop *self = user_data;
  guint n_wanted;

  if (culvert_hub_has_window (hub))
    return;
  if (!culvert_desktop_stays_closed (self))
    {
      g_action_group_activate_action (culvert_hub_get_actions (hub), "quit", NULL);
      return;
    }
  culvert_portal_request_background (self->portal);
  g_object_get (hub, "n-wanted", &n_wanted, NULL);
  if (n_wanted > 0 && !culvert_hub_has_tray (hub))
    culvert_alerts_tell_hidden (self->alerts);
}

static void
culvert_desktop_tray_cb (gpointer user_data)
{
  culvert_desktop_changed (user_data);
}

static void
culvert_desktop_setting_cb (GSettings *settings, const char *key, gpointer user_data)
{
  culvert_desktop_changed (user_data);
}

CulvertDesktop *
culvert_desktop_new (GApplication *application,
                     CulvertHub *hub,
                     CulvertDesktopFunc changed_func,
                     gpointer user_data)
{
  CulvertDesktop *self = g_new0 (CulvertDesktop, 1);

  self->hub = hub;
  self->changed_func = changed_func;
  self->user_data = user_data;
  self->settings = culvert_settings_new ();
  self->alerts = culvert_alerts_new (application, hub, self->settings);
  self->portal = culvert_portal_new (g_application_get_dbus_connection (application));
  if (self->settings != NULL)
    g_signal_connect (self->settings, "changed::" CULVERT_SETTINGS_CLOSE_TO_TRAY,
                      G_CALLBACK (culvert_desktop_setting_cb), self);
  g_signal_connect (hub, "notify::status-text", G_CALLBACK (culvert_desktop_status_cb), self);
  g_signal_connect (hub, "notify::has-window", G_CALLBACK (culvert_desktop_window_cb), self);
  culvert_desktop_status_cb (hub, NULL, self);
  self->tray = culvert_tray_new (hub, culvert_desktop_tray_cb, self);
  return self;
}

void
culvert_desktop_free (CulvertDesktop *desktop)
{
  if (desktop == NULL)
    return;
  g_signal_handlers_disconnect_by_data (desktop->hub, desktop);
  if (desktop->settings != NULL)
    g_signal_handlers_disconnect_by_data (desktop->settings, desktop);
  culvert_tray_free (desktop->tray);
  culvert_alerts_free (desktop->alerts);
  culvert_portal_free (desktop->portal);
  g_clear_object (&desktop->settings);
  g_free (desktop);
}

gboolean
culvert_desktop_wants_to_stay (CulvertDesktop *desktop)
{
  return desktop != NULL && culvert_desktop_stays_closed (desktop)
         && (culvert_hub_has_tray (desktop->hub) || culvert_tray_is_starting (desktop->tray));
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The module's one symbol, and the host of its windows: an AdwApplication without id, which is
 * registered but never run, for the process's own application and main loop are there already.
 * Made for the first window it stays, like the types and the style: a second one would want the
 * same object path on the bus. The hub is held while there is a window. */

#include "config.h"

#include "culvert-preferences-window.h"
#include "culvert-settings.h"
#include "culvert-ui-loader.h"
#include "culvert-window.h"

#include <glib/gi18n-lib.h>

static AdwApplication *host;       /* NULL before the first window */
static GSettings *host_settings; /* (nullable) kept for what follows it */
static CulvertHub *host_hub;       /* NULL while there is no window */

static void
culvert_ui_window_removed_cb (GtkApplication *app, GtkWindow *window, gpointer user_data)
{
  g_autoptr (CulvertHub) hub = NULL;

  if (gtk_application_get_windows (app) != NULL || host_hub == NULL)
    return;
  hub = g_steal_pointer (&host_hub);
  culvert_hub_release (hub);
}

static gboolean
culvert_ui_start (GError **error)
{
  /* What the desktop finds the entry of the application by; read when a display is opened. */
  g_set_prgname (CULVERT_APPLICATION_ID);
  if (!gtk_init_check ())
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           _("there is no display to open a window on"));
      return FALSE;
    }
  adw_init ();
  host = adw_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_application_set_resource_base_path (G_APPLICATION (host), "/io/github/culvert/Culvert/ui");
  if (!g_application_register (G_APPLICATION (host), NULL, error))
    {
      g_clear_object (&host);
      return FALSE;
    }
  gtk_window_set_default_icon_name (CULVERT_APPLICATION_ID);
  host_settings = culvert_settings_new ();
  if (host_settings != NULL)
    culvert_preferences_follow_style (host_settings);
  g_signal_connect (host, "window-removed", G_CALLBACK (culvert_ui_window_removed_cb), NULL);
  return TRUE;
}

/* Not one of its dialogs. (transfer none) (nullable) */
static GtkWindow *
culvert_ui_find_window (void)
{
  for (GList *window = gtk_application_get_windows (GTK_APPLICATION (host)); window != NULL;
       window = window->next)
    if (CULVERT_IS_WINDOW (window->data))
      return window->data;
  return NULL;
}

static gboolean
culvert_ui_present (CulvertHub *hub, const char *uuid, const char *activation_token, GError **error)
{
  GtkWindow *window;

  if (host == NULL && !culvert_ui_start (error))
    return FALSE;
  if (host_hub == NULL)
    {
      host_hub = g_object_ref (hub);
      culvert_hub_hold (hub);
    }
  window = culvert_ui_find_window ();
  if (window == NULL)
    window = GTK_WINDOW (culvert_window_new (GTK_APPLICATION (host), hub));
  if (uuid != NULL)
    culvert_window_select (CULVERT_WINDOW (window), uuid);
  if (activation_token != NULL)
    gtk_window_set_startup_id (window, activation_token);
  gtk_window_present (window);
  return TRUE;
}

static void
culvert_ui_close (void)
{
  GList *windows;

  while (host != NULL && (windows = gtk_application_get_windows (GTK_APPLICATION (host))) != NULL)
    gtk_window_destroy (windows->data);
}

CULVERT_AVAILABLE const CulvertUiModule culvert_ui_module;
const CulvertUiModule culvert_ui_module = {
  CULVERT_UI_INTERFACE,
  culvert_ui_present,
  culvert_ui_close,
};

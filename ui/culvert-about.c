/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-about.h"

#include "culvert-homepage.h"
#include "culvert-secrets.h"
#include "culvert-settings.h"

#include <glib/gi18n-lib.h>

static const char *
culvert_about_yes_no (gboolean is_so)
{
  return is_so ? "yes" : "no";
}

/* In English: it goes into bug reports. */
char *
culvert_about_dup_debug_info (CulvertHub *hub)
{
  g_autofree char *os = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  g_autoptr (GSettings) settings = culvert_settings_new ();
  const char *desktop = g_getenv ("XDG_CURRENT_DESKTOP");
  guint n_wanted;

  g_object_get (hub, "n-wanted", &n_wanted, NULL);
  return g_strdup_printf (
      "Culvert %s\n"
      "GLib %u.%u.%u, GTK %u.%u.%u, libadwaita %u.%u.%u\n"
      "System: %s\n"
      "Desktop: %s, display: %s\n"
      "Profiles: %u, switched on: %u\n"
      "Keyring support: %s, settings schema: %s\n",
      CULVERT_VERSION, glib_major_version, glib_minor_version, glib_micro_version,
      gtk_get_major_version (), gtk_get_minor_version (), gtk_get_micro_version (),
      adw_get_major_version (), adw_get_minor_version (), adw_get_micro_version (),
      os != NULL ? os : "unknown", desktop != NULL ? desktop : "unknown",
      G_OBJECT_TYPE_NAME (gdk_display_get_default ()),
      g_list_model_get_n_items (G_LIST_MODEL (hub)), n_wanted,
      culvert_about_yes_no (culvert_secrets_is_supported ()),
      culvert_about_yes_no (settings != NULL));
}

GtkWindow *
culvert_about_new (CulvertHub *hub)
{
  g_autofree char *debug_info = culvert_about_dup_debug_info (hub);

  return g_object_new (ADW_TYPE_ABOUT_WINDOW, "application-name", "Culvert", "application-icon",
                       CULVERT_APPLICATION_ID, "developer-name", _("The Culvert developers"),
                       "version", CULVERT_VERSION, "comments",
                       _("A fast tunnel over lossy lines that speaks kcptun’s language."),
                       "website", CULVERT_HOMEPAGE, "issue-url", CULVERT_HOMEPAGE "/issues",
                       "license-type", GTK_LICENSE_MIT_X11, "copyright",
                       "© 2026 The Culvert developers",
                       "debug-info", debug_info, "debug-info-filename", "culvert-debug-info.txt",
                       /* translators: your names, one a line */
                       "translator-credits", _("translator-credits"), "modal", TRUE, NULL);
}

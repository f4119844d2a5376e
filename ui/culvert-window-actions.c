/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-window-private.h"

#include "culvert-about.h"
#include "culvert-connect-dialog.h"
#include "culvert-export-dialog.h"
#include "culvert-import.h"
#include "culvert-import-dialog.h"
#include "culvert-pair-dialog.h"
#include "culvert-preferences-window.h"
#include "culvert-rename-popover.h"
#include "culvert-settings-page.h"
#include "culvert-tunnel-row.h"

#include <glib/gi18n-lib.h>

/* (transfer none) (nullable): menus may be late. */
static CulvertHubItem *
culvert_window_find_item (CulvertWindow *self, GVariant *uuid)
{
  return culvert_hub_find (self->hub, g_variant_get_string (uuid, NULL));
}

/* -- moving about ---------------------------------------------------------------------------- */

static void
culvert_window_back_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  GtkWidget *row = culvert_window_find_row (self, self->selected);

  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
  if (row != NULL)
    gtk_widget_grab_focus (row);
}

static void
culvert_window_search_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
  gtk_toggle_button_set_active (self->search_button, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
culvert_window_page_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
  culvert_tunnel_page_show (self->tunnel_page, g_variant_get_string (parameter, NULL));
}

/* parameter: the key of a setting. */
static void
culvert_window_setting_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  CulvertHubItem *item =
      self->selected != NULL ? culvert_hub_find (self->hub, self->selected) : NULL;
  const CulvertSetting *setting =
      item == NULL ? NULL
                   : culvert_settings_find_key (
                       culvert_profile_get_role (culvert_hub_item_get_profile (item)),
                       g_variant_get_string (parameter, NULL));
  CulvertPage *page;

  if (setting == NULL)
    return;
  culvert_tunnel_page_show (self->tunnel_page, "settings");
  page = culvert_tunnel_page_get_child (self->tunnel_page, "settings");
  culvert_settings_page_show_row (CULVERT_SETTINGS_PAGE (page), setting->id);
}

static void
culvert_window_toggle_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  if (self->selected != NULL)
    gtk_widget_activate_action (widget, "hub.toggle-profile", "s", self->selected);
}

/* -- the profile ----------------------------------------------------------------------------- */

static void
culvert_window_rename_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  CulvertHubItem *item = culvert_window_find_item (self, parameter);
  GtkWidget *place;

  if (item == NULL)
    return;
  place = culvert_window_find_row (self, g_variant_get_string (parameter, NULL));
  if (place == NULL || !gtk_widget_get_child_visible (place) || !gtk_widget_get_mapped (place))
    place = culvert_tunnel_page_get_menu_button (self->tunnel_page);
  culvert_rename_popover_open (place, culvert_hub_item_get_profile (item));
}

static void
culvert_window_duplicate_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  CulvertHubItem *item = culvert_window_find_item (self, parameter);
  g_autoptr (CulvertHubItem) copy = NULL;
  guint position;

  if (item == NULL)
    return;
  position = culvert_profile_get_order (culvert_hub_item_get_profile (item));
  gtk_widget_activate_action (widget, "hub.duplicate-profile", "s",
                              g_variant_get_string (parameter, NULL));
  copy = g_list_model_get_item (G_LIST_MODEL (self->hub), position + 1);
  if (copy != NULL)
    culvert_window_select (self, culvert_profile_get_uuid (culvert_hub_item_get_profile (copy)));
}

/* Too late to undo. What came back in between is not in the trash and stays. */
static void
culvert_window_dismissed_cb (AdwToast *toast, CulvertWindow *self)
{
  g_action_group_activate_action (culvert_hub_get_actions (self->hub), "purge-profile",
                                  g_object_get_data (G_OBJECT (toast), "uuid"));
}

static void
culvert_window_delete_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  CulvertHubItem *item = culvert_window_find_item (self, parameter);
  g_autofree char *text = NULL;
  g_autofree char *markup = NULL;
  AdwToast *toast;

  if (item == NULL)
    return;
  /* translators: the name of a profile */
  text = g_strdup_printf (_("“%s” deleted"),
                          culvert_profile_get_name (culvert_hub_item_get_profile (item)));
  markup = g_markup_escape_text (text, -1);
  toast = adw_toast_new (markup);
  adw_toast_set_button_label (toast, _("Undo"));
  adw_toast_set_action_name (toast, "hub.restore-profile");
  adw_toast_set_action_target_value (toast, parameter);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  g_object_set_data_full (G_OBJECT (toast), "uuid", g_variant_ref (parameter),
                          (GDestroyNotify) g_variant_unref);
  g_signal_connect_object (toast, "dismissed", G_CALLBACK (culvert_window_dismissed_cb), self, 0);
  gtk_widget_activate_action (widget, "hub.delete-profile", "s",
                              g_variant_get_string (parameter, NULL));
  adw_toast_overlay_add_toast (self->toasts, toast);
}

/* By the rows that are shown: the search may hide some between. */
static void
culvert_window_move_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  const char *uuid;
  int delta;
  GtkWidget *row;
  GtkListBoxRow *other;
  CulvertHubItem *neighbour;

  g_variant_get (parameter, "(&si)", &uuid, &delta);
  row = culvert_window_find_row (self, uuid);
  if (row == NULL)
    return;
  other = gtk_list_box_get_row_at_index (
      self->list, gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (row)) + delta);
  if (other == NULL)
    return;
  neighbour = culvert_tunnel_row_get_item (CULVERT_TUNNEL_ROW (other));
  culvert_profile_store_move (
      culvert_hub_get_store (self->hub),
      culvert_hub_item_get_profile (culvert_hub_find (self->hub, uuid)),
      culvert_profile_get_order (culvert_hub_item_get_profile (neighbour)));
  row = culvert_window_find_row (self, uuid);
  if (row != NULL)
    gtk_widget_grab_focus (row);
}

/* -- dialogs ---------------------------------------------------------------------------------- */

static void
culvert_window_open (CulvertWindow *self, GtkWindow *dialog)
{
  gtk_window_set_transient_for (dialog, GTK_WINDOW (self));
  gtk_window_present (dialog);
}

/* A server is half of a pair. */
static void
culvert_window_offer_pair (CulvertWindow *self, CulvertHubItem *item)
{
  AdwToast *toast = adw_toast_new (_("The server runs"));

  adw_toast_set_button_label (toast, _("Set Up the Other End…"));
  adw_toast_set_action_target (toast, "s",
                               culvert_profile_get_uuid (culvert_hub_item_get_profile (item)));
  adw_toast_set_action_name (toast, "win.pair-profile");
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
culvert_window_created_cb (CulvertConnectDialog *dialog, CulvertHubItem *item, CulvertWindow *self)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (item);

  culvert_window_select (self, culvert_profile_get_uuid (profile));
  culvert_tunnel_page_show (self->tunnel_page, "overview");
  if (culvert_profile_get_role (profile) == CULVERT_ROLE_SERVER)
    culvert_window_offer_pair (self, item);
}

static void
culvert_window_add (CulvertWindow *self, CulvertRole role)
{
  CulvertConnectDialog *dialog = culvert_connect_dialog_new (self->hub, role);

  g_signal_connect_object (dialog, "created", G_CALLBACK (culvert_window_created_cb), self, 0);
  culvert_window_open (self, GTK_WINDOW (dialog));
}

static void
culvert_window_new_connection_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  culvert_window_add (CULVERT_WINDOW (widget), CULVERT_ROLE_CLIENT);
}

static void
culvert_window_new_server_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  culvert_window_add (CULVERT_WINDOW (widget), CULVERT_ROLE_SERVER);
}

static void
culvert_window_export_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  CulvertHubItem *item = culvert_window_find_item (self, parameter);

  if (item != NULL)
    culvert_window_open (self, GTK_WINDOW (culvert_export_dialog_new (self->hub, item)));
}

static void
culvert_window_pair_profile_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);
  CulvertHubItem *item = culvert_window_find_item (self, parameter);

  if (item != NULL)
    culvert_window_open (self, GTK_WINDOW (culvert_pair_dialog_new (self->hub, item)));
}

static void
culvert_window_pair_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  if (self->selected != NULL)
    gtk_widget_activate_action (widget, "win.pair-profile", "s", self->selected);
}

static void
culvert_window_imported_cb (CulvertImportDialog *dialog,
                            CulvertHubItem *first,
                            guint n,
                            CulvertWindow *self)
{
  g_autofree char *text =
      g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u profile added", "%u profiles added", n),
                       n);

  culvert_window_select (self, culvert_profile_get_uuid (culvert_hub_item_get_profile (first)));
  culvert_window_tell (self, text);
}

void
culvert_window_import (CulvertWindow *window, const char *text, GListModel *files)
{
  CulvertImportDialog *dialog = culvert_import_dialog_new (window->hub);

  g_signal_connect_object (dialog, "imported", G_CALLBACK (culvert_window_imported_cb), window, 0);
  if (text != NULL)
    culvert_import_dialog_take_text (dialog, text, _("Clipboard"));
  if (files != NULL)
    culvert_import_dialog_take_files (dialog, files);
  culvert_window_open (window, GTK_WINDOW (dialog));
}

static void
culvert_window_import_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  culvert_window_import (CULVERT_WINDOW (widget), NULL, NULL);
}

static void
culvert_window_pasted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertWindow) self = user_data;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);

  if (self->toasts == NULL)
    return;
  if (text == NULL || !culvert_import_looks_useful (text))
    culvert_window_tell (self, _("There is nothing in the clipboard that could be imported"));
  else
    culvert_window_import (self, text, NULL);
}

static void
culvert_window_paste_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (widget), NULL, culvert_window_pasted_cb,
                                 g_object_ref (CULVERT_WINDOW (widget)));
}

static void
culvert_window_preferences_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  culvert_window_open (CULVERT_WINDOW (widget), GTK_WINDOW (culvert_preferences_window_new ()));
}

static void
culvert_window_shortcuts_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_autoptr (GtkBuilder) builder =
      gtk_builder_new_from_resource ("/io/github/culvert/Culvert/ui/culvert-shortcuts.ui");

  culvert_window_open (CULVERT_WINDOW (widget),
                       GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts")));
}

static void
culvert_window_about_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  culvert_window_open (self, culvert_about_new (self->hub));
}

/* -- the class -------------------------------------------------------------------------------- */

static void
culvert_window_add_keys (GtkWidgetClass *widget_class)
{
  static const char *const pages[] = { "overview", "settings", "connections", "counters", "log" };

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    gtk_widget_class_add_binding_action (widget_class, GDK_KEY_1 + i, GDK_ALT_MASK, "win.page",
                                         "s", pages[i]);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "win.search",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_n, GDK_CONTROL_MASK,
                                       "win.new-connection", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_n,
                                       GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.new-server", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_i, GDK_CONTROL_MASK, "win.import",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_v, GDK_CONTROL_MASK, "win.paste",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_comma, GDK_CONTROL_MASK,
                                       "win.preferences", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_question,
                                       GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.shortcuts", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Left, GDK_ALT_MASK, "win.back", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK,
                                       "win.toggle", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "window.close",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_q, GDK_CONTROL_MASK, "hub.quit",
                                       NULL);
}

void
culvert_window_class_add_actions (GtkWidgetClass *widget_class)
{
  static const struct
  {
    const char *name;
    const char *type;
    GtkWidgetActionActivateFunc func;
  } actions[] = {
    { "win.back", NULL, culvert_window_back_action },
    { "win.search", NULL, culvert_window_search_action },
    { "win.page", "s", culvert_window_page_action },
    { "win.setting", "s", culvert_window_setting_action },
    { "win.toggle", NULL, culvert_window_toggle_action },
    { "win.new-connection", NULL, culvert_window_new_connection_action },
    { "win.new-server", NULL, culvert_window_new_server_action },
    { "win.import", NULL, culvert_window_import_action },
    { "win.paste", NULL, culvert_window_paste_action },
    { "win.preferences", NULL, culvert_window_preferences_action },
    { "win.shortcuts", NULL, culvert_window_shortcuts_action },
    { "win.about", NULL, culvert_window_about_action },
    { "win.pair", NULL, culvert_window_pair_action },
    { "win.pair-profile", "s", culvert_window_pair_profile_action },
    { "win.export-profile", "s", culvert_window_export_action },
    { "win.rename-profile", "s", culvert_window_rename_action },
    { "win.duplicate-profile", "s", culvert_window_duplicate_action },
    { "win.delete-profile", "s", culvert_window_delete_action },
    { "win.move-profile", "(si)", culvert_window_move_action },
  };

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_class_install_action (widget_class, actions[i].name, actions[i].type,
                                     actions[i].func);
  culvert_window_add_keys (widget_class);
}

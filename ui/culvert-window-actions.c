/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-window-private.h"

#include "culvert-rename-popover.h"
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
  adw_toast_set_button_label (toast, _("_Undo"));
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
    { "win.toggle", NULL, culvert_window_toggle_action },
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

void
culvert_window_import (CulvertWindow *window, const char *text, GListModel *files)
{
}

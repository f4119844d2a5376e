/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-window-private.h"

#include "culvert-names.h"
#include "culvert-settings.h"
#include "culvert-tunnel-row.h"
#include "culvert-welcome-page.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (CulvertWindow, culvert_window, ADW_TYPE_APPLICATION_WINDOW)

/* -- selection ------------------------------------------------------------------------------ */

GtkWidget *
culvert_window_find_row (CulvertWindow *window, const char *uuid)
{
  for (int i = 0;; i++)
    {
      GtkListBoxRow *row = gtk_list_box_get_row_at_index (window->list, i);
      CulvertHubItem *item;

      if (row == NULL)
        return NULL;
      item = culvert_tunnel_row_get_item (CULVERT_TUNNEL_ROW (row));
      if (g_strcmp0 (culvert_profile_get_uuid (culvert_hub_item_get_profile (item)), uuid) == 0)
        return GTK_WIDGET (row);
    }
}

static void
culvert_window_set_selected (CulvertWindow *self, CulvertHubItem *item)
{
  const char *uuid =
      item != NULL ? culvert_profile_get_uuid (culvert_hub_item_get_profile (item)) : NULL;

  if (g_strcmp0 (self->selected, uuid) != 0)
    {
      g_free (self->selected);
      self->selected = g_strdup (uuid);
      if (self->settings != NULL && uuid != NULL)
        g_settings_set_string (self->settings, CULVERT_SETTINGS_LAST_PROFILE, uuid);
    }
  culvert_page_set_item (CULVERT_PAGE (self->tunnel_page), item);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.pair", item != NULL);
}

static void
culvert_window_row_selected_cb (GtkListBox *list, GtkListBoxRow *row, CulvertWindow *self)
{
  if (row != NULL)
    culvert_window_set_selected (self, culvert_tunnel_row_get_item (CULVERT_TUNNEL_ROW (row)));
}

static void
culvert_window_row_activated_cb (GtkListBox *list, GtkListBoxRow *row, CulvertWindow *self)
{
  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
}

/* The list changed: what was shown stays; when it is gone its neighbour comes. position: where
 * the change was. */
static void
culvert_window_items_changed_cb (GListModel *model,
                                 guint position,
                                 guint n_removed,
                                 guint n_added,
                                 CulvertWindow *self)
{
  guint n_all = g_list_model_get_n_items (G_LIST_MODEL (self->hub));
  GtkWidget *row = culvert_window_find_row (self, self->selected);
  GtkListBoxRow *next;

  gtk_stack_set_visible_child_name (self->main_stack, n_all > 0 ? "profiles" : "welcome");
  if (row != NULL)
    {
      gtk_list_box_select_row (self->list, GTK_LIST_BOX_ROW (row));
      return;
    }
  /* The search hides it: the pages stay as they are. */
  if (self->selected != NULL && culvert_hub_find (self->hub, self->selected) != NULL)
    return;
  next = gtk_list_box_get_row_at_index (
      self->list, (int) MIN (position, MAX (g_list_model_get_n_items (model), 1) - 1));
  if (next != NULL)
    gtk_list_box_select_row (self->list, next);
  else
    culvert_window_set_selected (self, NULL);
}

void
culvert_window_select (CulvertWindow *window, const char *uuid)
{
  GtkWidget *row;

  g_return_if_fail (CULVERT_IS_WINDOW (window) && uuid != NULL);
  if (culvert_hub_find (window->hub, uuid) == NULL)
    return;
  if (culvert_window_find_row (window, uuid) == NULL)
    gtk_toggle_button_set_active (window->search_button, FALSE);
  row = culvert_window_find_row (window, uuid);
  if (row == NULL)
    return;
  gtk_list_box_select_row (window->list, GTK_LIST_BOX_ROW (row));
  adw_leaflet_navigate (window->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
}

/* -- search --------------------------------------------------------------------------------- */

static gboolean
culvert_window_contains (const char *text, const char *folded)
{
  g_autofree char *other = g_utf8_casefold (text, -1);

  return strstr (other, folded) != NULL;
}

static gboolean
culvert_window_filter_cb (gpointer item, gpointer user_data)
{
  CulvertWindow *self = user_data;
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  gboolean is_server = culvert_profile_get_role (profile) == CULVERT_ROLE_SERVER;
  g_autofree char *folded = NULL;

  /* The last change of the list may come when the window is gone. */
  if (self->search_entry == NULL)
    return TRUE;
  folded = g_utf8_casefold (gtk_editable_get_text (self->search_entry), -1);
  return culvert_window_contains (culvert_profile_get_name (profile), folded)
         || culvert_window_contains (
             culvert_profile_get_string (profile, is_server ? CULVERT_SETTING_LISTEN
                                                            : CULVERT_SETTING_REMOTEADDR),
             folded)
         || culvert_window_contains (
             culvert_profile_get_string (profile, is_server ? CULVERT_SETTING_TARGET
                                                            : CULVERT_SETTING_LOCALADDR),
             folded);
}

static void
culvert_window_search_changed_cb (GtkSearchEntry *entry, CulvertWindow *self)
{
  gtk_filter_changed (gtk_filter_list_model_get_filter (self->shown), GTK_FILTER_CHANGE_DIFFERENT);
}

/* Enter opens the first that was found. */
static void
culvert_window_search_activate_cb (GtkSearchEntry *entry, CulvertWindow *self)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_index (self->list, 0);

  if (row == NULL)
    return;
  gtk_list_box_select_row (self->list, row);
  gtk_widget_grab_focus (GTK_WIDGET (row));
}

/* -- dropping ------------------------------------------------------------------------------- */

static gboolean
culvert_window_drop_cb (GtkDropTarget *target,
                        const GValue *value,
                        double x,
                        double y,
                        CulvertWindow *self)
{
  g_autoptr (GListStore) files = NULL;

  if (G_VALUE_HOLDS_STRING (value))
    {
      culvert_window_import (self, g_value_get_string (value), NULL);
      return TRUE;
    }
  files = g_list_store_new (G_TYPE_FILE);
  for (GSList *file = g_value_get_boxed (value); file != NULL; file = file->next)
    g_list_store_append (files, file->data);
  culvert_window_import (self, NULL, G_LIST_MODEL (files));
  return TRUE;
}

static GdkDragAction
culvert_window_row_motion_cb (GtkDropTarget *target, double x, double y, CulvertWindow *self)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_y (self->list, (int) y);

  if (row == NULL)
    {
      gtk_list_box_drag_unhighlight_row (self->list);
      return 0;
    }
  gtk_list_box_drag_highlight_row (self->list, row);
  return GDK_ACTION_MOVE;
}

static void
culvert_window_row_leave_cb (GtkDropTarget *target, CulvertWindow *self)
{
  gtk_list_box_drag_unhighlight_row (self->list);
}

static gboolean
culvert_window_row_drop_cb (GtkDropTarget *target,
                            const GValue *value,
                            double x,
                            double y,
                            CulvertWindow *self)
{
  CulvertHubItem *item = g_value_get_object (value);
  GtkListBoxRow *row = gtk_list_box_get_row_at_y (self->list, (int) y);
  CulvertProfile *before;

  gtk_list_box_drag_unhighlight_row (self->list);
  if (item == NULL || row == NULL)
    return FALSE;
  before = culvert_hub_item_get_profile (culvert_tunnel_row_get_item (CULVERT_TUNNEL_ROW (row)));
  culvert_profile_store_move (culvert_hub_get_store (self->hub),
                              culvert_hub_item_get_profile (item),
                              culvert_profile_get_order (before));
  return TRUE;
}

/* -- messages --------------------------------------------------------------------------------- */

void
culvert_window_tell (CulvertWindow *window, const char *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_toast_overlay_add_toast (window->toasts, adw_toast_new (markup));
}

static void
culvert_window_message_cb (CulvertHub *hub, const char *text, const char *uuid, CulvertWindow *self)
{
  culvert_window_tell (self, text);
}

/* -- life ------------------------------------------------------------------------------------ */

/* For tests/bench/first-frame, which knows when the process began. */
static void
culvert_window_first_frame_cb (GdkFrameClock *clock, CulvertWindow *self)
{
  g_signal_handlers_disconnect_by_func (clock, culvert_window_first_frame_cb, self);
  g_debug ("first frame at %" G_GINT64_FORMAT " us", g_get_monotonic_time ());
}

static void
culvert_window_realize (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (culvert_window_parent_class)->realize (widget);
  g_signal_connect_object (gtk_widget_get_frame_clock (widget), "after-paint",
                           G_CALLBACK (culvert_window_first_frame_cb), widget, 0);
}

static void
culvert_window_map (GtkWidget *widget)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  GTK_WIDGET_CLASS (culvert_window_parent_class)->map (widget);
  culvert_sampler_hold (culvert_hub_get_sampler (self->hub), CULVERT_SAMPLER_IN_SIGHT);
}

static void
culvert_window_unmap (GtkWidget *widget)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  culvert_sampler_release (culvert_hub_get_sampler (self->hub), CULVERT_SAMPLER_IN_SIGHT);
  GTK_WIDGET_CLASS (culvert_window_parent_class)->unmap (widget);
}

static void
culvert_window_save_size (CulvertWindow *self)
{
  int width, height;

  if (self->settings == NULL)
    return;
  g_settings_set_boolean (self->settings, CULVERT_SETTINGS_IS_MAXIMIZED,
                          gtk_window_is_maximized (GTK_WINDOW (self)));
  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  g_settings_set_int (self->settings, CULVERT_SETTINGS_WINDOW_WIDTH, MAX (width, 340));
  g_settings_set_int (self->settings, CULVERT_SETTINGS_WINDOW_HEIGHT, MAX (height, 400));
}

static gboolean
culvert_window_close_request (GtkWindow *window)
{
  CulvertWindow *self = CULVERT_WINDOW (window);

  culvert_window_save_size (self);
  return GTK_WINDOW_CLASS (culvert_window_parent_class)->close_request (window);
}

static void
culvert_window_restore (CulvertWindow *self)
{
  g_autofree char *uuid = NULL;
  GtkListBoxRow *first;

  if (self->settings == NULL)
    return;
  gtk_window_set_default_size (
      GTK_WINDOW (self), g_settings_get_int (self->settings, CULVERT_SETTINGS_WINDOW_WIDTH),
      g_settings_get_int (self->settings, CULVERT_SETTINGS_WINDOW_HEIGHT));
  if (g_settings_get_boolean (self->settings, CULVERT_SETTINGS_IS_MAXIMIZED))
    gtk_window_maximize (GTK_WINDOW (self));
  uuid = g_settings_get_string (self->settings, CULVERT_SETTINGS_LAST_PROFILE);
  first = GTK_LIST_BOX_ROW (culvert_window_find_row (self, uuid));
  if (first != NULL)
    gtk_list_box_select_row (self->list, first);
}

static void
culvert_window_dispose (GObject *object)
{
  CulvertWindow *self = CULVERT_WINDOW (object);

  g_clear_object (&self->shown);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_WINDOW);
  G_OBJECT_CLASS (culvert_window_parent_class)->dispose (object);
}

static void
culvert_window_finalize (GObject *object)
{
  CulvertWindow *self = CULVERT_WINDOW (object);

  g_clear_object (&self->hub);
  g_clear_object (&self->settings);
  g_free (self->selected);
  G_OBJECT_CLASS (culvert_window_parent_class)->finalize (object);
}

static void
culvert_window_bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/culvert/Culvert/ui/culvert-window.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, main_stack);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, welcome_page);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, leaflet);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, search_button);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, search_entry);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, list);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, drop_target);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, row_target);
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, tunnel_page);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_drop_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_row_drop_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_row_leave_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_row_motion_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_row_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_search_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_window_search_changed_cb);
}

static void
culvert_window_class_init (CulvertWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = culvert_window_dispose;
  object_class->finalize = culvert_window_finalize;
  widget_class->realize = culvert_window_realize;
  widget_class->map = culvert_window_map;
  widget_class->unmap = culvert_window_unmap;
  GTK_WINDOW_CLASS (klass)->close_request = culvert_window_close_request;
  g_type_ensure (CULVERT_TYPE_TUNNEL_PAGE);
  g_type_ensure (CULVERT_TYPE_TUNNEL_ROW);
  g_type_ensure (CULVERT_TYPE_WELCOME_PAGE);
  culvert_window_bind_template (widget_class);
  culvert_window_class_add_actions (widget_class);
}

static void
culvert_window_init (CulvertWindow *self)
{
  GType accepted[] = { GDK_TYPE_FILE_LIST, G_TYPE_STRING };
  GType moved[] = { CULVERT_TYPE_HUB_ITEM };

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_drop_target_set_gtypes (self->drop_target, accepted, G_N_ELEMENTS (accepted));
  gtk_drop_target_set_gtypes (self->row_target, moved, G_N_ELEMENTS (moved));
  culvert_names_mend (GTK_WIDGET (self));
}

static GtkWidget *
culvert_window_create_row_cb (gpointer item, gpointer user_data)
{
  return culvert_tunnel_row_new (item);
}

CulvertWindow *
culvert_window_new (GtkApplication *application, CulvertHub *hub)
{
  CulvertWindow *self = g_object_new (CULVERT_TYPE_WINDOW, "application", application, NULL);

  self->hub = g_object_ref (hub);
  self->settings = culvert_settings_new ();
  gtk_widget_insert_action_group (GTK_WIDGET (self), "hub", culvert_hub_get_actions (hub));
  g_object_set (self->tunnel_page, "hub", hub, NULL);
  self->shown = gtk_filter_list_model_new (
      g_object_ref (G_LIST_MODEL (hub)),
      GTK_FILTER (gtk_custom_filter_new (culvert_window_filter_cb, self, NULL)));
  gtk_list_box_bind_model (self->list, G_LIST_MODEL (self->shown), culvert_window_create_row_cb,
                           NULL, NULL);
  g_signal_connect_object (self->shown, "items-changed",
                           G_CALLBACK (culvert_window_items_changed_cb), self, 0);
  g_signal_connect_object (hub, "message", G_CALLBACK (culvert_window_message_cb), self, 0);
  culvert_window_restore (self);
  culvert_window_items_changed_cb (G_LIST_MODEL (self->shown), 0, 0, 0, self);
  return self;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Ways into the window: every action by key, menu or button; things dropped and pasted. */

#include "config.h"

#include "culvert-import-dialog.h"
#include "culvert-settings.h"
#include "culvert-tunnel-row.h"
#include "culvert-window.h"
#include "ui-test-pair.h"

#include <string.h>

#define LINK_JSON "{\"remoteaddr\":\"vps.example:4000\",\"key\":\"k\"}"

typedef struct
{
  UiTestPair pair;
  GtkWindow *window;
} Fixture;

static void
set_up (Fixture *fix, gconstpointer data)
{
  g_autoptr (GSettings) settings = culvert_settings_new ();

  /* No keyring that asks for a password. */
  g_settings_set_string (settings, CULVERT_SETTINGS_KEY_STORE, "file");
  ui_test_pair_init (&fix->pair);
  ui_test_pair_connect (&fix->pair);
  ui_test_pair_open_stream (&fix->pair);
  ui_test_wait_phase (fix->pair.client, CULVERT_PHASE_UP);
  fix->window =
      GTK_WINDOW (culvert_window_new (GTK_APPLICATION (ui_test_get_host ()), fix->pair.hub));
  gtk_window_set_default_size (fix->window, 960, 640);
  gtk_window_present (fix->window);
  app_test_wait (gtk_widget_get_mapped (GTK_WIDGET (fix->window)));
  ui_test_wait_drawn (fix->window);
}

static void
tear_down (Fixture *fix, gconstpointer data)
{
  gtk_window_destroy (fix->window);
  ui_test_pair_clear (&fix->pair);
}

static GtkWidget *
find_window (GType type)
{
  GListModel *all = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (all, i);

      if (g_type_is_a (G_OBJECT_TYPE (window), type))
        return window;
    }
  return NULL;
}

/* (transfer full) */
static gpointer
find_controller (GtkWidget *widget, GType type)
{
  g_autoptr (GListModel) all = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (all, i);

      if (g_type_is_a (G_OBJECT_TYPE (controller), type))
        return g_steal_pointer (&controller);
    }
  g_assert_not_reached ();
}

/* -- actions ---------------------------------------------------------------------------------- */

static void
note_key (GtkShortcutController *keys, GHashTable *found)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (keys)); i++)
    {
      g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (keys), i);
      GtkShortcutAction *action = gtk_shortcut_get_action (shortcut);

      g_hash_table_add (found,
                        gtk_shortcut_trigger_to_string (gtk_shortcut_get_trigger (shortcut)));
      if (GTK_IS_NAMED_ACTION (action))
        g_hash_table_add (found, g_strdup (gtk_named_action_get_action_name (
                                     GTK_NAMED_ACTION (action))));
    }
}

/* An item without a mnemonic is no way. */
static void
note_menu (GMenuModel *menu, GHashTable *found)
{
  for (int i = 0; i < g_menu_model_get_n_items (menu); i++)
    {
      g_autofree char *action = NULL;
      g_autofree char *label = NULL;
      g_autoptr (GMenuLinkIter) links = g_menu_model_iterate_item_links (menu, i);
      GMenuModel *link;

      (void) g_menu_model_get_item_attribute (menu, i, "label", "s", &label);
      if (g_menu_model_get_item_attribute (menu, i, "action", "s", &action) && label != NULL
          && strchr (label, '_') != NULL)
        g_hash_table_add (found, g_steal_pointer (&action));
      while (g_menu_link_iter_get_next (links, NULL, &link))
        {
          note_menu (link, found);
          g_object_unref (link);
        }
    }
}

/* Of all widgets, on the screen or not. What is reached by the keyboard another test says. */
static void
note_ways (GtkWidget *widget, GHashTable *found)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_SHORTCUT_CONTROLLER (controller))
        note_key (GTK_SHORTCUT_CONTROLLER (controller), found);
    }
  if (GTK_IS_MENU_BUTTON (widget)
      && gtk_menu_button_get_menu_model (GTK_MENU_BUTTON (widget)) != NULL)
    note_menu (gtk_menu_button_get_menu_model (GTK_MENU_BUTTON (widget)), found);
  if (GTK_IS_ACTIONABLE (widget) && gtk_widget_get_focusable (widget)
      && gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)) != NULL)
    g_hash_table_add (found,
                      g_strdup (gtk_actionable_get_action_name (GTK_ACTIONABLE (widget))));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    note_ways (child, found);
}

/* Actions of our own classes. */
static void
note_actions (GtkWidget *widget, GHashTable *wanted)
{
  const GVariantType *type;
  const char *property;
  GType owner;
  const char *name;

  if (g_str_has_prefix (G_OBJECT_TYPE_NAME (widget), "Culvert"))
    for (guint i = 0; gtk_widget_class_query_action (GTK_WIDGET_GET_CLASS (widget), i, &owner,
                                                     &name, &type, &property);
         i++)
      if (g_str_has_prefix (g_type_name (owner), "Culvert"))
        g_hash_table_add (wanted, g_strdup (name));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    note_actions (child, wanted);
}

static void
test_actions (Fixture *fix, gconstpointer data)
{
  static const char *const pages[] = { "settings", "connections", "counters", "log", "overview" };
  /* They are for other widgets: a verdict's button, that of a message; and <Alt>Up of a row. */
  static const char *const inner[] = { "win.setting", "settings.undo", "win.move-profile", NULL };
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) missing = g_string_new (NULL);
  GHashTableIter iter;
  const char *action;

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    gtk_widget_activate_action (GTK_WIDGET (fix->window), "win.page", "s", pages[i]);
  note_ways (GTK_WIDGET (fix->window), found);
  note_actions (GTK_WIDGET (fix->window), wanted);
  g_assert_cmpuint (g_hash_table_size (wanted), >, 20);
  g_hash_table_iter_init (&iter, wanted);
  while (g_hash_table_iter_next (&iter, (gpointer *) &action, NULL))
    if (!g_hash_table_contains (found, action) && !g_strv_contains (inner, action))
      g_string_append_printf (missing, " %s", action);
  g_assert_cmpstr (missing->str, ==, "");
  g_assert_true (g_hash_table_contains (found, "<Alt>Up"));
}

/* -- the mouse -------------------------------------------------------------------------------- */

static GtkListBox *
find_list (GtkWidget *root)
{
  GtkWidget *row = ui_test_find (root, CULVERT_TYPE_TUNNEL_ROW);

  return GTK_LIST_BOX (gtk_widget_get_parent (row));
}

static const char *
name_at (GtkListBox *list, int i)
{
  GtkWidget *row = GTK_WIDGET (gtk_list_box_get_row_at_index (list, i));
  CulvertHubItem *item = culvert_tunnel_row_get_item (CULVERT_TUNNEL_ROW (row));

  return culvert_profile_get_name (culvert_hub_item_get_profile (item));
}

/* What a drag of the row carries is let go over the other. */
static void
drag (GtkListBox *list, int from, int onto)
{
  GtkWidget *row = GTK_WIDGET (gtk_list_box_get_row_at_index (list, from));
  GtkWidget *other = GTK_WIDGET (gtk_list_box_get_row_at_index (list, onto));
  g_autoptr (GtkEventController) source = find_controller (row, GTK_TYPE_DRAG_SOURCE);
  g_autoptr (GtkEventController) target = find_controller (GTK_WIDGET (list), GTK_TYPE_DROP_TARGET);
  g_autoptr (GdkContentProvider) content = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  graphene_rect_t bounds;
  double y;
  gboolean is_taken = FALSE;
  GdkDragAction action = 0;

  g_signal_emit_by_name (source, "prepare", 1.0, 1.0, &content);
  g_assert_nonnull (content);
  g_value_init (&value, CULVERT_TYPE_HUB_ITEM);
  g_assert_true (gdk_content_provider_get_value (content, &value, NULL));
  g_assert_true (gtk_widget_compute_bounds (other, GTK_WIDGET (list), &bounds));
  y = (double) (bounds.origin.y + bounds.size.height / 2);
  g_signal_emit_by_name (target, "motion", 5.0, y, &action);
  g_assert_cmpuint (action, ==, GDK_ACTION_MOVE);
  g_signal_emit_by_name (target, "drop", &value, 5.0, y, &is_taken);
  g_assert_true (is_taken);
  ui_test_wait_drawn (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (list))));
}

static void
test_drag (Fixture *fix, gconstpointer data)
{
  GtkListBox *list = find_list (GTK_WIDGET (fix->window));
  g_autofree char *first = g_strdup (name_at (list, 0));
  g_autofree char *second = g_strdup (name_at (list, 1));

  ui_test_add_client (fix->pair.hub, "Third", "127.0.0.1:1");
  ui_test_wait_drawn (fix->window);
  drag (list, 2, 0);
  g_assert_cmpstr (name_at (list, 0), ==, "Third");
  g_assert_cmpstr (name_at (list, 1), ==, first);
  drag (list, 0, 2);
  g_assert_cmpstr (name_at (list, 0), ==, first);
  g_assert_cmpstr (name_at (list, 1), ==, second);
  g_assert_cmpstr (name_at (list, 2), ==, "Third");
}

/* The dialog has read what it was given; adds it. */
static void
accept_import (Fixture *fix)
{
  guint before = g_list_model_get_n_items (G_LIST_MODEL (fix->pair.hub));
  GtkWidget *dialog, *add;

  app_test_wait ((dialog = find_window (CULVERT_TYPE_IMPORT_DIALOG)) != NULL
                 && (add = ui_test_find_text (dialog, GTK_TYPE_BUTTON, "_Add 1 Profile")) != NULL);
  ui_test_assert_named (dialog);
  ui_test_assert_reachable (GTK_WINDOW (dialog));
  g_signal_emit_by_name (add, "clicked");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fix->pair.hub)), ==, before + 1);
  app_test_wait (find_window (CULVERT_TYPE_IMPORT_DIALOG) == NULL);
}

static void
test_drop_file (Fixture *fix, gconstpointer data)
{
  char *folder = app_test_new_folder ();
  g_autofree char *path = g_build_filename (folder, "office.json", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GtkEventController) target =
      find_controller (GTK_WIDGET (fix->window), GTK_TYPE_DROP_TARGET);
  g_auto (GValue) value = G_VALUE_INIT;
  GSList files = { file, NULL };
  gboolean is_taken = FALSE;

  g_assert_true (g_file_set_contents (path, LINK_JSON, -1, NULL));
  g_value_init (&value, GDK_TYPE_FILE_LIST);
  g_value_set_boxed (&value, &files);
  g_signal_emit_by_name (target, "drop", &value, 300.0, 300.0, &is_taken);
  g_assert_true (is_taken);
  accept_import (fix);
  app_test_drop_folder (folder);
}

static void
test_drop_text (Fixture *fix, gconstpointer data)
{
  g_autoptr (GtkEventController) target =
      find_controller (GTK_WIDGET (fix->window), GTK_TYPE_DROP_TARGET);
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean is_taken = FALSE;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "./client_linux_amd64 -r vps.example:4000 -l :8388 --key k1");
  g_signal_emit_by_name (target, "drop", &value, 300.0, 300.0, &is_taken);
  g_assert_true (is_taken);
  accept_import (fix);
}

/* -- the clipboard ---------------------------------------------------------------------------- */

static void
test_paste (Fixture *fix, gconstpointer data)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (fix->window));

  gdk_clipboard_set_text (clipboard, "good morning");
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fix->window), "win.paste", NULL));
  app_test_wait (
      ui_test_find_text (GTK_WIDGET (fix->window), GTK_TYPE_LABEL,
                         "There is nothing in the clipboard that could be imported")
      != NULL);
  g_assert_null (find_window (CULVERT_TYPE_IMPORT_DIALOG));
  gdk_clipboard_set_text (clipboard, LINK_JSON);
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fix->window), "win.paste", NULL));
  accept_import (fix);
}

/* -- the verdict's way to a setting ------------------------------------------------------------ */

static void
test_setting (Fixture *fix, gconstpointer data)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (fix->pair.client);
  GtkWidget *window = GTK_WIDGET (fix->window);
  GtkWidget *focus;

  culvert_window_select (CULVERT_WINDOW (window), culvert_profile_get_uuid (profile));
  g_assert_true (gtk_widget_activate_action (window, "win.setting", "s", "key"));
  ui_test_wait_drawn (fix->window);
  focus = gtk_root_get_focus (GTK_ROOT (window));
  g_assert_nonnull (focus);
  g_assert_nonnull (gtk_widget_get_ancestor (focus, g_type_from_name ("CulvertKeyRow")));
  g_assert_true (gtk_widget_get_mapped (focus));
  /* Only experts see it otherwise. */
  g_assert_true (gtk_widget_activate_action (window, "win.setting", "s", "smuxver"));
  ui_test_wait_drawn (fix->window);
  focus = gtk_root_get_focus (GTK_ROOT (window));
  g_assert_nonnull (gtk_widget_get_ancestor (focus, g_type_from_name ("CulvertSettingRow")));
  /* What there is not is not gone to. */
  gtk_widget_activate_action (window, "win.setting", "s", "no-such-setting");
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  (void) ui_test_get_host ();
#define ADD(name, func) g_test_add ("/ui/input/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("actions", test_actions);
  ADD ("drag", test_drag);
  ADD ("drop-file", test_drop_file);
  ADD ("drop-text", test_drop_text);
  ADD ("paste", test_paste);
  ADD ("setting", test_setting);
  return g_test_run ();
}

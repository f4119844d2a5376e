/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-connections-page.h"
#include "culvert-counters-page.h"
#include "culvert-log-page.h"
#include "culvert-overview-page.h"
#include "culvert-rename-popover.h"
#include "culvert-settings-page.h"
#include "culvert-tunnel-page.h"
#include "culvert-tunnel-row.h"
#include "culvert-window.h"
#include "ui-test.h"

/* A hub, its window, and the host the window needs. */
typedef struct
{
  CulvertHub *hub;
  AdwApplication *host;
  CulvertWindow *window;
} Fixture;

static void
fixture_open (Fixture *fix, gconstpointer data)
{
  fix->hub = ui_test_new_hub ();
  fix->host = ui_test_get_host ();
}

static void
fixture_show (Fixture *fix, int width, int height)
{
  fix->window = culvert_window_new (GTK_APPLICATION (fix->host), fix->hub);
  gtk_window_set_default_size (GTK_WINDOW (fix->window), width, height);
  gtk_window_present (GTK_WINDOW (fix->window));
  app_test_wait (gtk_widget_get_mapped (GTK_WIDGET (fix->window)));
  ui_test_wait_drawn (GTK_WINDOW (fix->window));
}

static void
fixture_close (Fixture *fix, gconstpointer data)
{
  if (fix->window != NULL)
    gtk_window_destroy (GTK_WINDOW (fix->window));
  ui_test_drop_hub (fix->hub);
}

static const char *
uuid_of (CulvertHubItem *item)
{
  return culvert_profile_get_uuid (culvert_hub_item_get_profile (item));
}

/* The sidebar's, among other lists of the pages. */
static GtkWidget *
find_list (GtkWidget *root)
{
  if (GTK_IS_LIST_BOX (root) && gtk_widget_has_css_class (root, "navigation-sidebar"))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_list (child);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkListBox *
list_of (Fixture *fix)
{
  return GTK_LIST_BOX (find_list (GTK_WIDGET (fix->window)));
}

/* Names of the rows, one a line. (transfer full) */
static char *
dup_rows (Fixture *fix)
{
  GString *names = g_string_new (NULL);
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (list_of (fix), i)) != NULL; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "",
                            culvert_profile_get_name (culvert_hub_item_get_profile (
                                culvert_tunnel_row_get_item (CULVERT_TUNNEL_ROW (row)))));
  return g_string_free (names, FALSE);
}

static void
assert_rows (Fixture *fix, const char *expected)
{
  g_autofree char *rows = dup_rows (fix);

  g_assert_cmpstr (rows, ==, expected);
}

static const char *
shown_name (Fixture *fix)
{
  GtkWidget *page = ui_test_find (GTK_WIDGET (fix->window), CULVERT_TYPE_TUNNEL_PAGE);
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (page));

  return item != NULL ? culvert_profile_get_name (culvert_hub_item_get_profile (item)) : NULL;
}

static void
activate (Fixture *fix, const char *action, const char *uuid)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fix->window), action, "s", uuid));
}

/* -- tests ----------------------------------------------------------------------------------- */

static void
test_empty (Fixture *fix, gconstpointer data)
{
  fixture_show (fix, 960, 640);
  g_assert_nonnull (ui_test_find_text (GTK_WIDGET (fix->window), ADW_TYPE_STATUS_PAGE,
                                       "Welcome to Culvert"));
  ui_test_assert_named (GTK_WIDGET (fix->window));
  ui_test_assert_reachable (GTK_WINDOW (fix->window));
  ui_test_screenshot (GTK_WINDOW (fix->window), "window-empty");
  ui_test_add_client (fix->hub, "Office", "127.0.0.1:29900");
  g_assert_cmpstr (shown_name (fix), ==, "Office");
  assert_rows (fix, "Office");
}

static void
test_select (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item;

  ui_test_add_client (fix->hub, "Office", "127.0.0.1:29900");
  item = ui_test_add_client (fix->hub, "Home", "127.0.0.1:29901");
  fixture_show (fix, 960, 640);
  g_assert_cmpstr (shown_name (fix), ==, "Office");
  culvert_window_select (fix->window, uuid_of (item));
  g_assert_cmpstr (shown_name (fix), ==, "Home");
  culvert_window_select (fix->window, "nobody");
  g_assert_cmpstr (shown_name (fix), ==, "Home");
  ui_test_assert_named (GTK_WIDGET (fix->window));
  ui_test_assert_reachable (GTK_WINDOW (fix->window));
}

static void
test_delete (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item;
  g_autofree char *uuid = NULL;
  GtkWidget *undo;

  ui_test_add_client (fix->hub, "A", "127.0.0.1:29900");
  item = ui_test_add_client (fix->hub, "B", "127.0.0.1:29901");
  ui_test_add_client (fix->hub, "C", "127.0.0.1:29901");
  uuid = g_strdup (uuid_of (item));
  fixture_show (fix, 960, 640);
  culvert_window_select (fix->window, uuid);
  activate (fix, "win.delete-profile", uuid);
  assert_rows (fix, "A C");
  g_assert_cmpstr (shown_name (fix), ==, "C");
  app_test_wait ((undo = ui_test_find_text (GTK_WIDGET (fix->window), GTK_TYPE_BUTTON, "Undo"))
                 != NULL);
  g_signal_emit_by_name (undo, "clicked");
  assert_rows (fix, "A B C");
  activate (fix, "win.delete-profile", uuid);
  assert_rows (fix, "A C");
  activate (fix, "hub.restore-profile", uuid);
  assert_rows (fix, "A B C");
}

static void
test_delete_last (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "A", "127.0.0.1:29900");
  g_autofree char *uuid = g_strdup (uuid_of (item));

  fixture_show (fix, 960, 640);
  activate (fix, "win.delete-profile", uuid);
  g_assert_null (shown_name (fix));
  app_test_wait (ui_test_find_text (GTK_WIDGET (fix->window), ADW_TYPE_STATUS_PAGE,
                                    "Welcome to Culvert")
                 != NULL);
}

static void
move (Fixture *fix, const char *uuid, int delta)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fix->window), "win.move-profile", "(si)",
                                             uuid, delta));
}

/* The order is also the files'. */
static void
test_reorder (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item;
  g_autoptr (GAsyncResult) result = NULL;
  const char *folder = culvert_profile_store_get_folder (culvert_hub_get_store (fix->hub));
  CulvertHub *other;
  g_autoptr (CulvertHubItem) first = NULL;

  ui_test_add_client (fix->hub, "A", "127.0.0.1:29900");
  ui_test_add_client (fix->hub, "B", "127.0.0.1:29901");
  item = ui_test_add_client (fix->hub, "C", "127.0.0.1:29902");
  fixture_show (fix, 960, 640);
  culvert_window_select (fix->window, uuid_of (item));
  move (fix, uuid_of (item), -1);
  assert_rows (fix, "A C B");
  move (fix, uuid_of (item), -1);
  assert_rows (fix, "C A B");
  move (fix, uuid_of (item), -1);
  assert_rows (fix, "C A B");
  g_assert_cmpstr (shown_name (fix), ==, "C");
  culvert_profile_store_flush_async (culvert_hub_get_store (fix->hub), NULL, app_test_result_cb,
                                     &result);
  app_test_wait (result != NULL);
  g_clear_object (&result);
  other = culvert_hub_new (folder, 1, 0);
  culvert_hub_load_async (other, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_load_finish (other, result, NULL));
  first = g_list_model_get_item (G_LIST_MODEL (other), 0);
  g_assert_cmpstr (culvert_profile_get_name (culvert_hub_item_get_profile (first)), ==, "C");
  g_object_unref (other);
}

static void
test_duplicate (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "A", "127.0.0.1:29900");

  ui_test_add_client (fix->hub, "B", "127.0.0.1:29901");
  fixture_show (fix, 960, 640);
  activate (fix, "win.duplicate-profile", uuid_of (item));
  g_assert_cmpstr (shown_name (fix), ==, "A 2");
}

static void
test_search (Fixture *fix, gconstpointer data)
{
  GtkWidget *entry;

  ui_test_add_client (fix->hub, "Office", "10.0.0.1:29900");
  ui_test_add_client (fix->hub, "Heim", "10.0.0.2:29901");
  fixture_show (fix, 960, 640);
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fix->window), "win.search", NULL));
  entry = ui_test_find (GTK_WIDGET (fix->window), GTK_TYPE_SEARCH_ENTRY);
  gtk_editable_set_text (GTK_EDITABLE (entry), "hEI");
  g_signal_emit_by_name (entry, "search-changed");
  assert_rows (fix, "Heim");
  g_assert_cmpstr (shown_name (fix), ==, "Office");
  gtk_editable_set_text (GTK_EDITABLE (entry), "10.0.0.1");
  g_signal_emit_by_name (entry, "search-changed");
  assert_rows (fix, "Office");
  gtk_editable_set_text (GTK_EDITABLE (entry), "nothing");
  g_signal_emit_by_name (entry, "search-changed");
  assert_rows (fix, "");
  g_assert_nonnull (ui_test_find_text (GTK_WIDGET (fix->window), ADW_TYPE_STATUS_PAGE,
                                       "No Profile Found"));
  ui_test_screenshot (GTK_WINDOW (fix->window), "window-search");
  gtk_editable_set_text (GTK_EDITABLE (entry), "");
  g_signal_emit_by_name (entry, "search-changed");
  assert_rows (fix, "Office Heim");
}

static void
test_switch (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "127.0.0.1:9");
  GtkWidget *toggle;

  fixture_show (fix, 960, 640);
  toggle = ui_test_find (GTK_WIDGET (list_of (fix)), GTK_TYPE_SWITCH);
  g_assert_false (gtk_switch_get_active (GTK_SWITCH (toggle)));
  gtk_widget_activate (toggle);
  app_test_wait (culvert_hub_item_is_wanted (item));
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_WAITING);
  g_assert_true (gtk_switch_get_active (GTK_SWITCH (toggle)));
  culvert_hub_disconnect (fix->hub, item);
  app_test_wait (!gtk_switch_get_active (GTK_SWITCH (toggle)));
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_OFF);
}

/* The window may go while a tunnel runs. */
static void
test_close (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "127.0.0.1:9");

  fixture_show (fix, 960, 640);
  culvert_hub_connect (fix->hub, item);
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_WAITING);
  gtk_window_close (GTK_WINDOW (fix->window));
  app_test_wait (gtk_application_get_windows (GTK_APPLICATION (fix->host)) == NULL);
  fix->window = NULL;
  g_assert_cmpuint (culvert_sampler_get_interval_ms (culvert_hub_get_sampler (fix->hub)), ==, 0);
  g_assert_true (culvert_hub_item_is_wanted (item));
  g_assert_cmpint (culvert_hub_item_get_phase (item), ==, CULVERT_PHASE_WAITING);
}

static void
test_rename (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "127.0.0.1:9");
  GtkWidget *popover, *entry, *button;

  fixture_show (fix, 960, 640);
  activate (fix, "win.rename-profile", uuid_of (item));
  popover = ui_test_find (GTK_WIDGET (list_of (fix)), CULVERT_TYPE_RENAME_POPOVER);
  g_assert_nonnull (popover);
  app_test_wait (gtk_widget_get_mapped (popover));
  ui_test_assert_named (popover);
  entry = ui_test_find (popover, GTK_TYPE_ENTRY);
  button = gtk_widget_get_next_sibling (entry);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "Office");
  gtk_editable_set_text (GTK_EDITABLE (entry), "  ");
  g_assert_false (gtk_widget_get_sensitive (button));
  gtk_editable_set_text (GTK_EDITABLE (entry), " Home ");
  g_signal_emit_by_name (button, "clicked");
  assert_rows (fix, "Home");
  app_test_wait (ui_test_find (GTK_WIDGET (list_of (fix)), CULVERT_TYPE_RENAME_POPOVER) == NULL);
}

/* A narrow window shows one side at a time; the keyboard alone goes there and back. */
static void
test_fold (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "127.0.0.1:9");
  GtkWidget *leaflet, *row, *bar;

  fixture_show (fix, 360, 640);
  leaflet = ui_test_find (GTK_WIDGET (fix->window), ADW_TYPE_LEAFLET);
  app_test_wait (adw_leaflet_get_folded (ADW_LEAFLET (leaflet)));
  g_assert_cmpstr (adw_leaflet_get_visible_child_name (ADW_LEAFLET (leaflet)), ==, "sidebar");
  row = GTK_WIDGET (gtk_list_box_get_row_at_index (list_of (fix), 0));
  g_assert_true (gtk_widget_grab_focus (row));
  g_signal_emit_by_name (list_of (fix), "activate-cursor-row");
  g_assert_cmpstr (adw_leaflet_get_visible_child_name (ADW_LEAFLET (leaflet)), ==, "content");
  bar = ui_test_find (GTK_WIDGET (fix->window), ADW_TYPE_VIEW_SWITCHER_BAR);
  app_test_wait (adw_view_switcher_bar_get_reveal (ADW_VIEW_SWITCHER_BAR (bar)));
  app_test_wait (gtk_widget_get_height (bar) > 0);
  ui_test_screenshot (GTK_WINDOW (fix->window), "window-narrow-page");
  ui_test_assert_named (GTK_WIDGET (fix->window));
  ui_test_assert_reachable (GTK_WINDOW (fix->window));
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fix->window), "win.back", NULL));
  g_assert_cmpstr (adw_leaflet_get_visible_child_name (ADW_LEAFLET (leaflet)), ==, "sidebar");
  culvert_window_select (fix->window, uuid_of (item));
  g_assert_cmpstr (adw_leaflet_get_visible_child_name (ADW_LEAFLET (leaflet)), ==, "content");
}

/* What the hub has to tell is a toast; text of others is no markup. */
static void
test_message (Fixture *fix, gconstpointer data)
{
  ui_test_add_client (fix->hub, "Office", "127.0.0.1:9");
  fixture_show (fix, 960, 640);
  g_signal_emit_by_name (fix->hub, "message", "<Office> & home", NULL);
  app_test_wait (ui_test_find_text (GTK_WIDGET (fix->window), GTK_TYPE_LABEL,
                                    "&lt;Office&gt; &amp; home")
                 != NULL);
}

/* Every page can be shown, and is made only then. */
static void
test_pages (Fixture *fix, gconstpointer data)
{
  static const struct
  {
    const char *name;
    GType (*get_type) (void);
  } pages[] = {
    { "settings", culvert_settings_page_get_type },
    { "connections", culvert_connections_page_get_type },
    { "counters", culvert_counters_page_get_type },
    { "log", culvert_log_page_get_type },
    { "overview", culvert_overview_page_get_type },
  };

  ui_test_add_client (fix->hub, "Office", "127.0.0.1:9");
  fixture_show (fix, 960, 640);
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      GtkWidget *window = GTK_WIDGET (fix->window);

      if (i < G_N_ELEMENTS (pages) - 1)
        g_assert_null (ui_test_find (window, pages[i].get_type ()));
      g_assert_true (gtk_widget_activate_action (window, "win.page", "s", pages[i].name));
      g_assert_true (gtk_widget_get_mapped (ui_test_find (window, pages[i].get_type ())));
      ui_test_wait_drawn (GTK_WINDOW (window));
      ui_test_assert_named (window);
      ui_test_assert_reachable (GTK_WINDOW (window));
    }
}

/* Many, with long names, in all widths and both directions of writing. */
static void
test_shapes (Fixture *fix, gconstpointer data)
{
  static const struct
  {
    int width;
    int height;
    const char *name;
    gboolean is_rtl;
  } shapes[] = {
    { 1200, 800, "window-wide", FALSE },
    { 960, 640, "window", FALSE },
    { 360, 640, "window-narrow", FALSE },
    { 960, 640, "window-rtl", TRUE },
  };
  CulvertHubItem *item;

  ui_test_add_client (fix->hub, "Office", "vpn.example.com:29900");
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name =
          g_strdup_printf ("Backup line of the branch office in Northern Castle Number %u", i);

      item = ui_test_add_client (fix->hub, i == 1 ? "Low <power> & more" : name,
                                 "192.0.2.1:29900");
      if (i == 3)
        culvert_hub_connect (fix->hub, item);
    }
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      gtk_widget_set_default_direction (shapes[i].is_rtl ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
      fixture_show (fix, shapes[i].width, shapes[i].height);
      g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (fix->window)), <=, shapes[i].width);
      ui_test_screenshot (GTK_WINDOW (fix->window), shapes[i].name);
      gtk_window_destroy (GTK_WINDOW (fix->window));
    }
  fix->window = NULL;
  gtk_widget_set_default_direction (GTK_TEXT_DIR_LTR);
}

#define ADD(name, func) \
  g_test_add ("/ui/window/" name, Fixture, NULL, fixture_open, func, fixture_close)

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  ADD ("empty", test_empty);
  ADD ("select", test_select);
  ADD ("delete", test_delete);
  ADD ("delete-last", test_delete_last);
  ADD ("reorder", test_reorder);
  ADD ("duplicate", test_duplicate);
  ADD ("search", test_search);
  ADD ("switch", test_switch);
  ADD ("close", test_close);
  ADD ("rename", test_rename);
  ADD ("fold", test_fold);
  ADD ("message", test_message);
  ADD ("pages", test_pages);
  ADD ("shapes", test_shapes);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The tables of sessions and streams. */

#include "config.h"

#include "culvert-connections-page.h"
#include "culvert-flow-poller.h"
#include "culvert-flow-view.h"
#include "ui-test-pair.h"

#include <math.h>

/* What the sidebar leaves of a window of 960 pixels. */
#define PAGE_WIDTH 660

/* -- store ---------------------------------------------------------------------------------- */

static GPtrArray *
new_streams (guint n, guint32 first_id, gint64 age_us, guint64 bytes_in)
{
  GPtrArray *streams = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < n; i++)
    {
      CulvertStreamInfo *info = g_new0 (CulvertStreamInfo, 1);

      info->session = 1;
      info->id = first_id + 2 * i;
      info->address = (char *) "127.0.0.1:50000";
      info->age_us = age_us;
      info->bytes_in = bytes_in * (i + 1);
      info->bytes_out = 10;
      g_ptr_array_add (streams, info);
    }
  return streams;
}

static void
test_store (void)
{
  g_autoptr (CulvertFlowStore) store = culvert_flow_store_new ();
  CulvertSessionInfo session = { .id = 1, .peer = (char *) "10.0.0.1:29900" };
  g_autoptr (GPtrArray) sessions = g_ptr_array_new ();
  g_autoptr (GPtrArray) first = new_streams (3, 1, G_USEC_PER_SEC, 1000);
  g_autoptr (GPtrArray) second = new_streams (3, 3, 3 * G_USEC_PER_SEC, 5000);
  g_autoptr (CulvertFlow) kept = NULL;
  g_autoptr (CulvertFlow) row = NULL;

  g_ptr_array_add (sessions, &session);
  culvert_flow_store_set_streams (store, first, sessions);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (store)), ==, 3);
  kept = g_list_model_get_item (G_LIST_MODEL (store), 1);
  g_assert_cmpuint (kept->id, ==, 3);
  g_assert_cmpstr (kept->peer, ==, "10.0.0.1:29900");
  g_assert_true (isnan (kept->rate_in));
  /* The first has ended, one has begun; the others are the rows they were. */
  culvert_flow_store_set_streams (store, second, sessions);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (store)), ==, 3);
  row = g_list_model_get_item (G_LIST_MODEL (store), 0);
  g_assert_true (row == kept);
  g_assert_cmpfloat (row->rate_in, ==, (5000 - 2000) / 2.0);
  g_assert_cmpfloat (row->rate_out, ==, 0);
  culvert_flow_store_clear (store);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (store)), ==, 0);
}

/* Thousands of rows come, stay, are sorted and selected. */
static void
test_many (void)
{
  g_autoptr (CulvertFlowStore) store = culvert_flow_store_new ();
  g_autoptr (GPtrArray) sessions = g_ptr_array_new ();
  g_autoptr (GPtrArray) first = new_streams (4000, 1, G_USEC_PER_SEC, 1);
  g_autoptr (GPtrArray) second = new_streams (4000, 201, 2 * G_USEC_PER_SEC, 3);
  CulvertFlowView *view = g_object_new (CULVERT_TYPE_FLOW_VIEW, NULL);
  GtkColumnView *table = culvert_flow_view_get_table (view);
  GListModel *columns = gtk_column_view_get_columns (table);
  g_autoptr (GtkColumnViewColumn) column = NULL;
  GtkSelectionModel *selection;
  GtkWindow *window;
  CulvertFlow *row;
  guint32 id;

  culvert_flow_view_set_store (view, CULVERT_FLOW_STREAMS, store);
  window = ui_test_show (GTK_WIDGET (view), 800, 400);
  culvert_flow_store_set_streams (store, first, sessions);
  column = g_list_model_get_item (columns, g_list_model_get_n_items (columns) - 2);
  g_assert_cmpstr (gtk_column_view_column_get_title (column), ==, "Received");
  gtk_column_view_sort_by_column (table, column, GTK_SORT_DESCENDING);
  selection = gtk_column_view_get_model (table);
  gtk_single_selection_set_selected (GTK_SINGLE_SELECTION (selection), 7);
  row = gtk_single_selection_get_selected_item (GTK_SINGLE_SELECTION (selection));
  id = row->id;
  culvert_flow_store_set_streams (store, second, sessions);
  ui_test_wait_drawn (window);
  row = gtk_single_selection_get_selected_item (GTK_SINGLE_SELECTION (selection));
  g_assert_nonnull (row);
  g_assert_cmpuint (row->id, ==, id);
  {
    g_autoptr (CulvertFlow) top = g_list_model_get_item (G_LIST_MODEL (selection), 0);
    g_autofree char *selected = culvert_flow_view_dup_selected (view);

    g_assert_cmpuint (top->bytes_in, ==, 12000);
    g_assert_cmpstr (selected, ==, "127.0.0.1:50000");
  }
  gtk_window_destroy (window);
}

/* -- page ------------------------------------------------------------------------------------ */

static void
set_up (UiTestPair *pair, gconstpointer data)
{
  ui_test_pair_init (pair);
}

static void
tear_down (UiTestPair *pair, gconstpointer data)
{
  ui_test_pair_clear (pair);
}

static guint
n_rows (CulvertFlowView *view)
{
  GtkSelectionModel *model = gtk_column_view_get_model (culvert_flow_view_get_table (view));

  return g_list_model_get_n_items (G_LIST_MODEL (model));
}

static CulvertFlowView *
find_streams (GtkWindow *window)
{
  GtkWidget *paned = ui_test_find (GTK_WIDGET (window), GTK_TYPE_PANED);

  return CULVERT_FLOW_VIEW (
      ui_test_find (gtk_paned_get_end_child (GTK_PANED (paned)), CULVERT_TYPE_FLOW_VIEW));
}

/* All columns are seen without scrolling. */
static void
assert_fits (CulvertFlowView *view)
{
  GtkWidget *scrolled = ui_test_find (GTK_WIDGET (view), GTK_TYPE_SCROLLED_WINDOW);
  GtkAdjustment *across = gtk_scrolled_window_get_hadjustment (GTK_SCROLLED_WINDOW (scrolled));

  g_assert_cmpfloat (gtk_adjustment_get_upper (across), <=,
                     gtk_adjustment_get_page_size (across));
}

static void
test_page (UiTestPair *pair, gconstpointer data)
{
  GtkWindow *window = ui_test_show_page (pair->hub, CULVERT_TYPE_CONNECTIONS_PAGE, pair->client,
                                         PAGE_WIDTH, 560);
  CulvertFlowView *streams = find_streams (window);
  g_autofree char *text = NULL;

  g_assert_nonnull (ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_LABEL, "Not Connected"));
  ui_test_screenshot (window, "connections-empty");
  ui_test_pair_connect (pair);
  for (guint i = 0; i < 24; i++)
    ui_test_pair_open_stream (pair);
  app_test_wait (n_rows (streams) == 24);
  app_test_wait (
      ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_LABEL, "24 Connections") != NULL);
  g_assert_nonnull (ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_LABEL, "1 Session"));
  ui_test_assert_named (GTK_WIDGET (window));
  ui_test_assert_reachable (window);
  text = culvert_flow_view_dup_text (streams);
  g_assert_true (g_str_has_prefix (text, "Local Program\tAge\t"));
  g_assert_nonnull (strstr (text, "5 bytes"));
  app_test_wait (ui_test_find_text (GTK_WIDGET (streams), GTK_TYPE_LABEL, "0:02") != NULL);
  ui_test_screenshot (window, "connections-many");
  assert_fits (CULVERT_FLOW_VIEW (ui_test_find (GTK_WIDGET (window), CULVERT_TYPE_FLOW_VIEW)));
  assert_fits (streams);
  g_ptr_array_set_size (pair->connections, 0);
  app_test_wait (n_rows (streams) == 0);
  gtk_window_destroy (window);
}

/* Nothing is asked while nobody looks. */
static void
test_poller (UiTestPair *pair, gconstpointer data)
{
  g_autoptr (CulvertFlowPoller) poller = culvert_flow_poller_new (FALSE);
  CulvertTunnel *tunnel = culvert_hub_item_get_tunnel (pair->server);
  GListModel *sessions = G_LIST_MODEL (culvert_flow_poller_get_sessions (poller));
  guint n_asked;
  gint64 end;

  culvert_flow_poller_set_tunnel (poller, tunnel);
  g_assert_cmpuint (culvert_flow_poller_get_n_asked (poller), ==, 0);
  culvert_flow_poller_set_active (poller, TRUE);
  g_assert_cmpuint (culvert_flow_poller_get_n_asked (poller), ==, 1);
  ui_test_pair_connect (pair);
  ui_test_pair_open_stream (pair);
  app_test_wait (g_list_model_get_n_items (sessions) == 1);
  culvert_flow_poller_set_active (poller, FALSE);
  n_asked = culvert_flow_poller_get_n_asked (poller);
  end = g_get_monotonic_time () + 3 * G_USEC_PER_SEC / 2;
  app_test_wait (g_get_monotonic_time () > end);
  g_assert_cmpuint (culvert_flow_poller_get_n_asked (poller), ==, n_asked);
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  (void) ui_test_get_host ();
  g_test_add_func ("/ui/flows/store", test_store);
  g_test_add_func ("/ui/flows/many", test_many);
  g_test_add ("/ui/flows/poller", UiTestPair, NULL, set_up, test_poller, tear_down);
  g_test_add ("/ui/connections/page", UiTestPair, NULL, set_up, test_page, tear_down);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-counter-text.h"
#include "culvert-counters-page.h"
#include "ui-test.h"

#include <string.h>

static void
test_counters_meaning (void)
{
  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    {
      g_test_message ("%s", culvert_stats_field_name (i));
      g_assert_nonnull (culvert_counter_text_get_meaning (i));
    }
}

static void
test_counters_text (void)
{
  CulvertStats base = { .time_us = 1 };
  CulvertStats now = { .time_us = 2 };
  int sent = culvert_stats_field_find ("OutPkts");
  int streams = culvert_stats_field_find ("Streams");
  g_autofree char *csv = NULL;
  g_autofree char *plain = NULL;
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) values = NULL;

  base.values[sent] = 100;
  base.values[streams] = 5;
  now.values[sent] = 142;
  now.values[streams] = 3;
  csv = culvert_counter_text_dup_csv (&base, &now, 1700000000);
  lines = g_strsplit (csv, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_true (g_str_has_prefix (
      lines[0], "Unix,BytesSent,BytesReceived,MaxConn,ActiveOpens,PassiveOpens,CurrEstab,InErrs,"
                "InCsumErrors,KCPInErrors,InPkts,OutPkts,InSegs,OutSegs,InBytes,OutBytes,"
                "RetransSegs,FastRetransSegs,EarlyRetransSegs,LostSegs,RepeatSegs,FECFullShards,"
                "FECParityShards,FECErrs,FECRecovered,FECShardSet,FECShardMin,RingBufferSndQueue,"
                "RingBufferRcvQueue,RingBufferSndBuffer,OOBPackets,"));
  values = g_strsplit (lines[1], ",", -1);
  g_assert_cmpuint (g_strv_length (values), ==, culvert_stats_n_fields () + 1);
  g_assert_cmpstr (values[0], ==, "1700000000");
  g_assert_cmpstr (values[sent + 1], ==, "42");
  /* A momentary value has no beginning. */
  g_assert_cmpstr (values[streams + 1], ==, "3");
  plain = culvert_counter_text_dup_plain (NULL, &now);
  g_assert_nonnull (strstr (plain, "\nOutPkts 142\n"));
}

static GtkWidget *
find_name (GtkWidget *root, const char *name)
{
  GtkWidget *label = ui_test_find_text (root, GTK_TYPE_LABEL, name);

  return label != NULL ? gtk_widget_get_ancestor (label, GTK_TYPE_LIST_BOX_ROW) : NULL;
}

static const char *
get_value (CulvertCountersPage *page, const char *name)
{
  GtkWidget *line = gtk_widget_get_first_child (find_name (GTK_WIDGET (page), name));

  return gtk_label_get_text (
      GTK_LABEL (gtk_widget_get_first_child (gtk_widget_get_last_child (line))));
}

static guint64 get_counter (CulvertHubItem *item, const char *name);

/* By itself, and from now on without touching the counter. */
static void
assert_counts (CulvertCountersPage *page, CulvertHubItem *item)
{
  GtkWidget *since =
      ui_test_find_text (GTK_WIDGET (page), GTK_TYPE_TOGGLE_BUTTON, "Count From Now");
  guint64 before = get_counter (item, "OutPkts");

  g_assert_cmpuint (g_ascii_strtoull (get_value (page, "OutPkts"), NULL, 10), >, 1);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (since), TRUE);
  g_assert_cmpuint (g_ascii_strtoull (get_value (page, "OutPkts"), NULL, 10), <, 2);
  /* The tunnel asks again and again. */
  app_test_wait (g_ascii_strtoull (get_value (page, "OutPkts"), NULL, 10) > 0);
  g_assert_cmpuint (get_counter (item, "OutPkts"), >, before);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (since), FALSE);
  g_assert_cmpuint (g_ascii_strtoull (get_value (page, "OutPkts"), NULL, 10), >, 1);
}

/* A connection through the tunnel, to a server that is not there. */
static GSocketConnection *
knock (CulvertHubItem *item)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  const char *const *local =
      culvert_tunnel_get_local_endpoints (culvert_hub_item_get_tunnel (item));
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection =
      g_socket_client_connect_to_host (client, local[0], 0, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static guint64
get_counter (CulvertHubItem *item, const char *name)
{
  CulvertStats stats;

  culvert_hub_item_sample (item, &stats);
  return culvert_stats_lookup (&stats, name);
}

static void
test_counters_page (void)
{
  g_autoptr (GSocketConnection) connection = NULL;
  static const int widths[] = { 820, 360 };
  CulvertHub *hub = ui_test_new_hub ();
  CulvertHubItem *item = ui_test_add_client (hub, "Office", "127.0.0.1:9");
  GdkClipboard *clipboard;

  culvert_hub_connect (hub, item);
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_WAITING);
  connection = knock (item);
  app_test_wait (get_counter (item, "OutPkts") > 1);
  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      CulvertCountersPage *page = g_object_new (CULVERT_TYPE_COUNTERS_PAGE, "hub", hub, NULL);
      GtkWindow *window;
      GtkWidget *search;

      culvert_page_set_item (CULVERT_PAGE (page), item);
      window = ui_test_show (GTK_WIDGET (page), widths[i], 800);
      for (guint k = 0; k < culvert_stats_n_fields (); k++)
        g_assert_nonnull (find_name (GTK_WIDGET (page), culvert_stats_field_name (k)));
      ui_test_assert_named (GTK_WIDGET (page));
      assert_counts (page, item);
      ui_test_screenshot (window, i == 0 ? "counters-wide" : "counters-narrow");
      g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (page)), <=, widths[i]);
      search = ui_test_find (GTK_WIDGET (page), GTK_TYPE_SEARCH_ENTRY);
      gtk_editable_set_text (GTK_EDITABLE (search), "parity");
      app_test_wait (!gtk_widget_get_child_visible (find_name (GTK_WIDGET (page), "OutPkts")
                                                    ?: GTK_WIDGET (search))
                     || find_name (GTK_WIDGET (page), "OutPkts") == NULL);
      g_assert_nonnull (find_name (GTK_WIDGET (page), "FECRecovered"));
      ui_test_screenshot (window, i == 0 ? "counters-search-wide" : "counters-search-narrow");
      clipboard = gtk_widget_get_clipboard (GTK_WIDGET (page));
      gtk_widget_activate_action (GTK_WIDGET (page), "counters.copy", NULL);
      g_assert_true (gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (clipboard),
                                                        G_TYPE_STRING));
      gtk_window_destroy (window);
    }
  ui_test_drop_hub (hub);
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  g_test_add_func ("/ui/counters/meaning", test_counters_meaning);
  g_test_add_func ("/ui/counters/text", test_counters_text);
  g_test_add_func ("/ui/counters/page", test_counters_page);
  return g_test_run ();
}

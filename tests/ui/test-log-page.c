/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-log-page.h"
#include "culvert-report.h"
#include "ui-test.h"

#include <string.h>

#define SECRET "do not tell anybody 4711"

/* -- ring ---------------------------------------------------------------------------------- */

static void
ring_changed_cb (GListModel *ring, guint position, guint removed, guint added, guint *n)
{
  g_assert_cmpuint (position + removed, <=, *n);
  *n = *n - removed + added;
  /* The list agrees with what it tells. */
  g_assert_cmpuint (g_list_model_get_n_items (ring), ==, *n);
}

static void
test_log_ring (void)
{
  g_autoptr (CulvertLogRing) ring = culvert_log_ring_new ();
  GListModel *model = G_LIST_MODEL (ring);
  guint n = 0;

  g_signal_connect (ring, "items-changed", G_CALLBACK (ring_changed_cb), &n);
  for (guint i = 1; i <= CULVERT_LOG_RING_MAX + 500; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      culvert_log_ring_push (ring, CULVERT_LOG_INFO, text);
    }
  g_assert_cmpuint (n, ==, CULVERT_LOG_RING_MAX);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (CulvertLogLine) line = g_list_model_get_item (model, i);
      g_autofree char *text = g_strdup_printf ("%u", i + 501);

      g_assert_cmpstr (culvert_log_line_get_message (line), ==, text);
      g_assert_cmpuint (culvert_log_line_get_number (line), ==, i + 501);
    }
  g_assert_null (g_list_model_get_item (model, n));
}

/* -- report ---------------------------------------------------------------------------------- */

static CulvertHubItem *
add_secretive (CulvertHub *hub)
{
  static const char json[] =
      "{\"localaddr\": \"127.0.0.1:0\", \"remoteaddr\": \"vpn.example.org:29900\","
      " \"key\": \"" SECRET "\", \"mtu\": 1200, \"password\": \"hunter2-hunter2\","
      " \"plugin\": {\"psk\": \"swordfish-swordfish\", \"list\": [\"tok-en-in-a-list\"]}}";
  g_autoptr (CulvertProfile) profile =
      culvert_profile_new_from_json (json, strlen (json), "Office", NULL);

  g_assert_nonnull (profile);
  return culvert_hub_add_profile (hub, profile);
}

static void
test_log_report (void)
{
  static const char *const secrets[] = { SECRET, "hunter2", "swordfish", "tok-en" };
  static const char *const hosts[] = { "vpn.example.org", "192.0.2.7", "2001:db8::7" };
  CulvertHub *hub = ui_test_new_hub ();
  CulvertHubItem *item = add_secretive (hub);
  CulvertLogRing *ring = culvert_hub_item_get_log (item);
  CulvertCheckResult check = { .verdict = CULVERT_CHECK_NO_ANSWER,
                               .sentence = (char *) "No answer from 192.0.2.7:29900" };
  g_autofree char *home = g_strdup_printf ("cannot read %s/key", g_get_home_dir ());

  culvert_log_ring_push (ring, CULVERT_LOG_WARNING, "somebody logged " SECRET " by mistake");
  culvert_log_ring_push (ring, CULVERT_LOG_INFO,
                         "Session 1 with 192.0.2.7:29900 opened at 14:32:05");
  culvert_log_ring_push (ring, CULVERT_LOG_INFO, "Session 2 with [2001:db8::7]:29900 opened");
  culvert_log_ring_push (ring, CULVERT_LOG_INFO, "The name \"vpn.example.org\" has no address");
  culvert_log_ring_push (ring, CULVERT_LOG_INFO, "listening on 127.0.0.1:12948");
  culvert_log_ring_push (ring, CULVERT_LOG_ERROR, home);
  culvert_hub_item_note_check (item, &check);
  for (guint pass = 0; pass < 2; pass++)
    {
      g_autofree char *text = culvert_report_dup_text (
          item, pass == 0 ? CULVERT_REPORT_DEFAULT : CULVERT_REPORT_HIDE_HOSTS, "GTK 4");

      for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
        g_assert_null (strstr (text, secrets[i]));
      for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
        g_assert_cmpint (strstr (text, hosts[i]) != NULL, ==, pass == 0);
      g_assert_null (strstr (text, g_get_home_dir ()));
      g_assert_nonnull (strstr (text, "cannot read ~/key"));
      g_assert_nonnull (strstr (text, "Culvert: " CULVERT_VERSION));
      g_assert_nonnull (strstr (text, "mtu: 1200"));
      g_assert_nonnull (strstr (text, "password: (hidden)"));
      g_assert_nonnull (strstr (text, " s ago, no-answer: No answer from "));
      g_assert_nonnull (strstr (text, "listening on 127.0.0.1:12948"));
      g_assert_nonnull (strstr (text, "opened at 14:32:05"));
      g_assert_cmpint (strstr (text, "host-") != NULL, ==, pass == 1);
      if (pass == 1)
        g_assert_nonnull (strstr (text, ":29900"));
    }
  ui_test_drop_hub (hub);
}

/* Every secret of a profile with everything set, running. */
static void
test_log_report_full (void)
{
  CulvertHub *hub = ui_test_new_hub ();
  CulvertHubItem *item = ui_test_add_client (hub, "Office", "127.0.0.1:9");
  g_autofree char *text = NULL;

  culvert_profile_set_key (culvert_hub_item_get_profile (item), SECRET);
  culvert_hub_connect (hub, item);
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_WAITING);
  /* As if the key were in the keyring: only the tunnel knows it. */
  culvert_profile_set_key (culvert_hub_item_get_profile (item), NULL);
  culvert_log_ring_push (culvert_hub_item_get_log (item), CULVERT_LOG_INFO, "key=" SECRET);
  text = culvert_report_dup_text (item, CULVERT_REPORT_DEFAULT, NULL);
  g_assert_null (strstr (text, "last check"));
  g_assert_null (strstr (text, SECRET));
  /* What the tunnel said on its way here. */
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (culvert_hub_item_get_log (item))), >,
                    1);
  ui_test_drop_hub (hub);
}

/* -- page ------------------------------------------------------------------------------- */

static void
fill (CulvertHubItem *item)
{
  CulvertLogRing *ring = culvert_hub_item_get_log (item);

  culvert_log_ring_push (ring, CULVERT_LOG_INFO, "Listening on 127.0.0.1:12948");
  culvert_log_ring_push (ring, CULVERT_LOG_DEBUG, "Session 1 with 192.0.2.7:29900 closed");
  culvert_log_ring_push (ring, CULVERT_LOG_WARNING,
                         "Packets from 192.0.2.7:29900 fail their check (12 times): key or cipher "
                         "differ; no cipher fits this key, so the key does");
  culvert_log_ring_push (ring, CULVERT_LOG_ERROR, "Cannot accept connections: too many open files");
  for (guint i = 1; i <= 60; i++)
    {
      g_autofree char *text =
          g_strdup_printf ("Stream %u of session 1 opened for 127.0.0.1:%u", i, 40000 + i);

      culvert_log_ring_push (ring, CULVERT_LOG_INFO, text);
    }
}

static guint
count_shown (CulvertLogPage *page)
{
  g_autofree char *text = culvert_log_page_dup_shown (page);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  return text[0] != '\0' ? g_strv_length (lines) - 1 : 0;
}

/* Whether the line is on the screen. */
static gboolean
is_in_sight (GtkWidget *page, const char *text)
{
  GtkWidget *label = ui_test_find_text (page, GTK_TYPE_LABEL, text);
  GtkWidget *scroller =
      label != NULL ? gtk_widget_get_ancestor (label, GTK_TYPE_SCROLLED_WINDOW) : NULL;
  graphene_rect_t bounds;

  return label != NULL && gtk_widget_compute_bounds (label, scroller, &bounds)
         && bounds.origin.y >= 0
         && bounds.origin.y + bounds.size.height <= gtk_widget_get_height (scroller) + 1;
}

static void
test_log_page (void)
{
  CulvertHub *hub = ui_test_new_hub ();
  CulvertHubItem *item = ui_test_add_client (hub, "Office", "127.0.0.1:9");
  CulvertLogRing *ring = culvert_hub_item_get_log (item);
  CulvertLogPage *page = g_object_new (CULVERT_TYPE_LOG_PAGE, "hub", hub, NULL);
  GtkWidget *widget = GTK_WIDGET (page);
  GtkWidget *level, *search, *pause, *follow;
  GtkWindow *window;

  culvert_page_set_item (CULVERT_PAGE (page), item);
  window = ui_test_show (widget, 820, 500);
  g_assert_nonnull (ui_test_find_text (widget, ADW_TYPE_STATUS_PAGE, "Nothing Happened Yet"));
  ui_test_screenshot (window, "log-empty");
  fill (item);
  g_assert_cmpuint (count_shown (page), ==, 63);
  /* The end is in sight, and stays there. */
  app_test_wait (is_in_sight (widget, "Stream 60 of session 1 opened for 127.0.0.1:40060"));
  level = ui_test_find_text (widget, GTK_TYPE_DROP_DOWN, "Lines Shown");
  gtk_drop_down_set_selected (GTK_DROP_DOWN (level), 1);
  g_assert_cmpuint (count_shown (page), ==, 2);
  ui_test_assert_named (widget);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (level), 3);
  g_assert_cmpuint (count_shown (page), ==, 64);
  search = ui_test_find (widget, GTK_TYPE_SEARCH_ENTRY);
  gtk_editable_set_text (GTK_EDITABLE (search), "STREAM 59");
  app_test_wait (count_shown (page) == 1);
  gtk_editable_set_text (GTK_EDITABLE (search), "");
  app_test_wait (count_shown (page) == 64);
  pause = ui_test_find_text (widget, GTK_TYPE_TOGGLE_BUTTON, "Pause");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (pause), TRUE);
  culvert_log_ring_push (ring, CULVERT_LOG_INFO, "while paused");
  g_assert_cmpuint (count_shown (page), ==, 64);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (pause), FALSE);
  g_assert_cmpuint (count_shown (page), ==, 65);
  gtk_widget_activate_action (widget, "log.clear", NULL);
  g_assert_cmpuint (count_shown (page), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (ring)), ==, 65);
  culvert_log_ring_push (ring, CULVERT_LOG_INFO, "after that");
  g_assert_cmpuint (count_shown (page), ==, 1);
  follow = ui_test_find_text (widget, GTK_TYPE_TOGGLE_BUTTON, "Follow New Lines");
  g_assert_true (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (follow)));
  gtk_window_destroy (window);
  ui_test_drop_hub (hub);
}

static void
text_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(char **) user_data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);
}

static void
test_log_copy (void)
{
  CulvertHub *hub = ui_test_new_hub ();
  CulvertHubItem *item = add_secretive (hub);
  CulvertLogPage *page = g_object_new (CULVERT_TYPE_LOG_PAGE, "hub", hub, NULL);
  GtkWindow *window;
  g_autofree char *text = NULL;

  fill (item);
  culvert_page_set_item (CULVERT_PAGE (page), item);
  window = ui_test_show (GTK_WIDGET (page), 360, 600);
  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (page)), <=, 360);
  app_test_wait (is_in_sight (GTK_WIDGET (page),
                              "Stream 60 of session 1 opened for 127.0.0.1:40060"));
  ui_test_screenshot (window, "log-narrow");
  gtk_widget_activate_action (GTK_WIDGET (page), "log.copy-report", "b", TRUE);
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (page)), NULL, text_cb,
                                 &text);
  app_test_wait (text != NULL);
  g_assert_nonnull (strstr (text, "libadwaita 1."));
  g_assert_null (strstr (text, SECRET));
  g_assert_null (strstr (text, "vpn.example.org"));
  gtk_window_destroy (window);
  ui_test_drop_hub (hub);
}

static void
test_log_wide (void)
{
  CulvertHub *hub = ui_test_new_hub ();
  CulvertHubItem *item = ui_test_add_client (hub, "Office", "127.0.0.1:9");
  CulvertLogPage *page = g_object_new (CULVERT_TYPE_LOG_PAGE, "hub", hub, NULL);
  GtkWindow *window;

  fill (item);
  culvert_log_ring_push (culvert_hub_item_get_log (item), CULVERT_LOG_WARNING,
                         "The server does not answer");
  culvert_page_set_item (CULVERT_PAGE (page), item);
  window = ui_test_show (GTK_WIDGET (page), 820, 600);
  app_test_wait (is_in_sight (GTK_WIDGET (page), "The server does not answer"));
  ui_test_screenshot (window, "log-wide");
  gtk_window_destroy (window);
  ui_test_drop_hub (hub);
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  g_test_add_func ("/ui/log/ring", test_log_ring);
  g_test_add_func ("/ui/log/report", test_log_report);
  g_test_add_func ("/ui/log/report-full", test_log_report_full);
  g_test_add_func ("/ui/log/page", test_log_page);
  g_test_add_func ("/ui/log/copy", test_log_copy);
  g_test_add_func ("/ui/log/wide", test_log_wide);
  return g_test_run ();
}

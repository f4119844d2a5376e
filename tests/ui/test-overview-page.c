/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The Overview page: state, history, check and what it costs. */

#include "config.h"

#include "culvert-chart.h"
#include "culvert-check-fix.h"
#include "culvert-check-panel.h"
#include "culvert-hub-private.h"
#include "culvert-overhead-meter.h"
#include "culvert-overview-page.h"
#include "ui-test-history.h"
#include "ui-test-pair.h"

#include <string.h>

/* Of engine/culvert-tunnel-private.h, whose names of log lines are those of app/, too. */
CulvertHistory *culvert_tunnel_get_history (CulvertTunnel *tunnel);

#define WIDE 1000
#define HIGH 1250

static gboolean
sees (GtkWindow *window, const char *text)
{
  return ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_WIDGET, text) != NULL;
}

static GtkWindow *
show (CulvertHub *hub, CulvertHubItem *item, int width, int height)
{
  return ui_test_show_page (hub, CULVERT_TYPE_OVERVIEW_PAGE, item, width, height);
}

/* Gives a tunnel that runs a past. */
static void
give_past (CulvertHubItem *item)
{
  CulvertTunnel *tunnel = culvert_hub_item_get_tunnel (item);
  CulvertHistory *history = culvert_tunnel_get_history (tunnel);
  CulvertStats stats;

  ui_test_fill_history (history, g_get_real_time () / G_USEC_PER_SEC, 86400, ui_test_rich_past);
  culvert_tunnel_sample (tunnel, &stats);
  culvert_history_begin (history, &stats, g_get_real_time ());
}

/* -- parts -------------------------------------------------------------------------------- */

static void
test_overhead_text (void)
{
  CulvertOverhead overhead = { 1340, 1000, 220, 90, 20, 10 };
  CulvertOverhead acks = { 1000, 100, 0, 0, 750, 150 };
  CulvertOverhead nothing = { 0 };
  g_autofree char *text = culvert_overhead_dup_text (&overhead);
  g_autofree char *shares = culvert_overhead_dup_text (&acks);

  g_assert_cmpstr (text, ==,
                   "1.34: FEC 0.22, resent 0.09, acknowledgements 0.02, headers 0.01");
  g_assert_cmpstr (shares, ==,
                   "Payload 10\302\240%, FEC 0\302\240%, resent 0\302\240%, "
                   "acknowledgements 75\302\240%, headers 15\302\240%");
  g_assert_null (culvert_overhead_dup_text (&nothing));
}

/* labels: of the buttons, in their order, one a line. out_draft: of the first. */
static void
assert_fix (CulvertProfile *profile,
            const CulvertCheckResult *result,
            CulvertProfile **out_draft,
            const char *labels)
{
  g_autoptr (GPtrArray) fixes = culvert_check_fix_list (profile, result);
  g_autoptr (GString) text = g_string_new (NULL);

  g_clear_object (out_draft);
  for (guint i = 0; i < fixes->len; i++)
    {
      CulvertCheckFix *fix = fixes->pdata[i];

      g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", fix->label);
      g_assert_true ((fix->kind == CULVERT_CHECK_FIX_APPLY) == (fix->draft != NULL));
      if (i == 0 && fix->draft != NULL)
        *out_draft = g_object_ref (fix->draft);
    }
  g_assert_cmpstr (text->str, ==, labels);
}

static void
test_fixes (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "x");
  g_autoptr (CulvertProfile) draft = NULL;
  CulvertCheckResult result = { .verdict = CULVERT_CHECK_PROTECTION, .crypt = (char *) "salsa20" };

  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "127.0.0.1:1");
  assert_fix (profile, &result, &draft, "Use Cipher “salsa20”");
  g_assert_cmpstr (culvert_profile_get_string (draft, CULVERT_SETTING_CRYPT), ==, "salsa20");
  /* The key is wrong: no cipher mends that. */
  result.is_default_key = TRUE;
  assert_fix (profile, &result, &draft, "Set Up the Other End…");

  result = (CulvertCheckResult){ .verdict = CULVERT_CHECK_COMPRESSION,
                                 .compression = CULVERT_CHECK_NO, .smux_version = 2 };
  assert_fix (profile, &result, &draft, "Switch Compression Off");
  g_assert_true (culvert_profile_get_bool (draft, CULVERT_SETTING_NOCOMP));
  result.smux_version = 1;
  assert_fix (profile, &result, &draft, "Switch Compression Off, Use smux 1");
  g_assert_cmpint (culvert_profile_get_int (draft, CULVERT_SETTING_SMUXVER), ==, 1);
  result.verdict = CULVERT_CHECK_SMUX;
  result.compression = CULVERT_CHECK_YES;
  assert_fix (profile, &result, &draft, "Use smux 1");

  result = (CulvertCheckResult){ .verdict = CULVERT_CHECK_QPP, .qpp_agrees = CULVERT_CHECK_NO };
  assert_fix (profile, &result, &draft, "Switch QPP On");
  g_assert_true (culvert_profile_get_bool (draft, CULVERT_SETTING_QPP));

  result = (CulvertCheckResult){ .verdict = CULVERT_CHECK_LARGE, .mtu_up = 1300,
                                 .mtu_down = 1200 };
  assert_fix (profile, &result, &draft, "Set MTU to 1200");
  g_assert_cmpint (culvert_profile_get_int (draft, CULVERT_SETTING_MTU), ==, 1200);

  result.verdict = CULVERT_CHECK_OK;
  assert_fix (profile, &result, &draft, "");
  result.verdict = CULVERT_CHECK_NO_ANSWER;
  assert_fix (profile, &result, &draft, "Change the Key…\nChange the Server…");
  result.verdict = CULVERT_CHECK_NAME;
  assert_fix (profile, &result, &draft, "Change the Server…");
  result = (CulvertCheckResult){ .verdict = CULVERT_CHECK_FORMAT,
                                 .compression = CULVERT_CHECK_UNKNOWN };
  assert_fix (profile, &result, &draft, "Change Compression…\nChange the Stream Protocol…");
  result = (CulvertCheckResult){ .verdict = CULVERT_CHECK_QPP,
                                 .qpp_agrees = CULVERT_CHECK_UNKNOWN };
  assert_fix (profile, &result, &draft, "Change QPP…");
  result.verdict = CULVERT_CHECK_TARGET;
  assert_fix (profile, &result, &draft, "Set Up the Other End…");
}

/* -- page --------------------------------------------------------------------------------- */

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

static void
test_off (UiTestPair *pair, gconstpointer data)
{
  GtkWindow *window = show (pair->hub, pair->client, WIDE, 620);
  GtkWidget *button;

  g_assert_true (sees (window, "Off"));
  g_assert_nonnull (ui_test_find (GTK_WIDGET (window), CULVERT_TYPE_CHECK_PANEL));
  ui_test_assert_named (GTK_WIDGET (window));
  ui_test_assert_reachable (window);
  ui_test_screenshot (window, "overview-off");
  button = ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_BUTTON, "_Connect");
  g_signal_emit_by_name (button, "clicked");
  ui_test_wait_phase (pair->client, CULVERT_PHASE_WAITING);
  g_assert_nonnull (ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_BUTTON, "_Disconnect"));
  ui_test_pair_open_stream (pair);
  ui_test_wait_phase (pair->client, CULVERT_PHASE_UP);
  g_assert_true (sees (window, "Connected"));
  gtk_window_destroy (window);
}

/* Every phase has its words. */
static void
test_phases (UiTestPair *pair, gconstpointer data)
{
  GtkWindow *window = show (pair->hub, pair->client, WIDE, 620);

  for (int phase = CULVERT_PHASE_OFF; phase <= CULVERT_PHASE_FAILED; phase++)
    {
      pair->client->phase = phase;
      if (phase == CULVERT_PHASE_FAILED)
        culvert_hub_item_set_last_error (pair->client, "The address is in use");
      g_object_notify (G_OBJECT (pair->client), "phase");
      g_assert_true (sees (window, culvert_phase_get_text (phase, CULVERT_ROLE_CLIENT)));
    }
  g_assert_true (sees (window, "The address is in use"));
  ui_test_screenshot (window, "overview-failed");
  culvert_hub_item_set_last_error (pair->client, NULL);
  pair->client->phase = CULVERT_PHASE_OFF;
  gtk_window_destroy (window);
}

/* The past is there with the first frame, and each span shows its own. */
static void
test_history (UiTestPair *pair, gconstpointer data)
{
  GtkWindow *window;
  CulvertChart *chart;
  g_autofree char *summary = NULL;
  g_autofree char *hour = NULL;

  ui_test_pair_connect (pair);
  ui_test_pair_open_stream (pair);
  ui_test_wait_phase (pair->client, CULVERT_PHASE_UP);
  give_past (pair->client);
  window = show (pair->hub, pair->client, WIDE, HIGH);
  chart = CULVERT_CHART (ui_test_find (GTK_WIDGET (window), CULVERT_TYPE_CHART));
  summary = culvert_chart_dup_summary (chart);
  g_assert_true (g_str_has_prefix (summary, "Last 10 minutes. Down: now "));
  ui_test_assert_named (GTK_WIDGET (window));
  ui_test_assert_reachable (window);
  ui_test_screenshot (window, "overview-connected");
  pair->client->phase = CULVERT_PHASE_TROUBLE;
  g_object_notify (G_OBJECT (pair->client), "phase");
  ui_test_screenshot (window, "overview-degraded");
  pair->client->phase = CULVERT_PHASE_UP;
  g_object_notify (G_OBJECT (pair->client), "phase");
  gtk_toggle_button_set_active (
      GTK_TOGGLE_BUTTON (ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_TOGGLE_BUTTON, "24 h")),
      TRUE);
  hour = culvert_chart_dup_summary (chart);
  g_assert_true (g_str_has_prefix (hour, "Last 24 hours. Down: now "));
  ui_test_screenshot (window, "overview-day");
  gtk_window_destroy (window);
  window = show (pair->hub, pair->client, 400, 1900);
  ui_test_screenshot (window, "overview-narrow");
  gtk_window_destroy (window);
}

/* A wrong cipher: the verdict, and one click that mends it. */
static void
test_check (UiTestPair *pair, gconstpointer data)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (pair->client);
  const CulvertCheckResult *result;
  CulvertCheckPanel *panel;
  GtkWidget *button;
  GtkWindow *window;

  culvert_profile_set_string (profile, CULVERT_SETTING_CRYPT, "salsa20");
  window = show (pair->hub, pair->client, WIDE, 720);
  panel = CULVERT_CHECK_PANEL (ui_test_find (GTK_WIDGET (window), CULVERT_TYPE_CHECK_PANEL));
  g_signal_emit_by_name (
      ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_BUTTON, "Chec_k"), "clicked");
  app_test_wait (sees (window, "_Cancel"));
  app_test_wait (culvert_check_panel_get_result (panel) != NULL);
  result = culvert_check_panel_get_result (panel);
  g_assert_cmpint (result->verdict, ==, CULVERT_CHECK_PROTECTION);
  g_assert_true (sees (window, result->sentence));
  app_test_wait (sees (window, "Use Cipher “aes-128”"));
  ui_test_screenshot (window, "overview-check");
  button = ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_BUTTON, "Use Cipher “aes-128”");
  g_signal_emit_by_name (button, "clicked");
  g_assert_cmpstr (culvert_profile_get_string (profile, CULVERT_SETTING_CRYPT), ==, "aes-128");
  app_test_wait (culvert_check_panel_get_result (panel) != NULL);
  g_assert_cmpint (culvert_check_panel_get_result (panel)->verdict, ==, CULVERT_CHECK_OK);
  ui_test_screenshot (window, "overview-check-good");
  gtk_window_destroy (window);
}

/* A check under way does not outlive its page, nor hold the window. */
static void
test_check_cancelled (UiTestPair *pair, gconstpointer data)
{
  g_autofree char *silent = app_test_dup_free_address ();
  CulvertHubItem *item = ui_test_add_client (pair->hub, "Silent", silent);
  GtkWindow *window = show (pair->hub, item, WIDE, 620);

  g_signal_emit_by_name (
      ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_BUTTON, "Chec_k"), "clicked");
  app_test_wait (sees (window, "_Cancel"));
  g_signal_emit_by_name (
      ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_BUTTON, "_Cancel"), "clicked");
  app_test_wait (sees (window, "Chec_k"));
  g_signal_emit_by_name (
      ui_test_find_text (GTK_WIDGET (window), GTK_TYPE_BUTTON, "Chec_k"), "clicked");
  gtk_window_destroy (window);
}

static void
test_server (UiTestPair *pair, gconstpointer data)
{
  GtkWindow *window;

  ui_test_pair_connect (pair);
  ui_test_pair_open_stream (pair);
  give_past (pair->server);
  window = show (pair->hub, pair->server, WIDE, HIGH + 150);
  g_assert_true (sees (window, "Clients"));
  g_assert_false (sees (window, "Chec_k"));
  app_test_wait (sees (window, "1"));
  ui_test_screenshot (window, "overview-server");
  gtk_window_destroy (window);
}

/* Nothing runs for a page nobody sees. */
static void
test_hidden (UiTestPair *pair, gconstpointer data)
{
  CulvertSampler *sampler = culvert_hub_get_sampler (pair->hub);
  GtkWindow *window;

  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 0);
  window = show (pair->hub, pair->client, WIDE, 620);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 1000);
  gtk_widget_set_visible (GTK_WIDGET (window), FALSE);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 0);
  gtk_window_destroy (window);
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  (void) ui_test_get_host ();
  g_test_add_func ("/ui/overview/overhead-text", test_overhead_text);
  g_test_add_func ("/ui/overview/fixes", test_fixes);
#define ADD(name, func) \
  g_test_add ("/ui/overview/" name, UiTestPair, NULL, set_up, func, tear_down)
  ADD ("off", test_off);
  ADD ("phases", test_phases);
  ADD ("history", test_history);
  ADD ("check", test_check);
  ADD ("check-cancelled", test_check_cancelled);
  ADD ("server", test_server);
  ADD ("hidden", test_hidden);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-connect-dialog.h"
#include "culvert-settings.h"
#include "culvert-tuning.h"
#include "ui-test.h"

#define KEY "a key of both ends"

typedef struct
{
  CulvertHub *hub;
  GtkWidget *dialog;
  CulvertHubItem *created;
  GSettings *settings; /* kept in memory, read by the dialog */
} Fixture;

static void
created_cb (CulvertConnectDialog *dialog, CulvertHubItem *item, gpointer user_data)
{
  ((Fixture *) user_data)->created = item;
}

static void
open_dialog (Fixture *fix, CulvertRole role)
{
  fix->dialog = GTK_WIDGET (culvert_connect_dialog_new (fix->hub, role));
  g_signal_connect (fix->dialog, "created", G_CALLBACK (created_cb), fix);
  g_object_add_weak_pointer (G_OBJECT (fix->dialog), (gpointer *) &fix->dialog);
  gtk_window_present (GTK_WINDOW (fix->dialog));
  app_test_wait (gtk_widget_get_mapped (fix->dialog));
}

static void
set_up (Fixture *fix, gconstpointer data)
{
  (void) ui_test_get_host ();
  fix->hub = ui_test_new_hub ();
  fix->settings = culvert_settings_new ();
  g_settings_set_string (fix->settings, CULVERT_SETTINGS_KEY_STORE, "file");
}

static void
tear_down (Fixture *fix, gconstpointer data)
{
  if (fix->dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (fix->dialog));
  g_object_unref (fix->settings);
  ui_test_drop_hub (fix->hub);
}

static GtkWidget *
row (Fixture *fix, const char *title)
{
  GtkWidget *found = ui_test_find_text (fix->dialog, ADW_TYPE_ENTRY_ROW, title);

  g_assert_nonnull (found);
  return found;
}

static void
type (Fixture *fix, const char *title, const char *text)
{
  gtk_editable_set_text (GTK_EDITABLE (row (fix, title)), text);
}

static const char *
typed (Fixture *fix, const char *title)
{
  return gtk_editable_get_text (GTK_EDITABLE (row (fix, title)));
}

static void
accept (Fixture *fix)
{
  g_signal_emit_by_name (gtk_window_get_default_widget (GTK_WINDOW (fix->dialog)), "clicked");
}

static gboolean
is_marked (Fixture *fix, const char *title)
{
  return gtk_widget_has_css_class (row (fix, title), "error");
}

static gpointer
use_row (Fixture *fix)
{
  return ui_test_find_text (fix->dialog, ADW_TYPE_COMBO_ROW, "_What For");
}

/* -- tests --------------------------------------------------------------------------------- */

/* A newcomer's way, to a real server in the same hub. */
static void
test_connects (Fixture *fix, gconstpointer data)
{
  g_autoptr (CulvertProfile) server = culvert_profile_new (CULVERT_ROLE_SERVER, "server");
  g_autofree char *address = app_test_dup_free_address ();
  CulvertHubItem *server_item;
  CulvertProfile *profile;
  CulvertTuningAnswers answers = { CULVERT_TUNING_BULK, 100, 20, 0, -1 };
  g_autoptr (CulvertProfile) expected = culvert_profile_new (CULVERT_ROLE_CLIENT, NULL);
  g_autoptr (GIOStream) stream = NULL;

  culvert_profile_set_string (server, CULVERT_SETTING_LISTEN, address);
  culvert_profile_set_key (server, KEY);
  server_item = culvert_hub_add_profile (fix->hub, server);
  culvert_hub_connect (fix->hub, server_item);
  app_test_wait (culvert_hub_item_get_phase (server_item) == CULVERT_PHASE_WAITING);
  open_dialog (fix, CULVERT_ROLE_CLIENT);
  type (fix, "_Server (address:port), or a Link", address);
  g_assert_cmpstr (typed (fix, "_Name of the Profile"), ==, "127.0.0.1");
  type (fix, "_Key", KEY);
  type (fix, "_Local Address", "127.0.0.1:0");
  adw_combo_row_set_selected (use_row (fix), CULVERT_TUNING_BULK);
  accept (fix);
  g_assert_nonnull (fix->created);
  app_test_wait (fix->dialog == NULL);
  profile = culvert_hub_item_get_profile (fix->created);
  g_assert_cmpstr (culvert_profile_get_string (profile, CULVERT_SETTING_REMOTEADDR), ==, address);
  g_assert_cmpstr (culvert_profile_get_name (profile), ==, "127.0.0.1");
  culvert_tuning_apply (&answers, FALSE, expected);
  g_assert_cmpint (culvert_profile_get_int (profile, CULVERT_SETTING_RCVWND), ==,
                   culvert_profile_get_int (expected, CULVERT_SETTING_RCVWND));
  g_assert_cmpstr (culvert_profile_get_string (profile, CULVERT_SETTING_MODE), ==,
                   culvert_profile_get_string (expected, CULVERT_SETTING_MODE));
  /* The server is called for the first connection. */
  app_test_wait (culvert_hub_item_get_phase (fix->created) == CULVERT_PHASE_WAITING);
  stream = ui_test_knock (fix->created);
  app_test_wait (culvert_hub_item_get_phase (fix->created) == CULVERT_PHASE_UP);
}

static void
test_mistakes (Fixture *fix, gconstpointer data)
{
  open_dialog (fix, CULVERT_ROLE_CLIENT);
  accept (fix);
  g_assert_true (is_marked (fix, "_Server (address:port), or a Link"));
  g_assert_true (is_marked (fix, "_Key"));
  g_assert_true (is_marked (fix, "_Name of the Profile"));
  g_assert_false (is_marked (fix, "_Local Address"));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "connect-mistakes");
  type (fix, "_Server (address:port), or a Link", "vpn.example.com");
  g_assert_true (is_marked (fix, "_Server (address:port), or a Link"));
  type (fix, "_Server (address:port), or a Link", "vpn.example.com:29900");
  g_assert_false (is_marked (fix, "_Server (address:port), or a Link"));
  type (fix, "_Local Address", "nonsense:port");
  accept (fix);
  g_assert_true (is_marked (fix, "_Local Address"));
  g_assert_null (fix->created);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fix->hub)), ==, 0);
}

static void
test_paste (Fixture *fix, gconstpointer data)
{
  open_dialog (fix, CULVERT_ROLE_CLIENT);
  type (fix, "_Server (address:port), or a Link",
        "{\"localaddr\":\":8388\",\"remoteaddr\":\"vps.example:4000\",\"key\":\"k1\","
        "\"crypt\":\"salsa20\",\"mode\":\"fast3\",\"sndwnd\":777}");
  g_assert_cmpstr (typed (fix, "_Server (address:port), or a Link"), ==, "vps.example:4000");
  g_assert_cmpstr (typed (fix, "_Key"), ==, "k1");
  g_assert_cmpstr (typed (fix, "_Local Address"), ==, ":8388");
  type (fix, "_Local Address", "127.0.0.1:0");
  accept (fix);
  g_assert_nonnull (fix->created);
  g_assert_cmpint (culvert_profile_get_int (culvert_hub_item_get_profile (fix->created),
                                            CULVERT_SETTING_SNDWND),
                   ==, 777);
  g_assert_cmpstr (culvert_profile_get_string (culvert_hub_item_get_profile (fix->created),
                                               CULVERT_SETTING_CRYPT),
                   ==, "salsa20");
}

static void
test_next_port (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "127.0.0.1:29900");

  open_dialog (fix, CULVERT_ROLE_CLIENT);
  g_assert_cmpstr (typed (fix, "_Local Address"), ==, "127.0.0.1:12948");
  gtk_window_destroy (GTK_WINDOW (fix->dialog));
  culvert_profile_set_string (culvert_hub_item_get_profile (item), CULVERT_SETTING_LOCALADDR,
                              ":12948");
  open_dialog (fix, CULVERT_ROLE_CLIENT);
  g_assert_cmpstr (typed (fix, "_Local Address"), ==, "127.0.0.1:12949");
}

static void
test_server (Fixture *fix, gconstpointer data)
{
  g_autofree char *address = app_test_dup_free_address ();
  GtkWidget *button;

  open_dialog (fix, CULVERT_ROLE_SERVER);
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "connect-server");
  type (fix, "_Listen on (:port)", address);
  button = ui_test_find_text (fix->dialog, GTK_TYPE_BUTTON, "Generate a New Key");
  g_signal_emit_by_name (button, "clicked");
  g_assert_cmpuint (g_utf8_strlen (typed (fix, "_Key"), -1), ==, 43);
  accept (fix);
  g_assert_nonnull (fix->created);
  g_assert_cmpint (culvert_profile_get_role (culvert_hub_item_get_profile (fix->created)), ==,
                   CULVERT_ROLE_SERVER);
  app_test_wait (culvert_hub_item_get_phase (fix->created) == CULVERT_PHASE_WAITING);
}

static void
test_looks (Fixture *fix, gconstpointer data)
{
  open_dialog (fix, CULVERT_ROLE_CLIENT);
  ui_test_assert_named (fix->dialog);
  ui_test_assert_reachable (GTK_WINDOW (fix->dialog));
  type (fix, "_Server (address:port), or a Link", "vpn.example.com:29900");
  type (fix, "_Key", KEY);
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "connect");
  gtk_window_set_default_size (GTK_WINDOW (fix->dialog), 360, 600);
  app_test_wait (gtk_widget_get_width (fix->dialog) <= 360);
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "connect-narrow");
}

#define ADD(name, func) g_test_add ("/ui/connect/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  ADD ("connects", test_connects);
  ADD ("mistakes", test_mistakes);
  ADD ("paste", test_paste);
  ADD ("next-port", test_next_port);
  ADD ("server", test_server);
  ADD ("looks", test_looks);
  return g_test_run ();
}

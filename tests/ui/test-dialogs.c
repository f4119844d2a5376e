/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-about.h"
#include "culvert-autostart.h"
#include "culvert-export-dialog.h"
#include "culvert-export.h"
#include "culvert-import-dialog.h"
#include "culvert-import-row.h"
#include "culvert-pair-dialog.h"
#include "culvert-pair.h"
#include "culvert-preferences-window.h"
#include "culvert-settings.h"
#include "culvert-text-card.h"
#include "ui-test.h"

#include <string.h>

#define KEY "a key of both ends"

typedef struct
{
  CulvertHub *hub;
  GSettings *settings;
  GtkWidget *dialog;
  guint n_imported;
} Fixture;

static void
set_up (Fixture *fix, gconstpointer data)
{
  (void) ui_test_get_host ();
  fix->hub = ui_test_new_hub ();
  fix->settings = culvert_settings_new ();
  g_settings_set_string (fix->settings, CULVERT_SETTINGS_KEY_STORE, "file");
}

static void
show_dialog (Fixture *fix, gpointer dialog)
{
  fix->dialog = dialog;
  g_object_add_weak_pointer (dialog, (gpointer *) &fix->dialog);
  gtk_window_present (dialog);
  app_test_wait (gtk_widget_get_mapped (dialog));
}

static void
tear_down (Fixture *fix, gconstpointer data)
{
  if (fix->dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (fix->dialog));
  g_object_unref (fix->settings);
  ui_test_drop_hub (fix->hub);
}

static void
click (Fixture *fix, const char *text)
{
  GtkWidget *button = ui_test_find_text (fix->dialog, GTK_TYPE_BUTTON, text);

  if (button == NULL)
    g_error ("no button “%s”", text);
  g_signal_emit_by_name (button, "clicked");
}

/* The text of the card with this title, shown or not. */
static const char *
card_text (GtkWidget *root, const char *title)
{
  if (CULVERT_IS_TEXT_CARD (root))
    {
      g_autofree char *own = NULL;

      g_object_get (root, "title", &own, NULL);
      if (g_strcmp0 (own, title) == 0)
        return culvert_text_card_get_text (CULVERT_TEXT_CARD (root));
    }
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      const char *text = card_text (child, title);

      if (text != NULL)
        return text;
    }
  return NULL;
}

/* -- import -------------------------------------------------------------------------------- */

static void
imported_cb (CulvertImportDialog *dialog, CulvertHubItem *first, guint n, gpointer user_data)
{
  ((Fixture *) user_data)->n_imported = n;
}

static void
open_import (Fixture *fix)
{
  CulvertImportDialog *dialog = culvert_import_dialog_new (fix->hub);

  g_signal_connect (dialog, "imported", G_CALLBACK (imported_cb), fix);
  show_dialog (fix, dialog);
}

static CulvertProfile *
profile_at (Fixture *fix, guint i)
{
  g_autoptr (CulvertHubItem) item = g_list_model_get_item (G_LIST_MODEL (fix->hub), i);

  g_assert_nonnull (item);
  return culvert_hub_item_get_profile (item);
}

static void
test_import_formats (Fixture *fix, gconstpointer data)
{
  static const char *const texts[] = {
    "{\"localaddr\":\":8388\",\"remoteaddr\":\"vps.example:4000\",\"key\":\"k1\"}",
    "{\"listen\":\":4000\",\"target\":\"127.0.0.1:22\",\"key\":\"k1\"}",
    "./client_linux_amd64 -r 'vps.example:4000' -l ':8388' --key k1 --crypt salsa20",
    "localaddr=:8388;remoteaddr=vps.example:4000;key=k1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      fix->n_imported = 0;
      open_import (fix);
      gtk_text_buffer_set_text (
          gtk_text_view_get_buffer (
              GTK_TEXT_VIEW (ui_test_find (fix->dialog, GTK_TYPE_TEXT_VIEW))),
          texts[i], -1);
      click (fix, "C_ontinue");
      click (fix, "_Add 1 Profile");
      g_assert_cmpuint (fix->n_imported, ==, 1);
      app_test_wait (fix->dialog == NULL);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fix->hub)), ==, i + 1);
      g_assert_cmpstr (culvert_profile_peek_key (profile_at (fix, i)), ==, "k1");
    }
  g_assert_cmpint (culvert_profile_get_role (profile_at (fix, 1)), ==, CULVERT_ROLE_SERVER);
  g_assert_cmpstr (culvert_profile_get_string (profile_at (fix, 2), CULVERT_SETTING_CRYPT), ==,
                   "salsa20");
}

static void
test_import_link (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "vps.example:4000");
  g_autofree char *link =
      culvert_export_link (culvert_hub_item_get_profile (item), CULVERT_EXPORT_WITH_KEY);

  open_import (fix);
  culvert_import_dialog_take_text (CULVERT_IMPORT_DIALOG (fix->dialog), link, "link");
  click (fix, "_Add 1 Profile");
  g_assert_cmpstr (culvert_profile_get_string (profile_at (fix, 1), CULVERT_SETTING_REMOTEADDR),
                   ==, "vps.example:4000");
  g_assert_cmpstr (culvert_profile_get_name (profile_at (fix, 1)), !=, "Office");
}

static void
test_import_nothing (Fixture *fix, gconstpointer data)
{
  open_import (fix);
  ui_test_assert_named (fix->dialog);
  ui_test_assert_reachable (GTK_WINDOW (fix->dialog));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "import");
  culvert_import_dialog_take_text (CULVERT_IMPORT_DIALOG (fix->dialog), "good morning", "text");
  g_assert_null (ui_test_find_text (fix->dialog, GTK_TYPE_BUTTON, "_Add"));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "import-error");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fix->hub)), ==, 0);
}

/* What looks wrong is said, and mended by a button before anything is stored. */
static void
test_import_lints (Fixture *fix, gconstpointer data)
{
  GtkWidget *row;
  GListModel *lints;
  guint n;
  g_autoptr (CulvertLint) lint = NULL;

  open_import (fix);
  culvert_import_dialog_take_text (CULVERT_IMPORT_DIALOG (fix->dialog),
                                   "{\"localaddr\":\":8388\",\"remoteaddr\":\"vps.example:4000\"}\n"
                                   "{\"listen\":\":4000\",\"target\":\"127.0.0.1:22\"}",
                                   "text");
  row = ui_test_find (fix->dialog, CULVERT_TYPE_IMPORT_ROW);
  adw_expander_row_set_expanded (ADW_EXPANDER_ROW (row), TRUE);
  ui_test_assert_named (fix->dialog);
  ui_test_assert_reachable (GTK_WINDOW (fix->dialog));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "import-found");
  lints = culvert_import_item_get_lints (culvert_import_row_get_item (CULVERT_IMPORT_ROW (row)));
  n = g_list_model_get_n_items (lints);
  g_assert_cmpuint (n, >, 0);
  for (guint i = 0; i < n; i++)
    {
      g_clear_object (&lint);
      lint = g_list_model_get_item (lints, i);
      if (culvert_lint_n_fixes (lint) > 0)
        break;
    }
  click (fix, culvert_lint_fix_label (lint, 0));
  lints = culvert_import_item_get_lints (culvert_import_row_get_item (CULVERT_IMPORT_ROW (row)));
  g_assert_cmpuint (g_list_model_get_n_items (lints), <, n);
  /* One of the two is not wanted. */
  g_object_set (ui_test_find (row, GTK_TYPE_CHECK_BUTTON), "active", FALSE, NULL);
  click (fix, "_Add 1 Profile");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fix->hub)), ==, 1);
  g_assert_cmpint (culvert_profile_get_role (profile_at (fix, 0)), ==, CULVERT_ROLE_SERVER);
}

static void
test_import_files (Fixture *fix, gconstpointer data)
{
  g_autoptr (GListStore) files = g_list_store_new (G_TYPE_FILE);
  g_autofree char *folder = app_test_new_folder ();
  g_autofree char *good = g_build_filename (folder, "office.json", NULL);
  g_autofree char *bad = g_build_filename (folder, "bad.txt", NULL);
  g_autoptr (GFile) good_file = g_file_new_for_path (good);
  g_autoptr (GFile) bad_file = g_file_new_for_path (bad);

  g_assert_true (g_file_set_contents (good, "{\"remoteaddr\":\"vps.example:4000\",\"key\":\"k\"}",
                                      -1, NULL));
  g_assert_true (g_file_set_contents (bad, "hello", -1, NULL));
  g_list_store_append (files, good_file);
  g_list_store_append (files, bad_file);
  open_import (fix);
  culvert_import_dialog_take_files (CULVERT_IMPORT_DIALOG (fix->dialog), G_LIST_MODEL (files));
  app_test_wait (ui_test_find_text (fix->dialog, GTK_TYPE_BUTTON, "_Add 1 Profile") != NULL);
  g_assert_nonnull (ui_test_find_text (fix->dialog, ADW_TYPE_PREFERENCES_GROUP, "Not Understood"));
  click (fix, "_Add 1 Profile");
  g_assert_cmpstr (culvert_profile_get_name (profile_at (fix, 0)), ==, "office");
  app_test_drop_folder (g_steal_pointer (&folder));
}

/* -- export -------------------------------------------------------------------------------- */

static void
set_switch (GtkWidget *root, const char *title, gboolean is_active)
{
  GtkWidget *row = ui_test_find_text (root, ADW_TYPE_ACTION_ROW, title);

  gtk_switch_set_active (GTK_SWITCH (ui_test_find (row, GTK_TYPE_SWITCH)), is_active);
}

static void
assert_export (Fixture *fix, CulvertProfile *profile, CulvertExportFlags flags)
{
  g_autofree char *json = culvert_export_json (profile, flags);
  g_autofree char *command = culvert_export_command (profile, flags);
  g_autofree char *link = culvert_export_link (profile, flags);

  g_assert_cmpstr (card_text (fix->dialog, "Configuration File"), ==, json);
  g_assert_cmpstr (card_text (fix->dialog, "Command Line"), ==, command);
  g_assert_cmpstr (card_text (fix->dialog, "Link"), ==, link);
}

static void
test_export (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "vps.example:4000");
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  AdwViewStack *stack;

  culvert_profile_set_key (profile, "very secret");
  show_dialog (fix, culvert_export_dialog_new (fix->hub, item));
  ui_test_assert_named (fix->dialog);
  ui_test_assert_reachable (GTK_WINDOW (fix->dialog));
  assert_export (fix, profile, CULVERT_EXPORT_DEFAULT);
  g_assert_null (strstr (card_text (fix->dialog, "Configuration File"), "very secret"));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "export-json");
  set_switch (fix->dialog, "Include the _Key", TRUE);
  app_test_wait (strstr (card_text (fix->dialog, "Configuration File"), "very secret") != NULL);
  assert_export (fix, profile, CULVERT_EXPORT_WITH_KEY);
  set_switch (fix->dialog, "For _kcptun Only", TRUE);
  assert_export (fix, profile, CULVERT_EXPORT_WITH_KEY | CULVERT_EXPORT_PLAIN);
  stack = ADW_VIEW_STACK (ui_test_find (fix->dialog, ADW_TYPE_VIEW_STACK));
  adw_view_stack_set_visible_child_name (stack, "command");
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "export-command");
  adw_view_stack_set_visible_child_name (stack, "qr");
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "export-qr");
  set_switch (fix->dialog, "Include the _Key", FALSE);
  assert_export (fix, profile, CULVERT_EXPORT_PLAIN);
}

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (culvert_export_save_finish (result, &error));
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
test_export_save (Fixture *fix, gconstpointer data)
{
  char *folder = app_test_new_folder ();
  g_autofree char *path = g_build_filename (folder, "office.json", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = NULL;
  g_autofree char *text = NULL;
  gboolean is_saved = FALSE;

  culvert_export_save_async (file, "{}", NULL, saved_cb, &is_saved);
  app_test_wait (is_saved);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "{}");
  info = g_file_query_info (file, "unix::mode", 0, NULL, NULL);
  g_assert_cmpuint (g_file_info_get_attribute_uint32 (info, "unix::mode") & 0777, ==, 0600);
  app_test_drop_folder (folder);
}

/* -- the other end ------------------------------------------------------------------------- */

static void
test_pair (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "vps.example:4000");
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  g_autoptr (CulvertProfile) peer = culvert_pair_mirror (profile, "127.0.0.1:22");
  g_autofree char *json = culvert_export_json (peer, CULVERT_EXPORT_WITH_KEY);
  g_autofree char *unit = culvert_pair_dup_unit (peer, NULL);

  show_dialog (fix, culvert_pair_dialog_new (fix->hub, item));
  gtk_editable_set_text (GTK_EDITABLE (ui_test_find (fix->dialog, ADW_TYPE_ENTRY_ROW)),
                         "127.0.0.1:22");
  app_test_wait (strstr (card_text (fix->dialog, "Configuration"), "\"key\"") != NULL);
  g_assert_cmpstr (card_text (fix->dialog, "Configuration"), ==, json);
  g_assert_cmpstr (card_text (fix->dialog, "Service (systemd)"), ==, unit);
  g_assert_nonnull (strstr (card_text (fix->dialog, "Firewall (ufw)"), "4000"));
  ui_test_assert_named (fix->dialog);
  ui_test_assert_reachable (GTK_WINDOW (fix->dialog));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "pair");
}

/* The key the whole world knows is replaced, when the person says so. */
static void
test_pair_key (Fixture *fix, gconstpointer data)
{
  CulvertHubItem *item = ui_test_add_client (fix->hub, "Office", "vps.example:4000");
  CulvertProfile *profile = culvert_hub_item_get_profile (item);

  culvert_profile_set_key (profile, NULL);
  show_dialog (fix, culvert_pair_dialog_new (fix->hub, item));
  app_test_wait (ui_test_find_text (fix->dialog, GTK_TYPE_BUTTON, "_Save in the Profile") != NULL);
  g_assert_null (culvert_profile_peek_key (profile));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "pair-key");
  click (fix, "_Save in the Profile");
  g_assert_cmpuint (strlen (culvert_profile_peek_key (profile)), ==, 43);
  g_assert_nonnull (strstr (card_text (fix->dialog, "Configuration"),
                            culvert_profile_peek_key (profile)));
}

/* A client opens no port. */
static void
test_pair_server (Fixture *fix, gconstpointer data)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_SERVER, "Server");
  CulvertHubItem *item;

  culvert_profile_set_key (profile, KEY);
  item = culvert_hub_add_profile (fix->hub, profile);
  show_dialog (fix, culvert_pair_dialog_new (fix->hub, item));
  gtk_editable_set_text (GTK_EDITABLE (ui_test_find (fix->dialog, ADW_TYPE_ENTRY_ROW)),
                         "vps.example");
  g_assert_nonnull (strstr (card_text (fix->dialog, "Configuration"), "vps.example:29900"));
  g_assert_cmpstr (card_text (fix->dialog, "Firewall (nft)"), ==, "");
  app_test_wait (strstr (card_text (fix->dialog, "Configuration"), KEY) != NULL);
}

/* -- the application ----------------------------------------------------------------------- */

static void
test_preferences (Fixture *fix, gconstpointer data)
{
  GtkWidget *style, *keys;
  g_autofree char *value = NULL;

  g_settings_set_boolean (fix->settings, CULVERT_SETTINGS_EXPERT, FALSE);
  show_dialog (fix, culvert_preferences_window_new ());
  ui_test_assert_named (fix->dialog);
  ui_test_assert_reachable (GTK_WINDOW (fix->dialog));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "preferences");
  set_switch (fix->dialog, "Show Every _Setting", TRUE);
  g_assert_true (g_settings_get_boolean (fix->settings, CULVERT_SETTINGS_EXPERT));
  keys = ui_test_find_text (fix->dialog, ADW_TYPE_COMBO_ROW, "Keep Keys of _New Profiles in");
  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (keys)), ==, 1);
  adw_combo_row_set_selected (ADW_COMBO_ROW (keys), 0);
  value = g_settings_get_string (fix->settings, CULVERT_SETTINGS_KEY_STORE);
  g_assert_cmpstr (value, ==, "keyring");
  culvert_preferences_follow_style (fix->settings);
  style = ui_test_find_text (fix->dialog, ADW_TYPE_COMBO_ROW, "_Style");
  adw_combo_row_set_selected (ADW_COMBO_ROW (style), 2);
  g_assert_true (adw_style_manager_get_dark (adw_style_manager_get_default ()));
  adw_combo_row_set_selected (ADW_COMBO_ROW (style), 1);
  g_assert_false (adw_style_manager_get_dark (adw_style_manager_get_default ()));
  adw_combo_row_set_selected (ADW_COMBO_ROW (style), 0);
}

static void
test_autostart (Fixture *fix, gconstpointer data)
{
  show_dialog (fix, culvert_preferences_window_new ());
  set_switch (fix->dialog, "Start at _Login", TRUE);
  g_assert_true (culvert_autostart_get ());
  set_switch (fix->dialog, "Start at _Login", FALSE);
  g_assert_false (culvert_autostart_get ());
}

static void
test_about (Fixture *fix, gconstpointer data)
{
  g_autofree char *info = NULL;

  ui_test_add_client (fix->hub, "Office", "vps.example:4000");
  info = culvert_about_dup_debug_info (fix->hub);
  g_assert_nonnull (strstr (info, "Profiles: 1"));
  g_assert_null (strstr (info, "Office"));
  g_assert_null (strstr (info, "vps.example"));
  show_dialog (fix, culvert_about_new (fix->hub));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "about");
}

static void
test_shortcuts (Fixture *fix, gconstpointer data)
{
  g_autoptr (GtkBuilder) builder =
      gtk_builder_new_from_resource ("/io/github/culvert/Culvert/ui/culvert-shortcuts.ui");

  show_dialog (fix, gtk_builder_get_object (builder, "shortcuts"));
  ui_test_screenshot (GTK_WINDOW (fix->dialog), "shortcuts");
}

#define ADD(name, func) g_test_add ("/ui/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  ADD ("import/formats", test_import_formats);
  ADD ("import/link", test_import_link);
  ADD ("import/nothing", test_import_nothing);
  ADD ("import/lints", test_import_lints);
  ADD ("import/files", test_import_files);
  ADD ("export/texts", test_export);
  ADD ("export/save", test_export_save);
  ADD ("pair/client", test_pair);
  ADD ("pair/key", test_pair_key);
  ADD ("pair/server", test_pair_server);
  ADD ("preferences/settings", test_preferences);
  ADD ("preferences/autostart", test_autostart);
  ADD ("about", test_about);
  ADD ("shortcuts", test_shortcuts);
  return g_test_run ();
}

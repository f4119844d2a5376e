/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The Settings page: no setting is missing, each row edits its own, and nothing is lost. */

#include "config.h"

#include "culvert-extra-group.h"
#include "culvert-key-row.h"
#include "culvert-setting-row.h"
#include "culvert-setting-text.h"
#include "culvert-settings-page.h"
#include "ui-test.h"

#include <string.h>

typedef struct
{
  CulvertHub *hub;
  CulvertHubItem *item;
  CulvertSettingsPage *page;
  GtkWindow *window;
} Fixture;

static void
fixture_show (Fixture *fixture, CulvertProfile *profile, int width, int height)
{
  fixture->hub = ui_test_new_hub ();
  fixture->item = culvert_hub_add_profile (fixture->hub, profile);
  fixture->page = g_object_new (CULVERT_TYPE_SETTINGS_PAGE, "hub", fixture->hub, NULL);
  culvert_page_set_item (CULVERT_PAGE (fixture->page), fixture->item);
  fixture->window = ui_test_show (GTK_WIDGET (fixture->page), width, height);
}

static void
fixture_clear (Fixture *fixture)
{
  gtk_window_destroy (fixture->window);
  ui_test_drop_hub (fixture->hub);
}

static CulvertProfile *
new_client (void)
{
  CulvertProfile *profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "Office");

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, "127.0.0.1:0");
  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "127.0.0.1:29900");
  culvert_profile_set_key (profile, "correct horse battery staple");
  return profile;
}

static CulvertSettingRow *
get_row (Fixture *fixture, CulvertSettingId id)
{
  return CULVERT_SETTING_ROW (culvert_settings_page_get_row (fixture->page, id));
}

static CulvertProfile *
get_draft (Fixture *fixture)
{
  return culvert_draft_get_profile (culvert_settings_page_get_draft (fixture->page));
}

static void
type_into (Fixture *fixture, CulvertSettingId id, const char *text)
{
  gtk_editable_set_text (
      GTK_EDITABLE (culvert_setting_row_get_control (get_row (fixture, id))), text);
}

static GtkWidget *
find_id (GtkWidget *root, const char *id)
{
  if (g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (root)), id) == 0)
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_id (child, id);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* What the bar says; NULL while it is not there. */
static const char *
get_bar_text (Fixture *fixture)
{
  GtkWidget *bar = find_id (GTK_WIDGET (fixture->page), "bar");
  GtkWidget *button = NULL;

  if (!gtk_revealer_get_reveal_child (GTK_REVEALER (bar)))
    return NULL;
  app_test_wait (gtk_revealer_get_child_revealed (GTK_REVEALER (bar)));
  button = ui_test_find_text (bar, GTK_TYPE_BUTTON, "_Discard");
  g_assert_nonnull (button);
  return gtk_label_get_text (GTK_LABEL (gtk_widget_get_prev_sibling (button)));
}

/* What stands in the JSON key's place of the row in the end. */
static void
set_control (Fixture *fixture, const CulvertSetting *setting, GVariant *value)
{
  GtkWidget *control;

  if (setting->id == CULVERT_SETTING_KEY)
    {
      control = culvert_key_row_get_control (
          CULVERT_KEY_ROW (culvert_settings_page_get_row (fixture->page, setting->id)));
      gtk_editable_set_text (GTK_EDITABLE (control), g_variant_get_string (value, NULL));
      return;
    }
  control = culvert_setting_row_get_control (get_row (fixture, setting->id));
  if (GTK_IS_SWITCH (control))
    gtk_switch_set_active (GTK_SWITCH (control), g_variant_get_boolean (value));
  else if (GTK_IS_DROP_DOWN (control) && setting->type == CULVERT_SETTING_TYPE_INT)
    gtk_drop_down_set_selected (GTK_DROP_DOWN (control),
                                (guint) (g_variant_get_int64 (value) - setting->min));
  else if (GTK_IS_DROP_DOWN (control))
    {
      guint i = 0;

      while (g_strcmp0 (culvert_setting_get_word (setting, i), g_variant_get_string (value, NULL)))
        i++;
      gtk_drop_down_set_selected (GTK_DROP_DOWN (control), i);
    }
  else
    {
      g_autofree char *text = setting->type == CULVERT_SETTING_TYPE_INT
                                  ? g_strdup_printf ("%" G_GINT64_FORMAT,
                                                     g_variant_get_int64 (value))
                                  : g_variant_dup_string (value, NULL);

      gtk_editable_set_text (GTK_EDITABLE (control), text);
    }
}

/* -- nothing is missing ----------------------------------------------------------------------- */

static void
test_settings_complete (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  fixture_show (&fixture, profile, 800, 600);
  for (guint i = 0; i < n; i++)
    {
      GtkWidget *row = culvert_settings_page_get_row (fixture.page, i);

      g_test_message ("%s", settings[i].key);
      g_assert_nonnull (row);
      g_assert_nonnull (gtk_widget_get_ancestor (row, CULVERT_TYPE_SETTINGS_PAGE));
      g_assert_true (culvert_setting_text_is_complete (i));
      g_assert_cmpstr (settings[i].key, !=, "");
      g_assert_cmpstr (settings[i].help, !=, "");
      if (settings[i].unit[0] != '\0')
        g_assert_cmpstr (culvert_setting_text_get_unit (&settings[i]), !=, "");
      for (guint k = 0; k < i; k++)
        g_assert_cmpstr (culvert_setting_text_get_title (i), !=,
                         culvert_setting_text_get_title (k));
    }
  fixture_clear (&fixture);
}

static void
assert_starred (GtkWidget *row, gboolean is_starred)
{
  GtkWidget *star = ui_test_find (row, GTK_TYPE_IMAGE);

  g_assert_nonnull (star);
  g_assert_cmpint (gtk_widget_get_visible (star), ==, is_starred);
  if (is_starred)
    gtk_test_accessible_assert_property (GTK_ACCESSIBLE (star), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                         "Must be the same at both ends");
}

static void
test_settings_named (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  fixture_show (&fixture, profile, 800, 600);
  for (guint i = 0; i < n; i++)
    assert_starred (culvert_settings_page_get_row (fixture.page, i),
                    (settings[i].attrs & CULVERT_SETTING_ATTR_MUST_MATCH) != 0);
  ui_test_assert_named (GTK_WIDGET (fixture.page));
  fixture_clear (&fixture);
}

static void
test_settings_expert (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);
  guint expert = CULVERT_SETTING_ATTR_HIDDEN | CULVERT_SETTING_ATTR_PROCESS;

  fixture_show (&fixture, profile, 800, 600);
  for (guint pass = 0; pass < 2; pass++)
    {
      for (guint i = 0; i < n; i++)
        g_assert_cmpint (
            gtk_widget_get_visible (culvert_settings_page_get_row (fixture.page, i)), ==,
            (settings[i].roles & CULVERT_ROLE_CLIENT) != 0
                && (pass == 1 || (settings[i].attrs & expert) == 0));
      g_object_set (fixture.page, "expert", TRUE, NULL);
    }
  g_object_set (fixture.page, "expert", FALSE, NULL);
  /* Its timers come with the mode. */
  culvert_profile_set_string (get_draft (&fixture), CULVERT_SETTING_MODE, "manual");
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (get_row (&fixture, CULVERT_SETTING_NC))));
  fixture_clear (&fixture);
}

static void
test_settings_search (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  GtkWidget *search;

  fixture_show (&fixture, profile, 800, 600);
  search = ui_test_find (GTK_WIDGET (fixture.page), GTK_TYPE_SEARCH_ENTRY);
  gtk_editable_set_text (GTK_EDITABLE (search), "SNDWND");
  app_test_wait (!gtk_widget_get_visible (GTK_WIDGET (get_row (&fixture, CULVERT_SETTING_MTU))));
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (get_row (&fixture, CULVERT_SETTING_SNDWND))));
  gtk_editable_set_text (GTK_EDITABLE (search), "there is no such thing");
  app_test_wait (ui_test_find_text (GTK_WIDGET (fixture.page), ADW_TYPE_STATUS_PAGE,
                                    "No Setting Found")
                 != NULL);
  culvert_settings_page_show_row (fixture.page, CULVERT_SETTING_SNMPPERIOD);
  g_assert_true (
      gtk_widget_get_visible (GTK_WIDGET (get_row (&fixture, CULVERT_SETTING_SNMPPERIOD))));
  fixture_clear (&fixture);
}

/* -- round trips ------------------------------------------------------------------------ */

static void
test_settings_unchanged (gconstpointer data)
{
  CulvertRole role = GPOINTER_TO_UINT (data);
  g_autoptr (CulvertProfile) full = app_test_new_full_profile (role);
  g_autoptr (CulvertProfile) profile = culvert_profile_dup (full);
  g_autoptr (GError) error = NULL;
  Fixture fixture;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  fixture_show (&fixture, profile, 800, 600);
  g_object_set (fixture.page, "expert", TRUE, NULL);
  g_assert_false (culvert_draft_is_edited (culvert_settings_page_get_draft (fixture.page)));
  for (guint i = 0; i < n; i++)
    if ((settings[i].roles & role) != 0 && i != CULVERT_SETTING_KEY)
      {
        g_autoptr (GVariant) value = g_variant_lookup_value (
            culvert_profile_peek_settings (full), settings[i].key, NULL);
        g_autoptr (GVariant) other = NULL;

        /* Away and back again. */
        culvert_profile_set_setting (get_draft (&fixture), i, NULL);
        set_control (&fixture, &settings[i], value);
      }
  g_assert_null (get_bar_text (&fixture));
  (void) culvert_draft_apply (culvert_settings_page_get_draft (fixture.page), &error);
  g_assert_no_error (error);
  g_assert_true (culvert_profile_equal (culvert_hub_item_get_profile (fixture.item), full));
  fixture_clear (&fixture);
}

static void
test_settings_edits (gconstpointer data)
{
  CulvertRole role = GPOINTER_TO_UINT (data);
  g_autoptr (CulvertProfile) profile = culvert_profile_new (role, "Edit");
  g_autoptr (CulvertProfile) full = app_test_new_full_profile (role);
  g_autoptr (GError) error = NULL;
  Fixture fixture;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  fixture_show (&fixture, profile, 800, 600);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GVariant) got = NULL;

      if ((settings[i].roles & role) == 0)
        continue;
      value = g_variant_ref_sink (i == CULVERT_SETTING_KEY
                                      ? g_variant_new_string (culvert_profile_peek_key (full))
                                      : app_test_new_value (&settings[i], role));
      g_test_message ("%s", settings[i].key);
      set_control (&fixture, &settings[i], value);
      if (i == CULVERT_SETTING_KEY)
        continue;
      got = g_variant_lookup_value (culvert_profile_peek_settings (get_draft (&fixture)),
                                    settings[i].key, NULL);
      g_assert_nonnull (got);
      g_assert_true (g_variant_equal (got, value));
      /* Nobody else's. */
      g_assert_cmpint (gtk_widget_get_visible (GTK_WIDGET (get_row (&fixture, i))), ==, TRUE);
      g_object_set (fixture.page, "expert", TRUE, NULL);
    }
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.apply", NULL);
  culvert_profile_set_name (full, "Edit");
  g_assert_true (culvert_profile_equal (culvert_hub_item_get_profile (fixture.item), full));
  g_assert_null (get_bar_text (&fixture));
  fixture_clear (&fixture);
}

/* -- editing ---------------------------------------------------------------------------- */

static void
test_settings_validates (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  CulvertSettingRow *row;

  fixture_show (&fixture, profile, 800, 600);
  row = get_row (&fixture, CULVERT_SETTING_CONN);
  type_into (&fixture, CULVERT_SETTING_CONN, "70000");
  g_assert_cmpstr (culvert_setting_row_get_error (row), ==,
                   "70000 is not allowed; use 1 to 65535");
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (row), "error"));
  g_assert_cmpstr (get_bar_text (&fixture), ==, "Please mend “Sessions” first");
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.apply", NULL);
  g_assert_cmpint (culvert_profile_get_int (culvert_hub_item_get_profile (fixture.item),
                                            CULVERT_SETTING_CONN), ==, 1);
  type_into (&fixture, CULVERT_SETTING_CONN, "many");
  g_assert_cmpstr (culvert_setting_row_get_error (row), ==, "This is not a whole number");
  g_assert_nonnull (get_bar_text (&fixture));
  /* A second mistake does not hide the first one. */
  type_into (&fixture, CULVERT_SETTING_LOCALADDR, "127.0.0.1:99999");
  g_assert_nonnull (culvert_setting_row_get_error (get_row (&fixture, CULVERT_SETTING_LOCALADDR)));
  g_assert_nonnull (culvert_setting_row_get_error (row));
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.discard", NULL);
  g_assert_null (culvert_setting_row_get_error (row));
  g_assert_null (get_bar_text (&fixture));
  type_into (&fixture, CULVERT_SETTING_SMUXBUF, "8 MiB");
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_SMUXBUF), ==,
                   8 << 20);
  g_assert_null (culvert_setting_row_get_error (get_row (&fixture, CULVERT_SETTING_SMUXBUF)));
  fixture_clear (&fixture);
}

static void
test_settings_default (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  GtkWidget *row, *reset;

  fixture_show (&fixture, profile, 800, 600);
  row = GTK_WIDGET (get_row (&fixture, CULVERT_SETTING_RCVWND));
  g_assert_cmpstr (gtk_entry_get_placeholder_text (GTK_ENTRY (
                       culvert_setting_row_get_control (CULVERT_SETTING_ROW (row)))), ==, "512");
  type_into (&fixture, CULVERT_SETTING_RCVWND, "2048");
  reset = ui_test_find_text (row, GTK_TYPE_BUTTON, "Back to the Default: 512");
  g_assert_nonnull (reset);
  g_assert_true (gtk_widget_get_visible (reset));
  g_signal_emit_by_name (reset, "clicked");
  g_assert_false (gtk_widget_get_visible (reset));
  g_assert_false (culvert_profile_is_given (get_draft (&fixture), CULVERT_SETTING_RCVWND));
  g_assert_null (get_bar_text (&fixture));
  fixture_clear (&fixture);
}

static void
test_settings_discard_undo (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;

  fixture_show (&fixture, profile, 800, 600);
  type_into (&fixture, CULVERT_SETTING_MTU, "1200");
  g_assert_cmpstr (get_bar_text (&fixture), ==, "Takes effect at the next connection");
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.discard", NULL);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_MTU), ==, 1350);
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.undo", NULL);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_MTU), ==, 1200);
  fixture_clear (&fixture);
}

/* Drafts wait while another profile is shown. */
static void
test_settings_keeps_draft (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  CulvertHubItem *other;

  fixture_show (&fixture, profile, 800, 600);
  other = ui_test_add_client (fixture.hub, "Home", "127.0.0.1:29901");
  type_into (&fixture, CULVERT_SETTING_MTU, "1200");
  culvert_page_set_item (CULVERT_PAGE (fixture.page), other);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_MTU), ==, 1350);
  g_assert_null (get_bar_text (&fixture));
  culvert_page_set_item (CULVERT_PAGE (fixture.page), fixture.item);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_MTU), ==, 1200);
  g_assert_nonnull (get_bar_text (&fixture));
  fixture_clear (&fixture);
}

static void
test_settings_outside (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  CulvertProfile *saved;

  fixture_show (&fixture, profile, 800, 600);
  saved = culvert_hub_item_get_profile (fixture.item);
  type_into (&fixture, CULVERT_SETTING_MTU, "1200");
  /* Elsewhere: one that is not edited here, and one that is. */
  culvert_profile_set_int (saved, CULVERT_SETTING_SNDWND, 300);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_SNDWND), ==, 300);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_MTU), ==, 1200);
  culvert_profile_set_int (saved, CULVERT_SETTING_MTU, 1000);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_MTU), ==, 1200);
  app_test_wait (ui_test_find_text (GTK_WIDGET (fixture.page), GTK_TYPE_LABEL,
                                    "Changed elsewhere, too: Packet Size")
                 != NULL);
  ui_test_screenshot (fixture.window, "settings-conflict");
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.take-theirs", NULL);
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_MTU), ==, 1000);
  g_assert_null (get_bar_text (&fixture));
  fixture_clear (&fixture);
}

static void
test_settings_lint (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  GtkWidget *fix;

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, ":12948");
  fixture_show (&fixture, profile, 800, 600);
  fix = ui_test_find_text (GTK_WIDGET (fixture.page), GTK_TYPE_BUTTON, "_Only This Computer");
  g_assert_nonnull (fix);
  g_signal_emit_by_name (fix, "clicked");
  g_assert_cmpstr (culvert_profile_get_string (get_draft (&fixture), CULVERT_SETTING_LOCALADDR), ==,
                   "127.0.0.1:12948");
  g_assert_cmpstr (culvert_profile_get_string (culvert_hub_item_get_profile (fixture.item),
                                               CULVERT_SETTING_LOCALADDR), ==, ":12948");
  fixture_clear (&fixture);
}

static void
test_settings_preset (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  GtkWidget *expander, *take;

  fixture_show (&fixture, profile, 800, 900);
  expander = ui_test_find (GTK_WIDGET (fixture.page), ADW_TYPE_EXPANDER_ROW);
  adw_expander_row_set_expanded (ADW_EXPANDER_ROW (expander), TRUE);
  app_test_wait ((take = ui_test_find_text (expander, GTK_TYPE_BUTTON, "_Use These")) != NULL);
  ui_test_screenshot (fixture.window, "settings-preset");
  g_signal_emit_by_name (take, "clicked");
  g_assert_cmpint (culvert_profile_get_int (get_draft (&fixture), CULVERT_SETTING_RCVWND), >, 512);
  g_assert_false (gtk_widget_get_sensitive (take));
  /* The peer is set up already. */
  g_assert_false (culvert_profile_is_given (get_draft (&fixture), CULVERT_SETTING_NOCOMP));
  fixture_clear (&fixture);
}

/* -- keys nobody knows, and the one nobody may know ------------------------------------- */

static GtkWidget *
find_entry_row (Fixture *fixture, const char *title)
{
  GtkWidget *group = ui_test_find (GTK_WIDGET (fixture->page), CULVERT_TYPE_EXTRA_GROUP);

  return ui_test_find_text (group, ADW_TYPE_ENTRY_ROW, title);
}

static void
test_settings_extras (void)
{
  static const char text[] =
      "{\"localaddr\": \"127.0.0.1:0\", \"remoteaddr\": \"127.0.0.1:1\", \"key\": \"k\","
      " \"x-list\": [1, 2.5, \"three\", null, {\"four\": true}], \"x-name\": \"a \\\"b\\\"\"}";
  g_autoptr (CulvertProfile) profile =
      culvert_profile_new_from_json (text, strlen (text), "extras", NULL);
  g_autoptr (CulvertProfile) before = culvert_profile_dup (profile);
  g_autoptr (GVariant) value = NULL;
  GtkWidget *row;
  Fixture fixture;

  fixture_show (&fixture, profile, 800, 600);
  g_object_set (fixture.page, "expert", TRUE, NULL);
  row = find_entry_row (&fixture, "x-list");
  g_assert_nonnull (row);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (row)), ==,
                   "[1,2.5,\"three\",null,{\"four\":true}]");
  /* The same again is no change. */
  g_signal_emit_by_name (row, "apply");
  g_assert_true (culvert_profile_equal (get_draft (&fixture), before));
  gtk_editable_set_text (GTK_EDITABLE (row), "[1,");
  g_signal_emit_by_name (row, "apply");
  g_assert_true (gtk_widget_has_css_class (row, "error"));
  g_assert_true (culvert_profile_equal (get_draft (&fixture), before));
  row = find_entry_row (&fixture, "Add “key: value”");
  gtk_editable_set_text (GTK_EDITABLE (row), "\"x-new\": 7");
  g_signal_emit_by_name (row, "apply");
  value = g_variant_lookup_value (culvert_profile_peek_settings (get_draft (&fixture)), "x-new",
                                  NULL);
  g_assert_nonnull (value);
  g_assert_cmpint (g_variant_get_int64 (value), ==, 7);
  g_assert_nonnull (find_entry_row (&fixture, "x-new"));
  /* A setting has its own row. */
  gtk_editable_set_text (GTK_EDITABLE (row), "mtu: 7");
  g_signal_emit_by_name (row, "apply");
  g_assert_true (gtk_widget_has_css_class (row, "error"));
  fixture_clear (&fixture);
}

static void
test_settings_key (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;
  GtkWidget *row, *entry, *reveal, *generate;

  fixture_show (&fixture, profile, 800, 600);
  row = culvert_settings_page_get_row (fixture.page, CULVERT_SETTING_KEY);
  entry = culvert_key_row_get_control (CULVERT_KEY_ROW (row));
  reveal = ui_test_find_text (row, GTK_TYPE_TOGGLE_BUTTON, "Show the Key");
  generate = ui_test_find_text (row, GTK_TYPE_BUTTON, "Generate a Key");
  g_assert_false (gtk_entry_get_visibility (GTK_ENTRY (entry)));
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (reveal), TRUE);
  app_test_wait (gtk_entry_get_visibility (GTK_ENTRY (entry)));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==,
                   "correct horse battery staple");
  g_assert_false (culvert_draft_is_edited (culvert_settings_page_get_draft (fixture.page)));
  g_signal_emit_by_name (generate, "clicked");
  g_assert_cmpuint (strlen (culvert_profile_peek_key (get_draft (&fixture))), ==, 43);
  g_assert_nonnull (get_bar_text (&fixture));
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.apply", NULL);
  g_assert_cmpuint (
      strlen (culvert_profile_peek_key (culvert_hub_item_get_profile (fixture.item))), ==, 43);
  g_assert_false (gtk_entry_get_visibility (GTK_ENTRY (entry)));
  fixture_clear (&fixture);
}

/* -- a running tunnel ------------------------------------------------------------------- */

static void
test_settings_running (void)
{
  g_autoptr (CulvertProfile) profile = new_client ();
  Fixture fixture;

  fixture_show (&fixture, profile, 800, 600);
  culvert_hub_connect (fixture.hub, fixture.item);
  app_test_wait (culvert_hub_item_get_phase (fixture.item) == CULVERT_PHASE_WAITING);
  type_into (&fixture, CULVERT_SETTING_RATELIMIT, "1000000");
  g_assert_cmpstr (get_bar_text (&fixture), ==, "Applies at once, nothing is dropped");
  type_into (&fixture, CULVERT_SETTING_MTU, "1200");
  g_assert_cmpstr (get_bar_text (&fixture), ==, "Restarts the connection; no stream is open");
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "settings.apply", NULL);
  app_test_wait (culvert_hub_item_get_tunnel (fixture.item) != NULL
                 && culvert_config_get_int (
                        culvert_tunnel_get_config (culvert_hub_item_get_tunnel (fixture.item)),
                        CULVERT_SETTING_MTU)
                        == 1200
                 && culvert_hub_item_get_phase (fixture.item) == CULVERT_PHASE_WAITING);
  fixture_clear (&fixture);
}

/* -- pictures --------------------------------------------------------------------------- */

static void
scroll_to (Fixture *fixture, double share)
{
  GtkWidget *scroller = ui_test_find (GTK_WIDGET (fixture->page), GTK_TYPE_SCROLLED_WINDOW);
  GtkAdjustment *adjustment =
      gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scroller));
  double range =
      gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment);

  gtk_adjustment_set_value (adjustment, range * share);
}

static void
test_settings_pictures (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "Office");
  static const int widths[] = { 820, 360 };
  Fixture fixture;

  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "vpn.example.org:29900");
  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      g_autoptr (CulvertProfile) copy = culvert_profile_dup (profile);
      const char *size = i == 0 ? "wide" : "narrow";

      fixture_show (&fixture, copy, widths[i], 900);
      g_object_set (fixture.page, "expert", TRUE, NULL);
      type_into (&fixture, CULVERT_SETTING_SNDWND, "2048");
      type_into (&fixture, CULVERT_SETTING_MTU, "1700");
      type_into (&fixture, CULVERT_SETTING_DSCP, "99");
      for (guint k = 0; k < 5; k++)
        {
          g_autofree char *name = g_strdup_printf ("settings-%s-%u", size, k);

          (void) get_bar_text (&fixture);
          scroll_to (&fixture, k / 4.0);
          ui_test_screenshot (fixture.window, name);
        }
      g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (fixture.page)), <=, widths[i]);
      fixture_clear (&fixture);
    }
}

int
main (int argc, char **argv)
{
  gpointer client = GUINT_TO_POINTER (CULVERT_ROLE_CLIENT);
  gpointer server = GUINT_TO_POINTER (CULVERT_ROLE_SERVER);

  ui_test_init (&argc, &argv);
  g_test_add_func ("/ui/settings/complete", test_settings_complete);
  g_test_add_func ("/ui/settings/named", test_settings_named);
  g_test_add_func ("/ui/settings/expert", test_settings_expert);
  g_test_add_func ("/ui/settings/search", test_settings_search);
  g_test_add_data_func ("/ui/settings/unchanged/client", client, test_settings_unchanged);
  g_test_add_data_func ("/ui/settings/unchanged/server", server, test_settings_unchanged);
  g_test_add_data_func ("/ui/settings/edits/client", client, test_settings_edits);
  g_test_add_data_func ("/ui/settings/edits/server", server, test_settings_edits);
  g_test_add_func ("/ui/settings/validates", test_settings_validates);
  g_test_add_func ("/ui/settings/default", test_settings_default);
  g_test_add_func ("/ui/settings/discard-undo", test_settings_discard_undo);
  g_test_add_func ("/ui/settings/keeps-draft", test_settings_keeps_draft);
  g_test_add_func ("/ui/settings/outside", test_settings_outside);
  g_test_add_func ("/ui/settings/lint", test_settings_lint);
  g_test_add_func ("/ui/settings/preset", test_settings_preset);
  g_test_add_func ("/ui/settings/extras", test_settings_extras);
  g_test_add_func ("/ui/settings/key", test_settings_key);
  g_test_add_func ("/ui/settings/running", test_settings_running);
  g_test_add_func ("/ui/settings/pictures", test_settings_pictures);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Settings of the application: every key the code names is in the schema, and a missing schema
 * ends nothing. */

#include "config.h"

#include "culvert-settings.h"

#include <string.h>

static const struct
{
  const char *key;
  const char *type;
} keys[] = {
  { CULVERT_SETTINGS_WINDOW_WIDTH, "i" },  { CULVERT_SETTINGS_WINDOW_HEIGHT, "i" },
  { CULVERT_SETTINGS_IS_MAXIMIZED, "b" },  { CULVERT_SETTINGS_LAST_PROFILE, "s" },
  { CULVERT_SETTINGS_CLOSE_TO_TRAY, "b" }, { CULVERT_SETTINGS_NOTIFY, "b" },
  { CULVERT_SETTINGS_COLOR_SCHEME, "s" },  { CULVERT_SETTINGS_EXPERT, "b" },
  { CULVERT_SETTINGS_CHART_RANGE, "s" },   { CULVERT_SETTINGS_KEY_STORE, "s" },
};

static void
test_keys (void)
{
  g_autoptr (GSettings) settings = culvert_settings_new ();
  g_autoptr (GSettingsSchema) schema = NULL;
  g_auto (GStrv) names = NULL;

  g_assert_nonnull (settings);
  g_object_get (settings, "settings-schema", &schema, NULL);
  names = g_settings_schema_list_keys (schema);
  g_assert_cmpuint (g_strv_length (names), ==, G_N_ELEMENTS (keys));
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GVariant) value = g_settings_get_value (settings, keys[i].key);

      g_assert_cmpstr (g_variant_get_type_string (value), ==, keys[i].type);
    }
}

static void
test_shared (void)
{
  g_autoptr (GSettings) one = culvert_settings_new ();
  g_autoptr (GSettings) other = culvert_settings_new ();

  g_assert_true (culvert_settings_get_bool (other, CULVERT_SETTINGS_NOTIFY, FALSE));
  g_assert_true (g_settings_set_boolean (one, CULVERT_SETTINGS_NOTIFY, FALSE));
  g_assert_false (culvert_settings_get_bool (other, CULVERT_SETTINGS_NOTIFY, TRUE));
}

/* In a process that finds no schema anywhere. */
static void
test_absent (void)
{
  if (g_test_subprocess ())
    {
      g_assert_null (culvert_settings_new ());
      g_assert_true (culvert_settings_get_bool (NULL, CULVERT_SETTINGS_NOTIFY, TRUE));
      g_assert_false (culvert_settings_get_bool (NULL, CULVERT_SETTINGS_EXPERT, FALSE));
      return;
    }
  g_unsetenv ("GSETTINGS_SCHEMA_DIR");
  g_setenv ("XDG_DATA_DIRS", "/nonexistent", TRUE);
  g_setenv ("XDG_DATA_HOME", "/nonexistent", TRUE);
  g_test_trap_subprocess (NULL, 10 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/keys", test_keys);
  g_test_add_func ("/settings/shared", test_shared);
  if (!g_file_test (CULVERT_SCHEMA_DIR "/gschemas.compiled", G_FILE_TEST_EXISTS)
      || g_test_subprocess ())
    g_test_add_func ("/settings/absent", test_absent);
  return g_test_run ();
}

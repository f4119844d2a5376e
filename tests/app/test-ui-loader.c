/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "app-test.h"
#include "culvert-ui-loader-private.h"

#include <string.h>

static void
assert_refused (const char *path, int code, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (culvert_ui_loader_open (path, &error));
  g_assert_error (error, CULVERT_UI_ERROR, code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;
  const CulvertUiModule *module = culvert_ui_loader_open (g_getenv ("FAKE_UI_GOOD"), &error);
  char *folder = app_test_new_folder ();
  g_autoptr (CulvertHub) hub = culvert_hub_new (folder, 1, 0);

  g_assert_no_error (error);
  g_assert_true (module->present (hub, NULL, NULL, &error));
  /* Both sides have the same types. */
  g_assert_true (culvert_hub_is_busy (hub));
  g_assert_true (culvert_ui_loader_open (g_getenv ("FAKE_UI_GOOD"), &error) == module);
  app_test_drop_folder (folder);
}

static void
test_wrong (void)
{
  g_autofree char *text = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "meson.build", NULL);

  assert_refused (g_getenv ("FAKE_UI_OLD"), CULVERT_UI_ERROR_VERSION, "another version");
  assert_refused (g_getenv ("FAKE_UI_OTHER"), CULVERT_UI_ERROR_BROKEN, CULVERT_UI_SYMBOL);
  assert_refused (text, CULVERT_UI_ERROR_BROKEN, "cannot be loaded");
  assert_refused ("/nonexistent/libculvert-ui.so", CULVERT_UI_ERROR_ABSENT, "culvert-desktop");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ui-loader/good", test_good);
  g_test_add_func ("/ui-loader/wrong", test_wrong);
  return g_test_run ();
}

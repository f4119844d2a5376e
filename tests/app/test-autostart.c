/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Start at login: the file that is written, and those that others have changed. */

#include "config.h"

#include "app-test.h"
#include "culvert-autostart.h"
#include "culvert-hub.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
dup_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "autostart", CULVERT_APPLICATION_ID ".desktop",
                           NULL);
}

static void
test_on_off (void)
{
  g_autofree char *path = dup_path ();
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (culvert_autostart_get ());
  g_assert_true (culvert_autostart_set (FALSE, &error));
  g_assert_true (culvert_autostart_set (TRUE, &error));
  g_assert_no_error (error);
  g_assert_true (culvert_autostart_get ());
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "/culvert\" --background\n"));
  g_assert_true (culvert_autostart_set (FALSE, &error));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (culvert_autostart_get ());
}

/* The settings of a desktop do not delete the file. */
static void
test_switched_off_outside (void)
{
  static const char *const lines[] = { "Hidden=true", "X-GNOME-Autostart-enabled=false" };
  g_autofree char *path = dup_path ();

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *text = g_strdup_printf ("[Desktop Entry]\nType=Application\n%s\n", lines[i]);

      g_assert_true (culvert_autostart_set (TRUE, NULL));
      g_assert_true (g_file_set_contents (path, text, -1, NULL));
      g_assert_false (culvert_autostart_get ());
      g_assert_true (culvert_autostart_set (TRUE, NULL));
      g_assert_true (culvert_autostart_get ());
    }
  g_assert_true (culvert_autostart_set (FALSE, NULL));
}

static void
test_fails (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_config_dir (), "autostart", NULL);
  g_autoptr (GError) error = NULL;

  (void) g_rmdir (folder);
  g_assert_true (g_file_set_contents (folder, "", -1, NULL));
  g_assert_false (culvert_autostart_set (TRUE, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "autostart"));
  g_assert_false (culvert_autostart_get ());
}

int
main (int argc, char **argv)
{
  char *folder = app_test_new_folder ();
  int status;

  g_test_init (&argc, &argv, NULL);
  g_setenv ("XDG_CONFIG_HOME", folder, TRUE);
  g_test_add_func ("/autostart/on-off", test_on_off);
  g_test_add_func ("/autostart/switched-off-outside", test_switched_off_outside);
  g_test_add_func ("/autostart/fails", test_fails);
  status = g_test_run ();
  app_test_drop_folder (folder);
  return status;
}

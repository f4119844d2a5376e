/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-window.h"
#include "ui-test.h"

static void
test_window_instantiates (void)
{
  CulvertHub *hub = ui_test_new_hub ();
  AdwApplication *host = adw_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  CulvertHubItem *item = ui_test_add_client (hub, "Office", "127.0.0.1:29900");
  CulvertWindow *window;

  g_assert_true (g_application_register (G_APPLICATION (host), NULL, NULL));
  window = culvert_window_new (GTK_APPLICATION (host), hub);
  culvert_window_select (window, culvert_profile_get_uuid (culvert_hub_item_get_profile (item)));
  gtk_window_present (GTK_WINDOW (window));
  app_test_wait (gtk_widget_get_mapped (GTK_WIDGET (window)));
  ui_test_assert_named (GTK_WIDGET (window));
  ui_test_screenshot (GTK_WINDOW (window), "window");
  gtk_window_destroy (GTK_WINDOW (window));
  g_object_unref (host);
  ui_test_drop_hub (hub);
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  g_test_add_func ("/ui/window/instantiates", test_window_instantiates);
  return g_test_run ();
}

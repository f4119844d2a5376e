/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The module's face, as the application uses it: the same source, linked in. */

#include "config.h"

#include "culvert-settings.h"
#include "culvert-ui-loader.h"
#include "culvert-window.h"
#include "ui-test.h"

extern const CulvertUiModule culvert_ui_module;

static GtkWindow *
get_window (void)
{
  g_autoptr (GListModel) windows = g_object_ref (gtk_window_get_toplevels ());

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

      if (CULVERT_IS_WINDOW (window))
        return window;
    }
  return NULL;
}

static void
present (CulvertHub *hub, const char *uuid)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (culvert_ui_module.present (hub, uuid, NULL, &error));
  g_assert_no_error (error);
  app_test_wait (get_window () != NULL && gtk_widget_get_mapped (GTK_WIDGET (get_window ())));
}

/* The hub is held while there is a window, by it alone; tunnels outlive it; it comes back. */
static void
test_life (void)
{
  CulvertHub *hub = ui_test_new_hub ();
  CulvertHubItem *item = ui_test_add_client (hub, "Office", "127.0.0.1:9");

  g_assert_cmpuint (culvert_ui_module.interface, ==, CULVERT_UI_INTERFACE);
  g_assert_false (culvert_hub_is_busy (hub));
  for (guint i = 0; i < 2; i++)
    {
      present (hub, NULL);
      g_assert_true (culvert_hub_is_busy (hub));
      present (hub, NULL);
      gtk_window_close (get_window ());
      app_test_wait (get_window () == NULL);
      app_test_wait (!culvert_hub_is_busy (hub));
    }
  present (hub, NULL);
  culvert_hub_connect (hub, item);
  app_test_wait (culvert_hub_item_get_phase (item) == CULVERT_PHASE_WAITING);
  culvert_ui_module.close ();
  app_test_wait (get_window () == NULL);
  g_assert_cmpint (culvert_hub_item_get_phase (item), ==, CULVERT_PHASE_WAITING);
  g_assert_true (culvert_hub_is_busy (hub));
  culvert_hub_disconnect (hub, item);
  app_test_wait (!culvert_hub_is_busy (hub));
  ui_test_drop_hub (hub);
}

/* Size and profile are those of the window before. */
static void
test_remembers (void)
{
  CulvertHub *hub = ui_test_new_hub ();
  g_autoptr (GSettings) settings = culvert_settings_new ();
  g_autofree char *last = NULL;
  const char *uuid;
  int width, height;

  ui_test_add_client (hub, "Office", "127.0.0.1:9");
  uuid = culvert_profile_get_uuid (
      culvert_hub_item_get_profile (ui_test_add_client (hub, "Home", "127.0.0.1:9")));
  g_settings_set_int (settings, CULVERT_SETTINGS_WINDOW_WIDTH, 801);
  present (hub, uuid);
  gtk_window_get_default_size (get_window (), &width, &height);
  g_assert_cmpint (width, ==, 801);
  last = g_settings_get_string (settings, CULVERT_SETTINGS_LAST_PROFILE);
  g_assert_cmpstr (last, ==, uuid);
  gtk_window_set_default_size (get_window (), 777, 555);
  gtk_window_close (get_window ());
  app_test_wait (get_window () == NULL);
  g_assert_cmpint (g_settings_get_int (settings, CULVERT_SETTINGS_WINDOW_WIDTH), ==, 777);
  g_assert_cmpint (g_settings_get_int (settings, CULVERT_SETTINGS_WINDOW_HEIGHT), ==, 555);
  ui_test_drop_hub (hub);
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  g_test_add_func ("/ui/module/life", test_life);
  g_test_add_func ("/ui/module/remembers", test_remembers);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "ui-test.h"

#include <glib/gstdio.h>
#include <string.h>

void
ui_test_init (int *argc, char ***argv)
{
  gtk_test_init (argc, argv);
  adw_init ();
  /* A picture in the midst of a transition shows nothing. */
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
}

/* -- hub -------------------------------------------------------------------------------- */

CulvertHub *
ui_test_new_hub (void)
{
  char *folder = app_test_new_folder ();
  CulvertHub *hub = culvert_hub_new (folder, 1, 0);
  g_autoptr (GAsyncResult) result = NULL;

  culvert_hub_load_async (hub, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_load_finish (hub, result, NULL));
  g_object_set_data (G_OBJECT (hub), "ui-test-folder", folder);
  return hub;
}

void
ui_test_drop_hub (CulvertHub *hub)
{
  char *folder = g_object_steal_data (G_OBJECT (hub), "ui-test-folder");
  gpointer weak = hub;
  g_autoptr (GAsyncResult) result = NULL;

  culvert_hub_shutdown_async (hub, 100, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_shutdown_finish (hub, result, NULL));
  g_clear_object (&result);
  g_object_add_weak_pointer (G_OBJECT (hub), &weak);
  g_object_unref (hub);
  app_test_wait (weak == NULL);
  app_test_drop_folder (folder);
}

AdwApplication *
ui_test_get_host (void)
{
  static AdwApplication *host;
  g_autoptr (GError) error = NULL;

  if (host != NULL)
    return host;
  host = adw_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_application_set_resource_base_path (G_APPLICATION (host), "/io/github/culvert/Culvert/ui");
  g_application_register (G_APPLICATION (host), NULL, &error);
  g_assert_no_error (error);
  return host;
}

CulvertHubItem *
ui_test_add_client (CulvertHub *hub, const char *name, const char *remote)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, name);

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, "127.0.0.1:0");
  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, remote);
  culvert_profile_set_key (profile, "test");
  return culvert_hub_add_profile (hub, profile);
}

GIOStream *
ui_test_knock (CulvertHubItem *item)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  const char *const *endpoints =
      culvert_tunnel_get_local_endpoints (culvert_hub_item_get_tunnel (item));
  GSocketConnection *connection;

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, endpoints[0], 0, NULL, app_test_result_cb,
                                         &result);
  app_test_wait (result != NULL);
  connection = g_socket_client_connect_to_host_finish (client, result, &error);
  g_assert_no_error (error);
  return G_IO_STREAM (connection);
}

/* -- pictures ------------------------------------------------------------------------------ */

static gboolean
ui_test_is_idle (GtkWindow *window)
{
  return gtk_widget_get_mapped (GTK_WIDGET (window))
         && gtk_widget_get_width (GTK_WIDGET (window)) > 0;
}

GtkWindow *
ui_test_show (GtkWidget *child, int width, int height)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  gtk_window_set_child (GTK_WINDOW (window), child);
  gtk_window_present (GTK_WINDOW (window));
  app_test_wait (ui_test_is_idle (GTK_WINDOW (window)));
  ui_test_wait_drawn (GTK_WINDOW (window));
  return GTK_WINDOW (window);
}

void
ui_test_wait_drawn (GtkWindow *window)
{
  gtk_widget_queue_draw (GTK_WIDGET (window));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (window));
}

/* (transfer full). The paintable of a window is empty until it was drawn under it. */
static GdkTexture *
ui_test_render (GtkWindow *window)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (window));
  GskRenderer *renderer = gtk_native_get_renderer (GTK_NATIVE (window));
  GskRenderNode *node = NULL;
  GdkTexture *texture;
  int width, height;

  app_test_wait (ui_test_is_idle (window));
  ui_test_wait_drawn (window);
  do
    {
      GtkSnapshot *snapshot = gtk_snapshot_new ();

      ui_test_wait_drawn (window);
      width = gtk_widget_get_width (GTK_WIDGET (window));
      height = gtk_widget_get_height (GTK_WIDGET (window));
      gdk_paintable_snapshot (paintable, snapshot, width, height);
      node = gtk_snapshot_free_to_node (snapshot);
    }
  while (node == NULL);
  texture =
      gsk_renderer_render_texture (renderer, node, &GRAPHENE_RECT_INIT (0, 0, width, height));
  gsk_render_node_unref (node);
  return texture;
}

void
ui_test_screenshot (GtkWindow *window, const char *name)
{
  static const struct
  {
    AdwColorScheme scheme;
    const char *suffix;
  } styles[] = {
    { ADW_COLOR_SCHEME_FORCE_LIGHT, "light" },
    { ADW_COLOR_SCHEME_FORCE_DARK, "dark" },
  };
  const char *folder = g_getenv ("CULVERT_SCREENSHOTS");
  AdwStyleManager *manager = adw_style_manager_get_default ();

  if (folder == NULL)
    return;
  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (styles); i++)
    {
      g_autofree char *file = g_strdup_printf ("%s-%s.png", name, styles[i].suffix);
      g_autofree char *path = g_build_filename (folder, file, NULL);

      g_autoptr (GdkTexture) texture = NULL;

      adw_style_manager_set_color_scheme (manager, styles[i].scheme);
      texture = ui_test_render (window);
      g_assert_true (gdk_texture_save_to_png (texture, path));
    }
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_DEFAULT);
}

/* -- looking for widgets -------------------------------------------------------------------- */

GtkWidget *
ui_test_find (GtkWidget *root, GType type)
{
  if (g_type_is_a (G_OBJECT_TYPE (root), type))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = ui_test_find (child, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
ui_test_has_text (GtkWidget *widget, const char *text)
{
  static const char *const names[] = { "label", "title", "tooltip-text" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (widget), names[i]);
      g_autofree char *value = NULL;

      if (pspec == NULL || pspec->value_type != G_TYPE_STRING)
        continue;
      g_object_get (widget, names[i], &value, NULL);
      if (g_strcmp0 (value, text) == 0)
        return TRUE;
    }
  return FALSE;
}

GtkWidget *
ui_test_find_text (GtkWidget *root, GType type, const char *text)
{
  if (g_type_is_a (G_OBJECT_TYPE (root), type) && gtk_widget_get_mapped (root)
      && ui_test_has_text (root, text))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = ui_test_find_text (child, type, text);

      if (found != NULL)
        return found;
    }
  return NULL;
}

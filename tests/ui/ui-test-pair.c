/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "ui-test-pair.h"

#include "culvert-page.h"

#include <string.h>

static void
ui_test_spliced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  (void) g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, NULL);
  g_object_unref (user_data);
}

static gboolean
ui_test_incoming_cb (GSocketService *service, GSocketConnection *connection, GObject *source)
{
  GIOStream *stream = G_IO_STREAM (connection);

  g_output_stream_splice_async (g_io_stream_get_output_stream (stream),
                                g_io_stream_get_input_stream (stream),
                                G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT, NULL,
                                ui_test_spliced_cb, g_object_ref (connection));
  return FALSE;
}

void
ui_test_wait_phase (CulvertHubItem *item, CulvertPhase phase)
{
  app_test_wait (culvert_hub_item_get_phase (item) == phase);
}

void
ui_test_pair_init (UiTestPair *pair)
{
  g_autoptr (CulvertProfile) server = culvert_profile_new (CULVERT_ROLE_SERVER, "Home");
  g_autofree char *target = NULL;
  const char *const *endpoints;
  guint16 port;

  pair->hub = ui_test_new_hub ();
  pair->connections = g_ptr_array_new_with_free_func (g_object_unref);
  pair->echo = g_socket_service_new ();
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (pair->echo), NULL, NULL);
  g_assert_cmpuint (port, !=, 0);
  g_signal_connect (pair->echo, "incoming", G_CALLBACK (ui_test_incoming_cb), NULL);
  target = g_strdup_printf ("127.0.0.1:%u", port);
  culvert_profile_set_string (server, CULVERT_SETTING_LISTEN, "127.0.0.1:0");
  culvert_profile_set_string (server, CULVERT_SETTING_TARGET, target);
  culvert_profile_set_string (server, CULVERT_SETTING_CRYPT, "aes-128");
  culvert_profile_set_key (server, "test");
  {
    g_autofree char *listen = app_test_dup_free_address ();

    culvert_profile_set_string (server, CULVERT_SETTING_LISTEN, listen);
  }
  pair->server = culvert_hub_add_profile (pair->hub, server);
  culvert_hub_connect (pair->hub, pair->server);
  ui_test_wait_phase (pair->server, CULVERT_PHASE_WAITING);
  endpoints = culvert_tunnel_get_local_endpoints (culvert_hub_item_get_tunnel (pair->server));
  pair->client = ui_test_add_client (pair->hub, "Office", endpoints[0]);
  culvert_profile_set_string (culvert_hub_item_get_profile (pair->client), CULVERT_SETTING_CRYPT,
                              "aes-128");
}

void
ui_test_pair_clear (UiTestPair *pair)
{
  g_ptr_array_unref (pair->connections);
  g_socket_service_stop (pair->echo);
  g_socket_listener_close (G_SOCKET_LISTENER (pair->echo));
  g_object_unref (pair->echo);
  ui_test_drop_hub (pair->hub);
}

void
ui_test_pair_connect (UiTestPair *pair)
{
  culvert_hub_connect (pair->hub, pair->client);
  ui_test_wait_phase (pair->client, CULVERT_PHASE_WAITING);
}

void
ui_test_pair_open_stream (UiTestPair *pair)
{
  static char back[16];
  GIOStream *stream = ui_test_knock (pair->client);
  g_autoptr (GAsyncResult) result = NULL;
  gsize n_read;

  g_ptr_array_add (pair->connections, stream);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (stream), "hello", 5,
                                            NULL, NULL, NULL));
  g_input_stream_read_all_async (g_io_stream_get_input_stream (stream), back, 5,
                                 G_PRIORITY_DEFAULT, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (g_input_stream_read_all_finish (g_io_stream_get_input_stream (stream), result,
                                                 &n_read, NULL));
  g_assert_cmpmem (back, n_read, "hello", 5);
}

GtkWindow *
ui_test_show_page (CulvertHub *hub, GType type, CulvertHubItem *item, int width, int height)
{
  GtkWidget *page = g_object_new (type, "hub", hub, "item", item, NULL);

  gtk_widget_insert_action_group (page, "hub", culvert_hub_get_actions (hub));
  return ui_test_show (page, width, height);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-http.h"

#include <string.h>

/* One request per connection: libsoup 3.2 never closes one that the client closed while it was
 * idle, and loses a descriptor each time (mended in 3.3, which Debian 12 does not have). */
static void
culvert_http_request_cb (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                "close");
}

/* A listening socket, since soup_server_get_uris would leak the address it asks for. */
static GSocket *
culvert_http_bind (GInetAddress *inet, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (inet, port);
  g_autoptr (GSocket) socket = g_socket_new (g_inet_address_get_family (inet), G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL || !g_socket_bind (socket, address, TRUE, error)
      || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static char *
culvert_http_dup_uri (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);
  g_autofree char *text = NULL;

  if (address == NULL)
    return g_strdup ("");
  text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  return g_strdup_printf ("http://%s/", text);
}

SoupServer *
culvert_http_listen (const char *host, guint16 port, char **out_uri, GError **error)
{
  static const char name[] = "culvert/" CULVERT_VERSION;
  g_autoptr (SoupServer) server = soup_server_new ("server-header", name, NULL);
  g_autoptr (GInetAddress) inet = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) cause = NULL;

  if (host[0] == '\0' || strcmp (host, "localhost") == 0)
    inet = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  else
    inet = g_inet_address_new_from_string (host);
  if (inet == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" is no numeric address",
                   host);
      return NULL;
    }
  socket = culvert_http_bind (inet, port, &cause);
  if (socket == NULL || !soup_server_listen_socket (server, socket, 0, &cause))
    {
      g_set_error (error, cause->domain, cause->code, "cannot listen on %s port %u: %s", host, port,
                   cause->message);
      return NULL;
    }
  g_signal_connect (server, "request-read", G_CALLBACK (culvert_http_request_cb), NULL);
  *out_uri = culvert_http_dup_uri (socket);
  return g_steal_pointer (&server);
}

gboolean
culvert_http_check_method (SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);

  if (method == SOUP_METHOD_GET || method == SOUP_METHOD_HEAD)
    return TRUE;
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                "GET, HEAD");
  soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
  return FALSE;
}

void
culvert_http_answer (SoupServerMessage *message, guint status, const char *type, char *text)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message),
                                "Cache-Control", "no-store");
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_TAKE, text, strlen (text));
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-http.h"

#include <string.h>

SoupServer *
culvert_http_listen (const char *host, guint16 port, char **out_uri, GError **error)
{
  static const char name[] = "culvert/" CULVERT_VERSION;
  g_autoptr (SoupServer) server = soup_server_new ("server-header", name, NULL);
  g_autoptr (GInetAddress) inet = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) cause = NULL;
  GSList *uris;

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
  address = g_inet_socket_address_new (inet, port);
  if (!soup_server_listen (server, address, 0, &cause))
    {
      g_set_error (error, cause->domain, cause->code, "cannot listen on %s port %u: %s", host, port,
                   cause->message);
      return NULL;
    }
  uris = soup_server_get_uris (server);
  *out_uri = uris != NULL ? g_uri_to_string (uris->data) : g_strdup ("");
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
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

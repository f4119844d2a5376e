/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-metrics.h"

#include "culvert-http.h"
#include "culvert-openmetrics.h"
#include "culvert-status.h"

#include <string.h>

struct _CulvertMetrics
{
  CulvertFleet *fleet;
  SoupServer *server;
  char *uri;
};

static void
culvert_metrics_text_cb (SoupServer *server,
                         SoupServerMessage *message,
                         const char *path,
                         GHashTable *query,
                         gpointer user_data)
{
  CulvertMetrics *self = user_data;

  if (culvert_http_check_method (message))
    culvert_http_answer (message, SOUP_STATUS_OK, CULVERT_OPENMETRICS_TYPE,
                         culvert_openmetrics_dup (self->fleet));
}

static void
culvert_metrics_json_cb (SoupServer *server,
                         SoupServerMessage *message,
                         const char *path,
                         GHashTable *query,
                         gpointer user_data)
{
  CulvertMetrics *self = user_data;
  g_autoptr (GVariant) status = NULL;

  if (!culvert_http_check_method (message))
    return;
  status = g_variant_ref_sink (culvert_status_new_all (self->fleet));
  culvert_http_answer (message, SOUP_STATUS_OK, "application/json",
                       culvert_status_to_json (status, FALSE));
}

static void
culvert_metrics_health_cb (SoupServer *server,
                           SoupServerMessage *message,
                           const char *path,
                           GHashTable *query,
                           gpointer user_data)
{
  CulvertMetrics *self = user_data;
  gboolean is_good = culvert_fleet_is_connected (self->fleet);

  if (culvert_http_check_method (message))
    culvert_http_answer (message, is_good ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE,
                         "text/plain", g_strdup (is_good ? "connected\n" : "not connected\n"));
}

CulvertMetrics *
culvert_metrics_new (CulvertFleet *fleet, const char *address, GError **error)
{
  const char *colon = strrchr (address, ':');
  g_autofree char *host = NULL;
  CulvertMetrics *self;
  SoupServer *server;
  guint64 port;
  char *uri;

  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "metrics: \"%s\" has no numeric port", address);
      return NULL;
    }
  if (address[0] == '[' && colon[-1] == ']')
    host = g_strndup (address + 1, colon - address - 2);
  else
    host = g_strndup (address, colon - address);
  server = culvert_http_listen (host, (guint16) port, &uri, error);
  if (server == NULL)
    {
      g_prefix_error (error, "metrics: ");
      return NULL;
    }
  self = g_new0 (CulvertMetrics, 1);
  self->fleet = g_object_ref (fleet);
  self->server = server;
  self->uri = uri;
  soup_server_add_handler (server, "/metrics", culvert_metrics_text_cb, self, NULL);
  soup_server_add_handler (server, "/stats", culvert_metrics_json_cb, self, NULL);
  soup_server_add_handler (server, "/healthz", culvert_metrics_health_cb, self, NULL);
  return self;
}

void
culvert_metrics_free (CulvertMetrics *self)
{
  if (self == NULL)
    return;
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_object_unref (self->fleet);
  g_free (self->uri);
  g_free (self);
}

const char *
culvert_metrics_get_uri (CulvertMetrics *self)
{
  return self->uri;
}

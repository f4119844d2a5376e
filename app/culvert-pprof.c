/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-pprof.h"

#include "culvert-http.h"

#include <gperftools/profiler.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_DEFAULT 30
#define SECONDS_MAX 600

struct _CulvertPprof
{
  SoupServer *server;
  char *uri;
  SoupServerMessage *message; /* of the profile under way, or NULL */
  char *path;                 /* where it is written */
  guint timer;
};

/* Stops sampling and hands the profile over; to nobody when the process ends. */
static void
culvert_pprof_finish (CulvertPprof *self)
{
  g_autoptr (SoupServerMessage) message = g_steal_pointer (&self->message);
  g_autofree char *path = g_steal_pointer (&self->path);
  char *profile;
  size_t len;

  ProfilerStop ();
  if (g_file_get_contents (path, &profile, &len, NULL))
    {
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
      soup_server_message_set_response (message, "application/octet-stream", SOUP_MEMORY_TAKE,
                                        profile, len);
    }
  else
    soup_server_message_set_status (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, NULL);
  (void) g_unlink (path);
  soup_server_message_unpause (message);
}

static gboolean
culvert_pprof_timer_cb (gpointer user_data)
{
  CulvertPprof *self = user_data;

  self->timer = 0;
  culvert_pprof_finish (self);
  return G_SOURCE_REMOVE;
}

static gboolean
culvert_pprof_begin (CulvertPprof *self)
{
  int fd = g_file_open_tmp ("culvert-profile-XXXXXX", &self->path, NULL);

  if (fd < 0)
    return FALSE;
  (void) close (fd);
  if (ProfilerStart (self->path))
    return TRUE;
  (void) g_unlink (self->path);
  g_clear_pointer (&self->path, g_free);
  return FALSE;
}

static void
culvert_pprof_profile_cb (SoupServer *server,
                          SoupServerMessage *message,
                          const char *path,
                          GHashTable *query,
                          gpointer user_data)
{
  CulvertPprof *self = user_data;
  const char *text = query != NULL ? g_hash_table_lookup (query, "seconds") : NULL;
  guint64 seconds = SECONDS_DEFAULT;

  if (!culvert_http_check_method (message))
    return;
  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, SECONDS_MAX, &seconds, NULL))
    culvert_http_answer (message, SOUP_STATUS_BAD_REQUEST, "text/plain",
                         g_strdup_printf ("seconds: use 1 to %d\n", SECONDS_MAX));
  else if (self->message != NULL)
    culvert_http_answer (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "text/plain",
                         g_strdup ("a profile is under way\n"));
  else if (!culvert_pprof_begin (self))
    culvert_http_answer (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, "text/plain",
                         g_strdup ("the profiler does not start\n"));
  else
    {
      self->message = g_object_ref (message);
      self->timer = g_timeout_add_seconds ((guint) seconds, culvert_pprof_timer_cb, self);
      soup_server_message_pause (message);
    }
}

CulvertPprof *
culvert_pprof_new (guint16 port, GError **error)
{
  CulvertPprof *self;
  SoupServer *server;
  char *uri;

  server = culvert_http_listen ("", port, &uri, error);
  if (server == NULL)
    {
      g_prefix_error (error, "pprof: ");
      return NULL;
    }
  self = g_new0 (CulvertPprof, 1);
  self->server = server;
  self->uri = uri;
  soup_server_add_handler (server, "/debug/pprof/profile", culvert_pprof_profile_cb, self, NULL);
  return self;
}

void
culvert_pprof_free (CulvertPprof *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->message != NULL)
    culvert_pprof_finish (self);
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_free (self->uri);
  g_free (self);
}

const char *
culvert_pprof_get_uri (CulvertPprof *self)
{
  return self->uri;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-flow-poller.h"

#define PERIOD_S 1

struct _CulvertFlowPoller
{
  GObject parent_instance;

  gboolean wants_streams;
  gboolean is_active;
  CulvertTunnel *tunnel;     /* (nullable) */
  CulvertFlowStore *sessions;
  CulvertFlowStore *streams;
  GPtrArray *session_infos;  /* of the last answer; for the names in that of the streams */
  GCancellable *cancellable; /* of a question under way */
  guint timeout;             /* until the next one */
  guint n_asked;
};

G_DEFINE_FINAL_TYPE (CulvertFlowPoller, culvert_flow_poller, G_TYPE_OBJECT)

static void culvert_flow_poller_ask (CulvertFlowPoller *self);

static gboolean
culvert_flow_poller_timeout_cb (gpointer user_data)
{
  CulvertFlowPoller *self = user_data;

  self->timeout = 0;
  culvert_flow_poller_ask (self);
  return G_SOURCE_REMOVE;
}

static void
culvert_flow_poller_rest (CulvertFlowPoller *self)
{
  g_clear_object (&self->cancellable);
  self->timeout = g_timeout_add_seconds (PERIOD_S, culvert_flow_poller_timeout_cb, self);
}

static void
culvert_flow_poller_streams_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertFlowPoller) self = user_data;
  g_autoptr (GPtrArray) streams =
      culvert_tunnel_list_streams_finish (CULVERT_TUNNEL (source), result, NULL);

  /* Cancelled: others have taken over. */
  if (streams == NULL)
    return;
  culvert_flow_store_set_streams (self->streams, streams, self->session_infos);
  culvert_flow_poller_rest (self);
}

static void
culvert_flow_poller_sessions_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertFlowPoller) self = user_data;
  g_autoptr (GPtrArray) sessions =
      culvert_tunnel_list_sessions_finish (CULVERT_TUNNEL (source), result, NULL);

  if (sessions == NULL)
    return;
  g_clear_pointer (&self->session_infos, g_ptr_array_unref);
  self->session_infos = g_ptr_array_ref (sessions);
  culvert_flow_store_set_sessions (self->sessions, sessions);
  if (!self->wants_streams)
    {
      culvert_flow_poller_rest (self);
      return;
    }
  self->n_asked++;
  culvert_tunnel_list_streams_async (CULVERT_TUNNEL (source), self->cancellable,
                                     culvert_flow_poller_streams_cb, g_object_ref (self));
}

static void
culvert_flow_poller_ask (CulvertFlowPoller *self)
{
  self->cancellable = g_cancellable_new ();
  self->n_asked++;
  culvert_tunnel_list_sessions_async (self->tunnel, self->cancellable,
                                      culvert_flow_poller_sessions_cb, g_object_ref (self));
}

static void
culvert_flow_poller_stop (CulvertFlowPoller *self)
{
  g_clear_handle_id (&self->timeout, g_source_remove);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

static void
culvert_flow_poller_update (CulvertFlowPoller *self)
{
  gboolean is_running = self->timeout != 0 || self->cancellable != NULL;
  gboolean should_run = self->is_active && self->tunnel != NULL;

  if (should_run && !is_running)
    culvert_flow_poller_ask (self);
  else if (!should_run && is_running)
    culvert_flow_poller_stop (self);
}

static void
culvert_flow_poller_dispose (GObject *object)
{
  CulvertFlowPoller *self = (CulvertFlowPoller *) object;

  culvert_flow_poller_stop (self);
  g_clear_object (&self->tunnel);
  g_clear_pointer (&self->session_infos, g_ptr_array_unref);
  g_clear_object (&self->sessions);
  g_clear_object (&self->streams);
  G_OBJECT_CLASS (culvert_flow_poller_parent_class)->dispose (object);
}

static void
culvert_flow_poller_class_init (CulvertFlowPollerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = culvert_flow_poller_dispose;
}

static void
culvert_flow_poller_init (CulvertFlowPoller *self)
{
  self->sessions = culvert_flow_store_new ();
  self->streams = culvert_flow_store_new ();
}

CulvertFlowPoller *
culvert_flow_poller_new (gboolean wants_streams)
{
  CulvertFlowPoller *self = g_object_new (CULVERT_TYPE_FLOW_POLLER, NULL);

  self->wants_streams = wants_streams;
  return self;
}

CulvertFlowStore *
culvert_flow_poller_get_sessions (CulvertFlowPoller *poller)
{
  g_return_val_if_fail (CULVERT_IS_FLOW_POLLER (poller), NULL);
  return poller->sessions;
}

CulvertFlowStore *
culvert_flow_poller_get_streams (CulvertFlowPoller *poller)
{
  g_return_val_if_fail (CULVERT_IS_FLOW_POLLER (poller), NULL);
  return poller->streams;
}

void
culvert_flow_poller_set_tunnel (CulvertFlowPoller *poller, CulvertTunnel *tunnel)
{
  g_return_if_fail (CULVERT_IS_FLOW_POLLER (poller));
  if (poller->tunnel == tunnel)
    return;
  culvert_flow_poller_stop (poller);
  g_set_object (&poller->tunnel, tunnel);
  culvert_flow_store_clear (poller->sessions);
  culvert_flow_store_clear (poller->streams);
  culvert_flow_poller_update (poller);
}

void
culvert_flow_poller_set_active (CulvertFlowPoller *poller, gboolean is_active)
{
  g_return_if_fail (CULVERT_IS_FLOW_POLLER (poller));
  poller->is_active = is_active;
  culvert_flow_poller_update (poller);
}

guint
culvert_flow_poller_get_n_asked (CulvertFlowPoller *poller)
{
  g_return_val_if_fail (CULVERT_IS_FLOW_POLLER (poller), 0);
  return poller->n_asked;
}

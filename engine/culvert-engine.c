/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-engine.h"

#include "culvert-tunnel-private.h"

#include "culvert-cipher.h"
#include "culvert-config.h"

#define CULVERT_ENGINE_MAX_DEFAULT_WORKERS 4

struct _CulvertEngine
{
  GObject parent_instance;

  guint n_workers;
  guint64 mem_limit;
  guint64 last_id;
  GMainContext *context;
  CulvertRuntime *runtime; /* NULL until a tunnel starts */
  GPtrArray *tunnels;
};

static GType
culvert_engine_get_item_type (GListModel *model)
{
  return CULVERT_TYPE_TUNNEL;
}

static guint
culvert_engine_get_n_items (GListModel *model)
{
  return CULVERT_ENGINE (model)->tunnels->len;
}

static gpointer
culvert_engine_get_item (GListModel *model, guint position)
{
  CulvertEngine *self = CULVERT_ENGINE (model);

  return position < self->tunnels->len
           ? g_object_ref (g_ptr_array_index (self->tunnels, position))
           : NULL;
}

static void
culvert_engine_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = culvert_engine_get_item_type;
  iface->get_n_items = culvert_engine_get_n_items;
  iface->get_item = culvert_engine_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertEngine,
                               culvert_engine,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      culvert_engine_list_model_init))

static void
culvert_engine_report_cb (const CulvertReport *report, void *data)
{
  CulvertEngine *self = data;

  for (guint i = 0; i < self->tunnels->len; i++)
    {
      CulvertTunnel *tunnel = g_ptr_array_index (self->tunnels, i);

      if (tunnel->id != report->tunnel)
        continue;
      g_object_ref (tunnel); /* a callback may take it off the list */
      culvert_tunnel_handle_report (tunnel, report);
      g_object_unref (tunnel);
      return;
    }
}

CulvertRuntime *
culvert_engine_get_runtime (CulvertEngine *self)
{
  if (self->runtime == NULL)
    self->runtime = culvert_runtime_new (self->n_workers, self->mem_limit, self->context,
                                         culvert_engine_report_cb, self);
  return self->runtime;
}

CulvertEngine *
culvert_engine_new (guint n_workers, guint64 mem_limit)
{
  CulvertEngine *self = g_object_new (CULVERT_TYPE_ENGINE, NULL);

  self->n_workers = n_workers > 0 ? n_workers
                                  : MIN (g_get_num_processors (), CULVERT_ENGINE_MAX_DEFAULT_WORKERS);
  self->mem_limit = mem_limit;
  return self;
}

CulvertTunnel *
culvert_engine_add_tunnel (CulvertEngine *self, CulvertConfig *config)
{
  CulvertTunnel *tunnel;

  g_return_val_if_fail (CULVERT_IS_ENGINE (self), NULL);
  g_return_val_if_fail (CULVERT_IS_CONFIG (config), NULL);
  tunnel = culvert_tunnel_new (self, config, ++self->last_id);
  g_ptr_array_add (self->tunnels, tunnel);
  g_list_model_items_changed (G_LIST_MODEL (self), self->tunnels->len - 1, 0, 1);
  return g_object_ref (tunnel);
}

static void
culvert_engine_removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CulvertEngine *self = g_task_get_source_object (task);
  CulvertTunnel *tunnel = CULVERT_TUNNEL (source);
  guint position;

  (void) culvert_tunnel_stop_finish (tunnel, result, NULL); /* always succeeds */
  if (g_ptr_array_find (self->tunnels, tunnel, &position))
    {
      culvert_tunnel_detach (tunnel);
      g_ptr_array_remove_index (self->tunnels, position);
      g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
    }
  g_task_return_boolean (task, TRUE);
}

void
culvert_engine_remove_tunnel_async (CulvertEngine *self,
                                    CulvertTunnel *tunnel,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, culvert_engine_remove_tunnel_async);
  culvert_tunnel_stop_async (tunnel, 0, cancellable, culvert_engine_removed_cb, task);
}

gboolean
culvert_engine_remove_tunnel_finish (CulvertEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Counts down the tunnels that a shutdown waits for. */
static void
culvert_engine_shutdown_step (GTask *task)
{
  guint *left = g_task_get_task_data (task);

  if (--*left == 0)
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
culvert_engine_tunnel_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  (void) culvert_tunnel_stop_finish (CULVERT_TUNNEL (source), result, NULL); /* always succeeds */
  culvert_engine_shutdown_step (user_data);
}

void
culvert_engine_shutdown_async (CulvertEngine *self,
                               guint grace_ms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  guint *left = g_new (guint, 1);

  g_task_set_source_tag (task, culvert_engine_shutdown_async);
  g_task_set_task_data (task, left, g_free);
  *left = self->tunnels->len + 1;
  for (guint i = 0; i < self->tunnels->len; i++)
    culvert_tunnel_stop_async (g_ptr_array_index (self->tunnels, i), grace_ms, cancellable,
                               culvert_engine_tunnel_stopped_cb, g_object_ref (task));
  culvert_engine_shutdown_step (task);
}

gboolean
culvert_engine_shutdown_finish (CulvertEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
culvert_engine_sample (CulvertEngine *self, CulvertStats *out_stats)
{
  memset (out_stats, 0, sizeof *out_stats);
  out_stats->time_us = g_get_monotonic_time ();
  for (guint i = 0; i < self->tunnels->len; i++)
    {
      CulvertStats stats;

      culvert_tunnel_sample (g_ptr_array_index (self->tunnels, i), &stats);
      culvert_stats_add (out_stats, &stats);
    }
}

static void
culvert_engine_finalize (GObject *object)
{
  CulvertEngine *self = CULVERT_ENGINE (object);

  for (guint i = 0; i < self->tunnels->len; i++)
    culvert_tunnel_detach (g_ptr_array_index (self->tunnels, i));
  g_clear_pointer (&self->tunnels, g_ptr_array_unref);
  g_clear_pointer (&self->runtime, culvert_runtime_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  G_OBJECT_CLASS (culvert_engine_parent_class)->finalize (object);
}

static void
culvert_engine_class_init (CulvertEngineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = culvert_engine_finalize;
  culvert_cipher_init_library (); /* once, before any thread is started */
}

static void
culvert_engine_init (CulvertEngine *self)
{
  self->tunnels = g_ptr_array_new_with_free_func (g_object_unref);
  self->context = g_main_context_ref_thread_default ();
}

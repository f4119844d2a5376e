/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-network.h"
#include "culvert-stats.h"
#include "culvert-tunnel-private.h"

#define CULVERT_ENGINE_MAX_WORKERS 4

struct _CulvertEngine
{
  GObject parent_instance;

  GThread *thread;
  GMainContext *context;
  CulvertRuntime *runtime;
  CulvertRecorder *recorder;
  CulvertPathMemory *path_memory;
  CulvertNetwork *network; /* made with the first client that runs */
  GPtrArray *tunnels; /* in the order they were added */
  guint64 last_id;
};

static void culvert_engine_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertEngine, culvert_engine, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      culvert_engine_list_model_init))

gboolean
culvert_engine_is_own_thread (CulvertEngine *self)
{
  return self->thread == g_thread_self ();
}

CulvertRuntime *
culvert_engine_get_runtime (CulvertEngine *self)
{
  return self->runtime;
}

CulvertRecorder *
culvert_engine_get_recorder (CulvertEngine *self)
{
  return self->recorder;
}

CulvertPathMemory *
culvert_engine_get_path_memory (CulvertEngine *self)
{
  return self->path_memory;
}

GMainContext *
culvert_engine_get_context (CulvertEngine *self)
{
  return self->context;
}

static void
culvert_engine_network_cb (CulvertTime slept, void *data)
{
  CulvertEngine *self = data;

  for (guint i = 0; i < self->tunnels->len; i++)
    culvert_tunnel_network_changed (self->tunnels->pdata[i], slept);
}

void
culvert_engine_watch_network (CulvertEngine *self)
{
  if (self->network == NULL)
    self->network = culvert_network_new (self->context, culvert_engine_network_cb, self);
}

/* -- list model ---------------------------------------------------------------------- */

static GType
culvert_engine_get_item_type (GListModel *model)
{
  return CULVERT_TYPE_TUNNEL;
}

static guint
culvert_engine_get_n_items (GListModel *model)
{
  return ((CulvertEngine *) model)->tunnels->len;
}

static gpointer
culvert_engine_get_item (GListModel *model, guint position)
{
  CulvertEngine *self = (CulvertEngine *) model;

  return position < self->tunnels->len ? g_object_ref (self->tunnels->pdata[position]) : NULL;
}

static void
culvert_engine_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = culvert_engine_get_item_type;
  iface->get_n_items = culvert_engine_get_n_items;
  iface->get_item = culvert_engine_get_item;
}

/* -- tunnels -------------------------------------------------------------------------- */

static void
culvert_engine_report_cb (const CulvertReport *report, void *data)
{
  CulvertEngine *self = data;

  if (report->kind == CULVERT_REPORT_PATH_LEARNED)
    culvert_path_memory_note (self->path_memory, &report->path);
  for (guint i = 0; i < self->tunnels->len; i++)
    if (culvert_tunnel_get_id (self->tunnels->pdata[i]) == report->tunnel)
      {
        g_autoptr (CulvertTunnel) tunnel = g_object_ref (self->tunnels->pdata[i]);

        culvert_tunnel_handle_report (tunnel, report);
        return;
      }
  if (report->counters != NULL)
    culvert_counters_unref (report->counters);
}

CulvertTunnel *
culvert_engine_add_tunnel (CulvertEngine *self, CulvertConfig *config)
{
  CulvertTunnel *tunnel;

  g_return_val_if_fail (CULVERT_IS_ENGINE (self) && CULVERT_IS_CONFIG (config), NULL);
  g_return_val_if_fail (culvert_engine_is_own_thread (self), NULL);
  tunnel = culvert_tunnel_new (self, ++self->last_id, config);
  g_ptr_array_add (self->tunnels, g_object_ref (tunnel));
  g_list_model_items_changed (G_LIST_MODEL (self), self->tunnels->len - 1, 0, 1);
  return tunnel;
}

static void
culvert_engine_removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CulvertEngine *self = g_task_get_source_object (task);
  guint position;

  (void) culvert_tunnel_stop_finish (CULVERT_TUNNEL (source), result, NULL);
  if (g_ptr_array_find (self->tunnels, source, &position))
    {
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
  GTask *task;

  g_return_if_fail (CULVERT_IS_ENGINE (self) && CULVERT_IS_TUNNEL (tunnel));
  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, culvert_engine_remove_tunnel_async);
  culvert_tunnel_stop_async (tunnel, 0, cancellable, culvert_engine_removed_cb, task);
}

gboolean
culvert_engine_remove_tunnel_finish (CulvertEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
culvert_engine_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  guint *n_left = g_task_get_task_data (task);

  (void) culvert_tunnel_stop_finish (CULVERT_TUNNEL (source), result, NULL);
  if (--*n_left == 0)
    g_task_return_boolean (task, TRUE);
}

void
culvert_engine_shutdown_async (CulvertEngine *self,
                               guint grace_ms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  guint n;

  g_return_if_fail (CULVERT_IS_ENGINE (self));
  n = self->tunnels->len;
  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, culvert_engine_shutdown_async);
  g_task_set_task_data (task, g_memdup2 (&n, sizeof n), g_free);
  if (n == 0)
    g_task_return_boolean (task, TRUE);
  for (guint i = 0; i < n; i++)
    culvert_tunnel_stop_async (self->tunnels->pdata[i], grace_ms, cancellable,
                               culvert_engine_stopped_cb, g_object_ref (task));
}

gboolean
culvert_engine_shutdown_finish (CulvertEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
culvert_engine_sample (CulvertEngine *self, CulvertStats *out_stats)
{
  g_return_if_fail (CULVERT_IS_ENGINE (self) && out_stats != NULL);
  memset (out_stats, 0, sizeof *out_stats);
  for (guint i = 0; i < self->tunnels->len; i++)
    {
      CulvertStats stats;

      culvert_tunnel_sample (self->tunnels->pdata[i], &stats);
      culvert_stats_add (out_stats, &stats);
    }
  out_stats->time_us = g_get_monotonic_time ();
}

void
culvert_engine_set_mem_limit (CulvertEngine *self, guint64 mem_limit)
{
  g_return_if_fail (CULVERT_IS_ENGINE (self));
  culvert_runtime_set_mem_limit (self->runtime, mem_limit);
}

static guint
culvert_engine_count_workers (guint n_workers)
{
  return n_workers != 0 ? n_workers : MIN (g_get_num_processors (), CULVERT_ENGINE_MAX_WORKERS);
}

gboolean
culvert_engine_set_n_workers (CulvertEngine *self, guint n_workers)
{
  g_return_val_if_fail (CULVERT_IS_ENGINE (self), FALSE);
  return culvert_runtime_set_n_workers (self->runtime, culvert_engine_count_workers (n_workers));
}

gboolean
culvert_engine_remember_paths (CulvertEngine *self, const char *file, GError **error)
{
  g_return_val_if_fail (CULVERT_IS_ENGINE (self), FALSE);
  return culvert_path_memory_open (self->path_memory, file, error);
}

/* -- object ----------------------------------------------------------------------------- */

static void
culvert_engine_finalize (GObject *object)
{
  CulvertEngine *self = (CulvertEngine *) object;

  /* Tunnels that run hold the engine, so none does. */
  g_ptr_array_unref (self->tunnels);
  culvert_runtime_free (self->runtime);
  culvert_recorder_free (self->recorder);
  culvert_path_memory_free (self->path_memory);
  culvert_network_free (self->network);
  g_main_context_unref (self->context);
  G_OBJECT_CLASS (culvert_engine_parent_class)->finalize (object);
}

static void
culvert_engine_class_init (CulvertEngineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = culvert_engine_finalize;
}

static void
culvert_engine_init (CulvertEngine *self)
{
  self->thread = g_thread_self ();
  self->context = g_main_context_ref_thread_default ();
  self->recorder = culvert_recorder_new (self->context);
  self->path_memory = culvert_path_memory_new ();
  self->tunnels = g_ptr_array_new_with_free_func (g_object_unref);
}

CulvertEngine *
culvert_engine_new (guint n_workers, guint64 mem_limit)
{
  CulvertEngine *self = g_object_new (CULVERT_TYPE_ENGINE, NULL);

  self->runtime = culvert_runtime_new (culvert_engine_count_workers (n_workers), mem_limit,
                                       self->context, culvert_engine_report_cb, self);
  return self;
}

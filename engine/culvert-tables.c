/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-tables.h"

#include "culvert-query.h"
#include "culvert-tunnel-private.h"

static void
culvert_session_info_free (gpointer data)
{
  CulvertSessionInfo *info = data;

  g_free (info->peer);
  g_free (info);
}

static void
culvert_stream_info_free (gpointer data)
{
  CulvertStreamInfo *info = data;

  g_free (info->address);
  g_free (info);
}

static int
culvert_compare (guint64 a, guint64 b)
{
  return (a > b) - (a < b);
}

static int
culvert_session_info_compare (gconstpointer a, gconstpointer b)
{
  return culvert_compare ((*(CulvertSessionInfo *const *) a)->id,
                          (*(CulvertSessionInfo *const *) b)->id);
}

static int
culvert_stream_info_compare (gconstpointer a, gconstpointer b)
{
  const CulvertStreamInfo *first = *(CulvertStreamInfo *const *) a;
  const CulvertStreamInfo *second = *(CulvertStreamInfo *const *) b;
  int order = culvert_compare (first->session, second->session);

  return order != 0 ? order : culvert_compare (first->id, second->id);
}

static void
culvert_tables_sessions_cb (GArray *rows, bool is_cut, void *data)
{
  g_autoptr (GTask) task = data;
  GPtrArray *infos = g_ptr_array_new_with_free_func (culvert_session_info_free);

  for (guint i = 0; i < rows->len; i++)
    {
      const CulvertSessionRow *row = &g_array_index (rows, CulvertSessionRow, i);
      CulvertSessionInfo *info = g_new0 (CulvertSessionInfo, 1);

      info->id = row->id;
      info->peer = g_strdup (row->peer);
      info->age_us = row->age;
      info->silent_us = row->silent;
      info->srtt_us = row->srtt_us;
      info->mtu = row->mtu;
      info->rttvar_us = row->rttvar_us;
      info->n_streams = row->n_streams;
      info->bytes_in = row->bytes_in;
      info->bytes_out = row->bytes_out;
      g_ptr_array_add (infos, info);
    }
  g_ptr_array_sort (infos, culvert_session_info_compare);
  g_task_return_pointer (task, infos, (GDestroyNotify) g_ptr_array_unref);
}

static void
culvert_tables_streams_cb (GArray *rows, bool is_cut, void *data)
{
  g_autoptr (GTask) task = data;
  GPtrArray *infos = g_ptr_array_new_with_free_func (culvert_stream_info_free);

  for (guint i = 0; i < rows->len; i++)
    {
      const CulvertStreamRow *row = &g_array_index (rows, CulvertStreamRow, i);
      CulvertStreamInfo *info = g_new0 (CulvertStreamInfo, 1);

      info->session = row->session;
      info->id = row->id;
      info->address = g_strdup (row->address);
      info->age_us = row->age;
      info->bytes_in = row->bytes_in;
      info->bytes_out = row->bytes_out;
      g_ptr_array_add (infos, info);
    }
  g_ptr_array_sort (infos, culvert_stream_info_compare);
  g_task_return_pointer (task, infos, (GDestroyNotify) g_ptr_array_unref);
}

static void
culvert_tables_ask (CulvertTunnel *tunnel,
                    GTask *task,
                    void (*ask) (CulvertRun *run, CulvertQueryFunc func, void *data),
                    CulvertQueryFunc func)
{
  CulvertRun *run = culvert_tunnel_get_run (tunnel);
  GArray *none;

  if (run != NULL)
    {
      ask (run, func, task);
      return;
    }
  none = g_array_new (FALSE, FALSE, 1);
  func (none, false, task);
  g_array_unref (none);
}

void
culvert_tunnel_list_sessions_async (CulvertTunnel *tunnel,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CULVERT_IS_TUNNEL (tunnel));
  task = g_task_new (tunnel, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_tunnel_list_sessions_async);
  culvert_tables_ask (tunnel, task, culvert_run_list_sessions, culvert_tables_sessions_cb);
}

GPtrArray *
culvert_tunnel_list_sessions_finish (CulvertTunnel *tunnel, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, tunnel), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
culvert_tunnel_list_streams_async (CulvertTunnel *tunnel,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CULVERT_IS_TUNNEL (tunnel));
  task = g_task_new (tunnel, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_tunnel_list_streams_async);
  culvert_tables_ask (tunnel, task, culvert_run_list_streams, culvert_tables_streams_cb);
}

GPtrArray *
culvert_tunnel_list_streams_finish (CulvertTunnel *tunnel, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, tunnel), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

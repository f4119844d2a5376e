/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* New settings for a tunnel that may run: the hot ones now, the others with its next start. */

#include "config.h"

#include "culvert-error.h"
#include "culvert-query.h"
#include "culvert-tunnel-private.h"

static void
culvert_tunnel_applied_cb (GArray *rows, bool is_cut, void *data)
{
  g_autoptr (GTask) task = data;

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

void
culvert_tunnel_apply_hot (CulvertTunnel *tunnel, GTask *task)
{
  CulvertConfig *config = culvert_tunnel_get_config (tunnel);
  CulvertHotSettings hot = {
    .sndwnd = (uint32_t) culvert_config_get_int (config, CULVERT_SETTING_SNDWND),
    .rcvwnd = (uint32_t) culvert_config_get_int (config, CULVERT_SETTING_RCVWND),
    .ratelimit = (uint64_t) culvert_config_get_int (config, CULVERT_SETTING_RATELIMIT),
    .report_streams = culvert_tunnel_get_log_streams (tunnel),
  };

  culvert_run_apply (culvert_tunnel_get_run (tunnel), &hot, culvert_tunnel_applied_cb, task);
}

void
culvert_tunnel_apply_config_async (CulvertTunnel *tunnel,
                                   CulvertConfig *config,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (CULVERT_IS_TUNNEL (tunnel) && CULVERT_IS_CONFIG (config));
  task = g_task_new (tunnel, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_tunnel_apply_config_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (culvert_config_get_role (config)
      != culvert_config_get_role (culvert_tunnel_get_config (tunnel)))
    {
      g_task_return_new_error (task, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                               "The role of a tunnel cannot change");
      return;
    }
  culvert_tunnel_set_config (tunnel, config);
  /* A run that is being prepared takes them over when it begins. */
  if (culvert_tunnel_get_run (tunnel) == NULL)
    g_task_return_boolean (task, TRUE);
  else
    culvert_tunnel_apply_hot (tunnel, g_steal_pointer (&task));
}

gboolean
culvert_tunnel_apply_config_finish (CulvertTunnel *tunnel, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, tunnel), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

GStrv
culvert_tunnel_dup_pending (CulvertTunnel *tunnel)
{
  CulvertConfig *running;

  g_return_val_if_fail (CULVERT_IS_TUNNEL (tunnel), NULL);
  running = culvert_tunnel_get_running_config (tunnel);
  if (running == NULL)
    return g_new0 (char *, 1);
  return culvert_config_dup_restart_keys (running, culvert_tunnel_get_config (tunnel), FALSE);
}

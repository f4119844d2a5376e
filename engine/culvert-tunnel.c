/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Life cycle of a tunnel: states, start, stop, sampling.
 *
 *   STOPPED → STARTING (plan in a thread, then the workers bind) → LISTENING ⇄ ACTIVE ⇄ STALLED
 *           → STOPPING → STOPPED            STARTING → FAILED
 *
 * A start ends with the STARTED or FAILED report, a stop with STOPPED; reports of an older
 * generation are dropped. */

#include "config.h"

#include "culvert-tunnel-private.h"

#include "culvert-config.h"
#include "culvert-error.h"

enum
{
  PROP_0,
  PROP_CONFIG,
  PROP_LAST_ERROR,
  PROP_LOCAL_ENDPOINTS,
  PROP_STATE,
  N_PROPS
};

enum
{
  SIGNAL_LOG,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CulvertTunnel, culvert_tunnel, G_TYPE_OBJECT)

/* What the thread that builds the plan needs; the config is immutable. */
typedef struct
{
  CulvertConfig *config;
  guint64 id;
  guint32 generation;
  gboolean log_streams;
} CulvertPlanJob;

const char *
culvert_tunnel_state_to_string (CulvertTunnelState state)
{
  switch (state)
    {
    case CULVERT_TUNNEL_STOPPED:
      return "stopped";
    case CULVERT_TUNNEL_STARTING:
      return "starting";
    case CULVERT_TUNNEL_LISTENING:
      return "listening";
    case CULVERT_TUNNEL_ACTIVE:
      return "active";
    case CULVERT_TUNNEL_STALLED:
      return "stalled";
    case CULVERT_TUNNEL_STOPPING:
      return "stopping";
    case CULVERT_TUNNEL_FAILED:
      return "failed";
    }
  g_return_val_if_reached ("unknown");
}

GType
culvert_tunnel_state_get_type (void)
{
  static const GEnumValue values[] = {
    { CULVERT_TUNNEL_STOPPED, "CULVERT_TUNNEL_STOPPED", "stopped" },
    { CULVERT_TUNNEL_STARTING, "CULVERT_TUNNEL_STARTING", "starting" },
    { CULVERT_TUNNEL_LISTENING, "CULVERT_TUNNEL_LISTENING", "listening" },
    { CULVERT_TUNNEL_ACTIVE, "CULVERT_TUNNEL_ACTIVE", "active" },
    { CULVERT_TUNNEL_STALLED, "CULVERT_TUNNEL_STALLED", "stalled" },
    { CULVERT_TUNNEL_STOPPING, "CULVERT_TUNNEL_STOPPING", "stopping" },
    { CULVERT_TUNNEL_FAILED, "CULVERT_TUNNEL_FAILED", "failed" },
    { 0, NULL, NULL },
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("CulvertTunnelState", values));
  return type;
}

GType
culvert_log_level_get_type (void)
{
  static const GEnumValue values[] = {
    { CULVERT_LOG_ERROR, "CULVERT_LOG_ERROR", "error" },
    { CULVERT_LOG_WARNING, "CULVERT_LOG_WARNING", "warning" },
    { CULVERT_LOG_INFO, "CULVERT_LOG_INFO", "info" },
    { CULVERT_LOG_DEBUG, "CULVERT_LOG_DEBUG", "debug" },
    { 0, NULL, NULL },
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("CulvertLogLevel", values));
  return type;
}

void
culvert_tunnel_log (CulvertTunnel *tunnel, CulvertLogLevel level, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_signal_emit (tunnel, signals[SIGNAL_LOG], 0, level, message);
}

void
culvert_tunnel_set_state (CulvertTunnel *tunnel, CulvertTunnelState state)
{
  if (tunnel->state == state)
    return;
  tunnel->state = state;
  g_object_notify_by_pspec (G_OBJECT (tunnel), properties[PROP_STATE]);
}

static void
culvert_tunnel_clear_endpoints (CulvertTunnel *tunnel)
{
  g_ptr_array_set_size (tunnel->endpoints, 0);
  g_ptr_array_add (tunnel->endpoints, NULL);
}

static void
culvert_tunnel_session_free (gpointer data)
{
  CulvertTunnelSession *session = data;

  culvert_counters_unref (session->counters);
  g_free (session->peer);
  g_free (session);
}

void
culvert_tunnel_retire (CulvertTunnel *tunnel, const CulvertCounters *counters)
{
  culvert_stats_add_counters (&tunnel->retired, counters, FALSE);
}

/* The run is over: what is still live becomes history. */
static void
culvert_tunnel_drop_run (CulvertTunnel *tunnel)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, tunnel->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    culvert_tunnel_retire (tunnel, ((CulvertTunnelSession *) value)->counters);
  g_hash_table_remove_all (tunnel->sessions);
  for (guint i = 0; i < tunnel->blocks->len; i++)
    culvert_tunnel_retire (tunnel, g_ptr_array_index (tunnel->blocks, i));
  g_ptr_array_set_size (tunnel->blocks, 0);
  culvert_tunnel_clear_endpoints (tunnel);
  g_clear_pointer (&tunnel->run, culvert_run_free);
}

/* -- start ------------------------------------------------------------------------------ */

static void
culvert_plan_job_free (gpointer data)
{
  CulvertPlanJob *job = data;

  g_object_unref (job->config);
  g_free (job);
}

static void
culvert_plan_job_run (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  CulvertPlanJob *job = data;
  GError *error = NULL;
  CulvertPlan *plan = culvert_tunnel_build_plan (job->config, job->id, job->generation,
                                                 job->log_streams, &error);

  if (plan == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, plan, (GDestroyNotify) culvert_plan_unref);
}

void
culvert_tunnel_failed (CulvertTunnel *tunnel, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&tunnel->start_task);

  culvert_tunnel_drop_run (tunnel);
  g_clear_error (&tunnel->last_error);
  tunnel->last_error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (tunnel), properties[PROP_LAST_ERROR]);
  culvert_tunnel_set_state (tunnel, CULVERT_TUNNEL_FAILED);
  if (task != NULL)
    g_task_return_error (task, error);
  else
    g_error_free (error);
  if (tunnel->stop_tasks->len > 0)
    culvert_tunnel_stopped (tunnel);
}

void
culvert_tunnel_started (CulvertTunnel *tunnel)
{
  g_autoptr (GTask) task = g_steal_pointer (&tunnel->start_task);

  if (tunnel->state != CULVERT_TUNNEL_STARTING)
    return;
  g_object_notify_by_pspec (G_OBJECT (tunnel), properties[PROP_LOCAL_ENDPOINTS]);
  culvert_tunnel_set_state (tunnel, CULVERT_TUNNEL_LISTENING);
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
culvert_tunnel_plan_ready_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CulvertTunnel *tunnel = CULVERT_TUNNEL (source);
  GError *error = NULL;
  CulvertPlan *plan = g_task_propagate_pointer (G_TASK (result), &error);

  if (plan != NULL && !tunnel->is_stop_wanted && tunnel->engine != NULL)
    {
      tunnel->run = culvert_runtime_start (culvert_engine_get_runtime (tunnel->engine), plan);
      if (tunnel->run == NULL)
        error = g_error_new_literal (CULVERT_ERROR, CULVERT_ERROR_RESOURCES,
                                     "no thread could be started");
    }
  else if (plan != NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the tunnel was stopped");
  g_clear_pointer (&plan, culvert_plan_unref);
  if (error != NULL)
    culvert_tunnel_failed (tunnel, error);
}

static void
culvert_tunnel_start_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  CulvertTunnel *tunnel = user_data;

  culvert_tunnel_stop_async (tunnel, 0, NULL, NULL, NULL);
}

void
culvert_tunnel_start_async (CulvertTunnel *tunnel,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (tunnel, NULL, callback, user_data);
  g_autoptr (GTask) job_task = NULL;
  CulvertPlanJob *job;

  g_task_set_source_tag (task, culvert_tunnel_start_async);
  if ((tunnel->state != CULVERT_TUNNEL_STOPPED && tunnel->state != CULVERT_TUNNEL_FAILED)
      || tunnel->engine == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, "the tunnel is %s",
                               culvert_tunnel_state_to_string (tunnel->state));
      return;
    }
  tunnel->is_stop_wanted = FALSE;
  tunnel->generation++;
  tunnel->start_task = g_object_ref (task); /* until STARTED or FAILED */
  g_clear_error (&tunnel->last_error);
  culvert_tunnel_set_state (tunnel, CULVERT_TUNNEL_STARTING);

  job = g_new0 (CulvertPlanJob, 1);
  job->config = g_object_ref (tunnel->config);
  job->id = tunnel->id;
  job->generation = tunnel->generation;
  job->log_streams = tunnel->log_streams;
  job_task = g_task_new (tunnel, NULL, culvert_tunnel_plan_ready_cb, NULL);
  g_task_set_task_data (job_task, job, culvert_plan_job_free);
  g_task_run_in_thread (job_task, culvert_plan_job_run);
  if (cancellable != NULL)
    {
      g_task_set_task_data (task, g_object_ref (cancellable), g_object_unref);
      g_signal_connect_object (cancellable, "cancelled",
                               G_CALLBACK (culvert_tunnel_start_cancelled_cb), tunnel, 0);
    }
}

gboolean
culvert_tunnel_start_finish (CulvertTunnel *tunnel, GAsyncResult *result, GError **error)
{
  GCancellable *cancellable = g_task_get_task_data (G_TASK (result));

  if (cancellable != NULL)
    g_signal_handlers_disconnect_by_func (cancellable, culvert_tunnel_start_cancelled_cb, tunnel);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* -- stop ------------------------------------------------------------------------------- */

void
culvert_tunnel_stopped (CulvertTunnel *tunnel)
{
  g_autoptr (GPtrArray) tasks = tunnel->stop_tasks;
  g_autoptr (GTask) start_task = g_steal_pointer (&tunnel->start_task);

  tunnel->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  culvert_tunnel_drop_run (tunnel);
  tunnel->generation++;
  g_object_notify_by_pspec (G_OBJECT (tunnel), properties[PROP_LOCAL_ENDPOINTS]);
  culvert_tunnel_set_state (tunnel, CULVERT_TUNNEL_STOPPED);
  if (start_task != NULL)
    g_task_return_new_error (start_task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                             "the tunnel was stopped");
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_boolean (g_ptr_array_index (tasks, i), TRUE);
}

static void
culvert_tunnel_stop_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  CulvertTunnel *tunnel = user_data;

  if (tunnel->run != NULL)
    culvert_run_stop (tunnel->run, 0);
}

void
culvert_tunnel_stop_async (CulvertTunnel *tunnel,
                           guint grace_ms,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (tunnel, NULL, callback, user_data);

  g_task_set_source_tag (task, culvert_tunnel_stop_async);
  if (tunnel->run == NULL && tunnel->state != CULVERT_TUNNEL_STARTING)
    {
      culvert_tunnel_set_state (tunnel, CULVERT_TUNNEL_STOPPED);
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  g_ptr_array_add (tunnel->stop_tasks, task);
  if (tunnel->run == NULL)
    {
      tunnel->is_stop_wanted = TRUE; /* the plan's thread ends first */
      return;
    }
  culvert_tunnel_set_state (tunnel, CULVERT_TUNNEL_STOPPING);
  culvert_run_stop (tunnel->run, (CulvertTime) grace_ms * CULVERT_MSEC);
  if (cancellable == NULL)
    return;
  g_task_set_task_data (task, g_object_ref (cancellable), g_object_unref);
  g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (culvert_tunnel_stop_cancelled_cb),
                           tunnel, 0);
  if (g_cancellable_is_cancelled (cancellable))
    culvert_run_stop (tunnel->run, 0);
}

gboolean
culvert_tunnel_stop_finish (CulvertTunnel *tunnel, GAsyncResult *result, GError **error)
{
  GCancellable *cancellable = g_task_get_task_data (G_TASK (result));

  if (cancellable != NULL)
    g_signal_handlers_disconnect_by_func (cancellable, culvert_tunnel_stop_cancelled_cb, tunnel);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* -- rest ------------------------------------------------------------------------------- */

void
culvert_tunnel_sample (CulvertTunnel *tunnel, CulvertStats *out_stats)
{
  GHashTableIter iter;
  gpointer value;
  guint n = g_hash_table_size (tunnel->sessions);

  *out_stats = tunnel->retired;
  out_stats->time_us = g_get_monotonic_time ();
  g_hash_table_iter_init (&iter, tunnel->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    culvert_stats_add_counters (out_stats, ((CulvertTunnelSession *) value)->counters, TRUE);
  for (guint i = 0; i < tunnel->blocks->len; i++)
    culvert_stats_add_counters (out_stats, g_ptr_array_index (tunnel->blocks, i), FALSE);
  culvert_stats_set (out_stats, "CurrEstab", n);
  culvert_stats_set (out_stats, "MaxConn", tunnel->max_sessions_seen);
  culvert_stats_average (out_stats, "SRTT", n);
  culvert_stats_average (out_stats, "RTO", n);
}

CulvertTunnelState
culvert_tunnel_get_state (CulvertTunnel *tunnel)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (tunnel), CULVERT_TUNNEL_STOPPED);
  return tunnel->state;
}

const GError *
culvert_tunnel_get_last_error (CulvertTunnel *tunnel)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (tunnel), NULL);
  return tunnel->last_error;
}

CulvertConfig *
culvert_tunnel_get_config (CulvertTunnel *tunnel)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (tunnel), NULL);
  return tunnel->config;
}

const char *const *
culvert_tunnel_get_local_endpoints (CulvertTunnel *tunnel)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (tunnel), NULL);
  return (const char *const *) tunnel->endpoints->pdata;
}

void
culvert_tunnel_set_log_streams (CulvertTunnel *tunnel, gboolean log_streams)
{
  g_return_if_fail (CULVERT_IS_TUNNEL (tunnel));
  tunnel->log_streams = !!log_streams;
}

gboolean
culvert_tunnel_get_log_streams (CulvertTunnel *tunnel)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (tunnel), FALSE);
  return tunnel->log_streams;
}

void
culvert_tunnel_detach (CulvertTunnel *tunnel)
{
  tunnel->engine = NULL;
}

static void
culvert_tunnel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertTunnel *self = CULVERT_TUNNEL (object);

  switch (id)
    {
    case PROP_CONFIG:
      g_value_set_object (value, self->config);
      break;
    case PROP_LAST_ERROR:
      g_value_set_boxed (value, self->last_error);
      break;
    case PROP_LOCAL_ENDPOINTS:
      g_value_set_boxed (value, self->endpoints->pdata);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_tunnel_finalize (GObject *object)
{
  CulvertTunnel *self = CULVERT_TUNNEL (object);

  g_warn_if_fail (self->run == NULL);
  g_clear_object (&self->config);
  g_clear_error (&self->last_error);
  g_clear_pointer (&self->sessions, g_hash_table_unref);
  g_clear_pointer (&self->blocks, g_ptr_array_unref);
  g_clear_pointer (&self->stop_tasks, g_ptr_array_unref);
  g_clear_pointer (&self->endpoints, g_ptr_array_unref);
  G_OBJECT_CLASS (culvert_tunnel_parent_class)->finalize (object);
}

static void
culvert_tunnel_class_init (CulvertTunnelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = culvert_tunnel_get_property;
  object_class->finalize = culvert_tunnel_finalize;
  properties[PROP_CONFIG] = g_param_spec_object ("config", NULL, NULL, CULVERT_TYPE_CONFIG, flags);
  properties[PROP_LAST_ERROR] = g_param_spec_boxed ("last-error", NULL, NULL, G_TYPE_ERROR, flags);
  properties[PROP_LOCAL_ENDPOINTS] = g_param_spec_boxed ("local-endpoints", NULL, NULL,
                                                         G_TYPE_STRV, flags);
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, CULVERT_TYPE_TUNNEL_STATE,
                                              CULVERT_TUNNEL_STOPPED, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_LOG] = g_signal_new ("log", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                      NULL, NULL, G_TYPE_NONE, 2, CULVERT_TYPE_LOG_LEVEL,
                                      G_TYPE_STRING);
}

static void
culvert_tunnel_init (CulvertTunnel *self)
{
  self->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                          culvert_tunnel_session_free);
  self->blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) culvert_counters_unref);
  self->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  self->endpoints = g_ptr_array_new_with_free_func (g_free);
  culvert_tunnel_clear_endpoints (self);
}

CulvertTunnel *
culvert_tunnel_new (CulvertEngine *engine, CulvertConfig *config, guint64 id)
{
  CulvertTunnel *self = g_object_new (CULVERT_TYPE_TUNNEL, NULL);

  self->engine = engine;
  self->config = g_object_ref (config);
  self->id = id;
  return self;
}

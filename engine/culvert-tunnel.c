/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The control object of one tunnel: state machine, start and stop, what the workers report.
 *
 *   OFF/FAILED → STARTING: the plan is built in a GTask thread, then the run started
 *   STARTING → running (STARTED) or FAILED;  running: WAITING_FOR_NETWORK, VERIFYING, CONNECTED or
 *   DEGRADED, as culvert_tunnel_judge finds from what the workers report
 *   any of them → STOPPING → OFF
 *
 * While a run or its preparation exists the tunnel holds its engine. Signals leave from one idle
 * source, in the order of what happened. */

#include "config.h"

#include "culvert-error.h"
#include "culvert-stats-private.h"
#include "culvert-tunnel-private.h"

#include <glib/gi18n-lib.h>

/* A live session. */
typedef struct
{
  CulvertCounters *counters;
  gboolean is_heard;
  gboolean is_stalled;
} CulvertTunnelSession;

struct _CulvertTunnel
{
  GObject parent_instance;

  GWeakRef engine;
  CulvertEngine *held_engine; /* while not stopped */
  guint64 id;
  guint32 generation;
  CulvertConfig *config;
  CulvertConfig *running_config; /* of the run; the other is of the next start */
  CulvertHistory *history;    /* NULL before the first start */
  CulvertTunnelState state;
  CulvertTunnelReason reason;
  char *reason_detail;        /* names and addresses, or NULL */
  GError *last_error;
  GStrvBuilder *endpoints_builder;
  GStrv endpoints;
  gboolean log_streams;

  gboolean is_preparing;      /* the plan is being built */
  gboolean has_resolve_failed;
  gboolean is_running;        /* listeners are bound, no stop yet */
  CulvertRun *run;
  GTask *start_task;
  GSource *start_cancel;
  GPtrArray *stop_tasks;      /* GTask */
  GPtrArray *stop_cancels;    /* GSource */

  GHashTable *sessions;       /* id → CulvertTunnelSession */
  GPtrArray *others;          /* CulvertCounters of what belongs to no session */
  CulvertStats retired;       /* of sessions that ended */
  guint max_sessions;
  guint n_heard;              /* sessions heard and not stalled */
  guint n_stalled;
  CulvertTunnelReason trouble; /* client: what kept sessions from answering since one did */
  char *trouble_detail;

  GSource *notify;            /* pending emission */
  gboolean is_state_notified;
  gboolean are_endpoints_notified;
  GQueue log_lines;           /* CulvertLogLine */
  CulvertLogFilter log_filter;
};

G_DEFINE_FINAL_TYPE (CulvertTunnel, culvert_tunnel, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_STATE,
  PROP_REASON,
  PROP_STATE_REASON,
  PROP_LAST_ERROR,
  PROP_CONFIG,
  PROP_LOCAL_ENDPOINTS,
  PROP_LOG_STREAMS,
  N_PROPS
};

enum
{
  SIGNAL_LOG,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

/* -- emission ---------------------------------------------------------------------- */

static gboolean
culvert_tunnel_notify_cb (gpointer user_data)
{
  g_autoptr (CulvertTunnel) self = g_object_ref (user_data);
  gboolean has_state = self->is_state_notified;
  gboolean has_endpoints = self->are_endpoints_notified;
  GQueue lines = self->log_lines;
  CulvertLogLine *line;

  g_clear_pointer (&self->notify, g_source_unref);
  self->is_state_notified = FALSE;
  self->are_endpoints_notified = FALSE;
  g_queue_init (&self->log_lines);
  if (has_endpoints)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOCAL_ENDPOINTS]);
  if (has_state)
    {
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_ERROR]);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REASON]);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE_REASON]);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
    }
  while ((line = g_queue_pop_head (&lines)) != NULL)
    {
      g_signal_emit (self, signals[SIGNAL_LOG], 0, line->level, line->text);
      culvert_log_line_free (line);
    }
  return G_SOURCE_REMOVE;
}

static void
culvert_tunnel_schedule_notify (CulvertTunnel *self)
{
  g_autoptr (CulvertEngine) engine = NULL;

  if (self->notify != NULL)
    return;
  engine = g_weak_ref_get (&self->engine);
  if (engine == NULL)
    return;
  self->notify = g_idle_source_new ();
  g_source_set_priority (self->notify, G_PRIORITY_DEFAULT);
  g_source_set_static_name (self->notify, "culvert-tunnel-notify");
  g_source_set_callback (self->notify, culvert_tunnel_notify_cb, g_object_ref (self),
                         g_object_unref);
  g_source_attach (self->notify, culvert_engine_get_context (engine));
}

static void
culvert_tunnel_push_log (CulvertTunnel *self, CulvertLogLevel level, char *text)
{
  CulvertLogLine *line = g_new (CulvertLogLine, 1);

  line->level = level;
  line->text = text;
  g_queue_push_tail (&self->log_lines, line);
  culvert_tunnel_schedule_notify (self);
}

static void
culvert_tunnel_log_state (CulvertTunnel *self)
{
  const char *word = culvert_tunnel_state_to_string (self->state);
  g_autofree char *reason = culvert_tunnel_dup_state_reason (self);
  gboolean is_bad = self->state == CULVERT_TUNNEL_DEGRADED || self->state == CULVERT_TUNNEL_FAILED
                    || self->state == CULVERT_TUNNEL_WAITING_FOR_NETWORK;

  culvert_tunnel_push_log (self, is_bad ? CULVERT_LOG_WARNING : CULVERT_LOG_INFO,
                           reason != NULL ? g_strdup_printf ("state: %s (%s)", word, reason)
                                          : g_strdup_printf ("state: %s", word));
}

static void
culvert_tunnel_set_state_full (CulvertTunnel *self,
                               CulvertTunnelState state,
                               CulvertTunnelReason reason,
                               const char *detail)
{
  if (self->state == state && self->reason == reason)
    return;
  self->state = state;
  self->reason = reason;
  g_free (self->reason_detail);
  self->reason_detail = g_strdup (detail);
  self->is_state_notified = TRUE;
  culvert_tunnel_log_state (self);
}

static void
culvert_tunnel_set_state (CulvertTunnel *self, CulvertTunnelState state)
{
  culvert_tunnel_set_state_full (self, state, CULVERT_REASON_NONE, NULL);
}

static void
culvert_tunnel_set_endpoints (CulvertTunnel *self, GStrv endpoints)
{
  g_strfreev (self->endpoints);
  self->endpoints = endpoints;
  self->are_endpoints_notified = TRUE;
  culvert_tunnel_schedule_notify (self);
}

static void
culvert_tunnel_log_report (CulvertTunnel *self, const CulvertReport *report)
{
  CulvertLogLevel level;
  char *text = culvert_tunnel_describe (report, self->config, &level);

  if (text == NULL)
    return;
  /* Who asks for a line per stream gets it. */
  if (report->kind == CULVERT_REPORT_STREAM_OPENED || report->kind == CULVERT_REPORT_STREAM_CLOSED)
    culvert_tunnel_push_log (self, level, text);
  else
    culvert_log_filter_add (&self->log_filter, level, text, g_get_monotonic_time (),
                            &self->log_lines);
  culvert_tunnel_schedule_notify (self);
}

/* -- sessions ----------------------------------------------------------------------- */

static void
culvert_tunnel_session_free (gpointer data)
{
  CulvertTunnelSession *session = data;

  culvert_counters_unref (session->counters);
  g_free (session);
}

/* While running: by what is known of the sessions. */
static void
culvert_tunnel_update_state (CulvertTunnel *self)
{
  CulvertTunnelFacts facts = {
    .is_server = culvert_config_get_role (self->config) == CULVERT_ROLE_SERVER,
    .n_heard = self->n_heard,
    .n_stalled = self->n_stalled,
    .trouble = self->trouble,
  };
  CulvertTunnelVerdict verdict;

  if (!self->is_running)
    return;
  verdict = culvert_tunnel_judge (&facts);
  culvert_tunnel_set_state_full (self, verdict.state, verdict.reason,
                                 verdict.reason == self->trouble ? self->trouble_detail : NULL);
}

static void
culvert_tunnel_set_trouble (CulvertTunnel *self, CulvertTunnelReason trouble, const char *detail)
{
  self->trouble = trouble;
  g_free (self->trouble_detail);
  self->trouble_detail = g_strdup (detail);
  culvert_tunnel_update_state (self);
}

/* Over once there is a socket again. */
static gboolean
culvert_tunnel_is_local (CulvertTunnelReason trouble)
{
  return trouble == CULVERT_REASON_NO_NETWORK || trouble == CULVERT_REASON_UNRESOLVED
         || trouble == CULVERT_REASON_RESOURCES;
}

/* A client remembers what goes wrong until a session answers. */
static void
culvert_tunnel_note_trouble (CulvertTunnel *self, const CulvertReport *report)
{
  CulvertTunnelReason trouble = culvert_tunnel_trouble (report);
  g_autofree char *detail = NULL;

  if (report->kind == CULVERT_REPORT_SESSION_HEARD
      || (report->kind == CULVERT_REPORT_SESSION_OPENED && culvert_tunnel_is_local (self->trouble)))
    culvert_tunnel_set_trouble (self, CULVERT_REASON_NONE, NULL);
  if (trouble == CULVERT_REASON_NONE)
    return;
  /* Silence has the cause that is known already. */
  if (trouble == CULVERT_REASON_NO_ANSWER && self->trouble != CULVERT_REASON_NONE)
    return;
  if (report->kind == CULVERT_REPORT_SOCKET_ERROR)
    detail = g_strdup (g_strerror (report->error));
  culvert_tunnel_set_trouble (self, trouble, detail != NULL ? detail : report->text);
}

static void
culvert_tunnel_mark_session (CulvertTunnel *self,
                             CulvertTunnelSession *session,
                             gboolean is_heard,
                             gboolean is_stalled)
{
  self->n_heard += (guint) is_heard - (guint) session->is_heard;
  self->n_stalled += (guint) is_stalled - (guint) session->is_stalled;
  session->is_heard = is_heard;
  session->is_stalled = is_stalled;
  culvert_tunnel_update_state (self);
}

static void
culvert_tunnel_add_session (CulvertTunnel *self, const CulvertReport *report)
{
  CulvertTunnelSession *session = g_new0 (CulvertTunnelSession, 1);

  session->counters = report->counters;
  g_hash_table_insert (self->sessions, g_memdup2 (&report->id, sizeof report->id), session);
  self->max_sessions = MAX (self->max_sessions, g_hash_table_size (self->sessions));
  culvert_recorder_wake (culvert_engine_get_recorder (self->held_engine));
}

/* The last word of its worker came before this report: what the block holds is final. */
static void
culvert_tunnel_remove_session (CulvertTunnel *self, CulvertTunnelSession *session, guint64 id)
{
  culvert_stats_add_counters (&self->retired, session->counters, FALSE);
  culvert_tunnel_mark_session (self, session, FALSE, FALSE);
  g_hash_table_remove (self->sessions, &id);
}

static void
culvert_tunnel_handle_session (CulvertTunnel *self, const CulvertReport *report)
{
  CulvertTunnelSession *session;

  if (report->kind == CULVERT_REPORT_SESSION_OPENED)
    {
      culvert_tunnel_add_session (self, report);
      return;
    }
  session = g_hash_table_lookup (self->sessions, &report->id);
  if (session == NULL)
    return;
  if (report->kind == CULVERT_REPORT_SESSION_HEARD)
    culvert_tunnel_mark_session (self, session, TRUE, FALSE);
  else if (report->kind == CULVERT_REPORT_SESSION_STALLED)
    culvert_tunnel_mark_session (self, session, FALSE, TRUE);
  else
    culvert_tunnel_remove_session (self, session, report->id);
}

void
culvert_tunnel_sample (CulvertTunnel *self, CulvertStats *out_stats)
{
  GHashTableIter iter;
  gpointer value;

  g_return_if_fail (CULVERT_IS_TUNNEL (self) && out_stats != NULL);
  *out_stats = self->retired;
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    culvert_stats_add_counters (out_stats, ((CulvertTunnelSession *) value)->counters, TRUE);
  for (guint i = 0; i < self->others->len; i++)
    culvert_stats_add_counters (out_stats, self->others->pdata[i], FALSE);
  culvert_stats_set_sessions (out_stats, g_hash_table_size (self->sessions), self->max_sessions);
  out_stats->time_us = g_get_monotonic_time ();
}

/* -- end of a run -------------------------------------------------------------------- */

static void
culvert_tunnel_clear_cancel (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
culvert_tunnel_destroy_source (gpointer data)
{
  g_source_destroy (data);
  g_source_unref (data);
}

static void
culvert_tunnel_finish_start (CulvertTunnel *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->start_task);

  culvert_tunnel_clear_cancel (&self->start_cancel);
  if (task == NULL)
    g_clear_error (&error);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
culvert_tunnel_release_cb (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* Lets go of the engine, but not inside its own report: the last reference may be ours. */
static void
culvert_tunnel_release_engine (CulvertTunnel *self)
{
  CulvertEngine *engine = g_steal_pointer (&self->held_engine);
  GSource *source = g_idle_source_new ();

  g_source_set_callback (source, culvert_tunnel_release_cb, engine, g_object_unref);
  g_source_attach (source, culvert_engine_get_context (engine));
  g_source_unref (source);
}

/* Nothing runs any more. */
static void
culvert_tunnel_end (CulvertTunnel *self, CulvertTunnelState state)
{
  g_autoptr (GPtrArray) tasks = g_steal_pointer (&self->stop_tasks);
  GHashTableIter iter;
  gpointer value;

  culvert_recorder_remove (culvert_engine_get_recorder (self->held_engine), self);
  g_clear_object (&self->running_config);
  self->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_set_size (self->stop_cancels, 0);
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    culvert_stats_add_counters (&self->retired, ((CulvertTunnelSession *) value)->counters, FALSE);
  g_hash_table_remove_all (self->sessions);
  for (guint i = 0; i < self->others->len; i++)
    culvert_stats_add_counters (&self->retired, self->others->pdata[i], FALSE);
  g_ptr_array_set_size (self->others, 0);
  self->n_heard = 0;
  self->n_stalled = 0;
  self->is_running = FALSE;
  culvert_tunnel_set_trouble (self, CULVERT_REASON_NONE, NULL);
  self->generation++;
  g_clear_pointer (&self->run, culvert_run_free);
  culvert_tunnel_set_endpoints (self, g_new0 (char *, 1));
  culvert_tunnel_set_state (self, state);
  culvert_tunnel_release_engine (self);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_boolean (tasks->pdata[i], TRUE);
}

static void
culvert_tunnel_fail (CulvertTunnel *self, GError *error)
{
  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  culvert_tunnel_end (self, CULVERT_TUNNEL_FAILED);
  culvert_tunnel_finish_start (self, error);
}

static void
culvert_tunnel_started (CulvertTunnel *self)
{
  GStrv endpoints;

  if (self->state != CULVERT_TUNNEL_STARTING)
    return;
  endpoints = g_strv_builder_end (self->endpoints_builder);
  culvert_tunnel_set_endpoints (self, endpoints);
  self->is_running = TRUE;
  culvert_tunnel_update_state (self);
  culvert_tunnel_finish_start (self, NULL);
}

static void
culvert_tunnel_handle_life (CulvertTunnel *self, const CulvertReport *report)
{
  switch (report->kind)
    {
    case CULVERT_REPORT_LISTENING:
      g_strv_builder_add (self->endpoints_builder, report->text);
      break;
    case CULVERT_REPORT_STARTED:
      culvert_tunnel_started (self);
      break;
    case CULVERT_REPORT_FAILED:
      /* With a stop under way the STOPPED report follows. */
      if (self->state == CULVERT_TUNNEL_STARTING)
        culvert_tunnel_fail (self, culvert_tunnel_start_error (report, self->has_resolve_failed));
      break;
    case CULVERT_REPORT_STOPPED:
      culvert_tunnel_end (self, CULVERT_TUNNEL_OFF);
      break;
    default:
      break;
    }
}

void
culvert_tunnel_handle_report (CulvertTunnel *self, const CulvertReport *report)
{
  if (report->generation != self->generation)
    {
      if (report->counters != NULL)
        culvert_counters_unref (report->counters);
      return;
    }
  culvert_tunnel_log_report (self, report);
  culvert_tunnel_note_trouble (self, report);
  switch (report->kind)
    {
    case CULVERT_REPORT_COUNTERS:
      g_ptr_array_add (self->others, report->counters);
      break;
    case CULVERT_REPORT_SESSION_OPENED:
    case CULVERT_REPORT_SESSION_HEARD:
    case CULVERT_REPORT_SESSION_STALLED:
    case CULVERT_REPORT_SESSION_CLOSED:
      culvert_tunnel_handle_session (self, report);
      break;
    case CULVERT_REPORT_RESOLVE_FAILED:
      self->has_resolve_failed = TRUE;
      break;
    default:
      culvert_tunnel_handle_life (self, report);
    }
}

/* -- start ------------------------------------------------------------------------------ */

static void
culvert_tunnel_prepare_thread (GTask *task,
                               gpointer source,
                               gpointer data,
                               GCancellable *cancellable)
{
  GError *error = NULL;
  CulvertPlan *plan = culvert_tunnel_build_plan (data, &error);

  if (plan != NULL)
    g_task_return_pointer (task, plan, (GDestroyNotify) culvert_plan_unref);
  else
    g_task_return_error (task, error);
}

/* There is a run: record it, and give it what was changed while its plan was made. */
static void
culvert_tunnel_begin (CulvertTunnel *self)
{
  if (self->history == NULL)
    self->history = culvert_history_new ();
  culvert_recorder_add (culvert_engine_get_recorder (self->held_engine), self);
  if (culvert_config_get_role (self->running_config) == CULVERT_ROLE_CLIENT)
    culvert_engine_watch_network (self->held_engine);
  if (self->config != self->running_config)
    culvert_tunnel_apply_hot (self, NULL);
}

static void
culvert_tunnel_prepared_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  CulvertTunnel *self = CULVERT_TUNNEL (source);
  GError *error = NULL;
  CulvertPlan *plan = g_task_propagate_pointer (G_TASK (result), &error);

  self->is_preparing = FALSE;
  if (self->state != CULVERT_TUNNEL_STARTING)
    {
      /* Stopped meanwhile. */
      g_clear_error (&error);
      g_clear_pointer (&plan, culvert_plan_unref);
      culvert_tunnel_end (self, CULVERT_TUNNEL_OFF);
      return;
    }
  if (plan != NULL)
    {
      plan->tunnel = self->id;
      plan->generation = self->generation;
      plan->report_streams = self->log_streams;
      culvert_path_memory_fill (culvert_engine_get_path_memory (self->held_engine), &plan->paths,
                                g_get_monotonic_time ());
      self->run = culvert_runtime_start (culvert_engine_get_runtime (self->held_engine), plan);
      culvert_plan_unref (plan);
      if (self->run != NULL)
        {
          culvert_tunnel_begin (self);
          return;
        }
      error = g_error_new (CULVERT_ERROR, CULVERT_ERROR_RESOURCES, _("Cannot start a thread"));
    }
  culvert_tunnel_fail (self, error);
}

static gboolean
culvert_tunnel_start_cancelled_cb (GCancellable *cancellable, gpointer data)
{
  culvert_tunnel_stop_async (data, 0, NULL, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static GSource *
culvert_tunnel_watch_cancel (CulvertTunnel *self,
                             GCancellable *cancellable,
                             GCancellableSourceFunc func)
{
  GSource *source;

  if (cancellable == NULL)
    return NULL;
  source = g_cancellable_source_new (cancellable);
  g_source_set_callback (source, G_SOURCE_FUNC (func), self, NULL);
  g_source_attach (source, culvert_engine_get_context (self->held_engine));
  return source;
}

void
culvert_tunnel_start_async (CulvertTunnel *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (CulvertEngine) engine = NULL;
  g_autoptr (GTask) task = NULL;
  g_autoptr (GTask) prepare = NULL;

  g_return_if_fail (CULVERT_IS_TUNNEL (self));
  engine = g_weak_ref_get (&self->engine);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_tunnel_start_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (engine == NULL
      || (self->state != CULVERT_TUNNEL_OFF && self->state != CULVERT_TUNNEL_FAILED))
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, "The tunnel is %s",
                               culvert_tunnel_state_to_string (self->state));
      return;
    }
  g_assert (culvert_engine_is_own_thread (engine));
  /* The cancellable is watched here; the task must not cut in. */
  g_task_set_check_cancellable (task, FALSE);
  self->held_engine = g_steal_pointer (&engine);
  self->start_task = g_steal_pointer (&task);
  self->start_cancel = culvert_tunnel_watch_cancel (self, cancellable,
                                                    culvert_tunnel_start_cancelled_cb);
  self->has_resolve_failed = FALSE;
  g_clear_error (&self->last_error);
  g_strfreev (g_strv_builder_end (self->endpoints_builder));
  culvert_tunnel_set_state (self, CULVERT_TUNNEL_STARTING);
  g_set_object (&self->running_config, self->config);
  self->is_preparing = TRUE;
  prepare = g_task_new (self, NULL, culvert_tunnel_prepared_cb, NULL);
  g_task_set_task_data (prepare, g_object_ref (self->config), g_object_unref);
  g_task_run_in_thread (prepare, culvert_tunnel_prepare_thread);
}

gboolean
culvert_tunnel_start_finish (CulvertTunnel *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
culvert_tunnel_network_changed (CulvertTunnel *self, CulvertTime slept)
{
  if (self->run != NULL)
    culvert_run_network_changed (self->run, slept);
}

/* -- stop ------------------------------------------------------------------------------- */

static gboolean
culvert_tunnel_stop_cancelled_cb (GCancellable *cancellable, gpointer data)
{
  CulvertTunnel *self = data;

  if (self->run != NULL)
    culvert_run_stop (self->run, 0);
  return G_SOURCE_REMOVE;
}

void
culvert_tunnel_stop_async (CulvertTunnel *self,
                           guint grace_ms,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GSource *cancel;

  g_return_if_fail (CULVERT_IS_TUNNEL (self));
  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, culvert_tunnel_stop_async);
  if (self->state == CULVERT_TUNNEL_OFF || self->state == CULVERT_TUNNEL_FAILED)
    {
      culvert_tunnel_set_state (self, CULVERT_TUNNEL_OFF);
      g_task_return_boolean (task, TRUE);
      return;
    }
  g_assert (culvert_engine_is_own_thread (self->held_engine));
  g_ptr_array_add (self->stop_tasks, g_steal_pointer (&task));
  cancel = culvert_tunnel_watch_cancel (self, cancellable, culvert_tunnel_stop_cancelled_cb);
  if (cancel != NULL)
    g_ptr_array_add (self->stop_cancels, cancel);
  self->is_running = FALSE;
  culvert_tunnel_set_state (self, CULVERT_TUNNEL_STOPPING);
  if (self->run != NULL)
    culvert_run_stop (self->run, (CulvertTime) grace_ms * CULVERT_MSEC);
  culvert_tunnel_finish_start (self, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                  _("The tunnel was stopped while it was "
                                                    "starting")));
}

gboolean
culvert_tunnel_stop_finish (CulvertTunnel *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* -- object ------------------------------------------------------------------------------ */

CulvertTunnel *
culvert_tunnel_new (CulvertEngine *engine, guint64 id, CulvertConfig *config)
{
  CulvertTunnel *self = g_object_new (CULVERT_TYPE_TUNNEL, NULL);

  g_weak_ref_set (&self->engine, engine);
  self->id = id;
  self->config = g_object_ref (config);
  return self;
}

guint64
culvert_tunnel_get_id (CulvertTunnel *self)
{
  return self->id;
}

CulvertTunnelState
culvert_tunnel_get_state (CulvertTunnel *self)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), CULVERT_TUNNEL_OFF);
  return self->state;
}

CulvertTunnelReason
culvert_tunnel_get_reason (CulvertTunnel *self)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), CULVERT_REASON_NONE);
  return self->reason;
}

char *
culvert_tunnel_dup_state_reason (CulvertTunnel *self)
{
  const char *text;

  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), NULL);
  if (self->state == CULVERT_TUNNEL_FAILED && self->last_error != NULL)
    return g_strdup (self->last_error->message);
  if (self->reason == CULVERT_REASON_NONE)
    return NULL;
  text = culvert_tunnel_reason_to_string (self->reason);
  if (self->reason_detail == NULL || *self->reason_detail == '\0')
    return g_strdup (text);
  return g_strdup_printf ("%s: %s", text, self->reason_detail);
}

const GError *
culvert_tunnel_get_last_error (CulvertTunnel *self)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), NULL);
  return self->last_error;
}

CulvertConfig *
culvert_tunnel_get_config (CulvertTunnel *self)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), NULL);
  return self->config;
}

void
culvert_tunnel_set_config (CulvertTunnel *self, CulvertConfig *config)
{
  if (g_set_object (&self->config, config))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONFIG]);
}

CulvertConfig *
culvert_tunnel_get_running_config (CulvertTunnel *self)
{
  return self->running_config;
}

CulvertRun *
culvert_tunnel_get_run (CulvertTunnel *self)
{
  return self->run;
}

CulvertHistory *
culvert_tunnel_get_history (CulvertTunnel *self)
{
  return self->history;
}

const CulvertHistory *
culvert_tunnel_peek_history (CulvertTunnel *self)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), NULL);
  if (self->held_engine != NULL)
    culvert_recorder_catch_up (culvert_engine_get_recorder (self->held_engine), self);
  return self->history;
}

const char *const *
culvert_tunnel_get_local_endpoints (CulvertTunnel *self)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), NULL);
  return (const char *const *) self->endpoints;
}

void
culvert_tunnel_set_log_streams (CulvertTunnel *self, gboolean log_streams)
{
  g_return_if_fail (CULVERT_IS_TUNNEL (self));
  log_streams = !!log_streams;
  if (self->log_streams == log_streams)
    return;
  self->log_streams = log_streams;
  if (self->run != NULL)
    culvert_tunnel_apply_hot (self, NULL);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOG_STREAMS]);
}

gboolean
culvert_tunnel_get_log_streams (CulvertTunnel *self)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL (self), FALSE);
  return self->log_streams;
}

static void
culvert_tunnel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertTunnel *self = (CulvertTunnel *) object;

  switch (id)
    {
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_REASON:
      g_value_set_enum (value, self->reason);
      break;
    case PROP_STATE_REASON:
      g_value_take_string (value, culvert_tunnel_dup_state_reason (self));
      break;
    case PROP_LAST_ERROR:
      g_value_set_boxed (value, self->last_error);
      break;
    case PROP_CONFIG:
      g_value_set_object (value, self->config);
      break;
    case PROP_LOCAL_ENDPOINTS:
      g_value_set_boxed (value, self->endpoints);
      break;
    case PROP_LOG_STREAMS:
      g_value_set_boolean (value, self->log_streams);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_tunnel_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_LOG_STREAMS)
    culvert_tunnel_set_log_streams ((CulvertTunnel *) object, g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
culvert_tunnel_finalize (GObject *object)
{
  CulvertTunnel *self = (CulvertTunnel *) object;

  g_assert (self->run == NULL);
  g_clear_pointer (&self->notify, g_source_unref);
  g_weak_ref_clear (&self->engine);
  g_clear_object (&self->config);
  culvert_history_free (self->history);
  g_clear_error (&self->last_error);
  g_free (self->reason_detail);
  g_free (self->trouble_detail);
  g_strv_builder_unref (self->endpoints_builder);
  g_strfreev (self->endpoints);
  g_ptr_array_unref (self->stop_tasks);
  g_ptr_array_unref (self->stop_cancels);
  g_hash_table_unref (self->sessions);
  g_ptr_array_unref (self->others);
  g_queue_clear_full (&self->log_lines, culvert_log_line_free);
  culvert_log_filter_clear (&self->log_filter);
  G_OBJECT_CLASS (culvert_tunnel_parent_class)->finalize (object);
}

static void
culvert_tunnel_class_init (CulvertTunnelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = culvert_tunnel_get_property;
  object_class->set_property = culvert_tunnel_set_property;
  object_class->finalize = culvert_tunnel_finalize;
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, CULVERT_TYPE_TUNNEL_STATE,
                                              CULVERT_TUNNEL_OFF, G_PARAM_READABLE | flags);
  properties[PROP_REASON] = g_param_spec_enum ("reason", NULL, NULL, CULVERT_TYPE_TUNNEL_REASON,
                                               CULVERT_REASON_NONE, G_PARAM_READABLE | flags);
  properties[PROP_STATE_REASON] = g_param_spec_string ("state-reason", NULL, NULL, NULL,
                                                       G_PARAM_READABLE | flags);
  properties[PROP_LAST_ERROR] = g_param_spec_boxed ("last-error", NULL, NULL, G_TYPE_ERROR,
                                                    G_PARAM_READABLE | flags);
  properties[PROP_CONFIG] = g_param_spec_object ("config", NULL, NULL, CULVERT_TYPE_CONFIG,
                                                 G_PARAM_READABLE | flags);
  properties[PROP_LOCAL_ENDPOINTS] = g_param_spec_boxed ("local-endpoints", NULL, NULL, G_TYPE_STRV,
                                                         G_PARAM_READABLE | flags);
  properties[PROP_LOG_STREAMS] = g_param_spec_boolean ("log-streams", NULL, NULL, FALSE,
                                                       G_PARAM_READWRITE | flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_LOG] = g_signal_new ("log", CULVERT_TYPE_TUNNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                      NULL, G_TYPE_NONE, 2, CULVERT_TYPE_LOG_LEVEL, G_TYPE_STRING);
}

static void
culvert_tunnel_init (CulvertTunnel *self)
{
  g_weak_ref_init (&self->engine, NULL);
  self->endpoints_builder = g_strv_builder_new ();
  self->endpoints = g_new0 (char *, 1);
  self->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  self->stop_cancels = g_ptr_array_new_with_free_func (culvert_tunnel_destroy_source);
  self->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                          culvert_tunnel_session_free);
  self->others = g_ptr_array_new_with_free_func ((GDestroyNotify) culvert_counters_unref);
  g_queue_init (&self->log_lines);
}

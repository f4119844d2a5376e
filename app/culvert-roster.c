/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-roster.h"

/* Streams may flush so long when a tunnel is switched off or restarted. */
#define GRACE_MS 1000
/* Reloads that wait for one under way. */
#define WAITING_MAX 16

typedef struct
{
  char *name;
  CulvertTunnel *tunnel;
  CulvertRosterLoader loader;
  gpointer data;
  gint64 since;
  CulvertConfig *started; /* settings of the process in force */
} CulvertRosterEntry;

struct _CulvertRoster
{
  GObject parent_instance;

  CulvertEngine *engine;
  CulvertLog *log;
  GPtrArray *entries;
  gboolean is_closed;
  gboolean is_reloading;
  GQueue waiting; /* GTask of reloads, owned */
};

enum
{
  SIGNAL_APPLIED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void culvert_roster_fleet_init (CulvertFleetInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertRoster,
                               culvert_roster,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (CULVERT_TYPE_FLEET,
                                                      culvert_roster_fleet_init))

/* -- tunnels ---------------------------------------------------------------------- */

static void
culvert_roster_entry_free (gpointer data)
{
  CulvertRosterEntry *entry = data;

  g_clear_object (&entry->tunnel);
  g_clear_object (&entry->started);
  g_free (entry->name);
  g_free (entry);
}

static CulvertRosterEntry *
culvert_roster_entry (CulvertRoster *self, guint i)
{
  g_assert (i < self->entries->len);
  return self->entries->pdata[i];
}

static CulvertRosterEntry *
culvert_roster_find_entry (CulvertRoster *self, const char *name)
{
  for (guint i = 0; i < self->entries->len; i++)
    if (g_str_equal (culvert_roster_entry (self, i)->name, name))
      return culvert_roster_entry (self, i);
  return NULL;
}

static char *
culvert_roster_dup_free_name (CulvertRoster *self, const char *name)
{
  char *free_name = g_strdup (name);

  for (guint i = 2; culvert_roster_find_entry (self, free_name) != NULL; i++)
    {
      g_free (free_name);
      free_name = g_strdup_printf ("%s-%u", name, i);
    }
  return free_name;
}

static void
culvert_roster_state_cb (CulvertTunnel *tunnel, GParamSpec *pspec, gpointer user_data)
{
  CulvertRoster *self = user_data;

  for (guint i = 0; i < self->entries->len; i++)
    {
      CulvertRosterEntry *entry = culvert_roster_entry (self, i);

      if (entry->tunnel != tunnel)
        continue;
      entry->since = g_get_real_time () / G_USEC_PER_SEC;
      culvert_fleet_state_changed (CULVERT_FLEET (self), entry->name, tunnel);
      return;
    }
}

CulvertTunnel *
culvert_roster_add (CulvertRoster *self,
                    const char *name,
                    CulvertConfig *config,
                    CulvertRosterLoader loader,
                    gpointer data)
{
  CulvertRosterEntry *entry = g_new0 (CulvertRosterEntry, 1);

  entry->name = culvert_roster_dup_free_name (self, name);
  entry->tunnel = culvert_engine_add_tunnel (self->engine, config);
  entry->loader = loader;
  entry->data = data;
  entry->since = g_get_real_time () / G_USEC_PER_SEC;
  entry->started = g_object_ref (config);
  g_ptr_array_add (self->entries, entry);
  g_signal_connect_object (entry->tunnel, "notify::state", G_CALLBACK (culvert_roster_state_cb),
                           self, 0);
  return entry->tunnel;
}

CulvertEngine *
culvert_roster_get_engine (CulvertRoster *self)
{
  return self->engine;
}

void
culvert_roster_close (CulvertRoster *self)
{
  self->is_closed = TRUE;
}

guint
culvert_roster_get_n_tunnels (CulvertRoster *self)
{
  return self->entries->len;
}

CulvertTunnel *
culvert_roster_get_tunnel (CulvertRoster *self, guint i)
{
  return culvert_roster_entry (self, i)->tunnel;
}

const char *
culvert_roster_get_name (CulvertRoster *self, guint i)
{
  return culvert_roster_entry (self, i)->name;
}

gint64
culvert_roster_get_since (CulvertRoster *self, guint i)
{
  return culvert_roster_entry (self, i)->since;
}

CulvertTunnel *
culvert_roster_find (CulvertRoster *self, const char *name, GError **error)
{
  CulvertRosterEntry *entry = culvert_roster_find_entry (self, name);

  if (entry != NULL)
    return entry->tunnel;
  g_set_error (error, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_UNKNOWN_TUNNEL,
               "There is no tunnel \"%s\"", name);
  return NULL;
}

/* -- on and off ---------------------------------------------------------------------- */

static void
culvert_roster_started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (culvert_tunnel_start_finish (CULVERT_TUNNEL (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
culvert_roster_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  (void) culvert_tunnel_stop_finish (CULVERT_TUNNEL (source), result, NULL);
  g_task_return_boolean (task, TRUE);
}

void
culvert_roster_switch_async (CulvertRoster *self,
                             const char *name,
                             gboolean on,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  CulvertTunnel *tunnel = culvert_roster_find (self, name, &error);

  g_task_set_source_tag (task, culvert_roster_switch_async);
  if (tunnel == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (on && self->is_closed)
    g_task_return_new_error (task, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_WRONG_STATE,
                             "The process is ending");
  else if (!on)
    culvert_tunnel_stop_async (tunnel, GRACE_MS, cancellable, culvert_roster_stopped_cb,
                               g_steal_pointer (&task));
  else if (!culvert_fleet_is_tunnel_on (tunnel))
    culvert_tunnel_start_async (tunnel, cancellable, culvert_roster_started_cb,
                                g_steal_pointer (&task));
  else if (culvert_tunnel_get_state (tunnel) == CULVERT_TUNNEL_STARTING
           || culvert_tunnel_get_state (tunnel) == CULVERT_TUNNEL_STOPPING)
    g_task_return_new_error (task, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_WRONG_STATE,
                             "The tunnel \"%s\" is %s; try again", name,
                             culvert_tunnel_state_to_string (culvert_tunnel_get_state (tunnel)));
  else
    g_task_return_boolean (task, TRUE);
}

gboolean
culvert_roster_switch_finish (CulvertRoster *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* -- reload ------------------------------------------------------------------------------ */

/* One reload: all configurations first, then the tunnels one after the other. */
typedef struct
{
  gboolean restart;
  gboolean has_failed;
  GPtrArray *configs; /* by tunnel; NULL: not to be changed */
  guint next;
  GStrvBuilder *messages;
} CulvertReload;

static void culvert_roster_reload_next (GTask *task);
static void culvert_roster_reload_begin (GTask *task);

static void
culvert_reload_free (gpointer data)
{
  CulvertReload *reload = data;

  g_ptr_array_unref (reload->configs);
  g_strv_builder_unref (reload->messages);
  g_free (reload);
}

static void
culvert_roster_reload_say (GTask *task, CulvertLogLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* To the log, and to whoever asked. */
static void
culvert_roster_reload_say (GTask *task, CulvertLogLevel level, const char *format, ...)
{
  CulvertRoster *self = g_task_get_source_object (task);
  CulvertReload *reload = g_task_get_task_data (task);
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  culvert_log_print (self->log, level, "reload: %s", message);
  g_strv_builder_add (reload->messages, message);
}

static void
culvert_roster_restarted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  CulvertRoster *self = g_task_get_source_object (task);
  CulvertReload *reload = g_task_get_task_data (task);
  const char *name = culvert_roster_get_name (self, reload->next);
  g_autoptr (GError) error = NULL;

  if (culvert_tunnel_start_finish (CULVERT_TUNNEL (source), result, &error))
    culvert_roster_reload_say (task, CULVERT_LOG_INFO, "%s: restarted", name);
  else
    culvert_roster_reload_say (task, CULVERT_LOG_ERROR, "%s: does not start again: %s", name,
                               error->message);
  reload->next++;
  culvert_roster_reload_next (task);
}

static void
culvert_roster_reload_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  CulvertRoster *self = g_task_get_source_object (task);
  CulvertReload *reload = g_task_get_task_data (task);

  (void) culvert_tunnel_stop_finish (CULVERT_TUNNEL (source), result, NULL);
  if (!self->is_closed)
    {
      culvert_tunnel_start_async (CULVERT_TUNNEL (source), NULL, culvert_roster_restarted_cb, task);
      return;
    }
  reload->next = reload->configs->len;
  culvert_roster_reload_next (task);
}

static void
culvert_roster_applied_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  CulvertRoster *self = g_task_get_source_object (task);
  CulvertReload *reload = g_task_get_task_data (task);
  CulvertTunnel *tunnel = CULVERT_TUNNEL (source);
  const char *name = culvert_roster_get_name (self, reload->next);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) pending = NULL;
  g_autofree char *keys = NULL;

  if (!culvert_tunnel_apply_config_finish (tunnel, result, &error))
    {
      culvert_roster_reload_say (task, CULVERT_LOG_ERROR, "%s: %s", name, error->message);
      reload->next++;
      culvert_roster_reload_next (task);
      return;
    }
  pending = culvert_tunnel_dup_pending (tunnel);
  keys = g_strjoinv (", ", pending);
  if (keys[0] != '\0' && reload->restart)
    {
      culvert_roster_reload_say (task, CULVERT_LOG_INFO, "%s: restarting for %s", name, keys);
      culvert_tunnel_stop_async (tunnel, GRACE_MS, NULL, culvert_roster_reload_stopped_cb, task);
      return;
    }
  if (keys[0] != '\0')
    culvert_roster_reload_say (task, CULVERT_LOG_WARNING,
                               "%s: %s: takes effect with a restart of the tunnel", name, keys);
  else
    culvert_log_print (self->log, CULVERT_LOG_INFO, "reload: %s: has its new settings", name);
  reload->next++;
  culvert_roster_reload_next (task);
}

/* What only a new process takes over. */
static void
culvert_roster_reload_say_process (GTask *task,
                                   const CulvertRosterEntry *entry,
                                   CulvertConfig *config)
{
  g_auto (GStrv) pending = culvert_config_dup_restart_keys (entry->started, config, TRUE);
  g_autofree char *keys = g_strjoinv (", ", pending);

  if (keys[0] != '\0')
    culvert_roster_reload_say (task, CULVERT_LOG_WARNING, "%s: %s: takes effect with a new process",
                               entry->name, keys);
}

/* Takes task; the next in the queue begins. */
static void
culvert_roster_reload_end (GTask *task)
{
  CulvertRoster *self = g_task_get_source_object (task);
  CulvertReload *reload = g_task_get_task_data (task);
  GTask *next = g_queue_pop_head (&self->waiting);

  self->is_reloading = FALSE;
  g_object_ref (self);
  if (!reload->has_failed)
    g_task_return_pointer (task, g_strv_builder_end (reload->messages),
                           (GDestroyNotify) g_strfreev);
  g_object_unref (task);
  if (next != NULL)
    culvert_roster_reload_begin (next);
  g_object_unref (self);
}

static void
culvert_roster_reload_next (GTask *task)
{
  CulvertRoster *self = g_task_get_source_object (task);
  CulvertReload *reload = g_task_get_task_data (task);
  const CulvertRosterEntry *entry;
  CulvertConfig *config;

  while (reload->next < reload->configs->len && reload->configs->pdata[reload->next] == NULL)
    reload->next++;
  if (reload->next >= reload->configs->len)
    {
      culvert_roster_reload_end (task);
      return;
    }
  entry = culvert_roster_entry (self, reload->next);
  config = reload->configs->pdata[reload->next];
  culvert_roster_reload_say_process (task, entry, config);
  g_signal_emit (self, signals[SIGNAL_APPLIED], 0, entry->name, config);
  culvert_tunnel_apply_config_async (entry->tunnel, config, NULL, culvert_roster_applied_cb, task);
}

static void
culvert_roster_clear_config (gpointer data)
{
  if (data != NULL)
    g_object_unref (data);
}

/* Reads everything, and goes on when all of it is good. Takes task. */
static void
culvert_roster_reload_begin (GTask *task)
{
  CulvertRoster *self = g_task_get_source_object (task);
  CulvertReload *reload = g_task_get_task_data (task);
  GError *error = NULL;

  self->is_reloading = TRUE;
  for (guint i = 0; error == NULL && i < self->entries->len; i++)
    {
      const CulvertRosterEntry *entry = culvert_roster_entry (self, i);

      g_ptr_array_add (reload->configs,
                       entry->loader != NULL ? entry->loader (entry->data, &error) : NULL);
    }
  if (error == NULL)
    {
      culvert_roster_reload_next (task);
      return;
    }
  culvert_log_print (self->log, CULVERT_LOG_ERROR, "reload: the old settings stay: %s",
                     error->message);
  reload->has_failed = TRUE;
  g_task_return_error (task, error);
  culvert_roster_reload_end (task);
}

void
culvert_roster_reload_async (CulvertRoster *self,
                             gboolean restart,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  CulvertReload *reload = g_new0 (CulvertReload, 1);

  g_task_set_source_tag (task, culvert_roster_reload_async);
  reload->restart = restart;
  reload->configs = g_ptr_array_new_with_free_func (culvert_roster_clear_config);
  reload->messages = g_strv_builder_new ();
  g_task_set_task_data (task, reload, culvert_reload_free);
  if (self->is_closed || self->waiting.length >= WAITING_MAX)
    {
      g_task_return_new_error (task, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_WRONG_STATE, "%s",
                               self->is_closed ? "The process is ending"
                                               : "A reload is under way; try again");
      g_object_unref (task);
    }
  else if (self->is_reloading)
    g_queue_push_tail (&self->waiting, task);
  else
    culvert_roster_reload_begin (task);
}

GStrv
culvert_roster_reload_finish (CulvertRoster *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* -- CulvertFleet --------------------------------------------------------------------------- */

static guint
culvert_roster_fleet_get_n (CulvertFleet *fleet)
{
  return culvert_roster_get_n_tunnels ((CulvertRoster *) fleet);
}

static void
culvert_roster_fleet_peek (CulvertFleet *fleet, guint i, CulvertFleetMember *out_member)
{
  CulvertRosterEntry *entry = culvert_roster_entry ((CulvertRoster *) fleet, i);
  CulvertConfig *config = culvert_tunnel_get_config (entry->tunnel);
  const GError *error = culvert_tunnel_get_last_error (entry->tunnel);

  out_member->name = entry->name;
  out_member->role = culvert_config_get_role (config);
  out_member->tunnel = entry->tunnel;
  out_member->since = entry->since;
  out_member->peer = culvert_config_get_string (
      config, out_member->role == CULVERT_ROLE_CLIENT ? CULVERT_SETTING_REMOTEADDR
                                                      : CULVERT_SETTING_TARGET);
  out_member->error = culvert_tunnel_get_state (entry->tunnel) == CULVERT_TUNNEL_FAILED
                              && error != NULL
                          ? error->message
                          : NULL;
}

static int
culvert_roster_fleet_find (CulvertFleet *fleet, const char *name, GError **error)
{
  CulvertRoster *self = (CulvertRoster *) fleet;

  for (guint i = 0; i < self->entries->len; i++)
    if (g_str_equal (culvert_roster_entry (self, i)->name, name))
      return (int) i;
  (void) culvert_roster_find (self, name, error);
  return -1;
}

static void
culvert_roster_fleet_switch_async (CulvertFleet *fleet,
                                   const char *name,
                                   gboolean on,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  culvert_roster_switch_async ((CulvertRoster *) fleet, name, on, cancellable, callback,
                               user_data);
}

static gboolean
culvert_roster_fleet_switch_finish (CulvertFleet *fleet, GAsyncResult *result, GError **error)
{
  return culvert_roster_switch_finish ((CulvertRoster *) fleet, result, error);
}

static void
culvert_roster_fleet_reload_async (CulvertFleet *fleet,
                                   gboolean restart,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  culvert_roster_reload_async ((CulvertRoster *) fleet, restart, cancellable, callback, user_data);
}

static GStrv
culvert_roster_fleet_reload_finish (CulvertFleet *fleet, GAsyncResult *result, GError **error)
{
  return culvert_roster_reload_finish ((CulvertRoster *) fleet, result, error);
}

static void
culvert_roster_fleet_init (CulvertFleetInterface *iface)
{
  iface->get_n_members = culvert_roster_fleet_get_n;
  iface->peek = culvert_roster_fleet_peek;
  iface->find = culvert_roster_fleet_find;
  iface->switch_async = culvert_roster_fleet_switch_async;
  iface->switch_finish = culvert_roster_fleet_switch_finish;
  iface->reload_async = culvert_roster_fleet_reload_async;
  iface->reload_finish = culvert_roster_fleet_reload_finish;
}

/* -- object ------------------------------------------------------------------------------ */

static void
culvert_roster_dispose (GObject *object)
{
  CulvertRoster *self = (CulvertRoster *) object;

  g_ptr_array_set_size (self->entries, 0);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (culvert_roster_parent_class)->dispose (object);
}

static void
culvert_roster_finalize (GObject *object)
{
  CulvertRoster *self = (CulvertRoster *) object;

  g_ptr_array_unref (self->entries);
  G_OBJECT_CLASS (culvert_roster_parent_class)->finalize (object);
}

static void
culvert_roster_class_init (CulvertRosterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = culvert_roster_dispose;
  object_class->finalize = culvert_roster_finalize;
  signals[SIGNAL_APPLIED] =
      g_signal_new ("applied", CULVERT_TYPE_ROSTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, CULVERT_TYPE_CONFIG);
}

static void
culvert_roster_init (CulvertRoster *self)
{
  self->entries = g_ptr_array_new_with_free_func (culvert_roster_entry_free);
  g_queue_init (&self->waiting);
}

CulvertRoster *
culvert_roster_new (CulvertEngine *engine, CulvertLog *log)
{
  CulvertRoster *self = g_object_new (CULVERT_TYPE_ROSTER, NULL);

  self->engine = g_object_ref (engine);
  self->log = log;
  return self;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-run.h"

#include "cli/culvert-cli.h"
#include "culvert-desktop.h"
#include "culvert-profile-fleet.h"
#include "culvert-profile-process.h"
#include "culvert-services.h"
#include "culvert-ui-loader.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>

struct _CulvertProfileRun
{
  CulvertHub *hub;
  CulvertLog *log;
  CulvertProcess *process;
  CulvertProfileRunEndFunc end_func;
  gpointer user_data;
  GStrv names;               /* headless */
  GPtrArray *profiles;       /* headless: those that run, of CulvertProfile */
  CulvertConfig *started;    /* headless: settings of the process as they were at its start */
  GApplication *application; /* desktop; borrowed */
  CulvertDesktop *desktop;   /* once the profiles are there */
  CulvertFleet *fleet;       /* what the control socket sees */
  CulvertServices *services;
  guint n_starting;          /* headless: not told yet how their start ends */
  gboolean is_holding;       /* the application */
  gboolean is_loaded;
  gboolean is_stopping;

  gboolean wants_window; /* when the profiles are there */
  char *wanted_uuid;
  char *wanted_token;
};

static void
culvert_profile_run_end (CulvertProfileRun *run, int status)
{
  if (!run->is_stopping)
    run->end_func (status, run->user_data);
}

/* -- log ------------------------------------------------------------------------------ */

static void
culvert_profile_run_log_cb (CulvertHub *hub,
                            CulvertHubItem *item,
                            CulvertLogLevel level,
                            const char *message,
                            gpointer user_data)
{
  CulvertProfileRun *run = user_data;

  culvert_log_print (run->log, level, "%s: %s",
                     culvert_profile_get_name (culvert_hub_item_get_profile (item)), message);
}

static void
culvert_profile_run_message_cb (CulvertHub *hub,
                                const char *text,
                                const char *uuid,
                                gpointer user_data)
{
  CulvertProfileRun *run = user_data;

  culvert_log_write (run->log, CULVERT_LOG_WARNING, text);
}

static void
culvert_profile_run_log_endpoints (CulvertProfileRun *run, CulvertHubItem *item)
{
  const char *const *endpoints =
      culvert_tunnel_get_local_endpoints (culvert_hub_item_get_tunnel (item));

  for (guint i = 0; endpoints[i] != NULL; i++)
    culvert_log_print (run->log, CULVERT_LOG_INFO, "%s: listening on: %s",
                       culvert_profile_get_name (culvert_hub_item_get_profile (item)),
                       endpoints[i]);
}

/* -- headless --------------------------------------------------------------------------- */

typedef struct
{
  CulvertProfileRun *run;
  CulvertHubItem *item;
} CulvertProfileRunConnect;

static void
culvert_profile_run_connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree CulvertProfileRunConnect *connect = user_data;
  CulvertProfileRun *run = connect->run;
  g_autoptr (CulvertHubItem) item = connect->item;
  g_autoptr (GError) error = NULL;

  if (culvert_hub_connect_finish (CULVERT_HUB (source), result, &error))
    {
      culvert_profile_run_log_endpoints (run, item);
      if (--run->n_starting == 0 && !run->is_stopping)
        culvert_services_ready (run->services);
      return;
    }
  if (run->is_stopping)
    return;
  culvert_log_print (run->log, CULVERT_LOG_ERROR, "%s: %s",
                     culvert_profile_get_name (culvert_hub_item_get_profile (item)),
                     error->message);
  culvert_profile_run_end (run, EXIT_FAILURE);
}

/* The settings of the process, first or again; those that need another process are named. */
static CulvertConfig *
culvert_profile_run_apply_process (CulvertProfileRun *run, GError **error)
{
  g_auto (GStrv) conflicts = NULL;
  g_autoptr (CulvertConfig) config =
      culvert_profile_process_new_config (run->profiles, &conflicts, error);
  g_auto (GStrv) waiting = NULL;
  g_autofree char *keys = NULL;

  if (config == NULL || !culvert_process_apply (run->process, config, error))
    return NULL;
  for (guint i = 0; conflicts[i] != NULL; i++)
    culvert_log_write (run->log, CULVERT_LOG_WARNING, conflicts[i]);
  if (run->started == NULL)
    return g_steal_pointer (&config);
  waiting = culvert_config_dup_restart_keys (run->started, config, TRUE);
  keys = g_strjoinv (", ", waiting);
  if (keys[0] != '\0')
    culvert_log_print (run->log, CULVERT_LOG_WARNING, "%s: takes effect with a new process", keys);
  return g_steal_pointer (&config);
}

static void
culvert_profile_run_reloaded_cb (CulvertProfileStore *store,
                                 CulvertProfile *profile,
                                 gpointer user_data)
{
  CulvertProfileRun *run = user_data;
  CulvertHubItem *item = culvert_hub_find (run->hub, culvert_profile_get_uuid (profile));
  g_autoptr (GError) error = NULL;
  g_autoptr (CulvertConfig) config = NULL;

  if (!g_ptr_array_find (run->profiles, profile, NULL))
    return;
  config = culvert_profile_run_apply_process (run, &error);
  if (config == NULL)
    culvert_log_write (run->log, CULVERT_LOG_ERROR, error->message);
  if (item != NULL && culvert_hub_item_get_tunnel (item) != NULL)
    culvert_tunnel_set_log_streams (culvert_hub_item_get_tunnel (item),
                                    !culvert_profile_get_bool (profile, CULVERT_SETTING_QUIET));
}

/* What belongs to the process: log, memory, workers, control socket, metrics. */
static gboolean
culvert_profile_run_open_process (CulvertProfileRun *run, GPtrArray *items, GError **error)
{
  CulvertEngine *engine = culvert_hub_get_engine (run->hub);
  g_autoptr (CulvertConfig) config = NULL;

  run->profiles = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (run->profiles, g_object_ref (culvert_hub_item_get_profile (items->pdata[i])));
  config = culvert_profile_run_apply_process (run, error);
  if (config == NULL)
    return FALSE;
  (void) culvert_engine_set_n_workers (
      engine, (guint) culvert_config_get_int (config, CULVERT_SETTING_WORKERS));
  culvert_process_watch (run->process, engine);
  run->fleet = culvert_profile_fleet_new (run->hub, items);
  run->services = culvert_services_new (run->fleet, run->log, config, error);
  run->started = g_steal_pointer (&config);
  g_signal_connect (culvert_hub_get_store (run->hub), "reloaded",
                    G_CALLBACK (culvert_profile_run_reloaded_cb), run);
  return run->services != NULL;
}

/* All of the names, before the first is connected. NULL: one is wrong. */
static GPtrArray *
culvert_profile_run_find (CulvertProfileRun *run)
{
  CulvertProfileStore *store = culvert_hub_get_store (run->hub);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; run->names[i] != NULL; i++)
    {
      CulvertProfile *profile = culvert_profile_store_lookup (store, run->names[i], &error);

      if (profile == NULL)
        {
          culvert_log_write (run->log, CULVERT_LOG_ERROR, error->message);
          return NULL;
        }
      g_ptr_array_add (items, culvert_hub_find (run->hub, culvert_profile_get_uuid (profile)));
    }
  return g_steal_pointer (&items);
}

static void
culvert_profile_run_connect (CulvertProfileRun *run)
{
  g_autoptr (GPtrArray) items = culvert_profile_run_find (run);
  g_autoptr (GError) error = NULL;

  if (items == NULL)
    {
      culvert_profile_run_end (run, CULVERT_EXIT_USAGE);
      return;
    }
  if (!culvert_profile_run_open_process (run, items, &error))
    {
      culvert_log_write (run->log, CULVERT_LOG_ERROR, error->message);
      culvert_profile_run_end (run, EXIT_FAILURE);
      return;
    }
  run->n_starting = items->len;
  for (guint i = 0; i < items->len; i++)
    {
      CulvertProfileRunConnect *connect = g_new0 (CulvertProfileRunConnect, 1);

      connect->run = run;
      connect->item = g_object_ref (items->pdata[i]);
      culvert_hub_connect_async (run->hub, connect->item, NULL, culvert_profile_run_connected_cb,
                                 connect);
    }
}

/* -- desktop ------------------------------------------------------------------------------ */

/* The application stays while there is something to do, and ends by itself otherwise. */
static void
culvert_profile_run_update_hold (CulvertProfileRun *run)
{
  gboolean is_needed = !run->is_loaded || culvert_hub_is_busy (run->hub)
                       || culvert_desktop_wants_to_stay (run->desktop);

  if (run->application == NULL || is_needed == run->is_holding)
    return;
  run->is_holding = is_needed;
  if (is_needed)
    g_application_hold (run->application);
  else
    g_application_release (run->application);
}

static void
culvert_profile_run_busy_cb (CulvertHub *hub, GParamSpec *pspec, gpointer user_data)
{
  culvert_profile_run_update_hold (user_data);
}

static void
culvert_profile_run_desktop_cb (gpointer user_data)
{
  culvert_profile_run_update_hold (user_data);
}

static void
culvert_profile_run_open_window (CulvertProfileRun *run)
{
  g_autofree char *uuid = g_steal_pointer (&run->wanted_uuid);
  g_autofree char *token = g_steal_pointer (&run->wanted_token);
  g_autoptr (GError) error = NULL;

  run->wants_window = FALSE;
  if (culvert_ui_loader_present (run->hub, uuid, token, &error))
    return;
  culvert_log_write (run->log, CULVERT_LOG_ERROR, error->message);
  /* With tunnels running it goes on without a window. */
  if (!culvert_hub_is_busy (run->hub))
    culvert_profile_run_end (run, EXIT_FAILURE);
}

void
culvert_profile_run_present (CulvertProfileRun *run, const char *uuid, const char *token)
{
  if (run->is_stopping)
    return;
  g_free (run->wanted_uuid);
  g_free (run->wanted_token);
  run->wanted_uuid = g_strdup (uuid);
  run->wanted_token = g_strdup (token);
  run->wants_window = TRUE;
  if (run->is_loaded)
    culvert_profile_run_open_window (run);
}

static void
culvert_profile_run_show_cb (CulvertHub *hub, const char *uuid, gpointer user_data)
{
  culvert_profile_run_present (user_data, uuid, NULL);
}

static void
culvert_profile_run_summoned_cb (CulvertFleet *fleet, const char *token, gpointer user_data)
{
  culvert_profile_run_present (user_data, NULL, token[0] != '\0' ? token : NULL);
}

static void
culvert_profile_run_quit_cb (CulvertHub *hub, gpointer user_data)
{
  culvert_profile_run_end (user_data, EXIT_SUCCESS);
}

/* The application is on the bus with the same actions: for the tray and for others. */
static void
culvert_profile_run_action_added_cb (GActionGroup *group, const char *name, gpointer user_data)
{
  CulvertProfileRun *run = user_data;

  g_action_map_add_action (G_ACTION_MAP (run->application),
                           g_action_map_lookup_action (G_ACTION_MAP (group), name));
}

static void
culvert_profile_run_action_removed_cb (GActionGroup *group, const char *name, gpointer user_data)
{
  CulvertProfileRun *run = user_data;

  g_action_map_remove_action (G_ACTION_MAP (run->application), name);
}

static void
culvert_profile_run_export_actions (CulvertProfileRun *run)
{
  GActionGroup *actions = culvert_hub_get_actions (run->hub);
  g_auto (GStrv) names = g_action_group_list_actions (actions);

  for (guint i = 0; names[i] != NULL; i++)
    culvert_profile_run_action_added_cb (actions, names[i], run);
  g_signal_connect (actions, "action-added", G_CALLBACK (culvert_profile_run_action_added_cb), run);
  g_signal_connect (actions, "action-removed", G_CALLBACK (culvert_profile_run_action_removed_cb),
                    run);
}

static void
culvert_profile_run_begin_desktop (CulvertProfileRun *run)
{
  run->fleet = culvert_profile_fleet_new (run->hub, NULL);
  g_signal_connect (run->fleet, "show", G_CALLBACK (culvert_profile_run_summoned_cb), run);
  run->services = culvert_services_new_for_desktop (run->fleet, run->log);
  culvert_services_ready (run->services);
  /* What was deleted in an earlier run cannot be undone any more. */
  culvert_profile_store_purge (culvert_hub_get_store (run->hub), NULL);
  run->desktop = culvert_desktop_new (run->application, run->hub, culvert_profile_run_desktop_cb,
                                      run);
  culvert_hub_connect_autostart (run->hub);
  if (run->wants_window)
    culvert_profile_run_open_window (run);
  culvert_profile_run_update_hold (run);
}

/* -- both ----------------------------------------------------------------------------------- */

static void
culvert_profile_run_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CulvertProfileRun *run = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = culvert_hub_load_finish (CULVERT_HUB (source), result, &error);

  if (run->is_stopping)
    return;
  if (!ok)
    {
      culvert_log_write (run->log, CULVERT_LOG_ERROR, error->message);
      culvert_profile_run_end (run, EXIT_FAILURE);
      return;
    }
  run->is_loaded = TRUE;
  if (run->application != NULL)
    culvert_profile_run_begin_desktop (run);
  else
    culvert_profile_run_connect (run);
}

CulvertProfileRun *
culvert_profile_run_new (CulvertLog *log,
                         CulvertProcess *process,
                         CulvertProfileRunEndFunc end_func,
                         gpointer user_data)
{
  CulvertProfileRun *run = g_new0 (CulvertProfileRun, 1);

  run->log = log;
  run->process = process;
  run->end_func = end_func;
  run->user_data = user_data;
  run->hub = culvert_hub_new (NULL, 0, 0);
  g_signal_connect (run->hub, "log", G_CALLBACK (culvert_profile_run_log_cb), run);
  g_signal_connect (run->hub, "message", G_CALLBACK (culvert_profile_run_message_cb), run);
  g_signal_connect (run->hub, "quit", G_CALLBACK (culvert_profile_run_quit_cb), run);
  return run;
}

void
culvert_profile_run_free (CulvertProfileRun *run)
{
  g_signal_handlers_disconnect_by_data (culvert_hub_get_actions (run->hub), run);
  g_signal_handlers_disconnect_by_data (culvert_hub_get_store (run->hub), run);
  g_signal_handlers_disconnect_by_data (run->hub, run);
  culvert_profile_run_leave_desktop (run);
  culvert_services_free (run->services);
  if (run->fleet != NULL)
    g_signal_handlers_disconnect_by_data (run->fleet, run);
  g_clear_object (&run->fleet);
  g_object_unref (run->hub);
  g_clear_pointer (&run->profiles, g_ptr_array_unref);
  g_clear_object (&run->started);
  g_strfreev (run->names);
  g_free (run->wanted_uuid);
  g_free (run->wanted_token);
  g_free (run);
}

CulvertHub *
culvert_profile_run_get_hub (CulvertProfileRun *run)
{
  return run->hub;
}

void
culvert_profile_run_start_headless (CulvertProfileRun *run, const char *const *names)
{
  run->names = g_strdupv ((char **) names);
  culvert_hub_load_async (run->hub, NULL, culvert_profile_run_loaded_cb, run);
}

static void
culvert_profile_run_reload_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CulvertProfileRun *run = user_data;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) messages = culvert_fleet_reload_finish (CULVERT_FLEET (source), result, &error);

  if (run->is_stopping)
    return;
  if (messages == NULL)
    culvert_log_print (run->log, CULVERT_LOG_ERROR, "reload: %s", error->message);
  for (guint i = 0; messages != NULL && messages[i] != NULL; i++)
    culvert_log_print (run->log, CULVERT_LOG_WARNING, "reload: %s", messages[i]);
  culvert_services_ready (run->services);
}

void
culvert_profile_run_reload (CulvertProfileRun *run)
{
  if (run->services == NULL || run->is_stopping)
    return;
  culvert_services_reloading (run->services);
  culvert_fleet_reload_async (run->fleet, FALSE, NULL, culvert_profile_run_reload_cb, run);
}

void
culvert_profile_run_start_desktop (CulvertProfileRun *run, GApplication *application)
{
  run->application = application;
  g_signal_connect (run->hub, "show-window", G_CALLBACK (culvert_profile_run_show_cb), run);
  g_signal_connect (run->hub, "notify::is-busy", G_CALLBACK (culvert_profile_run_busy_cb), run);
  culvert_profile_run_export_actions (run);
  culvert_profile_run_update_hold (run);
  culvert_hub_load_async (run->hub, NULL, culvert_profile_run_loaded_cb, run);
}

void
culvert_profile_run_leave_desktop (CulvertProfileRun *run)
{
  run->is_stopping = TRUE;
  g_clear_pointer (&run->desktop, culvert_desktop_free);
  if (run->application != NULL)
    culvert_ui_loader_close ();
}

void
culvert_profile_run_stop (CulvertProfileRun *run,
                          guint grace_ms,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  culvert_profile_run_leave_desktop (run);
  if (run->services != NULL)
    {
      culvert_profile_fleet_close (CULVERT_PROFILE_FLEET (run->fleet));
      culvert_services_stopping (run->services);
    }
  if (run->application != NULL)
    culvert_profile_store_purge (culvert_hub_get_store (run->hub), NULL);
  culvert_hub_shutdown_async (run->hub, grace_ms, cancellable, callback, user_data);
}

gboolean
culvert_profile_run_stop_finish (CulvertProfileRun *run, GAsyncResult *result, GError **error)
{
  return culvert_hub_shutdown_finish (run->hub, result, error);
}

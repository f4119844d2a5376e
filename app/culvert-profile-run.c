/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-run.h"

#include "cli/culvert-cli.h"
#include "culvert-desktop.h"
#include "culvert-profile-fleet.h"
#include "culvert-services.h"
#include "culvert-ui-loader.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>

struct _CulvertProfileRun
{
  CulvertHub *hub;
  CulvertLog *log;
  CulvertProfileRunEndFunc end_func;
  gpointer user_data;
  GStrv names;               /* headless */
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

/* only: (nullable), see culvert_profile_fleet_new. */
static void
culvert_profile_run_open_services (CulvertProfileRun *run, GPtrArray *only)
{
  run->fleet = culvert_profile_fleet_new (run->hub, only);
  run->services =
      culvert_services_new_for_profiles (run->fleet, run->log, run->application != NULL);
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

  if (items == NULL)
    {
      culvert_profile_run_end (run, CULVERT_EXIT_USAGE);
      return;
    }
  culvert_profile_run_open_services (run, items);
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
  culvert_profile_run_open_services (run, NULL);
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
culvert_profile_run_new (CulvertLog *log, CulvertProfileRunEndFunc end_func, gpointer user_data)
{
  CulvertProfileRun *run = g_new0 (CulvertProfileRun, 1);

  run->log = log;
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
  g_signal_handlers_disconnect_by_data (run->hub, run);
  culvert_profile_run_leave_desktop (run);
  culvert_services_free (run->services);
  g_clear_object (&run->fleet);
  g_object_unref (run->hub);
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

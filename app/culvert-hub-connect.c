/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-hub-private.h"

#include "culvert-launch.h"
#include "culvert-secrets.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* One start: keyring, settings, tunnel. Each step looks whether it is still wanted. */
typedef struct
{
  CulvertHub *hub;
  CulvertHubItem *item;
  CulvertProfile *profile; /* as it was when the start began, with the key */
  guint told;              /* source: the person should look at the keyring's question */
} CulvertHubStart;

static void
culvert_hub_start_free (CulvertHubStart *start)
{
  g_clear_handle_id (&start->told, g_source_remove);
  g_object_unref (start->hub);
  g_object_unref (start->item);
  g_object_unref (start->profile);
  g_free (start);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CulvertHubStart, culvert_hub_start_free)

static gboolean
culvert_hub_item_needs_keyring (CulvertProfile *profile)
{
  return culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING
         && culvert_profile_peek_key (profile) == NULL
         && culvert_profile_get_string (profile, CULVERT_SETTING_KEY_FILE)[0] == '\0';
}

/* -- ends -------------------------------------------------------------------------------- */

static void
culvert_hub_answer_waiting (CulvertHubItem *item, const GError *error)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&item->waiting);

  item->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < waiting->len; i++)
    {
      if (error == NULL)
        g_task_return_boolean (waiting->pdata[i], TRUE);
      else
        g_task_return_error (waiting->pdata[i], g_error_copy (error));
    }
}

/* The start failed, or was called off. */
static void
culvert_hub_start_failed (CulvertHub *self, CulvertHubItem *item, const GError *error)
{
  gboolean is_cancelled = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  item->is_moving = FALSE;
  if (!is_cancelled)
    {
      culvert_hub_item_set_last_error (item, error->message);
      culvert_hub_item_set_wanted (item, FALSE);
    }
  if (!is_cancelled || !item->is_wanted)
    culvert_hub_answer_waiting (item, error);
  culvert_hub_item_changed (self, item);
  culvert_hub_pursue (self, item);
}

/* -- tunnel ------------------------------------------------------------------------------ */

static void
culvert_hub_started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertHubStart) start = user_data;
  g_autoptr (GError) error = NULL;

  if (!culvert_tunnel_start_finish (CULVERT_TUNNEL (source), result, &error))
    {
      culvert_hub_start_failed (start->hub, start->item, error);
      return;
    }
  start->item->is_moving = FALSE;
  culvert_hub_item_changed (start->hub, start->item);
  culvert_hub_pursue (start->hub, start->item);
}

static void
culvert_hub_tunnel_state_cb (CulvertTunnel *tunnel, GParamSpec *pspec, gpointer user_data)
{
  g_autoptr (CulvertHubItem) item = g_object_ref (user_data);
  CulvertHub *self = g_object_get_data (G_OBJECT (tunnel), "culvert-hub");
  const GError *error = culvert_tunnel_get_last_error (tunnel);

  if (item->tunnel != tunnel || item->is_removed)
    return;
  /* It ended by itself. */
  if (!item->is_moving && item->is_wanted && !culvert_hub_item_is_running (item))
    {
      culvert_hub_item_set_last_error (item, error != NULL ? error->message
                                                           : _("the tunnel ended"));
      culvert_hub_item_set_wanted (item, FALSE);
    }
  culvert_hub_item_changed (self, item);
}

static void
culvert_hub_tunnel_log_cb (CulvertTunnel *tunnel,
                           CulvertLogLevel level,
                           const char *message,
                           gpointer user_data)
{
  CulvertHub *self = g_object_get_data (G_OBJECT (tunnel), "culvert-hub");
  CulvertHubItem *item = user_data;

  culvert_log_ring_push (item->log, level, message);
  g_signal_emit_by_name (self, "log", item, level, message);
}

/* The tunnel stays when settings change, for it has the history; a role needs a new one. */
static void
culvert_hub_give_tunnel (CulvertHub *self, CulvertHubItem *item, CulvertConfig *config)
{
  g_autoptr (CulvertTunnel) tunnel = NULL;

  if (item->tunnel != NULL
      && culvert_config_get_role (culvert_tunnel_get_config (item->tunnel))
             == culvert_config_get_role (config))
    {
      culvert_tunnel_apply_config_async (item->tunnel, config, NULL, NULL, NULL);
    }
  else
    {
      if (item->tunnel != NULL)
        {
          g_signal_handlers_disconnect_by_data (item->tunnel, item);
          culvert_engine_remove_tunnel_async (self->engine, item->tunnel, NULL, NULL, NULL);
        }
      tunnel = culvert_engine_add_tunnel (self->engine, config);
      /* The hub cuts these connections when it goes. */
      g_object_set_data (G_OBJECT (tunnel), "culvert-hub", self);
      g_signal_connect_object (tunnel, "notify::state", G_CALLBACK (culvert_hub_tunnel_state_cb),
                               item, 0);
      g_signal_connect_object (tunnel, "notify::state-reason",
                               G_CALLBACK (culvert_hub_tunnel_state_cb), item, 0);
      g_signal_connect_object (tunnel, "log", G_CALLBACK (culvert_hub_tunnel_log_cb), item, 0);
      culvert_hub_item_set_tunnel (item, tunnel);
    }
  culvert_tunnel_set_log_streams (item->tunnel,
                                  !culvert_config_get_bool (config, CULVERT_SETTING_QUIET));
}

/* -- settings ------------------------------------------------------------------------------ */

static void
culvert_hub_config_thread (GTask *task,
                           gpointer source_object,
                           gpointer task_data,
                           GCancellable *cancellable)
{
  CulvertProfile *profile = task_data;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (culvert_profile_peek_settings (profile));
  const char *key = culvert_profile_peek_key (profile);
  CulvertConfig *config;
  GError *error = NULL;

  if (key != NULL)
    g_variant_dict_insert (&dict, culvert_settings (NULL)[CULVERT_SETTING_KEY].key, "s", key);
  config = culvert_launch_new_config (culvert_profile_get_role (profile), &dict, NULL, &error);
  if (config != NULL)
    g_task_return_pointer (task, config, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
culvert_hub_config_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertHubStart) start = user_data;
  CulvertHubItem *item = start->item;
  g_autoptr (GError) error = NULL;
  g_autoptr (CulvertConfig) config = g_task_propagate_pointer (G_TASK (result), &error);

  if (config == NULL)
    {
      culvert_hub_start_failed (start->hub, item, error);
      return;
    }
  culvert_hub_give_tunnel (start->hub, item, config);
  culvert_hub_item_set_needs_restart (item, FALSE);
  culvert_tunnel_start_async (item->tunnel, item->cancellable, culvert_hub_started_cb,
                              g_steal_pointer (&start));
}

/* Files (key-file) are read off the main thread. */
static void
culvert_hub_prepare_config (CulvertHubStart *start)
{
  g_autoptr (GTask) task =
      g_task_new (NULL, start->item->cancellable, culvert_hub_config_cb, start);

  g_task_set_task_data (task, g_object_ref (start->profile), g_object_unref);
  g_task_run_in_thread (task, culvert_hub_config_thread);
}

/* -- key ------------------------------------------------------------------------------------ */

static void
culvert_hub_key_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertHubStart) start = user_data;
  g_autoptr (GError) error = NULL;
  char *key = culvert_secrets_lookup_finish (result, &error);

  g_clear_handle_id (&start->told, g_source_remove);
  if (key == NULL)
    {
      culvert_hub_start_failed (start->hub, start->item, error);
      return;
    }
  culvert_profile_set_key (start->profile, key);
  culvert_secrets_free_key (key);
  culvert_hub_prepare_config (g_steal_pointer (&start));
}

static gboolean
culvert_hub_keyring_slow_cb (gpointer user_data)
{
  CulvertHubStart *start = user_data;

  start->told = 0;
  culvert_hub_tell (start->hub, start->item,
                    _("The keyring is locked: unlock it to connect “%s”"),
                    culvert_profile_get_name (start->item->profile));
  return G_SOURCE_REMOVE;
}

/* Somebody who clicked can type a password; nobody is there at login. */
static void
culvert_hub_fetch_for_start (CulvertHubStart *start)
{
  guint timeout_ms = CULVERT_SECRETS_TIMEOUT_MS;

  if (start->item->by_person)
    {
      timeout_ms = CULVERT_SECRETS_PATIENT_MS;
      start->told =
          g_timeout_add (CULVERT_SECRETS_TIMEOUT_MS, culvert_hub_keyring_slow_cb, start);
    }
  culvert_secrets_lookup_async (culvert_profile_get_uuid (start->profile), timeout_ms,
                                start->item->cancellable, culvert_hub_key_cb, start);
}

static void
culvert_hub_begin (CulvertHub *self, CulvertHubItem *item)
{
  CulvertHubStart *start = g_new0 (CulvertHubStart, 1);

  start->hub = g_object_ref (self);
  start->item = g_object_ref (item);
  start->profile = culvert_profile_dup (item->profile);
  item->is_moving = TRUE;
  item->is_restarting = FALSE;
  g_clear_object (&item->cancellable);
  item->cancellable = g_cancellable_new ();
  culvert_hub_item_set_last_error (item, NULL);
  culvert_hub_item_changed (self, item);
  if (culvert_hub_item_needs_keyring (start->profile))
    culvert_hub_fetch_for_start (start);
  else
    culvert_hub_prepare_config (start);
}

/* -- stop ------------------------------------------------------------------------------------- */

static void
culvert_hub_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertHubStart) stop = user_data;

  (void) culvert_tunnel_stop_finish (CULVERT_TUNNEL (source), result, NULL);
  stop->item->is_moving = FALSE;
  culvert_hub_item_changed (stop->hub, stop->item);
  culvert_hub_pursue (stop->hub, stop->item);
}

static void
culvert_hub_end (CulvertHub *self, CulvertHubItem *item)
{
  CulvertHubStart *stop = g_new0 (CulvertHubStart, 1);

  stop->hub = g_object_ref (self);
  stop->item = g_object_ref (item);
  stop->profile = g_object_ref (item->profile);
  item->is_moving = TRUE;
  culvert_tunnel_stop_async (item->tunnel, CULVERT_HUB_GRACE_MS, NULL, culvert_hub_stopped_cb,
                             stop);
}

/* -- what is wanted ------------------------------------------------------------------------ */

void
culvert_hub_pursue (CulvertHub *hub, CulvertHubItem *item)
{
  gboolean is_wanted = item->is_wanted && !hub->is_closed && !item->is_removed;
  gboolean is_running = culvert_hub_item_is_running (item);
  /* A start that was called off stops by itself; its end is worth waiting for. */
  gboolean is_stopping =
      is_running && culvert_tunnel_get_state (item->tunnel) == CULVERT_TUNNEL_STOPPING;

  if (item->is_moving)
    return;
  if (is_running && (!is_wanted || item->is_restarting || is_stopping))
    culvert_hub_end (hub, item);
  else if (!is_running && is_wanted)
    culvert_hub_begin (hub, item);
  else
    {
      g_autoptr (GError) error = NULL;

      item->is_restarting = FALSE;
      if (!is_running)
        g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("it was switched off"));
      culvert_hub_answer_waiting (item, error);
    }
}

void
culvert_hub_set_wanted (CulvertHub *hub,
                        CulvertHubItem *item,
                        gboolean is_wanted,
                        gboolean by_person)
{
  if (hub->is_closed)
    return;
  item->by_person = by_person;
  culvert_hub_item_set_wanted (item, is_wanted);
  if (!is_wanted)
    {
      culvert_hub_item_set_last_error (item, NULL);
      if (item->is_moving && item->cancellable != NULL)
        g_cancellable_cancel (item->cancellable);
    }
  culvert_hub_item_changed (hub, item);
  culvert_hub_pursue (hub, item);
}

void
culvert_hub_abandon (CulvertHub *hub, CulvertHubItem *item)
{
  item->is_removed = TRUE;
  if (item->cancellable != NULL)
    g_cancellable_cancel (item->cancellable);
  if (item->tunnel == NULL)
    return;
  g_signal_handlers_disconnect_by_data (item->tunnel, item);
  culvert_engine_remove_tunnel_async (hub->engine, item->tunnel, NULL, NULL, NULL);
}

/* -- face ------------------------------------------------------------------------------------ */

void
culvert_hub_connect (CulvertHub *hub, CulvertHubItem *item)
{
  g_return_if_fail (CULVERT_IS_HUB (hub));
  g_return_if_fail (CULVERT_IS_HUB_ITEM (item));

  culvert_hub_set_wanted (hub, item, TRUE, TRUE);
}

void
culvert_hub_disconnect (CulvertHub *hub, CulvertHubItem *item)
{
  g_return_if_fail (CULVERT_IS_HUB (hub));
  g_return_if_fail (CULVERT_IS_HUB_ITEM (item));

  culvert_hub_set_wanted (hub, item, FALSE, TRUE);
}

void
culvert_hub_connect_async (CulvertHub *hub,
                           CulvertHubItem *item,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CULVERT_IS_HUB (hub));
  g_return_if_fail (CULVERT_IS_HUB_ITEM (item));

  task = g_task_new (hub, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_hub_connect_async);
  g_ptr_array_add (item->waiting, task);
  culvert_hub_set_wanted (hub, item, TRUE, FALSE);
}

gboolean
culvert_hub_connect_finish (CulvertHub *hub, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, hub), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
culvert_hub_connect_autostart (CulvertHub *hub)
{
  g_return_if_fail (CULVERT_IS_HUB (hub));

  for (guint i = 0; i < hub->items->len; i++)
    {
      CulvertHubItem *item = hub->items->pdata[i];

      if (culvert_profile_get_autostart (item->profile))
        culvert_hub_set_wanted (hub, item, TRUE, FALSE);
    }
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-fleet.h"

struct _CulvertProfileFleet
{
  GObject parent_instance;

  CulvertHub *hub;
  GPtrArray *only; /* (nullable) CulvertHubItem */
  gboolean is_closed;
};

static void culvert_profile_fleet_init_iface (CulvertFleetInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertProfileFleet,
                               culvert_profile_fleet,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (CULVERT_TYPE_FLEET,
                                                      culvert_profile_fleet_init_iface))

/* -- who is in it -------------------------------------------------------------------------- */

static guint
culvert_profile_fleet_get_n (CulvertFleet *fleet)
{
  CulvertProfileFleet *self = (CulvertProfileFleet *) fleet;

  return self->only != NULL ? self->only->len
                            : g_list_model_get_n_items (G_LIST_MODEL (self->hub));
}

/* (transfer none): the hub or we hold it. */
static CulvertHubItem *
culvert_profile_fleet_get (CulvertProfileFleet *self, guint i)
{
  g_autoptr (CulvertHubItem) item = NULL;

  if (self->only != NULL)
    return self->only->pdata[i];
  item = g_list_model_get_item (G_LIST_MODEL (self->hub), i);
  return item;
}

static void
culvert_profile_fleet_peek (CulvertFleet *fleet, guint i, CulvertFleetMember *out_member)
{
  CulvertHubItem *item = culvert_profile_fleet_get ((CulvertProfileFleet *) fleet, i);
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  gint64 age = g_get_monotonic_time () - culvert_hub_item_get_since (item);

  out_member->name = culvert_profile_get_name (profile);
  out_member->role = culvert_profile_get_role (profile);
  out_member->tunnel = culvert_hub_item_get_tunnel (item);
  out_member->since = (g_get_real_time () - age) / G_USEC_PER_SEC;
  out_member->peer = culvert_profile_get_string (
      profile, out_member->role == CULVERT_ROLE_CLIENT ? CULVERT_SETTING_REMOTEADDR
                                                       : CULVERT_SETTING_TARGET);
  out_member->error = culvert_hub_item_get_last_error (item);
}

static int
culvert_profile_fleet_find (CulvertFleet *fleet, const char *name, GError **error)
{
  CulvertProfileFleet *self = (CulvertProfileFleet *) fleet;
  g_autoptr (GError) cause = NULL;
  CulvertProfile *profile =
      culvert_profile_store_lookup (culvert_hub_get_store (self->hub), name, &cause);

  for (guint i = 0; profile != NULL && i < culvert_profile_fleet_get_n (fleet); i++)
    if (culvert_hub_item_get_profile (culvert_profile_fleet_get (self, i)) == profile)
      return (int) i;
  if (cause != NULL)
    g_set_error_literal (error, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_UNKNOWN_TUNNEL,
                         cause->message);
  else
    g_set_error (error, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_UNKNOWN_TUNNEL,
                 "The profile \"%s\" does not belong to this process", name);
  return -1;
}

/* -- on and off ---------------------------------------------------------------------------- */

static void
culvert_profile_fleet_connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (culvert_hub_connect_finish (CULVERT_HUB (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
culvert_profile_fleet_is_off (CulvertHubItem *item)
{
  CulvertPhase phase = culvert_hub_item_get_phase (item);

  return phase == CULVERT_PHASE_OFF || phase == CULVERT_PHASE_FAILED;
}

/* Waits for the end of a tunnel; the handler has the task's reference. */
static void
culvert_profile_fleet_phase_cb (CulvertHubItem *item, GParamSpec *pspec, gpointer user_data)
{
  GTask *task = user_data;

  if (!culvert_profile_fleet_is_off (item) || g_task_get_completed (task))
    return;
  g_task_return_boolean (task, TRUE);
  g_signal_handlers_disconnect_by_data (item, task);
}

static void
culvert_profile_fleet_unref_task (gpointer task, GClosure *closure)
{
  g_object_unref (task);
}

static void
culvert_profile_fleet_switch_async (CulvertFleet *fleet,
                                    const char *name,
                                    gboolean on,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  CulvertProfileFleet *self = (CulvertProfileFleet *) fleet;
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  int i = culvert_profile_fleet_find (fleet, name, &error);
  CulvertHubItem *item;

  g_task_set_source_tag (task, culvert_profile_fleet_switch_async);
  if (i < 0)
    {
      g_task_return_error (task, error);
      return;
    }
  item = culvert_profile_fleet_get (self, (guint) i);
  if (on && self->is_closed)
    g_task_return_new_error (task, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_WRONG_STATE,
                             "The process is ending");
  else if (on)
    culvert_hub_connect_async (self->hub, item, cancellable, culvert_profile_fleet_connected_cb,
                               g_steal_pointer (&task));
  else
    {
      culvert_hub_disconnect (self->hub, item);
      if (culvert_profile_fleet_is_off (item))
        g_task_return_boolean (task, TRUE);
      else
        g_signal_connect_data (item, "notify::phase", G_CALLBACK (culvert_profile_fleet_phase_cb),
                               g_object_ref (task), culvert_profile_fleet_unref_task, 0);
    }
}

static gboolean
culvert_profile_fleet_switch_finish (CulvertFleet *fleet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* -- reload --------------------------------------------------------------------------------- */

/* NULL: fine. What is wrong with the saved settings of a member. (transfer full) */
static GError *
culvert_profile_fleet_check (CulvertProfileFleet *self, CulvertHubItem *item)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  const char *problem =
      culvert_profile_store_peek_problem (culvert_hub_get_store (self->hub), profile);
  CulvertApplyEffect effect;
  GError *error = NULL;

  if (problem != NULL)
    return g_error_new_literal (CULVERT_ERROR, CULVERT_ERROR_CONFIG, problem);
  if (!culvert_hub_preview (self->hub, item, profile, &effect, NULL, &error))
    g_prefix_error (&error, "%s: ", culvert_profile_get_name (profile));
  return error;
}

/* What the tunnel of a member still waits for. (transfer full) (nullable) */
static char *
culvert_profile_fleet_reload_one (CulvertProfileFleet *self, CulvertHubItem *item, gboolean restart)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  g_auto (GStrv) waiting = culvert_hub_dup_waiting (self->hub, item);
  g_autofree char *keys = g_strjoinv (", ", waiting);

  if (waiting[0] == NULL)
    return NULL;
  if (!restart || self->is_closed)
    return g_strdup_printf ("%s: %s: takes effect with a restart of the tunnel",
                            culvert_profile_get_name (profile), keys);
  g_action_group_activate_action (culvert_hub_get_actions (self->hub), "restart-profile",
                                  g_variant_new_string (culvert_profile_get_uuid (profile)));
  return g_strdup_printf ("%s: restarting for %s", culvert_profile_get_name (profile), keys);
}

/* All files were read: what can work at once does already. */
static void
culvert_profile_fleet_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CulvertProfileFleet *self = g_task_get_source_object (task);
  gboolean restart = GPOINTER_TO_INT (g_task_get_task_data (task));
  g_autoptr (GStrvBuilder) messages = g_strv_builder_new ();

  /* Tells of writes, which are not our matter. */
  (void) culvert_profile_store_flush_finish (CULVERT_PROFILE_STORE (source), result, NULL);
  for (guint i = 0; i < culvert_profile_fleet_get_n (CULVERT_FLEET (self)); i++)
    {
      GError *error = culvert_profile_fleet_check (self, culvert_profile_fleet_get (self, i));

      if (error == NULL)
        continue;
      g_task_return_error (task, error);
      return;
    }
  for (guint i = 0; i < culvert_profile_fleet_get_n (CULVERT_FLEET (self)); i++)
    {
      g_autofree char *message = culvert_profile_fleet_reload_one (
          self, culvert_profile_fleet_get (self, i), restart);

      if (message != NULL)
        g_strv_builder_add (messages, message);
    }
  g_task_return_pointer (task, g_strv_builder_end (messages), (GDestroyNotify) g_strfreev);
}

static void
culvert_profile_fleet_reload_async (CulvertFleet *fleet,
                                    gboolean restart,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  CulvertProfileFleet *self = (CulvertProfileFleet *) fleet;
  CulvertProfileStore *store = culvert_hub_get_store (self->hub);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, culvert_profile_fleet_reload_async);
  g_task_set_task_data (task, GINT_TO_POINTER (restart), NULL);
  culvert_profile_store_refresh (store);
  culvert_profile_store_flush_async (store, NULL, culvert_profile_fleet_read_cb, task);
}

static GStrv
culvert_profile_fleet_reload_finish (CulvertFleet *fleet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
culvert_profile_fleet_init_iface (CulvertFleetInterface *iface)
{
  iface->get_n_members = culvert_profile_fleet_get_n;
  iface->peek = culvert_profile_fleet_peek;
  iface->find = culvert_profile_fleet_find;
  iface->switch_async = culvert_profile_fleet_switch_async;
  iface->switch_finish = culvert_profile_fleet_switch_finish;
  iface->reload_async = culvert_profile_fleet_reload_async;
  iface->reload_finish = culvert_profile_fleet_reload_finish;
}

/* -- object ---------------------------------------------------------------------------------- */

static void
culvert_profile_fleet_moved_cb (CulvertHub *hub,
                                CulvertHubItem *item,
                                CulvertPhase before,
                                gboolean by_person,
                                gpointer user_data)
{
  CulvertProfileFleet *self = user_data;
  CulvertTunnel *tunnel = culvert_hub_item_get_tunnel (item);

  if (tunnel != NULL && (self->only == NULL || g_ptr_array_find (self->only, item, NULL)))
    culvert_fleet_state_changed (CULVERT_FLEET (self),
                                 culvert_profile_get_name (culvert_hub_item_get_profile (item)),
                                 tunnel);
}

static void
culvert_profile_fleet_dispose (GObject *object)
{
  CulvertProfileFleet *self = (CulvertProfileFleet *) object;

  g_clear_pointer (&self->only, g_ptr_array_unref);
  g_clear_object (&self->hub);
  G_OBJECT_CLASS (culvert_profile_fleet_parent_class)->dispose (object);
}

static void
culvert_profile_fleet_class_init (CulvertProfileFleetClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = culvert_profile_fleet_dispose;
}

static void
culvert_profile_fleet_init (CulvertProfileFleet *self)
{
}

CulvertFleet *
culvert_profile_fleet_new (CulvertHub *hub, GPtrArray *only)
{
  CulvertProfileFleet *self = g_object_new (CULVERT_TYPE_PROFILE_FLEET, NULL);

  self->hub = g_object_ref (hub);
  if (only != NULL)
    {
      self->only = g_ptr_array_new_with_free_func (g_object_unref);
      for (guint i = 0; i < only->len; i++)
        g_ptr_array_add (self->only, g_object_ref (only->pdata[i]));
    }
  g_signal_connect_object (hub, "phase-changed", G_CALLBACK (culvert_profile_fleet_moved_cb), self,
                           0);
  return CULVERT_FLEET (self);
}

void
culvert_profile_fleet_close (CulvertProfileFleet *fleet)
{
  fleet->is_closed = TRUE;
}

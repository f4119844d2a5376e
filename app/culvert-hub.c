/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-hub-private.h"

#include "culvert-secrets.h"

#include <glib/gi18n-lib.h>

enum
{
  PROP_0,
  PROP_N_WANTED,
  PROP_PHASE,
  PROP_STATUS_TEXT,
  PROP_IS_BUSY,
  PROP_HAS_WINDOW,
  PROP_HAS_TRAY,
  N_PROPS
};

enum
{
  SIGNAL_SHOW_WINDOW,
  SIGNAL_QUIT,
  SIGNAL_MESSAGE,
  SIGNAL_PHASE_CHANGED,
  SIGNAL_LOG,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void culvert_hub_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertHub,
                               culvert_hub,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      culvert_hub_list_model_init))

/* -- GListModel ------------------------------------------------------------------------ */

static GType
culvert_hub_get_item_type (GListModel *model)
{
  return CULVERT_TYPE_HUB_ITEM;
}

static guint
culvert_hub_get_n_items (GListModel *model)
{
  return ((CulvertHub *) model)->items->len;
}

static gpointer
culvert_hub_get_item (GListModel *model, guint position)
{
  CulvertHub *self = (CulvertHub *) model;

  return position < self->items->len ? g_object_ref (self->items->pdata[position]) : NULL;
}

static void
culvert_hub_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = culvert_hub_get_item_type;
  iface->get_n_items = culvert_hub_get_n_items;
  iface->get_item = culvert_hub_get_item;
}

/* -- the whole ------------------------------------------------------------------------- */

/* What deserves the icon most: trouble before waiting before all is well. */
static guint
culvert_hub_weight (CulvertPhase phase)
{
  static const CulvertPhase order[] = { CULVERT_PHASE_OFF,     CULVERT_PHASE_STOPPING,
                                        CULVERT_PHASE_UP,      CULVERT_PHASE_WAITING,
                                        CULVERT_PHASE_STARTING, CULVERT_PHASE_TROUBLE,
                                        CULVERT_PHASE_FAILED };
  guint i = 0;

  while (order[i] != phase)
    i++;
  return i;
}

static char *
culvert_hub_dup_status (guint n_wanted, guint n_up)
{
  if (n_wanted == 0)
    return g_strdup (_("Not connected"));
  if (n_up == n_wanted)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u tunnel connected",
                                         "%u tunnels connected", n_up),
                            n_up);
  /* translators: two numbers: of how many tunnels that are switched on how many work */
  return g_strdup_printf (_("%u of %u tunnels connected"), n_up, n_wanted);
}

static void
culvert_hub_set_status (CulvertHub *self, char *text)
{
  if (g_strcmp0 (self->status_text, text) == 0)
    {
      g_free (text);
      return;
    }
  g_free (self->status_text);
  self->status_text = text;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS_TEXT]);
}

static void
culvert_hub_update (CulvertHub *self)
{
  guint n_wanted = 0;
  guint n_up = 0;
  gboolean is_busy = self->n_holds > 0;
  CulvertPhase phase = CULVERT_PHASE_OFF;

  for (guint i = 0; i < self->items->len; i++)
    {
      CulvertHubItem *item = self->items->pdata[i];

      n_wanted += item->is_wanted;
      n_up += item->is_wanted && item->phase == CULVERT_PHASE_UP;
      is_busy |= item->is_wanted || item->is_moving;
      if (culvert_hub_weight (item->phase) > culvert_hub_weight (phase))
        phase = item->phase;
    }
  g_object_freeze_notify (G_OBJECT (self));
  if (self->n_wanted != n_wanted)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_WANTED]);
  if (self->phase != phase)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PHASE]);
  if (self->is_busy != is_busy)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_BUSY]);
  self->n_wanted = n_wanted;
  self->phase = phase;
  self->is_busy = is_busy;
  culvert_hub_set_status (self, culvert_hub_dup_status (n_wanted, n_up));
  g_object_thaw_notify (G_OBJECT (self));
}

void
culvert_hub_item_changed (CulvertHub *hub, CulvertHubItem *item)
{
  CulvertPhase before = culvert_hub_item_update (item);

  if (item->is_removed)
    return;
  culvert_hub_update_item_action (hub, item);
  culvert_hub_update (hub);
  if (before == item->phase)
    return;
  g_signal_emit (hub, signals[SIGNAL_PHASE_CHANGED], 0, item, before, item->by_person);
  /* What comes from here on the person did not do. */
  if (item->phase == CULVERT_PHASE_UP || item->phase == CULVERT_PHASE_FAILED)
    item->by_person = FALSE;
}

void
culvert_hub_tell (CulvertHub *hub, CulvertHubItem *item, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_signal_emit (hub, signals[SIGNAL_MESSAGE], 0, text,
                 item != NULL ? culvert_profile_get_uuid (item->profile) : NULL);
}

void
culvert_hub_request_show (CulvertHub *hub, const char *uuid)
{
  g_signal_emit (hub, signals[SIGNAL_SHOW_WINDOW], 0, uuid);
}

void
culvert_hub_request_quit (CulvertHub *hub)
{
  g_signal_emit (hub, signals[SIGNAL_QUIT], 0);
}

/* -- the store --------------------------------------------------------------------------- */

/* A profile was changed, by whomever: what runs may be behind. */
static void
culvert_hub_profile_changed_cb (CulvertProfile *profile, gpointer user_data)
{
  CulvertHub *self = user_data;
  CulvertHubItem *item = culvert_hub_find (self, culvert_profile_get_uuid (profile));
  g_autoptr (CulvertConfig) config = NULL;
  gboolean needs_restart = FALSE;

  if (item == NULL)
    return;
  if (culvert_hub_item_is_running (item) && !item->is_restarting)
    {
      config = culvert_hub_new_config (item, profile, NULL);
      needs_restart = config == NULL
                      || culvert_hub_compare (culvert_tunnel_get_config (item->tunnel), config)
                             == CULVERT_APPLY_RESTART;
    }
  culvert_hub_item_set_needs_restart (item, needs_restart);
  culvert_hub_item_changed (self, item);
}

/* The running settings with those of config that may change in flight; NULL: they do not fit. */
static CulvertConfig *
culvert_hub_new_hot_config (CulvertConfig *running, CulvertConfig *config)
{
  g_autoptr (GVariant) before = culvert_config_to_variant (running);
  g_autoptr (GVariant) after = culvert_config_to_variant (config);
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (before);
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GVariant) value = NULL;

      if ((settings[i].attrs & CULVERT_SETTING_ATTR_HOT) == 0
          || (settings[i].attrs & CULVERT_SETTING_ATTR_PROCESS) != 0)
        continue;
      value = g_variant_lookup_value (after, settings[i].key, NULL);
      if (value != NULL)
        g_variant_dict_insert_value (&dict, settings[i].key, value);
      else
        (void) g_variant_dict_remove (&dict, settings[i].key);
    }
  return culvert_config_new_from_variant (culvert_config_get_role (running),
                                          g_variant_dict_end (&dict), NULL);
}

/* Someone edited the file: what can work at once does. */
static void
culvert_hub_reloaded_cb (CulvertProfileStore *store, CulvertProfile *profile, gpointer user_data)
{
  CulvertHub *self = user_data;
  CulvertHubItem *item = culvert_hub_find (self, culvert_profile_get_uuid (profile));
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (CulvertConfig) hot = NULL;
  CulvertConfig *running;

  if (item == NULL || !culvert_hub_item_is_running (item))
    return;
  running = culvert_tunnel_get_config (item->tunnel);
  config = culvert_hub_new_config (item, profile, NULL);
  if (config != NULL && culvert_hub_compare (running, config) >= CULVERT_APPLY_LIVE)
    hot = culvert_hub_new_hot_config (running, config);
  if (hot != NULL && !culvert_config_equal (running, hot))
    culvert_tunnel_apply_config_async (item->tunnel, hot, NULL, NULL, NULL);
  if (item->needs_restart)
    culvert_hub_tell (self, item, _("“%s” was changed outside; reconnect it to use the changes"),
                      culvert_profile_get_name (profile));
}

static CulvertHubItem *
culvert_hub_adopt (CulvertHub *self, CulvertProfile *profile)
{
  CulvertHubItem *item = culvert_hub_find (self, culvert_profile_get_uuid (profile));

  if (item != NULL)
    return g_object_ref (item);
  item = culvert_hub_item_new (profile);
  g_signal_connect_object (profile, "changed", G_CALLBACK (culvert_hub_profile_changed_cb), self,
                           0);
  culvert_hub_add_item_action (self, item);
  return item;
}

static void
culvert_hub_drop (CulvertHub *self, CulvertHubItem *item)
{
  g_signal_handlers_disconnect_by_func (item->profile, culvert_hub_profile_changed_cb, self);
  culvert_hub_remove_item_action (self, item);
  culvert_hub_abandon (self, item);
}

/* The store's list anew, with the items of those profiles that stay. */
static void
culvert_hub_items_changed_cb (GListModel *model,
                              guint position,
                              guint n_removed,
                              guint n_added,
                              gpointer user_data)
{
  CulvertHub *self = user_data;
  g_autoptr (GPtrArray) before = NULL;
  GPtrArray *after = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (CulvertProfile) profile = g_list_model_get_item (model, i);

      g_ptr_array_add (after, culvert_hub_adopt (self, profile));
    }
  before = g_steal_pointer (&self->items);
  self->items = after;
  for (guint i = 0; i < before->len; i++)
    if (!g_ptr_array_find (after, before->pdata[i], NULL))
      culvert_hub_drop (self, before->pdata[i]);
  g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
  culvert_hub_update (self);
}

static void
culvert_hub_save_failed_cb (CulvertProfileStore *store,
                            CulvertProfile *profile,
                            const char *message,
                            gpointer user_data)
{
  CulvertHub *self = user_data;

  /* translators: the name of a profile and a message of the system */
  culvert_hub_tell (self, culvert_hub_find (self, culvert_profile_get_uuid (profile)),
                    _("“%s” could not be saved: %s"), culvert_profile_get_name (profile), message);
}

static void
culvert_hub_purged_cb (CulvertProfileStore *store, const char *uuid, gpointer user_data)
{
  CulvertHub *self = user_data;

  if (g_hash_table_remove (self->in_keyring, uuid))
    culvert_secrets_clear_async (uuid, CULVERT_SECRETS_TIMEOUT_MS, NULL, NULL, NULL);
}

static void
culvert_hub_problems_cb (CulvertProfileStore *store, gpointer user_data)
{
  g_auto (GStrv) problems = culvert_profile_store_dup_problems (store);

  for (guint i = 0; problems[i] != NULL; i++)
    culvert_hub_tell (user_data, NULL, "%s", problems[i]);
}

/* -- GObject -------------------------------------------------------------------------------- */

static void
culvert_hub_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  CulvertHub *self = (CulvertHub *) object;

  switch (prop_id)
    {
    case PROP_N_WANTED:
      g_value_set_uint (value, self->n_wanted);
      break;
    case PROP_PHASE:
      g_value_set_enum (value, self->phase);
      break;
    case PROP_STATUS_TEXT:
      g_value_set_string (value, self->status_text);
      break;
    case PROP_IS_BUSY:
      g_value_set_boolean (value, self->is_busy);
      break;
    case PROP_HAS_WINDOW:
      g_value_set_boolean (value, self->n_holds > 0);
      break;
    case PROP_HAS_TRAY:
      g_value_set_boolean (value, self->has_tray);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* Tunnels that run hold the engine; their end is the shutdown's matter. */
static void
culvert_hub_dispose (GObject *object)
{
  CulvertHub *self = (CulvertHub *) object;

  self->is_closed = TRUE;
  for (guint i = 0; i < self->items->len; i++)
    {
      CulvertHubItem *item = self->items->pdata[i];

      g_signal_handlers_disconnect_by_func (item->profile, culvert_hub_profile_changed_cb, self);
      if (item->tunnel != NULL)
        g_signal_handlers_disconnect_by_data (item->tunnel, item);
    }
  g_ptr_array_set_size (self->items, 0);
  if (self->store != NULL)
    g_signal_handlers_disconnect_by_data (self->store, self);
  g_clear_object (&self->sampler);
  g_clear_object (&self->store);
  g_clear_object (&self->actions);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (culvert_hub_parent_class)->dispose (object);
}

static void
culvert_hub_finalize (GObject *object)
{
  CulvertHub *self = (CulvertHub *) object;

  g_ptr_array_unref (self->items);
  g_hash_table_unref (self->in_keyring);
  g_free (self->status_text);
  G_OBJECT_CLASS (culvert_hub_parent_class)->finalize (object);
}

static void
culvert_hub_install_signals (void)
{
  GType type = CULVERT_TYPE_HUB;

  signals[SIGNAL_SHOW_WINDOW] = g_signal_new ("show-window", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                              NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_QUIT] =
      g_signal_new ("quit", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_MESSAGE] = g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  signals[SIGNAL_PHASE_CHANGED] =
      g_signal_new ("phase-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                    CULVERT_TYPE_HUB_ITEM, CULVERT_TYPE_PHASE, G_TYPE_BOOLEAN);
  signals[SIGNAL_LOG] =
      g_signal_new ("log", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                    CULVERT_TYPE_HUB_ITEM, CULVERT_TYPE_LOG_LEVEL, G_TYPE_STRING);
}

static void
culvert_hub_class_init (CulvertHubClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = culvert_hub_get_property;
  object_class->dispose = culvert_hub_dispose;
  object_class->finalize = culvert_hub_finalize;

  properties[PROP_N_WANTED] = g_param_spec_uint ("n-wanted", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_PHASE] =
      g_param_spec_enum ("phase", NULL, NULL, CULVERT_TYPE_PHASE, CULVERT_PHASE_OFF, flags);
  properties[PROP_STATUS_TEXT] = g_param_spec_string ("status-text", NULL, NULL, "", flags);
  properties[PROP_IS_BUSY] = g_param_spec_boolean ("is-busy", NULL, NULL, FALSE, flags);
  properties[PROP_HAS_WINDOW] = g_param_spec_boolean ("has-window", NULL, NULL, FALSE, flags);
  properties[PROP_HAS_TRAY] = g_param_spec_boolean ("has-tray", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  culvert_hub_install_signals ();
}

static void
culvert_hub_init (CulvertHub *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
  self->in_keyring = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->actions = g_simple_action_group_new ();
  self->sampler = culvert_sampler_new (G_LIST_MODEL (self));
  culvert_hub_add_actions (self);
  culvert_hub_update (self);
}

CulvertHub *
culvert_hub_new (const char *folder, guint n_workers, guint64 mem_limit)
{
  CulvertHub *self = g_object_new (CULVERT_TYPE_HUB, NULL);

  self->engine = culvert_engine_new (n_workers, mem_limit);
  self->store = culvert_profile_store_new (folder);
  g_signal_connect (self->store, "items-changed", G_CALLBACK (culvert_hub_items_changed_cb), self);
  g_signal_connect (self->store, "reloaded", G_CALLBACK (culvert_hub_reloaded_cb), self);
  g_signal_connect (self->store, "save-failed", G_CALLBACK (culvert_hub_save_failed_cb), self);
  g_signal_connect (self->store, "purged", G_CALLBACK (culvert_hub_purged_cb), self);
  g_signal_connect (self->store, "problems-changed", G_CALLBACK (culvert_hub_problems_cb), self);
  return self;
}

/* -- face ------------------------------------------------------------------------------------- */

CulvertEngine *
culvert_hub_get_engine (CulvertHub *hub)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);

  return hub->engine;
}

CulvertProfileStore *
culvert_hub_get_store (CulvertHub *hub)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);

  return hub->store;
}

CulvertSampler *
culvert_hub_get_sampler (CulvertHub *hub)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);

  return hub->sampler;
}

GActionGroup *
culvert_hub_get_actions (CulvertHub *hub)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);

  return G_ACTION_GROUP (hub->actions);
}

static void
culvert_hub_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (culvert_profile_store_load_finish (CULVERT_PROFILE_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
culvert_hub_load_async (CulvertHub *hub,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CULVERT_IS_HUB (hub));

  task = g_task_new (hub, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_hub_load_async);
  culvert_profile_store_load_async (hub->store, cancellable, culvert_hub_loaded_cb, task);
}

gboolean
culvert_hub_load_finish (CulvertHub *hub, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, hub), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

CulvertHubItem *
culvert_hub_find (CulvertHub *hub, const char *uuid)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);

  for (guint i = 0; i < hub->items->len; i++)
    {
      CulvertHubItem *item = hub->items->pdata[i];

      if (g_ascii_strcasecmp (culvert_profile_get_uuid (item->profile), uuid) == 0)
        return item;
    }
  return NULL;
}

void
culvert_hub_hold (CulvertHub *hub)
{
  g_return_if_fail (CULVERT_IS_HUB (hub));

  hub->n_holds++;
  culvert_hub_update (hub);
  if (hub->n_holds == 1)
    g_object_notify_by_pspec (G_OBJECT (hub), properties[PROP_HAS_WINDOW]);
}

void
culvert_hub_release (CulvertHub *hub)
{
  g_return_if_fail (CULVERT_IS_HUB (hub));
  g_return_if_fail (hub->n_holds > 0);

  hub->n_holds--;
  /* First, so that whoever wants the process to stay can hold the application. */
  if (hub->n_holds == 0)
    g_object_notify_by_pspec (G_OBJECT (hub), properties[PROP_HAS_WINDOW]);
  culvert_hub_update (hub);
}

gboolean
culvert_hub_is_busy (CulvertHub *hub)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), FALSE);

  return hub->is_busy;
}

gboolean
culvert_hub_has_window (CulvertHub *hub)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), FALSE);

  return hub->n_holds > 0;
}

gboolean
culvert_hub_has_tray (CulvertHub *hub)
{
  g_return_val_if_fail (CULVERT_IS_HUB (hub), FALSE);

  return hub->has_tray;
}

void
culvert_hub_set_has_tray (CulvertHub *hub, gboolean has_tray)
{
  g_return_if_fail (CULVERT_IS_HUB (hub));

  has_tray = !!has_tray;
  if (hub->has_tray == has_tray)
    return;
  hub->has_tray = has_tray;
  g_object_notify_by_pspec (G_OBJECT (hub), properties[PROP_HAS_TRAY]);
}

/* -- the end ------------------------------------------------------------------------------ */

/* Two things to wait for: the files and the tunnels. */
typedef struct
{
  guint n_left;
  GError *error; /* the first */
} CulvertHubShutdown;

static void
culvert_hub_shutdown_free (CulvertHubShutdown *shutdown)
{
  g_clear_error (&shutdown->error);
  g_free (shutdown);
}

/* error: (transfer full) */
static void
culvert_hub_shutdown_step (GTask *task, GError *error)
{
  CulvertHubShutdown *shutdown = g_task_get_task_data (task);

  if (shutdown->error == NULL)
    shutdown->error = error;
  else
    g_clear_error (&error);
  if (--shutdown->n_left > 0)
    return;
  if (shutdown->error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&shutdown->error));
}

static void
culvert_hub_flushed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  (void) culvert_profile_store_flush_finish (CULVERT_PROFILE_STORE (source), result, &error);
  culvert_hub_shutdown_step (task, error);
}

static void
culvert_hub_engine_shutdown_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  (void) culvert_engine_shutdown_finish (CULVERT_ENGINE (source), result, &error);
  culvert_hub_shutdown_step (task, error);
}

void
culvert_hub_shutdown_async (CulvertHub *hub,
                            guint grace_ms,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  CulvertHubShutdown *shutdown = g_new0 (CulvertHubShutdown, 1);

  g_return_if_fail (CULVERT_IS_HUB (hub));

  task = g_task_new (hub, NULL, callback, user_data);
  g_task_set_source_tag (task, culvert_hub_shutdown_async);
  shutdown->n_left = 2;
  g_task_set_task_data (task, shutdown, (GDestroyNotify) culvert_hub_shutdown_free);
  hub->is_closed = TRUE;
  for (guint i = 0; i < hub->items->len; i++)
    {
      CulvertHubItem *item = hub->items->pdata[i];

      if (item->is_moving && item->cancellable != NULL)
        g_cancellable_cancel (item->cancellable);
      culvert_hub_save_key (item);
    }
  culvert_profile_store_flush_async (hub->store, NULL, culvert_hub_flushed_cb,
                                     g_object_ref (task));
  culvert_engine_shutdown_async (hub->engine, grace_ms, cancellable,
                                 culvert_hub_engine_shutdown_cb, g_object_ref (task));
}

gboolean
culvert_hub_shutdown_finish (CulvertHub *hub, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, hub), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

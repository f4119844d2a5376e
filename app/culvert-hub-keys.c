/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-hub-private.h"

#include "culvert-secrets.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  CulvertHub *hub;
  CulvertHubItem *item;
} CulvertHubKeyCall;

static CulvertHubKeyCall *
culvert_hub_key_call_new (CulvertHub *hub, CulvertHubItem *item)
{
  CulvertHubKeyCall *call = g_new0 (CulvertHubKeyCall, 1);

  call->hub = g_object_ref (hub);
  call->item = g_object_ref (item);
  return call;
}

static void
culvert_hub_key_call_free (CulvertHubKeyCall *call)
{
  g_object_unref (call->hub);
  g_object_unref (call->item);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CulvertHubKeyCall, culvert_hub_key_call_free)

/* What the keyring's own programs show. (transfer full) */
static char *
culvert_hub_dup_label (CulvertHubItem *item)
{
  /* translators: the name of a profile */
  return g_strdup_printf (_("Culvert key of “%s”"), culvert_profile_get_name (item->profile));
}

/* Where it is in the memory; a tunnel that runs knows it. Until the next change. */
static const char *
culvert_hub_find_key (CulvertHubItem *item)
{
  const char *key = culvert_profile_peek_key (item->profile);

  if (key == NULL && culvert_hub_item_is_running (item))
    key = culvert_config_get_string (culvert_tunnel_get_config (item->tunnel), CULVERT_SETTING_KEY);
  return key;
}

/* -- into the keyring ------------------------------------------------------------------ */

static void
culvert_hub_kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertHubKeyCall) call = user_data;
  CulvertProfile *profile = call->item->profile;
  g_autoptr (GError) error = NULL;

  if (culvert_secrets_store_finish (result, &error))
    {
      if (culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING)
        culvert_profile_set_key (profile, NULL);
      return;
    }
  /* The end of the process may have been faster. */
  if (culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_FILE)
    return;
  culvert_profile_set_key_store (profile, CULVERT_KEY_STORE_FILE);
  culvert_hub_tell (call->hub, call->item, _("The key of “%s” is kept in its file: %s"),
                    culvert_profile_get_name (profile), error->message);
}

void
culvert_hub_keep_key (CulvertHub *hub, CulvertHubItem *item)
{
  g_autofree char *label = culvert_hub_dup_label (item);
  const char *key = culvert_profile_peek_key (item->profile);

  if (key == NULL)
    return;
  culvert_secrets_store_async (culvert_profile_get_uuid (item->profile), label, key,
                               CULVERT_SECRETS_PATIENT_MS, NULL, culvert_hub_kept_cb,
                               culvert_hub_key_call_new (hub, item));
}

void
culvert_hub_save_key (CulvertHubItem *item)
{
  if (culvert_profile_get_key_store (item->profile) == CULVERT_KEY_STORE_KEYRING
      && culvert_profile_peek_key (item->profile) != NULL)
    culvert_profile_set_key_store (item->profile, CULVERT_KEY_STORE_FILE);
}

/* -- into the file ---------------------------------------------------------------------- */

static void
culvert_hub_take_key (CulvertHubItem *item, const char *key)
{
  culvert_profile_set_key (item->profile, key);
  culvert_secrets_clear_async (culvert_profile_get_uuid (item->profile),
                               CULVERT_SECRETS_TIMEOUT_MS, NULL, NULL, NULL);
}

static void
culvert_hub_released_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertHubKeyCall) call = user_data;
  CulvertProfile *profile = call->item->profile;
  g_autoptr (GError) error = NULL;
  char *key = culvert_secrets_lookup_finish (result, &error);

  if (key != NULL)
    culvert_hub_take_key (call->item, key);
  else
    {
      culvert_profile_set_key_store (profile, CULVERT_KEY_STORE_KEYRING);
      culvert_hub_tell (call->hub, call->item, _("The key of “%s” stays in the keyring: %s"),
                        culvert_profile_get_name (profile), error->message);
    }
  culvert_secrets_free_key (key);
}

void
culvert_hub_release_key (CulvertHub *hub, CulvertHubItem *item)
{
  const char *key = culvert_hub_find_key (item);

  if (key != NULL)
    culvert_hub_take_key (item, key);
  else
    culvert_secrets_lookup_async (culvert_profile_get_uuid (item->profile),
                                  CULVERT_SECRETS_PATIENT_MS, NULL, culvert_hub_released_cb,
                                  culvert_hub_key_call_new (hub, item));
}

/* -- copies ----------------------------------------------------------------------------- */

static void
culvert_hub_copied_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertHubKeyCall) call = user_data;
  g_autoptr (GError) error = NULL;
  char *key = culvert_hub_fetch_key_finish (call->hub, result, &error);

  if (key == NULL)
    {
      culvert_hub_tell (call->hub, call->item, _("“%s” has no key yet: %s"),
                        culvert_profile_get_name (call->item->profile), error->message);
      return;
    }
  culvert_profile_set_key (call->item->profile, key);
  culvert_secrets_free_key (key);
  culvert_hub_keep_key (call->hub, call->item);
}

void
culvert_hub_copy_key (CulvertHub *hub, CulvertHubItem *from, CulvertHubItem *to)
{
  culvert_hub_fetch_key_async (hub, from, CULVERT_SECRETS_PATIENT_MS, NULL, culvert_hub_copied_cb,
                               culvert_hub_key_call_new (hub, to));
}

/* -- face -------------------------------------------------------------------------------- */

static void
culvert_hub_fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char *key = culvert_secrets_lookup_finish (result, &error);

  if (key != NULL)
    g_task_return_pointer (task, key, (GDestroyNotify) culvert_secrets_free_key);
  else
    g_task_return_error (task, error);
}

void
culvert_hub_fetch_key_async (CulvertHub *hub,
                             CulvertHubItem *item,
                             guint timeout_ms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  const char *key;

  g_return_if_fail (CULVERT_IS_HUB (hub));
  g_return_if_fail (CULVERT_IS_HUB_ITEM (item));

  task = g_task_new (hub, NULL, callback, user_data);
  g_task_set_source_tag (task, culvert_hub_fetch_key_async);
  key = culvert_hub_find_key (item);
  if (key != NULL)
    g_task_return_pointer (task, g_strdup (key), (GDestroyNotify) culvert_secrets_free_key);
  else if (culvert_profile_get_key_store (item->profile) == CULVERT_KEY_STORE_FILE)
    g_task_return_new_error (task, CULVERT_SECRETS_ERROR, CULVERT_SECRETS_ERROR_NOT_FOUND,
                             _("no key was given"));
  else
    culvert_secrets_lookup_async (culvert_profile_get_uuid (item->profile), timeout_ms,
                                  cancellable, culvert_hub_fetched_cb, g_steal_pointer (&task));
}

char *
culvert_hub_fetch_key_finish (CulvertHub *hub, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, hub), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

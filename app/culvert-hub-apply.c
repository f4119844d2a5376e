/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-hub-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* -- what a change would do -------------------------------------------------------------- */

static gboolean
culvert_hub_setting_equal (CulvertConfig *a, CulvertConfig *b, const CulvertSetting *setting)
{
  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      return strcmp (culvert_config_get_string (a, setting->id),
                     culvert_config_get_string (b, setting->id))
             == 0;
    case CULVERT_SETTING_TYPE_INT:
      return culvert_config_get_int (a, setting->id) == culvert_config_get_int (b, setting->id);
    case CULVERT_SETTING_TYPE_BOOL:
      return culvert_config_get_bool (a, setting->id) == culvert_config_get_bool (b, setting->id);
    }
  g_assert_not_reached ();
}

CulvertApplyEffect
culvert_hub_compare (CulvertConfig *running, CulvertConfig *config)
{
  CulvertApplyEffect effect = CULVERT_APPLY_NOTHING;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  if (culvert_config_get_role (running) != culvert_config_get_role (config))
    return CULVERT_APPLY_RESTART;
  for (guint i = 0; i < n; i++)
    {
      CulvertApplyEffect one = CULVERT_APPLY_RESTART;

      if (culvert_hub_setting_equal (running, config, &settings[i]))
        continue;
      /* Of the process: a window has its own log and counters. */
      if ((settings[i].attrs & CULVERT_SETTING_ATTR_PROCESS) != 0)
        one = CULVERT_APPLY_SAVED;
      else if ((settings[i].attrs & CULVERT_SETTING_ATTR_HOT) != 0)
        one = CULVERT_APPLY_LIVE;
      effect = MAX (effect, one);
    }
  return effect;
}

/* The draft of a profile whose key is elsewhere has none; it is the one that runs. */
static gboolean
culvert_hub_key_is_elsewhere (CulvertHubItem *item, CulvertProfile *draft)
{
  const char *key_file = culvert_profile_get_string (draft, CULVERT_SETTING_KEY_FILE);
  CulvertConfig *running;

  if (item->tunnel == NULL || culvert_profile_peek_key (draft) != NULL)
    return FALSE;
  running = culvert_tunnel_get_config (item->tunnel);
  if (key_file[0] != '\0')
    return strcmp (key_file, culvert_config_get_string (running, CULVERT_SETTING_KEY_FILE)) == 0;
  return culvert_profile_get_key_store (draft) == CULVERT_KEY_STORE_KEYRING
         || culvert_profile_get_key_store (item->profile) == CULVERT_KEY_STORE_KEYRING;
}

/* The key of a file is read when the tunnel starts; until then any will do. */
static CulvertConfig *
culvert_hub_new_config_of (CulvertProfile *draft, GError **error)
{
  g_autoptr (CulvertProfile) whole = NULL;

  if (culvert_profile_peek_key (draft) != NULL
      || culvert_profile_get_string (draft, CULVERT_SETTING_KEY_FILE)[0] == '\0')
    return culvert_profile_new_config (draft, error);
  whole = culvert_profile_dup (draft);
  culvert_profile_set_key (whole, "in a file");
  return culvert_profile_new_config (whole, error);
}

CulvertConfig *
culvert_hub_new_config (CulvertHubItem *item, CulvertProfile *draft, GError **error)
{
  g_autoptr (CulvertProfile) whole = NULL;

  if (!culvert_hub_key_is_elsewhere (item, draft))
    return culvert_hub_new_config_of (draft, error);
  whole = culvert_profile_dup (draft);
  culvert_profile_set_key (whole, culvert_config_get_string (
                                      culvert_tunnel_get_config (item->tunnel),
                                      CULVERT_SETTING_KEY));
  return culvert_profile_new_config (whole, error);
}

gboolean
culvert_hub_preview (CulvertHub *hub,
                     CulvertHubItem *item,
                     CulvertProfile *draft,
                     CulvertApplyEffect *out_effect,
                     guint *out_n_streams,
                     GError **error)
{
  g_autoptr (CulvertConfig) config = NULL;
  CulvertStats stats;

  g_return_val_if_fail (CULVERT_IS_HUB (hub), FALSE);
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), FALSE);

  config = culvert_hub_new_config (item, draft, error);
  if (config == NULL)
    return FALSE;
  if (culvert_hub_item_is_running (item))
    *out_effect = culvert_hub_compare (culvert_tunnel_get_config (item->tunnel), config);
  else
    *out_effect = culvert_profile_equal (item->profile, draft) ? CULVERT_APPLY_NOTHING
                                                               : CULVERT_APPLY_SAVED;
  culvert_hub_item_sample (item, &stats);
  if (out_n_streams != NULL)
    *out_n_streams = *out_effect == CULVERT_APPLY_RESTART ? culvert_stats_lookup (&stats, "Streams")
                                                          : 0;
  return TRUE;
}

/* -- taking over --------------------------------------------------------------------------- */

/* The key goes where the profile says, from where it is. before: of the profile so far. */
static void
culvert_hub_move_key (CulvertHub *self, CulvertHubItem *item, CulvertKeyStore before)
{
  CulvertKeyStore after = culvert_profile_get_key_store (item->profile);

  if (after == CULVERT_KEY_STORE_KEYRING)
    culvert_hub_keep_key (self, item);
  else if (before == CULVERT_KEY_STORE_KEYRING)
    culvert_hub_release_key (self, item);
}

gboolean
culvert_hub_apply (CulvertHub *hub, CulvertHubItem *item, CulvertProfile *draft, GError **error)
{
  g_autoptr (CulvertConfig) config = NULL;
  CulvertKeyStore before;
  CulvertApplyEffect effect;
  guint order;

  if (!culvert_hub_preview (hub, item, draft, &effect, NULL, error))
    return FALSE;
  config = culvert_hub_new_config (item, draft, error);
  before = culvert_profile_get_key_store (item->profile);
  order = culvert_profile_get_order (item->profile);
  /* The list may have been sorted since the draft was made. */
  culvert_profile_set_order (draft, order);
  culvert_profile_assign (item->profile, draft);
  culvert_hub_move_key (hub, item, before);
  if (effect == CULVERT_APPLY_LIVE || effect == CULVERT_APPLY_SAVED)
    {
      if (culvert_hub_item_is_running (item))
        culvert_tunnel_apply_config_async (item->tunnel, config, NULL, NULL, NULL);
    }
  else if (effect == CULVERT_APPLY_RESTART)
    {
      item->is_restarting = TRUE;
      culvert_hub_set_wanted (hub, item, item->is_wanted, TRUE);
    }
  return TRUE;
}

GStrv
culvert_hub_dup_waiting (CulvertHub *hub, CulvertHubItem *item)
{
  g_autoptr (CulvertConfig) config = NULL;

  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  if (culvert_hub_item_is_running (item))
    config = culvert_hub_new_config (item, item->profile, NULL);
  if (config == NULL)
    return g_new0 (char *, 1);
  return culvert_config_dup_restart_keys (culvert_tunnel_get_config (item->tunnel), config, FALSE);
}

CulvertHubItem *
culvert_hub_add_profile (CulvertHub *hub, CulvertProfile *profile)
{
  g_autofree char *name = NULL;
  CulvertHubItem *item;

  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  name = culvert_profile_store_dup_free_name (hub->store, culvert_profile_get_name (profile));
  culvert_profile_set_name (profile, name);
  culvert_profile_store_add (hub->store, profile);
  item = culvert_hub_find (hub, culvert_profile_get_uuid (profile));
  if (culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING)
    culvert_hub_keep_key (hub, item);
  return item;
}

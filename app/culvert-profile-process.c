/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-process.h"

/* Each tunnel has its own quiet. */
static gboolean
culvert_profile_process_has (const CulvertSetting *setting)
{
  return (setting->attrs & CULVERT_SETTING_ATTR_PROCESS) != 0
         && setting->id != CULVERT_SETTING_QUIET;
}

/* (transfer full), NULL: not given. */
static GVariant *
culvert_profile_process_get (CulvertProfile *profile, const CulvertSetting *setting)
{
  return g_variant_lookup_value (culvert_profile_peek_settings (profile), setting->key, NULL);
}

static CulvertProfile *
culvert_profile_process_find (GPtrArray *profiles, const CulvertSetting *setting)
{
  for (guint i = 0; i < profiles->len; i++)
    if (culvert_profile_is_given (profiles->pdata[i], setting->id))
      return profiles->pdata[i];
  return NULL;
}

static void
culvert_profile_process_add_conflicts (GStrvBuilder *conflicts,
                                       GPtrArray *profiles,
                                       CulvertProfile *first,
                                       const CulvertSetting *setting)
{
  g_autoptr (GVariant) value = culvert_profile_process_get (first, setting);

  for (guint i = 0; i < profiles->len; i++)
    {
      g_autoptr (GVariant) other = culvert_profile_process_get (profiles->pdata[i], setting);
      g_autofree char *printed = NULL;
      g_autofree char *text = NULL;

      if (other == NULL || g_variant_equal (value, other))
        continue;
      printed = g_variant_print (other, FALSE);
      text = g_strdup_printf ("%s: %s: %s is not used, there is one for the process; that of "
                              "\"%s\" is in force",
                              culvert_profile_get_name (profiles->pdata[i]), setting->key, printed,
                              culvert_profile_get_name (first));
      g_strv_builder_add (conflicts, text);
    }
}

CulvertConfig *
culvert_profile_process_new_config (GPtrArray *profiles, GStrv *out_conflicts, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GStrvBuilder) conflicts = g_strv_builder_new ();
  CulvertConfig *config;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  g_return_val_if_fail (profiles->len > 0, NULL);

  for (guint i = 0; i < n; i++)
    {
      CulvertProfile *first = NULL;
      g_autoptr (GVariant) value = NULL;

      if (culvert_profile_process_has (&settings[i]))
        first = culvert_profile_process_find (profiles, &settings[i]);
      if (first == NULL)
        continue;
      value = culvert_profile_process_get (first, &settings[i]);
      g_variant_dict_insert_value (&dict, settings[i].key, value);
      culvert_profile_process_add_conflicts (conflicts, profiles, first, &settings[i]);
    }
  config = culvert_config_new_from_variant (culvert_profile_get_role (profiles->pdata[0]),
                                            g_variant_dict_end (&dict), error);
  if (config != NULL && out_conflicts != NULL)
    *out_conflicts = g_strv_builder_end (conflicts);
  return config;
}

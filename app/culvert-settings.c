/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-settings.h"

#include "culvert-hub.h"
#include "culvert-secrets.h"

/* The usual places (XDG_DATA_DIRS, GSETTINGS_SCHEMA_DIR), then where we were installed: a prefix
 * of its own is not among them. */
static GSettingsSchema *
culvert_settings_find_schema (void)
{
  GSettingsSchemaSource *usual = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchemaSource) own = NULL;
  GSettingsSchema *schema = NULL;

  if (usual != NULL)
    schema = g_settings_schema_source_lookup (usual, CULVERT_APPLICATION_ID, TRUE);
  if (schema != NULL)
    return schema;
  own = g_settings_schema_source_new_from_directory (CULVERT_SCHEMA_DIR, usual, FALSE, NULL);
  return own != NULL ? g_settings_schema_source_lookup (own, CULVERT_APPLICATION_ID, FALSE) : NULL;
}

GSettings *
culvert_settings_new (void)
{
  g_autoptr (GSettingsSchema) schema = culvert_settings_find_schema ();

  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

gboolean
culvert_settings_get_bool (GSettings *settings, const char *key, gboolean fallback)
{
  return settings != NULL ? g_settings_get_boolean (settings, key) : fallback;
}

CulvertKeyStore
culvert_settings_get_key_store (GSettings *settings)
{
  g_autofree char *value =
      settings != NULL ? g_settings_get_string (settings, CULVERT_SETTINGS_KEY_STORE) : NULL;

  if (!culvert_secrets_is_supported () || g_strcmp0 (value, "file") == 0)
    return CULVERT_KEY_STORE_FILE;
  return CULVERT_KEY_STORE_KEYRING;
}

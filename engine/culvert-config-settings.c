/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-config-private.h"

/* The words of culvert-config.defs. */
enum
{
  CLIENT = CULVERT_ROLE_CLIENT,
  SERVER = CULVERT_ROLE_SERVER,
  BOTH = CULVERT_ROLE_BOTH,
  NONE = CULVERT_SETTING_ATTR_NONE,
  MUST_MATCH = CULVERT_SETTING_ATTR_MUST_MATCH,
  HOT = CULVERT_SETTING_ATTR_HOT,
  SECRET = CULVERT_SETTING_ATTR_SECRET,
  HIDDEN = CULVERT_SETTING_ATTR_HIDDEN,
  PROCESS = CULVERT_SETTING_ATTR_PROCESS,
  EXTENSION = CULVERT_SETTING_ATTR_EXTENSION,
  SIZE = CULVERT_SETTING_ATTR_SIZE,
};

#define REFUSE CULVERT_SETTING_REFUSE

#define CULVERT_STRING(id_, key_, flag_, alias_, roles_, attrs_, group_, client, server, check_, \
                       help_) \
  [CULVERT_SETTING_##id_] = { \
    .id = CULVERT_SETTING_##id_, .key = key_, .flag = flag_, .alias = alias_, \
    .type = CULVERT_SETTING_TYPE_STRING, .check = CULVERT_SETTING_CHECK_##check_, \
    .group = CULVERT_SETTING_GROUP_##group_, .attrs = (CulvertSettingAttrs) (attrs_), \
    .roles = roles_, .unit = "", .client_string = client, .server_string = server, .help = help_, \
  },
#define CULVERT_INT(id_, key_, flag_, alias_, roles_, attrs_, group_, client, server, min_, max_, \
                    low_, high_, unit_, help_) \
  [CULVERT_SETTING_##id_] = { \
    .id = CULVERT_SETTING_##id_, .key = key_, .flag = flag_, .alias = alias_, \
    .type = CULVERT_SETTING_TYPE_INT, .group = CULVERT_SETTING_GROUP_##group_, \
    .attrs = (CulvertSettingAttrs) (attrs_), .roles = roles_, .unit = unit_, .min = min_, \
    .max = max_, .low = low_, .high = high_, .client_int = client, .server_int = server, \
    .help = help_, \
  },
#define CULVERT_BOOL(id_, key_, flag_, alias_, roles_, attrs_, group_, help_) \
  [CULVERT_SETTING_##id_] = { \
    .id = CULVERT_SETTING_##id_, .key = key_, .flag = flag_, .alias = alias_, \
    .type = CULVERT_SETTING_TYPE_BOOL, .group = CULVERT_SETTING_GROUP_##group_, \
    .attrs = (CulvertSettingAttrs) (attrs_), .roles = roles_, .unit = "", .help = help_, \
  },

static const CulvertSetting settings[CULVERT_N_SETTINGS] = {
#include "culvert-config.defs"
};

const CulvertSetting *
culvert_settings (guint *out_n)
{
  if (out_n != NULL)
    *out_n = CULVERT_N_SETTINGS;
  return settings;
}

const CulvertSetting *
culvert_settings_find_key (CulvertRole role, const char *key)
{
  g_return_val_if_fail (key != NULL, NULL);

  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    if ((settings[i].roles & role) != 0 && g_ascii_strcasecmp (settings[i].key, key) == 0)
      return &settings[i];
  return NULL;
}

const CulvertSetting *
culvert_settings_find_flag (CulvertRole role, const char *flag)
{
  g_return_val_if_fail (flag != NULL, NULL);

  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    if ((settings[i].roles & role) != 0
        && (g_strcmp0 (settings[i].flag, flag) == 0 || g_strcmp0 (settings[i].alias, flag) == 0))
      return &settings[i];
  return NULL;
}

const char *
culvert_setting_group_get_title (CulvertSettingGroup group)
{
  switch (group)
    {
    case CULVERT_SETTING_GROUP_CONNECTION:
      return "Connection";
    case CULVERT_SETTING_GROUP_PROTECTION:
      return "Protection";
    case CULVERT_SETTING_GROUP_TRANSPORT:
      return "Transport";
    case CULVERT_SETTING_GROUP_STREAMS:
      return "Streams";
    case CULVERT_SETTING_GROUP_LOGGING:
      return "Log and counters";
    case CULVERT_SETTING_GROUP_PROCESS:
      return "Process";
    case CULVERT_SETTING_N_GROUPS:
      break;
    }
  g_return_val_if_reached (NULL);
}

const char *
culvert_setting_default_string (const CulvertSetting *setting, CulvertRole role)
{
  const char *text =
      role == CULVERT_ROLE_CLIENT ? setting->client_string : setting->server_string;

  return text != NULL ? text : "";
}

gint64
culvert_setting_default_int (const CulvertSetting *setting, CulvertRole role)
{
  return role == CULVERT_ROLE_CLIENT ? setting->client_int : setting->server_int;
}

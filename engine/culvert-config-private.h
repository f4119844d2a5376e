/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* State shared by the files of the configuration: -settings.c (the table), -check.c (validation
 * and warnings) and culvert-config.c (the object). */
#pragma once

#include "culvert-config.h"

typedef union
{
  gint64 number; /* INT and BOOL */
  char *text;    /* STRING, owned, never NULL once checked */
} CulvertConfigValue;

struct _CulvertConfig
{
  GObject parent_instance;

  CulvertRole role;
  CulvertConfigValue values[CULVERT_N_SETTINGS];
  gboolean given[CULVERT_N_SETTINGS];
  GVariant *unknown;   /* a{sv} */
  GPtrArray *warnings; /* of char *, in the order found */
};

void culvert_config_warn (CulvertConfig *config, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Default of a STRING for the role, "" when it is no setting of it. */
const char *culvert_setting_default_string (const CulvertSetting *setting, CulvertRole role);
gint64 culvert_setting_default_int (const CulvertSetting *setting, CulvertRole role);

/* Whether text is a value of the setting pacing. *out_rate (may be NULL): bytes per second, 0 for a
 * word. */
gboolean culvert_config_parse_pacing (const char *text, guint64 *out_rate);

/* Brings every value into its range or fails, then collects the warnings. */
gboolean culvert_config_check (CulvertConfig *config, GError **error);

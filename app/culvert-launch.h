/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* From the words of a command line to a checked configuration: flags, then the JSON file of -c
 * over them, then the key from --key-file or $KCPTUN_KEY. Nothing is opened but these two
 * files. */
#pragma once

#include "culvert.h"

typedef struct
{
  gboolean help;    /* wanted instead of a run; then config is NULL */
  gboolean version; /* the same */
  CulvertRole role; /* 0: help without a role */
  CulvertConfig *config;
  GStrv profiles;        /* --profile: saved profiles to run instead; then config is NULL */
  gboolean desktop;      /* the application with its window; then config is NULL */
  gboolean background;   /* the same without the window: at login */
  gboolean service;      /* the same, started by the bus */
  char *name;       /* of the tunnel: the file's, or the role's */
} CulvertLaunch;

/* role 0: told by the keys of the JSON file. env_key: value of KCPTUN_KEY, or NULL. Errors are
 * G_OPTION_ERROR for the command line and CULVERT_ERROR_CONFIG for values and files; then only
 * the role in out is of use. */
gboolean culvert_launch_prepare (CulvertLaunch *out,
                                 CulvertRole role,
                                 const char *const *args,
                                 const char *env_key,
                                 GError **error);
void culvert_launch_clear (CulvertLaunch *launch);

/* The settings with the key read from key-file or taken from env_key (nullable), checked. dict is
 * used up on success. (transfer full), NULL with CULVERT_ERROR_CONFIG. May read a file; safe in
 * any thread. */
CulvertConfig *culvert_launch_new_config (CulvertRole role,
                                          GVariantDict *dict,
                                          const char *env_key,
                                          GError **error);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* JSON <-> dictionary of settings, WIRE.md 13.5.
 *
 * kcptun's file: one object, keys in any case, null leaves a setting alone, text behind the
 * object is ignored. A value of the wrong type is refused with field, value, what was expected,
 * line and column. Unknown keys stay in the dictionary; CulvertConfig names them in a warning.
 * Ranges are not looked at here. */
#pragma once

#include "culvert.h"

typedef struct _CulvertProfileJson CulvertProfileJson;

/* name: for messages, usually the file's. NULL with CULVERT_ERROR_CONFIG. */
CulvertProfileJson *culvert_profile_json_parse (const char *text,
                                                size_t len,
                                                const char *name,
                                                GError **error);
/* Reads the file first; any failure is CULVERT_ERROR_CONFIG. */
CulvertProfileJson *culvert_profile_json_load (const char *path, GError **error);
void culvert_profile_json_free (CulvertProfileJson *json);

/* The role told by localaddr, remoteaddr against listen, target. An error when the file has
 * keys of both or of neither. */
gboolean culvert_profile_json_guess_role (const CulvertProfileJson *json,
                                          CulvertRole *out_role,
                                          GError **error);

/* Refuses a file that has addresses of the other role only. */
gboolean culvert_profile_json_check_role (const CulvertProfileJson *json,
                                          CulvertRole role,
                                          GError **error);

/* a{sv}: settings of the role under their own keys, all else as it was. (transfer full), not
 * floating. */
GVariant *culvert_profile_json_to_dict (const CulvertProfileJson *json,
                                        CulvertRole role,
                                        GError **error);

/* Puts name, line and column in front of a message "key: ..." about one of the file's settings;
 * any other message stays as it is. */
void culvert_profile_json_prefix_place (const CulvertProfileJson *json,
                                        CulvertRole role,
                                        GError **error);

/* The other way round, indented, keys in the order of the list of settings. (transfer full) */
char *culvert_profile_json_write (CulvertRole role, GVariant *dict);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CulvertProfileJson, culvert_profile_json_free)

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The readers of single formats. Each takes one piece of text that has the format's look and
 * returns a profile (transfer full), or NULL with CULVERT_ERROR_CONFIG. */
#pragma once

#include "culvert-profile.h"

/* kcptun://base64 of k=v pairs. */
CulvertProfile *culvert_import_read_link (const char *text, GError **error);
/* SIP003: a=b;c;d=e, with backslashes in front of what is meant literally. */
CulvertProfile *culvert_import_read_plugin (const char *text, GError **error);
/* One command; culvert_import_is_command says whether a line is one. */
CulvertProfile *culvert_import_read_command (const char *line, GError **error);
gboolean culvert_import_is_command (const char *line);

/* Sets the setting with this JSON key or flag from its text; FALSE with an error when the value
 * has another type. Unknown names are kept as they are. */
gboolean culvert_import_put (GVariantDict *dict,
                             CulvertRole role,
                             const char *name,
                             const char *value,
                             GError **error);
/* The server's host, or the port listened on. (transfer full) */
char *culvert_import_dup_name (CulvertProfile *profile);

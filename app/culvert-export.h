/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A profile as text for elsewhere. The key is left out unless asked for; results with it should
 * be wiped. Pure functions, but for saving. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

typedef enum
{
  CULVERT_EXPORT_DEFAULT = 0,
  CULVERT_EXPORT_WITH_KEY = 1 << 0, /* the secret in clear text */
  CULVERT_EXPORT_EXPLICIT = 1 << 1, /* also defaults of what must match or matters on the wire,
                                     * for peers of another version */
  CULVERT_EXPORT_PLAIN = 1 << 2,    /* only what kcptun knows: no "culvert" object, no extensions */
} CulvertExportFlags;

/* kcptun's JSON. (transfer full) */
CULVERT_AVAILABLE char *culvert_export_json (CulvertProfile *profile, CulvertExportFlags flags);

/* The command line, quoted for a shell: "culvert --headless client ...", or with PLAIN
 * "kcptun-client ...". (transfer full) */
CULVERT_AVAILABLE char *culvert_export_command (CulvertProfile *profile, CulvertExportFlags flags);

/* kcptun://...; a client's only, NULL for a server. It has no meaning without the key, yet
 * leaves it out unless asked. (transfer full) */
CULVERT_AVAILABLE char *culvert_export_link (CulvertProfile *profile, CulvertExportFlags flags);

/* QR code of a text: width * width bytes, one per module, row by row, 1 is dark; without quiet
 * zone. NULL with G_IO_ERROR when the text is too long or the build has no QR codes.
 * (transfer full) */
CULVERT_AVAILABLE GBytes *culvert_export_qr (const char *text, guint *out_width, GError **error);

/* Writes an export to a file that only its owner may read. */
CULVERT_AVAILABLE void culvert_export_save_async (GFile *file,
                                                  const char *text,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_export_save_finish (GAsyncResult *result, GError **error);

G_END_DECLS

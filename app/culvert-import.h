/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Text from elsewhere -> profiles.
 *
 * Understands the JSON of kcptun (either side) and of Culvert, kcptun-gui's JSON list, command
 * lines of kcptun and Culvert (shell quoting; every program name kcptun's builds have), links
 * kcptun://, SIP003 plugin options (a=b;c=d), and any of these one below the other in one text.
 * Nothing is stored; the caller puts into a store what the person keeps. The result is a
 * GListModel of CulvertImportItem. */
#pragma once

#include "culvert-lint.h"

G_BEGIN_DECLS

typedef enum
{
  CULVERT_IMPORT_JSON,
  CULVERT_IMPORT_GUI_JSON, /* kcptun-gui-windows */
  CULVERT_IMPORT_COMMAND,
  CULVERT_IMPORT_LINK,
  CULVERT_IMPORT_PLUGIN,   /* SIP003 */
} CulvertImportFormat;

/* Properties (read-only): profile, lints (GListModel of CulvertLint). */
#define CULVERT_TYPE_IMPORT_ITEM (culvert_import_item_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertImportItem,
                                        culvert_import_item,
                                        CULVERT,
                                        IMPORT_ITEM,
                                        GObject)

CULVERT_AVAILABLE CulvertProfile *culvert_import_item_get_profile (CulvertImportItem *item);
CULVERT_AVAILABLE CulvertImportFormat culvert_import_item_get_format (CulvertImportItem *item);
/* Made anew when a fix is applied. (transfer none) */
CULVERT_AVAILABLE GListModel *culvert_import_item_get_lints (CulvertImportItem *item);

/* label: file name or "Clipboard", for messages and names. NULL with CULVERT_ERROR_CONFIG when
 * nothing in the text is understood; the message says what was tried. (transfer full), at
 * least one item. */
CULVERT_AVAILABLE GListModel *culvert_import_text (const char *text,
                                                   gssize len,
                                                   const char *label,
                                                   GError **error);

/* files: GListModel of GFile; at most 1 MiB each. Fails when not one of them is understood;
 * otherwise out_problems (nullable) (transfer full) names the others, one sentence each. */
CULVERT_AVAILABLE void culvert_import_files_async (GListModel *files,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);
CULVERT_AVAILABLE GListModel *culvert_import_files_finish (GAsyncResult *result,
                                                           GStrv *out_problems,
                                                           GError **error);

/* Whether the text looks like something to import: for the offer "paste". Cheap. */
CULVERT_AVAILABLE gboolean culvert_import_looks_useful (const char *text);

G_END_DECLS

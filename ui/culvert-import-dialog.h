/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertImportDialog: text or files of kcptun and its relatives to profiles. First where it comes
 * from, then what was understood, with what looks wrong and which shall be added. Signal
 * "imported" (CulvertHubItem, guint n): n were added to the hub, the first of them. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_IMPORT_DIALOG (culvert_import_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CulvertImportDialog,
                      culvert_import_dialog,
                      CULVERT,
                      IMPORT_DIALOG,
                      AdwWindow)

/* (transfer none), of GTK until it is closed. */
CulvertImportDialog *culvert_import_dialog_new (CulvertHub *hub);
/* Reads the text at once. label: where it comes from. */
void culvert_import_dialog_take_text (CulvertImportDialog *dialog,
                                      const char *text,
                                      const char *label);
/* files: GListModel of GFile. */
void culvert_import_dialog_take_files (CulvertImportDialog *dialog, GListModel *files);

G_END_DECLS

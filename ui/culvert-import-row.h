/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertImportRow: one profile found in imported text: whether it is wanted, and what looks wrong
 * with it, each with its ways out as buttons. Property: is-chosen. */
#pragma once

#include "culvert-import.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_IMPORT_ROW (culvert_import_row_get_type ())
G_DECLARE_FINAL_TYPE (CulvertImportRow, culvert_import_row, CULVERT, IMPORT_ROW, AdwExpanderRow)

GtkWidget *culvert_import_row_new (CulvertImportItem *item);
CulvertImportItem *culvert_import_row_get_item (CulvertImportRow *row);
gboolean culvert_import_row_is_chosen (CulvertImportRow *row);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertTile: a child of a flow box that is there for the layout only and takes no focus. GTK's
 * own child that is made unable to take it keeps the Tab key from getting past it. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_TILE (culvert_tile_get_type ())
G_DECLARE_FINAL_TYPE (CulvertTile, culvert_tile, CULVERT, TILE, GtkFlowBoxChild)

/* child: (transfer none) */
GtkWidget *culvert_tile_new (GtkWidget *child);

G_END_DECLS

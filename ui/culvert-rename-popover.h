/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertRenamePopover: asks for a profile's name beside the widget that shows it. */
#pragma once

#include "culvert-profile.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_RENAME_POPOVER (culvert_rename_popover_get_type ())
G_DECLARE_FINAL_TYPE (CulvertRenamePopover,
                      culvert_rename_popover,
                      CULVERT,
                      RENAME_POPOVER,
                      GtkPopover)

/* Opens it at the parent; it leaves by itself when it is closed. */
void culvert_rename_popover_open (GtkWidget *parent, CulvertProfile *profile);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertWindow: the list of profiles and, beside it, the pages of the selected one. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_WINDOW (culvert_window_get_type ())
G_DECLARE_FINAL_TYPE (CulvertWindow, culvert_window, CULVERT, WINDOW, AdwApplicationWindow)

/* (transfer none), the application's. */
CulvertWindow *culvert_window_new (GtkApplication *application, CulvertHub *hub);
/* Shows the profile; an unknown uuid changes nothing. */
void culvert_window_select (CulvertWindow *window, const char *uuid);

G_END_DECLS

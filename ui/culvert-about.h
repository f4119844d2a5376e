/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the application is, and what a bug report needs to know about it. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* (transfer none), of GTK until it is closed. */
GtkWindow *culvert_about_new (CulvertHub *hub);
/* Versions, system and numbers of profiles: no names, addresses or keys. (transfer full) */
char *culvert_about_dup_debug_info (CulvertHub *hub);

G_END_DECLS

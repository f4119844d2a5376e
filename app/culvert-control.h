/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The control socket: D-Bus peer to peer, no bus needed. Interface: the XML beside this file.
 *
 * Mode 0600, and only the own user and root get through (EXTERNAL: the kernel tells who
 * connects). At most CULVERT_CONTROL_CONNECTIONS at once. Main thread; ends with the socket's
 * file removed. */
#pragma once

#include "culvert-fleet.h"

#define CULVERT_CONTROL_CONNECTIONS 32

typedef struct _CulvertControl CulvertControl;

/* NULL with G_IO_ERROR. fleet: a reference is taken. */
CulvertControl *culvert_control_new (CulvertFleet *fleet, const char *path, GError **error);
void culvert_control_free (CulvertControl *control);

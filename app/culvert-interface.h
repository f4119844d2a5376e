/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The D-Bus interfaces of ours, which are XML among the resources. */
#pragma once

#include <gio/gio.h>

/* name: as "io.github.culvert.Culvert.Control1"; there must be a file of this name. Its interface
 * is the only one in the result. (transfer full) */
GDBusNodeInfo *culvert_interface_new_info (const char *name);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* org.freedesktop.portal.Background: the desktop is told that the application works without a
 * window, and what it does there. Where there is no portal nothing happens; nothing waits for
 * one. Main thread. */
#pragma once

#include <gio/gio.h>

typedef struct _CulvertPortal CulvertPortal;

/* bus: (nullable), a reference is taken. Never NULL. */
CulvertPortal *culvert_portal_new (GDBusConnection *bus);
void culvert_portal_free (CulvertPortal *portal);

/* The window is gone and the process stays: asks once for leave. */
void culvert_portal_request_background (CulvertPortal *portal);
/* One line; only after the request. */
void culvert_portal_set_status (CulvertPortal *portal, const char *text);

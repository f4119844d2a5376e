/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the application and culvert-tray agree on: D-Bus from peer to peer over a socket pair.
 *
 * At CULVERT_TRAY_PATH the application has a GMenuModel (org.gtk.Menus), the hub's actions
 * (org.gtk.Actions) and io.github.culvert.Culvert.Tray1. Either end leaves when the socket
 * closes. Nothing of GLib is needed to read this header. */
#pragma once

#define CULVERT_TRAY_FD 3
#define CULVERT_TRAY_ID "io.github.culvert.Culvert"
#define CULVERT_TRAY_PATH "/io/github/culvert/Culvert/tray"
#define CULVERT_TRAY_INTERFACE "io.github.culvert.Culvert.Tray1"

/* Exit codes of the helper. */
#define CULVERT_TRAY_EXIT_USAGE 2      /* not started by the application */
#define CULVERT_TRAY_EXIT_NO_DISPLAY 3 /* starting it again would not help */

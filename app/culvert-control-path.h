/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Where control sockets are.
 *
 * The folder is $XDG_RUNTIME_DIR/culvert, for root without that variable /run/culvert; anybody
 * else has none. Its mode is 0700. In it
 *   control       the application with its profiles, of which there is one per user
 *   control-PID   each culvert --headless client or server
 * so any number of them run side by side and none takes the place of another. --control PATH
 * puts the socket elsewhere. The subcommands look at all sockets of the folder, root also at
 * /run/culvert-NAME/control, which the system services use; sockets nobody listens on any
 * more (their process was killed) are passed over, and removed by the next process of the user
 * that makes one. */
#pragma once

#include <gio/gio.h>

#define CULVERT_CONTROL_PATH "/io/github/culvert/Culvert"
#define CULVERT_CONTROL_INTERFACE "io.github.culvert.Culvert.Control1"

/* NULL: there is none for this user (transfer full). */
char *culvert_control_dup_folder (void);
/* Socket of this process by the setting control: "" the folder's, "none" no socket, a path. NULL:
 * no socket (transfer full). */
char *culvert_control_dup_own (const char *setting);

/* Socket of the application, of which there is one per user (transfer full) (nullable). */
char *culvert_control_dup_main (void);

/* Makes the folder of a path in it, and the path free: removes what dead processes left. Fails
 * with G_IO_ERROR when the folder is not ours alone, or somebody listens there. */
gboolean culvert_control_prepare (const char *path, GError **error);

/* Existing sockets, the application's first (transfer full). */
GStrv culvert_control_discover (void);
/* "unix:path=..." (transfer full) */
char *culvert_control_dup_address (const char *path);

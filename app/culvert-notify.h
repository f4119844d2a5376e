/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Words to the service manager over $NOTIFY_SOCKET, the protocol of sd_notify(3): readiness,
 * status, and a sign of life from the main loop at half of the time the watchdog allows.
 *
 * Without the variable all calls do nothing. Main thread. */
#pragma once

#include <glib.h>

typedef struct _CulvertNotify CulvertNotify;

/* Starts the watchdog's timer when the manager asks for it. Never NULL. */
CulvertNotify *culvert_notify_new (void);
void culvert_notify_free (CulvertNotify *notify);

/* One or more lines "NAME=value". */
void culvert_notify_send (CulvertNotify *notify, const char *text);
/* "STATUS=..." */
void culvert_notify_status (CulvertNotify *notify, const char *format, ...) G_GNUC_PRINTF (2, 3);

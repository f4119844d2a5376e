/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Notifications of the desktop: what happened to a connection while the person was elsewhere.
 *
 *   a connection is lost for longer than a moment   with Open and Reconnect; gone when it returns
 *   it is back                                      in the place of the loss
 *   it could not be connected                       unless a window shows it
 *   no tray, and the window was closed              with Open and Quit; gone with the next window
 *   what the hub has to tell ("message")            unless a window shows it
 *
 * Nothing is said about what the person did, and nothing at all while the setting "notify" is
 * off. Works where there is a session bus. Main thread. */
#pragma once

#include "culvert-hub.h"

typedef struct _CulvertAlerts CulvertAlerts;

/* All are borrowed; settings: (nullable). */
CulvertAlerts *culvert_alerts_new (GApplication *application,
                                   CulvertHub *hub,
                                   GSettings *settings);
/* Withdraws what is shown. */
void culvert_alerts_free (CulvertAlerts *alerts);

/* The window is gone, tunnels run on, and no icon in the tray leads back. */
void culvert_alerts_tell_hidden (CulvertAlerts *alerts);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The application as a citizen of the desktop: tray, notifications, portal, and what closing the
 * window means. Made when the profiles are loaded, gone before they are stopped. Main thread. */
#pragma once

#include "culvert-hub.h"

typedef struct _CulvertDesktop CulvertDesktop;

/* culvert_desktop_wants_to_stay has another answer, perhaps. */
typedef void (*CulvertDesktopFunc) (gpointer user_data);

/* application and hub are borrowed. */
CulvertDesktop *culvert_desktop_new (GApplication *application,
                                     CulvertHub *hub,
                                     CulvertDesktopFunc changed_func,
                                     gpointer user_data);
/* desktop: (nullable) */
void culvert_desktop_free (CulvertDesktop *desktop);
/* The process is to stay for the icon in the tray, also with nothing connected. desktop:
 * (nullable) */
gboolean culvert_desktop_wants_to_stay (CulvertDesktop *desktop);

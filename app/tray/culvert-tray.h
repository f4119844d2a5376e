/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The icon in the tray: state of the whole, a menu with each profile as a check item.
 *
 * Back ends: -helper.c starts the process culvert-tray (GTK 3, whose types cannot live beside GTK
 * 4) and serves it; -none.c where the build has no tray. Whether somebody shows the icon is told
 * by the hub's property has-tray: without a host for it a window must not hide without a word.
 * Nothing that happens to the helper or its bus touches tunnels. Main thread. */
#pragma once

#include "culvert-hub.h"

typedef struct _CulvertTray CulvertTray;

/* It is known now, or anew, whether somebody shows the icon. */
typedef void (*CulvertTrayFunc) (gpointer user_data);

/* Starts to show the icon of hub, which is borrowed and outlives it. NULL: there is no tray in
 * this build or installation. changed_func: (nullable), never called from here. */
CulvertTray *culvert_tray_new (CulvertHub *hub, CulvertTrayFunc changed_func, gpointer user_data);
/* tray: (nullable) */
void culvert_tray_free (CulvertTray *tray);
/* Whether the question has no answer yet if there is a host: for a short time after the start.
 * tray: (nullable) */
gboolean culvert_tray_is_starting (CulvertTray *tray);

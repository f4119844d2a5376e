/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a process offers beside its tunnels: control socket, metrics, profiles, and word to the
 * service manager. What was asked for by name must work or the start fails; the control socket
 * in its usual place is offered where that is possible. Main thread. */
#pragma once

#include "culvert-roster.h"

typedef struct _CulvertServices CulvertServices;

/* roster: a reference is taken; log: borrowed. NULL with G_IO_ERROR. */
CulvertServices *culvert_services_new (CulvertRoster *roster,
                                       CulvertLog *log,
                                       CulvertConfig *config,
                                       GError **error);
/* For saved profiles: control socket and word to the service manager. is_main: the application,
 * whose socket is the plain "control", where no other has it. Never NULL. */
CulvertServices *culvert_services_new_for_profiles (CulvertFleet *fleet,
                                                    CulvertLog *log,
                                                    gboolean is_main);
void culvert_services_free (CulvertServices *services);

/* The tunnels listen, or the settings are in force again. */
void culvert_services_ready (CulvertServices *services);
void culvert_services_reloading (CulvertServices *services);
void culvert_services_stopping (CulvertServices *services);

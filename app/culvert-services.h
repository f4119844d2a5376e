/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a process offers beside its tunnels: control socket, metrics, profiles, and word to the
 * service manager. What was asked for by name must work or the start fails; the control socket
 * in its usual place is offered where that is possible. Main thread. */
#pragma once

#include "culvert-fleet.h"
#include "culvert-log.h"

typedef struct _CulvertServices CulvertServices;

/* fleet: a reference is taken; log: borrowed. config: the settings of the process. NULL with
 * G_IO_ERROR. */
CulvertServices *culvert_services_new (CulvertFleet *fleet,
                                       CulvertLog *log,
                                       CulvertConfig *config,
                                       GError **error);
/* For the application: a control socket, the plain "control" where no other has it, and word to the
 * service manager. Never NULL. */
CulvertServices *culvert_services_new_for_desktop (CulvertFleet *fleet, CulvertLog *log);
void culvert_services_free (CulvertServices *services);

/* The tunnels listen, or the settings are in force again. */
void culvert_services_ready (CulvertServices *services);
void culvert_services_reloading (CulvertServices *services);
void culvert_services_stopping (CulvertServices *services);

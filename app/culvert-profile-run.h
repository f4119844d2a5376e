/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A process that runs saved profiles: the hub, and who is told what.
 *
 * Two kinds. Headless: the named profiles, once; the start fails as a whole (code 2 for a
 * name nobody has, 1 for a profile that does not start) or succeeds for good; settings of the
 * process are those of the profiles (culvert-profile-process.h). Desktop: the
 * application of which there is one per person: a window when it is wanted, actions for others on
 * the bus, alive as long as the hub is busy. Owned by the application; main thread. */
#pragma once

#include "culvert-hub.h"
#include "culvert-process.h"

typedef struct _CulvertProfileRun CulvertProfileRun;

/* It is over, before a stop was asked for: by a failure, or because the person wants to quit. The
 * application is to stop it and to end with this code. */
typedef void (*CulvertProfileRunEndFunc) (int status, gpointer user_data);

/* log and process: borrowed. */
CulvertProfileRun *culvert_profile_run_new (CulvertLog *log,
                                            CulvertProcess *process,
                                            CulvertProfileRunEndFunc end_func,
                                            gpointer user_data);
/* After its stop. */
void culvert_profile_run_free (CulvertProfileRun *run);
CulvertHub *culvert_profile_run_get_hub (CulvertProfileRun *run);

/* names: UUIDs or names of profiles. */
void culvert_profile_run_start_headless (CulvertProfileRun *run, const char *const *names);

/* Reads all files again; what can work at once does, the log names the rest. */
void culvert_profile_run_reload (CulvertProfileRun *run);

/* application: held while the hub is busy, gets the hub's actions; borrowed. */
void culvert_profile_run_start_desktop (CulvertProfileRun *run, GApplication *application);
/* Opens the window or raises it, as soon as the profiles are there. token: (nullable). */
void culvert_profile_run_present (CulvertProfileRun *run, const char *uuid, const char *token);

/* Leaves the desktop: icon, notifications, window. Part of the stop; before it for a process
 * whose work is done. */
void culvert_profile_run_leave_desktop (CulvertProfileRun *run);
/* Saves and stops all within grace_ms; cancelling cuts the grace. callback: when it is over,
 * well or not. */
void culvert_profile_run_stop (CulvertProfileRun *run,
                               guint grace_ms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean culvert_profile_run_stop_finish (CulvertProfileRun *run,
                                          GAsyncResult *result,
                                          GError **error);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Writes the histories of the running tunnels of one engine.
 *
 * One timer on whole seconds of the wall clock. It sleeps while no tunnel has a session, for
 * then nothing changes; the next session wakes it, and what lies between is added as the quiet
 * time it was. Main thread; owned by the engine, which outlives the runs of its tunnels. */
#pragma once

#include "culvert-history-private.h"

typedef struct _CulvertRecorder CulvertRecorder;

CulvertRecorder *culvert_recorder_new (GMainContext *context);
/* No tunnel may be left. */
void culvert_recorder_free (CulvertRecorder *recorder);

/* From the start of a run to its end; borrowed meanwhile. */
void culvert_recorder_add (CulvertRecorder *recorder, CulvertTunnel *tunnel);
void culvert_recorder_remove (CulvertRecorder *recorder, CulvertTunnel *tunnel);

/* A session was opened. */
void culvert_recorder_wake (CulvertRecorder *recorder);
/* Somebody looks: the history is to reach up to now, also while the timer sleeps. */
void culvert_recorder_catch_up (CulvertRecorder *recorder, CulvertTunnel *tunnel);

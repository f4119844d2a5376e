/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Settings of the process rather than of a tunnel that may change while it runs: where the log
 * goes and how much of it, the file of counters, the memory for packets. Main thread. */
#pragma once

#include "culvert-log.h"

typedef struct _CulvertProcess CulvertProcess;

/* log: borrowed, outlives it. */
CulvertProcess *culvert_process_new (CulvertLog *log);
void culvert_process_free (CulvertProcess *process);

/* First, or other settings. All that can take effect does, whatever the others do; FALSE with
 * G_IO_ERROR when the log file cannot be opened: then the log stays where it was. */
gboolean culvert_process_apply (CulvertProcess *process, CulvertConfig *config, GError **error);
/* What the engine learns of paths is kept in the folder of the person's or the service's state.
 * Before the first tunnel starts. */
void culvert_process_remember (CulvertProcess *process, CulvertEngine *engine);
/* From now on its counters are written and its memory is limited; a reference is taken. */
void culvert_process_watch (CulvertProcess *process, CulvertEngine *engine);
/* The process is about to end: no more lines of counters. */
void culvert_process_stop (CulvertProcess *process);

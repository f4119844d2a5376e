/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The log: lines "YYYY/MM/DD HH:MM:SS text" on standard error or appended to a file.
 *
 * Main thread only. Equal lines in a row are collapsed: the first is written, the others are
 * counted and the count follows with the next different line, after CULVERT_LOG_REPEAT_SECONDS,
 * or at flush. Writing never fails towards the caller; what the file does not take is lost. The
 * file is made with mode 0640, narrower than kcptun's 0666, for it names the users' addresses. */
#pragma once

#include "culvert.h"

#define CULVERT_LOG_REPEAT_SECONDS 10

typedef struct _CulvertLog CulvertLog;

CulvertLog *culvert_log_new (void);
void culvert_log_free (CulvertLog *log);

/* From now on into this file; "" is standard error again. On failure all stays as it was. */
gboolean culvert_log_open (CulvertLog *log, const char *path, GError **error);
/* Opens the same path anew, for log rotation. On failure the old file stays in use. */
gboolean culvert_log_reopen (CulvertLog *log, GError **error);

/* Messages that weigh less are dropped. */
void culvert_log_set_level (CulvertLog *log, CulvertLogLevel level);
gboolean culvert_log_level_from_string (const char *name, CulvertLogLevel *out_level);

void culvert_log_write (CulvertLog *log, CulvertLogLevel level, const char *message);
/* The same, but a message below a warning may wait for the main loop's next turn, so that many
 * leave in one call of the system. Whatever is written later comes later. */
void culvert_log_write_soon (CulvertLog *log, CulvertLogLevel level, const char *message);
void culvert_log_print (CulvertLog *log, CulvertLogLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* Whatever the level: for what the user asked for just now. */
void culvert_log_say (CulvertLog *log, const char *message);
/* Writes what waits, a pending count included. */
void culvert_log_flush (CulvertLog *log);

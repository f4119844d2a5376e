/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertLogRing: the last lines of a profile's log, a GListModel of CulvertLogLine, oldest first.
 *
 * Every item of the hub has one from the beginning, so that a page opened later shows what
 * happened before. Holds at most CULVERT_LOG_RING_MAX lines; a new one then pushes out the oldest.
 * Main thread only. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

#define CULVERT_LOG_RING_MAX 2000

#define CULVERT_TYPE_LOG_LINE (culvert_log_line_get_type ())
CULVERT_AVAILABLE
G_DECLARE_FINAL_TYPE (CulvertLogLine, culvert_log_line, CULVERT, LOG_LINE, GObject)

CULVERT_AVAILABLE CulvertLogLevel culvert_log_line_get_level (CulvertLogLine *line);
/* "warning", not translated. */
CULVERT_AVAILABLE const char *culvert_log_line_get_level_name (CulvertLogLine *line);
CULVERT_AVAILABLE const char *culvert_log_line_get_message (CulvertLogLine *line);
/* Unix time in microseconds. */
CULVERT_AVAILABLE gint64 culvert_log_line_get_time (CulvertLogLine *line);
/* Counts from 1; a later line has a larger number. */
CULVERT_AVAILABLE guint64 culvert_log_line_get_number (CulvertLogLine *line);
/* "2026-11-28 14:32:05 warning text" in local time, without line end. (transfer full) */
CULVERT_AVAILABLE char *culvert_log_line_dup_text (CulvertLogLine *line);

#define CULVERT_TYPE_LOG_RING (culvert_log_ring_get_type ())
CULVERT_AVAILABLE
G_DECLARE_FINAL_TYPE (CulvertLogRing, culvert_log_ring, CULVERT, LOG_RING, GObject)

CULVERT_AVAILABLE CulvertLogRing *culvert_log_ring_new (void);
CULVERT_AVAILABLE void culvert_log_ring_push (CulvertLogRing *ring,
                                              CulvertLogLevel level,
                                              const char *message);
/* Number of the newest line, 0 without any. */
CULVERT_AVAILABLE guint64 culvert_log_ring_get_newest (CulvertLogRing *ring);

G_END_DECLS

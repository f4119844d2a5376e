/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#pragma once

#include "culvert-counters.h"
#include "culvert-stats.h"

/* Adds a session's block; its gauges only while it is live. */
void culvert_stats_add_counters (CulvertStats *stats,
                                 const CulvertCounters *counters,
                                 gboolean is_live);

/* By the name of a field that exists. */
void culvert_stats_set (CulvertStats *stats, const char *name, guint64 value);

/* Turns the sum of n sessions into their mean. */
void culvert_stats_average (CulvertStats *stats, const char *name, guint n);

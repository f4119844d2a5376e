/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* How samples are made: live counter blocks and retired totals added up field by field. */
#pragma once

#include "culvert-counters.h"
#include "culvert-stats.h"

/* Adds what a block holds now: every counter, and the gauges when the session lives. */
void culvert_stats_add_counters (CulvertStats *stats,
                                 const CulvertCounters *counters,
                                 gboolean is_live);

void culvert_stats_set_sessions (CulvertStats *stats, guint now, guint highest);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* How a history is written; the clocks come from outside. */
#pragma once

#include "culvert-history.h"
#include "culvert-stats.h"

CulvertHistory *culvert_history_new (void);
void culvert_history_free (CulvertHistory *history);

/* What follows is measured from here; the time before stays unknown. real_us: wall clock. */
void culvert_history_begin (CulvertHistory *history, const CulvertStats *stats, gint64 real_us);

/* Closes the whole seconds since the last call; stats->time_us is the monotonic clock.
 * window: segments a session may have in flight by its settings. FALSE: none had passed. */
gboolean culvert_history_add (CulvertHistory *history,
                              const CulvertStats *stats,
                              guint window,
                              gint64 real_us);

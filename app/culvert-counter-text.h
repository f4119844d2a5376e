/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the counters of CulvertStats mean, in words, and tables of them as text. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

typedef enum
{
  CULVERT_COUNTER_UNIT_NONE,    /* a number of things */
  CULVERT_COUNTER_UNIT_BYTES,
  CULVERT_COUNTER_UNIT_MICROSECONDS,
  CULVERT_COUNTER_UNIT_BYTES_PER_SECOND,
  CULVERT_COUNTER_UNIT_PPM,     /* millionths */
} CulvertCounterUnit;

/* A translated sentence; NULL when the field has none, which a test does not let pass. */
CULVERT_AVAILABLE const char *culvert_counter_text_get_meaning (guint field);
CULVERT_AVAILABLE CulvertCounterUnit culvert_counter_text_get_unit (guint field);

/* base (nullable): counters count from there, gauges are as they are. */
CULVERT_AVAILABLE guint64 culvert_counter_text_since (const CulvertStats *base,
                                                      const CulvertStats *now,
                                                      guint field);
/* A line "Name value" for each field. (transfer full) */
CULVERT_AVAILABLE char *culvert_counter_text_dup_plain (const CulvertStats *base,
                                                        const CulvertStats *now);
/* Two lines of CSV: kcptun's header and values, then ours in further columns. (transfer full) */
CULVERT_AVAILABLE char *culvert_counter_text_dup_csv (const CulvertStats *base,
                                                      const CulvertStats *now,
                                                      gint64 unix_time);

G_END_DECLS

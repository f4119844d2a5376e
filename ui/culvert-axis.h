/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertAxis: the range of values a chart shows, from 0 to a round top with ticks at round
 * numbers between; and the ticks of its time. Plain structs, no drawing.
 *
 * Every axis has the same number of steps, so that two axes of a chart share their grid. The top
 * grows at once and shrinks late, so that it does not flicker. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CULVERT_AXIS_N_STEPS 4

typedef enum
{
  CULVERT_UNIT_RATE,       /* bytes/s, written as bits */
  CULVERT_UNIT_ROUND_TRIP, /* s */
  CULVERT_UNIT_SHARE,      /* 0 to 1, written as per cent */
  CULVERT_UNIT_FREQUENCY,  /* events/s */
} CulvertUnit;

typedef struct
{
  CulvertUnit unit;
  double floor; /* the top is never below */
  double max;   /* the top */
} CulvertAxis;

/* floor: 0 for the unit's own. */
void culvert_axis_init (CulvertAxis *axis, CulvertUnit unit, double floor);
/* Makes room for the largest value (NAN: there is none) and returns whether the top has moved. */
gboolean culvert_axis_fit (CulvertAxis *axis, double largest);
/* Forgets what was shown: the next fit may shrink. */
void culvert_axis_reset (CulvertAxis *axis);
/* What stands beside tick 0 to CULVERT_AXIS_N_STEPS; of a rate the number alone. (transfer full) */
char *culvert_axis_format_tick (const CulvertAxis *axis, guint tick);
/* "Mbit/s": the unit its ticks are in, "" when they name it. Translated. */
const char *culvert_axis_get_unit_text (const CulvertAxis *axis);

/* (transfer full) */
char *culvert_unit_format (CulvertUnit unit, double value);

/* The round span of seconds between ticks when at most max_ticks fit into span seconds. */
guint culvert_axis_time_step (guint span, guint max_ticks);
/* The first multiple of step in local time at or after start (both Unix seconds). */
gint64 culvert_axis_time_first (gint64 start, guint step);

G_END_DECLS

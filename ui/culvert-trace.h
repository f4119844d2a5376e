/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertTrace: the points of one series of a history over a span, ready to draw; and
 * CulvertTimespan: which span that is. Plain arrays of floats; NAN where nothing is known.
 *
 * A span ends now. Where the history's steps are minutes, the last point is the minute that is
 * still open, of the seconds known of it. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

/* How much of the past is shown. */
typedef enum
{
  CULVERT_SPAN_MINUTE,
  CULVERT_SPAN_TEN_MINUTES,
  CULVERT_SPAN_HOUR,
  CULVERT_SPAN_SIX_HOURS,
  CULVERT_SPAN_DAY,
  CULVERT_N_SPANS
} CulvertSpan;

/* "10m", as the settings have it. */
const char *culvert_span_to_string (CulvertSpan span);
/* CULVERT_SPAN_TEN_MINUTES for what is no span. */
CulvertSpan culvert_span_from_string (const char *string);
/* "Last 10 minutes", translated. */
const char *culvert_span_get_text (CulvertSpan span);
/* "10 min", translated. */
const char *culvert_span_get_short_text (CulvertSpan span);

typedef struct
{
  CulvertResolution resolution;
  guint step;     /* s between points */
  guint n_points;
  gint64 end;     /* Unix s at which the last point ends */
  guint n_after;  /* points at the end that the history does not have, yet or any more */
  gboolean has_open; /* the first of them is the open step */
  guint64 generation; /* another one: there is something new to draw */
} CulvertTimespan;

/* history: (nullable). now: Unix s. */
void culvert_timespan_init (CulvertTimespan *timespan,
                            CulvertSpan span,
                            const CulvertHistory *history,
                            gint64 now);
/* Unix s at which point i begins. */
gint64 culvert_timespan_time (const CulvertTimespan *timespan, guint i);

typedef struct
{
  float *values;
  guint n_values;
} CulvertTrace;

void culvert_trace_clear (CulvertTrace *trace);
/* Reads the series; history NULL: nothing is known. */
void culvert_trace_load (CulvertTrace *trace,
                         const CulvertHistory *history,
                         CulvertSeries series,
                         const CulvertTimespan *timespan);
/* NAN beyond the end, too. */
float culvert_trace_get (const CulvertTrace *trace, guint i);
/* Of the known values; all NAN when there is none. */
void culvert_trace_measure (const CulvertTrace *trace, double *out_largest, double *out_mean);

G_END_DECLS

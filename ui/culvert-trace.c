/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-trace.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* What moves slowly is drawn anew at this pace (s): the open minute, and the past of a tunnel
 * that does not run. */
#define SLOW_PACE 10

static const struct
{
  CulvertResolution resolution;
  guint n_points;
  const char *name;
  const char *text;
  const char *short_text;
} culvert_spans[] = {
  [CULVERT_SPAN_MINUTE] = { CULVERT_RESOLUTION_SECOND, 60, "1m", N_ ("Last minute"), N_ ("1 min") },
  [CULVERT_SPAN_TEN_MINUTES] = { CULVERT_RESOLUTION_SECOND, 600, "10m", N_ ("Last 10 minutes"),
                                 N_ ("10 min") },
  [CULVERT_SPAN_HOUR] = { CULVERT_RESOLUTION_MINUTE, 60, "1h", N_ ("Last hour"), N_ ("1 h") },
  [CULVERT_SPAN_SIX_HOURS] = { CULVERT_RESOLUTION_MINUTE, 360, "6h", N_ ("Last 6 hours"),
                               N_ ("6 h") },
  [CULVERT_SPAN_DAY] = { CULVERT_RESOLUTION_MINUTE, 1440, "24h", N_ ("Last 24 hours"),
                         N_ ("24 h") },
};

G_STATIC_ASSERT (G_N_ELEMENTS (culvert_spans) == CULVERT_N_SPANS);

const char *
culvert_span_to_string (CulvertSpan span)
{
  g_return_val_if_fail (span < CULVERT_N_SPANS, "");
  return culvert_spans[span].name;
}

CulvertSpan
culvert_span_from_string (const char *string)
{
  for (CulvertSpan span = 0; span < CULVERT_N_SPANS; span++)
    if (g_strcmp0 (culvert_spans[span].name, string) == 0)
      return span;
  return CULVERT_SPAN_TEN_MINUTES;
}

const char *
culvert_span_get_text (CulvertSpan span)
{
  g_return_val_if_fail (span < CULVERT_N_SPANS, "");
  return _(culvert_spans[span].text);
}

const char *
culvert_span_get_short_text (CulvertSpan span)
{
  g_return_val_if_fail (span < CULVERT_N_SPANS, "");
  return _(culvert_spans[span].short_text);
}

/* -- timespan ----------------------------------------------------------------------------- */

static void
culvert_timespan_init_seconds (CulvertTimespan *timespan, const CulvertHistory *history, gint64 now)
{
  gint64 kept = history != NULL ? culvert_history_get_end (history, timespan->resolution) : 0;

  /* The recorder's tick and ours fall apart by a moment; that is no hole. */
  timespan->end = kept + 2 >= now ? kept : MAX (kept, now / SLOW_PACE * SLOW_PACE);
  timespan->n_after = (guint) MIN (timespan->end - kept, timespan->n_points);
  timespan->has_open = FALSE;
  timespan->generation = (guint64) timespan->end;
}

static void
culvert_timespan_init_minutes (CulvertTimespan *timespan, const CulvertHistory *history, gint64 now)
{
  gint64 step = timespan->step;
  gint64 kept = history != NULL ? culvert_history_get_end (history, timespan->resolution) : 0;
  gint64 seconds =
      history != NULL ? culvert_history_get_end (history, CULVERT_RESOLUTION_SECOND) : 0;

  /* In the first minute no other one has ended: its beginning is that of the open one. */
  if (kept == 0)
    kept = seconds / step * step;
  timespan->end = MAX (kept, now / step * step) + step;
  timespan->n_after = (guint) MIN ((timespan->end - kept) / step, timespan->n_points);
  timespan->has_open = seconds > kept && (timespan->end - kept) / step <= timespan->n_points;
  timespan->generation = (guint64) MAX (now, seconds) / SLOW_PACE;
}

void
culvert_timespan_init (CulvertTimespan *timespan,
                       CulvertSpan span,
                       const CulvertHistory *history,
                       gint64 now)
{
  g_return_if_fail (span < CULVERT_N_SPANS);
  timespan->resolution = culvert_spans[span].resolution;
  timespan->step = culvert_resolution_seconds (timespan->resolution);
  timespan->n_points = culvert_spans[span].n_points;
  if (timespan->resolution == CULVERT_RESOLUTION_SECOND)
    culvert_timespan_init_seconds (timespan, history, now);
  else
    culvert_timespan_init_minutes (timespan, history, now);
}

gint64
culvert_timespan_time (const CulvertTimespan *timespan, guint i)
{
  return timespan->end - (gint64) timespan->step * (timespan->n_points - i);
}

/* -- trace ------------------------------------------------------------------------------- */

void
culvert_trace_clear (CulvertTrace *trace)
{
  g_clear_pointer (&trace->values, g_free);
  trace->n_values = 0;
}

/* Mean of the seconds since the last closed step. */
static float
culvert_trace_read_open (const CulvertHistory *history,
                         CulvertSeries series,
                         const CulvertTimespan *timespan)
{
  gint64 begin = timespan->end - (gint64) timespan->n_after * timespan->step;
  gint64 n = culvert_history_get_end (history, CULVERT_RESOLUTION_SECOND) - begin;
  float seconds[60];
  double sum = 0;
  guint n_known;

  n = CLAMP (n, 0, (gint64) G_N_ELEMENTS (seconds));
  n_known =
      culvert_history_read (history, series, CULVERT_RESOLUTION_SECOND, 0, seconds, (guint) n);
  for (gint64 i = 0; i < n; i++)
    if (!isnan (seconds[i]))
      sum += (double) seconds[i];
  return n_known > 0 ? (float) (sum / n_known) : NAN;
}

void
culvert_trace_load (CulvertTrace *trace,
                    const CulvertHistory *history,
                    CulvertSeries series,
                    const CulvertTimespan *timespan)
{
  guint n_kept = timespan->n_points - timespan->n_after;

  if (trace->n_values != timespan->n_points)
    {
      trace->values = g_renew (float, trace->values, timespan->n_points);
      trace->n_values = timespan->n_points;
    }
  if (history != NULL)
    (void) culvert_history_read (history, series, timespan->resolution, 0, trace->values, n_kept);
  else
    n_kept = 0;
  for (guint i = n_kept; i < trace->n_values; i++)
    trace->values[i] = NAN;
  if (history != NULL && timespan->has_open)
    trace->values[n_kept] = culvert_trace_read_open (history, series, timespan);
}

float
culvert_trace_get (const CulvertTrace *trace, guint i)
{
  return i < trace->n_values ? trace->values[i] : NAN;
}

void
culvert_trace_measure (const CulvertTrace *trace, double *out_largest, double *out_mean)
{
  double largest = NAN;
  double sum = 0;
  guint n = 0;

  for (guint i = 0; i < trace->n_values; i++)
    if (!isnan (trace->values[i]))
      {
        largest = n == 0 ? (double) trace->values[i] : MAX (largest, (double) trace->values[i]);
        sum += (double) trace->values[i];
        n++;
      }
  *out_largest = largest;
  *out_mean = n > 0 ? sum / n : NAN;
}

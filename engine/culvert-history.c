/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-history-private.h"

#include "culvert-kcp.h"

#include <math.h>

static const guint culvert_resolution_steps[] = { 1, 60, 3600 };
static const guint culvert_resolution_points[] = { 600, 24 * 60, 90 * 24 };

G_STATIC_ASSERT (G_N_ELEMENTS (culvert_resolution_steps) == CULVERT_N_RESOLUTIONS);
G_STATIC_ASSERT (G_N_ELEMENTS (culvert_resolution_points) == CULVERT_N_RESOLUTIONS);

/* A point is sum / weight over its step; weight 0: not known. Rates have seconds for weight,
 * gauges too, a share has what it is a share of. */
typedef struct
{
  double sum[CULVERT_N_SERIES];
  double weight[CULVERT_N_SERIES];
} CulvertHistorySum;

typedef struct
{
  guint step;       /* s */
  guint n_points;
  gint64 current;   /* number of the step being added up: Unix time / step */
  guint64 generation; /* points closed; the newest stands at (generation - 1) % n_points */
  CulvertHistorySum open;
  float *points;    /* n_points of each series in turn */
} CulvertHistoryRing;

struct _CulvertHistory
{
  CulvertHistoryRing rings[CULVERT_N_RESOLUTIONS];
  CulvertStats base; /* at the end of what was added */
  gint64 base_real;  /* s */
};

/* Fields of the counters, looked up once. */
static struct
{
  guint payload_sent, payload_received, in_bytes, out_bytes, out_segs, ack_bytes, retrans;
  guint recovered, srtt, rttvar, snd_buffer, rmt_wnd, streams, sessions;
} fields;

static void
culvert_history_find_fields (void)
{
  static gsize found;

  if (!g_once_init_enter (&found))
    return;
  fields.payload_sent = (guint) culvert_stats_field_find ("PayloadSent");
  fields.payload_received = (guint) culvert_stats_field_find ("PayloadReceived");
  fields.in_bytes = (guint) culvert_stats_field_find ("InBytes");
  fields.out_bytes = (guint) culvert_stats_field_find ("OutBytes");
  fields.out_segs = (guint) culvert_stats_field_find ("OutSegs");
  fields.ack_bytes = (guint) culvert_stats_field_find ("AckBytes");
  fields.retrans = (guint) culvert_stats_field_find ("RetransSegs");
  fields.recovered = (guint) culvert_stats_field_find ("FECRecovered");
  fields.srtt = (guint) culvert_stats_field_find ("SRTT");
  fields.rttvar = (guint) culvert_stats_field_find ("RTTVar");
  fields.snd_buffer = (guint) culvert_stats_field_find ("RingBufferSndBuffer");
  fields.rmt_wnd = (guint) culvert_stats_field_find ("RemoteWindow");
  fields.streams = (guint) culvert_stats_field_find ("Streams");
  fields.sessions = (guint) culvert_stats_field_find ("CurrEstab");
  g_once_init_leave (&found, 1);
}

const char *
culvert_series_name (CulvertSeries series)
{
  static const char *const names[] = {
    [CULVERT_SERIES_GOODPUT_DOWN] = "goodput-down",
    [CULVERT_SERIES_GOODPUT_UP] = "goodput-up",
    [CULVERT_SERIES_WIRE_DOWN] = "wire-down",
    [CULVERT_SERIES_WIRE_UP] = "wire-up",
    [CULVERT_SERIES_RTT] = "rtt",
    [CULVERT_SERIES_JITTER] = "jitter",
    [CULVERT_SERIES_LOSS] = "loss",
    [CULVERT_SERIES_RETRANSMITTED] = "retransmitted",
    [CULVERT_SERIES_RECOVERED] = "recovered",
    [CULVERT_SERIES_WINDOW_FILL] = "window-fill",
    [CULVERT_SERIES_STREAMS] = "streams",
    [CULVERT_SERIES_SESSIONS] = "sessions",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == CULVERT_N_SERIES);
  return series < CULVERT_N_SERIES ? names[series] : NULL;
}

guint
culvert_resolution_seconds (CulvertResolution resolution)
{
  g_return_val_if_fail (resolution < CULVERT_N_RESOLUTIONS, 0);
  return culvert_resolution_steps[resolution];
}

guint
culvert_resolution_n_points (CulvertResolution resolution)
{
  g_return_val_if_fail (resolution < CULVERT_N_RESOLUTIONS, 0);
  return culvert_resolution_points[resolution];
}

/* -- rings ------------------------------------------------------------------------------ */

static float *
culvert_history_ring_at (const CulvertHistoryRing *ring, guint series, guint64 number)
{
  return &ring->points[(gsize) series * ring->n_points + number % ring->n_points];
}

/* Closes the open step and goes to the next. */
static void
culvert_history_ring_close (CulvertHistoryRing *ring)
{
  for (guint i = 0; i < CULVERT_N_SERIES; i++)
    *culvert_history_ring_at (ring, i, ring->generation) =
      ring->open.weight[i] > 0 ? (float) (ring->open.sum[i] / ring->open.weight[i]) : NAN;
  memset (&ring->open, 0, sizeof ring->open);
  ring->generation++;
  ring->current++;
}

/* Closes steps until number is the open one; those beyond the ring's length at once. */
static void
culvert_history_ring_advance (CulvertHistoryRing *ring, gint64 number)
{
  gint64 n_beyond;

  if (number <= ring->current)
    return;
  culvert_history_ring_close (ring);
  n_beyond = number - ring->current - ring->n_points;
  if (n_beyond > 0)
    {
      ring->current += n_beyond;
      ring->generation += (guint64) n_beyond;
    }
  while (ring->current < number)
    culvert_history_ring_close (ring);
}

/* Adds what each of the seconds [from, to) of the Unix time had. */
static void
culvert_history_ring_add (CulvertHistoryRing *ring,
                          gint64 from,
                          gint64 to,
                          const CulvertHistorySum *per_second)
{
  gint64 step = ring->step;

  from = MAX (from, to - step * ring->n_points);
  for (gint64 number = from / step; number * step < to; number++)
    {
      gint64 overlap = MIN (to, (number + 1) * step) - MAX (from, number * step);

      culvert_history_ring_advance (ring, number);
      for (guint i = 0; i < CULVERT_N_SERIES; i++)
        {
          ring->open.sum[i] += per_second->sum[i] * (double) overlap;
          ring->open.weight[i] += per_second->weight[i] * (double) overlap;
        }
    }
  culvert_history_ring_advance (ring, to / step);
}

/* -- writing ---------------------------------------------------------------------------- */

CulvertHistory *
culvert_history_new (void)
{
  CulvertHistory *history = g_new0 (CulvertHistory, 1);

  culvert_history_find_fields ();
  for (guint i = 0; i < CULVERT_N_RESOLUTIONS; i++)
    {
      CulvertHistoryRing *ring = &history->rings[i];

      ring->step = culvert_resolution_steps[i];
      ring->n_points = culvert_resolution_points[i];
      ring->points = g_new (float, (gsize) ring->n_points * CULVERT_N_SERIES);
      for (gsize j = 0; j < (gsize) ring->n_points * CULVERT_N_SERIES; j++)
        ring->points[j] = NAN;
    }
  return history;
}

void
culvert_history_free (CulvertHistory *history)
{
  if (history == NULL)
    return;
  for (guint i = 0; i < CULVERT_N_RESOLUTIONS; i++)
    g_free (history->rings[i].points);
  g_free (history);
}

/* The clock was set back, or nothing was written yet: the open steps are those of now. */
static void
culvert_history_rebase (CulvertHistory *history, gint64 real)
{
  for (guint i = 0; i < CULVERT_N_RESOLUTIONS; i++)
    history->rings[i].current = real / history->rings[i].step;
}

void
culvert_history_begin (CulvertHistory *history, const CulvertStats *stats, gint64 real_us)
{
  gint64 real = real_us / G_USEC_PER_SEC;

  if (history->base_real == 0 || real < history->base_real)
    culvert_history_rebase (history, real);
  else
    for (guint i = 0; i < CULVERT_N_RESOLUTIONS; i++)
      culvert_history_ring_advance (&history->rings[i], real / history->rings[i].step);
  history->base = *stats;
  history->base_real = real;
}

static void
culvert_history_set (CulvertHistorySum *sum, CulvertSeries series, double value, double weight)
{
  sum->sum[series] = value;
  sum->weight[series] = weight;
}

static double
culvert_history_growth (const CulvertHistory *history, const CulvertStats *stats, guint field)
{
  guint64 before = culvert_stats_get (&history->base, field);
  guint64 after = culvert_stats_get (stats, field);

  return after > before ? (double) (after - before) : 0;
}

/* Data segments sent: those of control, all of one size, are counted by bytes. */
static double
culvert_history_sent (const CulvertHistory *history, const CulvertStats *stats)
{
  double segments = culvert_history_growth (history, stats, fields.out_segs);
  double control = culvert_history_growth (history, stats, fields.ack_bytes) / CULVERT_KCP_OVERHEAD;

  return MAX (segments - control, 0);
}

/* Segments in flight of those that all sessions may have, and whether that is known. */
static double
culvert_history_window_fill (const CulvertStats *stats, guint window, double *out_weight)
{
  guint64 sessions = culvert_stats_get (stats, fields.sessions);
  guint64 remote = culvert_stats_get (stats, fields.rmt_wnd);
  double allowed = (double) sessions * (double) MIN (window, remote);

  *out_weight = allowed > 0 ? 1 : 0;
  if (allowed <= 0)
    return 0;
  return MIN ((double) culvert_stats_get (stats, fields.snd_buffer) / allowed, 1);
}

/* What each of the seconds between base and stats had. */
static void
culvert_history_measure (const CulvertHistory *history,
                         const CulvertStats *stats,
                         guint window,
                         CulvertHistorySum *out)
{
  const struct
  {
    CulvertSeries series;
    guint field;
  } rates[] = {
    { CULVERT_SERIES_GOODPUT_DOWN, fields.payload_received },
    { CULVERT_SERIES_GOODPUT_UP, fields.payload_sent },
    { CULVERT_SERIES_WIRE_DOWN, fields.in_bytes },
    { CULVERT_SERIES_WIRE_UP, fields.out_bytes },
    { CULVERT_SERIES_RETRANSMITTED, fields.retrans },
    { CULVERT_SERIES_RECOVERED, fields.recovered },
  };
  double seconds = (double) (stats->time_us - history->base.time_us) / G_USEC_PER_SEC;
  double srtt = (double) culvert_stats_get (stats, fields.srtt) / G_USEC_PER_SEC;
  double rttvar = (double) culvert_stats_get (stats, fields.rttvar) / G_USEC_PER_SEC;
  double retrans = culvert_history_growth (history, stats, fields.retrans);
  double sent = culvert_history_sent (history, stats);
  double weight;
  double fill = culvert_history_window_fill (stats, window, &weight);

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    culvert_history_set (out, rates[i].series,
                         culvert_history_growth (history, stats, rates[i].field) / seconds, 1);
  culvert_history_set (out, CULVERT_SERIES_RTT, srtt, srtt > 0);
  culvert_history_set (out, CULVERT_SERIES_JITTER, srtt > 0 ? rttvar : 0, srtt > 0);
  culvert_history_set (out, CULVERT_SERIES_LOSS, MIN (retrans, sent) / seconds, sent / seconds);
  culvert_history_set (out, CULVERT_SERIES_WINDOW_FILL, fill, weight);
  culvert_history_set (out, CULVERT_SERIES_STREAMS,
                       (double) culvert_stats_get (stats, fields.streams), 1);
  culvert_history_set (out, CULVERT_SERIES_SESSIONS,
                       (double) culvert_stats_get (stats, fields.sessions), 1);
}

gboolean
culvert_history_add (CulvertHistory *history,
                     const CulvertStats *stats,
                     guint window,
                     gint64 real_us)
{
  gint64 real = real_us / G_USEC_PER_SEC;
  gint64 elapsed = (stats->time_us - history->base.time_us + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC;
  CulvertHistorySum per_second = { 0 };
  gint64 from;

  if (real == history->base_real || elapsed < 1)
    return FALSE;
  if (real < history->base_real)
    {
      from = real - elapsed;
      culvert_history_rebase (history, from);
    }
  else
    /* Seconds of the wall clock that the monotonic one did not have were spent suspended. */
    from = MAX (real - elapsed, history->base_real);
  culvert_history_measure (history, stats, window, &per_second);
  for (guint i = 0; i < CULVERT_N_RESOLUTIONS; i++)
    culvert_history_ring_add (&history->rings[i], from, real, &per_second);
  history->base = *stats;
  history->base_real = real;
  return TRUE;
}

/* -- reading ---------------------------------------------------------------------------- */

guint64
culvert_history_get_generation (const CulvertHistory *history, CulvertResolution resolution)
{
  g_return_val_if_fail (history != NULL && resolution < CULVERT_N_RESOLUTIONS, 0);
  return history->rings[resolution].generation;
}

gint64
culvert_history_get_end (const CulvertHistory *history, CulvertResolution resolution)
{
  const CulvertHistoryRing *ring;

  g_return_val_if_fail (history != NULL && resolution < CULVERT_N_RESOLUTIONS, 0);
  ring = &history->rings[resolution];
  return ring->generation > 0 ? ring->current * ring->step : 0;
}

guint
culvert_history_read (const CulvertHistory *history,
                      CulvertSeries series,
                      CulvertResolution resolution,
                      guint skip,
                      float *out,
                      guint n)
{
  const CulvertHistoryRing *ring;
  guint n_known = 0;

  g_return_val_if_fail (history != NULL && series < CULVERT_N_SERIES, 0);
  g_return_val_if_fail (resolution < CULVERT_N_RESOLUTIONS && (out != NULL || n == 0), 0);
  ring = &history->rings[resolution];
  for (guint i = 0; i < n; i++)
    {
      guint64 age = (guint64) skip + n - i; /* 1: the newest */
      float value = NAN;

      if (age <= ring->n_points && age <= ring->generation)
        value = *culvert_history_ring_at (ring, series, ring->generation - age);
      n_known += !isnan (value);
      out[i] = value;
    }
  return n_known;
}

float
culvert_history_get_latest (const CulvertHistory *history, CulvertSeries series)
{
  float value;

  (void) culvert_history_read (history, series, CULVERT_RESOLUTION_SECOND, 0, &value, 1);
  return value;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The rings of the history by clocks of the test's own. */

#include "config.h"

#include "culvert-history-private.h"

#include <math.h>
#include <string.h>

/* A whole hour of the Unix time. */
#define EPOCH (G_GINT64_CONSTANT (1800000000) / 3600 * 3600)
#define WINDOW 100

typedef struct
{
  CulvertHistory *history;
  CulvertStats stats;
  gint64 real_us;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->history = culvert_history_new ();
  f->stats.time_us = 77 * G_USEC_PER_SEC;
  f->real_us = EPOCH * G_USEC_PER_SEC;
  culvert_history_begin (f->history, &f->stats, f->real_us);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  culvert_history_free (f->history);
}

static void
grow (Fixture *f, const char *name, guint64 amount)
{
  f->stats.values[culvert_stats_field_find (name)] += amount;
}

static void
set (Fixture *f, const char *name, guint64 value)
{
  f->stats.values[culvert_stats_field_find (name)] = value;
}

/* Lets time pass on both clocks, and takes a sample. */
static gboolean
pass (Fixture *f, double seconds)
{
  f->stats.time_us += (gint64) (seconds * G_USEC_PER_SEC);
  f->real_us += (gint64) (seconds * G_USEC_PER_SEC);
  return culvert_history_add (f->history, &f->stats, WINDOW, f->real_us);
}

/* The point age steps before the newest. */
static float
point (Fixture *f, CulvertSeries series, CulvertResolution resolution, guint age)
{
  float value;

  culvert_history_read (f->history, series, resolution, age, &value, 1);
  return value;
}

#define second(f, series, age) point (f, series, CULVERT_RESOLUTION_SECOND, age)
#define assert_near(a, b) g_assert_cmpfloat_with_epsilon (a, b, 1e-3 * (fabs ((double) (b)) + 1e-6))

static void
test_rates (Fixture *f, gconstpointer data)
{
  grow (f, "PayloadReceived", 3000);
  grow (f, "PayloadSent", 500);
  grow (f, "InBytes", 4000);
  grow (f, "OutBytes", 900);
  grow (f, "RetransSegs", 2);
  grow (f, "OutSegs", 30);
  grow (f, "AckBytes", 10 * 24);
  grow (f, "FECRecovered", 4);
  g_assert_true (pass (f, 1));
  assert_near (second (f, CULVERT_SERIES_GOODPUT_DOWN, 0), 3000);
  assert_near (second (f, CULVERT_SERIES_GOODPUT_UP, 0), 500);
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 0), 4000);
  assert_near (second (f, CULVERT_SERIES_WIRE_UP, 0), 900);
  assert_near (second (f, CULVERT_SERIES_RETRANSMITTED, 0), 2);
  assert_near (second (f, CULVERT_SERIES_RECOVERED, 0), 4);
  /* Acknowledgements are no data that could be sent again. */
  assert_near (second (f, CULVERT_SERIES_LOSS, 0), 0.1);
  g_assert_true (pass (f, 1));
  assert_near (second (f, CULVERT_SERIES_GOODPUT_DOWN, 0), 0);
  assert_near (second (f, CULVERT_SERIES_GOODPUT_DOWN, 1), 3000);
  g_assert_cmpint (culvert_history_get_end (f->history, CULVERT_RESOLUTION_SECOND), ==, EPOCH + 2);
}

static void
test_gauges (Fixture *f, gconstpointer data)
{
  pass (f, 1);
  g_assert_true (isnan (second (f, CULVERT_SERIES_RTT, 0)));
  g_assert_true (isnan (second (f, CULVERT_SERIES_WINDOW_FILL, 0)));
  set (f, "SRTT", 20000);
  set (f, "RTTVar", 5000);
  set (f, "CurrEstab", 2);
  set (f, "Streams", 7);
  set (f, "RemoteWindow", 1000);
  set (f, "RingBufferSndBuffer", 50);
  pass (f, 1);
  assert_near (second (f, CULVERT_SERIES_RTT, 0), 0.02);
  assert_near (second (f, CULVERT_SERIES_JITTER, 0), 0.005);
  assert_near (second (f, CULVERT_SERIES_SESSIONS, 0), 2);
  assert_near (second (f, CULVERT_SERIES_STREAMS, 0), 7);
  assert_near (second (f, CULVERT_SERIES_WINDOW_FILL, 0), 50.0 / (2 * WINDOW));
  set (f, "RemoteWindow", 30);
  pass (f, 1);
  assert_near (second (f, CULVERT_SERIES_WINDOW_FILL, 0), 50.0 / (2 * 30));
}

/* A minute has exactly what its seconds had, and an hour what its minutes had. */
static void
test_levels (Fixture *f, gconstpointer data)
{
  guint64 total = 0;

  for (guint i = 0; i < 3600; i++)
    {
      grow (f, "InBytes", i);
      total += i;
      pass (f, 1);
    }
  g_assert_cmpuint (culvert_history_get_generation (f->history, CULVERT_RESOLUTION_SECOND), ==,
                    3600);
  g_assert_cmpuint (culvert_history_get_generation (f->history, CULVERT_RESOLUTION_MINUTE), ==, 60);
  g_assert_cmpuint (culvert_history_get_generation (f->history, CULVERT_RESOLUTION_HOUR), ==, 1);
  assert_near (point (f, CULVERT_SERIES_WIRE_DOWN, CULVERT_RESOLUTION_MINUTE, 59), 29.5);
  assert_near (point (f, CULVERT_SERIES_WIRE_DOWN, CULVERT_RESOLUTION_MINUTE, 0), 3569.5);
  assert_near (point (f, CULVERT_SERIES_WIRE_DOWN, CULVERT_RESOLUTION_HOUR, 0),
               (double) total / 3600);
  g_assert_cmpint (culvert_history_get_end (f->history, CULVERT_RESOLUTION_HOUR), ==, EPOCH + 3600);
}

/* The share of a minute is that of its segments, not the mean of the shares of its seconds. */
static void
test_loss_weighs (Fixture *f, gconstpointer data)
{
  grow (f, "OutSegs", 10);
  grow (f, "RetransSegs", 10);
  pass (f, 1);
  for (guint i = 1; i < 60; i++)
    {
      grow (f, "OutSegs", 10);
      pass (f, 1);
    }
  assert_near (point (f, CULVERT_SERIES_LOSS, CULVERT_RESOLUTION_MINUTE, 0), 1.0 / 60);
}

static void
test_wraps (Fixture *f, gconstpointer data)
{
  guint n = culvert_resolution_n_points (CULVERT_RESOLUTION_SECOND);
  float points[700];

  for (guint i = 0; i < n + 25; i++)
    {
      grow (f, "OutBytes", i);
      pass (f, 1);
    }
  g_assert_cmpuint (culvert_history_read (f->history, CULVERT_SERIES_WIRE_UP,
                                          CULVERT_RESOLUTION_SECOND, 0, points, 700),
                    ==, n);
  for (guint i = 0; i < 100; i++)
    g_assert_true (isnan (points[i]));
  for (guint i = 100; i < 700; i++)
    assert_near (points[i], i - 100 + 25);
  /* A range in the middle. */
  g_assert_cmpuint (culvert_history_read (f->history, CULVERT_SERIES_WIRE_UP,
                                          CULVERT_RESOLUTION_SECOND, 10, points, 5),
                    ==, 5);
  assert_near (points[4], n + 24 - 10);
}

/* A late main loop: nothing is lost, the seconds share what they had together. */
static void
test_late (Fixture *f, gconstpointer data)
{
  grow (f, "InBytes", 5000);
  pass (f, 5);
  for (guint i = 0; i < 5; i++)
    assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, i), 1000);
  g_assert_true (isnan (second (f, CULVERT_SERIES_WIRE_DOWN, 5)));
}

/* Quiet for two days: every minute and hour of it is known to have had nothing. */
static void
test_slept (Fixture *f, gconstpointer data)
{
  pass (f, 48 * 3600);
  g_assert_cmpuint (culvert_history_get_generation (f->history, CULVERT_RESOLUTION_HOUR), ==, 48);
  for (guint i = 0; i < 48; i++)
    assert_near (point (f, CULVERT_SERIES_WIRE_DOWN, CULVERT_RESOLUTION_HOUR, i), 0);
  for (guint i = 0; i < 1440; i++)
    assert_near (point (f, CULVERT_SERIES_WIRE_DOWN, CULVERT_RESOLUTION_MINUTE, i), 0);
}

/* Suspended: the wall clock went on alone, of that time nothing is known. */
static void
test_suspended (Fixture *f, gconstpointer data)
{
  pass (f, 1);
  f->real_us += 100 * G_USEC_PER_SEC;
  grow (f, "InBytes", 4000);
  pass (f, 2);
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 0), 2000);
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 1), 2000);
  for (guint i = 2; i < 102; i++)
    g_assert_true (isnan (second (f, CULVERT_SERIES_WIRE_DOWN, i)));
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 102), 0);
}

static void
test_clock_set_back (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    {
      grow (f, "InBytes", 100);
      pass (f, 1);
    }
  f->real_us -= (gint64) 7200 * G_USEC_PER_SEC;
  grow (f, "InBytes", 300);
  pass (f, 1);
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 0), 300);
  for (guint i = 1; i <= 5; i++)
    assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, i), 100);
  g_assert_cmpint (culvert_history_get_end (f->history, CULVERT_RESOLUTION_SECOND), ==,
                   EPOCH + 6 - 7200);
}

/* From 1970 to now, as on a machine without a clock of its own. */
static void
test_clock_set_forward (Fixture *f, gconstpointer data)
{
  pass (f, 1);
  f->real_us += EPOCH * G_USEC_PER_SEC;
  grow (f, "InBytes", 300);
  pass (f, 1);
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 0), 300);
  g_assert_true (isnan (second (f, CULVERT_SERIES_WIRE_DOWN, 1)));
  g_assert_cmpint (culvert_history_get_end (f->history, CULVERT_RESOLUTION_SECOND), ==,
                   2 * EPOCH + 2);
}

/* Stopped and started again: the time between is unknown, the counters before are no burst. */
static void
test_restart (Fixture *f, gconstpointer data)
{
  pass (f, 3);
  f->stats.time_us += 10 * G_USEC_PER_SEC;
  f->real_us += 10 * G_USEC_PER_SEC;
  grow (f, "InBytes", 1000000);
  culvert_history_begin (f->history, &f->stats, f->real_us);
  grow (f, "InBytes", 50);
  pass (f, 1);
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 0), 50);
  g_assert_true (isnan (second (f, CULVERT_SERIES_WIRE_DOWN, 1)));
  g_assert_true (isnan (second (f, CULVERT_SERIES_WIRE_DOWN, 10)));
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 11), 0);
}

static void
test_same_second (Fixture *f, gconstpointer data)
{
  g_assert_false (pass (f, 0.4));
  grow (f, "InBytes", 60);
  g_assert_true (pass (f, 0.7));
  assert_near (second (f, CULVERT_SERIES_WIRE_DOWN, 0), 60 / 1.1);
  g_assert_false (pass (f, 0.5));
}

static void
test_names (void)
{
  for (guint i = 0; i < CULVERT_N_SERIES; i++)
    for (guint j = 0; j < i; j++)
      g_assert_cmpstr (culvert_series_name (i), !=, culvert_series_name (j));
  g_assert_null (culvert_series_name (CULVERT_N_SERIES));
  for (guint i = 0; i < CULVERT_N_RESOLUTIONS; i++)
    g_assert_cmpuint (culvert_resolution_seconds (i) * culvert_resolution_n_points (i), ==,
                      ((const guint[]) { 600, 86400, 90 * 86400 })[i]);
}

static void
stats_set (CulvertStats *stats, const char *name, guint64 value)
{
  stats->values[culvert_stats_field_find (name)] = value;
}

static void
test_overhead (void)
{
  CulvertStats older = { 0 };
  CulvertStats newer = { 0 };
  CulvertOverhead overhead;

  stats_set (&older, "OutBytes", 1000);
  stats_set (&newer, "OutBytes", 11000);
  stats_set (&newer, "FECBytes", 2000);
  stats_set (&newer, "RetransBytes", 500);
  stats_set (&newer, "AckBytes", 240);
  stats_set (&newer, "BytesSent", 6100);
  stats_set (&newer, "PayloadSent", 6000);
  culvert_stats_overhead (&older, &newer, &overhead);
  g_assert_cmpuint (overhead.wire, ==, 10000);
  g_assert_cmpuint (overhead.fec, ==, 2000);
  g_assert_cmpuint (overhead.resend, ==, 500);
  g_assert_cmpuint (overhead.acks, ==, 240);
  g_assert_cmpuint (overhead.payload, ==, 6000);
  g_assert_cmpuint (overhead.headers, ==, 10000 - 2000 - 500 - 240 - 6000);
  /* Compressed: what was sent for the payload is what counts. */
  stats_set (&newer, "BytesSent", 2000);
  culvert_stats_overhead (&older, &newer, &overhead);
  g_assert_cmpuint (overhead.payload, ==, 2000);
  /* Never more than the whole. */
  stats_set (&newer, "FECBytes", 20000);
  culvert_stats_overhead (&older, &newer, &overhead);
  g_assert_cmpuint (overhead.fec, ==, 10000);
  g_assert_cmpuint (overhead.payload + overhead.headers + overhead.acks, ==, 0);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/history/rates", test_rates);
  ADD ("/history/gauges", test_gauges);
  ADD ("/history/levels", test_levels);
  ADD ("/history/loss-weighs", test_loss_weighs);
  ADD ("/history/wraps", test_wraps);
  ADD ("/history/late", test_late);
  ADD ("/history/slept", test_slept);
  ADD ("/history/suspended", test_suspended);
  ADD ("/history/clock-set-back", test_clock_set_back);
  ADD ("/history/clock-set-forward", test_clock_set_forward);
  ADD ("/history/restart", test_restart);
  ADD ("/history/same-second", test_same_second);
  g_test_add_func ("/history/names", test_names);
  g_test_add_func ("/stats/overhead", test_overhead);
  return g_test_run ();
}

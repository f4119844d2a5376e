/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "ui-test-history.h"

#include <math.h>
#include <string.h>

static void
ui_test_grow (CulvertStats *stats, const char *name, double amount)
{
  stats->values[culvert_stats_field_find (name)] += (guint64) (amount + 0.5);
}

static void
ui_test_set (CulvertStats *stats, const char *name, double value)
{
  stats->values[culvert_stats_field_find (name)] = (guint64) (value + 0.5);
}

static void
ui_test_live (CulvertStats *stats, const UiTestSecond *second)
{
  ui_test_grow (stats, "PayloadReceived", second->down);
  ui_test_grow (stats, "PayloadSent", second->up);
  ui_test_grow (stats, "InBytes", second->down * 1.3);
  ui_test_grow (stats, "OutBytes", second->up * 1.3);
  ui_test_grow (stats, "OutSegs", second->sent);
  ui_test_grow (stats, "RetransSegs", second->retransmitted);
  ui_test_grow (stats, "FECRecovered", second->recovered);
  ui_test_set (stats, "SRTT", second->rtt * 1e6);
  ui_test_set (stats, "RTTVar", second->jitter * 1e6);
  ui_test_set (stats, "RingBufferSndBuffer", second->in_flight);
  ui_test_set (stats, "RemoteWindow", UI_TEST_WINDOW);
  ui_test_set (stats, "CurrEstab", 1);
}

void
ui_test_fill_history (CulvertHistory *history, gint64 now, guint seconds, UiTestPast past)
{
  CulvertStats stats = { .time_us = G_USEC_PER_SEC };
  gboolean is_off = TRUE;

  for (gint64 age = (gint64) seconds; age >= 0; age--)
    {
      UiTestSecond second = { 0 };
      gint64 real_us = (now - age) * G_USEC_PER_SEC;

      past (age, &second);
      stats.time_us += G_USEC_PER_SEC;
      if (is_off && !second.is_off)
        culvert_history_begin (history, &stats, real_us);
      else if (!second.is_off)
        {
          ui_test_live (&stats, &second);
          g_assert_true (culvert_history_add (history, &stats, UI_TEST_WINDOW, real_us));
        }
      is_off = second.is_off;
    }
}

/* Even noise between -1 and 1, the same in every run. */
static double
ui_test_noise (gint64 age, guint salt)
{
  guint32 hash = (guint32) age * 2654435761u + salt * 40503u;

  hash ^= hash >> 15;
  hash *= 2246822519u;
  hash ^= hash >> 13;
  return hash / (double) G_MAXUINT32 * 2 - 1;
}

/* Smooth noise with a period of so many seconds. */
static double
ui_test_wave (gint64 age, guint period, guint salt)
{
  gint64 i = age / period;
  double t = (double) (age % period) / period;
  double s = t * t * (3 - 2 * t);

  return ui_test_noise (i, salt) * (1 - s) + ui_test_noise (i + 1, salt) * s;
}

void
ui_test_rich_past (gint64 age, UiTestSecond *second)
{
  double load = 0.5 + 0.35 * ui_test_wave (age, 97, 1) + 0.25 * ui_test_wave (age, 1700, 2);
  double burst = ui_test_wave (age, 23, 3) > 0.45 ? 1.5 : 1;
  gboolean is_bad = (age > 150 && age < 260) || (age > 9000 && age < 11000);
  double loss = (is_bad ? 0.06 : 0.008) * (1 + 0.6 * ui_test_wave (age, 11, 4));
  double mbit = 125e3;

  second->is_off = age > 40000 && age < 58000;
  load = CLAMP (load * burst, 0.02, 1.2) * (1 + 0.06 * ui_test_noise (age, 5));
  if (is_bad)
    load *= 0.65;
  second->down = 38 * mbit * load;
  second->up = (2.2 + 1.6 * ui_test_wave (age, 41, 6)) * mbit;
  if (ui_test_wave (age, 131, 7) > 0.5)
    second->up += 9 * mbit;
  second->rtt = 0.182 + 0.008 * ui_test_wave (age, 60, 8) + (is_bad ? 0.045 : 0)
                + 0.004 * ui_test_noise (age, 9);
  second->jitter = (is_bad ? 0.03 : 0.006) * (1 + 0.4 * ui_test_wave (age, 17, 10));
  second->sent = second->up / 1300 + 40;
  second->retransmitted = second->sent * loss * 0.4;
  second->recovered = second->down / 1300 * loss;
  second->in_flight = UI_TEST_WINDOW * CLAMP (0.12 + 0.5 * second->up / (12 * mbit), 0, 1);
}

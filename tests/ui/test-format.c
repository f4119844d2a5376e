/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* How numbers are written. C.UTF-8 has a point, no grouping and English day names. */

#include "config.h"

#include "culvert-format.h"

#include <math.h>

#define NBSP "\302\240"
#define SECOND ((gint64) G_USEC_PER_SEC)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define assert_text(call, expected) \
  do \
    { \
      g_autofree char *text_ = (call); \
\
      g_assert_cmpstr (text_, ==, expected); \
    } \
  while (0)

static void
test_rate (void)
{
  assert_text (culvert_format_rate (0), "0" NBSP "kbit/s");
  assert_text (culvert_format_rate (42500), "340" NBSP "kbit/s");
  assert_text (culvert_format_rate (124.9e3), "999" NBSP "kbit/s");
  assert_text (culvert_format_rate (124.95e3), "1.00" NBSP "Mbit/s");
  assert_text (culvert_format_rate (1.55e6), "12.4" NBSP "Mbit/s");
  assert_text (culvert_format_rate (124.93e6), "999" NBSP "Mbit/s");
  assert_text (culvert_format_rate (124.95e6), "1.00" NBSP "Gbit/s");
  assert_text (culvert_format_rate (NAN), "—");
  assert_text (culvert_format_rate (-1), "—");
}

static void
test_size (void)
{
  assert_text (culvert_format_size (0), "0 bytes");
  assert_text (culvert_format_size (1300000000), "1.3" NBSP "GB");
}

static void
test_duration (void)
{
  assert_text (culvert_format_duration (0), "0" NBSP "s");
  assert_text (culvert_format_duration (MINUTE - 1), "59" NBSP "s");
  assert_text (culvert_format_duration (3 * MINUTE + 20 * SECOND), "3" NBSP "min");
  assert_text (culvert_format_duration (2 * HOUR), "2" NBSP "h");
  assert_text (culvert_format_duration (2 * HOUR + 5 * MINUTE), "2" NBSP "h 5" NBSP "min");
  assert_text (culvert_format_duration (3 * DAY + 4 * HOUR), "3" NBSP "d 4" NBSP "h");
  assert_text (culvert_format_duration (2 * DAY), "2" NBSP "d");
  assert_text (culvert_format_duration (-1), "—");
}

static void
test_clock (void)
{
  assert_text (culvert_format_clock (48 * SECOND), "0:48");
  assert_text (culvert_format_clock (2 * HOUR + 5 * MINUTE + 7 * SECOND), "2:05:07");
  assert_text (culvert_format_clock (3 * DAY + 4 * HOUR + 5 * MINUTE + 7 * SECOND),
               "3" NBSP "d 4:05:07");
}

static void
test_round_trip (void)
{
  assert_text (culvert_format_round_trip (0.0004), "0.4" NBSP "ms");
  assert_text (culvert_format_round_trip (0.048), "48" NBSP "ms");
  assert_text (culvert_format_round_trip (0.9996), "1.0" NBSP "s");
  assert_text (culvert_format_round_trip (12.3), "12" NBSP "s");
  assert_text (culvert_format_round_trip (NAN), "—");
}

static void
test_others (void)
{
  assert_text (culvert_format_percent (0), "0" NBSP "%");
  assert_text (culvert_format_percent (0.003), "0.3" NBSP "%");
  assert_text (culvert_format_percent (0.124), "12" NBSP "%");
  assert_text (culvert_format_percent (NAN), "—");
  assert_text (culvert_format_per_second (0.42), "0.4/s");
  assert_text (culvert_format_per_second (1240), "1240/s");
  assert_text (culvert_format_count (12345), "12345");
  assert_text (culvert_format_ratio (1.339), "1.34");
  assert_text (culvert_format_ago (0), "just now");
  assert_text (culvert_format_ago (3 * MINUTE), "3" NBSP "min ago");
}

static void
test_moments (void)
{
  g_autoptr (GDateTime) today = g_date_time_new_now_local ();
  g_autoptr (GDateTime) other = g_date_time_add_days (today, -40);
  g_autofree char *time = g_date_time_format (today, "%H:%M");
  g_autofree char *full = g_date_time_format (today, "%H:%M:%S");
  g_autofree char *dated = g_date_time_format (other, "%-d %b, %H:%M");
  g_autofree char *since = g_strconcat ("since ", dated, NULL);
  gint64 other_monotonic =
      g_get_monotonic_time () - (g_get_real_time () - g_date_time_to_unix (other) * SECOND);

  assert_text (culvert_format_moment (g_date_time_to_unix (today), FALSE), time);
  assert_text (culvert_format_moment (g_date_time_to_unix (today), TRUE), full);
  assert_text (culvert_format_moment (g_date_time_to_unix (other), FALSE), dated);
  /* Half a second, so that the two readings of the clocks cannot round to another minute. */
  assert_text (culvert_format_since (other_monotonic + SECOND / 2), since);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ui/format/rate", test_rate);
  g_test_add_func ("/ui/format/size", test_size);
  g_test_add_func ("/ui/format/duration", test_duration);
  g_test_add_func ("/ui/format/clock", test_clock);
  g_test_add_func ("/ui/format/round-trip", test_round_trip);
  g_test_add_func ("/ui/format/others", test_others);
  g_test_add_func ("/ui/format/moments", test_moments);
  return g_test_run ();
}

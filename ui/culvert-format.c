/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-format.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

static char *
culvert_format_unknown (void)
{
  return g_strdup ("—");
}

/* Three significant digits below 1000, none after the point above. */
static char *
culvert_format_number (double value)
{
  int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

  return g_strdup_printf ("%'.*f", digits, value);
}

/* One digit after the point below 10, and none for a plain 0. */
static char *
culvert_format_short (double value)
{
  return g_strdup_printf ("%'.*f", value < 9.95 && value > 0 ? 1 : 0, value);
}

char *
culvert_format_size (guint64 bytes)
{
  return g_format_size (bytes);
}

char *
culvert_format_rate (double bytes_per_second)
{
  double bits = bytes_per_second * 8;
  g_autofree char *number = NULL;

  if (isnan (bits) || bits < 0)
    return culvert_format_unknown ();
  /* What rounds to the next unit is written in it. */
  if (bits < 999.5e3)
    {
      number = g_strdup_printf ("%.0f", bits / 1e3);
      /* translators: a rate, kilobits per second; the space is a no-break space */
      return g_strdup_printf (_("%s kbit/s"), number);
    }
  if (bits < 999.5e6)
    {
      number = culvert_format_number (bits / 1e6);
      /* translators: a rate, megabits per second; the space is a no-break space */
      return g_strdup_printf (_("%s Mbit/s"), number);
    }
  number = culvert_format_number (bits / 1e9);
  /* translators: a rate, gigabits per second; the space is a no-break space */
  return g_strdup_printf (_("%s Gbit/s"), number);
}

char *
culvert_format_duration (gint64 us)
{
  gint64 seconds = us / G_USEC_PER_SEC;
  int days = (int) (seconds / DAY);
  int hours = (int) (seconds % DAY / HOUR);
  int minutes = (int) (seconds % HOUR / MINUTE);

  if (us < 0)
    return culvert_format_unknown ();
  if (days > 0 && hours == 0)
    /* translators: a span of days; the spaces in spans are no-break spaces */
    return g_strdup_printf (_("%d d"), days);
  if (days > 0)
    /* translators: a span of days and hours */
    return g_strdup_printf (_("%d d %d h"), days, hours);
  if (hours > 0 && minutes == 0)
    /* translators: a span of hours */
    return g_strdup_printf (_("%d h"), hours);
  if (hours > 0)
    /* translators: a span of hours and minutes */
    return g_strdup_printf (_("%d h %d min"), hours, minutes);
  if (minutes > 0)
    /* translators: a span of minutes */
    return g_strdup_printf (_("%d min"), minutes);
  /* translators: a span of seconds */
  return g_strdup_printf (_("%d s"), (int) seconds);
}

char *
culvert_format_clock (gint64 us)
{
  gint64 seconds = us / G_USEC_PER_SEC;
  int days = (int) (seconds / DAY);
  int hours = (int) (seconds % DAY / HOUR);
  int minutes = (int) (seconds % HOUR / MINUTE);
  int rest = (int) (seconds % MINUTE);

  if (us < 0)
    return culvert_format_unknown ();
  if (days > 0)
    /* translators: a span of days, hours, minutes and seconds */
    return g_strdup_printf (_("%d d %d:%02d:%02d"), days, hours, minutes, rest);
  if (hours > 0)
    return g_strdup_printf ("%d:%02d:%02d", hours, minutes, rest);
  return g_strdup_printf ("%d:%02d", minutes, rest);
}

char *
culvert_format_round_trip (double seconds)
{
  g_autofree char *number = NULL;

  if (isnan (seconds) || seconds < 0)
    return culvert_format_unknown ();
  if (seconds < 0.9995)
    {
      number = culvert_format_short (seconds * 1e3);
      /* translators: a round trip in milliseconds; the space is a no-break space */
      return g_strdup_printf (_("%s ms"), number);
    }
  number = culvert_format_short (seconds);
  /* translators: a round trip in seconds; the space is a no-break space */
  return g_strdup_printf (_("%s s"), number);
}

char *
culvert_format_percent (double share)
{
  g_autofree char *number = NULL;

  if (isnan (share) || share < 0)
    return culvert_format_unknown ();
  number = culvert_format_short (share * 100);
  /* translators: a percentage; the space is a no-break space */
  return g_strdup_printf (_("%s %%"), number);
}

char *
culvert_format_count (guint64 count)
{
  return g_strdup_printf ("%'" G_GUINT64_FORMAT, count);
}

char *
culvert_format_per_second (double per_second)
{
  g_autofree char *number = NULL;

  if (isnan (per_second) || per_second < 0)
    return culvert_format_unknown ();
  number = culvert_format_short (per_second);
  /* translators: events per second */
  return g_strdup_printf (_("%s/s"), number);
}

char *
culvert_format_ratio (double ratio)
{
  if (isnan (ratio) || ratio < 0)
    return culvert_format_unknown ();
  return g_strdup_printf ("%'.2f", ratio);
}

char *
culvert_format_ago (gint64 us)
{
  g_autofree char *span = NULL;

  if (us < 0)
    return culvert_format_unknown ();
  if (us < 5 * G_USEC_PER_SEC)
    return g_strdup (_("just now"));
  span = culvert_format_duration (us);
  /* translators: a span of time before now, such as "3 min" */
  return g_strdup_printf (_("%s ago"), span);
}

/* A moment with its day unless that is today. (transfer full) */
static char *
culvert_format_day_and_time (gint64 unix_seconds, const char *time_format)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_local (unix_seconds);
  g_autofree char *day = NULL;
  g_autofree char *time = NULL;

  if (moment == NULL)
    return culvert_format_unknown ();
  time = g_date_time_format (moment, time_format);
  if (g_date_time_get_year (moment) == g_date_time_get_year (now)
      && g_date_time_get_day_of_year (moment) == g_date_time_get_day_of_year (now))
    return g_steal_pointer (&time);
  /* translators: a day without its year, for g_date_time_format: "27 Nov" */
  day = g_date_time_format (moment, _("%-d %b"));
  /* translators: a day and a time, "27 Nov, 14:32" */
  return g_strdup_printf (_("%s, %s"), day, time);
}

char *
culvert_format_since (gint64 monotonic_us)
{
  gint64 age = g_get_monotonic_time () - monotonic_us;
  g_autofree char *moment =
      culvert_format_moment ((g_get_real_time () - age) / G_USEC_PER_SEC, FALSE);

  /* translators: a time, and perhaps a day, at which something began */
  return g_strdup_printf (_("since %s"), moment);
}

char *
culvert_format_moment (gint64 unix_seconds, gboolean with_seconds)
{
  /* translators: a time for g_date_time_format, with and without seconds */
  return culvert_format_day_and_time (unix_seconds, with_seconds ? _("%H:%M:%S") : _("%H:%M"));
}

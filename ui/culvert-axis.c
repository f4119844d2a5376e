/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-axis.h"

#include "culvert-format.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define BYTES_PER_KBIT 125.0
#define BYTES_PER_MBIT 125e3
#define BYTES_PER_GBIT 125e6

/* The top shrinks when less than this share of it is used. */
#define SHRINK_BELOW 0.45

static double
culvert_unit_floor (CulvertUnit unit)
{
  switch (unit)
    {
    case CULVERT_UNIT_RATE:
      return 100 * BYTES_PER_KBIT;
    case CULVERT_UNIT_ROUND_TRIP:
      return 0.004;
    case CULVERT_UNIT_SHARE:
      return 0.02;
    case CULVERT_UNIT_FREQUENCY:
      return 4;
    }
  g_return_val_if_reached (1);
}

/* What one unit of the ticks' text is in values. */
static double
culvert_axis_scale (CulvertUnit unit, double max)
{
  switch (unit)
    {
    case CULVERT_UNIT_RATE:
      return max < 0.999 * BYTES_PER_MBIT   ? BYTES_PER_KBIT
             : max < 0.999 * BYTES_PER_GBIT ? BYTES_PER_MBIT
                                            : BYTES_PER_GBIT;
    case CULVERT_UNIT_ROUND_TRIP:
      return max < 0.999 ? 0.001 : 1;
    case CULVERT_UNIT_SHARE:
      return 0.01;
    case CULVERT_UNIT_FREQUENCY:
      return 1;
    }
  g_return_val_if_reached (1);
}

/* The next round number at or above, of one or two digits. */
static double
culvert_axis_round_up (double value)
{
  static const double rounds[] = { 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 };
  double power = pow (10, floor (log10 (value)));

  for (guint i = 0; i < G_N_ELEMENTS (rounds); i++)
    /* A hair of slack, or 0.3 / 0.1 would be more than 3. */
    if (value <= rounds[i] * power * (1 + 1e-9))
      return rounds[i] * power;
  return 10 * power;
}

void
culvert_axis_init (CulvertAxis *axis, CulvertUnit unit, double floor)
{
  axis->unit = unit;
  axis->floor = floor > 0 ? floor : culvert_unit_floor (unit);
  axis->max = axis->floor;
}

void
culvert_axis_reset (CulvertAxis *axis)
{
  axis->max = axis->floor;
}

gboolean
culvert_axis_fit (CulvertAxis *axis, double largest)
{
  double scale;
  double max;

  if (isnan (largest) || largest < axis->floor)
    largest = axis->floor;
  if (largest <= axis->max && largest >= axis->max * SHRINK_BELOW)
    return FALSE;
  scale = culvert_axis_scale (axis->unit, largest);
  max = culvert_axis_round_up (largest / scale / CULVERT_AXIS_N_STEPS) * scale
        * CULVERT_AXIS_N_STEPS;
  if (axis->unit == CULVERT_UNIT_SHARE && largest <= 1)
    max = MIN (max, 1);
  if (max == axis->max)
    return FALSE;
  axis->max = max;
  return TRUE;
}

char *
culvert_axis_format_tick (const CulvertAxis *axis, guint tick)
{
  double scale = culvert_axis_scale (axis->unit, axis->max);
  g_autofree char *number =
      g_strdup_printf ("%'.4g", axis->max * tick / CULVERT_AXIS_N_STEPS / scale);

  switch (axis->unit)
    {
    case CULVERT_UNIT_RATE:
      return g_steal_pointer (&number);
    case CULVERT_UNIT_ROUND_TRIP:
      return scale < 1 ? g_strdup_printf (_("%s ms"), number)
                       : g_strdup_printf (_("%s s"), number);
    case CULVERT_UNIT_SHARE:
      return g_strdup_printf (_("%s %%"), number);
    case CULVERT_UNIT_FREQUENCY:
      return g_strdup_printf (_("%s/s"), number);
    }
  g_return_val_if_reached (NULL);
}

const char *
culvert_axis_get_unit_text (const CulvertAxis *axis)
{
  double scale;

  if (axis->unit != CULVERT_UNIT_RATE)
    return "";
  scale = culvert_axis_scale (axis->unit, axis->max);
  return scale < BYTES_PER_MBIT ? _("kbit/s") : scale < BYTES_PER_GBIT ? _("Mbit/s") : _("Gbit/s");
}

char *
culvert_unit_format (CulvertUnit unit, double value)
{
  switch (unit)
    {
    case CULVERT_UNIT_RATE:
      return culvert_format_rate (value);
    case CULVERT_UNIT_ROUND_TRIP:
      return culvert_format_round_trip (value);
    case CULVERT_UNIT_SHARE:
      return culvert_format_percent (value);
    case CULVERT_UNIT_FREQUENCY:
      return culvert_format_per_second (value);
    }
  g_return_val_if_reached (NULL);
}

/* -- time ------------------------------------------------------------------------------- */

guint
culvert_axis_time_step (guint span, guint max_ticks)
{
  static const guint steps[] = {
    1,   2,    5,    10,   15,   30,    60,    120,   300,
    600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200,
  };

  max_ticks = MAX (max_ticks, 1);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (span / steps[i] <= max_ticks)
      return steps[i];
  return 86400;
}

gint64
culvert_axis_time_first (gint64 start, guint step)
{
  g_autoptr (GDateTime) local = g_date_time_new_from_unix_local (start);
  gint64 offset =
      local != NULL ? g_date_time_get_utc_offset (local) / G_TIME_SPAN_SECOND : 0;

  return (start + offset + step - 1) / step * step - offset;
}

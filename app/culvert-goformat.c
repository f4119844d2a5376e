/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-goformat.h"

#include <string.h>

#define FRACTION_DIGITS 9

typedef enum
{
  TOKEN_YEAR,
  TOKEN_YEAR_2,
  TOKEN_MONTH_2,
  TOKEN_MONTH,
  TOKEN_MONTH_SHORT,
  TOKEN_MONTH_LONG,
  TOKEN_DAY_2,
  TOKEN_DAY,
  TOKEN_DAY_SPACE,
  TOKEN_YEAR_DAY,
  TOKEN_YEAR_DAY_SPACE,
  TOKEN_WEEKDAY_SHORT,
  TOKEN_WEEKDAY_LONG,
  TOKEN_HOUR_24,
  TOKEN_HOUR_2,
  TOKEN_HOUR,
  TOKEN_MINUTE_2,
  TOKEN_MINUTE,
  TOKEN_SECOND_2,
  TOKEN_SECOND,
  TOKEN_HALF_UPPER,
  TOKEN_HALF_LOWER,
  TOKEN_ZONE_NAME,
  TOKEN_OFFSET,
  TOKEN_LITERAL, /* kept as it is: takes an underscore away from _2 */
} CulvertGoToken;

typedef struct
{
  const char *text;
  CulvertGoToken token;
} CulvertGoLayout;

/* Longer ones in front of their own beginnings. */
static const CulvertGoLayout layouts[] = {
  { "January", TOKEN_MONTH_LONG },
  { "Jan", TOKEN_MONTH_SHORT },
  { "Monday", TOKEN_WEEKDAY_LONG },
  { "Mon", TOKEN_WEEKDAY_SHORT },
  { "MST", TOKEN_ZONE_NAME },
  { "2006", TOKEN_YEAR },
  { "__2", TOKEN_YEAR_DAY_SPACE },
  { "002", TOKEN_YEAR_DAY },
  { "01", TOKEN_MONTH_2 },
  { "02", TOKEN_DAY_2 },
  { "03", TOKEN_HOUR_2 },
  { "04", TOKEN_MINUTE_2 },
  { "05", TOKEN_SECOND_2 },
  { "06", TOKEN_YEAR_2 },
  { "15", TOKEN_HOUR_24 },
  { "PM", TOKEN_HALF_UPPER },
  { "pm", TOKEN_HALF_LOWER },
  { "-07:00:00", TOKEN_OFFSET },
  { "-070000", TOKEN_OFFSET },
  { "-07:00", TOKEN_OFFSET },
  { "-0700", TOKEN_OFFSET },
  { "-07", TOKEN_OFFSET },
  { "Z07:00:00", TOKEN_OFFSET },
  { "Z070000", TOKEN_OFFSET },
  { "Z07:00", TOKEN_OFFSET },
  { "Z0700", TOKEN_OFFSET },
  { "Z07", TOKEN_OFFSET },
  { "1", TOKEN_MONTH },
  { "2", TOKEN_DAY },
  { "3", TOKEN_HOUR },
  { "4", TOKEN_MINUTE },
  { "5", TOKEN_SECOND },
};

static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };
static const char *const weekdays[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday" };

static const CulvertGoLayout *
culvert_goformat_match (const char *p)
{
  static const CulvertGoLayout underscore = { "_", TOKEN_LITERAL };
  static const CulvertGoLayout day_space = { "_2", TOKEN_DAY_SPACE };

  if (g_str_has_prefix (p, "_2006"))
    return &underscore;
  if (g_str_has_prefix (p, "_2"))
    return &day_space;
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      const CulvertGoLayout *layout = &layouts[i];
      gboolean is_short =
          layout->token == TOKEN_MONTH_SHORT || layout->token == TOKEN_WEEKDAY_SHORT;

      if (!g_str_has_prefix (p, layout->text))
        continue;
      /* Janus and Month are words. */
      if (is_short && g_ascii_islower (p[strlen (layout->text)]))
        continue;
      return layout;
    }
  return NULL;
}

/* Length of a fraction token such as .000 or ,99, else 0. */
static size_t
culvert_goformat_fraction_len (const char *p)
{
  size_t len = 1;

  if ((p[0] != '.' && p[0] != ',') || (p[1] != '0' && p[1] != '9'))
    return 0;
  while (p[len] == p[1])
    len++;
  return g_ascii_isdigit (p[len]) ? 0 : len;
}

static void
culvert_goformat_append_fraction (GString *out, const char *p, size_t len, guint nanosecond)
{
  char digits[FRACTION_DIGITS + 1];
  size_t n = len - 1;

  g_snprintf (digits, sizeof digits, "%09u", nanosecond % 1000000000);
  if (p[1] == '0')
    {
      g_string_append_c (out, p[0]);
      g_string_append_len (out, digits, MIN (n, FRACTION_DIGITS));
      for (size_t i = FRACTION_DIGITS; i < n; i++)
        g_string_append_c (out, '0');
      return;
    }
  n = MIN (n, FRACTION_DIGITS);
  while (n > 0 && digits[n - 1] == '0')
    n--;
  if (n > 0)
    {
      g_string_append_c (out, p[0]);
      g_string_append_len (out, digits, n);
    }
}

static void
culvert_goformat_append_offset (GString *out, const char *layout, GDateTime *time)
{
  gint64 offset = g_date_time_get_utc_offset (time) / G_TIME_SPAN_SECOND;
  gint64 seconds = ABS (offset);
  const char *separator = strchr (layout, ':') != NULL ? ":" : "";
  size_t n_digits = 0;

  if (layout[0] == 'Z' && offset == 0)
    {
      g_string_append_c (out, 'Z');
      return;
    }
  for (const char *p = layout; *p != '\0'; p++)
    n_digits += g_ascii_isdigit (*p) ? 1 : 0;
  g_string_append_printf (out, "%c%02d", offset < 0 ? '-' : '+', (int) (seconds / 3600));
  if (n_digits >= 4)
    g_string_append_printf (out, "%s%02d", separator, (int) (seconds / 60 % 60));
  if (n_digits >= 6)
    g_string_append_printf (out, "%s%02d", separator, (int) (seconds % 60));
}

static void
culvert_goformat_append_number (GString *out, CulvertGoToken token, GDateTime *time)
{
  int hour = g_date_time_get_hour (time);
  int hour_12 = hour % 12 == 0 ? 12 : hour % 12;
  const struct
  {
    int value;
    int width;
    gboolean zeros;
  } numbers[] = {
    [TOKEN_YEAR] = { g_date_time_get_year (time), 4, TRUE },
    [TOKEN_YEAR_2] = { g_date_time_get_year (time) % 100, 2, TRUE },
    [TOKEN_MONTH_2] = { g_date_time_get_month (time), 2, TRUE },
    [TOKEN_MONTH] = { g_date_time_get_month (time), 0, FALSE },
    [TOKEN_DAY_2] = { g_date_time_get_day_of_month (time), 2, TRUE },
    [TOKEN_DAY] = { g_date_time_get_day_of_month (time), 0, FALSE },
    [TOKEN_DAY_SPACE] = { g_date_time_get_day_of_month (time), 2, FALSE },
    [TOKEN_YEAR_DAY] = { g_date_time_get_day_of_year (time), 3, TRUE },
    [TOKEN_YEAR_DAY_SPACE] = { g_date_time_get_day_of_year (time), 3, FALSE },
    [TOKEN_HOUR_24] = { hour, 2, TRUE },
    [TOKEN_HOUR_2] = { hour_12, 2, TRUE },
    [TOKEN_HOUR] = { hour_12, 0, FALSE },
    [TOKEN_MINUTE_2] = { g_date_time_get_minute (time), 2, TRUE },
    [TOKEN_MINUTE] = { g_date_time_get_minute (time), 0, FALSE },
    [TOKEN_SECOND_2] = { g_date_time_get_second (time), 2, TRUE },
    [TOKEN_SECOND] = { g_date_time_get_second (time), 0, FALSE },
  };

  if (numbers[token].zeros)
    g_string_append_printf (out, "%0*d", numbers[token].width, numbers[token].value);
  else
    g_string_append_printf (out, "%*d", numbers[token].width, numbers[token].value);
}

static void
culvert_goformat_append (GString *out, const CulvertGoLayout *layout, GDateTime *time)
{
  const char *month = months[g_date_time_get_month (time) - 1];
  const char *weekday = weekdays[g_date_time_get_day_of_week (time) - 1];
  gboolean is_am = g_date_time_get_hour (time) < 12;

  switch (layout->token)
    {
    case TOKEN_MONTH_LONG:
      g_string_append (out, month);
      break;
    case TOKEN_MONTH_SHORT:
      g_string_append_len (out, month, 3);
      break;
    case TOKEN_WEEKDAY_LONG:
      g_string_append (out, weekday);
      break;
    case TOKEN_WEEKDAY_SHORT:
      g_string_append_len (out, weekday, 3);
      break;
    case TOKEN_HALF_UPPER:
      g_string_append (out, is_am ? "AM" : "PM");
      break;
    case TOKEN_HALF_LOWER:
      g_string_append (out, is_am ? "am" : "pm");
      break;
    case TOKEN_ZONE_NAME:
      g_string_append (out, g_date_time_get_timezone_abbreviation (time));
      break;
    case TOKEN_OFFSET:
      culvert_goformat_append_offset (out, layout->text, time);
      break;
    case TOKEN_LITERAL:
      g_string_append (out, layout->text);
      break;
    default:
      culvert_goformat_append_number (out, layout->token, time);
      break;
    }
}

char *
culvert_goformat (const char *layout, GDateTime *time, guint nanosecond)
{
  GString *out = g_string_new (NULL);
  const char *p = layout;

  while (*p != '\0')
    {
      size_t fraction = culvert_goformat_fraction_len (p);
      const CulvertGoLayout *token = fraction == 0 ? culvert_goformat_match (p) : NULL;

      if (fraction != 0)
        {
          culvert_goformat_append_fraction (out, p, fraction, nanosecond);
          p += fraction;
        }
      else if (token != NULL)
        {
          culvert_goformat_append (out, token, time);
          p += strlen (token->text);
        }
      else
        {
          g_string_append_c (out, *p++);
        }
    }
  return g_string_free (out, FALSE);
}

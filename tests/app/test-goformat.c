/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-goformat.h"
#include "test-vectors.h"

static const struct
{
  int year, month, day, hour, minute, second;
  guint nanosecond;
} instants[] = {
  { 2026, 1, 2, 3, 4, 5, 6007008 },
  { 1999, 12, 31, 23, 59, 58, 987654321 },
  { 2024, 2, 29, 12, 0, 0, 120000000 },
  { 2021, 10, 9, 0, 30, 9, 0 },
};

static void
check_layout (JsonObject *object, void *data)
{
  const char *layout = json_object_get_string_member (object, "layout");
  JsonArray *out = json_object_get_array_member (object, "out");

  g_assert_cmpuint (json_array_get_length (out), ==, G_N_ELEMENTS (instants));
  for (guint i = 0; i < G_N_ELEMENTS (instants); i++)
    {
      g_autoptr (GDateTime) time =
          g_date_time_new_utc (instants[i].year, instants[i].month, instants[i].day,
                               instants[i].hour, instants[i].minute, instants[i].second);
      g_autofree char *text = culvert_goformat (layout, time, instants[i].nanosecond);

      g_test_message ("%s", layout);
      g_assert_cmpstr (text, ==, json_array_get_string_element (out, i));
    }
}

static void
test_vectors (void)
{
  test_vectors_foreach ("goformat.json", NULL, check_layout, NULL);
}

static void
test_offsets (void)
{
  g_autoptr (GTimeZone) west = g_time_zone_new_offset (-(3 * 3600 + 30 * 60));
  g_autoptr (GTimeZone) east = g_time_zone_new_offset (5 * 3600 + 45 * 60 + 7);
  g_autoptr (GDateTime) a = g_date_time_new (west, 2026, 1, 2, 3, 4, 5);
  g_autoptr (GDateTime) b = g_date_time_new (east, 2026, 1, 2, 3, 4, 5);
  g_autofree char *west_text = culvert_goformat ("-0700 -07:00 -07 Z0700", a, 0);
  g_autofree char *east_text = culvert_goformat ("-07:00:00 -070000 Z07 Z07:00", b, 0);

  g_assert_cmpstr (west_text, ==, "-0330 -03:30 -03 -0330");
  g_assert_cmpstr (east_text, ==, "+05:45:07 +054507 +05 +05:45");
}

static void
test_long_fraction (void)
{
  g_autoptr (GDateTime) time = g_date_time_new_utc (2026, 1, 2, 3, 4, 5);
  g_autofree char *zeros = culvert_goformat (".000000000000", time, 123456789);
  g_autofree char *nines = culvert_goformat (".999999999999", time, 123456789);

  g_assert_cmpstr (zeros, ==, ".123456789000");
  g_assert_cmpstr (nines, ==, ".123456789");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/goformat/vectors", test_vectors);
  g_test_add_func ("/goformat/offsets", test_offsets);
  g_test_add_func ("/goformat/long-fraction", test_long_fraction);
  return g_test_run ();
}

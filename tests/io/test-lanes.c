/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Which slot a new connection goes to, and what is remembered of paths. */

#include "config.h"

#include "culvert-lanes.h"
#include "culvert-paths.h"

#define START (1000 * CULVERT_SEC)

static void
test_count (void)
{
  CulvertLane lane = { 0 };
  uint32_t bulk[3] = { 0 };
  uint32_t small = 0;
  CulvertTime now = START;

  culvert_lane_note (&lane, &small, CULVERT_LANE_BULK - 1, now);
  g_assert_cmpuint (culvert_lane_n_bulk (&lane, now), ==, 0);
  for (unsigned i = 0; i < 3; i++)
    for (unsigned j = 0; j < 10; j++)
      culvert_lane_note (&lane, &bulk[i], CULVERT_LANE_BULK + j, now);
  g_assert_cmpuint (culvert_lane_n_bulk (&lane, now), ==, 3);
  /* Only one goes on. */
  for (unsigned i = 0; i < 20; i++)
    {
      now += 100 * CULVERT_MSEC;
      culvert_lane_note (&lane, &bulk[1], 2 * CULVERT_LANE_BULK, now);
    }
  g_assert_cmpuint (culvert_lane_n_bulk (&lane, now), ==, 1);
  now += 10 * CULVERT_SEC;
  g_assert_cmpuint (culvert_lane_n_bulk (&lane, now), ==, 0);
}

static void
test_choose (void)
{
  g_autofree CulvertLaneBoard *board = culvert_lane_board_new (3);
  CulvertTime now = START;

  /* In turn as long as all are equal. */
  for (unsigned i = 0; i < 6; i++)
    g_assert_cmpuint (culvert_lane_board_choose (board, i, now), ==, i % 3);
  culvert_lane_board_publish (board, 1, 2, now);
  for (unsigned i = 0; i < 6; i++)
    g_assert_cmpuint (culvert_lane_board_choose (board, i, now), !=, 1);
  culvert_lane_board_publish (board, 0, 1, now);
  culvert_lane_board_publish (board, 2, 3, now);
  for (unsigned i = 0; i < 6; i++)
    g_assert_cmpuint (culvert_lane_board_choose (board, i, now), ==, 0);
  /* A link that is idle publishes nothing any more. */
  now += 3 * CULVERT_LANE_PERIOD;
  g_assert_cmpuint (culvert_lane_board_choose (board, 2, now), ==, 2);
}

static CulvertAddress
address (const char *literal)
{
  CulvertAddress result = { 0 };

  g_assert_cmpint (culvert_address_parse (literal, 4000, &result), ==, CULVERT_OK);
  return result;
}

static void
test_paths (void)
{
  g_autofree CulvertPaths *paths = g_new0 (CulvertPaths, 1);
  CulvertAddress home = address ("192.0.2.1");
  CulvertAddress away = address ("192.0.2.2");
  CulvertAddress peer = address ("198.51.100.1");
  CulvertPath path = { .local = home, .peer = peer, .passes = 1252, .fails = 1262 };
  CulvertTime now = START;

  g_assert_null (culvert_paths_find (paths, &home, &peer, now));
  culvert_paths_note (paths, &path, now);
  g_assert_cmpuint (culvert_paths_find (paths, &home, &peer, now)->passes, ==, 1252);
  g_assert_null (culvert_paths_find (paths, &away, &peer, now));
  path.passes = 1300;
  culvert_paths_note (paths, &path, now);
  g_assert_cmpuint (paths->n, ==, 1);
  g_assert_cmpuint (culvert_paths_find (paths, &home, &peer, now)->passes, ==, 1300);
  g_assert_null (culvert_paths_find (paths, &home, &peer, now + 4 * 24 * 3600 * CULVERT_SEC));
  /* The oldest makes room. */
  for (unsigned i = 0; i < CULVERT_PATHS_MAX; i++)
    {
      g_autofree char *text = g_strdup_printf ("203.0.113.%u", i);

      path.peer = address (text);
      culvert_paths_note (paths, &path, now + 1 + i);
    }
  g_assert_cmpuint (paths->n, ==, CULVERT_PATHS_MAX);
  g_assert_null (culvert_paths_find (paths, &home, &peer, now));
  g_assert_nonnull (culvert_paths_find (paths, &home, &path.peer, now));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lanes/count", test_count);
  g_test_add_func ("/lanes/choose", test_choose);
  g_test_add_func ("/paths", test_paths);
  return g_test_run ();
}

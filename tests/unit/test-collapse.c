/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-collapse.h"

typedef struct
{
  CulvertCollapse collapse;
  CulvertTime now;
  uint64_t up, down;
  bool wants, suffers;
} Run;

/* Seconds at these rates; returns after how many of them a collapse is told, 0: none. */
static unsigned
run_for (Run *run, unsigned seconds, uint64_t up, uint64_t down)
{
  for (unsigned i = 1; i <= seconds; i++)
    {
      CulvertCollapseSample samples[2];

      run->now += CULVERT_SEC;
      run->up += up;
      run->down += down;
      samples[0] = (CulvertCollapseSample) { run->up, run->wants, run->suffers };
      samples[1] = (CulvertCollapseSample) { run->down, run->wants, run->suffers };
      g_assert_true (culvert_collapse_is_due (&run->collapse, run->now));
      if (culvert_collapse_sample (&run->collapse, &samples[0], &samples[1], run->now))
        return i;
      g_assert_false (culvert_collapse_is_due (&run->collapse, run->now));
    }
  return 0;
}

static Run
run_new (void)
{
  return (Run) { .now = 1000 * CULVERT_SEC, .wants = true, .suffers = true };
}

static void
test_policed (void)
{
  Run run = run_new ();

  g_assert_cmpuint (run_for (&run, 60, 0, 1000000), ==, 0);
  g_assert_cmpuint (run_for (&run, 20, 0, 12000), ==, 5);
  /* Once a minute. */
  g_assert_cmpuint (run_for (&run, 100, 0, 12000), ==, 60);
}

/* At one sample in three nothing happens to be missing. */
static void
test_between_losses (void)
{
  Run run = run_new ();
  unsigned told = 0;

  g_assert_cmpuint (run_for (&run, 6, 0, 1000000), ==, 0);
  for (unsigned i = 1; i <= 20 && told == 0; i++)
    {
      run.wants = i % 3 != 0;
      run.suffers = run.wants;
      if (run_for (&run, 1, 0, 12000) != 0)
        told = i;
    }
  g_assert_cmpuint (told, ==, 11);
}

static void
test_upload (void)
{
  Run run = run_new ();

  g_assert_cmpuint (run_for (&run, 30, 500000, 2000), ==, 0);
  g_assert_cmpuint (run_for (&run, 20, 10000, 2000), ==, 5);
}

static void
test_harmless (void)
{
  Run run = run_new ();

  /* Slower, but not that much; then much slower for a short while. */
  g_assert_cmpuint (run_for (&run, 60, 0, 1000000), ==, 0);
  g_assert_cmpuint (run_for (&run, 60, 0, 300000), ==, 0);
  g_assert_cmpuint (run_for (&run, 4, 0, 5000), ==, 0);
  g_assert_cmpuint (run_for (&run, 5, 0, 300000), ==, 0);
  /* The download is over, and what comes then comes whole. */
  run.suffers = false;
  g_assert_cmpuint (run_for (&run, 60, 0, 500), ==, 0);
  run.suffers = true;
  run.wants = false;
  g_assert_cmpuint (run_for (&run, 60, 0, 500), ==, 0);
}

static void
test_nothing_known (void)
{
  Run run = run_new ();

  g_assert_cmpuint (run_for (&run, 4, 0, 1000000), ==, 0);
  g_assert_cmpuint (run_for (&run, 60, 0, 1000), ==, 0);
  /* A trickle has no rate to fall from. */
  run = run_new ();
  g_assert_cmpuint (run_for (&run, 60, 0, 20000), ==, 0);
  g_assert_cmpuint (run_for (&run, 60, 0, 100), ==, 0);
}

static void
test_sleep (void)
{
  Run run = run_new ();

  g_assert_cmpuint (run_for (&run, 60, 0, 1000000), ==, 0);
  g_assert_cmpuint (run_for (&run, 4, 0, 1000), ==, 0);
  run.now += 100 * CULVERT_SEC;
  g_assert_cmpuint (run_for (&run, 5, 0, 1000), ==, 0);
  g_assert_cmpuint (run_for (&run, 5, 0, 1000), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/collapse/policed", test_policed);
  g_test_add_func ("/collapse/between-losses", test_between_losses);
  g_test_add_func ("/collapse/upload", test_upload);
  g_test_add_func ("/collapse/harmless", test_harmless);
  g_test_add_func ("/collapse/nothing-known", test_nothing_known);
  g_test_add_func ("/collapse/sleep", test_sleep);
  return g_test_run ();
}

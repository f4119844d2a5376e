/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-counters.h"

static void
test_new_is_zero (void)
{
  CulvertCounters *counters = culvert_counters_new ();

#define ASSERT_ZERO(field, name) g_assert_cmpuint (culvert_counter_get (&counters->field), ==, 0);
  CULVERT_COUNTERS (ASSERT_ZERO)
  CULVERT_GAUGES (ASSERT_ZERO)
#undef ASSERT_ZERO
  culvert_counters_unref (counters);
}

static void
test_new_is_aligned (void)
{
  CulvertCounters *blocks[8];

  for (unsigned i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      blocks[i] = culvert_counters_new ();
      g_assert_cmpuint ((uintptr_t) blocks[i] % 64, ==, 0);
    }
  for (unsigned i = 0; i < G_N_ELEMENTS (blocks); i++)
    culvert_counters_unref (blocks[i]);
}

static void
test_add_and_set (void)
{
  CulvertCounters *counters = culvert_counters_new ();

  culvert_counter_add (&counters->in_pkts, 40);
  culvert_counter_add (&counters->in_pkts, 2);
  culvert_counter_set (&counters->srtt_us, 1000);
  culvert_counter_set (&counters->srtt_us, 7);
  g_assert_cmpuint (culvert_counter_get (&counters->in_pkts), ==, 42);
  g_assert_cmpuint (culvert_counter_get (&counters->srtt_us), ==, 7);
  g_assert_cmpuint (culvert_counter_get (&counters->out_pkts), ==, 0);
  culvert_counters_unref (counters);
}

static void
test_ref_keeps_block (void)
{
  CulvertCounters *counters = culvert_counters_new ();

  g_assert_true (culvert_counters_ref (counters) == counters);
  culvert_counters_unref (counters);
  culvert_counter_add (&counters->in_segs, 5);
  g_assert_cmpuint (culvert_counter_get (&counters->in_segs), ==, 5);
  culvert_counters_unref (counters);
}

#define N_ADDS 200000

static void *
test_threads_reader (void *data)
{
  CulvertCounters *counters = data;
  uint64_t last = 0;

  while (last < N_ADDS)
    {
      uint64_t now = culvert_counter_get (&counters->bytes_sent);

      g_assert_cmpuint (now, >=, last);
      last = now;
      g_thread_yield ();
    }
  culvert_counters_unref (counters);
  return NULL;
}

/* A reader in another thread never sees a counter go back, and may let go last. */
static void
test_threads (void)
{
  CulvertCounters *counters = culvert_counters_new ();
  GThread *reader;

  reader = g_thread_new ("reader", test_threads_reader, culvert_counters_ref (counters));
  for (unsigned i = 0; i < N_ADDS; i++)
    culvert_counter_add (&counters->bytes_sent, 1);
  culvert_counters_unref (counters);
  g_thread_join (reader);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/counters/new/zero", test_new_is_zero);
  g_test_add_func ("/counters/new/aligned", test_new_is_aligned);
  g_test_add_func ("/counters/add-and-set", test_add_and_set);
  g_test_add_func ("/counters/ref", test_ref_keeps_block);
  g_test_add_func ("/counters/threads", test_threads);
  return g_test_run ();
}

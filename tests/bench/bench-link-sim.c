/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The rows of bad links in virtual time: seconds instead of minutes, and the same figures each
 * time. The reference is our own core in reference mode behind ticks of 10 ms; the real kcptun is
 * measured by bench.py. Arguments: words that the names of the rows to run contain, and names of
 * the pairs. CULVERT_SIM_SEED gives other losses, CULVERT_BENCH_TRACE the sender's view. */
#include "config.h"

#include "test-path.h"

#include <stdio.h>

typedef enum
{
  PAIR_REFERENCE,  /* reference to reference, FEC 10/3 */
  PAIR_TO_KCPTUN,  /* ours to a receiver like kcptun, with the same FEC */
  PAIR_ADAPTIVE,   /* adaptive FEC, at most 60/30 */
  PAIR_NO_FEC,     /* the same without */
  PAIR_OURS,       /* both ends, adaptive */
  N_PAIRS
} BenchPair;

static uint64_t bench_seed = 7; /* CULVERT_SIM_SEED */

static const char *const pair_names[] = { "reference", "fixed", "adaptive", "no fec", "ours" };

static bool
bench_is_pair (const char *word)
{
  for (BenchPair pair = 0; pair < N_PAIRS; pair++)
    if (strcmp (word, pair_names[pair]) == 0)
      return true;
  return false;
}

static bool
bench_is_wanted (const char *row, int argc, char **argv)
{
  bool has_words = false;

  for (int i = 1; i < argc; i++)
    {
      if (bench_is_pair (argv[i]))
        continue;
      has_words = true;
      if (strstr (row, argv[i]) != NULL)
        return true;
    }
  return !has_words;
}

static bool
bench_wants_pair (BenchPair pair, int argc, char **argv)
{
  bool has_pairs = false;

  for (int i = 1; i < argc; i++)
    {
      if (strcmp (argv[i], pair_names[pair]) == 0)
        return true;
      has_pairs |= bench_is_pair (argv[i]);
    }
  return !has_pairs;
}

static void
bench_scenario (TestScenario *scenario, BenchPair pair)
{
  memset (scenario, 0, sizeof *scenario);
  scenario->stack = test_stack_default;
  scenario->stack.cipher = "null";
  scenario->stack.compress = false;
  scenario->stack.mtu = 1330;
  scenario->stack.sndwnd = scenario->stack.rcvwnd = 2048;
  scenario->stack.is_reference = pair == PAIR_REFERENCE;
  if (pair == PAIR_REFERENCE)
    scenario->stack.pacing = CULVERT_KCP_PACING_OFF;
  if (pair == PAIR_ADAPTIVE || pair == PAIR_OURS)
    {
      scenario->stack.server_ds = scenario->stack.ds = 60;
      scenario->stack.server_ps = scenario->stack.ps = 30;
    }
  scenario->stack.fec_adaptive = pair == PAIR_ADAPTIVE || pair == PAIR_OURS;
  if (pair == PAIR_NO_FEC)
    scenario->stack.server_ds = scenario->stack.server_ps = 0;
  scenario->receiver_is_kcptun = pair != PAIR_OURS;
  scenario->warm_up = 2 * CULVERT_SEC;
  scenario->duration = 8 * CULVERT_SEC;
  scenario->seed = bench_seed;
}

static void
bench_print (const char *row, BenchPair pair, const TestResult *r)
{
  printf ("%-26s %-10s %7.2f %6.3f %6.3f %7.1f %7.1f %7.1f %7.1f %6.2f %7.1f %7.1f %7.1f\n", row,
          pair_names[pair], r->goodput / 1e6, r->wire_ratio, r->resent_ratio, r->wait_ms,
          r->wait_p95_ms, r->wait_max_ms, r->pause_ms, r->share, r->request_ms[0], r->request_ms[1],
          r->request_ms[2]);
  fflush (stdout);
}

/* With CULVERT_BENCH_TRACE: what the sender thinks, every 100 ms. */
static void
bench_trace (CulvertTime since, const CulvertCounters *sender, void *data)
{
  (void) data;
  printf ("  %6.1f s  bandwidth %6.2f  pacing %6.2f MB/s  min rtt %5.1f  loss %5.2f %%  fec %u/%u  "
          "in flight %u  queued %u  spurious %u  lost %u\n",
          (double) since / CULVERT_SEC, (double) culvert_counter_get (&sender->bandwidth) / 1e6,
          (double) culvert_counter_get (&sender->pacing_rate) / 1e6,
          (double) culvert_counter_get (&sender->min_rtt_us) / 1e3,
          (double) culvert_counter_get (&sender->loss_ppm) / 1e4,
          (unsigned) culvert_counter_get (&sender->fec_data),
          (unsigned) culvert_counter_get (&sender->fec_parity),
          (unsigned) culvert_counter_get (&sender->snd_buffer),
          (unsigned) culvert_counter_get (&sender->snd_queue),
          (unsigned) culvert_counter_get (&sender->spurious_segs),
          (unsigned) culvert_counter_get (&sender->retrans_segs));
}

static void
bench_row (const char *row, void (*set_up) (TestScenario *scenario, double value), double value,
           int argc, char **argv)
{
  if (!bench_is_wanted (row, argc, argv))
    return;
  for (BenchPair pair = 0; pair < N_PAIRS; pair++)
    {
      TestScenario scenario;
      TestResult result;

      if (!bench_wants_pair (pair, argc, argv))
        continue;
      bench_scenario (&scenario, pair);
      set_up (&scenario, value);
      if (g_getenv ("CULVERT_BENCH_TRACE") != NULL)
        scenario.on_sample = bench_trace;
      test_path_run (&scenario, &result);
      bench_print (row, pair, &result);
    }
}

static void
set_up_bulk (TestScenario *scenario, double loss)
{
  scenario->has_bulk = true;
  scenario->path = (TestLinkConfig) {
    .delay = 25 * CULVERT_MSEC, .loss = loss, .rate = 25000000, .queue = 2048 * 1024,
  };
  scenario->back = scenario->path;
}

static void
set_up_burst (TestScenario *scenario, double enter)
{
  set_up_bulk (scenario, 0);
  scenario->path.burst_enter = enter;
  scenario->path.burst_leave = 0.1;
  scenario->path.burst_loss = 0.8;
}

static void
set_up_reorder (TestScenario *scenario, double jitter_ms)
{
  set_up_bulk (scenario, 0.01);
  scenario->path.jitter = (CulvertTime) (jitter_ms * CULVERT_MSEC);
}

static void
set_up_police (TestScenario *scenario, double rate)
{
  set_up_bulk (scenario, 0);
  scenario->path.police = (uint64_t) rate;
  scenario->path.police_burst = 100 * 1000;
}

static void
set_up_echo (TestScenario *scenario, double loss)
{
  scenario->has_requests = true;
  scenario->warm_up = 5 * CULVERT_SEC;
  scenario->duration = 120 * CULVERT_SEC;
  scenario->path = (TestLinkConfig) { .delay = 15 * CULVERT_MSEC, .loss = loss };
  scenario->back = scenario->path;
}

static void
set_up_narrow (TestScenario *scenario, double rate)
{
  scenario->has_bulk = true;
  scenario->duration = 20 * CULVERT_SEC;
  scenario->path = (TestLinkConfig) {
    .delay = 25 * CULVERT_MSEC, .rate = (uint64_t) rate, .queue = 64 * 1024,
  };
  scenario->back = scenario->path;
}

static void
set_up_shared (TestScenario *scenario, double rate)
{
  set_up_narrow (scenario, rate);
  scenario->has_tcp = true;
  scenario->warm_up = 10 * CULVERT_SEC;
  scenario->duration = 60 * CULVERT_SEC;
}

static void
set_up_request (TestScenario *scenario, double loss)
{
  set_up_bulk (scenario, loss);
  scenario->has_requests = true;
  scenario->request_gap = CULVERT_SEC;
  scenario->duration = 30 * CULVERT_SEC;
}

static double
bench_ramp (CulvertTime since)
{
  double s = (double) since / CULVERT_SEC;

  return s < 20 ? s / 20 * 0.1 : s < 40 ? (40 - s) / 20 * 0.1 : 0;
}

static void
set_up_pages (TestScenario *scenario, double loss)
{
  set_up_bulk (scenario, loss);
  scenario->has_bulk = false;
  scenario->has_requests = true;
  scenario->answer = 40 * 1000;
  scenario->request_gap = 3 * CULVERT_SEC / 10;
  scenario->duration = 60 * CULVERT_SEC;
}

static void
set_up_ramp (TestScenario *scenario, double value)
{
  (void) value;
  set_up_bulk (scenario, 0);
  scenario->loss_at = bench_ramp;
  scenario->warm_up = 0;
  scenario->duration = 60 * CULVERT_SEC;
}

int
main (int argc, char **argv)
{
  static const double losses[] = { 0, 0.01, 0.05, 0.1, 0.2 };
  char row[64];

  if (g_getenv ("CULVERT_SIM_SEED") != NULL)
    bench_seed = g_ascii_strtoull (g_getenv ("CULVERT_SIM_SEED"), NULL, 10);
  culvert_cipher_init_library ();
  printf ("%-26s %-10s %7s %6s %6s %7s %7s %7s %7s %6s %7s %7s %7s\n", "row", "pair", "MB/s",
          "wire", "resent", "wait", "p95", "max", "pause", "tcp", "p50 ms", "p95", "p99");
  for (unsigned i = 0; i < G_N_ELEMENTS (losses); i++)
    {
      g_snprintf (row, sizeof row, "bulk loss %g %%", losses[i] * 100);
      bench_row (row, set_up_bulk, losses[i], argc, argv);
    }
  bench_row ("burst loss 3 %", set_up_burst, 0.004, argc, argv);
  bench_row ("reorder 10 ms", set_up_reorder, 10, argc, argv);
  bench_row ("policer 10 MB/s", set_up_police, 10e6, argc, argv);
  bench_row ("echo loss 0 %", set_up_echo, 0, argc, argv);
  bench_row ("echo loss 2 %", set_up_echo, 0.02, argc, argv);
  bench_row ("echo loss 10 %", set_up_echo, 0.1, argc, argv);
  bench_row ("narrow 20 Mbit/s", set_up_narrow, 2.5e6, argc, argv);
  bench_row ("shared 20 Mbit/s", set_up_shared, 2.5e6, argc, argv);
  bench_row ("request loss 0 %", set_up_request, 0, argc, argv);
  bench_row ("request loss 2 %", set_up_request, 0.02, argc, argv);
  bench_row ("40 kB loss 1 %", set_up_pages, 0.01, argc, argv);
  bench_row ("40 kB loss 5 %", set_up_pages, 0.05, argc, argv);
  bench_row ("ramp 0-10-0 %", set_up_ramp, 0, argc, argv);
  return 0;
}

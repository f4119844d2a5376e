/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a tunnel makes of bad links, in virtual time: bounds on the rows of bench-link-sim, against
 * our own core recovering and sending as kcptun does. */
#include "config.h"

#include "test-path.h"

#define RATE 25000000 /* bytes per second */

static uint64_t seed = 7;

typedef enum
{
  PAIR_REFERENCE, /* like kcptun at both ends, FEC 10/3 */
  PAIR_ADAPTIVE,  /* ours to a receiver like kcptun, at most 60/30 */
  PAIR_OURS,      /* both ends */
} Pair;

static void
scenario_init (TestScenario *scenario, Pair pair, double loss)
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
  else
    {
      scenario->stack.fec_adaptive = true;
      scenario->stack.server_ds = scenario->stack.ds = 60;
      scenario->stack.server_ps = scenario->stack.ps = 30;
    }
  scenario->receiver_is_kcptun = pair != PAIR_OURS;
  scenario->has_bulk = true;
  scenario->path = (TestLinkConfig) {
    .delay = 25 * CULVERT_MSEC, .loss = loss, .rate = RATE, .queue = 2048 * 1024,
  };
  scenario->back = scenario->path;
  scenario->warm_up = 2 * CULVERT_SEC;
  scenario->duration = 3 * CULVERT_SEC;
  scenario->seed = seed;
}

static TestResult
run (const TestScenario *scenario)
{
  TestResult result;

  test_path_run (scenario, &result);
  g_test_message ("%.2f MB/s, %.3f on the wire, %.3f resent, waits %.1f ms (%.1f), pause %.0f ms, "
                  "share %.2f, requests %.0f %.0f %.0f ms", result.goodput / 1e6, result.wire_ratio,
                  result.resent_ratio, result.wait_ms, result.wait_max_ms, result.pause_ms,
                  result.share, result.request_ms[0], result.request_ms[1], result.request_ms[2]);
  return result;
}

/* -- bulk ------------------------------------------------------------------------------ */

static void
check_bulk (double loss, double least_adaptive, double least_ours)
{
  TestResult results[3];

  for (Pair pair = PAIR_REFERENCE; pair <= PAIR_OURS; pair++)
    {
      TestScenario scenario;

      scenario_init (&scenario, pair, loss);
      results[pair] = run (&scenario);
    }
  g_assert_cmpfloat (results[PAIR_ADAPTIVE].goodput, >=,
                     least_adaptive * results[PAIR_REFERENCE].goodput);
  g_assert_cmpfloat (results[PAIR_OURS].goodput, >=, least_ours * results[PAIR_REFERENCE].goodput);
  for (Pair pair = PAIR_ADAPTIVE; pair <= PAIR_OURS; pair++)
    {
      g_assert_cmpfloat (results[pair].wire_ratio, <=, results[PAIR_REFERENCE].wire_ratio);
      g_assert_cmpfloat (results[pair].wait_ms, <=, 12);
    }
}

static void
test_bulk_clean (void)
{
  check_bulk (0, 1.25, 1.4);
}

static void
test_bulk_loss_5 (void)
{
  check_bulk (0.05, 1.3, 1.4);
}

static void
test_bulk_loss_20 (void)
{
  check_bulk (0.2, 1.5, 2.2);
}

/* A small queue is not filled, and a flow beside keeps its part. */
static void
test_narrow (void)
{
  TestScenario scenario;
  TestResult result;

  scenario_init (&scenario, PAIR_ADAPTIVE, 0);
  scenario.path.rate = scenario.back.rate = RATE / 10;
  scenario.path.queue = scenario.back.queue = 64 * 1024;
  scenario.duration = 10 * CULVERT_SEC;
  result = run (&scenario);
  g_assert_cmpfloat (result.goodput, >=, 0.8 * RATE / 10);
  g_assert_cmpfloat (result.resent_ratio, <=, 0.05);
  g_assert_cmpfloat (result.wait_ms, <=, 15);
  scenario.has_tcp = true;
  scenario.warm_up = 10 * CULVERT_SEC;
  scenario.duration = 30 * CULVERT_SEC;
  result = run (&scenario);
  g_assert_cmpfloat (result.share, >=, 0.3);
  g_assert_cmpfloat (result.resent_ratio, <=, 0.1);
  scenario.stack.be_nice = true;
  g_assert_cmpfloat (run (&scenario).share, >=, result.share);
}

/* -- requests -------------------------------------------------------------------------- */

static void
check_echo (double loss, double most_p99)
{
  double p99[2], wire[2];

  for (unsigned i = 0; i < 2; i++)
    {
      TestScenario scenario;
      TestResult result;

      scenario_init (&scenario, i == 0 ? PAIR_REFERENCE : PAIR_OURS, loss);
      scenario.has_bulk = false;
      scenario.has_requests = true;
      scenario.path.delay = scenario.back.delay = 15 * CULVERT_MSEC;
      scenario.duration = 120 * CULVERT_SEC;
      result = run (&scenario);
      p99[i] = result.request_ms[2];
      wire[i] = result.wire_ratio;
    }
  g_assert_cmpfloat (wire[1], <=, wire[0]);
  g_assert_cmpfloat (p99[1], <=, most_p99 * p99[0]);
}

static void
test_echo (void)
{
  check_echo (0.02, 0.6);
  check_echo (0.1, 0.4);
}

static void
sample_queue (CulvertTime since, const CulvertCounters *sender, void *data)
{
  uint64_t *most = data;

  (void) since;
  *most = MAX (*most, culvert_counter_get (&sender->snd_queue));
}

/* A request beside a download: 2.5 round trips and 50 ms. Little more than half of what the path
 * holds is queued, so that giving the download up costs little, too. */
static void
test_request (void)
{
  for (unsigned i = 0; i < 2; i++)
    {
      TestScenario scenario;
      uint64_t n_queued = 0;

      scenario_init (&scenario, PAIR_OURS, i * 0.02);
      scenario.has_requests = true;
      scenario.request_gap = CULVERT_SEC / 5;
      scenario.duration = 6 * CULVERT_SEC;
      scenario.on_sample = sample_queue;
      scenario.sample_data = &n_queued;
      g_assert_cmpfloat (run (&scenario).request_ms[1], <=, 2.5 * 50 + 50);
      g_assert_cmpuint (n_queued, >, 0);
      g_assert_cmpuint (n_queued * 1280, <=, RATE / 20 * 3 / 4);
    }
}

/* The end of an answer is protected like the rest of it: half of them take a round trip and no
 * second one although most lose something. */
static void
test_burst_end (void)
{
  TestScenario scenario;

  scenario_init (&scenario, PAIR_OURS, 0.05);
  scenario.has_bulk = false;
  scenario.has_requests = true;
  scenario.answer = 40 * 1000;
  scenario.request_gap = 3 * CULVERT_SEC / 10;
  scenario.warm_up = 10 * CULVERT_SEC;
  scenario.duration = 60 * CULVERT_SEC;
  g_assert_cmpfloat (run (&scenario).request_ms[0], <=, 2 * 50);
}

/* -- redundancy ------------------------------------------------------------------------ */

typedef struct
{
  unsigned at_start, at_peak, at_end; /* parity packets of a group */
} Parity;

static double
loss_ramp (CulvertTime since)
{
  return since < 3 * CULVERT_SEC ? 0 : since < 7 * CULVERT_SEC ? 0.1 : 0;
}

static void
sample_parity (CulvertTime since, const CulvertCounters *sender, void *data)
{
  unsigned k = (unsigned) culvert_counter_get (&sender->fec_parity);
  Parity *parity = data;

  if (since < 3 * CULVERT_SEC)
    parity->at_start = k;
  else if (since < 7 * CULVERT_SEC)
    parity->at_peak = MAX (parity->at_peak, k);
  else
    parity->at_end = k;
}

/* The parity follows the loss up within seconds, and down again. */
static void
test_parity_follows (void)
{
  TestScenario scenario;
  Parity parity = { 0, 0, 0 };

  scenario_init (&scenario, PAIR_ADAPTIVE, 0);
  scenario.loss_at = loss_ramp;
  scenario.on_sample = sample_parity;
  scenario.sample_data = &parity;
  scenario.warm_up = 0;
  scenario.duration = 17 * CULVERT_SEC;
  (void) run (&scenario);
  g_test_message ("parity of 60: %u, %u, %u", parity.at_start, parity.at_peak, parity.at_end);
  g_assert_cmpuint (parity.at_start, <=, 1);
  g_assert_cmpuint (parity.at_peak, >=, 8);
  g_assert_cmpuint (parity.at_end, <=, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  if (g_getenv ("CULVERT_SIM_SEED") != NULL)
    seed = g_ascii_strtoull (g_getenv ("CULVERT_SIM_SEED"), NULL, 10);
  g_test_message ("CULVERT_SIM_SEED=%" G_GUINT64_FORMAT, seed);
  g_test_add_func ("/bad-links/bulk/clean", test_bulk_clean);
  g_test_add_func ("/bad-links/bulk/loss-5", test_bulk_loss_5);
  g_test_add_func ("/bad-links/bulk/loss-20", test_bulk_loss_20);
  g_test_add_func ("/bad-links/narrow", test_narrow);
  g_test_add_func ("/bad-links/echo", test_echo);
  g_test_add_func ("/bad-links/request", test_request);
  g_test_add_func ("/bad-links/burst-end", test_burst_end);
  g_test_add_func ("/bad-links/parity-follows", test_parity_follows);
  return g_test_run ();
}

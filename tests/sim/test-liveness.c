/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* When a session learns that its peer is gone, and when it must not think so. Virtual time, seeds
 * as in test-sim. */

#include "config.h"

#include "culvert-liveness.h"
#include "test-peer.h"

#include <stdlib.h>

#define SIM_EPOCH (((CulvertTime) UINT32_MAX - 5000) * CULVERT_MSEC)
#define KEEPALIVE (10 * CULVERT_SEC)

typedef struct
{
  TestPeer client, server;
  TestLink *up, *down;
  CulvertLiveness watch[2]; /* client, server */
  CulvertVital vital[2];
  unsigned n_wakes;         /* of the client */
  unsigned n_doubts;        /* changes from good to doubtful */
  CulvertTime now;
  uint64_t seed;
} Sim;

static const TestLinkConfig link_clean = { .delay = 20 * CULVERT_MSEC };
static const TestLinkConfig link_dead = { .delay = 20 * CULVERT_MSEC, .loss = 1.0 };

static const CulvertLivenessLimits limits[2] = {
  { .verifies = true, .silence = KEEPALIVE + 2 * CULVERT_SEC, .unacked = 3 * CULVERT_SEC,
    .pace = 2500 * CULVERT_MSEC },
  { .silence = 30 * CULVERT_SEC },
};

static size_t
length_small (uint32_t stream, bool from_client)
{
  return from_client ? 300 : 2000;
}

static size_t
length_download (uint32_t stream, bool from_client)
{
  return from_client ? 1 : 20 * 1000 * 1000;
}

static size_t
length_upload (uint32_t stream, bool from_client)
{
  return from_client ? 20 * 1000 * 1000 : 1;
}

static void
sim_init_stack (Sim *sim, const TestStackConfig *stack, const TestLinkConfig *path)
{
  const char *text = g_getenv ("CULVERT_SIM_SEED");

  memset (sim, 0, sizeof *sim);
  sim->seed = text != NULL ? g_ascii_strtoull (text, NULL, 0)
                           : (uint64_t) g_test_rand_int () << 32 | (uint32_t) g_test_rand_int ();
  g_test_message ("CULVERT_SIM_SEED=%#" G_GINT64_MODIFIER "x", sim->seed);
  sim->now = SIM_EPOCH;
  test_peer_init (&sim->client, stack, true, 77, sim->seed + 1, sim->now);
  test_peer_init (&sim->server, stack, false, 77, sim->seed + 2, sim->now);
  sim->up = test_link_new (path, sim->seed + 3);
  sim->down = test_link_new (path, sim->seed + 4);
  sim->client.link = sim->up;
  sim->server.link = sim->down;
  sim->client.length_of = length_small;
  sim->server.length_of = length_small;
  for (unsigned i = 0; i < 2; i++)
    culvert_liveness_init (&sim->watch[i], &limits[i], sim->now);
}

static void
sim_init (Sim *sim, const TestLinkConfig *path)
{
  sim_init_stack (sim, &test_stack_default, path);
}

static void
sim_clear (Sim *sim)
{
  test_peer_clear (&sim->client);
  test_peer_clear (&sim->server);
  test_link_free (sim->up);
  test_link_free (sim->down);
}

/* A new process on the server's machine, which the same packets reach. */
static void
sim_restart_server (Sim *sim)
{
  test_peer_clear (&sim->server);
  test_peer_init (&sim->server, &test_stack_default, false, 77, sim->seed + 5, sim->now);
  sim->server.link = sim->down;
  sim->server.length_of = sim->client.length_of;
  sim->vital[1] = CULVERT_VITAL_GOOD;
  culvert_liveness_init (&sim->watch[1], &limits[1], sim->now);
}

/* Another attempt of the client; the server knows nothing of it yet. */
static void
sim_replace_client (Sim *sim)
{
  test_peer_clear (&sim->client);
  test_peer_init (&sim->client, &test_stack_default, true, 77, sim->seed + 6, sim->now);
  sim->client.link = sim->up;
  sim->client.length_of = length_small;
  sim->vital[0] = CULVERT_VITAL_GOOD;
  culvert_liveness_init (&sim->watch[0], &limits[0], sim->now);
  sim_restart_server (sim);
}

static void
sim_set_path (Sim *sim, const TestLinkConfig *up, const TestLinkConfig *down)
{
  test_link_configure (sim->up, up);
  test_link_configure (sim->down, down);
}

static void
sim_look (Sim *sim, unsigned i, TestPeer *peer)
{
  CulvertVital before = sim->vital[i];

  /* Its owner ends a session then. */
  if (before >= CULVERT_VITAL_DEAD)
    return;
  sim->vital[i] = culvert_liveness_check (&sim->watch[i], peer->session, sim->now);
  if (i == 0 && before == CULVERT_VITAL_GOOD && sim->vital[i] == CULVERT_VITAL_DOUBTFUL)
    sim->n_doubts++;
  test_peer_wake (peer, sim->now);
}

static CulvertTime
sim_next (Sim *sim, unsigned i, TestPeer *peer)
{
  if (sim->vital[i] >= CULVERT_VITAL_DEAD)
    return CULVERT_TIME_NEVER;
  return MIN (test_peer_next (peer), culvert_liveness_deadline (&sim->watch[i], peer->session));
}

static void
sim_step (Sim *sim, CulvertTime limit)
{
  CulvertTime client = sim_next (sim, 0, &sim->client);
  CulvertTime next = MIN (client, sim_next (sim, 1, &sim->server));
  CulvertTime arrival = test_link_next (sim->down);
  uint8_t data[2048];
  size_t len;

  next = MIN (next, MIN (arrival, test_link_next (sim->up)));
  sim->now = MAX (sim->now, MIN (next, limit));
  sim->n_wakes += sim->now >= MIN (client, arrival);
  while ((len = test_link_receive (sim->up, data, sim->now)) > 0)
    test_peer_input (&sim->server, data, len, sim->now);
  while ((len = test_link_receive (sim->down, data, sim->now)) > 0)
    test_peer_input (&sim->client, data, len, sim->now);
  sim_look (sim, 0, &sim->client);
  sim_look (sim, 1, &sim->server);
}

static void
sim_run_for (Sim *sim, CulvertTime duration)
{
  CulvertTime end = sim->now + duration;

  while (sim->now < end)
    sim_step (sim, end);
}

/* Time until this end knows; fails after limit. */
static CulvertTime
sim_run_until (Sim *sim, unsigned i, CulvertVital vital, CulvertTime limit)
{
  CulvertTime begin = sim->now;

  while (sim->vital[i] != vital)
    {
      g_assert_cmpint (sim->now - begin, <, limit);
      sim_step (sim, begin + limit);
    }
  return sim->now - begin;
}

static const CulvertVitals *
sim_vitals (const Sim *sim)
{
  return culvert_session_vitals (sim->client.session);
}

/* Verified, and spoken with. */
static void
sim_meet (Sim *sim)
{
  CulvertTime end = sim->now + 30 * CULVERT_SEC;

  while (sim_vitals (sim)->answered_at == 0)
    {
      g_assert_cmpint (sim->now, <, end);
      sim_step (sim, end);
    }
  culvert_session_greet (sim->client.session);
  test_peer_wake (&sim->client, sim->now);
  sim_run_for (sim, 2 * CULVERT_SEC);
}

static void
test_verifies (void)
{
  Sim sim;

  sim_init (&sim, &link_clean);
  sim_run_for (&sim, 100 * CULVERT_MSEC);
  g_assert_cmpint (sim_vitals (&sim)->agreed_at - SIM_EPOCH, ==, 40 * CULVERT_MSEC);
  sim_clear (&sim);
}

/* Ten minutes without a path: noticed soon after they are over, and nothing has grown. */
static void
test_blackout (void)
{
  Sim sim;
  CulvertTime end;
  size_t used = 0;

  sim_init (&sim, &link_clean);
  sim_meet (&sim);
  sim_set_path (&sim, &link_dead, &link_dead);
  sim_run_until (&sim, 0, CULVERT_VITAL_DEAD, 30 * CULVERT_SEC);
  /* One attempt after the other, as a slot makes them. */
  for (unsigned i = 0; i < 30; i++)
    {
      sim_replace_client (&sim);
      sim_run_for (&sim, 20 * CULVERT_SEC);
      g_assert_cmpint (sim_vitals (&sim)->agreed_at, ==, 0);
      g_assert_cmpint (sim.vital[0], ==, CULVERT_VITAL_GOOD);
      if (i == 0)
        used = sim.client.resources.budget.used;
      g_assert_cmpuint (sim.client.resources.budget.used, ==, used);
    }
  end = sim.now;
  sim_set_path (&sim, &link_clean, &link_clean);
  sim_run_for (&sim, 3 * CULVERT_SEC);
  g_assert_cmpint (sim_vitals (&sim)->agreed_at, >, end);
  g_test_message ("answered after %d ms",
                  (int) ((sim_vitals (&sim)->agreed_at - end) / CULVERT_MSEC));
  sim_clear (&sim);
}

/* An hour of nothing but heartbeats: no probe, no wake of its own. */
static void
test_idle (void)
{
  Sim sim;
  unsigned n_wakes;

  sim_init (&sim, &link_clean);
  sim_meet (&sim);
  n_wakes = sim.n_wakes;
  sim_run_for (&sim, 3600 * CULVERT_SEC);
  g_assert_cmpuint (sim.n_doubts, ==, 0);
  g_assert_cmpuint (sim.watch[0].n_probes, <=, 3); /* those it was verified with */
  g_assert_cmpint (sim.watch[0].round_at, ==, 0);
  g_assert_cmpuint (sim.watch[1].n_probes, ==, 0);
  g_test_message ("%u wakes", sim.n_wakes - n_wakes);
  g_assert_cmpuint (sim.n_wakes - n_wakes, <, 3600 * 2 / 3);
  sim_clear (&sim);
}

/* Three of ten packets lost each way: a peer that is there is never thought dead. */
static void
test_lossy (void)
{
  TestLinkConfig path = link_clean;
  Sim sim;

  path.loss = 0.3;
  sim_init (&sim, &path);
  sim_meet (&sim);
  sim_run_for (&sim, 3600 * CULVERT_SEC);
  g_assert_cmpint (sim.vital[0], <, CULVERT_VITAL_DEAD);
  g_assert_cmpint (sim.vital[1], <, CULVERT_VITAL_DEAD);
  sim_clear (&sim);
}

/* Reordered and repeated packets say old things, which is no contradiction. */
static void
test_reordered (void)
{
  TestLinkConfig path = { .delay = 20 * CULVERT_MSEC, .jitter = 400 * CULVERT_MSEC, .loss = 0.05,
                          .duplicate = 0.1 };
  Sim sim;

  sim_init (&sim, &path);
  sim_run_for (&sim, 5 * CULVERT_SEC);
  sim.client.length_of = length_download;
  sim.server.length_of = length_download;
  g_assert_nonnull (test_peer_open (&sim.client, sim.now));
  sim_run_for (&sim, 120 * CULVERT_SEC);
  g_assert_cmpint (sim.vital[0], <, CULVERT_VITAL_DEAD);
  g_assert_cmpint (sim.client.error, ==, CULVERT_OK);
  sim_clear (&sim);
}

/* The path ends: under traffic, in one direction or both. */
static void
test_dies_busy (void)
{
  const TestLinkConfig *const paths[][2] = {
    { &link_dead, &link_dead }, { &link_clean, &link_dead }, { &link_dead, &link_clean },
  };

  for (unsigned i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      CulvertTime time;
      Sim sim;

      sim_init (&sim, &link_clean);
      sim_meet (&sim);
      sim.client.length_of = length_upload;
      sim.server.length_of = length_upload;
      g_assert_nonnull (test_peer_open (&sim.client, sim.now));
      sim_run_for (&sim, 500 * CULVERT_MSEC);
      sim_set_path (&sim, paths[i][0], paths[i][1]);
      time = sim_run_until (&sim, 0, CULVERT_VITAL_DEAD, 20 * CULVERT_SEC);
      g_test_message ("path %u: dead after %d ms", i, (int) (time / CULVERT_MSEC));
      g_assert_cmpint (time, <, 7 * CULVERT_SEC);
      sim_clear (&sim);
    }
}

/* The path ends while nothing happens: known before the peer was silent for thirty seconds. The
 * server gives its end up too. */
static void
test_dies_idle (void)
{
  CulvertTime time;
  Sim sim;

  sim_init (&sim, &link_clean);
  sim_meet (&sim);
  sim_run_for (&sim, 100 * CULVERT_SEC);
  sim_set_path (&sim, &link_dead, &link_dead);
  time = sim_run_until (&sim, 0, CULVERT_VITAL_DEAD, 60 * CULVERT_SEC);
  g_assert_cmpint (time, <, KEEPALIVE + 7 * CULVERT_SEC);
  time += sim_run_until (&sim, 1, CULVERT_VITAL_DEAD, 60 * CULVERT_SEC);
  g_assert_cmpint (time, <, 40 * CULVERT_SEC);
  sim_clear (&sim);
}

/* A reader that takes nothing spends the receive tokens, and smux asks no more whether the client
 * lives. */
static void
test_stalled_tokens (void)
{
  TestStackConfig stack = test_stack_default;
  Sim sim;

  stack.smuxver = 1;
  stack.smuxbuf = 20000;
  stack.rcvwnd = 64;
  sim_init_stack (&sim, &stack, &link_clean);
  sim_meet (&sim);
  sim.server.reads_slowly = true;
  sim.client.length_of = length_upload;
  sim.server.length_of = length_upload;
  g_assert_nonnull (test_peer_open (&sim.client, sim.now));
  /* As long as the client is there, so is its session. */
  sim_run_for (&sim, 300 * CULVERT_SEC);
  g_assert_cmpint (sim.vital[0], ==, CULVERT_VITAL_GOOD);
  g_assert_cmpint (sim.vital[1], ==, CULVERT_VITAL_GOOD);
  sim_set_path (&sim, &link_dead, &link_dead);
  sim_run_until (&sim, 1, CULVERT_VITAL_DEAD, 60 * CULVERT_SEC);
  sim_clear (&sim);
}

/* A new server answers packets of the old conversation, at once and in vain. */
static void
test_forgotten (void)
{
  CulvertTime time;
  Sim sim;

  sim_init (&sim, &link_clean);
  sim_meet (&sim);
  sim_restart_server (&sim);
  g_assert_nonnull (test_peer_open (&sim.client, sim.now));
  time = sim_run_until (&sim, 0, CULVERT_VITAL_FORGOTTEN, 20 * CULVERT_SEC);
  g_test_message ("forgotten after %d ms", (int) (time / CULVERT_MSEC));
  g_assert_cmpint (time, <, 2 * CULVERT_SEC);
  sim_clear (&sim);
}

/* A doubt that has no ground costs a probe. */
static void
test_suspected (void)
{
  Sim sim;

  sim_init (&sim, &link_clean);
  sim_meet (&sim);
  culvert_liveness_suspect (&sim.watch[0], sim.client.session, sim.now);
  sim_run_for (&sim, 1 * CULVERT_SEC);
  g_assert_cmpuint (sim.watch[0].n_probes, ==, 1);
  g_assert_cmpint (sim.watch[0].round_at, ==, 0);
  culvert_liveness_distrust (&sim.watch[0], sim.client.session, sim.now);
  sim_run_until (&sim, 0, CULVERT_VITAL_DOUBTFUL, 10 * CULVERT_MSEC);
  sim_run_until (&sim, 0, CULVERT_VITAL_GOOD, 100 * CULVERT_MSEC);
  sim_set_path (&sim, &link_dead, &link_dead);
  culvert_liveness_suspect (&sim.watch[0], sim.client.session, sim.now);
  g_assert_cmpint (sim_run_until (&sim, 0, CULVERT_VITAL_DEAD, 10 * CULVERT_SEC), <=,
                   1500 * CULVERT_MSEC);
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/liveness/verifies", test_verifies);
  g_test_add_func ("/liveness/blackout", test_blackout);
  g_test_add_func ("/liveness/idle", test_idle);
  g_test_add_func ("/liveness/lossy", test_lossy);
  g_test_add_func ("/liveness/reordered", test_reordered);
  g_test_add_func ("/liveness/dies-busy", test_dies_busy);
  g_test_add_func ("/liveness/dies-idle", test_dies_idle);
  g_test_add_func ("/liveness/stalled-tokens", test_stalled_tokens);
  g_test_add_func ("/liveness/forgotten", test_forgotten);
  g_test_add_func ("/liveness/suspected", test_suspected);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Two sessions over a simulated path. Every byte is compared; the seed of a run is printed, and
 * CULVERT_SIM_SEED repeats it. The virtual clock starts shortly before the wrap of KCP's 32-bit
 * milliseconds. */

#include "config.h"

#include "test-peer.h"

#include <stdlib.h>

#define SIM_EPOCH (((CulvertTime) UINT32_MAX - 5000) * CULVERT_MSEC)

typedef struct
{
  TestPeer client, server;
  TestLink *up, *down;
  CulvertTime now;
  uint64_t seed;
  uint64_t n_wakes;
} Sim;

static const TestLinkConfig link_clean = { .delay = 10 * CULVERT_MSEC };

static size_t
length_small (uint32_t stream, bool from_client)
{
  return from_client ? 1 + stream * 37 % 2000 : 1 + stream * 91 % 5000;
}

static size_t
length_bulk (uint32_t stream, bool from_client)
{
  return from_client ? 700 * 1000 : 900 * 1000;
}

static size_t
length_download (uint32_t stream, bool from_client)
{
  return from_client ? 1 : 3 * 1000 * 1000;
}

static uint64_t
sim_seed (void)
{
  const char *text = g_getenv ("CULVERT_SIM_SEED");

  return text != NULL ? g_ascii_strtoull (text, NULL, 0)
                      : (uint64_t) g_test_rand_int () << 32 | (uint32_t) g_test_rand_int ();
}

static void
sim_init (Sim *sim, const TestStackConfig *stack, const TestLinkConfig *path)
{
  memset (sim, 0, sizeof *sim);
  sim->seed = sim_seed ();
  g_test_message ("CULVERT_SIM_SEED=%#" G_GINT64_MODIFIER "x", sim->seed);
  sim->now = SIM_EPOCH;
  test_peer_init (&sim->client, stack, true, 0x01020304, sim->seed + 1, sim->now);
  test_peer_init (&sim->server, stack, false, 0x01020304, sim->seed + 2, sim->now);
  sim->up = test_link_new (path, sim->seed + 3);
  sim->down = test_link_new (path, sim->seed + 4);
  sim->client.link = sim->up;
  sim->server.link = sim->down;
  sim->client.length_of = length_small;
  sim->server.length_of = length_small;
}

static void
sim_clear (Sim *sim)
{
  test_peer_clear (&sim->client);
  test_peer_clear (&sim->server);
  test_link_free (sim->up);
  test_link_free (sim->down);
}

static void
sim_set_length (Sim *sim, size_t (*length_of) (uint32_t stream, bool from_client))
{
  sim->client.length_of = length_of;
  sim->server.length_of = length_of;
}

/* Advances to the next thing that happens, at the most to limit. */
static void
sim_step (Sim *sim, CulvertTime limit)
{
  CulvertTime next = MIN (test_peer_next (&sim->client), test_peer_next (&sim->server));
  uint8_t data[2048];
  size_t len;

  next = MIN (next, test_link_next (sim->up));
  next = MIN (next, test_link_next (sim->down));
  sim->now = MAX (sim->now, MIN (next, limit));
  sim->n_wakes++;
  while ((len = test_link_receive (sim->up, data, sim->now)) > 0)
    test_peer_input (&sim->server, data, len, sim->now);
  while ((len = test_link_receive (sim->down, data, sim->now)) > 0)
    test_peer_input (&sim->client, data, len, sim->now);
  test_peer_wake (&sim->server, sim->now);
  test_peer_wake (&sim->client, sim->now);
}

/* Runs until the client finished n streams; fails the test when it takes longer than limit. */
static void
sim_run_streams (Sim *sim, unsigned n, CulvertTime limit)
{
  CulvertTime end = sim->now + limit;

  while (sim->client.n_finished < n || sim->server.n_finished < n)
    {
      g_assert_cmpint (sim->client.error, ==, CULVERT_OK);
      g_assert_cmpint (sim->server.error, ==, CULVERT_OK);
      g_assert_cmpint (sim->now, <, end);
      sim_step (sim, end);
    }
}

static void
sim_run_for (Sim *sim, CulvertTime duration)
{
  CulvertTime end = sim->now + duration;

  while (sim->now < end)
    sim_step (sim, end);
}

static void
sim_open (Sim *sim, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    g_assert_nonnull (test_peer_open (&sim->client, sim->now));
  test_peer_wake (&sim->client, sim->now);
}

static void
test_stacks (void)
{
  static const char *const ciphers[] = { "aes", "aes-128-gcm", "null", "none", "salsa20", "xor" };
  TestLinkConfig path = link_clean;

  path.loss = 0.03;
  path.jitter = 8 * CULVERT_MSEC;
  path.duplicate = 0.01;
  for (unsigned i = 0; i < 48; i++)
    {
      TestStackConfig stack = test_stack_default;
      Sim sim;

      stack.cipher = ciphers[i % G_N_ELEMENTS (ciphers)];
      stack.compress = i & 1;
      stack.smuxver = 1 + (i >> 1 & 1);
      stack.qpp_count = i & 4 ? 61 : 0;
      stack.ds = i & 8 ? 10 : 0;
      stack.server_ds = i & 16 ? 5 : stack.ds;
      stack.framesize = i % 3 == 0 ? 1 : i % 3 == 1 ? 8192 : 65535;
      g_test_message ("stack %u: %s, %s, smux %d, qpp %u, fec %u/3 and %u/3, frames of %u", i,
                      stack.cipher, stack.compress ? "snappy" : "plain", stack.smuxver,
                      stack.qpp_count, stack.ds, stack.server_ds, stack.framesize);
      sim_init (&sim, &stack, &path);
      sim_open (&sim, 20);
      sim_run_streams (&sim, 20, 120 * CULVERT_SEC);
      sim_clear (&sim);
    }
}

static void
run_bulk (const TestLinkConfig *path, const TestStackConfig *stack)
{
  Sim sim;

  sim_init (&sim, stack, path);
  sim_set_length (&sim, length_bulk);
  sim_open (&sim, 3);
  sim_run_streams (&sim, 3, 600 * CULVERT_SEC);
  g_test_message ("3 streams in %.2f s, %" G_GUINT64_FORMAT " packets offered",
                  (double) (sim.now - SIM_EPOCH) / CULVERT_SEC, test_link_stats (sim.up)->offered);
  sim_clear (&sim);
}

static void
test_loss (void)
{
  TestLinkConfig path = link_clean;

  path.loss = 0.1;
  run_bulk (&path, &test_stack_default);
}

static void
test_burst_loss (void)
{
  TestLinkConfig path = link_clean;

  path.burst_enter = 0.005;
  path.burst_leave = 0.1;
  path.burst_loss = 0.8;
  run_bulk (&path, &test_stack_default);
}

static void
test_reorder (void)
{
  TestLinkConfig path = link_clean;

  path.jitter = 60 * CULVERT_MSEC;
  path.duplicate = 0.1;
  run_bulk (&path, &test_stack_default);
}

static void
test_corruption (void)
{
  TestLinkConfig path = link_clean;

  path.corrupt = 0.05;
  path.truncate = 0.02;
  run_bulk (&path, &test_stack_default);
}

static void
test_bottleneck (void)
{
  TestLinkConfig path = link_clean;
  TestStackConfig stack = test_stack_default;

  path.rate = 2500 * 1000;
  path.queue = 64 * 1024;
  stack.compress = false;
  run_bulk (&path, &stack);
}

static void
test_congestion_window (void)
{
  TestLinkConfig path = link_clean;
  TestStackConfig stack = test_stack_default;

  path.loss = 0.01;
  stack.no_cwnd = false;
  stack.nodelay = 0;
  stack.interval_ms = 40;
  run_bulk (&path, &stack);
}

static void
test_small_window (void)
{
  TestLinkConfig path = link_clean;
  TestStackConfig stack = test_stack_default;

  path.loss = 0.05;
  stack.sndwnd = 4;
  stack.rcvwnd = 4;
  stack.compress = false;
  run_bulk (&path, &stack);
}

static void
test_small_mtu (void)
{
  TestLinkConfig path = link_clean;
  TestStackConfig stack = test_stack_default;

  path.loss = 0.05;
  stack.mtu = 100;
  stack.sndwnd = 2048;
  stack.rcvwnd = 2048;
  run_bulk (&path, &stack);
}

/* -- size of packets --------------------------------------------------------------------- */

typedef struct
{
  unsigned path;          /* largest that passes, 0: all */
  unsigned least, most;   /* what the search ends with */
  double loss;
  bool is_reference;
  const char *cipher;
  unsigned ds, ps;
} SizeCase;

static const SizeCase size_cases[] = {
  { 0, 1400, 1400, 0, false, "aes", 10, 3 },
  { 1252, 1252, 1252, 0, false, "aes", 10, 3 },
  { 1372, 1372, 1372, 0, false, "aes", 0, 0 },
  { 1330, 1314, 1330, 0, false, "aes-128-gcm", 10, 3 },
  { 1201, 1200, 1201, 0, false, "null", 0, 0 },
  { 1252, 1232, 1252, 0.02, false, "aes", 10, 3 },
  { 0, 1400, 1400, 0.1, false, "aes", 10, 3 },
  { 1252, 1252, 1252, 0, true, "aes", 10, 3 },
};

static void
check_size (CulvertSession *session, const SizeCase *size)
{
  CulvertSessionMtu mtu;

  culvert_session_get_mtu (session, &mtu);
  g_assert_true (mtu.is_settled);
  g_assert_cmpuint (mtu.configured, ==, 1400);
  g_assert_cmpuint (mtu.passes, >=, size->least);
  g_assert_cmpuint (mtu.passes, <=, size->most);
  if (size->path > 0)
    g_assert_cmpuint (mtu.fails, >, size->path);
  else
    g_assert_cmpuint (mtu.fails, ==, 0);
}

static void
test_size (void)
{
  for (unsigned i = 0; i < G_N_ELEMENTS (size_cases); i++)
    {
      const SizeCase *size = &size_cases[i];
      TestStackConfig stack = test_stack_default;
      TestLinkConfig path = link_clean;
      Sim sim;

      path.max_size = size->path;
      path.loss = size->loss;
      stack.mtu = 1400;
      stack.mtu_passes = 1200;
      stack.is_reference = size->is_reference;
      stack.cipher = size->cipher;
      stack.ds = stack.server_ds = size->ds;
      stack.ps = stack.server_ps = size->ps;
      sim_init (&sim, &stack, &path);
      sim_set_length (&sim, length_bulk);
      for (unsigned n = 4; n <= 12; n += 4)
        {
          sim_open (&sim, 4);
          sim_run_streams (&sim, n, 60 * CULVERT_SEC);
        }
      g_test_message ("case %u: %d s, %" G_GUINT64_FORMAT " too large", i,
                      (int) ((sim.now - SIM_EPOCH) / CULVERT_SEC),
                      test_link_stats (sim.up)->dropped_size);
      check_size (sim.client.session, size);
      check_size (sim.server.session, size);
      /* The search itself costs little. */
      g_assert_cmpuint (test_link_stats (sim.up)->dropped_size, <=, 16);
      sim_clear (&sim);
    }
}

/* What is remembered is used at once; after a while a path that has become better is noticed. */
static void
test_size_remembered (void)
{
  TestStackConfig stack = test_stack_default;
  TestLinkConfig path = link_clean;
  CulvertSessionMtu mtu;
  Sim sim;

  path.max_size = 1252;
  stack.mtu = 1400;
  stack.mtu_passes = 1252;
  stack.mtu_fails = 1262;
  sim_init (&sim, &stack, &path);
  sim_set_length (&sim, length_bulk);
  sim_open (&sim, 1);
  sim_run_streams (&sim, 1, 60 * CULVERT_SEC);
  g_assert_cmpuint (test_link_stats (sim.up)->dropped_size, ==, 0);
  path.max_size = 0;
  test_link_configure (sim.up, &path);
  sim_run_for (&sim, 700 * CULVERT_SEC);
  sim_open (&sim, 1);
  sim_run_streams (&sim, 2, 60 * CULVERT_SEC);
  culvert_session_get_mtu (sim.client.session, &mtu);
  g_assert_cmpuint (mtu.passes, ==, 1400);
  g_assert_cmpuint (mtu.fails, ==, 0);
  sim_clear (&sim);
}

/* Until the session says that its packets are too large, at most so long. Returns how long. */
static CulvertTime
sim_run_until_stuck (Sim *sim, CulvertTime limit)
{
  CulvertTime begin = sim->now;

  while (!culvert_session_is_size_stuck (sim->client.session, sim->now))
    {
      g_assert_cmpint (sim->now - begin, <, limit);
      sim_run_for (sim, 100 * CULVERT_MSEC);
    }
  return sim->now - begin;
}

/* Not even the first size passes: the session says so while the peer is heard. */
static void
test_size_stuck (void)
{
  TestStackConfig stack = test_stack_default;
  TestLinkConfig path = link_clean;
  Sim sim;

  stack.mtu = 1400;
  stack.mtu_passes = 1200;
  path.max_size = 900;
  sim_init (&sim, &stack, &path);
  sim_set_length (&sim, length_bulk);
  sim_open (&sim, 1);
  (void) sim_run_until_stuck (&sim, 4 * CULVERT_SEC);
  sim_clear (&sim);
}

/* A path becomes narrower than what it let pass: that takes more to be believed. */
static void
test_size_stuck_later (void)
{
  TestStackConfig stack = test_stack_default;
  TestLinkConfig path = link_clean;
  Sim sim;

  stack.mtu = 1400;
  stack.mtu_passes = 1200;
  sim_init (&sim, &stack, &path);
  sim_set_length (&sim, length_bulk);
  sim_open (&sim, 1);
  sim_run_for (&sim, 1 * CULVERT_SEC);
  path.max_size = 900;
  test_link_configure (sim.up, &path);
  sim_open (&sim, 1);
  g_assert_cmpint (sim_run_until_stuck (&sim, 40 * CULVERT_SEC), >, 8 * CULVERT_SEC);
  sim_clear (&sim);
}

/* A policer spares small packets and takes nearly all large ones. */
static void
test_size_policed (void)
{
  TestStackConfig stack = test_stack_default;
  TestLinkConfig path = link_clean;
  Sim sim;

  stack.mtu = 1400;
  stack.mtu_passes = 1200;
  path.police = 40 * 1000;
  path.police_burst = 64 * 1024;
  path.police_after = 2 * CULVERT_SEC;
  sim_init (&sim, &stack, &path);
  sim_set_length (&sim, length_bulk);
  sim_open (&sim, 2);
  for (unsigned i = 0; i < 600; i++)
    {
      sim_run_for (&sim, 100 * CULVERT_MSEC);
      g_assert_false (culvert_session_is_size_stuck (sim.client.session, sim.now));
      if (i % 20 == 0)
        sim_open (&sim, 1);
    }
  g_assert_cmpuint (test_link_stats (sim.up)->policed, >, 0);
  sim_clear (&sim);
}

/* Losses alone, and a dead peer, are not taken for it. */
static void
test_size_not_stuck (void)
{
  TestStackConfig stack = test_stack_default;
  TestLinkConfig path = link_clean;
  Sim sim;

  path.loss = 0.4;
  stack.mtu = 1400;
  stack.mtu_passes = 1200;
  sim_init (&sim, &stack, &path);
  sim_set_length (&sim, length_bulk);
  sim_open (&sim, 2);
  for (unsigned i = 0; i < 200; i++)
    {
      if (i == 100)
        path.loss = 1;
      if (i == 100)
        test_link_configure (sim.up, &path);
      sim_run_for (&sim, 100 * CULVERT_MSEC);
      g_assert_false (culvert_session_is_size_stuck (sim.client.session, sim.now));
    }
  sim_clear (&sim);
}

/* Two hours: streams come and go, the path changes, the clock of KCP wraps on the way. */
static void
test_hours (void)
{
  TestStackConfig stack = test_stack_default;
  TestLinkConfig path = link_clean;
  unsigned n = 0;
  Sim sim;

  path.delay = 80 * CULVERT_MSEC;
  sim_init (&sim, &stack, &path);
  for (unsigned minute = 0; minute < 120; minute++)
    {
      path.loss = minute % 4 * 0.03;
      path.jitter = minute % 3 * 10 * CULVERT_MSEC;
      test_link_configure (sim.up, &path);
      test_link_configure (sim.down, &path);
      sim_open (&sim, 12);
      n += 12;
      sim_run_streams (&sim, n, 60 * CULVERT_SEC);
      sim_run_for (&sim, 50 * CULVERT_SEC);
    }
  g_assert_cmpuint (culvert_session_n_streams (sim.client.session), ==, 0);
  sim_clear (&sim);
}

/* A reader that takes little by little stops its own stream, and in version 2 no other. */
static void
test_slow_reader (void)
{
  for (int version = 1; version <= 2; version++)
    {
      TestStackConfig stack = test_stack_default;
      CulvertStream *stream;
      Sim sim;

      stack.smuxver = version;
      stack.smuxbuf = 256 * 1024;
      stack.streambuf = 128 * 1024;
      stack.compress = version == 1;
      sim_init (&sim, &stack, &link_clean);
      sim_set_length (&sim, length_download);
      sim_open (&sim, 1);
      sim.client.reads_slowly = true;
      sim_run_for (&sim, 5 * CULVERT_SEC);
      stream = culvert_session_first_stream (sim.client.session);
      g_assert_cmpuint (culvert_session_unread (sim.client.session, stream), >, 60 * 1024);
      g_assert_cmpuint (culvert_session_unread (sim.client.session, stream), <=,
                        MAX (stack.smuxbuf, CULVERT_SMUX_INITIAL_WINDOW) + 65535);
      while (sim.client.n_finished < 1)
        {
          test_peer_drain (&sim.client, 20000, sim.now);
          test_peer_wake (&sim.client, sim.now);
          sim_run_for (&sim, 20 * CULVERT_MSEC);
        }
      sim_run_streams (&sim, 1, CULVERT_SEC);
      sim_clear (&sim);
    }
}

/* A reader of 1000 bytes per event: the rest is parked and comes back without a new event. */
static void
test_short_reads (void)
{
  Sim sim;

  sim_init (&sim, &test_stack_default, &link_clean);
  sim_set_length (&sim, length_bulk);
  sim_open (&sim, 2);
  sim.client.read_quantum = 1000;
  sim.server.read_quantum = 777;
  while (sim.client.n_finished < 2 || sim.server.n_finished < 2)
    {
      sim_run_for (&sim, CULVERT_MSEC);
      test_peer_drain (&sim.client, 50000, sim.now);
      test_peer_drain (&sim.server, 50000, sim.now);
    }
  sim_clear (&sim);
}

/* Nobody answers: the session says so between 30 and 61 s, and does not flood. */
static void
test_dead_peer (void)
{
  TestLinkConfig path = link_clean;
  Sim sim;

  sim_init (&sim, &test_stack_default, &path);
  sim_open (&sim, 1);
  sim_run_streams (&sim, 1, CULVERT_SEC);
  path.loss = 1;
  test_link_configure (sim.up, &path);
  test_link_configure (sim.down, &path);
  sim_open (&sim, 1);
  sim_run_for (&sim, 29 * CULVERT_SEC);
  g_assert_cmpint (sim.client.error, ==, CULVERT_OK);
  while (sim.client.error == CULVERT_OK)
    {
      g_assert_cmpint (sim.now, <, SIM_EPOCH + 70 * CULVERT_SEC);
      sim_step (&sim, sim.now + CULVERT_SEC);
    }
  g_assert_cmpint (sim.client.error, <=, CULVERT_E_FATAL);
  g_assert_cmpuint (test_link_stats (sim.up)->lost, <, 1000);
  sim_clear (&sim);
}

/* An idle hour costs the keep-alives alone. */
static void
test_idle (void)
{
  Sim sim;

  sim_init (&sim, &test_stack_default, &link_clean);
  sim_open (&sim, 1);
  sim_run_streams (&sim, 1, CULVERT_SEC);
  sim_run_for (&sim, 60 * CULVERT_SEC);
  sim.n_wakes = 0;
  sim_run_for (&sim, 3600 * CULVERT_SEC);
  g_test_message ("%" G_GUINT64_FORMAT " wakes of both ends in an idle hour", sim.n_wakes);
  g_assert_cmpuint (sim.n_wakes, <, 3600 * 2);
  culvert_session_trim (sim.client.session);
  g_assert_cmpuint (culvert_pool_live (sim.client.resources.segments), ==, 0);
  sim_clear (&sim);
}

/* Ten thousand streams leave nothing behind. */
static void
test_many_streams (void)
{
  Sim sim;

  sim_init (&sim, &test_stack_default, &link_clean);
  for (unsigned n = 100; n <= 10000; n += 100)
    {
      sim_open (&sim, 100);
      sim_run_streams (&sim, n, 10 * CULVERT_SEC);
    }
  g_assert_cmpuint (culvert_session_n_streams (sim.client.session), ==, 0);
  g_assert_cmpuint (culvert_session_n_streams (sim.server.session), ==, 0);
  sim_clear (&sim);
}

/* -- what the peer speaks ---------------------------------------------------------- */

static TestStackConfig
stack_of_format (unsigned i)
{
  TestStackConfig stack = test_stack_default;

  stack.compress = i & 1;
  stack.smuxver = 1 + (i >> 1 & 1);
  stack.server_differs_comp = i & 4;
  stack.server_smuxver = 1 + (i >> 3 & 1);
  return stack;
}

static void
assert_format (const TestPeer *peer, bool is_compressed, int smux_version)
{
  CulvertPeerFormat format;

  culvert_session_get_peer_format (peer->session, &format);
  g_assert_true (format.is_known);
  g_assert_cmpint (format.is_compressed, ==, is_compressed);
  g_assert_cmpint (format.smux_version, ==, smux_version);
}

/* A detecting server serves every client, whatever it was configured for. */
static void
test_detect (void)
{
  TestLinkConfig path = link_clean;

  path.loss = 0.05;
  path.jitter = 15 * CULVERT_MSEC;
  for (unsigned i = 0; i < 16; i++)
    {
      TestStackConfig stack = stack_of_format (i);
      Sim sim;

      stack.server_detects = true;
      g_test_message ("client %s smux %d, server set to %s smux %d",
                      stack.compress ? "snappy" : "plain", stack.smuxver,
                      stack.compress != stack.server_differs_comp ? "snappy" : "plain",
                      stack.server_smuxver);
      sim_init (&sim, &stack, &path);
      sim_open (&sim, 20);
      sim_run_streams (&sim, 20, 60 * CULVERT_SEC);
      /* Heartbeats of both ends, too, are in the format that was found. */
      sim_run_for (&sim, 90 * CULVERT_SEC);
      g_assert_cmpint (sim.client.error, ==, CULVERT_OK);
      g_assert_cmpint (sim.server.error, ==, CULVERT_OK);
      assert_format (&sim.client, stack.compress, stack.smuxver);
      assert_format (&sim.server, stack.compress, stack.smuxver);
      sim_clear (&sim);
    }
}

/* Without detection a difference ends the session, and what the client sends can be told. */
static void
test_strict (void)
{
  for (unsigned i = 0; i < 16; i++)
    {
      TestStackConfig stack = stack_of_format (i);
      bool is_same = !stack.server_differs_comp && stack.server_smuxver == stack.smuxver;
      CulvertPeerFormat format;
      Sim sim;

      sim_init (&sim, &stack, &link_clean);
      sim_open (&sim, 1);
      sim_run_for (&sim, CULVERT_SEC);
      g_assert_cmpint (sim.server.error, ==,
                       is_same                      ? CULVERT_OK
                       : !stack.server_differs_comp ? CULVERT_E_PROTOCOL
                       : stack.compress             ? CULVERT_E_PROTOCOL
                                                    : CULVERT_E_COMP);
      g_assert_cmpint (sim.client.n_finished, ==, is_same ? 1 : 0);
      culvert_session_get_peer_format (sim.server.session, &format);
      g_assert_true (format.is_known);
      g_assert_cmpint (format.is_compressed, ==, stack.compress);
      /* Behind a stream identifier that was not expected nothing is decompressed. */
      g_assert_cmpint (format.smux_version, ==,
                       stack.compress && stack.server_differs_comp ? 0 : stack.smuxver);
      sim_clear (&sim);
    }
}

/* A detecting server to which nobody speaks stays silent, is flushed, and ends in time. */
static void
test_detect_silence (void)
{
  TestStackConfig stack = test_stack_default;
  CulvertPeerFormat format;
  Sim sim;

  stack.server_detects = true;
  sim_init (&sim, &stack, &link_clean);
  test_link_configure (sim.up, &(TestLinkConfig) { .loss = 1 });
  while (sim.server.error == CULVERT_OK)
    {
      g_assert_true (culvert_session_is_flushed (sim.server.session));
      g_assert_cmpint (sim.now, <, SIM_EPOCH + 62 * CULVERT_SEC);
      sim_step (&sim, sim.now + CULVERT_SEC);
    }
  g_assert_cmpuint (test_link_stats (sim.down)->offered, ==, 0);
  culvert_session_get_peer_format (sim.server.session, &format);
  g_assert_false (format.is_known);
  sim_clear (&sim);
}

/* What begins no format ends a detecting session. */
static void
test_detect_garbage (void)
{
  static const uint8_t starts[] = { 0x00, 0x03, 0x7f, 0xfe };

  for (unsigned i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      TestStackConfig stack = test_stack_default;
      Sim sim;

      stack.server_detects = true;
      sim_init (&sim, &stack, &link_clean);
      g_assert_cmpint (culvert_kcp_write (culvert_session_kcp (sim.client.session), &starts[i], 1),
                       ==, CULVERT_OK);
      sim_run_for (&sim, CULVERT_SEC);
      g_assert_cmpint (sim.server.error, ==, CULVERT_E_PROTOCOL);
      sim_clear (&sim);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  g_test_add_func ("/sim/stacks", test_stacks);
  g_test_add_func ("/sim/loss", test_loss);
  g_test_add_func ("/sim/burst-loss", test_burst_loss);
  g_test_add_func ("/sim/reorder", test_reorder);
  g_test_add_func ("/sim/corruption", test_corruption);
  g_test_add_func ("/sim/bottleneck", test_bottleneck);
  g_test_add_func ("/sim/congestion-window", test_congestion_window);
  g_test_add_func ("/sim/small-window", test_small_window);
  g_test_add_func ("/sim/small-mtu", test_small_mtu);
  g_test_add_func ("/sim/size", test_size);
  g_test_add_func ("/sim/size/remembered", test_size_remembered);
  g_test_add_func ("/sim/size/stuck", test_size_stuck);
  g_test_add_func ("/sim/size/stuck-later", test_size_stuck_later);
  g_test_add_func ("/sim/size/policed", test_size_policed);
  g_test_add_func ("/sim/size/not-stuck", test_size_not_stuck);
  g_test_add_func ("/sim/hours", test_hours);
  g_test_add_func ("/sim/slow-reader", test_slow_reader);
  g_test_add_func ("/sim/short-reads", test_short_reads);
  g_test_add_func ("/sim/dead-peer", test_dead_peer);
  g_test_add_func ("/sim/idle", test_idle);
  g_test_add_func ("/sim/many-streams", test_many_streams);
  g_test_add_func ("/sim/detect", test_detect);
  g_test_add_func ("/sim/detect-silence", test_detect_silence);
  g_test_add_func ("/sim/detect-garbage", test_detect_garbage);
  g_test_add_func ("/sim/strict", test_strict);
  return g_test_run ();
}

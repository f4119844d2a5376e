/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "test-path.h"

#include "culvert-wire.h"
#include "test-tcp.h"

#define PATH_EPOCH ((CulvertTime) 10 * CULVERT_SEC)
#define PATH_CONV 0x01020304
#define PATH_KCPTUN_TICK (10 * CULVERT_MSEC)
#define PATH_SAMPLE (100 * CULVERT_MSEC)
#define PATH_REQUEST_BYTES 64
#define TCP_MAGIC 0x21504354u
#define TCP_FLOW 1

typedef struct
{
  const TestScenario *scenario;
  TestPeer client, server;
  TestLink *up, *down;
  TestTcp *tcp; /* NULL: none */
  uint64_t tcp_offered, tcp_delivered;
  CulvertTime now, start;
  CulvertTime next_request, asked_at, next_sample, next_loss, heard_at, pause;
  uint64_t heard;
  GArray *times; /* double, ms */
  unsigned n_before; /* requests finished before the one that waits */
  bool is_waiting, is_measuring;
} TestPath;

/* -- the flow beside ------------------------------------------------------------------- */

static void
test_path_send_tcp (TestPath *path)
{
  uint8_t packet[TEST_TCP_SEGMENT] = { 0 };

  culvert_store_u32 (packet, TCP_MAGIC);
  while (test_tcp_wants (path->tcp, path->now))
    {
      culvert_store_u32 (packet + 4, test_tcp_send (path->tcp, path->now));
      path->tcp_offered += sizeof packet;
      test_link_send_as (path->down, TCP_FLOW, packet, sizeof packet, path->now);
    }
}

/* Takes the datagram if it is the flow's. */
static bool
test_path_take_tcp (TestPath *path, const uint8_t *data, size_t len, bool is_down)
{
  uint8_t ack[TEST_TCP_ACK] = { 0 };

  if (path->tcp == NULL || len < sizeof ack || culvert_load_u32 (data) != TCP_MAGIC)
    return false;
  if (!is_down)
    test_tcp_acknowledged (path->tcp, culvert_load_u32 (data + 4), path->now);
  else
    {
      path->tcp_delivered += len;
      memcpy (ack, data, 8);
      test_link_send_as (path->up, TCP_FLOW, ack, sizeof ack, path->now);
    }
  return true;
}

/* -- requests --------------------------------------------------------------------------- */

/* Of the path that runs. */
static size_t test_path_answer;

static size_t
test_path_length (uint32_t stream, bool from_client)
{
  (void) stream;
  return from_client ? PATH_REQUEST_BYTES : test_path_answer;
}

static size_t
test_path_length_bulk (uint32_t stream, bool from_client)
{
  if (stream != 3)
    return test_path_length (stream, from_client);
  return from_client ? 1 : (size_t) 1 << 40;
}

static void
test_path_request (TestPath *path)
{
  if (path->is_waiting && path->client.n_finished > path->n_before)
    {
      double ms = (double) (path->now - path->asked_at) / CULVERT_MSEC;

      path->is_waiting = false;
      if (path->is_measuring)
        g_array_append_val (path->times, ms);
    }
  if (path->is_waiting || path->now < path->next_request)
    return;
  path->next_request = path->now + path->scenario->request_gap;
  path->is_waiting = true;
  path->asked_at = path->now;
  path->n_before = path->client.n_finished;
  g_assert_nonnull (test_peer_open (&path->client, path->now));
  test_peer_wake (&path->client, path->now);
}

/* -- the run ---------------------------------------------------------------------------- */

static void
test_path_receive (TestPath *path)
{
  uint8_t data[2048];
  size_t len;

  while ((len = test_link_receive (path->up, data, path->now)) > 0)
    if (!test_path_take_tcp (path, data, len, false))
      test_peer_input (&path->server, data, len, path->now);
  while ((len = test_link_receive (path->down, data, path->now)) > 0)
    if (!test_path_take_tcp (path, data, len, true))
      test_peer_input (&path->client, data, len, path->now);
}

static void
test_path_watch (TestPath *path)
{
  const TestScenario *scenario = path->scenario;
  CulvertTime since = path->now - path->start;

  if (path->client.n_bytes > path->heard)
    {
      if (path->is_measuring)
        path->pause = MAX (path->pause, path->now - path->heard_at);
      path->heard = path->client.n_bytes;
      path->heard_at = path->now;
    }
  if (scenario->loss_at != NULL && path->now >= path->next_loss)
    {
      TestLinkConfig config = scenario->path;

      config.loss = scenario->loss_at (since);
      test_link_configure (path->down, &config);
      path->next_loss = path->now + PATH_SAMPLE;
    }
  if (scenario->on_sample != NULL && path->now >= path->next_sample)
    {
      culvert_session_publish (path->server.session);
      scenario->on_sample (since, path->server.counters, scenario->sample_data);
      path->next_sample = path->now + PATH_SAMPLE;
    }
}

static void
test_path_run_until (TestPath *path, CulvertTime end)
{
  while (path->now < end)
    {
      CulvertTime next = MIN (test_peer_next (&path->client), test_peer_next (&path->server));

      next = MIN (next, MIN (test_link_next (path->up), test_link_next (path->down)));
      if (path->scenario->has_requests && !path->is_waiting)
        next = MIN (next, path->next_request);
      /* Nothing here waits longer than a sample. */
      path->now = CLAMP (next, path->now, MIN (end, path->now + PATH_SAMPLE));
      test_path_receive (path);
      test_peer_wake (&path->server, path->now);
      test_peer_wake (&path->client, path->now);
      if (path->scenario->has_requests)
        test_path_request (path);
      if (path->tcp != NULL)
        test_path_send_tcp (path);
      test_path_watch (path);
      g_assert_cmpint (path->client.error, ==, CULVERT_OK);
      g_assert_cmpint (path->server.error, ==, CULVERT_OK);
    }
}

static void
test_path_init (TestPath *path, const TestScenario *scenario)
{
  TestStackConfig receiver = scenario->stack;

  memset (path, 0, sizeof *path);
  path->scenario = scenario;
  path->now = path->start = path->heard_at = PATH_EPOCH;
  if (scenario->receiver_is_kcptun)
    {
      receiver.is_reference = true;
      receiver.pacing = CULVERT_KCP_PACING_OFF;
      receiver.fec_adaptive = false;
    }
  test_peer_init (&path->client, &receiver, true, PATH_CONV, scenario->seed + 1, path->now);
  test_peer_init (&path->server, &scenario->stack, false, PATH_CONV, scenario->seed + 2, path->now);
  if (receiver.is_reference)
    path->client.tick = PATH_KCPTUN_TICK;
  path->up = test_link_new (&scenario->back, scenario->seed + 3);
  path->down = test_link_new (&scenario->path, scenario->seed + 4);
  path->client.link = path->up;
  path->server.link = path->down;
  path->client.length_of = path->server.length_of = scenario->has_bulk ? test_path_length_bulk
                                                                        : test_path_length;
  test_path_answer = scenario->answer > 0 ? scenario->answer : PATH_REQUEST_BYTES;
  path->times = g_array_new (false, false, sizeof (double));
  if (scenario->has_bulk)
    g_assert_nonnull (test_peer_open (&path->client, path->now));
  if (scenario->has_tcp)
    {
      path->tcp = g_new (TestTcp, 1);
      test_tcp_init (path->tcp);
    }
}

static int
test_path_compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
test_path_quantile (const GArray *times, double q)
{
  if (times->len == 0)
    return 0;
  return g_array_index (times, double, MIN ((guint) (q * times->len), times->len - 1));
}

void
test_path_run (const TestScenario *scenario, TestResult *out_result)
{
  TestPath path;
  TestLinkStats before, after;
  uint64_t bytes, resent, tcp_before, tcp_offered;
  double seconds = (double) scenario->duration / CULVERT_SEC;

  test_path_init (&path, scenario);
  test_path_run_until (&path, path.start + scenario->warm_up);
  before = *test_link_stats (path.down);
  bytes = path.client.n_bytes;
  resent = culvert_counter_get (&path.server.counters->retrans_bytes);
  tcp_before = path.tcp_delivered;
  tcp_offered = path.tcp_offered;
  path.is_measuring = true;
  test_path_run_until (&path, path.now + scenario->duration);
  after = *test_link_stats (path.down);
  bytes = path.client.n_bytes - bytes;
  resent = culvert_counter_get (&path.server.counters->retrans_bytes) - resent;
  test_delays_subtract (&after.waits, &before.waits);
  memset (out_result, 0, sizeof *out_result);
  out_result->goodput = (double) bytes / seconds;
  out_result->wire_ratio = (double) (after.offered_bytes - before.offered_bytes) / MAX (bytes, 1);
  out_result->resent_ratio = (double) resent / MAX (bytes, 1);
  out_result->wait_ms = test_delays_mean_ms (&after.waits);
  out_result->wait_p95_ms = test_delays_quantile_ms (&after.waits, 0.95);
  out_result->wait_max_ms = test_delays_max_ms (&after.waits);
  out_result->pause_ms = (double) path.pause / CULVERT_MSEC;
  out_result->n_requests = path.times->len;
  g_array_sort (path.times, test_path_compare);
  out_result->request_ms[0] = test_path_quantile (path.times, 0.5);
  out_result->request_ms[1] = test_path_quantile (path.times, 0.95);
  out_result->request_ms[2] = test_path_quantile (path.times, 0.99);
  if (path.tcp != NULL)
    {
      double tcp = (double) (path.tcp_delivered - tcp_before);

      out_result->share = tcp / (tcp + (double) bytes);
      out_result->wire_ratio -= (double) (path.tcp_offered - tcp_offered) / MAX (bytes, 1);
    }
  test_peer_clear (&path.client);
  test_peer_clear (&path.server);
  test_link_free (path.up);
  test_link_free (path.down);
  g_array_unref (path.times);
  g_free (path.tcp);
}

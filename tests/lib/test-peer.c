/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "test-peer.h"

#include "culvert-kdf.h"
#include "culvert-session-private.h"

const TestStackConfig test_stack_default = {
  .cipher = "aes",
  .key = "it's a secrect",
  .compress = true,
  .ds = 10,
  .ps = 3,
  .server_ds = 10,
  .server_ps = 3,
  .mtu = 1350,
  .smuxver = 2,
  .nodelay = 1,
  .interval_ms = 10,
  .resend = 2,
  .no_cwnd = true,
  .sndwnd = 256,
  .rcvwnd = 256,
  .pacing = CULVERT_KCP_PACING_AUTO,
  .framesize = 8192,
  .smuxbuf = 4 * 1024 * 1024,
  .streambuf = 2 * 1024 * 1024,
};

/* A stream that sent less than this goes before the others. */
#define TEST_PEER_YOUNG (64 * 1024)

/* Application state of one stream and end. */
typedef struct
{
  uint32_t tx_lcg, rx_lcg;
  size_t tx_left, rx_left;
  bool is_blocked; /* reserve gave nothing */
  bool peer_finished;
} TestFlow;

void
test_resources_init (TestResources *resources, size_t limit, uint64_t seed)
{
  resources->budget.used = 0;
  resources->budget.limit = limit;
  resources->packets = culvert_pool_new (CULVERT_PACKET_SLOT, &resources->budget);
  resources->segments = culvert_pool_new (CULVERT_KCP_SEGMENT_SLOT, &resources->budget);
  resources->chunks = culvert_pool_new (4096, &resources->budget);
  culvert_seeded_rng_init (&resources->rng, seed);
  resources->resources.budget = &resources->budget;
  resources->resources.packets = resources->packets;
  resources->resources.segments = resources->segments;
  resources->resources.chunks = resources->chunks;
  resources->resources.rng = &resources->rng.base;
  resources->resources.scratch = g_malloc (CULVERT_SESSION_SCRATCH);
}

void
test_resources_clear (TestResources *resources)
{
  g_assert_cmpuint (culvert_pool_live (resources->packets), ==, 0);
  g_assert_cmpuint (culvert_pool_live (resources->segments), ==, 0);
  g_assert_cmpuint (culvert_pool_live (resources->chunks), ==, 0);
  culvert_pool_free (resources->packets);
  culvert_pool_free (resources->segments);
  culvert_pool_free (resources->chunks);
  g_free (resources->resources.scratch);
}

static void
test_lcg_next (uint32_t *state, uint8_t *data, size_t len)
{
  /* Every other 64 bytes repeat a byte, so that compression has something to do. */
  for (size_t i = 0; i < len; i++)
    {
      *state = *state * 1664525u + 1013904223u;
      data[i] = *state & 0x40000 ? *state >> 24 : 'c';
    }
}

static TestFlow *
test_flow_new (const TestPeer *peer, uint32_t stream)
{
  TestFlow *flow = g_new0 (TestFlow, 1);

  flow->tx_lcg = stream * 2 + (peer->is_client ? 0 : 1);
  flow->rx_lcg = stream * 2 + (peer->is_client ? 1 : 0);
  flow->tx_left = peer->length_of (stream, peer->is_client);
  flow->rx_left = peer->length_of (stream, !peer->is_client);
  return flow;
}

void
test_peer_init (TestPeer *peer,
                const TestStackConfig *stack,
                bool is_client,
                uint32_t conv,
                uint64_t seed,
                CulvertTime now)
{
  unsigned ds = is_client ? stack->ds : stack->server_ds;
  unsigned ps = is_client ? stack->ps : stack->server_ps;
  uint8_t key[CULVERT_KEY_LEN];
  bool is_accepted;
  CulvertSessionConfig config = {
    .is_client = is_client,
    .fec_adaptive = stack->fec_adaptive,
    .compress = stack->compress != (!is_client && stack->server_differs_comp),
    .detects = !is_client && stack->server_detects,
    .fec_ds = ds > 0 && ps > 0 ? ds : 0,
    .fec_ps = ds > 0 && ps > 0 ? ps : 0,
    .kcp = {
      .conv = conv,
      .sndwnd = stack->sndwnd,
      .rcvwnd = stack->rcvwnd,
      .nodelay = stack->nodelay,
      .interval_ms = stack->interval_ms,
      .resend = stack->resend,
      .no_cwnd = stack->no_cwnd,
      .recovery = stack->is_reference ? CULVERT_KCP_RECOVERY_REFERENCE : CULVERT_KCP_RECOVERY_TIME,
      .pacing = stack->pacing,
      .pacing_rate = stack->pacing_rate,
      .be_nice = stack->be_nice,
      .repeat_small = true,
    },
    .smux = {
      .version = !is_client && stack->server_smuxver != 0 ? stack->server_smuxver
                                                          : stack->smuxver,
      .is_client = is_client,
      .smuxbuf = stack->smuxbuf,
      .streambuf = stack->streambuf,
      .update_parts = stack->is_reference ? 2 : 8,
      .framesize = stack->framesize,
      .keepalive = 10 * CULVERT_SEC,
      .max_streams = 1024,
    },
  };

  memset (peer, 0, sizeof *peer);
  peer->is_client = is_client;
  test_resources_init (&peer->resources, 64 * 1024 * 1024, seed);
  g_assert_cmpint (culvert_kdf_derive (stack->key, key), ==, CULVERT_OK);
  peer->cipher = culvert_cipher_new (stack->cipher, key);
  g_assert_nonnull (peer->cipher);
  config.cipher = peer->cipher;
  config.fec = ds > 0 && ps > 0 ? culvert_fec_code_new (ds, ps) : NULL;
  config.qpp = stack->qpp_count > 0 ? culvert_qpp_pads_new (stack->key, stack->qpp_count) : NULL;
  config.kcp.mtu = culvert_session_kcp_mtu (stack->mtu, culvert_cipher_overhead (stack->cipher),
                                            config.fec != NULL, &is_accepted);
  g_assert_true (is_accepted);
  if (stack->mtu_passes > 0)
    {
      config.mtu = (unsigned) stack->mtu;
      config.mtu_passes = stack->mtu_passes;
      config.mtu_fails = stack->mtu_fails;
    }
  peer->counters = culvert_counters_new ();
  peer->session = culvert_session_new (&config, &peer->resources.resources, peer->counters, now);
  g_clear_pointer (&config.fec, culvert_fec_code_unref);
  g_clear_pointer (&config.qpp, culvert_qpp_pads_unref);
}

void
test_peer_clear (TestPeer *peer)
{
  CulvertStream *stream = culvert_session_first_stream (peer->session);

  for (; stream != NULL; stream = culvert_session_next_stream (peer->session, stream))
    g_free (stream->user);
  for (unsigned i = 0; i < peer->batch.n; i++)
    culvert_pool_put (peer->resources.packets, peer->batch.packets[i]);
  culvert_session_free (peer->session);
  culvert_cipher_free (peer->cipher);
  culvert_counters_unref (peer->counters);
  test_resources_clear (&peer->resources);
}

static void
test_peer_finish (TestPeer *peer, CulvertStream *stream)
{
  TestFlow *flow = stream->user;

  g_assert_cmpuint (flow->rx_left, ==, 0);
  g_assert_cmpuint (flow->tx_left, ==, 0);
  g_free (flow);
  stream->user = NULL;
  culvert_session_close_stream (peer->session, stream);
  peer->n_finished++;
}

/* Sends what fits; the client closes when both directions are through. Returns true when the stream
 * is gone. */
static bool
test_peer_serve (TestPeer *peer, CulvertStream *stream)
{
  TestFlow *flow = stream->user;

  flow->is_blocked = false;
  while (flow->tx_left > 0 && !flow->is_blocked)
    {
      struct iovec spans[CULVERT_SESSION_MAX_SPANS];
      size_t len = 0;
      size_t sent = 0;
      int n = culvert_session_reserve (peer->session, stream, MIN (flow->tx_left, 40000), spans,
                                       G_N_ELEMENTS (spans), &len);

      g_assert_cmpint (n, >=, 0);
      flow->is_blocked = n == 0;
      if (n == 0)
        break;
      /* A socket may deliver less than was reserved. */
      len = MAX (1, len - len / 7 * (flow->tx_left % 3));
      for (int i = 0; i < n && sent < len; i++)
        {
          size_t part = MIN (spans[i].iov_len, len - sent);

          test_lcg_next (&flow->tx_lcg, spans[i].iov_base, part);
          sent += part;
        }
      culvert_session_commit (peer->session, stream, sent);
      peer->has_written = true;
      flow->tx_left -= sent;
    }
  if (peer->is_client && flow->tx_left == 0 && flow->rx_left == 0)
    {
      test_peer_finish (peer, stream);
      return true;
    }
  return false;
}

static void
test_peer_read (TestPeer *peer, CulvertStream *stream, size_t limit)
{
  TestFlow *flow = stream->user;
  struct iovec spans[8];
  uint8_t expected[65536];
  unsigned n;

  while (limit > 0
         && (n = culvert_session_peek (peer->session, stream, spans, G_N_ELEMENTS (spans))) > 0)
    {
      size_t taken = 0;

      for (unsigned i = 0; i < n && taken < limit; i++)
        {
          size_t part = MIN (spans[i].iov_len, limit - taken);

          part = MIN (part, sizeof expected);
          g_assert_cmpuint (part, <=, flow->rx_left);
          test_lcg_next (&flow->rx_lcg, expected, part);
          g_assert_cmpint (memcmp (expected, spans[i].iov_base, part), ==, 0);
          flow->rx_left -= part;
          taken += part;
          if (part < spans[i].iov_len)
            break;
        }
      culvert_session_consume (peer->session, stream, taken);
      peer->n_bytes += taken;
      limit -= taken;
    }
  if (culvert_session_unread (peer->session, stream) > 0)
    culvert_session_park (peer->session, stream);
}

static void
test_peer_serve_blocked (TestPeer *peer, bool is_young)
{
  CulvertStream *stream = culvert_session_first_stream (peer->session);
  CulvertStream *next;

  for (; stream != NULL; stream = next)
    {
      TestFlow *flow = stream->user;

      next = culvert_session_next_stream (peer->session, stream);
      if (flow != NULL && flow->is_blocked && (stream->bytes_out < TEST_PEER_YOUNG) == is_young)
        test_peer_serve (peer, stream);
    }
}

static void
test_peer_handle (TestPeer *peer, const CulvertEvent *event)
{
  CulvertStream *stream = event->stream;

  if (stream == NULL)
    {
      /* As the relays do: who has not sent much comes first. */
      test_peer_serve_blocked (peer, true);
      test_peer_serve_blocked (peer, false);
      return;
    }
  if (event->kinds & CULVERT_EVENT_OPENED)
    stream->user = test_flow_new (peer, stream->id);
  if (event->kinds & CULVERT_EVENT_READABLE)
    test_peer_read (peer, stream,
                    peer->reads_slowly       ? 0
                    : peer->read_quantum > 0 ? peer->read_quantum
                                             : SIZE_MAX);
  if (event->kinds & CULVERT_EVENT_FINISHED)
    {
      test_peer_finish (peer, stream);
      return;
    }
  test_peer_serve (peer, stream);
}

CulvertStream *
test_peer_open (TestPeer *peer, CulvertTime now)
{
  CulvertStream *stream = culvert_session_open_stream (peer->session, now);

  if (stream == NULL)
    return NULL;
  stream->user = test_flow_new (peer, stream->id);
  test_peer_serve (peer, stream);
  return stream;
}

void
test_peer_input (TestPeer *peer, uint8_t *data, size_t len, CulvertTime now)
{
  int code;

  /* Its owner is done with a session that failed; copies may still arrive. */
  if (peer->error <= CULVERT_E_FATAL)
    return;
  code = culvert_session_input (peer->session, data, len, now);
  g_assert_cmpint (code, >, CULVERT_E_FATAL);
}

static void
test_peer_send (TestPeer *peer, CulvertTime now)
{
  peer->has_written |= culvert_smux_has_control (peer->session->smux);
  if (peer->tick > 0 && !peer->has_written && now % peer->tick != 0)
    return;
  peer->has_written = false;
  while (culvert_session_output (peer->session, &peer->batch, now) > 0)
    {
      for (unsigned i = 0; i < peer->batch.n; i++)
        {
          CulvertPacket *packet = peer->batch.packets[i];

          test_link_send (peer->link, culvert_packet_data (packet), packet->len, now);
          culvert_pool_put (peer->resources.packets, packet);
        }
      peer->batch.n = 0;
    }
}

void
test_peer_wake (TestPeer *peer, CulvertTime now)
{
  CulvertEvent event;
  int error = culvert_session_advance (peer->session, now);

  peer->woken_at = now;
  while (error == CULVERT_OK && culvert_session_next_event (peer->session, &event, &error, now))
    test_peer_handle (peer, &event);
  if (error <= CULVERT_E_FATAL)
    peer->error = error;
  test_peer_send (peer, now);
}

void
test_peer_drain (TestPeer *peer, size_t len, CulvertTime now)
{
  CulvertStream *stream = culvert_session_first_stream (peer->session);

  while (stream != NULL)
    {
      CulvertStream *next = culvert_session_next_stream (peer->session, stream);

      if (stream->user != NULL)
        {
          test_peer_read (peer, stream, len);
          (void) test_peer_serve (peer, stream);
        }
      stream = next;
    }
}

CulvertTime
test_peer_next (const TestPeer *peer)
{
  CulvertTime deadline = culvert_session_deadline (peer->session);

  if (peer->tick == 0 || deadline == CULVERT_TIME_NEVER)
    return deadline;
  /* A tick ago something was due and the pool was empty: then on the next. */
  deadline = MAX (deadline, peer->woken_at + 1);
  return (deadline + peer->tick - 1) / peer->tick * peer->tick;
}

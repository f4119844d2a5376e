/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* smux: parser at every cut, streams, windows, tokens, control frames, time. */

#include "config.h"

#include "culvert-rng.h"
#include "culvert-wire.h"
#include "test-smux-peer.h"

/* -- parser --------------------------------------------------------------------- */

static void
append_frame (GByteArray *bytes,
              uint8_t command,
              uint32_t id,
              size_t len)
{
  CulvertSmuxFrame frame = { 2, command, (uint16_t) len, id };
  uint8_t header[CULVERT_SMUX_HEADER];

  culvert_smux_frame_put (header, &frame);
  g_byte_array_append (bytes, header, sizeof header);
  for (size_t i = 0; i < len; i++)
    {
      uint8_t byte = (uint8_t) (id + i);

      g_byte_array_append (bytes, &byte, 1);
    }
}

/* Frames of every kind on a few known and unknown streams. */
static GByteArray *
make_traffic (uint32_t seed,
              unsigned n_frames)
{
  GByteArray *bytes = g_byte_array_new ();
  CulvertSeededRng rng;

  culvert_seeded_rng_init (&rng, seed);
  for (unsigned i = 0; i < n_frames; i++)
    {
      uint8_t command = (uint8_t) culvert_rng_below (&rng.base, 7);
      uint32_t id = culvert_rng_below (&rng.base, 5);
      size_t len = 0;

      if (command == CULVERT_SMUX_UPD)
        len = 8;
      else if (command >= CULVERT_SMUX_UPD || command == CULVERT_SMUX_PSH)
        {
          command = CULVERT_SMUX_PSH;
          len = culvert_rng_below (&rng.base, 40);
        }
      append_frame (bytes, command, id, len);
    }
  return bytes;
}

static void
assert_same_outcome (Peer *a,
                     Peer *b)
{
  GHashTableIter iter;
  void *key, *value;

  g_assert_cmpuint (g_hash_table_size (a->log), ==, g_hash_table_size (b->log));
  g_hash_table_iter_init (&iter, a->log);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const GString *other = g_hash_table_lookup (b->log, key);

      g_assert_nonnull (other);
      g_assert_cmpstr (((GString *) value)->str, ==, other->str);
    }
  g_assert_cmpint (culvert_smux_tokens (a->smux), ==, culvert_smux_tokens (b->smux));
  peer_pull (a);
  peer_pull (b);
  test_assert_bytes (a->wire->data, a->wire->len, b->wire->data, b->wire->len);
}

static void
test_parse_every_cut (void)
{
  g_autoptr (GByteArray) traffic = make_traffic (1, 40);
  g_autoptr (Peer) whole = peer_new (&default_config);

  g_assert_cmpuint (peer_feed (whole, traffic->data, traffic->len), ==, traffic->len);
  g_assert_cmpuint (whole->accepted->len, >=, 3);
  for (size_t cut = 1; cut < traffic->len; cut++)
    {
      g_autoptr (Peer) peer = peer_new (&default_config);

      g_assert_cmpuint (peer_feed (peer, traffic->data, cut), ==, cut);
      g_assert_cmpuint (peer_feed (peer, traffic->data + cut, traffic->len - cut), ==,
                        traffic->len - cut);
      assert_same_outcome (whole, peer);
    }
}

static void
test_parse_byte_by_byte (void)
{
  g_autoptr (GByteArray) traffic = make_traffic (2, 400);
  g_autoptr (Peer) whole = peer_new (&default_config);
  g_autoptr (Peer) peer = peer_new (&default_config);

  g_assert_cmpuint (peer_feed (whole, traffic->data, traffic->len), ==, traffic->len);
  for (guint i = 0; i < traffic->len; i++)
    g_assert_cmpuint (peer_feed (peer, traffic->data + i, 1), ==, 1);
  assert_same_outcome (whole, peer);
}

static void
test_parse_random_cuts (void)
{
  for (uint32_t seed = 1; seed <= 50; seed++)
    {
      g_autoptr (GByteArray) traffic = make_traffic (seed, 200);
      g_autoptr (Peer) whole = peer_new (&default_config);
      g_autoptr (Peer) peer = peer_new (&default_config);
      CulvertSeededRng rng;
      size_t at = 0;

      culvert_seeded_rng_init (&rng, seed + 1000);
      peer_feed (whole, traffic->data, traffic->len);
      while (at < traffic->len)
        {
          size_t n = 1 + culvert_rng_below (&rng.base, 60);

          n = MIN (n, traffic->len - at);
          g_assert_cmpuint (peer_feed (peer, traffic->data + at, n), ==, n);
          at += n;
        }
      assert_same_outcome (whole, peer);
    }
}

static void
test_parse_error_is_final (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, false);
  uint8_t nop[CULVERT_SMUX_HEADER] = { 2, CULVERT_SMUX_NOP };
  uint8_t bad[CULVERT_SMUX_HEADER] = { 3, CULVERT_SMUX_NOP };
  CulvertSmuxRun run;

  g_assert_cmpint (culvert_smux_parse (peer->smux, bad, 8, &run, 0), ==, CULVERT_E_PROTOCOL);
  g_assert_cmpint (culvert_smux_parse (peer->smux, nop, 8, &run, 0), ==, CULVERT_E_PROTOCOL);
  g_assert_null (culvert_smux_open (peer->smux));
}

static void
test_parse_stops_at_a_run (void)
{
  g_autoptr (Peer) peer = peer_new_version (1, false);
  uint8_t data[] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 2, 2, 0, 3, 0, 0, 0, 'a', 'b',
                     1, 3, 0, 0, 0, 0, 0, 0 };
  CulvertSmuxRun run;

  g_assert_cmpint (culvert_smux_parse (peer->smux, data, sizeof data, &run, 0), ==, 18);
  g_assert_true (run.data == data + 16);
  g_assert_cmpuint (run.len, ==, 2);
  g_assert_cmpuint (run.stream->id, ==, 3);
  g_assert_cmpint (culvert_smux_parse (peer->smux, data, 0, &run, 0), ==, 0);
}

/* -- streams -------------------------------------------------------------------- */

static void
test_streams_ids (void)
{
  g_autoptr (Peer) client = peer_new_version (2, true);
  g_autoptr (Peer) server = peer_new_version (2, false);

  for (uint32_t id = 3; id <= 9; id += 2)
    g_assert_cmpuint (culvert_smux_open (client->smux)->id, ==, id);
  for (uint32_t id = 2; id <= 8; id += 2)
    g_assert_cmpuint (culvert_smux_open (server->smux)->id, ==, id);
}

static void
test_streams_ids_end (void)
{
  g_autoptr (Peer) client = peer_new_version (2, true);

  client->smux->last_id = UINT32_MAX - 4;
  g_assert_cmpuint (culvert_smux_open (client->smux)->id, ==, UINT32_MAX - 2);
  g_assert_cmpuint (culvert_smux_open (client->smux)->id, ==, UINT32_MAX);
  g_assert_null (culvert_smux_open (client->smux));
  g_assert_null (culvert_smux_open (client->smux));
}

static void
test_streams_ids_taken_by_peer (void)
{
  g_autoptr (Peer) client = peer_new_version (2, true);

  peer_feed_hex (client, "0200000003000000" "0200000007000000");
  g_assert_cmpuint (culvert_smux_open (client->smux)->id, ==, 5);
  g_assert_cmpuint (culvert_smux_open (client->smux)->id, ==, 9);
}

static void
test_streams_limit_of_peer (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;

  config.max_streams = 2;
  peer = peer_new (&config);
  peer_feed_hex (peer, "0200000003000000" "0200000005000000" "0200000007000000"
                       "0202010007000000" "61");
  g_assert_cmpuint (culvert_smux_n_streams (peer->smux), ==, 2);
  g_assert_cmpuint (peer->accepted->len, ==, 2);
  g_assert_null (peer_stream (peer, 7));
  assert_wire (peer, "0201000007000000");
}

static void
test_streams_limit_of_own (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;
  CulvertStream *stream;

  config.is_client = true;
  config.max_streams = 2;
  peer = peer_new (&config);
  g_assert_nonnull (culvert_smux_open (peer->smux));
  stream = culvert_smux_open (peer->smux);
  g_assert_null (culvert_smux_open (peer->smux));
  culvert_smux_close (peer->smux, stream);
  g_assert_cmpuint (culvert_smux_open (peer->smux)->id, ==, 7);
}

static void
test_streams_churn (void)
{
  g_autoptr (Peer) client = peer_new_version (2, true);
  g_autoptr (Peer) server = peer_new_version (2, false);
  uint32_t most_buckets = 0;

  for (unsigned round = 0; round < 100; round++)
    {
      CulvertStream *streams[100];

      for (unsigned i = 0; i < G_N_ELEMENTS (streams); i++)
        streams[i] = culvert_smux_open (client->smux);
      for (unsigned i = 0; i < G_N_ELEMENTS (streams); i++)
        g_assert_true (peer_stream (client, streams[i]->id) == streams[i]);
      most_buckets = MAX (most_buckets, client->smux->n_buckets);
      peer_pull (client);
      for (unsigned i = 0; i < G_N_ELEMENTS (streams); i++)
        culvert_smux_close (client->smux, streams[i]);
      peer_pull (client);
      peer_feed (server, client->wire->data, client->wire->len);
      g_byte_array_set_size (client->wire, 0);
      g_assert_cmpuint (culvert_smux_n_streams (server->smux), ==, G_N_ELEMENTS (streams));
      while (culvert_smux_n_streams (server->smux) > 0)
        culvert_smux_close (server->smux, culvert_smux_first_stream (server->smux));
      peer_pull (server);
      g_byte_array_set_size (server->wire, 0);
    }
  g_assert_cmpuint (server->accepted->len, ==, 10000);
  g_assert_cmpuint (most_buckets, >=, 100);
  g_assert_true (client->smux->buckets == client->smux->own_buckets);
  g_assert_true (client->smux->fins == client->smux->own_fins);
  g_assert_true (server->smux->buckets == server->smux->own_buckets);
  g_assert_true (server->smux->fins == server->smux->own_fins);
  g_assert_cmpuint (culvert_counter_get (&server->counters->streams_opened), ==, 10000);
  g_assert_cmpuint (culvert_counter_get (&server->counters->streams_closed), ==, 10000);
}

static void
test_streams_close_before_syn (void)
{
  g_autoptr (Peer) client = peer_new_version (2, true);

  culvert_smux_close (client->smux, culvert_smux_open (client->smux));
  g_assert_false (culvert_smux_has_control (client->smux));
}

static void
test_streams_close_amid_frame (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, false);

  peer_feed_hex (peer, "0200000003000000" "0202040003000000" "6162");
  culvert_smux_close (peer->smux, peer_stream (peer, 3));
  g_assert_cmpint (culvert_smux_tokens (peer->smux), ==, default_config.smuxbuf);
  peer_feed_hex (peer, "6364" "0200000005000000");
  g_assert_cmpint (culvert_smux_tokens (peer->smux), ==, default_config.smuxbuf);
  g_assert_cmpuint (peer_received (peer, 3)->len, ==, 2);
  g_assert_nonnull (peer_stream (peer, 5));
}

static void
test_streams_closed_are_not_reported (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, false);
  uint8_t syn[] = { 2, 0, 0, 0, 3, 0, 0, 0 };
  CulvertSmuxRun run;
  unsigned changes;

  g_assert_cmpint (culvert_smux_parse (peer->smux, syn, sizeof syn, &run, 0), ==, 8);
  culvert_smux_close (peer->smux, peer_stream (peer, 3));
  g_assert_null (culvert_smux_next_changed (peer->smux, &changes));
}

static void
test_streams_free_with_open_ones (void)
{
  CulvertCounters *counters = culvert_counters_new ();
  CulvertSmux *smux = culvert_smux_new (&default_config, counters, 0);

  for (unsigned i = 0; i < 100; i++)
    g_assert_nonnull (culvert_smux_open (smux));
  culvert_smux_free (smux);
  g_assert_cmpuint (culvert_counter_get (&counters->streams_closed), ==, 100);
  culvert_counters_unref (counters);
}

static void
test_streams_fins_back_up (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;
  uint8_t syn[CULVERT_SMUX_HEADER] = { 2 };
  uint8_t buf[CULVERT_SMUX_CONTROL_MAX];
  CulvertSmuxRun run;
  uint32_t id = 0;

  config.max_streams = 0;
  peer = peer_new (&config);
  do
    culvert_store_u32 (syn + 4, ++id);
  while (culvert_smux_parse (peer->smux, syn, 8, &run, 0) == 8 && id < 100000);
  g_assert_cmpuint (id, ==, CULVERT_SMUX_MAX_FINS + 1);
  g_assert_cmpint (culvert_smux_tokens (peer->smux), ==, 0);
  for (uint32_t i = 1; i < id; i++)
    {
      g_assert_cmpuint (culvert_smux_next_control (peer->smux, buf), ==, 8);
      g_assert_cmpuint (buf[1], ==, CULVERT_SMUX_FIN);
      g_assert_cmpuint (culvert_load_u32 (buf + 4), ==, i);
      g_assert_cmpint (culvert_smux_tokens (peer->smux), ==, config.smuxbuf);
    }
  g_assert_cmpint (culvert_smux_parse (peer->smux, syn, 8, &run, 0), ==, 8);
}

/* -- windows -------------------------------------------------------------------- */

static CulvertStream *
open_pulled (Peer *peer)
{
  CulvertStream *stream = culvert_smux_open (peer->smux);

  peer_pull (peer);
  g_byte_array_set_size (peer->wire, 0);
  return stream;
}

static void
feed_upd (Peer *peer,
          uint32_t id,
          uint32_t consumed,
          uint32_t window)
{
  CulvertSmuxFrame frame = { 2, CULVERT_SMUX_UPD, 8, id };
  uint8_t bytes[CULVERT_SMUX_CONTROL_MAX];

  culvert_smux_frame_put (bytes, &frame);
  culvert_smux_upd_put (bytes + CULVERT_SMUX_HEADER, consumed, window);
  g_assert_cmpuint (peer_feed (peer, bytes, sizeof bytes), ==, sizeof bytes);
}

static void
test_window_initial (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, true);
  CulvertStream *stream = open_pulled (peer);

  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, 262144);
  g_assert_cmpint (culvert_smux_allowance (peer->smux, stream), ==, 8192);
  stream->sent = 262144 - 10;
  g_assert_cmpint (culvert_smux_allowance (peer->smux, stream), ==, 10);
  stream->sent += 10;
  g_assert_cmpint (culvert_smux_allowance (peer->smux, stream), ==, 0);
}

static void
test_window_none_in_v1 (void)
{
  g_autoptr (Peer) peer = peer_new_version (1, true);
  CulvertStream *stream = open_pulled (peer);

  stream->sent = 1000000000;
  g_assert_cmpint (culvert_smux_allowance (peer->smux, stream), ==, 8192);
  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, INT32_MAX);
}

static void
test_window_wraps (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, true);
  CulvertStream *stream = open_pulled (peer);

  stream->sent = 50;
  feed_upd (peer, 3, UINT32_MAX - 49, 1000);
  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, 900);
  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, 900);
}

static void
test_window_claims_too_much (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, true);
  CulvertStream *stream = open_pulled (peer);

  stream->sent = 100;
  feed_upd (peer, 3, 101, 1000);
  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, CULVERT_E_PROTOCOL);
  g_assert_cmpint (culvert_smux_allowance (peer->smux, stream), ==, CULVERT_E_PROTOCOL);
}

static void
test_window_above_31_bits_waits (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, true);
  CulvertStream *stream = open_pulled (peer);

  feed_upd (peer, 3, 0, 0x80000000u);
  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, 0);
  feed_upd (peer, 3, 0, 0x7fffffffu);
  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, 0x7fffffff);
}

static void
test_window_after_fin (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, true);
  CulvertStream *stream = open_pulled (peer);

  peer_feed_hex (peer, "0201000003000000" "0201000003000000");
  g_assert_cmpint (culvert_smux_allowance (peer->smux, stream), ==, CULVERT_E_DISCARD);
  g_assert_cmpint (culvert_smux_window (peer->smux, stream), ==, CULVERT_E_DISCARD);
  g_assert_cmpstr (((GString *) g_hash_table_lookup (peer->log, GUINT_TO_POINTER (3)))->str, ==,
                   "end ");
}

static void
test_window_reports_opening (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, true);
  CulvertStream *stream = open_pulled (peer);

  feed_upd (peer, 3, 0, 500);
  g_assert_null (g_hash_table_lookup (peer->log, GUINT_TO_POINTER (3)));
  stream->sent = 500;
  feed_upd (peer, 3, 0, 400);
  g_assert_null (g_hash_table_lookup (peer->log, GUINT_TO_POINTER (3)));
  feed_upd (peer, 3, 200, 400);
  feed_upd (peer, 3, 300, 400);
  g_assert_cmpstr (((GString *) g_hash_table_lookup (peer->log, GUINT_TO_POINTER (3)))->str, ==,
                   "window ");
}

static void
test_window_overrun (void)
{
  CulvertSmuxConfig config = default_config;
  g_autofree uint8_t *zeros = g_malloc0 (65535);
  uint8_t header[CULVERT_SMUX_HEADER] = { 2, CULVERT_SMUX_PSH, 0xff, 0xff, 3, 0, 0, 0 };
  g_autoptr (Peer) peer = NULL;

  config.streambuf = 1000;
  peer = peer_new (&config);
  peer_feed_hex (peer, "0200000003000000");
  for (unsigned i = 0; i < 5; i++)
    {
      peer_feed (peer, header, sizeof header);
      peer_feed (peer, zeros, 65535);
      g_assert_false (culvert_smux_is_overrun (peer->smux, peer_stream (peer, 3)));
    }
  /* 5 * 65535 is 4 short of window and frame. */
  peer_feed_hex (peer, "0202040003000000" "00000000");
  g_assert_false (culvert_smux_is_overrun (peer->smux, peer_stream (peer, 3)));
  peer_feed_hex (peer, "0202010003000000" "00");
  g_assert_true (culvert_smux_is_overrun (peer->smux, peer_stream (peer, 3)));
}

static void
test_update_first_read_and_half (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;
  CulvertStream *stream;

  config.streambuf = 8;
  peer = peer_new (&config);
  peer_feed_hex (peer, "0200000003000000" "0202090003000000" "000102030405060708");
  stream = peer_stream (peer, 3);
  culvert_smux_returned (peer->smux, stream, 1);
  assert_wire (peer, "0204080003000000" "01000000" "08000000");
  culvert_smux_returned (peer->smux, stream, 3);
  g_assert_false (culvert_smux_has_control (peer->smux));
  culvert_smux_returned (peer->smux, stream, 1);
  culvert_smux_returned (peer->smux, stream, 1);
  /* Pulled late it tells all that was read, and counting starts again from there. */
  assert_wire (peer, "0204080003000000" "06000000" "08000000");
  culvert_smux_returned (peer->smux, stream, 3);
  g_assert_false (culvert_smux_has_control (peer->smux));
}

static void
test_update_parts (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;
  CulvertStream *stream;

  config.streambuf = 16;
  config.update_parts = 8;
  peer = peer_new (&config);
  peer_feed_hex (peer, "0200000003000000" "0202090003000000" "000102030405060708");
  stream = peer_stream (peer, 3);
  culvert_smux_returned (peer->smux, stream, 1);
  assert_wire (peer, "0204080003000000" "01000000" "10000000");
  culvert_smux_returned (peer->smux, stream, 1);
  g_assert_false (culvert_smux_has_control (peer->smux));
  culvert_smux_returned (peer->smux, stream, 1);
  assert_wire (peer, "0204080003000000" "03000000" "10000000");
}

static void
test_update_none_in_v1 (void)
{
  g_autoptr (Peer) peer = peer_new_version (1, false);

  peer_feed_hex (peer, "0100000003000000" "0102020003000000" "6162");
  culvert_smux_returned (peer->smux, peer_stream (peer, 3), 2);
  g_assert_false (culvert_smux_has_control (peer->smux));
}

/* -- tokens --------------------------------------------------------------------- */

static void
test_tokens_stop_at_frame (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;
  uint8_t more[] = { 2, 2, 1, 0, 3, 0, 0, 0, 'x' };

  config.smuxbuf = 4;
  peer = peer_new (&config);
  /* The frame that spends the tokens is still taken as a whole. */
  peer_feed_hex (peer, "0200000003000000" "0202030003000000" "616263" "0202060003000000" "616263");
  peer_feed_hex (peer, "646566");
  g_assert_cmpint (culvert_smux_tokens (peer->smux), ==, -5);
  g_assert_cmpuint (peer_feed (peer, more, sizeof more), ==, 0);
  culvert_smux_returned (peer->smux, peer_stream (peer, 3), 5);
  g_assert_cmpuint (peer_feed (peer, more, sizeof more), ==, 0);
  culvert_smux_returned (peer->smux, peer_stream (peer, 3), 1);
  g_assert_cmpuint (peer_feed (peer, more, sizeof more), ==, sizeof more);
  g_assert_cmpint (culvert_smux_tokens (peer->smux), ==, 0);
}

static void
test_tokens_unknown_stream (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, false);

  peer_feed_hex (peer, "0202030009000000" "616263");
  g_assert_cmpint (culvert_smux_tokens (peer->smux), ==, default_config.smuxbuf);
}

/* -- control frames ------------------------------------------------------------- */

static void
test_control_in_turn (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;

  config.streambuf = 16;
  config.is_client = true;
  peer = peer_new (&config);
  culvert_smux_open (peer->smux);
  culvert_smux_open (peer->smux);
  /* An UPD is due of the first stream before its SYN left; the second stream comes in between. */
  peer_feed_hex (peer, "0202020003000000" "6162");
  culvert_smux_returned (peer->smux, peer_stream (peer, 3), 2);
  assert_wire (peer, "0200000003000000" "0200000005000000"
                     "0204080003000000" "02000000" "10000000");
}

static void
test_control_fin_before_reused_id (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, false);

  peer_feed_hex (peer, "0200000003000000");
  culvert_smux_close (peer->smux, peer_stream (peer, 3));
  peer_feed_hex (peer, "0200000003000000" "0202010003000000" "61");
  culvert_smux_returned (peer->smux, peer_stream (peer, 3), 1);
  assert_wire (peer, "0201000003000000" "0204080003000000" "01000000" "00002000");
}

/* -- time ----------------------------------------------------------------------- */

static CulvertTime
nop_time (Peer *peer,
          CulvertTime late)
{
  CulvertTime now;

  do
    {
      now = culvert_smux_deadline (peer->smux);
      peer_feed_hex (peer, "0203000000000000");
      g_assert_cmpint (culvert_smux_advance (peer->smux, now + late), ==, 0);
    }
  while (!culvert_smux_has_control (peer->smux));
  assert_wire (peer, "0203000000000000");
  return now;
}

static void
test_time_nop_period (void)
{
  g_autoptr (Peer) peer = peer_new (&default_config);

  culvert_smux_free (peer->smux);
  peer->smux = culvert_smux_new (&default_config, peer->counters, 5 * CULVERT_SEC + 700000);
  /* On whole seconds, never later than promised, and without drift when the wakes are late. */
  for (unsigned i = 1; i <= 100; i++)
    g_assert_cmpint (nop_time (peer, 3000), ==, (5 + 10 * i) * CULVERT_SEC);
}

/* Feeds a NOP of the peer at now; whether ours is due 10 ms later. */
static bool
is_nop_answered (Peer *peer,
                 CulvertTime now)
{
  uint8_t nop[CULVERT_SMUX_HEADER] = { 2, CULVERT_SMUX_NOP };
  CulvertSmuxRun run;
  bool is_due;

  g_assert_cmpint (culvert_smux_parse (peer->smux, nop, sizeof nop, &run, now), ==, sizeof nop);
  g_assert_false (culvert_smux_has_control (peer->smux));
  g_assert_cmpint (culvert_smux_advance (peer->smux, now + 10 * CULVERT_MSEC), ==, 0);
  is_due = culvert_smux_has_control (peer->smux);
  if (is_due)
    assert_wire (peer, "0203000000000000");
  return is_due;
}

/* A server answers unless it spoke in the quarter of a period before; its own begins anew then. */
static void
test_time_nop_answered (void)
{
  g_autoptr (Peer) peer = peer_new (&default_config);

  g_assert_cmpint (culvert_smux_deadline (peer->smux), ==, 10 * CULVERT_SEC);
  g_assert_false (is_nop_answered (peer, 2 * CULVERT_SEC));
  g_assert_true (is_nop_answered (peer, 3 * CULVERT_SEC));
  g_assert_cmpint (culvert_smux_deadline (peer->smux), ==, 13 * CULVERT_SEC);
  g_assert_false (is_nop_answered (peer, 3 * CULVERT_SEC));
}

/* A client speaks a second early, the first time by its phase, and never answers; short periods are
 * kept as they are. */
static void
test_time_nop_client (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;
  g_autoptr (Peer) early = NULL;
  g_autoptr (Peer) hasty = NULL;

  config.is_client = true;
  peer = peer_new (&config);
  g_assert_cmpint (culvert_smux_deadline (peer->smux), ==, 9 * CULVERT_SEC);
  g_assert_false (is_nop_answered (peer, 8 * CULVERT_SEC));
  config.phase = 15;
  early = peer_new (&config);
  g_assert_cmpint (culvert_smux_deadline (early->smux), ==, 2 * CULVERT_SEC);
  g_assert_cmpint (culvert_smux_advance (early->smux, 2 * CULVERT_SEC), ==, 0);
  g_assert_cmpint (culvert_smux_deadline (early->smux), ==, 11 * CULVERT_SEC);
  config.keepalive = 3 * CULVERT_SEC;
  hasty = peer_new (&config);
  g_assert_cmpint (culvert_smux_deadline (hasty->smux), ==, 3 * CULVERT_SEC);
}

static void
test_time_silence_kills (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;

  config.keepalive = 30 * CULVERT_SEC;
  peer = peer_new (&config);
  g_assert_cmpint (culvert_smux_deadline (peer->smux), ==, 30 * CULVERT_SEC);
  /* The header of a frame is enough as a sign of life, and so is a piece of payload. */
  peer_feed_hex (peer, "0202050009000000");
  g_assert_cmpint (culvert_smux_advance (peer->smux, 30 * CULVERT_SEC), ==, 0);
  peer_feed_hex (peer, "6162");
  g_assert_cmpint (culvert_smux_advance (peer->smux, 60 * CULVERT_SEC), ==, 0);
  g_assert_cmpint (culvert_smux_advance (peer->smux, 89 * CULVERT_SEC), ==, 0);
  g_assert_cmpint (culvert_smux_advance (peer->smux, 90 * CULVERT_SEC), ==, CULVERT_E_FATAL);
}

static void
test_time_no_check_without_tokens (void)
{
  CulvertSmuxConfig config = default_config;
  g_autoptr (Peer) peer = NULL;

  config.smuxbuf = 1;
  peer = peer_new (&config);
  peer_feed_hex (peer, "0200000003000000" "0202010003000000" "61");
  for (unsigned i = 1; i < 10; i++)
    g_assert_cmpint (culvert_smux_advance (peer->smux, i * 30 * CULVERT_SEC), ==, 0);
  culvert_smux_returned (peer->smux, peer_stream (peer, 3), 1);
  g_assert_cmpint (culvert_smux_advance (peer->smux, 300 * CULVERT_SEC), ==, CULVERT_E_FATAL);
}

static void
test_time_after_a_jump (void)
{
  g_autoptr (Peer) peer = peer_new_version (2, false);

  peer_feed_hex (peer, "0203000000000000");
  g_assert_cmpint (culvert_smux_advance (peer->smux, 1000 * CULVERT_SEC + 5), ==, 0);
  assert_wire (peer, "0203000000000000");
  g_assert_cmpint (culvert_smux_deadline (peer->smux), ==, 1010 * CULVERT_SEC);
  g_assert_cmpint (peer->smux->next_check, ==, 1031 * CULVERT_SEC);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/smux/parse/every-cut", test_parse_every_cut);
  g_test_add_func ("/smux/parse/byte-by-byte", test_parse_byte_by_byte);
  g_test_add_func ("/smux/parse/random-cuts", test_parse_random_cuts);
  g_test_add_func ("/smux/parse/error-is-final", test_parse_error_is_final);
  g_test_add_func ("/smux/parse/stops-at-a-run", test_parse_stops_at_a_run);
  g_test_add_func ("/smux/streams/ids", test_streams_ids);
  g_test_add_func ("/smux/streams/ids-end", test_streams_ids_end);
  g_test_add_func ("/smux/streams/ids-taken-by-peer", test_streams_ids_taken_by_peer);
  g_test_add_func ("/smux/streams/limit-of-peer", test_streams_limit_of_peer);
  g_test_add_func ("/smux/streams/limit-of-own", test_streams_limit_of_own);
  g_test_add_func ("/smux/streams/churn", test_streams_churn);
  g_test_add_func ("/smux/streams/close-before-syn", test_streams_close_before_syn);
  g_test_add_func ("/smux/streams/close-amid-frame", test_streams_close_amid_frame);
  g_test_add_func ("/smux/streams/closed-are-not-reported", test_streams_closed_are_not_reported);
  g_test_add_func ("/smux/streams/free-with-open-ones", test_streams_free_with_open_ones);
  g_test_add_func ("/smux/streams/fins-back-up", test_streams_fins_back_up);
  g_test_add_func ("/smux/window/initial", test_window_initial);
  g_test_add_func ("/smux/window/none-in-v1", test_window_none_in_v1);
  g_test_add_func ("/smux/window/wraps", test_window_wraps);
  g_test_add_func ("/smux/window/claims-too-much", test_window_claims_too_much);
  g_test_add_func ("/smux/window/above-31-bits-waits", test_window_above_31_bits_waits);
  g_test_add_func ("/smux/window/after-fin", test_window_after_fin);
  g_test_add_func ("/smux/window/reports-opening", test_window_reports_opening);
  g_test_add_func ("/smux/window/overrun", test_window_overrun);
  g_test_add_func ("/smux/update/first-read-and-half", test_update_first_read_and_half);
  g_test_add_func ("/smux/update/parts", test_update_parts);
  g_test_add_func ("/smux/update/none-in-v1", test_update_none_in_v1);
  g_test_add_func ("/smux/tokens/stop-at-frame", test_tokens_stop_at_frame);
  g_test_add_func ("/smux/tokens/unknown-stream", test_tokens_unknown_stream);
  g_test_add_func ("/smux/control/in-turn", test_control_in_turn);
  g_test_add_func ("/smux/control/fin-before-reused-id", test_control_fin_before_reused_id);
  g_test_add_func ("/smux/time/nop-period", test_time_nop_period);
  g_test_add_func ("/smux/time/nop-answered", test_time_nop_answered);
  g_test_add_func ("/smux/time/nop-client", test_time_nop_client);
  g_test_add_func ("/smux/time/silence-kills", test_time_silence_kills);
  g_test_add_func ("/smux/time/no-check-without-tokens", test_time_no_check_without_tokens);
  g_test_add_func ("/smux/time/after-a-jump", test_time_after_a_jump);
  return g_test_run ();
}

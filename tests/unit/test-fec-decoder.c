/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-fec-private.h"
#include "culvert-rng.h"
#include "culvert-wire.h"
#include "test-vectors.h"

#define TEST_SEED 777
#define TEST_SLAB (64 * 1024)

typedef struct
{
  bool is_data;
  uint32_t seqid;
  size_t len;
  uint8_t bytes[CULVERT_PACKET_MAX]; /* from the FEC header on */
} TestPacket;

typedef struct
{
  CulvertBudget budget;
  CulvertBudget encoder_budget;
  CulvertPool *packets;
  CulvertPool *encoder_packets;
  CulvertCounters *counters;
  CulvertFecDecoder *decoder;
  CulvertSeededRng rng;
  GPtrArray *sent;     /* TestPacket, in order */
  GHashTable *known;   /* position in sent -> how often its payload reached KCP */
  unsigned n_recovered;
} Fixture;

static void
test_set_up (Fixture *fixture,
             gconstpointer data)
{
  fixture->budget.limit = 1 << 20;
  fixture->encoder_budget.limit = 1 << 20;
  fixture->packets = culvert_pool_new (CULVERT_PACKET_SLOT, &fixture->budget);
  fixture->encoder_packets = culvert_pool_new (CULVERT_PACKET_SLOT, &fixture->encoder_budget);
  fixture->counters = culvert_counters_new ();
  fixture->sent = g_ptr_array_new_with_free_func (g_free);
  fixture->known = g_hash_table_new (NULL, NULL);
  culvert_seeded_rng_init (&fixture->rng, TEST_SEED);
}

static void
test_tear_down (Fixture *fixture,
                gconstpointer data)
{
  culvert_fec_decoder_free (fixture->decoder);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
  culvert_counters_unref (fixture->counters);
  culvert_pool_free (fixture->packets);
  culvert_pool_free (fixture->encoder_packets);
  g_ptr_array_unref (fixture->sent);
  g_hash_table_unref (fixture->known);
}

static void
test_start (Fixture *fixture,
            unsigned ds,
            unsigned ps)
{
  culvert_fec_decoder_free (fixture->decoder);
  fixture->decoder = culvert_fec_decoder_new (ds, ps, fixture->packets, fixture->counters);
}

static CulvertFecDecoderState
test_state (Fixture *fixture)
{
  CulvertFecDecoderState state;

  culvert_fec_decoder_get_state (fixture->decoder, &state);
  return state;
}

static void
test_keep_packet (Fixture *fixture,
                  CulvertPool *pool,
                  CulvertPacket *packet)
{
  TestPacket *kept = g_new0 (TestPacket, 1);

  kept->len = packet->len;
  memcpy (kept->bytes, culvert_packet_data (packet), packet->len);
  kept->seqid = culvert_load_u32 (kept->bytes);
  kept->is_data = culvert_load_u16 (kept->bytes + 4) == CULVERT_FEC_TYPE_DATA;
  g_ptr_array_add (fixture->sent, kept);
  culvert_pool_put (pool, packet);
}

/* Fills fixture->sent with whole groups of random packets from first_seqid on. */
static void
test_encode (Fixture *fixture,
             unsigned ds,
             unsigned ps,
             uint32_t first_seqid,
             unsigned n_groups)
{
  CulvertFecCode *code = culvert_fec_code_new (ds, ps);
  CulvertFecEncoder *encoder = culvert_fec_encoder_new (code, fixture->encoder_packets);
  uint8_t payload[1400];

  culvert_fec_encoder_set_next_seqid (encoder, first_seqid);
  for (unsigned i = 0; i < n_groups * ds; i++)
    {
      CulvertPacket *packet = culvert_packet_new (fixture->encoder_packets);
      size_t len = culvert_rng_below (&fixture->rng.base, i % 2 ? 60 : sizeof payload);

      culvert_rng_fill (&fixture->rng.base, payload, len);
      memcpy (culvert_packet_append (packet, len), payload, len);
      culvert_fec_encoder_add (encoder, packet, 0);
      test_keep_packet (fixture, fixture->encoder_packets, packet);
      while ((packet = culvert_fec_encoder_next_parity (encoder)))
        test_keep_packet (fixture, fixture->encoder_packets, packet);
    }
  culvert_fec_encoder_free (encoder);
  culvert_fec_code_unref (code);
}

static void
test_clear_sent (Fixture *fixture)
{
  g_ptr_array_set_size (fixture->sent, 0);
  g_hash_table_remove_all (fixture->known);
  fixture->n_recovered = 0;
}

static void
test_note_payload (Fixture *fixture,
                   const uint8_t *payload,
                   size_t len)
{
  for (unsigned i = 0; i < fixture->sent->len; i++)
    {
      TestPacket *packet = fixture->sent->pdata[i];

      if (packet->is_data && packet->len == len + CULVERT_FEC_HEADER
          && memcmp (packet->bytes + CULVERT_FEC_HEADER, payload, len) == 0
          && !g_hash_table_contains (fixture->known, GUINT_TO_POINTER (i)))
        {
          g_hash_table_add (fixture->known, GUINT_TO_POINTER (i));
          return;
        }
    }
}

/* Delivers packet i of those sent. Everything rebuilt must be a payload that was sent. */
static int
test_deliver (Fixture *fixture,
              unsigned i)
{
  TestPacket *packet = fixture->sent->pdata[i];
  int n;

  if (packet->is_data)
    g_hash_table_add (fixture->known, GUINT_TO_POINTER (i));
  n = culvert_fec_decoder_input (fixture->decoder, packet->bytes, packet->len, 0);
  g_assert_cmpint (n, >=, 0);
  for (int k = 0; k < n; k++)
    {
      unsigned before = g_hash_table_size (fixture->known);
      size_t len;
      const uint8_t *payload = culvert_fec_decoder_recovered (fixture->decoder, k, &len);

      test_note_payload (fixture, payload, len);
      g_assert_cmpuint (g_hash_table_size (fixture->known), ==, before + 1);
    }
  fixture->n_recovered += n;
  return n;
}

static unsigned
test_count_data (Fixture *fixture)
{
  unsigned n = 0;

  for (unsigned i = 0; i < fixture->sent->len; i++)
    n += ((TestPacket *) fixture->sent->pdata[i])->is_data;
  return n;
}

static int
test_input_header (Fixture *fixture,
                   uint32_t seqid,
                   uint16_t type,
                   size_t len)
{
  uint8_t bytes[2 * CULVERT_PACKET_MAX] = { 0 };

  culvert_store_u32 (bytes, seqid);
  culvert_store_u16 (bytes + 4, type);
  culvert_store_u16 (bytes + 6, len - 6);
  return culvert_fec_decoder_input (fixture->decoder, bytes, len, 0);
}

/* -- vectors ------------------------------------------------------------------- */

static void
test_vector_case (JsonObject *object,
                  void *data)
{
  Fixture *fixture = data;
  JsonArray *events = json_object_get_array_member (object, "events");

  test_start (fixture, json_object_get_int_member (object, "ds"),
              json_object_get_int_member (object, "ps"));
  for (unsigned i = 0; i < json_array_get_length (events); i++)
    {
      JsonObject *event = json_array_get_object_element (events, i);
      JsonArray *recovered = json_object_get_array_member (event, "recovered");
      size_t len;
      g_autofree uint8_t *packet = test_hex_member (event, "pkt", &len);
      CulvertFecDecoderState state;

      g_assert_cmpint (culvert_fec_decoder_input (fixture->decoder, packet, len, 0), ==,
                       json_array_get_length (recovered));
      for (unsigned k = 0; k < json_array_get_length (recovered); k++)
        {
          size_t expected_len;
          g_autofree uint8_t *expected = test_hex (json_array_get_string_element (recovered, k),
                                                   &expected_len);
          const uint8_t *payload = culvert_fec_decoder_recovered (fixture->decoder, k, &len);

          test_assert_bytes (payload, len, expected, expected_len);
        }
      state = test_state (fixture);
      g_assert_cmpuint (state.groups, ==, json_object_get_int_member (event, "groups"));
      g_assert_cmpuint (state.ds, ==, json_object_get_int_member (event, "ds"));
      g_assert_cmpuint (state.ps, ==, json_object_get_int_member (event, "ps"));
      g_assert_cmpint (state.retune_pending, ==,
                       json_object_get_boolean_member (event, "retune_pending"));
    }
}

static void
test_vectors (Fixture *fixture,
              gconstpointer data)
{
  test_vectors_foreach ("fec_decode.json", NULL, test_vector_case, fixture);
}

/* Where the reference knows both runs, the answer is the same; where it knows one, not another. */
static void
test_detector_case (JsonObject *object,
                    void *data)
{
  g_autofree CulvertFecSamples *samples = g_new0 (CulvertFecSamples, 1);
  JsonArray *steps = json_object_get_array_member (object, "steps");

  for (unsigned i = 0; i < json_array_get_length (steps); i++)
    {
      JsonArray *step = json_array_get_array_element (steps, i);
      int expected_ds = json_array_get_int_element (step, 2);
      int expected_ps = json_array_get_int_element (step, 3);
      unsigned ds = 0;
      unsigned ps = 0;
      bool is_found;

      culvert_fec_samples_add (samples, json_array_get_int_element (step, 0),
                               json_array_get_int_element (step, 1));
      is_found = culvert_fec_samples_detect (samples, &ds, &ps);
      g_assert_true (is_found || expected_ds < 0 || expected_ps < 0);
      if (is_found && expected_ds > 0)
        g_assert_cmpuint (ds, ==, expected_ds);
      if (is_found && expected_ps > 0)
        g_assert_cmpuint (ps, ==, expected_ps);
    }
}

/* While the reference is not in doubt, parameters and latch are the same. */
static void
test_autotune_case (JsonObject *object,
                    void *data)
{
  Fixture *fixture = data;
  JsonArray *steps = json_object_get_array_member (object, "steps");
  unsigned n_compared = 0;

  test_start (fixture, json_object_get_int_member (object, "ds"),
              json_object_get_int_member (object, "ps"));
  for (unsigned i = 0; i < json_array_get_length (steps); i++)
    {
      JsonArray *step = json_array_get_array_element (steps, i);
      uint16_t type = json_array_get_int_element (step, 0) ? CULVERT_FEC_TYPE_DATA
                                                           : CULVERT_FEC_TYPE_PARITY;
      CulvertFecDecoderState state;

      g_assert_cmpint (test_input_header (fixture, json_array_get_int_element (step, 1), type, 32),
                       >=, 0);
      if (json_array_get_int_element (step, 4))
        continue;
      state = test_state (fixture);
      g_assert_cmpuint (state.ds, ==, json_array_get_int_element (step, 2));
      g_assert_cmpuint (state.ps, ==, json_array_get_int_element (step, 3));
      g_assert_false (state.retune_pending);
      n_compared++;
    }
  g_assert_cmpuint (n_compared, >, 0);
}

static void
test_autotune (Fixture *fixture,
               gconstpointer data)
{
  test_vectors_foreach ("fec_autotune.json", "detector", test_detector_case, NULL);
  test_vectors_foreach ("fec_autotune.json", "decoder", test_autotune_case, fixture);
}

/* -- recovery ------------------------------------------------------------------- */

static void
test_all_losses (Fixture *fixture,
                 gconstpointer data)
{
  static const unsigned pairs[][2] = { { 1, 1 }, { 1, 3 }, { 2, 1 }, { 2, 4 }, { 3, 2 }, { 4, 3 },
                                       { 5, 1 }, { 6, 4 } };

  for (unsigned p = 0; p < G_N_ELEMENTS (pairs); p++)
    {
      unsigned ds = pairs[p][0];
      unsigned n = ds + pairs[p][1];

      for (unsigned lost = 0; lost < 1u << n; lost++)
        {
          unsigned n_left = n - __builtin_popcount (lost);
          unsigned n_data_left = ds - __builtin_popcount (lost & ((1u << ds) - 1));

          test_clear_sent (fixture);
          test_encode (fixture, ds, pairs[p][1], ds == 1 ? n : 0, ds == 1 ? 2 : 1);
          /* With one data shard the first packet of a sender has no parity: skip that group. */
          if (ds == 1)
            g_ptr_array_remove_index (fixture->sent, 0);
          test_start (fixture, ds, pairs[p][1]);
          for (unsigned i = 0; i < n; i++)
            if (!(lost >> i & 1))
              test_deliver (fixture, i);
          g_assert_cmpuint (g_hash_table_size (fixture->known), ==,
                            n_left >= ds ? ds : n_data_left);
          g_assert_cmpuint (culvert_pool_live (fixture->packets), <, n);
        }
    }
}

/* Order of n packets, each late by less than delay places. */
static void
test_shuffle (Fixture *fixture,
              unsigned *order,
              unsigned n,
              unsigned delay)
{
  g_autofree unsigned *due = g_new (unsigned, n);

  for (unsigned i = 0; i < n; i++)
    due[i] = i + culvert_rng_below (&fixture->rng.base, delay);
  for (unsigned at = 0; at < n + delay; at++)
    for (unsigned i = at < delay ? 0 : at - delay; i < n && i <= at; i++)
      if (due[i] == at)
        *order++ = i;
}

/* As many losses in each group as it has parity, all else late by up to a group and often twice. */
static void
test_disorder (Fixture *fixture,
               gconstpointer data)
{
  unsigned n_groups = 60;
  unsigned n = 13;
  unsigned order[60 * 13];

  for (unsigned round = 0; round < 10; round++)
    {
      g_autofree bool *is_lost = g_new0 (bool, n_groups * n);

      test_clear_sent (fixture);
      test_encode (fixture, 10, 3, 4294967287u - 13 * 20, n_groups);
      test_start (fixture, 10, 3);
      for (unsigned g = 0; g < n_groups; g++)
        for (unsigned k = 0; k < 3; k++)
          is_lost[g * n + culvert_rng_below (&fixture->rng.base, n)] = true;
      test_shuffle (fixture, order, n_groups * n, n);
      for (unsigned i = 0; i < n_groups * n; i++)
        {
          if (is_lost[order[i]])
            continue;
          test_deliver (fixture, order[i]);
          if (culvert_rng_below (&fixture->rng.base, 4) == 0)
            test_deliver (fixture, order[i]);
        }
      g_assert_cmpuint (g_hash_table_size (fixture->known), ==, test_count_data (fixture));
      g_assert_cmpuint (fixture->n_recovered, >, n_groups);
      g_assert_cmpuint (culvert_pool_live (fixture->packets), <=, 4 * 9 + 3);
    }
}

static void
test_ascending (Fixture *fixture,
                gconstpointer data)
{
  size_t len;

  test_encode (fixture, 12, 9, 0, 1);
  test_start (fixture, 12, 9);
  for (unsigned i = 20; i > 8; i--)
    test_deliver (fixture, i);
  g_assert_cmpuint (fixture->n_recovered, ==, 9);
  for (unsigned k = 0; k < 9; k++)
    {
      const uint8_t *payload = culvert_fec_decoder_recovered (fixture->decoder, k, &len);
      TestPacket *packet = fixture->sent->pdata[k];

      test_assert_bytes (payload, len, packet->bytes + 8, packet->len - 8);
    }
}

static void
test_large_code (Fixture *fixture,
                 gconstpointer data)
{
  test_encode (fixture, 128, 127, 0, 1);
  test_start (fixture, 128, 127);
  for (unsigned i = 127; i < 255; i++)
    test_deliver (fixture, i);
  g_assert_cmpuint (fixture->n_recovered, ==, 127);
  g_assert_cmpuint (g_hash_table_size (fixture->known), ==, 128);
}

static void
test_joined_late (Fixture *fixture,
                  gconstpointer data)
{
  test_encode (fixture, 3, 2, 3000000000u, 3);
  test_start (fixture, 3, 2);
  for (unsigned i = 0; i < 15; i++)
    if (i % 5 != 1)
      test_deliver (fixture, i);
  g_assert_cmpuint (fixture->n_recovered, ==, 3);
}

/* -- what is held ------------------------------------------------------------------ */

static void
test_holds_nothing_when_complete (Fixture *fixture,
                                  gconstpointer data)
{
  test_encode (fixture, 10, 3, 0, 3);
  test_start (fixture, 10, 3);
  for (unsigned i = 0; i < 39; i++)
    {
      test_deliver (fixture, i);
      g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, i % 13 < 9 ? i % 13 + 1 : 0);
    }
  g_assert_cmpuint (fixture->n_recovered, ==, 0);
  g_assert_cmpuint (culvert_counter_get (&fixture->counters->fec_full_shards), ==, 3);
  g_assert_cmpuint (culvert_counter_get (&fixture->counters->fec_parity_shards), ==, 9);
}

static void
test_bounded (Fixture *fixture,
              gconstpointer data)
{
  test_encode (fixture, 6, 2, 0, 40);
  test_start (fixture, 6, 2);
  for (unsigned i = 0; i < fixture->sent->len; i++)
    if (i % 8 >= 3)
      {
        test_deliver (fixture, i);
        g_assert_cmpuint (culvert_pool_live (fixture->packets), <=, 4 * 5);
        g_assert_cmpuint (test_state (fixture).groups, <=, 4);
      }
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 4 * 5);
  g_assert_cmpuint (fixture->n_recovered, ==, 0);
}

static void
test_jump_drops (Fixture *fixture,
                 gconstpointer data)
{
  test_start (fixture, 4, 2);
  for (unsigned i = 0; i < 3; i++)
    g_assert_cmpint (test_input_header (fixture, i, CULVERT_FEC_TYPE_DATA, 100), ==, 0);
  g_assert_cmpint (test_input_header (fixture, 6000, CULVERT_FEC_TYPE_DATA, 100), ==, 0);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 1);
  g_assert_cmpuint (test_state (fixture).groups, ==, 1);
  g_assert_cmpuint (test_state (fixture).newest_group, ==, 1000);
  g_assert_cmpint (test_input_header (fixture, 4, CULVERT_FEC_TYPE_PARITY, 100), ==, 0);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 1);
}

static void
test_trim (Fixture *fixture,
           gconstpointer data)
{
  test_encode (fixture, 3, 2, 0, 4);
  test_start (fixture, 3, 2);
  test_deliver (fixture, 0);
  test_deliver (fixture, 5);
  culvert_fec_decoder_trim (fixture->decoder);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
  g_assert_cmpuint (test_state (fixture).groups, ==, 0);
  for (unsigned i = 11; i < 14; i++)
    test_deliver (fixture, i);
  g_assert_cmpuint (fixture->n_recovered, ==, 1);
}

/* A group of 5 that lost 3 needs 5 slots to wait in and as many more as it shall rebuild. */
static void
test_no_slots (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GPtrArray) held = g_ptr_array_new ();
  void *slot;

  test_encode (fixture, 5, 3, 0, 20);
  test_start (fixture, 5, 3);
  fixture->budget.limit = TEST_SLAB;
  while ((slot = culvert_pool_get (fixture->packets)))
    g_ptr_array_add (held, slot);
  for (unsigned left = 0; left < 10; left++)
    {
      for (unsigned i = 0; i < 16; i++)
        if (i % 8 != 1 && i % 8 != 2 && i % 8 != 4)
          test_deliver (fixture, left * 16 + i);
      if (left < 6)
        g_assert_cmpuint (fixture->n_recovered, ==, 0);
      culvert_pool_put (fixture->packets, g_ptr_array_steal_index (held, 0));
    }
  g_assert_cmpuint (fixture->n_recovered, ==, 2 * (1 + 2 + 3 + 3));
  for (unsigned i = 0; i < held->len; i++)
    culvert_pool_put (fixture->packets, held->pdata[i]);
}

/* -- hostile ------------------------------------------------------------------------ */

static void
test_lengths (Fixture *fixture,
              gconstpointer data)
{
  test_start (fixture, 10, 3);
  for (size_t len = 6; len < 10; len++)
    g_assert_cmpint (test_input_header (fixture, len, CULVERT_FEC_TYPE_DATA, len), ==,
                     len < 8 ? CULVERT_E_DISCARD : 0);
  for (size_t len = 0; len < 8; len++)
    {
      g_autofree uint8_t *bytes = g_malloc0 (len + 1);

      g_assert_cmpint (culvert_fec_decoder_input (fixture->decoder, bytes, len, 0), ==,
                       CULVERT_E_DISCARD);
    }
  g_assert_cmpint (test_input_header (fixture, 1, CULVERT_FEC_TYPE_DATA, 1500), ==, 0);
  for (size_t len = 1501; len < 1520; len++)
    g_assert_cmpint (test_input_header (fixture, 2, CULVERT_FEC_TYPE_DATA, len), ==,
                     CULVERT_E_DISCARD);
}

static void
test_types (Fixture *fixture,
            gconstpointer data)
{
  test_start (fixture, 10, 3);
  g_assert_cmpint (test_input_header (fixture, 0, CULVERT_FEC_TYPE_OOB, 50), ==, CULVERT_E_DISCARD);
  g_assert_cmpint (test_input_header (fixture, 0, 81, 50), ==, CULVERT_E_DISCARD);
  g_assert_cmpint (test_input_header (fixture, 0, 0, 50), ==, CULVERT_E_DISCARD);
  g_assert_cmpuint (test_state (fixture).groups, ==, 0);
}

static void
test_beyond_paws (Fixture *fixture,
                  gconstpointer data)
{
  uint32_t paws = culvert_fec_paws (13);

  test_start (fixture, 10, 3);
  for (uint32_t seqid = paws; seqid != 0; seqid++)
    g_assert_cmpint (test_input_header (fixture, seqid, CULVERT_FEC_TYPE_PARITY, 50), ==, 0);
  g_assert_cmpuint (test_state (fixture).groups, ==, 0);
  g_assert_false (test_state (fixture).retune_pending);
}

/* The coded SIZE of a rebuilt shard must lie within it: 0, 1 and too long are errors. */
static void
test_bad_size (Fixture *fixture,
               gconstpointer data)
{
  static const uint16_t sizes[] = { 0, 1, 2, 40, 41, 0xffff };

  for (unsigned i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      uint8_t parity[46] = { 0 };
      bool is_good = sizes[i] >= 2 && sizes[i] <= 40;
      uint64_t n_errs = culvert_counter_get (&fixture->counters->fec_errs);
      size_t len;

      /* The only coefficient of (1,1) is 1, so the parity shard is the data shard. */
      test_start (fixture, 1, 1);
      culvert_store_u32 (parity, 1);
      culvert_store_u16 (parity + 4, CULVERT_FEC_TYPE_PARITY);
      culvert_store_u16 (parity + 6, sizes[i]);
      g_assert_cmpint (culvert_fec_decoder_input (fixture->decoder, parity, sizeof parity, 0), ==,
                       is_good);
      g_assert_cmpuint (culvert_counter_get (&fixture->counters->fec_errs), ==, n_errs + !is_good);
      if (is_good)
        {
          culvert_fec_decoder_recovered (fixture->decoder, 0, &len);
          g_assert_cmpuint (len, ==, sizes[i] - 2);
        }
    }
}

/* Shards cut short on the way never give more than the longest of the group. */
static void
test_truncated (Fixture *fixture,
                gconstpointer data)
{
  test_encode (fixture, 10, 3, 0, 200);
  test_start (fixture, 10, 3);
  for (unsigned i = 0; i < fixture->sent->len; i++)
    {
      TestPacket *packet = fixture->sent->pdata[i];
      size_t len = 8 + culvert_rng_below (&fixture->rng.base, packet->len - 7);
      int n;

      if (i % 13 == 2)
        continue;
      n = culvert_fec_decoder_input (fixture->decoder, packet->bytes, len, 0);
      g_assert_cmpint (n, <=, 1);
      for (int k = 0; k < n; k++)
        {
          culvert_fec_decoder_recovered (fixture->decoder, k, &len);
          g_assert_cmpuint (len, <=, CULVERT_PACKET_MAX - CULVERT_FEC_HEADER);
        }
    }
  g_assert_cmpuint (culvert_counter_get (&fixture->counters->fec_errs)
                    + culvert_counter_get (&fixture->counters->fec_recovered), ==, 200);
}

/* Ids, types and lengths at random, mostly near one another so that groups fill and retunes happen.
 * */
static void
test_noise (Fixture *fixture,
            gconstpointer data)
{
  uint8_t bytes[CULVERT_PACKET_MAX];
  uint32_t base = 0;

  test_start (fixture, 3, 2);
  culvert_rng_fill (&fixture->rng.base, bytes, sizeof bytes);
  for (unsigned i = 0; i < 60000; i++)
    {
      int n;

      if (culvert_rng_below (&fixture->rng.base, 500) == 0)
        base = culvert_rng_u32 (&fixture->rng.base);
      culvert_store_u32 (bytes, base++ + culvert_rng_below (&fixture->rng.base, 4));
      culvert_store_u16 (bytes + 4, 0xf1 + (culvert_rng_below (&fixture->rng.base, 5) == 0));
      culvert_store_u16 (bytes + 6, culvert_rng_below (&fixture->rng.base, 1600));
      n = culvert_fec_decoder_input (fixture->decoder, bytes,
                                     8 + culvert_rng_below (&fixture->rng.base, 80), 0);
      g_assert_cmpint (n, >=, 0);
      g_assert_cmpint (n, <, 256);
      g_assert_cmpuint (culvert_pool_live (fixture->packets), <=, 4 * 256);
      g_assert_cmpuint (test_state (fixture).groups, <=, 4);
    }
}

/* -- change of parameters ------------------------------------------------------------- */

/* The reference counts the newest group in old units and would drop millions of ids. */
static void
test_retune_grows (Fixture *fixture,
                   gconstpointer data)
{
  test_encode (fixture, 10, 3, 13 * 100000, 6);
  test_start (fixture, 3, 2);
  for (unsigned i = 0; i < 39; i++)
    test_deliver (fixture, i);
  g_assert_cmpuint (test_state (fixture).ds, ==, 10);
  g_assert_cmpuint (test_state (fixture).ps, ==, 3);
  for (unsigned i = 39; i < 78; i++)
    if (i % 13 >= 3)
      test_deliver (fixture, i);
  g_assert_cmpuint (fixture->n_recovered, ==, 9);
}

/* Ids that start again lower with other parameters: the newest group of before does not count. */
static void
test_retune_restarts (Fixture *fixture,
                      gconstpointer data)
{
  test_encode (fixture, 3, 2, 5 * 100000, 4);
  test_encode (fixture, 10, 3, 0, 6);
  test_start (fixture, 3, 2);
  for (unsigned i = 0; i < fixture->sent->len; i++)
    if (i < 20 + 39 || (i - 20) % 13 != 4)
      test_deliver (fixture, i);
  g_assert_cmpuint (test_state (fixture).ds, ==, 10);
  g_assert_cmpuint (fixture->n_recovered, ==, 3);
}

/* A sender that changes its parameters is followed within four of its new groups. */
static void
test_follows_encoder (Fixture *fixture,
                      gconstpointer data)
{
  test_encode (fixture, 4, 2, 0, 50);
  test_encode (fixture, 10, 3, 258 * 13, 8);
  test_start (fixture, 4, 2);
  for (unsigned i = 0; i < fixture->sent->len; i++)
    if (i < 300 + 4 * 13 || i % 13 != 5)
      test_deliver (fixture, i);
  g_assert_cmpuint (test_state (fixture).ds, ==, 10);
  g_assert_cmpuint (test_state (fixture).ps, ==, 3);
  g_assert_cmpuint (g_hash_table_size (fixture->known), ==, test_count_data (fixture));
  g_assert_cmpuint (fixture->n_recovered, ==, 4);
}

/* A fifth of the packets lost from the start: found as soon as one run of each kind is whole. */
static void
test_detects_despite_loss (Fixture *fixture,
                           gconstpointer data)
{
  for (unsigned round = 0; round < 20; round++)
    {
      unsigned i;

      test_clear_sent (fixture);
      test_encode (fixture, 6, 2, 8 * 1000, 250);
      test_start (fixture, 10, 3);
      for (i = 0; i < fixture->sent->len && test_state (fixture).ds != 6; i++)
        if (culvert_rng_below (&fixture->rng.base, 5) != 0)
          {
            test_deliver (fixture, i);
            g_assert_true (test_state (fixture).ds == 10 || test_state (fixture).ds == 6);
          }
      g_assert_cmpuint (test_state (fixture).ps, ==, 2);
      g_assert_cmpuint (i, <, 8 * 200);
    }
}

static void
test_register (const char *path,
               void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, test_set_up, func, test_tear_down);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_register ("/fec-decoder/vectors", test_vectors);
  test_register ("/fec-decoder/autotune", test_autotune);
  test_register ("/fec-decoder/recover/all-losses", test_all_losses);
  test_register ("/fec-decoder/recover/disorder", test_disorder);
  test_register ("/fec-decoder/recover/ascending", test_ascending);
  test_register ("/fec-decoder/recover/large-code", test_large_code);
  test_register ("/fec-decoder/recover/joined-late", test_joined_late);
  test_register ("/fec-decoder/memory/complete", test_holds_nothing_when_complete);
  test_register ("/fec-decoder/memory/bounded", test_bounded);
  test_register ("/fec-decoder/memory/jump", test_jump_drops);
  test_register ("/fec-decoder/memory/trim", test_trim);
  test_register ("/fec-decoder/memory/no-slots", test_no_slots);
  test_register ("/fec-decoder/hostile/lengths", test_lengths);
  test_register ("/fec-decoder/hostile/types", test_types);
  test_register ("/fec-decoder/hostile/beyond-paws", test_beyond_paws);
  test_register ("/fec-decoder/hostile/bad-size", test_bad_size);
  test_register ("/fec-decoder/hostile/truncated", test_truncated);
  test_register ("/fec-decoder/hostile/noise", test_noise);
  test_register ("/fec-decoder/retune/grows", test_retune_grows);
  test_register ("/fec-decoder/retune/restarts", test_retune_restarts);
  test_register ("/fec-decoder/retune/follows-encoder", test_follows_encoder);
  test_register ("/fec-decoder/retune/despite-loss", test_detects_despite_loss);
  return g_test_run ();
}

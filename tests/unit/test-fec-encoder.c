/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-fec-matrix.h"
#include "culvert-fec.h"
#include "culvert-gf256.h"
#include "culvert-rng.h"
#include "culvert-wire.h"
#include "test-vectors.h"

#define TEST_SEED 4242
#define TEST_MAX_N 64
#define TEST_SHARD_MAX 1402

typedef struct
{
  CulvertBudget budget;       /* of the encoder's pool */
  CulvertBudget data_budget;
  CulvertPool *packets;       /* parity is built here */
  CulvertPool *data_packets;  /* apart, so that lack of parity slots can be told */
  CulvertFecEncoder *encoder;
  CulvertTime now;
  CulvertSeededRng rng;
  GPtrArray *held;            /* slots taken away from the encoder */
} Fixture;

static void
test_set_up (Fixture *fixture,
             gconstpointer data)
{
  fixture->budget.limit = 1 << 20;
  fixture->data_budget.limit = 1 << 20;
  fixture->packets = culvert_pool_new (CULVERT_PACKET_SLOT, &fixture->budget);
  fixture->data_packets = culvert_pool_new (CULVERT_PACKET_SLOT, &fixture->data_budget);
  fixture->now = 1000 * CULVERT_SEC;
  fixture->held = g_ptr_array_new ();
  culvert_seeded_rng_init (&fixture->rng, TEST_SEED);
}

static void
test_tear_down (Fixture *fixture,
                gconstpointer data)
{
  culvert_fec_encoder_free (fixture->encoder);
  for (unsigned i = 0; i < fixture->held->len; i++)
    culvert_pool_put (fixture->packets, fixture->held->pdata[i]);
  g_ptr_array_unref (fixture->held);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
  g_assert_cmpuint (culvert_pool_live (fixture->data_packets), ==, 0);
  culvert_pool_free (fixture->packets);
  culvert_pool_free (fixture->data_packets);
}

static void
test_start (Fixture *fixture,
            unsigned ds,
            unsigned ps)
{
  CulvertFecCode *code = culvert_fec_code_new (ds, ps);

  culvert_fec_encoder_free (fixture->encoder);
  fixture->encoder = culvert_fec_encoder_new (code, fixture->packets);
  culvert_fec_code_unref (code);
}

static void
test_set_code (Fixture *fixture,
               unsigned ds,
               unsigned ps)
{
  CulvertFecCode *code = culvert_fec_code_new (ds, ps);

  culvert_fec_encoder_set_code (fixture->encoder, code);
  culvert_fec_code_unref (code);
}

/* The encoder has n slots left. */
static void
test_leave_slots (Fixture *fixture,
                  unsigned n)
{
  void *slot;

  fixture->budget.limit = 64 * 1024;
  while ((slot = culvert_pool_get (fixture->packets)))
    g_ptr_array_add (fixture->held, slot);
  for (; n > 0; n--)
    culvert_pool_put (fixture->packets, g_ptr_array_steal_index (fixture->held, 0));
}

/* Sends a KCP packet and returns it, FEC header in place (transfer full). */
static CulvertPacket *
test_add (Fixture *fixture,
          const uint8_t *payload,
          size_t len)
{
  CulvertPacket *packet = culvert_packet_new (fixture->data_packets);

  g_assert_nonnull (packet);
  memcpy (culvert_packet_append (packet, len), payload, len);
  culvert_fec_encoder_add (fixture->encoder, packet, fixture->now);
  g_assert_cmpuint (packet->len, ==, len + CULVERT_FEC_HEADER);
  test_assert_bytes (culvert_packet_data (packet) + CULVERT_FEC_HEADER, len, payload, len);
  return packet;
}

/* Sends n packets of random bytes and length; returns how many parity packets came. */
static unsigned
test_send (Fixture *fixture,
           unsigned n)
{
  unsigned n_parity = 0;

  for (; n > 0; n--)
    {
      uint8_t payload[TEST_SHARD_MAX - 2];
      size_t len = culvert_rng_below (&fixture->rng.base, sizeof payload);
      CulvertPacket *packet;

      culvert_rng_fill (&fixture->rng.base, payload, len);
      culvert_pool_put (fixture->data_packets, test_add (fixture, payload, len));
      while ((packet = culvert_fec_encoder_next_parity (fixture->encoder)))
        {
          n_parity++;
          culvert_pool_put (fixture->packets, packet);
        }
    }
  return n_parity;
}

/* -- vectors ------------------------------------------------------------------- */

static void
test_vector_case (JsonObject *object,
                  void *data)
{
  Fixture *fixture = data;
  JsonArray *steps = json_object_get_array_member (object, "steps");

  test_start (fixture, json_object_get_int_member (object, "ds"),
              json_object_get_int_member (object, "ps"));
  culvert_fec_encoder_set_next_seqid (fixture->encoder,
                                      json_object_get_int_member (object, "first_seqid"));
  for (unsigned i = 0; i < json_array_get_length (steps); i++)
    {
      JsonObject *step = json_array_get_object_element (steps, i);
      JsonArray *out = json_object_get_array_member (step, "out");
      size_t len;
      g_autofree uint8_t *payload = test_hex_member (step, "payload", &len);

      /* Out-of-band packets are never sent (WIRE.md 4.7); they would take no id. */
      if (json_object_has_member (step, "oob"))
        continue;
      fixture->now = json_object_get_int_member (step, "now_ms") * CULVERT_MSEC;
      for (unsigned k = 0; k < json_array_get_length (out); k++)
        {
          size_t expected_len;
          g_autofree uint8_t *expected = test_hex (json_array_get_string_element (out, k),
                                                   &expected_len);
          CulvertPacket *packet = k == 0 ? test_add (fixture, payload, len)
                                         : culvert_fec_encoder_next_parity (fixture->encoder);

          g_assert_nonnull (packet);
          test_assert_bytes (culvert_packet_data (packet), packet->len, expected, expected_len);
          culvert_pool_put (k == 0 ? fixture->data_packets : fixture->packets, packet);
        }
      g_assert_null (culvert_fec_encoder_next_parity (fixture->encoder));
    }
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==,
                    json_object_get_int_member (object, "next_seqid"));
}

static void
test_vectors (Fixture *fixture,
              gconstpointer data)
{
  test_vectors_foreach ("fec.json", NULL, test_vector_case, fixture);
}

/* -- parity against its definition ----------------------------------------------- */

typedef struct
{
  uint8_t bytes[TEST_SHARD_MAX];
  size_t len;
} TestShard;

static void
test_check_group (Fixture *fixture,
                  unsigned ds,
                  unsigned ps,
                  size_t max_len)
{
  g_autofree TestShard *shards = g_new0 (TestShard, ds);
  g_autofree uint8_t *rows = g_malloc (ds * ps);
  uint32_t base = culvert_fec_encoder_next_seqid (fixture->encoder);
  size_t longest = 0;

  g_assert_cmpint (culvert_fec_matrix_parity (ds, ps, rows), ==, CULVERT_OK);
  for (unsigned i = 0; i < ds; i++)
    {
      size_t len = culvert_rng_below (&fixture->rng.base, max_len);
      CulvertPacket *packet;

      g_assert_null (culvert_fec_encoder_next_parity (fixture->encoder));
      culvert_rng_fill (&fixture->rng.base, shards[i].bytes + 2, len);
      culvert_store_u16 (shards[i].bytes, len + 2);
      shards[i].len = len + 2;
      longest = MAX (longest, len + 2);
      packet = test_add (fixture, shards[i].bytes + 2, len);
      g_assert_cmpuint (culvert_load_u32 (culvert_packet_data (packet)), ==, base + i);
      culvert_pool_put (fixture->data_packets, packet);
    }
  for (unsigned j = 0; j < ps; j++)
    {
      CulvertPacket *packet = culvert_fec_encoder_next_parity (fixture->encoder);
      uint8_t expected[TEST_SHARD_MAX] = { 0 };

      g_assert_nonnull (packet);
      for (unsigned i = 0; i < ds; i++)
        for (size_t at = 0; at < shards[i].len; at++)
          expected[at] ^= culvert_gf256_mul (rows[j * ds + i], shards[i].bytes[at]);
      g_assert_cmpuint (culvert_load_u32 (culvert_packet_data (packet)), ==, base + ds + j);
      g_assert_cmpuint (culvert_load_u16 (culvert_packet_data (packet) + 4), ==,
                        CULVERT_FEC_TYPE_PARITY);
      test_assert_bytes (culvert_packet_data (packet) + 6, packet->len - 6, expected, longest);
      culvert_pool_put (fixture->packets, packet);
    }
  g_assert_null (culvert_fec_encoder_next_parity (fixture->encoder));
}

static void
test_random_groups (Fixture *fixture,
                    gconstpointer data)
{
  for (unsigned round = 0; round < 60; round++)
    {
      unsigned ds = 2 + culvert_rng_below (&fixture->rng.base, 20);
      unsigned ps = 1 + culvert_rng_below (&fixture->rng.base, 10);

      test_start (fixture, ds, ps);
      for (unsigned group = 0; group < 3; group++)
        test_check_group (fixture, ds, ps, round % 2 ? 60 : TEST_SHARD_MAX - 2);
    }
}

/* -- memory ---------------------------------------------------------------------- */

static void
test_headroom (Fixture *fixture,
               gconstpointer data)
{
  uint8_t payload[CULVERT_PACKET_MAX - CULVERT_FEC_HEADER] = { 0 };
  CulvertPacket *packet;
  CulvertPacket *parity;

  test_start (fixture, 2, 1);
  culvert_pool_put (fixture->data_packets, test_add (fixture, payload, 10));
  packet = test_add (fixture, payload, sizeof payload);
  parity = culvert_fec_encoder_next_parity (fixture->encoder);
  g_assert_nonnull (parity);
  g_assert_cmpuint (parity->offset, >=, packet->offset);
  g_assert_cmpuint (parity->offset, >=, CULVERT_PACKET_HEADROOM - CULVERT_FEC_HEADER);
  g_assert_cmpuint (parity->len, ==, packet->len);
  culvert_pool_put (fixture->data_packets, packet);
  culvert_pool_put (fixture->packets, parity);
}

static void
test_lazy_slots (Fixture *fixture,
                 gconstpointer data)
{
  test_start (fixture, 4, 3);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
  test_send (fixture, 1);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 3);
  g_assert_cmpuint (test_send (fixture, 3), ==, 3);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
}

static void
test_gap_frees_slots (Fixture *fixture,
                      gconstpointer data)
{
  test_start (fixture, 2, 2);
  test_send (fixture, 1);
  fixture->now += CULVERT_FEC_CONTINUITY;
  g_assert_cmpuint (test_send (fixture, 1), ==, 0);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 4);
}

static void
test_trim (Fixture *fixture,
           gconstpointer data)
{
  test_start (fixture, 3, 2);
  test_send (fixture, 1);
  culvert_fec_encoder_trim (fixture->encoder);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
  g_assert_cmpuint (test_send (fixture, 2), ==, 0);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 5);
  test_check_group (fixture, 3, 2, 200);
}

static void
test_untaken_parity (Fixture *fixture,
                     gconstpointer data)
{
  uint8_t payload[20] = { 0 };

  test_start (fixture, 2, 2);
  for (unsigned i = 0; i < 3; i++)
    culvert_pool_put (fixture->data_packets, test_add (fixture, payload, sizeof payload));
  g_assert_null (culvert_fec_encoder_next_parity (fixture->encoder));
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 5);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 2);
}

static void
test_no_slots (Fixture *fixture,
               gconstpointer data)
{
  test_start (fixture, 3, 3);
  test_leave_slots (fixture, 2);
  g_assert_cmpuint (test_send (fixture, 3), ==, 0);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 6);
  culvert_pool_put (fixture->packets, g_ptr_array_steal_index (fixture->held, 0));
  test_check_group (fixture, 3, 3, 500);
}

/* A packet that left no room for its header's headroom is longer than any parity packet can be. */
static void
test_overlong (Fixture *fixture,
               gconstpointer data)
{
  CulvertPacket *packet;

  test_start (fixture, 2, 1);
  test_send (fixture, 1);
  packet = culvert_packet_new (fixture->data_packets);
  packet->offset = CULVERT_FEC_HEADER;
  memset (culvert_packet_append (packet, culvert_packet_tailroom (packet)), 1,
          sizeof packet->buf - CULVERT_FEC_HEADER);
  culvert_fec_encoder_add (fixture->encoder, packet, fixture->now);
  g_assert_null (culvert_fec_encoder_next_parity (fixture->encoder));
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 3);
  culvert_pool_put (fixture->data_packets, packet);
  test_check_group (fixture, 2, 1, 500);
}

/* -- code -------------------------------------------------------------------------- */

static void
test_code_range (Fixture *fixture,
                 gconstpointer data)
{
  CulvertFecCode *code = culvert_fec_code_new (128, 128);

  g_assert_null (culvert_fec_code_new (0, 3));
  g_assert_null (culvert_fec_code_new (10, 0));
  g_assert_null (culvert_fec_code_new (129, 128));
  g_assert_null (culvert_fec_code_new (UINT_MAX, 2));
  g_assert_cmpuint (culvert_fec_code_ds (code), ==, 128);
  g_assert_cmpuint (culvert_fec_code_ps (code), ==, 128);
  g_assert_true (culvert_fec_code_ref (code) == code);
  culvert_fec_code_unref (code);
  g_assert_cmpuint (culvert_fec_code_ds (code), ==, 128);
  culvert_fec_code_unref (code);
}

static void
test_set_code_fresh (Fixture *fixture,
                     gconstpointer data)
{
  test_start (fixture, 10, 3);
  test_set_code (fixture, 4, 2);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 0);
  test_check_group (fixture, 4, 2, 100);
}

static void
test_set_code_equal (Fixture *fixture,
                     gconstpointer data)
{
  test_start (fixture, 4, 2);
  test_send (fixture, 3);
  test_set_code (fixture, 4, 2);
  g_assert_cmpuint (test_send (fixture, 1), ==, 2);
}

static void
test_set_code_open_group (Fixture *fixture,
                          gconstpointer data)
{
  test_start (fixture, 10, 3);
  test_send (fixture, 25);
  test_set_code (fixture, 6, 4);
  g_assert_cmpuint (culvert_pool_live (fixture->packets), ==, 0);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder) % 10, ==, 0);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), >, 25 / 10 * 13 + 5);
  for (unsigned group = 0; group < 3; group++)
    test_check_group (fixture, 6, 4, 300);
}

/* Even where the last id before is followed by a suitable one, there is a gap. */
static void
test_set_code_gap (Fixture *fixture,
                   gconstpointer data)
{
  test_start (fixture, 4, 2);
  culvert_fec_encoder_set_next_seqid (fixture->encoder, 6 * 258 - 6);
  test_send (fixture, 4);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 6 * 258);
  test_set_code (fixture, 3, 3);
  g_assert_cmpuint (culvert_fec_encoder_next_seqid (fixture->encoder), ==, 2 * 6 * 258);
}

/* -- change of code as receivers see it ----------------------------------------------- */

#define TEST_WINDOW 258

typedef struct
{
  bool is_data;
  uint32_t seqid;
} TestSample;

/* A kcptun decoder as far as parameters and groups go. */
typedef struct
{
  bool is_old;        /* the 20210922 release: samples at place id mod 258, no latch */
  unsigned ds;
  unsigned ps;
  bool is_retuning;
  uint32_t newest;
  unsigned n_samples;
  TestSample samples[TEST_WINDOW];
  unsigned lose_every;/* each so many packets one does not arrive; 0: all arrive */
  unsigned n_input;
  unsigned n_kept;    /* packets in a row that would serve recovery */
} TestReceiver;

static int
test_sample_compare (const void *a,
                     const void *b)
{
  return culvert_diff32 (((const TestSample *) a)->seqid, ((const TestSample *) b)->seqid);
}

/* WIRE.md 4.6; the older release does not insist on an unbroken stretch before the left edge. */
static int
test_receiver_run (const TestReceiver *receiver,
                   bool is_data)
{
  TestSample sorted[TEST_WINDOW];
  unsigned left = 0;

  memcpy (sorted, receiver->samples, sizeof sorted);
  if (!receiver->is_old)
    qsort (sorted, receiver->n_samples, sizeof *sorted, test_sample_compare);
  for (unsigned i = 1; i < receiver->n_samples; i++)
    {
      bool is_next = sorted[i].seqid == sorted[i - 1].seqid + 1;

      if (!is_next && (left > 0 || !receiver->is_old))
        return -1;
      if (is_next && left == 0 && sorted[i].is_data == is_data && sorted[i - 1].is_data != is_data)
        left = i;
      else if (left > 0 && sorted[i].is_data != is_data)
        return i - left;
    }
  return -1;
}

static void
test_receiver_sample (TestReceiver *receiver,
                      bool is_data,
                      uint32_t seqid)
{
  if (receiver->is_old)
    {
      receiver->n_samples = TEST_WINDOW;
      receiver->samples[seqid % TEST_WINDOW] = (TestSample) { is_data, seqid };
      return;
    }
  if (receiver->n_samples == TEST_WINDOW)
    memmove (receiver->samples, receiver->samples + 1,
             --receiver->n_samples * sizeof *receiver->samples);
  receiver->samples[receiver->n_samples++] = (TestSample) { is_data, seqid };
}

static void
test_receiver_input (TestReceiver *receiver,
                     bool is_data,
                     uint32_t seqid)
{
  uint32_t n = receiver->ds + receiver->ps;
  uint32_t group = seqid / n;

  if (receiver->lose_every > 0 && receiver->n_input++ % receiver->lose_every == 0)
    return;
  test_receiver_sample (receiver, is_data, seqid);
  receiver->n_kept++;
  if ((seqid % n < receiver->ds) != is_data)
    receiver->is_retuning = true;
  if (receiver->is_retuning)
    {
      int ds = test_receiver_run (receiver, true);
      int ps = test_receiver_run (receiver, false);

      receiver->n_kept = 0;
      receiver->is_retuning = !receiver->is_old;
      if (ds <= 0 || ps <= 0)
        return;
      receiver->ds = ds;
      receiver->ps = ps;
      receiver->is_retuning = false;
      return;
    }
  if (receiver->is_old)
    return;
  if (culvert_diff32 (group * n, receiver->newest * n) > 0)
    receiver->newest = group;
  if (culvert_diff32 (receiver->newest * n, group * n) > (int32_t) (3 * n))
    receiver->n_kept = 0;
}

/* Sends whole groups until at least n_packets went to the receiver. */
static void
test_receiver_feed (Fixture *fixture,
                    TestReceiver *receiver,
                    unsigned n_packets)
{
  uint8_t payload[24] = { 0 };

  for (unsigned sent = 0; sent < n_packets; sent++)
    {
      CulvertPacket *packet = test_add (fixture, payload, sizeof payload);
      CulvertPacket *parity;

      test_receiver_input (receiver, true, culvert_load_u32 (culvert_packet_data (packet)));
      culvert_pool_put (fixture->data_packets, packet);
      while ((parity = culvert_fec_encoder_next_parity (fixture->encoder)))
        {
          sent++;
          test_receiver_input (receiver, false, culvert_load_u32 (culvert_packet_data (parity)));
          culvert_pool_put (fixture->packets, parity);
        }
    }
}

typedef struct
{
  const char *name;
  unsigned from[2];
  unsigned to[2];
  unsigned groups; /* sent before, or */
  uint32_t start;  /* about where ids start */
} TestChange;

static const TestChange test_changes[] = {
  { "shrink-early", { 10, 3 }, { 4, 2 }, 3, 0 },
  { "shrink-late", { 20, 10 }, { 3, 1 }, 100, 1000000 },
  { "grow-early", { 3, 2 }, { 10, 3 }, 3, 0 },
  { "grow-late", { 4, 2 }, { 20, 10 }, 100, 1000000 },
  { "grow-twofold-late", { 10, 3 }, { 20, 6 }, 100, 50000000 },
  { "grow-high", { 10, 3 }, { 12, 3 }, 100, 3000000000u },
  { "grow-past-2^32", { 4, 2 }, { 20, 10 }, 100, 1000000000 },
  { "grow-round-2^32", { 4, 2 }, { 20, 10 }, 100, 1300000000 },
  { "same-n", { 10, 3 }, { 9, 4 }, 100, 77777 },
  { "shrink-before-wrap", { 10, 3 }, { 8, 3 }, 30, 4294967295u - 13 * 60 },
  { "grow-before-wrap", { 10, 3 }, { 12, 3 }, 30, 4294967295u - 13 * 60 },
};

static void
test_change (Fixture *fixture,
             const TestChange *change,
             TestReceiver *receiver,
             unsigned patience)
{
  unsigned n = change->from[0] + change->from[1];

  receiver->ds = change->from[0];
  receiver->ps = change->from[1];
  receiver->newest = change->start / n;
  test_start (fixture, change->from[0], change->from[1]);
  culvert_fec_encoder_set_next_seqid (fixture->encoder, change->start / n * n);
  test_receiver_feed (fixture, receiver, change->groups * n);
  g_assert_cmpuint (receiver->n_kept, >=, 2 * n);
  test_receiver_feed (fixture, receiver, 2); /* leaves a group open */

  test_set_code (fixture, change->to[0], change->to[1]);
  n = change->to[0] + change->to[1];
  test_receiver_feed (fixture, receiver, patience + 5 * n);
  g_assert_cmpuint (receiver->ds, ==, change->to[0]);
  g_assert_cmpuint (receiver->ps, ==, change->to[1]);
  g_assert_cmpuint (receiver->n_kept, >=, 2 * n);
}

static void
test_change_latest (Fixture *fixture,
                    gconstpointer data)
{
  TestReceiver receiver = { .is_old = false };

  test_change (fixture, data, &receiver, 2 * TEST_WINDOW);
}

static void
test_change_old (Fixture *fixture,
                 gconstpointer data)
{
  TestReceiver receiver = { .is_old = true };

  test_change (fixture, data, &receiver, 0);
}

/* Losses keep the receiver from retuning until long after the lift. */
static void
test_change_late (Fixture *fixture,
                  gconstpointer data)
{
  TestReceiver receiver = { .ds = 4, .ps = 2, .newest = 1000000 };

  test_start (fixture, 4, 2);
  culvert_fec_encoder_set_next_seqid (fixture->encoder, 6000000);
  test_receiver_feed (fixture, &receiver, 600);
  test_set_code (fixture, 20, 10);
  receiver.lose_every = 11;
  test_receiver_feed (fixture, &receiver, 2000);
  g_assert_cmpuint (receiver.ds, ==, 4);
  receiver.lose_every = 0;
  test_receiver_feed (fixture, &receiver, 2 * TEST_WINDOW);
  g_assert_cmpuint (receiver.ds, ==, 20);
  g_assert_cmpuint (receiver.n_kept, >=, 60);
}

static void
test_register (const char *path,
               gconstpointer data,
               void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, data, test_set_up, func, test_tear_down);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_register ("/fec-encoder/vectors", NULL, test_vectors);
  test_register ("/fec-encoder/random-groups", NULL, test_random_groups);
  test_register ("/fec-encoder/headroom", NULL, test_headroom);
  test_register ("/fec-encoder/lazy-slots", NULL, test_lazy_slots);
  test_register ("/fec-encoder/gap-frees-slots", NULL, test_gap_frees_slots);
  test_register ("/fec-encoder/trim", NULL, test_trim);
  test_register ("/fec-encoder/untaken-parity", NULL, test_untaken_parity);
  test_register ("/fec-encoder/no-slots", NULL, test_no_slots);
  test_register ("/fec-encoder/overlong", NULL, test_overlong);
  test_register ("/fec-encoder/code-range", NULL, test_code_range);
  test_register ("/fec-encoder/set-code/fresh", NULL, test_set_code_fresh);
  test_register ("/fec-encoder/set-code/equal", NULL, test_set_code_equal);
  test_register ("/fec-encoder/set-code/open-group", NULL, test_set_code_open_group);
  test_register ("/fec-encoder/change/late", NULL, test_change_late);
  test_register ("/fec-encoder/set-code/gap", NULL, test_set_code_gap);
  for (unsigned i = 0; i < G_N_ELEMENTS (test_changes); i++)
    {
      const TestChange *change = &test_changes[i];
      g_autofree char *latest = g_strdup_printf ("/fec-encoder/change/latest/%s", change->name);
      g_autofree char *old = g_strdup_printf ("/fec-encoder/change/20210922/%s", change->name);

      test_register (latest, change, test_change_latest);
      test_register (old, change, test_change_old);
    }
  return g_test_run ();
}

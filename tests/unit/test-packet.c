/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The packet against a plain array that grows on both sides. */
#include "config.h"

#include "culvert-packet.h"
#include "culvert-rng.h"

typedef struct
{
  CulvertBudget budget;
  CulvertPool *pool;
} Fixture;

static void
fixture_set_up (Fixture *f,
                const void *data)
{
  f->budget = (CulvertBudget) { .limit = 256 * 1024 };
  f->pool = culvert_pool_new (CULVERT_PACKET_SLOT, &f->budget);
}

static void
fixture_tear_down (Fixture *f,
                   const void *data)
{
  culvert_pool_free (f->pool);
}

static void
test_new (Fixture *f,
          const void *data)
{
  CulvertPacket *packet;
  void *slots[2];

  /* The slot is a used one, and not the only one in the free list. */
  for (unsigned i = 0; i < G_N_ELEMENTS (slots); i++)
    memset (slots[i] = culvert_pool_get (f->pool), 0xa5, CULVERT_PACKET_SLOT);
  for (unsigned i = 0; i < G_N_ELEMENTS (slots); i++)
    culvert_pool_put (f->pool, slots[i]);
  packet = culvert_packet_new (f->pool);
  g_assert_nonnull (packet);
  g_assert_null (packet->next);
  g_assert_null (packet->dest);
  g_assert_cmpuint (packet->len, ==, 0);
  g_assert_true (culvert_packet_data (packet) == packet->buf + CULVERT_PACKET_HEADROOM);
  g_assert_cmpuint (culvert_packet_tailroom (packet), ==, CULVERT_PACKET_MAX + CULVERT_PACKET_TAIL);
  culvert_pool_put (f->pool, packet);
}

/* A full body still has room for every header and for the tag. */
static void
test_full (Fixture *f,
           const void *data)
{
  CulvertPacket *packet = culvert_packet_new (f->pool);

  memset (culvert_packet_append (packet, CULVERT_PACKET_MAX), 1, CULVERT_PACKET_MAX);
  memset (culvert_packet_append (packet, CULVERT_PACKET_TAIL), 2, CULVERT_PACKET_TAIL);
  memset (culvert_packet_prepend (packet, CULVERT_PACKET_HEADROOM), 3, CULVERT_PACKET_HEADROOM);
  g_assert_true (culvert_packet_data (packet) == packet->buf);
  g_assert_cmpuint (packet->len, ==, sizeof packet->buf);
  g_assert_cmpuint (culvert_packet_tailroom (packet), ==, 0);
  culvert_pool_put (f->pool, packet);
}

static void
test_exhausted (Fixture *f,
                const void *data)
{
  CulvertPacket *list = NULL;
  CulvertPacket *packet;
  unsigned n = 0;

  while ((packet = culvert_packet_new (f->pool)))
    {
      packet->next = list;
      list = packet;
      n++;
    }
  g_assert_cmpuint (n, >=, 100);
  while (list)
    {
      packet = list;
      list = list->next;
      culvert_pool_put (f->pool, packet);
    }
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
}

static void
test_random (Fixture *f,
             const void *data)
{
  CulvertSeededRng seeded;
  CulvertRng *rng = &seeded.base;
  uint64_t seed = g_test_rand_int ();

  g_test_message ("seed %" G_GUINT64_FORMAT, seed);
  culvert_seeded_rng_init (&seeded, seed);
  for (unsigned round = 0; round < 100; round++)
    {
      g_autoptr (GByteArray) model = g_byte_array_new ();
      CulvertPacket *packet = culvert_packet_new (f->pool);

      for (unsigned step = 0; step < 30; step++)
        {
          size_t room = culvert_packet_tailroom (packet);
          uint8_t bytes[200];
          uint32_t len;

          culvert_rng_fill (rng, bytes, sizeof bytes);
          if (culvert_rng_below (rng, 4) == 0)
            {
              len = culvert_rng_below (rng, MIN (12u, packet->offset + 1u));
              memcpy (culvert_packet_prepend (packet, len), bytes, len);
              g_byte_array_prepend (model, bytes, len);
              g_assert_cmpuint (culvert_packet_tailroom (packet), ==, room);
            }
          else
            {
              len = culvert_rng_below (rng, MIN (sizeof bytes, room + 1));
              memcpy (culvert_packet_append (packet, len), bytes, len);
              g_byte_array_append (model, bytes, len);
              g_assert_cmpuint (culvert_packet_tailroom (packet), ==, room - len);
            }
          g_assert_cmpmem (culvert_packet_data (packet), packet->len, model->data, model->len);
        }
      culvert_pool_put (f->pool, packet);
    }
}

static void
test_batch (Fixture *f,
            const void *data)
{
  CulvertTxBatch batch = { 0 };
  CulvertPacket packets[2];

  g_assert_cmpuint (culvert_tx_batch_room (&batch), ==, CULVERT_TX_BATCH_MAX);
  for (unsigned i = 0; i < CULVERT_TX_BATCH_MAX; i++)
    culvert_tx_batch_add (&batch, &packets[i % 2]);
  g_assert_cmpuint (culvert_tx_batch_room (&batch), ==, 0);
  g_assert_true (batch.packets[0] == &packets[0]);
  g_assert_true (batch.packets[CULVERT_TX_BATCH_MAX - 1] == &packets[1]);
}

#define ADD(path, func) \
  g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/packet/new", test_new);
  ADD ("/packet/full", test_full);
  ADD ("/packet/exhausted", test_exhausted);
  ADD ("/packet/random", test_random);
  ADD ("/packet/batch", test_batch);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The ring against a plain table of one window, with numbers that cross 2^32. */
#include "config.h"

#include "culvert-ring.h"
#include "culvert-rng.h"

#define MAX_WINDOW 512

/* Numbers [first, first + window) may be live; model[i] is what first + i holds. */
typedef struct
{
  CulvertRing ring;
  uint32_t first;
  uint32_t window;
  void *model[MAX_WINDOW];
} Model;

static void
model_check (const Model *m)
{
  uint32_t used = 0;

  for (uint32_t i = 0; i < m->window; i++)
    {
      g_assert_true (culvert_ring_get (&m->ring, m->first + i) == m->model[i]);
      used += m->model[i] != NULL;
    }
  g_assert_cmpuint (m->ring.used, ==, used);
  g_assert_cmpuint (m->ring.size & (m->ring.size - 1), ==, 0);
  g_assert_cmpint (m->ring.slots != NULL, ==, m->ring.size != 0);
}

static void
model_put_or_take (Model *m,
                   uint32_t i,
                   void *item)
{
  if (m->model[i])
    {
      g_assert_true (culvert_ring_take (&m->ring, m->first + i) == m->model[i]);
      m->model[i] = NULL;
      return;
    }
  g_assert_null (culvert_ring_take (&m->ring, m->first + i));
  culvert_ring_put (&m->ring, m->first + i, item);
  m->model[i] = item;
}

static void
model_advance (Model *m,
               uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    g_assert_true (culvert_ring_take (&m->ring, m->first + i) == m->model[i]);
  memmove (m->model, m->model + n, (MAX_WINDOW - n) * sizeof m->model[0]);
  memset (m->model + MAX_WINDOW - n, 0, n * sizeof m->model[0]);
  m->first += n;
}

static void
test_random (void)
{
  CulvertSeededRng seeded;
  CulvertRng *rng = &seeded.base;
  uint64_t seed = g_test_rand_int ();
  Model m = { .first = (uint32_t) -2000 };
  static uint8_t items[256];

  g_test_message ("seed %" G_GUINT64_FORMAT, seed);
  culvert_seeded_rng_init (&seeded, seed);
  culvert_ring_init (&m.ring);
  for (unsigned step = 0; step < 4000; step++)
    {
      uint32_t what = culvert_rng_below (rng, 100);

      if (m.window == 0 || (what == 0 && m.window < MAX_WINDOW))
        {
          uint32_t n = m.window + 1 + culvert_rng_below (rng, MAX_WINDOW - m.window);

          g_assert_cmpint (culvert_ring_grow (&m.ring, m.first, n), ==, CULVERT_OK);
          g_assert_cmpuint (m.ring.size, >=, n);
          m.window = n;
        }
      else if (what < 10)
        model_advance (&m, culvert_rng_below (rng, MIN (m.window, 50) + 1));
      else
        model_put_or_take (&m, culvert_rng_below (rng, m.window), &items[step % 256]);
      if (what == 99 && m.ring.used == 0)
        {
          culvert_ring_trim (&m.ring);
          g_assert_cmpuint (m.ring.size, ==, 0);
          m.window = 0;
        }
      model_check (&m);
    }
  g_assert_cmpuint (m.first, <, (uint32_t) -2000);
  culvert_ring_clear (&m.ring);
}

static void
test_empty (void)
{
  CulvertRing ring;

  culvert_ring_init (&ring);
  g_assert_null (ring.slots);
  g_assert_null (culvert_ring_get (&ring, 7));
  g_assert_null (culvert_ring_take (&ring, 7));
  culvert_ring_trim (&ring);
  culvert_ring_clear (&ring);
}

/* Growing moves each number to its place, also across the wrap. */
static void
test_grow_across_wrap (void)
{
  uint32_t first = (uint32_t) -5;
  uint8_t items[8];
  CulvertRing ring;

  culvert_ring_init (&ring);
  g_assert_cmpint (culvert_ring_grow (&ring, first, 8), ==, CULVERT_OK);
  for (uint32_t i = 0; i < 8; i++)
    culvert_ring_put (&ring, first + i, &items[i]);
  g_assert_cmpint (culvert_ring_grow (&ring, first, 65536), ==, CULVERT_OK);
  g_assert_cmpuint (ring.size, ==, 65536);
  for (uint32_t i = 0; i < 8; i++)
    g_assert_true (culvert_ring_take (&ring, first + i) == &items[i]);
  g_assert_cmpuint (ring.used, ==, 0);
  culvert_ring_clear (&ring);
}

static void
test_grow_never_shrinks (void)
{
  CulvertRing ring;
  uint32_t size;

  culvert_ring_init (&ring);
  g_assert_cmpint (culvert_ring_grow (&ring, 0, 100), ==, CULVERT_OK);
  size = ring.size;
  g_assert_cmpuint (size, ==, 128);
  g_assert_cmpint (culvert_ring_grow (&ring, 0, 3), ==, CULVERT_OK);
  g_assert_cmpuint (ring.size, ==, size);
  culvert_ring_clear (&ring);
}

static void
test_trim_of_used (void)
{
  CulvertRing ring;
  int item;

  culvert_ring_init (&ring);
  g_assert_cmpint (culvert_ring_grow (&ring, 0, 8), ==, CULVERT_OK);
  culvert_ring_put (&ring, 3, &item);
  culvert_ring_trim (&ring);
  g_assert_true (culvert_ring_take (&ring, 3) == &item);
  culvert_ring_trim (&ring);
  g_assert_null (ring.slots);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ring/random", test_random);
  g_test_add_func ("/ring/empty", test_empty);
  g_test_add_func ("/ring/grow/across-wrap", test_grow_across_wrap);
  g_test_add_func ("/ring/grow/never-shrinks", test_grow_never_shrinks);
  g_test_add_func ("/ring/trim/used", test_trim_of_used);
  return g_test_run ();
}

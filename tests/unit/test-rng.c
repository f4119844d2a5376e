/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-rng.h"

/* First outputs of xoshiro256** from the state 1, 2, 3, 4, worked out by hand from the
 * published recurrence: rotl (s1 * 5, 7) * 9. */
static void
test_known_answers (void)
{
  static const uint64_t expected[] = { 11520, 0, 1509978240, 1215971899390074240 };
  CulvertSeededRng rng;

  culvert_seeded_rng_init (&rng, 0);
  for (unsigned i = 0; i < 4; i++)
    rng.state[i] = i + 1;
  for (unsigned i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      uint64_t word;

      culvert_rng_fill (&rng.base, &word, sizeof word);
      g_assert_cmpuint (GUINT64_FROM_LE (word), ==, expected[i]);
    }
}

/* splitmix64 of seed 0 begins with this published word. */
static void
test_seeding (void)
{
  CulvertSeededRng rng;

  culvert_seeded_rng_init (&rng, 0);
  g_assert_cmphex (rng.state[0], ==, 0xe220a8397b1dcdaf);
  g_assert_cmphex (rng.state[1], ==, 0x6e789e6aa1b965f4);
}

static void
test_equal_seeds (void)
{
  CulvertSeededRng one;
  CulvertSeededRng two;
  uint8_t a[1001];
  uint8_t b[1001];

  culvert_seeded_rng_init (&one, 42);
  culvert_seeded_rng_init (&two, 42);
  culvert_rng_fill (&one.base, a, sizeof a);
  culvert_rng_fill (&two.base, b, sizeof b);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  culvert_seeded_rng_init (&two, 43);
  culvert_rng_fill (&two.base, b, sizeof b);
  g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
}

/* fill writes exactly what it was asked for. */
static void
test_fill_bounds (void)
{
  CulvertSeededRng rng;

  culvert_seeded_rng_init (&rng, 7);
  for (size_t len = 0; len < 40; len++)
    {
      uint8_t buf[64];

      memset (buf, 0xa5, sizeof buf);
      culvert_rng_fill (&rng.base, buf + 8, len);
      for (size_t i = 0; i < 8; i++)
        g_assert_cmphex (buf[i], ==, 0xa5);
      for (size_t i = 8 + len; i < sizeof buf; i++)
        g_assert_cmphex (buf[i], ==, 0xa5);
    }
}

/* Every value below the bound comes, about equally often, and none above it. */
static void
test_below (void)
{
  static const uint32_t bounds[] = { 1, 2, 3, 7, 10, 100 };
  CulvertSeededRng rng;

  culvert_seeded_rng_init (&rng, 11);
  for (unsigned b = 0; b < G_N_ELEMENTS (bounds); b++)
    {
      unsigned n[100] = { 0 };

      for (unsigned i = 0; i < 1000 * bounds[b]; i++)
        {
          uint32_t v = culvert_rng_below (&rng.base, bounds[b]);

          g_assert_cmpuint (v, <, bounds[b]);
          n[v]++;
        }
      for (uint32_t v = 0; v < bounds[b]; v++)
        {
          g_assert_cmpuint (n[v], >, 800);
          g_assert_cmpuint (n[v], <, 1200);
        }
    }
}

typedef struct
{
  CulvertRng base;
  const uint32_t *words;
  unsigned n;
} ScriptedRng;

static void
scripted_fill (CulvertRng *base,
               void *buf,
               size_t len)
{
  ScriptedRng *rng = (ScriptedRng *) base;
  uint32_t word = GUINT32_TO_LE (rng->words[rng->n++]);

  g_assert_cmpuint (len, ==, sizeof word);
  memcpy (buf, &word, sizeof word);
}

/* With bound 3, 2^32 has one value too many: the word 0 is drawn again. */
static void
test_below_rejects (void)
{
  static const uint32_t words[] = { 0, 0, 0xffffffff };
  ScriptedRng rng = { .base.fill = scripted_fill, .words = words };

  g_assert_cmpuint (culvert_rng_below (&rng.base, 3), ==, 2);
  g_assert_cmpuint (rng.n, ==, 3);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rng/known-answers", test_known_answers);
  g_test_add_func ("/rng/seeding", test_seeding);
  g_test_add_func ("/rng/equal-seeds", test_equal_seeds);
  g_test_add_func ("/rng/fill-bounds", test_fill_bounds);
  g_test_add_func ("/rng/below/uniform", test_below);
  g_test_add_func ("/rng/below/rejects", test_below_rejects);
  return g_test_run ();
}

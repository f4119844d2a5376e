/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cipher.h"
#include "culvert-nonce.h"

#define TEST_NONCE_LEN 16

static gboolean
test_nonce_equal (gconstpointer a,
                  gconstpointer b)
{
  return memcmp (a, b, TEST_NONCE_LEN) == 0;
}

static guint
test_nonce_hash (gconstpointer p)
{
  guint hash;

  memcpy (&hash, p, sizeof hash);
  return hash;
}

/* Across the seams of some 150 blocks, each with its own key. */
static void
test_distinct (void)
{
  const size_t n = 40000;
  CulvertRng *rng = culvert_nonce_rng_new ();
  g_autofree uint8_t *nonces = g_malloc (n * TEST_NONCE_LEN);
  g_autoptr (GHashTable) seen = g_hash_table_new (test_nonce_hash, test_nonce_equal);

  for (size_t i = 0; i < n; i++)
    {
      culvert_rng_fill (rng, nonces + i * TEST_NONCE_LEN, TEST_NONCE_LEN);
      g_assert_true (g_hash_table_add (seen, nonces + i * TEST_NONCE_LEN));
    }
  culvert_nonce_rng_free (rng);
}

/* Two generators, and so two runs, share nothing. */
static void
test_seeded_apart (void)
{
  CulvertRng *a = culvert_nonce_rng_new ();
  CulvertRng *b = culvert_nonce_rng_new ();
  uint8_t x[32];
  uint8_t y[32];

  culvert_rng_fill (a, x, sizeof x);
  culvert_rng_fill (b, y, sizeof y);
  g_assert_cmpint (memcmp (x, y, sizeof x), !=, 0);
  culvert_nonce_rng_free (a);
  culvert_nonce_rng_free (b);
}

/* Fills of every size write all of their bytes and not one more. */
static void
test_bounds (void)
{
  CulvertRng *rng = culvert_nonce_rng_new ();
  g_autofree uint8_t *buf = g_malloc (10002);

  for (size_t len = 0; len <= 10000; len += len < 64 ? 1 : 613)
    {
      unsigned ones[2] = { 0, 0 };

      for (unsigned round = 0; round < 64; round++)
        {
          memset (buf, 0, 10002);
          culvert_rng_fill (rng, buf + 1, len);
          g_assert_cmpuint (buf[0], ==, 0);
          g_assert_cmpuint (buf[len + 1], ==, 0);
          ones[0] += len > 0 && buf[1] != 0;
          ones[1] += len > 0 && buf[len] != 0;
        }
      /* All 64 bytes zero: once in 2^512 runs. */
      g_assert_true (len == 0 || (ones[0] > 0 && ones[1] > 0));
    }
  culvert_nonce_rng_free (rng);
}

/* Mean of the bits over 33 MiB, which crosses two new seeds: 277 million coins, five sigma. */
static void
test_balanced (void)
{
  CulvertRng *rng = culvert_nonce_rng_new ();
  const size_t n_words = 8448;
  const size_t n_rounds = 512;
  g_autofree uint64_t *words = g_new (uint64_t, n_words);
  uint64_t ones = 0;
  uint64_t half = n_rounds * n_words * 32;

  for (size_t round = 0; round < n_rounds; round++)
    {
      culvert_rng_fill (rng, words, n_words * sizeof *words);
      for (size_t i = 0; i < n_words; i++)
        ones += __builtin_popcountll (words[i]);
    }
  g_assert_cmpuint (ones, >, half - 5 * 8321);
  g_assert_cmpuint (ones, <, half + 5 * 8321);
  culvert_nonce_rng_free (rng);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  g_test_add_func ("/nonce/distinct", test_distinct);
  g_test_add_func ("/nonce/seeded-apart", test_seeded_apart);
  g_test_add_func ("/nonce/bounds", test_bounds);
  g_test_add_func ("/nonce/balanced", test_balanced);
  return g_test_run ();
}

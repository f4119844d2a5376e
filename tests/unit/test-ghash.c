/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Our GHASH against libgcrypt's GCM: with the same key the tag is the hash xor the encrypted first
 * counter block. */
#include "config.h"

#include "culvert-cipher.h"
#include "culvert-ghash.h"
#include "culvert-packet.h"
#include "culvert-rng.h"

#include <gcrypt.h>

#define NONCE_LEN 12

typedef struct
{
  CulvertSeededRng rng;
  gcry_cipher_hd_t ecb;
  gcry_cipher_hd_t gcm;
  CulvertGhash ghash;
} Fixture;

static void
open_handle (gcry_cipher_hd_t *handle, int mode, const uint8_t *key)
{
  g_assert_cmpuint (gcry_cipher_open (handle, GCRY_CIPHER_AES128, mode, 0), ==, 0);
  g_assert_cmpuint (gcry_cipher_setkey (*handle, key, 16), ==, 0);
}

static void
use_key (Fixture *f, const uint8_t key[16])
{
  uint8_t h[CULVERT_GHASH_BLOCK] = { 0 };

  open_handle (&f->ecb, GCRY_CIPHER_MODE_ECB, key);
  open_handle (&f->gcm, GCRY_CIPHER_MODE_GCM, key);
  g_assert_cmpuint (gcry_cipher_encrypt (f->ecb, h, sizeof h, NULL, 0), ==, 0);
  culvert_ghash_init (&f->ghash, h);
}

static void
drop_key (Fixture *f)
{
  gcry_cipher_close (f->ecb);
  gcry_cipher_close (f->gcm);
}

/* The hash of len bytes equals what libgcrypt's tag has in it; data is encrypted. */
static void
check_hash (Fixture *f, uint8_t *data, size_t len, const uint8_t nonce[NONCE_LEN])
{
  uint8_t counter[CULVERT_GHASH_BLOCK] = { [CULVERT_GHASH_BLOCK - 1] = 1 };
  uint8_t expected[CULVERT_GHASH_BLOCK];
  uint8_t hash[CULVERT_GHASH_BLOCK];

  memcpy (counter, nonce, NONCE_LEN);
  g_assert_cmpuint (gcry_cipher_setiv (f->gcm, nonce, NONCE_LEN), ==, 0);
  g_assert_cmpuint (gcry_cipher_encrypt (f->gcm, data, len, NULL, 0), ==, 0);
  g_assert_cmpuint (gcry_cipher_gettag (f->gcm, expected, sizeof expected), ==, 0);
  g_assert_cmpuint (gcry_cipher_encrypt (f->ecb, counter, sizeof counter, NULL, 0), ==, 0);
  for (unsigned i = 0; i < sizeof expected; i++)
    expected[i] ^= counter[i];
  culvert_ghash_run (&f->ghash, data, len, hash);
  g_assert_cmpmem (hash, sizeof hash, expected, sizeof expected);
}

/* Every length, at every place of a block, with keys whose first bit is set and is not. */
static void
test_lengths (void)
{
  g_autofree uint8_t *memory = g_malloc (CULVERT_PACKET_MAX + CULVERT_GHASH_BLOCK);
  Fixture f;

  culvert_seeded_rng_init (&f.rng, 41);
  for (unsigned n = 0; n < 8; n++)
    {
      uint8_t key[16];

      culvert_rng_fill (&f.rng.base, key, sizeof key);
      use_key (&f, key);
      for (size_t len = 0; len <= CULVERT_PACKET_MAX; len++)
        {
          uint8_t *data = memory + len % CULVERT_GHASH_BLOCK;
          uint8_t nonce[NONCE_LEN];

          culvert_rng_fill (&f.rng.base, data, len);
          culvert_rng_fill (&f.rng.base, nonce, sizeof nonce);
          check_hash (&f, data, len, nonce);
        }
      drop_key (&f);
    }
}

/* NIST's example: test case 3 of "The Galois/Counter Mode of Operation", whose hash it gives. */
static void
test_known (void)
{
  static const uint8_t h[] = { 0xb8, 0x3b, 0x53, 0x37, 0x08, 0xbf, 0x53, 0x5d,
                               0x0a, 0xa6, 0xe5, 0x29, 0x80, 0xd5, 0x3b, 0x78 };
  static const uint8_t data[] = {
    0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24, 0x4b, 0x72, 0x21, 0xb7, 0x84, 0xd0, 0xd4, 0x9c,
    0xe3, 0xaa, 0x21, 0x2f, 0x2c, 0x02, 0xa4, 0xe0, 0x35, 0xc1, 0x7e, 0x23, 0x29, 0xac, 0xa1, 0x2e,
    0x21, 0xd5, 0x14, 0xb2, 0x54, 0x66, 0x93, 0x1c, 0x7d, 0x8f, 0x6a, 0x5a, 0xac, 0x84, 0xaa, 0x05,
    0x1b, 0xa3, 0x0b, 0x39, 0x6a, 0x0a, 0xac, 0x97, 0x3d, 0x58, 0xe0, 0x91, 0x47, 0x3f, 0x59, 0x85,
  };
  static const uint8_t expected[] = { 0x7f, 0x1b, 0x32, 0xb8, 0x1b, 0x82, 0x0d, 0x02,
                                      0x61, 0x4f, 0x88, 0x95, 0xac, 0x1d, 0x4e, 0xac };
  CulvertGhash ghash;
  uint8_t hash[CULVERT_GHASH_BLOCK];

  culvert_ghash_init (&ghash, h);
  culvert_ghash_run (&ghash, data, sizeof data, hash);
  g_assert_cmpmem (hash, sizeof hash, expected, sizeof expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  if (!culvert_ghash_is_available ())
    {
      g_printerr ("this processor has no wide carry-less multiplication\n");
      return 77;
    }
  g_test_add_func ("/ghash/known", test_known);
  g_test_add_func ("/ghash/lengths", test_lengths);
  return g_test_run ();
}

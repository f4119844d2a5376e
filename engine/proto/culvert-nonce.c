/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Random bytes for nonces: AES-256-CTR key stream in blocks of 4 KiB.
 *
 * Each block begins with the key of the next, which is taken out at once, so what lies in
 * memory tells nothing about bytes handed out before the block. Every 16 MiB the next key is
 * mixed with fresh bytes of the operating system. A nonce costs a copy of 16 bytes; the
 * schedule of the new key about 50 ns per 254 nonces.
 *
 * Not safe across fork: the child would repeat the parent's nonces. Workers do not fork. */
#include "config.h"

#include <gcrypt.h>

#include "culvert-nonce.h"

#define CULVERT_NONCE_KEY_LEN 32
#define CULVERT_NONCE_BLOCK 4096
#define CULVERT_NONCE_BLOCKS_PER_SEED 4096

typedef struct
{
  CulvertRng base;
  gcry_cipher_hd_t handle;
  size_t used;     /* bytes of block that are gone */
  unsigned n_left; /* blocks until the next seed */
  uint8_t key[CULVERT_NONCE_KEY_LEN];
  uint8_t block[CULVERT_NONCE_BLOCK];
} CulvertNonceRng;

G_STATIC_ASSERT (G_STRUCT_OFFSET (CulvertNonceRng, base) == 0);

static void
culvert_nonce_rng_seed (CulvertNonceRng *self)
{
  uint8_t seed[CULVERT_NONCE_KEY_LEN];

  gcry_randomize (seed, sizeof seed, GCRY_STRONG_RANDOM);
  for (size_t i = 0; i < sizeof seed; i++)
    self->key[i] ^= seed[i];
  culvert_wipe (seed, sizeof seed);
  self->n_left = CULVERT_NONCE_BLOCKS_PER_SEED;
}

static void
culvert_nonce_rng_refill (CulvertNonceRng *self)
{
  gcry_error_t error;

  if (self->n_left == 0)
    culvert_nonce_rng_seed (self);
  self->n_left--;
  memset (self->block, 0, sizeof self->block);
  error = gcry_cipher_setkey (self->handle, self->key, sizeof self->key);
  g_assert (error == 0);
  error = gcry_cipher_setctr (self->handle, NULL, 0);
  g_assert (error == 0);
  error = gcry_cipher_encrypt (self->handle, self->block, sizeof self->block, NULL, 0);
  g_assert (error == 0);
  memcpy (self->key, self->block, sizeof self->key);
  culvert_wipe (self->block, sizeof self->key);
  self->used = sizeof self->key;
}

static void
culvert_nonce_rng_fill (CulvertRng *rng,
                        void *buf,
                        size_t len)
{
  CulvertNonceRng *self = (CulvertNonceRng *) rng;
  uint8_t *out = buf;

  while (len > 0)
    {
      size_t step;

      if (self->used == sizeof self->block)
        culvert_nonce_rng_refill (self);
      step = MIN (len, sizeof self->block - self->used);
      memcpy (out, self->block + self->used, step);
      self->used += step;
      out += step;
      len -= step;
    }
}

CulvertRng *
culvert_nonce_rng_new (void)
{
  CulvertNonceRng *self = g_new0 (CulvertNonceRng, 1);
  gcry_error_t error;

  self->base.fill = culvert_nonce_rng_fill;
  self->used = sizeof self->block;
  error = gcry_cipher_open (&self->handle, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CTR, 0);
  g_assert (error == 0);
  return &self->base;
}

void
culvert_nonce_rng_free (CulvertRng *rng)
{
  CulvertNonceRng *self = (CulvertNonceRng *) rng;

  if (self == NULL)
    return;
  gcry_cipher_close (self->handle);
  culvert_wipe (self, sizeof *self);
  g_free (self);
}

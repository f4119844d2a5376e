/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The ciphers without a key schedule: xor with a fixed table (WIRE.md 2.7), and none and
 * null, which leave the bytes alone.
 *
 * The table is as long as the longest packet and starts anew with each, so it protects
 * nothing; it is wiped all the same, being derived from the key. */
#include "config.h"

#include "culvert-cipher-private.h"
#include "culvert-kdf.h"

#define CULVERT_XOR_SALT "sH3CIVoF#rWLtJo6"
#define CULVERT_XOR_ITERATIONS 32
#define CULVERT_XOR_STEP 64

typedef struct
{
  CulvertCipher base;
  uint8_t table[CULVERT_PACKET_MAX];
} CulvertCipherXor;

static CulvertCipher *
culvert_cipher_xor_create (const CulvertCipherInfo *info,
                           const uint8_t *key)
{
  CulvertCipherXor *self = g_new0 (CulvertCipherXor, 1);
  int code = culvert_kdf_pbkdf2_sha1 (key, info->key_len, CULVERT_XOR_SALT,
                                      strlen (CULVERT_XOR_SALT), CULVERT_XOR_ITERATIONS,
                                      self->table, sizeof self->table);

  if (code == CULVERT_OK)
    return &self->base;
  g_free (self);
  return NULL;
}

static void
culvert_cipher_xor_destroy (CulvertCipher *cipher)
{
  culvert_wipe (cipher, sizeof (CulvertCipherXor));
  g_free (cipher);
}

/* The constant count and restrict let the compiler use vectors at -O2. */
static inline void
culvert_cipher_xor_step (uint8_t *restrict data,
                         const uint8_t *restrict table)
{
  for (size_t i = 0; i < CULVERT_XOR_STEP; i++)
    data[i] ^= table[i];
}

static void
culvert_cipher_xor_encrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  const CulvertCipherXor *self = (const CulvertCipherXor *) cipher;
  size_t i = 0;

  for (; i + CULVERT_XOR_STEP <= len; i += CULVERT_XOR_STEP)
    culvert_cipher_xor_step (data + i, self->table + i);
  for (; i < len; i++)
    data[i] ^= self->table[i];
}

static bool
culvert_cipher_xor_decrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  culvert_cipher_xor_encrypt (cipher, data, len);
  return true;
}

static CulvertCipher *
culvert_cipher_plain_create (const CulvertCipherInfo *info,
                             const uint8_t *key)
{
  return g_new0 (CulvertCipher, 1);
}

static void
culvert_cipher_plain_destroy (CulvertCipher *cipher)
{
  g_free (cipher);
}

static void
culvert_cipher_plain_encrypt (CulvertCipher *cipher,
                              uint8_t *data,
                              size_t len)
{
}

static bool
culvert_cipher_plain_decrypt (CulvertCipher *cipher,
                              uint8_t *data,
                              size_t len)
{
  return true;
}

const CulvertCipherOps culvert_cipher_xor_ops = {
  .create = culvert_cipher_xor_create,
  .destroy = culvert_cipher_xor_destroy,
  .encrypt = culvert_cipher_xor_encrypt,
  .decrypt = culvert_cipher_xor_decrypt,
};

const CulvertCipherOps culvert_cipher_plain_ops = {
  .create = culvert_cipher_plain_create,
  .destroy = culvert_cipher_plain_destroy,
  .encrypt = culvert_cipher_plain_encrypt,
  .decrypt = culvert_cipher_plain_decrypt,
};

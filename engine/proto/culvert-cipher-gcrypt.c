/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Ciphers of libgcrypt: CFB over a block cipher, salsa20 and AES-128-GCM.
 *
 * One handle per cipher serves both directions: CFB and the stream cipher use the forward
 * operation only, GCM chooses per packet. A packet costs one setiv and one pass in place;
 * libgcrypt runs CFB decryption over several blocks at once (AES-NI and the like).
 *
 * CFB encryption is a chain: 16 ns per AES block, whatever the machine could do at once. Several
 * packets are therefore encrypted side by side, a block of each per step. The forward operation on
 * these blocks comes from CFB decryption, too, where block i of the result is the input's block i
 * xor the encrypted block i - 1: for 32 blocks libgcrypt takes 33 ns (VAES), its ECB mode 115.
 *
 * Key lengths: libgcrypt takes 32 bytes for blowfish as it is. It flags weak keys of DES
 * and blowfish: without GCRYCTL_SET_ALLOW_WEAK_KEY setkey fails and every later call ends
 * in "missing key"; with it setkey still returns GPG_ERR_WEAK_KEY but the key is set. The
 * peer uses such keys, so must we.
 *
 * A call that fails at creation (FIPS mode forbids much) makes creation fail; after that
 * trial a failure on a checked packet is a broken invariant. */
#include "config.h"

#include <gcrypt.h>

#include "culvert-cipher-private.h"

G_STATIC_ASSERT ((CULVERT_CIPHER_LANES + 1) % 4 == 0);

#define CULVERT_CIPHER_SALSA_CLEAR 8 /* bytes of the packet that are the stream's nonce */

/* A block, or in its first half a block of 8 bytes. */
typedef uint64_t CulvertCipherBlock __attribute__ ((vector_size (CULVERT_CIPHER_MAX_BLOCK)));

typedef struct
{
  CulvertCipher base;
  gcry_cipher_hd_t handle;
  size_t block_size;
  uint8_t first[CULVERT_CIPHER_MAX_BLOCK]; /* CFB: the encrypted IV */
} CulvertCipherGcrypt;

G_STATIC_ASSERT (G_STRUCT_OFFSET (CulvertCipherGcrypt, base) == 0);

static void
culvert_cipher_gcrypt_destroy (CulvertCipher *cipher)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;

  /* Wipes the key schedule. */
  gcry_cipher_close (self->handle);
  g_free (self);
}

static void
culvert_cipher_gcrypt_restart (CulvertCipherGcrypt *self,
                               const uint8_t *iv,
                               size_t len)
{
  gcry_error_t error = gcry_cipher_setiv (self->handle, iv, len);

  g_assert (error == 0);
}

/* Handle with its key, or NULL. */
static gcry_cipher_hd_t
culvert_cipher_gcrypt_open (const CulvertCipherInfo *info,
                            int mode,
                            const uint8_t *key)
{
  gcry_cipher_hd_t handle;
  gcry_error_t error;

  if (gcry_cipher_open (&handle, info->algo, mode, 0) != 0)
    return NULL;
  (void) gcry_cipher_ctl (handle, GCRYCTL_SET_ALLOW_WEAK_KEY, NULL, 1);
  error = gcry_cipher_setkey (handle, key, info->key_len);
  if (error == 0 || gcry_err_code (error) == GPG_ERR_WEAK_KEY)
    return handle;
  gcry_cipher_close (handle);
  return NULL;
}

/* iv_len: what the mode wants as its IV, used for the trial. */
static CulvertCipher *
culvert_cipher_gcrypt_create (const CulvertCipherInfo *info,
                              int mode,
                              size_t iv_len,
                              const uint8_t *key)
{
  gcry_cipher_hd_t handle = culvert_cipher_gcrypt_open (info, mode, key);
  CulvertCipherGcrypt *self;
  uint8_t trial[CULVERT_CIPHER_MAX_BLOCK] = { 0 };

  if (handle == NULL)
    return NULL;
  if (gcry_cipher_setiv (handle, culvert_cipher_iv, iv_len) != 0
      || gcry_cipher_encrypt (handle, trial, sizeof trial, NULL, 0) != 0)
    {
      gcry_cipher_close (handle);
      return NULL;
    }
  self = g_new0 (CulvertCipherGcrypt, 1);
  self->handle = handle;
  self->block_size = gcry_cipher_get_algo_blklen (info->algo);
  return &self->base;
}

static void
culvert_cipher_cfb_encrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;
  gcry_error_t error;

  culvert_cipher_gcrypt_restart (self, culvert_cipher_iv, self->block_size);
  error = gcry_cipher_encrypt (self->handle, data, len, NULL, 0);
  g_assert (error == 0);
}

static bool
culvert_cipher_cfb_decrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;
  gcry_error_t error;

  culvert_cipher_gcrypt_restart (self, culvert_cipher_iv, self->block_size);
  error = gcry_cipher_decrypt (self->handle, data, len, NULL, 0);
  g_assert (error == 0);
  return true;
}

/* CFB of zeros is the encrypted IV: no second handle for the bare block. */
static unsigned
culvert_cipher_cfb_block (CulvertCipher *cipher,
                          const uint8_t *in,
                          uint8_t *out)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;
  gcry_error_t error;

  culvert_cipher_gcrypt_restart (self, in, self->block_size);
  memset (out, 0, self->block_size);
  error = gcry_cipher_encrypt (self->handle, out, self->block_size, NULL, 0);
  g_assert (error == 0);
  return self->block_size;
}

/* Encrypts a block of each lane at offset. feed holds what the lanes put out last, then what
 * they put out now; out is feed decrypted: block i + 1 of both give lane i its key stream. */
static G_ALWAYS_INLINE inline void
culvert_cipher_lanes_step (const CulvertCipherLane *lanes,
                           unsigned n,
                           size_t offset,
                           uint8_t *feed,
                           const uint8_t *out,
                           size_t block_size)
{
  for (unsigned i = 0; i < n; i++)
    {
      CulvertCipherBlock block = { 0 }, a = { 0 }, b = { 0 };

      memcpy (&block, lanes[i].data + offset, block_size);
      memcpy (&a, feed + (i + 1) * block_size, block_size);
      memcpy (&b, out + (i + 1) * block_size, block_size);
      block ^= a ^ b;
      memcpy (lanes[i].data + offset, &block, block_size);
      memcpy (feed + i * block_size, &block, block_size);
    }
}

/* Encrypts the last bytes of the lanes that have less than a block left at offset and closes the
 * gaps they leave. Returns the number of lanes that go on. */
static unsigned
culvert_cipher_lanes_finish (CulvertCipherLane *lanes,
                             unsigned n,
                             size_t offset,
                             uint8_t *feed,
                             uint8_t *out,
                             size_t block_size)
{
  unsigned n_left = 0;

  for (unsigned i = 0; i < n; i++)
    {
      const uint8_t *a = feed + (i + 1) * block_size;
      const uint8_t *b = out + (i + 1) * block_size;

      if (lanes[i].len < offset + block_size)
        {
          for (size_t j = 0; offset + j < lanes[i].len; j++)
            lanes[i].data[offset + j] ^= a[j] ^ b[j];
          continue;
        }
      lanes[n_left++] = lanes[i];
      memmove (feed + n_left * block_size, a, block_size);
      memmove (out + n_left * block_size, b, block_size);
    }
  return n_left;
}

static size_t
culvert_cipher_lanes_shortest (const CulvertCipherLane *lanes,
                               unsigned n)
{
  size_t shortest = SIZE_MAX;

  for (unsigned i = 0; i < n; i++)
    shortest = MIN (shortest, lanes[i].len);
  return shortest;
}

/* Inlined once per block size, so that a block is a few instructions. Behind the lanes' blocks are
 * up to four more to push them through: libgcrypt handles fours, and single ones much slower. */
static G_ALWAYS_INLINE inline void
culvert_cipher_cfb_run_lanes (CulvertCipherGcrypt *self,
                              CulvertCipherLane *lanes,
                              unsigned n,
                              size_t block_size)
{
  uint8_t feed[(CULVERT_CIPHER_LANES + 1) * CULVERT_CIPHER_MAX_BLOCK] = { 0 };
  uint8_t out[(CULVERT_CIPHER_LANES + 1) * CULVERT_CIPHER_MAX_BLOCK];
  size_t shortest = 0;

  /* The packet before may have left the handle inside a block. */
  culvert_cipher_gcrypt_restart (self, culvert_cipher_iv, block_size);
  for (unsigned i = 0; i < n; i++)
    memcpy (out + (i + 1) * block_size, self->first, block_size);
  for (size_t offset = 0; n > 0; offset += block_size)
    {
      size_t len = (n / 4 + 1) * 4 * block_size;

      if (offset > 0)
        {
          gcry_error_t error = gcry_cipher_decrypt (self->handle, out, len, feed, len);

          g_assert (error == 0);
        }
      if (offset + block_size > shortest)
        {
          n = culvert_cipher_lanes_finish (lanes, n, offset, feed, out, block_size);
          shortest = culvert_cipher_lanes_shortest (lanes, n);
        }
      culvert_cipher_lanes_step (lanes, n, offset, feed, out, block_size);
    }
}

static void
culvert_cipher_cfb_encrypt_lanes (CulvertCipher *cipher,
                                  CulvertCipherLane *lanes,
                                  unsigned n)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;

  if (self->block_size == 8)
    culvert_cipher_cfb_run_lanes (self, lanes, n, 8);
  else
    culvert_cipher_cfb_run_lanes (self, lanes, n, 16);
}

static CulvertCipher *
culvert_cipher_cfb_create (const CulvertCipherInfo *info,
                           const uint8_t *key)
{
  size_t block_size = gcry_cipher_get_algo_blklen (info->algo);
  CulvertCipher *cipher;

  g_assert (block_size == 8 || block_size == CULVERT_CIPHER_MAX_BLOCK);
  cipher = culvert_cipher_gcrypt_create (info, GCRY_CIPHER_MODE_CFB, block_size, key);
  if (cipher != NULL)
    culvert_cipher_cfb_block (cipher, culvert_cipher_iv, ((CulvertCipherGcrypt *) cipher)->first);
  return cipher;
}

static CulvertCipher *
culvert_cipher_salsa_create (const CulvertCipherInfo *info,
                             const uint8_t *key)
{
  return culvert_cipher_gcrypt_create (info, GCRY_CIPHER_MODE_STREAM, CULVERT_CIPHER_SALSA_CLEAR,
                                       key);
}

static void
culvert_cipher_salsa_encrypt (CulvertCipher *cipher,
                              uint8_t *data,
                              size_t len)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;
  gcry_error_t error;

  culvert_cipher_gcrypt_restart (self, data, CULVERT_CIPHER_SALSA_CLEAR);
  error = gcry_cipher_encrypt (self->handle, data + CULVERT_CIPHER_SALSA_CLEAR,
                               len - CULVERT_CIPHER_SALSA_CLEAR, NULL, 0);
  g_assert (error == 0);
}

static bool
culvert_cipher_salsa_decrypt (CulvertCipher *cipher,
                              uint8_t *data,
                              size_t len)
{
  culvert_cipher_salsa_encrypt (cipher, data, len);
  return true;
}

static CulvertCipher *
culvert_cipher_gcm_create (const CulvertCipherInfo *info,
                           const uint8_t *key)
{
  return culvert_cipher_gcrypt_create (info, GCRY_CIPHER_MODE_GCM, CULVERT_CIPHER_AEAD_NONCE_LEN,
                                       key);
}

static void
culvert_cipher_gcm_encrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;
  uint8_t *body = data + CULVERT_CIPHER_AEAD_NONCE_LEN;
  size_t body_len = len - CULVERT_CIPHER_AEAD_NONCE_LEN - CULVERT_CIPHER_TAG_LEN;
  gcry_error_t error;

  culvert_cipher_gcrypt_restart (self, data, CULVERT_CIPHER_AEAD_NONCE_LEN);
  error = gcry_cipher_encrypt (self->handle, body, body_len, NULL, 0);
  g_assert (error == 0);
  error = gcry_cipher_gettag (self->handle, body + body_len, CULVERT_CIPHER_TAG_LEN);
  g_assert (error == 0);
}

static bool
culvert_cipher_gcm_decrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  CulvertCipherGcrypt *self = (CulvertCipherGcrypt *) cipher;
  uint8_t *body = data + CULVERT_CIPHER_AEAD_NONCE_LEN;
  size_t body_len = len - CULVERT_CIPHER_AEAD_NONCE_LEN - CULVERT_CIPHER_TAG_LEN;
  gcry_error_t error;

  culvert_cipher_gcrypt_restart (self, data, CULVERT_CIPHER_AEAD_NONCE_LEN);
  error = gcry_cipher_decrypt (self->handle, body, body_len, NULL, 0);
  g_assert (error == 0);
  return gcry_cipher_checktag (self->handle, body + body_len, CULVERT_CIPHER_TAG_LEN) == 0;
}

const CulvertCipherOps culvert_cipher_cfb_ops = {
  .create = culvert_cipher_cfb_create,
  .destroy = culvert_cipher_gcrypt_destroy,
  .encrypt = culvert_cipher_cfb_encrypt,
  .encrypt_lanes = culvert_cipher_cfb_encrypt_lanes,
  .decrypt = culvert_cipher_cfb_decrypt,
  .block = culvert_cipher_cfb_block,
};

const CulvertCipherOps culvert_cipher_salsa_ops = {
  .create = culvert_cipher_salsa_create,
  .destroy = culvert_cipher_gcrypt_destroy,
  .encrypt = culvert_cipher_salsa_encrypt,
  .decrypt = culvert_cipher_salsa_decrypt,
};

const CulvertCipherOps culvert_cipher_gcm_ops = {
  .create = culvert_cipher_gcm_create,
  .destroy = culvert_cipher_gcrypt_destroy,
  .encrypt = culvert_cipher_gcm_encrypt,
  .decrypt = culvert_cipher_gcm_decrypt,
};

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* TEA and XTEA in CFB with blocks of 8 bytes, WIRE.md 2.3 and 2.5; libgcrypt has neither.
 *
 * Encryption is a chain, block after block. In decryption every key-stream block depends
 * on received bytes alone, so eight go through the rounds side by side in vectors of GNU C,
 * which the compiler maps to what the target has.
 *
 * Words are big-endian inside the cipher. Both key schedules are expanded at creation to
 * the addends of each half-round. */
#include "config.h"

#include "culvert-cipher-private.h"

#define CULVERT_TEA_DELTA 0x9e3779b9u
#define CULVERT_TEA_CYCLES 8
#define CULVERT_XTEA_CYCLES 32
#define CULVERT_TEA_BLOCK 8
#define CULVERT_TEA_STEP 64 /* bytes side by side in decryption */

/* Four words. */
typedef uint32_t CulvertTeaLanes __attribute__ ((vector_size (16)));

/* Eight blocks: first and second halves of four, twice, so that two chains overlap. */
typedef struct
{
  CulvertTeaLanes a0;
  CulvertTeaLanes a1;
  CulvertTeaLanes b0;
  CulvertTeaLanes b1;
} CulvertTeaBlocks;

typedef struct
{
  CulvertCipher base;
  /* tea: k0..k3 and nothing more; xtea: the sum and key word of each half-round. */
  uint32_t key[2 * CULVERT_XTEA_CYCLES];
  uint64_t first; /* key stream of the first block, E(IV), in memory order */
} CulvertCipherTea;

/* The rounds are the same text for words and for vectors. */
#define CULVERT_TEA_CYCLE(v0, v1, k, sum) \
  G_STMT_START \
  { \
    (v0) += (((v1) << 4) + (k)[0]) ^ ((v1) + (sum)) ^ (((v1) >> 5) + (k)[1]); \
    (v1) += (((v0) << 4) + (k)[2]) ^ ((v0) + (sum)) ^ (((v0) >> 5) + (k)[3]); \
  } \
  G_STMT_END

#define CULVERT_XTEA_CYCLE(v0, v1, k) \
  G_STMT_START \
  { \
    (v0) += ((((v1) << 4) ^ ((v1) >> 5)) + (v1)) ^ (k)[0]; \
    (v1) += ((((v0) << 4) ^ ((v0) >> 5)) + (v0)) ^ (k)[1]; \
  } \
  G_STMT_END

typedef uint64_t (*CulvertTeaBlockFunc) (const uint32_t *key,
                                         uint64_t in);
typedef CulvertTeaBlocks (*CulvertTeaBlocksFunc) (const uint32_t *key,
                                                  CulvertTeaBlocks in);

/* One block, in and out in memory order. */
static inline uint64_t
culvert_tea_block (const uint32_t *key,
                   uint64_t in)
{
  uint64_t word = GUINT64_FROM_BE (in);
  uint32_t v0 = word >> 32;
  uint32_t v1 = (uint32_t) word;
  uint32_t sum = 0;

  for (unsigned i = 0; i < CULVERT_TEA_CYCLES; i++)
    {
      sum += CULVERT_TEA_DELTA;
      CULVERT_TEA_CYCLE (v0, v1, key, sum);
    }
  return GUINT64_TO_BE ((uint64_t) v0 << 32 | v1);
}

static inline uint64_t
culvert_xtea_block (const uint32_t *key,
                    uint64_t in)
{
  uint64_t word = GUINT64_FROM_BE (in);
  uint32_t v0 = word >> 32;
  uint32_t v1 = (uint32_t) word;

  for (unsigned i = 0; i < CULVERT_XTEA_CYCLES; i++)
    CULVERT_XTEA_CYCLE (v0, v1, key + 2 * i);
  return GUINT64_TO_BE ((uint64_t) v0 << 32 | v1);
}

static inline CulvertTeaBlocks
culvert_tea_blocks (const uint32_t *key,
                    CulvertTeaBlocks in)
{
  uint32_t sum = 0;

  for (unsigned i = 0; i < CULVERT_TEA_CYCLES; i++)
    {
      sum += CULVERT_TEA_DELTA;
      CULVERT_TEA_CYCLE (in.a0, in.a1, key, sum);
      CULVERT_TEA_CYCLE (in.b0, in.b1, key, sum);
    }
  return in;
}

static inline CulvertTeaBlocks
culvert_xtea_blocks (const uint32_t *key,
                     CulvertTeaBlocks in)
{
  for (unsigned i = 0; i < CULVERT_XTEA_CYCLES; i++)
    {
      CULVERT_XTEA_CYCLE (in.a0, in.a1, key + 2 * i);
      CULVERT_XTEA_CYCLE (in.b0, in.b1, key + 2 * i);
    }
  return in;
}

static inline uint64_t
culvert_tea_load (const uint8_t *p)
{
  uint64_t word;

  memcpy (&word, p, sizeof word);
  return word;
}

/* Inlined into one function per cipher, so that the rounds are not called by pointer. */
static G_ALWAYS_INLINE inline void
culvert_tea_cfb_encrypt (const CulvertCipherTea *self,
                         uint8_t *data,
                         size_t len,
                         CulvertTeaBlockFunc block)
{
  uint64_t stream = self->first;

  while (len >= CULVERT_TEA_BLOCK)
    {
      uint64_t word = culvert_tea_load (data) ^ stream;

      memcpy (data, &word, sizeof word);
      data += CULVERT_TEA_BLOCK;
      len -= CULVERT_TEA_BLOCK;
      stream = block (self->key, word);
    }
  for (size_t i = 0; i < len; i++)
    data[i] ^= ((const uint8_t *) &stream)[i];
}

/* Memory order to words and back, the same operation. */
static inline CulvertTeaLanes
culvert_tea_swap (CulvertTeaLanes x)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  return x << 24 | (x << 8 & 0xff0000u) | (x >> 8 & 0xff00u) | x >> 24;
#else
  return x;
#endif
}

/* Four vectors of two blocks each from memory, parted into first and second halves. */
static inline CulvertTeaBlocks
culvert_tea_gather (const uint8_t in[CULVERT_TEA_STEP])
{
  CulvertTeaLanes x[4];

  memcpy (x, in, sizeof x);
  return (CulvertTeaBlocks) {
    .a0 = culvert_tea_swap (__builtin_shufflevector (x[0], x[1], 0, 2, 4, 6)),
    .a1 = culvert_tea_swap (__builtin_shufflevector (x[0], x[1], 1, 3, 5, 7)),
    .b0 = culvert_tea_swap (__builtin_shufflevector (x[2], x[3], 0, 2, 4, 6)),
    .b1 = culvert_tea_swap (__builtin_shufflevector (x[2], x[3], 1, 3, 5, 7)),
  };
}

/* The reverse of gather, xored to the bytes at data. */
static inline void
culvert_tea_scatter_xor (CulvertTeaBlocks blocks,
                         uint8_t data[CULVERT_TEA_STEP])
{
  CulvertTeaLanes x[4];

  blocks.a0 = culvert_tea_swap (blocks.a0);
  blocks.a1 = culvert_tea_swap (blocks.a1);
  blocks.b0 = culvert_tea_swap (blocks.b0);
  blocks.b1 = culvert_tea_swap (blocks.b1);
  memcpy (x, data, sizeof x);
  x[0] ^= __builtin_shufflevector (blocks.a0, blocks.a1, 0, 4, 1, 5);
  x[1] ^= __builtin_shufflevector (blocks.a0, blocks.a1, 2, 6, 3, 7);
  x[2] ^= __builtin_shufflevector (blocks.b0, blocks.b1, 0, 4, 1, 5);
  x[3] ^= __builtin_shufflevector (blocks.b0, blocks.b1, 2, 6, 3, 7);
  memcpy (data, x, sizeof x);
}

/* The window holds the cipher block in front of the step and the step itself: its first 64 bytes
 * make the key stream of its last 64. A short step at the end leaves old bytes behind it,
 * whose result nobody takes. */
static G_ALWAYS_INLINE inline void
culvert_tea_cfb_decrypt (const CulvertCipherTea *self,
                         uint8_t *data,
                         size_t len,
                         CulvertTeaBlocksFunc func)
{
  uint8_t window[CULVERT_TEA_BLOCK + CULVERT_TEA_STEP] = { 0 };

  memcpy (window, culvert_cipher_iv, CULVERT_TEA_BLOCK);
  while (len > 0)
    {
      size_t n = MIN (len, CULVERT_TEA_STEP);
      CulvertTeaBlocks blocks;

      memcpy (window + CULVERT_TEA_BLOCK, data, n);
      blocks = func (self->key, culvert_tea_gather (window));
      memcpy (window, window + CULVERT_TEA_STEP, CULVERT_TEA_BLOCK);
      culvert_tea_scatter_xor (blocks, window + CULVERT_TEA_BLOCK);
      memcpy (data, window + CULVERT_TEA_BLOCK, n);
      data += n;
      len -= n;
    }
}

static CulvertCipherTea *
culvert_tea_alloc (const uint8_t *key,
                   uint32_t words[4])
{
  for (unsigned i = 0; i < 4; i++)
    {
      memcpy (&words[i], key + 4 * i, sizeof words[i]);
      words[i] = GUINT32_FROM_BE (words[i]);
    }
  return g_new0 (CulvertCipherTea, 1);
}

static CulvertCipher *
culvert_cipher_tea_create (const CulvertCipherInfo *info,
                           const uint8_t *key)
{
  uint32_t words[4];
  CulvertCipherTea *self = culvert_tea_alloc (key, words);

  memcpy (self->key, words, sizeof words);
  self->first = culvert_tea_block (self->key, culvert_tea_load (culvert_cipher_iv));
  culvert_wipe (words, sizeof words);
  return &self->base;
}

static CulvertCipher *
culvert_cipher_xtea_create (const CulvertCipherInfo *info,
                            const uint8_t *key)
{
  uint32_t words[4];
  CulvertCipherTea *self = culvert_tea_alloc (key, words);
  uint32_t sum = 0;

  for (unsigned i = 0; i < CULVERT_XTEA_CYCLES; i++)
    {
      self->key[2 * i] = sum + words[sum & 3];
      sum += CULVERT_TEA_DELTA;
      self->key[2 * i + 1] = sum + words[sum >> 11 & 3];
    }
  self->first = culvert_xtea_block (self->key, culvert_tea_load (culvert_cipher_iv));
  culvert_wipe (words, sizeof words);
  return &self->base;
}

static void
culvert_cipher_tea_destroy (CulvertCipher *cipher)
{
  culvert_wipe (cipher, sizeof (CulvertCipherTea));
  g_free (cipher);
}

static void
culvert_cipher_tea_encrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  culvert_tea_cfb_encrypt ((CulvertCipherTea *) cipher, data, len, culvert_tea_block);
}

static void
culvert_cipher_xtea_encrypt (CulvertCipher *cipher,
                             uint8_t *data,
                             size_t len)
{
  culvert_tea_cfb_encrypt ((CulvertCipherTea *) cipher, data, len, culvert_xtea_block);
}

static bool
culvert_cipher_tea_decrypt (CulvertCipher *cipher,
                            uint8_t *data,
                            size_t len)
{
  culvert_tea_cfb_decrypt ((CulvertCipherTea *) cipher, data, len, culvert_tea_blocks);
  return true;
}

static bool
culvert_cipher_xtea_decrypt (CulvertCipher *cipher,
                             uint8_t *data,
                             size_t len)
{
  culvert_tea_cfb_decrypt ((CulvertCipherTea *) cipher, data, len, culvert_xtea_blocks);
  return true;
}

static unsigned
culvert_cipher_tea_one_block (CulvertCipher *cipher,
                              const uint8_t *in,
                              uint8_t *out)
{
  uint64_t word = culvert_tea_block (((CulvertCipherTea *) cipher)->key, culvert_tea_load (in));

  memcpy (out, &word, sizeof word);
  return CULVERT_TEA_BLOCK;
}

static unsigned
culvert_cipher_xtea_one_block (CulvertCipher *cipher,
                               const uint8_t *in,
                               uint8_t *out)
{
  uint64_t word = culvert_xtea_block (((CulvertCipherTea *) cipher)->key, culvert_tea_load (in));

  memcpy (out, &word, sizeof word);
  return CULVERT_TEA_BLOCK;
}

const CulvertCipherOps culvert_cipher_tea_ops = {
  .create = culvert_cipher_tea_create,
  .destroy = culvert_cipher_tea_destroy,
  .encrypt = culvert_cipher_tea_encrypt,
  .decrypt = culvert_cipher_tea_decrypt,
  .block = culvert_cipher_tea_one_block,
};

const CulvertCipherOps culvert_cipher_xtea_ops = {
  .create = culvert_cipher_xtea_create,
  .destroy = culvert_cipher_tea_destroy,
  .encrypt = culvert_cipher_xtea_encrypt,
  .decrypt = culvert_cipher_xtea_decrypt,
  .block = culvert_cipher_xtea_one_block,
};

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* TEA and XTEA in CFB with blocks of 8 bytes, WIRE.md 2.3 and 2.5; libgcrypt has neither.
 *
 * Encryption is a chain, block after block. In decryption every key-stream block depends
 * on received bytes alone, so eight go through the rounds side by side in two vectors of
 * GNU C, which the compiler maps to what the target has.
 *
 * Words are big-endian inside the cipher. Both key schedules are expanded at creation to
 * the addends of each half-round. */
#include "config.h"

#include "culvert-cipher-private.h"

#define CULVERT_TEA_DELTA 0x9e3779b9u
#define CULVERT_TEA_CYCLES 8
#define CULVERT_XTEA_CYCLES 32
#define CULVERT_TEA_BLOCK 8
#define CULVERT_TEA_LANES 4  /* blocks per vector */
#define CULVERT_TEA_VECTORS 2
#define CULVERT_TEA_STEP (CULVERT_TEA_BLOCK * CULVERT_TEA_LANES * CULVERT_TEA_VECTORS)

typedef uint32_t CulvertTeaLanes __attribute__ ((vector_size (4 * CULVERT_TEA_LANES)));

/* A few blocks as words: first halves, second halves. */
typedef struct
{
  CulvertTeaLanes v0[CULVERT_TEA_VECTORS];
  CulvertTeaLanes v1[CULVERT_TEA_VECTORS];
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
typedef void (*CulvertTeaBlocksFunc) (const uint32_t *key,
                                      CulvertTeaBlocks *blocks);

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

static inline void
culvert_tea_blocks (const uint32_t *key,
                    CulvertTeaBlocks *blocks)
{
  uint32_t sum = 0;

  for (unsigned i = 0; i < CULVERT_TEA_CYCLES; i++)
    {
      sum += CULVERT_TEA_DELTA;
      for (unsigned v = 0; v < CULVERT_TEA_VECTORS; v++)
        CULVERT_TEA_CYCLE (blocks->v0[v], blocks->v1[v], key, sum);
    }
}

static inline void
culvert_xtea_blocks (const uint32_t *key,
                     CulvertTeaBlocks *blocks)
{
  for (unsigned i = 0; i < CULVERT_XTEA_CYCLES; i++)
    {
      for (unsigned v = 0; v < CULVERT_TEA_VECTORS; v++)
        CULVERT_XTEA_CYCLE (blocks->v0[v], blocks->v1[v], key + 2 * i);
    }
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

/* Turns eight cipher blocks at in into eight blocks of key stream at out. */
static G_ALWAYS_INLINE inline void
culvert_tea_stream (const CulvertCipherTea *self,
                    const uint64_t *in,
                    uint64_t *out,
                    CulvertTeaBlocksFunc func)
{
  CulvertTeaBlocks blocks;

  for (unsigned i = 0; i < CULVERT_TEA_LANES * CULVERT_TEA_VECTORS; i++)
    {
      uint64_t word = GUINT64_FROM_BE (in[i]);

      blocks.v0[i / CULVERT_TEA_LANES][i % CULVERT_TEA_LANES] = word >> 32;
      blocks.v1[i / CULVERT_TEA_LANES][i % CULVERT_TEA_LANES] = (uint32_t) word;
    }
  func (self->key, &blocks);
  for (unsigned i = 0; i < CULVERT_TEA_LANES * CULVERT_TEA_VECTORS; i++)
    {
      uint64_t v0 = blocks.v0[i / CULVERT_TEA_LANES][i % CULVERT_TEA_LANES];
      uint64_t v1 = blocks.v1[i / CULVERT_TEA_LANES][i % CULVERT_TEA_LANES];

      out[i] = GUINT64_TO_BE (v0 << 32 | v1);
    }
}

static G_ALWAYS_INLINE inline void
culvert_tea_cfb_decrypt (const CulvertCipherTea *self,
                         uint8_t *data,
                         size_t len,
                         CulvertTeaBlocksFunc func)
{
  uint64_t before; /* the cipher block in front of data */

  memcpy (&before, culvert_cipher_iv, sizeof before);
  while (len > 0)
    {
      size_t step = MIN (len, CULVERT_TEA_STEP);
      uint64_t blocks[CULVERT_TEA_LANES * CULVERT_TEA_VECTORS + 1] = { before };
      uint64_t stream[CULVERT_TEA_LANES * CULVERT_TEA_VECTORS];

      memcpy (blocks + 1, data, step);
      before = blocks[CULVERT_TEA_LANES * CULVERT_TEA_VECTORS];
      culvert_tea_stream (self, blocks, stream, func);
      for (size_t i = 0; i < G_N_ELEMENTS (stream); i++)
        stream[i] ^= blocks[i + 1];
      memcpy (data, stream, step);
      data += step;
      len -= step;
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

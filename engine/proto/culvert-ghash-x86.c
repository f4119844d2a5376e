/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* GHASH with VPCLMULQDQ and 256-bit registers (Zen 3, Ice Lake and later).
 *
 * GHASH orders bits from the left. Read backwards its blocks are elements of POLYVAL's field
 * (RFC 8452), which orders them as the instruction does, and GHASH by H is POLYVAL by x * H
 * (appendix A there). A product of two elements is divided by x^128, which is what two
 * multiplications by the upper half of the polynomial do to its lower half.
 *
 * The n blocks of a packet are multiplied by H^n … H, all of which are kept, and their sum is
 * reduced once: a reduction takes longer than eight blocks, for each of its steps waits for the one
 * before. */
#include "config.h"

#include "culvert-ghash.h"

#include <immintrin.h>

#define CULVERT_GHASH_TARGET __attribute__ ((target ("avx2,pclmul,vpclmulqdq")))
/* x^127 + x^126 + x^121, the upper half of the polynomial but for x^128. */
#define CULVERT_GHASH_POLY ((int64_t) 0xc200000000000000)

/* A product before its reduction, in both halves of each register. */
typedef struct
{
  __m256i low, middle, high;
} CulvertGhashSum;

bool
culvert_ghash_is_available (void)
{
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("pclmul")
         && __builtin_cpu_supports ("vpclmulqdq");
}

/* Divides by x^128 what high * x^128 + middle * x^64 + low stands for. */
CULVERT_GHASH_TARGET static inline __m128i
culvert_ghash_reduce (__m128i low,
                      __m128i middle,
                      __m128i high)
{
  const __m128i poly = _mm_set_epi64x (0, CULVERT_GHASH_POLY);

  low = _mm_xor_si128 (low, _mm_slli_si128 (middle, 8));
  high = _mm_xor_si128 (high, _mm_srli_si128 (middle, 8));
  for (unsigned i = 0; i < 2; i++)
    low = _mm_xor_si128 (_mm_shuffle_epi32 (low, 0x4e), _mm_clmulepi64_si128 (low, poly, 0x00));
  return _mm_xor_si128 (low, high);
}

CULVERT_GHASH_TARGET static inline __m128i
culvert_ghash_multiply (__m128i a,
                        __m128i b)
{
  __m128i middle = _mm_xor_si128 (_mm_clmulepi64_si128 (a, b, 0x01),
                                  _mm_clmulepi64_si128 (a, b, 0x10));

  return culvert_ghash_reduce (_mm_clmulepi64_si128 (a, b, 0x00), middle,
                               _mm_clmulepi64_si128 (a, b, 0x11));
}

CULVERT_GHASH_TARGET static inline __m128i
culvert_ghash_fold (__m256i sum)
{
  return _mm_xor_si128 (_mm256_castsi256_si128 (sum), _mm256_extracti128_si256 (sum, 1));
}

/* Backwards in each half. */
CULVERT_GHASH_TARGET static inline __m256i
culvert_ghash_load (const uint8_t *p)
{
  const __m256i order = _mm256_set_epi8 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                         0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

  return _mm256_shuffle_epi8 (_mm256_loadu_si256 ((const __m256i *) p), order);
}

CULVERT_GHASH_TARGET static inline void
culvert_ghash_add (CulvertGhashSum *sum,
                   __m256i blocks,
                   const uint8_t *powers)
{
  __m256i h = _mm256_loadu_si256 ((const __m256i *) powers);

  sum->low = _mm256_xor_si256 (sum->low, _mm256_clmulepi64_epi128 (blocks, h, 0x00));
  sum->high = _mm256_xor_si256 (sum->high, _mm256_clmulepi64_epi128 (blocks, h, 0x11));
  sum->middle = _mm256_xor_si256 (sum->middle,
                                  _mm256_xor_si256 (_mm256_clmulepi64_epi128 (blocks, h, 0x01),
                                                    _mm256_clmulepi64_epi128 (blocks, h, 0x10)));
}

CULVERT_GHASH_TARGET static inline __m128i
culvert_ghash_swap (__m128i block)
{
  return _mm_shuffle_epi8 (block, _mm_set_epi8 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                                15));
}

/* x * a. */
CULVERT_GHASH_TARGET static __m128i
culvert_ghash_double (__m128i a)
{
  const __m128i poly = _mm_set_epi64x (CULVERT_GHASH_POLY, 1);
  __m128i carries = _mm_srli_epi64 (a, 63);
  /* All ones when x^127 is set. */
  __m128i overflow = _mm_sub_epi64 (_mm_setzero_si128 (), _mm_unpackhi_epi64 (carries, carries));

  a = _mm_or_si128 (_mm_slli_epi64 (a, 1), _mm_slli_si128 (carries, 8));
  return _mm_xor_si128 (a, _mm_and_si128 (overflow, poly));
}

CULVERT_GHASH_TARGET void
culvert_ghash_init (CulvertGhash *ghash,
                    const uint8_t h[CULVERT_GHASH_BLOCK])
{
  __m128i key = culvert_ghash_double (
    culvert_ghash_swap (_mm_loadu_si128 ((const __m128i *) h)));
  __m128i power = key;

  for (unsigned i = CULVERT_GHASH_POWERS; i-- > 0;)
    {
      _mm_storeu_si128 ((__m128i *) ghash->powers[i], power);
      power = culvert_ghash_multiply (power, key);
    }
}

CULVERT_GHASH_TARGET void
culvert_ghash_run (const CulvertGhash *ghash,
                   const uint8_t *data,
                   size_t len,
                   uint8_t out[CULVERT_GHASH_BLOCK])
{
  enum { PAIR = 2 * CULVERT_GHASH_BLOCK };
  CulvertGhashSum sum = { _mm256_setzero_si256 (), _mm256_setzero_si256 (),
                          _mm256_setzero_si256 () };
  /* Zeros, the last bytes filled up to a block, and the length. */
  uint8_t end[2 * PAIR] = { 0 };
  size_t n_blocks = (len + CULVERT_GHASH_BLOCK - 1) / CULVERT_GHASH_BLOCK + 1;
  const uint8_t *power;
  uint64_t bits = GUINT64_TO_BE ((uint64_t) len * 8);
  size_t rest = len % PAIR;
  __m128i hash;

  g_assert (n_blocks <= CULVERT_GHASH_POWERS);
  power = ghash->powers[CULVERT_GHASH_POWERS - n_blocks];
  for (size_t i = 0; i < len / PAIR; i++, data += PAIR, power += PAIR)
    culvert_ghash_add (&sum, culvert_ghash_load (data), power);
  memcpy (end + sizeof end - CULVERT_GHASH_BLOCK
            - (rest + CULVERT_GHASH_BLOCK - 1) / CULVERT_GHASH_BLOCK * CULVERT_GHASH_BLOCK,
          data, rest);
  memcpy (end + sizeof end - sizeof bits, &bits, sizeof bits);
  culvert_ghash_add (&sum, culvert_ghash_load (end), ghash->powers[CULVERT_GHASH_POWERS - 4]);
  culvert_ghash_add (&sum, culvert_ghash_load (end + PAIR),
                     ghash->powers[CULVERT_GHASH_POWERS - 2]);
  hash = culvert_ghash_reduce (culvert_ghash_fold (sum.low), culvert_ghash_fold (sum.middle),
                               culvert_ghash_fold (sum.high));
  _mm_storeu_si128 ((__m128i *) out, culvert_ghash_swap (hash));
}

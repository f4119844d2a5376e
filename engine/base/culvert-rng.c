/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-rng.h"
#include "culvert-wire.h"

static uint64_t
culvert_rng_splitmix64 (uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static uint64_t
culvert_rng_rotl (uint64_t x,
                  unsigned k)
{
  return x << k | x >> (64 - k);
}

static uint64_t
culvert_seeded_rng_next (CulvertSeededRng *rng)
{
  uint64_t *s = rng->state;
  uint64_t result = culvert_rng_rotl (s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = culvert_rng_rotl (s[3], 45);
  return result;
}

/* Every call starts a new word, so the bytes depend on the sizes asked for but not on the
 * machine. */
static void
culvert_seeded_rng_fill (CulvertRng *base,
                         void *buf,
                         size_t len)
{
  CulvertSeededRng *rng = (CulvertSeededRng *) base;
  uint8_t *to = buf;

  while (len > 0)
    {
      uint64_t word = GUINT64_TO_LE (culvert_seeded_rng_next (rng));
      size_t n = MIN (len, sizeof word);

      memcpy (to, &word, n);
      to += n;
      len -= n;
    }
}

void
culvert_seeded_rng_init (CulvertSeededRng *rng,
                         uint64_t seed)
{
  rng->base.fill = culvert_seeded_rng_fill;
  for (unsigned i = 0; i < G_N_ELEMENTS (rng->state); i++)
    rng->state[i] = culvert_rng_splitmix64 (&seed);
}

uint32_t
culvert_rng_u32 (CulvertRng *rng)
{
  uint8_t buf[4];

  culvert_rng_fill (rng, buf, sizeof buf);
  return culvert_load_u32 (buf);
}

uint32_t
culvert_rng_below (CulvertRng *rng,
                   uint32_t bound)
{
  uint64_t product;
  uint32_t surplus;

  /* Lemire's method: the upper half of the product is the result; the few lower halves
   * that would make some results likelier are drawn again. */
  g_assert (bound > 0);
  surplus = -bound % bound;
  do
    product = (uint64_t) culvert_rng_u32 (rng) * bound;
  while ((uint32_t) product < surplus);
  return product >> 32;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Source of random bytes handed to the cores at creation.
 *
 * The seeded generator here is for tests and simulations: equal seeds give equal bytes.
 * The one for the wire is proto/culvert-nonce.h. */
#pragma once

#include "culvert-base.h"

typedef struct _CulvertRng CulvertRng;

struct _CulvertRng
{
  void (*fill) (CulvertRng *rng, void *buf, size_t len);
};

static inline void
culvert_rng_fill (CulvertRng *rng, void *buf, size_t len)
{
  rng->fill (rng, buf, len);
}

uint32_t culvert_rng_u32 (CulvertRng *rng);

/* Uniform in [0, bound); bound > 0. */
uint32_t culvert_rng_below (CulvertRng *rng, uint32_t bound);

/* xoshiro256** seeded through splitmix64. Not for secrets. */
typedef struct
{
  CulvertRng base;
  uint64_t state[4];
} CulvertSeededRng;

void culvert_seeded_rng_init (CulvertSeededRng *rng, uint64_t seed);

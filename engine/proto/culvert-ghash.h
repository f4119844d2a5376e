/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* GHASH of GCM (NIST SP 800-38D) for packets without additional data, by the processor's carry-less
 * multiplication of wide registers.
 *
 * libgcrypt multiplies one pair of blocks at a time, which is two thirds of what it spends on a
 * packet. One file per family of processors; where there is none, or the processor lacks the
 * instructions, libgcrypt's own GCM is used. No table is looked up and no branch taken by secret
 * bytes. */
#pragma once

#include "culvert-packet.h"

#define CULVERT_GHASH_BLOCK 16
/* Blocks of the longest packet, and one for its length. */
#define CULVERT_GHASH_POWERS (CULVERT_PACKET_MAX / CULVERT_GHASH_BLOCK + 2)

/* The key: powers of H down to H itself, in the form that the code multiplies by. To be wiped. */
typedef struct
{
  uint8_t powers[CULVERT_GHASH_POWERS][CULVERT_GHASH_BLOCK];
} CulvertGhash;

/* Whether this processor can; the other functions are called only then. */
bool culvert_ghash_is_available (void);

/* h: the encrypted block of zeros. */
void culvert_ghash_init (CulvertGhash *ghash,
                         const uint8_t h[CULVERT_GHASH_BLOCK]);

/* Hash of len bytes of ciphertext, at most CULVERT_PACKET_MAX, and of their length. */
void culvert_ghash_run (const CulvertGhash *ghash,
                        const uint8_t *data,
                        size_t len,
                        uint8_t out[CULVERT_GHASH_BLOCK]);

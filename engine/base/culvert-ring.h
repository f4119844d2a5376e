/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Window of pointers indexed by a 32-bit sequence number.
 *
 * Slot of number n is n & mask, so look-up, insertion and removal cost O(1). The
 * ring grows by doubling up to what the owner asks for and can shrink again when empty;
 * it holds no memory while nothing was stored (idle sessions are small). The owner
 * guarantees that live numbers lie within one window of the current size. */
#pragma once

#include "culvert-base.h"

typedef struct
{
  void **slots;
  uint32_t size; /* power of two, or 0 */
  uint32_t used; /* non-NULL slots */
} CulvertRing;

void culvert_ring_init (CulvertRing *ring);

/* Frees the slot array; the pointers stored are the owner's. */
void culvert_ring_clear (CulvertRing *ring);

/* Makes the ring at least n slots large (n up to 65536); first is the lowest live number,
 * so that what is stored in [first, first + old size) moves to its new place.
 * Codes: CULVERT_E_NOMEM. */
int culvert_ring_grow (CulvertRing *ring, uint32_t first, uint32_t n) CULVERT_WARN_UNUSED;

/* Frees the array of an empty ring; nothing otherwise. */
void culvert_ring_trim (CulvertRing *ring);

static inline void *
culvert_ring_get (const CulvertRing *ring, uint32_t number)
{
  return ring->size ? ring->slots[number & (ring->size - 1)] : NULL;
}

/* The slot must be empty and the ring large enough. */
void culvert_ring_put (CulvertRing *ring, uint32_t number, void *item);

/* Empties the slot and returns what was in it, or NULL. */
void *culvert_ring_take (CulvertRing *ring, uint32_t number);

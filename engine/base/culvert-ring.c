/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-ring.h"

#define CULVERT_RING_MIN 8u
#define CULVERT_RING_MAX 65536u

void
culvert_ring_init (CulvertRing *ring)
{
  *ring = (CulvertRing) { 0 };
}

void
culvert_ring_clear (CulvertRing *ring)
{
  g_free (ring->slots);
  culvert_ring_init (ring);
}

int
culvert_ring_grow (CulvertRing *ring,
                   uint32_t first,
                   uint32_t n)
{
  uint32_t size = MAX (ring->size, CULVERT_RING_MIN);
  void **slots;

  g_assert (n <= CULVERT_RING_MAX);
  while (size < n)
    size *= 2;
  if (size == ring->size)
    return CULVERT_OK;

  slots = g_try_new0 (void *, size);
  if (!slots)
    return CULVERT_E_NOMEM;
  for (uint32_t i = 0; i < ring->size; i++)
    slots[(first + i) & (size - 1)] = ring->slots[(first + i) & (ring->size - 1)];
  g_free (ring->slots);
  ring->slots = slots;
  ring->size = size;
  return CULVERT_OK;
}

void
culvert_ring_trim (CulvertRing *ring)
{
  if (ring->used == 0)
    culvert_ring_clear (ring);
}

void
culvert_ring_put (CulvertRing *ring,
                  uint32_t number,
                  void *item)
{
  uint32_t index = number & (ring->size - 1);

  g_assert (item && ring->size > 0 && !ring->slots[index]);
  ring->slots[index] = item;
  ring->used++;
}

void *
culvert_ring_take (CulvertRing *ring,
                   uint32_t number)
{
  void *item = culvert_ring_get (ring, number);

  if (item)
    {
      ring->slots[number & (ring->size - 1)] = NULL;
      ring->used--;
    }
  return item;
}

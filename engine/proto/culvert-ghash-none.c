/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-ghash.h"

bool
culvert_ghash_is_available (void)
{
  return false;
}

void
culvert_ghash_init (CulvertGhash *ghash,
                    const uint8_t h[CULVERT_GHASH_BLOCK])
{
  g_assert_not_reached ();
}

void
culvert_ghash_run (const CulvertGhash *ghash,
                   const uint8_t *data,
                   size_t len,
                   uint8_t out[CULVERT_GHASH_BLOCK])
{
  g_assert_not_reached ();
}

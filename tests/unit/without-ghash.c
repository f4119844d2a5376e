/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Linked with test-cipher a second time: a processor without what culvert-ghash.h needs. */
#include "config.h"

#include "culvert-ghash.h"

bool __wrap_culvert_ghash_is_available (void);

bool
__wrap_culvert_ghash_is_available (void)
{
  return false;
}

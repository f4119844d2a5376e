/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Nonce generator of a worker: ChaCha20 or AES-CTR key stream seeded from the OS, produced in
 * blocks, so that a nonce costs a copy. One per worker, not thread-safe. */
#pragma once

#include "culvert-rng.h"

CulvertRng *culvert_nonce_rng_new (void);
void culvert_nonce_rng_free (CulvertRng *rng);

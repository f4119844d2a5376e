/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Token bucket of one session, WIRE.md 12.4: bytes per second of final packets.
 *
 * A packet leaves as long as one token is there and may put the bucket into debt by
 * less than its own size, so the average is exact and no packet is too large to be sent. */
#pragma once

#include "culvert-base.h"

#define CULVERT_PACER_CAPACITY (64 * 1500)

typedef struct
{
  uint64_t rate; /* bytes per second, 0: unlimited */
  int64_t tokens; /* bytes that may leave, in millionths */
  CulvertTime filled_at;
} CulvertPacer;

/* The bucket is full at first. */
void culvert_pacer_init (CulvertPacer *pacer, uint64_t rate, CulvertTime now);

/* From now on at another rate; what was earned stays. */
void culvert_pacer_set_rate (CulvertPacer *pacer, uint64_t rate, CulvertTime now);

/* Bytes that may leave now; 0: wait until culvert_pacer_ready_at. G_MAXUINT32 at the most. */
uint32_t culvert_pacer_allowance (CulvertPacer *pacer, CulvertTime now);

/* len bytes left. */
void culvert_pacer_spend (CulvertPacer *pacer, size_t len);

/* When it is worth trying again. */
CulvertTime culvert_pacer_ready_at (const CulvertPacer *pacer);

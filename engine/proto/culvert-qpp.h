/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Quantum permutation pads, WIRE.md section 10: a byte cipher on a stream's payload. */
#pragma once

#include "culvert-base.h"

/* Immutable pad tables of (key, count); atomically reference counted, shared by all
 * streams of a tunnel. Slow to build: never on a worker. */
typedef struct _CulvertQppPads CulvertQppPads;

/* key: bytes of the -key string. count 1..65535. NULL out of range. */
CulvertQppPads *culvert_qpp_pads_new (const char *key, unsigned count);
CulvertQppPads *culvert_qpp_pads_ref (CulvertQppPads *pads);
void culvert_qpp_pads_unref (CulvertQppPads *pads);

/* Pad number i as 256 bytes (tests). */
const uint8_t *culvert_qpp_pads_peek (const CulvertQppPads *pads, unsigned i);

/* Generator of one direction of one stream; small, embedded. */
typedef struct _CulvertQpp
{
  uint64_t state[4];
  uint64_t word;
  unsigned used; /* bytes of word used, 0..7 */
} CulvertQpp;

void culvert_qpp_init (CulvertQpp *qpp, const CulvertQppPads *pads);

/* In place. */
void culvert_qpp_encrypt (CulvertQpp *qpp, const CulvertQppPads *pads, uint8_t *data, size_t len);
void culvert_qpp_decrypt (CulvertQpp *qpp, const CulvertQppPads *pads, uint8_t *data, size_t len);

/* Start-up checks of WIRE.md 10.4: bit set of warnings. */
typedef enum
{
  CULVERT_QPP_WARN_SHORT_KEY = 1 << 0, /* below 211 bytes */
  CULVERT_QPP_WARN_FEW_PADS = 1 << 1,  /* below 7 */
  CULVERT_QPP_WARN_EVEN = 1 << 2,      /* gcd with 8 is not 1 */
} CulvertQppWarnings;

CulvertQppWarnings culvert_qpp_check (size_t key_len, unsigned count);

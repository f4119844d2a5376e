/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Coefficients of the systematic Vandermonde code of WIRE.md 4.4, for sending and for recovery. */
#pragma once

#include "culvert-base.h"

/* Parity rows (ps x ds, row major) of the systematic matrix. Codes: CULVERT_E_INVAL. */
int culvert_fec_matrix_parity (unsigned ds, unsigned ps, uint8_t *out_rows) CULVERT_WARN_UNUSED;

/* Rows (n_wanted x k, row major) that give the shards at positions wanted from any k distinct
 * shards of a group at positions present, k being the number of data shards. Positions are those
 * of WIRE.md 4.2, 0..255; the two sets are disjoint. Cost: k * k + n_wanted * k steps. */
void culvert_fec_matrix_rows (unsigned k,
                              const uint8_t *present,
                              unsigned n_wanted,
                              const uint8_t *wanted,
                              uint8_t *out_rows);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Systematic Vandermonde matrix of WIRE.md 4.4, its inversion, and a cache of decode matrices by
 * loss pattern. */
#pragma once

#include "culvert-base.h"

/* Parity rows (ps x ds, row major) of the systematic matrix. Codes: CULVERT_E_INVAL. */
int culvert_fec_matrix_parity (unsigned ds, unsigned ps, uint8_t *out_rows) CULVERT_WARN_UNUSED;

/* Inverts n x n in place. Codes: CULVERT_E_INVAL (singular). */
int culvert_fec_matrix_invert (unsigned n, uint8_t *matrix) CULVERT_WARN_UNUSED;

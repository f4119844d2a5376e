/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The code of WIRE.md 4.4 in closed form, without building or inverting a matrix.
 *
 * Row r of the Vandermonde matrix holds the powers of the field element r, so V * inverse(V[0..k))
 * maps the values of a polynomial of degree < k at the points 0..k-1 to its value at r: the byte at
 * position p of a group is the value at p of the polynomial through its data bytes. Any k shards
 * determine it, and Lagrange interpolation gives the coefficient of the shard at point x for the
 * one at point w:
 *
 *   product over present y != x of (w - y) / (x - y)  =  N(w) / ((w - x) * D(x))
 *   N(w) = product over present y of (w - y),  D(x) = product over present y != x of (x - y)
 *
 * The same rows serve for parity (present: the data) and for recovery (present: what arrived). They
 * cost so little next to the multiplication of the shards that no matrices are cached. */
#include "config.h"

#include "culvert-fec.h"
#include "culvert-fec-matrix.h"
#include "culvert-gf256.h"

/* Logarithm of the product over all present y, except x itself, of (x - y); not reduced. */
static unsigned
culvert_fec_matrix_log_product (unsigned k,
                                const uint8_t *present,
                                uint8_t x)
{
  unsigned sum = 0;

  for (unsigned i = 0; i < k; i++)
    if (present[i] != x)
      sum += culvert_gf256_log[present[i] ^ x];
  return sum;
}

void
culvert_fec_matrix_rows (unsigned k,
                         const uint8_t *present,
                         unsigned n_wanted,
                         const uint8_t *wanted,
                         uint8_t *out_rows)
{
  uint8_t log_denominator[CULVERT_FEC_MAX_SHARDS];

  g_assert (k <= CULVERT_FEC_MAX_SHARDS);
  for (unsigned i = 0; i < k; i++)
    log_denominator[i] = culvert_fec_matrix_log_product (k, present, present[i]) % 255;

  for (unsigned row = 0; row < n_wanted; row++)
    {
      unsigned log_numerator = culvert_fec_matrix_log_product (k, present, wanted[row]) % 255;

      for (unsigned i = 0; i < k; i++)
        {
          uint8_t distance = wanted[row] ^ present[i];
          unsigned log_divisor = culvert_gf256_log[distance] + log_denominator[i];

          g_assert (distance != 0);
          *out_rows++ = culvert_gf256_exp[(log_numerator + 2 * 255 - log_divisor) % 255];
        }
    }
}

int
culvert_fec_matrix_parity (unsigned ds,
                           unsigned ps,
                           uint8_t *out_rows)
{
  uint8_t positions[CULVERT_FEC_MAX_SHARDS];

  if (ds < 1 || ps < 1 || ds > CULVERT_FEC_MAX_SHARDS || ps > CULVERT_FEC_MAX_SHARDS - ds)
    return CULVERT_E_INVAL;
  for (unsigned i = 0; i < ds + ps; i++)
    positions[i] = i;
  culvert_fec_matrix_rows (ds, positions, ps, positions + ds, out_rows);
  return CULVERT_OK;
}

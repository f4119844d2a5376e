/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* GF(2^8) arithmetic by ISA-L, which uses the same polynomial. Its entry points pick the best
 * instruction set on their first call; they keep no state and need no alignment. Only the
 * arithmetic is used: its own matrices differ from WIRE.md 4.4. */
#include "config.h"

#include "culvert-gf256.h"
#include "culvert-simd.h"

#include <isa-l/erasure_code.h>

#define CULVERT_GF256_ISAL_TABLE 32

G_STATIC_ASSERT (CULVERT_GF256_ISAL_TABLE <= CULVERT_GF256_TABLE_MAX);

static void
culvert_gf256_isal_init_tables (unsigned k,
                                unsigned rows,
                                const uint8_t *coefficients,
                                uint8_t *tables)
{
  ec_init_tables (k, rows, (unsigned char *) coefficients, tables);
}

static void
culvert_gf256_isal_update (size_t len,
                           unsigned k,
                           unsigned rows,
                           unsigned i,
                           const uint8_t *tables,
                           const uint8_t *data,
                           uint8_t **parity)
{
  ec_encode_data_update (len, k, rows, i, (unsigned char *) tables, (unsigned char *) data,
                         parity);
  culvert_simd_clean ();
}

static void
culvert_gf256_isal_encode (size_t len,
                           unsigned k,
                           unsigned rows,
                           const uint8_t *tables,
                           uint8_t **data,
                           uint8_t **out)
{
  ec_encode_data (len, k, rows, (unsigned char *) tables, data, out);
  culvert_simd_clean ();
}

const CulvertGf256 *
culvert_gf256_isal (void)
{
  static const CulvertGf256 isal = {
    .name = "isa-l",
    .table_size = CULVERT_GF256_ISAL_TABLE,
    .init_tables = culvert_gf256_isal_init_tables,
    .update = culvert_gf256_isal_update,
    .encode = culvert_gf256_isal_encode,
  };

  return &isal;
}

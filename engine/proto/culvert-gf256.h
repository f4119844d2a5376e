/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* GF(2^8) arithmetic with polynomial 0x11d, WIRE.md 4.4: two back ends with equal results. */
#pragma once

#include "culvert-base.h"

typedef struct
{
  const char *name;
  /* Bytes of table per coefficient (ISA-L: 32). */
  size_t table_size;
  /* Expands rows * k coefficients into tables. */
  void (*init_tables) (unsigned k, unsigned rows, const uint8_t *coefficients, uint8_t *tables);
  /* parity[j] ^= coefficient[j][i] * data for all rows; tables as made for (k, rows). */
  void (*update) (size_t len, unsigned k, unsigned rows, unsigned i, const uint8_t *tables,
                  const uint8_t *data, uint8_t **parity);
  /* out[j] = sum_i coefficient[j][i] * data[i]. */
  void (*encode) (size_t len, unsigned k, unsigned rows, const uint8_t *tables,
                  uint8_t **data, uint8_t **out);
} CulvertGf256;

/* The table code, always built. */
const CulvertGf256 *culvert_gf256_table (void);
/* ISA-L, or NULL when built without. */
const CulvertGf256 *culvert_gf256_isal (void);
/* The back end in use. */
const CulvertGf256 *culvert_gf256 (void);

uint8_t culvert_gf256_mul (uint8_t a, uint8_t b);
/* a is not 0. */
uint8_t culvert_gf256_inverse (uint8_t a);

/* Largest table_size of a back end. */
#define CULVERT_GF256_TABLE_MAX 32

/* Runs shorter than a SIMD register take a byte-wise path, 50 times slower than this many bytes;
 * who can pad to this length should. */
#define CULVERT_GF256_MIN_LEN 64

/* Powers of the generator 2 and their inverse function; log[0] is meaningless. For long products:
 * add the logarithms, reduce once modulo 255. */
extern const uint8_t culvert_gf256_exp[255];
extern const uint8_t culvert_gf256_log[256];

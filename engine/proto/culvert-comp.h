/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Snappy framing over snappy-c, WIRE.md section 7. One writer or reader per direction. */
#pragma once

#include "culvert-base.h"
#include "culvert-pool.h"

#define CULVERT_COMP_MAX_PLAIN 65536   /* uncompressed bytes of one data chunk */
#define CULVERT_COMP_MAX_CHUNK 76494   /* longest chunk body the reference accepts */
/* Bound of what one write of n <= CULVERT_COMP_MAX_PLAIN bytes makes, identifier included. */
#define CULVERT_COMP_BOUND (10 + 4 + 4 + 32 + CULVERT_COMP_MAX_PLAIN + CULVERT_COMP_MAX_PLAIN / 6)

typedef struct
{
  bool started; /* the stream identifier was written */
} CulvertCompWriter;

void culvert_comp_writer_init (CulvertCompWriter *writer);

/* Wraps n plain bytes (1..CULVERT_COMP_MAX_PLAIN) into one chunk, the identifier before the first;
 * uncompressed when snappy does not save an eighth. out has CULVERT_COMP_BOUND bytes. Returns
 * the bytes written. */
size_t culvert_comp_write (CulvertCompWriter *writer, const uint8_t *plain, size_t n, uint8_t *out);

typedef struct _CulvertCompReader CulvertCompReader;

/* The chunk being gathered lies in a buffer that grows as needed within budget and is freed
 * when trimmed; an idle reader holds a few bytes. */
CulvertCompReader *culvert_comp_reader_new (CulvertBudget *budget);
void culvert_comp_reader_free (CulvertCompReader *reader);

/* Takes bytes of the stream up to the end of at most one data chunk. Returns how many were taken
 * (> 0 unless len is 0); when a data chunk was completed its plain bytes are in plain
 * (CULVERT_COMP_MAX_PLAIN bytes of room) and *out_plain is their number, else 0. A chunk that
 * lies in data as a whole is decoded from there without gathering.
 * Codes: CULVERT_E_COMP (the stream is dead for good), CULVERT_E_NOMEM (fatal as well). */
int culvert_comp_read (CulvertCompReader *reader,
                       const uint8_t *data,
                       size_t len,
                       uint8_t *plain,
                       size_t *out_plain) CULVERT_WARN_UNUSED;

/* Frees the gather buffer when it is empty. */
void culvert_comp_reader_trim (CulvertCompReader *reader);

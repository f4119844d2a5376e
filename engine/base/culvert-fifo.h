/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Byte queue over pool slots: what a slow reader has not taken yet.
 *
 * Owner: one stream. Holds no memory while empty. Views lent by peek are valid until the
 * next call on the fifo. */
#pragma once

#include "culvert-base.h"
#include "culvert-pool.h"

#include <sys/uio.h>

typedef struct _CulvertFifoChunk CulvertFifoChunk;

typedef struct
{
  CulvertPool *pool; /* borrowed */
  CulvertFifoChunk *head;
  CulvertFifoChunk *tail;
  size_t len; /* bytes queued */
} CulvertFifo;

void culvert_fifo_init (CulvertFifo *fifo, CulvertPool *pool);
void culvert_fifo_clear (CulvertFifo *fifo);

/* Appends a copy. Codes: CULVERT_E_NOMEM (nothing was appended). */
int culvert_fifo_append (CulvertFifo *fifo, const void *data, size_t len) CULVERT_WARN_UNUSED;

/* Fills at most max vectors with the oldest bytes; returns how many. */
unsigned culvert_fifo_peek (const CulvertFifo *fifo, struct iovec *vectors, unsigned max);

/* Drops the oldest len bytes; len is at most fifo->len. */
void culvert_fifo_consume (CulvertFifo *fifo, size_t len);

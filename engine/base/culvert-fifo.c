/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A chain of chunks, each one pool slot; the head is consumed from its start, the tail is
 * filled to its end. Empty chunks go back to the pool at once. */
#include "config.h"

#include "culvert-fifo.h"

struct _CulvertFifoChunk
{
  CulvertFifoChunk *next;
  uint32_t start; /* first byte not yet consumed */
  uint32_t end;   /* first free byte */
  uint8_t data[];
};

static size_t
culvert_fifo_chunk_size (const CulvertFifo *fifo)
{
  return culvert_pool_slot_size (fifo->pool) - offsetof (CulvertFifoChunk, data);
}

static void
culvert_fifo_free_chain (CulvertFifo *fifo,
                         CulvertFifoChunk *chunk)
{
  while (chunk)
    {
      CulvertFifoChunk *next = chunk->next;

      culvert_pool_put (fifo->pool, chunk);
      chunk = next;
    }
}

/* Chain of empty chunks with room for len bytes, or NULL. */
static CulvertFifoChunk *
culvert_fifo_new_chain (CulvertFifo *fifo,
                        size_t len)
{
  size_t size = culvert_fifo_chunk_size (fifo);
  CulvertFifoChunk *chain = NULL;

  for (size_t room = 0; room < len; room += size)
    {
      CulvertFifoChunk *chunk = culvert_pool_get (fifo->pool);

      if (!chunk)
        {
          culvert_fifo_free_chain (fifo, chain);
          return NULL;
        }
      chunk->next = chain;
      chunk->start = 0;
      chunk->end = 0;
      chain = chunk;
    }
  return chain;
}

void
culvert_fifo_init (CulvertFifo *fifo,
                   CulvertPool *pool)
{
  g_assert (culvert_pool_slot_size (pool) > offsetof (CulvertFifoChunk, data));
  *fifo = (CulvertFifo) { .pool = pool };
}

void
culvert_fifo_clear (CulvertFifo *fifo)
{
  culvert_fifo_free_chain (fifo, fifo->head);
  fifo->head = NULL;
  fifo->tail = NULL;
  fifo->len = 0;
}

int
culvert_fifo_append (CulvertFifo *fifo,
                     const void *data,
                     size_t len)
{
  size_t size = culvert_fifo_chunk_size (fifo);
  size_t room = fifo->tail ? size - fifo->tail->end : 0;
  CulvertFifoChunk *chain = NULL;
  CulvertFifoChunk *chunk;
  const uint8_t *from = data;

  /* All memory first: a failure must leave the queue as it was. */
  if (len > room)
    {
      chain = culvert_fifo_new_chain (fifo, len - room);
      if (!chain)
        return CULVERT_E_NOMEM;
    }

  fifo->len += len;
  chunk = room ? fifo->tail : chain;
  if (fifo->tail)
    fifo->tail->next = chain;
  else
    fifo->head = chain;

  while (len > 0)
    {
      size_t n = MIN (len, size - chunk->end);

      memcpy (chunk->data + chunk->end, from, n);
      chunk->end += n;
      from += n;
      len -= n;
      fifo->tail = chunk;
      chunk = chunk->next;
    }
  return CULVERT_OK;
}

unsigned
culvert_fifo_peek (const CulvertFifo *fifo,
                   struct iovec *vectors,
                   unsigned max)
{
  unsigned n = 0;

  for (CulvertFifoChunk *chunk = fifo->head; chunk && n < max; chunk = chunk->next)
    {
      vectors[n].iov_base = chunk->data + chunk->start;
      vectors[n].iov_len = chunk->end - chunk->start;
      n++;
    }
  return n;
}

void
culvert_fifo_consume (CulvertFifo *fifo,
                      size_t len)
{
  g_assert (len <= fifo->len);
  fifo->len -= len;

  while (len > 0)
    {
      CulvertFifoChunk *chunk = fifo->head;
      size_t n = MIN (len, chunk->end - chunk->start);

      chunk->start += n;
      len -= n;
      if (chunk->start == chunk->end)
        {
          fifo->head = chunk->next;
          culvert_pool_put (fifo->pool, chunk);
        }
    }
  if (!fifo->head)
    fifo->tail = NULL;
}

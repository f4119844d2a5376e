/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Wire packet: one pool slot with headroom, so that layers only prepend.
 *
 *   slot 1600 B: | meta | headroom 32: nonce 16, crc 4, fec 8 | body up to the mtu | tail 16: tag |
 *
 * Owner: whoever holds the pointer; a TX batch after session output, then the UDP
 * back end, which puts it back into the worker's pool after the send call. */
#pragma once

#include "culvert-base.h"
#include "culvert-pool.h"

/* An odd number of cache lines: equal places of many packets do not compete for a cache set. */
#define CULVERT_PACKET_SLOT 1600
#define CULVERT_PACKET_HEADROOM 32
#define CULVERT_PACKET_TAIL 16
#define CULVERT_PACKET_MAX 1500 /* bytes on the wire, WIRE.md 2.8 */

typedef struct _CulvertPacket CulvertPacket;

struct _CulvertPacket
{
  CulvertPacket *next; /* free use of the owner */
  const void *dest;    /* opaque to the layers: the peer's address, set by the io level */
  uint16_t offset;     /* start of the data in buf */
  uint16_t len;        /* bytes of data */
  uint8_t buf[CULVERT_PACKET_HEADROOM + CULVERT_PACKET_MAX + CULVERT_PACKET_TAIL];
};

G_STATIC_ASSERT (sizeof (CulvertPacket) <= CULVERT_PACKET_SLOT);

/* New empty packet with full headroom; NULL when the pool is exhausted. */
CulvertPacket *culvert_packet_new (CulvertPool *pool) CULVERT_WARN_UNUSED;

static inline uint8_t *
culvert_packet_data (CulvertPacket *packet)
{
  return packet->buf + packet->offset;
}

/* Room behind the data, the tail included. */
static inline size_t
culvert_packet_tailroom (const CulvertPacket *packet)
{
  return sizeof packet->buf - packet->offset - packet->len;
}

/* Extends the data by len bytes to the front and returns the new start. */
static inline uint8_t *
culvert_packet_prepend (CulvertPacket *packet, size_t len)
{
  g_assert (packet->offset >= len);
  packet->offset -= len;
  packet->len += len;
  return packet->buf + packet->offset;
}

/* Extends the data by len bytes to the back and returns where they begin. */
static inline uint8_t *
culvert_packet_append (CulvertPacket *packet, size_t len)
{
  uint8_t *end = packet->buf + packet->offset + packet->len;
  g_assert (culvert_packet_tailroom (packet) >= len);
  packet->len += len;
  return end;
}

/* Packets on their way to one socket, in order. Who fills it stops when it is full. */
#define CULVERT_TX_BATCH_MAX 256

typedef struct
{
  unsigned n;
  CulvertPacket *packets[CULVERT_TX_BATCH_MAX];
} CulvertTxBatch;

static inline unsigned
culvert_tx_batch_room (const CulvertTxBatch *batch)
{
  return CULVERT_TX_BATCH_MAX - batch->n;
}

static inline void
culvert_tx_batch_add (CulvertTxBatch *batch, CulvertPacket *packet)
{
  g_assert (batch->n < CULVERT_TX_BATCH_MAX);
  batch->packets[batch->n++] = packet;
}

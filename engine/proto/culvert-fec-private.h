/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Shared by the FEC decoder, its detector and the encoder. */
#pragma once

#include "culvert-fec.h"

/* Where SIZE begins in a packet; parity covers everything from here on (WIRE.md 4.3). */
#define CULVERT_FEC_SHARD_START 6

/* Where shards begin in the buf of our own packets, so that they are aligned to cache lines (pool
 * slots are), which saves half of the time of the multiplication. */
#define CULVERT_FEC_BODY_OFFSET (64 - offsetof (CulvertPacket, buf) % 64)

/* The FEC header, more headers in front of it and the tail fit around the longest shard. */
G_STATIC_ASSERT (CULVERT_FEC_BODY_OFFSET - CULVERT_FEC_SHARD_START
                 >= CULVERT_PACKET_HEADROOM - CULVERT_FEC_HEADER);
G_STATIC_ASSERT (CULVERT_FEC_BODY_OFFSET - CULVERT_FEC_SHARD_START
                 <= CULVERT_PACKET_HEADROOM + CULVERT_PACKET_TAIL);

/* First id that is never used with groups of n packets (WIRE.md 4.2). */
static inline uint32_t
culvert_fec_paws (unsigned n)
{
  return UINT32_MAX / n * n;
}

/* -- detection of the sender's parameters, WIRE.md 4.6 --------------------------- */

#define CULVERT_FEC_SAMPLES 258

/* The last packets in order of arrival; all zero is the empty window. */
typedef struct
{
  uint16_t n;
  uint16_t next;                          /* where the next sample goes */
  uint8_t is_data[(CULVERT_FEC_SAMPLES + 7) / 8];
  uint32_t seqids[CULVERT_FEC_SAMPLES];
} CulvertFecSamples;

void culvert_fec_samples_add (CulvertFecSamples *samples, bool is_data, uint32_t seqid);

/* False when the samples do not tell. Costs about a microsecond: to be called only while the
 * parameters are in doubt, and after a sample was added. */
bool culvert_fec_samples_detect (const CulvertFecSamples *samples,
                                 unsigned *out_ds,
                                 unsigned *out_ps) CULVERT_WARN_UNUSED;

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Single-writer counter block, WIRE.md 14.
 *
 * Written by one worker with relaxed load and store (no lock prefix), read by any thread.
 * Each counter is monotonic, gauges are stored at most once per wake; no promise holds
 * between two of them. The block is atomically counted and freed by whoever lets go last. */
#pragma once

#include "culvert-base.h"

#include <stdatomic.h>

/* X(field, name in the CSV) in the order of the CSV; counters first, see CULVERT_GAUGES. */
#define CULVERT_COUNTERS(X) \
  X (bytes_sent, "BytesSent") \
  X (bytes_received, "BytesReceived") \
  X (active_opens, "ActiveOpens") \
  X (passive_opens, "PassiveOpens") \
  X (in_errs, "InErrs") \
  X (in_csum_errors, "InCsumErrors") \
  X (kcp_in_errors, "KCPInErrors") \
  X (in_pkts, "InPkts") \
  X (out_pkts, "OutPkts") \
  X (in_segs, "InSegs") \
  X (out_segs, "OutSegs") \
  X (in_bytes, "InBytes") \
  X (out_bytes, "OutBytes") \
  X (retrans_segs, "RetransSegs") \
  X (fast_retrans_segs, "FastRetransSegs") \
  X (early_retrans_segs, "EarlyRetransSegs") \
  X (lost_segs, "LostSegs") \
  X (repeat_segs, "RepeatSegs") \
  X (fec_full_shards, "FECFullShards") \
  X (fec_parity_shards, "FECParityShards") \
  X (fec_errs, "FECErrs") \
  X (fec_recovered, "FECRecovered") \
  X (oob_packets, "OOBPackets") \
  X (payload_sent, "PayloadSent") \
  X (payload_received, "PayloadReceived") \
  X (streams_opened, "StreamsOpened") \
  X (streams_closed, "StreamsClosed") \
  X (fec_bytes, "FECBytes") \
  X (retrans_bytes, "RetransBytes") \
  X (ack_bytes, "AckBytes") \
  X (pool_exhausted, "PoolExhausted") \
  X (strangers, "Strangers") \
  X (stranger_pkts, "StrangerPkts")

/* Momentary values of one session. */
#define CULVERT_GAUGES(X) \
  X (fec_shard_set, "FECShardSet") \
  X (fec_shard_min, "FECShardMin") \
  X (snd_queue, "RingBufferSndQueue") \
  X (rcv_queue, "RingBufferRcvQueue") \
  X (snd_buffer, "RingBufferSndBuffer") \
  X (srtt_us, "SRTT") \
  X (rttvar_us, "RTTVar") \
  X (rto_us, "RTO") \
  X (rmt_wnd, "RemoteWindow") \
  X (streams, "Streams")

typedef struct
{
#define CULVERT_COUNTER_FIELD(field, name) _Atomic uint64_t field;
  CULVERT_COUNTERS (CULVERT_COUNTER_FIELD)
  CULVERT_GAUGES (CULVERT_COUNTER_FIELD)
#undef CULVERT_COUNTER_FIELD
  _Atomic uint32_t refs;
} CulvertCounters;

G_STATIC_ASSERT (ATOMIC_LLONG_LOCK_FREE == 2);

/* New zeroed block, cache-line aligned, with one reference. Never NULL. */
CulvertCounters *culvert_counters_new (void);
CulvertCounters *culvert_counters_ref (CulvertCounters *counters);
void culvert_counters_unref (CulvertCounters *counters);

static inline void
culvert_counter_add (_Atomic uint64_t *counter, uint64_t n)
{
  atomic_store_explicit (counter, atomic_load_explicit (counter, memory_order_relaxed) + n,
                         memory_order_relaxed);
}

static inline void
culvert_counter_set (_Atomic uint64_t *counter, uint64_t value)
{
  atomic_store_explicit (counter, value, memory_order_relaxed);
}

static inline uint64_t
culvert_counter_get (const _Atomic uint64_t *counter)
{
  return atomic_load_explicit (counter, memory_order_relaxed);
}

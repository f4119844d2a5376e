/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-stats-private.h"

#include <math.h>

/* The CSV's columns in order, WIRE.md 14.1; MaxConn and CurrEstab are computed by the tunnel. */
#define CULVERT_STATS_FIELDS(X, COMPUTED, GAUGE) \
  X (bytes_sent, "BytesSent") \
  X (bytes_received, "BytesReceived") \
  COMPUTED ("MaxConn") \
  X (active_opens, "ActiveOpens") \
  X (passive_opens, "PassiveOpens") \
  COMPUTED ("CurrEstab") \
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
  GAUGE (fec_shard_set, "FECShardSet") \
  GAUGE (fec_shard_min, "FECShardMin") \
  GAUGE (snd_queue, "RingBufferSndQueue") \
  GAUGE (rcv_queue, "RingBufferRcvQueue") \
  GAUGE (snd_buffer, "RingBufferSndBuffer") \
  X (oob_packets, "OOBPackets") \
  X (payload_sent, "PayloadSent") \
  X (payload_received, "PayloadReceived") \
  X (streams_opened, "StreamsOpened") \
  X (streams_closed, "StreamsClosed") \
  X (fec_bytes, "FECBytes") \
  X (retrans_bytes, "RetransBytes") \
  X (ack_bytes, "AckBytes") \
  X (spurious_segs, "SpuriousRetransSegs") \
  X (copy_bytes, "CopyBytes") \
  X (pool_exhausted, "PoolExhausted") \
  GAUGE (streams, "Streams") \
  GAUGE (rmt_wnd, "RemoteWindow") \
  GAUGE (srtt_us, "SRTT") \
  GAUGE (rto_us, "RTO") \
  GAUGE (pacing_rate, "PacingRate") \
  GAUGE (bandwidth, "Bandwidth") \
  GAUGE (min_rtt_us, "MinRTT") \
  GAUGE (loss_ppm, "LossPPM") \
  GAUGE (fec_data, "FECDataShards") \
  GAUGE (fec_parity, "FECParityOfGroup") \
  GAUGE (fec_loss_ppm, "FECLossPPM")

typedef struct
{
  const char *name;
  size_t offset; /* in CulvertCounters; 0 with is_computed */
  bool is_gauge;
  bool is_computed;
} CulvertStatsField;

#define CULVERT_STATS_COUNTER(field, name) { name, offsetof (CulvertCounters, field), false, false },
#define CULVERT_STATS_GAUGE(field, name) { name, offsetof (CulvertCounters, field), true, false },
#define CULVERT_STATS_COMPUTED(name) { name, 0, true, true },
static const CulvertStatsField culvert_stats_fields[] = {
  CULVERT_STATS_FIELDS (CULVERT_STATS_COUNTER, CULVERT_STATS_COMPUTED, CULVERT_STATS_GAUGE)
};

G_STATIC_ASSERT (G_N_ELEMENTS (culvert_stats_fields) <= CULVERT_STATS_MAX_FIELDS);

G_DEFINE_BOXED_TYPE (CulvertStats, culvert_stats, culvert_stats_copy, culvert_stats_free)

CulvertStats *
culvert_stats_copy (const CulvertStats *stats)
{
  return g_memdup2 (stats, sizeof *stats);
}

void
culvert_stats_free (CulvertStats *stats)
{
  g_free (stats);
}

guint
culvert_stats_n_fields (void)
{
  return G_N_ELEMENTS (culvert_stats_fields);
}

const char *
culvert_stats_field_name (guint field)
{
  return field < G_N_ELEMENTS (culvert_stats_fields) ? culvert_stats_fields[field].name : NULL;
}

gboolean
culvert_stats_field_is_gauge (guint field)
{
  g_return_val_if_fail (field < G_N_ELEMENTS (culvert_stats_fields), FALSE);
  return culvert_stats_fields[field].is_gauge;
}

int
culvert_stats_field_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (culvert_stats_fields); i++)
    if (g_strcmp0 (culvert_stats_fields[i].name, name) == 0)
      return (int) i;
  return -1;
}

guint64
culvert_stats_get (const CulvertStats *stats, guint field)
{
  g_return_val_if_fail (field < G_N_ELEMENTS (culvert_stats_fields), 0);
  return stats->values[field];
}

guint64
culvert_stats_lookup (const CulvertStats *stats, const char *name)
{
  int field = culvert_stats_field_find (name);

  return field >= 0 ? stats->values[field] : 0;
}

double
culvert_stats_rate (const CulvertStats *older, const CulvertStats *newer, guint field)
{
  g_return_val_if_fail (field < G_N_ELEMENTS (culvert_stats_fields), 0);
  if (newer->time_us <= older->time_us || newer->values[field] < older->values[field])
    return 0;
  return (double) (newer->values[field] - older->values[field]) * G_USEC_PER_SEC
         / (double) (newer->time_us - older->time_us);
}

void
culvert_stats_add (CulvertStats *stats, const CulvertStats *addend)
{
  for (guint i = 0; i < G_N_ELEMENTS (culvert_stats_fields); i++)
    stats->values[i] += addend->values[i];
  stats->time_us = MAX (stats->time_us, addend->time_us);
}

void
culvert_stats_add_counters (CulvertStats *stats, const CulvertCounters *counters, gboolean is_live)
{
  for (guint i = 0; i < G_N_ELEMENTS (culvert_stats_fields); i++)
    {
      const CulvertStatsField *field = &culvert_stats_fields[i];
      const _Atomic uint64_t *value = G_STRUCT_MEMBER_P (counters, field->offset);

      if (!field->is_computed && (is_live || !field->is_gauge))
        stats->values[i] += culvert_counter_get (value);
    }
}

void
culvert_stats_set (CulvertStats *stats, const char *name, guint64 value)
{
  stats->values[culvert_stats_field_find (name)] = value;
}

void
culvert_stats_average (CulvertStats *stats, const char *name, guint n)
{
  if (n > 1)
    stats->values[culvert_stats_field_find (name)] /= n;
}

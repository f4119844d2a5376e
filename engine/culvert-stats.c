/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-stats-private.h"

/* What belongs to the tunnel rather than to a counter block. */
#define CULVERT_STATS_COMPUTED G_MAXSIZE

typedef enum
{
  CULVERT_FIELD_COUNTER,
  CULVERT_FIELD_SUM, /* gauge; sessions and tunnels add up */
  CULVERT_FIELD_MAX, /* gauge; the largest counts */
} CulvertFieldKind;

typedef struct
{
  const char *name;
  size_t offset; /* in CulvertCounters */
  CulvertFieldKind kind;
} CulvertField;

#define CULVERT_COUNTER(field, name) \
  { name, offsetof (CulvertCounters, field), CULVERT_FIELD_COUNTER }
#define CULVERT_GAUGE(field, name, how) \
  { name, offsetof (CulvertCounters, field), CULVERT_FIELD_##how }

/* The columns of WIRE.md 14.1 in their order, then ours. */
static const CulvertField culvert_fields[] = {
  CULVERT_COUNTER (bytes_sent, "BytesSent"),
  CULVERT_COUNTER (bytes_received, "BytesReceived"),
  { "MaxConn", CULVERT_STATS_COMPUTED, CULVERT_FIELD_SUM },
  CULVERT_COUNTER (active_opens, "ActiveOpens"),
  CULVERT_COUNTER (passive_opens, "PassiveOpens"),
  { "CurrEstab", CULVERT_STATS_COMPUTED, CULVERT_FIELD_SUM },
  CULVERT_COUNTER (in_errs, "InErrs"),
  CULVERT_COUNTER (in_csum_errors, "InCsumErrors"),
  CULVERT_COUNTER (kcp_in_errors, "KCPInErrors"),
  CULVERT_COUNTER (in_pkts, "InPkts"),
  CULVERT_COUNTER (out_pkts, "OutPkts"),
  CULVERT_COUNTER (in_segs, "InSegs"),
  CULVERT_COUNTER (out_segs, "OutSegs"),
  CULVERT_COUNTER (in_bytes, "InBytes"),
  CULVERT_COUNTER (out_bytes, "OutBytes"),
  CULVERT_COUNTER (retrans_segs, "RetransSegs"),
  CULVERT_COUNTER (fast_retrans_segs, "FastRetransSegs"),
  CULVERT_COUNTER (early_retrans_segs, "EarlyRetransSegs"),
  CULVERT_COUNTER (lost_segs, "LostSegs"),
  CULVERT_COUNTER (repeat_segs, "RepeatSegs"),
  CULVERT_COUNTER (fec_full_shards, "FECFullShards"),
  CULVERT_COUNTER (fec_parity_shards, "FECParityShards"),
  CULVERT_COUNTER (fec_errs, "FECErrs"),
  CULVERT_COUNTER (fec_recovered, "FECRecovered"),
  CULVERT_GAUGE (fec_shard_set, "FECShardSet", SUM),
  CULVERT_GAUGE (fec_shard_min, "FECShardMin", MAX),
  CULVERT_GAUGE (snd_queue, "RingBufferSndQueue", SUM),
  CULVERT_GAUGE (rcv_queue, "RingBufferRcvQueue", SUM),
  CULVERT_GAUGE (snd_buffer, "RingBufferSndBuffer", SUM),
  CULVERT_COUNTER (oob_packets, "OOBPackets"),

  CULVERT_COUNTER (payload_sent, "PayloadSent"),
  CULVERT_COUNTER (payload_received, "PayloadReceived"),
  CULVERT_COUNTER (streams_opened, "StreamsOpened"),
  CULVERT_COUNTER (streams_closed, "StreamsClosed"),
  CULVERT_COUNTER (fec_bytes, "FECBytes"),
  CULVERT_COUNTER (retrans_bytes, "RetransBytes"),
  CULVERT_COUNTER (ack_bytes, "AckBytes"),
  CULVERT_COUNTER (pool_exhausted, "PoolExhausted"),
  CULVERT_COUNTER (strangers, "Strangers"),
  CULVERT_COUNTER (stranger_pkts, "StrangerPkts"),
  CULVERT_GAUGE (srtt_us, "SRTT", MAX),
  CULVERT_GAUGE (rttvar_us, "RTTVar", MAX),
  CULVERT_GAUGE (rto_us, "RTO", MAX),
  CULVERT_GAUGE (rmt_wnd, "RemoteWindow", MAX),
  CULVERT_GAUGE (streams, "Streams", SUM),
};

#define CULVERT_FIELD_MAX_CONN 2
#define CULVERT_FIELD_CURR_ESTAB 5
#define CULVERT_N_FIELDS G_N_ELEMENTS (culvert_fields)

G_STATIC_ASSERT (CULVERT_N_FIELDS <= CULVERT_STATS_MAX_FIELDS);
/* Every counter and gauge has a field: two more are computed. */
#define CULVERT_COUNT(field, name) +1
G_STATIC_ASSERT (CULVERT_N_FIELDS
                 == 2 CULVERT_COUNTERS (CULVERT_COUNT) CULVERT_GAUGES (CULVERT_COUNT));

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
  return CULVERT_N_FIELDS;
}

const char *
culvert_stats_field_name (guint field)
{
  return field < CULVERT_N_FIELDS ? culvert_fields[field].name : NULL;
}

gboolean
culvert_stats_field_is_gauge (guint field)
{
  g_return_val_if_fail (field < CULVERT_N_FIELDS, FALSE);
  return culvert_fields[field].kind != CULVERT_FIELD_COUNTER;
}

int
culvert_stats_field_find (const char *name)
{
  g_return_val_if_fail (name != NULL, -1);
  for (guint i = 0; i < CULVERT_N_FIELDS; i++)
    if (g_str_equal (culvert_fields[i].name, name))
      return (int) i;
  return -1;
}

guint64
culvert_stats_get (const CulvertStats *stats, guint field)
{
  g_return_val_if_fail (stats != NULL && field < CULVERT_N_FIELDS, 0);
  return stats->values[field];
}

guint64
culvert_stats_lookup (const CulvertStats *stats, const char *name)
{
  int field = culvert_stats_field_find (name);

  return field >= 0 ? culvert_stats_get (stats, (guint) field) : 0;
}

double
culvert_stats_rate (const CulvertStats *older, const CulvertStats *newer, guint field)
{
  gint64 elapsed;

  g_return_val_if_fail (older != NULL && newer != NULL && field < CULVERT_N_FIELDS, 0);
  elapsed = newer->time_us - older->time_us;
  if (elapsed <= 0 || newer->values[field] <= older->values[field])
    return 0;
  return (double) (newer->values[field] - older->values[field]) * G_USEC_PER_SEC / (double) elapsed;
}

static guint64
culvert_stats_growth (const CulvertStats *older, const CulvertStats *newer, const char *name)
{
  guint64 before = culvert_stats_lookup (older, name);
  guint64 after = culvert_stats_lookup (newer, name);

  return after > before ? after - before : 0;
}

/* Takes at most what is left: the counters are not read at one instant. */
static guint64
culvert_stats_share (guint64 *left, guint64 part)
{
  part = MIN (part, *left);
  *left -= part;
  return part;
}

void
culvert_stats_overhead (const CulvertStats *older,
                        const CulvertStats *newer,
                        CulvertOverhead *out_overhead)
{
  CulvertOverhead overhead = { 0 };
  guint64 left;

  g_return_if_fail (older != NULL && newer != NULL && out_overhead != NULL);
  overhead.wire = left = culvert_stats_growth (older, newer, "OutBytes");
  overhead.fec = culvert_stats_share (&left, culvert_stats_growth (older, newer, "FECBytes"));
  overhead.resend = culvert_stats_growth (older, newer, "RetransBytes");
  overhead.resend = culvert_stats_share (&left, overhead.resend);
  overhead.acks = culvert_stats_share (&left, culvert_stats_growth (older, newer, "AckBytes"));
  overhead.payload = MIN (culvert_stats_growth (older, newer, "PayloadSent"),
                          culvert_stats_growth (older, newer, "BytesSent"));
  overhead.payload = culvert_stats_share (&left, overhead.payload);
  overhead.headers = left;
  *out_overhead = overhead;
}

static void
culvert_stats_merge (CulvertStats *stats, guint field, guint64 value)
{
  if (culvert_fields[field].kind == CULVERT_FIELD_MAX)
    stats->values[field] = MAX (stats->values[field], value);
  else
    stats->values[field] += value;
}

void
culvert_stats_add (CulvertStats *stats, const CulvertStats *addend)
{
  g_return_if_fail (stats != NULL && addend != NULL);
  for (guint i = 0; i < CULVERT_N_FIELDS; i++)
    culvert_stats_merge (stats, i, addend->values[i]);
  stats->time_us = MAX (stats->time_us, addend->time_us);
}

void
culvert_stats_add_counters (CulvertStats *stats, const CulvertCounters *counters, gboolean is_live)
{
  for (guint i = 0; i < CULVERT_N_FIELDS; i++)
    {
      const CulvertField *field = &culvert_fields[i];

      if (field->offset == CULVERT_STATS_COMPUTED
          || (field->kind != CULVERT_FIELD_COUNTER && !is_live))
        continue;
      culvert_stats_merge (stats, i, culvert_counter_get (
        (const _Atomic uint64_t *) (const void *) ((const uint8_t *) counters + field->offset)));
    }
}

void
culvert_stats_set_sessions (CulvertStats *stats, guint now, guint highest)
{
  stats->values[CULVERT_FIELD_MAX_CONN] = highest;
  stats->values[CULVERT_FIELD_CURR_ESTAB] = now;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-address-private.h"
#include "culvert-faketcp-flow.h"

#define CULVERT_FLOW_MIN_BUCKETS 4
/* Reordering at the start; whoever guesses a number so well needs no guessing. */
#define CULVERT_FLOW_REORDER 65536

void
culvert_flow_init (CulvertFlow *flow,
                   const CulvertAddress *peer,
                   const CulvertAddress *local,
                   CulvertTime now)
{
  memset (flow, 0, sizeof *flow);
  flow->peer = *peer;
  flow->local = *local;
  culvert_address_unmap (&flow->peer);
  culvert_address_unmap (&flow->local);
  flow->peer.local_port = culvert_address_port (&flow->local);
  flow->pseudo = culvert_tcp_pseudo_sum (&flow->peer, &flow->local);
  flow->heard_at = now;
  culvert_list_init (&flow->idle);
}

void
culvert_flow_restart (CulvertFlow *flow)
{
  flow->has_seq = false;
  flow->has_ack = false;
}

/* A segment was overtaken by later ones. */
static bool
culvert_flow_is_earlier (const CulvertFlow *flow, uint32_t seq)
{
  int32_t distance = culvert_diff32 (flow->first, seq);

  return distance > 0 && distance < CULVERT_FLOW_REORDER;
}

void
culvert_flow_receive (CulvertFlow *flow, const CulvertTcpSegment *segment)
{
  bool has_fin = (segment->flags & CULVERT_TCP_FIN) != 0;
  uint32_t first = segment->seq + ((segment->flags & CULVERT_TCP_SYN) != 0);
  uint32_t end = first + (uint32_t) segment->payload_len + has_fin;

  if (!flow->has_seq && (segment->flags & CULVERT_TCP_ACK) != 0)
    {
      flow->seq = segment->ack;
      flow->has_seq = true;
    }
  if (end == segment->seq)
    return;
  if (!flow->has_ack || culvert_flow_is_earlier (flow, first))
    flow->first = first;
  if (!flow->has_ack || culvert_diff32 (end, flow->ack) > 0)
    flow->ack = end;
  flow->has_ack = true;
}

bool
culvert_flow_is_ended_by (const CulvertFlow *flow, const CulvertTcpSegment *segment)
{
  if (!flow->has_ack)
    return false;
  if ((segment->flags & (CULVERT_TCP_FIN | CULVERT_TCP_RST)) != 0)
    return segment->seq == flow->first;
  return (segment->flags & (CULVERT_TCP_SYN | CULVERT_TCP_ACK)) == CULVERT_TCP_SYN
         && segment->seq + 1 != flow->first;
}

void
culvert_flow_send (CulvertFlow *flow,
                   uint8_t *payload,
                   size_t len,
                   uint8_t header[CULVERT_TCP_HEADER])
{
  CulvertTcpSegment segment = {
    .from_port = flow->peer.local_port,
    .to_port = culvert_address_port (&flow->peer),
    .seq = flow->seq,
    .ack = flow->ack,
    .flags = CULVERT_TCP_PSH | CULVERT_TCP_ACK,
    .payload = payload,
    .payload_len = len,
  };

  g_assert (flow->has_seq);
  culvert_tcp_segment_write (&segment, flow->pseudo, header);
  flow->seq += (uint32_t) len;
}

void
culvert_flow_unsend (CulvertFlow *flow, size_t len)
{
  flow->seq -= (uint32_t) len;
}

/* -- table ----------------------------------------------------------------------------- */

void
culvert_flow_table_init (CulvertFlowTable *table, uint32_t seed)
{
  table->buckets = g_new0 (CulvertFlow *, CULVERT_FLOW_MIN_BUCKETS);
  table->n_buckets = CULVERT_FLOW_MIN_BUCKETS;
  table->n = 0;
  table->seed = seed;
  culvert_list_init (&table->idle);
}

void
culvert_flow_table_clear (CulvertFlowTable *table)
{
  g_assert (table->n == 0);
  g_clear_pointer (&table->buckets, g_free);
}

static CulvertFlow **
culvert_flow_table_bucket (const CulvertFlowTable *table, const CulvertAddress *peer)
{
  return &table->buckets[culvert_address_hash (peer, table->seed) & (table->n_buckets - 1)];
}

CulvertFlow *
culvert_flow_table_find (const CulvertFlowTable *table, const CulvertAddress *peer)
{
  CulvertFlow *flow = *culvert_flow_table_bucket (table, peer);

  while (flow != NULL && !culvert_address_equal (&flow->peer, peer))
    flow = flow->hash_next;
  return flow;
}

static void
culvert_flow_table_resize (CulvertFlowTable *table, unsigned n_buckets)
{
  CulvertFlow **old = table->buckets;
  unsigned n_old = table->n_buckets;
  CulvertFlow **buckets = g_try_new0 (CulvertFlow *, n_buckets);

  /* Longer chains are the price of no memory. */
  if (buckets == NULL)
    return;
  table->buckets = buckets;
  table->n_buckets = n_buckets;
  for (unsigned i = 0; i < n_old; i++)
    while (old[i] != NULL)
      {
        CulvertFlow *flow = old[i];
        CulvertFlow **bucket = culvert_flow_table_bucket (table, &flow->peer);

        old[i] = flow->hash_next;
        flow->hash_next = *bucket;
        *bucket = flow;
      }
  g_free (old);
}

void
culvert_flow_table_add (CulvertFlowTable *table, CulvertFlow *flow)
{
  CulvertFlow **bucket;

  if (table->n++ >= table->n_buckets)
    culvert_flow_table_resize (table, 2 * table->n_buckets);
  bucket = culvert_flow_table_bucket (table, &flow->peer);
  flow->hash_next = *bucket;
  *bucket = flow;
  culvert_list_append (&table->idle, &flow->idle);
}

void
culvert_flow_table_remove (CulvertFlowTable *table, CulvertFlow *flow)
{
  CulvertFlow **place = culvert_flow_table_bucket (table, &flow->peer);

  while (*place != flow)
    place = &(*place)->hash_next;
  *place = flow->hash_next;
  culvert_list_remove (&flow->idle);
  table->n--;
  if (table->n_buckets > CULVERT_FLOW_MIN_BUCKETS && table->n < table->n_buckets / 8)
    culvert_flow_table_resize (table, table->n_buckets / 2);
}

void
culvert_flow_table_touch (CulvertFlowTable *table, CulvertFlow *flow, CulvertTime now)
{
  flow->heard_at = now;
  culvert_list_remove (&flow->idle);
  culvert_list_append (&table->idle, &flow->idle);
}

CulvertFlow *
culvert_flow_table_idle_since (const CulvertFlowTable *table, CulvertTime time)
{
  CulvertList *node = culvert_list_first (&table->idle);
  CulvertFlow *flow;

  if (node == NULL)
    return NULL;
  flow = CULVERT_LIST_ENTRY (node, CulvertFlow, idle);
  return flow->heard_at <= time ? flow : NULL;
}

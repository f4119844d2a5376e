/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Flows of fake TCP: the numbers of one connection as both ends see them, and the table of all.
 *
 * A flow is keyed by the peer's address and our port; it exists as long as the kernel's own
 * connection, whose handshake gave it its first numbers. Nothing is repeated or put in order at
 * this level: seq only ever grows by what was sent and ack is the highest end received, so that
 * a middlebox sees a connection without gaps in time. Peers do not look at either.
 *
 * Pure state, owned by one worker. The table does not own the flows: who adds one embeds it in
 * something, and removes it before that is freed. */
#pragma once

#include "culvert-faketcp-segment.h"
#include "culvert-list.h"

/* A server drops a flow that was silent for so long, WIRE.md 11.1. */
#define CULVERT_FLOW_IDLE (60 * CULVERT_SEC)

typedef struct _CulvertFlow CulvertFlow;

struct _CulvertFlow
{
  CulvertAddress peer;  /* local_port is ours */
  CulvertAddress local;
  uint32_t pseudo;      /* sum of both addresses */
  uint32_t seq;         /* of the next segment */
  uint32_t ack;         /* the highest end received */
  uint32_t first;       /* what the peer's kernel would send, which knows nothing of our segments */
  bool has_seq;         /* may transmit */
  bool has_ack;
  CulvertTime heard_at;
  CulvertFlow *hash_next;
  CulvertList idle;     /* in table->idle, the most silent first */
};

/* Addresses of one family, from a socket: mapped ones become plain IPv4. */
void culvert_flow_init (CulvertFlow *flow,
                        const CulvertAddress *peer,
                        const CulvertAddress *local,
                        CulvertTime now);
/* A new handshake is under way on the same ports. */
void culvert_flow_restart (CulvertFlow *flow);

/* Learns from a segment of the peer whose checksum is right. */
void culvert_flow_receive (CulvertFlow *flow, const CulvertTcpSegment *segment);

/* For connections whose end the kernel does not see, of a segment whose checksum is right.
 * Whether it ends the connection: FIN or RST with the number that the peer's kernel still has,
 * or a SYN that is not the one this connection began with. */
bool culvert_flow_is_ended_by (const CulvertFlow *flow, const CulvertTcpSegment *segment);

/* Writes the header of the next segment and counts its payload as sent; unsend takes the
 * last one back. The flow must have has_seq. */
void culvert_flow_send (CulvertFlow *flow,
                        uint8_t *payload,
                        size_t len,
                        uint8_t header[CULVERT_TCP_HEADER]);
void culvert_flow_unsend (CulvertFlow *flow, size_t len);

typedef struct
{
  CulvertFlow **buckets; /* chains by hash_next */
  unsigned n_buckets;    /* power of two */
  unsigned n;
  uint32_t seed;
  CulvertList idle;
} CulvertFlowTable;

void culvert_flow_table_init (CulvertFlowTable *table, uint32_t seed);
/* It must be empty. */
void culvert_flow_table_clear (CulvertFlowTable *table);

/* peer with its local_port; NULL when there is none. */
CulvertFlow *culvert_flow_table_find (const CulvertFlowTable *table, const CulvertAddress *peer);
/* Its peer must not be in the table. */
void culvert_flow_table_add (CulvertFlowTable *table, CulvertFlow *flow);
void culvert_flow_table_remove (CulvertFlowTable *table, CulvertFlow *flow);

/* Heard of just now. */
void culvert_flow_table_touch (CulvertFlowTable *table, CulvertFlow *flow, CulvertTime now);
/* The most silent flow when it was heard last at or before that time, else NULL. */
CulvertFlow *culvert_flow_table_idle_since (const CulvertFlowTable *table, CulvertTime time);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* IPv4 packets that are to be TCP segments, from the raw socket to a flow and back. */

#include "config.h"

#include "culvert-faketcp-flow.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
fuzz_flow (CulvertFlow *flow, const CulvertTcpSegment *segment)
{
  uint32_t seq;
  bool had_seq = flow->has_seq;

  seq = flow->seq;
  (void) culvert_flow_is_ended_by (flow, segment);
  culvert_flow_receive (flow, segment);
  if (had_seq)
    g_assert_cmpuint (flow->seq, ==, seq);
}

/* What we send is read back as it was meant. */
static void
fuzz_answer (CulvertFlow *flow, const CulvertTcpSegment *segment)
{
  size_t len = MIN (segment->payload_len, CULVERT_PACKET_MAX);
  uint8_t bytes[CULVERT_TCP_HEADER + CULVERT_PACKET_MAX];
  CulvertTcpSegment read;
  uint32_t seq = flow->seq;

  memcpy (bytes + CULVERT_TCP_HEADER, segment->payload, len);
  culvert_flow_send (flow, bytes + CULVERT_TCP_HEADER, len, bytes);
  g_assert_cmpint (culvert_tcp_segment_parse (bytes, CULVERT_TCP_HEADER + len, &read), ==, 0);
  g_assert_cmpuint (read.seq, ==, seq);
  g_assert_cmpuint (read.ack, ==, flow->ack);
  g_assert_cmpuint (read.payload_len, ==, len);
  g_assert_true (culvert_tcp_segment_check (bytes, CULVERT_TCP_HEADER + len, flow->pseudo));
  culvert_flow_unsend (flow, len);
  g_assert_cmpuint (flow->seq, ==, seq);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree uint8_t *copy = g_memdup2 (data, size);
  CulvertAddress from;
  CulvertTcpSegment segment;
  CulvertFlow flow;
  uint8_t *tcp;
  size_t len;

  /* No bytes are no pointer. */
  if (size == 0 || culvert_ipv4_parse (copy, size, &tcp, &len, &from) < 0
      || culvert_tcp_segment_parse (tcp, len, &segment) < 0)
    return 0;
  g_assert_true (tcp >= copy && tcp + len <= copy + size);
  g_assert_true (segment.payload >= tcp + CULVERT_TCP_HEADER);
  g_assert_true (segment.payload + segment.payload_len == tcp + len);
  culvert_flow_init (&flow, &from, &from, 0);
  (void) culvert_tcp_segment_check (tcp, len, flow.pseudo);
  fuzz_flow (&flow, &segment);
  segment.seq += 100;
  fuzz_flow (&flow, &segment);
  if (flow.has_seq)
    fuzz_answer (&flow, &segment);
  return 0;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Receiving: input, acknowledgements in both directions, reassembly. WIRE.md 5.4.
 *
 * Every byte here comes from outside. Lengths are checked before use, numbers are compared
 * by their difference only; una and ACK count up to what was really emitted. Payload is
 * copied once, into a segment that goes straight to the queue when it is the next one. */
#include "config.h"

#include "culvert-kcp-private.h"
#include "culvert-wire.h"

/* What the segments of one packet have in common. */
typedef struct
{
  CulvertTime now;
  bool recovered;
  bool has_ack;
  bool is_answer;       /* something new is acknowledged, or a window told */
  bool disagrees;       /* una contradicts what was said or sent before */
  uint32_t latest_ts;   /* echoed by the last ACK */
  CulvertTime sent;     /* latest transmission that is acknowledged for sure, or -1 */
  unsigned n_segments;
  unsigned n_repeated;
  int code;             /* CULVERT_E_NOMEM once a payload could not be stored */
  CulvertKcpArrival arrival;
} CulvertKcpInput;

/* One segment as parsed; payload points into the packet. */
typedef struct
{
  unsigned cmd;
  uint32_t wnd, ts, sn, una, len;
  const uint8_t *payload;
} CulvertKcpHeader;

/* -- acknowledgements to send ------------------------------------------------------ */

void
culvert_kcp_acks_reset (CulvertKcp *kcp)
{
  kcp->ack_head = 0;
  kcp->ack_end = 0;
  kcp->n_acks = 0;
  kcp->ack_beyond = false;
  kcp->ack_out = false;
}

static bool
culvert_kcp_acks_grow (CulvertKcp *kcp)
{
  uint32_t capacity = kcp->ack_capacity > 0 ? 2 * kcp->ack_capacity : 16;
  CulvertKcpAck *acks;

  if (capacity > CULVERT_KCP_ACKS_MAX)
    return false;
  acks = g_try_renew (CulvertKcpAck, kcp->acks, capacity);
  if (acks == NULL)
    return false;
  kcp->acks = acks;
  kcp->ack_capacity = capacity;
  return true;
}

static uint32_t
culvert_kcp_acks_per_packet (const CulvertKcp *kcp)
{
  return kcp->mtu / CULVERT_KCP_OVERHEAD;
}

/* Between half the delay and all of it, on a grid that sessions share: those that heard of their
 * peers one after the other wake together. */
static CulvertTime
culvert_kcp_ack_after (const CulvertKcp *kcp,
                       CulvertTime now)
{
  CulvertTime delay = MIN (kcp->interval_ms, CULVERT_KCP_ACK_DELAY_MS) * CULVERT_MSEC;
  CulvertTime at = now + delay;

  return at - at % (delay / 2);
}

/* Notes an arrival. What una covers already needs no place in the list unless it is the
 * last; neither gets one what a flood brings beyond the bound. is_urgent: the peer waits. */
static void
culvert_kcp_acks_add (CulvertKcp *kcp,
                      CulvertKcpAck ack,
                      bool is_urgent,
                      bool is_recovered,
                      CulvertTime now)
{
  if (kcp->n_acks++ == 0)
    kcp->ack_at = culvert_kcp_ack_after (kcp, now);
  if (is_urgent || kcp->ack_no_delay || kcp->n_acks >= CULVERT_KCP_ACK_EVERY
      || kcp->n_acks >= culvert_kcp_acks_per_packet (kcp))
    kcp->ack_at = 0;
  if (culvert_diff32 (ack.sn, kcp->rcv_nxt) >= 0
      && (kcp->ack_end < kcp->ack_capacity || culvert_kcp_acks_grow (kcp)))
    {
      kcp->acks[kcp->ack_end++] = ack;
      kcp->ack_beyond = false;
    }
  /* Wire: the time that parity took is no round trip, and in the peer's estimate it would delay the
   * next retransmission by timeout for seconds. una says enough. */
  else if (!is_recovered || !kcp->by_time)
    {
      kcp->ack_last = ack;
      kcp->ack_beyond = true;
    }
}

/* -- reading ----------------------------------------------------------------------- */

static bool
culvert_kcp_queue_is_full (const CulvertKcp *kcp)
{
  return kcp->n_rcv_queue >= kcp->rcvwnd;
}

static void
culvert_kcp_queue_append (CulvertKcp *kcp,
                          CulvertKcpSegment *segment)
{
  culvert_list_append (&kcp->rcv_queue, &segment->node);
  kcp->n_rcv_queue++;
  kcp->readable += segment->len;
  kcp->rcv_nxt++;
}

/* A segment without payload counts like any other until it comes first. */
static void
culvert_kcp_drop_read (CulvertKcp *kcp)
{
  CulvertList *node;

  while ((node = culvert_list_first (&kcp->rcv_queue)) != NULL)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      if (segment->start < segment->len)
        break;
      culvert_kcp_segment_free (kcp, segment);
      kcp->n_rcv_queue--;
    }
}

/* Continues the queue from the ring. */
static void
culvert_kcp_refill (CulvertKcp *kcp)
{
  while (kcp->rcv_ring.used > 0 && !culvert_kcp_queue_is_full (kcp))
    {
      CulvertKcpSegment *segment = culvert_ring_take (&kcp->rcv_ring, kcp->rcv_nxt);

      if (segment == NULL)
        break;
      culvert_kcp_queue_append (kcp, segment);
    }
}

void
culvert_kcp_settle_queue (CulvertKcp *kcp)
{
  bool was_full = culvert_kcp_queue_is_full (kcp);

  do
    {
      culvert_kcp_drop_read (kcp);
      culvert_kcp_refill (kcp);
    }
  while (culvert_kcp_queue_is_full (kcp) && kcp->readable == 0);
  if (was_full && !culvert_kcp_queue_is_full (kcp))
    kcp->probe |= CULVERT_KCP_PROBE_TELL;
}

unsigned
culvert_kcp_peek (CulvertKcp *kcp,
                  size_t skip,
                  struct iovec *spans,
                  unsigned max)
{
  CulvertList *node = kcp->rcv_queue.next;
  unsigned n = 0;

  for (; node != &kcp->rcv_queue && n < max; node = node->next)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);
      size_t len = segment->len - segment->start;

      if (skip >= len)
        {
          skip -= len;
          continue;
        }
      spans[n].iov_base = segment->data + segment->start + skip;
      spans[n].iov_len = len - skip;
      skip = 0;
      n++;
    }
  return n;
}

void
culvert_kcp_consume (CulvertKcp *kcp,
                     size_t len)
{
  CulvertList *node = kcp->rcv_queue.next;

  g_assert (len <= kcp->readable);
  kcp->readable -= len;
  for (; len > 0; node = node->next)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);
      size_t part = MIN (len, (size_t) (segment->len - segment->start));

      segment->start += part;
      len -= part;
    }
  culvert_kcp_settle_queue (kcp);
}

size_t
culvert_kcp_readable (const CulvertKcp *kcp)
{
  return kcp->readable;
}

/* -- input ------------------------------------------------------------------------- */

/* A segment of ours arrived over there. ts: echoed, NULL when una says so. */
static void
culvert_kcp_acknowledged (CulvertKcp *kcp,
                          CulvertKcpSegment *segment,
                          const uint32_t *ts,
                          CulvertKcpInput *input)
{
  bool is_first = segment->sn == kcp->snd_first;

  culvert_kcp_size_on_acked (kcp, segment, input->now);
  input->is_answer = true;
  if (kcp->by_time)
    {
      culvert_kcp_rack_on_acked (kcp, segment, ts, is_first, &input->arrival, input->now);
      return;
    }
  /* Sent once: no doubt which transmission this answers. */
  if (segment->cause == CULVERT_KCP_CAUSE_NEW)
    input->sent = MAX (input->sent, segment->sent);
  culvert_kcp_loss_forget (kcp, segment);
}

static void
culvert_kcp_advance_first (CulvertKcp *kcp)
{
  if (culvert_diff32 (kcp->snd_first, kcp->snd_una) < 0)
    kcp->snd_first = kcp->snd_una;
  while (kcp->snd_first != kcp->snd_sent
         && culvert_ring_get (&kcp->snd_ring, kcp->snd_first) == NULL)
    kcp->snd_first++;
}

/* Everything below una arrived. What was never emitted cannot have: then una is a lie. */
static void
culvert_kcp_input_una (CulvertKcp *kcp,
                       uint32_t una,
                       CulvertKcpInput *input)
{
  if (culvert_diff32 (una, kcp->snd_una) <= 0 || culvert_diff32 (una, kcp->snd_sent) > 0)
    return;
  kcp->size.has_old = true;
  for (; kcp->snd_una != una; kcp->snd_una++)
    {
      CulvertKcpSegment *segment = culvert_ring_take (&kcp->snd_ring, kcp->snd_una);

      if (segment != NULL)
        culvert_kcp_acknowledged (kcp, segment, NULL, input);
    }
  culvert_kcp_advance_first (kcp);
  kcp->flush_now = true;
}

static void
culvert_kcp_input_ack (CulvertKcp *kcp,
                       const CulvertKcpHeader *header,
                       CulvertKcpInput *input)
{
  CulvertKcpSegment *segment;

  input->has_ack = true;
  input->latest_ts = header->ts;
  if (culvert_diff32 (header->sn, kcp->snd_una) < 0
      || culvert_diff32 (header->sn, kcp->snd_sent) >= 0)
    return;
  segment = culvert_ring_take (&kcp->snd_ring, header->sn);
  if (segment != NULL)
    {
      culvert_kcp_acknowledged (kcp, segment, &header->ts, input);
      culvert_kcp_advance_first (kcp);
    }
  culvert_kcp_loss_on_ack (kcp, header->sn, header->ts, input->now);
}

static bool
culvert_kcp_is_known (const CulvertKcp *kcp,
                      uint32_t sn)
{
  const CulvertKcpSegment *segment;

  if (culvert_diff32 (sn, kcp->rcv_nxt) < 0)
    return true;
  segment = culvert_ring_get (&kcp->rcv_ring, sn);
  /* The ring may be smaller than the window: then sn shares its slot. */
  return segment != NULL && segment->sn == sn;
}

/* A copy of what was acknowledged last, sent too soon to be a retransmission: its sender does not
 * wait for an answer. */
static bool
culvert_kcp_is_copy (const CulvertKcp *kcp,
                     const CulvertKcpHeader *header)
{
  uint32_t later = header->ts - kcp->ack_last.ts;

  return kcp->by_time && header->sn == kcp->ack_last.sn
         && culvert_diff32 (header->sn, kcp->rcv_nxt) < 0 && later < CULVERT_KCP_ACK_DELAY_MS;
}

/* Keeps the payload in the queue or the ring. Codes: CULVERT_E_NOMEM. */
static int
culvert_kcp_store (CulvertKcp *kcp,
                   const CulvertKcpHeader *header)
{
  uint32_t distance = header->sn - kcp->rcv_nxt;
  bool is_next = distance == 0 && !culvert_kcp_queue_is_full (kcp);
  CulvertKcpSegment *segment;

  if (!is_next && culvert_ring_grow (&kcp->rcv_ring, kcp->rcv_nxt, distance + 1) < 0)
    return CULVERT_E_NOMEM;
  segment = culvert_kcp_segment_new (kcp);
  if (segment == NULL)
    return CULVERT_E_NOMEM;
  segment->sn = header->sn;
  segment->len = header->len;
  memcpy (segment->data, header->payload, header->len);
  if (is_next)
    culvert_kcp_queue_append (kcp, segment);
  else
    culvert_ring_put (&kcp->rcv_ring, segment->sn, segment);
  return CULVERT_OK;
}

static void
culvert_kcp_input_push (CulvertKcp *kcp,
                        const CulvertKcpHeader *header,
                        CulvertKcpInput *input)
{
  bool urgent = header->sn != kcp->rcv_nxt;

  if (culvert_diff32 (header->sn, kcp->rcv_nxt + kcp->rcvwnd) >= 0)
    {
      input->n_repeated++;
      return;
    }
  if (culvert_kcp_is_known (kcp, header->sn))
    {
      input->n_repeated++;
      if (culvert_kcp_is_copy (kcp, header))
        return;
      urgent = true;
    }
  else if (culvert_kcp_store (kcp, header) < 0)
    {
      input->code = CULVERT_E_NOMEM;
      return;
    }
  culvert_kcp_refill (kcp);
  /* Wire: a queue full of empty segments has no reader to make room. */
  if (culvert_kcp_queue_is_full (kcp) && kcp->readable == 0)
    culvert_kcp_settle_queue (kcp);
  urgent |= kcp->rcv_ring.used > 0;
  culvert_kcp_acks_add (kcp, (CulvertKcpAck) { header->sn, header->ts }, urgent,
                        input->recovered, input->now);
}

/* Reads the segment at data, of which len bytes are there. Codes: CULVERT_E_DISCARD. */
static int
culvert_kcp_parse (const CulvertKcp *kcp,
                   const uint8_t *data,
                   size_t len,
                   CulvertKcpHeader *out)
{
  if (culvert_load_u32 (data) != kcp->conv)
    return CULVERT_E_DISCARD;
  out->cmd = data[4];
  out->wnd = culvert_load_u16 (data + 6);
  out->ts = culvert_load_u32 (data + 8);
  out->sn = culvert_load_u32 (data + 12);
  out->una = culvert_load_u32 (data + 16);
  out->len = culvert_load_u32 (data + 20);
  out->payload = data + CULVERT_KCP_OVERHEAD;
  if (out->len > len - CULVERT_KCP_OVERHEAD || out->len > CULVERT_KCP_MSS_MAX)
    return CULVERT_E_DISCARD;
  if (out->cmd < CULVERT_KCP_CMD_PUSH || out->cmd > CULVERT_KCP_CMD_WINS)
    return CULVERT_E_DISCARD;
  return CULVERT_OK;
}

static void
culvert_kcp_input_segment (CulvertKcp *kcp,
                           const CulvertKcpHeader *header,
                           CulvertKcpInput *input)
{
  if (!input->recovered)
    kcp->rmt_wnd = header->wnd;
  /* By time the echoed ts is worth more than una, so it comes before una takes the segment. */
  if (kcp->by_time && header->cmd == CULVERT_KCP_CMD_ACK)
    culvert_kcp_input_ack (kcp, header, input);
  culvert_kcp_input_una (kcp, header->una, input);
  if (header->cmd == CULVERT_KCP_CMD_PUSH)
    culvert_kcp_input_push (kcp, header, input);
  else if (!kcp->by_time && header->cmd == CULVERT_KCP_CMD_ACK)
    culvert_kcp_input_ack (kcp, header, input);
  else if (header->cmd == CULVERT_KCP_CMD_WASK)
    kcp->probe |= CULVERT_KCP_PROBE_TELL;
  else if (header->cmd == CULVERT_KCP_CMD_WINS)
    input->is_answer = true;
}

/* Segments of a packet are built at one moment, so they all have the una of the first. */
static bool
culvert_kcp_contradicts (const CulvertKcp *kcp,
                         uint32_t una)
{
  return culvert_diff32 (una, kcp->snd_una) < 0 || culvert_diff32 (una, kcp->snd_sent) > 0;
}

static void
culvert_kcp_note_tidings (CulvertKcp *kcp,
                          const CulvertKcpInput *input)
{
  if (input->recovered || input->disagrees)
    return;
  kcp->tidings = CULVERT_KCP_TIDINGS_AGREES;
  if (input->is_answer)
    kcp->tidings |= CULVERT_KCP_TIDINGS_ANSWERS;
}

/* After the last segment of a sound packet. */
static void
culvert_kcp_input_finish (CulvertKcp *kcp,
                          const CulvertKcpInput *input,
                          bool advanced)
{
  int32_t rtt_ms = -1;

  culvert_counter_add (&kcp->counters->in_segs, input->n_segments);
  culvert_kcp_note_tidings (kcp, input);
  if (!input->recovered && input->has_ack)
    rtt_ms = culvert_diff32 (culvert_kcp_ms (kcp, input->now), input->latest_ts);
  if (rtt_ms >= 0)
    culvert_kcp_rtt_sample (kcp, rtt_ms);
  if (kcp->by_time)
    {
      culvert_kcp_rack_finish (kcp, &input->arrival, rtt_ms, input->recovered, input->now);
      return;
    }
  if (!input->recovered && input->sent >= 0)
    culvert_kcp_rtt_sample_us (kcp, input->now - input->sent);
  if (advanced)
    culvert_kcp_window_grow (kcp);
}

int
culvert_kcp_input (CulvertKcp *kcp,
                   const uint8_t *data,
                   size_t len,
                   bool recovered,
                   CulvertTime now)
{
  CulvertKcpInput input = { .now = now, .recovered = recovered, .sent = -1 };
  uint32_t una = kcp->snd_una;
  int code = len < CULVERT_KCP_OVERHEAD ? CULVERT_E_DISCARD : CULVERT_OK;

  kcp->late_visits = CULVERT_KCP_LATE_VISITS_MAX;
  kcp->tidings = 0;
  if (kcp->by_time)
    culvert_kcp_rack_begin (kcp, &input.arrival);
  for (; len >= CULVERT_KCP_OVERHEAD; input.n_segments++)
    {
      CulvertKcpHeader header;

      code = culvert_kcp_parse (kcp, data, len, &header);
      if (code < 0)
        break;
      if (input.n_segments == 0)
        input.disagrees = culvert_kcp_contradicts (kcp, header.una);
      culvert_kcp_input_segment (kcp, &header, &input);
      data += CULVERT_KCP_OVERHEAD + header.len;
      len -= CULVERT_KCP_OVERHEAD + header.len;
    }
  if (!recovered && input.n_repeated > 0)
    culvert_counter_add (&kcp->counters->repeat_segs, input.n_repeated);
  if (code < 0)
    return code;
  culvert_kcp_input_finish (kcp, &input, kcp->snd_una != una);
  return input.code;
}

unsigned
culvert_kcp_tidings (const CulvertKcp *kcp)
{
  return kcp->tidings;
}

CulvertKcpUrge
culvert_kcp_urge (const CulvertKcp *kcp)
{
  if (kcp->flush_now)
    return CULVERT_KCP_URGE_FULL;
  if (kcp->n_acks >= culvert_kcp_acks_per_packet (kcp) || (kcp->ack_no_delay && kcp->n_acks > 0))
    return CULVERT_KCP_URGE_ACKS;
  return CULVERT_KCP_URGE_NONE;
}

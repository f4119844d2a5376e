/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Sending: the queue, flush, output and the next deadline. WIRE.md 5.3 and 5.5.
 *
 * flush only decides: it releases acknowledgements and probes, numbers queued segments and
 * lets the policy in culvert-kcp-loss.c fill the tx list. output emits in the order
 * acknowledgements, probes, tx list, new segments, and stamps what it emits with the time of
 * emission, so that a packet held back by the socket gives an honest RTT. */
#include "config.h"

#include "culvert-kcp-private.h"
#include "culvert-wire.h"

/* -- queue ----------------------------------------------------------------------- */

/* The last queued segment, if there is space left in it. */
static CulvertKcpSegment *
culvert_kcp_open_segment (const CulvertKcp *kcp)
{
  CulvertKcpSegment *segment;

  if (kcp->n_snd_queue == 0)
    return NULL;
  segment = CULVERT_KCP_SEGMENT (kcp->snd_queue.prev);
  return segment->len < kcp->mss ? segment : NULL;
}

size_t
culvert_kcp_send_room (const CulvertKcp *kcp)
{
  uint32_t limit = kcp->sndwnd;
  uint32_t held = kcp->n_snd_queue + (kcp->snd_nxt - kcp->snd_una);

  if (kcp->send_limit > 0)
    limit = MIN (limit, kcp->send_limit);
  /* What waits behind a paced path is bounded too, so that giving up a stream costs little and
   * what comes after it does not wait long. */
  if (kcp->by_time && kcp->n_snd_queue >= culvert_kcp_rate_send_limit (kcp))
    return 0;
  return held < limit ? (size_t) (limit - held) * kcp->mss : 0;
}

void
culvert_kcp_set_send_limit (CulvertKcp *kcp,
                            uint32_t segments)
{
  kcp->send_limit = segments;
}

unsigned
culvert_kcp_reserve (CulvertKcp *kcp,
                     size_t want,
                     struct iovec *spans,
                     unsigned max,
                     size_t *out_len)
{
  CulvertKcpSegment *segment = culvert_kcp_open_segment (kcp);
  size_t len = 0;
  unsigned n = 0;

  g_assert (culvert_list_is_empty (&kcp->reserved));
  while (len < want && n < max)
    {
      size_t part;

      if (segment == NULL)
        {
          segment = culvert_kcp_segment_new (kcp);
          if (segment == NULL)
            break;
          culvert_list_append (&kcp->reserved, &segment->node);
        }
      part = MIN (kcp->mss - segment->len, want - len);
      spans[n].iov_base = segment->data + segment->len;
      spans[n].iov_len = part;
      len += part;
      n++;
      segment = NULL;
    }
  *out_len = len;
  return n;
}

void
culvert_kcp_commit (CulvertKcp *kcp,
                    size_t len)
{
  CulvertKcpSegment *segment = culvert_kcp_open_segment (kcp);
  CulvertList *node;

  if (segment != NULL)
    {
      size_t part = MIN (kcp->mss - segment->len, len);

      segment->is_patient &= part == 0;
      segment->len += part;
      len -= part;
    }
  while ((node = culvert_list_first (&kcp->reserved)) != NULL)
    {
      segment = CULVERT_KCP_SEGMENT (node);
      if (len == 0)
        {
          culvert_kcp_segment_free (kcp, segment);
          continue;
        }
      segment->len = MIN (kcp->mss, len);
      len -= segment->len;
      culvert_list_remove (node);
      culvert_list_append (&kcp->snd_queue, node);
      kcp->n_snd_queue++;
    }
  g_assert (len == 0);
}

void
culvert_kcp_be_patient (CulvertKcp *kcp,
                        size_t len)
{
  CulvertKcpSegment *segment = culvert_kcp_open_segment (kcp);

  if (segment != NULL && segment->len == len)
    segment->is_patient = true;
}

/* Copies len bytes into the places reserve would lend; the fresh ones are reserved already. */
static void
culvert_kcp_fill (CulvertKcp *kcp,
                  const uint8_t *data,
                  size_t len)
{
  CulvertKcpSegment *segment = culvert_kcp_open_segment (kcp);
  CulvertList *node = kcp->reserved.next;

  while (len > 0)
    {
      size_t part;

      if (segment == NULL)
        {
          segment = CULVERT_KCP_SEGMENT (node);
          node = node->next;
        }
      part = MIN (kcp->mss - segment->len, len);
      memcpy (segment->data + segment->len, data, part);
      data += part;
      len -= part;
      segment = NULL;
    }
}

int
culvert_kcp_write (CulvertKcp *kcp,
                   const void *data,
                   size_t len)
{
  const CulvertKcpSegment *open = culvert_kcp_open_segment (kcp);
  size_t covered = open != NULL ? kcp->mss - open->len : 0;

  g_assert (culvert_list_is_empty (&kcp->reserved));
  for (; covered < len; covered += kcp->mss)
    {
      CulvertKcpSegment *segment = culvert_kcp_segment_new (kcp);

      if (segment == NULL)
        {
          culvert_kcp_commit (kcp, 0);
          return CULVERT_E_NOMEM;
        }
      culvert_list_append (&kcp->reserved, &segment->node);
    }
  culvert_kcp_fill (kcp, data, len);
  culvert_kcp_commit (kcp, len);
  return CULVERT_OK;
}

/* -- flush ----------------------------------------------------------------------- */

static bool
culvert_kcp_has_window (const CulvertKcp *kcp)
{
  return kcp->snd_nxt - kcp->snd_una < culvert_kcp_window (kcp);
}

/* With recovery by time a segment is numbered when it may leave, and filled up until then. */
static bool
culvert_kcp_can_move (const CulvertKcp *kcp)
{
  return kcp->n_snd_queue > 0 && culvert_kcp_has_window (kcp)
         && (!kcp->by_time || culvert_kcp_rate_admits (kcp));
}

/* Numbers queued segments while the window lets it; true if there was one. */
static bool
culvert_kcp_move (CulvertKcp *kcp,
                  CulvertTime now)
{
  bool moved = false;

  for (; culvert_kcp_can_move (kcp); moved = true)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (kcp->snd_queue.next);

      if (culvert_ring_grow (&kcp->snd_ring, kcp->snd_una, kcp->snd_nxt - kcp->snd_una + 1) < 0)
        {
          kcp->move_at = now + kcp->interval_ms * CULVERT_MSEC;
          break;
        }
      culvert_list_remove (&segment->node);
      kcp->n_snd_queue--;
      segment->sn = kcp->snd_nxt++;
      segment->place = CULVERT_KCP_PLACE_UNSENT;
      culvert_ring_put (&kcp->snd_ring, segment->sn, segment);
    }
  return moved;
}

/* WIRE.md 5.5 step 2: asks for the remote window while it is closed. */
static void
culvert_kcp_probe_window (CulvertKcp *kcp,
                          CulvertTime now)
{
  if (kcp->rmt_wnd > 0)
    {
      kcp->probe_wait_ms = 0;
      return;
    }
  if (kcp->probe_wait_ms == 0)
    kcp->probe_wait_ms = CULVERT_KCP_PROBE_FIRST_MS;
  else if (kcp->probe_at <= now)
    {
      kcp->probe_wait_ms = MIN (kcp->probe_wait_ms + kcp->probe_wait_ms / 2,
                                CULVERT_KCP_PROBE_MAX_MS);
      kcp->probe |= CULVERT_KCP_PROBE_ASK;
    }
  else
    return;
  kcp->probe_at = now + kcp->probe_wait_ms * CULVERT_MSEC;
}

/* When the state of probing changes next. Only waiting data makes a closed window worth a
 * wake-up; the reference probes on its ticks even without. */
static CulvertTime
culvert_kcp_probe_deadline (const CulvertKcp *kcp)
{
  if (kcp->rmt_wnd > 0 || kcp->n_snd_queue == 0)
    return CULVERT_TIME_NEVER;
  return kcp->probe_wait_ms == 0 ? 0 : kcp->probe_at;
}

/* When a flush has something to do for data: 0 at once. */
static CulvertTime
culvert_kcp_data_deadline (const CulvertKcp *kcp)
{
  CulvertTime deadline = culvert_kcp_loss_deadline (kcp);

  if (kcp->flush_now || kcp->snd_due != kcp->snd_nxt)
    return 0;
  /* The congestion window opens at the end of the first flush only, WIRE.md 5.7. */
  if (culvert_kcp_can_move (kcp) || (kcp->n_snd_queue > 0 && !kcp->no_cwnd && kcp->cwnd == 0))
    return MIN (deadline, kcp->move_at);
  if (kcp->by_time && kcp->n_snd_queue > 0 && culvert_kcp_has_window (kcp)
      && !culvert_kcp_rate_has_tokens (kcp))
    return MIN (deadline, culvert_kcp_rate_ready_at (kcp));
  return deadline;
}

static CulvertTime
culvert_kcp_control_deadline (const CulvertKcp *kcp)
{
  CulvertTime deadline = culvert_kcp_probe_deadline (kcp);

  if (kcp->probe != 0)
    return 0;
  return kcp->n_acks > 0 && !kcp->ack_out ? MIN (deadline, kcp->ack_at) : deadline;
}

static bool
culvert_kcp_has_tokens (const CulvertKcp *kcp)
{
  return !kcp->by_time || culvert_kcp_rate_has_tokens (kcp);
}

/* Segments released to output. */
static bool
culvert_kcp_has_due (const CulvertKcp *kcp)
{
  return !culvert_list_is_empty (&kcp->tx) || kcp->snd_sent != kcp->snd_due;
}

CulvertTime
culvert_kcp_deadline (const CulvertKcp *kcp)
{
  bool has_data = culvert_kcp_has_due (kcp);
  CulvertTime data, control;

  if (kcp->ack_out || kcp->tx_probe != 0)
    return 0;
  if (has_data && (!kcp->by_time || culvert_kcp_rate_has_tokens (kcp)))
    return 0;
  data = culvert_kcp_data_deadline (kcp);
  control = culvert_kcp_control_deadline (kcp);
  if (has_data)
    data = MIN (data, culvert_kcp_rate_ready_at (kcp));
  return MIN (data, control);
}

/* Wire: una of the data that leaves says all there is to say of a lone segment that came in order,
 * for 24 bytes less. Every eighth is acknowledged by itself, from whose ts the peer takes its round
 * trips, and so are the first ones. */
static bool
culvert_kcp_may_imply (const CulvertKcp *kcp)
{
  return kcp->by_time && kcp->n_acks == 1 && kcp->ack_beyond && kcp->ack_head == kcp->ack_end
         && kcp->ack_at != 0 && !kcp->ack_out && kcp->n_told >= CULVERT_KCP_ACKS_FIRST
         && kcp->n_implied < CULVERT_KCP_ACKS_IMPLIED;
}

static void
culvert_kcp_ride_along (CulvertKcp *kcp)
{
  if (culvert_kcp_may_imply (kcp))
    {
      kcp->n_implied++;
      culvert_kcp_acks_reset (kcp);
      return;
    }
  kcp->ack_out = true;
}

void
culvert_kcp_flush (CulvertKcp *kcp,
                   CulvertKcpFlush mode,
                   CulvertTime now)
{
  bool acks_due = mode != CULVERT_KCP_FLUSH_DUE || culvert_kcp_control_deadline (kcp) <= now;
  CulvertKcpLoss loss;
  uint32_t window;
  bool moved;

  if (kcp->by_time)
    culvert_kcp_rate_fill (kcp, now);
  if (mode == CULVERT_KCP_FLUSH_DUE)
    {
      if (culvert_kcp_data_deadline (kcp) <= now)
        mode = CULVERT_KCP_FLUSH_FULL;
      else if (acks_due)
        mode = CULVERT_KCP_FLUSH_ACKS;
      else
        return;
    }
  /* Probes repeat the last ACK of their own flush. */
  if (!kcp->ack_out && kcp->tx_probe == 0)
    kcp->ack_echo = (CulvertKcpAck) { 0, 0 };
  kcp->ack_out |= kcp->n_acks > 0 && acks_due;
  culvert_kcp_probe_window (kcp, now);
  kcp->tx_probe |= kcp->probe;
  kcp->probe = 0;
  window = culvert_kcp_window (kcp);
  moved = culvert_kcp_move (kcp, now);
  if (mode == CULVERT_KCP_FLUSH_ACKS)
    return;
  kcp->snd_due = kcp->snd_nxt;
  kcp->flush_now = false;
  loss = culvert_kcp_loss_collect (kcp, moved, now);
  culvert_kcp_window_settle (kcp, loss, window);
  /* Wire: acknowledgements that are not due yet ride along with data, but a window that moved is no
   * reason to send them alone: an echo would cost a packet more each way. */
  if (kcp->n_acks > 0 && culvert_kcp_has_due (kcp) && culvert_kcp_has_tokens (kcp))
    culvert_kcp_ride_along (kcp);
}

void
culvert_kcp_probe (CulvertKcp *kcp)
{
  kcp->probe |= CULVERT_KCP_PROBE_ASK;
}

/* -- output ---------------------------------------------------------------------- */

/* A packet being built. */
typedef struct
{
  uint8_t *p;
  const uint8_t *end;
  uint32_t wnd;
  unsigned n_segments;
  size_t ack_bytes;
  size_t retransmitted; /* payload bytes */
  size_t copied;
  unsigned n_by_cause[CULVERT_KCP_N_CAUSES];
} CulvertKcpPacket;

/* A segment of a time when the mtu was larger has a packet of its own. */
static bool
culvert_kcp_packet_fits (const CulvertKcpPacket *packet,
                         size_t len)
{
  return packet->n_segments == 0
         || packet->end - packet->p >= (ptrdiff_t) (CULVERT_KCP_OVERHEAD + len);
}

static void
culvert_kcp_put_header (const CulvertKcp *kcp,
                        CulvertKcpPacket *packet,
                        unsigned cmd,
                        CulvertKcpAck number)
{
  uint8_t *p = packet->p;

  culvert_store_u32 (p, kcp->conv);
  p[4] = cmd;
  p[5] = 0;
  culvert_store_u16 (p + 6, packet->wnd);
  culvert_store_u32 (p + 8, number.ts);
  culvert_store_u32 (p + 12, number.sn);
  culvert_store_u32 (p + 16, kcp->rcv_nxt);
  culvert_store_u32 (p + 20, 0);
  packet->p += CULVERT_KCP_OVERHEAD;
  packet->n_segments++;
}

static void
culvert_kcp_put_control (const CulvertKcp *kcp,
                         CulvertKcpPacket *packet,
                         unsigned cmd,
                         CulvertKcpAck number)
{
  culvert_kcp_put_header (kcp, packet, cmd, number);
  packet->ack_bytes += CULVERT_KCP_OVERHEAD;
}

/* The next acknowledgement una does not stand for, or the very last; false at the end. */
static bool
culvert_kcp_next_ack (CulvertKcp *kcp,
                      CulvertKcpAck *out_ack)
{
  for (; kcp->ack_head < kcp->ack_end; kcp->ack_head++)
    {
      const CulvertKcpAck *ack = &kcp->acks[kcp->ack_head];
      bool is_last = kcp->ack_head + 1 == kcp->ack_end && !kcp->ack_beyond;

      if (is_last || culvert_diff32 (ack->sn, kcp->rcv_nxt) >= 0)
        {
          *out_ack = *ack;
          return true;
        }
    }
  *out_ack = kcp->ack_last;
  return kcp->ack_beyond;
}

/* False when the packet is full. */
static bool
culvert_kcp_output_acks (CulvertKcp *kcp,
                         CulvertKcpPacket *packet)
{
  CulvertKcpAck ack;

  while (culvert_kcp_next_ack (kcp, &ack))
    {
      if (!culvert_kcp_packet_fits (packet, 0))
        return false;
      culvert_kcp_put_control (kcp, packet, CULVERT_KCP_CMD_ACK, ack);
      kcp->n_told += kcp->n_told < UINT8_MAX;
      kcp->n_implied = 0;
      kcp->ack_echo = ack;
      if (kcp->ack_head < kcp->ack_end)
        kcp->ack_head++;
      else
        kcp->ack_beyond = false;
    }
  culvert_kcp_acks_reset (kcp);
  return true;
}

static bool
culvert_kcp_output_probes (CulvertKcp *kcp,
                           CulvertKcpPacket *packet)
{
  for (unsigned bit = CULVERT_KCP_PROBE_ASK; bit <= CULVERT_KCP_PROBE_TELL; bit <<= 1)
    {
      if ((kcp->tx_probe & bit) == 0)
        continue;
      if (!culvert_kcp_packet_fits (packet, 0))
        return false;
      culvert_kcp_put_control (kcp, packet,
                               bit == CULVERT_KCP_PROBE_ASK ? CULVERT_KCP_CMD_WASK
                                                            : CULVERT_KCP_CMD_WINS,
                               kcp->ack_echo);
      kcp->tx_probe &= ~bit;
    }
  return true;
}

static bool
culvert_kcp_output_segment (CulvertKcp *kcp,
                            CulvertKcpPacket *packet,
                            CulvertKcpSegment *segment,
                            CulvertTime now)
{
  bool is_new = segment->cause == CULVERT_KCP_CAUSE_NEW;

  if (!culvert_kcp_packet_fits (packet, segment->len))
    return false;
  segment->ts = culvert_kcp_ms (kcp, now);
  segment->sent = now;
  if (!is_new)
    culvert_kcp_size_on_resent (kcp, segment);
  if (is_new)
    segment->first_sent = now;
  else if (segment->cause == CULVERT_KCP_CAUSE_REPEAT)
    packet->copied += segment->len;
  else
    packet->retransmitted += segment->len;
  packet->n_by_cause[segment->cause]++;
  culvert_kcp_put_header (kcp, packet, CULVERT_KCP_CMD_PUSH,
                          (CulvertKcpAck) { segment->sn, segment->ts });
  culvert_store_u32 (packet->p - 4, segment->len);
  memcpy (packet->p, segment->data, segment->len);
  packet->p += segment->len;
  culvert_kcp_loss_on_sent (kcp, segment, now);
  return true;
}

static bool
culvert_kcp_output_data (CulvertKcp *kcp,
                         CulvertKcpPacket *packet,
                         CulvertTime now)
{
  CulvertList *node;

  while ((node = culvert_list_first (&kcp->tx)) != NULL)
    if (!culvert_kcp_has_tokens (kcp)
        || !culvert_kcp_output_segment (kcp, packet, CULVERT_KCP_SEGMENT (node), now))
      return false;
  for (; kcp->snd_sent != kcp->snd_due; kcp->snd_sent++)
    if (!culvert_kcp_has_tokens (kcp)
        || !culvert_kcp_output_segment (kcp, packet,
                                        culvert_ring_get (&kcp->snd_ring, kcp->snd_sent), now))
      return false;
  if (kcp->by_time && (kcp->n_snd_queue == 0 || !culvert_kcp_has_window (kcp)))
    culvert_kcp_rate_on_idle (kcp);
  return true;
}

/* A packet of the size asked for, of one new segment. False: there is none to send. */
static bool
culvert_kcp_output_size_probe (CulvertKcp *kcp,
                               CulvertKcpPacket *packet,
                               CulvertTime now)
{
  CulvertKcpSegment *segment;
  uint32_t len;

  if (kcp->size.state != CULVERT_KCP_SIZE_WAITS || kcp->snd_sent == kcp->snd_due
      || !culvert_kcp_has_tokens (kcp))
    return false;
  segment = culvert_ring_get (&kcp->snd_ring, kcp->snd_sent);
  len = culvert_kcp_size_filler (kcp, segment);
  if (len == 0)
    return false;
  packet->end = packet->p + kcp->size.wanted;
  culvert_kcp_put_header (kcp, packet, CULVERT_KCP_CMD_PUSH,
                          (CulvertKcpAck) { kcp->snd_una - 1, culvert_kcp_ms (kcp, now) });
  culvert_store_u32 (packet->p - 4, len);
  memset (packet->p, 0, len);
  packet->p += len;
  culvert_kcp_size_on_probe (kcp, segment);
  if (!culvert_kcp_output_segment (kcp, packet, segment, now))
    g_assert_not_reached ();
  kcp->snd_sent++;
  return true;
}

static void
culvert_kcp_count_packet (CulvertKcp *kcp,
                          const CulvertKcpPacket *packet)
{
  CulvertCounters *counters = kcp->counters;
  unsigned n_fast = packet->n_by_cause[CULVERT_KCP_CAUSE_FAST];
  unsigned n_early = packet->n_by_cause[CULVERT_KCP_CAUSE_EARLY];
  unsigned n_lost = packet->n_by_cause[CULVERT_KCP_CAUSE_TIMEOUT];

  culvert_counter_add (&counters->out_segs, packet->n_segments);
  if (packet->ack_bytes > 0)
    culvert_counter_add (&counters->ack_bytes, packet->ack_bytes);
  if (packet->copied > 0)
    culvert_counter_add (&counters->copy_bytes, packet->copied);
  if (n_fast + n_early + n_lost == 0)
    return;
  culvert_counter_add (&counters->fast_retrans_segs, n_fast);
  culvert_counter_add (&counters->early_retrans_segs, n_early);
  culvert_counter_add (&counters->lost_segs, n_lost);
  culvert_counter_add (&counters->retrans_segs, n_fast + n_early + n_lost);
  culvert_counter_add (&counters->retrans_bytes, packet->retransmitted);
}

static uint32_t
culvert_kcp_own_window (const CulvertKcp *kcp)
{
  return kcp->rcvwnd > kcp->n_rcv_queue ? kcp->rcvwnd - kcp->n_rcv_queue : 0;
}

bool
culvert_kcp_sent_copy (const CulvertKcp *kcp)
{
  return kcp->sent_copy;
}

bool
culvert_kcp_is_drained (const CulvertKcp *kcp)
{
  return kcp->n_snd_queue == 0 && kcp->snd_sent == kcp->snd_nxt
         && culvert_list_is_empty (&kcp->tx);
}

size_t
culvert_kcp_pad (CulvertKcp *kcp,
                 uint8_t *buf)
{
  CulvertKcpPacket packet = { .p = buf, .wnd = culvert_kcp_own_window (kcp) };

  culvert_kcp_put_control (kcp, &packet, CULVERT_KCP_CMD_WINS, kcp->ack_echo);
  return packet.p - buf;
}

size_t
culvert_kcp_output (CulvertKcp *kcp,
                    uint8_t *buf,
                    CulvertTime now,
                    size_t *out_retransmitted,
                    size_t *out_ack)
{
  CulvertKcpPacket packet = { .p = buf, .end = buf + kcp->mtu };

  bool has_acks = kcp->ack_out;

  packet.wnd = culvert_kcp_own_window (kcp);
  if (!culvert_kcp_output_size_probe (kcp, &packet, now)
      && (!kcp->ack_out || culvert_kcp_output_acks (kcp, &packet))
      && culvert_kcp_output_probes (kcp, &packet))
    (void) culvert_kcp_output_data (kcp, &packet, now);
  /* Arrivals that una alone tells of, and nothing to carry it. */
  if (has_acks && packet.n_segments == 0)
    culvert_kcp_put_control (kcp, &packet, CULVERT_KCP_CMD_WINS, kcp->ack_echo);
  kcp->sent_copy = packet.n_segments == packet.n_by_cause[CULVERT_KCP_CAUSE_REPEAT];
  if (packet.n_segments > 0)
    culvert_kcp_count_packet (kcp, &packet);
  if (out_retransmitted != NULL)
    *out_retransmitted = packet.retransmitted;
  if (out_ack != NULL)
    *out_ack = packet.ack_bytes;
  return packet.p - buf;
}

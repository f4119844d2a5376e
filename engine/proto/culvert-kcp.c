/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Life cycle, settings and state of the ARQ core. */
#include "config.h"

#include "culvert-kcp-private.h"

static uint32_t
culvert_kcp_normal_window (uint32_t segments)
{
  return segments > 0 ? MIN (segments, CULVERT_KCP_WINDOW_MAX) : CULVERT_KCP_WINDOW_DEFAULT;
}

static void
culvert_kcp_apply (CulvertKcp *kcp,
                   const CulvertKcpConfig *config)
{
  kcp->sndwnd = culvert_kcp_normal_window (config->sndwnd);
  kcp->rcvwnd = culvert_kcp_normal_window (config->rcvwnd);
  kcp->nodelay = config->nodelay != 0;
  kcp->min_rto_ms = kcp->nodelay ? CULVERT_KCP_RTO_MIN_NODELAY_MS : CULVERT_KCP_RTO_MIN_MS;
  kcp->interval_ms = CLAMP (config->interval_ms, CULVERT_KCP_INTERVAL_MIN_MS,
                            CULVERT_KCP_INTERVAL_MAX_MS);
  kcp->resend = CLAMP (config->resend, 0, UINT16_MAX);
  kcp->no_cwnd = config->no_cwnd;
  kcp->ack_no_delay = config->ack_no_delay;
  kcp->repeat_small = config->repeat_small;
  culvert_kcp_rate_configure (kcp, config);
}

CulvertKcp *
culvert_kcp_new (const CulvertKcpConfig *config,
                 CulvertPool *pool,
                 CulvertCounters *counters,
                 CulvertTime now)
{
  CulvertKcp *kcp = g_new0 (CulvertKcp, 1);

  g_assert (config->mtu >= CULVERT_KCP_MTU_MIN
            && config->mtu <= CULVERT_KCP_MSS_MAX + CULVERT_KCP_OVERHEAD);
  g_assert (culvert_pool_slot_size (pool) >= sizeof (CulvertKcpSegment));
  kcp->pool = pool;
  kcp->counters = counters;
  kcp->conv = config->conv;
  kcp->mtu = config->mtu;
  kcp->mss = config->mtu - CULVERT_KCP_OVERHEAD;
  kcp->rmt_wnd = CULVERT_KCP_WINDOW_DEFAULT;
  kcp->rto_ms = CULVERT_KCP_RTO_INITIAL_MS;
  kcp->ssthresh = CULVERT_KCP_SSTHRESH_MIN;
  kcp->origin = now;
  kcp->by_time = config->recovery == CULVERT_KCP_RECOVERY_TIME;
  culvert_kcp_rack_init (kcp);
  culvert_kcp_rate_init (kcp, now);
  culvert_ring_init (&kcp->snd_ring);
  culvert_ring_init (&kcp->rcv_ring);
  culvert_list_init (&kcp->snd_queue);
  culvert_list_init (&kcp->reserved);
  culvert_list_init (&kcp->flight);
  culvert_list_init (&kcp->late);
  culvert_list_init (&kcp->ready);
  culvert_list_init (&kcp->tx);
  culvert_list_init (&kcp->rcv_queue);
  for (unsigned class = 0; class < CULVERT_KCP_TIMER_CLASSES; class++)
    culvert_list_init (&kcp->timers[class]);
  culvert_kcp_apply (kcp, config);
  return kcp;
}

static void
culvert_kcp_free_list (CulvertKcp *kcp,
                       CulvertList *list)
{
  CulvertList *node;

  while ((node = culvert_list_first (list)) != NULL)
    culvert_kcp_segment_free (kcp, CULVERT_KCP_SEGMENT (node));
}

static void
culvert_kcp_free_ring (CulvertKcp *kcp,
                       CulvertRing *ring)
{
  for (uint32_t i = 0; i < ring->size && ring->used > 0; i++)
    {
      CulvertKcpSegment *segment = culvert_ring_take (ring, i);

      if (segment != NULL)
        culvert_kcp_segment_free (kcp, segment);
    }
  culvert_ring_clear (ring);
}

void
culvert_kcp_free (CulvertKcp *kcp)
{
  if (kcp == NULL)
    return;
  culvert_kcp_free_ring (kcp, &kcp->snd_ring);
  culvert_kcp_free_ring (kcp, &kcp->rcv_ring);
  culvert_kcp_free_list (kcp, &kcp->snd_queue);
  culvert_kcp_free_list (kcp, &kcp->reserved);
  culvert_kcp_free_list (kcp, &kcp->rcv_queue);
  g_free (kcp->acks);
  g_free (kcp);
}

void
culvert_kcp_configure (CulvertKcp *kcp,
                       const CulvertKcpConfig *config)
{
  bool was_full = kcp->n_rcv_queue >= kcp->rcvwnd;

  g_assert (config->conv == kcp->conv && config->mtu == kcp->mtu);
  g_assert ((config->recovery == CULVERT_KCP_RECOVERY_TIME) == kcp->by_time);
  culvert_kcp_apply (kcp, config);
  /* A larger window is news for a peer that waits. */
  if (was_full)
    {
      culvert_kcp_settle_queue (kcp);
      if (kcp->n_rcv_queue < kcp->rcvwnd)
        kcp->probe |= CULVERT_KCP_PROBE_TELL;
    }
}

uint32_t
culvert_kcp_mss (const CulvertKcp *kcp)
{
  return kcp->mss;
}

uint32_t
culvert_kcp_conv (const CulvertKcp *kcp)
{
  return kcp->conv;
}

CulvertTime
culvert_kcp_unacked_since (const CulvertKcp *kcp)
{
  const CulvertKcpSegment *oldest;

  if (kcp->snd_first == kcp->snd_sent)
    return CULVERT_TIME_NEVER;
  oldest = culvert_ring_get (&kcp->snd_ring, kcp->snd_first);
  return oldest != NULL ? oldest->first_sent : CULVERT_TIME_NEVER;
}

CulvertTime
culvert_kcp_rto (const CulvertKcp *kcp)
{
  return kcp->rto_ms * CULVERT_MSEC;
}

void
culvert_kcp_get_state (const CulvertKcp *kcp,
                       CulvertKcpState *out_state)
{
  const CulvertKcpSegment *oldest = NULL;

  if (kcp->snd_first != kcp->snd_sent)
    oldest = culvert_ring_get (&kcp->snd_ring, kcp->snd_first);
  *out_state = (CulvertKcpState) {
    .snd_una = kcp->snd_una,
    .snd_nxt = kcp->snd_nxt,
    .rcv_nxt = kcp->rcv_nxt,
    .rmt_wnd = kcp->rmt_wnd,
    .cwnd = kcp->cwnd,
    .ssthresh = kcp->ssthresh,
    .incr = kcp->incr,
    .rto_ms = kcp->rto_ms,
    .srtt_ms = kcp->srtt_ms,
    .rttvar_ms = kcp->rttvar_ms,
    .probe = kcp->probe | kcp->tx_probe,
    .probe_wait_ms = kcp->probe_wait_ms,
    .n_snd_queue = kcp->n_snd_queue,
    .n_snd_buf = kcp->snd_nxt - kcp->snd_una,
    .n_rcv_queue = kcp->n_rcv_queue,
    .n_rcv_buf = kcp->rcv_ring.used,
    .n_acks = kcp->n_acks,
    .mss = kcp->mss,
    .oldest_unacked_us = oldest != NULL ? oldest->first_sent : -1,
  };
}

void
culvert_kcp_trim (CulvertKcp *kcp)
{
  if (kcp->readable == 0)
    culvert_kcp_settle_queue (kcp);
  if (kcp->n_snd_queue > 0 || kcp->snd_nxt != kcp->snd_una || kcp->n_rcv_queue > 0)
    return;
  culvert_ring_trim (&kcp->snd_ring);
  culvert_ring_trim (&kcp->rcv_ring);
  if (kcp->n_acks == 0)
    {
      g_clear_pointer (&kcp->acks, g_free);
      kcp->ack_capacity = 0;
    }
}

void
culvert_kcp_set_origin (CulvertKcp *kcp,
                        uint32_t snd_sn,
                        uint32_t rcv_sn,
                        uint32_t clock_ms,
                        CulvertTime now)
{
  g_assert (kcp->snd_nxt == kcp->snd_una && kcp->rcv_ring.used == 0 && kcp->n_rcv_queue == 0);
  kcp->snd_una = kcp->snd_first = kcp->snd_sent = kcp->snd_due = kcp->snd_nxt = snd_sn;
  kcp->rcv_nxt = rcv_sn;
  kcp->origin = now - clock_ms * CULVERT_MSEC;
}

/* -- check ----------------------------------------------------------------------- */

/* Counts a list, whose members are in place and, but for the queue, in order: of sn, or by time
 * of the transmission. */
static uint32_t
culvert_kcp_check_list (const CulvertKcp *kcp,
                        const CulvertList *list,
                        CulvertKcpPlace place)
{
  const CulvertKcpSegment *before = NULL;
  uint32_t n = 0;

  for (const CulvertList *node = list->next; node != list; node = node->next, n++)
    {
      const CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      g_assert (node->next->prev == node);
      g_assert (segment->place == place);
      g_assert (segment->len > 0 && segment->len <= CULVERT_KCP_MSS_MAX);
      if (place == CULVERT_KCP_PLACE_QUEUE)
        continue;
      g_assert (culvert_ring_get (&kcp->snd_ring, segment->sn) == segment);
      if (kcp->by_time
          && (place == CULVERT_KCP_PLACE_FLIGHT || place == CULVERT_KCP_PLACE_LATE))
        g_assert (before == NULL || culvert_diff32 (before->xmit, segment->xmit) < 0);
      else
        g_assert (before == NULL || culvert_diff32 (before->sn, segment->sn) < 0);
      before = segment;
    }
  return n;
}

static uint32_t
culvert_kcp_check_timers (const CulvertKcp *kcp)
{
  uint32_t n = 0;

  for (unsigned class = 0; class < CULVERT_KCP_TIMER_CLASSES; class++)
    {
      const CulvertList *list = &kcp->timers[class];
      CulvertTime before = INT64_MIN;

      for (const CulvertList *node = list->next; node != list; node = node->next, n++)
        {
          const CulvertKcpSegment *segment = CULVERT_KCP_TIMED (node);

          g_assert (segment->deadline >= before);
          g_assert (segment->place >= CULVERT_KCP_PLACE_FLIGHT
                    && segment->place <= CULVERT_KCP_PLACE_SPENT);
          before = segment->deadline;
        }
    }
  return n;
}

/* Everything numbered sits in exactly one place. */
static void
culvert_kcp_check_sending (const CulvertKcp *kcp)
{
  uint32_t n_tx = culvert_kcp_check_list (kcp, &kcp->tx, CULVERT_KCP_PLACE_TX);
  uint32_t n_flight = culvert_kcp_check_list (kcp, &kcp->flight, CULVERT_KCP_PLACE_FLIGHT);
  uint32_t n_late = culvert_kcp_check_list (kcp, &kcp->late, CULVERT_KCP_PLACE_LATE);
  uint32_t n_counted = 0;
  uint32_t n_unacked = 0;
  uint32_t n_spent = 0;

  for (uint32_t sn = kcp->snd_una; sn != kcp->snd_sent; sn++)
    {
      const CulvertKcpSegment *segment = culvert_ring_get (&kcp->snd_ring, sn);

      g_assert (segment != NULL || culvert_diff32 (sn, kcp->snd_first) != 0);
      g_assert (segment == NULL || culvert_diff32 (sn, kcp->snd_first) >= 0);
      if (segment == NULL)
        continue;
      g_assert (segment->sn == sn);
      n_unacked++;
      n_spent += segment->place == CULVERT_KCP_PLACE_SPENT;
      n_counted += segment->n_passed > 0 && (segment->place == CULVERT_KCP_PLACE_FLIGHT
                                             || segment->place == CULVERT_KCP_PLACE_LATE);
    }
  g_assert (n_counted == kcp->n_counted);
  g_assert (n_flight + n_late == kcp->n_flight || !kcp->by_time);
  g_assert (n_unacked == culvert_kcp_check_timers (kcp) + n_tx || kcp->by_time);
  g_assert (n_unacked == n_tx + n_spent + n_flight + n_late
                           + culvert_kcp_check_list (kcp, &kcp->ready, CULVERT_KCP_PLACE_READY));
  g_assert (kcp->snd_ring.used == n_unacked + (kcp->snd_nxt - kcp->snd_sent));
}

void
culvert_kcp_check (const CulvertKcp *kcp)
{
  size_t readable = 0;
  uint32_t n = 0;

  g_assert (culvert_diff32 (kcp->snd_first, kcp->snd_una) >= 0);
  g_assert (culvert_diff32 (kcp->snd_sent, kcp->snd_first) >= 0);
  g_assert (culvert_diff32 (kcp->snd_due, kcp->snd_sent) >= 0);
  g_assert (culvert_diff32 (kcp->snd_nxt, kcp->snd_due) >= 0);
  g_assert (kcp->snd_nxt - kcp->snd_una <= CULVERT_KCP_WINDOW_MAX);
  g_assert (kcp->n_snd_queue
            == culvert_kcp_check_list (kcp, &kcp->snd_queue, CULVERT_KCP_PLACE_QUEUE));
  culvert_kcp_check_sending (kcp);
  for (const CulvertList *node = kcp->rcv_queue.next; node != &kcp->rcv_queue; node = node->next)
    {
      const CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      readable += segment->len - segment->start;
      n++;
    }
  g_assert (n == kcp->n_rcv_queue && readable == kcp->readable);
  /* What is next waits in the ring only behind a full queue. */
  g_assert (kcp->rcv_ring.used == 0 || culvert_ring_get (&kcp->rcv_ring, kcp->rcv_nxt) == NULL
            || n >= kcp->rcvwnd);
  g_assert (kcp->ack_head <= kcp->ack_end && kcp->ack_end <= kcp->ack_capacity);
  g_assert (kcp->n_acks > 0 || (kcp->ack_end == 0 && !kcp->ack_beyond));
}

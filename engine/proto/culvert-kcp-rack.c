/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Recovery by time, in the spirit of RACK and TLP (RFC 8985), with the echoed ts in the place of
 * TCP's timestamps (RFC 3522).
 *
 * All segments in flight stand in one list in the order of their last transmission. What has not
 * arrived although something arrived that was sent `wait` later is lost, as is what was overtaken
 * at all and has not arrived `wait` after its round trip should have ended. `wait` covers the
 * reordering seen so far, within bounds, and the time in which parity may rebuild the segment. An
 * echoed ts tells which transmission arrived, so a segment sent again without need is seen; its
 * lateness is learned and it does not count as lost.
 * When nothing is heard at all, the two ends of the flight are probed; what the answer shows to be
 * lost then leaves together, so there is one timer and no series of timeouts.
 *
 * Copies: a small segment that stands alone has nothing behind it whose arrival could show that it
 * was lost, and a segment lost twice holds up all that follows. Where losses are frequent such
 * segments leave again a little later without being asked for, the small ones within a budget.
 *
 * Cost: an acknowledgement visits what is lost and one segment more. */
#include "config.h"

#include "culvert-kcp-private.h"

#define CULVERT_KCP_RTT_WINDOW (10 * CULVERT_SEC)
/* Acknowledgements may wait so long at the peer although the samples did not show it yet. */
#define CULVERT_KCP_ACK_SLACK (10 * CULVERT_MSEC)
/* Acknowledgements come so seldom at the most, and several are missing when nothing is heard for
 * that time and half of it again. */
#define CULVERT_KCP_ACK_GAP_MAX (50 * CULVERT_MSEC)
#define CULVERT_KCP_ACK_GAP_FLIGHT 8
/* A run of segments not heard of is at least so long, or half of what a packet acknowledges. */
#define CULVERT_KCP_RUN_LEAST 8
#define CULVERT_KCP_RUN_MOST 62 /* 1500 / 24 */
/* Timers are not exact: a wait of less than this is not worth having. */
#define CULVERT_KCP_WAIT_MIN (1 * CULVERT_MSEC)
#define CULVERT_KCP_WAIT_FLOOR_MAX (4 * CULVERT_MSEC)
#define CULVERT_KCP_REORDER_PERIOD (2 * CULVERT_SEC)
#define CULVERT_KCP_REORDER_STEPS 3    /* quarters of a round trip beyond the first */
#define CULVERT_KCP_REORDER_JUDGE 8    /* segments sent again that tell enough */
/* A segment that nobody waits for is not probed before: on a machine that serves thousands of
 * heartbeats at a time the acknowledgement may take that long. */
#define CULVERT_KCP_PATIENCE (1 * CULVERT_SEC)
/* On a path that loses more, a lost heartbeat soon looks like a peer that is gone. */
#define CULVERT_KCP_PATIENT_LOSS_PPM 20000
/* Segments probed at once, the last and the first ones. */
#define CULVERT_KCP_PROBE_SEGMENTS 4

/* Weight of one transmission in the smoothed loss, and what is assumed before there is any. */
#define CULVERT_KCP_LOSS_WEIGHT 256
#define CULVERT_KCP_LOSS_PRIOR_PPM 10000
#define CULVERT_KCP_MILLION 1000000

#define CULVERT_KCP_REPEAT_GAP (3 * CULVERT_MSEC)
#define CULVERT_KCP_REPEAT_SMALL 400
#define CULVERT_KCP_REPEAT_FLIGHT 3       /* more in flight: losses show by themselves */
#define CULVERT_KCP_REPEAT_ONCE_PPM 1000
#define CULVERT_KCP_REPEAT_TWICE_PPM 30000
#define CULVERT_KCP_REPEAT_RATE 16384     /* bytes per second */
#define CULVERT_KCP_REPEAT_BURST 16384
/* Percent of what small segments cost that their copies may, and twice the loss on top of it. */
#define CULVERT_KCP_REPEAT_SHARE 100
#define CULVERT_KCP_REPEAT_SHARE_BURST 1024 /* bytes, there at first */
/* Retransmissions leave in pairs from here on, later ones in threes. */
#define CULVERT_KCP_RESEND_TWICE_PPM 60000
#define CULVERT_KCP_RESEND_AGAIN_PPM 15000

/* -- estimators ------------------------------------------------------------------- */

static void
culvert_kcp_min_add (CulvertKcpMin *min,
                     CulvertTime value,
                     CulvertTime now)
{
  if (min->value[0] == 0 || now - min->since >= CULVERT_KCP_RTT_WINDOW)
    {
      min->value[1] = min->value[0];
      min->value[0] = value;
      min->since = now;
    }
  min->value[0] = MIN (min->value[0], value);
}

CulvertTime
culvert_kcp_rack_min_rtt (const CulvertKcp *kcp)
{
  const CulvertKcpMin *min = &kcp->rack.min_rtt;

  return min->value[1] != 0 ? MIN (min->value[0], min->value[1]) : min->value[0];
}

static void
culvert_kcp_rack_sample (CulvertKcp *kcp,
                         CulvertTime rtt,
                         CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;

  rtt = CLAMP (rtt, 1, CULVERT_KCP_RTO_MAX_MS * CULVERT_MSEC);
  if (rack->srtt == 0)
    {
      rack->srtt = rtt;
      rack->rttvar = rtt / 2;
    }
  else
    {
      rack->rttvar += (ABS (rtt - rack->srtt) - rack->rttvar) / 4;
      rack->srtt += (rtt - rack->srtt) / 8;
    }
  culvert_kcp_min_add (&rack->min_rtt, rtt, now);
  culvert_kcp_rtt_sample_us (kcp, rtt);
}

static CulvertTime
culvert_kcp_rack_timeout (const CulvertKcp *kcp)
{
  const CulvertKcpRack *rack = &kcp->rack;
  CulvertTime timeout = CULVERT_KCP_RTO_INITIAL_MS * CULVERT_MSEC;

  if (rack->srtt > 0)
    timeout = rack->srtt + MAX (4 * rack->rttvar, CULVERT_KCP_ACK_SLACK);
  timeout += timeout * rack->n_probes / 2;
  return MIN (timeout, CULVERT_KCP_RTO_MAX_MS * CULVERT_MSEC);
}

static CulvertTime
culvert_kcp_rack_wait (const CulvertKcp *kcp,
                       const CulvertKcpReorder *reorder)
{
  CulvertTime floor = CLAMP (culvert_kcp_rack_min_rtt (kcp) / 8, CULVERT_KCP_WAIT_MIN,
                             CULVERT_KCP_WAIT_FLOOR_MAX);

  return MAX (floor, MAX (reorder->learned, kcp->rack.recovery_delay));
}

static void
culvert_kcp_rack_learn_reorder (const CulvertKcpRack *rack,
                                CulvertKcpReorder *reorder,
                                CulvertTime distance)
{
  distance = MIN (distance + distance / 4, rack->srtt * (1 + rack->reorder_steps) / 4);
  reorder->seen = MAX (reorder->seen, distance);
  reorder->learned = MAX (reorder->learned, distance);
}

/* What was sent at that time is acknowledged only now, after what was sent later. How late that is
 * says little where acknowledgements wait at the peer; what overtook it says nothing of what was
 * sent at once. */
static void
culvert_kcp_rack_learn (CulvertKcp *kcp,
                        CulvertTime sent,
                        CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;

  culvert_kcp_rack_learn_reorder (rack, &rack->late, now - sent - rack->rtt);
  culvert_kcp_rack_learn_reorder (rack, &rack->overtaken, rack->newest_sent - sent);
}

/* More than a quarter of a round trip is waited only if most of what is sent again had arrived. */
static void
culvert_kcp_rack_bound_reorder (CulvertKcp *kcp,
                                CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;

  if (now < rack->reorder_judge_at || rack->n_again < CULVERT_KCP_REORDER_JUDGE)
    return;
  if (2 * rack->n_needless > rack->n_again && rack->reorder_steps < CULVERT_KCP_REORDER_STEPS)
    rack->reorder_steps++;
  rack->n_needless = rack->n_again = 0;
  rack->reorder_judge_at = now + 2 * rack->srtt;
}

static void
culvert_kcp_rack_fade (CulvertKcpReorder *reorder)
{
  reorder->learned = MAX (reorder->seen, reorder->learned * 3 / 4);
  reorder->seen = 0;
}

/* Reordering that is not seen any more is forgotten little by little. */
static void
culvert_kcp_rack_forget_reorder (CulvertKcp *kcp,
                                 CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;

  culvert_kcp_rack_bound_reorder (kcp, now);
  if (now < rack->reorder_until)
    return;
  rack->reorder_steps -= rack->reorder_steps > 0;
  culvert_kcp_rack_fade (&rack->late);
  culvert_kcp_rack_fade (&rack->overtaken);
  rack->reorder_until = now + CULVERT_KCP_REORDER_PERIOD;
}

/* -- losses ------------------------------------------------------------------------- */

static void
culvert_kcp_rack_count_lost (CulvertKcp *kcp,
                             CulvertKcpSegment *segment)
{
  CulvertKcpRack *rack = &kcp->rack;

  segment->is_counted_lost = true;
  rack->n_loss_runs += rack->n_lost == 0 || segment->sn != rack->last_lost + 1;
  rack->last_lost = segment->sn;
  rack->n_lost++;
  rack->loss_ppm += (CULVERT_KCP_MILLION - rack->loss_ppm) / CULVERT_KCP_LOSS_WEIGHT;
  kcp->rate.n_lost++;
}

/* It arrived after all. */
static void
culvert_kcp_rack_uncount_lost (CulvertKcp *kcp,
                               const CulvertKcpSegment *segment)
{
  CulvertKcpRack *rack = &kcp->rack;
  uint32_t step = CULVERT_KCP_MILLION / CULVERT_KCP_LOSS_WEIGHT;

  if (!segment->is_counted_lost)
    return;
  rack->n_lost -= rack->n_lost > 0;
  rack->loss_ppm -= MIN (rack->loss_ppm, step);
  kcp->rate.n_lost -= kcp->rate.n_lost > 0;
}

static bool
culvert_kcp_rack_is_overtaken (const CulvertKcp *kcp,
                               const CulvertKcpSegment *segment)
{
  return kcp->rack.has_newest && culvert_diff32 (segment->xmit, kcp->rack.newest) < 0;
}

static void
culvert_kcp_rack_lose (CulvertKcp *kcp,
                       CulvertKcpSegment *segment)
{
  culvert_list_remove (&segment->node);
  culvert_list_remove (&segment->timer);
  kcp->n_flight--;
  segment->place = CULVERT_KCP_PLACE_READY;
  culvert_kcp_insert_by_sn (&kcp->ready, &kcp->ready, segment);
  culvert_kcp_rack_count_lost (kcp, segment);
  kcp->flush_now = true;
}

/* A long run of segments that nobody heard of: more likely a packet of acknowledgements was lost,
 * for each of them is acknowledged once, and una will tell when the hole before it is filled.
 * Such a run waits in late for that. True if segment begins one. */
static bool
culvert_kcp_rack_set_aside (CulvertKcp *kcp,
                            CulvertKcpSegment *segment)
{
  unsigned least = MAX (CULVERT_KCP_RUN_LEAST, (unsigned) kcp->rack.acks_of_packet / 2);
  CulvertTime patience = kcp->rack.rtt + kcp->rack.srtt + kcp->rack.ack_gap;
  CulvertList *node = &segment->node;
  CulvertList *next;
  uint32_t sn = segment->sn;
  unsigned n = 0;

  for (; node != &kcp->flight; node = node->next, n++)
    if (CULVERT_KCP_SEGMENT (node)->sn != sn + n || CULVERT_KCP_SEGMENT (node)->n_sent > 1
        || !culvert_kcp_rack_is_overtaken (kcp, CULVERT_KCP_SEGMENT (node)))
      break;
  if (n < least || sn == kcp->snd_first)
    return false;
  for (node = &segment->node; n > 0; node = next, n--)
    {
      next = node->next;
      segment = CULVERT_KCP_SEGMENT (node);
      culvert_list_remove (&segment->timer);
      culvert_list_remove (node);
      culvert_list_append (&kcp->late, node);
      segment->place = CULVERT_KCP_PLACE_LATE;
      segment->deadline = segment->sent + patience;
    }
  return true;
}

/* When an overtaken segment is lost: 0 if what overtook it was sent so much later. If nothing else
 * was sent it might have been acknowledged by then. */
static CulvertTime
culvert_kcp_rack_lost_at (const CulvertKcp *kcp,
                          const CulvertKcpSegment *segment)
{
  const CulvertKcpRack *rack = &kcp->rack;

  if (rack->newest_sent - segment->sent >= culvert_kcp_rack_wait (kcp, &rack->overtaken))
    return 0;
  return segment->sent + rack->rtt + culvert_kcp_rack_wait (kcp, &rack->late);
}

/* Moves what is lost by now to ready. */
static void
culvert_kcp_rack_detect (CulvertKcp *kcp,
                         CulvertTime now)
{
  CulvertList *node;

  while ((node = culvert_list_first (&kcp->late)) != NULL
         && CULVERT_KCP_SEGMENT (node)->deadline <= now)
    culvert_kcp_rack_lose (kcp, CULVERT_KCP_SEGMENT (node));
  while ((node = culvert_list_first (&kcp->flight)) != NULL)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      if (!culvert_kcp_rack_is_overtaken (kcp, segment)
          || culvert_kcp_rack_lost_at (kcp, segment) > now)
        break;
      if (!culvert_kcp_rack_set_aside (kcp, segment))
        culvert_kcp_rack_lose (kcp, segment);
    }
}

/* -- arrivals ------------------------------------------------------------------------ */

void
culvert_kcp_rack_begin (const CulvertKcp *kcp,
                        CulvertKcpArrival *arrival)
{
  *arrival = (CulvertKcpArrival) {
    .xmit_before = kcp->rack.newest,
    .had_newest = kcp->rack.has_newest,
  };
}

static bool
culvert_kcp_rack_is_thought_lost (const CulvertKcpSegment *segment)
{
  return segment->place == CULVERT_KCP_PLACE_READY
         || (segment->place == CULVERT_KCP_PLACE_TX && segment->cause != CULVERT_KCP_CAUSE_REPEAT);
}

/* Whether it is the last transmission, or a copy of it, that arrived. */
static bool
culvert_kcp_rack_is_last (const CulvertKcp *kcp,
                          const CulvertKcpSegment *segment,
                          const uint32_t *ts,
                          CulvertTime now)
{
  if (segment->n_sent <= 1 || segment->is_repeated)
    return true;
  if (ts != NULL)
    return *ts == segment->ts;
  return now - segment->sent >= culvert_kcp_rack_min_rtt (kcp);
}

static void
culvert_kcp_rack_note_newest (const CulvertKcpSegment *segment,
                              CulvertKcpArrival *arrival)
{
  if (arrival->has_newest && culvert_diff32 (segment->xmit, arrival->xmit) <= 0)
    return;
  arrival->has_newest = true;
  arrival->xmit = segment->xmit;
  arrival->sent = segment->sent;
  arrival->delivered = segment->delivered;
  arrival->delivered_at = segment->delivered_at;
  arrival->flight_start = segment->flight_start;
  arrival->is_app_limited = segment->is_app_limited;
  arrival->group = segment->group;
}

void
culvert_kcp_rack_on_acked (CulvertKcp *kcp,
                           CulvertKcpSegment *segment,
                           const uint32_t *ts,
                           bool is_first,
                           CulvertKcpArrival *arrival,
                           CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;
  /* una says when only of the first segment missing: the acknowledgements of others got lost. */
  bool is_timely = ts != NULL || is_first;
  bool is_last = culvert_kcp_rack_is_last (kcp, segment, ts, now);

  if (culvert_kcp_rack_is_thought_lost (segment))
    {
      culvert_kcp_rack_uncount_lost (kcp, segment);
      if (is_timely)
        culvert_kcp_rack_learn (kcp, segment->sent, now);
    }
  else if (!is_last)
    {
      culvert_kcp_rack_uncount_lost (kcp, segment);
      rack->n_spurious++;
      rack->n_needless++;
      culvert_counter_add (&kcp->counters->spurious_segs, 1);
      if (is_timely && segment->n_sent == 2)
        culvert_kcp_rack_learn (kcp, segment->first_sent, now);
    }
  else if (arrival->had_newest && culvert_diff32 (segment->xmit, arrival->xmit_before) < 0)
    {
      if (is_timely && segment->n_sent == 1 && !segment->is_repeated)
        culvert_kcp_rack_learn (kcp, segment->sent, now);
    }
  else if (!segment->is_repeated || (ts != NULL && *ts == segment->ts))
    culvert_kcp_rack_note_newest (segment, arrival);
  /* A probe that was needed. */
  if (segment->cause == CULVERT_KCP_CAUSE_TIMEOUT && is_last && !segment->is_counted_lost)
    culvert_kcp_rack_count_lost (kcp, segment);
  if (ts != NULL
      && (!arrival->has_oldest || culvert_diff32 (segment->xmit, arrival->oldest) < 0))
    {
      arrival->has_oldest = true;
      arrival->oldest = segment->xmit;
    }
  rack->loss_ppm -= rack->loss_ppm / CULVERT_KCP_LOSS_WEIGHT;
  arrival->n_acked++;
  kcp->rate.delivered += culvert_kcp_rate_cost (kcp, segment->len);
  kcp->rate.n_delivered++;
  culvert_kcp_loss_forget (kcp, segment);
}

static void
culvert_kcp_rack_hear (CulvertKcp *kcp,
                       unsigned n_acked,
                       CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;
  CulvertTime gap = MIN (now - rack->heard_at, CULVERT_KCP_ACK_GAP_MAX);

  gap = MIN (gap, culvert_kcp_rack_min_rtt (kcp));
  if (gap > 0 && kcp->n_flight >= CULVERT_KCP_ACK_GAP_FLIGHT)
    rack->ack_gap = MAX (gap, rack->ack_gap - rack->ack_gap / 16);
  rack->acks_of_packet += ((int) MIN (n_acked, CULVERT_KCP_RUN_MOST) - rack->acks_of_packet) / 8;
  rack->heard_at = now;
  rack->n_probes = 0;
}

void
culvert_kcp_rack_finish (CulvertKcp *kcp,
                         const CulvertKcpArrival *arrival,
                         int32_t rtt_ms,
                         bool recovered,
                         CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;
  CulvertTime rtt = 0;

  if (arrival->has_newest)
    {
      rack->newest = arrival->xmit;
      rack->has_newest = true;
      rack->newest_sent = arrival->sent;
      if (!recovered || rack->rtt == 0)
        rtt = rack->rtt = MAX (now - arrival->sent, 1);
    }
  else if (rtt_ms > 0)
    rtt = rtt_ms * CULVERT_MSEC;
  if (rtt > 0 && !recovered)
    culvert_kcp_rack_sample (kcp, rtt, now);
  if (arrival->n_acked > 0)
    culvert_kcp_rack_hear (kcp, arrival->n_acked, now);
  if (arrival->has_newest)
    culvert_kcp_gap_sample (kcp, arrival, !recovered && culvert_kcp_rate_is_innocent (kcp));
  culvert_kcp_rack_forget_reorder (kcp, now);
  culvert_kcp_rack_detect (kcp, now);
  if (arrival->n_acked > 0)
    culvert_kcp_rate_on_acked (kcp, arrival, recovered ? 0 : rtt, now);
}

/* -- copies --------------------------------------------------------------------------- */

/* The same of the share: a copy costs what the segment did, and kcptun's parity not much less. */
static bool
culvert_kcp_rack_shares (CulvertKcp *kcp,
                         int32_t len,
                         unsigned n)
{
  CulvertKcpRack *rack = &kcp->rack;

  if (rack->repeat_share < (int32_t) n * len)
    return false;
  rack->repeat_share -= (int32_t) n * len;
  return true;
}

static void
culvert_kcp_rack_earn_share (CulvertKcp *kcp,
                             int32_t len)
{
  CulvertKcpRack *rack = &kcp->rack;
  int32_t percent = CULVERT_KCP_REPEAT_SHARE + (int32_t) (rack->loss_ppm / 5000);

  rack->repeat_share = MIN (rack->repeat_share + len * percent / 100,
                            CULVERT_KCP_REPEAT_SHARE_BURST);
}

/* Takes len bytes of the budget for small segments, if they are there. */
static bool
culvert_kcp_rack_afford (CulvertKcp *kcp,
                         int32_t len,
                         CulvertTime now)
{
  CulvertKcpRack *rack = &kcp->rack;
  CulvertTime elapsed = MIN (now - rack->repeat_at, CULVERT_SEC);

  rack->repeat_budget = MIN (rack->repeat_budget
                               + (int32_t) (elapsed * CULVERT_KCP_REPEAT_RATE / CULVERT_SEC),
                             CULVERT_KCP_REPEAT_BURST);
  rack->repeat_at = now;
  if (rack->repeat_budget < len)
    return false;
  rack->repeat_budget -= len;
  return true;
}

static bool
culvert_kcp_rack_is_patient (const CulvertKcp *kcp,
                             const CulvertKcpSegment *segment)
{
  return segment->is_patient && kcp->rack.loss_ppm <= CULVERT_KCP_PATIENT_LOSS_PPM;
}

/* How many copies shall follow a transmission. */
static unsigned
culvert_kcp_rack_n_copies (CulvertKcp *kcp,
                           const CulvertKcpSegment *segment,
                           CulvertTime now)
{
  uint32_t loss = kcp->rack.loss_ppm;
  unsigned n = 0;

  if (kcp->repeat_small && !culvert_kcp_rack_is_patient (kcp, segment)
      && loss >= CULVERT_KCP_REPEAT_ONCE_PPM && segment->len <= CULVERT_KCP_REPEAT_SMALL
      && kcp->n_snd_queue == 0 && kcp->n_flight <= CULVERT_KCP_REPEAT_FLIGHT)
    {
      int32_t len = segment->len + CULVERT_KCP_OVERHEAD;
      bool is_first = segment->n_sent <= 1;

      n = loss >= CULVERT_KCP_REPEAT_TWICE_PPM || !is_first ? 2 : 1;
      if (is_first)
        culvert_kcp_rack_earn_share (kcp, len);
      while (n > 0 && ((is_first && !culvert_kcp_rack_shares (kcp, len, n))
                       || !culvert_kcp_rack_afford (kcp, (int32_t) n * len, now)))
        n--;
      return n;
    }
  if (segment->n_sent >= 2 && loss >= CULVERT_KCP_RESEND_TWICE_PPM)
    n = segment->n_sent - 1;
  else if (segment->n_sent >= 3 && loss >= CULVERT_KCP_RESEND_AGAIN_PPM)
    n = segment->n_sent - 2;
  return MIN (n, 3);
}

static void
culvert_kcp_rack_schedule (CulvertKcp *kcp,
                           CulvertKcpSegment *segment,
                           CulvertTime now)
{
  if (segment->cause == CULVERT_KCP_CAUSE_REPEAT)
    segment->n_repeats--;
  else if (culvert_kcp_size_is_probed (kcp, segment))
    segment->n_repeats = 0; /* a copy would leave open whether the probe arrived */
  else
    segment->n_repeats = culvert_kcp_rack_n_copies (kcp, segment, now);
  if (segment->n_repeats == 0)
    return;
  segment->is_repeated = true;
  segment->deadline = now + CULVERT_KCP_REPEAT_GAP;
  culvert_list_append (&kcp->rack.repeats, &segment->timer);
}

/* -- policy ---------------------------------------------------------------------------- */

void
culvert_kcp_rack_init (CulvertKcp *kcp)
{
  culvert_list_init (&kcp->rack.repeats);
  kcp->rack.loss_ppm = CULVERT_KCP_LOSS_PRIOR_PPM;
  kcp->rack.repeat_budget = CULVERT_KCP_REPEAT_BURST;
  kcp->rack.repeat_share = CULVERT_KCP_REPEAT_SHARE_BURST;
}

void
culvert_kcp_rack_on_sent (CulvertKcp *kcp,
                          CulvertKcpSegment *segment,
                          CulvertTime now)
{
  segment->xmit = kcp->rack.xmit++;
  segment->group = kcp->gap.group;
  kcp->rack.n_again += segment->cause == CULVERT_KCP_CAUSE_FAST;
  if (segment->cause != CULVERT_KCP_CAUSE_REPEAT)
    {
      segment->n_sent += segment->n_sent < UINT8_MAX;
      segment->is_repeated = false;
      kcp->rack.n_sent++;
    }
  culvert_kcp_rate_on_sent (kcp, segment, now);
  culvert_kcp_rack_schedule (kcp, segment, now);
  culvert_list_remove (&segment->node);
  culvert_list_append (&kcp->flight, &segment->node);
  segment->place = CULVERT_KCP_PLACE_FLIGHT;
  kcp->n_flight++;
}

/* Takes the segment to tx; returns the finger for the next. */
static CulvertList *
culvert_kcp_rack_take (CulvertKcp *kcp,
                       CulvertKcpSegment *segment,
                       CulvertKcpCause cause,
                       CulvertList *finger)
{
  kcp->n_flight -= segment->place <= CULVERT_KCP_PLACE_LATE;
  culvert_list_remove (&segment->node);
  culvert_list_remove (&segment->timer);
  segment->place = CULVERT_KCP_PLACE_TX;
  segment->cause = cause;
  return culvert_kcp_insert_by_sn (&kcp->tx, finger, segment);
}

static CulvertTime
culvert_kcp_rack_probe_at (const CulvertKcp *kcp)
{
  const CulvertList *node = culvert_list_first (&kcp->flight);
  CulvertTime silence = MAX (kcp->rack.ack_gap * 3 / 2, CULVERT_KCP_ACK_SLACK);
  CulvertTime at;

  if (node == NULL)
    return CULVERT_TIME_NEVER;
  at = MAX (CULVERT_KCP_SEGMENT (node)->sent, kcp->rack.probed_at) + culvert_kcp_rack_timeout (kcp);
  if (kcp->n_flight == 1 && culvert_kcp_rack_is_patient (kcp, CULVERT_KCP_SEGMENT (node)))
    at += CULVERT_KCP_PATIENCE;
  return MAX (at, kcp->rack.heard_at + silence);
}

/* Sends the last and the first segments in flight again. */
static bool
culvert_kcp_rack_probe (CulvertKcp *kcp,
                        CulvertTime now)
{
  bool found = false;

  if (culvert_kcp_rack_probe_at (kcp) > now)
    return false;
  kcp->rack.n_probes++;
  kcp->rack.probed_at = now;
  for (unsigned i = 0; i < CULVERT_KCP_PROBE_SEGMENTS; i++)
    {
      CulvertList *node = i == 0 ? kcp->flight.prev : kcp->flight.next;

      if (node == &kcp->flight)
        break;
      CULVERT_KCP_SEGMENT (node)->is_counted_lost = false;
      culvert_kcp_rack_take (kcp, CULVERT_KCP_SEGMENT (node), CULVERT_KCP_CAUSE_TIMEOUT, &kcp->tx);
      found = true;
    }
  return found;
}

CulvertKcpLoss
culvert_kcp_rack_collect (CulvertKcp *kcp,
                          CulvertTime now)
{
  CulvertKcpLoss loss = { false, false };
  CulvertList *finger = &kcp->tx;
  CulvertList *node;

  culvert_kcp_rack_detect (kcp, now);
  for (; (node = culvert_list_first (&kcp->ready)) != NULL; loss.passed = true)
    finger = culvert_kcp_rack_take (kcp, CULVERT_KCP_SEGMENT (node), CULVERT_KCP_CAUSE_FAST,
                                    finger);
  kcp->flush_now = false;
  loss.timed_out = culvert_kcp_rack_probe (kcp, now);
  while ((node = culvert_list_first (&kcp->rack.repeats)) != NULL
         && CULVERT_KCP_TIMED (node)->deadline <= now)
    culvert_kcp_rack_take (kcp, CULVERT_KCP_TIMED (node), CULVERT_KCP_CAUSE_REPEAT, &kcp->tx);
  return loss;
}

CulvertTime
culvert_kcp_rack_deadline (const CulvertKcp *kcp)
{
  const CulvertList *node = culvert_list_first (&kcp->flight);
  CulvertTime deadline = culvert_kcp_rack_probe_at (kcp);

  if (!culvert_list_is_empty (&kcp->ready))
    return 0;
  if (node != NULL && culvert_kcp_rack_is_overtaken (kcp, CULVERT_KCP_SEGMENT (node)))
    deadline = MIN (deadline, culvert_kcp_rack_lost_at (kcp, CULVERT_KCP_SEGMENT (node)));
  node = culvert_list_first (&kcp->late);
  if (node != NULL)
    deadline = MIN (deadline, CULVERT_KCP_SEGMENT (node)->deadline);
  node = culvert_list_first (&kcp->rack.repeats);
  if (node != NULL)
    deadline = MIN (deadline, CULVERT_KCP_TIMED (node)->deadline);
  return deadline;
}

void
culvert_kcp_set_recovery_delay (CulvertKcp *kcp,
                                CulvertTime delay)
{
  kcp->rack.recovery_delay = delay;
}

void
culvert_kcp_get_path (const CulvertKcp *kcp,
                      CulvertKcpPath *out_path)
{
  *out_path = (CulvertKcpPath) {
    .min_rtt = culvert_kcp_rack_min_rtt (kcp),
    .reorder = culvert_kcp_rack_wait (kcp, &kcp->rack.late),
    .bandwidth = culvert_kcp_rate_bandwidth (kcp),
    .pacing_rate = kcp->rate.rate,
    .flight_limit = kcp->rate.limit,
    .n_flight = kcp->n_flight,
    .n_sent = kcp->rack.n_sent,
    .n_lost = kcp->rack.n_lost,
    .n_loss_runs = kcp->rack.n_loss_runs,
    .n_spurious = kcp->rack.n_spurious,
    .loss_ppm = kcp->rack.loss_ppm,
    .n_seen = kcp->gap.n_seen,
    .n_missing = kcp->gap.n_missing,
    .is_filling = kcp->rate.phase == CULVERT_KCP_PHASE_STARTUP,
    .is_calm = culvert_kcp_rate_is_calm (kcp),
  };
}

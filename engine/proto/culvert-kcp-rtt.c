/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* RTT and RTO, the windows, and the policy of retransmission: which segments leave again,
 * and when. The policy is the reference's (WIRE.md 5.4 step 6, 5.5 step 3, 5.7) and lives
 * in the culvert_kcp_loss_* functions alone; tx and rx only report what happened.
 *
 * Cost: a segment in flight is visited at most `resend` times by acknowledgements, since
 * those it counts form a prefix of the list (sn and time order agree). In the late list the
 * orders differ; there a budget per packet bounds the visits that count nothing. Timers
 * are lists, one per number of back-offs, in which deadlines grow on their own. */
#include "config.h"

#include "culvert-kcp-private.h"

/* -- estimator ------------------------------------------------------------------- */

void
culvert_kcp_rtt_sample (CulvertKcp *kcp,
                        int32_t rtt_ms)
{
  int64_t rto;

  if (kcp->srtt_ms == 0)
    {
      kcp->srtt_ms = rtt_ms;
      kcp->rttvar_ms = rtt_ms / 2;
    }
  else
    {
      int32_t delta = rtt_ms - kcp->srtt_ms;

      kcp->srtt_ms += delta >> 3;
      delta = ABS (delta);
      /* A fall of the RTT must not look like jitter. */
      if (rtt_ms < kcp->srtt_ms - kcp->rttvar_ms)
        kcp->rttvar_ms += (delta - kcp->rttvar_ms) >> 5;
      else
        kcp->rttvar_ms += (delta - kcp->rttvar_ms) >> 2;
    }
  rto = kcp->srtt_ms + MAX ((int64_t) kcp->interval_ms, 4 * (int64_t) kcp->rttvar_ms);
  kcp->rto_ms = CLAMP (rto, (int64_t) kcp->min_rto_ms, CULVERT_KCP_RTO_MAX_MS);
}

void
culvert_kcp_rtt_sample_us (CulvertKcp *kcp,
                           int64_t rtt_us)
{
  if (kcp->srtt_us == 0)
    kcp->srtt_us = rtt_us;
  else
    kcp->srtt_us += (rtt_us - kcp->srtt_us) / 8;
}

int64_t
culvert_kcp_srtt_us (const CulvertKcp *kcp)
{
  return kcp->srtt_us;
}

/* -- windows --------------------------------------------------------------------- */

uint32_t
culvert_kcp_window (const CulvertKcp *kcp)
{
  uint32_t window = MIN (kcp->sndwnd, kcp->rmt_wnd);

  return kcp->no_cwnd ? window : MIN (window, kcp->cwnd);
}

void
culvert_kcp_window_grow (CulvertKcp *kcp)
{
  uint32_t mss = kcp->mss;

  if (kcp->no_cwnd || kcp->cwnd >= kcp->rmt_wnd)
    return;
  if (kcp->cwnd < kcp->ssthresh)
    {
      kcp->cwnd++;
      kcp->incr += mss;
    }
  else
    {
      kcp->incr = MAX (kcp->incr, mss);
      kcp->incr += mss * mss / kcp->incr + mss / 16;
      if ((kcp->cwnd + 1) * mss <= kcp->incr)
        kcp->cwnd = (kcp->incr + mss - 1) / mss;
    }
  if (kcp->cwnd > kcp->rmt_wnd)
    {
      kcp->cwnd = kcp->rmt_wnd;
      kcp->incr = kcp->rmt_wnd * mss;
    }
}

void
culvert_kcp_window_settle (CulvertKcp *kcp,
                           CulvertKcpLoss loss,
                           uint32_t window)
{
  if (kcp->no_cwnd)
    return;
  if (loss.passed)
    {
      kcp->ssthresh = MAX ((kcp->snd_nxt - kcp->snd_una) / 2, CULVERT_KCP_SSTHRESH_MIN);
      /* Wire: resend = 0 counts as 2^32 - 1 here, which makes it one less. */
      kcp->cwnd = kcp->ssthresh + (kcp->resend > 0 ? kcp->resend : UINT32_MAX);
      kcp->incr = kcp->cwnd * kcp->mss;
    }
  if (loss.timed_out)
    {
      kcp->ssthresh = MAX (window / 2, CULVERT_KCP_SSTHRESH_MIN);
      kcp->cwnd = 1;
      kcp->incr = kcp->mss;
    }
  if (kcp->cwnd < 1)
    {
      kcp->cwnd = 1;
      kcp->incr = kcp->mss;
    }
}

/* -- lists ----------------------------------------------------------------------- */

/* Links segment by sn, searching from finger (a node of list or its head) in either
 * direction: callers insert in rising order and pass what they inserted last. */
static CulvertList *
culvert_kcp_insert_by_sn (CulvertList *list,
                          CulvertList *finger,
                          CulvertKcpSegment *segment)
{
  uint32_t sn = segment->sn;

  if (finger == list)
    finger = list->prev;
  while (finger != list && culvert_diff32 (CULVERT_KCP_SEGMENT (finger)->sn, sn) > 0)
    finger = finger->prev;
  while (finger->next != list && culvert_diff32 (CULVERT_KCP_SEGMENT (finger->next)->sn, sn) < 0)
    finger = finger->next;
  culvert_list_insert_after (finger, &segment->node);
  return &segment->node;
}

/* Deadlines in one class nearly always grow, so the place is the end. After the RTO fell, a
 * few steps back find it; beyond that the deadline waits for the one before it, which costs
 * less than it is worth to search for. The last class mixes long and short waits and is
 * searched to the end: each of its segments timed out many times, so they are few. */
static void
culvert_kcp_start_timer (CulvertKcp *kcp,
                         CulvertKcpSegment *segment)
{
  unsigned class = MIN (segment->n_backoffs, CULVERT_KCP_TIMER_CLASSES - 1);
  CulvertList *list = &kcp->timers[class];
  CulvertList *node = list->prev;

  for (unsigned steps = 0; node != list; steps++)
    {
      if (CULVERT_KCP_TIMED (node)->deadline <= segment->deadline)
        break;
      if (steps == CULVERT_KCP_TIMER_WALK && class < CULVERT_KCP_TIMER_CLASSES - 1)
        {
          node = list->prev;
          segment->deadline = CULVERT_KCP_TIMED (node)->deadline;
          break;
        }
      node = node->prev;
    }
  culvert_list_insert_after (node, &segment->timer);
}

static bool
culvert_kcp_is_counted (const CulvertKcpSegment *segment)
{
  return segment->n_passed > 0 && (segment->place == CULVERT_KCP_PLACE_FLIGHT
                                   || segment->place == CULVERT_KCP_PLACE_LATE);
}

/* -- policy ---------------------------------------------------------------------- */

/* Acknowledgements of later segments that make one ready; with resend = 0 any of them does,
 * but it then leaves by the rule of early retransmit only. */
static uint32_t
culvert_kcp_loss_threshold (const CulvertKcp *kcp)
{
  return MAX (kcp->resend, 1);
}

static void
culvert_kcp_loss_count (CulvertKcp *kcp,
                        CulvertKcpSegment *segment,
                        CulvertTime now)
{
  if (segment->n_passed++ == 0 && kcp->n_counted++ == 0)
    kcp->early_at = now + kcp->interval_ms * CULVERT_MSEC;
  if (segment->n_passed >= culvert_kcp_loss_threshold (kcp))
    {
      kcp->n_counted--;
      culvert_list_remove (&segment->node);
      culvert_kcp_insert_by_sn (&kcp->ready, &kcp->ready, segment);
      segment->place = CULVERT_KCP_PLACE_READY;
      kcp->flush_now = true;
    }
}

void
culvert_kcp_loss_on_ack (CulvertKcp *kcp,
                         uint32_t sn,
                         uint32_t ts,
                         CulvertTime now)
{
  CulvertList *next;

  for (CulvertList *node = kcp->flight.next; node != &kcp->flight; node = next)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      next = node->next;
      if (culvert_diff32 (segment->sn, sn) >= 0 || culvert_diff32 (segment->ts, ts) > 0)
        break;
      culvert_kcp_loss_count (kcp, segment, now);
    }
  for (CulvertList *node = kcp->late.next; node != &kcp->late; node = next)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      next = node->next;
      if (culvert_diff32 (segment->sn, sn) >= 0)
        break;
      if (culvert_diff32 (segment->ts, ts) <= 0)
        culvert_kcp_loss_count (kcp, segment, now);
      else if (kcp->late_visits == 0 || --kcp->late_visits == 0)
        break;
    }
}

/* Takes the segment to tx for cause; returns the finger for the next. */
static CulvertList *
culvert_kcp_loss_take (CulvertKcp *kcp,
                       CulvertKcpSegment *segment,
                       CulvertKcpCause cause,
                       CulvertList *finger)
{
  kcp->n_counted -= culvert_kcp_is_counted (segment);
  culvert_list_remove (&segment->node);
  culvert_list_remove (&segment->timer);
  segment->place = CULVERT_KCP_PLACE_TX;
  segment->cause = cause;
  if (cause == CULVERT_KCP_CAUSE_TIMEOUT)
    {
      segment->n_passed = 0;
      segment->n_backoffs += segment->n_backoffs < UINT8_MAX;
      segment->rto_ms += kcp->nodelay ? kcp->rto_ms / 2 : kcp->rto_ms;
      segment->rto_ms = MIN (segment->rto_ms, CULVERT_KCP_RTO_MAX_MS);
    }
  else
    {
      segment->n_backoffs = 0;
      segment->rto_ms = kcp->rto_ms;
    }
  return culvert_kcp_insert_by_sn (&kcp->tx, finger, segment);
}

static bool
culvert_kcp_loss_collect_ready (CulvertKcp *kcp)
{
  CulvertKcpCause cause = kcp->resend > 0 ? CULVERT_KCP_CAUSE_FAST : CULVERT_KCP_CAUSE_EARLY;
  CulvertList *finger = &kcp->tx;
  CulvertList *node = culvert_list_first (&kcp->ready);

  if (node == NULL)
    return false;
  for (; node != NULL; node = culvert_list_first (&kcp->ready))
    finger = culvert_kcp_loss_take (kcp, CULVERT_KCP_SEGMENT (node), cause, finger);
  return true;
}

/* The counted ones: a prefix of flight, any of late. */
static bool
culvert_kcp_loss_collect_early (CulvertKcp *kcp)
{
  CulvertList *finger = &kcp->tx;
  CulvertList *next;

  if (kcp->n_counted == 0)
    return false;
  for (CulvertList *node = kcp->flight.next; node != &kcp->flight; node = next)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      next = node->next;
      if (segment->n_passed == 0)
        break;
      finger = culvert_kcp_loss_take (kcp, segment, CULVERT_KCP_CAUSE_EARLY, finger);
    }
  for (CulvertList *node = kcp->late.next; node != &kcp->late && kcp->n_counted > 0; node = next)
    {
      CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      next = node->next;
      if (segment->n_passed > 0)
        finger = culvert_kcp_loss_take (kcp, segment, CULVERT_KCP_CAUSE_EARLY, finger);
    }
  return true;
}

static bool
culvert_kcp_loss_collect_timed_out (CulvertKcp *kcp,
                                    CulvertTime now)
{
  bool found = false;

  for (unsigned class = 0; class < CULVERT_KCP_TIMER_CLASSES; class++)
    {
      CulvertList *finger = &kcp->tx;
      CulvertList *node;

      while ((node = culvert_list_first (&kcp->timers[class])) != NULL
             && CULVERT_KCP_TIMED (node)->deadline <= now)
        {
          finger = culvert_kcp_loss_take (kcp, CULVERT_KCP_TIMED (node),
                                          CULVERT_KCP_CAUSE_TIMEOUT, finger);
          found = true;
        }
    }
  return found;
}

CulvertKcpLoss
culvert_kcp_loss_collect (CulvertKcp *kcp,
                          bool moved,
                          CulvertTime now)
{
  CulvertKcpLoss loss = { false, false };

  if (kcp->resend > 0 || !moved)
    loss.passed |= culvert_kcp_loss_collect_ready (kcp);
  if (!moved)
    loss.passed |= culvert_kcp_loss_collect_early (kcp);
  else
    kcp->early_at = now + kcp->interval_ms * CULVERT_MSEC;
  loss.timed_out = culvert_kcp_loss_collect_timed_out (kcp, now);
  return loss;
}

void
culvert_kcp_loss_on_sent (CulvertKcp *kcp,
                          CulvertKcpSegment *segment,
                          CulvertTime now)
{
  if (segment->cause == CULVERT_KCP_CAUSE_NEW)
    segment->rto_ms = kcp->rto_ms;
  segment->deadline = now + segment->rto_ms * CULVERT_MSEC;
  culvert_kcp_start_timer (kcp, segment);
  culvert_list_remove (&segment->node);
  switch ((CulvertKcpCause) segment->cause)
    {
    case CULVERT_KCP_CAUSE_NEW:
      segment->place = CULVERT_KCP_PLACE_FLIGHT;
      culvert_list_append (&kcp->flight, &segment->node);
      break;
    case CULVERT_KCP_CAUSE_FAST:
    case CULVERT_KCP_CAUSE_EARLY:
      segment->place = CULVERT_KCP_PLACE_SPENT;
      break;
    case CULVERT_KCP_CAUSE_TIMEOUT:
      segment->place = CULVERT_KCP_PLACE_LATE;
      culvert_kcp_insert_by_sn (&kcp->late, &kcp->late, segment);
      break;
    }
}

void
culvert_kcp_loss_forget (CulvertKcp *kcp,
                         CulvertKcpSegment *segment)
{
  kcp->n_counted -= culvert_kcp_is_counted (segment);
  culvert_kcp_segment_free (kcp, segment);
}

CulvertTime
culvert_kcp_loss_timeout (const CulvertKcp *kcp)
{
  CulvertTime first = CULVERT_TIME_NEVER;

  for (unsigned class = 0; class < CULVERT_KCP_TIMER_CLASSES; class++)
    {
      const CulvertList *node = culvert_list_first (&kcp->timers[class]);

      if (node != NULL)
        first = MIN (first, CULVERT_KCP_TIMED (node)->deadline);
    }
  return first;
}

CulvertTime
culvert_kcp_loss_deadline (const CulvertKcp *kcp)
{
  CulvertTime timeout = culvert_kcp_loss_timeout (kcp);

  if (kcp->n_counted > 0 || !culvert_list_is_empty (&kcp->ready))
    return MIN (timeout, kcp->early_at);
  return timeout;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The policy of retransmission: which segments leave again, and when. Each entry serves one of two
 * policies; tx and rx only report what happened.
 *
 * The reference's policy, here, is WIRE.md 5.4 step 6 and 5.5 step 3. Cost: a segment in flight is
 * visited at most `resend` times by acknowledgements, since those it counts form a prefix of the
 * list (sn and time order agree). In the late list the orders differ; there a budget per packet
 * bounds the visits that count nothing. Timers are lists, one per number of back-offs, in which
 * deadlines grow on their own. Recovery by time lives in culvert-kcp-rack.c. */
#include "config.h"

#include "culvert-kcp-private.h"

/* -- lists ----------------------------------------------------------------------- */

CulvertList *
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

  if (kcp->by_time)
    return;
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

  if (kcp->by_time)
    return culvert_kcp_rack_collect (kcp, now);
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
  if (kcp->by_time)
    {
      culvert_kcp_rack_on_sent (kcp, segment, now);
      return;
    }
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
    case CULVERT_KCP_CAUSE_REPEAT:
    case CULVERT_KCP_N_CAUSES:
      g_assert_not_reached ();
    }
}

void
culvert_kcp_loss_forget (CulvertKcp *kcp,
                         CulvertKcpSegment *segment)
{
  if (kcp->by_time)
    kcp->n_flight -= segment->place == CULVERT_KCP_PLACE_FLIGHT
                     || segment->place == CULVERT_KCP_PLACE_LATE;
  else
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
  CulvertTime timeout;

  if (kcp->by_time)
    return culvert_kcp_rack_deadline (kcp);
  timeout = culvert_kcp_loss_timeout (kcp);
  if (kcp->n_counted > 0 || !culvert_list_is_empty (&kcp->ready))
    return MIN (timeout, kcp->early_at);
  return timeout;
}

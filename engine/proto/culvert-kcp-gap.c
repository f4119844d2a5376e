/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the path loses before parity mends it.
 *
 * A receiver rebuilds what is lost when the parity of the group arrives, and acknowledges it like
 * the rest, so a sender would see its losses only when there is too little parity. But parity
 * follows the data of its group: while the newest segment known to have arrived has successors in
 * its group, nothing of the group can have been rebuilt, and of the segments before it those not
 * acknowledged are the ones the path lost. Each packet of acknowledgements gives a sample.
 *
 * A packet of acknowledgements may itself be lost, and then its segments look missing. Behind such
 * a gap only what lies between the oldest and the newest segment of one packet is counted: those
 * two arrived, and how many are missing between two arrivals does not depend on the way back.
 * Reordering looks like loss; whoever uses the figure must not take a very high one for granted.
 *
 * Cost: the segments overtaken and not yet given up, a bounded number of them. */
#include "config.h"

#include "culvert-kcp-private.h"

/* More holes than that give no sample. */
#define CULVERT_KCP_GAP_VISITS_MAX 96

void
culvert_kcp_end_group (CulvertKcp *kcp)
{
  kcp->gap.group = kcp->rack.xmit;
}

/* Whether more of the newest segment's group was, or will be, sent after it. next: the first
 * segment in flight behind it, NULL if it was the last. */
static bool
culvert_kcp_gap_is_open (const CulvertKcp *kcp,
                         const CulvertKcpArrival *arrival,
                         const CulvertKcpSegment *next)
{
  return (next != NULL ? next->group : kcp->gap.group) == arrival->group;
}

void
culvert_kcp_tear (CulvertKcp *kcp)
{
  kcp->gap.is_torn = true;
}

/* The first transmission to look at: the first that was not, or of the group, or behind a gap the
 * one after the oldest of this packet. */
static uint32_t
culvert_kcp_gap_from (const CulvertKcpGap *gap,
                      const CulvertKcpArrival *arrival)
{
  uint32_t from = arrival->group;

  if (culvert_diff32 (gap->judged, from) > 0)
    from = gap->judged;
  if (!gap->is_torn)
    return from;
  if (!arrival->has_oldest)
    return arrival->xmit + 1;
  return culvert_diff32 (arrival->oldest, from) >= 0 ? arrival->oldest + 1 : from;
}

void
culvert_kcp_gap_sample (CulvertKcp *kcp,
                        const CulvertKcpArrival *arrival,
                        bool is_valid)
{
  CulvertKcpGap *gap = &kcp->gap;
  const CulvertKcpSegment *next = NULL;
  uint32_t from = culvert_kcp_gap_from (gap, arrival);
  uint32_t n_missing = 0;
  unsigned n_visits = 0;

  gap->judged = arrival->xmit + 1;
  gap->is_torn = !is_valid;
  if (!is_valid || culvert_diff32 (arrival->xmit, from) < 0)
    return;
  for (const CulvertList *node = kcp->flight.next; node != &kcp->flight; node = node->next)
    {
      const CulvertKcpSegment *segment = CULVERT_KCP_SEGMENT (node);

      if (culvert_diff32 (segment->xmit, arrival->xmit) > 0)
        {
          next = segment;
          break;
        }
      if (n_visits++ == CULVERT_KCP_GAP_VISITS_MAX)
        return;
      n_missing += culvert_diff32 (segment->xmit, from) >= 0;
    }
  if (!culvert_kcp_gap_is_open (kcp, arrival, next))
    return;
  gap->n_seen += arrival->xmit - from + 1;
  gap->n_missing += n_missing;
}

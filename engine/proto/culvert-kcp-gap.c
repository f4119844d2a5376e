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
 * A packet of acknowledgements may itself be lost, and then its segments look missing. Packets are
 * lost alike in both directions, so what is missing before the oldest segment of one packet counts
 * half, unless una advanced to it. Reordering looks like loss; whoever uses the figure must not
 * take a very high one for granted.
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
culvert_kcp_gap_sample (CulvertKcp *kcp,
                        const CulvertKcpArrival *arrival,
                        bool is_valid)
{
  CulvertKcpGap *gap = &kcp->gap;
  const CulvertKcpSegment *next = NULL;
  uint32_t from = culvert_diff32 (gap->judged, arrival->group) > 0 ? gap->judged : arrival->group;
  uint32_t n_halves = 0;
  unsigned n_visits = 0;

  gap->judged = arrival->xmit + 1;
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
      if (culvert_diff32 (segment->xmit, from) >= 0)
        n_halves += 1 + (arrival->has_advanced
                         || culvert_diff32 (segment->xmit, arrival->oldest) > 0);
    }
  if (!culvert_kcp_gap_is_open (kcp, arrival, next))
    return;
  gap->n_seen += arrival->xmit - from + 1;
  gap->n_halves += n_halves;
}

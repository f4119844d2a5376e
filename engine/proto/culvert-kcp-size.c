/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* How large packets may be: the size of segments, and packets that find out whether a size passes.
 *
 * A probe is one new segment behind a filler, a segment that the peer has acknowledged long ago and
 * acknowledges again without looking at it. So a probe that is lost costs one ordinary repair of a
 * small packet, and an acknowledgement of the segment's only transmission proves that a packet
 * of this size arrived. It needs neither more packets nor anything of the peer. */
#include "config.h"

#include "culvert-kcp-private.h"

/* Payload of a filler; one without any would be against the rules, WIRE.md 17. */
#define CULVERT_KCP_FILLER_MIN 1

void
culvert_kcp_set_mtu (CulvertKcp *kcp,
                     uint32_t mtu)
{
  kcp->mtu = CLAMP (mtu, CULVERT_KCP_MTU_MIN, CULVERT_KCP_MSS_MAX + CULVERT_KCP_OVERHEAD);
  kcp->mss = kcp->mtu - CULVERT_KCP_OVERHEAD;
}

void
culvert_kcp_probe_size (CulvertKcp *kcp,
                        uint32_t size)
{
  kcp->size.wanted = MIN (size, CULVERT_KCP_MSS_MAX + CULVERT_KCP_OVERHEAD);
  kcp->size.state = CULVERT_KCP_SIZE_WAITS;
}

CulvertKcpSizeState
culvert_kcp_size_state (const CulvertKcp *kcp)
{
  return kcp->size.state;
}

uint32_t
culvert_kcp_size_filler (const CulvertKcp *kcp,
                         const CulvertKcpSegment *segment)
{
  uint32_t used = 2 * CULVERT_KCP_OVERHEAD + segment->len;

  if (!kcp->size.has_old || used + CULVERT_KCP_FILLER_MIN > kcp->size.wanted)
    return 0;
  return kcp->size.wanted - used;
}

void
culvert_kcp_size_on_probe (CulvertKcp *kcp,
                           const CulvertKcpSegment *segment)
{
  kcp->size.sn = segment->sn;
  kcp->size.state = CULVERT_KCP_SIZE_SENT;
}

bool
culvert_kcp_size_is_probed (const CulvertKcp *kcp,
                            const CulvertKcpSegment *segment)
{
  return kcp->size.state == CULVERT_KCP_SIZE_SENT && segment->sn == kcp->size.sn;
}

void
culvert_kcp_size_on_resent (CulvertKcp *kcp,
                            const CulvertKcpSegment *segment)
{
  if (culvert_kcp_size_is_probed (kcp, segment))
    kcp->size.state = CULVERT_KCP_SIZE_LOST;
}

void
culvert_kcp_size_on_acked (CulvertKcp *kcp,
                           const CulvertKcpSegment *segment,
                           CulvertTime now)
{
  const CulvertKcpSegment *oldest;

  kcp->size.proven = MAX (kcp->size.proven, segment->len);
  if (2 * segment->len >= kcp->mss)
    kcp->size.large_at = now;
  if (culvert_kcp_size_is_probed (kcp, segment))
    {
      kcp->size.state = CULVERT_KCP_SIZE_PASSED;
      kcp->size.proven = MAX (kcp->size.proven, kcp->size.wanted - CULVERT_KCP_OVERHEAD);
    }
  /* una takes the oldest first: nothing is passed over then. */
  if (segment->sn == kcp->snd_una || segment->sn == kcp->snd_first)
    return;
  oldest = culvert_ring_get (&kcp->snd_ring, kcp->snd_first);
  if (oldest != NULL && segment->len >= oldest->len)
    {
      kcp->size.has_passed = true;
      kcp->size.passed = kcp->snd_first;
    }
}

bool
culvert_kcp_get_oldest (const CulvertKcp *kcp,
                        CulvertKcpOldest *out_oldest)
{
  const CulvertKcpSegment *oldest = NULL;

  if (kcp->snd_first != kcp->snd_sent)
    oldest = culvert_ring_get (&kcp->snd_ring, kcp->snd_first);
  if (oldest == NULL)
    return false;
  out_oldest->first_sent = oldest->first_sent;
  /* By time, the last segment speaks for all while nothing is acknowledged. */
  out_oldest->n_sent = MAX (oldest->n_sent, kcp->rack.n_probes);
  out_oldest->len = oldest->len;
  out_oldest->large_at = kcp->size.large_at;
  out_oldest->is_proven = oldest->len <= kcp->size.proven;
  out_oldest->is_passed_over = kcp->size.has_passed && kcp->size.passed == kcp->snd_first;
  return true;
}

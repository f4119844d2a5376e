/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* RTT, RTO and the windows of the reference, WIRE.md 5.6 and 5.7. */
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

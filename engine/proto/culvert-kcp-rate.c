/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the path delivers, and how fast to send.
 *
 * Samples are BBR's: bytes acknowledged between two acknowledgements over the time between them, or
 * between the transmissions they answer if that took longer. The model is the best sample of the
 * last rounds and the smallest round trip. New segments leave at that rate from a small bucket,
 * and so many may be in flight as the path holds. From time to time a little more is tried and what
 * it queued is drained again.
 *
 * Losses alone do not slow it down: the share that is lost even in the best of the last rounds is
 * not of our making and is sent on top. A round trip that grows does: nothing is tried while
 * a queue stands, and a queue that stays is drained below the rate.
 *
 * A path of a few milliseconds without losses is not paced: its queue is smaller than what a timer
 * can tell. */
#include "config.h"

#include "culvert-kcp-private.h"

#define CULVERT_KCP_PERCENT 100
#define CULVERT_KCP_PERMILLE 1000
#define CULVERT_KCP_MILLION 1000000

/* Rounds of one of the two periods of the best sample. */
#define CULVERT_KCP_BANDWIDTH_ROUNDS 5
/* In flight before anything is known, and at least. */
#define CULVERT_KCP_FLIGHT_FIRST 64
#define CULVERT_KCP_FLIGHT_MIN 16
/* A queue stands from here on. */
#define CULVERT_KCP_QUEUE_MIN (6 * CULVERT_MSEC)
#define CULVERT_KCP_QUEUE_PART 8
/* So many more rounds with a queue, which we drain and others fill, than without: from then on we
 * take our part. Fewer: we drain harder. */
#define CULVERT_KCP_CONTEST_ROUNDS 16
/* Then it is drained again for a while, to see whether it is our own by now. */
#define CULVERT_KCP_CONTEST_STAY 16
#define CULVERT_KCP_STUBBORN_ROUNDS 4
#define CULVERT_KCP_STARTUP_LOSS_PPM 50000
#define CULVERT_KCP_PAUSE (10 * CULVERT_SEC)
#define CULVERT_KCP_SHORT_PATH (10 * CULVERT_MSEC)
#define CULVERT_KCP_SHORT_LOSS_PPM 10000
/* In flight on it beside twice what it holds. All of this passes through the caches of both ends:
 * a window of some megabytes costs a fifth more processor time. */
#define CULVERT_KCP_SHORT_FLIGHT 128
/* Round trips between two probes. */
#define CULVERT_KCP_CRUISE_ROUNDS 6
#define CULVERT_KCP_PHASE_MIN (10 * CULVERT_MSEC)
#define CULVERT_KCP_LOSS_ROUNDS_LEAST 3
#define CULVERT_KCP_LOSS_SEGMENTS 200 /* of a round whose loss is worth knowing */
#define CULVERT_KCP_LOSS_MAX_PPM 500000
/* The bucket holds this much time, and waits to have that much. */
#define CULVERT_KCP_BUCKET_TIME (4 * CULVERT_MSEC)
#define CULVERT_KCP_BUCKET_STEP (1 * CULVERT_MSEC)
#define CULVERT_KCP_BUCKET_SEGMENTS 4

uint32_t
culvert_kcp_rate_cost (const CulvertKcp *kcp,
                       size_t len)
{
  return (uint32_t) ((CULVERT_KCP_OVERHEAD + len) * kcp->rate.overhead / CULVERT_KCP_PERMILLE);
}

/* The cost of a full segment. */
static uint64_t
culvert_kcp_rate_full_cost (const CulvertKcp *kcp)
{
  return culvert_kcp_rate_cost (kcp, kcp->mss);
}

void
culvert_kcp_set_overhead (CulvertKcp *kcp,
                          unsigned permille)
{
  kcp->rate.overhead = permille;
}

/* -- model ------------------------------------------------------------------------ */

uint64_t
culvert_kcp_rate_bandwidth (const CulvertKcp *kcp)
{
  return MAX (kcp->rate.bandwidth[0], kcp->rate.bandwidth[1]);
}

/* Lost even when we ask little of the path. */
static uint32_t
culvert_kcp_rate_loss_floor (const CulvertKcp *kcp)
{
  const CulvertKcpRate *rate = &kcp->rate;
  uint32_t floor = CULVERT_KCP_LOSS_MAX_PPM;

  if (rate->n_losses < CULVERT_KCP_LOSS_ROUNDS_LEAST)
    return 0;
  for (unsigned i = 0; i < MIN (rate->n_losses, CULVERT_KCP_LOSS_ROUNDS); i++)
    floor = MIN (floor, rate->losses[i]);
  return floor;
}

static CulvertTime
culvert_kcp_rate_queue_limit (const CulvertKcp *kcp)
{
  uint64_t bandwidth = culvert_kcp_rate_bandwidth (kcp);
  CulvertTime limit = MAX (CULVERT_KCP_QUEUE_MIN,
                           culvert_kcp_rack_min_rtt (kcp) / CULVERT_KCP_QUEUE_PART);
  CulvertTime spacing = kcp->rack.ack_gap;

  /* Where segments are few their acknowledgements wait at the peer, which is no queue. */
  if (bandwidth > 0)
    spacing = MIN (spacing, (CulvertTime) (2 * (uint64_t) culvert_kcp_rate_full_cost (kcp)
                                             * CULVERT_SEC / bandwidth));
  return limit + spacing;
}

static bool
culvert_kcp_rate_has_queue (const CulvertKcp *kcp)
{
  return kcp->rate.queueing > culvert_kcp_rate_queue_limit (kcp);
}

/* A queue that does not end by draining it is not ours. */
static bool
culvert_kcp_rate_is_contested (const CulvertKcp *kcp)
{
  return !kcp->rate.be_nice && kcp->rate.n_queued >= CULVERT_KCP_CONTEST_ROUNDS;
}

static uint64_t
culvert_kcp_rate_bdp (const CulvertKcp *kcp)
{
  return culvert_kcp_rate_bandwidth (kcp) * (uint64_t) culvert_kcp_rack_min_rtt (kcp)
         / CULVERT_SEC;
}

static void
culvert_kcp_rate_sample (CulvertKcp *kcp,
                         const CulvertKcpArrival *arrival,
                         CulvertTime now)
{
  CulvertKcpRate *rate = &kcp->rate;
  CulvertTime interval = MAX (now - arrival->delivered_at, arrival->sent - arrival->flight_start);
  uint64_t bandwidth;

  if (interval <= 0 || interval < culvert_kcp_rack_min_rtt (kcp))
    return;
  bandwidth = (rate->delivered - arrival->delivered) * CULVERT_SEC / (uint64_t) interval;
  if (!arrival->is_app_limited || bandwidth > culvert_kcp_rate_bandwidth (kcp))
    rate->bandwidth[0] = MAX (rate->bandwidth[0], bandwidth);
}

/* -- phases ------------------------------------------------------------------------- */

static void
culvert_kcp_rate_enter (CulvertKcp *kcp,
                        CulvertKcpPhase phase,
                        CulvertTime now)
{
  kcp->rate.phase = phase;
  kcp->rate.phase_at = now;
  kcp->rate.full = culvert_kcp_rate_bandwidth (kcp);
  kcp->rate.n_full = 0;
}

static bool
culvert_kcp_rate_is_full (CulvertKcp *kcp,
                          bool is_app_limited)
{
  CulvertKcpRate *rate = &kcp->rate;
  uint64_t bandwidth = culvert_kcp_rate_bandwidth (kcp);

  if (rate->queueing > 2 * culvert_kcp_rate_queue_limit (kcp))
    return true;
  /* Bursts that queue although they pause: the window of a stream, not the path, ends them. Those
   * that lose much and gain nothing are counted as if they were limited by the path. */
  if (is_app_limited && rate->round_loss < CULVERT_KCP_STARTUP_LOSS_PPM)
    return culvert_kcp_rate_bdp (kcp) > CULVERT_KCP_FLIGHT_FIRST * culvert_kcp_rate_full_cost (kcp)
           && kcp->rack.srtt > culvert_kcp_rack_min_rtt (kcp)
                                 + 2 * culvert_kcp_rate_queue_limit (kcp);
  if (bandwidth >= rate->full + rate->full / 6)
    {
      rate->full = bandwidth;
      rate->n_full = 0;
      return false;
    }
  return ++rate->n_full >= 3;
}

static void
culvert_kcp_rate_end_round (CulvertKcp *kcp,
                            const CulvertKcpArrival *arrival,
                            CulvertTime now)
{
  CulvertKcpRate *rate = &kcp->rate;
  uint32_t n = rate->n_delivered + rate->n_lost;

  rate->round_loss = n > 0 ? (uint32_t) ((uint64_t) rate->n_lost * CULVERT_KCP_MILLION / n) : 0;
  if (rate->round_rtt > 0)
    rate->queueing = rate->round_rtt - MIN (culvert_kcp_rack_min_rtt (kcp), rate->round_rtt);
  if (!culvert_kcp_rate_has_queue (kcp))
    rate->n_queued -= rate->n_queued > 0;
  else if (rate->phase == CULVERT_KCP_PHASE_CRUISE)
    rate->n_queued = (rate->n_queued + 1) % (CULVERT_KCP_CONTEST_ROUNDS + CULVERT_KCP_CONTEST_STAY);
  if (n >= CULVERT_KCP_LOSS_SEGMENTS)
    {
      rate->losses[rate->n_losses++ % CULVERT_KCP_LOSS_ROUNDS] = rate->round_loss;
      rate->n_delivered = rate->n_lost = 0;
    }
  if (++rate->n_rounds % CULVERT_KCP_BANDWIDTH_ROUNDS == 0 && rate->bandwidth[0] > 0)
    {
      rate->bandwidth[1] = rate->bandwidth[0];
      rate->bandwidth[0] = 0;
    }
  if (rate->phase == CULVERT_KCP_PHASE_STARTUP
      && culvert_kcp_rate_is_full (kcp, arrival->is_app_limited))
    culvert_kcp_rate_enter (kcp, CULVERT_KCP_PHASE_DRAIN, now);
  rate->round_end = rate->delivered;
  rate->round_rtt = 0;
}

static void
culvert_kcp_rate_turn_phase (CulvertKcp *kcp,
                             CulvertTime now)
{
  CulvertKcpRate *rate = &kcp->rate;
  CulvertTime lap = MAX (culvert_kcp_rack_min_rtt (kcp), CULVERT_KCP_PHASE_MIN);
  CulvertTime spent = now - rate->phase_at;

  switch (rate->phase)
    {
    case CULVERT_KCP_PHASE_STARTUP:
      break;
    case CULVERT_KCP_PHASE_DRAIN:
      if (spent >= 2 * lap
          || kcp->n_flight * culvert_kcp_rate_full_cost (kcp) <= culvert_kcp_rate_bdp (kcp))
        culvert_kcp_rate_enter (kcp, CULVERT_KCP_PHASE_CRUISE, now);
      break;
    case CULVERT_KCP_PHASE_CRUISE:
      if (spent >= CULVERT_KCP_CRUISE_ROUNDS * lap
          && (!culvert_kcp_rate_has_queue (kcp) || culvert_kcp_rate_is_contested (kcp)))
        culvert_kcp_rate_enter (kcp, CULVERT_KCP_PHASE_PROBE, now);
      break;
    case CULVERT_KCP_PHASE_PROBE:
      if (spent < lap)
        break;
      /* What was found is tried further at once. */
      if (!culvert_kcp_rate_has_queue (kcp)
          && culvert_kcp_rate_bandwidth (kcp) > rate->full + rate->full / 8)
        culvert_kcp_rate_enter (kcp, CULVERT_KCP_PHASE_PROBE, now);
      else
        culvert_kcp_rate_enter (kcp, CULVERT_KCP_PHASE_DRAIN, now);
      break;
    }
}

/* Percent of the bandwidth to send at. */
static unsigned
culvert_kcp_rate_gain (const CulvertKcp *kcp)
{
  switch (kcp->rate.phase)
    {
    case CULVERT_KCP_PHASE_STARTUP:
      return 250;
    case CULVERT_KCP_PHASE_DRAIN:
      return 75;
    case CULVERT_KCP_PHASE_PROBE:
      return 125;
    case CULVERT_KCP_PHASE_CRUISE:
      if (!culvert_kcp_rate_has_queue (kcp) || culvert_kcp_rate_is_contested (kcp))
        return 100;
      if (kcp->rate.be_nice)
        return 70;
      return kcp->rate.n_queued < CULVERT_KCP_STUBBORN_ROUNDS ? 90 : 75;
    }
  g_assert_not_reached ();
}

static bool
culvert_kcp_rate_is_short (const CulvertKcp *kcp)
{
  const CulvertKcpRate *rate = &kcp->rate;
  uint32_t last = rate->n_losses > 0
                    ? rate->losses[(rate->n_losses - 1) % CULVERT_KCP_LOSS_ROUNDS]
                    : 0;

  return kcp->rack.srtt < CULVERT_KCP_SHORT_PATH && last < CULVERT_KCP_SHORT_LOSS_PPM;
}

static void
culvert_kcp_rate_apply (CulvertKcp *kcp)
{
  CulvertKcpRate *rate = &kcp->rate;
  uint64_t bandwidth = culvert_kcp_rate_bandwidth (kcp);
  uint64_t lap = (uint64_t) MAX (culvert_kcp_rack_min_rtt (kcp), 1);
  bool is_startup = rate->phase == CULVERT_KCP_PHASE_STARTUP;
  uint64_t least = is_startup ? CULVERT_KCP_FLIGHT_FIRST : CULVERT_KCP_FLIGHT_MIN;
  uint64_t room;

  if (bandwidth == 0)
    return;
  if (culvert_kcp_rate_is_short (kcp))
    {
      rate->rate = 0;
      rate->limit = (uint32_t) MIN (2 * culvert_kcp_rate_bdp (kcp)
                                      / culvert_kcp_rate_full_cost (kcp)
                                      + CULVERT_KCP_SHORT_FLIGHT,
                                    CULVERT_KCP_WINDOW_MAX);
      return;
    }
  bandwidth = bandwidth * CULVERT_KCP_MILLION
              / (CULVERT_KCP_MILLION - culvert_kcp_rate_loss_floor (kcp));
  rate->rate = MAX (bandwidth * culvert_kcp_rate_gain (kcp) / CULVERT_KCP_PERCENT,
                    least / 4 * culvert_kcp_rate_full_cost (kcp) * CULVERT_SEC / lap);
  room = culvert_kcp_rate_bdp (kcp) * (is_startup ? 5 : 3) / 2;
  room += bandwidth * (uint64_t) kcp->rack.ack_gap / CULVERT_SEC;
  rate->limit = (uint32_t) MIN (room / culvert_kcp_rate_full_cost (kcp) + least,
                                CULVERT_KCP_WINDOW_MAX);
}

static void
culvert_kcp_rate_note_calm (CulvertKcp *kcp,
                            CulvertTime now)
{
  CulvertKcpRate *rate = &kcp->rate;
  bool is_quiet = rate->phase == CULVERT_KCP_PHASE_CRUISE
                  || (rate->phase == CULVERT_KCP_PHASE_STARTUP && rate->app_limited != 0);

  if (!is_quiet || culvert_kcp_rate_has_queue (kcp))
    rate->calm_at = CULVERT_TIME_NEVER;
  else if (rate->calm_at == CULVERT_TIME_NEVER)
    rate->calm_at = now;
}

void
culvert_kcp_rate_on_acked (CulvertKcp *kcp,
                           const CulvertKcpArrival *arrival,
                           CulvertTime rtt,
                           CulvertTime now)
{
  CulvertKcpRate *rate = &kcp->rate;

  rate->delivered_at = now;
  if (rate->app_limited != 0 && rate->delivered > rate->app_limited)
    rate->app_limited = 0;
  if (rate->pacing != CULVERT_KCP_PACING_AUTO)
    return;
  if (rtt > 0)
    rate->round_rtt = rate->round_rtt > 0 ? MIN (rate->round_rtt, rtt) : rtt;
  if (arrival->has_newest)
    {
      rate->flight_start = arrival->sent;
      culvert_kcp_rate_sample (kcp, arrival, now);
      if (arrival->delivered >= rate->round_end)
        culvert_kcp_rate_end_round (kcp, arrival, now);
    }
  culvert_kcp_rate_turn_phase (kcp, now);
  culvert_kcp_rate_note_calm (kcp, now);
  culvert_kcp_rate_apply (kcp);
}

bool
culvert_kcp_rate_is_calm (const CulvertKcp *kcp)
{
  /* Without pacing nobody knows whose the losses are. */
  return kcp->rate.pacing != CULVERT_KCP_PACING_AUTO
         || (kcp->rate.calm_at != CULVERT_TIME_NEVER
             && kcp->rate.delivered_at - kcp->rate.calm_at > kcp->rack.srtt * 5 / 4);
}

bool
culvert_kcp_rate_is_innocent (const CulvertKcp *kcp)
{
  return culvert_kcp_rate_is_calm (kcp)
         || (kcp->rate.phase == CULVERT_KCP_PHASE_STARTUP && !culvert_kcp_rate_has_queue (kcp));
}

/* -- sending -------------------------------------------------------------------------- */

void
culvert_kcp_rate_init (CulvertKcp *kcp,
                       CulvertTime now)
{
  kcp->rate.filled_at = now;
  kcp->rate.phase_at = now;
  kcp->rate.calm_at = CULVERT_TIME_NEVER;
  kcp->rate.overhead = CULVERT_KCP_PERMILLE;
}

void
culvert_kcp_rate_configure (CulvertKcp *kcp,
                            const CulvertKcpConfig *config)
{
  CulvertKcpRate *rate = &kcp->rate;

  rate->be_nice = config->be_nice;
  if (rate->pacing == config->pacing && rate->pacing != CULVERT_KCP_PACING_FIXED)
    return;
  rate->pacing = config->pacing;
  rate->rate = rate->pacing == CULVERT_KCP_PACING_FIXED ? MAX (config->pacing_rate, 1) : 0;
  rate->limit = rate->pacing == CULVERT_KCP_PACING_AUTO ? CULVERT_KCP_FLIGHT_FIRST : 0;
  rate->phase = CULVERT_KCP_PHASE_STARTUP;
}

void
culvert_kcp_rate_on_sent (CulvertKcp *kcp,
                          CulvertKcpSegment *segment,
                          CulvertTime now)
{
  CulvertKcpRate *rate = &kcp->rate;

  if (kcp->n_flight == 0)
    {
      /* After a long pause the path may be another one. */
      if (rate->pacing == CULVERT_KCP_PACING_AUTO
          && now - rate->delivered_at > CULVERT_KCP_PAUSE)
        culvert_kcp_rate_enter (kcp, CULVERT_KCP_PHASE_STARTUP, now);
      rate->flight_start = rate->delivered_at = now;
    }
  segment->delivered = rate->delivered;
  segment->delivered_at = rate->delivered_at;
  segment->flight_start = rate->flight_start;
  segment->is_app_limited = rate->app_limited != 0;
  if (rate->rate != 0)
    rate->tokens -= culvert_kcp_rate_cost (kcp, segment->len);
}

void
culvert_kcp_rate_on_idle (CulvertKcp *kcp)
{
  uint64_t in_flight = (uint64_t) kcp->n_flight * culvert_kcp_rate_full_cost (kcp);

  kcp->rate.app_limited = MAX (kcp->rate.delivered + in_flight, 1);
}

void
culvert_kcp_rate_fill (CulvertKcp *kcp,
                       CulvertTime now)
{
  CulvertKcpRate *rate = &kcp->rate;
  CulvertTime elapsed = MIN (now - rate->filled_at, CULVERT_SEC);
  int64_t full = (int64_t) (rate->rate * CULVERT_KCP_BUCKET_TIME / CULVERT_SEC);
  int64_t earned = (int64_t) (rate->rate * (uint64_t) MAX (elapsed, 0) / CULVERT_SEC);

  /* What is less than a byte is earned later. */
  if (rate->rate == 0 || earned == 0)
    return;
  full = MAX (full, CULVERT_KCP_BUCKET_SEGMENTS * (int64_t) culvert_kcp_rate_full_cost (kcp));
  rate->tokens = MIN (rate->tokens + earned, full);
  rate->filled_at = now;
}

bool
culvert_kcp_rate_has_tokens (const CulvertKcp *kcp)
{
  return kcp->rate.rate == 0 || kcp->rate.tokens > 0;
}

bool
culvert_kcp_rate_admits (const CulvertKcp *kcp)
{
  const CulvertKcpRate *rate = &kcp->rate;
  uint32_t n_unsent = kcp->snd_nxt - kcp->snd_sent;

  if (rate->limit != 0 && kcp->n_flight + n_unsent >= rate->limit)
    return false;
  return rate->rate == 0 || rate->tokens > (int64_t) (n_unsent * culvert_kcp_rate_full_cost (kcp));
}

CulvertTime
culvert_kcp_rate_ready_at (const CulvertKcp *kcp)
{
  const CulvertKcpRate *rate = &kcp->rate;
  int64_t step = (int64_t) (rate->rate * CULVERT_KCP_BUCKET_STEP / CULVERT_SEC);
  int64_t missing = MAX (step, (int64_t) culvert_kcp_rate_full_cost (kcp)) - rate->tokens;

  if (culvert_kcp_rate_has_tokens (kcp))
    return 0;
  return rate->filled_at + (CulvertTime) ((uint64_t) missing * CULVERT_SEC / rate->rate) + 1;
}

uint32_t
culvert_kcp_rate_send_limit (const CulvertKcp *kcp)
{
  if (kcp->rate.limit == 0 || culvert_kcp_rate_bandwidth (kcp) == 0)
    return UINT32_MAX;
  return MAX (kcp->rate.limit / 3, CULVERT_KCP_FLIGHT_FIRST);
}

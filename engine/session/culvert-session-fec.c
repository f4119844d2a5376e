/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Redundancy by need.
 *
 * The code stays that of the settings; what adapts is how many of its parity packets a group sends.
 * The others' ids are skipped, which to any receiver is a loss. Another code would have to be
 * detected, and until then kcptun 20210922 goes on to rebuild packets with the old one: what comes
 * out has valid headers and wrong bytes.
 *
 * The path's losses are seen before parity mends them (culvert-kcp-gap.c). Only those not of our
 * own making count (the path is calm: nothing queued, nothing tried). From their share and the
 * binomial distribution follows the parity that leaves one group in a few hundred with a hole. More
 * is sent as soon as it is needed, less when it was not for a while.
 *
 * Where packets overtake each other, or hardly fill a group, that figure says nothing. Then what is
 * lost in spite of the parity counts, and the binomial distribution says what path leaves so much.
 * Without losses the parity falls step by step, and the steps come sooner each time they did no
 * harm and later when they did. Parity that does not help is halved for a while.
 */

#include "config.h"

#include "culvert-session-private.h"

/* The first groups have all their parity, so that a receiver that was told another code can detect
 * ours (WIRE.md 4.6); then this loss is assumed until it was measured. */
#define FEC_FIRST_PACKETS 258
#define FEC_FIRST_LOSS 0.02
/* Few packets, until there are many. */
#define FEC_FIRST_GAP (3 * CULVERT_MSEC)
/* One group in so many may have holes. */
#define FEC_TARGET 0.003
#define FEC_LOSS_MIN 0.00005
#define FEC_LOSS_MAX 0.35
#define FEC_MARGIN 1.05
#define FEC_TOLERANCE 0.02
/* Steps of the loss that is assumed; while there is parity a small error of what remains is a
 * large one of the loss. */
#define FEC_STEP 0.8
#define FEC_RISE 1.35

#define FEC_WINDOW_SEGMENTS 2000
#define FEC_WINDOW_LOSSES 4
#define FEC_WINDOW_LEAST 500
#define FEC_WINDOW_TIME (1 * CULVERT_SEC)
#define FEC_HOLD_MIN (250 * CULVERT_MSEC)
#define FEC_HOLD_MAX (4 * CULVERT_SEC)
#define FEC_FIRST_SETTLE (300 * CULVERT_MSEC)
#define FEC_HELPS 0.9
#define FEC_USELESS_RAISES 4
#define FEC_USELESS_TIME (10 * CULVERT_SEC)
/* Of the path's losses as they are seen. */
#define FEC_SEEN_LEAST 400
#define FEC_WEIGHT 0.0625
/* Of a sample that chance alone does not explain. */
#define FEC_WEIGHT_UP 0.5
#define FEC_WEIGHT_DOWN 0.25
#define FEC_CHANCE 3 /* standard deviations */
#define FEC_KEEP (1 * CULVERT_SEC)
#define FEC_SPARSE 2 /* round trips that a group takes */
#define FEC_PARITY_SLACK (2 * CULVERT_MSEC)

/* -- the distribution ---------------------------------------------------------------- */

/* Share of the packets that stay lost when each is lost with probability p in groups of ds with k
 * parity packets; *out_failed: probability that a group has holes at all. */
static double
culvert_fec_residual (unsigned ds, unsigned k, double p, double *out_failed)
{
  unsigned n = ds + k;
  double term = 1, failed = 1, lost = p;

  for (unsigned i = 0; i < n; i++)
    term *= 1 - p;
  for (unsigned i = 0; i <= k; i++)
    {
      /* term: probability of exactly i losses of n */
      failed -= term;
      lost -= term * i / n;
      term *= p / (1 - p) * (n - i) / (i + 1);
    }
  *out_failed = MAX (failed, 0);
  return MAX (lost, 0);
}

/* The loss of the path that leaves residual. */
static double
culvert_fec_invert (unsigned ds, unsigned k, double residual)
{
  double low = 0, high = FEC_LOSS_MAX, failed;

  for (unsigned i = 0; i < 24; i++)
    {
      double middle = (low + high) / 2;

      if (culvert_fec_residual (ds, k, middle, &failed) < residual)
        low = middle;
      else
        high = middle;
    }
  return low;
}

/* Parity packets that ds data packets need. */
static unsigned
culvert_fec_need (unsigned ds, double p)
{
  unsigned k = 0;
  double failed;

  if (p < FEC_LOSS_MIN)
    return 0;
  p = MIN (p, FEC_LOSS_MAX);
  do
    (void) culvert_fec_residual (ds, ++k, p, &failed);
  while (failed > FEC_TARGET && k < ds);
  return k;
}

/* -- control -------------------------------------------------------------------------- */

void
culvert_session_fec_init (CulvertSession *session, CulvertFecCode *code)
{
  CulvertFecControl *fec = &session->fec;

  fec->is_adaptive = true;
  fec->ds = culvert_fec_code_ds (code);
  fec->k = fec->ps = culvert_fec_code_ps (code);
  fec->hold = FEC_HOLD_MIN;
  fec->is_filling = true;
  fec->n_first = FEC_FIRST_PACKETS;
  fec->gap = FEC_FIRST_GAP;
  fec->loss = FEC_FIRST_LOSS;
}

bool
culvert_session_fec_is_sparse (const CulvertSession *session)
{
  return session->fec.gap * session->fec.ds > FEC_SPARSE * culvert_kcp_srtt_us (session->kcp);
}

static void
culvert_session_fec_set_k (CulvertSession *session, unsigned k)
{
  CulvertFecControl *fec = &session->fec;

  fec->k = MIN (k, fec->ps);
  culvert_fec_encoder_set_parity (session->encoder, fec->k);
  culvert_kcp_set_overhead (session->kcp, 1000 * (fec->ds + fec->k) / fec->ds);
}

static void
culvert_session_fec_choose (CulvertSession *session)
{
  CulvertFecControl *fec = &session->fec;

  culvert_session_fec_set_k (session, culvert_fec_need (fec->ds, fec->loss * FEC_MARGIN));
}

/* More parity did not bring the loss down, so it is of another kind (bursts longer than a group,
 * a policer, reordering): back to the half for a while. */
static bool
culvert_session_fec_is_useless (CulvertSession *session, double residual, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;

  if (now < fec->useless_until)
    return true;
  if (fec->k <= fec->k_before || residual < FEC_HELPS * fec->residual_before)
    fec->n_useless = 0;
  else if (++fec->n_useless >= FEC_USELESS_RAISES)
    {
      fec->n_useless = 0;
      fec->useless_until = now + FEC_USELESS_TIME;
      fec->loss /= 2;
      culvert_session_fec_set_k (session, culvert_fec_need (fec->ds, fec->loss));
      return true;
    }
  fec->k_before = fec->k;
  fec->residual_before = residual;
  return false;
}

/* More was lost than should be. */
static void
culvert_session_fec_raise (CulvertSession *session, double residual, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  double loss = culvert_fec_invert (fec->ds, fec->k, residual);

  if (culvert_session_fec_is_useless (session, residual, now))
    return;
  if (now - fec->lowered_at < 2 * fec->hold + CULVERT_SEC)
    fec->hold = MIN (fec->hold * 4, FEC_HOLD_MAX);
  if (fec->k > 0 && fec->loss > 0)
    loss = MIN (loss, fec->loss * FEC_RISE);
  fec->loss = MAX (loss, fec->loss);
  fec->held_at = now;
  culvert_session_fec_choose (session);
}

/* Nothing to complain of. */
static void
culvert_session_fec_lower (CulvertSession *session,
                           double residual,
                           uint64_t n_sent,
                           CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  /* More would most likely have been seen. */
  double bound = culvert_fec_invert (fec->ds, fec->k, MAX (residual, 2.0 / (double) n_sent));

  if (now - fec->held_at < fec->hold || (fec->loss == 0 && fec->k == 0))
    return;
  fec->hold = MAX (fec->hold / 2, FEC_HOLD_MIN);
  fec->held_at = fec->lowered_at = now;
  fec->loss = MIN (fec->loss * FEC_STEP, bound);
  if (fec->loss < FEC_LOSS_MIN)
    fec->loss = 0;
  culvert_session_fec_choose (session);
}

/* The first packets are out. If they were acknowledgements for the most part little will be
 * measured in this direction, and all parity goes on to protect them until then. */
static void
culvert_session_fec_end_first (CulvertSession *session)
{
  CulvertKcpPath path;

  culvert_kcp_get_path (session->kcp, &path);
  if (path.n_sent >= FEC_FIRST_PACKETS / 2)
    culvert_session_fec_choose (session);
}

void
culvert_session_fec_note_packet (CulvertSession *session, CulvertTime now)
{
  if (session->fec.n_first > 0 && --session->fec.n_first == 0)
    culvert_session_fec_end_first (session);
  if (culvert_fec_encoder_n_open (session->encoder) == 0)
    culvert_session_fec_end_group (session, now);
  else if (session->group_began_at == CULVERT_TIME_NEVER)
    session->group_began_at = now;
}

void
culvert_session_fec_end_group (CulvertSession *session, CulvertTime now)
{
  CulvertTime delay;

  culvert_kcp_end_group (session->kcp);
  if (session->group_began_at != CULVERT_TIME_NEVER)
    session->group_time += (now - session->group_began_at - session->group_time) / 4;
  session->group_began_at = CULVERT_TIME_NEVER;
  /* Where packets are few a group takes longer than sending again. */
  delay = session->group_time + FEC_PARITY_SLACK;
  if (delay > culvert_kcp_srtt_us (session->kcp) / 2
      || (session->fec.is_adaptive && session->fec.k == 0))
    delay = 0;
  culvert_kcp_set_recovery_delay (session->kcp, delay);
}

/* Opens a window of observation. */
static void
culvert_session_fec_watch (CulvertSession *session, const CulvertKcpPath *path, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;

  fec->n_sent = fec->n_lost = 0;
  fec->path_sent = path->n_sent;
  fec->path_lost = path->n_lost;
  fec->opened_at = now;
  fec->is_open = true;
}

/* Takes a sample of n_seen packets, of which the share loss was lost. */
static void
culvert_session_fec_learn (CulvertFecControl *fec, double loss, uint64_t n_seen)
{
  double expected = MAX (fec->loss, FEC_TARGET);
  double distance = loss - fec->loss;
  double weight = FEC_WEIGHT;

  if (distance * distance * (double) n_seen > FEC_CHANCE * FEC_CHANCE * expected * (1 - expected))
    weight = distance > 0 ? FEC_WEIGHT_UP : FEC_WEIGHT_DOWN;
  fec->loss = fec->has_measured ? fec->loss + distance * weight : loss;
}

/* Takes the losses of the path as they were seen; false if they say nothing. */
static bool
culvert_session_fec_measure (CulvertSession *session, const CulvertKcpPath *path, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  uint64_t n_seen = path->n_seen - fec->path_seen;
  uint64_t n_missing = path->n_missing - fec->path_missing;
  double loss = (double) n_missing / (double) MAX (n_seen, 1);
  unsigned k;

  if (fec->is_filling && !path->is_filling)
    {
      fec->is_filling = false;
      fec->path_seen = path->n_seen;
      fec->path_missing = path->n_missing;
      return true;
    }
  fec->is_filling = path->is_filling;
  if (n_seen < FEC_SEEN_LEAST || loss > FEC_LOSS_MAX)
    return false;
  fec->path_seen = path->n_seen;
  fec->path_missing = path->n_missing;
  culvert_session_fec_learn (fec, loss, n_seen);
  k = culvert_fec_need (fec->ds, fec->loss * FEC_MARGIN);
  if (k >= fec->k)
    fec->held_at = now;
  if (k > fec->k)
    culvert_session_fec_set_k (session, k);
  else if (!fec->has_measured || now - fec->held_at >= FEC_KEEP)
    {
      fec->held_at = now;
      culvert_session_fec_set_k (session, k);
    }
  fec->has_measured = !path->is_filling;
  return true;
}

static void
culvert_session_fec_judge (CulvertSession *session, const CulvertKcpPath *path, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  int64_t n_lost;
  double residual;

  if (path->is_calm)
    {
      fec->n_sent += (int64_t) (path->n_sent - fec->path_sent);
      fec->n_lost += (int64_t) (path->n_lost - fec->path_lost);
    }
  fec->path_sent = path->n_sent;
  fec->path_lost = path->n_lost;
  n_lost = MAX (fec->n_lost, 0);
  if (fec->n_sent < FEC_WINDOW_LEAST || now - fec->opened_at < path->min_rtt
      || (fec->n_sent < FEC_WINDOW_SEGMENTS && n_lost < FEC_WINDOW_LOSSES
          && now - fec->opened_at < FEC_WINDOW_TIME))
    return;
  fec->is_open = false;
  if (culvert_session_fec_measure (session, path, now))
    return;
  residual = (double) n_lost / (double) fec->n_sent;
  fec->judge_at = now;
  /* What was sent before a change is judged for another round trip. */
  if (n_lost >= FEC_WINDOW_LOSSES && residual > MAX (FEC_TARGET / 2, fec->loss * FEC_TOLERANCE))
    culvert_session_fec_raise (session, residual, now);
  else
    culvert_session_fec_lower (session, residual, (uint64_t) fec->n_sent, now);
  if (fec->held_at == now)
    fec->judge_at = now + path->min_rtt * 5 / 4;
}

void
culvert_session_fec_turn (CulvertSession *session, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  CulvertKcpPath path;

  if (now < fec->judge_at || fec->n_first > 0)
    return;
  culvert_kcp_get_path (session->kcp, &path);
  if (path.min_rtt == 0)
    fec->judge_at = now + FEC_FIRST_SETTLE;
  else if (fec->is_open)
    culvert_session_fec_judge (session, &path, now);
  else
    culvert_session_fec_watch (session, &path, now);
}

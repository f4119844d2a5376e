/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Redundancy by need.
 *
 * What is lost in spite of the parity is all a sender sees. From it and from the binomial
 * distribution follows what the path loses; from that the parity that leaves one group in a few
 * hundred with a hole. How many parity packets of a group are sent can change with every group,
 * because receivers need not detect it; without losses the share falls step by step, and the
 * steps come sooner each time they did no harm and later when they did. Another code is taken only
 * when the one in use has not enough parity, or is far from what fits the loss, since the receiver
 * must detect it; if losses go on as if there were no parity, the receiver does not follow and
 * the code of the settings comes back for a while.
 *
 * Groups are long where packets are many and losses few (little parity protects much), and short
 * where losses are frequent, because a receiver detects a code only by a whole group without
 * loss. */

#include "config.h"

#include "culvert-session-private.h"

#define FEC_DATA_MIN 10
#define FEC_DATA_MAX 60
/* Data packets times loss at which kcptun's detector still finds whole groups. */
#define FEC_DETECT 3.4
/* One group in so many may be lost. */
#define FEC_TARGET 0.003
#define FEC_LOSS_MIN 0.00005
#define FEC_LOSS_MAX 0.35
#define FEC_MARGIN 1.1
#define FEC_TOLERANCE 0.02
/* Reserve of a code for growing losses. */
#define FEC_RESERVE 1.3

#define FEC_WINDOW_SEGMENTS 2000
#define FEC_WINDOW_LOSSES 4
#define FEC_WINDOW_LEAST 500
#define FEC_WINDOW_TIME (1 * CULVERT_SEC)
#define FEC_HOLD_MIN (250 * CULVERT_MSEC)
#define FEC_HOLD_MAX (4 * CULVERT_SEC)
#define FEC_STEP 0.8
#define FEC_RISE 1.35
#define FEC_SETTLE (1500 * CULVERT_MSEC)      /* the receiver detects a code meanwhile */
#define FEC_CHANGE_LEAST (5 * CULVERT_SEC)   /* between two codes that both would do */
#define FEC_FIRST_SETTLE (300 * CULVERT_MSEC)
#define FEC_GAIN 0.05                         /* parity per data packet that a change must save */
#define FEC_BAD_WINDOWS 4
#define FEC_HELPS 0.9
#define FEC_USELESS_RAISES 4
#define FEC_USELESS_TIME (10 * CULVERT_SEC)
#define FEC_PARITY_SLACK (2 * CULVERT_MSEC)
#define FEC_RETRY (60 * CULVERT_SEC)

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

  fec->base = culvert_fec_code_ref (code);
  fec->ds = culvert_fec_code_ds (code);
  fec->k = fec->k_after = fec->ps = culvert_fec_code_ps (code);
  fec->hold = FEC_HOLD_MIN;
  fec->is_proven = true;
}

void
culvert_session_fec_clear (CulvertSession *session)
{
  g_clear_pointer (&session->fec.base, culvert_fec_code_unref);
}

static void
culvert_session_fec_set_k (CulvertSession *session, unsigned k)
{
  session->fec.k = session->fec.k_after = MIN (k, session->fec.ps);
  culvert_fec_encoder_set_parity (session->encoder, session->fec.k);
  culvert_kcp_set_overhead (session->kcp, 1000 * (session->fec.ds + session->fec.k)
                                            / session->fec.ds);
}

static void
culvert_session_fec_set_code (CulvertSession *session,
                              CulvertFecCode *code,
                              unsigned k,
                              CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;

  culvert_fec_encoder_set_code (session->encoder, code);
  fec->ds = culvert_fec_code_ds (code);
  fec->ps = culvert_fec_code_ps (code);
  fec->is_proven = false;
  fec->n_bad = 0;
  fec->changed_at = now;
  fec->judge_at = now + FEC_SETTLE;
  /* Whole groups while the receiver looks for them. */
  culvert_session_fec_set_k (session, fec->ps);
  fec->k_after = MIN (k, fec->ps);
}

/* Data packets of a group that suit the loss and the pace: a group shall end within a part of
 * the round trip. */
static unsigned
culvert_session_fec_best_ds (const CulvertSession *session, double p, const CulvertKcpPath *path)
{
  double packets = (double) path->bandwidth / culvert_kcp_mss (session->kcp)
                   * (double) MAX (path->min_rtt / 4, 4 * CULVERT_MSEC) / CULVERT_SEC;
  double most = MIN (p > 0 ? FEC_DETECT / p : FEC_DATA_MAX, packets);

  return (unsigned) CLAMP (most, FEC_DATA_MIN, FEC_DATA_MAX);
}

/* Takes the parity that p needs, of another code if this one has too little or wastes much. */
static void
culvert_session_fec_choose (CulvertSession *session, const CulvertKcpPath *path, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  double p = fec->loss * FEC_MARGIN;
  unsigned ds = culvert_session_fec_best_ds (session, p, path);
  unsigned here = culvert_fec_need (fec->ds, p);
  unsigned there = culvert_fec_need (ds, p);
  double gain = (double) here / fec->ds - (double) there / ds;
  CulvertFecCode *code = NULL;

  if (now >= fec->retry_at
      && (here > fec->ps || (gain > FEC_GAIN && now - fec->changed_at > FEC_CHANGE_LEAST)))
    code = culvert_fec_code_new (ds, culvert_fec_need (ds, p * FEC_RESERVE));
  if (code != NULL)
    culvert_session_fec_set_code (session, code, there, now);
  else
    culvert_session_fec_set_k (session, here);
  culvert_fec_code_unref (code);
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
culvert_session_fec_raise (CulvertSession *session,
                           double residual,
                           const CulvertKcpPath *path,
                           CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  double loss = culvert_fec_invert (fec->ds, fec->k, residual);

  fec->is_proven |= residual < fec->loss / 3;
  if (!fec->is_proven)
    {
      if (++fec->n_bad < FEC_BAD_WINDOWS)
        return;
      culvert_session_fec_set_code (session, fec->base, culvert_fec_code_ps (fec->base), now);
      fec->is_proven = true;
      fec->retry_at = now + FEC_RETRY;
      return;
    }
  if (culvert_session_fec_is_useless (session, residual, now))
    return;
  if (now - fec->lowered_at < 2 * fec->hold + CULVERT_SEC)
    fec->hold = MIN (fec->hold * 4, FEC_HOLD_MAX);
  /* With parity in between a small error of the residual is a large one of the loss. */
  if (fec->k > 0 && fec->loss > 0)
    loss = MIN (loss, fec->loss * FEC_RISE);
  fec->loss = MAX (loss, fec->loss);
  fec->held_at = now;
  culvert_session_fec_choose (session, path, now);
}

/* Nothing to complain of. */
static void
culvert_session_fec_lower (CulvertSession *session,
                           double residual,
                           uint64_t n_sent,
                           const CulvertKcpPath *path,
                           CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  /* More would most likely have been seen. */
  double bound = culvert_fec_invert (fec->ds, fec->k, MAX (residual, 2.0 / (double) n_sent));

  fec->is_proven = true;
  if (now - fec->held_at < fec->hold || (fec->loss == 0 && fec->k == 0))
    return;
  fec->hold = MAX (fec->hold / 2, FEC_HOLD_MIN);
  fec->held_at = fec->lowered_at = now;
  fec->loss = MIN (fec->loss * FEC_STEP, bound);
  if (fec->loss < FEC_LOSS_MIN)
    fec->loss = 0;
  culvert_session_fec_choose (session, path, now);
}

void
culvert_session_fec_note_packet (CulvertSession *session, CulvertTime now)
{
  CulvertTime delay;

  if (!culvert_fec_encoder_is_at_start (session->encoder))
    {
      if (session->group_began_at == CULVERT_TIME_NEVER)
        session->group_began_at = now;
      return;
    }
  if (session->group_began_at != CULVERT_TIME_NEVER)
    session->group_time += (now - session->group_began_at - session->group_time) / 4;
  session->group_began_at = CULVERT_TIME_NEVER;
  /* Where packets are few a group takes longer than sending again. */
  delay = session->group_time + FEC_PARITY_SLACK;
  if (delay > culvert_kcp_srtt_us (session->kcp) / 2 || (session->fec.base && session->fec.k == 0))
    delay = 0;
  culvert_kcp_set_recovery_delay (session->kcp, delay);
}

/* Opens a window of observation. */
static void
culvert_session_fec_watch (CulvertSession *session, const CulvertKcpPath *path, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;

  if (fec->k_after != fec->k)
    {
      culvert_session_fec_set_k (session, fec->k_after);
      fec->judge_at = now + path->min_rtt * 5 / 4;
      return;
    }
  fec->n_sent = fec->n_lost = 0;
  fec->path_sent = path->n_sent;
  fec->path_lost = path->n_lost;
  fec->opened_at = now;
  fec->is_open = true;
}

static void
culvert_session_fec_judge (CulvertSession *session, const CulvertKcpPath *path, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  unsigned k = fec->k;
  uint64_t n_sent, n_lost;
  double residual;

  if (path->is_calm)
    {
      fec->n_sent += (int64_t) (path->n_sent - fec->path_sent);
      fec->n_lost += (int64_t) (path->n_lost - fec->path_lost);
    }
  fec->path_sent = path->n_sent;
  fec->path_lost = path->n_lost;
  n_sent = (uint64_t) fec->n_sent;
  n_lost = (uint64_t) MAX (fec->n_lost, 0);
  if (n_sent < FEC_WINDOW_LEAST || now - fec->opened_at < path->min_rtt
      || (n_sent < FEC_WINDOW_SEGMENTS && n_lost < FEC_WINDOW_LOSSES
          && now - fec->opened_at < FEC_WINDOW_TIME))
    return;
  residual = (double) n_lost / (double) n_sent;
  fec->is_open = false;
  fec->judge_at = now;
  if (n_lost >= FEC_WINDOW_LOSSES && residual > MAX (FEC_TARGET / 2, fec->loss * FEC_TOLERANCE))
    culvert_session_fec_raise (session, residual, path, now);
  else
    culvert_session_fec_lower (session, residual, n_sent, path, now);
  /* What was sent before a change is still being judged for a round trip. */
  if (k != fec->k)
    fec->judge_at = MAX (fec->judge_at, now + path->min_rtt * 5 / 4);
}

void
culvert_session_fec_turn (CulvertSession *session, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;
  CulvertKcpPath path;

  if (now < fec->judge_at)
    return;
  culvert_kcp_get_path (session->kcp, &path);
  if (path.min_rtt == 0)
    fec->judge_at = now + FEC_FIRST_SETTLE;
  else if (fec->is_open)
    culvert_session_fec_judge (session, &path, now);
  else
    culvert_session_fec_watch (session, &path, now);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-liveness.h"

#define CULVERT_LIVENESS_PACE (1 * CULVERT_SEC)
#define CULVERT_LIVENESS_QUICK_PACE (500 * CULVERT_MSEC)
#define CULVERT_LIVENESS_RTO_MAX (4 * CULVERT_SEC)
#define CULVERT_LIVENESS_PROBES 6 /* of a round, two per pace */
#define CULVERT_LIVENESS_DOUBTFUL 2 /* more of them without an answer */
/* Verifying: the second and third probe. */
#define CULVERT_LIVENESS_SECOND (300 * CULVERT_MSEC)
#define CULVERT_LIVENESS_THIRD (700 * CULVERT_MSEC)
/* A contradiction stands when it is heard again, and nothing else, for so long or an RTO. */
#define CULVERT_LIVENESS_CONTRADICTION (200 * CULVERT_MSEC)

void
culvert_liveness_init (CulvertLiveness *liveness,
                       const CulvertLivenessLimits *limits,
                       CulvertTime now)
{
  *liveness = (CulvertLiveness) { .limits = *limits, .begun_at = now, .next_at = now };
}

static CulvertTime
culvert_liveness_rto (CulvertSession *session)
{
  return MIN (culvert_kcp_rto (culvert_session_kcp (session)), CULVERT_LIVENESS_RTO_MAX);
}

static void
culvert_liveness_probe (CulvertLiveness *liveness, CulvertSession *session, CulvertTime now)
{
  culvert_kcp_probe (culvert_session_kcp (session));
  liveness->n_probes++;
  liveness->next_at = now + liveness->pace / 2;
}

static void
culvert_liveness_begin (CulvertLiveness *liveness,
                        CulvertSession *session,
                        CulvertTime pace,
                        CulvertTime now)
{
  liveness->round_at = now;
  liveness->pace = MAX (pace, culvert_liveness_rto (session));
  liveness->n_probes = 0;
  liveness->wants_answer = true;
  liveness->is_doubtful = false;
  culvert_liveness_probe (liveness, session, now);
}

/* -- when there is no round ---------------------------------------------------------------- */

static CulvertTime
culvert_liveness_unacked_at (const CulvertLiveness *liveness,
                             CulvertSession *session,
                             const CulvertVitals *vitals)
{
  CulvertTime since = culvert_kcp_unacked_since (culvert_session_kcp (session));

  if (liveness->limits.unacked == 0 || since == CULVERT_TIME_NEVER)
    return CULVERT_TIME_NEVER;
  return MAX (since, vitals->answered_at)
         + MAX (liveness->limits.unacked, 3 * culvert_liveness_rto (session));
}

static CulvertTime
culvert_liveness_silence_at (const CulvertLiveness *liveness, const CulvertVitals *vitals)
{
  return MAX (vitals->agreed_at, liveness->begun_at) + liveness->limits.silence;
}

static void
culvert_liveness_look (CulvertLiveness *liveness,
                       CulvertSession *session,
                       const CulvertVitals *vitals,
                       CulvertTime now)
{
  if (vitals->n_contradictions > 0)
    culvert_liveness_begin (liveness, session, CULVERT_LIVENESS_QUICK_PACE, now);
  else if (now >= culvert_liveness_unacked_at (liveness, session, vitals))
    culvert_liveness_begin (liveness, session, CULVERT_LIVENESS_PACE, now);
  else if (now >= culvert_liveness_silence_at (liveness, vitals))
    {
      culvert_liveness_begin (liveness, session, CULVERT_LIVENESS_PACE, now);
      liveness->wants_answer = false;
    }
}

/* -- rounds ---------------------------------------------------------------------------------- */

static bool
culvert_liveness_is_forgotten (const CulvertLiveness *liveness,
                               CulvertSession *session,
                               const CulvertVitals *vitals,
                               CulvertTime now)
{
  CulvertTime wait = MAX (CULVERT_LIVENESS_CONTRADICTION, culvert_liveness_rto (session));

  return vitals->n_contradictions >= 2 && vitals->contradicted_at > liveness->round_at
         && now - liveness->round_at >= wait;
}

static CulvertVital
culvert_liveness_go_on (CulvertLiveness *liveness,
                        CulvertSession *session,
                        const CulvertVitals *vitals,
                        CulvertTime now)
{
  CulvertTime sign = liveness->wants_answer ? vitals->answered_at : vitals->agreed_at;

  if (sign > liveness->round_at)
    {
      liveness->round_at = 0;
      return CULVERT_VITAL_GOOD;
    }
  if (culvert_liveness_is_forgotten (liveness, session, vitals, now))
    return CULVERT_VITAL_FORGOTTEN;
  if (now >= liveness->next_at)
    {
      if (liveness->n_probes >= CULVERT_LIVENESS_PROBES)
        return CULVERT_VITAL_DEAD;
      culvert_liveness_probe (liveness, session, now);
    }
  return liveness->is_doubtful || liveness->n_probes > CULVERT_LIVENESS_DOUBTFUL
         ? CULVERT_VITAL_DOUBTFUL
         : CULVERT_VITAL_GOOD;
}

static void
culvert_liveness_verify (CulvertLiveness *liveness, CulvertSession *session, CulvertTime now)
{
  if (now < liveness->next_at)
    return;
  culvert_liveness_probe (liveness, session, now);
  if (liveness->n_probes == 1)
    liveness->next_at = now + CULVERT_LIVENESS_SECOND;
  else if (liveness->n_probes == 2)
    liveness->next_at = now + CULVERT_LIVENESS_THIRD;
  else
    liveness->next_at = now + liveness->limits.pace;
}

static bool
culvert_liveness_is_verifying (const CulvertLiveness *liveness, const CulvertVitals *vitals)
{
  return liveness->limits.verifies && vitals->agreed_at == 0;
}

CulvertVital
culvert_liveness_check (CulvertLiveness *liveness, CulvertSession *session, CulvertTime now)
{
  const CulvertVitals *vitals = culvert_session_vitals (session);

  if (culvert_liveness_is_verifying (liveness, vitals))
    {
      culvert_liveness_verify (liveness, session, now);
      return CULVERT_VITAL_GOOD;
    }
  if (liveness->round_at != 0)
    return culvert_liveness_go_on (liveness, session, vitals, now);
  culvert_liveness_look (liveness, session, vitals, now);
  return CULVERT_VITAL_GOOD;
}

CulvertTime
culvert_liveness_deadline (const CulvertLiveness *liveness, CulvertSession *session)
{
  const CulvertVitals *vitals = culvert_session_vitals (session);
  CulvertTime unacked;
  CulvertTime silence;

  if (liveness->round_at != 0 || culvert_liveness_is_verifying (liveness, vitals))
    return liveness->next_at;
  unacked = culvert_liveness_unacked_at (liveness, session, vitals);
  silence = culvert_liveness_silence_at (liveness, vitals);
  return MIN (unacked, silence);
}

void
culvert_liveness_suspect (CulvertLiveness *liveness, CulvertSession *session, CulvertTime now)
{
  if (culvert_liveness_is_verifying (liveness, culvert_session_vitals (session)))
    {
      liveness->n_probes = 0;
      liveness->next_at = now;
    }
  else if (liveness->round_at == 0)
    {
      culvert_liveness_begin (liveness, session, CULVERT_LIVENESS_QUICK_PACE, now);
    }
  else
    {
      CulvertTime pace = MAX (CULVERT_LIVENESS_QUICK_PACE, culvert_liveness_rto (session));

      liveness->pace = MIN (liveness->pace, pace);
      liveness->next_at = MIN (liveness->next_at, now + liveness->pace / 2);
    }
}

void
culvert_liveness_distrust (CulvertLiveness *liveness, CulvertSession *session, CulvertTime now)
{
  if (culvert_liveness_is_verifying (liveness, culvert_session_vitals (session)))
    return;
  if (liveness->round_at == 0)
    culvert_liveness_begin (liveness, session, CULVERT_LIVENESS_PACE, now);
  liveness->is_doubtful = true;
}

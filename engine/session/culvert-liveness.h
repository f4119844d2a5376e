/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Whether the peer of a session is still there, by KCP alone.
 *
 * Nothing is asked while the peer answers: a session without traffic costs no wake. A round of
 * probes begins when data stays unacknowledged, when nothing is heard for too long, when a packet
 * contradicts what the peer said before (a server that was restarted), or when the owner has a
 * reason to doubt. A probe is a WASK, which every KCP answers with WINS. Two of them leave per
 * pace, as both ways may lose packets; three paces without an answer: the peer is dead.
 *
 * A session that verifies (client) is probed from its birth until its first answer, and only its
 * owner ends that. Pure: time comes in, probes leave with the next output of the session. One
 * owner; embedded, nothing to free. */
#pragma once

#include "culvert-session.h"

typedef struct
{
  bool verifies;        /* is probed from the start */
  CulvertTime silence;  /* nothing heard for so long is suspicious */
  CulvertTime unacked;  /* as is data without an answer for so long or 3 RTO; 0: never */
  CulvertTime pace;     /* verifying: between probes, after the first few */
} CulvertLivenessLimits;

typedef enum
{
  CULVERT_VITAL_GOOD,      /* as far as is known */
  CULVERT_VITAL_DOUBTFUL,  /* a pace or more without an answer */
  CULVERT_VITAL_DEAD,      /* no answer */
  CULVERT_VITAL_FORGOTTEN, /* somebody answers who does not know the conversation */
} CulvertVital;

typedef struct
{
  CulvertLivenessLimits limits;
  CulvertTime begun_at;
  CulvertTime round_at; /* first probe of the round, 0: no round */
  CulvertTime next_at;  /* next probe or verdict */
  CulvertTime pace;     /* of this round */
  unsigned n_probes;    /* of this round, or while verifying */
  bool is_doubtful;     /* from the start of the round */
  bool wants_answer;    /* only an answer ends the round; else any sign of life */
} CulvertLiveness;

void culvert_liveness_init (CulvertLiveness *liveness,
                            const CulvertLivenessLimits *limits,
                            CulvertTime now);

/* Before the session's output, once per wake; may ask the session for a probe. */
CulvertVital culvert_liveness_check (CulvertLiveness *liveness,
                                     CulvertSession *session,
                                     CulvertTime now);

/* When check has something to do, if nothing comes before. */
CulvertTime culvert_liveness_deadline (const CulvertLiveness *liveness, CulvertSession *session);

/* There is reason to doubt: probes at once, at a quick pace. A round under way goes on with it. */
void culvert_liveness_suspect (CulvertLiveness *liveness, CulvertSession *session, CulvertTime now);
/* The same with a peer that is thought to be out of reach: DOUBTFUL until it answers, and without
 * haste, since another session is opened anyway. */
void culvert_liveness_distrust (CulvertLiveness *liveness,
                                CulvertSession *session,
                                CulvertTime now);

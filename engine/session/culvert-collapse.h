/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Whether the goodput of a session has collapsed the way a policer makes it: far below what it was
 * for a minute, for some seconds, while there is data to move and the path loses it. Some carriers
 * punish a flow (addresses and ports) like that, and a new one is fast at once.
 *
 * Fed about once a second while the session is awake; seconds without traffic teach nothing. Pure,
 * embedded, zeroed at first. */
#pragma once

#include "culvert-base.h"

#define CULVERT_COLLAPSE_PERIOD (1 * CULVERT_SEC)

/* One direction. */
typedef struct
{
  uint64_t total;       /* payload bytes until now */
  bool wants;           /* there are more to move */
  bool suffers;         /* much is lost, or the round trip has exploded */
} CulvertCollapseSample;

typedef struct
{
  uint64_t total;
  double mean;           /* bytes per second while there was traffic */
  CulvertTime taught;    /* time behind the mean, at most a minute */
  CulvertTime low_for;   /* the evidence */
} CulvertCollapseFlow;

typedef struct
{
  CulvertCollapseFlow up;
  CulvertCollapseFlow down;
  CulvertTime sampled_at;
  CulvertTime told_at;
} CulvertCollapse;

/* True when it is time for a sample. */
static inline bool
culvert_collapse_is_due (const CulvertCollapse *collapse, CulvertTime now)
{
  return now - collapse->sampled_at >= CULVERT_COLLAPSE_PERIOD;
}

/* True when there is a collapse; at most once a minute. */
bool culvert_collapse_sample (CulvertCollapse *collapse,
                              const CulvertCollapseSample *up,
                              const CulvertCollapseSample *down,
                              CulvertTime now);

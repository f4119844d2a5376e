/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-collapse.h"

#define CULVERT_COLLAPSE_MEMORY (60 * CULVERT_SEC)
/* A mean of less time, or of less than this many bytes per second, says nothing. */
#define CULVERT_COLLAPSE_TAUGHT (5 * CULVERT_SEC)
#define CULVERT_COLLAPSE_RATE (32.0 * 1024)
#define CULVERT_COLLAPSE_FACTOR 8
#define CULVERT_COLLAPSE_LASTS (5 * CULVERT_SEC)
#define CULVERT_COLLAPSE_PAUSE (60 * CULVERT_SEC)
/* After a longer gap the session slept: begin anew. */
#define CULVERT_COLLAPSE_GAP (3 * CULVERT_SEC)

static void
culvert_collapse_teach (CulvertCollapseFlow *flow, double rate, CulvertTime time)
{
  flow->taught = MIN (flow->taught + time, CULVERT_COLLAPSE_MEMORY);
  flow->mean += (rate - flow->mean) * (double) time / (double) flow->taught;
}

/* Whether there is enough evidence. A sample sees one moment: between two losses a policed flow
 * has no hole to show, so that a low second without symptoms weakens the evidence and does not
 * end it. A second at the old rate does. */
static bool
culvert_collapse_look (CulvertCollapseFlow *flow,
                       const CulvertCollapseSample *sample,
                       CulvertTime time)
{
  double rate = (double) (sample->total - flow->total) * CULVERT_SEC / (double) time;

  flow->total = sample->total;
  if (rate * CULVERT_COLLAPSE_FACTOR >= flow->mean)
    {
      flow->low_for = 0;
      if (rate > 0)
        culvert_collapse_teach (flow, rate, time);
      return false;
    }
  if (sample->wants && sample->suffers)
    flow->low_for += time;
  else
    flow->low_for -= MIN (flow->low_for, time);
  return flow->taught >= CULVERT_COLLAPSE_TAUGHT && flow->mean >= CULVERT_COLLAPSE_RATE
         && flow->low_for >= CULVERT_COLLAPSE_LASTS;
}

bool
culvert_collapse_sample (CulvertCollapse *collapse,
                         const CulvertCollapseSample *up,
                         const CulvertCollapseSample *down,
                         CulvertTime now)
{
  CulvertTime time = now - collapse->sampled_at;
  bool is_up_low;
  bool is_down_low;

  collapse->sampled_at = now;
  if (time > CULVERT_COLLAPSE_GAP)
    {
      collapse->up.total = up->total;
      collapse->down.total = down->total;
      collapse->up.low_for = 0;
      collapse->down.low_for = 0;
      return false;
    }
  is_up_low = culvert_collapse_look (&collapse->up, up, time);
  is_down_low = culvert_collapse_look (&collapse->down, down, time);
  if ((!is_up_low && !is_down_low)
      || (collapse->told_at != 0 && now - collapse->told_at < CULVERT_COLLAPSE_PAUSE))
    return false;
  collapse->told_at = now;
  return true;
}

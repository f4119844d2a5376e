/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-pacer.h"

/* Tokens are kept in millionths of a byte, so that a microsecond of any rate is a whole number. */
#define CULVERT_PACER_UNIT ((int64_t) 1000000)
/* A session that waits wakes so often a second and then sends several packets at once. */
#define CULVERT_PACER_WAKES 200
#define CULVERT_PACER_FULL ((int64_t) CULVERT_PACER_CAPACITY * CULVERT_PACER_UNIT)

void
culvert_pacer_init (CulvertPacer *pacer, uint64_t rate, CulvertTime now)
{
  pacer->rate = rate;
  pacer->tokens = CULVERT_PACER_FULL;
  pacer->filled_at = now;
}

static void
culvert_pacer_fill (CulvertPacer *pacer, CulvertTime now)
{
  CulvertTime elapsed = now - pacer->filled_at;
  int64_t missing = CULVERT_PACER_FULL - pacer->tokens;

  if (elapsed <= 0)
    return;
  pacer->filled_at = now;
  if ((uint64_t) elapsed >= (uint64_t) missing / pacer->rate + 1)
    pacer->tokens = CULVERT_PACER_FULL;
  else
    pacer->tokens += elapsed * (int64_t) pacer->rate;
}

void
culvert_pacer_set_rate (CulvertPacer *pacer, uint64_t rate, CulvertTime now)
{
  if (pacer->rate == rate)
    return;
  if (pacer->rate == 0)
    {
      culvert_pacer_init (pacer, rate, now);
      return;
    }
  culvert_pacer_fill (pacer, now);
  pacer->rate = rate;
}

uint32_t
culvert_pacer_allowance (CulvertPacer *pacer, CulvertTime now)
{
  if (pacer->rate == 0)
    return G_MAXUINT32;
  culvert_pacer_fill (pacer, now);
  if (pacer->tokens < CULVERT_PACER_UNIT)
    return 0;
  return (uint32_t) (pacer->tokens / CULVERT_PACER_UNIT);
}

void
culvert_pacer_spend (CulvertPacer *pacer, size_t len)
{
  if (pacer->rate != 0)
    pacer->tokens -= (int64_t) len * CULVERT_PACER_UNIT;
}

CulvertTime
culvert_pacer_ready_at (const CulvertPacer *pacer)
{
  uint64_t batch = CLAMP (pacer->rate / CULVERT_PACER_WAKES, 1, CULVERT_PACER_CAPACITY / 2);
  int64_t missing = (int64_t) batch * CULVERT_PACER_UNIT - pacer->tokens;

  if (pacer->rate == 0 || missing <= 0)
    return pacer->filled_at;
  return pacer->filled_at + (CulvertTime) ((uint64_t) missing / pacer->rate) + 1;
}

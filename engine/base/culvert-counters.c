/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-counters.h"

/* Two blocks never share a line, so two workers never fight over one. */
#define CULVERT_COUNTERS_ALIGN 64

CulvertCounters *
culvert_counters_new (void)
{
  CulvertCounters *counters;

  counters = g_aligned_alloc0 (1, sizeof *counters, CULVERT_COUNTERS_ALIGN);
  atomic_init (&counters->refs, 1);
  return counters;
}

CulvertCounters *
culvert_counters_ref (CulvertCounters *counters)
{
  uint32_t before = atomic_fetch_add_explicit (&counters->refs, 1, memory_order_relaxed);

  g_assert (before > 0);
  return counters;
}

void
culvert_counters_unref (CulvertCounters *counters)
{
  uint32_t before = atomic_fetch_sub_explicit (&counters->refs, 1, memory_order_acq_rel);

  g_assert (before > 0);
  if (before == 1)
    g_aligned_free (counters);
}

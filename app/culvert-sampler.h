/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertSampler: measures the rates of the hub's items while somebody looks.
 *
 * No timer runs while nobody holds it. The paces: IN_SIGHT for a visible window, IN_TRAY for
 * labels of a menu; the fastest wanted wins. The past (charts) is not here: a tunnel's own
 * history has it and runs by itself. Signal "sampled" (): all items have new rates. Main
 * thread only. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_SAMPLER (culvert_sampler_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertSampler, culvert_sampler, CULVERT, SAMPLER, GObject)

typedef enum
{
  CULVERT_SAMPLER_IN_SIGHT, /* every second: each sample is a frame of the window */
  CULVERT_SAMPLER_IN_TRAY,  /* every 2 s */
  CULVERT_SAMPLER_N_PACES
} CulvertSamplerPace;

/* items: GListModel of CulvertHubItem. */
CULVERT_AVAILABLE CulvertSampler *culvert_sampler_new (GListModel *items);

/* From the map and unmap of a window, or an open menu; each hold needs its release. */
CULVERT_AVAILABLE void culvert_sampler_hold (CulvertSampler *sampler, CulvertSamplerPace pace);
CULVERT_AVAILABLE void culvert_sampler_release (CulvertSampler *sampler, CulvertSamplerPace pace);
/* Milliseconds between two samples, 0 while nobody looks. */
CULVERT_AVAILABLE guint culvert_sampler_get_interval_ms (CulvertSampler *sampler);
/* At once, outside the rhythm. */
CULVERT_AVAILABLE void culvert_sampler_sample (CulvertSampler *sampler);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-plan.h"

CulvertPlan *
culvert_plan_new (void)
{
  CulvertPlan *plan = g_new0 (CulvertPlan, 1);

  atomic_init (&plan->refs, 1);
  return plan;
}

CulvertPlan *
culvert_plan_ref (CulvertPlan *plan)
{
  atomic_fetch_add_explicit (&plan->refs, 1, memory_order_relaxed);
  return plan;
}

void
culvert_plan_unref (CulvertPlan *plan)
{
  if (atomic_fetch_sub_explicit (&plan->refs, 1, memory_order_acq_rel) > 1)
    return;
  culvert_wipe (plan->key, sizeof plan->key);
  g_clear_pointer (&plan->fec, culvert_fec_code_unref);
  g_clear_pointer (&plan->qpp, culvert_qpp_pads_unref);
  g_free (plan->local.host);
  g_free (plan->remote.host);
  g_free (plan->listen.host);
  g_free (plan->target.host);
  g_free (plan);
}

CulvertHotSettings
culvert_plan_get_hot (const CulvertPlan *plan)
{
  return (CulvertHotSettings) {
    .sndwnd = plan->kcp.sndwnd,
    .rcvwnd = plan->kcp.rcvwnd,
    .ratelimit = plan->ratelimit,
    .report_streams = plan->report_streams,
  };
}

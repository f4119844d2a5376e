/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Replacement of a session that still works: by age (autoexpire) and by need. The new one is
 * opened first; while it does not answer the old one stays. */

#include "config.h"

#include "culvert-slot-private.h"

static void
culvert_slot_report_renewing (CulvertSlot *slot, CulvertRenewReason reason)
{
  CulvertReport *report = culvert_part_report_new (slot->part, CULVERT_REPORT_SESSION_RENEWING);
  char text[CULVERT_ADDRESS_TEXT];

  culvert_address_format (&slot->link->config.peer, text);
  g_strlcpy (report->text, text, sizeof report->text);
  report->id = slot->link->id;
  report->code = (int) reason;
  culvert_part_report_send (slot->part, report);
}

void
culvert_slot_renew_for (CulvertSlot *slot,
                        const CulvertLink *link,
                        CulvertRenewReason reason,
                        CulvertTime now)
{
  if (slot->part->state != CULVERT_PART_OPEN || link == NULL || slot->link != link)
    return;
  /* Candidates there are will do, but now they must not be called off. */
  slot->is_doubted = false;
  if (slot->is_dialling)
    return;
  culvert_slot_report_renewing (slot, reason);
  culvert_slot_dial (slot, now);
}

static void
culvert_slot_rotate_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertSlot *slot = CULVERT_LIST_ENTRY (timer, CulvertSlot, rotate);

  culvert_slot_renew_for (slot, slot->link, CULVERT_RENEW_AGE, now);
}

/* Sessions that began together do not end together: the first of each slot is shorter. */
void
culvert_slot_rotate_arm (CulvertSlot *slot, CulvertTime now)
{
  const CulvertPlan *plan = slot->part->plan;
  CulvertTime life = plan->autoexpire;

  if (life == 0)
    return;
  if (!slot->has_rotated)
    life -= life * slot->index / plan->conn;
  slot->has_rotated = true;
  culvert_reactor_arm (slot->part->worker->reactor, &slot->rotate, now + life);
}

void
culvert_slot_rotate_init (CulvertSlot *slot)
{
  culvert_timer_init (&slot->rotate, culvert_slot_rotate_cb);
}

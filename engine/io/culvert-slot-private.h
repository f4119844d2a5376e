/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Between the files of the slot. */
#pragma once

#include "culvert-slot.h"

/* Whether the session is there and answers. */
bool culvert_slot_is_ready (const CulvertSlot *slot);
/* Gives the session what waits. */
void culvert_slot_serve (CulvertSlot *slot, CulvertTime now);

void culvert_slot_dial_init (CulvertSlot *slot);
void culvert_slot_rotate_init (CulvertSlot *slot);

/* The session has just been verified. */
void culvert_slot_rotate_arm (CulvertSlot *slot, CulvertTime now);
/* Replaces the session by a new one, once that has answered; streams stay where they are. Nothing
 * when link is not the session any more. */
void culvert_slot_renew_for (CulvertSlot *slot,
                             const CulvertLink *link,
                             CulvertRenewReason reason,
                             CulvertTime now);

/* Begins to dial, unless it does. */
void culvert_slot_dial (CulvertSlot *slot, CulvertTime now);
/* Anew, with the settings of now. */
void culvert_slot_restart (CulvertSlot *slot, CulvertTime now);
/* Begins at a later time. */
void culvert_slot_dial_at (CulvertSlot *slot, CulvertTime at);
/* Somebody waits: the next attempt comes soon. */
void culvert_slot_hurry (CulvertSlot *slot, CulvertTime now);
/* A candidate has answered or is not needed any more; the others end. */
void culvert_slot_end_dialling (CulvertSlot *slot);
bool culvert_slot_take_candidate (CulvertSlot *slot, CulvertLink *link);

/* A time of about delay: those that failed together do not try together. */
CulvertTime culvert_slot_jitter (const CulvertSlot *slot, CulvertTime delay);

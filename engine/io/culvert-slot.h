/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One place in the client's pool of sessions, WIRE.md 12.2: the session that new connections
 * of this place go to, and those that wait until there is one.
 *
 * The session is made when the first connection needs it, and again when it was closed or has
 * expired (12.3). Making it never blocks: descriptors wait here, at most
 * CULVERT_SLOT_MAX_WAITING of them, while the name resolves; failures are retried each second. */
#pragma once

#include "culvert-link.h"
#include "culvert-tcp.h"

#define CULVERT_SLOT_MAX_WAITING 1024

typedef struct _CulvertSlotWaiting CulvertSlotWaiting;

struct _CulvertSlotWaiting
{
  CulvertSlotWaiting *next;
  int fd;
  CulvertStreamAddress peer;
};

struct _CulvertSlot
{
  CulvertPart *part;
  CulvertLink *link; /* NULL: none, or expired */
  CulvertSlotWaiting *first;
  CulvertSlotWaiting *last;
  unsigned n_waiting;
  CulvertNameWait name_wait;
  CulvertTimer retry;
  bool is_dialling;
};

void culvert_slot_init (CulvertSlot *slot, CulvertPart *part);
/* Closes what waits; the link is the part's to end. */
void culvert_slot_clear (CulvertSlot *slot);

/* Takes an accepted descriptor. */
void culvert_slot_take (CulvertSlot *slot,
                        int fd,
                        const CulvertStreamAddress *peer,
                        CulvertTime now);

/* The link is dying. */
void culvert_slot_forget (CulvertSlot *slot, CulvertLink *link);

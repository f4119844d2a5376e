/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One place in the client's pool of sessions, WIRE.md 12.2: the session that new connections
 * of this place go to, those being verified to become it, and the connections that wait.
 *
 *   dial → candidates: new sockets, ports and convs, probed → the first that answers becomes link,
 *   the one before it retires: its streams go on, and it ends with the last of them
 *
 * The first slot dials when the tunnel starts, the others with their first connection. From then on
 * a session that dies is replaced at once, whether anyone waits or not; one that is in doubt, or
 * old, is replaced only when the new one has answered. Nothing blocks: descriptors wait here, at
 * most CULVERT_SLOT_MAX_WAITING of them and for CULVERT_SLOT_HOLD.
 *
 * Files: -slot.c connections, -slot-dial.c candidates, -slot-rotate.c replacement by age and
 * need. Owner: the part, on its worker. */
#pragma once

#include "culvert-link.h"
#include "culvert-tcp.h"

#define CULVERT_SLOT_MAX_WAITING 1024
#define CULVERT_SLOT_HOLD (10 * CULVERT_SEC)
/* Verified at once: both families. */
#define CULVERT_SLOT_CANDIDATES 2

typedef struct _CulvertSlotWaiting CulvertSlotWaiting;

struct _CulvertSlotWaiting
{
  CulvertSlotWaiting *next;
  int fd;
  CulvertTime since;
  CulvertStreamAddress peer;
};

struct _CulvertSlot
{
  CulvertPart *part;
  unsigned index;    /* among all slots of the run */
  CulvertLink *link; /* the session for new connections; NULL: none */

  /* connections without a session */
  CulvertSlotWaiting *first;
  CulvertSlotWaiting *last;
  unsigned n_waiting;
  CulvertTimer hold;

  /* dialling */
  CulvertLink *candidates[CULVERT_SLOT_CANDIDATES];
  CulvertNameWait name_wait;
  CulvertTimer retry;      /* the next candidate or attempt */
  CulvertTime attempt_end;
  CulvertTime tried_at;
  unsigned n_attempts;     /* without an answer */
  unsigned n_failures;     /* sessions in a row that ended soon after they had answered */
  unsigned n_rejections;   /* those of them that the peer broke off, or did not understand */
  unsigned n_choices;      /* addresses used in this attempt */
  bool is_dialling;
  bool wants_name;         /* the resolver's last answer may be wrong by now */
  bool is_doubted;         /* dials only because link does not answer */

  /* replacement by age */
  CulvertTimer rotate;
  bool has_rotated;        /* the first session's end was set */
};

void culvert_slot_init (CulvertSlot *slot, CulvertPart *part, unsigned index);
/* The tunnel starts. */
void culvert_slot_start (CulvertSlot *slot, CulvertTime now);
/* Closes what waits, dials no more; links are the part's to end. */
void culvert_slot_clear (CulvertSlot *slot);

/* Takes an accepted descriptor. */
void culvert_slot_take (CulvertSlot *slot,
                        int fd,
                        const CulvertStreamAddress *peer,
                        CulvertTime now);

/* Whether the last sessions answered, but could not speak with the peer: that one answers proves
 * nothing then. */
bool culvert_slot_is_rejected (const CulvertSlot *slot);

/* What failed before may work now. */
void culvert_slot_network_changed (CulvertSlot *slot, CulvertTime now);

/* -- what links tell ------------------------------------------------------------------- */

/* The candidate has its first answer. */
void culvert_slot_verified (CulvertSlot *slot, CulvertLink *link, CulvertTime now);
/* link->is_doubtful has changed. */
void culvert_slot_doubted (CulvertSlot *slot, CulvertLink *link, CulvertTime now);
/* The link is dying. Returns the reason that is behind reason. */
CulvertCloseReason
culvert_slot_forget (CulvertSlot *slot, CulvertLink *link, CulvertCloseReason reason);

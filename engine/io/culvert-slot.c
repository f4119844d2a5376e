/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-slot-private.h"

#include <errno.h>

/* A session that lived so long after its first answer did not fail. */
#define CULVERT_SLOT_GOOD_LIFE (60 * CULVERT_SEC)

/* One whose peer forgets it within this time, before it has said a word, was rejected. */
#define CULVERT_SLOT_REJECTION (20 * CULVERT_SEC)
#define CULVERT_SLOT_REJECTIONS 2

/* Before a session is replaced that follows others which failed. */
static const CulvertTime culvert_slot_delays[] = {
  0, 1 * CULVERT_SEC, 2 * CULVERT_SEC, 4 * CULVERT_SEC, 8 * CULVERT_SEC, 16 * CULVERT_SEC,
  30 * CULVERT_SEC,
};

/* -- waiting --------------------------------------------------------------------------- */

static void
culvert_slot_push (CulvertSlot *slot, int fd, const CulvertStreamAddress *peer, CulvertTime now)
{
  CulvertSlotWaiting *waiting;

  if (slot->n_waiting >= CULVERT_SLOT_MAX_WAITING)
    {
      culvert_tcp_abort (fd);
      return;
    }
  waiting = g_new (CulvertSlotWaiting, 1);
  waiting->next = NULL;
  waiting->fd = fd;
  waiting->since = now;
  waiting->peer = *peer;
  if (slot->first == NULL)
    {
      slot->first = waiting;
      culvert_reactor_arm (slot->part->worker->reactor, &slot->hold, now + CULVERT_SLOT_HOLD);
    }
  else
    {
      slot->last->next = waiting;
    }
  slot->last = waiting;
  slot->n_waiting++;
}

static CulvertSlotWaiting *
culvert_slot_pop (CulvertSlot *slot)
{
  CulvertSlotWaiting *waiting = slot->first;

  if (waiting != NULL)
    {
      slot->first = waiting->next;
      slot->n_waiting--;
    }
  return waiting;
}

/* Who has waited enough is told so by a reset, instead of holding a descriptor for ever. */
static void
culvert_slot_hold_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertSlot *slot = CULVERT_LIST_ENTRY (timer, CulvertSlot, hold);
  CulvertPart *part = slot->part;

  while (slot->first != NULL && now - slot->first->since >= CULVERT_SLOT_HOLD)
    {
      CulvertSlotWaiting *waiting = culvert_slot_pop (slot);

      culvert_part_report_limited (part, &part->hold_limiter, CULVERT_REPORT_ACCEPT_FAILED,
                                   ETIMEDOUT, "");
      culvert_tcp_abort (waiting->fd);
      g_free (waiting);
    }
  if (slot->first != NULL)
    culvert_reactor_arm (part->worker->reactor, timer, slot->first->since + CULVERT_SLOT_HOLD);
}

/* -- the session ------------------------------------------------------------------------ */

bool
culvert_slot_is_ready (const CulvertSlot *slot)
{
  return slot->link != NULL && !slot->link->is_doubtful;
}

/* The session takes no new streams from now on. */
static void
culvert_slot_retire (CulvertSlot *slot, CulvertTime now)
{
  const CulvertPlan *plan = slot->part->plan;
  CulvertLink *link = slot->link;

  slot->link = NULL;
  culvert_link_retire (link, plan->autoexpire > 0 ? now + plan->scavengettl : CULVERT_TIME_NEVER);
}

/* Gives one connection to the session. A full session refuses it, one without ids left is
 * replaced. */
static void
culvert_slot_give (CulvertSlot *slot, int fd, const CulvertStreamAddress *peer, CulvertTime now)
{
  CulvertPart *part = slot->part;
  CulvertLink *link = slot->link;

  if (culvert_link_accept (link, fd, peer, now))
    return;
  if (link->error > CULVERT_E_FATAL
      && culvert_session_n_streams (link->session) >= part->plan->smux.max_streams)
    {
      culvert_part_report_limited (part, &part->accept_limiter, CULVERT_REPORT_ACCEPT_FAILED,
                                   EUSERS, "");
      culvert_tcp_abort (fd);
      return;
    }
  culvert_slot_retire (slot, now);
  culvert_slot_push (slot, fd, peer, now);
  culvert_slot_dial (slot, now);
}

void
culvert_slot_serve (CulvertSlot *slot, CulvertTime now)
{
  CulvertSlotWaiting *waiting;

  while (culvert_slot_is_ready (slot) && (waiting = culvert_slot_pop (slot)) != NULL)
    {
      culvert_slot_give (slot, waiting->fd, &waiting->peer, now);
      g_free (waiting);
    }
}

void
culvert_slot_take (CulvertSlot *slot, int fd, const CulvertStreamAddress *peer, CulvertTime now)
{
  bool is_first = slot->first == NULL;

  if (slot->part->state != CULVERT_PART_OPEN)
    {
      culvert_tcp_close (fd);
      return;
    }
  if (slot->link != NULL)
    culvert_link_watch_clock (slot->link, now);
  if (culvert_slot_is_ready (slot))
    {
      culvert_slot_give (slot, fd, peer, now);
      return;
    }
  culvert_slot_push (slot, fd, peer, now);
  if (!slot->is_dialling)
    culvert_slot_dial (slot, now);
  else if (is_first)
    culvert_slot_hurry (slot, now);
}

void
culvert_slot_verified (CulvertSlot *slot, CulvertLink *link, CulvertTime now)
{
  if (!culvert_slot_take_candidate (slot, link))
    return;
  culvert_slot_end_dialling (slot);
  if (slot->link != NULL)
    culvert_slot_retire (slot, now);
  slot->link = link;
  slot->n_attempts = 0;
  culvert_limiter_reset (&slot->part->socket_limiter);
  slot->part->dial_good = link->config.peer;
  culvert_slot_rotate_arm (slot, now);
  culvert_session_greet (link->session);
  culvert_slot_serve (slot, now);
}

void
culvert_slot_doubted (CulvertSlot *slot, CulvertLink *link, CulvertTime now)
{
  if (slot->link != link)
    return;
  if (link->is_doubtful && !slot->is_dialling)
    {
      slot->is_doubted = true;
      culvert_slot_dial (slot, now);
    }
  else if (link->is_doubtful)
    {
      culvert_slot_hurry (slot, now);
    }
  else
    {
      if (slot->is_doubted)
        culvert_slot_end_dialling (slot);
      culvert_slot_serve (slot, now);
    }
}

bool
culvert_slot_is_rejected (const CulvertSlot *slot)
{
  return slot->n_rejections >= CULVERT_SLOT_REJECTIONS;
}

/* A peer with other settings closes its end at our first word, and the next one meets a new session
 * of its. */
static CulvertCloseReason
culvert_slot_note_rejection (CulvertSlot *slot,
                             const CulvertLink *link,
                             CulvertCloseReason reason,
                             CulvertTime now)
{
  if (reason == CULVERT_CLOSE_PROTOCOL || reason == CULVERT_CLOSE_COMP)
    slot->n_rejections = CULVERT_SLOT_REJECTIONS;
  else if (reason == CULVERT_CLOSE_FORGOTTEN && !link->is_met
           && now - link->heard_at < CULVERT_SLOT_REJECTION)
    slot->n_rejections++;
  else if (link->is_met)
    slot->n_rejections = 0;
  return reason == CULVERT_CLOSE_FORGOTTEN && culvert_slot_is_rejected (slot)
         ? CULVERT_CLOSE_REJECTED
         : reason;
}

CulvertCloseReason
culvert_slot_forget (CulvertSlot *slot, CulvertLink *link, CulvertCloseReason reason)
{
  CulvertPart *part = slot->part;
  CulvertTime now = culvert_part_now (part);

  if (culvert_slot_take_candidate (slot, link) || slot->link != link)
    return reason;
  slot->link = NULL;
  slot->is_doubted = false;
  if (part->state != CULVERT_PART_OPEN)
    return reason;
  reason = culvert_slot_note_rejection (slot, link, reason, now);
  if (now - link->heard_at >= CULVERT_SLOT_GOOD_LIFE)
    slot->n_failures = 0;
  if (!slot->is_dialling)
    {
      CulvertTime delay = culvert_slot_delays[MIN (slot->n_failures,
                                                   G_N_ELEMENTS (culvert_slot_delays) - 1)];

      culvert_slot_dial_at (slot, now + culvert_slot_jitter (slot, delay));
    }
  slot->n_failures++;
  return reason;
}

void
culvert_slot_network_changed (CulvertSlot *slot, CulvertTime now)
{
  slot->n_failures = 0;
  slot->wants_name = true;
  if (slot->is_dialling && slot->part->state == CULVERT_PART_OPEN)
    culvert_slot_restart (slot, now);
}

/* -- life -------------------------------------------------------------------------------- */

void
culvert_slot_init (CulvertSlot *slot, CulvertPart *part, unsigned index)
{
  memset (slot, 0, sizeof *slot);
  slot->part = part;
  slot->index = index;
  culvert_timer_init (&slot->hold, culvert_slot_hold_cb);
  culvert_slot_dial_init (slot);
  culvert_slot_rotate_init (slot);
}

void
culvert_slot_start (CulvertSlot *slot, CulvertTime now)
{
  if (slot->index == 0)
    culvert_slot_dial (slot, now);
}

void
culvert_slot_clear (CulvertSlot *slot)
{
  CulvertReactor *reactor = slot->part->worker->reactor;
  CulvertSlotWaiting *waiting;

  culvert_slot_end_dialling (slot);
  culvert_reactor_disarm (reactor, &slot->hold);
  culvert_reactor_disarm (reactor, &slot->rotate);
  while ((waiting = culvert_slot_pop (slot)) != NULL)
    {
      culvert_tcp_close (waiting->fd);
      g_free (waiting);
    }
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-faketcp.h"
#include "culvert-slot.h"

#include <errno.h>

#define CULVERT_SLOT_RETRY (1 * CULVERT_SEC)
/* Several slots that start together share one answer. */
#define CULVERT_SLOT_NAME_AGE (1 * CULVERT_SEC)

static void culvert_slot_dial (CulvertSlot *slot, CulvertTime now);

static void
culvert_slot_push (CulvertSlot *slot, int fd, const CulvertStreamAddress *peer)
{
  CulvertSlotWaiting *waiting;

  if (slot->n_waiting >= CULVERT_SLOT_MAX_WAITING)
    {
      culvert_tcp_close (fd);
      return;
    }
  waiting = g_new (CulvertSlotWaiting, 1);
  waiting->next = NULL;
  waiting->fd = fd;
  waiting->peer = *peer;
  if (slot->first == NULL)
    slot->first = waiting;
  else
    slot->last->next = waiting;
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

/* The session for a new connection, NULL when there is none or it takes no more. */
static CulvertLink *
culvert_slot_peek_link (CulvertSlot *slot, CulvertTime now)
{
  const CulvertPlan *plan = slot->part->plan;
  CulvertLink *link = slot->link;
  CulvertTime expires_at;

  if (link == NULL || plan->autoexpire == 0)
    return link;
  expires_at = link->created_at + plan->autoexpire;
  if (now < expires_at)
    return link;
  slot->link = NULL;
  culvert_link_expire (link, expires_at + plan->scavengettl);
  return NULL;
}

/* Gives one connection to the session. A full session refuses it, one without ids left is replaced.
 */
static void
culvert_slot_give (CulvertSlot *slot, int fd, const CulvertStreamAddress *peer, CulvertTime now)
{
  CulvertLink *link = slot->link;

  if (culvert_link_accept (link, fd, peer, now))
    return;
  if (link->error > CULVERT_E_FATAL
      && culvert_session_n_streams (link->session) >= slot->part->plan->smux.max_streams)
    {
      culvert_part_report_limited (slot->part, &slot->part->accept_limiter,
                                   CULVERT_REPORT_ACCEPT_FAILED, EUSERS, "");
      culvert_tcp_close (fd);
      return;
    }
  slot->link = NULL;
  culvert_link_expire (link, now + slot->part->plan->scavengettl);
  culvert_slot_push (slot, fd, peer);
  culvert_slot_dial (slot, now);
}

static void
culvert_slot_serve_waiting (CulvertSlot *slot, CulvertTime now)
{
  CulvertSlotWaiting *waiting;

  while (slot->link != NULL && (waiting = culvert_slot_pop (slot)) != NULL)
    {
      culvert_slot_give (slot, waiting->fd, &waiting->peer, now);
      g_free (waiting);
    }
}

static CulvertCarrier *
culvert_slot_open_carrier (CulvertSlot *slot, const CulvertAddress *peer, int *out_error)
{
  const CulvertPlan *plan = slot->part->plan;
  CulvertUdp *udp;

  if (plan->tcp)
    return culvert_faketcp_connect (peer, &plan->udp, out_error);
  udp = culvert_udp_connect (peer, &plan->udp, out_error);
  return udp != NULL ? culvert_carrier_new_udp (udp) : NULL;
}

static CulvertPort *
culvert_slot_open_port (CulvertSlot *slot, CulvertAddress *out_peer, int *out_error)
{
  CulvertPart *part = slot->part;
  const CulvertEndpoint *remote = &part->plan->remote;
  uint32_t n_ports = (uint32_t) remote->port_max - remote->port_min + 1;
  uint16_t port = (uint16_t) (remote->port_min
                              + culvert_rng_below (part->worker->resources.rng, n_ports));
  CulvertCarrier *carrier;

  for (unsigned i = 0; i < part->dial_name.n; i++)
    {
      culvert_name_address (&part->dial_name, i, port, out_peer);
      carrier = culvert_slot_open_carrier (slot, out_peer, out_error);
      if (carrier != NULL)
        {
          *out_error = ENOMEM;
          return culvert_port_new (part, carrier, culvert_link_receive_cb, NULL);
        }
    }
  return NULL;
}

static void
culvert_slot_connect (CulvertSlot *slot, CulvertTime now)
{
  CulvertPart *part = slot->part;
  CulvertLinkConfig config = { .part = part, .slot = slot };
  int error = 0;

  config.port = culvert_slot_open_port (slot, &config.peer, &error);
  if (config.port == NULL)
    {
      culvert_part_report_limited (part, &part->dial_limiter, CULVERT_REPORT_SOCKET_ERROR, error,
                                   part->plan->remote.host);
      culvert_reactor_arm (part->worker->reactor, &slot->retry, now + CULVERT_SLOT_RETRY);
      return;
    }
  culvert_limiter_reset (&part->dial_limiter);
  config.conv = culvert_rng_u32 (part->worker->resources.rng);
  slot->is_dialling = false;
  slot->link = culvert_link_new (&config, now);
  culvert_slot_serve_waiting (slot, now);
}

static void
culvert_slot_resolved_cb (CulvertNameWait *wait, CulvertName *name, const GError *error)
{
  CulvertSlot *slot = CULVERT_LIST_ENTRY (wait, CulvertSlot, name_wait);
  CulvertPart *part = slot->part;
  CulvertTime now = culvert_part_now (part);

  if (error != NULL)
    culvert_part_report_limited (part, &part->resolve_limiter, CULVERT_REPORT_RESOLVE_FAILED,
                                 error->code, name->host);
  else
    culvert_limiter_reset (&part->resolve_limiter);
  if (name->n > 0)
    culvert_slot_connect (slot, now);
  else
    culvert_reactor_arm (part->worker->reactor, &slot->retry, now + CULVERT_SLOT_RETRY);
}

static void
culvert_slot_try (CulvertSlot *slot, CulvertTime now)
{
  if (culvert_name_lookup (&slot->part->dial_name, CULVERT_SLOT_NAME_AGE, now, &slot->name_wait))
    culvert_slot_connect (slot, now);
}

static void
culvert_slot_dial (CulvertSlot *slot, CulvertTime now)
{
  if (slot->is_dialling)
    return;
  slot->is_dialling = true;
  culvert_slot_try (slot, now);
}

static void
culvert_slot_retry_cb (CulvertTimer *timer, CulvertTime now)
{
  culvert_slot_try (CULVERT_LIST_ENTRY (timer, CulvertSlot, retry), now);
}

void
culvert_slot_take (CulvertSlot *slot, int fd, const CulvertStreamAddress *peer, CulvertTime now)
{
  if (slot->part->state != CULVERT_PART_OPEN)
    {
      culvert_tcp_close (fd);
      return;
    }
  if (culvert_slot_peek_link (slot, now) != NULL)
    {
      culvert_slot_give (slot, fd, peer, now);
      return;
    }
  culvert_slot_push (slot, fd, peer);
  culvert_slot_dial (slot, now);
}

void
culvert_slot_forget (CulvertSlot *slot, CulvertLink *link)
{
  if (slot->link == link)
    slot->link = NULL;
}

void
culvert_slot_init (CulvertSlot *slot, CulvertPart *part)
{
  memset (slot, 0, sizeof *slot);
  slot->part = part;
  culvert_name_wait_init (&slot->name_wait, culvert_slot_resolved_cb);
  culvert_timer_init (&slot->retry, culvert_slot_retry_cb);
}

void
culvert_slot_clear (CulvertSlot *slot)
{
  CulvertSlotWaiting *waiting;

  culvert_name_cancel (&slot->name_wait);
  culvert_reactor_disarm (slot->part->worker->reactor, &slot->retry);
  slot->is_dialling = false;
  while ((waiting = culvert_slot_pop (slot)) != NULL)
    {
      culvert_tcp_close (waiting->fd);
      g_free (waiting);
    }
}

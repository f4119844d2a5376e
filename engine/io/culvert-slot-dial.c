/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Candidates. An attempt opens a socket to one address and, when that has not answered soon, to one
 * of the other family; the next attempt, with new sockets, ports and convs, begins with the next
 * address. The address that answered last comes first. Attempts become longer; within each of them
 * the candidates are probed all the time, so a network that is back is noticed within their pace.
 */

#include "config.h"

#include "culvert-faketcp.h"
#include "culvert-slot-private.h"

#include <errno.h>

/* No socket, no name: try again. */
#define CULVERT_SLOT_RETRY (1 * CULVERT_SEC)
/* The second address waits so long for the first to answer. */
#define CULVERT_SLOT_STAGGER (300 * CULVERT_MSEC)
/* Answers of the resolver that are still good, and those that may be behind a failure. */
#define CULVERT_SLOT_NAME_AGE (60 * CULVERT_SEC)
#define CULVERT_SLOT_NAME_AGE_FAILED (1 * CULVERT_SEC)
/* Between probes of a candidate: while somebody waits or it has just begun, and later. */
#define CULVERT_SLOT_PACE (1 * CULVERT_SEC)
#define CULVERT_SLOT_SLOW_PACE (2500 * CULVERT_MSEC)
#define CULVERT_SLOT_QUICK_ATTEMPTS 3
/* While somebody waits no attempt is longer. */
#define CULVERT_SLOT_WAITED_ATTEMPT (4 * CULVERT_SEC)

static const CulvertTime culvert_slot_attempts[] = {
  3 * CULVERT_SEC, 3 * CULVERT_SEC, 4 * CULVERT_SEC, 8 * CULVERT_SEC, 16 * CULVERT_SEC,
  25 * CULVERT_SEC, /* before smux gives up, WIRE.md 8.6 */
};

static void culvert_slot_attempt (CulvertSlot *slot, CulvertTime now);

CulvertTime
culvert_slot_jitter (const CulvertSlot *slot, CulvertTime delay)
{
  uint32_t spread = (uint32_t) (delay / 4);

  return delay - delay / 8
         + (spread > 0 ? culvert_rng_below (slot->part->worker->resources.rng, spread) : 0);
}

static void
culvert_slot_arm (CulvertSlot *slot, CulvertTime at)
{
  culvert_reactor_arm (slot->part->worker->reactor, &slot->retry, at);
}

/* -- addresses --------------------------------------------------------------------------- */

/* The address that answered last, 0 when there is none or it is gone. */
static unsigned
culvert_slot_good_address (const CulvertPart *part)
{
  for (unsigned i = 0; i < part->dial_name.n; i++)
    if (culvert_address_same_host (&part->dial_name.addresses[i], &part->dial_good))
      return i;
  return 0;
}

/* Address number n of this attempt: in turn from a first one, but never the same family twice as
 * long as there is another. */
static unsigned
culvert_slot_choose (const CulvertSlot *slot, unsigned n)
{
  const CulvertName *name = &slot->part->dial_name;
  unsigned first = (culvert_slot_good_address (slot->part) + slot->n_attempts) % name->n;
  unsigned used = 1u << first;
  unsigned choice = first;

  for (unsigned i = 0; i < n; i++)
    {
      int family = name->addresses[choice].addr.sa.sa_family;
      unsigned next = name->n;

      for (unsigned j = 1; j < name->n; j++)
        {
          unsigned k = (first + j) % name->n;

          if (used & (1u << k))
            continue;
          if (name->addresses[k].addr.sa.sa_family != family)
            {
              next = k;
              break;
            }
          if (next == name->n)
            next = k;
        }
      choice = next;
      used |= 1u << choice;
    }
  return choice;
}

/* -- candidates ---------------------------------------------------------------------------- */

static unsigned
culvert_slot_n_candidates (const CulvertSlot *slot)
{
  unsigned n = 0;

  for (unsigned i = 0; i < CULVERT_SLOT_CANDIDATES; i++)
    n += slot->candidates[i] != NULL;
  return n;
}

bool
culvert_slot_take_candidate (CulvertSlot *slot, CulvertLink *link)
{
  for (unsigned i = 0; i < CULVERT_SLOT_CANDIDATES; i++)
    if (slot->candidates[i] == link)
      {
        slot->candidates[i] = NULL;
        return true;
      }
  return false;
}

static void
culvert_slot_drop_candidates (CulvertSlot *slot, CulvertCloseReason reason)
{
  for (unsigned i = 0; i < CULVERT_SLOT_CANDIDATES; i++)
    if (slot->candidates[i] != NULL)
      culvert_link_die (slot->candidates[i], reason);
}

static CulvertCarrier *
culvert_slot_open_carrier (CulvertSlot *slot,
                           const CulvertAddress *peer,
                           CulvertAddress *out_local,
                           int *out_error)
{
  const CulvertPlan *plan = slot->part->plan;
  CulvertUdp *udp;

  if (plan->tcp)
    return culvert_faketcp_connect (peer, &plan->udp, out_error);
  udp = culvert_udp_connect (peer, &plan->udp, out_error);
  if (udp == NULL)
    return NULL;
  culvert_udp_local (udp, out_local);
  return culvert_carrier_new_udp (udp);
}

static bool
culvert_slot_open_candidate (CulvertSlot *slot, unsigned address, CulvertTime now, int *out_error)
{
  CulvertPart *part = slot->part;
  const CulvertEndpoint *remote = &part->plan->remote;
  CulvertRng *rng = part->worker->resources.rng;
  uint32_t n_ports = (uint32_t) remote->port_max - remote->port_min + 1;
  uint16_t port = (uint16_t) (remote->port_min + culvert_rng_below (rng, n_ports));
  bool is_quick = slot->first != NULL || slot->n_attempts < CULVERT_SLOT_QUICK_ATTEMPTS;
  CulvertLinkConfig config = {
    .part = part,
    .slot = slot,
    .conv = culvert_rng_u32 (rng),
    .probe_pace = is_quick ? CULVERT_SLOT_PACE : CULVERT_SLOT_SLOW_PACE,
  };
  CulvertCarrier *carrier;

  culvert_name_address (&part->dial_name, address, port, &config.peer);
  carrier = culvert_slot_open_carrier (slot, &config.peer, &config.local, out_error);
  if (carrier == NULL)
    return false;
  config.port = culvert_port_new (part, carrier, culvert_link_receive_cb, NULL);
  if (config.port == NULL)
    {
      *out_error = ENOMEM;
      return false;
    }
  config.port->failed = culvert_link_failed_cb;
  for (unsigned i = 0; i < CULVERT_SLOT_CANDIDATES; i++)
    if (slot->candidates[i] == NULL)
      {
        slot->candidates[i] = culvert_link_new (&config, now);
        return true;
      }
  g_assert_not_reached ();
}

/* Opens the next address of the attempt that can be opened. */
static bool
culvert_slot_open_next (CulvertSlot *slot, CulvertTime now, int *out_error)
{
  while (slot->n_choices < slot->part->dial_name.n)
    if (culvert_slot_open_candidate (slot, culvert_slot_choose (slot, slot->n_choices++), now,
                                     out_error))
      return true;
  return false;
}

/* -- attempts -------------------------------------------------------------------------------- */

static CulvertTime
culvert_slot_attempt_time (const CulvertSlot *slot)
{
  CulvertTime time = culvert_slot_attempts[MIN (slot->n_attempts,
                                                G_N_ELEMENTS (culvert_slot_attempts) - 1)];

  if (slot->first != NULL)
    time = MIN (time, CULVERT_SLOT_WAITED_ATTEMPT);
  return culvert_slot_jitter (slot, time);
}

static void
culvert_slot_connect (CulvertSlot *slot, CulvertTime now)
{
  CulvertPart *part = slot->part;
  int error = 0;

  slot->n_choices = 0;
  if (!culvert_slot_open_next (slot, now, &error))
    {
      culvert_part_report_limited (part, &part->dial_limiter, CULVERT_REPORT_SOCKET_ERROR, error,
                                   part->plan->remote.host);
      culvert_slot_arm (slot, now + culvert_slot_jitter (slot, CULVERT_SLOT_RETRY));
      return;
    }
  culvert_limiter_reset (&part->dial_limiter);
  slot->attempt_end = now + culvert_slot_attempt_time (slot);
  culvert_slot_arm (slot, slot->n_choices < part->dial_name.n ? now + CULVERT_SLOT_STAGGER
                                                              : slot->attempt_end);
}

/* Whether a candidate goes to an address that the name still has. */
static bool
culvert_slot_is_current (const CulvertSlot *slot)
{
  const CulvertName *name = &slot->part->dial_name;

  for (unsigned i = 0; i < CULVERT_SLOT_CANDIDATES; i++)
    for (unsigned j = 0; slot->candidates[i] != NULL && j < name->n; j++)
      if (culvert_address_same_host (&slot->candidates[i]->config.peer, &name->addresses[j]))
        return true;
  return false;
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
  slot->wants_name = error != NULL;
  if (name->n == 0)
    culvert_slot_arm (slot, now + culvert_slot_jitter (slot, CULVERT_SLOT_RETRY));
  else if (culvert_slot_n_candidates (slot) == 0)
    culvert_slot_connect (slot, now);
  else if (error == NULL && !culvert_slot_is_current (slot))
    culvert_slot_attempt (slot, now);
}

/* The last answer of the resolver is good enough when somebody needs a session now; a newer one is
 * asked for meanwhile. */
static void
culvert_slot_attempt (CulvertSlot *slot, CulvertTime now)
{
  CulvertName *name = &slot->part->dial_name;
  CulvertTime max_age = slot->wants_name || slot->n_attempts > 0 ? CULVERT_SLOT_NAME_AGE_FAILED
                                                                 : CULVERT_SLOT_NAME_AGE;

  slot->tried_at = now;
  culvert_slot_drop_candidates (slot, CULVERT_CLOSE_UNANSWERED);
  culvert_name_cancel (&slot->name_wait);
  culvert_reactor_disarm (slot->part->worker->reactor, &slot->retry);
  if (culvert_name_lookup (name, max_age, now, &slot->name_wait)
      || (name->n > 0 && !culvert_slot_is_ready (slot)))
    culvert_slot_connect (slot, now);
}

static void
culvert_slot_retry_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertSlot *slot = CULVERT_LIST_ENTRY (timer, CulvertSlot, retry);
  int error;

  if (culvert_slot_n_candidates (slot) > 0 && now < slot->attempt_end)
    {
      if (culvert_slot_n_candidates (slot) < CULVERT_SLOT_CANDIDATES)
        (void) culvert_slot_open_next (slot, now, &error);
      culvert_slot_arm (slot, slot->attempt_end);
      return;
    }
  if (culvert_slot_n_candidates (slot) > 0)
    slot->n_attempts++;
  culvert_slot_attempt (slot, now);
}

/* -- for the other files ---------------------------------------------------------------------- */

void
culvert_slot_dial_init (CulvertSlot *slot)
{
  culvert_name_wait_init (&slot->name_wait, culvert_slot_resolved_cb);
  culvert_timer_init (&slot->retry, culvert_slot_retry_cb);
}

void
culvert_slot_dial (CulvertSlot *slot, CulvertTime now)
{
  if (slot->is_dialling)
    return;
  slot->is_dialling = true;
  culvert_slot_attempt (slot, now);
}

void
culvert_slot_restart (CulvertSlot *slot, CulvertTime now)
{
  slot->n_attempts = 0;
  culvert_slot_attempt (slot, now);
}

void
culvert_slot_dial_at (CulvertSlot *slot, CulvertTime at)
{
  g_assert (!slot->is_dialling);
  slot->is_dialling = true;
  culvert_slot_arm (slot, at);
}

void
culvert_slot_hurry (CulvertSlot *slot, CulvertTime now)
{
  if (culvert_slot_n_candidates (slot) == 0)
    {
      /* Between attempts, or waiting for the resolver. */
      CulvertTime at = MAX (now, slot->tried_at + CULVERT_SLOT_RETRY);

      if (!culvert_list_is_linked (&slot->name_wait.node) || slot->part->dial_name.n > 0)
        culvert_slot_arm (slot, MIN (at, slot->retry.entry.key));
      return;
    }
  for (unsigned i = 0; i < CULVERT_SLOT_CANDIDATES; i++)
    if (slot->candidates[i] != NULL)
      culvert_link_hurry (slot->candidates[i], CULVERT_SLOT_PACE, now);
  slot->attempt_end = MIN (slot->attempt_end, now + CULVERT_SLOT_WAITED_ATTEMPT);
  culvert_slot_arm (slot, MIN (slot->retry.entry.key, slot->attempt_end));
}

void
culvert_slot_end_dialling (CulvertSlot *slot)
{
  culvert_name_cancel (&slot->name_wait);
  culvert_reactor_disarm (slot->part->worker->reactor, &slot->retry);
  culvert_slot_drop_candidates (slot, CULVERT_CLOSE_SURPLUS);
  slot->is_dialling = false;
  slot->is_doubted = false;
}

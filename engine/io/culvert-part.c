/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-acceptor.h"
#include "culvert-address-private.h"
#include "culvert-faketcp.h"
#include "culvert-listener.h"
#include "culvert-part.h"
#include "culvert-relay.h"
#include "culvert-slot.h"
#include "culvert-strangers.h"

#include <errno.h>

typedef struct
{
  CulvertMessage message;
  CulvertPart *part;
  void (*func) (CulvertPart *part, void *data);
  void *data;
} CulvertPartMessage;

CulvertTime
culvert_part_now (const CulvertPart *part)
{
  return culvert_reactor_now (part->worker->reactor);
}

static void
culvert_part_message_cb (CulvertMessage *message, void *owner)
{
  CulvertPartMessage *call = (CulvertPartMessage *) message;

  call->func (call->part, call->data);
  g_free (call->data);
  g_free (call);
}

void
culvert_part_post (CulvertPart *part, void (*func) (CulvertPart *part, void *data), void *data)
{
  CulvertPartMessage *call = g_new0 (CulvertPartMessage, 1);

  call->message.handle = culvert_part_message_cb;
  call->part = part;
  call->func = func;
  call->data = data;
  culvert_mailbox_post (part->worker->mailbox, &call->message);
}

/* -- opening ------------------------------------------------------------------------ */

static unsigned
culvert_part_count_slots (const CulvertPart *part)
{
  unsigned conn = part->plan->conn;

  return part->index < conn ? (conn - part->index - 1) / part->run->n_parts + 1 : 0;
}

static bool
culvert_part_add_listener (CulvertPart *part, CulvertCarrier *carrier)
{
  CulvertListener *listener = culvert_listener_new (part, carrier);

  if (listener == NULL)
    return false;
  part->listeners[part->n_listeners++] = listener;
  return true;
}

/* Ready to serve; those of a server are taken from carriers. False: no room to watch them all. */
static bool
culvert_part_open (CulvertPart *part, GPtrArray *carriers)
{
  const CulvertPlan *plan = part->plan;
  const CulvertEndpoint *peer = plan->is_client ? &plan->remote : &plan->target;
  bool is_open = true;
  CulvertReport *report;

  part->state = CULVERT_PART_OPEN;
  part->cipher = culvert_cipher_new (plan->cipher, plan->key);
  g_assert (part->cipher != NULL);
  part->counters = culvert_counters_new ();
  part->hash_seed = culvert_rng_u32 (part->worker->resources.rng);
  part->max_links = MAX (plan->max_sessions / part->run->n_parts, 1);
  if (!peer->is_unix)
    culvert_name_init (&part->dial_name, peer->host, "127.0.0.1", part->worker->resolver,
                       &part->worker->n_lookups);
  if (plan->is_client)
    {
      part->n_slots = culvert_part_count_slots (part);
      part->slots = g_new0 (CulvertSlot, part->n_slots);
      for (unsigned i = 0; i < part->n_slots; i++)
        culvert_slot_init (&part->slots[i], part, part->index + i * part->run->n_parts);
    }
  else
    {
      part->strangers = culvert_strangers_new (plan->cipher, plan->key, part->run->n_parts);
      part->listeners = g_new0 (CulvertListener *, carriers->len);
      for (unsigned i = 0; i < carriers->len; i++)
        is_open = culvert_part_add_listener (part, carriers->pdata[i]) && is_open;
    }
  report = culvert_part_report_new (part, CULVERT_REPORT_COUNTERS);
  report->counters = culvert_counters_ref (part->counters);
  culvert_part_report_send (part, report);
  return is_open;
}

typedef struct
{
  GPtrArray *carriers; /* of CulvertCarrier; NULL on a client */
} CulvertPartOpening;

static void
culvert_part_open_cb (CulvertPart *part, void *data)
{
  GPtrArray *carriers = ((CulvertPartOpening *) data)->carriers;

  /* Sockets that this worker cannot watch are closed; the kernel gives their peers to siblings. */
  if (part->state == CULVERT_PART_NEW)
    (void) culvert_part_open (part, carriers);
  else
    for (unsigned i = 0; carriers != NULL && i < carriers->len; i++)
      culvert_carrier_free (carriers->pdata[i]);
  if (carriers != NULL)
    g_ptr_array_unref (carriers);
}

/* -- binding, home part only --------------------------------------------------------- */

static void
culvert_part_fail (CulvertPart *part, int error, const char *text)
{
  CulvertReport *report = culvert_part_report_new (part, CULVERT_REPORT_FAILED);

  report->error = error;
  g_strlcpy (report->text, text, sizeof report->text);
  part->state = CULVERT_PART_STOPPED;
  culvert_part_report_send (part, report);
}

static void
culvert_part_report_listening (CulvertPart *part, const char *text)
{
  CulvertReport *report = culvert_part_report_new (part, CULVERT_REPORT_LISTENING);

  g_strlcpy (report->text, text, sizeof report->text);
  culvert_part_report_send (part, report);
}

/* Binds one UDP port once per part. Several workers share it by SO_REUSEPORT, which would let
 * a second process join unnoticed; a bind without it first tells whether the port is free. */
static bool
culvert_part_bind_port (CulvertPart *part,
                        CulvertAddress *address,
                        GPtrArray **carriers,
                        int *out_error)
{
  unsigned n_parts = part->run->n_parts;
  CulvertUdpOptions options = part->plan->udp;
  CulvertUdp *udp;

  options.reuse_port = false;
  udp = culvert_udp_bind (address, &options, out_error);
  if (udp == NULL)
    return false;
  culvert_udp_local (udp, address);
  if (n_parts == 1)
    {
      g_ptr_array_add (carriers[0], culvert_carrier_new_udp (udp));
      return true;
    }
  culvert_udp_free (udp);
  options.reuse_port = true;
  for (unsigned i = 0; i < n_parts; i++)
    {
      udp = culvert_udp_bind (address, &options, out_error);
      if (udp == NULL)
        return false;
      g_ptr_array_add (carriers[i], culvert_carrier_new_udp (udp));
    }
  return true;
}

/* Fake TCP for all ports beside UDP; first is the address of the first. */
static bool
culvert_part_bind_faketcp (CulvertPart *part,
                           const CulvertAddress *first,
                           GPtrArray **carriers,
                           int *out_error)
{
  const CulvertEndpoint *listen = &part->plan->listen;
  CulvertFakeTcpRange range = { .n_parts = part->run->n_parts };

  range.port_min = culvert_address_port (first);
  range.port_max = (uint16_t) (range.port_min + (listen->port_max - listen->port_min));
  range.max_flows = MAX (part->plan->max_sessions / range.n_parts, 1);
  for (; range.index < range.n_parts; range.index++)
    {
      CulvertCarrier *carrier = culvert_faketcp_listen (first, &range, &part->plan->udp, out_error);

      if (carrier == NULL)
        return false;
      g_ptr_array_add (carriers[range.index], carrier);
    }
  return true;
}

/* All ports of the range on all parts; on failure what was bound stays in carriers. */
static bool
culvert_part_bind_ports (CulvertPart *part, GPtrArray **carriers, int *out_error)
{
  const CulvertEndpoint *listen = &part->plan->listen;
  CulvertAddress bound = { 0 };
  char first[CULVERT_ADDRESS_TEXT];
  char text[CULVERT_ADDRESS_TEXT + 8];

  for (unsigned port = listen->port_min; port <= listen->port_max; port++)
    {
      CulvertAddress address;

      culvert_name_address (&part->bind_name, 0, (uint16_t) port, &address);
      if (!culvert_part_bind_port (part, &address, carriers, out_error))
        return false;
      if (port == listen->port_min)
        bound = address;
    }
  if (part->plan->tcp && !culvert_part_bind_faketcp (part, &bound, carriers, out_error))
    return false;
  culvert_address_format (&bound, first);
  if (listen->port_max > listen->port_min)
    g_snprintf (text, sizeof text, "%s-%u", first, (unsigned) listen->port_max);
  else
    g_strlcpy (text, first, sizeof text);
  culvert_part_report_listening (part, text);
  return true;
}

static void
culvert_part_start_server (CulvertPart *part)
{
  unsigned n_parts = part->run->n_parts;
  g_autofree GPtrArray **carriers = g_new0 (GPtrArray *, n_parts);
  char text[CULVERT_STREAM_ADDRESS_TEXT];
  int error = 0;
  bool is_bound;

  for (unsigned i = 0; i < n_parts; i++)
    carriers[i] = g_ptr_array_new ();
  culvert_endpoint_text (&part->plan->listen, text, sizeof text);
  is_bound = culvert_part_bind_ports (part, carriers, &error);
  if (!is_bound)
    culvert_part_fail (part, error, text);
  for (unsigned i = 0; i < n_parts; i++)
    {
      CulvertPartOpening *opening;

      for (unsigned j = 0; !is_bound && j < carriers[i]->len; j++)
        culvert_carrier_free (carriers[i]->pdata[j]);
      if (!is_bound || i == 0)
        continue;
      opening = g_new0 (CulvertPartOpening, 1);
      opening->carriers = g_ptr_array_ref (carriers[i]);
      culvert_part_post (part->run->parts[i], culvert_part_open_cb, opening);
    }
  if (is_bound)
    {
      (void) culvert_part_open (part, carriers[0]);
      culvert_part_report_send (part, culvert_part_report_new (part, CULVERT_REPORT_STARTED));
    }
  for (unsigned i = 0; i < n_parts; i++)
    g_ptr_array_unref (carriers[i]);
}

static int
culvert_part_listen_local (CulvertPart *part, int *out_error)
{
  const CulvertEndpoint *local = &part->plan->local;
  CulvertStreamAddress address = { .is_unix = local->is_unix };
  char text[CULVERT_STREAM_ADDRESS_TEXT];
  int fd;

  if (local->is_unix)
    g_strlcpy (address.path, local->host, sizeof address.path);
  else
    culvert_name_address (&part->bind_name, 0, local->port_min, &address.address);
  fd = culvert_tcp_listen (&address, SOMAXCONN, out_error);
  if (fd < 0)
    return fd;
  culvert_tcp_local (fd, &address);
  culvert_stream_address_text (&address, text);
  culvert_part_report_listening (part, text);
  return fd;
}

static void
culvert_part_start_client (CulvertPart *part)
{
  int error = 0;
  int fd = culvert_part_listen_local (part, &error);

  if (fd >= 0)
    {
      (void) culvert_part_open (part, NULL);
      part->acceptor = culvert_acceptor_new (part, fd);
      error = ENOMEM;
    }
  if (part->acceptor == NULL)
    {
      char text[CULVERT_STREAM_ADDRESS_TEXT];

      culvert_endpoint_text (&part->plan->local, text, sizeof text);
      culvert_part_fail (part, error, text);
      return;
    }
  for (unsigned i = 1; i < part->run->n_parts; i++)
    culvert_part_post (part->run->parts[i], culvert_part_open_cb, g_new0 (CulvertPartOpening, 1));
  culvert_part_report_send (part, culvert_part_report_new (part, CULVERT_REPORT_STARTED));
  culvert_slot_start (&part->slots[0], culvert_part_now (part));
}

static void
culvert_part_bind (CulvertPart *part)
{
  if (part->plan->is_client)
    culvert_part_start_client (part);
  else
    culvert_part_start_server (part);
}

static void
culvert_part_bind_resolved_cb (CulvertNameWait *wait, CulvertName *name, const GError *error)
{
  CulvertPart *part = CULVERT_LIST_ENTRY (wait, CulvertPart, bind_wait);
  CulvertReport *report;

  if (name->n > 0)
    {
      culvert_part_bind (part);
      return;
    }
  report = culvert_part_report_new (part, CULVERT_REPORT_RESOLVE_FAILED);
  report->error = error != NULL ? error->code : 0;
  g_strlcpy (report->text, name->host, sizeof report->text);
  culvert_part_report_send (part, report);
  culvert_part_fail (part, 0, name->host);
}

void
culvert_part_start (CulvertPart *part)
{
  const CulvertEndpoint *endpoint = part->plan->is_client ? &part->plan->local
                                                          : &part->plan->listen;

  if (part->state != CULVERT_PART_NEW)
    return;
  if (!endpoint->is_unix)
    culvert_name_init (&part->bind_name, endpoint->host, "::", part->worker->resolver,
                       &part->worker->n_lookups);
  if (endpoint->is_unix
      || culvert_name_lookup (&part->bind_name, 0, culvert_part_now (part), &part->bind_wait))
    culvert_part_bind (part);
}

/* -- stopping ------------------------------------------------------------------------- */

static void
culvert_part_close (CulvertPart *part)
{
  for (unsigned i = 0; i < part->n_listeners; i++)
    culvert_listener_free (part->listeners[i]);
  part->n_listeners = 0;
  part->state = CULVERT_PART_STOPPED;
}

static void
culvert_part_answer (CulvertPart *part)
{
  if (part->has_answered)
    return;
  part->has_answered = true;
  culvert_run_part_stopped (part);
}

static void
culvert_part_finish_cb (CulvertDefer *defer, CulvertTime now)
{
  CulvertPart *part = CULVERT_LIST_ENTRY (defer, CulvertPart, finish);

  if (part->state != CULVERT_PART_STOPPING || !culvert_list_is_empty (&part->links)
      || !culvert_list_is_empty (&part->lingering))
    return;
  culvert_reactor_disarm (part->worker->reactor, &part->grace);
  culvert_part_close (part);
  culvert_part_answer (part);
}

void
culvert_part_check_finished (CulvertPart *part)
{
  if (part->state == CULVERT_PART_STOPPING)
    culvert_reactor_defer (part->worker->reactor, &part->finish);
}

static void
culvert_part_grace_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertPart *part = CULVERT_LIST_ENTRY (timer, CulvertPart, grace);
  CulvertList *node;

  while ((node = culvert_list_first (&part->links)) != NULL)
    culvert_link_die (CULVERT_LIST_ENTRY (node, CulvertLink, node), CULVERT_CLOSE_STOPPED);
  while ((node = culvert_list_first (&part->lingering)) != NULL)
    culvert_relay_free (CULVERT_LIST_ENTRY (node, CulvertRelay, node));
  culvert_part_check_finished (part);
}

void
culvert_part_stop (CulvertPart *part, CulvertTime grace)
{
  CulvertReactor *reactor = part->worker->reactor;
  CulvertTime until = culvert_part_now (part) + grace;
  CulvertList *node;

  if (part->state == CULVERT_PART_STOPPING)
    {
      culvert_reactor_arm (reactor, &part->grace, MIN (until, part->grace.entry.key));
      return;
    }
  if (part->state != CULVERT_PART_OPEN)
    {
      part->state = CULVERT_PART_STOPPED;
      culvert_name_clear (&part->bind_name);
      culvert_part_answer (part);
      return;
    }
  part->state = CULVERT_PART_STOPPING;
  g_clear_pointer (&part->acceptor, culvert_acceptor_free);
  for (unsigned i = 0; i < part->n_slots; i++)
    culvert_slot_clear (&part->slots[i]);
  for (node = part->links.next; node != &part->links; node = node->next)
    culvert_link_stop (CULVERT_LIST_ENTRY (node, CulvertLink, node));
  culvert_reactor_arm (reactor, &part->grace, until);
  culvert_part_check_finished (part);
}

/* -- life ------------------------------------------------------------------------------ */

CulvertPart *
culvert_part_new (CulvertRun *run, CulvertWorker *worker, unsigned index)
{
  CulvertPart *part = g_new0 (CulvertPart, 1);

  part->run = run;
  part->worker = worker;
  part->index = index;
  part->plan = culvert_plan_ref (run->plan);
  part->hot = culvert_plan_get_hot (run->plan);
  part->paths = run->plan->paths;
  culvert_list_init (&part->links);
  culvert_list_init (&part->lingering);
  culvert_timer_init (&part->grace, culvert_part_grace_cb);
  culvert_defer_init (&part->finish, culvert_part_finish_cb);
  culvert_name_wait_init (&part->bind_wait, culvert_part_bind_resolved_cb);
  return part;
}

void
culvert_part_free (CulvertPart *part)
{
  g_assert (part->state == CULVERT_PART_NEW || part->state == CULVERT_PART_STOPPED);
  g_assert (culvert_list_is_empty (&part->links) && culvert_list_is_empty (&part->lingering));
  culvert_reactor_cancel_defer (part->worker->reactor, &part->finish);
  culvert_name_clear (&part->bind_name);
  culvert_name_clear (&part->dial_name);
  g_free (part->slots);
  g_free (part->listeners);
  culvert_strangers_free (part->strangers);
  g_clear_pointer (&part->cipher, culvert_cipher_free);
  g_clear_pointer (&part->counters, culvert_counters_unref);
  culvert_plan_unref (part->plan);
  g_free (part);
}

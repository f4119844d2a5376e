/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-port.h"

/* Datagrams per readiness; the socket is asked again in the next round. */
#define CULVERT_PORT_BUDGET 512

static void
culvert_port_release_batch (CulvertPort *port)
{
  if (port->batch != NULL && port->batch->n == 0)
    {
      culvert_worker_give_batch (port->part->worker, port->batch);
      port->batch = NULL;
    }
  if (port->batch == NULL)
    {
      g_slist_free_full (port->graves, g_free);
      port->graves = NULL;
    }
}

/* Drops the first n packets of the batch, which are the kernel's now. */
static void
culvert_port_drop (CulvertPort *port, unsigned n)
{
  CulvertTxBatch *batch = port->batch;
  CulvertPool *pool = port->part->worker->resources.packets;

  for (unsigned i = 0; i < n; i++)
    culvert_pool_put (pool, batch->packets[i]);
  batch->n -= n;
  memmove (batch->packets, batch->packets + n, batch->n * sizeof batch->packets[0]);
}

static void
culvert_port_set_blocked (CulvertPort *port, bool is_blocked)
{
  if (port->is_blocked == is_blocked)
    return;
  port->is_blocked = is_blocked;
  culvert_carrier_want_out (port->carrier, is_blocked);
}

static void
culvert_port_fail (CulvertPort *port, int error)
{
  culvert_part_report_socket (port->part, error);
  if (port->failed != NULL)
    port->failed (port->owner, error);
}

static void
culvert_port_push (CulvertPort *port)
{
  unsigned n = port->batch->n;
  int error = 0;
  unsigned taken = culvert_carrier_send (port->carrier, port->batch->packets, n, &error);

  culvert_port_drop (port, taken);
  culvert_port_set_blocked (port, taken < n);
  if (error != 0 && taken > 0)
    culvert_port_fail (port, error);
}

void
culvert_port_send (CulvertPort *port, CulvertTime now)
{
  if (port->batch != NULL && port->batch->n > 0 && !port->is_blocked)
    culvert_port_push (port);
  culvert_port_release_batch (port);
}

/* The socket has room again: the batch first, then who waits, in order. */
static void
culvert_port_unblock (CulvertPort *port, CulvertTime now)
{
  CulvertList *node;

  culvert_port_set_blocked (port, false);
  culvert_port_send (port, now);
  while (!port->is_blocked && (node = culvert_list_first (&port->waits)) != NULL)
    {
      CulvertPortWait *wait = CULVERT_LIST_ENTRY (node, CulvertPortWait, node);

      culvert_list_remove (node);
      wait->func (wait->data, now);
    }
}

static void
culvert_port_receive_cb (void *data, uint8_t *datagram, size_t len, const CulvertAddress *from)
{
  CulvertPort *port = data;

  port->receive (port->owner, datagram, len, from, port->now);
}

static void
culvert_port_ready_cb (void *data, unsigned ready, CulvertTime now)
{
  CulvertPort *port = data;
  int error = 0;

  if (ready & CULVERT_READY_OUT)
    culvert_port_unblock (port, now);
  if (!(ready & (CULVERT_READY_IN | CULVERT_READY_ERR)))
    return;
  port->now = now;
  if (culvert_carrier_receive (port->carrier, port->part->worker->slabs, CULVERT_PORT_BUDGET,
                               culvert_port_receive_cb, port, &error) < 0
      && error == 0)
    return;
  if (error != 0)
    culvert_port_fail (port, error);
}

CulvertPort *
culvert_port_new (CulvertPart *part, CulvertCarrier *carrier, CulvertPortFunc receive, void *owner)
{
  CulvertPort *port = g_new0 (CulvertPort, 1);
  const CulvertCarrierHost host = {
    .reactor = part->worker->reactor,
    .counters = part->counters,
    .ready = culvert_port_ready_cb,
    .data = port,
  };

  port->part = part;
  port->carrier = carrier;
  port->receive = receive;
  port->owner = owner;
  culvert_list_init (&port->sends);
  culvert_list_init (&port->waits);
  if (culvert_carrier_open (carrier, &host) == CULVERT_OK)
    return port;
  culvert_carrier_free (carrier);
  g_free (port);
  return NULL;
}

void
culvert_port_free (CulvertPort *port)
{
  CulvertList *node;

  if (port == NULL)
    return;
  port->failed = NULL;
  if (port->batch != NULL && port->batch->n > 0)
    culvert_port_push (port);
  if (port->batch != NULL)
    culvert_port_drop (port, port->batch->n);
  culvert_port_release_batch (port);
  while ((node = culvert_list_first (&port->waits)) != NULL)
    culvert_list_remove (node);
  culvert_list_remove (&port->sends);
  culvert_carrier_free (port->carrier);
  g_free (port);
}

CulvertTxBatch *
culvert_port_open_batch (CulvertPort *port)
{
  if (port->batch != NULL && culvert_tx_batch_room (port->batch) == 0 && !port->is_blocked)
    culvert_port_push (port);
  if (port->is_blocked)
    return NULL;
  if (port->batch == NULL)
    port->batch = culvert_worker_take_batch (port->part->worker);
  return port->batch;
}

void
culvert_port_commit (CulvertPort *port)
{
  if (!culvert_list_is_linked (&port->sends))
    culvert_list_append (&port->part->worker->sends, &port->sends);
}

void
culvert_port_wait_init (CulvertPortWait *wait,
                        void (*func) (void *data, CulvertTime now),
                        void *data)
{
  culvert_list_init (&wait->node);
  wait->func = func;
  wait->data = data;
}

void
culvert_port_wait (CulvertPort *port, CulvertPortWait *wait)
{
  if (!culvert_list_is_linked (&wait->node))
    culvert_list_append (&port->waits, &wait->node);
}

void
culvert_port_cancel (CulvertPortWait *wait)
{
  culvert_list_remove (&wait->node);
}

void
culvert_port_bury (CulvertPort *port, void *memory)
{
  if (port->batch == NULL || port->batch->n == 0)
    g_free (memory);
  else
    port->graves = g_slist_prepend (port->graves, memory);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One carrier (a UDP socket, or fake TCP) on its worker, with the packets waiting for it.
 *
 * Sessions put packets into the port's batch; it leaves at the end of the round. When the
 * socket is full the batch stays, in order, sessions that have more to say wait in line and are
 * resumed when the socket takes packets again: nothing is dropped behind KCP's back. The batch
 * belongs to the port only while it is not empty.
 *
 * packet->dest of a server's session points into its link, so a link that dies while
 * packets of its may be waiting is buried in the port until they are gone. */
#pragma once

#include "culvert-carrier.h"
#include "culvert-part.h"
#include "culvert-worker.h"

typedef struct _CulvertPort CulvertPort;

typedef void (*CulvertPortFunc) (void *owner,
                                 uint8_t *datagram,
                                 size_t len,
                                 const CulvertAddress *from,
                                 CulvertTime now);

/* Waits for its turn to output; func may wait again. */
typedef struct
{
  CulvertList node;
  void (*func) (void *data, CulvertTime now);
  void *data;
} CulvertPortWait;

struct _CulvertPort
{
  CulvertPart *part;
  CulvertCarrier *carrier;
  CulvertPortFunc receive;
  void (*failed) (void *owner, int error); /* a passing error of the socket; may be NULL */
  void *owner;
  CulvertTxBatch *batch; /* NULL: nothing waits */
  CulvertList sends;     /* in worker->sends */
  CulvertList waits;     /* CulvertPortWait, first come first served */
  GSList *graves;        /* memory to free when the batch is empty */
  CulvertTime now;       /* during a receive */
  bool is_blocked;       /* the socket is full */
};

/* Takes the carrier. NULL when the kernel has no room to watch it (the carrier is freed). */
CulvertPort *culvert_port_new (CulvertPart *part,
                               CulvertCarrier *carrier,
                               CulvertPortFunc receive,
                               void *owner);
/* Tries once more to send what waits; the rest is dropped. Who waits is forgotten. */
void culvert_port_free (CulvertPort *port);

/* Batch with room for at least one packet, to be followed by culvert_port_commit; NULL: the socket
 * is full. */
CulvertTxBatch *culvert_port_open_batch (CulvertPort *port);
void culvert_port_commit (CulvertPort *port);

/* Sends what waits, as far as the socket takes it. */
void culvert_port_send (CulvertPort *port, CulvertTime now);

void culvert_port_wait_init (CulvertPortWait *wait,
                             void (*func) (void *data, CulvertTime now),
                             void *data);
void culvert_port_wait (CulvertPort *port, CulvertPortWait *wait);
void culvert_port_cancel (CulvertPortWait *wait);

/* Frees memory (g_free) when no waiting packet can point into it any more. */
void culvert_port_bury (CulvertPort *port, void *memory);

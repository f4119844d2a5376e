/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The carrier that is one UDP socket. */

#include "config.h"

#include "culvert-carrier.h"

typedef struct
{
  CulvertCarrier carrier;
  CulvertCarrierHost host;
  CulvertUdp *udp;
  CulvertWatch watch;
} CulvertUdpCarrier;

static void
culvert_udp_carrier_ready_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  CulvertUdpCarrier *self = CULVERT_LIST_ENTRY (watch, CulvertUdpCarrier, watch);

  self->host.ready (self->host.data, ready, now);
}

static int
culvert_udp_carrier_open (CulvertCarrier *carrier, const CulvertCarrierHost *host)
{
  CulvertUdpCarrier *self = (CulvertUdpCarrier *) carrier;

  self->host = *host;
  return culvert_reactor_add (host->reactor, &self->watch, culvert_udp_fd (self->udp),
                              CULVERT_READY_IN, culvert_udp_carrier_ready_cb);
}

static void
culvert_udp_carrier_want_out (CulvertCarrier *carrier, bool is_wanted)
{
  CulvertUdpCarrier *self = (CulvertUdpCarrier *) carrier;

  culvert_reactor_modify (self->host.reactor, &self->watch,
                          CULVERT_READY_IN | (is_wanted ? CULVERT_READY_OUT : 0u));
}

static int
culvert_udp_carrier_receive (CulvertCarrier *carrier,
                             CulvertUdpSlabs *slabs,
                             unsigned budget,
                             CulvertUdpFunc func,
                             void *data,
                             int *out_errno)
{
  CulvertUdpCarrier *self = (CulvertUdpCarrier *) carrier;

  return culvert_udp_receive (self->udp, slabs, budget, func, data, out_errno);
}

static unsigned
culvert_udp_carrier_send (CulvertCarrier *carrier,
                          CulvertPacket *const *packets,
                          unsigned n,
                          int *out_errno)
{
  CulvertUdpCarrier *self = (CulvertUdpCarrier *) carrier;

  return culvert_udp_send (self->udp, packets, n, out_errno);
}

static bool
culvert_udp_carrier_local (CulvertCarrier *carrier, CulvertAddress *out_local)
{
  culvert_udp_local (((CulvertUdpCarrier *) carrier)->udp, out_local);
  return out_local->len > 0;
}

static void
culvert_udp_carrier_free (CulvertCarrier *carrier)
{
  CulvertUdpCarrier *self = (CulvertUdpCarrier *) carrier;

  if (self->host.reactor != NULL)
    culvert_reactor_remove (self->host.reactor, &self->watch);
  culvert_udp_free (self->udp);
  g_free (self);
}

CulvertCarrier *
culvert_carrier_new_udp (CulvertUdp *udp)
{
  static const CulvertCarrierClass klass = {
    .open = culvert_udp_carrier_open,
    .want_out = culvert_udp_carrier_want_out,
    .receive = culvert_udp_carrier_receive,
    .send = culvert_udp_carrier_send,
    .local = culvert_udp_carrier_local,
    .free = culvert_udp_carrier_free,
  };
  CulvertUdpCarrier *self = g_new0 (CulvertUdpCarrier, 1);

  self->carrier.klass = &klass;
  self->udp = udp;
  return &self->carrier;
}

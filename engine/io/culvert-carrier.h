/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a port sends and receives datagrams through: a UDP socket, or fake TCP (culvert-
 * faketcp.h).
 *
 * A carrier is made where it is bound and opened on the worker it belongs to from then on. It
 * watches its own descriptors, however many they are, and tells its host when there is something
 * to receive, or room to send that was asked for. receive and send keep the contract of culvert-
 * udp.h. */
#pragma once

#include "culvert-counters.h"
#include "culvert-reactor.h"
#include "culvert-udp.h"

typedef struct _CulvertCarrier CulvertCarrier;

/* Who is told. It outlives the carrier. */
typedef struct
{
  CulvertReactor *reactor;
  CulvertCounters *counters; /* in_errs and in_csum_errors of what is no datagram */
  /* From the reactor, never from within a call of the carrier. */
  void (*ready) (void *data, unsigned ready, CulvertTime now);
  void *data;
} CulvertCarrierHost;

typedef struct
{
  int (*open) (CulvertCarrier *carrier, const CulvertCarrierHost *host);
  void (*want_out) (CulvertCarrier *carrier, bool is_wanted);
  int (*receive) (CulvertCarrier *carrier, CulvertUdpSlabs *slabs, unsigned budget,
                  CulvertUdpFunc func, void *data, int *out_errno);
  unsigned (*send) (CulvertCarrier *carrier, CulvertPacket *const *packets, unsigned n,
                    int *out_errno);
  bool (*local) (CulvertCarrier *carrier, CulvertAddress *out_local);
  void (*free) (CulvertCarrier *carrier);
} CulvertCarrierClass;

struct _CulvertCarrier
{
  const CulvertCarrierClass *klass;
};

/* Takes the socket. */
CulvertCarrier *culvert_carrier_new_udp (CulvertUdp *udp);

/* Once, before anything else. Codes: CULVERT_E_NOMEM (no room in the kernel). */
static inline int CULVERT_WARN_UNUSED
culvert_carrier_open (CulvertCarrier *carrier, const CulvertCarrierHost *host)
{
  return carrier->klass->open (carrier, host);
}

/* Whether the host wants to hear of room, after send took fewer than it was given. */
static inline void
culvert_carrier_want_out (CulvertCarrier *carrier, bool is_wanted)
{
  carrier->klass->want_out (carrier, is_wanted);
}

static inline int
culvert_carrier_receive (CulvertCarrier *carrier,
                         CulvertUdpSlabs *slabs,
                         unsigned budget,
                         CulvertUdpFunc func,
                         void *data,
                         int *out_errno)
{
  return carrier->klass->receive (carrier, slabs, budget, func, data, out_errno);
}

static inline unsigned
culvert_carrier_send (CulvertCarrier *carrier,
                      CulvertPacket *const *packets,
                      unsigned n,
                      int *out_errno)
{
  return carrier->klass->send (carrier, packets, n, out_errno);
}

/* The address of this machine that its packets leave from; false while it has none. */
static inline bool
culvert_carrier_local (CulvertCarrier *carrier, CulvertAddress *out_local)
{
  return carrier->klass->local (carrier, out_local);
}

/* Opened or not. Accepts NULL. */
static inline void
culvert_carrier_free (CulvertCarrier *carrier)
{
  if (carrier != NULL)
    carrier->klass->free (carrier);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Fake TCP, WIRE.md 11: datagrams as the payload of hand-made TCP segments on connections whose
 * handshake was done by the kernels. Linux only, with CAP_NET_RAW; no firewall rules.
 *
 * Beside each connection of the kernel's, which is muted (culvert-faketcp-raw.h), stands a flow
 * with the numbers of our own segments. The connection's end is the flow's end. A connection is
 * closed by a reset, because its numbers are out of date by then.
 *
 * A client's carrier is one connection. Until its first handshake is through the carrier is
 * full; when that fails, or the connection ends later, what is sent is lost, like on a network
 * that is down, and the connection is tried again from the same port, so that the server finds
 * its session.
 *
 * A server's carrier is all ports of the range and all peers on one worker. Peers' addresses
 * have local_port set. Flows without a word for CULVERT_FLOW_IDLE are dropped. */
#pragma once

#include "culvert-carrier.h"

/* Whether this process may: 0, EPERM without the capability, EOPNOTSUPP where there is no fake
 * TCP. */
int culvert_faketcp_check (void) CULVERT_WARN_UNUSED;

/* NULL with *out_errno. The handshake begins when the carrier is opened. */
CulvertCarrier *culvert_faketcp_connect (const CulvertAddress *peer,
                                         const CulvertUdpOptions *options,
                                         int *out_errno);

/* Worker index of n_parts that share the ports; each port's peers are divided by their ports. */
typedef struct
{
  uint16_t port_min;
  uint16_t port_max;
  unsigned n_parts;
  unsigned index;     /* carriers are made in this order */
  unsigned max_flows;
} CulvertFakeTcpRange;

/* Listens on local with each port of the range. NULL with *out_errno. */
CulvertCarrier *culvert_faketcp_listen (const CulvertAddress *local,
                                        const CulvertFakeTcpRange *range,
                                        const CulvertUdpOptions *options,
                                        int *out_errno);

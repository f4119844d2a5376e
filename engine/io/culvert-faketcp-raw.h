/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Raw sockets of fake TCP, and the filters that keep the kernel out of it (Linux; CAP_NET_RAW).
 *
 * A raw socket gets a copy of every TCP segment that arrives in its network namespace. A filter
 * lets only those of our ports through, and only those of this worker where several share the
 * ports. The caller still checks ports and addresses: segments that came before the filter stood
 * are queued.
 *
 * The kernel's own sockets, which hold the connections open, must neither acknowledge nor reset
 * what they do not understand. There are two ways:
 *
 *   mute        a filter drops every segment with data before TCP looks at it. Handshake, FIN
 *               and RST go on working, accepted sockets inherit it from the listener. Since
 *               Linux 6.18 it needs CAP_NET_ADMIN.
 *   mute_late   a hop count that no segment has is asked of a connection that stands: the kernel
 *               drops all that comes. Anyone may. The end of the connection must be seen in the
 *               raw socket then, and what came before is acknowledged. */
#pragma once

#include "culvert-faketcp-flow.h"

typedef struct
{
  int fd;
  sa_family_t family;
  bool is_connected;
} CulvertRaw;

/* Ranges include both ends. */
typedef struct
{
  uint16_t local_min;
  uint16_t local_max;
  uint16_t peer_min;
  uint16_t peer_max;
  unsigned n_parts; /* peer's port modulo n_parts is index; 1: all */
  unsigned index;
} CulvertRawFilter;

/* Sets *out_errno and returns false when it cannot; EPERM: the capability is missing. */
bool culvert_raw_open (CulvertRaw *raw,
                       sa_family_t family,
                       const CulvertUdpOptions *options,
                       const CulvertRawFilter *filter,
                       int *out_errno);
bool culvert_raw_set_filter (CulvertRaw *raw, const CulvertRawFilter *filter, int *out_errno);
/* Only what was sent to this address arrives. */
bool culvert_raw_bind (CulvertRaw *raw, const CulvertAddress *local, int *out_errno);
/* Only what this peer sent arrives, and what ICMP says of it. */
bool culvert_raw_connect (CulvertRaw *raw, const CulvertAddress *peer, int *out_errno);
void culvert_raw_close (CulvertRaw *raw);

/* Of a kernel socket before connect or listen. EPERM: not for us, mute it late. */
bool culvert_raw_mute (int fd, int *out_errno);
void culvert_raw_mute_late (int fd);
/* Our segments and the kernel's get the same hop count, which is not what mute_late asks for. */
void culvert_raw_set_hops (int fd);
/* Of a listener that shares its port and listens already: which of n_parts, in the order they
 * began to listen, takes a connection. */
bool culvert_raw_steer (int fd, unsigned n_parts, int *out_errno);

/* The TCP part of one segment, writable; from's ports are 0 and the caller's to set. */
typedef void (*CulvertRawFunc) (void *data, uint8_t *tcp, size_t len, CulvertAddress *from);

/* One recvmmsg of at most n messages. How many there were, those that were no TCP (*n_bad is
 * raised) included; -1 with *out_errno. */
int culvert_raw_receive (const CulvertRaw *raw,
                         CulvertUdpSlabs *slabs,
                         unsigned n,
                         CulvertRawFunc func,
                         void *data,
                         unsigned *n_bad,
                         int *out_errno);

#define CULVERT_RAW_BATCH 64

typedef struct
{
  CulvertFlow *flow;     /* of the socket's family, may transmit */
  CulvertPacket *packet;
} CulvertRawItem;

/* Sends items[0..n), n at most CULVERT_RAW_BATCH, in order with the numbers of their flows. How
 * many left, with the errno of what stopped it in *out_errno; the numbers of the rest are taken
 * back. */
unsigned culvert_raw_send (const CulvertRaw *raw,
                           const CulvertRawItem *items,
                           unsigned n,
                           int *out_errno);

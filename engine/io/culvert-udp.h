/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Datagram sockets in batches. One file per system behind this header: -linux.c (recvmmsg,
 * sendmmsg, UDP_SEGMENT, UDP_GRO) and -gio.c (GSocket). Features are probed by use: the first EIO
 * or EINVAL with UDP_SEGMENT switches it off for that socket and the run is sent again one by one.
 *
 * A socket belongs to one worker. Sockets are non-blocking and close-on-exec from birth. */
#pragma once

#include "culvert-base.h"
#include "culvert-packet.h"

#include <sys/socket.h>
#include <netinet/in.h>

typedef struct _CulvertUdp CulvertUdp;

/* A peer's address; packet->dest points to one. */
typedef struct
{
  socklen_t len;
  uint16_t local_port; /* fake TCP: the one of our ports it speaks to; 0 elsewhere */
  union
  {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
  } addr;
} CulvertAddress;

bool culvert_address_equal (const CulvertAddress *a, const CulvertAddress *b);
/* Ports apart. */
bool culvert_address_same_host (const CulvertAddress *a, const CulvertAddress *b);
uint32_t culvert_address_hash (const CulvertAddress *a, uint32_t seed);
/* "host:port" or "[host]:port"; IPv4-mapped addresses as IPv4. buf: CULVERT_ADDRESS_TEXT bytes. */
#define CULVERT_ADDRESS_TEXT 72
void culvert_address_format (const CulvertAddress *address, char buf[CULVERT_ADDRESS_TEXT]);
/* Reads a numeric literal without brackets; IPv6 may carry a zone (fe80::1%eth0).
 * Codes: CULVERT_E_INVAL for names, the empty string and anything else. */
int culvert_address_parse (const char *host,
                           uint16_t port,
                           CulvertAddress *out) CULVERT_WARN_UNUSED;

typedef struct
{
  bool reuse_port;  /* several workers on one port */
  int sockbuf;      /* bytes for SO_RCVBUF and SO_SNDBUF, 0: leave */
  int dscp;         /* WIRE.md 12.5 */
  bool v6_only;
  bool no_gso;      /* never UDP_SEGMENT or UDP_GRO (tests) */
} CulvertUdpOptions;

/* Bound to local, unconnected (server). NULL with errno set (Linux) and *out_errno. */
CulvertUdp *culvert_udp_bind (const CulvertAddress *local,
                              const CulvertUdpOptions *options,
                              int *out_errno);
/* Ephemeral port, connected to peer (client): foreign sources never arrive and ICMP errors do. */
CulvertUdp *culvert_udp_connect (const CulvertAddress *peer,
                                 const CulvertUdpOptions *options,
                                 int *out_errno);
void culvert_udp_free (CulvertUdp *udp);
int culvert_udp_fd (const CulvertUdp *udp);
void culvert_udp_local (const CulvertUdp *udp, CulvertAddress *out_address);

/* Receive slabs of a worker: lent for one call of the handler, reused at once. */
typedef struct _CulvertUdpSlabs CulvertUdpSlabs;
CulvertUdpSlabs *culvert_udp_slabs_new (void);
void culvert_udp_slabs_free (CulvertUdpSlabs *slabs);

/* One datagram, writable, valid during the call. Datagrams longer than 1500 bytes are dropped
 * before. The callback must not free the socket; it defers that. */
typedef void (*CulvertUdpFunc) (void *data,
                                uint8_t *datagram,
                                size_t len,
                                const CulvertAddress *from);

/* Receives about budget datagrams and hands them over: what the kernel merged into one message is
 * never split between two calls. Returns how many, those dropped for their length included;
 * CULVERT_E_AGAIN when there was none. *out_errno: last ICMP error reported by the socket
 * (ECONNREFUSED, EHOSTUNREACH, …), 0 if none: the caller treats it as a hint, never as fatal. */
int culvert_udp_receive (CulvertUdp *udp,
                         CulvertUdpSlabs *slabs,
                         unsigned budget,
                         CulvertUdpFunc func,
                         void *data,
                         int *out_errno);

/* Sends packets[0..n) in order, each to packet->dest (NULL on a connected socket). Runs of equal
 * size and destination leave in one call with UDP_SEGMENT; a last, shorter packet may end a run.
 * Returns how many were taken from the front (sent, or lost to a passing error such as
 * ENETUNREACH, EPERM, ECONNREFUSED, which counts as packet loss, *out_errno tells); fewer than n
 * when the socket is full: wait for CULVERT_READY_OUT. Packets stay the caller's. */
unsigned culvert_udp_send (CulvertUdp *udp,
                           CulvertPacket *const *packets,
                           unsigned n,
                           int *out_errno);

/* Whether UDP_SEGMENT is still in use on this socket. */
bool culvert_udp_has_gso (const CulvertUdp *udp);

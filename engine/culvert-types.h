/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Forward declarations and enums that several public headers share. */
#pragma once

#include <gio/gio.h>

/* Put in front of every function the library exports; all else is hidden. */
#define CULVERT_AVAILABLE __attribute__ ((visibility ("default"))) extern

typedef struct _CulvertConfig CulvertConfig;
typedef struct _CulvertEngine CulvertEngine;
typedef struct _CulvertTunnel CulvertTunnel;
typedef struct _CulvertStats CulvertStats;

/* Which end of the tunnel; the values are bits, so that a setting can name both. */
typedef enum
{
  CULVERT_ROLE_CLIENT = 1 << 0, /* accepts local connections, dials the server */
  CULVERT_ROLE_SERVER = 1 << 1, /* listens for clients, dials the target */
} CulvertRole;

#define CULVERT_ROLE_BOTH (CULVERT_ROLE_CLIENT | CULVERT_ROLE_SERVER)

/* Severity of a message; a lower value weighs more. */
typedef enum
{
  CULVERT_LOG_ERROR,
  CULVERT_LOG_WARNING,
  CULVERT_LOG_INFO,
  CULVERT_LOG_DEBUG,
} CulvertLogLevel;

/* What a tunnel honestly is; the same words for engine, command and desktop. KCP has no handshake,
 * so nothing but an authenticated packet of the peer proves a connection.
 *
 * A client is CONNECTED while sessions answer and none of them is in doubt. A server has no peer
 * to call: it is CONNECTED while a peer was heard in the last 30 s; otherwise it is VERIFYING with
 * the reason NOBODY, "listening, nobody here", which is no error. Events of single peers (wrong
 * keys, scans) do not change a server's state. */
typedef enum
{
  CULVERT_TUNNEL_OFF,
  CULVERT_TUNNEL_STARTING,            /* deriving keys, resolving, binding */
  CULVERT_TUNNEL_WAITING_FOR_NETWORK, /* no route to the peer */
  CULVERT_TUNNEL_VERIFYING,           /* listeners are bound, no valid packet of the peer yet */
  CULVERT_TUNNEL_CONNECTED,           /* the peer answers */
  CULVERT_TUNNEL_DEGRADED,            /* it does not, or not well: see the reason */
  CULVERT_TUNNEL_STOPPING,            /* flushing: addresses are still taken, a start is refused */
  CULVERT_TUNNEL_FAILED,              /* could not start; the error tells why */
} CulvertTunnelState;

/* Why a tunnel is in its state. */
typedef enum
{
  CULVERT_REASON_NONE,
  CULVERT_REASON_NOBODY,        /* server: listening, nobody here */
  CULVERT_REASON_NO_NETWORK,    /* no route, no address of ours */
  CULVERT_REASON_NO_ANSWER,     /* the peer has not answered yet, although asked for a while */
  CULVERT_REASON_STALLED,       /* it did answer, and does not any more */
  CULVERT_REASON_UNRESOLVED,    /* the name does not resolve */
  CULVERT_REASON_UNREACHABLE,   /* ICMP: nobody listens there, or no way to it */
  CULVERT_REASON_KEY,           /* packets come that fail their check: key or cipher */
  CULVERT_REASON_PROTOCOL,      /* smux version, compression or QPP differ */
  CULVERT_REASON_LARGE_PACKETS, /* the path drops large packets */
  CULVERT_REASON_RESOURCES,     /* out of descriptors or memory */
} CulvertTunnelReason;

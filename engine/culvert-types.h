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

/* KCP has no handshake: ACTIVE means that a valid packet of the peer was seen. */
typedef enum
{
  CULVERT_TUNNEL_STOPPED,
  CULVERT_TUNNEL_STARTING,  /* resolving, binding, deriving keys */
  CULVERT_TUNNEL_LISTENING, /* listeners are bound, nothing heard yet */
  CULVERT_TUNNEL_ACTIVE,    /* a valid packet of the peer was seen */
  CULVERT_TUNNEL_STALLED,   /* data in flight and nothing heard for the dead time */
  CULVERT_TUNNEL_STOPPING,  /* flushing within the grace period */
  CULVERT_TUNNEL_FAILED,    /* could not start; the error tells why */
} CulvertTunnelState;

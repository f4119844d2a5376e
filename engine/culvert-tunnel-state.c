/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The words for states and reasons, and which state follows from what is known of a run. */

#include "config.h"

#include "culvert-tunnel-private.h"

#include <errno.h>

const char *
culvert_tunnel_state_to_string (CulvertTunnelState state)
{
  switch (state)
    {
    case CULVERT_TUNNEL_OFF:
      return "off";
    case CULVERT_TUNNEL_STARTING:
      return "starting";
    case CULVERT_TUNNEL_WAITING_FOR_NETWORK:
      return "waiting for network";
    case CULVERT_TUNNEL_VERIFYING:
      return "verifying";
    case CULVERT_TUNNEL_CONNECTED:
      return "connected";
    case CULVERT_TUNNEL_DEGRADED:
      return "degraded";
    case CULVERT_TUNNEL_STOPPING:
      return "stopping";
    case CULVERT_TUNNEL_FAILED:
      return "failed";
    }
  return NULL;
}

const char *
culvert_tunnel_reason_to_string (CulvertTunnelReason reason)
{
  switch (reason)
    {
    case CULVERT_REASON_NONE:
      return "";
    case CULVERT_REASON_NOBODY:
      return "listening, nobody here";
    case CULVERT_REASON_NO_NETWORK:
      return "no route to the peer";
    case CULVERT_REASON_NO_ANSWER:
      return "no answer: server down, packets dropped, or key or crypt differ";
    case CULVERT_REASON_STALLED:
      return "the peer has stopped answering";
    case CULVERT_REASON_UNRESOLVED:
      return "the name does not resolve";
    case CULVERT_REASON_UNREACHABLE:
      return "the network says that the peer is unreachable";
    case CULVERT_REASON_KEY:
      return "packets fail their check: key or crypt differ";
    case CULVERT_REASON_PROTOCOL:
      return "smuxver, nocomp or QPP differ";
    case CULVERT_REASON_LARGE_PACKETS:
      return "the path drops large packets";
    case CULVERT_REASON_RESOURCES:
      return "out of descriptors or memory";
    }
  return NULL;
}

GType
culvert_tunnel_state_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { CULVERT_TUNNEL_OFF, "CULVERT_TUNNEL_OFF", "off" },
    { CULVERT_TUNNEL_STARTING, "CULVERT_TUNNEL_STARTING", "starting" },
    { CULVERT_TUNNEL_WAITING_FOR_NETWORK, "CULVERT_TUNNEL_WAITING_FOR_NETWORK",
      "waiting-for-network" },
    { CULVERT_TUNNEL_VERIFYING, "CULVERT_TUNNEL_VERIFYING", "verifying" },
    { CULVERT_TUNNEL_CONNECTED, "CULVERT_TUNNEL_CONNECTED", "connected" },
    { CULVERT_TUNNEL_DEGRADED, "CULVERT_TUNNEL_DEGRADED", "degraded" },
    { CULVERT_TUNNEL_STOPPING, "CULVERT_TUNNEL_STOPPING", "stopping" },
    { CULVERT_TUNNEL_FAILED, "CULVERT_TUNNEL_FAILED", "failed" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("CulvertTunnelState", values));
  return type;
}

GType
culvert_tunnel_reason_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { CULVERT_REASON_NONE, "CULVERT_REASON_NONE", "none" },
    { CULVERT_REASON_NOBODY, "CULVERT_REASON_NOBODY", "nobody" },
    { CULVERT_REASON_NO_NETWORK, "CULVERT_REASON_NO_NETWORK", "no-network" },
    { CULVERT_REASON_NO_ANSWER, "CULVERT_REASON_NO_ANSWER", "no-answer" },
    { CULVERT_REASON_STALLED, "CULVERT_REASON_STALLED", "stalled" },
    { CULVERT_REASON_UNRESOLVED, "CULVERT_REASON_UNRESOLVED", "unresolved" },
    { CULVERT_REASON_UNREACHABLE, "CULVERT_REASON_UNREACHABLE", "unreachable" },
    { CULVERT_REASON_KEY, "CULVERT_REASON_KEY", "key" },
    { CULVERT_REASON_PROTOCOL, "CULVERT_REASON_PROTOCOL", "protocol" },
    { CULVERT_REASON_LARGE_PACKETS, "CULVERT_REASON_LARGE_PACKETS", "large-packets" },
    { CULVERT_REASON_RESOURCES, "CULVERT_REASON_RESOURCES", "resources" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("CulvertTunnelReason", values));
  return type;
}

GType
culvert_log_level_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { CULVERT_LOG_ERROR, "CULVERT_LOG_ERROR", "error" },
    { CULVERT_LOG_WARNING, "CULVERT_LOG_WARNING", "warning" },
    { CULVERT_LOG_INFO, "CULVERT_LOG_INFO", "info" },
    { CULVERT_LOG_DEBUG, "CULVERT_LOG_DEBUG", "debug" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("CulvertLogLevel", values));
  return type;
}

/* -- verdict ------------------------------------------------------------------------ */

CulvertTunnelVerdict
culvert_tunnel_judge (const CulvertTunnelFacts *facts)
{
  CulvertTunnelVerdict verdict = { CULVERT_TUNNEL_CONNECTED, CULVERT_REASON_NONE };

  if (facts->is_server)
    {
      if (facts->n_heard == 0)
        verdict = (CulvertTunnelVerdict) { CULVERT_TUNNEL_VERIFYING, CULVERT_REASON_NOBODY };
    }
  else if (facts->n_stalled > 0)
    verdict = (CulvertTunnelVerdict) { CULVERT_TUNNEL_DEGRADED, CULVERT_REASON_STALLED };
  else if (facts->n_heard > 0)
    ;
  else if (facts->trouble == CULVERT_REASON_NO_NETWORK)
    verdict = (CulvertTunnelVerdict) { CULVERT_TUNNEL_WAITING_FOR_NETWORK, facts->trouble };
  else if (facts->trouble != CULVERT_REASON_NONE)
    verdict = (CulvertTunnelVerdict) { CULVERT_TUNNEL_DEGRADED, facts->trouble };
  else
    verdict.state = CULVERT_TUNNEL_VERIFYING;
  return verdict;
}

static CulvertTunnelReason
culvert_tunnel_socket_trouble (int error)
{
  switch (error)
    {
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EINVAL: /* the source address of a connected socket is gone */
      return CULVERT_REASON_NO_NETWORK;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EPROTO:
    case EACCES:
    case EPERM:
      return CULVERT_REASON_UNREACHABLE;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return CULVERT_REASON_RESOURCES;
    default:
      return CULVERT_REASON_NONE;
    }
}

CulvertTunnelReason
culvert_tunnel_trouble (const CulvertReport *report)
{
  switch (report->kind)
    {
    case CULVERT_REPORT_SOCKET_ERROR:
      return culvert_tunnel_socket_trouble (report->error);
    case CULVERT_REPORT_RESOLVE_FAILED:
      return CULVERT_REASON_UNRESOLVED;
    case CULVERT_REPORT_UNAUTHENTICATED:
      return CULVERT_REASON_KEY;
    case CULVERT_REPORT_SESSION_CLOSED:
      if (report->code == CULVERT_CLOSE_SIZE)
        return CULVERT_REASON_LARGE_PACKETS;
      if (report->code == CULVERT_CLOSE_PROTOCOL || report->code == CULVERT_CLOSE_COMP
          || report->code == CULVERT_CLOSE_REJECTED)
        return CULVERT_REASON_PROTOCOL;
      return report->code == CULVERT_CLOSE_TIMEOUT || report->code == CULVERT_CLOSE_DEAD
               || report->code == CULVERT_CLOSE_UNANSWERED
             ? CULVERT_REASON_NO_ANSWER
             : CULVERT_REASON_NONE;
    default:
      return CULVERT_REASON_NONE;
    }
}

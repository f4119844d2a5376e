/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The client's connection.
 *
 *   CONNECTING → CONNECTED → FAILED → CONNECTING …
 *
 * CONNECTED becomes of use ("up") with the first numbers, which the raw socket has from the
 * server's SYN. An attempt without success in CULVERT_DIAL_TIMEOUT starts over instead of
 * waiting for the kernel's ever longer intervals: a network that comes back is used at once. */

#include "config.h"

#include "culvert-address-private.h"
#include "culvert-faketcp-private.h"

#include <errno.h>
#include <unistd.h>

#define CULVERT_DIAL_TIMEOUT (3 * CULVERT_SEC)
#define CULVERT_DIAL_PAUSE (CULVERT_SEC / 2)

static CulvertRawFilter
culvert_dial_filter (const CulvertFakeTcp *tcp)
{
  uint16_t peer_port = culvert_address_port (&tcp->peer);
  uint16_t local_port = tcp->dial->flow.peer.local_port;

  return (CulvertRawFilter) {
    .local_min = local_port,
    .local_max = local_port != 0 ? local_port : UINT16_MAX,
    .peer_min = peer_port,
    .peer_max = peer_port,
    .n_parts = 1,
  };
}

bool
culvert_faketcp_dial_is_up (const CulvertFakeTcp *tcp)
{
  return tcp->state == CULVERT_DIAL_CONNECTED && tcp->dial->flow.has_seq;
}

void
culvert_faketcp_dial_learned (CulvertFakeTcp *tcp)
{
  if (!culvert_faketcp_dial_is_up (tcp) || tcp->timer.entry.key == CULVERT_TIME_NEVER)
    return;
  culvert_reactor_disarm (tcp->host.reactor, &tcp->timer);
  culvert_reactor_defer (tcp->host.reactor, &tcp->wake);
}

static void
culvert_dial_fail (CulvertFakeTcp *tcp, int error)
{
  CulvertReactor *reactor = tcp->host.reactor;

  culvert_faketcp_hang_up (tcp->dial);
  tcp->state = CULVERT_DIAL_FAILED;
  tcp->has_failed = true;
  tcp->error = error;
  culvert_reactor_defer (reactor, &tcp->wake);
  culvert_reactor_arm (reactor, &tcp->timer, culvert_reactor_now (reactor) + CULVERT_DIAL_PAUSE);
}

void
culvert_faketcp_dial_ended (CulvertFakeTcp *tcp)
{
  /* While it connects, the kernel knows best. */
  if (tcp->state == CULVERT_DIAL_CONNECTED)
    culvert_dial_fail (tcp, ECONNRESET);
}

static void
culvert_dial_ready_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  CulvertFakeTcp *tcp = CULVERT_LIST_ENTRY (watch, CulvertFakeConnection, watch)->tcp;
  int fd = tcp->dial->fd;
  int error = 0;
  socklen_t len = sizeof error;

  if (tcp->state == CULVERT_DIAL_CONNECTED)
    {
      if (!culvert_faketcp_drain (fd, &error))
        culvert_dial_fail (tcp, error != 0 ? error : ECONNRESET);
      return;
    }
  if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
    error = errno;
  if (error != 0)
    {
      culvert_dial_fail (tcp, error);
      return;
    }
  if ((ready & CULVERT_READY_OUT) == 0)
    return;
  tcp->state = CULVERT_DIAL_CONNECTED;
  if (tcp->mutes_late)
    culvert_raw_mute_late (fd);
  culvert_reactor_modify (tcp->host.reactor, watch, CULVERT_READY_IN);
  culvert_faketcp_dial_learned (tcp);
}

/* The kernel has chosen our end; the next attempts keep it. */
static bool
culvert_dial_name (CulvertFakeTcp *tcp, int *out_errno)
{
  CulvertFakeConnection *dial = tcp->dial;
  CulvertAddress local = { .len = sizeof local.addr };
  CulvertRawFilter filter;

  if (getsockname (dial->fd, &local.addr.sa, &local.len) < 0)
    {
      *out_errno = errno;
      return false;
    }
  culvert_flow_init (&dial->flow, &tcp->peer, &local, culvert_reactor_now (tcp->host.reactor));
  culvert_flow_table_add (&tcp->flows, &dial->flow);
  filter = culvert_dial_filter (tcp);
  return culvert_raw_set_filter (&tcp->raws[0].raw, &filter, out_errno);
}

/* False: *out_errno tells why; what was opened stays for culvert_dial_fail. */
static bool
culvert_dial_connect (CulvertFakeTcp *tcp, int *out_errno)
{
  CulvertFakeConnection *dial = tcp->dial;
  bool is_named = dial->flow.peer.local_port != 0;
  int tos = tcp->dscp << 2;

  dial->fd = socket (tcp->peer.addr.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (dial->fd < 0)
    {
      *out_errno = errno;
      return false;
    }
  /* Best effort: the handshake looks like what follows it. */
  (void) setsockopt (dial->fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
  if (!culvert_faketcp_prepare (tcp, dial->fd, out_errno))
    return false;
  if ((is_named && bind (dial->fd, &dial->flow.local.addr.sa, dial->flow.local.len) < 0)
      || (connect (dial->fd, &tcp->peer.addr.sa, tcp->peer.len) < 0 && errno != EINPROGRESS))
    {
      *out_errno = errno;
      return false;
    }
  if (is_named)
    culvert_flow_restart (&dial->flow);
  else if (!culvert_dial_name (tcp, out_errno))
    return false;
  *out_errno = ENOMEM;
  return culvert_faketcp_watch (dial, CULVERT_READY_OUT, culvert_dial_ready_cb);
}

static void
culvert_dial_attempt (CulvertFakeTcp *tcp)
{
  CulvertReactor *reactor = tcp->host.reactor;
  int error = 0;

  tcp->state = CULVERT_DIAL_CONNECTING;
  culvert_reactor_arm (reactor, &tcp->timer, culvert_reactor_now (reactor) + CULVERT_DIAL_TIMEOUT);
  if (!culvert_dial_connect (tcp, &error))
    culvert_dial_fail (tcp, error);
}

static void
culvert_dial_timer_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertFakeTcp *tcp = CULVERT_LIST_ENTRY (timer, CulvertFakeTcp, timer);

  if (tcp->state == CULVERT_DIAL_FAILED)
    culvert_dial_attempt (tcp);
  else
    culvert_dial_fail (tcp, ETIMEDOUT);
}

int
culvert_faketcp_dial_open (CulvertFakeTcp *tcp)
{
  culvert_dial_attempt (tcp);
  return CULVERT_OK;
}

void
culvert_faketcp_dial_close (CulvertFakeTcp *tcp)
{
  CulvertFakeConnection *dial = tcp->dial;

  if (tcp->host.reactor != NULL)
    culvert_reactor_disarm (tcp->host.reactor, &tcp->timer);
  culvert_faketcp_hang_up (dial);
  if (dial->flow.peer.local_port != 0)
    culvert_flow_table_remove (&tcp->flows, &dial->flow);
  g_free (dial);
}

CulvertCarrier *
culvert_faketcp_connect (const CulvertAddress *peer,
                         const CulvertUdpOptions *options,
                         int *out_errno)
{
  CulvertFakeTcp *tcp = culvert_faketcp_new ();
  CulvertRawFilter filter;

  culvert_timer_init (&tcp->timer, culvert_dial_timer_cb);
  tcp->peer = *peer;
  tcp->dscp = options->dscp;
  culvert_address_unmap (&tcp->peer);
  tcp->dial = g_new0 (CulvertFakeConnection, 1);
  tcp->dial->tcp = tcp;
  tcp->dial->fd = -1;
  filter = culvert_dial_filter (tcp);
  if (culvert_faketcp_add_raw (tcp, tcp->peer.addr.sa.sa_family, options, &filter, out_errno)
      && culvert_raw_connect (&tcp->raws[0].raw, &tcp->peer, out_errno))
    return &tcp->carrier;
  tcp->carrier.klass->free (&tcp->carrier);
  return NULL;
}

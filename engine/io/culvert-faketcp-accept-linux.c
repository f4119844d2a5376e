/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The server's ports and the connections that clients made to them.
 *
 * A flow exists from the moment its connection is accepted, so nobody gets memory here without a
 * finished handshake. What a client sends at once may be seen before that connection was; then
 * the listener is looked at in between. */

#include "config.h"

#include "culvert-address-private.h"
#include "culvert-faketcp-private.h"

#include <errno.h>
#include <unistd.h>

#define CULVERT_ACCEPT_BUDGET 64
#define CULVERT_ACCEPT_PAUSE (1 * CULVERT_SEC)

void
culvert_faketcp_accept_drop (CulvertFakeConnection *connection)
{
  culvert_faketcp_hang_up (connection);
  culvert_flow_table_remove (&connection->tcp->flows, &connection->flow);
  g_free (connection);
}

static void
culvert_accept_connection_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  CulvertFakeConnection *connection = CULVERT_LIST_ENTRY (watch, CulvertFakeConnection, watch);
  int error;

  if (!culvert_faketcp_drain (connection->fd, &error))
    culvert_faketcp_accept_drop (connection);
}

static void
culvert_accept_arm (CulvertFakeTcp *tcp)
{
  CulvertFlow *flow = culvert_flow_table_idle_since (&tcp->flows, CULVERT_TIME_NEVER);

  culvert_reactor_arm (tcp->host.reactor, &tcp->timer,
                       flow != NULL ? flow->heard_at + CULVERT_FLOW_IDLE : CULVERT_TIME_NEVER);
}

static void
culvert_accept_timer_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertFakeTcp *tcp = CULVERT_LIST_ENTRY (timer, CulvertFakeTcp, timer);
  CulvertFlow *flow;

  while ((flow = culvert_flow_table_idle_since (&tcp->flows, now - CULVERT_FLOW_IDLE)) != NULL)
    culvert_faketcp_accept_drop (CULVERT_LIST_ENTRY (flow, CulvertFakeConnection, flow));
  culvert_accept_arm (tcp);
}

/* Whether this worker sees what the peer sends. The kernel hands a connection to another one
 * while not all of them listen yet. */
static bool
culvert_accept_is_ours (const CulvertFakeTcp *tcp, const CulvertAddress *peer)
{
  return culvert_address_port (peer) % tcp->range.n_parts == tcp->range.index;
}

/* Takes fd. */
static void
culvert_accept_take (CulvertFakeTcp *tcp, int fd, const CulvertAddress *peer, CulvertTime now)
{
  CulvertAddress local = { .len = sizeof local.addr };
  CulvertFakeConnection *connection = NULL;
  CulvertFlow *old;

  if (tcp->flows.n < tcp->range.max_flows && culvert_accept_is_ours (tcp, peer)
      && getsockname (fd, &local.addr.sa, &local.len) == 0)
    connection = g_try_new0 (CulvertFakeConnection, 1);
  if (connection == NULL)
    {
      close (fd);
      return;
    }
  if (tcp->mutes_late)
    culvert_raw_mute_late (fd);
  connection->tcp = tcp;
  connection->fd = fd;
  culvert_flow_init (&connection->flow, peer, &local, now);
  /* Its end was not heard of yet: the kernel would not have made a second one. */
  old = culvert_flow_table_find (&tcp->flows, &connection->flow.peer);
  if (old != NULL)
    culvert_faketcp_accept_drop (CULVERT_LIST_ENTRY (old, CulvertFakeConnection, flow));
  if (!culvert_faketcp_watch (connection, CULVERT_READY_IN, culvert_accept_connection_cb))
    {
      close (fd);
      g_free (connection);
      return;
    }
  culvert_flow_table_add (&tcp->flows, &connection->flow);
  if (tcp->flows.n == 1)
    culvert_accept_arm (tcp);
}

/* Out of descriptors or memory: what waits is looked at later. */
static void
culvert_accept_pause (CulvertFakeListener *listener, int error, CulvertTime now)
{
  CulvertFakeTcp *tcp = listener->tcp;

  tcp->error = error;
  culvert_reactor_defer (tcp->host.reactor, &tcp->wake);
  culvert_reactor_modify (tcp->host.reactor, &listener->watch, 0);
  culvert_reactor_arm (tcp->host.reactor, &tcp->resume, now + CULVERT_ACCEPT_PAUSE);
}

static void
culvert_accept_resume_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertFakeTcp *tcp = CULVERT_LIST_ENTRY (timer, CulvertFakeTcp, resume);

  for (unsigned i = 0; i < tcp->n_listeners; i++)
    culvert_reactor_modify (tcp->host.reactor, &tcp->listeners[i].watch, CULVERT_READY_IN);
}

static void
culvert_accept_from (CulvertFakeListener *listener, CulvertTime now)
{
  for (unsigned i = 0; i < CULVERT_ACCEPT_BUDGET; i++)
    {
      CulvertAddress peer = { .len = sizeof peer.addr };
      int fd = accept4 (listener->fd, &peer.addr.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

      if (fd >= 0)
        culvert_accept_take (listener->tcp, fd, &peer, now);
      else if (errno == EAGAIN || errno == EWOULDBLOCK)
        return;
      else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        {
          culvert_accept_pause (listener, errno, now);
          return;
        }
    }
}

static void
culvert_accept_ready_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  culvert_accept_from (CULVERT_LIST_ENTRY (watch, CulvertFakeListener, watch), now);
}

void
culvert_faketcp_accept (CulvertFakeTcp *tcp, uint16_t port, CulvertTime now)
{
  unsigned i = (unsigned) port - tcp->range.port_min;

  if (i < tcp->n_listeners && tcp->listeners[i].watch.interest != 0)
    culvert_accept_from (&tcp->listeners[i], now);
}

/* -- life ------------------------------------------------------------------------------- */

int
culvert_faketcp_accept_open (CulvertFakeTcp *tcp)
{
  for (unsigned i = 0; i < tcp->n_listeners; i++)
    if (culvert_reactor_add (tcp->host.reactor, &tcp->listeners[i].watch, tcp->listeners[i].fd,
                             CULVERT_READY_IN, culvert_accept_ready_cb)
        < 0)
      return CULVERT_E_NOMEM;
  return CULVERT_OK;
}

void
culvert_faketcp_accept_close (CulvertFakeTcp *tcp)
{
  CulvertFlow *flow;

  for (unsigned i = 0; i < tcp->n_listeners; i++)
    {
      if (tcp->host.reactor != NULL)
        culvert_reactor_remove (tcp->host.reactor, &tcp->listeners[i].watch);
      close (tcp->listeners[i].fd);
    }
  g_free (tcp->listeners);
  while ((flow = culvert_flow_table_idle_since (&tcp->flows, CULVERT_TIME_NEVER)) != NULL)
    culvert_faketcp_accept_drop (CULVERT_LIST_ENTRY (flow, CulvertFakeConnection, flow));
  if (tcp->host.reactor == NULL)
    return;
  culvert_reactor_disarm (tcp->host.reactor, &tcp->timer);
  culvert_reactor_disarm (tcp->host.reactor, &tcp->resume);
}

/* A socket that listens; -1 with *out_errno. */
static int
culvert_accept_listen (CulvertFakeTcp *tcp,
                       const CulvertAddress *local,
                       const CulvertFakeTcpRange *range,
                       const CulvertUdpOptions *options,
                       int *out_errno)
{
  int family = local->addr.sa.sa_family;
  int fd = socket (family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  int v6_only = options->v6_only;
  int tos = options->dscp << 2;
  bool is_shared = range->n_parts > 1;

  if (fd >= 0 && family == AF_INET6)
    (void) setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  if (fd >= 0 && culvert_faketcp_prepare (tcp, fd, out_errno)
      && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
      && setsockopt (fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos) == 0
      && (!is_shared || setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0)
      && bind (fd, &local->addr.sa, local->len) == 0
      && listen (fd, SOMAXCONN) == 0
      && (!is_shared || culvert_raw_steer (fd, range->n_parts, out_errno)))
    return fd;
  *out_errno = errno;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Sockets of other programs could share a port unnoticed: the first of ours looks whether it is
 * free. */
static bool
culvert_accept_is_free (CulvertFakeTcp *tcp,
                        const CulvertAddress *local,
                        const CulvertFakeTcpRange *range,
                        const CulvertUdpOptions *options,
                        int *out_errno)
{
  CulvertFakeTcpRange alone = *range;
  int fd;

  if (range->n_parts == 1 || range->index > 0)
    return true;
  alone.n_parts = 1;
  fd = culvert_accept_listen (tcp, local, &alone, options, out_errno);
  if (fd < 0)
    return false;
  close (fd);
  return true;
}

static bool
culvert_accept_add_ports (CulvertFakeTcp *tcp,
                          const CulvertAddress *local,
                          const CulvertFakeTcpRange *range,
                          const CulvertUdpOptions *options,
                          int *out_errno)
{
  CulvertAddress address = *local;

  tcp->listeners = g_new0 (CulvertFakeListener, (size_t) range->port_max - range->port_min + 1);
  for (unsigned port = range->port_min; port <= range->port_max; port++)
    {
      CulvertFakeListener *listener = &tcp->listeners[tcp->n_listeners];

      culvert_address_set_port (&address, (uint16_t) port);
      if (!culvert_accept_is_free (tcp, &address, range, options, out_errno))
        return false;
      listener->fd = culvert_accept_listen (tcp, &address, range, options, out_errno);
      if (listener->fd < 0)
        return false;
      listener->tcp = tcp;
      tcp->n_listeners++;
    }
  return true;
}

/* Raw sockets of both families for [::], which takes clients of both. */
static bool
culvert_accept_add_raws (CulvertFakeTcp *tcp,
                         const CulvertAddress *local,
                         const CulvertFakeTcpRange *range,
                         const CulvertUdpOptions *options,
                         int *out_errno)
{
  const CulvertRawFilter filter = {
    .local_min = range->port_min,
    .local_max = range->port_max,
    .peer_max = UINT16_MAX,
    .n_parts = range->n_parts,
    .index = range->index,
  };
  CulvertAddress any;

  if (!culvert_faketcp_add_raw (tcp, local->addr.sa.sa_family, options, &filter, out_errno)
      || !culvert_raw_bind (&tcp->raws[0].raw, local, out_errno))
    return false;
  return options->v6_only || !culvert_address_any_v4 (local, &any)
         || culvert_faketcp_add_raw (tcp, AF_INET, options, &filter, out_errno);
}

CulvertCarrier *
culvert_faketcp_listen (const CulvertAddress *local,
                        const CulvertFakeTcpRange *range,
                        const CulvertUdpOptions *options,
                        int *out_errno)
{
  CulvertFakeTcp *tcp = culvert_faketcp_new ();
  CulvertAddress address = *local;

  culvert_address_unmap (&address);
  culvert_timer_init (&tcp->timer, culvert_accept_timer_cb);
  culvert_timer_init (&tcp->resume, culvert_accept_resume_cb);
  tcp->range = *range;
  if (culvert_accept_add_raws (tcp, &address, range, options, out_errno)
      && culvert_accept_add_ports (tcp, &address, range, options, out_errno))
    return &tcp->carrier;
  tcp->carrier.klass->free (&tcp->carrier);
  return NULL;
}

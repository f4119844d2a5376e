/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-address-private.h"
#include "culvert-faketcp-private.h"
#include "culvert-udp-linux.h"

#include <errno.h>
#include <unistd.h>

/* Connections may be ready to be accepted when their first segment is seen: looks in one receive
 * call. */
#define CULVERT_FAKETCP_LOOKS 8

typedef struct
{
  CulvertFakeTcp *tcp;
  CulvertUdpFunc func;
  void *data;
  CulvertTime now;
  unsigned n_bad;      /* malformed, or merged on the way */
  unsigned n_csum;
  unsigned looks_left;
} CulvertFakeReceive;

int
culvert_faketcp_check (void)
{
  CulvertUdpOptions options = { 0 };
  CulvertRawFilter filter = { .n_parts = 1 };
  CulvertRaw raw;
  int error = 0;

  if (!culvert_raw_open (&raw, AF_INET, &options, &filter, &error)
      && (error != EAFNOSUPPORT || !culvert_raw_open (&raw, AF_INET6, &options, &filter, &error)))
    return error;
  culvert_raw_close (&raw);
  return 0;
}

/* -- kernel connections ------------------------------------------------------------------ */

bool
culvert_faketcp_prepare (CulvertFakeTcp *tcp, int fd, int *out_errno)
{
  const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
  const int off = 0;

  if (setsockopt (fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) < 0
      || setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off) < 0)
    {
      *out_errno = errno;
      return false;
    }
  culvert_raw_set_hops (fd);
  tcp->mutes_late = !culvert_raw_mute (fd, out_errno);
  return !tcp->mutes_late || *out_errno == EPERM;
}

bool
culvert_faketcp_watch (CulvertFakeConnection *connection, unsigned interest, CulvertWatchFunc func)
{
  return culvert_reactor_add (connection->tcp->host.reactor, &connection->watch, connection->fd,
                              interest, func)
         == CULVERT_OK;
}

bool
culvert_faketcp_drain (int fd, int *out_errno)
{
  uint8_t bytes[256];
  ssize_t n = recv (fd, bytes, sizeof bytes, MSG_DONTWAIT);

  *out_errno = n < 0 ? errno : 0;
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void
culvert_faketcp_hang_up (CulvertFakeConnection *connection)
{
  if (connection->fd < 0)
    return;
  culvert_reactor_remove (connection->tcp->host.reactor, &connection->watch);
  close (connection->fd);
  connection->fd = -1;
}

/* -- receiving ---------------------------------------------------------------------------- */

static CulvertFlow *
culvert_faketcp_find (CulvertFakeReceive *call,
                      const CulvertTcpSegment *segment,
                      const CulvertAddress *from)
{
  CulvertFakeTcp *tcp = call->tcp;
  CulvertFlow *flow = culvert_flow_table_find (&tcp->flows, from);

  if (flow != NULL || tcp->dial != NULL || (segment->flags & CULVERT_TCP_PSH) == 0
      || call->looks_left == 0)
    return flow;
  call->looks_left--;
  culvert_faketcp_accept (tcp, segment->to_port, call->now);
  return culvert_flow_table_find (&tcp->flows, from);
}

static void
culvert_faketcp_end (CulvertFakeTcp *tcp, CulvertFlow *flow)
{
  if (tcp->dial != NULL)
    culvert_faketcp_dial_ended (tcp);
  else
    culvert_faketcp_accept_drop (CULVERT_LIST_ENTRY (flow, CulvertFakeConnection, flow));
}

static void
culvert_faketcp_segment_cb (void *data, uint8_t *bytes, size_t len, CulvertAddress *from)
{
  CulvertFakeReceive *call = data;
  CulvertFakeTcp *tcp = call->tcp;
  CulvertTcpSegment segment;
  CulvertFlow *flow;

  if (culvert_tcp_segment_parse (bytes, len, &segment) < 0)
    {
      call->n_bad++;
      return;
    }
  culvert_address_set_port (from, segment.from_port);
  from->local_port = segment.to_port;
  flow = culvert_faketcp_find (call, &segment, from);
  if (flow == NULL)
    return;
  if (segment.payload_len > CULVERT_PACKET_MAX)
    {
      call->n_bad++;
      return;
    }
  if (!culvert_tcp_segment_check (bytes, len, flow->pseudo))
    {
      call->n_csum++;
      return;
    }
  /* Where the kernel still sees the end it knows better. */
  if (tcp->mutes_late && culvert_flow_is_ended_by (flow, &segment))
    {
      culvert_faketcp_end (tcp, flow);
      return;
    }
  if ((segment.flags & CULVERT_TCP_RST) != 0)
    return;
  culvert_flow_receive (flow, &segment);
  culvert_flow_table_touch (&tcp->flows, flow, call->now);
  if (tcp->dial != NULL)
    culvert_faketcp_dial_learned (tcp);
  if ((segment.flags & CULVERT_TCP_PSH) != 0 && segment.payload_len > 0
      && (tcp->dial == NULL || culvert_faketcp_dial_is_up (tcp)))
    call->func (call->data, segment.payload, segment.payload_len, &flow->peer);
}

/* Reads one socket until it is empty or the budget is spent. */
static unsigned
culvert_faketcp_receive_from (CulvertFakeRaw *end,
                              CulvertFakeReceive *call,
                              CulvertUdpSlabs *slabs,
                              unsigned budget,
                              int *out_errno)
{
  unsigned total = 0;

  while (total < budget)
    {
      unsigned want = MIN (budget - total, CULVERT_UDP_SLABS);
      int error = 0;
      int n = culvert_raw_receive (&end->raw, slabs, want, culvert_faketcp_segment_cb, call,
                                   &call->n_bad, &error);

      if (n < 0 && error != EAGAIN && error != EWOULDBLOCK)
        {
          /* What ICMP told about an earlier segment; reading it cleared it. It counts, so that a
           * flood of them ends, too. */
          if (error != EINTR)
            *out_errno = error;
          budget--;
          continue;
        }
      total += (unsigned) MAX (n, 0);
      if (n < (int) want)
        {
          end->is_ready = false;
          break;
        }
    }
  return total;
}

static int
culvert_faketcp_receive (CulvertCarrier *carrier,
                         CulvertUdpSlabs *slabs,
                         unsigned budget,
                         CulvertUdpFunc func,
                         void *data,
                         int *out_errno)
{
  CulvertFakeTcp *tcp = (CulvertFakeTcp *) carrier;
  CulvertFakeReceive call = {
    .tcp = tcp,
    .func = func,
    .data = data,
    .now = culvert_reactor_now (tcp->host.reactor),
    .looks_left = CULVERT_FAKETCP_LOOKS,
  };
  unsigned total = 0;

  *out_errno = tcp->error;
  tcp->error = 0;
  for (unsigned i = 0; i < tcp->n_raws; i++)
    if (tcp->raws[i].is_ready && total < budget)
      total += culvert_faketcp_receive_from (&tcp->raws[i], &call, slabs, budget - total,
                                             out_errno);
  if (call.n_bad > 0)
    culvert_counter_add (&tcp->host.counters->in_errs, call.n_bad);
  if (call.n_csum > 0)
    culvert_counter_add (&tcp->host.counters->in_csum_errors, call.n_csum);
  return total > 0 ? (int) total : CULVERT_E_AGAIN;
}

/* -- sending -------------------------------------------------------------------------------- */

/* NULL: not sent, like on the way lost. */
static CulvertFlow *
culvert_faketcp_flow_of (CulvertFakeTcp *tcp, const CulvertPacket *packet)
{
  CulvertFlow *flow;

  if (tcp->dial != NULL)
    return culvert_faketcp_dial_is_up (tcp) ? &tcp->dial->flow : NULL;
  g_assert (packet->dest);
  flow = culvert_flow_table_find (&tcp->flows, packet->dest);
  return flow != NULL && flow->has_seq ? flow : NULL;
}

static CulvertFakeRaw *
culvert_faketcp_raw_of (CulvertFakeTcp *tcp, const CulvertFlow *flow)
{
  return &tcp->raws[tcp->raws[0].raw.family == flow->peer.addr.sa.sa_family ? 0 : 1];
}

/* What one call of culvert_raw_send is made from: a run of packets of one family, with those
 * that have no flow left out. */
typedef struct
{
  CulvertRawItem items[CULVERT_RAW_BATCH];
  unsigned ends[CULVERT_RAW_BATCH]; /* packets from the front up to and with item i */
  unsigned n;
  unsigned n_taken;                 /* packets looked at */
  CulvertFakeRaw *end;
} CulvertFakeRun;

static void
culvert_faketcp_collect (CulvertFakeTcp *tcp,
                         CulvertPacket *const *packets,
                         unsigned n,
                         CulvertFakeRun *run)
{
  const void *dest = NULL;
  CulvertFlow *flow = NULL;

  run->n = 0;
  run->end = NULL;
  for (run->n_taken = 0; run->n_taken < n && run->n < CULVERT_RAW_BATCH; run->n_taken++)
    {
      CulvertPacket *packet = packets[run->n_taken];

      if (run->n_taken == 0 || packet->dest != dest)
        flow = culvert_faketcp_flow_of (tcp, packet);
      dest = packet->dest;
      if (flow == NULL)
        continue;
      if (run->end != NULL && run->end != culvert_faketcp_raw_of (tcp, flow))
        return;
      run->end = culvert_faketcp_raw_of (tcp, flow);
      run->items[run->n].flow = flow;
      run->items[run->n].packet = packet;
      run->ends[run->n++] = run->n_taken + 1;
    }
}

static bool
culvert_faketcp_is_full (int error)
{
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

static unsigned
culvert_faketcp_send (CulvertCarrier *carrier,
                      CulvertPacket *const *packets,
                      unsigned n,
                      int *out_errno)
{
  CulvertFakeTcp *tcp = (CulvertFakeTcp *) carrier;
  unsigned sent = 0;

  *out_errno = 0;
  if (tcp->dial != NULL && !culvert_faketcp_dial_is_up (tcp) && !tcp->has_failed)
    return 0;
  while (sent < n)
    {
      CulvertFakeRun run;
      int error = 0;
      unsigned n_sent;

      culvert_faketcp_collect (tcp, packets + sent, n - sent, &run);
      n_sent = run.n > 0 ? culvert_raw_send (&run.end->raw, run.items, run.n, &error) : 0;
      if (n_sent == run.n)
        {
          sent += run.n_taken;
          continue;
        }
      if (n_sent > 0)
        sent += run.ends[n_sent - 1];
      else if (culvert_faketcp_is_full (error))
        {
          run.end->is_full = true;
          break;
        }
      else if (error != EINTR)
        {
          /* Lost like on the way; retransmission is someone else's duty. */
          *out_errno = error;
          sent += run.ends[0];
        }
    }
  return sent;
}

/* -- the host ------------------------------------------------------------------------------- */

static void
culvert_faketcp_raw_ready_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  CulvertFakeRaw *end = CULVERT_LIST_ENTRY (watch, CulvertFakeRaw, watch);

  end->is_ready |= (ready & (CULVERT_READY_IN | CULVERT_READY_ERR)) != 0;
  end->tcp->host.ready (end->tcp->host.data, ready, now);
}

static void
culvert_faketcp_wake_cb (CulvertDefer *defer, CulvertTime now)
{
  CulvertFakeTcp *tcp = CULVERT_LIST_ENTRY (defer, CulvertFakeTcp, wake);
  unsigned ready = (tcp->error != 0 ? CULVERT_READY_IN : 0u)
                   | (tcp->wants_out ? CULVERT_READY_OUT : 0u);

  if (ready != 0)
    tcp->host.ready (tcp->host.data, ready, now);
}

static void
culvert_faketcp_want_out (CulvertCarrier *carrier, bool is_wanted)
{
  CulvertFakeTcp *tcp = (CulvertFakeTcp *) carrier;

  tcp->wants_out = is_wanted;
  for (unsigned i = 0; i < tcp->n_raws; i++)
    {
      CulvertFakeRaw *end = &tcp->raws[i];

      culvert_reactor_modify (tcp->host.reactor, &end->watch,
                              CULVERT_READY_IN
                              | (is_wanted && end->is_full ? CULVERT_READY_OUT : 0u));
      end->is_full = false;
    }
}

/* -- life ------------------------------------------------------------------------------------- */

static int
culvert_faketcp_open (CulvertCarrier *carrier, const CulvertCarrierHost *host)
{
  CulvertFakeTcp *tcp = (CulvertFakeTcp *) carrier;

  tcp->host = *host;
  for (unsigned i = 0; i < tcp->n_raws; i++)
    if (culvert_reactor_add (host->reactor, &tcp->raws[i].watch, tcp->raws[i].raw.fd,
                             CULVERT_READY_IN, culvert_faketcp_raw_ready_cb)
        < 0)
      return CULVERT_E_NOMEM;
  return tcp->dial != NULL ? culvert_faketcp_dial_open (tcp) : culvert_faketcp_accept_open (tcp);
}

static void
culvert_faketcp_free (CulvertCarrier *carrier)
{
  CulvertFakeTcp *tcp = (CulvertFakeTcp *) carrier;

  if (tcp->host.reactor != NULL)
    culvert_reactor_cancel_defer (tcp->host.reactor, &tcp->wake);
  if (tcp->dial != NULL)
    culvert_faketcp_dial_close (tcp);
  else
    culvert_faketcp_accept_close (tcp);
  for (unsigned i = 0; i < tcp->n_raws; i++)
    {
      if (tcp->host.reactor != NULL)
        culvert_reactor_remove (tcp->host.reactor, &tcp->raws[i].watch);
      culvert_raw_close (&tcp->raws[i].raw);
    }
  culvert_flow_table_clear (&tcp->flows);
  g_free (tcp);
}

static bool
culvert_faketcp_local (CulvertCarrier *carrier, CulvertAddress *out_local)
{
  CulvertFakeTcp *tcp = (CulvertFakeTcp *) carrier;

  if (tcp->dial == NULL || tcp->dial->flow.peer.local_port == 0)
    return false;
  *out_local = tcp->dial->flow.local;
  return true;
}

CulvertFakeTcp *
culvert_faketcp_new (void)
{
  static const CulvertCarrierClass klass = {
    .open = culvert_faketcp_open,
    .want_out = culvert_faketcp_want_out,
    .receive = culvert_faketcp_receive,
    .send = culvert_faketcp_send,
    .local = culvert_faketcp_local,
    .free = culvert_faketcp_free,
  };
  CulvertFakeTcp *tcp = g_new0 (CulvertFakeTcp, 1);

  tcp->carrier.klass = &klass;
  culvert_flow_table_init (&tcp->flows, g_random_int ());
  culvert_defer_init (&tcp->wake, culvert_faketcp_wake_cb);
  return tcp;
}

bool
culvert_faketcp_add_raw (CulvertFakeTcp *tcp,
                         sa_family_t family,
                         const CulvertUdpOptions *options,
                         const CulvertRawFilter *filter,
                         int *out_errno)
{
  CulvertFakeRaw *end = &tcp->raws[tcp->n_raws];

  if (!culvert_raw_open (&end->raw, family, options, filter, out_errno))
    return false;
  end->tcp = tcp;
  tcp->n_raws++;
  return true;
}

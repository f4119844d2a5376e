/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The carrier over real sockets, in a network namespace of this process: no privilege is needed
 * where users may make namespaces; elsewhere the tests are skipped. Each runs over both
 * families, with the filter and, as on Linux 6.18 without CAP_NET_ADMIN, without it. */

#include "config.h"

#include "culvert-faketcp-private.h"
#include "io-test.h"

#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define PORT 4000
#define N_PARTS 3
#define MAX_FLOWS 8
/* So many that no part goes without: the kernel draws their ports. */
#define N_CLIENTS 48

typedef struct
{
  const char *host;
  bool has_filter;
} Way;

/* One end: its carrier and what came out of it. */
typedef struct
{
  CulvertCarrier *carrier;
  CulvertUdpSlabs *slabs;
  CulvertCounters *counters;
  GPtrArray *inbox;        /* of GBytes */
  CulvertAddress from;     /* of the last */
  int error;               /* the last reported */
  unsigned n_out;          /* told of room */
} End;

typedef struct
{
  const Way *way;
  GMainContext *context;
  CulvertReactor *reactor;
  End server;
  End client;
} Fixture;

static bool has_namespace;

/* The sending call fails once, after so many messages. */
static struct
{
  int error; /* 0: never */
  unsigned after;
} seam;

int __real_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags);
int __wrap_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags);

int
__wrap_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags)
{
  if (seam.error == 0)
    return __real_sendmmsg (fd, messages, n, flags);
  if (seam.after > 0)
    {
      n = MIN (n, seam.after);
      seam.after -= n;
      return __real_sendmmsg (fd, messages, n, flags);
    }
  errno = seam.error;
  seam.error = 0;
  return -1;
}

static CulvertFakeTcp *
tcp_of (const End *end)
{
  return (CulvertFakeTcp *) end->carrier;
}

/* -- the namespace ------------------------------------------------------------------------ */

static void
set_capabilities (uint32_t effective)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[2];

  g_assert_cmpint (syscall (SYS_capget, &header, data), ==, 0);
  data[0].effective = effective;
  g_assert_cmpint (syscall (SYS_capset, &header, data), ==, 0);
}

/* Before any thread. */
static bool
enter_namespace (void)
{
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
  int fd;
  bool ok;

  if (unshare (CLONE_NEWUSER | CLONE_NEWNET) < 0)
    return false;
  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ok = fd >= 0 && ioctl (fd, SIOCSIFFLAGS, &request) == 0;
  if (fd >= 0)
    close (fd);
  return ok && culvert_faketcp_check () == 0;
}

/* Resets the kernel has sent so far. */
static unsigned
count_resets (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  unsigned n_headers = 0;

  g_assert_true (g_file_get_contents ("/proc/thread-self/net/snmp", &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "Tcp:") && n_headers++ == 1)
      {
        g_auto (GStrv) words = g_strsplit (*line, " ", -1);

        g_assert_cmpuint (g_strv_length (words), >, 14);
        return (unsigned) atoi (words[14]);
      }
  g_assert_not_reached ();
}

/* -- ends --------------------------------------------------------------------------------- */

static void
datagram_cb (void *data, uint8_t *datagram, size_t len, const CulvertAddress *from)
{
  End *end = data;

  end->from = *from;
  g_ptr_array_add (end->inbox, g_bytes_new (datagram, len));
}

static void
ready_cb (void *data, unsigned ready, CulvertTime now)
{
  End *end = data;
  int error = 0;

  if (ready & CULVERT_READY_OUT)
    {
      end->n_out++;
      culvert_carrier_want_out (end->carrier, false);
    }
  if (ready & (CULVERT_READY_IN | CULVERT_READY_ERR))
    (void) culvert_carrier_receive (end->carrier, end->slabs, 64, datagram_cb, end, &error);
  if (error != 0)
    end->error = error;
}

static void
end_open (Fixture *f, End *end, CulvertCarrier *carrier)
{
  CulvertCarrierHost host = { .reactor = f->reactor, .ready = ready_cb, .data = end };

  g_assert_nonnull (carrier);
  end->carrier = carrier;
  end->slabs = culvert_udp_slabs_new ();
  end->counters = culvert_counters_new ();
  end->inbox = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  host.counters = end->counters;
  g_assert_cmpint (culvert_carrier_open (carrier, &host), ==, CULVERT_OK);
}

static void
end_close (End *end)
{
  if (end->carrier == NULL)
    return;
  culvert_carrier_free (end->carrier);
  culvert_udp_slabs_free (end->slabs);
  culvert_counters_unref (end->counters);
  g_ptr_array_unref (end->inbox);
  memset (end, 0, sizeof *end);
}

static void
serve (Fixture *f, End *end, CulvertFakeTcpRange range)
{
  CulvertAddress local = io_test_address (f->way->host, 0);
  CulvertUdpOptions options = { 0 };
  int error = 0;

  range.max_flows = range.n_parts > 1 ? N_CLIENTS : MAX_FLOWS;
  end_open (f, end, culvert_faketcp_listen (&local, &range, &options, &error));
}

static const CulvertFakeTcpRange one_port = { .port_min = PORT, .port_max = PORT, .n_parts = 1 };

static void
dial (Fixture *f, End *end, uint16_t port)
{
  CulvertAddress peer = io_test_address (f->way->host, port);
  CulvertUdpOptions options = { 0 };
  int error = 0;

  end_open (f, end, culvert_faketcp_connect (&peer, &options, &error));
}

static uint32_t
capabilities_of (const Way *way)
{
  return 1u << CAP_NET_RAW | (way->has_filter ? 1u << CAP_NET_ADMIN : 0);
}

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->way = data;
  f->context = g_main_context_new ();
  g_assert_true (g_main_context_acquire (f->context));
  f->reactor = culvert_reactor_new (f->context);
  if (!has_namespace)
    return;
  set_capabilities (capabilities_of (data));
  serve (f, &f->server, one_port);
  dial (f, &f->client, PORT);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  end_close (&f->client);
  end_close (&f->server);
  culvert_reactor_free (f->reactor);
  g_main_context_release (f->context);
  g_main_context_unref (f->context);
}

#define wait_for(f, cond) \
  do \
    { \
      gint64 wait_limit = g_get_monotonic_time () + IO_TEST_LIMIT_MS * 1000; \
      while (!(cond)) \
        { \
          g_assert_cmpint (g_get_monotonic_time (), <, wait_limit); \
          if (!g_main_context_iteration ((f)->context, FALSE)) \
            g_usleep (500); \
        } \
    } \
  while (0)

/* Handles all that is there: the loopback interface delivers at once. */
static void
settle (Fixture *f)
{
  while (g_main_context_iteration (f->context, FALSE))
    ;
}

/* How many of n datagrams the carrier took; the byte tells one from the other. */
static unsigned
send_to (End *end, const CulvertAddress *dest, uint8_t byte, size_t len, unsigned n)
{
  CulvertPacket *packets[8];
  unsigned taken;
  int error = 0;

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (packets));
  for (unsigned i = 0; i < n; i++)
    {
      packets[i] = g_new0 (CulvertPacket, 1);
      packets[i]->offset = CULVERT_PACKET_HEADROOM;
      packets[i]->dest = dest;
      memset (culvert_packet_append (packets[i], len), byte + i, len);
    }
  taken = culvert_carrier_send (end->carrier, packets, n, &error);
  for (unsigned i = 0; i < n; i++)
    g_free (packets[i]);
  return taken;
}

static void
assert_inbox (const End *end, unsigned i, uint8_t byte, size_t len)
{
  size_t size;
  const uint8_t *data = g_bytes_get_data (end->inbox->pdata[i], &size);

  g_assert_cmpuint (size, ==, len);
  for (size_t k = 0; k < len; k++)
    g_assert_cmpuint (data[k], ==, byte);
}

/* Until the client is connected and the server has heard of it. */
static void
meet (Fixture *f)
{
  wait_for (f, culvert_faketcp_dial_is_up (tcp_of (&f->client)));
  settle (f);
  g_assert_cmpuint (send_to (&f->client, NULL, 1, 10, 1), ==, 1);
  wait_for (f, f->server.inbox->len == 1);
  assert_inbox (&f->server, 0, 1, 10);
  g_ptr_array_set_size (f->server.inbox, 0);
}

static bool
is_skipped (const Fixture *f)
{
  if (has_namespace)
    return false;
  g_test_skip ("this user may not make network namespaces");
  return true;
}

/* -- tests -------------------------------------------------------------------------------- */

static void
test_round_trip (Fixture *f, gconstpointer data)
{
  unsigned resets;

  if (is_skipped (f))
    return;
  resets = count_resets ();
  meet (f);
  g_assert_cmpint (tcp_of (&f->server)->mutes_late, ==, tcp_of (&f->client)->mutes_late);
  if (f->way->has_filter)
    g_assert_false (tcp_of (&f->server)->mutes_late);
  g_assert_cmpuint (f->server.from.local_port, ==, PORT);
  for (unsigned round = 0; round < 20; round++)
    {
      g_assert_cmpuint (send_to (&f->client, NULL, 50, 1400, 8), ==, 8);
      g_assert_cmpuint (send_to (&f->server, &f->server.from, 100, 1 + round, 8), ==, 8);
      wait_for (f, f->server.inbox->len == 8 && f->client.inbox->len == 8);
      for (unsigned i = 0; i < 8; i++)
        {
          assert_inbox (&f->server, i, 50 + i, 1400);
          assert_inbox (&f->client, i, 100 + i, 1 + round);
        }
      g_ptr_array_set_size (f->server.inbox, 0);
      g_ptr_array_set_size (f->client.inbox, 0);
    }
  g_assert_cmpuint (count_resets (), ==, resets);
  g_assert_cmpuint (culvert_counter_get (&f->server.counters->in_errs), ==, 0);
  g_assert_cmpuint (culvert_counter_get (&f->server.counters->in_csum_errors), ==, 0);
}

/* Nothing is lost before the handshake is through: the carrier is full. */
static void
test_full_at_first (Fixture *f, gconstpointer data)
{
  if (is_skipped (f))
    return;
  g_assert_cmpuint (send_to (&f->client, NULL, 1, 10, 1), ==, 0);
  culvert_carrier_want_out (f->client.carrier, true);
  wait_for (f, f->client.n_out == 1);
  g_assert_cmpuint (send_to (&f->client, NULL, 1, 10, 1), ==, 1);
  wait_for (f, f->server.inbox->len == 1);
  g_assert_cmpint (f->client.error, ==, 0);
}

/* What the socket does not take keeps its numbers for the next time. */
static void
test_socket_full (Fixture *f, gconstpointer data)
{
  CulvertFlow *flow;
  uint32_t seq;

  if (is_skipped (f))
    return;
  meet (f);
  flow = &tcp_of (&f->client)->dial->flow;
  seq = flow->seq;
  seam.error = EAGAIN;
  seam.after = 3;
  g_assert_cmpuint (send_to (&f->client, NULL, 10, 100, 8), ==, 3);
  g_assert_cmpuint (flow->seq, ==, seq + 300);
  f->client.n_out = 0;
  culvert_carrier_want_out (f->client.carrier, true);
  wait_for (f, f->client.n_out == 1);
  g_assert_cmpuint (send_to (&f->client, NULL, 13, 100, 5), ==, 5);
  g_assert_cmpuint (flow->seq, ==, seq + 800);
  wait_for (f, f->server.inbox->len == 8);
  for (unsigned i = 0; i < 8; i++)
    assert_inbox (&f->server, i, 10 + i, 100);
}

/* Other errors lose the one packet they are about. */
static void
test_send_error (Fixture *f, gconstpointer data)
{
  if (is_skipped (f))
    return;
  meet (f);
  seam.error = EPERM;
  seam.after = 2;
  g_assert_cmpuint (send_to (&f->client, NULL, 10, 100, 8), ==, 8);
  wait_for (f, f->server.inbox->len == 7);
  for (unsigned i = 0; i < 7; i++)
    assert_inbox (&f->server, i, (uint8_t) (10 + i + (i >= 2)), 100);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  End other = { 0 };

  if (is_skipped (f))
    return;
  dial (f, &other, PORT + 1);
  wait_for (f, other.error != 0);
  g_assert_cmpint (other.error, ==, ECONNREFUSED);
  /* Like on a network that is down. */
  g_assert_cmpuint (send_to (&other, NULL, 1, 10, 3), ==, 3);
  end_close (&other);
}

/* The server is started anew: the same client comes from the same port. */
static void
test_server_restarts (Fixture *f, gconstpointer data)
{
  CulvertAddress before;

  if (is_skipped (f))
    return;
  meet (f);
  before = f->server.from;
  end_close (&f->server);
  wait_for (f, f->client.error != 0);
  g_assert_cmpint (f->client.error, ==, ECONNRESET);
  serve (f, &f->server, one_port);
  meet (f);
  g_assert_true (culvert_address_equal (&before, &f->server.from));
  g_assert_cmpuint (send_to (&f->server, &before, 7, 20, 1), ==, 1);
  wait_for (f, f->client.inbox->len == 1);
  assert_inbox (&f->client, 0, 7, 20);
}

/* The client begins a connection from the same port, and the server still has the old one. */
static void
test_client_redials (Fixture *f, gconstpointer data)
{
  CulvertFakeTcp *tcp;
  int on = 1;

  if (is_skipped (f))
    return;
  meet (f);
  tcp = tcp_of (&f->client);
  /* In this state the kernel closes without a word. */
  set_capabilities (1u << CAP_NET_RAW | 1u << CAP_NET_ADMIN);
  g_assert_cmpint (setsockopt (tcp->dial->fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on), ==, 0);
  set_capabilities (capabilities_of (f->way));
  culvert_faketcp_dial_ended (tcp);
  g_assert_cmpuint (tcp_of (&f->server)->flows.n, ==, 1);
  meet (f);
  g_assert_cmpuint (tcp_of (&f->server)->flows.n, ==, 1);
}

static void
test_client_leaves (Fixture *f, gconstpointer data)
{
  CulvertAddress from;

  if (is_skipped (f))
    return;
  meet (f);
  from = f->server.from;
  g_assert_cmpuint (tcp_of (&f->server)->flows.n, ==, 1);
  end_close (&f->client);
  wait_for (f, tcp_of (&f->server)->flows.n == 0);
  g_assert_cmpuint (send_to (&f->server, &from, 1, 10, 2), ==, 2);
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  CulvertFakeTcp *tcp;
  CulvertFlow *flow;

  if (is_skipped (f))
    return;
  meet (f);
  tcp = tcp_of (&f->server);
  flow = culvert_flow_table_find (&tcp->flows, &f->server.from);
  g_assert_nonnull (flow);
  g_assert_cmpint (tcp->timer.entry.key, <=, g_get_monotonic_time () + CULVERT_FLOW_IDLE);
  flow->heard_at -= CULVERT_FLOW_IDLE;
  culvert_reactor_arm (f->reactor, &tcp->timer, 0);
  wait_for (f, tcp->flows.n == 0);
  wait_for (f, f->client.error == ECONNRESET);
}

/* A stranger's segment on the client's connection. */
static void
forge (Fixture *f, uint8_t flags, size_t len, bool is_right, uint16_t from_port)
{
  CulvertAddress local = io_test_address (f->way->host, 0);
  g_autofree uint8_t *bytes = g_malloc0 (CULVERT_TCP_HEADER + len);
  CulvertTcpSegment segment = {
    .from_port = from_port,
    .to_port = PORT,
    .seq = 1,
    .flags = flags,
    .payload = bytes + CULVERT_TCP_HEADER,
    .payload_len = len,
  };
  int fd = socket (local.addr.sa.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);

  g_assert_cmpint (fd, >=, 0);
  culvert_tcp_segment_write (&segment, culvert_tcp_pseudo_sum (&local, &local), bytes);
  bytes[17] ^= is_right ? 0 : 1;
  g_assert_cmpint (sendto (fd, bytes, CULVERT_TCP_HEADER + len, 0, &local.addr.sa, local.len), >,
                   0);
  close (fd);
  settle (f);
}

static void
test_forged (Fixture *f, gconstpointer data)
{
  const uint8_t data_flags = CULVERT_TCP_PSH | CULVERT_TCP_ACK;
  uint16_t port;

  if (is_skipped (f))
    return;
  meet (f);
  port = io_test_port (&tcp_of (&f->client)->dial->flow.local);
  forge (f, data_flags, 100, false, port);
  wait_for (f, culvert_counter_get (&f->server.counters->in_csum_errors) == 1);
  forge (f, data_flags, 1501, true, port);
  wait_for (f, culvert_counter_get (&f->server.counters->in_errs) == 1);
  forge (f, CULVERT_TCP_ACK, 100, true, port);
  forge (f, data_flags, 0, true, port);
  forge (f, CULVERT_TCP_RST, 0, true, port);
  forge (f, CULVERT_TCP_FIN | CULVERT_TCP_ACK, 0, true, port);
  forge (f, data_flags, 100, true, (uint16_t) (port ^ 1));
  g_assert_cmpuint (f->server.inbox->len, ==, 0);
  /* What is right in form is delivered: whose it is the cipher tells. */
  forge (f, data_flags, 100, true, port);
  wait_for (f, f->server.inbox->len == 1);
  g_assert_cmpuint (tcp_of (&f->server)->flows.n, ==, 1);
  g_ptr_array_set_size (f->server.inbox, 0);
  meet (f);
}

/* Flows are bounded; who comes too late is sent away. */
static void
test_too_many (Fixture *f, gconstpointer data)
{
  int fds[12];
  CulvertAddress peer;

  if (is_skipped (f))
    return;
  meet (f);
  peer = io_test_address (f->way->host, PORT);
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = socket (peer.addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      g_assert_cmpint (connect (fds[i], &peer.addr.sa, peer.len), ==, 0);
    }
  settle (f);
  g_assert_cmpuint (tcp_of (&f->server)->flows.n, ==, MAX_FLOWS);
  meet (f);
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

/* Several workers share a range of ports: each client belongs to one of them. */
static void
test_parts (Fixture *f, gconstpointer data)
{
  End parts[N_PARTS] = { 0 };
  g_autofree End *clients = g_new0 (End, N_CLIENTS);
  CulvertFakeTcpRange range = { .port_min = 5000, .port_max = 5003, .n_parts = N_PARTS };

  if (is_skipped (f))
    return;
  for (range.index = 0; range.index < N_PARTS; range.index++)
    serve (f, &parts[range.index], range);
  for (unsigned i = 0; i < N_CLIENTS; i++)
    {
      dial (f, &clients[i], (uint16_t) (5000 + i % 4));
      wait_for (f, culvert_faketcp_dial_is_up (tcp_of (&clients[i])));
      g_assert_cmpuint (send_to (&clients[i], NULL, (uint8_t) i, 10, 1), ==, 1);
    }
  wait_for (f, parts[0].inbox->len + parts[1].inbox->len + parts[2].inbox->len == N_CLIENTS);
  for (unsigned i = 0; i < N_PARTS; i++)
    {
      g_assert_cmpuint (parts[i].inbox->len, ==, tcp_of (&parts[i])->flows.n);
      g_assert_cmpuint (parts[i].inbox->len, >, 0);
    }
  for (unsigned i = 0; i < N_CLIENTS; i++)
    end_close (&clients[i]);
  for (unsigned i = 0; i < N_PARTS; i++)
    end_close (&parts[i]);
}

static void
test_port_in_use (Fixture *f, gconstpointer data)
{
  CulvertFakeTcpRange range = { .port_min = PORT, .port_max = PORT, .n_parts = 2 };
  CulvertUdpOptions options = { 0 };
  CulvertAddress local;
  int error = 0;

  if (is_skipped (f))
    return;
  local = io_test_address (f->way->host, 0);
  g_assert_null (culvert_faketcp_listen (&local, &range, &options, &error));
  g_assert_cmpint (error, ==, EADDRINUSE);
}

static void
test_no_capability (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = { 0 };
  CulvertAddress address;
  int error = 0;

  if (is_skipped (f))
    return;
  address = io_test_address (f->way->host, PORT);
  set_capabilities (1u << CAP_NET_ADMIN);
  g_assert_cmpint (culvert_faketcp_check (), ==, EPERM);
  g_assert_null (culvert_faketcp_connect (&address, &options, &error));
  g_assert_cmpint (error, ==, EPERM);
}

static void
add (const char *name, void (*test) (Fixture *f, gconstpointer data))
{
  static const Way ways[] = { { "127.0.0.1", true }, { "127.0.0.1", false },
                              { "::1", true },       { "::1", false } };

  for (unsigned i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path
          = g_strdup_printf ("/faketcp/carrier/%s/%s-%s", name, i < 2 ? "ipv4" : "ipv6",
                             ways[i].has_filter ? "filter" : "late");

      g_test_add (path, Fixture, &ways[i], fixture_set_up, test, fixture_tear_down);
    }
}

int
main (int argc, char **argv)
{
  has_namespace = enter_namespace ();
  g_test_init (&argc, &argv, NULL);
  add ("round-trip", test_round_trip);
  add ("full-at-first", test_full_at_first);
  add ("socket-full", test_socket_full);
  add ("send-error", test_send_error);
  add ("refused", test_refused);
  add ("server-restarts", test_server_restarts);
  add ("client-redials", test_client_redials);
  add ("client-leaves", test_client_leaves);
  add ("idle", test_idle);
  add ("forged", test_forged);
  add ("too-many", test_too_many);
  add ("parts", test_parts);
  add ("port-in-use", test_port_in_use);
  add ("no-capability", test_no_capability);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The sending call of the back end is wrapped by the linker, so that it can be counted and made to
 * fail where a loopback interface never would: it frees the sender's buffer at once, so a socket
 * there is never full. */
#include "config.h"

#include "io-test.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>

#define SOCKBUF (4 * 1024 * 1024)

/* What the wrapped call does, and what it saw. */
static struct
{
  int error;        /* 0: no failing */
  unsigned at;      /* messages to let pass before */
  unsigned times;   /* failures until it works again */
  bool runs_only;   /* fail every run, whatever "at" */
  unsigned n_calls;
  unsigned n_sent;  /* messages that left */
  unsigned n_runs;  /* those with segmentation */
} seam;

/* Whether message i of the call that is being made fails. */
static bool
seam_fails (unsigned i, bool is_run)
{
  if (seam.error == 0 || seam.times == 0)
    return false;
  return seam.runs_only ? is_run : seam.n_sent + i == seam.at;
}

#if CULVERT_IO_LINUX
int __real_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags);
int __wrap_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags);

int
__wrap_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags)
{
  int n_sent;

  seam.n_calls++;
  for (unsigned i = 0; i < n; i++)
    if (seam_fails (i, messages[i].msg_hdr.msg_controllen > 0))
      {
        n = i;
        break;
      }
  if (n == 0)
    {
      seam.times--;
      errno = seam.error;
      return -1;
    }
  n_sent = __real_sendmmsg (fd, messages, n, flags);
  for (int i = 0; i < n_sent; i++)
    {
      seam.n_sent++;
      seam.n_runs += messages[i].msg_hdr.msg_controllen > 0;
    }
  return n_sent;
}
#else
int __real_g_socket_send_messages (GSocket *socket, GOutputMessage *messages, unsigned n, int flags,
                                   GCancellable *cancellable, GError **error);
int __wrap_g_socket_send_messages (GSocket *socket, GOutputMessage *messages, unsigned n, int flags,
                                   GCancellable *cancellable, GError **error);

int
__wrap_g_socket_send_messages (GSocket *socket,
                               GOutputMessage *messages,
                               unsigned n,
                               int flags,
                               GCancellable *cancellable,
                               GError **error)
{
  int n_sent;

  seam.n_calls++;
  for (unsigned i = 0; i < n; i++)
    if (seam_fails (i, false))
      {
        n = i;
        break;
      }
  if (n == 0)
    {
      seam.times--;
      g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (seam.error), "seam");
      return -1;
    }
  n_sent = __real_g_socket_send_messages (socket, messages, n, flags, cancellable, error);
  seam.n_sent += (unsigned) MAX (n_sent, 0);
  return n_sent;
}
#endif

typedef struct
{
  size_t len;
  uint8_t *bytes;
  CulvertAddress from;
} Mail;

typedef struct
{
  CulvertUdp *server;
  CulvertUdp *client;
  CulvertAddress server_address;
  CulvertAddress dest;      /* of packets, where a test needs one */
  CulvertUdpSlabs *slabs;
  GArray *inbox;            /* of Mail */
  GPtrArray *packets;       /* of CulvertPacket */
  int error;                /* of the last receive or send */
} Fixture;

static void
mail_clear (gpointer data)
{
  g_free (((Mail *) data)->bytes);
}

static CulvertUdpOptions
options_with (bool no_gso)
{
  CulvertUdpOptions options = { .sockbuf = SOCKBUF, .no_gso = no_gso };

  return options;
}

static CulvertUdp *
open_server (const char *host, uint16_t port, const CulvertUdpOptions *options)
{
  CulvertAddress address = io_test_address (host, port);
  int error = 0;
  CulvertUdp *udp = culvert_udp_bind (&address, options, &error);

  g_assert_cmpint (error, ==, 0);
  g_assert_nonnull (udp);
  return udp;
}

static CulvertUdp *
open_client (const char *host, const CulvertUdp *server, const CulvertUdpOptions *options)
{
  CulvertAddress address;
  CulvertUdp *udp;
  int error = 0;

  culvert_udp_local (server, &address);
  address = io_test_address (host, io_test_port (&address));
  udp = culvert_udp_connect (&address, options, &error);
  g_assert_cmpint (error, ==, 0);
  g_assert_nonnull (udp);
  return udp;
}

/* data: the host both ends use, NULL for 127.0.0.1. */
static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  const char *host = data ? data : "127.0.0.1";
  CulvertUdpOptions options = options_with (false);

  memset (&seam, 0, sizeof seam);
  f->server = open_server (host, 0, &options);
  f->client = open_client (host, f->server, &options);
  culvert_udp_local (f->server, &f->server_address);
  f->slabs = culvert_udp_slabs_new ();
  f->inbox = g_array_new (FALSE, TRUE, sizeof (Mail));
  g_array_set_clear_func (f->inbox, mail_clear);
  f->packets = g_ptr_array_new_with_free_func (g_free);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  culvert_udp_free (f->client);
  culvert_udp_free (f->server);
  culvert_udp_slabs_free (f->slabs);
  g_array_unref (f->inbox);
  g_ptr_array_unref (f->packets);
}

static void
use_no_gso (Fixture *f)
{
  CulvertUdpOptions options = options_with (true);

  culvert_udp_free (f->client);
  culvert_udp_free (f->server);
  f->server = open_server ("127.0.0.1", 0, &options);
  f->client = open_client ("127.0.0.1", f->server, &options);
}

/* Each packet's bytes tell its number and their place. */
static uint8_t
pattern (unsigned number, size_t i)
{
  return (uint8_t) (number * 31 + i + i / 251);
}

static void
add_packet (Fixture *f, size_t len, const CulvertAddress *dest)
{
  CulvertPacket *packet = g_new0 (CulvertPacket, 1);

  packet->offset = CULVERT_PACKET_HEADROOM;
  packet->len = (uint16_t) len;
  packet->dest = dest;
  for (size_t i = 0; i < len; i++)
    culvert_packet_data (packet)[i] = pattern (f->packets->len, i);
  g_ptr_array_add (f->packets, packet);
}

static unsigned
send_from (Fixture *f, CulvertUdp *udp, unsigned first)
{
  return culvert_udp_send (udp, (CulvertPacket *const *) f->packets->pdata + first,
                           f->packets->len - first, &f->error);
}

static void
inbox_cb (void *data, uint8_t *datagram, size_t len, const CulvertAddress *from)
{
  Fixture *f = data;
  Mail mail = { len, g_memdup2 (datagram, len), *from };

  g_array_append_val (f->inbox, mail);
  /* It is writable and nobody else's. */
  memset (datagram, 0xee, len);
}

static int
receive (Fixture *f, CulvertUdp *udp, unsigned budget)
{
  return culvert_udp_receive (udp, f->slabs, budget, inbox_cb, f, &f->error);
}

/* Until n datagrams are in the inbox, and no more are there. */
static void
receive_all (Fixture *f, CulvertUdp *udp, unsigned n)
{
  while (f->inbox->len < n)
    {
      io_test_wait (culvert_udp_fd (udp), POLLIN);
      g_assert_cmpint (receive (f, udp, 256), >, 0);
    }
  g_assert_cmpint (receive (f, udp, 256), ==, CULVERT_E_AGAIN);
  g_assert_cmpuint (f->inbox->len, ==, n);
}

static void
assert_mail (Fixture *f, unsigned i, unsigned number)
{
  const Mail *mail = &g_array_index (f->inbox, Mail, i);
  const CulvertPacket *packet = g_ptr_array_index (f->packets, number);

  g_assert_cmpuint (mail->len, ==, packet->len);
  for (size_t k = 0; k < mail->len; k++)
    g_assert_cmpuint (mail->bytes[k], ==, pattern (number, k));
}

/* The inbox holds what was sent, in order. */
static void
assert_inbox (Fixture *f)
{
  g_assert_cmpuint (f->inbox->len, ==, f->packets->len);
  for (unsigned i = 0; i < f->inbox->len; i++)
    assert_mail (f, i, i);
}

static void
assert_runs (unsigned n_messages, unsigned n_runs)
{
#if CULVERT_IO_LINUX
  g_assert_cmpuint (seam.n_sent, ==, n_messages);
  g_assert_cmpuint (seam.n_runs, ==, n_runs);
#else
  g_assert_cmpuint (seam.n_runs, ==, 0);
#endif
}

static void
test_round_trip (Fixture *f, gconstpointer data)
{
  CulvertAddress client;
  const CulvertAddress *from;

  culvert_udp_local (f->client, &client);
  add_packet (f, 100, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 1);
  receive_all (f, f->server, 1);
  from = &g_array_index (f->inbox, Mail, 0).from;
  g_assert_true (culvert_address_equal (from, &client));

  add_packet (f, 200, from);
  g_assert_cmpuint (send_from (f, f->server, 1), ==, 1);
  receive_all (f, f->client, 2);
  from = &g_array_index (f->inbox, Mail, 1).from;
  g_assert_true (culvert_address_equal (from, &f->server_address));
  assert_inbox (f);
}

/* A server on all addresses serves IPv4; the source it sees is an IPv4-mapped address. */
static void
test_dual_stack (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = options_with (false);
  const CulvertAddress *from;
  char text[CULVERT_ADDRESS_TEXT];

  culvert_udp_free (f->client);
  culvert_udp_free (f->server);
  f->server = open_server ("::", 0, &options);
  f->client = open_client ("127.0.0.1", f->server, &options);
  for (unsigned i = 0; i < 10; i++)
    add_packet (f, 1000, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 10);
  receive_all (f, f->server, 10);
  from = &g_array_index (f->inbox, Mail, 9).from;
  culvert_address_format (from, text);
  g_assert_true (g_str_has_prefix (text, "127.0.0.1:"));
  for (unsigned i = 0; i < 10; i++)
    add_packet (f, 1000, from);
  g_assert_cmpuint (send_from (f, f->server, 10), ==, 10);
  receive_all (f, f->client, 20);
  assert_inbox (f);
}

/* More than one message takes; the last one is shorter. */
static void
test_run (Fixture *f, gconstpointer data)
{
  for (unsigned i = 0; i < 79; i++)
    add_packet (f, 1400, NULL);
  add_packet (f, 77, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 80);
  g_assert_cmpint (f->error, ==, 0);
  receive_all (f, f->server, 80);
  assert_inbox (f);
  /* 46 packets of 1400 bytes are below 65000. */
  assert_runs (2, 2);
  g_assert_cmpint (culvert_udp_has_gso (f->client), ==, CULVERT_IO_LINUX);
}

/* Small packets: 64 segments are the kernel's limit. */
static void
test_run_small (Fixture *f, gconstpointer data)
{
  for (unsigned i = 0; i < 130; i++)
    add_packet (f, 60, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 130);
  receive_all (f, f->server, 130);
  assert_inbox (f);
  assert_runs (3, 3);
}

static void
test_mixed_sizes (Fixture *f, gconstpointer data)
{
  static const uint16_t sizes[] = {
    1400, 1400, 700,  /* a run with a shorter end */
    1400,             /* alone: what follows is longer */
    1500, 1500,       /* a run */
    0,                /* an empty datagram is a message of its own */
    1, 1, 1,          /* a run */
    2, 1,             /* a run with a shorter end */
    1400,
  };

  for (unsigned i = 0; i < G_N_ELEMENTS (sizes); i++)
    add_packet (f, sizes[i], NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, G_N_ELEMENTS (sizes));
  receive_all (f, f->server, G_N_ELEMENTS (sizes));
  assert_inbox (f);
  assert_runs (7, 4);
}

static void
test_no_gso (Fixture *f, gconstpointer data)
{
  use_no_gso (f);
  for (unsigned i = 0; i < 70; i++)
    add_packet (f, 1400, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 70);
  receive_all (f, f->server, 70);
  assert_inbox (f);
  assert_runs (70, 0);
  g_assert_false (culvert_udp_has_gso (f->client));
}

/* One end without merging must understand the other. */
static void
test_gso_to_plain (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = options_with (false);

  use_no_gso (f);
  culvert_udp_free (f->client);
  f->client = open_client ("127.0.0.1", f->server, &options);
  for (unsigned i = 0; i < 40; i++)
    add_packet (f, 1200, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 40);
  receive_all (f, f->server, 40);
  assert_inbox (f);
  assert_runs (1, 1);
}

/* One batch to three peers: everyone gets his own, in order; equal addresses need not be
 * the same pointer to share a run. */
static void
test_several_peers (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = options_with (false);
  CulvertUdp *clients[3];
  CulvertAddress addresses[6];

  for (unsigned c = 0; c < 3; c++)
    {
      clients[c] = open_client ("127.0.0.1", f->server, &options);
      culvert_udp_local (clients[c], &addresses[c]);
      addresses[c + 3] = addresses[c];
    }
  /* 0 0 1 1 2 2 0 0 1 ...: every second packet names the copy of the address. */
  for (unsigned i = 0; i < 36; i++)
    add_packet (f, 500, &addresses[i / 2 % 3 + i % 2 * 3]);
  g_assert_cmpuint (send_from (f, f->server, 0), ==, 36);
  assert_runs (18, 18);
  for (unsigned c = 0; c < 3; c++)
    {
      g_array_set_size (f->inbox, 0);
      receive_all (f, clients[c], 12);
      for (unsigned i = 0; i < 12; i++)
        assert_mail (f, i, i / 2 * 6 + c * 2 + i % 2);
      culvert_udp_free (clients[c]);
    }
}

/* More peers than the address cache of the portable back end holds, twice over. */
static void
test_many_peers (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = { 0 };
  CulvertUdp *clients[100];
  CulvertAddress addresses[100];

  for (unsigned c = 0; c < 100; c++)
    {
      clients[c] = open_client ("127.0.0.1", f->server, &options);
      culvert_udp_local (clients[c], &addresses[c]);
    }
  for (unsigned i = 0; i < 200; i++)
    add_packet (f, 100 + i, &addresses[i % 100]);
  g_assert_cmpuint (send_from (f, f->server, 0), ==, 200);
  for (unsigned c = 0; c < 100; c++)
    {
      g_array_set_size (f->inbox, 0);
      receive_all (f, clients[c], 2);
      assert_mail (f, 0, c);
      assert_mail (f, 1, c + 100);
      culvert_udp_free (clients[c]);
    }
}

static void
send_raw (Fixture *f, const void *bytes, size_t len)
{
  g_assert_cmpint (send (culvert_udp_fd (f->client), bytes, len, 0), ==, (ssize_t) len);
}

/* Dropped, and neither the neighbours nor the count of the socket's work suffer. */
static void
test_too_long (Fixture *f, gconstpointer data)
{
  static const size_t lengths[] = { 1501, 1500, 2047, 2048, 2049, 9000, 60000, 3 };
  g_autofree char *bytes = g_malloc0 (60000);

  for (unsigned i = 0; i < G_N_ELEMENTS (lengths); i++)
    send_raw (f, bytes, lengths[i]);
  receive_all (f, f->server, 2);
  g_assert_cmpuint (g_array_index (f->inbox, Mail, 0).len, ==, 1500);
  g_assert_cmpuint (g_array_index (f->inbox, Mail, 1).len, ==, 3);

  /* Only a long one: work was done, nothing was handed over. */
  send_raw (f, bytes, 1501);
  io_test_wait (culvert_udp_fd (f->server), POLLIN);
  g_assert_cmpint (receive (f, f->server, 8), ==, 1);
  g_assert_cmpuint (f->inbox->len, ==, 2);
}

static void
test_budget (Fixture *f, gconstpointer data)
{
  use_no_gso (f);
  for (unsigned i = 0; i < 70; i++)
    add_packet (f, 1000, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 70);
  for (unsigned left = 70; left > 0; left -= 10)
    {
      io_test_wait (culvert_udp_fd (f->server), POLLIN);
      g_assert_cmpint (receive (f, f->server, 10), ==, 10);
      g_assert_cmpuint (f->inbox->len, ==, 80 - left);
    }
  assert_inbox (f);
}

static void
test_nothing (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (receive (f, f->server, 8), ==, CULVERT_E_AGAIN);
  g_assert_cmpint (f->error, ==, 0);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 0);
}

static void
test_foreign_source (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = options_with (false);
  CulvertUdp *stranger = open_server ("127.0.0.1", 0, &options);
  CulvertAddress client;

  culvert_udp_local (f->client, &client);
  add_packet (f, 10, &client);
  g_assert_cmpuint (send_from (f, stranger, 0), ==, 1);
  g_assert_cmpuint (send_from (f, f->server, 0), ==, 1);
  receive_all (f, f->client, 1);
  g_assert_true (culvert_address_equal (&g_array_index (f->inbox, Mail, 0).from,
                                        &f->server_address));
  culvert_udp_free (stranger);
}

/* Nobody at the other end: told by receive, and the socket goes on working. */
static void
test_icmp_on_receive (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = options_with (false);

  culvert_udp_free (f->server);
  add_packet (f, 10, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 1);
  io_test_wait (culvert_udp_fd (f->client), 0);
  g_assert_cmpint (receive (f, f->client, 8), ==, CULVERT_E_AGAIN);
  g_assert_cmpint (f->error, ==, ECONNREFUSED);
  g_assert_cmpint (receive (f, f->client, 8), ==, CULVERT_E_AGAIN);
  g_assert_cmpint (f->error, ==, 0);

  f->server = open_server ("127.0.0.1", io_test_port (&f->server_address), &options);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 1);
  receive_all (f, f->server, 1);
  assert_inbox (f);
}

static void
test_icmp_on_send (Fixture *f, gconstpointer data)
{
  culvert_udp_free (f->server);
  f->server = NULL;
  add_packet (f, 10, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 1);
  g_assert_cmpint (f->error, ==, 0);
  io_test_wait (culvert_udp_fd (f->client), 0);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 1);
  g_assert_cmpint (f->error, ==, ECONNREFUSED);
}

/* The error costs the packet it is told for, not those behind it. */
static void
test_lost_one (Fixture *f, gconstpointer data)
{
  use_no_gso (f);
  for (unsigned i = 0; i < 6; i++)
    add_packet (f, 100, NULL);
  seam.error = ENETUNREACH;
  seam.at = 2;
  seam.times = 1;
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 6);
  g_assert_cmpint (f->error, ==, ENETUNREACH);
  receive_all (f, f->server, 5);
  for (unsigned i = 0; i < 5; i++)
    assert_mail (f, i, i < 2 ? i : i + 1);
}

/* Full in the middle: what is left is the caller's, and goes in order later. */
static void
test_full (Fixture *f, gconstpointer data)
{
  use_no_gso (f);
  for (unsigned i = 0; i < 20; i++)
    add_packet (f, 100, NULL);
  seam.error = EAGAIN;
  seam.at = 7;
  seam.times = 2;
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 7);
  g_assert_cmpint (f->error, ==, 0);
  g_assert_cmpuint (send_from (f, f->client, 7), ==, 0);
  g_assert_cmpuint (send_from (f, f->client, 7), ==, 13);
  receive_all (f, f->server, 20);
  assert_inbox (f);
}

static void
assert_flags (const CulvertUdp *udp)
{
  g_assert_cmpint (fcntl (culvert_udp_fd (udp), F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint (fcntl (culvert_udp_fd (udp), F_GETFL) & O_NONBLOCK, !=, 0);
}

static int
get_option (const CulvertUdp *udp, int level, int name)
{
  int value = -1;
  socklen_t len = sizeof value;

  g_assert_cmpint (getsockopt (culvert_udp_fd (udp), level, name, &value, &len), ==, 0);
  return value;
}

static void
test_options (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = { .sockbuf = 150000, .dscp = 46 };
  CulvertUdp *v4 = open_server ("127.0.0.1", 0, &options);
  CulvertUdp *v6 = open_server ("::", 0, &options);
  CulvertUdp *client = open_client ("::1", v6, &options);

  assert_flags (v4);
  assert_flags (client);
  /* The kernel doubles what it is asked for. */
  g_assert_cmpint (get_option (v4, SOL_SOCKET, SO_RCVBUF), ==, 300000);
  g_assert_cmpint (get_option (v4, SOL_SOCKET, SO_SNDBUF), ==, 300000);
  g_assert_cmpint (get_option (v4, IPPROTO_IP, IP_TOS), ==, 46 << 2);
  g_assert_cmpint (get_option (v6, IPPROTO_IPV6, IPV6_TCLASS), ==, 46);
  g_assert_cmpint (get_option (v6, IPPROTO_IP, IP_TOS), ==, 46 << 2);
  g_assert_cmpint (get_option (v6, IPPROTO_IPV6, IPV6_V6ONLY), ==, 0);
  g_assert_cmpint (get_option (client, IPPROTO_IPV6, IPV6_TCLASS), ==, 46);
  culvert_udp_free (v4);
  culvert_udp_free (v6);
  culvert_udp_free (client);

  options.v6_only = true;
  v6 = open_server ("::", 0, &options);
  g_assert_cmpint (get_option (v6, IPPROTO_IPV6, IPV6_V6ONLY), ==, 1);
  culvert_udp_free (v6);
}

static void
test_reuse_port (Fixture *f, gconstpointer data)
{
  CulvertUdpOptions options = { .reuse_port = true };
  CulvertUdp *a = open_server ("127.0.0.1", 0, &options);
  CulvertAddress address;
  CulvertUdp *b;
  int error = 0;

  culvert_udp_local (a, &address);
  b = open_server ("127.0.0.1", io_test_port (&address), &options);
  culvert_udp_free (b);

  g_assert_null (culvert_udp_bind (&f->server_address, &options, &error));
  g_assert_cmpint (error, ==, EADDRINUSE);
  culvert_udp_free (a);
}

#if CULVERT_IO_LINUX
/* The kernel refuses every run: nothing is lost and nothing is out of order. */
static void
check_gso_failure (Fixture *f, CulvertUdp *from, CulvertUdp *to, int error)
{
  culvert_udp_local (to, &f->dest);
  add_packet (f, 900, &f->dest);
  for (unsigned i = 0; i < 50; i++)
    add_packet (f, 1300, &f->dest);
  add_packet (f, 30, &f->dest);
  seam.error = error;
  seam.times = UINT32_MAX;
  seam.runs_only = true;
  g_assert_cmpuint (send_from (f, from, 0), ==, 52);
  g_assert_cmpint (f->error, ==, 0);
  receive_all (f, to, 52);
  assert_inbox (f);
  assert_runs (52, 0);
}

static void
test_gso_failure (Fixture *f, gconstpointer data)
{
  static const int errors[] = { EIO, EINVAL, EOPNOTSUPP, EMSGSIZE };

  for (unsigned i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      fixture_set_up (f, NULL);
      check_gso_failure (f, f->client, f->server, errors[i]);
      g_assert_false (culvert_udp_has_gso (f->client));
      fixture_tear_down (f, NULL);
    }
  fixture_set_up (f, NULL);
}

/* A server keeps segmentation when one peer's path is too narrow for it. */
static void
test_gso_narrow_path (Fixture *f, gconstpointer data)
{
  check_gso_failure (f, f->server, f->client, EMSGSIZE);
  g_assert_true (culvert_udp_has_gso (f->server));
  seam.error = 0;
  g_array_set_size (f->inbox, 0);
  g_assert_cmpuint (send_from (f, f->server, 0), ==, 52);
  receive_all (f, f->client, 52);
  assert_inbox (f);
  g_assert_cmpuint (seam.n_runs, >=, 1);
}

/* An error that speaks of the path takes the run with it and leaves segmentation on. */
static void
test_lost_run (Fixture *f, gconstpointer data)
{
  for (unsigned i = 0; i < 10; i++)
    add_packet (f, i < 6 ? 500 : 600, NULL);
  seam.error = EPERM;
  seam.times = 1;
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 10);
  g_assert_cmpint (f->error, ==, EPERM);
  g_assert_true (culvert_udp_has_gso (f->client));
  receive_all (f, f->server, 4);
  for (unsigned i = 0; i < 4; i++)
    assert_mail (f, i, i + 6);
}

/* A merged message is handed over whole; the next call reads with that in mind. */
static void
test_merged_budget (Fixture *f, gconstpointer data)
{
  for (unsigned i = 0; i < 320; i++)
    add_packet (f, 60, NULL);
  g_assert_cmpuint (send_from (f, f->client, 0), ==, 320);
  io_test_wait (culvert_udp_fd (f->server), POLLIN);
  g_assert_cmpint (receive (f, f->server, 1), ==, 64);
  g_assert_cmpint (receive (f, f->server, 65), ==, 128);
  g_assert_cmpint (receive (f, f->server, 64), ==, 64);
  g_assert_cmpint (receive (f, f->server, 64), ==, 64);
  assert_inbox (f);
}
#endif

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/udp/round-trip/ipv4", test_round_trip);
  g_test_add ("/udp/round-trip/ipv6", Fixture, "::1", fixture_set_up, test_round_trip,
              fixture_tear_down);
  ADD ("/udp/round-trip/dual-stack", test_dual_stack);
  ADD ("/udp/send/run", test_run);
  g_test_add ("/udp/send/run-ipv6", Fixture, "::1", fixture_set_up, test_run, fixture_tear_down);
  ADD ("/udp/send/run-of-small-packets", test_run_small);
  ADD ("/udp/send/mixed-sizes", test_mixed_sizes);
  ADD ("/udp/send/no-gso", test_no_gso);
  ADD ("/udp/send/gso-to-plain-receiver", test_gso_to_plain);
  ADD ("/udp/send/several-peers", test_several_peers);
  ADD ("/udp/send/many-peers", test_many_peers);
  ADD ("/udp/send/lost-one", test_lost_one);
  ADD ("/udp/send/full", test_full);
  ADD ("/udp/receive/too-long", test_too_long);
  ADD ("/udp/receive/budget", test_budget);
  ADD ("/udp/receive/nothing", test_nothing);
  ADD ("/udp/receive/foreign-source", test_foreign_source);
  ADD ("/udp/icmp/on-receive", test_icmp_on_receive);
  ADD ("/udp/icmp/on-send", test_icmp_on_send);
  ADD ("/udp/open/options", test_options);
  ADD ("/udp/open/reuse-port", test_reuse_port);
#if CULVERT_IO_LINUX
  g_test_add ("/udp/gso/failure", Fixture, NULL, NULL, test_gso_failure, fixture_tear_down);
  ADD ("/udp/gso/narrow-path", test_gso_narrow_path);
  ADD ("/udp/gso/lost-run", test_lost_run);
  ADD ("/udp/gso/merged-budget", test_merged_budget);
#endif
  return g_test_run ();
}

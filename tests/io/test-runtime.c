/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Client and server run in this process, over loopback, with real sockets around them. */

#include "config.h"

#include "culvert-part.h"
#include "io-tunnel.h"
#include "test-vectors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket that is often full: every second call takes nothing, the others three packets at most.
 */
static atomic_bool sockets_are_full;
static atomic_uint n_refused;

unsigned __real_culvert_udp_send (CulvertUdp *udp,
                                  CulvertPacket *const *packets,
                                  unsigned n,
                                  int *out_errno);
unsigned __wrap_culvert_udp_send (CulvertUdp *udp,
                                  CulvertPacket *const *packets,
                                  unsigned n,
                                  int *out_errno);

unsigned
__wrap_culvert_udp_send (CulvertUdp *udp,
                         CulvertPacket *const *packets,
                         unsigned n,
                         int *out_errno)
{
  static _Thread_local unsigned turn;

  if (!atomic_load (&sockets_are_full))
    return __real_culvert_udp_send (udp, packets, n, out_errno);
  if (++turn % 2 == 0)
    {
      atomic_fetch_add (&n_refused, 1);
      return 0;
    }
  return __real_culvert_udp_send (udp, packets, MIN (n, 3), out_errno);
}

typedef struct
{
  IoTarget *target;
  IoTunnel *tunnel;
} Fixture;

static void
fixture_open (Fixture *f, IoTargetKind kind, size_t speak_len, IoTunnelOptions options)
{
  f->target = io_target_new (kind, options.target_path, speak_len);
  options.target_port = io_target_port (f->target);
  f->tunnel = io_tunnel_new (&options);
}

static void
fixture_close (Fixture *f)
{
  io_tunnel_free (f->tunnel);
  io_target_free (f->target);
}

/* -- bytes ----------------------------------------------------------------------- */

typedef struct
{
  int fd;
  size_t len;
} Writer;

static gpointer
writer_main (gpointer data)
{
  Writer *writer = data;
  g_autofree uint8_t *buf = g_malloc (65536);

  for (size_t at = 0; at < writer->len; at += 65536)
    {
      size_t n = MIN (writer->len - at, 65536);

      for (size_t i = 0; i < n; i++)
        buf[i] = io_pattern (at + i);
      io_write_all (writer->fd, buf, n);
    }
  return NULL;
}

static void
read_pattern (int fd, size_t len)
{
  g_autofree uint8_t *buf = g_malloc (65536);

  for (size_t at = 0; at < len; at += 65536)
    {
      size_t n = MIN (len - at, 65536);

      io_read_all (fd, buf, n);
      for (size_t i = 0; i < n; i++)
        if (buf[i] != io_pattern (at + i))
          g_error ("byte %zu is %02x instead of %02x", at + i, buf[i], io_pattern (at + i));
    }
}

static void
echo_pattern (IoTunnel *tunnel, size_t len)
{
  Writer writer = { io_tunnel_connect (tunnel), len };
  GThread *thread = g_thread_new ("writer", writer_main, &writer);

  read_pattern (writer.fd, len);
  g_thread_join (thread);
  close (writer.fd);
}

static void
test_echo (const void *data)
{
  Fixture f;

  fixture_open (&f, IO_TARGET_ECHO, 0, *(const IoTunnelOptions *) data);
  echo_pattern (f.tunnel, 4 * 1024 * 1024 + 123);
  echo_pattern (f.tunnel, 1);
  fixture_close (&f);
}

/* Packets wait in order for a full socket; every byte arrives. */
static void
test_full_socket (void)
{
  const size_t len = 1024 * 1024;
  IoTunnelOptions options = { .cipher = "aes-128", .has_fec = true };
  const CulvertReport *report;
  Fixture f;
  int fds[4];

  atomic_store (&n_refused, 0);
  fixture_open (&f, IO_TARGET_SPEAK, len, options);
  atomic_store (&sockets_are_full, true);
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = io_tunnel_connect (f.tunnel);
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      read_pattern (fds[i], len);
      g_assert_cmpint (io_read_end (fds[i]), ==, 0);
      close (fds[i]);
    }
  atomic_store (&sockets_are_full, false);
  g_assert_cmpuint (atomic_load (&n_refused), >, 100);
  report = io_tunnel_wait (f.tunnel, 1, CULVERT_REPORT_SESSION_OPENED, 1);
  g_assert_cmpuint (culvert_counter_get (&report->counters->out_pkts), >=, 4 * len / 1350);
  fixture_close (&f);
}

static void
test_speak (void)
{
  const size_t len = 16 * 1024 * 1024;
  IoTunnelOptions options = { .cipher = "aes-128", .has_fec = true };
  Fixture f;
  int fd;

  fixture_open (&f, IO_TARGET_SPEAK, len, options);
  fd = io_tunnel_connect (f.tunnel);
  read_pattern (fd, len);
  g_assert_cmpint (io_read_end (fd), ==, 0);
  close (fd);
  fixture_close (&f);
}

/* A reader that takes nothing for a while loses nothing and holds up nobody else. */
static void
test_slow_reader (void)
{
  const size_t len = 8 * 1024 * 1024;
  Fixture f;
  int slow;

  fixture_open (&f, IO_TARGET_SPEAK, len, (IoTunnelOptions) { 0 });
  slow = io_tunnel_connect (f.tunnel);
  for (unsigned i = 0; i < 3; i++)
    {
      int quick = io_tunnel_connect (f.tunnel);

      read_pattern (quick, len);
      g_assert_cmpint (io_read_end (quick), ==, 0);
      close (quick);
    }
  read_pattern (slow, len);
  g_assert_cmpint (io_read_end (slow), ==, 0);
  close (slow);
  fixture_close (&f);
}

static void
test_thousand (const void *data)
{
  enum { N = 1000 };
  IoTunnelOptions options = { .n_workers = 2, .conn = 3, .compress = GPOINTER_TO_INT (data) };
  g_autofree int *fds = g_new (int, N);
  uint8_t buf[100];
  Fixture f;

  fixture_open (&f, IO_TARGET_ECHO, 0, options);
  for (unsigned i = 0; i < N; i++)
    {
      fds[i] = io_tunnel_connect (f.tunnel);
      memset (buf, (int) i, sizeof buf);
      io_write_all (fds[i], buf, sizeof buf);
    }
  for (unsigned i = 0; i < N; i++)
    {
      io_read_all (fds[i], buf, sizeof buf);
      for (unsigned j = 0; j < sizeof buf; j++)
        g_assert_cmpuint (buf[j], ==, i & 255);
    }
  for (unsigned i = 0; i < N; i++)
    close (fds[i]);
  io_wait_for (f.tunnel, io_target_n_ended (f.target) == N);
  g_assert_cmpuint (io_tunnel_count (f.tunnel, 2, CULVERT_REPORT_SESSION_OPENED), ==, 3);
  (void) io_tunnel_wait (f.tunnel, 1, CULVERT_REPORT_STREAM_OPENED, N);
  g_assert_cmpuint (io_tunnel_count (f.tunnel, 1, CULVERT_REPORT_STREAM_OPENED), ==, N);
  fixture_close (&f);
}

/* The client's sessions take turns on the workers; the kernel spreads them over the server's. */
static void
test_spread (void)
{
  enum { N = 32 };
  Fixture f;
  int fds[N];

  fixture_open (&f, IO_TARGET_ECHO, 0, (IoTunnelOptions) { .n_workers = 2, .conn = N });
  for (unsigned i = 0; i < N; i++)
    {
      fds[i] = io_tunnel_connect (f.tunnel);
      io_write_all (fds[i], "a", 1);
      io_read_all (fds[i], &(char) { 0 }, 1);
    }
  (void) io_tunnel_wait (f.tunnel, 1, CULVERT_REPORT_SESSION_OPENED, N);
  for (unsigned i = 0; i < 2; i++)
    {
      g_assert_cmpuint (f.tunnel->client->parts[i]->n_links, ==, N / 2);
      g_assert_cmpuint (f.tunnel->server->parts[i]->n_links, >, 0);
    }
  for (unsigned i = 0; i < N; i++)
    close (fds[i]);
  fixture_close (&f);
}

static void
test_unix (void)
{
  g_autofree char *folder = g_dir_make_tmp ("culvert-XXXXXX", NULL);
  g_autofree char *target = g_build_filename (folder, "target", NULL);
  g_autofree char *local = g_build_filename (folder, "local", NULL);
  IoTunnelOptions options = { .target_path = target, .local_path = local };
  Fixture f;

  fixture_open (&f, IO_TARGET_ECHO, 0, options);
  echo_pattern (f.tunnel, 300000);
  fixture_close (&f);
  g_assert_false (g_file_test (local, G_FILE_TEST_EXISTS));
  g_unlink (target);
  g_rmdir (folder);
}

static void
test_ratelimit (void)
{
  const uint64_t rate = 400000;
  const size_t len = 300000;
  IoTunnelOptions options = { .client_ratelimit = rate };
  Fixture f;
  gint64 start;
  double seconds;

  fixture_open (&f, IO_TARGET_ECHO, 0, options);
  start = g_get_monotonic_time ();
  echo_pattern (f.tunnel, len);
  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  /* 96000 bytes leave at once, the rest at the rate. */
  g_assert_cmpfloat (seconds, >=, (double) (len - 96000) / rate * 0.95);
  g_assert_cmpfloat (seconds, <, (double) (len - 96000) / rate * 2 + 1);
  fixture_close (&f);
}

/* -- end of a relay, WIRE.md 9 ------------------------------------------------------ */

static double
seconds_to_end (int fd, ssize_t expected)
{
  gint64 start = g_get_monotonic_time ();

  g_assert_cmpint (io_read_end (fd), ==, expected);
  return (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

/* The target closes first: its bytes are there, the end comes after the server's closewait. */
static void
test_target_closes (void)
{
  IoTunnelOptions options = { .server_closewait_ms = 600 };
  Fixture f;
  int fd;

  fixture_open (&f, IO_TARGET_SPEAK, 100000, options);
  fd = io_tunnel_connect (f.tunnel);
  read_pattern (fd, 100000);
  g_assert_cmpfloat (seconds_to_end (fd, 0), >, 0.4);
  close (fd);
  fixture_close (&f);
}

/* closewait 0 on the client: a half close is answered with the end at once; the target learns
 * at once too, and is closed in full only after the server's closewait. */
static void
test_half_close_cuts (void)
{
  IoTunnelOptions options = { .server_closewait_ms = 60000 };
  Fixture f;
  int fd;

  fixture_open (&f, IO_TARGET_ANSWER, 0, options);
  fd = io_tunnel_connect (f.tunnel);
  io_write_all (fd, "question", 8);
  shutdown (fd, SHUT_WR);
  g_assert_cmpint (io_read_end (fd), ==, 0);
  io_wait_for (f.tunnel, io_target_n_ended (f.target) == 1);
  g_assert_cmpuint (io_target_n_bytes (f.target), ==, 8);
  /* The answer cannot be sent, and with the target's own end nothing is left to wait for. */
  (void) io_tunnel_wait (f.tunnel, 1, CULVERT_REPORT_STREAM_CLOSED, 1);
  close (fd);
  fixture_close (&f);
}

/* A target that does not close is left with the stream for the server's closewait, then closed. */
static void
test_server_closewait (void)
{
  IoTunnelOptions options = { .server_closewait_ms = 500 };
  Fixture f;
  gint64 start;
  int fd;

  fixture_open (&f, IO_TARGET_HOLD, 0, options);
  fd = io_tunnel_connect (f.tunnel);
  io_write_all (fd, "question", 8);
  (void) io_tunnel_wait (f.tunnel, 1, CULVERT_REPORT_STREAM_OPENED, 1);
  start = g_get_monotonic_time ();
  close (fd);
  (void) io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_STREAM_CLOSED, 1);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 400 * 1000);
  (void) io_tunnel_wait (f.tunnel, 1, CULVERT_REPORT_STREAM_CLOSED, 1);
  g_assert_cmpint (g_get_monotonic_time () - start, >, 400 * 1000);
  fixture_close (&f);
}

/* closewait n on the client: what the target still sends for so long arrives. */
static void
test_half_close_waits (void)
{
  IoTunnelOptions options = { .client_closewait_ms = 700, .server_closewait_ms = 60000 };
  Fixture f;
  uint8_t buf[1000];
  int fd;

  fixture_open (&f, IO_TARGET_ECHO, 0, options);
  fd = io_tunnel_connect (f.tunnel);
  memset (buf, 1, sizeof buf);
  io_write_all (fd, buf, sizeof buf);
  shutdown (fd, SHUT_WR);
  io_read_all (fd, buf, sizeof buf);
  g_assert_cmpfloat (seconds_to_end (fd, 0), >, 0.4);
  close (fd);
  fixture_close (&f);
}

/* Everything a client application wrote before it closed reaches the target. */
static void
test_close_delivers (void)
{
  const size_t len = 3 * 1024 * 1024;
  Writer writer;
  Fixture f;

  fixture_open (&f, IO_TARGET_ANSWER, 0, (IoTunnelOptions) { .server_closewait_ms = 60000 });
  writer.fd = io_tunnel_connect (f.tunnel);
  writer.len = len;
  writer_main (&writer);
  close (writer.fd);
  io_wait_for (f.tunnel, io_target_n_ended (f.target) == 1);
  g_assert_cmpuint (io_target_n_bytes (f.target), ==, len);
  fixture_close (&f);
}

/* The application keeps on sending while it gets the target's last bytes and end: closing must not
 * reset them away. */
static void
test_close_with_unread_input (void)
{
  const size_t len = 1024 * 1024;
  g_autofree uint8_t *junk = g_malloc0 (65536);
  Fixture f;
  int fd;

  fixture_open (&f, IO_TARGET_SPEAK, len, (IoTunnelOptions) { 0 });
  fd = io_tunnel_connect (f.tunnel);
  (void) io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_STREAM_OPENED, 1);
  for (unsigned i = 0; i < 8; i++)
    (void) send (fd, junk, 65536, MSG_NOSIGNAL | MSG_DONTWAIT);
  read_pattern (fd, len / 2);
  for (unsigned i = 0; i < 8; i++)
    (void) send (fd, junk, 65536, MSG_NOSIGNAL | MSG_DONTWAIT);
  (void) io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_STREAM_CLOSED, 1);
  for (size_t i = len / 2; i < len; i++)
    {
      uint8_t byte;

      io_read_all (fd, &byte, 1);
      g_assert_cmpuint (byte, ==, io_pattern (i));
    }
  g_assert_cmpint (io_read_end (fd), ==, 0);
  close (fd);
  fixture_close (&f);
}

static void
test_target_resets (void)
{
  Fixture f;
  int fd;

  fixture_open (&f, IO_TARGET_RESET, 0, (IoTunnelOptions) { 0 });
  fd = io_tunnel_connect (f.tunnel);
  io_write_all (fd, "x", 1);
  g_assert_cmpint (io_read_end (fd), ==, 0);
  close (fd);
  fixture_close (&f);
}

/* -- failures --------------------------------------------------------------------------- */

static uint16_t
unused_port (void)
{
  IoTarget *target = io_target_new (IO_TARGET_HOLD, NULL, 0);
  uint16_t port = io_target_port (target);

  io_target_free (target);
  return port;
}

static void
test_refused (void)
{
  IoTunnelOptions options = { .target_port = unused_port () };
  IoTunnel *tunnel = io_tunnel_new (&options);
  const CulvertReport *report;

  for (unsigned i = 0; i < 20; i++)
    {
      int fd = io_tunnel_connect (tunnel);

      g_assert_cmpint (io_read_end (fd), ==, 0);
      close (fd);
    }
  report = io_tunnel_wait (tunnel, 1, CULVERT_REPORT_TARGET_FAILED, 1);
  g_assert_cmpint (report->error, ==, ECONNREFUSED);
  g_assert_cmpuint (report->count, ==, 1);
  /* Said once, not twenty times. */
  g_assert_cmpuint (io_tunnel_count (tunnel, 1, CULVERT_REPORT_TARGET_FAILED), ==, 1);
  (void) io_tunnel_wait (tunnel, 1, CULVERT_REPORT_STREAM_CLOSED, 20);
  g_assert_cmpuint (io_tunnel_count (tunnel, 1, CULVERT_REPORT_STREAM_CLOSED), ==, 20);
  io_tunnel_free (tunnel);
}

static void
test_port_in_use (void)
{
  IoTunnelOptions options = { .n_workers = 2 };
  IoTunnel *tunnel = io_tunnel_new (&options);
  CulvertPlan *plan = io_tunnel_server_plan (&options);
  const CulvertReport *report;
  CulvertRun *run;

  plan->tunnel = 3;
  plan->listen.port_min = plan->listen.port_max = tunnel->server_port;
  run = io_tunnel_start (tunnel, plan);
  report = io_tunnel_wait (tunnel, 3, CULVERT_REPORT_FAILED, 1);
  g_assert_cmpint (report->error, ==, EADDRINUSE);
  culvert_run_free (run);
  io_tunnel_free (tunnel);
}

static void
test_unresolvable (void)
{
  IoTunnelOptions options = { 0 };
  IoTunnel *tunnel = io_tunnel_new_bare (&options);
  CulvertPlan *plan = io_tunnel_client_plan (&options, 1);
  int fds[3];

  g_free (plan->remote.host);
  plan->remote.host = g_strdup ("no-such-name.invalid");
  tunnel->client = io_tunnel_start (tunnel, plan);
  (void) io_tunnel_wait (tunnel, 2, CULVERT_REPORT_STARTED, 1);
  tunnel->local_port = (uint16_t) g_ascii_strtoull (
    strrchr (io_tunnel_wait (tunnel, 2, CULVERT_REPORT_LISTENING, 1)->text, ':') + 1, NULL, 10);
  /* The connections wait; accepting goes on. */
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = io_tunnel_connect (tunnel);
  (void) io_tunnel_wait (tunnel, 2, CULVERT_REPORT_RESOLVE_FAILED, 1);
  g_assert_cmpuint (io_tunnel_count (tunnel, 2, CULVERT_REPORT_RESOLVE_FAILED), ==, 1);
  culvert_run_stop (tunnel->client, 0);
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      (void) io_read_end (fds[i]);
      close (fds[i]);
    }
  io_tunnel_free (tunnel);
}

static void
test_wrong_key (void)
{
  IoTunnelOptions options = { .cipher = "aes" };
  IoTunnel *tunnel = io_tunnel_new_bare (&options);
  CulvertPlan *plan = io_tunnel_server_plan (&options);
  const CulvertReport *report;
  uint64_t n_failed = 0;
  int fd;

  tunnel->server = io_tunnel_start (tunnel, plan);
  report = io_tunnel_wait (tunnel, 1, CULVERT_REPORT_LISTENING, 1);
  plan = io_tunnel_client_plan (
      &options, (uint16_t) g_ascii_strtoull (strrchr (report->text, ':') + 1, NULL, 10));
  plan->key[0] ^= 1;
  tunnel->client = io_tunnel_start (tunnel, plan);
  report = io_tunnel_wait (tunnel, 2, CULVERT_REPORT_LISTENING, 1);
  tunnel->local_port = (uint16_t) g_ascii_strtoull (strrchr (report->text, ':') + 1, NULL, 10);
  fd = io_tunnel_connect (tunnel);
  io_write_all (fd, "x", 1);
  (void) io_tunnel_wait (tunnel, 1, CULVERT_REPORT_UNAUTHENTICATED, 1);
  report = io_tunnel_wait (tunnel, 1, CULVERT_REPORT_COUNTERS, 1);
  io_wait_for (tunnel, (n_failed = culvert_counter_get (&report->counters->in_csum_errors)) >= 3);
  g_assert_cmpuint (io_tunnel_count (tunnel, 1, CULVERT_REPORT_UNAUTHENTICATED), ==, 1);
  g_assert_cmpuint (io_tunnel_count (tunnel, 1, CULVERT_REPORT_SESSION_OPENED), ==, 0);
  g_assert_cmpuint (io_tunnel_count (tunnel, 2, CULVERT_REPORT_SESSION_HEARD), ==, 0);
  close (fd);
  io_tunnel_free (tunnel);
}

/* Out of descriptors the listener pauses, says so once, and goes on when there are some. */
static void
test_descriptors (void)
{
  enum { N = 20 };
  Fixture f;
  struct rlimit old;
  struct rlimit low;
  int fds[N];
  int probe;

  fixture_open (&f, IO_TARGET_ECHO, 0, (IoTunnelOptions) { 0 });
  echo_pattern (f.tunnel, 10);
  for (unsigned i = 0; i < N; i++)
    fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  probe = dup (0);
  close (probe);
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &old));
  low = old;
  low.rlim_cur = (rlim_t) probe;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &low));
  for (unsigned i = 0; i < N; i++)
    {
      struct sockaddr_in in = { .sin_family = AF_INET,
                                .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
      struct timeval limit = { .tv_sec = 20 };

      in.sin_port = g_htons (f.tunnel->local_port);
      g_assert_no_errno (setsockopt (fds[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
      g_assert_no_errno (connect (fds[i], (struct sockaddr *) &in, sizeof in));
      io_write_all (fds[i], "x", 1);
    }
  g_assert_cmpint (io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_ACCEPT_FAILED, 1)->error, ==,
                   EMFILE);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &old));
  for (unsigned i = 0; i < N; i++)
    {
      char byte;

      io_read_all (fds[i], &byte, 1);
      g_assert_cmpint (byte, ==, 'x');
      close (fds[i]);
    }
  fixture_close (&f);
}

/* -- sessions ------------------------------------------------------------------------------ */

/* A socket that plays a server for a client with cipher null, no FEC, no compression. */
static int
bare_server (uint16_t *out_port)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  struct timeval limit = { .tv_sec = 20 };
  socklen_t len = sizeof in;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_no_errno (bind (fd, (struct sockaddr *) &in, sizeof in));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in, &len));
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  *out_port = g_ntohs (in.sin_port);
  return fd;
}

/* Answers the client's probe. */
static void
bare_server_answer (int peer)
{
  uint8_t packet[1500];
  struct sockaddr_in from;
  socklen_t len = sizeof from;

  g_assert_cmpint (recvfrom (peer, packet, sizeof packet, 0, (struct sockaddr *) &from, &len), ==,
                   24);
  g_assert_cmpuint (packet[4], ==, 83);
  packet[4] = 84;
  g_assert_cmpint (sendto (peer, packet, 24, 0, (struct sockaddr *) &from, len), ==, 24);
}

/* What the peer sends breaks the protocol: the connection ends at once, the next one gets a new
 * session. */
static void
test_protocol_error (void)
{
  IoTunnelOptions options = { .cipher = "null" };
  IoTunnel *tunnel = io_tunnel_new_bare (&options);
  const CulvertReport *report;
  uint16_t port;
  int peer = bare_server (&port);
  uint8_t packet[1500];
  uint32_t conv[2];

  tunnel->client = io_tunnel_start (tunnel, io_tunnel_client_plan (&options, port));
  report = io_tunnel_wait (tunnel, 2, CULVERT_REPORT_LISTENING, 1);
  tunnel->local_port = (uint16_t) g_ascii_strtoull (strrchr (report->text, ':') + 1, NULL, 10);
  for (unsigned i = 0; i < 2; i++)
    {
      int fd = io_tunnel_connect (tunnel);
      struct sockaddr_in from;
      socklen_t len = sizeof from;

      io_write_all (fd, "x", 1);
      g_assert_cmpint (recvfrom (peer, packet, sizeof packet, 0, (struct sockaddr *) &from, &len),
                       >=, 24);
      memcpy (&conv[i], packet, 4);
      memset (packet + 4, 0, 28);
      packet[4] = 81;
      packet[6] = 128;
      packet[20] = 8;  /* len */
      packet[24] = 77; /* no version of smux */
      g_assert_cmpint (sendto (peer, packet, 32, 0, (struct sockaddr *) &from, len), ==, 32);
      report = io_tunnel_wait (tunnel, 2, CULVERT_REPORT_SESSION_CLOSED, i + 1);
      g_assert_cmpint (report->code, ==, CULVERT_CLOSE_PROTOCOL);
      g_assert_cmpint (io_read_end (fd), ==, -1);
      g_assert_cmpint (errno, ==, ECONNRESET);
      close (fd);
      while (recv (peer, packet, sizeof packet, MSG_DONTWAIT) > 0)
        ;
    }
  g_assert_cmpuint (conv[0], !=, conv[1]);
  /* That the second one was answered proves nothing. */
  g_assert_cmpuint (io_tunnel_count (tunnel, 2, CULVERT_REPORT_SESSION_HEARD), ==, 1);
  close (peer);
  io_tunnel_free (tunnel);
}

/* The report that session id of the client closed, NULL: it has not. */
static const CulvertReport *
find_closed (IoTunnel *tunnel, uint64_t id)
{
  unsigned n = io_tunnel_count (tunnel, 2, CULVERT_REPORT_SESSION_CLOSED);

  for (unsigned i = 1; i <= n; i++)
    {
      const CulvertReport *report = io_tunnel_wait (tunnel, 2, CULVERT_REPORT_SESSION_CLOSED, i);

      if (report->id == id)
        return report;
    }
  return NULL;
}

/* A session of age is replaced once another has answered, and serves the old connection to its
 * end. */
static void
test_autoexpire (void)
{
  IoTunnelOptions options = { .autoexpire = 200 * CULVERT_MSEC, .scavengettl = 60 * CULVERT_SEC };
  Fixture f;
  uint64_t id;
  char byte;
  int first;
  int second;

  fixture_open (&f, IO_TARGET_ECHO, 0, options);
  first = io_tunnel_connect (f.tunnel);
  io_write_all (first, "1", 1);
  io_read_all (first, &byte, 1);
  id = io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_STREAM_OPENED, 1)->id;
  g_assert_cmpint (io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_SESSION_RENEWING, 1)->code, ==,
                   CULVERT_RENEW_AGE);
  (void) io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_SESSION_RENEWING, 3);
  second = io_tunnel_connect (f.tunnel);
  io_write_all (second, "2", 1);
  io_read_all (second, &byte, 1);
  g_assert_cmpuint (io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_STREAM_OPENED, 2)->id, !=, id);
  io_write_all (first, "3", 1);
  io_read_all (first, &byte, 1);
  g_assert_null (find_closed (f.tunnel, id));
  close (first);
  io_wait_for (f.tunnel, find_closed (f.tunnel, id) != NULL);
  g_assert_cmpint (find_closed (f.tunnel, id)->code, ==, CULVERT_CLOSE_RETIRED);
  g_assert_cmpuint (find_closed (f.tunnel, id)->count, ==, 0);
  close (second);
  fixture_close (&f);
}

static void
test_scavenge (void)
{
  IoTunnelOptions options = { .autoexpire = 200 * CULVERT_MSEC, .scavengettl = 100 * CULVERT_MSEC };
  Fixture f;
  uint64_t id;
  char byte;
  int first;

  fixture_open (&f, IO_TARGET_ECHO, 0, options);
  first = io_tunnel_connect (f.tunnel);
  io_write_all (first, "1", 1);
  io_read_all (first, &byte, 1);
  id = io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_STREAM_OPENED, 1)->id;
  g_assert_cmpint (io_read_end (first), ==, -1);
  g_assert_cmpint (errno, ==, ECONNRESET);
  io_wait_for (f.tunnel, find_closed (f.tunnel, id) != NULL);
  g_assert_cmpint (find_closed (f.tunnel, id)->code, ==, CULVERT_CLOSE_EXPIRED);
  g_assert_cmpuint (find_closed (f.tunnel, id)->count, ==, 1);
  close (first);
  fixture_close (&f);
}

/* What was read before the stop reaches the target within the grace. */
static void
test_stop_flushes (void)
{
  const size_t len = 250000;
  IoTunnelOptions options = { .client_ratelimit = 300000, .server_closewait_ms = 60000 };
  Writer writer;
  Fixture f;

  fixture_open (&f, IO_TARGET_ANSWER, 0, options);
  writer.fd = io_tunnel_connect (f.tunnel);
  writer.len = len;
  writer_main (&writer);
  /* All of it is in the session, most of it still waits for the rate limit. */
  io_wait_for (f.tunnel, ({ int n = 0; ioctl (writer.fd, SIOCOUTQ, &n); n; }) == 0);
  io_wait_for (f.tunnel, io_target_n_bytes (f.target) > 0);
  g_assert_cmpuint (io_target_n_bytes (f.target), <, len);
  culvert_run_stop (f.tunnel->client, 10 * CULVERT_SEC);
  (void) io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_STOPPED, 1);
  io_wait_for (f.tunnel, io_target_n_ended (f.target) == 1);
  g_assert_cmpuint (io_target_n_bytes (f.target), ==, len);
  g_assert_cmpint (io_read_end (writer.fd), ==, 0);
  close (writer.fd);
  g_clear_pointer (&f.tunnel->client, culvert_run_free);
  fixture_close (&f);
}

/* Nobody answers: the stop ends with its grace, and a second one cuts it. */
static void
test_stop_grace (void)
{
  IoTunnelOptions options = { .cipher = "null" };
  IoTunnel *tunnel = io_tunnel_new_bare (&options);
  const CulvertReport *report;
  uint16_t port;
  int peer = bare_server (&port);
  gint64 start;
  char packet[1500];
  int fd;

  tunnel->client = io_tunnel_start (tunnel, io_tunnel_client_plan (&options, port));
  report = io_tunnel_wait (tunnel, 2, CULVERT_REPORT_LISTENING, 1);
  tunnel->local_port = (uint16_t) g_ascii_strtoull (strrchr (report->text, ':') + 1, NULL, 10);
  fd = io_tunnel_connect (tunnel);
  io_write_all (fd, "x", 1);
  bare_server_answer (peer);
  do
    g_assert_cmpint (recv (peer, packet, sizeof packet, 0), >=, 24);
  while (packet[4] != 81);
  start = g_get_monotonic_time ();
  culvert_run_stop (tunnel->client, 100 * CULVERT_SEC);
  culvert_run_stop (tunnel->client, 200 * CULVERT_MSEC);
  (void) io_tunnel_wait (tunnel, 2, CULVERT_REPORT_STOPPED, 1);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 190 * 1000);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
  close (fd);
  close (peer);
  g_clear_pointer (&tunnel->client, culvert_run_free);
  io_tunnel_free (tunnel);
}

/* -- the listener's rules, WIRE.md 6.3 --------------------------------------------------- */

typedef struct
{
  IoTunnel *tunnel;
  int peers[3];
  unsigned n_sessions;
} ListenerCase;

static void
check_replies (int fd, JsonArray *replies)
{
  for (guint i = 0; i < json_array_get_length (replies); i++)
    {
      JsonObject *reply = json_array_get_object_element (replies, i);
      uint8_t packet[1500];
      uint32_t word;

      do
        g_assert_cmpint (recv (fd, packet, sizeof packet, 0), >=, 24);
      while (packet[4] == 81); /* the server's own NOPs */
      memcpy (&word, packet, 4);
      g_assert_cmpuint (GUINT32_FROM_LE (word), ==, json_object_get_int_member (reply, "conv"));
      g_assert_cmpuint (packet[4], ==, json_object_get_int_member (reply, "cmd"));
      memcpy (&word, packet + 12, 4);
      g_assert_cmpuint (GUINT32_FROM_LE (word), ==, json_object_get_int_member (reply, "sn"));
      memcpy (&word, packet + 16, 4);
      g_assert_cmpuint (GUINT32_FROM_LE (word), ==, json_object_get_int_member (reply, "una"));
    }
}

static void
listener_step (ListenerCase *c, JsonObject *step)
{
  const char *peer = json_object_get_string_member (step, "peer");
  int fd = c->peers[peer[0] - 'A'];
  size_t len;
  g_autofree uint8_t *datagram = test_hex_member (step, "datagram", &len);
  struct pollfd item = { .fd = fd, .events = POLLIN };
  JsonArray *replies = json_object_get_array_member (step, "replies");
  unsigned n_new = (unsigned) json_object_get_int_member (step, "new_sessions");

  g_test_message ("%s", json_object_get_string_member (step, "note"));
  g_assert_cmpint (send (fd, datagram, len, 0), ==, (ssize_t) len);
  c->n_sessions += n_new;
  if (n_new > 0)
    (void) io_tunnel_wait (c->tunnel, 1, CULVERT_REPORT_SESSION_OPENED, c->n_sessions);
  check_replies (fd, replies);
  if (json_array_get_length (replies) == 0)
    g_assert_cmpint (poll (&item, 1, 60), ==, 0);
  g_assert_cmpuint (io_tunnel_count (c->tunnel, 1, CULVERT_REPORT_SESSION_OPENED), ==,
                    c->n_sessions);
}

static void
listener_case (JsonObject *object, void *data)
{
  IoTunnelOptions options = { .cipher = "null", .target_port = unused_port () };
  ListenerCase c = { .tunnel = io_tunnel_new_bare (&options) };
  JsonArray *steps = json_object_get_array_member (object, "steps");
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  struct timeval limit = { .tv_sec = 20 };

  g_test_message ("case %s", json_object_get_string_member (object, "name"));
  c.tunnel->server = io_tunnel_start (c.tunnel, io_tunnel_server_plan (&options));
  in.sin_port = g_htons ((uint16_t) g_ascii_strtoull (
    strrchr (io_tunnel_wait (c.tunnel, 1, CULVERT_REPORT_LISTENING, 1)->text, ':') + 1, NULL, 10));
  for (unsigned i = 0; i < G_N_ELEMENTS (c.peers); i++)
    {
      c.peers[i] = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      g_assert_no_errno (setsockopt (c.peers[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
      g_assert_no_errno (connect (c.peers[i], (struct sockaddr *) &in, sizeof in));
    }
  for (guint i = 0; i < json_array_get_length (steps); i++)
    listener_step (&c, json_array_get_object_element (steps, i));
  for (unsigned i = 0; i < G_N_ELEMENTS (c.peers); i++)
    close (c.peers[i]);
  io_tunnel_free (c.tunnel);
}

static void
test_listener (void)
{
  test_vectors_foreach ("listener.json", NULL, listener_case, NULL);
}

static const struct
{
  const char *path;
  IoTunnelOptions options;
} echo_cases[] = {
  { "/runtime/echo/none", { .cipher = "none" } },
  { "/runtime/echo/null", { .cipher = "null" } },
  { "/runtime/echo/aes-fec", { .cipher = "aes", .has_fec = true } },
  { "/runtime/echo/gcm", { .cipher = "aes-128-gcm" } },
  { "/runtime/echo/snappy", { .compress = true } },
  { "/runtime/echo/smux-1", { .smux_version = 1 } },
  { "/runtime/echo/qpp", { .qpp_count = 61 } },
  { "/runtime/echo/workers", { .n_workers = 3, .conn = 4, .compress = true, .has_fec = true } },
  { "/runtime/echo/ports", { .n_ports = 5, .conn = 4, .n_workers = 2 } },
  { "/runtime/echo/little-memory", { .mem_limit = 2 * 1024 * 1024 } },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (unsigned i = 0; i < G_N_ELEMENTS (echo_cases); i++)
    g_test_add_data_func (echo_cases[i].path, &echo_cases[i].options, test_echo);
  g_test_add_func ("/runtime/speak", test_speak);
  g_test_add_func ("/runtime/full-socket", test_full_socket);
  g_test_add_func ("/runtime/slow-reader", test_slow_reader);
  g_test_add_data_func ("/runtime/thousand/plain", GINT_TO_POINTER (false), test_thousand);
  g_test_add_data_func ("/runtime/thousand/snappy", GINT_TO_POINTER (true), test_thousand);
  g_test_add_func ("/runtime/spread", test_spread);
  g_test_add_func ("/runtime/unix", test_unix);
  g_test_add_func ("/runtime/ratelimit", test_ratelimit);
  g_test_add_func ("/runtime/close/target-first", test_target_closes);
  g_test_add_func ("/runtime/close/half-close-cuts", test_half_close_cuts);
  g_test_add_func ("/runtime/close/half-close-waits", test_half_close_waits);
  g_test_add_func ("/runtime/close/server-closewait", test_server_closewait);
  g_test_add_func ("/runtime/close/delivers", test_close_delivers);
  g_test_add_func ("/runtime/close/unread-input", test_close_with_unread_input);
  g_test_add_func ("/runtime/close/target-resets", test_target_resets);
  g_test_add_func ("/runtime/fail/refused", test_refused);
  g_test_add_func ("/runtime/fail/port-in-use", test_port_in_use);
  g_test_add_func ("/runtime/fail/unresolvable", test_unresolvable);
  g_test_add_func ("/runtime/fail/wrong-key", test_wrong_key);
  g_test_add_func ("/runtime/fail/descriptors", test_descriptors);
  g_test_add_func ("/runtime/session/protocol-error", test_protocol_error);
  g_test_add_func ("/runtime/session/autoexpire", test_autoexpire);
  g_test_add_func ("/runtime/session/scavenge", test_scavenge);
  g_test_add_func ("/runtime/stop/flushes", test_stop_flushes);
  g_test_add_func ("/runtime/stop/grace", test_stop_grace);
  g_test_add_func ("/runtime/listener", test_listener);
  return g_test_run ();
}

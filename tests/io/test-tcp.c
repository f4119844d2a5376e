/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-tcp.h"
#include "io-test.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/tcp.h>

/* A connected pair with the listener it came from. */
typedef struct
{
  int listener;
  int client;
  int server;
  CulvertStreamAddress local; /* where the listener is */
  CulvertStreamAddress peer;  /* as accept told */
  char *folder;               /* for UNIX paths */
} Fixture;

static CulvertStreamAddress
tcp_address (const char *host, uint16_t port)
{
  CulvertStreamAddress address = { .address = io_test_address (host, port) };

  return address;
}

static CulvertStreamAddress
unix_address (const char *path)
{
  CulvertStreamAddress address = { .is_unix = true };

  g_assert_cmpuint (g_strlcpy (address.path, path, sizeof address.path), <, sizeof address.path);
  return address;
}

static CulvertStreamAddress
folder_address (Fixture *f, const char *name)
{
  g_autofree char *path = g_build_filename (f->folder, name, NULL);

  return unix_address (path);
}

/* Listens at address, dials what it got and accepts. */
static void
fixture_connect (Fixture *f, const CulvertStreamAddress *address)
{
  int error = 0;

  f->listener = culvert_tcp_listen (address, 16, &error);
  g_assert_cmpint (f->listener, >=, 0);
  culvert_tcp_local (f->listener, &f->local);
  f->client = culvert_tcp_connect (&f->local, &error);
  g_assert_cmpint (f->client, >=, 0);
  io_test_wait (f->client, POLLOUT);
  g_assert_cmpint (culvert_tcp_connect_result (f->client), ==, 0);
  io_test_wait (f->listener, POLLIN);
  f->server = culvert_tcp_accept (f->listener, &f->peer, &error);
  g_assert_cmpint (f->server, >=, 0);
}

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->listener = f->client = f->server = -1;
  f->folder = g_dir_make_tmp ("culvert-io-XXXXXX", NULL);
  g_assert_nonnull (f->folder);
}

static void
fixture_set_up_tcp (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = tcp_address ("127.0.0.1", 0);

  fixture_set_up (f, data);
  fixture_connect (f, &address);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  const int fds[] = { f->listener, f->client, f->server };
  GDir *dir = g_dir_open (f->folder, 0, NULL);
  const char *name;

  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      culvert_tcp_close (fds[i]);
  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_dir_close (dir);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->folder);
}

static ssize_t
write_text (int fd, const char *text)
{
  struct iovec span = { (void *) text, strlen (text) };
  int error = 0;

  return culvert_tcp_writev (fd, &span, 1, &error);
}

static void
assert_text (int fd, const char *expected)
{
  char buf[64];
  struct iovec span = { buf, sizeof buf };
  int error = 0;
  ssize_t len;

  io_test_wait (fd, POLLIN);
  len = culvert_tcp_readv (fd, &span, 1, &error);
  g_assert_cmpmem (buf, len, expected, strlen (expected));
}

static int
get_option (int fd, int level, int name)
{
  int value = -1;
  socklen_t len = sizeof value;

  g_assert_cmpint (getsockopt (fd, level, name, &value, &len), ==, 0);
  return value;
}

static void
assert_flags (int fd)
{
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, !=, 0);
}

static void
test_flags (Fixture *f, gconstpointer data)
{
  const int ends[] = { f->client, f->server };

  assert_flags (f->listener);
  for (unsigned i = 0; i < 2; i++)
    {
      assert_flags (ends[i]);
      g_assert_cmpint (get_option (ends[i], IPPROTO_TCP, TCP_NODELAY), !=, 0);
    }
  /* The dialling end is near, so it has no keep-alive. */
  g_assert_cmpint (get_option (f->client, SOL_SOCKET, SO_KEEPALIVE), ==, 0);
  g_assert_cmpint (get_option (f->server, SOL_SOCKET, SO_KEEPALIVE), !=, 0);
  g_assert_cmpint (get_option (f->server, IPPROTO_TCP, TCP_KEEPIDLE), ==, 15);
  g_assert_cmpint (get_option (f->server, IPPROTO_TCP, TCP_KEEPINTVL), ==, 15);
}

static void
test_addresses (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress client;

  culvert_tcp_local (f->client, &client);
  g_assert_false (f->local.is_unix);
  g_assert_cmpuint (io_test_port (&f->local.address), !=, 0);
  g_assert_true (culvert_address_equal (&client.address, &f->peer.address));
}

static void
test_vectors (Fixture *f, gconstpointer data)
{
  char a[3];
  char b[16];
  struct iovec out[] = { { "one", 3 }, { "", 0 }, { "two", 3 } };
  struct iovec in[] = { { a, sizeof a }, { b, sizeof b } };
  int error = 0;

  g_assert_cmpint (culvert_tcp_writev (f->client, out, 3, &error), ==, 6);
  io_test_wait (f->server, POLLIN);
  g_assert_cmpint (culvert_tcp_readv (f->server, in, 2, &error), ==, 6);
  g_assert_cmpmem (a, 3, "one", 3);
  g_assert_cmpmem (b, 3, "two", 3);
}

static void
test_nothing_to_read (Fixture *f, gconstpointer data)
{
  char buf[4];
  struct iovec span = { buf, sizeof buf };
  int error = 0;

  g_assert_cmpint (culvert_tcp_readv (f->server, &span, 1, &error), ==, CULVERT_E_AGAIN);
}

/* Written bytes arrive before the end of file, and the other direction goes on. */
static void
test_half_close (Fixture *f, gconstpointer data)
{
  char buf[4];
  struct iovec span = { buf, sizeof buf };
  int error = 0;

  g_assert_cmpint (write_text (f->client, "last"), ==, 4);
  culvert_tcp_shutdown_write (f->client);
  assert_text (f->server, "last");
  io_test_wait (f->server, POLLIN);
  g_assert_cmpint (culvert_tcp_readv (f->server, &span, 1, &error), ==, 0);
  g_assert_cmpint (write_text (f->server, "still"), ==, 5);
  assert_text (f->client, "still");
}

/* Takes until the kernel is full, then again once the reader made room. */
static void
test_full (Fixture *f, gconstpointer data)
{
  g_autofree char *block = g_malloc0 (65536);
  struct iovec span = { block, 65536 };
  size_t sent = 0;
  size_t received = 0;
  ssize_t len;
  int error = 0;

  while ((len = culvert_tcp_writev (f->client, &span, 1, &error)) > 0)
    sent += (size_t) len;
  g_assert_cmpint (len, ==, CULVERT_E_AGAIN);
  while (received < sent)
    {
      io_test_wait (f->server, POLLIN);
      span.iov_len = 65536;
      len = culvert_tcp_readv (f->server, &span, 1, &error);
      g_assert_cmpint (len, >, 0);
      received += (size_t) len;
    }
  io_test_wait (f->client, POLLOUT);
  g_assert_cmpint (write_text (f->client, "more"), ==, 4);
}

/* The peer reset the connection: a code, not a signal. */
static void
test_broken (Fixture *f, gconstpointer data)
{
  struct linger hard = { .l_onoff = 1, .l_linger = 0 };
  char buf[4];
  struct iovec span = { buf, sizeof buf };
  int error = 0;

  g_assert_cmpint (setsockopt (f->server, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), ==, 0);
  culvert_tcp_close (f->server);
  f->server = -1;
  io_test_wait (f->client, POLLIN);
  g_assert_cmpint (culvert_tcp_readv (f->client, &span, 1, &error), ==, CULVERT_E_DISCARD);
  g_assert_cmpint (error, ==, ECONNRESET);
  error = 0;
  g_assert_cmpint (culvert_tcp_writev (f->client, &span, 1, &error), ==, CULVERT_E_DISCARD);
  g_assert_cmpint (error, ==, EPIPE);
}

static void
test_accept_none (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress peer;
  int error = 0;

  g_assert_cmpint (culvert_tcp_accept (f->listener, &peer, &error), ==, -1);
  g_assert_cmpint (error, ==, EAGAIN);
}

static void
test_port_in_use (Fixture *f, gconstpointer data)
{
  int error = 0;

  g_assert_cmpint (culvert_tcp_listen (&f->local, 16, &error), ==, -1);
  g_assert_cmpint (error, ==, EADDRINUSE);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = tcp_address ("127.0.0.1", 0);
  int error = 0;
  int fd = culvert_tcp_listen (&address, 16, &error);

  g_assert_cmpint (fd, >=, 0);
  culvert_tcp_local (fd, &address);
  culvert_tcp_close (fd);
  f->client = culvert_tcp_connect (&address, &error);
  if (f->client >= 0)
    {
      io_test_wait (f->client, POLLOUT);
      error = culvert_tcp_connect_result (f->client);
    }
  g_assert_cmpint (error, ==, ECONNREFUSED);
}

/* What can happen with a target port of this machine that is in the range of sources. */
static void
test_meets_itself (Fixture *f, gconstpointer data)
{
  CulvertAddress address = io_test_address ("127.0.0.1", 0);

  f->client = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (f->client, &address.addr.sa, address.len), ==, 0);
  g_assert_cmpint (getsockname (f->client, &address.addr.sa, &address.len), ==, 0);
  g_assert_cmpint (connect (f->client, &address.addr.sa, address.len), ==, 0);
  g_assert_cmpint (culvert_tcp_connect_result (f->client), ==, ECONNREFUSED);
}

/* A listener on all addresses takes IPv4 and shows it as such. */
static void
test_dual_stack (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress any = tcp_address ("::", 0);
  CulvertStreamAddress dial;
  char text[CULVERT_ADDRESS_TEXT];
  int error = 0;

  f->listener = culvert_tcp_listen (&any, 16, &error);
  g_assert_cmpint (f->listener, >=, 0);
  culvert_tcp_local (f->listener, &f->local);
  dial = tcp_address ("127.0.0.1", io_test_port (&f->local.address));
  f->client = culvert_tcp_connect (&dial, &error);
  g_assert_cmpint (f->client, >=, 0);
  io_test_wait (f->listener, POLLIN);
  f->server = culvert_tcp_accept (f->listener, &f->peer, &error);
  g_assert_cmpint (f->server, >=, 0);
  culvert_address_format (&f->peer.address, text);
  g_assert_true (g_str_has_prefix (text, "127.0.0.1:"));
}

static void
assert_echo (Fixture *f)
{
  assert_flags (f->listener);
  assert_flags (f->client);
  assert_flags (f->server);
  g_assert_true (f->local.is_unix);
  g_assert_true (f->peer.is_unix);
  g_assert_cmpint (write_text (f->client, "ping"), ==, 4);
  assert_text (f->server, "ping");
  g_assert_cmpint (write_text (f->server, "pong"), ==, 4);
  assert_text (f->client, "pong");
}

static void
test_unix_path (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = folder_address (f, "socket");

  fixture_connect (f, &address);
  g_assert_cmpstr (f->local.path, ==, address.path);
  assert_echo (f);
}

static void
test_unix_abstract (Fixture *f, gconstpointer data)
{
  g_autofree char *name = g_strdup_printf ("@culvert-test-%d", (int) getpid ());
  CulvertStreamAddress address = unix_address (name);
  int error = 0;

  fixture_connect (f, &address);
  g_assert_cmpstr (f->local.path, ==, name);
  assert_echo (f);
  g_assert_cmpint (culvert_tcp_listen (&address, 16, &error), ==, -1);
  g_assert_cmpint (error, ==, EADDRINUSE);
}

/* The file a killed process left behind does not stand in the way. */
static void
test_unix_stale (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = folder_address (f, "socket");
  int error = 0;
  int fd = culvert_tcp_listen (&address, 16, &error);

  g_assert_cmpint (fd, >=, 0);
  culvert_tcp_close (fd);
  g_assert_true (g_file_test (address.path, G_FILE_TEST_EXISTS));
  fixture_connect (f, &address);
  assert_echo (f);
}

static void
test_unix_live (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = folder_address (f, "socket");
  CulvertStreamAddress peer;
  int error = 0;

  fixture_connect (f, &address);
  g_assert_cmpint (culvert_tcp_listen (&address, 16, &error), ==, -1);
  g_assert_cmpint (error, ==, EADDRINUSE);
  /* The question cost the live one nothing but an empty connection. */
  g_assert_cmpint (write_text (f->client, "ping"), ==, 4);
  assert_text (f->server, "ping");
  culvert_tcp_close (culvert_tcp_accept (f->listener, &peer, &error));
}

/* A live listener whose queue is full does not answer either, but is not stale. */
static void
test_unix_busy (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = folder_address (f, "socket");
  int fds[8];
  unsigned n = 0;
  int error = 0;

  f->listener = culvert_tcp_listen (&address, 0, &error);
  g_assert_cmpint (f->listener, >=, 0);
  while (n < G_N_ELEMENTS (fds) && (fds[n] = culvert_tcp_connect (&address, &error)) >= 0)
    n++;
  g_assert_cmpint (error, ==, EAGAIN);
  g_assert_cmpint (culvert_tcp_listen (&address, 16, &error), ==, -1);
  g_assert_cmpint (error, ==, EADDRINUSE);
  g_assert_true (g_file_test (address.path, G_FILE_TEST_EXISTS));
  while (n > 0)
    culvert_tcp_close (fds[--n]);
}

static void
test_unix_foreign_file (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = folder_address (f, "notes");
  g_autofree char *content = NULL;
  int error = 0;

  g_assert_true (g_file_set_contents (address.path, "precious", -1, NULL));
  g_assert_cmpint (culvert_tcp_listen (&address, 16, &error), ==, -1);
  g_assert_cmpint (error, ==, EADDRINUSE);
  g_assert_true (g_file_get_contents (address.path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "precious");
}

static void
test_unix_refused (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = folder_address (f, "nobody");
  int error = 0;

  g_assert_cmpint (culvert_tcp_connect (&address, &error), ==, -1);
  g_assert_cmpint (error, ==, ENOENT);
}

static void
test_unix_bad_path (Fixture *f, gconstpointer data)
{
  CulvertStreamAddress address = { .is_unix = true };
  int error = 0;

  g_assert_cmpint (culvert_tcp_listen (&address, 16, &error), ==, -1);
  g_assert_cmpint (error, ==, EINVAL);
  memset (address.path, 'x', sizeof address.path);
  g_assert_cmpint (culvert_tcp_connect (&address, &error), ==, -1);
  g_assert_cmpint (error, ==, ENAMETOOLONG);
}

#define ADD(path, set_up, func) g_test_add (path, Fixture, NULL, set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/tcp/flags-and-options", fixture_set_up_tcp, test_flags);
  ADD ("/tcp/addresses", fixture_set_up_tcp, test_addresses);
  ADD ("/tcp/vectors", fixture_set_up_tcp, test_vectors);
  ADD ("/tcp/nothing-to-read", fixture_set_up_tcp, test_nothing_to_read);
  ADD ("/tcp/half-close", fixture_set_up_tcp, test_half_close);
  ADD ("/tcp/full", fixture_set_up_tcp, test_full);
  ADD ("/tcp/broken", fixture_set_up_tcp, test_broken);
  ADD ("/tcp/accept-none", fixture_set_up_tcp, test_accept_none);
  ADD ("/tcp/port-in-use", fixture_set_up_tcp, test_port_in_use);
  ADD ("/tcp/refused", fixture_set_up, test_refused);
  ADD ("/tcp/meets-itself", fixture_set_up, test_meets_itself);
  ADD ("/tcp/dual-stack", fixture_set_up, test_dual_stack);
  ADD ("/tcp/unix/path", fixture_set_up, test_unix_path);
  ADD ("/tcp/unix/abstract", fixture_set_up, test_unix_abstract);
  ADD ("/tcp/unix/stale-file", fixture_set_up, test_unix_stale);
  ADD ("/tcp/unix/live-file", fixture_set_up, test_unix_live);
  ADD ("/tcp/unix/busy-file", fixture_set_up, test_unix_busy);
  ADD ("/tcp/unix/foreign-file", fixture_set_up, test_unix_foreign_file);
  ADD ("/tcp/unix/nobody", fixture_set_up, test_unix_refused);
  ADD ("/tcp/unix/bad-path", fixture_set_up, test_unix_bad_path);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "io-target.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define IO_TARGET_CHUNK 65536

typedef struct
{
  int fd;
  bool is_through;   /* end of file was read */
  size_t n_queued;   /* echo: bytes in buf; speak: none */
  size_t n_spoken;
  uint8_t *buf;
} IoConnection;

struct _IoTarget
{
  GThread *thread;
  IoTargetKind kind;
  size_t speak_len;
  int listener;
  int wake[2];
  uint16_t port;
  GPtrArray *connections;
  atomic_uint n_accepted;
  atomic_uint n_ended;
  _Atomic uint64_t n_bytes;
};

static void
io_connection_free (void *data)
{
  IoConnection *connection = data;

  if (connection->fd >= 0)
    close (connection->fd);
  g_free (connection->buf);
  g_free (connection);
}

static void
io_target_accept (IoTarget *target)
{
  int fd = accept4 (target->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  IoConnection *connection;

  if (fd < 0)
    return;
  connection = g_new0 (IoConnection, 1);
  connection->fd = fd;
  connection->buf = g_malloc (IO_TARGET_CHUNK);
  g_ptr_array_add (target->connections, connection);
  atomic_fetch_add (&target->n_accepted, 1);
}

static void
io_connection_reset (IoConnection *connection)
{
  struct linger linger = { 1, 0 };

  (void) setsockopt (connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close (connection->fd);
  connection->fd = -1;
}

static void
io_target_read (IoTarget *target, IoConnection *connection)
{
  ssize_t n = read (connection->fd, connection->buf + connection->n_queued,
                    IO_TARGET_CHUNK - connection->n_queued);

  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0)
    {
      connection->is_through = true;
      if (n == 0)
        atomic_fetch_add (&target->n_ended, 1);
      else
        io_connection_reset (connection);
      return;
    }
  atomic_fetch_add (&target->n_bytes, (uint64_t) n);
  if (target->kind == IO_TARGET_ECHO)
    connection->n_queued += (size_t) n;
  if (target->kind == IO_TARGET_RESET)
    io_connection_reset (connection);
}

/* What the connection has to say now; 0: nothing. */
static size_t
io_target_prepare (IoTarget *target, IoConnection *connection)
{
  size_t n;

  switch (target->kind)
    {
    case IO_TARGET_SPEAK:
      n = MIN (target->speak_len - connection->n_spoken, IO_TARGET_CHUNK);
      for (size_t i = 0; i < n; i++)
        connection->buf[i] = io_pattern (connection->n_spoken + i);
      return n;
    case IO_TARGET_ANSWER:
      if (!connection->is_through || connection->n_spoken > 0)
        return 0;
      memcpy (connection->buf, "answer", 6);
      return 6;
    default:
      return connection->n_queued;
    }
}

static void
io_target_write (IoTarget *target, IoConnection *connection)
{
  size_t len = io_target_prepare (target, connection);
  ssize_t n = len > 0 ? send (connection->fd, connection->buf, len, MSG_NOSIGNAL) : 0;

  if (n < 0 && errno != EAGAIN)
    {
      close (connection->fd);
      connection->fd = -1;
      return;
    }
  if (n <= 0)
    return;
  connection->n_spoken += (size_t) n;
  if (target->kind == IO_TARGET_SPEAK && connection->n_spoken == target->speak_len)
    g_assert_no_errno (shutdown (connection->fd, SHUT_WR));
  if (target->kind == IO_TARGET_ECHO)
    {
      connection->n_queued -= (size_t) n;
      memmove (connection->buf, connection->buf + n, connection->n_queued);
    }
}

static bool
io_target_has_more (IoTarget *target, const IoConnection *connection)
{
  switch (target->kind)
    {
    case IO_TARGET_ECHO:
      return connection->n_queued > 0;
    case IO_TARGET_SPEAK:
      return connection->n_spoken < target->speak_len;
    case IO_TARGET_ANSWER:
      return connection->is_through && connection->n_spoken == 0;
    default:
      return false;
    }
}

static bool
io_target_is_over (IoTarget *target, const IoConnection *connection)
{
  if (connection->fd < 0)
    return true;
  if (io_target_has_more (target, connection))
    return false;
  return connection->is_through;
}

static short
io_target_interest (IoTarget *target, const IoConnection *connection)
{
  bool wants_input = !connection->is_through && target->kind != IO_TARGET_HOLD
                     && connection->n_queued < IO_TARGET_CHUNK;

  return (short) ((wants_input ? POLLIN : 0)
                  | (io_target_has_more (target, connection) ? POLLOUT : 0));
}

static void
io_target_serve (IoTarget *target, IoConnection *connection, short ready)
{
  if (ready & POLLOUT)
    io_target_write (target, connection);
  if (connection->fd >= 0 && (ready & POLLIN))
    io_target_read (target, connection);
  if (connection->fd >= 0 && (ready & (POLLERR | POLLHUP)) && !(ready & (POLLIN | POLLOUT)))
    io_connection_reset (connection);
}

static gpointer
io_target_main (gpointer data)
{
  IoTarget *target = data;

  for (;;)
    {
      guint n = target->connections->len;
      g_autofree struct pollfd *fds = g_new0 (struct pollfd, n + 2);

      fds[0].fd = target->listener;
      fds[0].events = POLLIN;
      fds[1].fd = target->wake[0];
      fds[1].events = POLLIN;
      for (guint i = 0; i < n; i++)
        {
          IoConnection *connection = target->connections->pdata[i];

          fds[i + 2].fd = connection->fd;
          fds[i + 2].events = io_target_interest (target, connection);
        }
      if (poll (fds, n + 2, -1) < 0)
        continue;
      if (fds[1].revents != 0)
        return NULL;
      for (guint i = n; i > 0; i--)
        {
          IoConnection *connection = target->connections->pdata[i - 1];

          io_target_serve (target, connection, fds[i + 1].revents);
          if (io_target_is_over (target, connection))
            g_ptr_array_remove_index_fast (target->connections, i - 1);
        }
      if (fds[0].revents & POLLIN)
        io_target_accept (target);
    }
}

static void
io_target_listen (IoTarget *target, const char *path)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  socklen_t len = sizeof in;

  target->listener = socket (path != NULL ? AF_UNIX : AF_INET,
                             SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (target->listener, >=, 0);
  if (path != NULL)
    {
      g_strlcpy (un.sun_path, path, sizeof un.sun_path);
      g_assert_no_errno (bind (target->listener, (struct sockaddr *) &un, sizeof un));
    }
  else
    g_assert_no_errno (bind (target->listener, (struct sockaddr *) &in, sizeof in));
  g_assert_no_errno (listen (target->listener, 4096));
  if (path == NULL)
    {
      g_assert_no_errno (getsockname (target->listener, (struct sockaddr *) &in, &len));
      target->port = g_ntohs (in.sin_port);
    }
}

IoTarget *
io_target_new (IoTargetKind kind, const char *path, size_t speak_len)
{
  IoTarget *target = g_new0 (IoTarget, 1);

  target->kind = kind;
  target->speak_len = speak_len;
  target->connections = g_ptr_array_new_with_free_func (io_connection_free);
  io_target_listen (target, path);
  g_assert_no_errno (pipe (target->wake));
  target->thread = g_thread_new ("target", io_target_main, target);
  return target;
}

void
io_target_free (IoTarget *target)
{
  g_assert_cmpint (write (target->wake[1], "", 1), ==, 1);
  g_thread_join (target->thread);
  g_ptr_array_unref (target->connections);
  close (target->wake[0]);
  close (target->wake[1]);
  close (target->listener);
  g_free (target);
}

uint16_t
io_target_port (const IoTarget *target)
{
  return target->port;
}

unsigned
io_target_n_accepted (const IoTarget *target)
{
  return atomic_load (&target->n_accepted);
}

unsigned
io_target_n_ended (const IoTarget *target)
{
  return atomic_load (&target->n_ended);
}

uint64_t
io_target_n_bytes (const IoTarget *target)
{
  return atomic_load (&target->n_bytes);
}

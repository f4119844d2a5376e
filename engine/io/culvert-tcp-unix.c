/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Stream sockets over the POSIX calls: listening, accepting, dialling, reading, writing.
 *
 * Descriptors are plain integers owned by the caller; any thread that owns one may use it. Nothing
 * here waits and nothing raises SIGPIPE. The file of a UNIX listener stays when the descriptor is
 * closed; the next listener takes it for stale, because nobody answers on it, and replaces it. A
 * file that is no socket is never touched. */
#include "config.h"

#include "culvert-address-private.h"
#include "culvert-tcp.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CULVERT_TCP_KEEPALIVE_SEC 15
/* Connections that died in the queue, skipped in one call. */
#define CULVERT_TCP_ACCEPT_TRIES 16

typedef union
{
  struct sockaddr sa;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  struct sockaddr_un un;
} CulvertSockaddr;

/* The system's form of an address; its length, or 0 with errno set. */
static socklen_t
culvert_tcp_to_native (const CulvertStreamAddress *address, CulvertSockaddr *out)
{
  size_t len;

  memset (out, 0, sizeof *out);
  if (!address->is_unix)
    {
      memcpy (out, &address->address.addr, address->address.len);
      return address->address.len;
    }
  len = strnlen (address->path, sizeof address->path);
  if (len == 0 || len >= sizeof out->un.sun_path)
    {
      errno = len == 0 ? EINVAL : ENAMETOOLONG;
      return 0;
    }
  out->un.sun_family = AF_UNIX;
  memcpy (out->un.sun_path, address->path, len);
  if (address->path[0] != '@')
    return sizeof out->un;
  /* Abstract: the name is counted, not terminated. */
  out->un.sun_path[0] = '\0';
  return offsetof (struct sockaddr_un, sun_path) + len;
}

static void
culvert_tcp_from_native (const CulvertSockaddr *native, socklen_t len, CulvertStreamAddress *out)
{
  size_t path_len;

  memset (out, 0, sizeof *out);
  if (native->sa.sa_family != AF_UNIX)
    {
      out->address.len = MIN (len, sizeof out->address.addr);
      memcpy (&out->address.addr, native, out->address.len);
      return;
    }
  out->is_unix = true;
  path_len = len > offsetof (struct sockaddr_un, sun_path)
               ? len - offsetof (struct sockaddr_un, sun_path) : 0;
  path_len = MIN (path_len, sizeof out->path - 1);
  memcpy (out->path, native->un.sun_path, path_len);
  if (path_len > 0 && out->path[0] == '\0')
    out->path[0] = '@';
}

static int
culvert_tcp_socket (int family)
{
  return socket (family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Best effort: a socket without them still works. On a listener they are for the sockets it
 * accepts, which inherit them. */
static void
culvert_tcp_set_options (int fd, bool is_near)
{
  int on = 1;
  int seconds = CULVERT_TCP_KEEPALIVE_SEC;

  (void) setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  /* No path to break: the end of a process of this machine is told at once. */
  if (is_near)
    return;
  (void) setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  (void) setsockopt (fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  (void) setsockopt (fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
}

/* Closes fd (which may be -1) and hands errno out; for "return" of an error path. */
static int
culvert_tcp_fail (int fd, int *out_errno)
{
  *out_errno = errno;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Removes the socket file at native if nobody answers on it; whether it is gone. */
static bool
culvert_tcp_remove_stale (const CulvertSockaddr *native, socklen_t len)
{
  struct stat st;
  bool is_stale;
  int fd;

  if (native->un.sun_path[0] == '\0' || lstat (native->un.sun_path, &st) < 0
      || !S_ISSOCK (st.st_mode))
    return false;
  fd = culvert_tcp_socket (AF_UNIX);
  if (fd < 0)
    return false;
  is_stale = connect (fd, &native->sa, len) < 0 && errno == ECONNREFUSED;
  close (fd);
  return is_stale && unlink (native->un.sun_path) == 0;
}

static int
culvert_tcp_listen_native (const CulvertSockaddr *native,
                           socklen_t len,
                           int backlog,
                           int *out_errno)
{
  int family = native->sa.sa_family;
  int fd = culvert_tcp_socket (family);
  int on = 1;
  int off = 0;

  if (fd < 0)
    return culvert_tcp_fail (fd, out_errno);
  if (family != AF_UNIX)
    {
      (void) setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      culvert_tcp_set_options (fd, false);
    }
  if (family == AF_INET6)
    (void) setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (bind (fd, &native->sa, len) < 0)
    {
      if (family != AF_UNIX || errno != EADDRINUSE)
        return culvert_tcp_fail (fd, out_errno);
      if (!culvert_tcp_remove_stale (native, len) || bind (fd, &native->sa, len) < 0)
        {
          errno = EADDRINUSE;
          return culvert_tcp_fail (fd, out_errno);
        }
    }
  if (listen (fd, backlog) < 0)
    return culvert_tcp_fail (fd, out_errno);
  return fd;
}

int
culvert_tcp_listen (const CulvertStreamAddress *address, int backlog, int *out_errno)
{
  CulvertSockaddr native;
  socklen_t len = culvert_tcp_to_native (address, &native);
  CulvertAddress any;
  int fd;

  if (len == 0)
    return culvert_tcp_fail (-1, out_errno);
  fd = culvert_tcp_listen_native (&native, len, backlog, out_errno);
  if (fd < 0 && *out_errno == EAFNOSUPPORT && !address->is_unix
      && culvert_address_any_v4 (&address->address, &any))
    {
      memcpy (&native, &any.addr, any.len);
      fd = culvert_tcp_listen_native (&native, any.len, backlog, out_errno);
    }
  return fd;
}

void
culvert_tcp_local (int fd, CulvertStreamAddress *out_address)
{
  CulvertSockaddr native = { 0 };
  socklen_t len = sizeof native;

  if (getsockname (fd, &native.sa, &len) < 0)
    len = 0;
  culvert_tcp_from_native (&native, MIN (len, sizeof native), out_address);
}

bool
culvert_tcp_peer (int fd, CulvertStreamAddress *out_address)
{
  CulvertSockaddr native = { 0 };
  socklen_t len = sizeof native;

  if (getpeername (fd, &native.sa, &len) < 0)
    return false;
  culvert_tcp_from_native (&native, MIN (len, sizeof native), out_address);
  return true;
}

/* Errors of accept that speak of the connection, not of the listener. */
static bool
culvert_tcp_is_passing (int error)
{
  switch (error)
    {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
    }
}

int
culvert_tcp_accept (int listener, CulvertStreamAddress *out_peer, int *out_errno)
{
  for (unsigned i = 0; i < CULVERT_TCP_ACCEPT_TRIES; i++)
    {
      CulvertSockaddr native = { 0 };
      socklen_t len = sizeof native;
      int fd = accept4 (listener, &native.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

      if (fd >= 0)
        {
          /* A UNIX peer has usually no name: length of the family alone. */
          culvert_tcp_from_native (&native, MIN (len, sizeof native), out_peer);
          return fd;
        }
      if (!culvert_tcp_is_passing (errno))
        return culvert_tcp_fail (-1, out_errno);
    }
  *out_errno = EAGAIN;
  return -1;
}

bool
culvert_tcp_is_near (const CulvertStreamAddress *address)
{
  const CulvertAddress *ip = &address->address;

  if (address->is_unix)
    return true;
  if (ip->addr.sa.sa_family == AF_INET)
    return ntohl (ip->addr.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  return IN6_IS_ADDR_LOOPBACK (&ip->addr.in6.sin6_addr);
}

int
culvert_tcp_connect (const CulvertStreamAddress *address, int *out_errno)
{
  CulvertSockaddr native;
  socklen_t len = culvert_tcp_to_native (address, &native);
  int fd;

  if (len == 0)
    return culvert_tcp_fail (-1, out_errno);
  fd = culvert_tcp_socket (native.sa.sa_family);
  if (fd < 0)
    return culvert_tcp_fail (fd, out_errno);
  if (!address->is_unix)
    culvert_tcp_set_options (fd, culvert_tcp_is_near (address));
  if (connect (fd, &native.sa, len) < 0 && errno != EINPROGRESS && errno != EINTR)
    return culvert_tcp_fail (fd, out_errno);
  return fd;
}

/* A dial to a port of this machine where nobody listens can meet itself, when the system picks that
 * port as the source. */
static bool
culvert_tcp_is_self (int fd, const CulvertSockaddr *peer, socklen_t peer_len)
{
  CulvertSockaddr local = { 0 };
  socklen_t local_len = sizeof local;

  if (peer->sa.sa_family == AF_UNIX || getsockname (fd, &local.sa, &local_len) < 0)
    return false;
  return local_len == peer_len && memcmp (&local, peer, local_len) == 0;
}

int
culvert_tcp_connect_result (int fd)
{
  CulvertSockaddr peer = { 0 };
  socklen_t peer_len = sizeof peer;
  int error = 0;
  socklen_t len = sizeof error;

  if (getpeername (fd, &peer.sa, &peer_len) == 0)
    return culvert_tcp_is_self (fd, &peer, peer_len) ? ECONNREFUSED : 0;
  if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
    return errno;
  return error != 0 ? error : EINPROGRESS;
}

/* The code for a call that moved nothing. */
static ssize_t
culvert_tcp_code (int *out_errno)
{
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
    return CULVERT_E_AGAIN;
  *out_errno = errno;
  return CULVERT_E_DISCARD;
}

ssize_t
culvert_tcp_readv (int fd, struct iovec *spans, unsigned n, int *out_errno)
{
  ssize_t len;

  /* A read into no room would look like the end of the file. */
  g_assert (n > 0 && spans[0].iov_len > 0);
  len = readv (fd, spans, (int) MIN (n, IOV_MAX));
  return len >= 0 ? len : culvert_tcp_code (out_errno);
}

ssize_t
culvert_tcp_writev (int fd, struct iovec *spans, unsigned n, int *out_errno)
{
  struct msghdr message = { .msg_iov = spans, .msg_iovlen = MIN (n, IOV_MAX) };
  ssize_t len = sendmsg (fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

  return len >= 0 ? len : culvert_tcp_code (out_errno);
}

void
culvert_tcp_shutdown_write (int fd)
{
  (void) shutdown (fd, SHUT_WR);
}

void
culvert_tcp_abort (int fd)
{
  struct linger linger = { .l_onoff = 1 };

  (void) setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  (void) close (fd);
}

void
culvert_tcp_close (int fd)
{
  (void) close (fd);
}

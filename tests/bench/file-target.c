/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The built-in target of packaging/quickstart run: one file over HTTP/1.0, so that curl and
 * browsers can fetch it too.
 *
 *   file-target serve FILE [PORT]   prints "listening ADDRESS:PORT"; runs until it is killed
 *   file-target fetch PORT FILE     prints "bytes seconds"
 *
 * Loopback only. Every connection has its thread; this is a demonstration, not a server. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_TARGET_BUFFER (256 * 1024)
#define FILE_TARGET_HEAD 2048

static const char *file_target_path;

static void
file_target_fail (const char *what)
{
  fprintf (stderr, "file-target: %s: %s\n", what, g_strerror (errno));
  exit (1);
}

static struct sockaddr_in
file_target_address (const char *port)
{
  struct sockaddr_in addr = { .sin_family = AF_INET };

  addr.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  addr.sin_port = htons (port ? strtoul (port, NULL, 10) : 0);
  return addr;
}

/* Reads until the empty line that ends a head, at most len - 1 bytes, and terminates them.
 * Where the body begins, or NULL. */
static char *
file_target_read_head (int fd,
                       char *buf,
                       size_t len,
                       size_t *out_n)
{
  size_t n = 0;
  char *end = NULL;

  while (!end && n < len - 1)
    {
      ssize_t got = read (fd, buf + n, len - 1 - n);

      if (got <= 0)
        return NULL;
      n += got;
      buf[n] = '\0';
      end = strstr (buf, "\r\n\r\n");
    }
  *out_n = n;
  return end ? end + strlen ("\r\n\r\n") : NULL;
}

static void *
file_target_answer (void *data)
{
  int fd = GPOINTER_TO_INT (data);
  int file = open (file_target_path, O_RDONLY | O_CLOEXEC);
  char head[FILE_TARGET_HEAD];
  struct stat status;
  size_t n;

  if (file >= 0 && fstat (file, &status) == 0 && file_target_read_head (fd, head, sizeof head, &n))
    {
      off_t at = 0;

      dprintf (fd, "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n"
                   "Content-Length: %lld\r\n\r\n", (long long) status.st_size);
      while (at < status.st_size && sendfile (fd, file, &at, status.st_size - at) > 0)
        ;
      /* The reader closes first, so that nothing under way is cut off by a reset. */
      shutdown (fd, SHUT_WR);
      while (read (fd, head, sizeof head) > 0)
        ;
    }
  if (file >= 0)
    close (file);
  close (fd);
  return NULL;
}

static void G_GNUC_NORETURN
file_target_serve (const char *path,
                   const char *port)
{
  struct sockaddr_in addr = file_target_address (port);
  socklen_t len = sizeof addr;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;

  file_target_path = path;
  if (access (path, R_OK) < 0)
    file_target_fail (path);
  signal (SIGPIPE, SIG_IGN);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind (fd, (struct sockaddr *) &addr, sizeof addr) < 0 || listen (fd, 64) < 0
      || getsockname (fd, (struct sockaddr *) &addr, &len) < 0)
    file_target_fail ("listen");
  printf ("listening 127.0.0.1:%u\n", ntohs (addr.sin_port));
  fflush (stdout);
  for (;;)
    {
      int conn = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);

      if (conn >= 0)
        g_thread_unref (g_thread_new ("answer", file_target_answer, GINT_TO_POINTER (conn)));
    }
}

static void
file_target_write (int fd,
                   const char *data,
                   size_t len)
{
  while (len > 0)
    {
      ssize_t n = write (fd, data, len);

      if (n < 0)
        file_target_fail ("write");
      data += n;
      len -= n;
    }
}

/* Length the answer announces: as browsers do, the end of the connection is not waited for, which
 * the server's closewait would put off. */
static guint64
file_target_content_length (const char *head, size_t len)
{
  g_autofree char *text = g_strndup (head, len);
  const char *field = strstr (text, "Content-Length: ");

  return field != NULL ? g_ascii_strtoull (field + strlen ("Content-Length: "), NULL, 10) : 0;
}

static int
file_target_fetch (const char *port,
                   const char *path)
{
  static const char request[] = "GET / HTTP/1.0\r\n\r\n";
  static char buf[FILE_TARGET_BUFFER];
  struct sockaddr_in addr = file_target_address (port);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int file = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gint64 start = g_get_monotonic_time ();
  guint64 bytes = 0;
  guint64 length;
  size_t n = 0;
  char *body;
  ssize_t got;

  if (file < 0)
    file_target_fail (path);
  if (connect (fd, (struct sockaddr *) &addr, sizeof addr) < 0)
    file_target_fail ("connect");
  file_target_write (fd, request, strlen (request));
  body = file_target_read_head (fd, buf, FILE_TARGET_HEAD, &n);
  if (!body)
    {
      fprintf (stderr, "file-target: no answer\n");
      return 1;
    }
  length = file_target_content_length (buf, body - buf);
  for (got = buf + n - body; bytes + got < length; body = buf)
    {
      file_target_write (file, body, got);
      bytes += got;
      got = read (fd, buf, sizeof buf);
      if (got <= 0)
        file_target_fail (got < 0 ? "read" : "the answer ends early");
    }
  file_target_write (file, body, got);
  bytes += got;
  printf ("%" G_GUINT64_FORMAT " %.6f\n", bytes, (g_get_monotonic_time () - start) / 1e6);
  return 0;
}

int
main (int argc,
      char *argv[])
{
  if (argc >= 3 && strcmp (argv[1], "serve") == 0)
    file_target_serve (argv[2], argc > 3 ? argv[3] : NULL);
  if (argc == 4 && strcmp (argv[1], "fetch") == 0)
    return file_target_fetch (argv[2], argv[3]);
  fprintf (stderr, "usage: file-target serve FILE [PORT] | fetch PORT FILE\n");
  return 2;
}

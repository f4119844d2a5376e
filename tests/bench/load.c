/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Load generator of the bench: a target and clients that cost as little as they can, so that
 * the tunnel is what is measured. One thread, epoll. Results are one JSON object on standard
 * output.
 *
 *   load target                    prints its port and serves; see below
 *   load down PORT STREAMS BYTES   total seconds and bytes per second
 *   load up PORT STREAMS BYTES
 *   load echo PORT CONCURRENCY N   p50, p90, p99 of echoes of 64 bytes, in µs
 *   load churn PORT CONCURRENCY N  streams opened, used for one echo and closed per second
 *   load hold PORT COUNT           opens COUNT streams, prints "held", waits for the end of stdin
 *   load mix PORT WARM SECONDS GAP one endless download, each byte checked, measured for
 *                                  SECONDS after WARM seconds ("measuring" is printed then), and
 *                                  beside it an echo on a new stream every GAP ms (0: none)
 *
 * The first byte of a connection tells the target what to do: 'D' n (8 bytes, LE): send n bytes;
 * 'U' n: swallow n bytes and answer one; 'E': echo. What is sent can be compressed to a half. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ECHO_LEN 64
#define SOURCE_LEN (1 << 20)

typedef struct
{
  int fd;
  char kind;      /* 0 until the request is read */
  uint64_t left;  /* bytes to send or to receive */
  off_t offset;   /* in the source */
  uint8_t request[9];
  unsigned n_request;
  double started;
  unsigned n_echoed;
} Connection;

static int epoll_fd;
static int source_fd;
static const uint8_t *source;
static unsigned n_live;
static double *samples;
static unsigned n_samples, max_samples;

static double
now_us (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (double) ts.tv_sec * 1e6 + (double) ts.tv_nsec / 1e3;
}

static void
fail (const char *what)
{
  perror (what);
  exit (1);
}

static void
make_source (void)
{
  source_fd = memfd_create ("source", MFD_CLOEXEC);
  if (source_fd < 0 || ftruncate (source_fd, SOURCE_LEN) < 0)
    fail ("memfd");
  uint8_t *data = mmap (NULL, SOURCE_LEN, PROT_WRITE, MAP_SHARED, source_fd, 0);

  if (data == MAP_FAILED)
    fail ("mmap");
  /* Words of text with some noise: snappy halves it, encryption does not care. */
  for (unsigned i = 0, x = 1; i < SOURCE_LEN; i++)
    {
      x = x * 1664525 + 1013904223;
      data[i] = i & 32 ? (uint8_t) (x >> 24) : "the quick brown fox jumps over a"[i & 31];
    }
  source = data;
}

static void
watch (Connection *connection, uint32_t events, int op)
{
  struct epoll_event event = { .events = events, .data.ptr = connection };

  if (epoll_ctl (epoll_fd, op, connection->fd, &event) < 0)
    fail ("epoll_ctl");
}

static void
drop (Connection *connection)
{
  close (connection->fd);
  free (connection);
  n_live--;
}

static void
set_no_delay (int fd)
{
  int one = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static Connection *
add (int fd, uint32_t events)
{
  Connection *connection = calloc (1, sizeof *connection);

  connection->fd = fd;
  watch (connection, events, EPOLL_CTL_ADD);
  n_live++;
  return connection;
}

static int
connect_to (int port)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (port),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    fail ("connect");
  return fd;
}

/* Sends what the socket takes; false when done. */
static bool
pump_source (Connection *connection)
{
  while (connection->left > 0)
    {
      off_t offset = connection->offset % SOURCE_LEN;
      size_t len = SOURCE_LEN - offset;
      ssize_t n;

      if (len > connection->left)
        len = connection->left;
      n = sendfile (connection->fd, source_fd, &offset, len);
      if (n <= 0)
        return n < 0 && errno == EAGAIN;
      connection->offset += n;
      connection->left -= n;
    }
  return false;
}

/* Swallows what is there; returns false at the end of the stream. */
static bool
swallow (Connection *connection)
{
  static uint8_t nothing[1 << 18];

  for (;;)
    {
      ssize_t n = recv (connection->fd, nothing, sizeof nothing, MSG_TRUNC | MSG_DONTWAIT);

      if (n < 0)
        return errno == EAGAIN;
      if (n == 0)
        return false;
      connection->left -= (uint64_t) n < connection->left ? (uint64_t) n : connection->left;
      if (connection->left == 0)
        return true;
    }
}

/* -- target ------------------------------------------------------------------------ */

/* Echoes what it is given; the connection may be gone after it. */
static void
target_echo (Connection *connection, const uint8_t *data, ssize_t n)
{
  if (n > 0 && send (connection->fd, data, n, MSG_NOSIGNAL) != n)
    drop (connection);
}

static void
target_confirm (Connection *connection)
{
  if (send (connection->fd, "!", 1, MSG_NOSIGNAL) != 1)
    fail ("send");
  connection->kind = 'W';
}

static void
target_request (Connection *connection)
{
  uint8_t data[4096];
  size_t want = connection->n_request == 0 ? sizeof data : 9u - connection->n_request;
  ssize_t n = recv (connection->fd, data, want, MSG_DONTWAIT);

  if (n <= 0)
    {
      if (n == 0 || errno != EAGAIN)
        drop (connection);
      return;
    }
  if (connection->n_request == 0 && data[0] == 'E')
    {
      connection->kind = 'E';
      target_echo (connection, data + 1, n - 1);
      return;
    }
  /* Clients wait for an answer to the nine bytes, or send what is swallowed anyway. */
  if (n > 9 - (ssize_t) connection->n_request)
    connection->left = n - (9 - connection->n_request);
  memcpy (connection->request + connection->n_request, data, n - connection->left);
  connection->n_request += n - connection->left;
  if (connection->n_request == 9)
    {
      uint64_t swallowed = connection->left;

      connection->kind = connection->request[0];
      memcpy (&connection->left, connection->request + 1, 8);
      connection->left -= swallowed < connection->left ? swallowed : connection->left;
      if (connection->kind == 'D')
        watch (connection, EPOLLOUT, EPOLL_CTL_MOD);
      else if (connection->left == 0)
        target_confirm (connection);
    }
}

static void
target_serve (Connection *connection)
{
  uint8_t data[4096];
  ssize_t n;

  if (connection->kind == 0)
    {
      target_request (connection);
      return;
    }
  if (connection->kind == 'D')
    {
      if (!pump_source (connection))
        watch (connection, EPOLLIN, EPOLL_CTL_MOD), connection->kind = 'W';
      return;
    }
  if (connection->kind == 'U')
    {
      if (!swallow (connection))
        drop (connection);
      else if (connection->left == 0)
        target_confirm (connection);
      return;
    }
  n = recv (connection->fd, data, sizeof data, MSG_DONTWAIT);
  if (n == 0 || (n < 0 && errno != EAGAIN))
    drop (connection);
  else if (connection->kind == 'E')
    target_echo (connection, data, n);
}

_Noreturn static void
target (void)
{
  struct sockaddr_in address
      = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  Connection *accepting;

  if (bind (listener, (struct sockaddr *)&address, sizeof address) < 0
      || listen (listener, 4096) < 0)
    fail ("listen");
  getsockname (listener, (struct sockaddr *) &address, &len);
  printf ("%d\n", ntohs (address.sin_port));
  fflush (stdout);
  set_no_delay (listener); /* and what it accepts */
  accepting = add (listener, EPOLLIN);
  for (;;)
    {
      struct epoll_event events[256];
      int n = epoll_wait (epoll_fd, events, 256, -1);

      for (int i = 0; i < n; i++)
        {
          int fd;

          if (events[i].data.ptr != accepting)
            {
              target_serve (events[i].data.ptr);
              continue;
            }
          while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
            add (fd, EPOLLIN);
        }
    }
}

/* -- clients ----------------------------------------------------------------------- */

static int
bulk (int port, unsigned streams, uint64_t bytes, bool is_up)
{
  double started = now_us ();
  double seconds;

  for (unsigned i = 0; i < streams; i++)
    {
      Connection *connection = add (connect_to (port), is_up ? EPOLLOUT : EPOLLIN);
      uint8_t request[9] = { is_up ? 'U' : 'D' };

      memcpy (request + 1, &bytes, 8);
      fcntl (connection->fd, F_SETFL, O_NONBLOCK);
      set_no_delay (connection->fd);
      if (send (connection->fd, request, 9, 0) != 9)
        fail ("send");
      connection->left = bytes;
    }
  while (n_live > 0)
    {
      struct epoll_event events[64];
      int n = epoll_wait (epoll_fd, events, 64, 60000);

      if (n <= 0)
        fail ("stalled");
      for (int i = 0; i < n; i++)
        {
          Connection *connection = events[i].data.ptr;

          if (is_up && connection->left > 0)
            {
              if (!pump_source (connection))
                {
                  if (connection->left > 0)
                    fail ("sendfile");
                  connection->left = 0;
                  watch (connection, EPOLLIN, EPOLL_CTL_MOD);
                }
              continue;
            }
          if (is_up)
            connection->left = 1;
          if (!swallow (connection) && connection->left > 0)
            {
              errno = ECONNRESET;
              fail ("early end");
            }
          if (connection->left == 0)
            drop (connection);
        }
    }
  seconds = (now_us () - started) / 1e6;
  printf ("{\"seconds\": %.6f, \"bytes_per_second\": %.0f}\n", seconds,
          (double) (bytes * streams) / seconds);
  return 0;
}

static void
echo_start (Connection *connection, bool is_first)
{
  uint8_t data[1 + ECHO_LEN] = { 'E' };
  unsigned skip = is_first ? 0 : 1;

  connection->started = now_us ();
  connection->n_echoed = 0;
  if (send (connection->fd, data + skip, sizeof data - skip, MSG_NOSIGNAL) < 0)
    fail ("send");
}

static void
add_sample (const Connection *connection)
{
  if (n_samples < max_samples)
    samples[n_samples] = now_us () - connection->started;
  n_samples++;
}

/* True when a whole echo has arrived; its time is noted. */
static bool
echo_step (Connection *connection)
{
  uint8_t data[ECHO_LEN];
  ssize_t n = recv (connection->fd, data, ECHO_LEN - connection->n_echoed, MSG_DONTWAIT);

  if (n == 0 || (n < 0 && errno != EAGAIN))
    fail ("echo");
  if (n > 0)
    connection->n_echoed += n;
  if (connection->n_echoed < ECHO_LEN)
    return false;
  add_sample (connection);
  return true;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static int
echo (int port, unsigned concurrency, unsigned count, bool is_churn)
{
  double started = now_us ();
  unsigned n_started = 0;

  max_samples = count;
  samples = calloc (count, sizeof *samples);
  for (unsigned i = 0; i < concurrency && n_started < count; i++, n_started++)
    echo_start (add (connect_to (port), EPOLLIN), true);
  while (n_live > 0)
    {
      struct epoll_event events[64];
      int n = epoll_wait (epoll_fd, events, 64, 60000);

      if (n <= 0)
        fail ("stalled");
      for (int i = 0; i < n; i++)
        {
          Connection *connection = events[i].data.ptr;

          if (!echo_step (connection))
            continue;
          if (is_churn || n_started >= count)
            {
              drop (connection);
              if (n_started < count)
                {
                  n_started++;
                  echo_start (add (connect_to (port), EPOLLIN), true);
                }
              continue;
            }
          n_started++;
          echo_start (connection, false);
        }
    }
  qsort (samples, count, sizeof *samples, compare);
  printf ("{\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"per_second\": %.1f}\n",
          samples[count / 2], samples[count * 9 / 10], samples[count * 99 / 100],
          count / ((now_us () - started) / 1e6));
  return 0;
}

static int
hold (int port, unsigned count)
{
  char byte;

  for (unsigned i = 0; i < count; i++)
    {
      Connection *connection = add (connect_to (port), EPOLLIN);

      echo_start (connection, true);
      while (connection->n_echoed < ECHO_LEN)
        {
          ssize_t n = recv (connection->fd, &byte, 1, 0);

          if (n <= 0)
            fail ("hold");
          connection->n_echoed++;
        }
    }
  printf ("held\n");
  fflush (stdout);
  while (read (0, &byte, 1) > 0)
    ;
  return 0;
}

/* -- a download and requests ------------------------------------------------------- */

typedef struct
{
  double begins, ends; /* of what is measured */
  double heard;        /* when the last bytes came; 0: not measuring yet */
  double pause;        /* longest time without any */
  uint64_t offset;     /* bytes of the download so far */
  uint64_t bytes;      /* those of the measured time */
} Mix;

static void
mix_download (Mix *mix, Connection *connection)
{
  static uint8_t data[1 << 18];
  ssize_t n = recv (connection->fd, data, sizeof data, MSG_DONTWAIT);
  double now = now_us ();

  if (n == 0 || (n < 0 && errno != EAGAIN))
    fail ("the download ended");
  for (ssize_t at = 0; at < n;)
    {
      size_t from = mix->offset % SOURCE_LEN;
      size_t len = SOURCE_LEN - from < (size_t) (n - at) ? SOURCE_LEN - from : (size_t) (n - at);

      if (memcmp (data + at, source + from, len) != 0)
        {
          fprintf (stderr, "wrong bytes near %llu\n", (unsigned long long) mix->offset);
          exit (1);
        }
      mix->offset += len;
      at += len;
    }
  if (n <= 0 || mix->heard == 0)
    return;
  mix->bytes += n;
  if (now - mix->heard > mix->pause)
    mix->pause = now - mix->heard;
  mix->heard = now;
}

/* Requests that are not answered at the end count with their age. */
static void
mix_print (Mix *mix, Connection **asked, unsigned n_asked)
{
  double now = now_us ();
  double seconds = (now - mix->begins) / 1e6;

  for (unsigned i = 0; i < n_asked; i++)
    if (asked[i] && asked[i]->started >= mix->begins)
      add_sample (asked[i]);
  if (now - mix->heard > mix->pause)
    mix->pause = now - mix->heard;
  qsort (samples, n_samples, sizeof *samples, compare);
  printf ("{\"seconds\": %.6f, \"bytes\": %llu, \"bytes_per_second\": %.0f, \"pause_us\": %.1f",
          seconds, (unsigned long long) mix->bytes, (double) mix->bytes / seconds, mix->pause);
  if (n_samples > 0)
    printf (", \"p50_us\": %.1f, \"p95_us\": %.1f, \"p99_us\": %.1f", samples[n_samples / 2],
            samples[n_samples * 95 / 100], samples[n_samples * 99 / 100]);
  printf (", \"requests\": %u}\n", n_samples);
}

static int
mix (int port, double warm, double seconds, double gap_ms)
{
  double started = now_us ();
  Mix mix = { .begins = started + warm * 1e6, .ends = started + (warm + seconds) * 1e6 };
  unsigned max_asked = gap_ms > 0 ? (unsigned) ((warm + seconds) * 1e3 / gap_ms) + 2 : 0;
  Connection **asked = calloc (max_asked + 1, sizeof (Connection *));
  Connection *download = add (connect_to (port), EPOLLIN);
  uint8_t request[9] = { 'D', 0, 0, 0, 0, 0, 0, 0, 64 };
  unsigned n_asked = 0;
  bool measuring = false;
  double now;

  max_samples = max_asked;
  samples = calloc (max_samples + 1, sizeof *samples);
  if (send (download->fd, request, sizeof request, 0) != sizeof request)
    fail ("send");
  while ((now = now_us ()) < mix.ends)
    {
      double next = measuring ? mix.ends : mix.begins;
      double next_request = started + (n_asked + 1) * gap_ms * 1e3;
      struct epoll_event events[64];
      int n;

      if (!measuring && now >= mix.begins)
        {
          measuring = true;
          mix.begins = mix.heard = now;
          printf ("measuring\n");
          fflush (stdout);
          continue;
        }
      if (gap_ms > 0 && now >= next_request && n_asked < max_asked)
        {
          asked[n_asked] = add (connect_to (port), EPOLLIN);
          asked[n_asked]->left = n_asked;
          echo_start (asked[n_asked++], true);
          continue;
        }
      if (gap_ms > 0 && next_request < next)
        next = next_request;
      n = epoll_wait (epoll_fd, events, 64, (int) ((next - now) / 1e3) + 1);
      for (int i = 0; i < n; i++)
        {
          Connection *connection = events[i].data.ptr;

          if (connection == download)
            mix_download (&mix, connection);
          else if (echo_step (connection))
            {
              n_samples -= connection->started < mix.begins;
              asked[connection->left] = NULL;
              drop (connection);
            }
        }
    }
  mix_print (&mix, asked, n_asked);
  return 0;
}

int
main (int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  int port = argc > 2 ? atoi (argv[2]) : 0;
  unsigned a = argc > 3 ? strtoul (argv[3], NULL, 10) : 0;
  uint64_t b = argc > 4 ? strtoull (argv[4], NULL, 10) : 0;

  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  make_source ();
  if (strcmp (what, "target") == 0)
    target ();
  if (argc == 5 && (strcmp (what, "down") == 0 || strcmp (what, "up") == 0))
    return bulk (port, a, b, what[0] == 'u');
  if (argc == 5 && (strcmp (what, "echo") == 0 || strcmp (what, "churn") == 0) && a > 0 && b > 0)
    return echo (port, a, b, what[0] == 'c');
  if (argc == 4 && strcmp (what, "hold") == 0)
    return hold (port, a);
  if (argc == 6 && strcmp (what, "mix") == 0)
    return mix (port, atof (argv[3]), atof (argv[4]), atof (argv[5]));
  fprintf (stderr, "usage: load target | down|up PORT STREAMS BYTES | echo|churn PORT CONCURRENCY "
                   "COUNT | hold PORT COUNT | mix PORT WARM SECONDS GAP\n");
  return 2;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A bad network between two UDP programs: the link simulator of the interop tests and of
 * the bench (the netem qdisc is not at hand everywhere).
 *
 *   client --up--> listen port | relay | one socket per client --up--> server
 *
 * Both directions have their own link (relay-link.h), shared by all clients. Jitter alone keeps the
 * order; only datagrams chosen by --reorder fall behind later ones. Runs with equal seeds lose
 * the same datagrams. With --beside a TCP-like flow (test-tcp.h) runs through the relay from the
 * first datagram on, sending down: it never leaves this process, but shares the bottleneck.
 *
 * Options and units: --help. "listening ADDRESS:PORT" is printed when the relay is ready,
 * the statistics as one line of JSON on SIGUSR1 and at the end (SIGTERM, SIGINT); SIGUSR2
 * makes them begin anew. Linux only; clients are never forgotten, which suits a run of minutes. */
#include "config.h"

#include "culvert-heap.h"
#include "relay-link.h"
#include "test-tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RELAY_MAX_DATAGRAM 65536
#define RELAY_RX_BATCH 32
#define RELAY_TX_BATCH 64
#define RELAY_ROUNDS 4 /* batches read from one socket before the others get their turn */
#define RELAY_GSO_BYTES 60000
#define RELAY_SOCKET_BUFFER (8 * 1024 * 1024)

typedef enum
{
  RELAY_UP,
  RELAY_DOWN,
  RELAY_N_DIRECTIONS
} RelayDirection;

/* A client program, known by its source port. */
typedef struct
{
  struct sockaddr_in addr;
  int fd; /* towards the server, connected */
  RelayPolicer policers[RELAY_N_DIRECTIONS];
} RelayClient;

typedef struct
{
  CulvertHeapEntry due; /* first: a heap entry is its datagram; key in ns */
  RelayClient *client; /* NULL: of the flow beside */
  RelayDirection direction;
  uint32_t len;
  uint32_t number;     /* of the flow beside */
  uint8_t data[];      /* nothing for the flow beside */
} RelayDatagram;

typedef struct
{
  int listen_fd;
  int epoll_fd;
  bool gso;
  struct sockaddr_in server;
  GHashTable *clients; /* address and port as a pointer -> RelayClient */
  CulvertHeap pending;
  RelayLink links[RELAY_N_DIRECTIONS];
  TestTcp *beside; /* NULL: none */
  unsigned n_tx;
  RelayDatagram *tx[RELAY_TX_BATCH]; /* due now, all of one socket */
} Relay;

static volatile sig_atomic_t relay_stop;
static volatile sig_atomic_t relay_report;
static volatile sig_atomic_t relay_reset;

/* Room for the control message of UDP_GRO and UDP_SEGMENT. */
typedef union
{
  struct cmsghdr align;
  uint8_t bytes[CMSG_SPACE (sizeof (int))];
} RelayControl;

static int64_t
relay_now (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * RELAY_NSEC + ts.tv_nsec;
}

static RelayOwner
relay_owner (const RelayDatagram *datagram)
{
  return datagram->client ? RELAY_PROGRAMS : RELAY_BESIDE;
}

static void
relay_queue (Relay *relay,
             const RelayDatagram *like,
             const uint8_t *data,
             int64_t due)
{
  size_t len = data ? like->len : 0;
  RelayDatagram *datagram = g_malloc (sizeof *datagram + len);

  *datagram = *like;
  if (len > 0)
    memcpy (datagram->data, data, len);
  culvert_heap_entry_init (&datagram->due);
  culvert_heap_set (&relay->pending, &datagram->due, due);
}

/* One datagram enters the link; data is NULL for the flow beside. */
static void
relay_link_input (Relay *relay,
                  const RelayDatagram *datagram,
                  uint8_t *data,
                  int64_t now)
{
  RelayLink *link = &relay->links[datagram->direction];
  RelayClient *client = datagram->client;
  RelayFate fate;

  if (!relay_link_pass (link, relay_owner (datagram),
                        client ? &client->policers[datagram->direction] : NULL, datagram->len, now,
                        &fate))
    return;
  if (fate.is_damaged && data)
    data[fate.bit / 8] ^= 1 << fate.bit % 8;
  relay_queue (relay, datagram, data, fate.due);
  if (fate.twice_due)
    relay_queue (relay, datagram, data, fate.twice_due);
}

/* -- the flow beside ------------------------------------------------------------------ */

/* What its window allows enters the link. */
static void
relay_beside_send (Relay *relay,
                   int64_t now)
{
  RelayDatagram packet = { .direction = RELAY_DOWN, .len = TEST_TCP_SEGMENT };

  if (!relay->beside || relay->links[RELAY_UP].began == 0)
    return;
  while (test_tcp_wants (relay->beside, now / RELAY_USEC))
    {
      packet.number = test_tcp_send (relay->beside, now / RELAY_USEC);
      relay_link_input (relay, &packet, NULL, now);
    }
}

/* One of its packets, or an ack, has arrived. */
static void
relay_beside_arrived (Relay *relay,
                      const RelayDatagram *datagram,
                      int64_t now)
{
  RelayStatistics *statistics = &relay->links[datagram->direction].statistics[RELAY_BESIDE];
  RelayDatagram ack = { .direction = RELAY_UP, .len = TEST_TCP_ACK, .number = datagram->number };

  statistics->sent++;
  statistics->sent_bytes += datagram->len;
  if (datagram->direction == RELAY_DOWN)
    relay_link_input (relay, &ack, NULL, now);
  else
    test_tcp_acknowledged (relay->beside, datagram->number, now / RELAY_USEC);
}

/* -- sockets ---------------------------------------------------------------------------- */

static int
relay_socket (void)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int size = RELAY_SOCKET_BUFFER;
  int one = 1;

  if (fd < 0)
    g_error ("socket: %s", g_strerror (errno));
  /* The relay must not be what loses datagrams; FORCE needs root, so plain comes first. */
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt (fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  setsockopt (fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
  return fd;
}

/* client is NULL for the listening socket. */
static void
relay_watch (Relay *relay,
             int fd,
             RelayClient *client)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

  if (epoll_ctl (relay->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
    g_error ("epoll_ctl: %s", g_strerror (errno));
}

static RelayClient *
relay_client_of (Relay *relay,
                 const struct sockaddr_in *addr)
{
  uint64_t id = (uint64_t) addr->sin_addr.s_addr << 16 | addr->sin_port;
  RelayClient *client = g_hash_table_lookup (relay->clients, GSIZE_TO_POINTER (id));

  if (client)
    return client;
  client = g_new0 (RelayClient, 1);
  client->addr = *addr;
  client->fd = relay_socket ();
  if (connect (client->fd, (struct sockaddr *) &relay->server, sizeof relay->server) < 0)
    g_error ("connect: %s", g_strerror (errno));
  relay_watch (relay, client->fd, client);
  g_hash_table_insert (relay->clients, GSIZE_TO_POINTER (id), client);
  return client;
}

/* Size of the datagrams that the system joined into one message. */
static uint32_t
relay_segment_size (struct msghdr *msg,
                    uint32_t len)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR (msg); c; c = CMSG_NXTHDR (msg, c))
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
      {
        int size;

        memcpy (&size, CMSG_DATA (c), sizeof size);
        return MAX (size, 1);
      }
  return MAX (len, 1);
}

/* Splits a received message into its datagrams. */
static void
relay_input (Relay *relay,
             RelayClient *client,
             struct mmsghdr *msg,
             int64_t now)
{
  uint32_t size = relay_segment_size (&msg->msg_hdr, msg->msg_len);
  uint8_t *data = msg->msg_hdr.msg_iov->iov_base;
  uint32_t left = msg->msg_len;
  RelayDatagram datagram = { .direction = client ? RELAY_DOWN : RELAY_UP, .client = client };

  if (!client)
    datagram.client = relay_client_of (relay, msg->msg_hdr.msg_name);
  do
    {
      datagram.len = MIN (left, size);
      relay_link_input (relay, &datagram, data, now);
      data += datagram.len;
      left -= datagram.len;
    }
  while (left > 0);
}

static void
relay_readable (Relay *relay,
                RelayClient *client,
                int64_t now)
{
  static uint8_t buffers[RELAY_RX_BATCH][RELAY_MAX_DATAGRAM];
  static struct sockaddr_in names[RELAY_RX_BATCH];
  static RelayControl controls[RELAY_RX_BATCH];
  struct mmsghdr msgs[RELAY_RX_BATCH];
  struct iovec vectors[RELAY_RX_BATCH];
  int fd = client ? client->fd : relay->listen_fd;
  int n = RELAY_RX_BATCH;

  for (unsigned round = 0; round < RELAY_ROUNDS && n == RELAY_RX_BATCH; round++)
    {
      memset (msgs, 0, sizeof msgs);
      for (unsigned i = 0; i < RELAY_RX_BATCH; i++)
        {
          vectors[i] = (struct iovec) { buffers[i], RELAY_MAX_DATAGRAM };
          msgs[i].msg_hdr.msg_iov = &vectors[i];
          msgs[i].msg_hdr.msg_iovlen = 1;
          msgs[i].msg_hdr.msg_control = &controls[i];
          msgs[i].msg_hdr.msg_controllen = sizeof controls[i];
          msgs[i].msg_hdr.msg_name = client ? NULL : &names[i];
          msgs[i].msg_hdr.msg_namelen = client ? 0 : sizeof names[i];
        }
      /* An error is the echo of an earlier send to a closed port: nothing to read. */
      n = recvmmsg (fd, msgs, RELAY_RX_BATCH, MSG_DONTWAIT, NULL);
      for (int i = 0; i < n; i++)
        relay_input (relay, client, &msgs[i], now);
    }
}

/* Whether b can share a segmented send that began with a and ended with last. */
static bool
relay_tx_joins (const Relay *relay,
                const RelayDatagram *a,
                const RelayDatagram *last,
                const RelayDatagram *b)
{
  return relay->gso && a->len > 0 && last->len == a->len && b->len > 0 && b->len <= a->len
         && b->client == a->client;
}

/* Describes tx[first...] as one message and returns how many datagrams it holds. */
static unsigned
relay_tx_message (Relay *relay,
                  unsigned first,
                  struct msghdr *msg,
                  struct iovec *vectors,
                  RelayControl *control)
{
  RelayDatagram **run = relay->tx + first;
  unsigned n = 0;
  size_t bytes = 0;

  do
    {
      vectors[n] = (struct iovec) { run[n]->data, run[n]->len };
      bytes += run[n]->len;
      n++;
    }
  while (first + n < relay->n_tx && relay_tx_joins (relay, run[0], run[n - 1], run[n])
         && bytes + run[n]->len <= RELAY_GSO_BYTES);

  *msg = (struct msghdr) { .msg_iov = vectors, .msg_iovlen = n };
  if (run[0]->direction == RELAY_DOWN)
    {
      msg->msg_name = &run[0]->client->addr;
      msg->msg_namelen = sizeof run[0]->client->addr;
    }
  if (n > 1)
    {
      uint16_t size = run[0]->len;
      struct cmsghdr *c;

      msg->msg_control = control;
      msg->msg_controllen = CMSG_SPACE (sizeof size);
      c = CMSG_FIRSTHDR (msg);
      c->cmsg_level = IPPROTO_UDP;
      c->cmsg_type = UDP_SEGMENT;
      c->cmsg_len = CMSG_LEN (sizeof size);
      memcpy (CMSG_DATA (c), &size, sizeof size);
    }
  return n;
}

static void
relay_tx_count (Relay *relay,
                unsigned first,
                unsigned n,
                bool sent)
{
  for (unsigned i = first; i < first + n; i++)
    {
      RelayLink *link = &relay->links[relay->tx[i]->direction];
      RelayStatistics *statistics = &link->statistics[RELAY_PROGRAMS];

      if (sent)
        {
          statistics->sent++;
          statistics->sent_bytes += relay->tx[i]->len;
        }
      else
        statistics->send_failed++;
    }
}

/* Sends what has gathered in tx. */
static void
relay_tx_flush (Relay *relay)
{
  struct mmsghdr msgs[RELAY_TX_BATCH];
  struct iovec vectors[RELAY_TX_BATCH];
  RelayControl controls[RELAY_TX_BATCH];
  unsigned sizes[RELAY_TX_BATCH];
  unsigned at = 0;
  int fd;

  if (relay->n_tx == 0)
    return;
  fd = relay->tx[0]->direction == RELAY_DOWN ? relay->listen_fd : relay->tx[0]->client->fd;
  while (at < relay->n_tx)
    {
      unsigned n = 0;
      int done;

      for (unsigned i = at; i < relay->n_tx; i += sizes[n++])
        sizes[n] = relay_tx_message (relay, i, &msgs[n].msg_hdr, &vectors[i], &controls[n]);
      done = sendmmsg (fd, msgs, n, 0);
      for (int i = 0; i < done; at += sizes[i++])
        relay_tx_count (relay, at, sizes[i], true);
      if (done > 0 || (errno == ECONNREFUSED))
        continue; /* the refusal belongs to an earlier datagram */
      if (relay->gso && (errno == EIO || errno == EINVAL))
        {
          relay->gso = false;
          continue;
        }
      relay_tx_count (relay, at, sizes[0], false);
      at += sizes[0];
    }
  for (unsigned i = 0; i < relay->n_tx; i++)
    g_free (relay->tx[i]);
  relay->n_tx = 0;
}

/* Sends all that is due. */
static void
relay_release (Relay *relay,
               int64_t now)
{
  CulvertHeapEntry *first;

  while ((first = culvert_heap_first (&relay->pending)) && first->key <= now)
    {
      RelayDatagram *datagram = (RelayDatagram *) (void *) first;
      RelayDatagram *last = relay->n_tx ? relay->tx[relay->n_tx - 1] : datagram;
      bool same_socket = datagram->direction == last->direction
                         && (datagram->direction == RELAY_DOWN || datagram->client == last->client);

      culvert_heap_remove (&relay->pending, first);
      if (!datagram->client)
        {
          relay_beside_arrived (relay, datagram, now);
          g_free (datagram);
          continue;
        }
      if (!same_socket || relay->n_tx == RELAY_TX_BATCH)
        relay_tx_flush (relay);
      relay->tx[relay->n_tx++] = datagram;
    }
  relay_tx_flush (relay);
}

static void
relay_print_statistics (const Relay *relay)
{
  const RelayLink *up = &relay->links[RELAY_UP];
  const RelayLink *down = &relay->links[RELAY_DOWN];

  printf ("{\"clients\": %u, ", g_hash_table_size (relay->clients));
  relay_link_print (up, RELAY_PROGRAMS, "up");
  printf (", ");
  relay_link_print (down, RELAY_PROGRAMS, "down");
  if (relay->beside)
    {
      double beside = (double) down->statistics[RELAY_BESIDE].sent_bytes;
      double all = beside + (double) down->statistics[RELAY_PROGRAMS].sent_bytes;

      printf (", ");
      relay_link_print (up, RELAY_BESIDE, "beside_up");
      printf (", ");
      relay_link_print (down, RELAY_BESIDE, "beside_down");
      printf (", \"share_beside\": %.4f", beside / MAX (all, 1));
    }
  printf ("}\n");
  fflush (stdout);
}

static void
relay_signal_cb (int number)
{
  if (number == SIGUSR1)
    relay_report = 1;
  else if (number == SIGUSR2)
    relay_reset = 1;
  else
    relay_stop = 1;
}

/* When something is to be done though nothing is heard; INT64_MAX: never. */
static int64_t
relay_next_due (const Relay *relay)
{
  const CulvertHeapEntry *first = culvert_heap_first (&relay->pending);
  int64_t due = first ? first->key : INT64_MAX;
  CulvertTime beside = relay->beside ? test_tcp_deadline (relay->beside) : CULVERT_TIME_NEVER;

  return beside == CULVERT_TIME_NEVER ? due : MIN (due, beside * RELAY_USEC);
}

static void
relay_run (Relay *relay)
{
  struct epoll_event events[64];
  sigset_t none;

  sigemptyset (&none);
  while (!relay_stop)
    {
      int64_t due = relay_next_due (relay);
      int64_t wait = MAX (due - relay_now (), 0);
      struct timespec ts = { wait / RELAY_NSEC, wait % RELAY_NSEC };
      int n = epoll_pwait2 (relay->epoll_fd, events, G_N_ELEMENTS (events),
                            due == INT64_MAX ? NULL : &ts, &none);
      int64_t now = relay_now ();

      for (int i = 0; i < n; i++)
        relay_readable (relay, events[i].data.ptr, now);
      relay_release (relay, now);
      relay_beside_send (relay, now);
      if (relay_reset)
        {
          relay_reset = 0;
          relay_link_reset (&relay->links[RELAY_UP]);
          relay_link_reset (&relay->links[RELAY_DOWN]);
        }
      if (relay_report)
        {
          relay_report = 0;
          relay_print_statistics (relay);
        }
    }
}

static struct sockaddr_in
relay_parse_address (const char *text)
{
  struct sockaddr_in addr = { .sin_family = AF_INET };
  g_auto (GStrv) parts = g_strsplit (text ? text : "", ":", 2);
  guint64 port;

  if (g_strv_length (parts) != 2 || inet_pton (AF_INET, parts[0], &addr.sin_addr) != 1
      || !g_ascii_string_to_unsigned (parts[1], 10, 0, 65535, &port, NULL))
    {
      fprintf (stderr, "udp-relay: \"%s\" is not IPV4ADDRESS:PORT\n", text ? text : "");
      exit (2);
    }
  addr.sin_port = htons (port);
  return addr;
}

/* --NAME sets both directions, --up-NAME and --down-NAME one. */
static gboolean
relay_option_cb (const char *option,
                 const char *value,
                 gpointer data,
                 GError **error)
{
  Relay *relay = data;
  const char *name = option + strlen ("--");
  unsigned first = RELAY_UP;
  unsigned last = RELAY_DOWN;
  char *end;
  double number = g_ascii_strtod (value, &end);

  if (g_str_has_prefix (name, "up-"))
    last = RELAY_UP;
  else if (g_str_has_prefix (name, "down-"))
    first = RELAY_DOWN;
  if (first == last)
    name = strchr (name, '-') + 1;
  if (end == value || *end || !(number >= 0 && number <= 1e9))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "%s: \"%s\" is not a number from 0 to 1e9", option, value);
      return FALSE;
    }
  for (unsigned i = first; i <= last; i++)
    {
#define RELAY_SET(field, text, initial, help) \
  if (strcmp (name, text) == 0) \
    relay->links[i].field = number;
      RELAY_SETTINGS (RELAY_SET)
#undef RELAY_SET
    }
  return TRUE;
}

static void
relay_add_options (GOptionContext *context,
                   Relay *relay)
{
  static const GOptionEntry entries[] = {
#define RELAY_ENTRY(prefix, text, help) \
  { prefix text, 0, 0, G_OPTION_ARG_CALLBACK, relay_option_cb, help, "N" },
#define RELAY_ENTRIES(field, text, initial, help) \
  RELAY_ENTRY ("", text, help) \
  RELAY_ENTRY ("up-", text, "the same, client to server only") \
  RELAY_ENTRY ("down-", text, "the same, server to client only")
    RELAY_SETTINGS (RELAY_ENTRIES)
#undef RELAY_ENTRIES
#undef RELAY_ENTRY
    { NULL }
  };
  GOptionGroup *group = g_option_group_new ("link", "Link:", "Show the options of the link", relay,
                                            NULL);

  g_option_group_add_entries (group, entries);
  g_option_context_add_group (context, group);
}

static void
relay_open (Relay *relay,
            const char *listen_text,
            const char *server_text)
{
  struct sockaddr_in addr = relay_parse_address (listen_text);
  socklen_t len = sizeof addr;
  char text[INET_ADDRSTRLEN];

  relay->server = relay_parse_address (server_text);
  relay->clients = g_hash_table_new (NULL, NULL);
  relay->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  relay->listen_fd = relay_socket ();
  if (bind (relay->listen_fd, (struct sockaddr *) &addr, sizeof addr) < 0
      || getsockname (relay->listen_fd, (struct sockaddr *) &addr, &len) < 0)
    g_error ("%s: %s", listen_text, g_strerror (errno));
  relay_watch (relay, relay->listen_fd, NULL);
  printf ("listening %s:%u\n", inet_ntop (AF_INET, &addr.sin_addr, text, sizeof text),
          ntohs (addr.sin_port));
  fflush (stdout);
}

/* Signals come only while the loop waits. */
static void
relay_catch_signals (void)
{
  static const int numbers[] = { SIGTERM, SIGINT, SIGUSR1, SIGUSR2 };
  struct sigaction action = { .sa_handler = relay_signal_cb };
  sigset_t set;

  sigemptyset (&set);
  for (unsigned i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      sigaddset (&set, numbers[i]);
      sigaction (numbers[i], &action, NULL);
    }
  sigprocmask (SIG_BLOCK, &set, NULL);
}

static void
relay_close (Relay *relay)
{
  CulvertHeapEntry *first;
  GHashTableIter iter;
  gpointer client;

  while ((first = culvert_heap_first (&relay->pending)))
    {
      culvert_heap_remove (&relay->pending, first);
      g_free (first);
    }
  culvert_heap_clear (&relay->pending);
  g_hash_table_iter_init (&iter, relay->clients);
  while (g_hash_table_iter_next (&iter, NULL, &client))
    {
      close (((RelayClient *) client)->fd);
      g_free (client);
    }
  g_hash_table_unref (relay->clients);
  g_free (relay->beside);
  close (relay->listen_fd);
  close (relay->epoll_fd);
}

int
main (int argc,
      char *argv[])
{
  static Relay relay = { .gso = true };
  g_autofree char *listen_text = NULL;
  g_autofree char *server_text = NULL;
  gint64 seed = 1;
  gboolean beside = FALSE;
  const GOptionEntry entries[] = {
    { "listen", 0, 0, G_OPTION_ARG_STRING, &listen_text, "where clients send to", "ADDR:PORT" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &server_text, "the server", "ADDR:PORT" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "of all random decisions", "N" },
    { "beside", 0, 0, G_OPTION_ARG_NONE, &beside, "a TCP-like flow shares the way down", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- a bad network for UDP");
  g_autoptr (GError) error = NULL;
  struct rlimit files;

  for (unsigned i = 0; i < RELAY_N_DIRECTIONS; i++)
    relay_link_init (&relay.links[i], 0);
  g_option_context_add_main_entries (context, entries, NULL);
  relay_add_options (context, &relay);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      fprintf (stderr, "udp-relay: %s\n", error->message);
      return 2;
    }
  for (unsigned i = 0; i < RELAY_N_DIRECTIONS; i++)
    culvert_seeded_rng_init (&relay.links[i].rng, 2 * (uint64_t) seed + i);
  if (beside)
    {
      relay.beside = g_new (TestTcp, 1);
      test_tcp_init (relay.beside);
    }
  if (getrlimit (RLIMIT_NOFILE, &files) == 0)
    {
      files.rlim_cur = files.rlim_max;
      setrlimit (RLIMIT_NOFILE, &files);
    }
  relay_catch_signals ();
  relay_open (&relay, listen_text ? listen_text : "127.0.0.1:0", server_text);
  relay_run (&relay);
  relay_print_statistics (&relay);
  relay_close (&relay);
  return 0;
}

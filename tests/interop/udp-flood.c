/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Datagrams of random length and content from random ports of the addresses named, as a scan or an
 * attacker would send them: udp-flood TO PORT COUNT PER-SECOND SEED FROM...
 *
 * Raw IPv4 sockets (needs CAP_NET_RAW) so that every datagram may have a source of its own. Prints
 * how many it sent. The same seed sends the same. */

#include "config.h"

#include "culvert-rng.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define PAYLOAD_MAX 1472
#define FROM_MAX 64

typedef struct
{
  struct iphdr ip;
  struct udphdr udp;
  uint8_t payload[PAYLOAD_MAX];
} Datagram;

typedef struct
{
  int fd;
  CulvertSeededRng rng;
  struct sockaddr_in to;
  in_addr_t from[FROM_MAX];
  unsigned n_from;
  uint64_t n_sent;
} Flood;

/* Fills in one datagram and returns its length. The checksum of UDP may be 0: there is none. */
static size_t
flood_fill (Flood *flood, Datagram *datagram)
{
  size_t len = culvert_rng_below (&flood->rng.base, PAYLOAD_MAX + 1);

  memset (datagram, 0, offsetof (Datagram, payload));
  datagram->ip.version = 4;
  datagram->ip.ihl = 5;
  datagram->ip.ttl = 64;
  datagram->ip.protocol = IPPROTO_UDP;
  datagram->ip.saddr = flood->from[culvert_rng_below (&flood->rng.base, flood->n_from)];
  datagram->ip.daddr = flood->to.sin_addr.s_addr;
  datagram->udp.source = htons ((uint16_t) (1024 + culvert_rng_below (&flood->rng.base, 64512)));
  datagram->udp.dest = flood->to.sin_port;
  datagram->udp.len = htons ((uint16_t) (sizeof datagram->udp + len));
  culvert_rng_fill (&flood->rng.base, datagram->payload, len);
  return offsetof (Datagram, payload) + len;
}

static bool
flood_send (Flood *flood, unsigned n)
{
  static Datagram datagrams[BATCH];
  struct mmsghdr messages[BATCH] = { 0 };
  struct iovec spans[BATCH];
  unsigned at = 0;

  for (unsigned i = 0; i < n; i++)
    {
      spans[i].iov_base = &datagrams[i];
      spans[i].iov_len = flood_fill (flood, &datagrams[i]);
      messages[i].msg_hdr.msg_iov = &spans[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &flood->to;
      messages[i].msg_hdr.msg_namelen = sizeof flood->to;
    }
  while (at < n)
    {
      int sent = sendmmsg (flood->fd, messages + at, n - at, 0);

      if (sent < 0 && errno != ENOBUFS && errno != EINTR)
        return false;
      at += sent > 0 ? (unsigned) sent : 0;
    }
  flood->n_sent += n;
  return true;
}

/* Waits until so many datagrams may have been sent. */
static void
flood_pace (const struct timespec *begin, uint64_t n, unsigned rate)
{
  struct timespec at = *begin;

  at.tv_sec += (time_t) (n / rate);
  at.tv_nsec += (long) (n % rate * 1000000000 / rate);
  if (at.tv_nsec >= 1000000000)
    {
      at.tv_sec++;
      at.tv_nsec -= 1000000000;
    }
  while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
    continue;
}

int
main (int argc, char **argv)
{
  Flood flood = { .to.sin_family = AF_INET };
  struct timespec begin;
  uint64_t count;
  unsigned rate;

  if (argc < 7 || argc - 6 > FROM_MAX || (count = strtoull (argv[3], NULL, 10)) == 0
      || (rate = (unsigned) strtoul (argv[4], NULL, 10)) == 0)
    {
      fprintf (stderr, "usage: udp-flood TO PORT COUNT PER-SECOND SEED FROM...\n");
      return 2;
    }
  flood.to.sin_port = htons ((uint16_t) strtoul (argv[2], NULL, 10));
  if (inet_pton (AF_INET, argv[1], &flood.to.sin_addr) != 1)
    return 2;
  culvert_seeded_rng_init (&flood.rng, strtoull (argv[5], NULL, 10));
  for (int i = 6; i < argc; i++)
    if (inet_pton (AF_INET, argv[i], &flood.from[flood.n_from++]) != 1)
      return 2;
  flood.fd = socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (flood.fd < 0)
    {
      perror ("udp-flood: socket");
      return 1;
    }
  clock_gettime (CLOCK_MONOTONIC, &begin);
  while (flood.n_sent < count)
    {
      uint64_t left = count - flood.n_sent;

      flood_pace (&begin, flood.n_sent, rate);
      if (!flood_send (&flood, left < BATCH ? (unsigned) left : BATCH))
        {
          perror ("udp-flood: sendmmsg");
          return 1;
        }
    }
  printf ("%llu sent\n", (unsigned long long) flood.n_sent);
  close (flood.fd);
  return 0;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Datagrams on Linux: recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT.
 *
 * Sending: a run of packets of one size to one peer (the last may be shorter) is one message whose
 * vectors point at the packets in their slots; several messages leave in one sendmmsg. That call
 * tells how many messages went before the one that failed; the error itself comes when the
 * failing one is first, so the loop simply goes on from there.
 *
 * UDP_SEGMENT is probed by use. EIO or EINVAL on a run: off for this socket. EMSGSIZE on a run: the
 * path is narrower than the packet; a client has one path, so off as well, while a server sends
 * that run one by one and keeps the rest of its peers fast. Nothing is lost by it.
 *
 * Receiving: slabs of 64 KiB belong to the worker and are reused by the next call. The kernel may
 * have merged up to 64 datagrams into a message, which is handed over whole, so budget
 * can be exceeded by what is merged beyond the average of the call before.
 *
 * The handler must not free the socket it was called for; it defers that. Replies of a socket
 * bound to all addresses leave from the address the route prefers, not from the one the peer wrote
 * to: IP_PKTINFO would cost a control message per packet and disturb runs. */
#include "config.h"

#include "culvert-address-private.h"
#include "culvert-udp-linux.h"

#include <errno.h>
#include <netinet/udp.h>
#include <unistd.h>

#define CULVERT_UDP_MESSAGES 64
#define CULVERT_UDP_VECTORS 256
#define CULVERT_UDP_RUN_SEGMENTS 64 /* UDP_MAX_SEGMENTS of older kernels */
#define CULVERT_UDP_RUN_BYTES 65000

struct _CulvertUdp
{
  int fd;
  bool is_connected;
  bool has_gso;
  unsigned per_message; /* datagrams in a message of the last receive call, rounded up */
  CulvertAddress peer;  /* connected only */
};

/* One control message with a 16-bit or int value. */
typedef union
{
  struct cmsghdr header;
  uint8_t bytes[CMSG_SPACE (sizeof (int))];
} CulvertUdpControl;

struct _CulvertUdpSlabs
{
  struct mmsghdr messages[CULVERT_UDP_SLABS];
  struct iovec vectors[CULVERT_UDP_SLABS];
  CulvertUdpControl controls[CULVERT_UDP_SLABS];
  CulvertAddress sources[CULVERT_UDP_SLABS];
  uint8_t *memory;
};

/* What one sendmmsg is given. */
typedef struct
{
  unsigned n_messages;
  unsigned n_vectors;
  struct mmsghdr messages[CULVERT_UDP_MESSAGES];
  struct iovec vectors[CULVERT_UDP_VECTORS];
  CulvertUdpControl controls[CULVERT_UDP_MESSAGES];
} CulvertUdpCall;

static void
culvert_udp_set_int (int fd, int level, int name, int value)
{
  (void) setsockopt (fd, level, name, &value, sizeof value);
}

/* All of it is best effort: a socket without these still carries packets. */
static void
culvert_udp_set_options (CulvertUdp *udp, int family, const CulvertUdpOptions *options)
{
  int on = 1;

  if (options->sockbuf > 0)
    {
      culvert_udp_set_int (udp->fd, SOL_SOCKET, SO_RCVBUF, options->sockbuf);
      culvert_udp_set_int (udp->fd, SOL_SOCKET, SO_SNDBUF, options->sockbuf);
      /* Past the system's limit for those who may. */
      culvert_udp_set_int (udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, options->sockbuf);
      culvert_udp_set_int (udp->fd, SOL_SOCKET, SO_SNDBUFFORCE, options->sockbuf);
    }
  culvert_udp_set_int (udp->fd, IPPROTO_IP, IP_TOS, options->dscp << 2);
  /* Wire: the traffic class is the plain value, WIRE.md 12.5. */
  if (family == AF_INET6)
    culvert_udp_set_int (udp->fd, IPPROTO_IPV6, IPV6_TCLASS, options->dscp);
  if (options->no_gso)
    return;
  udp->has_gso = true;
  (void) setsockopt (udp->fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
}

static CulvertUdp *
culvert_udp_open (const CulvertAddress *address,
                  const CulvertUdpOptions *options,
                  bool is_connected,
                  int *out_errno)
{
  int family = address->addr.sa.sa_family;
  CulvertUdp *udp = g_new0 (CulvertUdp, 1);
  int status;

  udp->per_message = 1;
  udp->fd = socket (family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (udp->fd < 0)
    {
      *out_errno = errno;
      g_free (udp);
      return NULL;
    }
  culvert_udp_set_options (udp, family, options);
  if (is_connected)
    {
      udp->is_connected = true;
      udp->peer = *address;
      status = connect (udp->fd, &address->addr.sa, address->len);
    }
  else
    {
      if (family == AF_INET6)
        culvert_udp_set_int (udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, options->v6_only);
      if (options->reuse_port)
        culvert_udp_set_int (udp->fd, SOL_SOCKET, SO_REUSEPORT, 1);
      status = bind (udp->fd, &address->addr.sa, address->len);
    }
  if (status < 0)
    {
      *out_errno = errno;
      culvert_udp_free (udp);
      return NULL;
    }
  return udp;
}

CulvertUdp *
culvert_udp_bind (const CulvertAddress *local, const CulvertUdpOptions *options, int *out_errno)
{
  CulvertUdp *udp = culvert_udp_open (local, options, false, out_errno);
  CulvertAddress any;

  if (!udp && *out_errno == EAFNOSUPPORT && !options->v6_only
      && culvert_address_any_v4 (local, &any))
    udp = culvert_udp_open (&any, options, false, out_errno);
  if (!udp)
    errno = *out_errno;
  return udp;
}

CulvertUdp *
culvert_udp_connect (const CulvertAddress *peer, const CulvertUdpOptions *options, int *out_errno)
{
  return culvert_udp_open (peer, options, true, out_errno);
}

void
culvert_udp_free (CulvertUdp *udp)
{
  if (!udp)
    return;
  close (udp->fd);
  g_free (udp);
}

int
culvert_udp_fd (const CulvertUdp *udp)
{
  return udp->fd;
}

void
culvert_udp_local (const CulvertUdp *udp, CulvertAddress *out_address)
{
  memset (out_address, 0, sizeof *out_address);
  out_address->len = sizeof out_address->addr;
  if (getsockname (udp->fd, &out_address->addr.sa, &out_address->len) < 0)
    out_address->len = 0;
}

bool
culvert_udp_has_gso (const CulvertUdp *udp)
{
  return udp->has_gso;
}

CulvertUdpSlabs *
culvert_udp_slabs_new (void)
{
  CulvertUdpSlabs *slabs = g_new0 (CulvertUdpSlabs, 1);

  /* Pages are touched only as messages fill them: an idle worker holds none. */
  slabs->memory = g_malloc ((size_t) CULVERT_UDP_SLABS * CULVERT_UDP_SLAB_SIZE);
  for (unsigned i = 0; i < CULVERT_UDP_SLABS; i++)
    {
      slabs->vectors[i].iov_base = slabs->memory + (size_t) i * CULVERT_UDP_SLAB_SIZE;
      slabs->vectors[i].iov_len = CULVERT_UDP_SLAB_SIZE;
      slabs->messages[i].msg_hdr.msg_iov = &slabs->vectors[i];
      slabs->messages[i].msg_hdr.msg_iovlen = 1;
      slabs->messages[i].msg_hdr.msg_control = &slabs->controls[i];
    }
  return slabs;
}

void
culvert_udp_slabs_free (CulvertUdpSlabs *slabs)
{
  if (!slabs)
    return;
  g_free (slabs->memory);
  g_free (slabs);
}

uint8_t *
culvert_udp_slabs_memory (CulvertUdpSlabs *slabs)
{
  return slabs->memory;
}

/* Size of the datagrams merged into message, or 0 when it is one datagram. */
static size_t
culvert_udp_segment_size (struct msghdr *message)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR (message); c; c = CMSG_NXTHDR (message, c))
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
      {
        int size;

        memcpy (&size, CMSG_DATA (c), sizeof size);
        return size > 0 ? (size_t) size : 0;
      }
  return 0;
}

/* Hands over the datagrams of message i; returns how many there were, those too long included. */
static unsigned
culvert_udp_deliver (CulvertUdp *udp,
                     CulvertUdpSlabs *slabs,
                     unsigned i,
                     CulvertUdpFunc func,
                     void *data)
{
  struct msghdr *message = &slabs->messages[i].msg_hdr;
  const CulvertAddress *from = &udp->peer;
  uint8_t *datagram = slabs->vectors[i].iov_base;
  size_t left = slabs->messages[i].msg_len;
  size_t size = culvert_udp_segment_size (message);
  unsigned n = 0;

  if (!udp->is_connected)
    {
      slabs->sources[i].len = message->msg_namelen;
      from = &slabs->sources[i];
    }
  if (size == 0)
    size = left;
  /* At least once: an empty datagram is one, too. */
  do
    {
      size_t len = MIN (left, size);

      if (len <= CULVERT_PACKET_MAX)
        func (data, datagram, len, from);
      datagram += len;
      left -= len;
      n++;
    }
  while (left > 0);
  return n;
}

/* One recvmmsg into the first n slabs. */
static int
culvert_udp_fill (CulvertUdp *udp, CulvertUdpSlabs *slabs, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    {
      struct msghdr *header = &slabs->messages[i].msg_hdr;

      header->msg_name = udp->is_connected ? NULL : &slabs->sources[i].addr;
      header->msg_namelen = udp->is_connected ? 0 : sizeof slabs->sources[i].addr;
      header->msg_controllen = sizeof slabs->controls[i];
    }
  return recvmmsg (udp->fd, slabs->messages, n, MSG_DONTWAIT, NULL);
}

int
culvert_udp_receive (CulvertUdp *udp,
                     CulvertUdpSlabs *slabs,
                     unsigned budget,
                     CulvertUdpFunc func,
                     void *data,
                     int *out_errno)
{
  unsigned total = 0;

  *out_errno = 0;
  while (total < budget)
    {
      unsigned left = (budget - total + udp->per_message - 1) / udp->per_message;
      unsigned want = MIN (left, CULVERT_UDP_SLABS);
      int n_messages = culvert_udp_fill (udp, slabs, want);
      unsigned n = 0;

      if (n_messages < 0)
        {
          if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
          /* What ICMP told about an earlier packet; reading it cleared it. It counts, so that a
           * flood of them ends, too. */
          if (errno != EINTR)
            *out_errno = errno;
          budget--;
          continue;
        }
      for (int i = 0; i < n_messages; i++)
        n += culvert_udp_deliver (udp, slabs, (unsigned) i, func, data);
      total += n;
      if (n_messages > 0)
        udp->per_message = (n + (unsigned) n_messages - 1) / (unsigned) n_messages;
      if ((unsigned) n_messages < want)
        break;
    }
  return total > 0 ? (int) total : CULVERT_E_AGAIN;
}

static bool
culvert_udp_same_peer (const CulvertUdp *udp, const CulvertPacket *a, const CulvertPacket *b)
{
  return udp->is_connected || a->dest == b->dest || culvert_address_equal (a->dest, b->dest);
}

/* How many packets from the front can be one message; limit is at least 1. */
static unsigned
culvert_udp_run (const CulvertUdp *udp, CulvertPacket *const *packets, unsigned limit)
{
  size_t size = packets[0]->len;
  size_t total = size;
  unsigned n = 1;

  if (!udp->has_gso || size == 0)
    return 1;
  limit = MIN (limit, CULVERT_UDP_RUN_SEGMENTS);
  for (; n < limit; n++)
    {
      const CulvertPacket *next = packets[n];

      if (next->len > size || next->len == 0 || total + next->len > CULVERT_UDP_RUN_BYTES
          || !culvert_udp_same_peer (udp, packets[0], next))
        return n;
      total += next->len;
      if (next->len < size)
        return n + 1;
    }
  return n;
}

/* Adds packets[0..n) as one message. */
static void
culvert_udp_add_message (const CulvertUdp *udp,
                         CulvertUdpCall *call,
                         CulvertPacket *const *packets,
                         unsigned n)
{
  struct msghdr *header = &call->messages[call->n_messages].msg_hdr;
  CulvertUdpControl *control = &call->controls[call->n_messages++];

  memset (header, 0, sizeof *header);
  header->msg_iov = &call->vectors[call->n_vectors];
  header->msg_iovlen = n;
  for (unsigned i = 0; i < n; i++)
    {
      call->vectors[call->n_vectors].iov_base = culvert_packet_data (packets[i]);
      call->vectors[call->n_vectors++].iov_len = packets[i]->len;
    }
  if (!udp->is_connected)
    {
      const CulvertAddress *dest = packets[0]->dest;

      g_assert (dest);
      header->msg_name = (void *) &dest->addr;
      header->msg_namelen = dest->len;
    }
  if (n > 1)
    {
      uint16_t size = packets[0]->len;

      header->msg_control = control;
      header->msg_controllen = CMSG_SPACE (sizeof size);
      control->header.cmsg_level = IPPROTO_UDP;
      control->header.cmsg_type = UDP_SEGMENT;
      control->header.cmsg_len = CMSG_LEN (sizeof size);
      memcpy (CMSG_DATA (&control->header), &size, sizeof size);
    }
}

/* Fills call from the front of packets; the first n_single are not joined into runs. */
static void
culvert_udp_build (const CulvertUdp *udp,
                   CulvertUdpCall *call,
                   CulvertPacket *const *packets,
                   unsigned n,
                   unsigned n_single)
{
  unsigned i = 0;

  call->n_messages = 0;
  call->n_vectors = 0;
  n = MIN (n, CULVERT_UDP_VECTORS);
  while (i < n && call->n_messages < CULVERT_UDP_MESSAGES)
    {
      unsigned run = i < n_single ? 1 : culvert_udp_run (udp, packets + i, n - i);

      culvert_udp_add_message (udp, call, packets + i, run);
      i += run;
    }
}

/* Whether error means that the kernel or device cannot segment this run. */
static bool
culvert_udp_is_gso_error (int error)
{
  return error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP;
}

static bool
culvert_udp_is_full (int error)
{
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

unsigned
culvert_udp_send (CulvertUdp *udp, CulvertPacket *const *packets, unsigned n, int *out_errno)
{
  CulvertUdpCall call;
  unsigned sent = 0;
  unsigned single_end = 0; /* packets before this one go without UDP_SEGMENT */

  *out_errno = 0;
  while (sent < n)
    {
      int n_sent;
      unsigned front;

      culvert_udp_build (udp, &call, packets + sent, n - sent,
                         single_end > sent ? single_end - sent : 0);
      n_sent = sendmmsg (udp->fd, call.messages, call.n_messages, MSG_DONTWAIT | MSG_NOSIGNAL);
      for (int i = 0; i < n_sent; i++)
        sent += (unsigned) call.messages[i].msg_hdr.msg_iovlen;
      if (n_sent > 0 || (n_sent < 0 && errno == EINTR))
        continue;
      if (culvert_udp_is_full (errno))
        break;
      front = (unsigned) call.messages[0].msg_hdr.msg_iovlen;
      if (front > 1 && culvert_udp_is_gso_error (errno))
        {
          if (errno != EMSGSIZE || udp->is_connected)
            udp->has_gso = false;
          single_end = sent + front;
          continue;
        }
      /* Lost like on the way; retransmission is someone else's duty. */
      *out_errno = errno;
      sent += front;
    }
  return sent;
}

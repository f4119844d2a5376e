/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Datagrams over GSocket, for every system GLib knows: batches by g_socket_receive_messages and
 * g_socket_send_messages, which are one system call each where the system has one.
 *
 * A client's socket is connected, so no address object appears per packet. A server keeps the
 * address objects of the peers it wrote to last in a small direct-mapped cache; GLib has
 * a cache of its own for sources. A GError is built only when a call moved nothing.
 *
 * No segmentation offload here: culvert_udp_has_gso is false and no_gso means nothing. The handler
 * must not free the socket it was called for; it defers that. */
#include "config.h"

#include "culvert-address-private.h"
#include "culvert-udp.h"

#include <errno.h>
#include <gio/gio.h>

#define CULVERT_UDP_SLABS 32
#define CULVERT_UDP_SLAB_SIZE 2048
#define CULVERT_UDP_MESSAGES 64
#define CULVERT_UDP_PEERS 64

G_STATIC_ASSERT (CULVERT_UDP_SLAB_SIZE > CULVERT_PACKET_MAX);

typedef struct
{
  CulvertAddress key;
  GSocketAddress *address; /* NULL: empty */
} CulvertUdpPeer;

struct _CulvertUdp
{
  GSocket *socket;
  bool is_connected;
  uint32_t seed;
  CulvertAddress peer;     /* connected only */
  CulvertUdpPeer peers[CULVERT_UDP_PEERS]; /* unconnected only */
};

struct _CulvertUdpSlabs
{
  GInputMessage messages[CULVERT_UDP_SLABS];
  GInputVector vectors[CULVERT_UDP_SLABS];
  GSocketAddress *sources[CULVERT_UDP_SLABS];
  uint8_t memory[CULVERT_UDP_SLABS][CULVERT_UDP_SLAB_SIZE];
};

/* GLib keeps no errno; the nearest one for the codes that matter here. */
static int
culvert_udp_errno (const GError *error)
{
  if (!error || error->domain != G_IO_ERROR)
    return EIO;
  switch ((GIOErrorEnum) error->code)
    {
    case G_IO_ERROR_WOULD_BLOCK:
      return EAGAIN;
    case G_IO_ERROR_NO_SPACE:
      return ENOBUFS;
    case G_IO_ERROR_ADDRESS_IN_USE:
      return EADDRINUSE;
    case G_IO_ERROR_PERMISSION_DENIED:
      return EACCES;
    case G_IO_ERROR_CONNECTION_REFUSED:
      return ECONNREFUSED;
    case G_IO_ERROR_HOST_UNREACHABLE:
      return EHOSTUNREACH;
    case G_IO_ERROR_NETWORK_UNREACHABLE:
      return ENETUNREACH;
    case G_IO_ERROR_MESSAGE_TOO_LARGE:
      return EMSGSIZE;
    case G_IO_ERROR_TOO_MANY_OPEN_FILES:
      return EMFILE;
    case G_IO_ERROR_NOT_SUPPORTED:
      return EAFNOSUPPORT;
    case G_IO_ERROR_INVALID_ARGUMENT:
      return EINVAL;
    default:
      return EIO;
    }
}

/* Frees *error and tells its errno. */
static int
culvert_udp_take_errno (GError **error)
{
  int number = culvert_udp_errno (*error);

  g_clear_error (error);
  return number;
}

static GSocketAddress *
culvert_udp_to_gio (const CulvertAddress *address)
{
  return g_socket_address_new_from_native ((gpointer) &address->addr, address->len);
}

static bool
culvert_udp_from_gio (GSocketAddress *native, CulvertAddress *out)
{
  gssize len = native ? g_socket_address_get_native_size (native) : -1;

  memset (out, 0, sizeof *out);
  if (len < 0 || (gsize) len > sizeof out->addr
      || !g_socket_address_to_native (native, &out->addr, sizeof out->addr, NULL))
    return false;
  out->len = (socklen_t) len;
  return true;
}

/* All of it is best effort: a socket without these still carries packets. */
static void
culvert_udp_set_options (GSocket *gsocket, bool is_v6, const CulvertUdpOptions *options)
{
  g_socket_set_blocking (gsocket, FALSE);
  if (options->sockbuf > 0)
    {
      (void) g_socket_set_option (gsocket, SOL_SOCKET, SO_RCVBUF, options->sockbuf, NULL);
      (void) g_socket_set_option (gsocket, SOL_SOCKET, SO_SNDBUF, options->sockbuf, NULL);
    }
  (void) g_socket_set_option (gsocket, IPPROTO_IP, IP_TOS, options->dscp << 2, NULL);
  if (!is_v6)
    return;
  /* Wire: the traffic class is the plain value, WIRE.md 12.5. */
  (void) g_socket_set_option (gsocket, IPPROTO_IPV6, IPV6_TCLASS, options->dscp, NULL);
  (void) g_socket_set_option (gsocket, IPPROTO_IPV6, IPV6_V6ONLY, options->v6_only, NULL);
}

static CulvertUdp *
culvert_udp_open (const CulvertAddress *address,
                  const CulvertUdpOptions *options,
                  bool is_connected,
                  int *out_errno)
{
  bool is_v6 = address->addr.sa.sa_family == AF_INET6;
  g_autoptr (GSocketAddress) native = culvert_udp_to_gio (address);
  g_autoptr (GSocket) gsocket = NULL;
  g_autoptr (GError) error = NULL;
  CulvertUdp *udp;
  bool ok = false;

  gsocket = g_socket_new (is_v6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4,
                          G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &error);
  if (gsocket)
    {
      culvert_udp_set_options (gsocket, is_v6, options);
      ok = is_connected ? g_socket_connect (gsocket, native, NULL, &error)
                        : g_socket_bind (gsocket, native, options->reuse_port, &error);
    }
  if (!ok)
    {
      *out_errno = culvert_udp_errno (error);
      return NULL;
    }
  udp = g_new0 (CulvertUdp, 1);
  udp->socket = g_steal_pointer (&gsocket);
  udp->is_connected = is_connected;
  udp->peer = *address;
  udp->seed = g_random_int ();
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
  for (unsigned i = 0; i < CULVERT_UDP_PEERS; i++)
    g_clear_object (&udp->peers[i].address);
  g_object_unref (udp->socket);
  g_free (udp);
}

int
culvert_udp_fd (const CulvertUdp *udp)
{
  return g_socket_get_fd (udp->socket);
}

void
culvert_udp_local (const CulvertUdp *udp, CulvertAddress *out_address)
{
  g_autoptr (GSocketAddress) native = g_socket_get_local_address (udp->socket, NULL);

  (void) culvert_udp_from_gio (native, out_address);
}

bool
culvert_udp_has_gso (const CulvertUdp *udp)
{
  return false;
}

CulvertUdpSlabs *
culvert_udp_slabs_new (void)
{
  CulvertUdpSlabs *slabs = g_new0 (CulvertUdpSlabs, 1);

  for (unsigned i = 0; i < CULVERT_UDP_SLABS; i++)
    {
      slabs->vectors[i].buffer = slabs->memory[i];
      slabs->vectors[i].size = CULVERT_UDP_SLAB_SIZE;
      slabs->messages[i].vectors = &slabs->vectors[i];
      slabs->messages[i].num_vectors = 1;
    }
  return slabs;
}

void
culvert_udp_slabs_free (CulvertUdpSlabs *slabs)
{
  g_free (slabs);
}

/* Hands message i over unless it is too long, and drops the source GLib attached to it. */
static void
culvert_udp_deliver (CulvertUdp *udp,
                     CulvertUdpSlabs *slabs,
                     unsigned i,
                     CulvertUdpFunc func,
                     void *data)
{
  size_t len = slabs->messages[i].bytes_received;
  const CulvertAddress *from = &udp->peer;
  CulvertAddress source;

  if (!udp->is_connected)
    {
      if (!culvert_udp_from_gio (slabs->sources[i], &source))
        len = SIZE_MAX;
      from = &source;
      g_clear_object (&slabs->sources[i]);
    }
  if (len <= CULVERT_PACKET_MAX)
    func (data, slabs->memory[i], len, from);
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
      unsigned want = MIN (budget - total, CULVERT_UDP_SLABS);
      GError *error = NULL;
      int n;

      for (unsigned i = 0; i < want; i++)
        slabs->messages[i].address = udp->is_connected ? NULL : &slabs->sources[i];
      n = g_socket_receive_messages (udp->socket, slabs->messages, want, 0, NULL, &error);
      if (n < 0)
        {
          int number = culvert_udp_take_errno (&error);

          if (number == EAGAIN)
            break;
          /* What ICMP told about an earlier packet; reading it cleared it. It counts, so that a
           * flood of them ends, too. */
          *out_errno = number;
          budget--;
          continue;
        }
      for (int i = 0; i < n; i++)
        culvert_udp_deliver (udp, slabs, (unsigned) i, func, data);
      total += (unsigned) n;
      if ((unsigned) n < want)
        break;
    }
  return total > 0 ? (int) total : CULVERT_E_AGAIN;
}

/* The address object for dest; borrowed until another peer takes its place in the cache. */
static GSocketAddress *
culvert_udp_peer (CulvertUdp *udp, const CulvertAddress *dest)
{
  CulvertUdpPeer *peer = &udp->peers[culvert_address_hash (dest, udp->seed) % CULVERT_UDP_PEERS];

  if (!peer->address || !culvert_address_equal (&peer->key, dest))
    {
      g_clear_object (&peer->address);
      peer->key = *dest;
      peer->address = culvert_udp_to_gio (dest);
    }
  return peer->address;
}

/* One g_socket_send_messages from the front of packets; how many left, -1 with *out_errno. */
static int
culvert_udp_send_some (CulvertUdp *udp,
                       CulvertPacket *const *packets,
                       unsigned n,
                       int *out_errno)
{
  GOutputMessage messages[CULVERT_UDP_MESSAGES];
  GOutputVector vectors[CULVERT_UDP_MESSAGES];
  GError *error = NULL;
  int n_sent;

  n = MIN (n, CULVERT_UDP_MESSAGES);
  for (unsigned i = 0; i < n; i++)
    {
      vectors[i].buffer = culvert_packet_data (packets[i]);
      vectors[i].size = packets[i]->len;
      messages[i] = (GOutputMessage) { .vectors = &vectors[i], .num_vectors = 1 };
      if (udp->is_connected)
        continue;
      g_assert (packets[i]->dest);
      /* A reference of its own: a later packet's peer may take the place in the cache. */
      messages[i].address = g_object_ref (culvert_udp_peer (udp, packets[i]->dest));
    }
  n_sent = g_socket_send_messages (udp->socket, messages, n, 0, NULL, &error);
  if (n_sent < 0)
    *out_errno = culvert_udp_take_errno (&error);
  for (unsigned i = 0; i < n; i++)
    if (messages[i].address)
      g_object_unref (messages[i].address);
  return n_sent;
}

unsigned
culvert_udp_send (CulvertUdp *udp, CulvertPacket *const *packets, unsigned n, int *out_errno)
{
  unsigned sent = 0;

  *out_errno = 0;
  while (sent < n)
    {
      int number = 0;
      int n_sent = culvert_udp_send_some (udp, packets + sent, n - sent, &number);

      if (n_sent > 0)
        {
          sent += (unsigned) n_sent;
          continue;
        }
      if (number == EAGAIN || number == ENOBUFS)
        break;
      /* Lost like on the way; retransmission is someone else's duty. */
      *out_errno = number;
      sent++;
    }
  return sent;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-address-private.h"
#include "culvert-faketcp-raw.h"
#include "culvert-udp-linux.h"

#include <errno.h>
#include <linux/filter.h>
#include <unistd.h>

#define CULVERT_RAW_HOPS 64

typedef union
{
  struct cmsghdr header;
  uint8_t v4[CMSG_SPACE (sizeof (struct in_pktinfo))];
  uint8_t v6[CMSG_SPACE (sizeof (struct in6_pktinfo))];
} CulvertRawControl;

/* What one sendmmsg is given. */
typedef struct
{
  struct mmsghdr messages[CULVERT_RAW_BATCH];
  struct iovec vectors[CULVERT_RAW_BATCH][2];
  CulvertRawControl controls[CULVERT_RAW_BATCH];
  CulvertAddress names[CULVERT_RAW_BATCH];
  uint8_t headers[CULVERT_RAW_BATCH][CULVERT_TCP_HEADER];
} CulvertRawCall;

static bool
culvert_raw_fail (int *out_errno)
{
  *out_errno = errno;
  return false;
}

/* -- filters ---------------------------------------------------------------------------- */

bool
culvert_raw_set_filter (CulvertRaw *raw, const CulvertRawFilter *filter, int *out_errno)
{
  const struct sock_filter to_header
      = raw->family == AF_INET
          ? (struct sock_filter) BPF_STMT (BPF_LDX | BPF_B | BPF_MSH, 0) /* behind the IP header */
          : (struct sock_filter) BPF_STMT (BPF_LDX | BPF_W | BPF_IMM, 0);
  struct sock_filter code[] = {
    to_header,
    BPF_STMT (BPF_LD | BPF_H | BPF_IND, 2), /* port of the receiver */
    BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, filter->local_min, 0, 7),
    BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, filter->local_max, 6, 0),
    BPF_STMT (BPF_LD | BPF_H | BPF_IND, 0), /* port of the sender */
    BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, filter->peer_min, 0, 4),
    BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, filter->peer_max, 3, 0),
    BPF_STMT (BPF_ALU | BPF_MOD | BPF_K, filter->n_parts),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, filter->index, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, UINT32_MAX),
    BPF_STMT (BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = { .len = G_N_ELEMENTS (code), .filter = code };

  if (setsockopt (raw->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
    return culvert_raw_fail (out_errno);
  return true;
}

bool
culvert_raw_mute (int fd, int *out_errno)
{
  /* The program sees the segment from its TCP header on. */
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_B | BPF_ABS, 12),
    BPF_STMT (BPF_ALU | BPF_RSH | BPF_K, 2),
    BPF_STMT (BPF_ALU | BPF_AND | BPF_K, 0x3c), /* length of the header */
    BPF_STMT (BPF_MISC | BPF_TAX, 0),
    BPF_STMT (BPF_LD | BPF_W | BPF_LEN, 0),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, UINT32_MAX),
    BPF_STMT (BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = { .len = G_N_ELEMENTS (code), .filter = code };

  if (setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
    return culvert_raw_fail (out_errno);
  return true;
}

/* Options of the other family fail, and do no harm. */
static void
culvert_raw_set_both (int fd, int name_v4, int name_v6, int value)
{
  (void) setsockopt (fd, IPPROTO_IP, name_v4, &value, sizeof value);
  (void) setsockopt (fd, IPPROTO_IPV6, name_v6, &value, sizeof value);
}

void
culvert_raw_mute_late (int fd)
{
  culvert_raw_set_both (fd, IP_MINTTL, IPV6_MINHOPCOUNT, 255);
}

void
culvert_raw_set_hops (int fd)
{
  culvert_raw_set_both (fd, IP_TTL, IPV6_UNICAST_HOPS, CULVERT_RAW_HOPS);
}

bool
culvert_raw_steer (int fd, unsigned n_parts, int *out_errno)
{
  /* The program sees the segment behind its TCP header; what is before it is found from the IP
   * header. */
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_B | BPF_ABS, (uint32_t) SKF_NET_OFF),
    BPF_STMT (BPF_ALU | BPF_RSH | BPF_K, 4),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 2),
    BPF_STMT (BPF_LDX | BPF_B | BPF_MSH, (uint32_t) SKF_NET_OFF),
    BPF_JUMP (BPF_JMP | BPF_JA, 1, 0, 0),
    BPF_STMT (BPF_LDX | BPF_W | BPF_IMM, 40),
    BPF_STMT (BPF_LD | BPF_H | BPF_IND, (uint32_t) SKF_NET_OFF),
    BPF_STMT (BPF_ALU | BPF_MOD | BPF_K, n_parts),
    BPF_STMT (BPF_RET | BPF_A, 0),
  };
  struct sock_fprog program = { .len = G_N_ELEMENTS (code), .filter = code };

  if (setsockopt (fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) < 0)
    return culvert_raw_fail (out_errno);
  return true;
}

/* -- life ------------------------------------------------------------------------------- */

static void
culvert_raw_set_int (const CulvertRaw *raw, int level, int name, int value)
{
  (void) setsockopt (raw->fd, level, name, &value, sizeof value);
}

bool
culvert_raw_open (CulvertRaw *raw,
                  sa_family_t family,
                  const CulvertUdpOptions *options,
                  const CulvertRawFilter *filter,
                  int *out_errno)
{
  raw->family = family;
  raw->is_connected = false;
  raw->fd = socket (family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (raw->fd < 0)
    return culvert_raw_fail (out_errno);
  if (!culvert_raw_set_filter (raw, filter, out_errno))
    {
      culvert_raw_close (raw);
      return false;
    }
  culvert_raw_set_hops (raw->fd);
  if (options->sockbuf > 0)
    {
      culvert_raw_set_int (raw, SOL_SOCKET, SO_RCVBUF, options->sockbuf);
      culvert_raw_set_int (raw, SOL_SOCKET, SO_SNDBUF, options->sockbuf);
      /* Past the system's limit for those who may. */
      culvert_raw_set_int (raw, SOL_SOCKET, SO_RCVBUFFORCE, options->sockbuf);
      culvert_raw_set_int (raw, SOL_SOCKET, SO_SNDBUFFORCE, options->sockbuf);
    }
  /* Wire: the traffic class is the plain value, WIRE.md 12.5. */
  if (family == AF_INET)
    culvert_raw_set_int (raw, IPPROTO_IP, IP_TOS, options->dscp << 2);
  else
    culvert_raw_set_int (raw, IPPROTO_IPV6, IPV6_TCLASS, options->dscp);
  return true;
}

/* Raw IPv6 sockets take a port for a protocol and want none. */
static CulvertAddress
culvert_raw_host (const CulvertAddress *address)
{
  CulvertAddress host = *address;

  culvert_address_set_port (&host, 0);
  return host;
}

bool
culvert_raw_bind (CulvertRaw *raw, const CulvertAddress *local, int *out_errno)
{
  CulvertAddress host = culvert_raw_host (local);

  return bind (raw->fd, &host.addr.sa, host.len) == 0 || culvert_raw_fail (out_errno);
}

bool
culvert_raw_connect (CulvertRaw *raw, const CulvertAddress *peer, int *out_errno)
{
  CulvertAddress host = culvert_raw_host (peer);

  raw->is_connected = true;
  return connect (raw->fd, &host.addr.sa, host.len) == 0 || culvert_raw_fail (out_errno);
}

void
culvert_raw_close (CulvertRaw *raw)
{
  if (raw->fd >= 0)
    close (raw->fd);
  raw->fd = -1;
}

/* -- receiving -------------------------------------------------------------------------- */

int
culvert_raw_receive (const CulvertRaw *raw,
                     CulvertUdpSlabs *slabs,
                     unsigned n,
                     CulvertRawFunc func,
                     void *data,
                     unsigned *n_bad,
                     int *out_errno)
{
  struct mmsghdr messages[CULVERT_UDP_SLABS] = { 0 };
  struct iovec vectors[CULVERT_UDP_SLABS];
  CulvertAddress names[CULVERT_UDP_SLABS];
  uint8_t *memory = culvert_udp_slabs_memory (slabs);
  int n_messages;

  n = MIN (n, CULVERT_UDP_SLABS);
  memset (names, 0, sizeof names);
  for (unsigned i = 0; i < n; i++)
    {
      vectors[i].iov_base = memory + (size_t) i * CULVERT_UDP_SLAB_SIZE;
      vectors[i].iov_len = CULVERT_UDP_SLAB_SIZE;
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &names[i].addr;
      messages[i].msg_hdr.msg_namelen = sizeof names[i].addr;
    }
  n_messages = recvmmsg (raw->fd, messages, n, MSG_DONTWAIT, NULL);
  if (n_messages < 0)
    *out_errno = errno;
  for (int i = 0; i < n_messages; i++)
    {
      uint8_t *tcp = vectors[i].iov_base;
      size_t len = messages[i].msg_len;

      names[i].len = messages[i].msg_hdr.msg_namelen;
      if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0
          || (raw->family == AF_INET && culvert_ipv4_parse (tcp, len, &tcp, &len, &names[i]) < 0))
        (*n_bad)++;
      else
        func (data, tcp, len, &names[i]);
    }
  return n_messages;
}

/* -- sending ---------------------------------------------------------------------------- */

/* The segment leaves from the address that the connection has, whatever the route would prefer. */
static void
culvert_raw_set_source (struct msghdr *header,
                        CulvertRawControl *control,
                        const CulvertAddress *local)
{
  header->msg_control = control;
  memset (control, 0, sizeof *control);
  if (local->addr.sa.sa_family == AF_INET)
    {
      struct in_pktinfo info = { .ipi_spec_dst = local->addr.in.sin_addr };

      header->msg_controllen = CMSG_SPACE (sizeof info);
      control->header.cmsg_level = IPPROTO_IP;
      control->header.cmsg_type = IP_PKTINFO;
      control->header.cmsg_len = CMSG_LEN (sizeof info);
      memcpy (CMSG_DATA (&control->header), &info, sizeof info);
    }
  else
    {
      struct in6_pktinfo info = { .ipi6_addr = local->addr.in6.sin6_addr,
                                  .ipi6_ifindex = local->addr.in6.sin6_scope_id };

      header->msg_controllen = CMSG_SPACE (sizeof info);
      control->header.cmsg_level = IPPROTO_IPV6;
      control->header.cmsg_type = IPV6_PKTINFO;
      control->header.cmsg_len = CMSG_LEN (sizeof info);
      memcpy (CMSG_DATA (&control->header), &info, sizeof info);
    }
}

static void
culvert_raw_add_message (const CulvertRaw *raw,
                         CulvertRawCall *call,
                         unsigned i,
                         const CulvertRawItem *item)
{
  struct msghdr *header = &call->messages[i].msg_hdr;
  CulvertFlow *flow = item->flow;

  memset (header, 0, sizeof *header);
  culvert_flow_send (flow, culvert_packet_data (item->packet), item->packet->len, call->headers[i]);
  call->vectors[i][0].iov_base = call->headers[i];
  call->vectors[i][0].iov_len = CULVERT_TCP_HEADER;
  call->vectors[i][1].iov_base = culvert_packet_data (item->packet);
  call->vectors[i][1].iov_len = item->packet->len;
  header->msg_iov = call->vectors[i];
  header->msg_iovlen = 2;
  if (!raw->is_connected)
    {
      call->names[i] = culvert_raw_host (&flow->peer);
      header->msg_name = &call->names[i].addr;
      header->msg_namelen = call->names[i].len;
    }
  culvert_raw_set_source (header, &call->controls[i], &flow->local);
}

unsigned
culvert_raw_send (const CulvertRaw *raw, const CulvertRawItem *items, unsigned n, int *out_errno)
{
  CulvertRawCall call;
  int n_sent;

  g_assert (n <= CULVERT_RAW_BATCH);
  for (unsigned i = 0; i < n; i++)
    culvert_raw_add_message (raw, &call, i, &items[i]);
  n_sent = sendmmsg (raw->fd, call.messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n_sent < 0)
    {
      *out_errno = errno;
      n_sent = 0;
    }
  for (unsigned i = (unsigned) n_sent; i < n; i++)
    culvert_flow_unsend (items[i].flow, items[i].packet->len);
  return (unsigned) n_sent;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-faketcp-segment.h"

#define IPV4_HEADER 20
#define IPV4_FRAGMENT 0x3fff /* more fragments, or an offset */
#define TCP_CHECKSUM 16      /* offset of the field */

/* Big-endian fields; no alignment needed. */
static uint16_t
culvert_net_load_u16 (const uint8_t *p)
{
  return (uint16_t) (p[0] << 8 | p[1]);
}

static uint32_t
culvert_net_load_u32 (const uint8_t *p)
{
  return (uint32_t) culvert_net_load_u16 (p) << 16 | culvert_net_load_u16 (p + 2);
}

static void
culvert_net_store_u16 (uint8_t *p, uint16_t v)
{
  p[0] = (uint8_t) (v >> 8);
  p[1] = (uint8_t) v;
}

static void
culvert_net_store_u32 (uint8_t *p, uint32_t v)
{
  culvert_net_store_u16 (p, (uint16_t) (v >> 16));
  culvert_net_store_u16 (p + 2, (uint16_t) v);
}

uint32_t
culvert_checksum_add (uint32_t sum, const void *data, size_t len)
{
  const uint8_t *p = data;
  uint64_t wide = sum;
  uint32_t word = 0;

  /* Four bytes at a time: the carries gather above and are folded in at the end. */
  for (; len >= sizeof word; p += sizeof word, len -= sizeof word)
    {
      memcpy (&word, p, sizeof word);
      wide += word;
    }
  word = 0;
  memcpy (&word, p, len);
  wide += word;
  wide = (wide & UINT32_MAX) + (wide >> 32);
  return (uint32_t) wide + (uint32_t) (wide >> 32);
}

uint16_t
culvert_checksum_fold (uint32_t sum)
{
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t) (sum + (sum >> 16));
}

static uint32_t
culvert_checksum_add_u16 (uint32_t sum, uint16_t value)
{
  uint8_t bytes[2];

  culvert_net_store_u16 (bytes, value);
  return culvert_checksum_add (sum, bytes, sizeof bytes);
}

static uint32_t
culvert_checksum_add_address (uint32_t sum, const CulvertAddress *address)
{
  if (address->addr.sa.sa_family == AF_INET)
    return culvert_checksum_add (sum, &address->addr.in.sin_addr, 4);
  return culvert_checksum_add (sum, &address->addr.in6.sin6_addr, 16);
}

uint32_t
culvert_tcp_pseudo_sum (const CulvertAddress *a, const CulvertAddress *b)
{
  uint32_t sum = culvert_checksum_add_u16 (0, IPPROTO_TCP);

  return culvert_checksum_add_address (culvert_checksum_add_address (sum, a), b);
}

int
culvert_ipv4_parse (uint8_t *data,
                    size_t len,
                    uint8_t **out_tcp,
                    size_t *out_len,
                    CulvertAddress *out_from)
{
  size_t header;
  size_t total;

  if (len < IPV4_HEADER || data[0] >> 4 != 4 || data[9] != IPPROTO_TCP)
    return CULVERT_E_DISCARD;
  header = (size_t) (data[0] & 15) * 4;
  total = culvert_net_load_u16 (data + 2);
  if (header < IPV4_HEADER || total < header || len < total
      || (culvert_net_load_u16 (data + 6) & IPV4_FRAGMENT) != 0)
    return CULVERT_E_DISCARD;
  memset (out_from, 0, sizeof *out_from);
  out_from->len = sizeof out_from->addr.in;
  out_from->addr.in.sin_family = AF_INET;
  memcpy (&out_from->addr.in.sin_addr, data + 12, 4);
  *out_tcp = data + header;
  *out_len = total - header;
  return CULVERT_OK;
}

int
culvert_tcp_segment_parse (uint8_t *data, size_t len, CulvertTcpSegment *out)
{
  size_t header;

  if (len < CULVERT_TCP_HEADER)
    return CULVERT_E_DISCARD;
  header = (size_t) (data[12] >> 4) * 4;
  if (header < CULVERT_TCP_HEADER || header > len)
    return CULVERT_E_DISCARD;
  out->from_port = culvert_net_load_u16 (data);
  out->to_port = culvert_net_load_u16 (data + 2);
  out->seq = culvert_net_load_u32 (data + 4);
  out->ack = culvert_net_load_u32 (data + 8);
  out->flags = data[13];
  out->payload = data + header;
  out->payload_len = len - header;
  return CULVERT_OK;
}

bool
culvert_tcp_segment_check (const uint8_t *data, size_t len, uint32_t pseudo)
{
  uint16_t field;

  pseudo = culvert_checksum_add_u16 (culvert_checksum_fold (pseudo), (uint16_t) len);
  if (culvert_checksum_fold (culvert_checksum_add (pseudo, data, len)) == 0xffff)
    return true;
  memcpy (&field, data + TCP_CHECKSUM, sizeof field);
  return len == (size_t) (data[12] >> 4) * 4 && field == culvert_checksum_fold (pseudo);
}

void
culvert_tcp_segment_write (const CulvertTcpSegment *segment,
                           uint32_t pseudo,
                           uint8_t header[CULVERT_TCP_HEADER])
{
  size_t len = CULVERT_TCP_HEADER + segment->payload_len;
  uint32_t sum = culvert_checksum_add_u16 (culvert_checksum_fold (pseudo), (uint16_t) len);
  uint16_t field;

  culvert_net_store_u16 (header, segment->from_port);
  culvert_net_store_u16 (header + 2, segment->to_port);
  culvert_net_store_u32 (header + 4, segment->seq);
  culvert_net_store_u32 (header + 8, segment->ack);
  header[12] = CULVERT_TCP_HEADER / 4 << 4;
  header[13] = segment->flags;
  culvert_net_store_u16 (header + 14, CULVERT_TCP_WINDOW);
  memset (header + TCP_CHECKSUM, 0, 4); /* the checksum, and no urgent data */
  sum = culvert_checksum_add (sum, header, CULVERT_TCP_HEADER);
  sum = culvert_checksum_add (sum, segment->payload, segment->payload_len);
  field = (uint16_t) ~culvert_checksum_fold (sum);
  memcpy (header + TCP_CHECKSUM, &field, sizeof field);
}

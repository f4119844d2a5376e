/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* TCP segments written and read by hand, WIRE.md 11: pure functions over bytes, any thread.
 *
 * A datagram is the payload of one segment with PSH and ACK set and a header of 20 bytes; peers
 * may send options, which are skipped without being looked at (the latest kcptun's are
 * malformed).
 *
 * A "sum" is the ones' complement sum of RFC 1071 over 16-bit words as they lie in memory, so
 * neither side of a comparison needs the byte order. Sums of pieces may be added while every
 * piece but the last has an even length. */
#pragma once

#include "culvert-udp.h"

#define CULVERT_TCP_HEADER 20
#define CULVERT_TCP_WINDOW 65535

typedef enum
{
  CULVERT_TCP_FIN = 1 << 0,
  CULVERT_TCP_SYN = 1 << 1,
  CULVERT_TCP_RST = 1 << 2,
  CULVERT_TCP_PSH = 1 << 3,
  CULVERT_TCP_ACK = 1 << 4,
} CulvertTcpFlags;

/* Ports and numbers in host order. */
typedef struct
{
  uint16_t from_port;
  uint16_t to_port;
  uint32_t seq;
  uint32_t ack;
  uint8_t flags;     /* CulvertTcpFlags, and bits without a name here */
  uint8_t *payload;  /* into what was parsed */
  size_t payload_len;
} CulvertTcpSegment;

uint32_t culvert_checksum_add (uint32_t sum, const void *data, size_t len);
/* To 16 bits; 0xffff of what carries its own, right checksum. */
uint16_t culvert_checksum_fold (uint32_t sum);

/* Sum of both addresses and the protocol, which is the same for both directions. Ports do not
 * count. The families must be equal. */
uint32_t culvert_tcp_pseudo_sum (const CulvertAddress *a, const CulvertAddress *b);

/* The TCP part of an IPv4 packet and who sent it; from's port stays 0.
 * Codes: CULVERT_E_DISCARD for what is shorter than it says, a fragment, or not TCP. */
int culvert_ipv4_parse (uint8_t *data,
                        size_t len,
                        uint8_t **out_tcp,
                        size_t *out_len,
                        CulvertAddress *out_from) CULVERT_WARN_UNUSED;

/* Codes: CULVERT_E_DISCARD for what is shorter than its header says. The checksum is not looked
 * at. */
int culvert_tcp_segment_parse (uint8_t *data,
                               size_t len,
                               CulvertTcpSegment *out) CULVERT_WARN_UNUSED;

/* Whether the checksum of a whole segment fits pseudo. A segment without payload passes, too,
 * when its field holds the sum of the pseudo header alone: that is how kernels hand a segment to
 * a device that is to finish it, and between namespaces no device ever does. */
bool culvert_tcp_segment_check (const uint8_t *data, size_t len, uint32_t pseudo);

/* Writes the header of segment in front of its payload, with the checksum over both. */
void culvert_tcp_segment_write (const CulvertTcpSegment *segment,
                                uint32_t pseudo,
                                uint8_t header[CULVERT_TCP_HEADER]);

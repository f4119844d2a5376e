/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A TCP-like flow beside a tunnel: Reno's window (slow start, a half on loss, one packet
 * more by round trip) over a path that acknowledges each packet by its number. Numbers are
 * never used again: what is sent anew is a new packet, and only the amount matters. The owner
 * carries packets and acks; this is the sender alone. */
#pragma once

#include "culvert-base.h"

#define TEST_TCP_SEGMENT 1500 /* bytes of a packet */
#define TEST_TCP_ACK 40       /* bytes of an ack */
#define TEST_TCP_MAX 65536    /* packets in flight */

typedef struct
{
  bool acked[TEST_TCP_MAX]; /* by number modulo TEST_TCP_MAX */
  uint32_t first, next, highest, recover;
  uint32_t n_flight;
  double window, threshold;
  CulvertTime heard_at;
} TestTcp;

void test_tcp_init (TestTcp *tcp);

/* Whether a packet may leave now. */
bool test_tcp_wants (TestTcp *tcp, CulvertTime now);

/* Number of the packet that leaves now. */
uint32_t test_tcp_send (TestTcp *tcp, CulvertTime now);

void test_tcp_acknowledged (TestTcp *tcp, uint32_t number, CulvertTime now);

/* When the flow wants to be asked again though nothing is heard. */
CulvertTime test_tcp_deadline (const TestTcp *tcp);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One direction of a simulated path on a virtual clock: policers, one for each flow, a bottleneck
 * with a drop-tail queue that the flows share, delay, jitter (which reorders), random and burst
 * loss (Gilbert-Elliott), duplication, corruption. Seeded: equal seeds give equal runs. */
#pragma once

#include "culvert-rng.h"
#include "test-delays.h"

typedef struct
{
  CulvertTime delay;      /* µs, one way */
  CulvertTime jitter;     /* µs, uniform on top of the delay */
  double loss;            /* probability */
  double burst_enter;     /* per packet, good to bad state; 0: no bursts */
  double burst_leave;     /* per packet, bad to good state */
  double burst_loss;      /* probability of loss in the bad state */
  double duplicate;       /* probability */
  double corrupt;         /* probability of some flipped bits */
  double truncate;        /* probability of a cut end */
  uint64_t rate;          /* bytes per second of the bottleneck, 0: none */
  size_t queue;           /* bytes the bottleneck queues */
  uint64_t police;        /* bytes per second above which a flow's packets are dropped, 0: none */
  size_t police_burst;    /* bytes a policer lets pass at once */
  size_t max_size;        /* bytes of the largest packet that passes, 0: all */
  CulvertTime police_after; /* µs from a flow's first packet until it is policed */
} TestLinkConfig;

typedef struct
{
  uint64_t offered, lost, dropped_queue, dropped_size, policed, duplicated, corrupted, delivered;
  uint64_t offered_bytes;
  TestDelays waits;       /* in the queue, of all packets that were queued */
} TestLinkStats;

typedef struct _TestLink TestLink;

TestLink *test_link_new (const TestLinkConfig *config, uint64_t seed);
void test_link_free (TestLink *link);

/* Hot change of the path. */
void test_link_configure (TestLink *link, const TestLinkConfig *config);

void test_link_send (TestLink *link, const uint8_t *data, size_t len, CulvertTime now);

#define TEST_LINK_FLOWS 4
/* As one of the flows; test_link_send is flow 0. */
void test_link_send_as (TestLink *link, unsigned flow, const uint8_t *data, size_t len,
                        CulvertTime now);

/* How long a packet sent now would wait in the queue. */
CulvertTime test_link_wait (const TestLink *link, CulvertTime now);

/* Time of the next delivery, CULVERT_TIME_NEVER when nothing is on the way. */
CulvertTime test_link_next (const TestLink *link);

/* Next datagram due at now, at most 2048 bytes, into buf; its length, 0 when none is due. */
size_t test_link_receive (TestLink *link, uint8_t buf[2048], CulvertTime now);

const TestLinkStats *test_link_stats (const TestLink *link);

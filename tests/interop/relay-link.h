/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One direction of the bad network of udp-relay: what becomes of each datagram, and counts.
 *
 *   policer of its flow -> bottleneck with a tail-drop queue -> wire: loss, damage, delay
 *
 * All datagrams of a direction share the bottleneck and the wire; a policer belongs to a flow (a
 * client's port and a direction). Two states make burst loss (Gilbert-Elliott): --loss is the
 * loss in the good one, --burst-loss in the bad one. Times in ns. */
#pragma once

#include "culvert-rng.h"
#include "test-delays.h"

#define RELAY_NSEC INT64_C (1000000000)
#define RELAY_MSEC INT64_C (1000000)
#define RELAY_USEC INT64_C (1000)

/* X(field, option, initial, help) of one direction's link. */
#define RELAY_SETTINGS(X) \
  X (delay_ms, "delay", 0, "one-way delay, ms") \
  X (jitter_ms, "jitter", 0, "up to this much more delay, ms; keeps the order") \
  X (loss, "loss", 0, "independent loss, percent") \
  X (burst_enter, "burst-enter", 0, "chance per datagram that a burst of loss begins, percent") \
  X (burst_leave, "burst-leave", 25, "chance per datagram that it ends, percent") \
  X (burst_loss, "burst-loss", 100, "loss in a burst, percent") \
  X (ramp, "ramp", 0, "further loss that rises from 0 to this and falls to 0 again, percent") \
  X (ramp_seconds, "ramp-over", 60, "how long rise and fall take, s") \
  X (ramp_after, "ramp-after", 0, "when the rise begins, s after the first datagram") \
  X (rate_kbit, "rate", 0, "bottleneck, kbit/s; 0: none") \
  X (queue_kib, "queue", 256, "queue of the bottleneck, KiB") \
  X (police_kbit, "police", 0, "a flow's datagrams above this are dropped, kbit/s; 0: none") \
  X (police_burst, "police-burst", 64, "what a policer lets pass at once, KiB") \
  X (police_after, "police-after", 0, "when policing begins, s after a flow's first datagram") \
  X (reorder, "reorder", 0, "datagrams that fall behind, percent") \
  X (reorder_ms, "reorder-by", 5, "by up to this much, ms") \
  X (duplicate, "duplicate", 0, "datagrams that arrive twice, percent") \
  X (max_size, "max-size", 0, "longest datagram that passes, bytes; 0: any") \
  X (corrupt, "corrupt", 0, "datagrams with one wrong bit, percent")

/* X(field) of one direction's statistics. */
#define RELAY_STATISTICS(X) \
  X (received) \
  X (received_bytes) \
  X (sent) \
  X (sent_bytes) \
  X (lost) \
  X (burst_lost) \
  X (policed) \
  X (queue_dropped) \
  X (oversized) \
  X (queue_bytes_max) \
  X (duplicated) \
  X (reordered) \
  X (corrupted) \
  X (send_failed)

typedef struct
{
#define RELAY_FIELD(field, ...) uint64_t field;
  RELAY_STATISTICS (RELAY_FIELD)
#undef RELAY_FIELD
  TestDelays waits; /* in the queue of the bottleneck */
} RelayStatistics;

/* Those of the programs under test, and those of the flow beside them. */
typedef enum
{
  RELAY_PROGRAMS,
  RELAY_BESIDE,
  RELAY_N_OWNERS
} RelayOwner;

typedef struct
{
#define RELAY_FIELD(field, ...) double field;
  RELAY_SETTINGS (RELAY_FIELD)
#undef RELAY_FIELD
  CulvertSeededRng rng;
  bool in_burst;
  int64_t began;      /* first datagram; 0: none yet */
  int64_t busy_until; /* when the bottleneck has sent what it holds */
  int64_t last_due;
  RelayStatistics statistics[RELAY_N_OWNERS];
} RelayLink;

/* A token bucket of one flow; zeroed memory is a new one. */
typedef struct
{
  int64_t began; /* first datagram; 0: none yet */
  int64_t at;
  double used;   /* bytes taken from the burst */
} RelayPolicer;

typedef struct
{
  int64_t due;       /* when it arrives */
  int64_t twice_due; /* when its double arrives; 0: none */
  bool is_damaged;
  uint32_t bit;      /* the wrong one */
} RelayFate;

void relay_link_init (RelayLink *link, uint64_t seed);

/* One datagram of len bytes enters; policer is NULL where none applies. Whether it arrives. Every
 * datagram draws the same random numbers whatever is switched on. */
bool relay_link_pass (RelayLink *link, RelayOwner owner, RelayPolicer *policer, uint32_t len,
                      int64_t now, RelayFate *out_fate);

/* The statistics begin anew. */
void relay_link_reset (RelayLink *link);

/* "NAME": {…} on standard output. */
void relay_link_print (const RelayLink *link, RelayOwner owner, const char *name);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A tunnel on a bad path in virtual time, and what its user gets out of it: goodput, redundancy,
 * added delay, times of requests, the share that a TCP flow beside it keeps. The simulator of the
 * tests with figures instead of assertions; equal scenarios give equal results. */
#pragma once

#include "test-peer.h"

typedef struct
{
  TestStackConfig stack;      /* of the sender, and of the receiver unless it is kcptun */
  TestLinkConfig path;        /* down: from the server, which sends the bulk */
  TestLinkConfig back;        /* up */
  bool receiver_is_kcptun;    /* sends on ticks of 10 ms and recovers as the reference does */
  bool has_bulk;              /* one endless stream */
  bool has_tcp;               /* a flow with Reno's window shares the bottleneck */
  bool has_requests;          /* 64 bytes there, an answer back, each on its own stream */
  size_t answer;              /* bytes of it, 0: 64 */
  CulvertTime request_gap;    /* 0: the next one when the last is answered */
  CulvertTime warm_up;        /* not measured */
  CulvertTime duration;       /* measured */
  /* NULL, or loss on the path at a time since the start. */
  double (*loss_at) (CulvertTime since);
  /* NULL, or called every 100 ms of the measured time. */
  void (*on_sample) (CulvertTime since, const CulvertCounters *sender, void *data);
  void *sample_data;
  uint64_t seed;
} TestScenario;

typedef struct
{
  double goodput;             /* payload bytes per second at the receiver */
  double wire_ratio;          /* bytes on the path by payload byte */
  double resent_ratio;        /* payload bytes sent again by payload byte */
  double wait_ms, wait_p95_ms, wait_max_ms; /* in the queue; the longest of the whole run */
  double pause_ms;            /* longest time without a byte */
  double share;               /* of the TCP flow, of what both got */
  double request_ms[3];       /* p50, p95, p99 */
  unsigned n_requests;
  uint64_t n_spurious;        /* segments sent again that had arrived */
} TestResult;

void test_path_run (const TestScenario *scenario, TestResult *out_result);

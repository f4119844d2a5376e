/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Which of a client's sessions carry bulk, so that new streams do not stand behind it.
 *
 * A stream that has moved CULVERT_LANE_BULK bytes and goes on is bulk. Each link counts those that
 * moved in the current period and in the one before (CulvertLane, its worker's), and publishes
 * the number on the run's board; the acceptor gives a new connection to the next slot that has
 * least. So young and small streams gather where there is no bulk, as long as there is such a
 * place; no stream ever moves. A word of the board belongs to one slot and is written by its worker
 * alone; what was written long ago counts as nothing, so an idle link need not take it back. */
#pragma once

#include "culvert-base.h"

#include <stdatomic.h>

#define CULVERT_LANE_BULK ((uint64_t) 512 * 1024)
#define CULVERT_LANE_PERIOD (1 * CULVERT_SEC)

typedef struct
{
  CulvertTime period_end;
  uint32_t period;    /* number, from 1 */
  uint16_t n_now;     /* bulk streams that moved in it */
  uint16_t n_before;  /* in the one before */
} CulvertLane;

typedef struct
{
  unsigned n;
  _Atomic uint64_t slots[]; /* time in ms << 16 | bulk streams */
} CulvertLaneBoard;

/* A stream that has moved total bytes so far moved some. period: of the stream, 0 at first. */
void culvert_lane_note (CulvertLane *lane, uint32_t *period, uint64_t total, CulvertTime now);
/* Bulk streams that go on. */
unsigned culvert_lane_n_bulk (CulvertLane *lane, CulvertTime now);

/* To be freed with g_free. */
CulvertLaneBoard *culvert_lane_board_new (unsigned n_slots);
/* The slot's worker. */
void culvert_lane_board_publish (CulvertLaneBoard *board,
                                 unsigned slot,
                                 unsigned n_bulk,
                                 CulvertTime now);
/* Any thread: the slot with least bulk, the first one from preferred on; looks at a few only. */
unsigned
culvert_lane_board_choose (const CulvertLaneBoard *board, unsigned preferred, CulvertTime now);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-lanes.h"

/* Slots that a new connection looks at. */
#define CULVERT_LANE_CHOICE 16

static void
culvert_lane_advance (CulvertLane *lane, CulvertTime now)
{
  if (now < lane->period_end)
    return;
  lane->n_before = now < lane->period_end + CULVERT_LANE_PERIOD ? lane->n_now : 0;
  lane->n_now = 0;
  lane->period++;
  lane->period_end = now + CULVERT_LANE_PERIOD;
}

void
culvert_lane_note (CulvertLane *lane, uint32_t *period, uint64_t total, CulvertTime now)
{
  if (total < CULVERT_LANE_BULK)
    return;
  culvert_lane_advance (lane, now);
  if (*period == lane->period)
    return;
  *period = lane->period;
  lane->n_now += lane->n_now < UINT16_MAX;
}

unsigned
culvert_lane_n_bulk (CulvertLane *lane, CulvertTime now)
{
  culvert_lane_advance (lane, now);
  return MAX (lane->n_now, lane->n_before);
}

CulvertLaneBoard *
culvert_lane_board_new (unsigned n_slots)
{
  CulvertLaneBoard *board = g_malloc0 (sizeof *board + n_slots * sizeof board->slots[0]);

  board->n = n_slots;
  return board;
}

void
culvert_lane_board_publish (CulvertLaneBoard *board,
                            unsigned slot,
                            unsigned n_bulk,
                            CulvertTime now)
{
  uint64_t word = (uint64_t) (now / CULVERT_MSEC) << 16 | MIN (n_bulk, UINT16_MAX);

  atomic_store_explicit (&board->slots[slot], word, memory_order_relaxed);
}

unsigned
culvert_lane_board_choose (const CulvertLaneBoard *board, unsigned preferred, CulvertTime now)
{
  unsigned best = preferred % board->n;
  unsigned least = UINT_MAX;

  for (unsigned i = 0; i < MIN (board->n, CULVERT_LANE_CHOICE) && least > 0; i++)
    {
      unsigned slot = (preferred + i) % board->n;
      uint64_t word = atomic_load_explicit (&board->slots[slot], memory_order_relaxed);
      CulvertTime age = now - (CulvertTime) (word >> 16) * CULVERT_MSEC;
      unsigned n_bulk = age < 2 * CULVERT_LANE_PERIOD ? (unsigned) (word & UINT16_MAX) : 0;

      if (n_bulk < least)
        {
          best = slot;
          least = n_bulk;
        }
    }
  return best;
}

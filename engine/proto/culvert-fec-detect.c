/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Detection of the sender's (ds, ps) from the types of the packets received, WIRE.md 4.6.
 *
 * Wire: the reference needs a gap-free and duplicate-free stretch at the start of its window, so a
 * single loss can block it for 258 packets. Here any stretch of consecutive ids will do that holds
 * three changes of type, which bound one run of data and one of parity packets; such a pair is
 * believed only if its data run starts at a multiple of its length, as all groups do. In a
 * loss-free stream both answer at the same packet. If several stretches answer, the one with the
 * newest ids counts, which is the right one after the sender changed its parameters. */
#include "config.h"

#include "culvert-fec-private.h"

/* How far from the last id others are looked at: half of the packets may have been lost. */
#define CULVERT_FEC_REACH (2 * CULVERT_FEC_SAMPLES)

enum
{
  CULVERT_FEC_KIND_NONE,
  CULVERT_FEC_KIND_DATA,
  CULVERT_FEC_KIND_PARITY,
  CULVERT_FEC_KIND_BOTH, /* contradictory */
};

void
culvert_fec_samples_add (CulvertFecSamples *samples,
                         bool is_data,
                         uint32_t seqid)
{
  unsigned at = samples->next;
  uint8_t bit = 1 << at % 8;

  samples->seqids[at] = seqid;
  if (is_data)
    samples->is_data[at / 8] |= bit;
  else
    samples->is_data[at / 8] &= ~bit;
  samples->next = at + 1 == CULVERT_FEC_SAMPLES ? 0 : at + 1;
  if (samples->n < CULVERT_FEC_SAMPLES)
    samples->n++;
}

/* Lays the samples out by id, the last one in the middle: the ids are near one another, so this
 * takes the place of sorting and costs the same whatever a hostile sender does. */
static void
culvert_fec_samples_lay_out (const CulvertFecSamples *samples,
                             uint32_t first_seqid,
                             uint8_t *out_kinds)
{
  memset (out_kinds, CULVERT_FEC_KIND_NONE, 2 * CULVERT_FEC_REACH);
  for (unsigned i = 0; i < samples->n; i++)
    {
      uint32_t at = samples->seqids[i] - first_seqid;
      bool is_data = samples->is_data[i / 8] >> i % 8 & 1;

      if (at < 2 * CULVERT_FEC_REACH)
        out_kinds[at] |= is_data ? CULVERT_FEC_KIND_DATA : CULVERT_FEC_KIND_PARITY;
    }
}

/* The pair bounded by three consecutive changes of type, the first one to data if is_data. */
static bool
culvert_fec_edges_to_pair (const uint32_t *edges,
                           bool is_data,
                           unsigned *out_ds,
                           unsigned *out_ps)
{
  unsigned first = edges[1] - edges[0];
  unsigned second = edges[2] - edges[1];

  if ((is_data ? edges[0] : edges[1]) % (first + second) != 0)
    return false;
  *out_ds = is_data ? first : second;
  *out_ps = is_data ? second : first;
  return true;
}

bool
culvert_fec_samples_detect (const CulvertFecSamples *samples,
                            unsigned *out_ds,
                            unsigned *out_ps)
{
  unsigned last = (samples->next + CULVERT_FEC_SAMPLES - 1) % CULVERT_FEC_SAMPLES;
  uint32_t first_seqid = samples->seqids[last] - CULVERT_FEC_REACH;
  uint8_t kinds[2 * CULVERT_FEC_REACH];
  uint32_t edges[3] = { 0, 0, 0 };
  unsigned n_edges = 0;
  bool is_found = false;

  culvert_fec_samples_lay_out (samples, first_seqid, kinds);
  for (unsigned i = 1; i < sizeof kinds; i++)
    {
      if (kinds[i] == kinds[i - 1])
        continue;
      /* Both are there, each of one kind, and they differ. */
      if ((kinds[i] ^ kinds[i - 1]) == CULVERT_FEC_KIND_BOTH && kinds[i] != CULVERT_FEC_KIND_BOTH
          && kinds[i - 1] != CULVERT_FEC_KIND_BOTH)
        {
          edges[0] = edges[1];
          edges[1] = edges[2];
          edges[2] = first_seqid + i;
          /* After three changes edges[0] has the type of the packet that made the third. */
          if (++n_edges >= 3)
            is_found |= culvert_fec_edges_to_pair (edges, kinds[i] == CULVERT_FEC_KIND_DATA, out_ds,
                                                   out_ps);
        }
      else
        n_edges = 0;
    }
  return is_found;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Detection of the sender's (ds, ps) from the types of the packets received, WIRE.md 4.6.
 *
 * Wire: the reference needs a gap-free and duplicate-free stretch at the start of its window, so a
 * single loss can block it for 258 packets. Here any stretch of consecutive ids will do that holds
 * three changes of type, which bound one run of data and one of parity packets; such a pair is
 * believed only if its data run starts at a multiple of its length, as all groups do. In a loss-free
 * stream both answer at the same packet. If several stretches answer, the one with the newest ids
 * counts, which is the right one after the sender changed its parameters. */
#include "config.h"

#include "culvert-fec-private.h"

typedef struct
{
  uint32_t seqid;
  bool is_data;
} CulvertFecSample;

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

/* Insertion sort, because arrival order is nearly id order. */
static void
culvert_fec_samples_sort (const CulvertFecSamples *samples,
                          CulvertFecSample *out_sorted)
{
  unsigned at = samples->n < CULVERT_FEC_SAMPLES ? 0 : samples->next;

  for (unsigned i = 0; i < samples->n; i++)
    {
      CulvertFecSample sample = {
        .seqid = samples->seqids[at],
        .is_data = samples->is_data[at / 8] >> at % 8 & 1,
      };
      unsigned to = i;

      for (; to > 0 && culvert_diff32 (sample.seqid, out_sorted[to - 1].seqid) < 0; to--)
        out_sorted[to] = out_sorted[to - 1];
      out_sorted[to] = sample;
      at = at + 1 == CULVERT_FEC_SAMPLES ? 0 : at + 1;
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
  CulvertFecSample sorted[CULVERT_FEC_SAMPLES];
  uint32_t edges[3] = { 0, 0, 0 };
  unsigned n_edges = 0;
  bool is_found = false;

  culvert_fec_samples_sort (samples, sorted);
  for (unsigned i = 1; i < samples->n; i++)
    {
      const CulvertFecSample *previous = &sorted[i - 1];
      const CulvertFecSample *sample = &sorted[i];

      if (sample->seqid == previous->seqid && sample->is_data == previous->is_data)
        continue;
      if (sample->seqid != previous->seqid + 1)
        {
          n_edges = 0;
          continue;
        }
      if (sample->is_data == previous->is_data)
        continue;
      edges[0] = edges[1];
      edges[1] = edges[2];
      edges[2] = sample->seqid;
      /* After three changes edges[0] has the type of the sample that made the third. */
      if (++n_edges >= 3)
        is_found |= culvert_fec_edges_to_pair (edges, sample->is_data, out_ds, out_ps);
    }
  return is_found;
}

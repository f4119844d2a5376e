/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Receiving side of FEC, WIRE.md 4.5: keeps copies of the shards of incomplete groups and rebuilds
 * what is missing as soon as any ds shards of a group are there.
 *
 * Owner: one session. What a peer can make it hold is bounded: 4 groups (the newest and 3 behind
 * it) of at most ds - 1 shards each, in slots of the caller's pool, and one window of samples.
 * Without a slot a group is given up. A group needs nothing more once its data is complete; what
 * comes late is counted and forgotten, so a loss-free stream copies the first ds - 1 packets of a
 * group and computes nothing. Ids are compared modulo 2^32, groups by their first id.
 *
 * Differences from the reference, none visible on the wire:
 *  - a completed group is remembered as done, so its data is not rebuilt a second time;
 *  - the newest group is unknown at the start and after a change of parameters and is set by the
 *    next packet (the reference starts at group 0, and keeps a number counted in old groups);
 *  - parameters are also detected where losses stop the reference (culvert-fec-detect.c). */
#include "config.h"

#include "culvert-fec-matrix.h"
#include "culvert-fec-private.h"
#include "culvert-gf256.h"
#include "culvert-wire.h"

#define CULVERT_FEC_GROUPS 4     /* newest * n - group * n <= 3 * n leaves room for no more */
#define CULVERT_FEC_MAX_BEHIND 3u /* groups */
#define CULVERT_FEC_ROWS 4       /* shards rebuilt in one pass */

typedef struct
{
  bool is_used;
  bool is_done;          /* all data known: late shards are not kept */
  uint16_t n_stored;     /* shards in the list */
  uint16_t n_data;       /* data shards among them */
  uint32_t base;         /* first id */
  uint64_t seen[CULVERT_FEC_MAX_SHARDS / 64]; /* positions received */
  CulvertPacket *shards; /* whole packets from the FEC header on, linked by next */
} CulvertFecGroup;

struct _CulvertFecDecoder
{
  uint16_t ds;
  uint16_t ps;
  bool is_retuning;
  bool has_newest;
  uint8_t current;           /* group of the last packet */
  uint32_t paws;
  uint32_t newest;           /* first id of the newest group */
  CulvertFecSamples *samples;/* NULL until a packet came */
  CulvertPacket *recovered;  /* shards from offset on, in ascending position */
  CulvertPool *packets;
  CulvertCounters *counters;
  CulvertFecGroup groups[CULVERT_FEC_GROUPS];
};

static void
culvert_fec_decoder_set_parameters (CulvertFecDecoder *decoder,
                                    unsigned ds,
                                    unsigned ps)
{
  decoder->ds = ds;
  decoder->ps = ps;
  decoder->paws = culvert_fec_paws (ds + ps);
  decoder->has_newest = false;
}

CulvertFecDecoder *
culvert_fec_decoder_new (unsigned ds,
                         unsigned ps,
                         CulvertPool *packets,
                         CulvertCounters *counters)
{
  CulvertFecDecoder *decoder;

  g_assert (ds + ps <= CULVERT_FEC_MAX_SHARDS);
  decoder = g_new0 (CulvertFecDecoder, 1);
  decoder->packets = packets;
  decoder->counters = culvert_counters_ref (counters);
  /* Wire: the reference begins with (1, 1) when it knows nothing. Reordered packets of a larger
   * group then pass for groups of two and "recover" segments that differ from the real ones in sn
   * alone: each parity row sums to 1, so what all shards have in common survives any wrong matrix.
   */
  decoder->is_retuning = ds == 0 || ps == 0;
  culvert_fec_decoder_set_parameters (decoder, MAX (ds, 1), MAX (ps, 1));
  return decoder;
}

static void
culvert_fec_decoder_drop_packets (CulvertFecDecoder *decoder,
                                  CulvertPacket **list)
{
  while (*list)
    {
      CulvertPacket *packet = *list;

      *list = packet->next;
      culvert_pool_put (decoder->packets, packet);
    }
}

/* Forgets the shards; the group itself stays. */
static void
culvert_fec_decoder_empty_group (CulvertFecDecoder *decoder,
                                 CulvertFecGroup *group)
{
  culvert_fec_decoder_drop_packets (decoder, &group->shards);
  group->n_stored = 0;
  group->n_data = 0;
}

static void
culvert_fec_decoder_drop_groups (CulvertFecDecoder *decoder)
{
  for (unsigned i = 0; i < CULVERT_FEC_GROUPS; i++)
    {
      culvert_fec_decoder_empty_group (decoder, &decoder->groups[i]);
      decoder->groups[i].is_used = false;
    }
}

void
culvert_fec_decoder_trim (CulvertFecDecoder *decoder)
{
  culvert_fec_decoder_drop_packets (decoder, &decoder->recovered);
  culvert_fec_decoder_drop_groups (decoder);
  g_clear_pointer (&decoder->samples, g_free);
}

void
culvert_fec_decoder_free (CulvertFecDecoder *decoder)
{
  if (!decoder)
    return;
  culvert_fec_decoder_trim (decoder);
  culvert_counters_unref (decoder->counters);
  g_free (decoder);
}

static void
culvert_fec_decoder_sample (CulvertFecDecoder *decoder,
                            bool is_data,
                            uint32_t seqid)
{
  if (G_UNLIKELY (!decoder->samples))
    decoder->samples = g_try_new0 (CulvertFecSamples, 1);
  if (G_LIKELY (decoder->samples))
    culvert_fec_samples_add (decoder->samples, is_data, seqid);
}

static void
culvert_fec_decoder_retune (CulvertFecDecoder *decoder)
{
  unsigned ds;
  unsigned ps;

  if (!decoder->samples || !culvert_fec_samples_detect (decoder->samples, &ds, &ps))
    return;
  if (ds + ps >= CULVERT_FEC_MAX_SHARDS)
    return;
  decoder->is_retuning = false;
  if (ds == decoder->ds && ps == decoder->ps)
    return;
  culvert_fec_decoder_drop_groups (decoder);
  culvert_fec_decoder_set_parameters (decoder, ds, ps);
}

static bool
culvert_fec_decoder_is_behind (const CulvertFecDecoder *decoder,
                               uint32_t base)
{
  return decoder->newest - base > CULVERT_FEC_MAX_BEHIND * (decoder->ds + decoder->ps);
}

static void
culvert_fec_decoder_advance (CulvertFecDecoder *decoder,
                             uint32_t base)
{
  decoder->newest = base;
  decoder->has_newest = true;
  for (unsigned i = 0; i < CULVERT_FEC_GROUPS; i++)
    {
      CulvertFecGroup *group = &decoder->groups[i];

      if (group->is_used && culvert_fec_decoder_is_behind (decoder, group->base))
        {
          culvert_fec_decoder_empty_group (decoder, group);
          group->is_used = false;
        }
    }
}

/* The group that begins at base, made if need be; NULL when it is too old. */
static CulvertFecGroup *
culvert_fec_decoder_find_group (CulvertFecDecoder *decoder,
                                uint32_t base)
{
  unsigned vacant = CULVERT_FEC_GROUPS;

  if (!decoder->has_newest || culvert_diff32 (base, decoder->newest) > 0)
    culvert_fec_decoder_advance (decoder, base);
  else if (culvert_fec_decoder_is_behind (decoder, base))
    return NULL;

  for (unsigned i = 0; i < CULVERT_FEC_GROUPS; i++)
    if (!decoder->groups[i].is_used)
      vacant = i;
    else if (decoder->groups[i].base == base)
      {
        decoder->current = i;
        return &decoder->groups[i];
      }

  g_assert (vacant < CULVERT_FEC_GROUPS);
  decoder->current = vacant;
  decoder->groups[vacant] = (CulvertFecGroup) { .is_used = true, .base = base };
  return &decoder->groups[vacant];
}

/* Keeps a copy; false when there is no room for it. */
static bool
culvert_fec_decoder_store (CulvertFecDecoder *decoder,
                           CulvertFecGroup *group,
                           const uint8_t *data,
                           size_t len)
{
  CulvertPacket *packet = culvert_packet_new (decoder->packets);

  if (!packet)
    return false;
  packet->offset = CULVERT_FEC_BODY_OFFSET - CULVERT_FEC_SHARD_START;
  memcpy (culvert_packet_append (packet, len), data, len);
  packet->next = group->shards;
  group->shards = packet;
  group->n_stored++;
  return true;
}

/* A group with exactly ds shards laid out for the multiplication. */
typedef struct
{
  size_t len;          /* of the longest shard */
  size_t span;         /* bytes to compute, at least CULVERT_GF256_MIN_LEN */
  unsigned n_present;
  unsigned n_missing;
  uint8_t present[CULVERT_FEC_MAX_SHARDS]; /* positions, of shards[] */
  uint8_t missing[CULVERT_FEC_MAX_SHARDS]; /* positions of missing data, ascending */
  uint8_t *shards[CULVERT_FEC_MAX_SHARDS];
} CulvertFecPlan;

static void
culvert_fec_decoder_plan (CulvertFecDecoder *decoder,
                          CulvertFecGroup *group,
                          CulvertFecPlan *out_plan)
{
  bool has[CULVERT_FEC_MAX_SHARDS] = { false };
  size_t longest = 0;

  out_plan->n_present = 0;
  out_plan->n_missing = 0;
  for (CulvertPacket *packet = group->shards; packet; packet = packet->next)
    longest = MAX (longest, packet->len - (size_t) CULVERT_FEC_SHARD_START);
  out_plan->len = longest;
  out_plan->span = MAX (longest, CULVERT_GF256_MIN_LEN);
  for (CulvertPacket *packet = group->shards; packet; packet = packet->next)
    {
      unsigned position = culvert_load_u32 (culvert_packet_data (packet)) - group->base;
      uint8_t *shard = culvert_packet_data (packet) + CULVERT_FEC_SHARD_START;
      size_t len = packet->len - CULVERT_FEC_SHARD_START;

      memset (shard + len, 0, out_plan->span - len);
      has[position] = true;
      out_plan->present[out_plan->n_present] = position;
      out_plan->shards[out_plan->n_present++] = shard;
    }
  for (unsigned position = 0; position < decoder->ds; position++)
    if (!has[position])
      out_plan->missing[out_plan->n_missing++] = position;
}

/* Rebuilds n_rows missing shards, from the first on, into out. */
static void
culvert_fec_plan_run (CulvertFecPlan *plan,
                      unsigned first,
                      unsigned n_rows,
                      uint8_t **out)
{
  const CulvertGf256 *gf = culvert_gf256 ();
  uint8_t rows[CULVERT_FEC_ROWS * CULVERT_FEC_MAX_SHARDS];
  uint8_t tables[sizeof rows * CULVERT_GF256_TABLE_MAX];

  g_assert (n_rows <= CULVERT_FEC_ROWS && gf->table_size <= CULVERT_GF256_TABLE_MAX);
  culvert_fec_matrix_rows (plan->n_present, plan->present, n_rows, plan->missing + first, rows);
  gf->init_tables (plan->n_present, n_rows, rows, tables);
  gf->encode (plan->span, plan->n_present, n_rows, tables, plan->shards, out);
}

/* Reduces a rebuilt shard to its KCP packet; false when it cannot be one. */
static bool
culvert_fec_shard_open (CulvertPacket *packet)
{
  uint16_t size = culvert_load_u16 (culvert_packet_data (packet));

  if (size < sizeof size || size > packet->len)
    return false;
  packet->offset += sizeof size;
  packet->len = size - sizeof size;
  return true;
}

/* Rebuilds the missing data of a group with ds shards. Returns how many packets came of it. */
static int
culvert_fec_decoder_recover (CulvertFecDecoder *decoder,
                             CulvertFecGroup *group)
{
  CulvertFecPlan plan;
  CulvertPacket **end = &decoder->recovered;
  int n_recovered = 0;

  culvert_fec_decoder_plan (decoder, group, &plan);
  for (unsigned first = 0; first < plan.n_missing; first += CULVERT_FEC_ROWS)
    {
      CulvertPacket *packets[CULVERT_FEC_ROWS];
      uint8_t *out[CULVERT_FEC_ROWS];
      unsigned n_rows;

      for (n_rows = 0; n_rows < MIN (plan.n_missing - first, CULVERT_FEC_ROWS); n_rows++)
        {
          packets[n_rows] = culvert_packet_new (decoder->packets);
          if (!packets[n_rows])
            break;
          packets[n_rows]->offset = CULVERT_FEC_BODY_OFFSET;
          out[n_rows] = culvert_packet_append (packets[n_rows], plan.len);
        }
      if (n_rows > 0)
        culvert_fec_plan_run (&plan, first, n_rows, out);
      for (unsigned i = 0; i < n_rows; i++)
        if (culvert_fec_shard_open (packets[i]))
          {
            *end = packets[i];
            end = &packets[i]->next;
            n_recovered++;
          }
        else
          {
            culvert_counter_add (&decoder->counters->fec_errs, 1);
            culvert_pool_put (decoder->packets, packets[i]);
          }
    }
  culvert_counter_add (&decoder->counters->fec_recovered, n_recovered);
  return n_recovered;
}

/* Takes a shard into its group. Returns how many packets were rebuilt. */
static int
culvert_fec_decoder_insert (CulvertFecDecoder *decoder,
                            CulvertFecGroup *group,
                            const uint8_t *data,
                            size_t len)
{
  unsigned position = culvert_load_u32 (data) - group->base;
  bool is_data = position < decoder->ds;
  uint64_t bit = (uint64_t) 1 << position % 64;
  int n_recovered = 0;

  if (group->seen[position / 64] & bit)
    return 0;
  group->seen[position / 64] |= bit;
  if (!is_data)
    culvert_counter_add (&decoder->counters->fec_parity_shards, 1);
  if (group->is_done)
    return 0;

  group->n_data += is_data;
  if (group->n_data < decoder->ds)
    {
      /* Without a slot the whole group is given up, so that the next ones find some. */
      bool is_stored = culvert_fec_decoder_store (decoder, group, data, len);

      if (is_stored && group->n_stored < decoder->ds)
        return 0;
      if (is_stored)
        n_recovered = culvert_fec_decoder_recover (decoder, group);
    }
  else
    culvert_counter_add (&decoder->counters->fec_full_shards, 1);
  culvert_fec_decoder_empty_group (decoder, group);
  group->is_done = true;
  return n_recovered;
}

int
culvert_fec_decoder_input (CulvertFecDecoder *decoder,
                           const uint8_t *data,
                           size_t len,
                           CulvertTime now)
{
  unsigned n = decoder->ds + decoder->ps;
  CulvertFecGroup *group = &decoder->groups[decoder->current];
  uint32_t seqid;
  uint32_t position;
  bool is_data;

  culvert_fec_decoder_drop_packets (decoder, &decoder->recovered);
  if (len < CULVERT_FEC_HEADER || len > CULVERT_PACKET_MAX)
    return CULVERT_E_DISCARD;
  seqid = culvert_load_u32 (data);
  is_data = culvert_load_u16 (data + 4) == CULVERT_FEC_TYPE_DATA;
  if (!is_data && culvert_load_u16 (data + 4) != CULVERT_FEC_TYPE_PARITY)
    return CULVERT_E_DISCARD;

  culvert_fec_decoder_sample (decoder, is_data, seqid);
  if (seqid >= decoder->paws)
    return 0;
  /* Mostly the group of the packet before, which saves the division. */
  position = seqid - group->base;
  if (!group->is_used || position >= n)
    {
      group = NULL;
      position = seqid % n;
    }
  decoder->is_retuning |= (position < decoder->ds) != is_data;
  if (G_UNLIKELY (decoder->is_retuning))
    {
      culvert_fec_decoder_retune (decoder);
      return 0;
    }
  if (!group)
    group = culvert_fec_decoder_find_group (decoder, seqid - position);
  return group ? culvert_fec_decoder_insert (decoder, group, data, len) : 0;
}

const uint8_t *
culvert_fec_decoder_recovered (CulvertFecDecoder *decoder,
                               unsigned i,
                               size_t *out_len)
{
  CulvertPacket *packet = decoder->recovered;

  for (; packet && i > 0; i--)
    packet = packet->next;
  g_assert (packet);
  *out_len = packet->len;
  return culvert_packet_data (packet);
}

void
culvert_fec_decoder_get_state (const CulvertFecDecoder *decoder,
                               CulvertFecDecoderState *out_state)
{
  unsigned n = decoder->ds + decoder->ps;

  *out_state = (CulvertFecDecoderState) {
    .ds = decoder->ds,
    .ps = decoder->ps,
    .retune_pending = decoder->is_retuning,
    .newest_group = decoder->has_newest ? decoder->newest / n : 0,
  };
  for (unsigned i = 0; i < CULVERT_FEC_GROUPS; i++)
    out_state->groups += decoder->groups[i].is_used;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Sending side of FEC, WIRE.md 4.1 to 4.4.
 *
 * Each data packet is multiplied at once into ps parity bodies, which grow in place inside packets
 * of the caller's pool, with at least 24 bytes of headroom in front of their header, as data
 * packets have. The packets are taken at the first data packet of a group and given up if the 500
 * ms rule denies the group its parity, so a session between two groups holds none. Bytes behind the
 * end of a short shard are zeros to the code and need no work; a longer shard first extends the
 * bodies by zeros. Bodies are at least CULVERT_GF256_MIN_LEN bytes in memory, whatever their
 * length. Owner: one session. The tables of a CulvertFecCode are constant, shared by threads. */
#include "config.h"

#include "culvert-fec-matrix.h"
#include "culvert-fec-private.h"
#include "culvert-gf256.h"
#include "culvert-wire.h"

#include <stdatomic.h>

struct _CulvertFecCode
{
  _Atomic uint32_t refs;
  uint16_t ds;
  uint16_t ps;
  const CulvertGf256 *gf;
  const uint8_t *first_tables; /* for ps rows of the first coefficient alone */
  uint8_t tables[];            /* for ps rows of ds coefficients, then the former */
};

struct _CulvertFecEncoder
{
  CulvertFecCode *code;
  CulvertPool *packets;
  CulvertTime last;       /* of the last data packet; CULVERT_TIME_NEVER: none yet */
  uint32_t next_seqid;
  uint32_t paws;
  uint16_t count;         /* data packets in the open group */
  bool has_parity;        /* parity of the open group is being built in running */
  uint16_t wanted;        /* parity packets of a group */
  uint16_t n_parity;      /* the same for the open group, valid while has_parity */
  uint16_t lift_wait;     /* packets until the lift after a change to longer groups; 0: none due */
  uint16_t lift_n;        /* packets of a group before that change */
  CulvertPacket *ready;   /* parity to be fetched, linked by next */
  CulvertPacket **running;/* n_parity packets, valid while has_parity */
};

/* The window of kcptun's detector; a change of code starts at a multiple of it. */
#define CULVERT_FEC_ALIGNMENT CULVERT_FEC_SAMPLES
#define CULVERT_FEC_LIFT_WAIT (2 * CULVERT_FEC_SAMPLES)

CulvertFecCode *
culvert_fec_code_new (unsigned ds,
                      unsigned ps)
{
  const CulvertGf256 *gf = culvert_gf256 ();
  g_autofree uint8_t *rows = NULL;
  uint8_t first[CULVERT_FEC_MAX_SHARDS];
  uint8_t *first_tables;
  CulvertFecCode *code;

  if (ds < 1 || ps < 1 || ds > CULVERT_FEC_MAX_SHARDS || ps > CULVERT_FEC_MAX_SHARDS - ds)
    return NULL;
  rows = g_malloc ((size_t) ds * ps);
  if (culvert_fec_matrix_parity (ds, ps, rows) != CULVERT_OK)
    return NULL;
  for (unsigned j = 0; j < ps; j++)
    first[j] = rows[j * ds];
  code = g_malloc (sizeof *code + (size_t) (ds + 1) * ps * gf->table_size);
  atomic_init (&code->refs, 1);
  code->ds = ds;
  code->ps = ps;
  code->gf = gf;
  gf->init_tables (ds, ps, rows, code->tables);
  first_tables = code->tables + (size_t) ds * ps * gf->table_size;
  gf->init_tables (1, ps, first, first_tables);
  code->first_tables = first_tables;
  return code;
}

CulvertFecCode *
culvert_fec_code_ref (CulvertFecCode *code)
{
  uint32_t refs = atomic_fetch_add_explicit (&code->refs, 1, memory_order_relaxed);

  g_assert (refs > 0);
  return code;
}

void
culvert_fec_code_unref (CulvertFecCode *code)
{
  if (!code || atomic_fetch_sub_explicit (&code->refs, 1, memory_order_acq_rel) != 1)
    return;
  g_free (code);
}

unsigned
culvert_fec_code_ds (const CulvertFecCode *code)
{
  return code->ds;
}

unsigned
culvert_fec_code_ps (const CulvertFecCode *code)
{
  return code->ps;
}

/* Packets of a group. */
static unsigned
culvert_fec_code_n (const CulvertFecCode *code)
{
  return code->ds + code->ps;
}

CulvertFecEncoder *
culvert_fec_encoder_new (CulvertFecCode *code,
                         CulvertPool *packets)
{
  CulvertFecEncoder *encoder = g_new0 (CulvertFecEncoder, 1);

  encoder->code = culvert_fec_code_ref (code);
  encoder->packets = packets;
  encoder->last = CULVERT_TIME_NEVER;
  encoder->paws = culvert_fec_paws (culvert_fec_code_n (code));
  encoder->running = g_new (CulvertPacket *, code->ps);
  encoder->wanted = code->ps;
  return encoder;
}

static void
culvert_fec_encoder_drop_ready (CulvertFecEncoder *encoder)
{
  CulvertPacket *packet;

  while ((packet = culvert_fec_encoder_next_parity (encoder)))
    culvert_pool_put (encoder->packets, packet);
}

void
culvert_fec_encoder_trim (CulvertFecEncoder *encoder)
{
  if (!encoder->has_parity)
    return;
  for (unsigned j = 0; j < encoder->n_parity; j++)
    culvert_pool_put (encoder->packets, encoder->running[j]);
  encoder->has_parity = false;
}

void
culvert_fec_encoder_free (CulvertFecEncoder *encoder)
{
  if (!encoder)
    return;
  culvert_fec_encoder_drop_ready (encoder);
  culvert_fec_encoder_trim (encoder);
  culvert_fec_code_unref (encoder->code);
  g_free (encoder->running);
  g_free (encoder);
}

uint32_t
culvert_fec_encoder_next_seqid (const CulvertFecEncoder *encoder)
{
  return encoder->next_seqid;
}

void
culvert_fec_encoder_set_next_seqid (CulvertFecEncoder *encoder,
                                    uint32_t seqid)
{
  g_assert (encoder->count == 0 && seqid < encoder->paws);
  g_assert (seqid % culvert_fec_code_n (encoder->code) == 0);
  encoder->next_seqid = seqid;
}

static uint32_t
culvert_fec_encoder_take_seqid (CulvertFecEncoder *encoder)
{
  uint32_t seqid = encoder->next_seqid;

  encoder->next_seqid = seqid + 1 == encoder->paws ? 0 : seqid + 1;
  return seqid;
}

/* Moves the ids of the next group forward to the first multiple of step that is not below from;
 * behind the last usable id this is 0. */
static void
culvert_fec_encoder_jump (CulvertFecEncoder *encoder,
                          uint64_t from,
                          unsigned step)
{
  uint64_t seqid = (from + step - 1) / step * step;

  encoder->next_seqid = seqid < encoder->paws ? seqid : 0;
}

/* Wire: how a change of code is told to receivers that detect it from the ids (WIRE.md 4.6).
 *
 * The first group starts at a multiple of both the new n and 258, at least one old group further
 * on. Forward, because all receivers drop what looks old. The gap keeps the last old and the first
 * new packets from forming a run of false length. The multiple of 258, because the 20210922 release
 * keeps sample i at place i mod 258 and looks at the lowest places first, so that the new groups
 * are seen at once; the latest release and Culvert go by order of ids.
 *
 * The latest release keeps its newest group as a number counted in old groups, which moves along
 * with the new ids as long as old samples are in its window; after a change to longer groups it
 * would then drop everything until the ids have grown by the factor new n / old n. So they are
 * lifted by this factor once, when it had its 258 packets even if it lost half of them. The lift
 * skips whole groups, which is a mere gap to a receiver already tuned. */
void
culvert_fec_encoder_set_code (CulvertFecEncoder *encoder,
                              CulvertFecCode *code)
{
  unsigned old_n = culvert_fec_code_n (encoder->code);
  unsigned n = culvert_fec_code_n (code);
  bool is_fresh = encoder->next_seqid == 0 && encoder->last == CULVERT_TIME_NEVER;

  if (code->ds == encoder->code->ds && code->ps == encoder->code->ps)
    return;
  culvert_fec_encoder_trim (encoder);
  culvert_fec_code_ref (code);
  culvert_fec_code_unref (encoder->code);
  encoder->code = code;
  encoder->running = g_renew (CulvertPacket *, encoder->running, code->ps);
  encoder->wanted = code->ps;
  encoder->count = 0;
  encoder->paws = culvert_fec_paws (n);
  if (is_fresh)
    return;
  culvert_fec_encoder_jump (encoder, (uint64_t) encoder->next_seqid + old_n,
                            n * CULVERT_FEC_ALIGNMENT);
  encoder->lift_wait = n > old_n ? CULVERT_FEC_LIFT_WAIT : 0;
  encoder->lift_n = old_n;
}

/* Called at the end of a group while a lift is due. */
static void
culvert_fec_encoder_lift (CulvertFecEncoder *encoder)
{
  unsigned n = culvert_fec_code_n (encoder->code);
  uint64_t mark;

  if (encoder->lift_wait > n)
    {
      encoder->lift_wait -= n;
      return;
    }
  encoder->lift_wait = 0;
  mark = ((uint64_t) encoder->next_seqid / encoder->lift_n + 1) * n;
  /* Compared modulo 2^32, a mark that is farther ahead than half of it is already behind. */
  if ((uint32_t) (mark - encoder->next_seqid) < INT32_MAX)
    culvert_fec_encoder_jump (encoder, mark & UINT32_MAX, n);
}

void
culvert_fec_encoder_set_parity (CulvertFecEncoder *encoder,
                                unsigned n)
{
  encoder->wanted = MIN (n, encoder->code->ps);
}

unsigned
culvert_fec_encoder_n_open (const CulvertFecEncoder *encoder)
{
  return encoder->count;
}

static void
culvert_fec_encoder_write_header (CulvertFecEncoder *encoder,
                                  uint8_t *header,
                                  uint16_t type)
{
  culvert_store_u32 (header, culvert_fec_encoder_take_seqid (encoder));
  culvert_store_u16 (header + 4, type);
}

/* Takes the packets for the parity of a new group, or none at all. */
static void
culvert_fec_encoder_open_group (CulvertFecEncoder *encoder)
{
  unsigned j;

  encoder->n_parity = encoder->wanted;
  for (j = 0; j < encoder->n_parity; j++)
    {
      CulvertPacket *packet = culvert_packet_new (encoder->packets);

      if (!packet)
        break;
      packet->offset = CULVERT_FEC_BODY_OFFSET;
      encoder->running[j] = packet;
    }
  encoder->has_parity = j > 0 && j == encoder->n_parity;
  while (!encoder->has_parity && j > 0)
    culvert_pool_put (encoder->packets, encoder->running[--j]);
}

/* Room for the bodies to grow to len; false when they cannot. */
static bool
culvert_fec_encoder_grow (CulvertFecEncoder *encoder,
                          size_t len)
{
  size_t longest = encoder->running[0]->len; /* they are all as long as the longest shard */
  size_t more = len > longest ? len - longest : 0;

  /* Only a packet with less headroom than culvert_packet_new gives can be so long. */
  if (more > culvert_packet_tailroom (encoder->running[0]))
    return false;
  for (unsigned j = 0; j < encoder->n_parity && more > 0; j++)
    {
      uint8_t *end = culvert_packet_append (encoder->running[j], more);

      if (encoder->count > 0)
        memset (end, 0, more);
    }
  return true;
}

/* Multiplies a shard into the bodies; the first one of a group sets them. */
static void
culvert_fec_encoder_multiply (CulvertFecEncoder *encoder,
                              uint8_t *shard,
                              size_t len)
{
  const CulvertFecCode *code = encoder->code;
  uint8_t *bodies[CULVERT_FEC_MAX_SHARDS];
  uint8_t padded[CULVERT_GF256_MIN_LEN];

  if (!culvert_fec_encoder_grow (encoder, len))
    {
      culvert_fec_encoder_trim (encoder);
      return;
    }
  for (unsigned j = 0; j < encoder->n_parity; j++)
    bodies[j] = culvert_packet_data (encoder->running[j]);
  if (len < sizeof padded)
    {
      memset (padded, 0, sizeof padded);
      shard = memcpy (padded, shard, len);
      len = sizeof padded;
    }
  if (encoder->count == 0)
    code->gf->encode (len, 1, encoder->n_parity, code->first_tables, &shard, bodies);
  else
    code->gf->update (len, code->ds, encoder->n_parity, encoder->count, code->tables, shard,
                      bodies);
}

/* Ends the open group: its parity becomes ready, or its ids are skipped. */
static void
culvert_fec_encoder_close_group (CulvertFecEncoder *encoder,
                                 bool is_continuous)
{
  CulvertPacket **end = &encoder->ready;

  if (!is_continuous)
    culvert_fec_encoder_trim (encoder);
  for (unsigned j = 0; j < encoder->code->ps; j++)
    {
      CulvertPacket *packet;

      if (!encoder->has_parity || j >= encoder->n_parity)
        {
          (void) culvert_fec_encoder_take_seqid (encoder);
          continue;
        }
      packet = encoder->running[j];
      culvert_fec_encoder_write_header (encoder,
                                        culvert_packet_prepend (packet, CULVERT_FEC_SHARD_START),
                                        CULVERT_FEC_TYPE_PARITY);
      packet->next = NULL;
      *end = packet;
      end = &packet->next;
    }
  encoder->has_parity = false;
  encoder->count = 0;
  if (encoder->lift_wait > 0)
    culvert_fec_encoder_lift (encoder);
}

void
culvert_fec_encoder_add (CulvertFecEncoder *encoder,
                         CulvertPacket *packet,
                         CulvertTime now)
{
  bool is_continuous = encoder->last != CULVERT_TIME_NEVER
                       && now - encoder->last < CULVERT_FEC_CONTINUITY;
  bool is_last = encoder->count + 1u == encoder->code->ds;
  size_t payload_len = packet->len;
  uint8_t *header = culvert_packet_prepend (packet, CULVERT_FEC_HEADER);

  culvert_fec_encoder_drop_ready (encoder);
  culvert_fec_encoder_write_header (encoder, header, CULVERT_FEC_TYPE_DATA);
  culvert_store_u16 (header + CULVERT_FEC_SHARD_START, payload_len + 2);
  encoder->last = now;

  if (encoder->count == 0 && (is_continuous || !is_last))
    culvert_fec_encoder_open_group (encoder);
  if (encoder->has_parity && (is_continuous || !is_last))
    culvert_fec_encoder_multiply (encoder, header + CULVERT_FEC_SHARD_START, payload_len + 2);
  encoder->count++;
  if (is_last)
    culvert_fec_encoder_close_group (encoder, is_continuous);
}

CulvertPacket *
culvert_fec_encoder_next_parity (CulvertFecEncoder *encoder)
{
  CulvertPacket *packet = encoder->ready;

  if (packet)
    {
      encoder->ready = packet->next;
      packet->next = NULL;
    }
  return packet;
}

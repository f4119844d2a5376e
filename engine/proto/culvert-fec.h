/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Forward error correction of both directions, WIRE.md section 4.
 *
 * Pure; the wall clock of the 500 ms rule is replaced by the monotonic time that comes in. The
 * encoder keeps running parity (each data shard is multiplied into the parity buffers at once, no
 * shard cache, no burst of arithmetic at the end of a group). The decoder keeps copies of shards of
 * incomplete groups only, at most 3 groups behind the newest. */
#pragma once

#include "culvert-base.h"
#include "culvert-counters.h"
#include "culvert-packet.h"
#include "culvert-pool.h"

#define CULVERT_FEC_HEADER 8
#define CULVERT_FEC_TYPE_DATA 0x00f1
#define CULVERT_FEC_TYPE_PARITY 0x00f2
#define CULVERT_FEC_TYPE_OOB 0x00f3
#define CULVERT_FEC_MAX_SHARDS 256      /* configured ds + ps */
#define CULVERT_FEC_CONTINUITY (500 * CULVERT_MSEC)

/* Kind of an unprotected body, told by the u16 at offset 4 (WIRE.md 4.1). */
static inline bool
culvert_fec_is_type (uint16_t type)
{
  return type >= CULVERT_FEC_TYPE_DATA && type <= CULVERT_FEC_TYPE_OOB;
}

/* -- matrix: culvert-fec-matrix.h, arithmetic: culvert-gf256.h ------------------- */

/* -- encoder ------------------------------------------------------------------ */

typedef struct _CulvertFecEncoder CulvertFecEncoder;

/* ds >= 1, ps >= 1, ds + ps <= 256. packets: pool of CULVERT_PACKET_SLOT slots that parity is
 * built in. The matrix tables are shared between sessions with equal shards on one worker through
 * a CulvertFecCode. */
typedef struct _CulvertFecCode CulvertFecCode;

/* Immutable tables of one (ds, ps) pair; reference counted atomically, so that all sessions of
 * a tunnel share one. NULL when out of range. */
CulvertFecCode *culvert_fec_code_new (unsigned ds, unsigned ps);
CulvertFecCode *culvert_fec_code_ref (CulvertFecCode *code);
void culvert_fec_code_unref (CulvertFecCode *code);
unsigned culvert_fec_code_ds (const CulvertFecCode *code);
unsigned culvert_fec_code_ps (const CulvertFecCode *code);

CulvertFecEncoder *culvert_fec_encoder_new (CulvertFecCode *code, CulvertPool *packets);
void culvert_fec_encoder_free (CulvertFecEncoder *encoder);

/* Adopts another pair from the next group on; what is open is closed without parity and
 * its ids are handled so that the new group starts on a group boundary of the new pair. */
void culvert_fec_encoder_set_code (CulvertFecEncoder *encoder, CulvertFecCode *code);

/* How many parity packets of a group are sent from the next group on, at most ps: the ids of the
 * others are skipped, which receivers take as losses and need not detect. At first ps. */
void culvert_fec_encoder_set_parity (CulvertFecEncoder *encoder, unsigned n);

/* Data packets of the open group; 0: the next one begins a group. */
unsigned culvert_fec_encoder_n_open (const CulvertFecEncoder *encoder);

/* Prepends the FEC header to a KCP packet and multiplies it into the running parity. When
 * it completes a group whose parity is to be sent, culvert_fec_encoder_next_parity gives the
 * parity packets; they must be taken before the next data packet. Lack of memory costs the
 * group its parity (ids are skipped), never the data packet. */
void culvert_fec_encoder_add (CulvertFecEncoder *encoder, CulvertPacket *packet, CulvertTime now);

/* Next parity packet of the group just completed, FEC header in place (transfer full: to
 * the caller); NULL when there is none. */
CulvertPacket *culvert_fec_encoder_next_parity (CulvertFecEncoder *encoder);

/* Drops the running parity of an open group to save memory; its parity is then skipped. */
void culvert_fec_encoder_trim (CulvertFecEncoder *encoder);

/* Sequence id of the next packet (tests set it to cross the wrap). */
uint32_t culvert_fec_encoder_next_seqid (const CulvertFecEncoder *encoder);
void culvert_fec_encoder_set_next_seqid (CulvertFecEncoder *encoder, uint32_t seqid);

/* -- decoder ------------------------------------------------------------------ */

typedef struct _CulvertFecDecoder CulvertFecDecoder;

/* ds, ps: first assumption, trusted until a packet contradicts it; 0, 0 when FEC is off locally:
 * nothing is recovered before the sender's shards are detected. packets: pool for retained shards.
 * counters: fec_full_shards, fec_parity_shards, fec_errs, fec_recovered are counted here. */
CulvertFecDecoder *culvert_fec_decoder_new (unsigned ds,
                                            unsigned ps,
                                            CulvertPool *packets,
                                            CulvertCounters *counters);
void culvert_fec_decoder_free (CulvertFecDecoder *decoder);

/* Takes one data or parity packet from its FEC header on; a data packet's payload was already given
 * to KCP by the caller. data is borrowed. Returns the number of KCP packets reconstructed by it, to
 * be fetched with culvert_fec_decoder_recovered in ascending position, or CULVERT_E_DISCARD for a
 * packet too short or of another type. */
int culvert_fec_decoder_input (CulvertFecDecoder *decoder,
                               const uint8_t *data,
                               size_t len,
                               CulvertTime now) CULVERT_WARN_UNUSED;

/* Recovered KCP packet number i of the last input; valid until the next input. */
const uint8_t *culvert_fec_decoder_recovered (CulvertFecDecoder *decoder,
                                              unsigned i,
                                              size_t *out_len);

typedef struct
{
  unsigned ds, ps;
  bool retune_pending;
  uint32_t groups;       /* groups that hold at least one shard or an entry, as in WIRE.md 4.5 */
  uint32_t newest_group;
} CulvertFecDecoderState;

void culvert_fec_decoder_get_state (const CulvertFecDecoder *decoder,
                                    CulvertFecDecoderState *out_state);

/* Drops retained shards (idle session). */
void culvert_fec_decoder_trim (CulvertFecDecoder *decoder);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The end of a burst.
 *
 * What stands in a group without parity is lost for more than a round trip when it is lost, and
 * when a download ends or waits for the window of its stream that is up to a whole group. So a
 * group that filled quickly and then stands open is filled up with packets that repeat una and the
 * window, 24 bytes each, and its parity follows. This is done within a budget that grows with what
 * is sent, so that a trickle, for which sending small segments twice is better, costs little. */
#include "config.h"

#include "culvert-session-private.h"

#define PAD_WAIT_MIN (3 * CULVERT_MSEC)
#define PAD_WAIT_PART 16   /* of the round trip */
#define PAD_LEAST_PART 4   /* of a group must be there */
#define PAD_BUDGET_PART 3  /* of the bytes sent */
#define PAD_BUDGET_MAX (64 * 1024)
#define PAD_GAP_WEIGHT 16
#define PAD_BYTES 80       /* of a packet that fills up, on the path */

static CulvertTime
culvert_session_pad_wait (const CulvertSession *session)
{
  return MAX (PAD_WAIT_MIN, culvert_kcp_srtt_us (session->kcp) / PAD_WAIT_PART);
}

/* Bytes that filling the group up would cost. */
static int32_t
culvert_session_pad_cost (const CulvertSession *session, unsigned n_open)
{
  const CulvertFecControl *fec = &session->fec;

  return (int32_t) ((fec->ds - n_open) * PAD_BYTES
                    + fec->k * (culvert_kcp_mss (session->kcp) + PAD_BYTES));
}

void
culvert_session_pad_note_packet (CulvertSession *session, size_t len, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;

  CulvertTime wait = culvert_session_pad_wait (session);

  fec->gap += (MIN (now - fec->packet_at, wait) - fec->gap) / PAD_GAP_WEIGHT;
  if (now - fec->packet_at >= wait)
    {
      fec->burst_began_at = now;
      fec->n_burst = 0;
    }
  fec->n_burst++;
  fec->packet_at = now;
  fec->pad_budget = MIN (fec->pad_budget + (int32_t) len / PAD_BUDGET_PART, PAD_BUDGET_MAX);
}

CulvertTime
culvert_session_pad_deadline (const CulvertSession *session)
{
  const CulvertFecControl *fec = &session->fec;
  CulvertTime wait;
  unsigned n_open;

  if (!fec->is_adaptive || fec->k == 0)
    return CULVERT_TIME_NEVER;
  n_open = culvert_fec_encoder_n_open (session->encoder);
  if (n_open == 0)
    return CULVERT_TIME_NEVER;
  if (fec->is_padding)
    return 0;
  wait = culvert_session_pad_wait (session);
  if (MIN (n_open, fec->n_burst) * PAD_LEAST_PART < fec->ds
      || !culvert_kcp_is_drained (session->kcp)
      || culvert_session_pad_cost (session, n_open) > fec->pad_budget
      || fec->packet_at - MAX (session->group_began_at, fec->burst_began_at)
           > culvert_kcp_srtt_us (session->kcp))
    return CULVERT_TIME_NEVER;
  return fec->packet_at + wait;
}

void
culvert_session_pad (CulvertSession *session, CulvertTxBatch *batch, CulvertTime now)
{
  CulvertFecControl *fec = &session->fec;

  if (culvert_session_pad_deadline (session) > now)
    return;
  if (!fec->is_padding)
    fec->pad_budget -= culvert_session_pad_cost (session,
                                                 culvert_fec_encoder_n_open (session->encoder));
  fec->is_padding = true;
  while (fec->is_padding && culvert_tx_batch_room (batch) > 0)
    {
      CulvertPacket *packet = culvert_packet_new (session->resources->packets);

      if (packet == NULL)
        {
          culvert_counter_add (&session->counters->pool_exhausted, 1);
          fec->is_padding = false;
          fec->pad_budget = 0;
          return;
        }
      packet->len = culvert_kcp_pad (session->kcp, culvert_packet_data (packet));
      culvert_fec_encoder_add (session->encoder, packet, now);
      culvert_counter_add (&session->counters->fec_bytes, packet->len);
      culvert_tx_batch_add (batch, packet);
      fec->is_padding = culvert_fec_encoder_n_open (session->encoder) > 0;
    }
  if (!fec->is_padding)
    culvert_session_fec_end_group (session, now);
}

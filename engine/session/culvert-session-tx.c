/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Outbound order of the layers: smux frame, compression, KCP, FEC, cipher. */

#include "config.h"

#include "culvert-session-private.h"
#include "culvert-smux-frame.h"

/* A place in the spans lent by KCP. */
typedef struct
{
  struct iovec *span;
  size_t offset;
} CulvertSpanCursor;

/* Room left in the span under the cursor, which moves past full spans. */
static size_t
culvert_span_cursor_room (CulvertSpanCursor *cursor)
{
  while (cursor->offset == cursor->span->iov_len)
    {
      cursor->span++;
      cursor->offset = 0;
    }
  return cursor->span->iov_len - cursor->offset;
}

static void
culvert_span_cursor_write (CulvertSpanCursor *cursor, const uint8_t *data, size_t len)
{
  while (len > 0)
    {
      size_t n = MIN (len, culvert_span_cursor_room (cursor));

      memcpy ((uint8_t *) cursor->span->iov_base + cursor->offset, data, n);
      cursor->offset += n;
      data += n;
      len -= n;
    }
}

/* Passes len bytes of payload, which the stream's cipher transforms where they lie. */
static void
culvert_session_pass_payload (CulvertSession *session,
                              CulvertStream *stream,
                              CulvertSpanCursor *cursor,
                              size_t len)
{
  while (len > 0)
    {
      size_t n = MIN (len, culvert_span_cursor_room (cursor));

      if (stream->qpp != NULL)
        culvert_qpp_encrypt (&stream->qpp[0], session->qpp,
                             (uint8_t *) cursor->span->iov_base + cursor->offset, n);
      cursor->offset += n;
      len -= n;
    }
}

/* Compresses what lies in tx_plain and queues it; returns the bytes of that. Memory was checked
 * before: failing here would tear the stream of bytes, so it ends the session. */
static size_t
culvert_session_queue_plain (CulvertSession *session, size_t len)
{
  CulvertSessionScratch *scratch = session->scratch;
  size_t n = culvert_comp_write (&session->writer, scratch->tx_plain, len, scratch->tx_chunk);

  if (culvert_kcp_write (session->kcp, scratch->tx_chunk, n) < 0)
    session->error = CULVERT_E_FATAL;
  else
    culvert_counter_add (&session->counters->bytes_sent, n);
  return n;
}

void
culvert_session_send_control (CulvertSession *session)
{
  if (session->is_detecting)
    return;
  while (culvert_smux_has_control (session->smux) && session->error == CULVERT_OK)
    {
      struct iovec spans[2];
      size_t room = 0;
      size_t len;

      if (session->reader != NULL)
        {
          if (culvert_session_is_low (session))
            return;
          len = culvert_smux_next_control (session->smux, session->scratch->tx_plain);
          len = culvert_session_queue_plain (session, len);
          if (session->scratch->tx_plain[1] == CULVERT_SMUX_NOP)
            culvert_kcp_be_patient (session->kcp, len);
          continue;
        }
      culvert_kcp_reserve (session->kcp, CULVERT_SMUX_CONTROL_MAX, spans, G_N_ELEMENTS (spans),
                           &room);
      if (room < CULVERT_SMUX_CONTROL_MAX)
        {
          culvert_kcp_commit (session->kcp, 0);
          return;
        }
      else
        {
          CulvertSpanCursor cursor = { spans, 0 };
          uint8_t frame[CULVERT_SMUX_CONTROL_MAX];

          len = culvert_smux_next_control (session->smux, frame);
          culvert_span_cursor_write (&cursor, frame, len);
          culvert_kcp_commit (session->kcp, len);
          if (frame[1] == CULVERT_SMUX_NOP)
            culvert_kcp_be_patient (session->kcp, len);
          culvert_counter_add (&session->counters->bytes_sent, len);
        }
    }
}

/* Fills the caller's spans with the payload places of what KCP lent: a hole of 8 bytes for the
 * header stands before each framesize bytes. Returns the number of spans. */
static unsigned
culvert_session_carve (CulvertSession *session,
                       const struct iovec *raw,
                       unsigned n_raw,
                       struct iovec *spans,
                       unsigned max,
                       size_t want,
                       size_t *out_len)
{
  size_t hole = CULVERT_SMUX_HEADER;
  size_t frame = session->framesize;
  size_t total = 0;
  unsigned n = 0;

  for (unsigned i = 0; i < n_raw && n < max && total < want; i++)
    {
      uint8_t *base = raw[i].iov_base;
      size_t left = raw[i].iov_len;

      while (left > 0 && n < max && total < want)
        {
          size_t step = MIN (left, hole > 0 ? hole : MIN (frame, want - total));

          if (hole > 0)
            hole -= step;
          else
            {
              spans[n].iov_base = base;
              spans[n++].iov_len = step;
              total += step;
              frame -= step;
              if (frame == 0)
                {
                  frame = session->framesize;
                  hole = CULVERT_SMUX_HEADER;
                }
            }
          base += step;
          left -= step;
        }
    }
  *out_len = total;
  return n;
}

static int
culvert_session_reserve_plain (CulvertSession *session,
                               CulvertStream *stream,
                               size_t want,
                               struct iovec *spans,
                               size_t *out_len)
{
  size_t max = MIN (session->framesize, CULVERT_COMP_MAX_PLAIN - CULVERT_SMUX_HEADER);

  if (culvert_session_is_low (session))
    {
      session->wants_room = true;
      return 0;
    }
  spans[0].iov_base = session->scratch->tx_plain + CULVERT_SMUX_HEADER;
  spans[0].iov_len = MIN (want, max);
  *out_len = spans[0].iov_len;
  session->reserved = stream;
  return 1;
}

int
culvert_session_reserve (CulvertSession *session,
                         CulvertStream *stream,
                         size_t want,
                         struct iovec *spans,
                         unsigned max,
                         size_t *out_len)
{
  int64_t window = culvert_smux_window (session->smux, stream);
  size_t room;
  size_t raw_len;
  unsigned n;

  g_assert (session->reserved == NULL && max > 0 && want > 0);
  *out_len = 0;
  if (session->error != CULVERT_OK)
    return session->error;
  if (window < 0)
    return (int) window;
  if (window == 0)
    {
      stream->session_flags |= CULVERT_STREAM_WANTS_WINDOW;
      return 0;
    }
  culvert_session_send_control (session);
  room = culvert_kcp_send_room (session->kcp);
  if (room == 0 || culvert_smux_has_control (session->smux))
    {
      session->wants_room = true;
      return 0;
    }
  want = MIN (want, (size_t) window);
  if (session->reader != NULL)
    return culvert_session_reserve_plain (session, stream, want, spans, out_len);

  /* The window may be overshot by one frame, so that a small one still carries whole frames. */
  want = MIN (want, MAX (room, session->framesize));
  raw_len = want + ((want - 1) / session->framesize + 1) * CULVERT_SMUX_HEADER;
  session->n_tx_spans = culvert_kcp_reserve (session->kcp, raw_len, session->scratch->tx_spans,
                                             CULVERT_SESSION_MAX_SPANS, &raw_len);
  n = culvert_session_carve (session, session->scratch->tx_spans, session->n_tx_spans, spans, max,
                             want, out_len);
  if (n == 0)
    {
      culvert_kcp_commit (session->kcp, 0);
      session->wants_room = true;
      return 0;
    }
  session->reserved = stream;
  return (int) n;
}

static void
culvert_session_commit_frames (CulvertSession *session, CulvertStream *stream, size_t len)
{
  CulvertSpanCursor cursor = { session->scratch->tx_spans, 0 };
  size_t raw_len = 0;

  while (len > 0)
    {
      size_t frame = MIN (len, session->framesize);
      uint8_t header[CULVERT_SMUX_HEADER];

      culvert_smux_psh_header (session->smux, stream, frame, header);
      culvert_span_cursor_write (&cursor, header, sizeof header);
      culvert_session_pass_payload (session, stream, &cursor, frame);
      raw_len += sizeof header + frame;
      len -= frame;
    }
  culvert_kcp_commit (session->kcp, raw_len);
  culvert_counter_add (&session->counters->bytes_sent, raw_len);
}

void
culvert_session_commit (CulvertSession *session, CulvertStream *stream, size_t len)
{
  g_assert (session->reserved == stream);
  session->reserved = NULL;
  culvert_counter_add (&session->counters->payload_sent, len);
  stream->bytes_out += len;
  if (session->reader == NULL)
    {
      culvert_session_commit_frames (session, stream, len);
      return;
    }
  if (len > 0)
    {
      uint8_t *plain = session->scratch->tx_plain;

      culvert_smux_psh_header (session->smux, stream, len, plain);
      if (stream->qpp != NULL)
        culvert_qpp_encrypt (&stream->qpp[0], session->qpp, plain + CULVERT_SMUX_HEADER, len);
      (void) culvert_session_queue_plain (session, CULVERT_SMUX_HEADER + len);
    }
}

/* Protects the packets that output added, all at once. */
static void
culvert_session_seal (CulvertSession *session, CulvertTxBatch *batch, unsigned first)
{
  uint64_t n_bytes = 0;

  if (batch->n == first)
    return;
  culvert_cipher_seal_batch (session->cipher, batch->packets + first, batch->n - first,
                             session->resources->rng);
  for (unsigned i = first; i < batch->n; i++)
    {
      batch->packets[i]->dest = session->dest;
      n_bytes += batch->packets[i]->len;
    }
  culvert_counter_add (&session->counters->out_pkts, batch->n - first);
  culvert_counter_add (&session->counters->out_bytes, n_bytes);
}

static void
culvert_session_add_parity (CulvertSession *session, CulvertTxBatch *batch)
{
  CulvertPacket *packet;

  while (culvert_tx_batch_room (batch) > 0
         && (packet = culvert_fec_encoder_next_parity (session->encoder)) != NULL)
    {
      culvert_counter_add (&session->counters->fec_bytes, packet->len);
      culvert_tx_batch_add (batch, packet);
    }
}

/* Builds the next KCP packet; NULL when nothing is due or the pool is exhausted. */
static CulvertPacket *
culvert_session_next_packet (CulvertSession *session, CulvertTime now)
{
  CulvertPacket *packet = culvert_packet_new (session->resources->packets);

  if (packet == NULL)
    {
      culvert_counter_add (&session->counters->pool_exhausted, 1);
      return NULL;
    }
  packet->len = culvert_kcp_output (session->kcp, culvert_packet_data (packet), now, NULL, NULL);
  if (packet->len == 0)
    {
      culvert_pool_put (session->resources->packets, packet);
      return NULL;
    }
  return packet;
}

/* A packet above the size of all others. */
static bool
culvert_session_is_probe (const CulvertSession *session, const CulvertPacket *packet)
{
  return packet->len > culvert_kcp_mss (session->kcp) + CULVERT_KCP_OVERHEAD
         && culvert_kcp_size_state (session->kcp) == CULVERT_KCP_SIZE_SENT;
}

/* Whether error correction is for the packet. It is not for one above the size of all others, whose
 * parity would be as large, nor for a copy, nor where parity would come too late. */
static bool
culvert_session_is_coded (const CulvertSession *session, const CulvertPacket *packet)
{
  if (session->encoder == NULL || culvert_session_is_probe (session, packet))
    return false;
  if (!session->fec.is_adaptive)
    return true;
  return !culvert_kcp_sent_copy (session->kcp)
         && (culvert_fec_encoder_n_open (session->encoder) > 0
             || !culvert_session_fec_is_sparse (session));
}

/* Adds what KCP has to say now, with the parity it completes. */
static void
culvert_session_add_due (CulvertSession *session, CulvertTxBatch *batch, CulvertTime now)
{
  CulvertPacket *packet;

  while (culvert_tx_batch_room (batch) > 0
         && (packet = culvert_session_next_packet (session, now)) != NULL)
    {
      if (session->fec.is_adaptive && !culvert_kcp_sent_copy (session->kcp))
        culvert_session_pad_note_packet (session, packet->len, now);
      if (culvert_session_is_coded (session, packet))
        {
          culvert_fec_encoder_add (session->encoder, packet, now);
          culvert_session_fec_note_packet (session, now);
        }
      culvert_tx_batch_add (batch, packet);
      if (session->encoder != NULL)
        culvert_session_add_parity (session, batch);
    }
}

unsigned
culvert_session_output (CulvertSession *session, CulvertTxBatch *batch, CulvertTime now)
{
  unsigned before = batch->n;

  culvert_session_send_control (session);
  if (session->encoder != NULL)
    culvert_session_add_parity (session, batch);
  if (session->fec.is_adaptive)
    culvert_session_fec_turn (session, now);
  if (session->size.full != 0)
    culvert_session_size_turn (session, now);
  if (culvert_kcp_deadline (session->kcp) <= now)
    {
      culvert_kcp_flush (session->kcp, CULVERT_KCP_FLUSH_DUE, now);
      culvert_session_add_due (session, batch, now);
    }
  if (session->fec.is_adaptive)
    {
      culvert_session_pad (session, batch, now);
      culvert_session_add_parity (session, batch);
    }
  culvert_session_seal (session, batch, before);
  return batch->n - before;
}

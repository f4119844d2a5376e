/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Inbound order of the layers: cipher, FEC, KCP, compression, smux frame, stream.
 *
 * Payload is not copied on its way up: the parser finds runs inside KCP's receive segments
 * (or the decompressed chunk), consecutive runs of one stream are gathered into the live run,
 * and its spans are lent to the socket. Only what the socket does not take is copied, into
 * the stream's backlog. */

#include "config.h"

#include "culvert-session-private.h"
#include "culvert-wire.h"

#define CULVERT_BODY_MIN 12 /* WIRE.md 6.3 */
#define CULVERT_BODY_CMD_MIN 81 /* WIRE.md 5.1: PUSH to WINS */
#define CULVERT_BODY_CMD_MAX 84

/* -- datagrams ----------------------------------------------------------------- */

CulvertBodyKind
culvert_session_classify (const uint8_t *body, size_t len, uint32_t *out_conv, uint32_t *out_sn)
{
  uint16_t type;

  if (len < CULVERT_BODY_MIN)
    return CULVERT_BODY_DROP;
  type = culvert_load_u16 (body + 4);
  if (type == CULVERT_FEC_TYPE_DATA && len >= CULVERT_FEC_HEADER + CULVERT_KCP_OVERHEAD)
    {
      *out_conv = culvert_load_u32 (body + 8);
      *out_sn = culvert_load_u32 (body + 20);
      return CULVERT_BODY_KNOWN;
    }
  if (type == CULVERT_FEC_TYPE_OOB)
    {
      *out_conv = culvert_load_u32 (body + 8);
      *out_sn = 0;
      return CULVERT_BODY_KNOWN;
    }
  if (culvert_fec_is_type (type))
    return CULVERT_BODY_UNKNOWN;
  if (len < CULVERT_KCP_OVERHEAD)
    return CULVERT_BODY_DROP;
  *out_conv = culvert_load_u32 (body);
  *out_sn = culvert_load_u32 (body + 12);
  return CULVERT_BODY_KNOWN;
}

bool
culvert_session_is_plausible (const uint8_t *body, size_t len)
{
  uint32_t conv;

  if (len >= CULVERT_FEC_HEADER && culvert_load_u16 (body + 4) == CULVERT_FEC_TYPE_DATA)
    {
      /* SIZE counts itself. */
      if (culvert_load_u16 (body + 6) != len - CULVERT_FEC_HEADER + 2)
        return false;
      body += CULVERT_FEC_HEADER;
      len -= CULVERT_FEC_HEADER;
    }
  if (len < CULVERT_KCP_OVERHEAD)
    return false;
  conv = culvert_load_u32 (body);
  while (len >= CULVERT_KCP_OVERHEAD)
    {
      uint32_t payload = culvert_load_u32 (body + 20);

      if (culvert_load_u32 (body) != conv || body[4] < CULVERT_BODY_CMD_MIN
          || body[4] > CULVERT_BODY_CMD_MAX || payload > len - CULVERT_KCP_OVERHEAD)
        return false;
      body += CULVERT_KCP_OVERHEAD + payload;
      len -= CULVERT_KCP_OVERHEAD + payload;
    }
  return true;
}

/* What the packet just taken in says about the peer. */
static void
culvert_session_note_vitals (CulvertSession *session, CulvertTime now)
{
  CulvertVitals *vitals = &session->vitals;
  unsigned tidings = culvert_kcp_tidings (session->kcp);

  if ((tidings & CULVERT_KCP_TIDINGS_AGREES) == 0)
    {
      vitals->contradicted_at = now;
      vitals->n_contradictions++;
      return;
    }
  vitals->agreed_at = now;
  vitals->n_contradictions = 0;
  if (tidings & CULVERT_KCP_TIDINGS_ANSWERS)
    vitals->answered_at = now;
}

static int
culvert_session_input_kcp (CulvertSession *session,
                           const uint8_t *data,
                           size_t len,
                           bool recovered,
                           CulvertTime now)
{
  int code = culvert_kcp_input (session->kcp, data, len, recovered, now);

  if (code == CULVERT_E_DISCARD)
    culvert_counter_add (&session->counters->kcp_in_errors, 1);
  else if (code == CULVERT_E_NOMEM)
    culvert_counter_add (&session->counters->pool_exhausted, 1);
  if (code != CULVERT_E_DISCARD && !recovered)
    culvert_session_note_vitals (session, now);
  return code;
}

/* The ids of the peer's FEC packets tell whether acknowledgements are missing; without them nobody
 * knows. */
static void
culvert_session_note_order (CulvertSession *session, const uint8_t *body, bool is_fec)
{
  uint32_t id = is_fec ? culvert_load_u32 (body) : session->fec.heard;

  if (id != session->fec.heard + 1)
    culvert_kcp_tear (session->kcp);
  session->fec.heard = id;
}

static void
culvert_session_input_fec (CulvertSession *session,
                           const uint8_t *body,
                           size_t len,
                           CulvertTime now)
{
  int n;

  if (session->decoder == NULL)
    session->decoder = culvert_fec_decoder_new (session->fec_ds, session->fec_ps,
                                                session->resources->packets, session->counters);
  n = culvert_fec_decoder_input (session->decoder, body, len, now);
  for (int i = 0; i < n; i++)
    {
      size_t recovered_len;
      const uint8_t *recovered = culvert_fec_decoder_recovered (session->decoder, i,
                                                                &recovered_len);

      (void) culvert_session_input_kcp (session, recovered, recovered_len, true, now);
    }
}

int
culvert_session_input_body (CulvertSession *session, uint8_t *body, size_t len, CulvertTime now)
{
  int code = CULVERT_OK;
  uint16_t type;

  if (session->error != CULVERT_OK)
    return session->error;
  culvert_counter_add (&session->counters->in_pkts, 1);
  culvert_counter_add (&session->counters->in_bytes, len);
  if (len < CULVERT_BODY_MIN)
    {
      culvert_counter_add (&session->counters->kcp_in_errors, 1);
      return CULVERT_E_DISCARD;
    }
  type = culvert_load_u16 (body + 4);
  if (type == CULVERT_FEC_TYPE_OOB)
    {
      culvert_counter_add (&session->counters->oob_packets, 1);
      return CULVERT_OK;
    }
  if (session->fec.is_adaptive)
    culvert_session_note_order (session, body, culvert_fec_is_type (type));
  if (!culvert_fec_is_type (type))
    code = culvert_session_input_kcp (session, body, len, false, now);
  else
    {
      if (type == CULVERT_FEC_TYPE_DATA)
        code = culvert_session_input_kcp (session, body + CULVERT_FEC_HEADER,
                                          len - CULVERT_FEC_HEADER, false, now);
      culvert_session_input_fec (session, body, len, now);
    }
  if (code != CULVERT_E_DISCARD)
    session->last_heard = now;
  return code == CULVERT_E_NOMEM ? CULVERT_OK : code;
}

int
culvert_session_input (CulvertSession *session, uint8_t *datagram, size_t len, CulvertTime now)
{
  uint8_t *body;
  size_t body_len;
  int code = culvert_cipher_open (session->cipher, datagram, len, &body, &body_len);

  if (code == CULVERT_E_CHECK)
    culvert_counter_add (&session->counters->in_csum_errors, 1);
  if (code < 0)
    return code;
  return culvert_session_input_body (session, body, body_len, now);
}

/* -- the live run ---------------------------------------------------------------- */

static void
culvert_session_count_run (CulvertSession *session, CulvertSmuxRun *run)
{
  culvert_session_prepare_stream (session, run->stream);
  if (run->stream->qpp != NULL)
    culvert_qpp_decrypt (&run->stream->qpp[1], session->qpp, run->data, run->len);
  run->stream->bytes_in += run->len;
  culvert_counter_add (&session->counters->payload_received, run->len);
}

/* Adds a run to the live one; false when the spans are used up. */
static bool
culvert_session_gather (CulvertSession *session, const CulvertSmuxRun *run)
{
  CulvertLiveRun *live = &session->live;

  if (live->stream == NULL)
    {
      live->stream = run->stream;
      live->first.iov_base = run->data;
      live->first.iov_len = run->len;
      live->n_more = 0;
      live->next = 0;
      live->len = run->len;
      return true;
    }
  g_assert (live->n_more < CULVERT_SESSION_MAX_SPANS);
  session->scratch->run_spans[live->n_more].iov_base = run->data;
  session->scratch->run_spans[live->n_more++].iov_len = run->len;
  live->len += run->len;
  return live->n_more < CULVERT_SESSION_MAX_SPANS - 1;
}

/* Drops len bytes from the front of the live run. */
static void
culvert_session_advance_live (CulvertSession *session, size_t len)
{
  CulvertLiveRun *live = &session->live;

  g_assert (len <= live->len);
  live->len -= len;
  while (len > 0 && len >= live->first.iov_len)
    {
      len -= live->first.iov_len;
      if (live->next < live->n_more)
        live->first = session->scratch->run_spans[live->next++];
      else
        live->first.iov_len = 0;
    }
  live->first.iov_base = (uint8_t *) live->first.iov_base + len;
  live->first.iov_len -= len;
  if (live->len == 0)
    live->stream = NULL;
}

/* Moves the live run to its stream's backlog. Codes: CULVERT_E_NOMEM (all, or the rest, stays
 * live). */
static int
culvert_session_park_live (CulvertSession *session)
{
  CulvertLiveRun *live = &session->live;

  while (live->stream != NULL)
    {
      if (culvert_fifo_append (&live->stream->backlog, live->first.iov_base, live->first.iov_len)
          < 0)
        return CULVERT_E_NOMEM;
      culvert_session_advance_live (session, live->first.iov_len);
    }
  return CULVERT_OK;
}

/* -- the parser's source ----------------------------------------------------------- */

/* Lets go of what KCP lent and the parser is through with; the run ahead stays lent. */
static void
culvert_session_release_parsed (CulvertSession *session)
{
  size_t ahead = session->ahead.stream != NULL && session->reader == NULL ? session->ahead.len : 0;
  size_t len = session->kcp_parsed - ahead;

  if (len == 0)
    return;
  culvert_kcp_consume (session->kcp, len);
  culvert_counter_add (&session->counters->bytes_received, len);
  session->kcp_parsed = ahead;
}

/* Parses one span up to the live run's end. Returns the bytes taken, *out_stop when gathering must
 * stop. */
static int
culvert_session_parse_span (CulvertSession *session,
                            uint8_t *data,
                            size_t len,
                            bool *out_stop,
                            CulvertTime now)
{
  size_t taken = 0;

  while (taken < len && !*out_stop)
    {
      CulvertSmuxRun run = { NULL, NULL, 0 };
      int n = culvert_smux_parse (session->smux, data + taken, len - taken, &run, now);

      if (n == CULVERT_E_AGAIN)
        {
          *out_stop = true;
          break;
        }
      if (n < 0)
        return n;
      taken += n;
      if (run.stream == NULL)
        continue;
      culvert_session_count_run (session, &run);
      if (session->live.stream != NULL && session->live.stream != run.stream)
        {
          session->ahead = run;
          *out_stop = true;
        }
      else if (!culvert_session_gather (session, &run) || culvert_session_is_low (session))
        *out_stop = true;
    }
  return (int) taken;
}

/* Gathers from KCP's receive queue (compression off). */
static int
culvert_session_gather_segments (CulvertSession *session, CulvertTime now)
{
  struct iovec *spans = session->scratch->rx_spans;
  bool stop = false;
  unsigned n = culvert_kcp_peek (session->kcp, session->kcp_parsed, spans,
                                 CULVERT_SESSION_MAX_SPANS);

  for (unsigned i = 0; i < n && !stop; i++)
    {
      int taken = culvert_session_parse_span (session, spans[i].iov_base, spans[i].iov_len, &stop,
                                              now);

      if (taken < 0)
        return taken;
      session->kcp_parsed += taken;
    }
  return CULVERT_OK;
}

/* Decompresses the next chunk into the scratch; plain_len stays 0 when no whole chunk is there. */
static int
culvert_session_next_chunk (CulvertSession *session)
{
  struct iovec span;

  if (session->plain_len == 0)
    g_clear_pointer (&session->kept, g_free);
  while (session->plain_len == 0 && culvert_smux_tokens (session->smux) > 0
         && culvert_kcp_peek (session->kcp, 0, &span, 1) == 1)
    {
      int taken = culvert_comp_read (session->reader, span.iov_base, span.iov_len,
                                     session->scratch->rx_plain, &session->plain_len);

      if (taken < 0)
        return CULVERT_E_COMP;
      session->plain = session->scratch->rx_plain;
      session->kcp_parsed = taken;
      culvert_session_release_parsed (session);
    }
  return CULVERT_OK;
}

/* Keeps the rest of a chunk that the receive tokens do not let in yet: it lies in the worker's
 * scratch. Codes: CULVERT_E_FATAL (no memory; bytes would be lost). */
static int
culvert_session_keep_plain (CulvertSession *session)
{
  if (session->plain_len == 0 || session->kept != NULL)
    return CULVERT_E_AGAIN;
  session->kept = g_try_malloc (session->plain_len);
  if (session->kept == NULL)
    return CULVERT_E_FATAL;
  memcpy (session->kept, session->plain, session->plain_len);
  session->plain = session->kept;
  return CULVERT_E_AGAIN;
}

/* Gathers from the decompressed chunk. */
static int
culvert_session_gather_plain (CulvertSession *session, CulvertTime now)
{
  int code = culvert_session_next_chunk (session);

  while (code == CULVERT_OK && session->plain_len > 0)
    {
      bool stop = false;
      int taken = culvert_session_meet_plain (session, session->plain[0]);

      if (taken == CULVERT_OK)
        taken = culvert_session_parse_span (session, session->plain, session->plain_len, &stop,
                                            now);
      if (taken < 0)
        return taken;
      session->plain += taken;
      session->plain_len -= taken;
      if (session->live.stream != NULL)
        break;
      if (session->plain_len == 0)
        code = culvert_session_next_chunk (session);
      else if (taken == 0)
        return culvert_session_keep_plain (session);
    }
  return code;
}

/* -- events ----------------------------------------------------------------------- */

/* Turns what smux found into events of the streams. */
static void
culvert_session_collect_changes (CulvertSession *session)
{
  CulvertStream *stream;
  unsigned changes;

  while ((stream = culvert_smux_next_changed (session->smux, &changes)) != NULL)
    {
      culvert_session_prepare_stream (session, stream);
      if (changes & CULVERT_STREAM_OPENED)
        culvert_session_raise (session, stream, CULVERT_EVENT_OPENED);
      if (changes & CULVERT_STREAM_FINISHED)
        {
          stream->session_flags |= CULVERT_STREAM_PEER_FINISHED;
          culvert_session_raise (session, stream, 0);
        }
      if ((changes & CULVERT_STREAM_WINDOW)
          && (stream->session_flags & CULVERT_STREAM_WANTS_WINDOW))
        {
          stream->session_flags &= ~CULVERT_STREAM_WANTS_WINDOW;
          culvert_session_raise (session, stream, CULVERT_EVENT_WRITABLE);
        }
    }
}

/* FINISHED is said once, after all that came before the FIN was taken. */
static unsigned
culvert_session_take_finished (CulvertSession *session, CulvertStream *stream)
{
  if (!(stream->session_flags & CULVERT_STREAM_PEER_FINISHED)
      || culvert_session_unread (session, stream) > 0)
    return 0;
  stream->session_flags &= ~CULVERT_STREAM_PEER_FINISHED;
  return CULVERT_EVENT_FINISHED;
}

static bool
culvert_session_pop_event (CulvertSession *session, CulvertEvent *out_event)
{
  CulvertList *node;

  while ((node = culvert_list_first (&session->ready)) != NULL)
    {
      CulvertStream *stream = CULVERT_LIST_ENTRY (node, CulvertStream, ready);

      culvert_list_remove (node);
      out_event->stream = stream;
      out_event->kinds = stream->events | culvert_session_take_finished (session, stream);
      stream->events = 0;
      if (out_event->kinds != 0)
        return true;
    }
  if (session->wants_room && culvert_kcp_send_room (session->kcp) > 0
      && (session->reader == NULL || !culvert_session_is_low (session)))
    {
      session->wants_room = false;
      out_event->stream = NULL;
      out_event->kinds = CULVERT_EVENT_WRITABLE;
      return true;
    }
  return false;
}

/* Gathers the next live run. Codes: fatal ones; CULVERT_E_AGAIN (nothing more can be delivered
 * now). */
static int
culvert_session_gather_next (CulvertSession *session, CulvertTime now)
{
  int code = session->peer.is_known ? CULVERT_OK : culvert_session_meet_peer (session);

  if (code != CULVERT_OK)
    return code;
  if (session->ahead.stream != NULL)
    {
      (void) culvert_session_gather (session, &session->ahead);
      session->ahead.stream = NULL;
    }
  if (session->reader == NULL)
    code = culvert_session_gather_segments (session, now);
  else if (session->live.stream == NULL || session->plain_len > 0)
    code = culvert_session_gather_plain (session, now);
  if (code != CULVERT_OK)
    return code;
  return session->live.stream == NULL ? CULVERT_E_AGAIN : CULVERT_OK;
}

/* Finds the next run that a reader waits for; runs of blocked readers go to their backlog. */
static int
culvert_session_find_readable (CulvertSession *session, CulvertTime now)
{
  for (;;)
    {
      int code;

      /* Without memory to park, one span may wait where it lies; more would be lost. */
      if (session->live.stream != NULL && culvert_session_park_live (session) < 0)
        return session->reader == NULL && session->live.next == session->live.n_more
                 ? CULVERT_E_AGAIN
                 : CULVERT_E_FATAL;
      culvert_session_release_parsed (session);
      code = culvert_session_gather_next (session, now);
      if (code != CULVERT_OK)
        return code;
      if (session->live.stream->backlog.len == 0)
        return CULVERT_OK;
    }
}

bool
culvert_session_next_event (CulvertSession *session,
                            CulvertEvent *out_event,
                            int *out_error,
                            CulvertTime now)
{
  int code;

  *out_error = session->error;
  if (session->error != CULVERT_OK)
    return false;
  culvert_session_collect_changes (session);
  if (culvert_session_pop_event (session, out_event))
    return true;

  code = culvert_session_find_readable (session, now);
  if (session->live.stream == NULL)
    culvert_session_release_parsed (session);
  culvert_session_collect_changes (session);
  if (code <= CULVERT_E_FATAL)
    {
      session->error = code;
      *out_error = code;
      return false;
    }
  if (code == CULVERT_OK)
    culvert_session_raise (session, session->live.stream, CULVERT_EVENT_READABLE);
  return culvert_session_pop_event (session, out_event);
}

/* -- reading ---------------------------------------------------------------------- */

unsigned
culvert_session_peek (CulvertSession *session,
                      CulvertStream *stream,
                      struct iovec *spans,
                      unsigned max)
{
  CulvertLiveRun *live = &session->live;
  unsigned n = 0;

  g_assert (max > 0);
  if (stream->backlog.len > 0)
    return culvert_fifo_peek (&stream->backlog, spans, max);
  if (live->stream != stream)
    return 0;
  spans[n++] = live->first;
  for (unsigned i = live->next; i < live->n_more && n < max; i++)
    spans[n++] = session->scratch->run_spans[i];
  return n;
}

void
culvert_session_consume (CulvertSession *session, CulvertStream *stream, size_t len)
{
  size_t queued = MIN (len, stream->backlog.len);

  if (queued > 0)
    culvert_fifo_consume (&stream->backlog, queued);
  if (len > queued)
    {
      g_assert (session->live.stream == stream);
      culvert_session_advance_live (session, len - queued);
    }
  culvert_smux_returned (session->smux, stream, len);
  if (stream->session_flags & CULVERT_STREAM_PEER_FINISHED)
    culvert_session_raise (session, stream, 0);
}

void
culvert_session_park (CulvertSession *session, CulvertStream *stream)
{
  /* Without memory it stays live; next_event then delivers nothing until it is taken. */
  if (session->live.stream == stream)
    (void) culvert_session_park_live (session);
}

size_t
culvert_session_unread (const CulvertSession *session, const CulvertStream *stream)
{
  size_t len = stream->backlog.len;

  if (session->live.stream == stream)
    len += session->live.len;
  if (session->ahead.stream == stream)
    len += session->ahead.len;
  return len;
}

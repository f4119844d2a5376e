/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The session of smux: parser, stream table, control frames, keep-alive (WIRE.md 8).
 *
 * Owner: one session, one worker; the time comes in. Memory: this struct, one small block per open
 * stream, and two arrays (hash chains, FINs to be sent) that follow the number of streams up and
 * down; small numbers of streams need neither. Nothing is allocated per frame, save
 * that a SYN of the peer makes a stream, max_streams at the most.
 *
 * Order on the wire. Payload is written by the session as soon as it is announced, so a FIN pulled
 * after close is behind all data of its stream by itself; SYN is pulled before the first header
 * is made, which psh_header asserts. */

#include "config.h"

#include "culvert-smux-private.h"

/* -- table ---------------------------------------------------------------------- */

/* Chain of an id. Ids are the peer's choice, so they are mixed with a seed it cannot see: else
 * it could put all its streams into one chain. */
static CulvertStream **
culvert_smux_bucket (const CulvertSmux *smux,
                     uint32_t id)
{
  uint32_t h = id ^ smux->seed;

  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  h ^= h >> 16;
  return &smux->buckets[h & (smux->n_buckets - 1)];
}

static CulvertStream *
culvert_smux_lookup (const CulvertSmux *smux,
                     uint32_t id)
{
  CulvertStream *stream = *culvert_smux_bucket (smux, id);

  while (stream != NULL && stream->id != id)
    stream = stream->hash_next;
  return stream;
}

static void
culvert_smux_free_buckets (CulvertSmux *smux)
{
  if (smux->buckets != smux->own_buckets)
    g_free (smux->buckets);
}

/* Spreads the streams over n_buckets chains. Without memory the old table stays: slower. */
static void
culvert_smux_rehash (CulvertSmux *smux,
                     uint32_t n_buckets)
{
  CulvertStream **buckets = smux->own_buckets;

  if (n_buckets > CULVERT_SMUX_MIN_BUCKETS)
    buckets = g_try_new (CulvertStream *, n_buckets);
  if (buckets == NULL)
    return;
  memset (buckets, 0, n_buckets * sizeof *buckets);
  culvert_smux_free_buckets (smux);
  smux->buckets = buckets;
  smux->n_buckets = n_buckets;
  for (CulvertList *node = smux->all.next; node != &smux->all; node = node->next)
    {
      CulvertStream *stream = CULVERT_LIST_ENTRY (node, CulvertStream, all);
      CulvertStream **bucket = culvert_smux_bucket (smux, stream->id);

      stream->hash_next = *bucket;
      *bucket = stream;
    }
}

static void
culvert_smux_insert (CulvertSmux *smux,
                     CulvertStream *stream)
{
  CulvertStream **bucket;

  if (smux->n_streams >= smux->n_buckets)
    culvert_smux_rehash (smux, smux->n_buckets * 2);
  bucket = culvert_smux_bucket (smux, stream->id);
  stream->hash_next = *bucket;
  *bucket = stream;
  culvert_list_append (&smux->all, &stream->all);
  smux->n_streams++;
}

static void
culvert_smux_remove (CulvertSmux *smux,
                     CulvertStream *stream)
{
  CulvertStream **link = culvert_smux_bucket (smux, stream->id);

  while (*link != stream)
    link = &(*link)->hash_next;
  *link = stream->hash_next;
  culvert_list_remove (&stream->all);
  culvert_list_remove (&stream->changed);
  culvert_list_remove (&stream->control);
  smux->n_streams--;
  if (smux->n_buckets > CULVERT_SMUX_MIN_BUCKETS && smux->n_streams <= smux->n_buckets / 8)
    culvert_smux_rehash (smux, MAX (smux->n_buckets / 4, CULVERT_SMUX_MIN_BUCKETS));
}

/* -- FINs to be sent ------------------------------------------------------------ */

static void
culvert_smux_free_fins (CulvertSmux *smux)
{
  if (smux->fins != smux->own_fins)
    g_free (smux->fins);
}

/* Moves the queue into room for size ids; false without memory. */
static bool
culvert_smux_resize_fins (CulvertSmux *smux,
                          uint32_t size)
{
  uint32_t *fins = smux->own_fins;

  if (size > CULVERT_SMUX_MIN_FINS)
    fins = g_try_new (uint32_t, size);
  if (fins == NULL)
    return false;
  for (uint32_t i = 0; i < smux->n_fins; i++)
    fins[i] = smux->fins[(smux->fin_first + i) & (smux->fin_size - 1)];
  culvert_smux_free_fins (smux);
  smux->fins = fins;
  smux->fin_size = size;
  smux->fin_first = 0;
  return true;
}

/* Room for the FIN of one stream more. */
static bool
culvert_smux_reserve_fin (CulvertSmux *smux)
{
  if (smux->n_fins + smux->n_streams < smux->fin_size)
    return true;
  return culvert_smux_resize_fins (smux, smux->fin_size * 2);
}

static void
culvert_smux_push_fin (CulvertSmux *smux,
                       uint32_t id)
{
  g_assert (smux->n_fins < smux->fin_size);
  smux->fins[(smux->fin_first + smux->n_fins) & (smux->fin_size - 1)] = id;
  smux->n_fins++;
}

static uint32_t
culvert_smux_pop_fin (CulvertSmux *smux)
{
  uint32_t id = smux->fins[smux->fin_first];

  smux->fin_first = (smux->fin_first + 1) & (smux->fin_size - 1);
  smux->n_fins--;
  /* Failing to shrink only keeps the larger array. */
  if (smux->fin_size > CULVERT_SMUX_MIN_FINS
      && smux->n_fins + smux->n_streams <= smux->fin_size / 8)
    (void) culvert_smux_resize_fins (smux, MAX (smux->fin_size / 4, CULVERT_SMUX_MIN_FINS));
  return id;
}

/* -- life ----------------------------------------------------------------------- */

/* The last whole second not after now + keepalive: sessions of a worker wake together, and no NOP
 * is later than the peer was promised. The client is a second earlier, so that it speaks and the
 * server answers. */
static CulvertTime
culvert_smux_nop_after (const CulvertSmux *smux,
                        CulvertTime now)
{
  CulvertTime next = now + smux->keepalive;

  if (smux->keepalive < CULVERT_SEC)
    return next;
  if (smux->is_client && smux->keepalive >= CULVERT_SMUX_ANSWERED_KEEPALIVE)
    next -= CULVERT_SEC;
  return next - next % CULVERT_SEC;
}

/* Many sessions that begin together, as after a restart of the server, do not speak together. */
static CulvertTime
culvert_smux_first_nop (const CulvertSmux *smux,
                        uint32_t phase,
                        CulvertTime now)
{
  if (smux->is_client && smux->keepalive >= CULVERT_SMUX_ANSWERED_KEEPALIVE)
    now -= phase % (uint32_t) (smux->keepalive / CULVERT_SEC - 2) * CULVERT_SEC;
  return culvert_smux_nop_after (smux, now);
}

/* Wire: a server says its own NOP when KCP acknowledges the client's, in the same packet, if it has
 * not just said one. Of four packets and wakes per session and period this leaves three. */
static void
culvert_smux_answer_nop (CulvertSmux *smux,
                         CulvertTime now)
{
  CulvertTime at = now + CULVERT_SMUX_ANSWER_DELAY;

  if (smux->is_client || smux->keepalive < CULVERT_SMUX_ANSWERED_KEEPALIVE
      || smux->next_nop - now > smux->keepalive / 4 * 3)
    return;
  smux->next_nop = MIN (smux->next_nop, at - at % (CULVERT_SMUX_ANSWER_DELAY / 2));
}

static CulvertTime
culvert_smux_check_after (CulvertTime now)
{
  CulvertTime next = now + CULVERT_SMUX_KEEPALIVE_TIMEOUT + CULVERT_SEC - 1;

  return next - next % CULVERT_SEC;
}

CulvertSmux *
culvert_smux_new (const CulvertSmuxConfig *config,
                  CulvertCounters *counters,
                  CulvertTime now)
{
  CulvertSmux *smux = g_new0 (CulvertSmux, 1);

  g_assert (config->version == 1 || config->version == 2);
  g_assert (config->framesize >= 1 && config->framesize <= CULVERT_SMUX_FRAME_MAX);
  g_assert (config->keepalive > 0);
  smux->tokens = config->smuxbuf;
  smux->head_need = CULVERT_SMUX_HEADER;
  smux->version = (uint8_t) config->version;
  smux->framesize = config->framesize;
  smux->streambuf = config->streambuf;
  smux->update_parts = config->update_parts > 0 ? config->update_parts : 2;
  smux->max_streams = config->max_streams;
  smux->last_id = config->is_client ? 1 : 0;
  smux->seed = (uint32_t) ((uintptr_t) smux >> 4);
  smux->keepalive = config->keepalive;
  smux->is_client = config->is_client;
  smux->next_nop = culvert_smux_first_nop (smux, config->phase, now);
  smux->next_check = culvert_smux_check_after (now);
  smux->counters = counters;
  smux->buckets = smux->own_buckets;
  smux->n_buckets = CULVERT_SMUX_MIN_BUCKETS;
  smux->fins = smux->own_fins;
  smux->fin_size = CULVERT_SMUX_MIN_FINS;
  culvert_list_init (&smux->all);
  culvert_list_init (&smux->changed);
  culvert_list_init (&smux->control);
  return smux;
}

void
culvert_smux_free (CulvertSmux *smux)
{
  CulvertStream *stream = culvert_smux_first_stream (smux);

  culvert_counter_add (&smux->counters->streams_closed, smux->n_streams);
  while (stream != NULL)
    {
      CulvertStream *next = culvert_smux_next_stream (smux, stream);

      g_free (stream);
      stream = next;
    }
  culvert_smux_free_buckets (smux);
  culvert_smux_free_fins (smux);
  g_free (smux);
}

/* -- streams -------------------------------------------------------------------- */

/* A stream in the table, or NULL without memory. */
static CulvertStream *
culvert_smux_add (CulvertSmux *smux,
                  uint32_t id)
{
  CulvertStream *stream;

  if (!culvert_smux_reserve_fin (smux))
    return NULL;
  stream = culvert_smux_stream_new (id);
  if (stream == NULL)
    return NULL;
  culvert_smux_insert (smux, stream);
  culvert_counter_add (&smux->counters->streams_opened, 1);
  return stream;
}

CulvertStream *
culvert_smux_open (CulvertSmux *smux)
{
  CulvertStream *stream;

  if (smux->is_dead || smux->n_streams >= smux->max_streams)
    return NULL;
  /* A peer that opens streams of our parity does not get in the way. */
  do
    {
      if (smux->last_id > UINT32_MAX - 2)
        return NULL;
      smux->last_id += 2;
    }
  while (culvert_smux_lookup (smux, smux->last_id) != NULL);

  stream = culvert_smux_add (smux, smux->last_id);
  if (stream != NULL)
    culvert_smux_stream_due (smux, stream, CULVERT_STREAM_SYN_DUE);
  return stream;
}

void
culvert_smux_close (CulvertSmux *smux,
                    CulvertStream *stream)
{
  bool is_known_to_peer = !(stream->flags & CULVERT_STREAM_SYN_DUE);

  smux->tokens += stream->held_tokens;
  if (smux->body_stream == stream)
    smux->body_stream = NULL;
  culvert_smux_remove (smux, stream);
  if (is_known_to_peer)
    culvert_smux_push_fin (smux, stream->id);
  culvert_counter_add (&smux->counters->streams_closed, 1);
  g_free (stream);
}

CulvertStream *
culvert_smux_next_changed (CulvertSmux *smux,
                           unsigned *out_changes)
{
  CulvertList *node = culvert_list_first (&smux->changed);
  CulvertStream *stream;

  if (node == NULL)
    return NULL;
  stream = CULVERT_LIST_ENTRY (node, CulvertStream, changed);
  culvert_list_remove (node);
  *out_changes = stream->changes;
  stream->changes = 0;
  return stream;
}

uint32_t
culvert_smux_n_streams (const CulvertSmux *smux)
{
  return smux->n_streams;
}

int
culvert_smux_version (const CulvertSmux *smux)
{
  return smux->version;
}

void
culvert_smux_set_version (CulvertSmux *smux,
                          int version)
{
  g_assert (version == 1 || version == 2);
  g_assert (smux->n_streams == 0 && smux->head_len == 0 && !smux->is_dead);
  smux->version = (uint8_t) version;
}

CulvertStream *
culvert_smux_first_stream (CulvertSmux *smux)
{
  CulvertList *node = culvert_list_first (&smux->all);

  return node == NULL ? NULL : CULVERT_LIST_ENTRY (node, CulvertStream, all);
}

CulvertStream *
culvert_smux_next_stream (CulvertSmux *smux,
                          CulvertStream *stream)
{
  CulvertList *node = stream->all.next;

  return node == &smux->all ? NULL : CULVERT_LIST_ENTRY (node, CulvertStream, all);
}

/* -- receiving ------------------------------------------------------------------ */

/* SYN of the peer. The stream above the limit, or for which there is no memory, is refused as if
 * its application had closed it at once. */
static void
culvert_smux_accept (CulvertSmux *smux,
                     uint32_t id)
{
  CulvertStream *stream = culvert_smux_lookup (smux, id);

  if (stream != NULL)
    return;
  if (smux->n_streams < smux->max_streams)
    stream = culvert_smux_add (smux, id);
  if (stream != NULL)
    culvert_smux_stream_change (smux, stream, CULVERT_STREAM_OPENED);
  else if (culvert_smux_reserve_fin (smux))
    culvert_smux_push_fin (smux, id);
  else
    culvert_counter_add (&smux->counters->pool_exhausted, 1);
}

/* Acts on the frame in head, UPD body included. */
static void
culvert_smux_dispatch (CulvertSmux *smux,
                       const CulvertSmuxFrame *frame,
                       CulvertTime now)
{
  CulvertStream *stream = culvert_smux_lookup (smux, frame->id);
  uint32_t consumed, window;

  switch ((CulvertSmuxCommand) frame->command)
    {
    case CULVERT_SMUX_SYN:
      culvert_smux_accept (smux, frame->id);
      break;

    case CULVERT_SMUX_FIN:
      if (stream == NULL || stream->flags & CULVERT_STREAM_FIN_SEEN)
        break;
      stream->flags |= CULVERT_STREAM_FIN_SEEN;
      culvert_smux_stream_change (smux, stream, CULVERT_STREAM_FINISHED);
      break;

    case CULVERT_SMUX_PSH:
      smux->body_left = frame->length;
      smux->body_stream = frame->length > 0 ? stream : NULL;
      break;

    case CULVERT_SMUX_NOP:
      culvert_smux_answer_nop (smux, now);
      break;

    case CULVERT_SMUX_UPD:
      if (stream == NULL)
        break;
      culvert_smux_upd_get (smux->head + CULVERT_SMUX_HEADER, &consumed, &window);
      culvert_smux_stream_update (smux, stream, consumed, window);
      break;
    }
}

/* Gathers a header, with the body of UPD, and acts on it when it is complete. Returns the bytes
 * taken. Codes: CULVERT_E_PROTOCOL. */
static int
culvert_smux_take_head (CulvertSmux *smux,
                        const uint8_t *data,
                        size_t len,
                        CulvertTime now)
{
  size_t n = MIN (len, (size_t) (smux->head_need - smux->head_len));
  CulvertSmuxFrame frame;

  memcpy (smux->head + smux->head_len, data, n);
  smux->head_len += (uint8_t) n;
  if (smux->head_len < smux->head_need)
    return (int) n;
  if (culvert_smux_frame_get (smux->head, smux->version, &frame) < 0)
    {
      smux->is_dead = true;
      return CULVERT_E_PROTOCOL;
    }
  smux->is_heard = true;
  smux->head_need = (uint8_t) (CULVERT_SMUX_HEADER + culvert_smux_frame_body (&frame));
  if (smux->head_len < smux->head_need)
    return (int) n;
  smux->head_len = 0;
  smux->head_need = CULVERT_SMUX_HEADER;
  culvert_smux_dispatch (smux, &frame, now);
  return (int) n;
}

/* Lends payload to its stream, or passes over it when there is none. Returns the bytes taken. */
static int
culvert_smux_take_body (CulvertSmux *smux,
                        uint8_t *data,
                        size_t len,
                        CulvertSmuxRun *out_run)
{
  uint32_t n = (uint32_t) MIN (len, (size_t) smux->body_left);

  smux->is_heard = true;
  if (smux->body_stream != NULL)
    {
      *out_run = (CulvertSmuxRun) { smux->body_stream, data, n };
      smux->body_stream->held_tokens += n;
      smux->tokens -= n;
    }
  smux->body_left -= n;
  if (smux->body_left == 0)
    smux->body_stream = NULL;
  return (int) n;
}

int
culvert_smux_parse (CulvertSmux *smux,
                    uint8_t *data,
                    size_t len,
                    CulvertSmuxRun *out_run,
                    CulvertTime now)
{
  size_t taken = 0;

  *out_run = (CulvertSmuxRun) { NULL, NULL, 0 };
  if (smux->is_dead)
    return CULVERT_E_PROTOCOL;
  len = MIN (len, (size_t) INT_MAX);
  while (taken < len && out_run->stream == NULL)
    {
      int n;

      /* Tokens count at the start of a frame only; what was begun is finished. */
      if (smux->body_left > 0)
        n = culvert_smux_take_body (smux, data + taken, len - taken, out_run);
      else if (smux->head_len == 0 && culvert_smux_tokens (smux) <= 0)
        break;
      else
        n = culvert_smux_take_head (smux, data + taken, len - taken, now);
      if (n < 0)
        return n;
      taken += (size_t) n;
    }
  return taken == 0 && len > 0 ? CULVERT_E_AGAIN : (int) taken;
}

int64_t
culvert_smux_tokens (const CulvertSmux *smux)
{
  if (smux->n_fins >= CULVERT_SMUX_MAX_FINS)
    return MIN (smux->tokens, 0);
  return smux->tokens;
}

/* -- control frames ------------------------------------------------------------- */

bool
culvert_smux_has_control (const CulvertSmux *smux)
{
  return smux->nop_due || smux->n_fins > 0 || !culvert_list_is_empty (&smux->control);
}

/* SYN or UPD of the stream whose turn it is; it goes to the end when more is due. */
static size_t
culvert_smux_stream_control (CulvertSmux *smux,
                             CulvertStream *stream,
                             uint8_t *buf)
{
  CulvertSmuxFrame frame = { smux->version, CULVERT_SMUX_SYN, 0, stream->id };

  culvert_list_remove (&stream->control);
  if (stream->flags & CULVERT_STREAM_SYN_DUE)
    {
      stream->flags &= ~CULVERT_STREAM_SYN_DUE;
    }
  else
    {
      stream->flags &= ~CULVERT_STREAM_UPD_DUE;
      stream->pending = 0;
      frame.command = CULVERT_SMUX_UPD;
      frame.length = CULVERT_SMUX_UPD_BODY;
      culvert_smux_upd_put (buf + CULVERT_SMUX_HEADER, stream->read, smux->streambuf);
    }
  if (stream->flags & (CULVERT_STREAM_SYN_DUE | CULVERT_STREAM_UPD_DUE))
    culvert_list_append (&smux->control, &stream->control);
  culvert_smux_frame_put (buf, &frame);
  return CULVERT_SMUX_HEADER + frame.length;
}

size_t
culvert_smux_next_control (CulvertSmux *smux,
                           uint8_t buf[CULVERT_SMUX_CONTROL_MAX])
{
  CulvertList *node = culvert_list_first (&smux->control);
  CulvertSmuxFrame frame = { smux->version, CULVERT_SMUX_NOP, 0, 0 };

  if (smux->nop_due)
    {
      smux->nop_due = false;
    }
  else if (smux->n_fins > 0)
    {
      /* Before SYN and UPD: it frees at the other end, and an id that the peer uses again must not
       * be closed by the FIN of its predecessor. */
      frame.command = CULVERT_SMUX_FIN;
      frame.id = culvert_smux_pop_fin (smux);
    }
  else if (node != NULL)
    {
      return culvert_smux_stream_control (smux, CULVERT_LIST_ENTRY (node, CulvertStream, control),
                                          buf);
    }
  else
    {
      return 0;
    }
  culvert_smux_frame_put (buf, &frame);
  return CULVERT_SMUX_HEADER;
}

/* -- time ----------------------------------------------------------------------- */

CulvertTime
culvert_smux_deadline (const CulvertSmux *smux)
{
  return MIN (smux->next_nop, smux->next_check);
}

void
culvert_smux_say_nop (CulvertSmux *smux)
{
  smux->nop_due = true;
}

int
culvert_smux_advance (CulvertSmux *smux,
                      CulvertTime now)
{
  if (now >= smux->next_nop)
    {
      smux->nop_due = true;
      smux->next_nop = culvert_smux_nop_after (smux, now);
    }
  if (now >= smux->next_check)
    {
      /* While we ourselves do not read, silence says nothing about the peer. */
      if (!smux->is_heard && smux->tokens > 0)
        return CULVERT_E_FATAL;
      smux->is_heard = false;
      smux->next_check = culvert_smux_check_after (smux->next_check);
      if (smux->next_check <= now)
        smux->next_check = culvert_smux_check_after (now);
    }
  return CULVERT_OK;
}

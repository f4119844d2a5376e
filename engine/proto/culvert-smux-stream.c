/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One stream: what may be sent on it, what is owed back to the peer (WIRE.md 8.5).
 *
 * All counts run modulo 2^32 as on the wire; only differences of them are looked at, as
 * signed 32-bit numbers. Version 1 has no stream window. */

#include "config.h"

#include "culvert-smux-private.h"

/* What session and user hang on it included; kernel and backlog excluded. */
G_STATIC_ASSERT (sizeof (CulvertStream) <= 256);

CulvertStream *
culvert_smux_stream_new (uint32_t id)
{
  CulvertStream *stream = g_try_malloc0 (sizeof *stream);

  if (stream == NULL)
    return NULL;
  stream->id = id;
  stream->peer_window = CULVERT_SMUX_INITIAL_WINDOW;
  culvert_list_init (&stream->all);
  culvert_list_init (&stream->changed);
  culvert_list_init (&stream->control);
  return stream;
}

void
culvert_smux_stream_change (CulvertSmux *smux,
                            CulvertStream *stream,
                            unsigned changes)
{
  stream->changes |= changes;
  if (!culvert_list_is_linked (&stream->changed))
    culvert_list_append (&smux->changed, &stream->changed);
}

void
culvert_smux_stream_due (CulvertSmux *smux,
                         CulvertStream *stream,
                         unsigned flag)
{
  stream->flags |= flag;
  if (!culvert_list_is_linked (&stream->control))
    culvert_list_append (&smux->control, &stream->control);
}

int64_t
culvert_smux_window (const CulvertSmux *smux,
                     const CulvertStream *stream)
{
  uint32_t in_flight = stream->sent - stream->peer_consumed;
  int32_t window;

  if (stream->flags & CULVERT_STREAM_FIN_SEEN)
    return CULVERT_E_DISCARD;
  if (smux->version == 1)
    return INT32_MAX;
  /* The peer claims to have read more than was sent. */
  if ((int32_t) in_flight < 0)
    return CULVERT_E_PROTOCOL;
  window = culvert_diff32 (stream->peer_window, in_flight);
  return MAX (window, 0);
}

int64_t
culvert_smux_allowance (const CulvertSmux *smux,
                        const CulvertStream *stream)
{
  int64_t window = culvert_smux_window (smux, stream);

  return MIN (window, (int64_t) smux->framesize);
}

void
culvert_smux_psh_header (CulvertSmux *smux,
                         CulvertStream *stream,
                         size_t len,
                         uint8_t header[CULVERT_SMUX_HEADER])
{
  CulvertSmuxFrame frame = { smux->version, CULVERT_SMUX_PSH, (uint16_t) len, stream->id };

  g_assert (len > 0 && len <= smux->framesize);
  g_assert (!(stream->flags & CULVERT_STREAM_SYN_DUE));
  culvert_smux_frame_put (header, &frame);
  stream->sent += (uint32_t) len;
}

void
culvert_smux_stream_update (CulvertSmux *smux,
                            CulvertStream *stream,
                            uint32_t consumed,
                            uint32_t window)
{
  bool was_shut = culvert_smux_window (smux, stream) == 0;

  stream->peer_consumed = consumed;
  stream->peer_window = window;
  /* A writer that waits must also be woken to learn that the peer misbehaves. */
  if (was_shut && culvert_smux_window (smux, stream) != 0)
    culvert_smux_stream_change (smux, stream, CULVERT_STREAM_WINDOW);
}

void
culvert_smux_returned (CulvertSmux *smux,
                       CulvertStream *stream,
                       size_t len)
{
  bool is_first = stream->read == 0;

  g_assert (len <= stream->held_tokens);
  if (len == 0)
    return;
  stream->held_tokens -= (uint32_t) len;
  smux->tokens += (int64_t) len;
  stream->read += (uint32_t) len;
  stream->pending += (uint32_t) len;
  /* The first read tells the peer our real window; it assumed the initial one so far. */
  if (smux->version == 2
      && (is_first || stream->pending >= smux->streambuf / smux->update_parts))
    culvert_smux_stream_due (smux, stream, CULVERT_STREAM_UPD_DUE);
}

bool
culvert_smux_is_overrun (const CulvertSmux *smux,
                         const CulvertStream *stream)
{
  /* Until our first UPD arrives the peer goes by the initial window. */
  uint64_t granted = MAX (smux->streambuf, CULVERT_SMUX_INITIAL_WINDOW);

  return smux->version == 2 && stream->held_tokens > granted + CULVERT_SMUX_FRAME_MAX;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A smux session with just enough of the session layer around it: it pulls control frames,
 * announces payload, takes what arrives and notes what happened. */
#pragma once

#include "culvert-smux-private.h"
#include "test-vectors.h"

typedef struct
{
  CulvertSmux *smux;
  CulvertCounters *counters;
  GByteArray *wire;     /* written, not yet taken by the other side */
  GHashTable *received; /* id → GByteArray, stays after the stream */
  GHashTable *log;      /* id → GString of what happened, in order */
  GArray *accepted;     /* ids */
  bool is_reading;      /* gives everything back at once */
  int error;
} Peer;

static const CulvertSmuxConfig default_config = {
  .version = 2,
  .is_client = false,
  .smuxbuf = 4194304,
  .streambuf = 2097152,
  .framesize = 8192,
  .keepalive = 10 * CULVERT_SEC,
  .max_streams = 1024,
};

static inline void
byte_array_free (void *array)
{
  g_byte_array_unref (array);
}

static inline void
string_free (void *string)
{
  g_string_free (string, TRUE);
}

static inline Peer *
peer_new (const CulvertSmuxConfig *config)
{
  Peer *peer = g_new0 (Peer, 1);

  peer->counters = culvert_counters_new ();
  peer->smux = culvert_smux_new (config, peer->counters, 0);
  peer->wire = g_byte_array_new ();
  peer->received = g_hash_table_new_full (NULL, NULL, NULL, byte_array_free);
  peer->log = g_hash_table_new_full (NULL, NULL, NULL, string_free);
  peer->accepted = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  return peer;
}

static inline Peer *
peer_new_version (int version,
                  bool is_client)
{
  CulvertSmuxConfig config = default_config;

  config.version = version;
  config.is_client = is_client;
  return peer_new (&config);
}

static inline void
peer_free (Peer *peer)
{
  culvert_smux_free (peer->smux);
  culvert_counters_unref (peer->counters);
  g_byte_array_unref (peer->wire);
  g_hash_table_unref (peer->received);
  g_hash_table_unref (peer->log);
  g_array_unref (peer->accepted);
  g_free (peer);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peer, peer_free)

static inline GByteArray *
peer_received (Peer *peer,
               uint32_t id)
{
  GByteArray *bytes = g_hash_table_lookup (peer->received, GUINT_TO_POINTER (id));

  if (bytes == NULL)
    {
      bytes = g_byte_array_new ();
      g_hash_table_insert (peer->received, GUINT_TO_POINTER (id), bytes);
    }
  return bytes;
}

static inline void
peer_log (Peer *peer,
          uint32_t id,
          const char *text)
{
  GString *log = g_hash_table_lookup (peer->log, GUINT_TO_POINTER (id));

  if (log == NULL)
    {
      log = g_string_new (NULL);
      g_hash_table_insert (peer->log, GUINT_TO_POINTER (id), log);
    }
  g_string_append (log, text);
}

static inline void
peer_changes (Peer *peer)
{
  CulvertStream *stream;
  unsigned changes;

  while ((stream = culvert_smux_next_changed (peer->smux, &changes)) != NULL)
    {
      g_assert_cmpuint (changes, !=, 0);
      if (changes & CULVERT_STREAM_OPENED)
        {
          g_array_append_val (peer->accepted, stream->id);
          peer_log (peer, stream->id, "open ");
        }
      if (changes & CULVERT_STREAM_FINISHED)
        peer_log (peer, stream->id, "end ");
      if (changes & CULVERT_STREAM_WINDOW)
        peer_log (peer, stream->id, "window ");
    }
}

static inline void
peer_run (Peer *peer,
          const CulvertSmuxRun *run)
{
  for (size_t i = 0; i < run->len; i++)
    {
      char text[8];

      g_snprintf (text, sizeof text, "%02x ", run->data[i]);
      peer_log (peer, run->stream->id, text);
    }
  g_byte_array_append (peer_received (peer, run->stream->id), run->data, (guint) run->len);
}

/* Parses until the bytes are used up, the tokens are spent or an error comes; returns what was
 * taken. The parser gets a copy of exactly len bytes, so that reading past them shows. */
static inline size_t
peer_feed (Peer *peer,
           const void *data,
           size_t len)
{
  g_autofree uint8_t *copy = g_memdup2 (data, len);
  size_t taken = 0;

  while (taken < len)
    {
      CulvertSmuxRun run;
      int n = culvert_smux_parse (peer->smux, copy + taken, len - taken, &run, 0);

      peer_changes (peer);
      if (n == CULVERT_E_AGAIN)
        break;
      if (n < 0)
        {
          peer->error = n;
          break;
        }
      g_assert_cmpint (n, >, 0);
      taken += (size_t) n;
      if (run.stream == NULL)
        continue;
      peer_run (peer, &run);
      if (peer->is_reading)
        culvert_smux_returned (peer->smux, run.stream, run.len);
    }
  return taken;
}

static inline CulvertStream *
peer_stream (Peer *peer,
             uint32_t id)
{
  CulvertStream *stream = culvert_smux_first_stream (peer->smux);

  while (stream != NULL && stream->id != id)
    stream = culvert_smux_next_stream (peer->smux, stream);
  return stream;
}

static inline void
peer_feed_hex (Peer *peer,
               const char *hex)
{
  size_t len;
  g_autofree uint8_t *bytes = test_hex (hex, &len);

  g_assert_cmpuint (peer_feed (peer, bytes, len), ==, len);
}

static inline void
peer_pull (Peer *peer)
{
  uint8_t buf[CULVERT_SMUX_CONTROL_MAX];
  size_t n;

  while ((n = culvert_smux_next_control (peer->smux, buf)) > 0)
    g_byte_array_append (peer->wire, buf, (guint) n);
  g_assert_false (culvert_smux_has_control (peer->smux));
}

/* One PSH frame with as much of the data as is allowed; returns the payload bytes. */
static inline size_t
peer_push (Peer *peer,
           CulvertStream *stream,
           const uint8_t *data,
           size_t len)
{
  int64_t allowed = culvert_smux_allowance (peer->smux, stream);
  uint8_t header[CULVERT_SMUX_HEADER];

  len = allowed <= 0 ? 0 : MIN (len, (size_t) allowed);
  if (len == 0)
    return 0;
  culvert_smux_psh_header (peer->smux, stream, len, header);
  g_byte_array_append (peer->wire, header, sizeof header);
  g_byte_array_append (peer->wire, data, (guint) len);
  return len;
}

#define assert_wire(peer, hex) \
  G_STMT_START { \
    size_t wire_len_; \
    g_autofree uint8_t *wire_bytes_ = test_hex ((hex), &wire_len_); \
    peer_pull (peer); \
    test_assert_bytes ((peer)->wire->data, (peer)->wire->len, wire_bytes_, wire_len_); \
    g_byte_array_set_size ((peer)->wire, 0); \
  } G_STMT_END

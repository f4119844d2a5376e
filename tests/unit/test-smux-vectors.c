/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* smux against the golden scripts and reactions. */

#include "config.h"

#include "culvert-wire.h"
#include "test-smux-peer.h"

#include <stdio.h>

/* -- vectors: scripts ----------------------------------------------------------- */

typedef struct
{
  Peer *client;
  Peer *server;
  GQueue frames[2];   /* GBytes written, client's and server's */
  GByteArray *unsent; /* client's, for unsent_stream */
  uint32_t unsent_stream;
} Script;

/* Hands what the peer wrote to the other one, and notes it frame by frame. */
static bool
script_move (Script *script,
             Peer *from,
             Peer *to,
             GQueue *frames)
{
  size_t at = 0;

  peer_pull (from);
  while (at < from->wire->len)
    {
      const uint8_t *frame = from->wire->data + at;
      size_t len = CULVERT_SMUX_HEADER + culvert_load_u16 (frame + 2);

      g_queue_push_tail (frames, g_bytes_new (frame, len));
      at += len;
    }
  g_assert_cmpuint (peer_feed (to, from->wire->data, at), ==, at);
  g_byte_array_set_size (from->wire, 0);
  return at > 0;
}

static void
script_settle (Script *script)
{
  bool is_moving = true;

  while (is_moving)
    {
      CulvertStream *stream = peer_stream (script->client, script->unsent_stream);
      size_t n = 1;

      peer_pull (script->client);
      while (n > 0 && script->unsent->len > 0)
        {
          n = peer_push (script->client, stream, script->unsent->data, script->unsent->len);
          g_byte_array_remove_range (script->unsent, 0, (guint) n);
        }
      is_moving = script_move (script, script->client, script->server, &script->frames[0]);
      is_moving |= script_move (script, script->server, script->client, &script->frames[1]);
    }
}

static void
script_open (Script *script,
             unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    g_assert_nonnull (culvert_smux_open (script->client->smux));
}

static void
script_write (Script *script,
              uint32_t id,
              const void *data,
              size_t len)
{
  script->unsent_stream = id;
  g_byte_array_append (script->unsent, data, (guint) len);
}

static void
script_write_lcg (Script *script,
                  uint32_t id,
                  uint32_t seed,
                  size_t len)
{
  g_autofree uint8_t *data = g_malloc (len);

  test_lcg_fill (&seed, data, len);
  script_write (script, id, data, len);
}

static void
script_server_writes (Script *script)
{
  g_assert_cmpuint (peer_push (script->server, peer_stream (script->server, 3),
                               (const uint8_t *) "world!", 6), ==, 6);
}

static void
script_cross_close (Script *script)
{
  culvert_smux_close (script->server->smux, peer_stream (script->server, 3));
  g_assert_cmpuint (peer_push (script->client, peer_stream (script->client, 7),
                               (const uint8_t *) "abcd", 4), ==, 4);
  culvert_smux_close (script->client->smux, peer_stream (script->client, 7));
}

static void
script_idle (Script *script)
{
  for (unsigned i = 0; i < 2; i++)
    {
      g_assert_cmpint (culvert_smux_advance (script->client->smux,
                                             culvert_smux_deadline (script->client->smux)), ==, 0);
      script_settle (script);
    }
}

/* The reference reads from one frame at a time, and its window updates count reads. */
static void
script_read (Script *script,
             Peer *peer,
             size_t len)
{
  CulvertStream *stream = peer_stream (peer, 3);
  uint32_t framesize = script->client->smux->framesize;

  while (len > 0)
    {
      size_t n = MIN (len, (size_t) (framesize - stream->read % framesize));

      culvert_smux_returned (peer->smux, stream, n);
      script_settle (script);
      len -= n;
    }
}

/* What a step of the vectors asks the applications to do. */
static void
script_step (Script *script,
             const char *step)
{
  char who[8];
  unsigned n;

  if (g_str_equal (step, "client opens its first stream"))
    script_open (script, 1);
  else if (g_str_equal (step, "client opens three streams"))
    script_open (script, 3);
  else if (g_str_equal (step, "client writes 5 bytes 'hello'"))
    script_write (script, 3, "hello", 5);
  else if (g_str_equal (step, "server writes 6 bytes 'world!'"))
    script_server_writes (script);
  else if (g_str_has_prefix (step, "client writes 250 bytes on the second stream"))
    script_write_lcg (script, 5, 1, 250);
  else if (g_str_has_prefix (step, "stream buffer 1000: client writes 1800 bytes"))
    script_write_lcg (script, 3, 5, 1800);
  else if (g_str_has_prefix (step, "client writes 300000 bytes, nobody reads"))
    {
      g_autofree uint8_t *zeros = g_malloc0 (300000);

      script_write (script, 3, zeros, 300000);
    }
  else if (sscanf (step, "%6s reads %u byte", who, &n) == 2)
    script_read (script, g_str_equal (who, "client") ? script->client : script->server, n);
  else if (g_str_has_prefix (step, "client closes the stream"))
    culvert_smux_close (script->client->smux, peer_stream (script->client, 3));
  else if (g_str_has_prefix (step, "server application sees end of stream"))
    culvert_smux_close (script->server->smux, peer_stream (script->server, 3));
  else if (g_str_has_prefix (step, "server closes the first stream; the third"))
    script_cross_close (script);
  else if (g_str_has_prefix (step, "idle session"))
    script_idle (script);
  else if (!g_str_has_prefix (step, "client closes the session"))
    g_error ("step not known: %s", step);
  script_settle (script);
}

static void
script_expect (Script *script,
               JsonObject *event)
{
  bool is_client = g_str_equal (json_object_get_string_member (event, "dir"), "c2s");
  g_autoptr (GBytes) frame = g_queue_pop_head (&script->frames[is_client ? 0 : 1]);
  bool is_whole = json_object_has_member (event, "hex");
  size_t len, want_len;
  const uint8_t *bytes;
  g_autofree uint8_t *want = test_hex_member (event, is_whole ? "hex" : "header", &want_len);

  g_assert_nonnull (frame);
  bytes = g_bytes_get_data (frame, &len);
  test_assert_bytes (bytes, is_whole ? len : CULVERT_SMUX_HEADER, want, want_len);
  if (is_whole)
    return;
  g_assert_cmpint (len - CULVERT_SMUX_HEADER, ==,
                   json_object_get_int_member (event, "payload_len"));
  if (json_object_has_member (event, "payload"))
    {
      size_t body_len;
      g_autofree uint8_t *body = test_hex_member (event, "payload", &body_len);

      test_assert_bytes (bytes + CULVERT_SMUX_HEADER, len - CULVERT_SMUX_HEADER, body, body_len);
    }
}

static void
script_assert_silent (const Script *script)
{
  g_assert_true (g_queue_is_empty ((GQueue *) &script->frames[0]));
  g_assert_true (g_queue_is_empty ((GQueue *) &script->frames[1]));
}

static void
run_script (JsonObject *object,
            void *data)
{
  CulvertSmuxConfig config = default_config;
  const char *name = json_object_get_string_member_with_default (object, "name", "");
  JsonArray *events;
  Script script = { 0 };

  if (!json_object_has_member (object, "events"))
    return;
  config.version = (int) json_object_get_int_member (object, "version");
  if (g_str_has_prefix (name, "window updates"))
    {
      config.streambuf = 1000;
      config.framesize = 300;
    }
  if (g_str_has_prefix (name, "three streams"))
    config.framesize = 100;
  script.server = peer_new (&config);
  config.is_client = true;
  script.client = peer_new (&config);
  script.unsent = g_byte_array_new ();

  events = json_object_get_array_member (object, "events");
  /* Two cases begin with the SYN itself. */
  if (json_object_has_member (json_array_get_object_element (events, 0), "dir"))
    script_step (&script, "client opens its first stream");
  for (guint i = 0; i < json_array_get_length (events); i++)
    {
      JsonObject *event = json_array_get_object_element (events, i);

      if (json_object_has_member (event, "step"))
        {
          script_assert_silent (&script);
          script_step (&script, json_object_get_string_member (event, "step"));
        }
      else
        script_expect (&script, event);
    }
  script_assert_silent (&script);
  g_assert_cmpint (script.client->error, ==, 0);
  g_assert_cmpint (script.server->error, ==, 0);
  (*(unsigned *) data)++;
  peer_free (script.client);
  peer_free (script.server);
  g_byte_array_unref (script.unsent);
}

static void
test_vectors_script (const void *data)
{
  unsigned n = 0;

  test_vectors_foreach (data, NULL, run_script, &n);
  g_assert_cmpuint (n, >=, 3);
}

/* -- vectors: reactions --------------------------------------------------------- */

/* What the vectors write down per stream: the bytes, '|' and why it ended. */
static char *
react_outcome (Peer *peer,
               uint32_t id)
{
  GByteArray *bytes = peer_received (peer, id);
  const GString *log = g_hash_table_lookup (peer->log, GUINT_TO_POINTER (id));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < bytes->len; i++)
    g_string_append_printf (text, "%02x", bytes->data[i]);
  if (strstr (log->str, "end ") != NULL)
    g_string_append (text, "|EOF");
  else if (peer->error == CULVERT_E_PROTOCOL)
    g_string_append (text, "|invalid protocol");
  return g_string_free (text, FALSE);
}

static void
react_feed (Peer *peer,
            JsonArray *input,
            size_t piece)
{
  for (guint i = 0; i < json_array_get_length (input); i++)
    {
      size_t len;
      g_autofree uint8_t *bytes = test_hex (json_array_get_string_element (input, i), &len);

      for (size_t at = 0; at < len; at += piece)
        peer_feed (peer, bytes + at, MIN (piece, len - at));
      /* The application reads all that came, then asks for its control frames to leave. */
      for (CulvertStream *stream = culvert_smux_first_stream (peer->smux); stream != NULL;
           stream = culvert_smux_next_stream (peer->smux, stream))
        culvert_smux_returned (peer->smux, stream, stream->held_tokens);
      peer_pull (peer);
    }
}

static void
react_check (Peer *peer,
             JsonObject *object)
{
  JsonArray *ids = json_object_get_array_member (object, "accepted_ids");
  JsonObject *delivered = json_object_get_object_member (object, "delivered");
  JsonArray *replies = json_object_get_array_member (object, "replies");
  bool is_error = json_object_get_string_member (object, "accept_error")[0] != '\0';
  g_autoptr (GByteArray) wanted = g_byte_array_new ();

  g_assert_cmpint (peer->error, ==, is_error ? CULVERT_E_PROTOCOL : 0);
  g_assert_cmpuint (peer->accepted->len, ==, json_array_get_length (ids));
  for (guint i = 0; i < peer->accepted->len; i++)
    {
      uint32_t id = g_array_index (peer->accepted, uint32_t, i);
      g_autofree char *key = g_strdup_printf ("%u", id);
      g_autofree char *outcome = react_outcome (peer, id);

      g_assert_cmpint (id, ==, json_array_get_int_element (ids, i));
      g_assert_cmpstr (outcome, ==,
                       json_object_get_string_member_with_default (delivered, key, ""));
    }
  for (guint i = 0; i < json_array_get_length (replies); i++)
    {
      size_t len;
      g_autofree uint8_t *reply
          = test_hex_member (json_array_get_object_element (replies, i), "hex", &len);

      g_byte_array_append (wanted, reply, (guint) len);
    }
  test_assert_bytes (peer->wire->data, peer->wire->len, wanted->data, wanted->len);
}

static void
run_react (JsonObject *object,
           void *data)
{
  CulvertSmuxConfig config = default_config;

  config.version = (int) json_object_get_int_member (object, "version");
  config.streambuf = 65536;
  for (size_t piece = 1; piece <= 20; piece++)
    {
      g_autoptr (Peer) peer = peer_new (&config);

      react_feed (peer, json_object_get_array_member (object, "input"), piece);
      react_check (peer, object);
    }
}

static void
test_vectors_react (const void *data)
{
  g_assert_cmpuint (test_vectors_foreach (data, "react", run_react, NULL), ==, 11);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/smux/vectors/script/v1", "smux_v1.json", test_vectors_script);
  g_test_add_data_func ("/smux/vectors/script/v2", "smux_v2.json", test_vectors_script);
  g_test_add_data_func ("/smux/vectors/react/v1", "smux_v1.json", test_vectors_react);
  g_test_add_data_func ("/smux/vectors/react/v2", "smux_v2.json", test_vectors_react);
  return g_test_run ();
}

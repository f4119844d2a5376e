/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Two peers that open, write, read and close at random over a pipe that delivers in random pieces,
 * compared with what was written; the books are checked after every step. */

#include "config.h"

#include "culvert-rng.h"
#include "test-smux-peer.h"

#define MAX_STREAMS 24

/* What was done on a stream by each side; outlives it. */
typedef struct
{
  uint64_t written[2];
  bool is_known[2]; /* it opened it or accepted it */
  bool is_closed[2];
} Track;

typedef struct
{
  Peer *peers[2];
  GHashTable *tracks; /* id → Track */
  CulvertSeededRng rng;
  int64_t smuxbuf;
  uint64_t n_delivered;
} Model;

static uint8_t
content (uint32_t id,
         int side,
         uint64_t offset)
{
  return (uint8_t) (id * 31 + (uint32_t) side * 17 + offset * 7 + (offset >> 8));
}

static Track *
model_track (Model *model,
             uint32_t id)
{
  Track *track = g_hash_table_lookup (model->tracks, GUINT_TO_POINTER (id));

  g_assert_nonnull (track);
  return track;
}

static CulvertStream *
model_pick (Model *model,
            int side)
{
  CulvertSmux *smux = model->peers[side]->smux;
  CulvertStream *stream = culvert_smux_first_stream (smux);

  if (stream == NULL)
    return NULL;
  for (uint32_t i = culvert_rng_below (&model->rng.base, culvert_smux_n_streams (smux)); i > 0; i--)
    stream = culvert_smux_next_stream (smux, stream);
  return stream;
}

static void
model_open (Model *model,
            int side)
{
  CulvertStream *stream = culvert_smux_open (model->peers[side]->smux);

  if (stream == NULL)
    return;
  g_assert_true (g_hash_table_insert (model->tracks, GUINT_TO_POINTER (stream->id),
                                      g_new0 (Track, 1)));
  model_track (model, stream->id)->is_known[side] = true;
}

static void
model_write (Model *model,
             int side,
             uint32_t len)
{
  Peer *peer = model->peers[side];
  CulvertStream *stream = model_pick (model, side);
  uint8_t data[4000];
  Track *track;

  if (stream == NULL)
    return;
  peer_pull (peer);
  track = model_track (model, stream->id);
  for (uint32_t i = 0; i < len; i++)
    data[i] = content (stream->id, side, track->written[side] + i);
  track->written[side] += peer_push (peer, stream, data, len);
}

static void
model_read (Model *model,
            int side,
            uint32_t len)
{
  CulvertStream *stream = model_pick (model, side);

  if (stream != NULL)
    culvert_smux_returned (model->peers[side]->smux, stream, MIN (len, stream->held_tokens));
}

static void
model_close (Model *model,
             int side,
             CulvertStream *stream)
{
  if (stream == NULL)
    return;
  model_track (model, stream->id)->is_closed[side] = true;
  culvert_smux_close (model->peers[side]->smux, stream);
}

static void
model_changes (Model *model,
               int side)
{
  CulvertStream *stream;
  unsigned changes;

  while ((stream = culvert_smux_next_changed (model->peers[side]->smux, &changes)) != NULL)
    {
      Track *track = model_track (model, stream->id);

      if (changes & CULVERT_STREAM_OPENED)
        track->is_known[side] = true;
      if (!(changes & CULVERT_STREAM_FINISHED))
        continue;
      /* Closed, or refused because there were too many. */
      g_assert_true (track->is_closed[!side] || !track->is_known[!side]);
      g_assert_cmpuint (stream->bytes_in, ==, track->written[!side]);
    }
}

/* Moves at most len bytes of what the other side wrote; the rest stays when tokens run out. */
static void
model_deliver (Model *model,
               int side,
               size_t len)
{
  GByteArray *wire = model->peers[!side]->wire;
  size_t at = 0;

  len = MIN (len, wire->len);
  while (at < len)
    {
      CulvertSmuxRun run;
      int n = culvert_smux_parse (model->peers[side]->smux, wire->data + at, len - at, &run, 0);

      if (n == CULVERT_E_AGAIN)
        break;
      g_assert_cmpint (n, >, 0);
      at += (size_t) n;
      model->n_delivered += run.len;
      for (size_t i = 0; i < run.len; i++)
        g_assert_cmpuint (run.data[i], ==, content (run.stream->id, !side, run.stream->bytes_in++));
      model_changes (model, side);
    }
  g_byte_array_remove_range (wire, 0, (guint) at);
}

static void
model_check (Model *model)
{
  for (int side = 0; side < 2; side++)
    {
      CulvertSmux *smux = model->peers[side]->smux;
      int64_t held = 0;
      uint32_t n = 0;

      for (CulvertStream *stream = culvert_smux_first_stream (smux); stream != NULL;
           stream = culvert_smux_next_stream (smux, stream))
        {
          Track *track = model_track (model, stream->id);

          g_assert_cmpuint (stream->bytes_in, <=, track->written[!side]);
          g_assert_cmpuint (stream->sent, ==, (uint32_t) track->written[side]);
          g_assert_false (culvert_smux_is_overrun (smux, stream));
          g_assert_cmpint (culvert_smux_window (smux, stream), !=, CULVERT_E_PROTOCOL);
          held += stream->held_tokens;
          n++;
        }
      g_assert_cmpint (smux->tokens, ==, model->smuxbuf - held);
      g_assert_cmpuint (n, ==, culvert_smux_n_streams (smux));
      g_assert_cmpuint (n, <=, MAX_STREAMS);
      g_assert_cmpuint (smux->n_fins + n, <=, smux->fin_size);
    }
}

static void
model_step (Model *model)
{
  CulvertRng *rng = &model->rng.base;
  int side = (int) culvert_rng_below (rng, 2);
  uint32_t len = culvert_rng_below (rng, 4000);

  switch (culvert_rng_below (rng, 16))
    {
    case 0:
      model_open (model, side);
      break;
    case 1:
      if (culvert_rng_below (rng, 2) == 0)
        model_close (model, side, model_pick (model, side));
      break;
    case 2:
    case 3:
    case 4:
      model_read (model, side, len * 2);
      break;
    case 5:
      peer_pull (model->peers[side]);
      break;
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
      model_deliver (model, side, len);
      break;
    default:
      model_write (model, side, len);
      break;
    }
  model_check (model);
}

/* Everything arrives and is read. */
static void
model_settle (Model *model)
{
  bool is_moving = true;

  while (is_moving)
    {
      is_moving = false;
      for (int side = 0; side < 2; side++)
        {
          CulvertSmux *smux = model->peers[side]->smux;

          peer_pull (model->peers[!side]);
          is_moving |= model->peers[!side]->wire->len > 0;
          model_deliver (model, side, SIZE_MAX);
          for (CulvertStream *stream = culvert_smux_first_stream (smux); stream != NULL;
               stream = culvert_smux_next_stream (smux, stream))
            culvert_smux_returned (smux, stream, stream->held_tokens);
          model_check (model);
        }
    }
}

static void
model_finish (Model *model)
{
  model_settle (model);
  for (int side = 0; side < 2; side++)
    {
      CulvertSmux *smux = model->peers[side]->smux;
      CulvertStream *stream;

      for (stream = culvert_smux_first_stream (smux); stream != NULL;
           stream = culvert_smux_next_stream (smux, stream))
        g_assert_cmpuint (stream->bytes_in, ==, model_track (model, stream->id)->written[!side]);
    }
  for (int side = 0; side < 2; side++)
    while (culvert_smux_n_streams (model->peers[side]->smux) > 0)
      model_close (model, side, culvert_smux_first_stream (model->peers[side]->smux));
  model_settle (model);
  for (int side = 0; side < 2; side++)
    {
      CulvertSmux *smux = model->peers[side]->smux;

      while (culvert_smux_n_streams (smux) > 0)
        model_close (model, side, culvert_smux_first_stream (smux));
      peer_pull (model->peers[side]);
      g_assert_true (smux->buckets == smux->own_buckets);
      g_assert_true (smux->fins == smux->own_fins);
    }
}

static void
test_model (const void *data)
{
  for (unsigned seed = 1; seed <= 20; seed++)
    {
      CulvertSmuxConfig config = { .version = GPOINTER_TO_INT (data),
                                   .smuxbuf = 30000,
                                   .streambuf = 6000,
                                   .framesize = 1 + seed * 173,
                                   .keepalive = 10 * CULVERT_SEC,
                                   .max_streams = MAX_STREAMS };
      Model model = { .smuxbuf = config.smuxbuf };

      g_test_message ("seed %u", seed);
      culvert_seeded_rng_init (&model.rng, seed);
      model.tracks = g_hash_table_new_full (NULL, NULL, NULL, g_free);
      model.peers[1] = peer_new (&config);
      config.is_client = true;
      model.peers[0] = peer_new (&config);
      for (unsigned i = 0; i < 5000; i++)
        model_step (&model);
      model_finish (&model);
      g_assert_cmpuint (model.n_delivered, >, 50000);
      peer_free (model.peers[0]);
      peer_free (model.peers[1]);
      g_hash_table_unref (model.tracks);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/smux/model/v1", GINT_TO_POINTER (1), test_model);
  g_test_add_data_func ("/smux/model/v2", GINT_TO_POINTER (2), test_model);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Frames from outside into smux while an application opens, reads, writes and closes.
 *
 * Byte 0 chooses the settings, byte 1 the cuts and what the application does; the rest is
 * the wire. Each piece lies in a block of exactly its size. The books are checked after every
 * call. */

#include "config.h"

#include "culvert-rng.h"
#include "culvert-smux-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t size);

typedef struct
{
  CulvertSmux *smux;
  CulvertSeededRng rng;
  int64_t smuxbuf;
  CulvertTime now;
  bool is_dead;
} Fuzz;

static CulvertStream *
fuzz_pick (Fuzz *fuzz)
{
  uint32_t n = culvert_smux_n_streams (fuzz->smux);
  CulvertStream *stream = culvert_smux_first_stream (fuzz->smux);

  g_assert ((n == 0) == (stream == NULL));
  if (n == 0)
    return NULL;
  for (n = culvert_rng_below (&fuzz->rng.base, n); n > 0; n--)
    stream = culvert_smux_next_stream (fuzz->smux, stream);
  return stream;
}

static void
fuzz_check (Fuzz *fuzz)
{
  CulvertSmux *smux = fuzz->smux;
  int64_t held = 0;
  uint32_t n = 0;

  for (CulvertStream *stream = culvert_smux_first_stream (smux); stream != NULL;
       stream = culvert_smux_next_stream (smux, stream))
    {
      held += stream->held_tokens;
      n++;
    }
  g_assert (smux->tokens == fuzz->smuxbuf - held);
  g_assert (n == smux->n_streams && n <= smux->max_streams);
  g_assert (smux->n_fins + n <= smux->fin_size);
  g_assert (culvert_smux_deadline (smux) > fuzz->now);
}

static void
fuzz_pull (Fuzz *fuzz)
{
  uint8_t buf[CULVERT_SMUX_CONTROL_MAX];
  CulvertSmuxFrame frame;

  while (culvert_smux_has_control (fuzz->smux))
    {
      size_t n = culvert_smux_next_control (fuzz->smux, buf);
      int code = culvert_smux_frame_get (buf, culvert_smux_version (fuzz->smux), &frame);

      g_assert (code == CULVERT_OK);
      g_assert (n == CULVERT_SMUX_HEADER + culvert_smux_frame_body (&frame));
    }
}

static void
fuzz_write (Fuzz *fuzz,
            CulvertStream *stream)
{
  int64_t allowed = culvert_smux_allowance (fuzz->smux, stream);
  uint8_t header[CULVERT_SMUX_HEADER];

  fuzz_pull (fuzz);
  if (allowed > 0)
    culvert_smux_psh_header (fuzz->smux, stream, (size_t) allowed, header);
}

/* The application's turn. */
static void
fuzz_act (Fuzz *fuzz)
{
  CulvertStream *stream = fuzz_pick (fuzz);
  unsigned changes;
  int code;

  switch (culvert_rng_below (&fuzz->rng.base, 8))
    {
    case 0:
      (void) culvert_smux_open (fuzz->smux);
      break;
    case 1:
      if (stream != NULL)
        culvert_smux_close (fuzz->smux, stream);
      break;
    case 2:
    case 3:
      if (stream != NULL)
        culvert_smux_returned (fuzz->smux, stream, stream->held_tokens);
      break;
    case 4:
      if (stream != NULL)
        fuzz_write (fuzz, stream);
      break;
    case 5:
      fuzz_pull (fuzz);
      break;
    case 6:
      fuzz->now = culvert_smux_deadline (fuzz->smux);
      code = culvert_smux_advance (fuzz->smux, fuzz->now);
      g_assert (code == CULVERT_OK || code == CULVERT_E_FATAL);
      fuzz->is_dead = code < 0;
      break;
    default:
      while (culvert_smux_next_changed (fuzz->smux, &changes) != NULL)
        g_assert (changes != 0);
      break;
    }
}

/* Lets everybody read, so that the wire is never stuck for tokens or FINs. */
static void
fuzz_unblock (Fuzz *fuzz)
{
  for (CulvertStream *stream = culvert_smux_first_stream (fuzz->smux); stream != NULL;
       stream = culvert_smux_next_stream (fuzz->smux, stream))
    culvert_smux_returned (fuzz->smux, stream, stream->held_tokens);
  fuzz_pull (fuzz);
  g_assert (culvert_smux_tokens (fuzz->smux) > 0);
}

static void
fuzz_feed (Fuzz *fuzz,
           const uint8_t *data,
           size_t size)
{
  g_autofree uint8_t *copy = g_memdup2 (data, size);
  size_t at = 0;

  while (at < size && !fuzz->is_dead)
    {
      CulvertSmuxRun run;
      int n = culvert_smux_parse (fuzz->smux, copy + at, size - at, &run, fuzz->now);

      if (n == CULVERT_E_AGAIN)
        {
          fuzz_unblock (fuzz);
          continue;
        }
      g_assert (n > 0 || n == CULVERT_E_PROTOCOL);
      if (n < 0)
        {
          fuzz->is_dead = true;
          break;
        }
      at += (size_t) n;
      g_assert (at <= size);
      if (run.stream != NULL)
        g_assert (run.len > 0 && run.data + run.len == copy + at);
      fuzz_act (fuzz);
      if (!fuzz->is_dead)
        fuzz_check (fuzz);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t size)
{
  CulvertCounters *counters;
  CulvertSmuxConfig config = { 0 };
  Fuzz fuzz = { 0 };
  size_t at = 2;

  if (size < 2)
    return 0;
  config.version = data[0] & 1 ? 1 : 2;
  config.is_client = (data[0] & 2) != 0;
  config.smuxbuf = data[0] & 4 ? 100 : 4194304;
  config.streambuf = data[0] & 8 ? 20 : 2097152;
  config.framesize = data[0] & 16 ? 1 : 65535;
  config.keepalive = 10 * CULVERT_SEC;
  config.max_streams = data[0] & 32 ? 2 : 50;
  counters = culvert_counters_new ();
  culvert_seeded_rng_init (&fuzz.rng, data[1]);
  fuzz.smux = culvert_smux_new (&config, counters, 0);
  fuzz.smuxbuf = config.smuxbuf;
  while (at < size)
    {
      size_t n = data[0] & 64 ? size : 1 + culvert_rng_below (&fuzz.rng.base, 40);

      n = MIN (n, size - at);
      fuzz_feed (&fuzz, data + at, n);
      at += n;
    }
  culvert_smux_free (fuzz.smux);
  culvert_counters_unref (counters);
  return 0;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One session fed with datagrams and served as a link serves it. Input: a byte of settings (bit 0
 * client, 1 compression, 2 smux 2, 3 QPP, 4 FEC), then datagrams, each behind its length as u16
 * whose upper 4 bits are ms to wait before it; the last may be cut short. conv is 1. */
#include "config.h"

#include "culvert-session.h"
#include "culvert-wire.h"

#define FUZZ_BUDGET (4 << 20)
#define FUZZ_CONV 1

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t len);

typedef struct
{
  CulvertBudget budget;
  CulvertSeededRng rng;
  CulvertSessionResources resources;
  CulvertCounters *counters;
  CulvertCipher *cipher;
  CulvertSession *session;
  CulvertTxBatch batch;
  CulvertTime now;
  int error;
} Fuzz;

static CulvertQppPads *fuzz_pads;

static void
fuzz_init (Fuzz *fuzz, uint8_t settings)
{
  static const uint8_t key[CULVERT_KEY_LEN];
  CulvertSessionConfig config = {
    .is_client = settings & 1,
    .compress = settings & 2,
    .qpp = settings & 8 ? fuzz_pads : NULL,
    .kcp = {
      .conv = FUZZ_CONV,
      .mtu = 1350,
      .sndwnd = 32,
      .rcvwnd = 32,
      .nodelay = 1,
      .interval_ms = 10,
      .resend = 2,
      .no_cwnd = true,
    },
    .smux = {
      .version = settings & 4 ? 2 : 1,
      .is_client = settings & 1,
      .smuxbuf = 65536,
      .streambuf = 32768,
      .framesize = 8192,
      .keepalive = 10 * CULVERT_SEC,
      .max_streams = 8,
    },
  };

  memset (fuzz, 0, sizeof *fuzz);
  fuzz->budget.limit = FUZZ_BUDGET;
  culvert_seeded_rng_init (&fuzz->rng, 1);
  fuzz->resources = (CulvertSessionResources) {
    .budget = &fuzz->budget,
    .packets = culvert_pool_new (CULVERT_PACKET_SLOT, &fuzz->budget),
    .segments = culvert_pool_new (CULVERT_KCP_SEGMENT_SLOT, &fuzz->budget),
    .chunks = culvert_pool_new (4096, &fuzz->budget),
    .rng = &fuzz->rng.base,
    .scratch = g_malloc (CULVERT_SESSION_SCRATCH),
  };
  fuzz->now = CULVERT_SEC;
  fuzz->counters = culvert_counters_new ();
  fuzz->cipher = culvert_cipher_new ("null", key);
  config.cipher = fuzz->cipher;
  config.fec = settings & 16 ? culvert_fec_code_new (3, 2) : NULL;
  fuzz->session = culvert_session_new (&config, &fuzz->resources, fuzz->counters, fuzz->now);
  g_clear_pointer (&config.fec, culvert_fec_code_unref);
}

static void
fuzz_clear (Fuzz *fuzz)
{
  culvert_session_free (fuzz->session);
  culvert_cipher_free (fuzz->cipher);
  culvert_counters_unref (fuzz->counters);
  g_assert (culvert_pool_live (fuzz->resources.packets) == 0);
  g_assert (culvert_pool_live (fuzz->resources.segments) == 0);
  g_assert (culvert_pool_live (fuzz->resources.chunks) == 0);
  culvert_pool_free (fuzz->resources.packets);
  culvert_pool_free (fuzz->resources.segments);
  culvert_pool_free (fuzz->resources.chunks);
  g_free (fuzz->resources.scratch);
}

/* Takes half of what is there, parks the rest; echoes a few bytes. */
static void
fuzz_serve (Fuzz *fuzz, CulvertStream *stream)
{
  struct iovec spans[4];
  size_t len;
  unsigned n = culvert_session_peek (fuzz->session, stream, spans, G_N_ELEMENTS (spans));

  if (n > 0)
    {
      culvert_session_consume (fuzz->session, stream, (spans[0].iov_len + 1) / 2);
      culvert_session_park (fuzz->session, stream);
    }
  if (culvert_session_reserve (fuzz->session, stream, 100, spans, 4, &len) > 0)
    {
      memset (spans[0].iov_base, 'x', spans[0].iov_len);
      culvert_session_commit (fuzz->session, stream, spans[0].iov_len);
    }
}

static void
fuzz_wake (Fuzz *fuzz)
{
  CulvertEvent event;

  fuzz->error = culvert_session_advance (fuzz->session, fuzz->now);
  while (fuzz->error == CULVERT_OK
         && culvert_session_next_event (fuzz->session, &event, &fuzz->error, fuzz->now))
    {
      if (event.stream == NULL)
        continue;
      fuzz_serve (fuzz, event.stream);
      if (event.kinds & CULVERT_EVENT_FINISHED)
        culvert_session_close_stream (fuzz->session, event.stream);
    }
  while (culvert_session_output (fuzz->session, &fuzz->batch, fuzz->now) > 0)
    while (fuzz->batch.n > 0)
      {
        CulvertPacket *packet = fuzz->batch.packets[--fuzz->batch.n];

        g_assert (packet->len <= CULVERT_PACKET_MAX);
        culvert_pool_put (fuzz->resources.packets, packet);
      }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  const uint8_t *end = data + len;
  Fuzz fuzz;

  if (len < 1)
    return 0;
  if (fuzz_pads == NULL)
    {
      culvert_cipher_init_library ();
      fuzz_pads = culvert_qpp_pads_new ("fuzz", 7);
    }
  fuzz_init (&fuzz, *data);
  if (*data++ & 1)
    (void) culvert_session_open_stream (fuzz.session, fuzz.now);
  while (end - data > 2 && fuzz.error == CULVERT_OK)
    {
      uint16_t head = culvert_load_u16 (data);
      size_t n = MIN ((size_t) (head & 0xfff), (size_t) (end - data - 2));
      g_autofree uint8_t *datagram = g_memdup2 (data + 2, n > 0 ? n : 1);

      fuzz.now += (head >> 12) * CULVERT_MSEC;
      if (culvert_session_input (fuzz.session, datagram, n, fuzz.now) <= CULVERT_E_FATAL)
        break;
      fuzz_wake (&fuzz);
      data += 2 + n;
    }
  fuzz_clear (&fuzz);
  return 0;
}

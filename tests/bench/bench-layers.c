/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What one packet costs in each layer: nanoseconds of this thread and, on x86, cycles of the time
 * stamp counter in the same time. The best of several rounds is printed, for what disturbs a
 * measurement only adds to it. Packets are full ones (-mtu 1350, FEC on), data is in the
 * cache, which flatters: a tunnel finds half of it outside.
 *
 *   bench-layers [--json] [LAYER...]   only layers whose name begins so */
#include "config.h"

#include "culvert-cipher.h"
#include "culvert-comp.h"
#include "culvert-crc.h"
#include "culvert-fec.h"
#include "culvert-kcp.h"
#include "culvert-nonce.h"
#include "culvert-smux-frame.h"
#include "culvert-smux.h"

#include <stdio.h>
#include <time.h>

#define BENCH_ROUNDS 15
#define BENCH_PACKETS 2000 /* of a round */
#define BENCH_BODY 1322    /* KCP packet: 1350 less cipher and FEC */
#define BENCH_SLOTS 256

typedef struct
{
  CulvertBudget budget;
  CulvertPool *packets;
  CulvertPool *segments;
  CulvertCounters *counters;
  CulvertRng *rng;
  uint8_t key[CULVERT_KEY_LEN];
  uint8_t text[CULVERT_COMP_MAX_PLAIN];
  CulvertTime now;
  char **only;
  bool json;
  unsigned n_printed;
  double overhead_ns; /* of taking two samples */
} Bench;

typedef struct
{
  double cpu_ns;
  double wall_ns;
  uint64_t ticks;
} Sample;

static Sample
sample_now (void)
{
  struct timespec cpu, wall;
  Sample sample = { 0 };

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &cpu);
  clock_gettime (CLOCK_MONOTONIC, &wall);
#if defined (__x86_64__)
  sample.ticks = __builtin_ia32_rdtsc ();
#endif
  sample.cpu_ns = (double) cpu.tv_sec * 1e9 + (double) cpu.tv_nsec;
  sample.wall_ns = (double) wall.tv_sec * 1e9 + (double) wall.tv_nsec;
  return sample;
}

static double
sample_overhead (void)
{
  double best = 1e18;

  for (unsigned i = 0; i < 1000; i++)
    {
      Sample before = sample_now ();
      Sample after = sample_now ();

      best = MIN (best, after.cpu_ns - before.cpu_ns);
    }
  return best;
}

static bool
is_wanted (const Bench *bench, const char *name)
{
  if (bench->only[0] == NULL)
    return true;
  for (char **prefix = bench->only; *prefix != NULL; prefix++)
    if (g_str_has_prefix (name, *prefix))
      return true;
  return false;
}

static void
print_cost (Bench *bench, const char *name, double ns, double cycles)
{
  if (bench->json)
    printf ("%s{\"layer\": \"%s\", \"ns\": %.1f, \"cycles\": %.0f}",
            bench->n_printed > 0 ? ",\n " : "", name, ns, cycles);
  else
    printf ("%-28s %9.1f %9.0f\n", name, ns, cycles);
  bench->n_printed++;
}

/* func handles n packets per call; prepare (may be NULL) is not counted. */
static void
measure (Bench *bench,
         const char *name,
         unsigned n,
         void (*prepare) (Bench *bench, void *data),
         void (*func) (Bench *bench, void *data),
         void *data)
{
  double best = 1e18;
  double best_ticks = 0;

  if (!is_wanted (bench, name))
    return;
  for (unsigned round = 0; round < BENCH_ROUNDS; round++)
    {
      Sample sum = { 0 };
      unsigned done = 0;

      for (; done < BENCH_PACKETS; done += n)
        {
          Sample before, after;

          if (prepare != NULL)
            prepare (bench, data);
          before = sample_now ();
          func (bench, data);
          after = sample_now ();
          sum.cpu_ns += after.cpu_ns - before.cpu_ns - bench->overhead_ns;
          sum.wall_ns += after.wall_ns - before.wall_ns;
          sum.ticks += after.ticks - before.ticks;
        }
      if (sum.cpu_ns / done < best)
        {
          best = sum.cpu_ns / done;
          best_ticks = (double) sum.ticks / sum.wall_ns;
        }
    }
  print_cost (bench, name, best, best * best_ticks);
}

/* -- ciphers and checksums ------------------------------------------------------------- */

typedef struct
{
  CulvertCipher *cipher;
  unsigned n;
  CulvertPacket packets[BENCH_SLOTS];
  CulvertPacket sealed[BENCH_SLOTS];
  CulvertPacket *list[BENCH_SLOTS];
} CipherBench;

static void
cipher_prepare_plain (Bench *bench, void *data)
{
  CipherBench *self = data;

  for (unsigned i = 0; i < self->n; i++)
    {
      CulvertPacket *packet = &self->packets[i];

      packet->offset = CULVERT_PACKET_HEADROOM;
      packet->len = BENCH_BODY + CULVERT_FEC_HEADER;
      packet->buf[CULVERT_PACKET_HEADROOM] = (uint8_t) i;
      self->list[i] = packet;
    }
}

static void
cipher_seal (Bench *bench, void *data)
{
  CipherBench *self = data;

  culvert_cipher_seal_batch (self->cipher, self->list, self->n, bench->rng);
}

static void
cipher_prepare_sealed (Bench *bench, void *data)
{
  CipherBench *self = data;

  memcpy (self->packets, self->sealed, self->n * sizeof self->packets[0]);
}

static void
cipher_open (Bench *bench, void *data)
{
  CipherBench *self = data;

  for (unsigned i = 0; i < self->n; i++)
    {
      uint8_t *body;
      size_t len;

      if (culvert_cipher_open (self->cipher, culvert_packet_data (&self->packets[i]),
                               self->packets[i].len, &body, &len) < 0)
        g_error ("a sealed packet does not open");
    }
}

static void
bench_ciphers (Bench *bench)
{
  CipherBench *self = g_new0 (CipherBench, 1);
  const char *name;

  for (unsigned i = 0; (name = culvert_cipher_name (i)) != NULL; i++)
    {
      g_autofree char *seal = g_strconcat ("seal ", name, NULL);
      g_autofree char *batch = g_strconcat ("seal-31 ", name, NULL);
      g_autofree char *open = g_strconcat ("open ", name, NULL);

      self->cipher = culvert_cipher_new (name, bench->key);
      if (self->cipher == NULL)
        continue;
      self->n = 1;
      measure (bench, seal, 1, cipher_prepare_plain, cipher_seal, self);
      self->n = 31;
      measure (bench, batch, 31, cipher_prepare_plain, cipher_seal, self);
      cipher_prepare_plain (bench, self);
      cipher_seal (bench, self);
      memcpy (self->sealed, self->packets, sizeof self->sealed);
      measure (bench, open, 31, cipher_prepare_sealed, cipher_open, self);
      culvert_cipher_free (self->cipher);
    }
  g_free (self);
}

static uint32_t crc_sink;

static void
crc_run (Bench *bench, void *data)
{
  for (unsigned i = 0; i < 32; i++)
    crc_sink += culvert_crc32 (bench->text + i, BENCH_BODY + CULVERT_FEC_HEADER);
}

static void
nonce_run (Bench *bench, void *data)
{
  uint8_t nonce[16];

  for (unsigned i = 0; i < 32; i++)
    culvert_rng_fill (bench->rng, nonce, sizeof nonce);
}

/* -- FEC ----------------------------------------------------------------------------------- */

#define FEC_DATA 10
#define FEC_PARITY 3

typedef struct
{
  CulvertFecEncoder *encoder;
  CulvertFecDecoder *decoder;
  CulvertPacket *group[FEC_DATA + FEC_PARITY];
  unsigned n;
  unsigned n_lost;
} FecBench;

static void
fec_drop (Bench *bench, FecBench *self)
{
  for (unsigned i = 0; i < self->n; i++)
    culvert_pool_put (bench->packets, self->group[i]);
  self->n = 0;
}

static void
fec_prepare_plain (Bench *bench, void *data)
{
  FecBench *self = data;

  fec_drop (bench, self);
  for (unsigned i = 0; i < FEC_DATA; i++)
    {
      self->group[i] = culvert_packet_new (bench->packets);
      memcpy (culvert_packet_append (self->group[i], BENCH_BODY), bench->text, BENCH_BODY);
    }
  self->n = FEC_DATA;
}

static void
fec_encode (Bench *bench, void *data)
{
  FecBench *self = data;
  CulvertPacket *parity;

  for (unsigned i = 0; i < FEC_DATA; i++)
    culvert_fec_encoder_add (self->encoder, self->group[i], bench->now);
  while ((parity = culvert_fec_encoder_next_parity (self->encoder)) != NULL)
    self->group[self->n++] = parity;
}

static void
fec_prepare_group (Bench *bench, void *data)
{
  fec_prepare_plain (bench, data);
  fec_encode (bench, data);
}

static void
fec_decode (Bench *bench, void *data)
{
  FecBench *self = data;

  for (unsigned i = self->n_lost; i < self->n; i++)
    (void) !culvert_fec_decoder_input (self->decoder, culvert_packet_data (self->group[i]),
                                       self->group[i]->len, bench->now);
}

static void
bench_fec (Bench *bench)
{
  FecBench self = { 0 };
  CulvertFecCode *code = culvert_fec_code_new (FEC_DATA, FEC_PARITY);

  self.encoder = culvert_fec_encoder_new (code, bench->packets);
  self.decoder = culvert_fec_decoder_new (FEC_DATA, FEC_PARITY, bench->packets, bench->counters);
  measure (bench, "fec encode 10/3", FEC_DATA, fec_prepare_plain, fec_encode, &self);
  measure (bench, "fec decode 10/3", FEC_DATA, fec_prepare_group, fec_decode, &self);
  self.n_lost = FEC_PARITY;
  measure (bench, "fec decode 10/3, 3 lost", FEC_DATA, fec_prepare_group, fec_decode, &self);
  fec_drop (bench, &self);
  culvert_fec_encoder_free (self.encoder);
  culvert_fec_decoder_free (self.decoder);
  culvert_fec_code_unref (code);
}

/* -- KCP ----------------------------------------------------------------------------------- */

#define KCP_BATCH 200

typedef struct
{
  CulvertKcp *from;
  CulvertKcp *to;
  uint8_t packets[KCP_BATCH + 8][1500];
  size_t lens[KCP_BATCH + 8];
  unsigned n;
} KcpBench;

/* What one end has to say reaches the other. */
static void
kcp_pass (Bench *bench, CulvertKcp *from, CulvertKcp *to)
{
  uint8_t buf[1500];
  size_t len;

  culvert_kcp_flush (from, CULVERT_KCP_FLUSH_FULL, bench->now);
  while ((len = culvert_kcp_output (from, buf, bench->now, NULL, NULL)) > 0)
    (void) !culvert_kcp_input (to, buf, len, false, bench->now);
}

static void
kcp_output (Bench *bench, KcpBench *self)
{
  self->n = 0;
  culvert_kcp_flush (self->from, CULVERT_KCP_FLUSH_DUE, bench->now);
  while (self->n < G_N_ELEMENTS (self->lens)
         && (self->lens[self->n] = culvert_kcp_output (self->from, self->packets[self->n],
                                                       bench->now, NULL, NULL)) > 0)
    self->n++;
}

static void
kcp_send (Bench *bench, void *data)
{
  KcpBench *self = data;
  size_t left = (size_t) KCP_BATCH * culvert_kcp_mss (self->from);

  while (left > 0)
    {
      struct iovec spans[64];
      size_t len;

      (void) culvert_kcp_reserve (self->from, MIN (left, 65536), spans, G_N_ELEMENTS (spans), &len);
      culvert_kcp_commit (self->from, len);
      left -= len;
    }
  kcp_output (bench, self);
}

static void
kcp_receive (Bench *bench, void *data)
{
  KcpBench *self = data;

  for (unsigned i = 0; i < self->n; i++)
    (void) !culvert_kcp_input (self->to, self->packets[i], self->lens[i], false, bench->now);
  culvert_kcp_consume (self->to, culvert_kcp_readable (self->to));
}

/* All that was sent before is acknowledged. */
static void
kcp_prepare_send (Bench *bench, void *data)
{
  KcpBench *self = data;
  CulvertKcpState state;

  do
    {
      kcp_receive (bench, self);
      kcp_pass (bench, self->to, self->from);
      bench->now += CULVERT_MSEC;
      kcp_output (bench, self);
      culvert_kcp_get_state (self->from, &state);
    }
  while (state.n_snd_queue + state.n_snd_buf > 0);
}

static void
kcp_prepare_receive (Bench *bench, void *data)
{
  kcp_prepare_send (bench, data);
  kcp_send (bench, data);
}

static void
bench_kcp (Bench *bench)
{
  CulvertKcpConfig config = {
    .conv = 1, .mtu = BENCH_BODY, .sndwnd = 2048, .rcvwnd = 2048, .nodelay = 1, .interval_ms = 10,
    .resend = 2, .no_cwnd = true,
  };
  KcpBench *self = g_new0 (KcpBench, 1);

  self->from = culvert_kcp_new (&config, bench->segments, bench->counters, bench->now);
  self->to = culvert_kcp_new (&config, bench->segments, bench->counters, bench->now);
  measure (bench, "kcp send", KCP_BATCH, kcp_prepare_send, kcp_send, self);
  measure (bench, "kcp receive", KCP_BATCH, kcp_prepare_receive, kcp_receive, self);
  culvert_kcp_free (self->from);
  culvert_kcp_free (self->to);
  g_free (self);
}

/* -- smux and snappy ------------------------------------------------------------------------- */

#define SMUX_PAYLOAD 8192

typedef struct
{
  CulvertSmux *smux;
  CulvertStream *stream;
  uint8_t frames[4 * (CULVERT_SMUX_HEADER + SMUX_PAYLOAD)];
} SmuxBench;

/* In pieces as KCP's segments are. */
static void
smux_parse (Bench *bench, void *data)
{
  SmuxBench *self = data;
  size_t left = sizeof self->frames;
  uint8_t *p = self->frames;

  while (left > 0)
    {
      size_t piece = MIN (left, (size_t) BENCH_BODY - CULVERT_KCP_OVERHEAD);
      CulvertSmuxRun run;
      int n = culvert_smux_parse (self->smux, p, piece, &run, bench->now);

      if (n < 0)
        g_error ("smux does not read its own frames");
      if (run.stream != NULL)
        culvert_smux_returned (self->smux, run.stream, run.len);
      p += n;
      left -= (size_t) n;
    }
  while (culvert_smux_has_control (self->smux))
    {
      uint8_t control[CULVERT_SMUX_CONTROL_MAX];

      (void) culvert_smux_next_control (self->smux, control);
    }
}

static void
bench_smux (Bench *bench)
{
  CulvertSmuxConfig config = {
    .version = 2, .is_client = true, .smuxbuf = 4194304, .streambuf = 2097152, .framesize = 8192,
    .keepalive = 10 * CULVERT_SEC, .max_streams = 16,
  };
  SmuxBench *self = g_new0 (SmuxBench, 1);

  self->smux = culvert_smux_new (&config, bench->counters, bench->now);
  self->stream = culvert_smux_open (self->smux);
  for (unsigned i = 0; i < 4; i++)
    {
      CulvertSmuxFrame frame = { 2, CULVERT_SMUX_PSH, SMUX_PAYLOAD, 3 };

      culvert_smux_frame_put (self->frames + i * (CULVERT_SMUX_HEADER + SMUX_PAYLOAD), &frame);
    }
  measure (bench, "smux parse", sizeof self->frames / (BENCH_BODY - CULVERT_KCP_OVERHEAD), NULL,
           smux_parse, self);
  culvert_smux_free (self->smux);
  g_free (self);
}

typedef struct
{
  CulvertCompWriter writer;
  CulvertCompReader *reader;
  uint8_t chunk[CULVERT_COMP_BOUND];
  uint8_t plain[CULVERT_COMP_MAX_PLAIN];
  size_t len;
} CompBench;

static void
comp_write (Bench *bench, void *data)
{
  CompBench *self = data;

  self->len = culvert_comp_write (&self->writer, bench->text, sizeof bench->text, self->chunk);
}

static void
comp_read (Bench *bench, void *data)
{
  CompBench *self = data;
  size_t plain_len = 0;

  if (culvert_comp_read (self->reader, self->chunk, self->len, self->plain, &plain_len) < 0
      || plain_len != sizeof bench->text)
    g_error ("snappy does not read its own chunk");
}

static void
bench_comp (Bench *bench)
{
  CompBench *self = g_new0 (CompBench, 1);

  culvert_comp_writer_init (&self->writer);
  self->reader = culvert_comp_reader_new (&bench->budget);
  comp_write (bench, self);
  comp_read (bench, self);
  measure (bench, "snappy write", sizeof bench->text / BENCH_BODY, NULL, comp_write, self);
  measure (bench, "snappy read", sizeof bench->text / BENCH_BODY, NULL, comp_read, self);
  culvert_comp_reader_free (self->reader);
  g_free (self);
}

int
main (int argc, char **argv)
{
  static const char words[] = "the quick brown fox jumps over a";
  Bench *bench = g_new0 (Bench, 1);

  bench->only = argv + 1;
  bench->json = argc > 1 && strcmp (argv[1], "--json") == 0;
  bench->only += bench->json;
  culvert_cipher_init_library ();
  bench->budget.limit = (size_t) 256 * 1024 * 1024;
  bench->packets = culvert_pool_new (CULVERT_PACKET_SLOT, &bench->budget);
  bench->segments = culvert_pool_new (CULVERT_KCP_SEGMENT_SLOT, &bench->budget);
  bench->counters = culvert_counters_new ();
  bench->rng = culvert_nonce_rng_new ();
  bench->now = CULVERT_SEC;
  bench->overhead_ns = sample_overhead ();
  culvert_rng_fill (bench->rng, bench->key, sizeof bench->key);
  for (unsigned i = 0; i < sizeof bench->text; i++)
    bench->text[i] = (uint8_t) (i & 32 ? (int) (i * i >> 5) : words[i & 31]);

  if (bench->json)
    printf ("[");
  else
    printf ("%-28s %9s %9s\n", "layer, per packet", "ns", "cycles");
  bench_kcp (bench);
  bench_fec (bench);
  bench_ciphers (bench);
  measure (bench, "crc-32", 32, NULL, crc_run, NULL);
  measure (bench, "nonce", 32, NULL, nonce_run, NULL);
  bench_smux (bench);
  bench_comp (bench);
  if (bench->json)
    printf ("]\n");
  culvert_nonce_rng_free (bench->rng);
  culvert_counters_unref (bench->counters);
  culvert_pool_free (bench->segments);
  culvert_pool_free (bench->packets);
  g_free (bench);
  return 0;
}

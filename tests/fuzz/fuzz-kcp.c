/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One KCP driven by a stream of operations: raw and nearly sound packets, writes, reads,
 * flushes and output under back-pressure, with a moving clock. After each step the
 * invariants hold; output never exceeds the mtu, never carries an empty PUSH and always
 * comes to an end; a flush that is due makes the deadline move on.
 *
 * Byte 0 chooses the settings; then one byte per operation, followed by its arguments. */
#include "config.h"

#include "culvert-kcp-private.h"
#include "culvert-wire.h"

#define CONV 7

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

typedef struct
{
  const uint8_t *p;
  const uint8_t *end;
  CulvertBudget budget;
  CulvertPool *pool;
  CulvertCounters *counters;
  CulvertKcpConfig config;
  CulvertKcp *kcp;
  CulvertTime now;
} Fuzz;

static uint8_t
fuzz_byte (Fuzz *f)
{
  return f->p < f->end ? *f->p++ : 0;
}

static void
fuzz_set_up (Fuzz *f,
             uint8_t choice)
{
  static const uint32_t mtus[] = { 50, 100, 1322, 1500 };
  static const uint32_t windows[] = { 1, 4, 64, 65535 };

  f->config = (CulvertKcpConfig) {
    .conv = CONV,
    .mtu = mtus[choice & 3],
    .sndwnd = windows[choice >> 2 & 3],
    .rcvwnd = windows[choice >> 4 & 3],
    .nodelay = choice >> 6 & 1,
    .interval_ms = 10,
    .resend = choice >> 6 & 3,
    .no_cwnd = (choice & 0x80) != 0,
  };
  f->budget = (CulvertBudget) { 0, 1024 * 1024 };
  f->pool = culvert_pool_new (CULVERT_KCP_SEGMENT_SLOT, &f->budget);
  f->counters = culvert_counters_new ();
  f->now = 1000000;
  f->kcp = culvert_kcp_new (&f->config, f->pool, f->counters, f->now);
  culvert_kcp_set_origin (f->kcp, -5, -6, -50, f->now);
}

static void
fuzz_input_raw (Fuzz *f)
{
  size_t len = fuzz_byte (f);
  bool recovered = len & 1;

  len = MIN (len, (size_t) (f->end - f->p));
  (void) !culvert_kcp_input (f->kcp, f->p, len, recovered, f->now);
  f->p += len;
}

/* Segments whose numbers lie near what this end knows. */
static void
fuzz_input_near (Fuzz *f)
{
  uint8_t packet[4 * (24 + 255)];
  unsigned n = 1 + fuzz_byte (f) % 4;
  uint8_t *p = packet;
  int code;

  while (n-- > 0)
    {
      uint8_t cmd = 81 + fuzz_byte (f) % 4;
      uint32_t len = cmd == 81 ? fuzz_byte (f) : 0;
      int8_t sn = fuzz_byte (f);
      int8_t una = fuzz_byte (f) % 16 - 1;

      memset (p, 0, 24 + len);
      culvert_store_u32 (p, CONV);
      p[4] = cmd;
      culvert_store_u16 (p + 6, fuzz_byte (f));
      culvert_store_u32 (p + 8, culvert_kcp_ms (f->kcp, f->now) - fuzz_byte (f) % 64);
      culvert_store_u32 (p + 12, (cmd == 81 ? f->kcp->rcv_nxt : f->kcp->snd_una) + sn);
      culvert_store_u32 (p + 16, f->kcp->snd_una + una);
      culvert_store_u32 (p + 20, len);
      p += 24 + len;
    }
  code = culvert_kcp_input (f->kcp, packet, p - packet, false, f->now);
  g_assert (code == CULVERT_OK || code == CULVERT_E_NOMEM);
}

static void
fuzz_write (Fuzz *f)
{
  static const uint8_t bytes[16 * 255];
  size_t len = fuzz_byte (f) * 16;
  uint32_t before = f->kcp->n_snd_queue;

  if (culvert_kcp_write (f->kcp, bytes, len) < 0)
    g_assert (f->kcp->n_snd_queue == before);
}

static void
fuzz_reserve (Fuzz *f)
{
  struct iovec spans[6];
  size_t want = fuzz_byte (f) * 8;
  unsigned max = fuzz_byte (f) % 7;
  size_t use = fuzz_byte (f) * 8;
  size_t len, sum = 0;
  unsigned n = culvert_kcp_reserve (f->kcp, want, spans, max, &len);

  g_assert (n <= max && len <= want);
  for (unsigned i = 0; i < n; i++)
    {
      memset (spans[i].iov_base, i, spans[i].iov_len);
      sum += spans[i].iov_len;
    }
  g_assert (sum == len);
  culvert_kcp_commit (f->kcp, MIN (len, use));
}

static void
fuzz_read (Fuzz *f)
{
  size_t readable = culvert_kcp_readable (f->kcp);
  struct iovec spans[8];
  unsigned n = culvert_kcp_peek (f->kcp, fuzz_byte (f), spans, G_N_ELEMENTS (spans));
  size_t len = (size_t) fuzz_byte (f) * 8;

  for (unsigned i = 0; i < n; i++)
    memset (spans[i].iov_base, 0, spans[i].iov_len);
  culvert_kcp_consume (f->kcp, MIN (len, readable));
  /* More when room in the queue let the ring in. */
  g_assert (culvert_kcp_readable (f->kcp) >= readable - MIN (len, readable));
}

/* At most max packets; how many there were. */
static unsigned
fuzz_output (Fuzz *f,
             unsigned max)
{
  uint8_t packet[1500];
  unsigned n = 0;

  while (n < max)
    {
      size_t retransmitted, acks;
      size_t len = culvert_kcp_output (f->kcp, packet, f->now, &retransmitted, &acks);

      if (len == 0)
        break;
      g_assert (len <= f->config.mtu && retransmitted + acks <= len);
      for (size_t at = 0; at < len; at += 24 + culvert_load_u32 (packet + at + 20))
        g_assert (packet[at + 4] != 81 || culvert_load_u32 (packet + at + 20) > 0);
      n++;
    }
  return n;
}

/* What a session does at the end of a wake, until nothing is due; that takes few rounds. */
static void
fuzz_wake (Fuzz *f)
{
  unsigned rounds = 0;

  while (culvert_kcp_deadline (f->kcp) <= f->now)
    {
      g_assert (rounds++ < 8);
      culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_DUE, f->now);
      fuzz_output (f, UINT32_MAX);
      culvert_kcp_check (f->kcp);
    }
}

static void
fuzz_advance (Fuzz *f)
{
  uint8_t b = fuzz_byte (f);
  CulvertTime deadline = culvert_kcp_deadline (f->kcp);

  if (b < 128)
    f->now += (CulvertTime) b * 500;
  else if (deadline != CULVERT_TIME_NEVER)
    f->now = MAX (f->now, deadline);
}

static void
fuzz_configure (Fuzz *f)
{
  uint8_t b = fuzz_byte (f);

  f->config.sndwnd = 1 + b % 32;
  f->config.rcvwnd = 1 + fuzz_byte (f) % 32;
  f->config.resend = b >> 5 & 3;
  f->config.no_cwnd = (b & 0x80) != 0;
  f->config.ack_no_delay = b & 1;
  culvert_kcp_configure (f->kcp, &f->config);
  culvert_kcp_set_send_limit (f->kcp, b % 5);
}

static void
fuzz_step (Fuzz *f)
{
  uint8_t op = fuzz_byte (f);

  switch (op % 11)
    {
    case 0: fuzz_input_raw (f); break;
    case 1: case 2: fuzz_input_near (f); break;
    case 3: fuzz_write (f); break;
    case 4: fuzz_reserve (f); break;
    case 5: fuzz_read (f); break;
    case 6: culvert_kcp_flush (f->kcp, fuzz_byte (f) % 3, f->now); break;
    case 7: (void) fuzz_output (f, 1 + fuzz_byte (f) % 4); break;
    case 8: fuzz_advance (f); break;
    case 9: fuzz_wake (f); break;
    default:
      if (op & 0x80)
        fuzz_configure (f);
      else if (op & 0x40)
        culvert_kcp_probe (f->kcp);
      else
        culvert_kcp_trim (f->kcp);
    }
  culvert_kcp_check (f->kcp);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t size)
{
  Fuzz f = { .p = data, .end = data + size };

  fuzz_set_up (&f, fuzz_byte (&f));
  while (f.p < f.end)
    fuzz_step (&f);
  fuzz_wake (&f);
  culvert_kcp_free (f.kcp);
  g_assert (culvert_pool_live (f.pool) == 0);
  culvert_pool_free (f.pool);
  culvert_counters_unref (f.counters);
  return 0;
}

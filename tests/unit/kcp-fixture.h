/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One KCP with a clock, a pool and what it emitted, shared by the programs test-kcp*.c. */
#pragma once

#include "culvert-kcp-private.h"
#include "culvert-wire.h"

#define CONV 0x11223344

typedef struct
{
  CulvertBudget budget;
  CulvertPool *pool;
  CulvertCounters *counters;
  CulvertKcpConfig config;
  CulvertKcp *kcp;
  CulvertTime now;
  GPtrArray *out; /* GBytes: packets collected last */
  size_t retransmitted; /* sums of output */
  size_t ack_bytes;
} Fixture;

static const CulvertKcpConfig default_config = {
  .conv = CONV,
  .mtu = 1322,
  .sndwnd = 128,
  .rcvwnd = 512,
  .nodelay = 1,
  .interval_ms = 30,
  .resend = 2,
  .no_cwnd = true,
};

static inline void
fixture_init (Fixture *f,
              const CulvertKcpConfig *config)
{
  f->budget = (CulvertBudget) { 0, 256 * 1024 * 1024 };
  f->pool = culvert_pool_new (CULVERT_KCP_SEGMENT_SLOT, &f->budget);
  f->counters = culvert_counters_new ();
  f->config = *config;
  f->now = 0;
  f->kcp = culvert_kcp_new (config, f->pool, f->counters, 0);
  f->out = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  f->retransmitted = 0;
  f->ack_bytes = 0;
}

/* Every slot must have come back: a leak ends the test in culvert_pool_free. */
static inline void
fixture_clear (Fixture *f)
{
  culvert_kcp_free (f->kcp);
  culvert_pool_free (f->pool);
  culvert_counters_unref (f->counters);
  g_ptr_array_unref (f->out);
}

static inline void
setup (Fixture *f,
       const void *data)
{
  fixture_init (f, data != NULL ? data : &default_config);
}

static inline void
teardown (Fixture *f,
          const void *data)
{
  fixture_clear (f);
}

static inline void
fixture_at (Fixture *f,
            int64_t now_ms)
{
  f->now = now_ms * CULVERT_MSEC;
}

/* All packets output has, appended to out. */
static inline void
fixture_drain (Fixture *f)
{
  uint8_t buf[1500];
  size_t retransmitted, ack_bytes;
  size_t len;

  while ((len = culvert_kcp_output (f->kcp, buf, f->now, &retransmitted, &ack_bytes)) > 0)
    {
      g_assert_cmpuint (len, <=, f->config.mtu);
      g_ptr_array_add (f->out, g_bytes_new (buf, len));
      f->retransmitted += retransmitted;
      f->ack_bytes += ack_bytes;
    }
  culvert_kcp_check (f->kcp);
}

static inline unsigned
fixture_flush (Fixture *f,
               CulvertKcpFlush mode)
{
  g_ptr_array_set_size (f->out, 0);
  culvert_kcp_flush (f->kcp, mode, f->now);
  fixture_drain (f);
  return f->out->len;
}

/* One segment of a packet. */
typedef struct
{
  unsigned cmd;
  uint32_t sn, ts, una, wnd, len;
  const uint8_t *payload;
} Segment;

/* The segments of all packets in out, in order. */
static inline unsigned
fixture_segments (const Fixture *f,
                  Segment *segments,
                  unsigned max)
{
  unsigned n = 0;

  for (unsigned i = 0; i < f->out->len; i++)
    {
      gsize len;
      const uint8_t *p = g_bytes_get_data (f->out->pdata[i], &len);

      while (len >= 24)
        {
          Segment *s = &segments[n++];

          g_assert_cmpuint (n, <=, max);
          g_assert_cmpuint (culvert_load_u32 (p), ==, CONV);
          *s = (Segment) { p[4], culvert_load_u32 (p + 12), culvert_load_u32 (p + 8),
                           culvert_load_u32 (p + 16), culvert_load_u16 (p + 6),
                           culvert_load_u32 (p + 20), p + 24 };
          g_assert_cmpuint (s->len, <=, len - 24);
          len -= 24 + s->len;
          p += 24 + s->len;
        }
      g_assert_cmpuint (len, ==, 0);
    }
  return n;
}

static inline size_t
put_segment (uint8_t *p,
             Segment s)
{
  culvert_store_u32 (p, CONV);
  p[4] = s.cmd;
  p[5] = 0;
  culvert_store_u16 (p + 6, s.wnd);
  culvert_store_u32 (p + 8, s.ts);
  culvert_store_u32 (p + 12, s.sn);
  culvert_store_u32 (p + 16, s.una);
  culvert_store_u32 (p + 20, s.len);
  for (uint32_t i = 0; i < s.len; i++)
    p[24 + i] = s.payload != NULL ? s.payload[i] : (uint8_t) s.sn;
  return 24 + s.len;
}

/* Feeds one segment as a packet of its own. */
static inline int
fixture_input (Fixture *f,
               Segment s)
{
  uint8_t packet[24 + 2048];
  size_t len = put_segment (packet, s);
  int code = culvert_kcp_input (f->kcp, packet, len, false, f->now);

  culvert_kcp_check (f->kcp);
  return code;
}

static inline int
fixture_push (Fixture *f,
              uint32_t sn,
              uint32_t len)
{
  return fixture_input (f, (Segment) { .cmd = 81, .sn = sn, .ts = sn, .wnd = 512, .len = len });
}

/* Queues n segments of 10 bytes, which do not share one, and emits them. */
static inline void
fixture_send_segments (Fixture *f,
                       unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    {
      g_assert_cmpint (culvert_kcp_write (f->kcp, "0123456789", 10), ==, CULVERT_OK);
      fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
    }
}

static inline CulvertKcpState
fixture_state (const Fixture *f)
{
  CulvertKcpState state;

  culvert_kcp_get_state (f->kcp, &state);
  return state;
}

static inline uint64_t
count (const _Atomic uint64_t *counter)
{
  return culvert_counter_get (counter);
}

static inline CulvertKcpConfig
config_with (uint32_t mtu,
             uint32_t sndwnd,
             uint32_t rcvwnd)
{
  CulvertKcpConfig config = default_config;

  config.mtu = mtu;
  config.sndwnd = sndwnd;
  config.rcvwnd = rcvwnd;
  return config;
}

static inline Segment
ack_for (uint32_t sn,
         uint32_t ts,
         uint32_t una)
{
  return (Segment) { .cmd = 82, .sn = sn, .ts = ts, .una = una, .wnd = 512 };
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "kcp-fixture.h"

#define MAX_SEGMENTS 4096

/* -- queueing ----------------------------------------------------------------------- */

/* Bytes of all PUSH segments in out, in order. */
static GByteArray *
pushed_bytes (const Fixture *f)
{
  g_autofree Segment *s = g_new (Segment, MAX_SEGMENTS);
  unsigned n = fixture_segments (f, s, MAX_SEGMENTS);
  GByteArray *bytes = g_byte_array_new ();

  for (unsigned i = 0; i < n; i++)
    {
      g_assert_cmpuint (s[i].cmd, ==, 81);
      g_assert_cmpuint (s[i].len, >, 0);
      g_byte_array_append (bytes, s[i].payload, s[i].len);
    }
  return bytes;
}

static void
fill_counting (uint8_t *bytes,
               size_t len,
               size_t from)
{
  for (size_t i = 0; i < len; i++)
    bytes[i] = (from + i) % 251;
}

static void
assert_counting (const GByteArray *bytes,
                 size_t len)
{
  g_assert_cmpuint (bytes->len, ==, len);
  for (size_t i = 0; i < len; i++)
    g_assert_cmpuint (bytes->data[i], ==, i % 251);
}

static size_t
put_counting (Fixture *f,
              size_t want,
              size_t use,
              size_t from)
{
  struct iovec spans[8];
  size_t reserved, left;
  unsigned n = culvert_kcp_reserve (f->kcp, want, spans, G_N_ELEMENTS (spans), &reserved);

  g_assert_cmpuint (reserved, ==, want);
  left = use = MIN (use, reserved);
  for (unsigned i = 0; i < n && left > 0; i++)
    {
      size_t part = MIN (left, spans[i].iov_len);

      fill_counting (spans[i].iov_base, part, from);
      from += part;
      left -= part;
    }
  g_assert_cmpuint (left, ==, 0);
  culvert_kcp_commit (f->kcp, use);
  culvert_kcp_check (f->kcp);
  return use;
}

/* mss 26: every way to reserve up to three segments and to use a part of them, behind every
 * fill of the segment before. */
static void
test_send_reserve_splits (void)
{
  CulvertKcpConfig config = config_with (50, 128, 128);

  for (size_t before = 0; before <= 26; before += 5)
    for (size_t want = 1; want <= 79; want += 3)
      for (size_t use = 0; use <= want; use++)
        {
          g_autoptr (GByteArray) bytes = NULL;
          Fixture f;
          size_t len;

          fixture_init (&f, &config);
          len = put_counting (&f, before, before, 0);
          len += put_counting (&f, want, use, len);
          len += put_counting (&f, 7, 7, len);
          g_assert_cmpuint (fixture_state (&f).n_snd_queue, ==, (len + 25) / 26);
          fixture_flush (&f, CULVERT_KCP_FLUSH_DUE);
          bytes = pushed_bytes (&f);
          assert_counting (bytes, len);
          fixture_clear (&f);
        }
}

static void
test_send_reserve_span_limit (Fixture *f,
                              const void *data)
{
  struct iovec spans[2];
  size_t len;

  g_assert_cmpuint (culvert_kcp_reserve (f->kcp, 100000, spans, 2, &len), ==, 2);
  g_assert_cmpuint (len, ==, 2 * 1298);
  culvert_kcp_commit (f->kcp, 0);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
}

static void
test_send_write_splits (Fixture *f,
                        const void *data)
{
  g_autoptr (GByteArray) bytes = NULL;
  uint8_t chunk[100];
  size_t len = 0;

  for (size_t n = 0; n <= sizeof chunk; n++)
    {
      fill_counting (chunk, n, len);
      g_assert_cmpint (culvert_kcp_write (f->kcp, chunk, n), ==, CULVERT_OK);
      len += n;
    }
  g_assert_cmpuint (fixture_state (f).n_snd_queue, ==, (len + 25) / 26);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 512 }), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  bytes = pushed_bytes (f);
  assert_counting (bytes, len);
}

static void
test_send_room (Fixture *f,
                const void *data)
{
  uint8_t bytes[3 * 1298] = { 0 };

  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 128 * 1298);
  g_assert_cmpint (culvert_kcp_write (f->kcp, bytes, sizeof bytes), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 125 * 1298);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 125 * 1298);
  culvert_kcp_set_send_limit (f->kcp, 5);
  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 2 * 1298);
  g_assert_cmpint (culvert_kcp_write (f->kcp, bytes, sizeof bytes), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 0);
  culvert_kcp_set_send_limit (f->kcp, 0);
  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 122 * 1298);
}

/* Acknowledged segments count until una passes them. */
static void
test_send_room_after_ack (Fixture *f,
                          const void *data)
{
  fixture_send_segments (f, 3);
  g_assert_cmpint (fixture_input (f, ack_for (1, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 125 * 1298);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 2);
  g_assert_cmpint (fixture_input (f, ack_for (1, 0, 2)), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_send_room (f->kcp), ==, 127 * 1298);
}

static void
test_send_pool_exhausted (Fixture *f,
                          const void *data)
{
  static uint8_t bytes[200 * 1298];
  struct iovec spans[256];
  size_t before, len;

  f->budget.limit = 64 * 1024;
  g_assert_cmpint (culvert_kcp_write (f->kcp, bytes, sizeof bytes), ==, CULVERT_E_NOMEM);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
  culvert_kcp_check (f->kcp);
  g_assert_cmpuint (culvert_kcp_reserve (f->kcp, sizeof bytes, spans, 256, &len), >, 0);
  g_assert_cmpuint (len, >, 0);
  g_assert_cmpuint (len, <, sizeof bytes);
  culvert_kcp_commit (f->kcp, len - 1);
  before = fixture_state (f).n_snd_queue;
  g_assert_cmpint (culvert_kcp_write (f->kcp, "ab", 2), ==, CULVERT_E_NOMEM);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "a", 1), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).n_snd_queue, ==, before);
}

/* -- output under back-pressure ----------------------------------------------------- */

static void
test_output_resumes (Fixture *f,
                     const void *data)
{
  g_autoptr (GByteArray) bytes = NULL;
  static uint8_t chunk[20 * 1298];
  uint8_t packet[1500];
  size_t len;

  fill_counting (chunk, sizeof chunk, 0);
  g_assert_cmpint (culvert_kcp_write (f->kcp, chunk, sizeof chunk), ==, CULVERT_OK);
  culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_DUE, f->now);
  for (unsigned i = 0; i < 20; i++)
    {
      /* One packet per millisecond; flushes in between neither lose nor repeat. */
      fixture_at (f, i);
      g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
      culvert_kcp_flush (f->kcp, i % 2 ? CULVERT_KCP_FLUSH_FULL : CULVERT_KCP_FLUSH_DUE, f->now);
      len = culvert_kcp_output (f->kcp, packet, f->now, NULL, NULL);
      g_assert_cmpuint (culvert_load_u32 (packet + 8), ==, i);
      g_ptr_array_add (f->out, g_bytes_new (packet, len));
      culvert_kcp_check (f->kcp);
    }
  g_assert_cmpuint (culvert_kcp_output (f->kcp, packet, f->now, NULL, NULL), ==, 0);
  bytes = pushed_bytes (f);
  assert_counting (bytes, sizeof chunk);
  /* The clock of each segment runs from its own emission. */
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 200 * CULVERT_MSEC);
}

/* What was decided but not emitted is not sent once it is acknowledged. */
static void
test_output_skips_acknowledged (Fixture *f,
                                const void *data)
{
  Segment s[8];

  fixture_send_segments (f, 3);
  fixture_at (f, 200);
  culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_DUE, f->now);
  g_assert_cmpint (fixture_input (f, ack_for (1, 0, 1)), ==, CULVERT_OK);
  fixture_drain (f);
  g_ptr_array_set_size (f->out, 0);
  fixture_at (f, 300);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (count (&f->counters->lost_segs), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 8), ==, 0);
}

static void
test_output_acks_in_pieces (Fixture *f,
                            const void *data)
{
  Segment s[64];
  uint8_t packet[1500];
  size_t len;

  /* mtu 100: four acknowledgements a packet; three more arrive in the middle */
  for (uint32_t sn = 1; sn <= 6; sn++)
    g_assert_cmpint (fixture_push (f, sn, 1), ==, CULVERT_OK);
  culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_DUE, f->now);
  len = culvert_kcp_output (f->kcp, packet, f->now, NULL, NULL);
  g_ptr_array_add (f->out, g_bytes_new (packet, len));
  for (uint32_t sn = 7; sn <= 9; sn++)
    g_assert_cmpint (fixture_push (f, sn, 1), ==, CULVERT_OK);
  fixture_drain (f);
  g_assert_cmpuint (fixture_segments (f, s, 64), ==, 9);
  for (uint32_t i = 0; i < 9; i++)
    g_assert_cmpuint (s[i].sn, ==, i + 1);
  g_assert_cmpuint (fixture_state (f).n_acks, ==, 0);
}

/* -- hostile input ------------------------------------------------------------------ */

static void
test_hostile_una (Fixture *f,
                  const void *data)
{
  fixture_send_segments (f, 2);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .una = 3, .wnd = 99 }), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).snd_una, ==, 0);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .una = UINT32_MAX }), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).snd_una, ==, 0);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .una = 2, .wnd = 99 }), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).snd_una, ==, 2);
}

/* Numbered by an acknowledgement flush, but never emitted. */
static void
test_hostile_ack_of_unsent (Fixture *f,
                            const void *data)
{
  g_assert_cmpint (culvert_kcp_write (f->kcp, "abc", 3), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_ACKS);
  g_assert_cmpuint (fixture_state (f).snd_nxt, ==, 1);
  g_assert_cmpuint (f->out->len, ==, 0);
  g_assert_cmpint (fixture_input (f, ack_for (0, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_input (f, ack_for (0, 0, 1)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_input (f, ack_for (7, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).snd_una, ==, 0);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
}

static void
test_hostile_sn (Fixture *f,
                 const void *data)
{
  static const uint32_t far[] = { 512, 513, 1000000, 0x7fffffff };
  static const uint32_t old[] = { 0x80000200, 0xffffffff, 0xfffffe00 };

  for (unsigned i = 0; i < G_N_ELEMENTS (far); i++)
    g_assert_cmpint (fixture_push (f, far[i], 10), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).n_acks, ==, 0);
  for (unsigned i = 0; i < G_N_ELEMENTS (old); i++)
    g_assert_cmpint (fixture_push (f, old[i], 10), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).n_acks, ==, G_N_ELEMENTS (old));
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
  g_assert_cmpuint (count (&f->counters->repeat_segs), ==, 7);
  g_assert_cmpint (fixture_push (f, 511, 10), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).n_rcv_buf, ==, 1);
}

static void
test_hostile_len (Fixture *f,
                  const void *data)
{
  uint8_t packet[24 + 1600];

  for (uint32_t len = 1; len < 40; len++)
    {
      put_segment (packet, (Segment) { .cmd = 81, .sn = 0, .len = len });
      g_assert_cmpint (culvert_kcp_input (f->kcp, packet, 24 + len - 1, false, 0), ==,
                       CULVERT_E_DISCARD);
    }
  put_segment (packet, (Segment) { .cmd = 81, .sn = 0, .len = 0 });
  culvert_store_u32 (packet + 20, UINT32_MAX);
  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, 24, false, 0), ==, CULVERT_E_DISCARD);
  culvert_store_u32 (packet + 20, 1477);
  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, sizeof packet, false, 0), ==,
                   CULVERT_E_DISCARD);
  for (size_t len = 0; len < 24; len++)
    g_assert_cmpint (culvert_kcp_input (f->kcp, packet, len, false, 0), ==, CULVERT_E_DISCARD);
  g_assert_cmpuint (culvert_kcp_readable (f->kcp), ==, 0);
  g_assert_cmpuint (fixture_state (f).n_acks, ==, 0);
  /* The largest that fits. */
  g_assert_cmpint (fixture_push (f, 0, 1476), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_readable (f->kcp), ==, 1476);
}

/* Empty segments neither stall the reader nor close the window for good. */
static void
test_hostile_empty (Fixture *f,
                    const void *data)
{
  struct iovec span;

  for (uint32_t sn = 0; sn < 10; sn++)
    g_assert_cmpint (fixture_push (f, sn, 0), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).rcv_nxt, ==, 10);
  g_assert_cmpuint (culvert_kcp_readable (f->kcp), ==, 0);
  g_assert_cmpint (fixture_push (f, 11, 0), ==, CULVERT_OK);
  g_assert_cmpint (fixture_push (f, 12, 3), ==, CULVERT_OK);
  g_assert_cmpint (fixture_push (f, 10, 0), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_readable (f->kcp), ==, 3);
  g_assert_cmpuint (culvert_kcp_peek (f->kcp, 0, &span, 1), ==, 1);
  g_assert_cmpmem (span.iov_base, span.iov_len, "\x0c\x0c\x0c", 3);
  culvert_kcp_consume (f->kcp, 3);
  g_assert_cmpuint (fixture_state (f).n_rcv_queue, ==, 0);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
}

static void
test_hostile_ack_flood (Fixture *f,
                        const void *data)
{
  g_autofree Segment *s = g_new (Segment, MAX_SEGMENTS);
  unsigned n;

  for (unsigned i = 0; i < 20000; i++)
    {
      uint8_t packet[24];

      put_segment (packet, (Segment) { .cmd = 81, .sn = 1 + i % 500, .ts = i });
      g_assert_cmpint (culvert_kcp_input (f->kcp, packet, 24, false, 0), ==, CULVERT_OK);
    }
  g_assert_cmpuint (f->kcp->ack_capacity, <=, CULVERT_KCP_ACKS_MAX);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  n = fixture_segments (f, s, MAX_SEGMENTS);
  g_assert_cmpuint (n, ==, CULVERT_KCP_ACKS_MAX + 1);
  g_assert_cmpuint (s[n - 1].ts, ==, 19999);
}

/* Acknowledgements of old transmissions look at no more of the late list than the budget
 * allows, and recovery still comes by later ones. */
static void
test_hostile_late_visits (Fixture *f,
                          const void *data)
{
  static uint8_t bytes[100 * 1298];
  uint8_t packet[50 * 24];

  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 512 }), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_write (f->kcp, bytes, sizeof bytes), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  fixture_at (f, 200);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  for (unsigned i = 0; i < 50; i++)
    put_segment (packet + 24 * i, ack_for (99, 0, 0));
  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, sizeof packet, false, f->now), ==,
                   CULVERT_OK);
  g_assert_cmpuint (f->kcp->late_visits, ==, 0);
  g_assert_cmpuint (f->kcp->n_counted, ==, 0);
  g_assert_cmpint (fixture_input (f, ack_for (99, 200, 0)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_input (f, ack_for (99, 200, 0)), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  g_assert_cmpuint (count (&f->counters->fast_retrans_segs), ==, 99);
}

static void
test_receive_pool_exhausted (Fixture *f,
                             const void *data)
{
  f->budget.limit = 0;
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_E_NOMEM);
  g_assert_cmpint (fixture_push (f, 3, 10), ==, CULVERT_E_NOMEM);
  g_assert_cmpuint (fixture_state (f).n_acks, ==, 0);
  f->budget.limit = 1024 * 1024;
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_readable (f->kcp), ==, 10);
  g_assert_cmpuint (fixture_state (f).n_acks, ==, 1);
}

/* -- reading and memory ------------------------------------------------------------- */

static void
test_read_peek_skip (Fixture *f,
                     const void *data)
{
  struct iovec spans[4];

  for (uint32_t sn = 0; sn < 3; sn++)
    g_assert_cmpint (fixture_push (f, sn, 10), ==, CULVERT_OK);
  culvert_kcp_consume (f->kcp, 4);
  g_assert_cmpuint (culvert_kcp_peek (f->kcp, 0, spans, 4), ==, 3);
  g_assert_cmpuint (spans[0].iov_len, ==, 6);
  g_assert_cmpuint (culvert_kcp_peek (f->kcp, 8, spans, 4), ==, 2);
  g_assert_cmpuint (spans[0].iov_len, ==, 8);
  g_assert_cmpuint (*(uint8_t *) spans[0].iov_base, ==, 1);
  g_assert_cmpuint (culvert_kcp_peek (f->kcp, 6, spans, 1), ==, 1);
  g_assert_cmpuint (spans[0].iov_len, ==, 10);
  g_assert_cmpuint (culvert_kcp_peek (f->kcp, 26, spans, 4), ==, 0);
  culvert_kcp_consume (f->kcp, 26);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
}

static void
test_read_recovered (Fixture *f,
                     const void *data)
{
  uint8_t packet[128];
  size_t len = put_segment (packet, (Segment) { .cmd = 81, .wnd = 7, .len = 5 });

  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, len, true, 0), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, len, true, 0), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).rmt_wnd, ==, 32);
  g_assert_cmpuint (culvert_kcp_readable (f->kcp), ==, 5);
  g_assert_cmpuint (count (&f->counters->repeat_segs), ==, 0);
  g_assert_cmpuint (count (&f->counters->in_segs), ==, 2);
}

static void
test_memory_idle (Fixture *f,
                  const void *data)
{
  g_assert_cmpuint (sizeof (CulvertKcp), <=, 17 * 64);
  fixture_send_segments (f, 20);
  for (uint32_t sn = 1; sn < 40; sn++)
    g_assert_cmpint (fixture_push (f, sn, 10), ==, CULVERT_OK);
  culvert_kcp_trim (f->kcp);
  g_assert_cmpuint (f->kcp->snd_ring.size, >, 0);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  culvert_kcp_consume (f->kcp, 400);
  g_assert_cmpint (fixture_input (f, ack_for (19, 0, 20)), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  culvert_kcp_trim (f->kcp);
  g_assert_cmpuint (f->kcp->snd_ring.size, ==, 0);
  g_assert_cmpuint (f->kcp->rcv_ring.size, ==, 0);
  g_assert_null (f->kcp->acks);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
  /* and it goes on */
  fixture_send_segments (f, 1);
  g_assert_cmpint (fixture_push (f, 41, 10), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).n_rcv_buf, ==, 1);
}

/* Freed with segments in every place; the pool checks that all came back. */
static void
test_memory_free_busy (Fixture *f,
                       const void *data)
{
  fixture_send_segments (f, 6);
  fixture_at (f, 10);
  g_assert_cmpint (fixture_input (f, ack_for (2, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_input (f, ack_for (5, 0, 0)), ==, CULVERT_OK);
  fixture_at (f, 300);
  culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_DUE, f->now);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "abc", 3), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_ACKS);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "abc", 3), ==, CULVERT_OK);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpint (fixture_push (f, 2, 10), ==, CULVERT_OK);
}

#define ADD(path, config, func) g_test_add (path, Fixture, config, setup, func, teardown)

int
main (int argc,
      char **argv)
{
  CulvertKcpConfig tiny = config_with (50, 512, 512);
  CulvertKcpConfig packed = config_with (100, 128, 512);
  CulvertKcpConfig narrow = config_with (1322, 128, 4);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kcp/send/reserve-splits", test_send_reserve_splits);
  ADD ("/kcp/send/reserve-span-limit", NULL, test_send_reserve_span_limit);
  ADD ("/kcp/send/write-splits", &tiny, test_send_write_splits);
  ADD ("/kcp/send/room", NULL, test_send_room);
  ADD ("/kcp/send/room-after-ack", NULL, test_send_room_after_ack);
  ADD ("/kcp/send/pool-exhausted", NULL, test_send_pool_exhausted);
  ADD ("/kcp/output/resumes", NULL, test_output_resumes);
  ADD ("/kcp/output/skips-acknowledged", NULL, test_output_skips_acknowledged);
  ADD ("/kcp/output/acks-in-pieces", &packed, test_output_acks_in_pieces);
  ADD ("/kcp/hostile/una", NULL, test_hostile_una);
  ADD ("/kcp/hostile/ack-of-unsent", NULL, test_hostile_ack_of_unsent);
  ADD ("/kcp/hostile/sn", NULL, test_hostile_sn);
  ADD ("/kcp/hostile/len", NULL, test_hostile_len);
  ADD ("/kcp/hostile/empty-segments", &narrow, test_hostile_empty);
  ADD ("/kcp/hostile/ack-flood", NULL, test_hostile_ack_flood);
  ADD ("/kcp/hostile/late-visits", NULL, test_hostile_late_visits);
  ADD ("/kcp/receive/pool-exhausted", NULL, test_receive_pool_exhausted);
  ADD ("/kcp/receive/peek-skip", NULL, test_read_peek_skip);
  ADD ("/kcp/receive/recovered", NULL, test_read_recovered);
  ADD ("/kcp/memory/idle", NULL, test_memory_idle);
  ADD ("/kcp/memory/free-busy", NULL, test_memory_free_busy);
  return g_test_run ();
}

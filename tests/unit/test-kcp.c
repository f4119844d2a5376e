/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "kcp-fixture.h"

/* -- what is due, and when --------------------------------------------------------- */

static void
test_due_idle (Fixture *f,
               const void *data)
{
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
  fixture_at (f, 100000);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 0);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_FULL), ==, 0);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
}

static void
test_due_data (Fixture *f,
               const void *data)
{
  Segment s[4];

  fixture_at (f, 5);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "abc", 3), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 81);
  g_assert_cmpuint (s[0].ts, ==, 5);
  g_assert_cmpmem (s[0].payload, s[0].len, "abc", 3);
  /* Only the timeout is left. */
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, f->now + 200 * CULVERT_MSEC);
}

static void
test_due_ack_waits (Fixture *f,
                    const void *data)
{
  Segment s[4];

  fixture_at (f, 100);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, f->now + 10 * CULVERT_MSEC);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 0);
  fixture_at (f, 104);
  g_assert_cmpint (fixture_push (f, 1, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 110 * CULVERT_MSEC);
  fixture_at (f, 110);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 82);
  g_assert_cmpuint (s[0].sn, ==, 1);
  g_assert_cmpuint (s[0].una, ==, 2);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
  g_assert_cmpuint (f->ack_bytes, ==, 24);
}

static void
test_due_ack_rides_along (Fixture *f,
                          const void *data)
{
  Segment s[4];

  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "abc", 3), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 2);
  g_assert_cmpuint (s[0].cmd, ==, 82);
  g_assert_cmpuint (s[1].cmd, ==, 81);
}

static void
test_due_ack_gap (Fixture *f,
                  const void *data)
{
  fixture_at (f, 50);
  g_assert_cmpint (fixture_push (f, 1, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  /* Filling a part of the gap is as urgent. */
  g_assert_cmpint (fixture_push (f, 4, 10), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
}

static void
test_due_ack_duplicate (Fixture *f,
                        const void *data)
{
  fixture_at (f, 50);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (count (&f->counters->repeat_segs), ==, 1);
}

static void
test_due_ack_many (Fixture *f,
                   const void *data)
{
  fixture_at (f, 50);
  for (uint32_t sn = 0; sn < 15; sn++)
    g_assert_cmpint (fixture_push (f, sn, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), >, f->now);
  g_assert_cmpint (fixture_push (f, 15, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
}

static void
test_due_ack_small_mtu (Fixture *f,
                        const void *data)
{
  fixture_at (f, 50);
  for (uint32_t sn = 0; sn < 4; sn++)
    g_assert_cmpint (fixture_push (f, sn, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), >, f->now);
  g_assert_cmpint (fixture_push (f, 4, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
}

static void
test_due_ack_no_delay (Fixture *f,
                       const void *data)
{
  fixture_at (f, 50);
  f->config.ack_no_delay = true;
  culvert_kcp_configure (f->kcp, &f->config);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
}

/* A window that moved is flushed for, but acknowledgements not due yet wait for it to carry
 * data. */
static void
test_due_una_moved (Fixture *f,
                    const void *data)
{
  Segment s[4];

  fixture_send_segments (f, 2);
  fixture_at (f, 20);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), >, f->now);
  g_assert_cmpint (fixture_input (f, ack_for (0, 0, 1)), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 0);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, f->now + 10 * CULVERT_MSEC);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "0123456789", 10), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 2);
  g_assert_cmpuint (s[0].cmd, ==, 82);
  g_assert_cmpuint (s[1].cmd, ==, 81);
}

static void
test_due_timeout (Fixture *f,
                  const void *data)
{
  Segment s[4];

  fixture_send_segments (f, 1);
  fixture_at (f, 199);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 0);
  fixture_at (f, 200);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].sn, ==, 0);
  g_assert_cmpuint (s[0].ts, ==, 200);
  g_assert_cmpuint (count (&f->counters->lost_segs), ==, 1);
  g_assert_cmpuint (count (&f->counters->retrans_segs), ==, 1);
  g_assert_cmpuint (count (&f->counters->retrans_bytes), ==, 10);
  g_assert_cmpuint (f->retransmitted, ==, 10);
  /* nodelay: half an RTO more */
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 500 * CULVERT_MSEC);
}

static void
test_due_fast (Fixture *f,
               const void *data)
{
  Segment s[4];

  fixture_send_segments (f, 4);
  fixture_at (f, 10);
  g_assert_cmpint (fixture_input (f, ack_for (1, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), >, f->now);
  g_assert_cmpint (fixture_input (f, ack_for (2, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].sn, ==, 0);
  g_assert_cmpuint (count (&f->counters->fast_retrans_segs), ==, 1);
  g_assert_cmpuint (count (&f->counters->early_retrans_segs), ==, 0);
  /* Spent: no third acknowledgement brings it back. */
  g_assert_cmpint (fixture_input (f, ack_for (3, 10, 0)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_FULL), ==, 0);
}

static void
test_due_early (Fixture *f,
                const void *data)
{
  Segment s[4];

  fixture_send_segments (f, 2);
  fixture_at (f, 10);
  g_assert_cmpint (fixture_input (f, ack_for (1, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 40 * CULVERT_MSEC);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 0);
  fixture_at (f, 40);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].sn, ==, 0);
  g_assert_cmpuint (count (&f->counters->early_retrans_segs), ==, 1);
}

/* resend = 0: no fast retransmit, but early retransmit once nothing new leaves. */
static void
test_due_no_resend (Fixture *f,
                    const void *data)
{
  f->config.resend = 0;
  culvert_kcp_configure (f->kcp, &f->config);
  fixture_send_segments (f, 4);
  fixture_at (f, 10);
  for (uint32_t sn = 1; sn < 4; sn++)
    g_assert_cmpint (fixture_input (f, ack_for (sn, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "new", 3), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (count (&f->counters->retrans_segs), ==, 0);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 40 * CULVERT_MSEC);
  fixture_at (f, 40);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (count (&f->counters->early_retrans_segs), ==, 1);
  g_assert_cmpuint (count (&f->counters->fast_retrans_segs), ==, 0);
}

/* After a timeout a segment may be passed over again, by acknowledgements of later
 * transmissions only. */
static void
test_due_fast_after_timeout (Fixture *f,
                             const void *data)
{
  fixture_send_segments (f, 3);
  fixture_at (f, 200);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (count (&f->counters->lost_segs), ==, 3);
  fixture_at (f, 210);
  g_assert_cmpint (fixture_input (f, ack_for (1, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_input (f, ack_for (2, 0, 0)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_FULL), ==, 0);
  g_assert_cmpint (fixture_input (f, ack_for (1, 200, 0)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_input (f, ack_for (2, 200, 0)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (count (&f->counters->fast_retrans_segs), ==, 1);
}

/* Fast retransmit starts over with the session's RTO, whatever the back-off was. */
static void
test_due_fast_ends_back_off (Fixture *f,
                             const void *data)
{
  fixture_send_segments (f, 3);
  fixture_at (f, 200);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  for (uint32_t sn = 1; sn < 3; sn++)
    g_assert_cmpint (fixture_input (f, ack_for (sn, 200, 0)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (count (&f->counters->fast_retrans_segs), ==, 1);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==,
                   f->now + fixture_state (f).rto_ms * CULVERT_MSEC);
}

/* New data puts early retransmit off, by an interval each time. */
static void
test_due_early_waits_for_new (Fixture *f,
                              const void *data)
{
  fixture_send_segments (f, 2);
  fixture_at (f, 10);
  g_assert_cmpint (fixture_input (f, ack_for (1, 0, 0)), ==, CULVERT_OK);
  fixture_at (f, 35);
  fixture_send_segments (f, 1);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 65 * CULVERT_MSEC);
  g_assert_cmpuint (count (&f->counters->retrans_segs), ==, 0);
}

/* The RTO fell: a later segment is due before an earlier one. */
static void
test_due_timeout_after_rto_fell (Fixture *f,
                                 const void *data)
{
  Segment s[4];

  fixture_send_segments (f, 2);
  fixture_at (f, 10);
  g_assert_cmpint (fixture_input (f, ack_for (0, 0, 1)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).rto_ms, ==, 40);
  fixture_send_segments (f, 1);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 50 * CULVERT_MSEC);
  fixture_at (f, 50);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].sn, ==, 2);
}

/* Deadlines far out of order are put off to the one before, never further. */
static void
test_due_timeout_is_monotonous (Fixture *f,
                                const void *data)
{
  fixture_send_segments (f, 2 + 2 * CULVERT_KCP_TIMER_WALK);
  fixture_at (f, 10);
  g_assert_cmpint (fixture_input (f, ack_for (0, 0, 1)), ==, CULVERT_OK);
  fixture_send_segments (f, 1);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 200 * CULVERT_MSEC);
  fixture_at (f, 200);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  g_assert_cmpuint (count (&f->counters->lost_segs), ==, 2 + 2 * CULVERT_KCP_TIMER_WALK);
}

/* -- windows and probes ------------------------------------------------------------- */

static void
test_window_closed_is_silent (Fixture *f,
                              const void *data)
{
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 0 }), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
}

static void
test_window_probe (Fixture *f,
                   const void *data)
{
  Segment s[4];

  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 0 }), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "abc", 3), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 0);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 500 * CULVERT_MSEC);
  fixture_at (f, 500);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 83);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 1250 * CULVERT_MSEC);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 1 }), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 81);
}

static void
test_window_probe_wait_is_bounded (Fixture *f,
                                   const void *data)
{
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 0 }), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "abc", 3), ==, CULVERT_OK);
  for (unsigned i = 0; i < 40; i++)
    {
      fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
      g_assert_cmpint (culvert_kcp_deadline (f->kcp), >, f->now);
      f->now = culvert_kcp_deadline (f->kcp);
    }
  g_assert_cmpuint (fixture_state (f).probe_wait_ms, ==, 120000);
}

static void
test_window_ask_on_demand (Fixture *f,
                           const void *data)
{
  Segment s[4];

  culvert_kcp_probe (f->kcp);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 83);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
}

static void
test_window_ask_is_answered (Fixture *f,
                             const void *data)
{
  Segment s[4];

  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 83, .wnd = 9 }), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 84);
  g_assert_cmpuint (s[0].wnd, ==, 512);
}

/* What a packet says about the peer's being the one we spoke with. */
static void
test_tidings (Fixture *f,
              const void *data)
{
  unsigned both = CULVERT_KCP_TIDINGS_AGREES | CULVERT_KCP_TIDINGS_ANSWERS;

  g_assert_cmpint (culvert_kcp_unacked_since (f->kcp), ==, CULVERT_TIME_NEVER);
  fixture_send_segments (f, 4);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpint (culvert_kcp_unacked_since (f->kcp), ==, f->now);
  /* Nothing new, and then: una, one out of order, the same again, a window. */
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 83, .wnd = 9 }), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_tidings (f->kcp), ==, CULVERT_KCP_TIDINGS_AGREES);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 83, .wnd = 9, .una = 2 }), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_tidings (f->kcp), ==, both);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 82, .wnd = 9, .una = 2, .sn = 3 }), ==,
                   CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_tidings (f->kcp), ==, both);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 82, .wnd = 9, .una = 2, .sn = 3 }), ==,
                   CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_tidings (f->kcp), ==, CULVERT_KCP_TIDINGS_AGREES);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 9, .una = 2 }), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_tidings (f->kcp), ==, both);
  /* A server that began anew: it acknowledges what we send and has received nothing before. */
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 82, .wnd = 9, .sn = 2 }), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_tidings (f->kcp), ==, 0);
  /* One that has received what was never sent. */
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 9, .una = 5 }), ==, CULVERT_OK);
  g_assert_cmpuint (culvert_kcp_tidings (f->kcp), ==, 0);
}

/* A probe repeats the acknowledgement of its own flush only. */
static void
test_window_answer_after_ack (Fixture *f,
                              const void *data)
{
  Segment s[4];

  for (uint32_t sn = 0; sn < 3; sn++)
    g_assert_cmpint (fixture_push (f, sn, 10), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 83, .wnd = 9 }), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 84);
  g_assert_cmpuint (s[0].sn, ==, 0);
  g_assert_cmpuint (s[0].ts, ==, 0);
}

static void
test_window_reopens (Fixture *f,
                     const void *data)
{
  Segment s[8];

  for (uint32_t sn = 0; sn < 4; sn++)
    g_assert_cmpint (fixture_push (f, sn, 10), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (fixture_segments (f, s, 8), ==, 1);
  g_assert_cmpuint (s[0].wnd, ==, 0);
  culvert_kcp_consume (f->kcp, 5);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
  culvert_kcp_consume (f->kcp, 5);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  g_assert_cmpuint (fixture_segments (f, s, 8), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 84);
  g_assert_cmpuint (s[0].wnd, ==, 1);
}

static void
test_window_grows_by_setting (Fixture *f,
                              const void *data)
{
  for (uint32_t sn = 0; sn < 6; sn++)
    g_assert_cmpint (fixture_push (f, sn, 10), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (fixture_state (f).n_rcv_queue, ==, 4);
  f->config.rcvwnd = 64;
  culvert_kcp_configure (f->kcp, &f->config);
  g_assert_cmpuint (fixture_state (f).n_rcv_queue, ==, 6);
  g_assert_cmpuint (fixture_state (f).probe, ==, CULVERT_KCP_PROBE_TELL);
  culvert_kcp_check (f->kcp);
}

static void
test_window_never_wraps (Fixture *f,
                         const void *data)
{
  Segment s[4];

  f->config.rcvwnd = 70000;
  culvert_kcp_configure (f->kcp, &f->config);
  g_assert_cmpint (fixture_push (f, 0, 10), ==, CULVERT_OK);
  culvert_kcp_consume (f->kcp, 10);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].wnd, ==, 65535);
}

static void
test_window_limits_flight (Fixture *f,
                           const void *data)
{
  static uint8_t bytes[100 * 1298];

  /* The peer's window is taken for 32 until it speaks. */
  g_assert_cmpint (culvert_kcp_write (f->kcp, bytes, sizeof bytes), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 32);
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 84, .wnd = 40 }), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 8);
  g_assert_cmpuint (fixture_state (f).n_snd_buf, ==, 40);
}

/* -- estimator ---------------------------------------------------------------------- */

static void
test_rtt_microseconds (Fixture *f,
                       const void *data)
{
  fixture_send_segments (f, 1);
  g_assert_cmpint (culvert_kcp_srtt_us (f->kcp), ==, 0);
  f->now = 12345;
  g_assert_cmpint (fixture_input (f, ack_for (0, 0, 1)), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_srtt_us (f->kcp), ==, 12345);
  g_assert_cmpuint (fixture_state (f).srtt_ms, ==, 12);
}

static void
test_rtt_ignores_ambiguity (Fixture *f,
                            const void *data)
{
  fixture_send_segments (f, 1);
  fixture_at (f, 200);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  fixture_at (f, 205);
  g_assert_cmpint (fixture_input (f, ack_for (0, 200, 1)), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_srtt_us (f->kcp), ==, 0);
  g_assert_cmpuint (fixture_state (f).srtt_ms, ==, 5);
}

/* A zero sample leaves the estimator untouched by history; one from the future counts not. */
static void
test_rtt_zero_and_future (Fixture *f,
                          const void *data)
{
  fixture_send_segments (f, 3);
  g_assert_cmpint (fixture_input (f, ack_for (0, 0, 1)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).srtt_ms, ==, 0);
  fixture_at (f, 50);
  g_assert_cmpint (fixture_input (f, ack_for (1, 51, 2)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).srtt_ms, ==, 0);
  g_assert_cmpint (fixture_input (f, ack_for (2, 0, 3)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).srtt_ms, ==, 50);
  g_assert_cmpuint (fixture_state (f).rttvar_ms, ==, 25);
}

static void
test_rtt_absurd_sample (Fixture *f,
                        const void *data)
{
  fixture_send_segments (f, 2);
  fixture_at (f, 50);
  g_assert_cmpint (fixture_input (f, ack_for (0, 50u - 0x7fffffffu, 1)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).rto_ms, ==, 60000);
  g_assert_cmpint (fixture_input (f, ack_for (1, 50, 2)), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_state (f).rto_ms, ==, 60000);
}

static void
test_oldest_unacked (Fixture *f,
                     const void *data)
{
  g_assert_cmpint (fixture_state (f).oldest_unacked_us, ==, -1);
  f->now = 1000;
  fixture_send_segments (f, 1);
  f->now = 2000;
  fixture_send_segments (f, 1);
  f->now = 3000;
  fixture_send_segments (f, 1);
  g_assert_cmpint (fixture_state (f).oldest_unacked_us, ==, 1000);
  fixture_at (f, 250);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  g_assert_cmpint (fixture_state (f).oldest_unacked_us, ==, 1000);
  g_assert_cmpint (fixture_input (f, ack_for (1, 2, 0)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_input (f, ack_for (0, 1, 0)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_state (f).oldest_unacked_us, ==, 3000);
  g_assert_cmpuint (fixture_state (f).n_snd_buf, ==, 3);
  g_assert_cmpint (fixture_input (f, ack_for (2, 3, 3)), ==, CULVERT_OK);
  g_assert_cmpint (fixture_state (f).oldest_unacked_us, ==, -1);
}

#define ADD(path, config, func) g_test_add (path, Fixture, config, setup, func, teardown)

int
main (int argc,
      char **argv)
{
  CulvertKcpConfig small = config_with (120, 128, 512);
  CulvertKcpConfig narrow = config_with (1322, 128, 4);

  g_test_init (&argc, &argv, NULL);
  ADD ("/kcp/due/idle", NULL, test_due_idle);
  ADD ("/kcp/due/data-at-once", NULL, test_due_data);
  ADD ("/kcp/due/ack-waits", NULL, test_due_ack_waits);
  ADD ("/kcp/due/ack-rides-along", NULL, test_due_ack_rides_along);
  ADD ("/kcp/due/ack-of-gap-at-once", NULL, test_due_ack_gap);
  ADD ("/kcp/due/ack-of-duplicate-at-once", NULL, test_due_ack_duplicate);
  ADD ("/kcp/due/ack-of-many-at-once", NULL, test_due_ack_many);
  ADD ("/kcp/due/ack-packet-full-at-once", &small, test_due_ack_small_mtu);
  ADD ("/kcp/due/ack-no-delay", NULL, test_due_ack_no_delay);
  ADD ("/kcp/due/una-moved", NULL, test_due_una_moved);
  ADD ("/kcp/due/timeout", NULL, test_due_timeout);
  ADD ("/kcp/due/fast-resend", NULL, test_due_fast);
  ADD ("/kcp/due/early-resend", NULL, test_due_early);
  ADD ("/kcp/due/no-resend", NULL, test_due_no_resend);
  ADD ("/kcp/due/fast-after-timeout", NULL, test_due_fast_after_timeout);
  ADD ("/kcp/due/fast-ends-back-off", NULL, test_due_fast_ends_back_off);
  ADD ("/kcp/due/early-waits-for-new", NULL, test_due_early_waits_for_new);
  ADD ("/kcp/due/timeout-after-rto-fell", NULL, test_due_timeout_after_rto_fell);
  ADD ("/kcp/due/timeout-is-monotonous", NULL, test_due_timeout_is_monotonous);
  ADD ("/kcp/window/closed-is-silent", NULL, test_window_closed_is_silent);
  ADD ("/kcp/window/probe", NULL, test_window_probe);
  ADD ("/kcp/window/probe-wait-is-bounded", NULL, test_window_probe_wait_is_bounded);
  ADD ("/kcp/window/ask-on-demand", NULL, test_window_ask_on_demand);
  ADD ("/kcp/tidings", NULL, test_tidings);
  ADD ("/kcp/window/ask-is-answered", NULL, test_window_ask_is_answered);
  ADD ("/kcp/window/answer-after-ack", NULL, test_window_answer_after_ack);
  ADD ("/kcp/window/reopens", &narrow, test_window_reopens);
  ADD ("/kcp/window/grows-by-setting", &narrow, test_window_grows_by_setting);
  ADD ("/kcp/window/never-wraps", NULL, test_window_never_wraps);
  ADD ("/kcp/window/limits-flight", NULL, test_window_limits_flight);
  ADD ("/kcp/rtt/microseconds", NULL, test_rtt_microseconds);
  ADD ("/kcp/rtt/ignores-ambiguity", NULL, test_rtt_ignores_ambiguity);
  ADD ("/kcp/rtt/zero-and-future", NULL, test_rtt_zero_and_future);
  ADD ("/kcp/rtt/absurd-sample", NULL, test_rtt_absurd_sample);
  ADD ("/kcp/state/oldest-unacked", NULL, test_oldest_unacked);
  return g_test_run ();
}

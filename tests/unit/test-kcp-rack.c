/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Recovery by time, copies, what the path loses, pacing. */
#include "config.h"

#include "kcp-fixture.h"

static CulvertKcpConfig rack_config, repeat_config, paced_config;


static CulvertKcpPath
path_of (const Fixture *f)
{
  CulvertKcpPath path;

  culvert_kcp_get_path (f->kcp, &path);
  return path;
}

/* The peer acknowledges sn, of which ts arrived; una: all below arrived too. */
static void
ack (Fixture *f,
     uint32_t sn,
     uint32_t ts,
     uint32_t una)
{
  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 82, .sn = sn, .ts = ts, .una = una,
                                                 .wnd = 2048 }), ==, CULVERT_OK);
}

/* Sends one segment of 10 bytes, and has it acknowledged after rtt_ms. */
static void
round_trip (Fixture *f,
            int64_t rtt_ms)
{
  uint32_t sn = fixture_state (f).snd_nxt;
  uint32_t ts = (uint32_t) (f->now / CULVERT_MSEC);

  fixture_send_segments (f, 1);
  fixture_at (f, ts + rtt_ms);
  ack (f, sn, ts, sn + 1);
}

/* How often sn is among the segments that left last. */
static unsigned
n_emitted (const Fixture *f,
           uint32_t sn)
{
  Segment segments[512];
  unsigned n = fixture_segments (f, segments, G_N_ELEMENTS (segments));
  unsigned found = 0;

  for (unsigned i = 0; i < n; i++)
    found += segments[i].cmd == 81 && segments[i].sn == sn;
  return found;
}

/* Runs to the deadlines up to end_ms; counts transmissions of sn. */
static unsigned
run_until (Fixture *f,
           int64_t end_ms,
           uint32_t sn)
{
  unsigned n = 0;

  for (unsigned i = 0; i < 10000; i++)
    {
      CulvertTime next = culvert_kcp_deadline (f->kcp);

      if (next > end_ms * CULVERT_MSEC)
        break;
      f->now = MAX (f->now, next);
      fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
      n += n_emitted (f, sn);
    }
  fixture_at (f, end_ms);
  return n;
}

/* -- losses -------------------------------------------------------------------------- */

/* What was overtaken is lost an eighth of a round trip, 4 ms at most, after it was due. */
static void
test_loss_by_time (Fixture *f,
                   const void *data)
{
  fixture_at (f, 100);
  round_trip (f, 50);
  fixture_at (f, 1000);
  fixture_send_segments (f, 1);
  fixture_at (f, 1001);
  fixture_send_segments (f, 1);
  fixture_at (f, 1051);
  ack (f, 2, 1001, 1);
  g_assert_cmpuint (run_until (f, 1053, 1), ==, 0);
  g_assert_cmpuint (run_until (f, 1055, 1), ==, 1);
  g_assert_cmpuint (path_of (f).n_lost, ==, 1);
  g_assert_cmpuint (count (&f->counters->fast_retrans_segs), ==, 1);
  /* Nothing newer says that this one is lost, so it is not sent again before a probe. */
  g_assert_cmpuint (run_until (f, 1100, 1), ==, 0);
}

/* Acknowledgements wait at the peer for up to ten milliseconds, so late ones do not make a loss
 * wait: once what was sent well after it is acknowledged, it is lost. */
static void
test_loss_overtaken (Fixture *f,
                     const void *data)
{
  uint32_t sn = 1;

  fixture_at (f, 100);
  round_trip (f, 50);
  for (uint32_t ts = 1000; ts < 2000; ts += 100, sn += 2)
    {
      fixture_at (f, ts);
      fixture_send_segments (f, 2);
      fixture_at (f, ts + 50);
      ack (f, sn + 1, ts, sn);
      fixture_at (f, ts + 60);
      ack (f, sn, ts, sn + 2);
    }
  g_assert_cmpint (path_of (f).reorder, >, 10 * CULVERT_MSEC);
  fixture_at (f, 3000);
  fixture_send_segments (f, 1);
  fixture_at (f, 3005);
  fixture_send_segments (f, 1);
  fixture_at (f, 3055);
  ack (f, sn + 1, 3005, sn);
  g_assert_cmpuint (run_until (f, 3056, sn), ==, 1);
}

/* The same transmission lost again is found by the same rule, not by a longer timeout. */
static void
test_loss_again (Fixture *f,
                 const void *data)
{
  fixture_at (f, 100);
  round_trip (f, 50);
  fixture_at (f, 1000);
  fixture_send_segments (f, 2);
  fixture_at (f, 1050);
  ack (f, 2, 1000, 1);
  g_assert_cmpuint (run_until (f, 1054, 1), ==, 1);
  fixture_at (f, 1056);
  fixture_send_segments (f, 1);
  fixture_at (f, 1106);
  ack (f, 3, 1056, 1);
  g_assert_cmpuint (run_until (f, 1110, 1), ==, 1);
  g_assert_cmpuint (path_of (f).n_lost, ==, 2);
}

static void
test_loss_spurious (Fixture *f,
                    const void *data)
{
  CulvertTime before;

  fixture_at (f, 100);
  round_trip (f, 50);
  before = path_of (f).reorder;
  fixture_at (f, 1000);
  fixture_send_segments (f, 2);
  fixture_at (f, 1050);
  ack (f, 2, 1000, 1);
  g_assert_cmpuint (run_until (f, 1054, 1), ==, 1);
  /* The first transmission arrived after all: its ts says so. */
  fixture_at (f, 1058);
  ack (f, 1, 1000, 3);
  g_assert_cmpuint (path_of (f).n_spurious, ==, 1);
  g_assert_cmpuint (path_of (f).n_lost, ==, 0);
  g_assert_cmpint (path_of (f).reorder, >, before);
}

/* However late one segment is, the next loss does not wait half a round trip. */
static void
test_loss_reordering_is_bounded (Fixture *f,
                                 const void *data)
{
  fixture_at (f, 100);
  round_trip (f, 50);
  fixture_at (f, 1000);
  fixture_send_segments (f, 2);
  fixture_at (f, 1050);
  ack (f, 2, 1000, 1);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  fixture_at (f, 1098);
  ack (f, 1, 1000, 3);
  g_assert_cmpint (path_of (f).reorder, >, 4 * CULVERT_MSEC);
  g_assert_cmpint (path_of (f).reorder, <=, 14 * CULVERT_MSEC);
  /* And it is forgotten. */
  for (unsigned i = 0; i < 40; i++)
    round_trip (f, 500);
  g_assert_cmpint (path_of (f).reorder, <=, 4 * CULVERT_MSEC);
}

/* A path that always reorders far is believed. */
static void
test_loss_reordering_grows (Fixture *f,
                            const void *data)
{
  uint32_t sn = 1;

  fixture_at (f, 100);
  round_trip (f, 50);
  for (unsigned i = 0; i < 60; i++, sn += 2)
    {
      uint32_t ts = 1000 + 100 * i;

      fixture_at (f, ts);
      fixture_send_segments (f, 2);
      fixture_at (f, ts + 50);
      ack (f, sn + 1, ts, sn);
      run_until (f, ts + 88, sn);
      ack (f, sn, ts, sn + 2);
    }
  g_assert_cmpint (path_of (f).reorder, >=, 30 * CULVERT_MSEC);
  g_assert_cmpint (path_of (f).reorder, <=, 60 * CULVERT_MSEC);
}

static void
test_loss_waits_for_parity (Fixture *f,
                            const void *data)
{
  fixture_at (f, 100);
  round_trip (f, 50);
  culvert_kcp_set_recovery_delay (f->kcp, 20 * CULVERT_MSEC);
  fixture_at (f, 1000);
  fixture_send_segments (f, 2);
  fixture_at (f, 1050);
  ack (f, 2, 1000, 1);
  g_assert_cmpuint (run_until (f, 1069, 1), ==, 0);
  g_assert_cmpuint (run_until (f, 1071, 1), ==, 1);
}

/* -- probes -------------------------------------------------------------------------- */

/* A lone segment is sent again well before kcptun's timeout, and ever more seldom. */
static void
test_probe_tail (Fixture *f,
                 const void *data)
{
  CulvertTime first, second;

  fixture_at (f, 100);
  for (unsigned i = 0; i < 20; i++)
    round_trip (f, 50);
  fixture_at (f, 2000);
  fixture_send_segments (f, 1);
  first = culvert_kcp_deadline (f->kcp);
  g_assert_cmpint (first, >=, 2055 * CULVERT_MSEC);
  g_assert_cmpint (first, <=, 2070 * CULVERT_MSEC);
  f->now = first;
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  g_assert_cmpuint (n_emitted (f, 20), ==, 1);
  g_assert_cmpuint (count (&f->counters->lost_segs), ==, 1);
  second = culvert_kcp_deadline (f->kcp);
  g_assert_cmpint (second - first, >, first - 2000 * CULVERT_MSEC);
  g_assert_cmpint (second - first, <, 2 * (first - 2000 * CULVERT_MSEC));
}

/* Of a silent flight the ends are sent again, not all of it. */
static void
test_probe_flight (Fixture *f,
                   const void *data)
{
  fixture_at (f, 100);
  for (unsigned i = 0; i < 20; i++)
    round_trip (f, 50);
  fixture_at (f, 2000);
  fixture_send_segments (f, 30);
  f->now = culvert_kcp_deadline (f->kcp);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  g_assert_cmpuint (n_emitted (f, 49), ==, 1);
  g_assert_cmpuint (n_emitted (f, 20), ==, 1);
  g_assert_cmpuint (count (&f->counters->retrans_segs), <=, 4);
  g_assert_cmpuint (path_of (f).n_lost, ==, 0);
}

/* -- copies --------------------------------------------------------------------------- */

static void
test_repeat_small (Fixture *f,
                   const void *data)
{
  fixture_at (f, 100);
  fixture_send_segments (f, 1);
  g_assert_cmpuint (n_emitted (f, 0), ==, 1);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, 103 * CULVERT_MSEC);
  g_assert_cmpuint (run_until (f, 110, 0), ==, 1);
  /* A copy is no retransmission, and what it costs is told. */
  g_assert_cmpuint (count (&f->counters->retrans_segs), ==, 0);
  g_assert_cmpuint (count (&f->counters->copy_bytes), ==, 10);
  g_assert_cmpuint (path_of (f).n_sent, ==, 1);
  /* An acknowledged one needs none. */
  round_trip (f, 2);
  g_assert_cmpuint (run_until (f, 130, 1), ==, 0);
}

static void
test_repeat_not_large (Fixture *f,
                       const void *data)
{
  uint8_t large[1000] = { 0 };

  fixture_at (f, 100);
  g_assert_cmpint (culvert_kcp_write (f->kcp, large, sizeof large), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (run_until (f, 120, 0), ==, 0);
}

/* A heartbeat leaves once and is not probed soon; with something behind it in the same segment it
 * is like any other. */
static void
test_repeat_patient (Fixture *f,
                     const void *data)
{
  uint8_t beat[8] = { 0 };

  fixture_at (f, 100);
  g_assert_cmpint (culvert_kcp_write (f->kcp, beat, sizeof beat), ==, CULVERT_OK);
  culvert_kcp_be_patient (f->kcp, sizeof beat);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (run_until (f, 1000, 0), ==, 0);
  g_assert_cmpuint (run_until (f, 2000, 0), ==, 1);
  ack (f, 0, 100, 1);

  fixture_at (f, 3000);
  g_assert_cmpint (culvert_kcp_write (f->kcp, beat, sizeof beat), ==, CULVERT_OK);
  culvert_kcp_be_patient (f->kcp, sizeof beat);
  g_assert_cmpint (culvert_kcp_write (f->kcp, beat, sizeof beat), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
  g_assert_cmpuint (run_until (f, 3010, 1), ==, 1);
}

/* Never more than 16 KiB a second for long. */
static void
test_repeat_budget (Fixture *f,
                    const void *data)
{
  uint8_t payload[300] = { 0 };

  for (int64_t ms = 1000; ms < 11000; ms += 5)
    {
      uint32_t sn = fixture_state (f).snd_nxt;

      fixture_at (f, ms);
      f->kcp->rack.loss_ppm = 20000;
      g_assert_cmpint (culvert_kcp_write (f->kcp, payload, sizeof payload), ==, CULVERT_OK);
      fixture_flush (f, CULVERT_KCP_FLUSH_FULL);
      run_until (f, ms + 4, sn);
      ack (f, sn, (uint32_t) ms, sn + 1);
    }
  g_assert_cmpuint (count (&f->counters->copy_bytes), >, 10 * 10000);
  g_assert_cmpuint (count (&f->counters->copy_bytes), <=, 11 * 16384);
}

/* -- what the path loses --------------------------------------------------------------- */

static void
test_gap_counts (Fixture *f,
                 const void *data)
{
  fixture_at (f, 100);
  round_trip (f, 50);
  culvert_kcp_end_group (f->kcp);
  fixture_at (f, 1000);
  fixture_send_segments (f, 10);
  fixture_at (f, 1050);
  /* 1 to 3 and 5 arrived, 4 did not, and 6 to 10 are on their way. */
  {
    uint8_t packet[48];
    size_t len = put_segment (packet, (Segment) { .cmd = 82, .sn = 3, .ts = 1000, .una = 4,
                                                  .wnd = 2048 });

    put_segment (packet + len, (Segment) { .cmd = 82, .sn = 5, .ts = 1000, .una = 4, .wnd = 2048 });
    g_assert_cmpint (culvert_kcp_input (f->kcp, packet, sizeof packet, false, f->now), ==,
                     CULVERT_OK);
  }
  g_assert_cmpuint (path_of (f).n_missing, ==, 1);
  g_assert_cmpuint (path_of (f).n_seen, >=, 5);
}

/* Acknowledgements of 3 to 5 may have been lost with a packet, so only what lies between those of
 * one packet counts. */
static void
test_gap_torn (Fixture *f,
               const void *data)
{
  uint8_t packet[48];
  size_t len = put_segment (packet, (Segment) { .cmd = 82, .sn = 6, .ts = 1000, .una = 3,
                                                .wnd = 2048 });
  CulvertKcpPath before;

  put_segment (packet + len, (Segment) { .cmd = 82, .sn = 8, .ts = 1000, .una = 3, .wnd = 2048 });
  fixture_at (f, 100);
  round_trip (f, 50);
  culvert_kcp_end_group (f->kcp);
  fixture_at (f, 1000);
  fixture_send_segments (f, 20);
  fixture_at (f, 1050);
  before = path_of (f);
  culvert_kcp_tear (f->kcp);
  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, sizeof packet, false, f->now), ==,
                   CULVERT_OK);
  g_assert_cmpuint (path_of (f).n_missing - before.n_missing, ==, 1);
  g_assert_cmpuint (path_of (f).n_seen - before.n_seen, ==, 2);
}

/* Behind the last of a group parity may have come, which mends what is missing: no sample. */
static void
test_gap_not_behind_parity (Fixture *f,
                            const void *data)
{
  uint64_t n_seen;

  fixture_at (f, 100);
  round_trip (f, 50);
  culvert_kcp_end_group (f->kcp);
  n_seen = path_of (f).n_seen;
  fixture_at (f, 1000);
  fixture_send_segments (f, 10);
  culvert_kcp_end_group (f->kcp);
  fixture_at (f, 1050);
  ack (f, 10, 1000, 5);
  g_assert_cmpuint (path_of (f).n_seen, ==, n_seen);
}

/* -- receiving ------------------------------------------------------------------------- */

/* The time parity took is no round trip, so a rebuilt segment's ts is not echoed. */
static void
test_recovered_is_not_echoed (Fixture *f,
                              const void *data)
{
  uint8_t packet[64];
  size_t len = put_segment (packet, (Segment) { .cmd = 81, .sn = 0, .ts = 7, .wnd = 512,
                                                .len = 10 });
  Segment s[4];

  fixture_at (f, 100);
  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, len, true, f->now), ==, CULVERT_OK);
  fixture_at (f, 110);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 84);
  g_assert_cmpuint (s[0].una, ==, 1);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
  /* Behind a hole una does not tell, so it is acknowledged like any. */
  len = put_segment (packet, (Segment) { .cmd = 81, .sn = 2, .ts = 9, .wnd = 512, .len = 10 });
  g_assert_cmpint (culvert_kcp_input (f->kcp, packet, len, true, f->now), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  g_assert_cmpuint (fixture_segments (f, s, 4), ==, 1);
  g_assert_cmpuint (s[0].cmd, ==, 82);
  g_assert_cmpuint (s[0].sn, ==, 2);
}

/* Receives segment sn in order and answers with one of 10 bytes at once; whether the answer was
 * preceded by an acknowledgement. */
static bool
answer (Fixture *f,
        uint32_t sn)
{
  Segment s[4];
  unsigned n;

  g_assert_cmpint (fixture_input (f, (Segment) { .cmd = 81, .sn = sn, .ts = 50 * sn, .una = sn,
                                                 .wnd = 512, .len = 10 }), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_write (f->kcp, "0123456789", 10), ==, CULVERT_OK);
  fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
  n = fixture_segments (f, s, G_N_ELEMENTS (s));
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (s[n - 1].cmd, ==, 81);
  g_assert_cmpuint (s[n - 1].una, ==, sn + 1);
  return s[0].cmd == 82;
}

/* una of an answer stands for most acknowledgements, but not for the first, nor for all. */
static void
test_ack_implied (Fixture *f,
                  const void *data)
{
  unsigned n_acked = 0;

  for (uint32_t sn = 0; sn < 16; sn++)
    {
      fixture_at (f, 100 + 50 * sn);
      g_assert_true (answer (f, sn));
    }
  for (uint32_t sn = 16; sn < 80; sn++)
    {
      fixture_at (f, 100 + 50 * sn);
      n_acked += answer (f, sn);
    }
  g_assert_cmpuint (n_acked, ==, 8);
}

/* A copy of what was just acknowledged is not, a retransmission is. */
static void
test_ack_not_for_copies (Fixture *f,
                         const void *data)
{
  Segment segment = { .cmd = 81, .sn = 0, .ts = 1000, .wnd = 512, .len = 10 };

  fixture_at (f, 100);
  g_assert_cmpint (fixture_input (f, segment), ==, CULVERT_OK);
  fixture_at (f, 110);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
  segment.ts = 1003;
  g_assert_cmpint (fixture_input (f, segment), ==, CULVERT_OK);
  g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
  g_assert_cmpuint (count (&f->counters->repeat_segs), ==, 1);
  segment.ts = 1040;
  g_assert_cmpint (fixture_input (f, segment), ==, CULVERT_OK);
  g_assert_cmpuint (fixture_flush (f, CULVERT_KCP_FLUSH_DUE), ==, 1);
}

/* -- pacing ---------------------------------------------------------------------------- */

/* A number is met within 5 % over any second. */
static void
test_pacing_fixed (Fixture *f,
                   const void *data)
{
  static uint8_t bulk[1298 * 200];
  size_t per_bin[60] = { 0 };
  CulvertTime start = CULVERT_SEC;

  f->now = start;
  while (f->now < start + 6 * CULVERT_SEC)
    {
      if (culvert_kcp_send_room (f->kcp) >= sizeof bulk)
        g_assert_cmpint (culvert_kcp_write (f->kcp, bulk, sizeof bulk), ==, CULVERT_OK);
      fixture_flush (f, CULVERT_KCP_FLUSH_DUE);
      for (unsigned i = 0; i < f->out->len; i++)
        per_bin[(f->now - start) / (100 * CULVERT_MSEC)] += g_bytes_get_size (f->out->pdata[i]);
      ack (f, fixture_state (f).snd_nxt - 1, (uint32_t) (f->now / CULVERT_MSEC),
           fixture_state (f).snd_nxt);
      f->now = MAX (f->now + 1, culvert_kcp_deadline (f->kcp));
    }
  for (unsigned i = 0; i + 10 <= 60; i++)
    {
      size_t sum = 0;

      for (unsigned j = i; j < i + 10; j++)
        sum += per_bin[j];
      g_assert_cmpuint (sum, >=, 950 * 1000);
      g_assert_cmpuint (sum, <=, 1050 * 1000);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  rack_config = default_config;
  rack_config.recovery = CULVERT_KCP_RECOVERY_TIME;
  rack_config.sndwnd = rack_config.rcvwnd = 2048;
  repeat_config = rack_config;
  repeat_config.repeat_small = true;
  paced_config = rack_config;
  paced_config.pacing = CULVERT_KCP_PACING_FIXED;
  paced_config.pacing_rate = 1000 * 1000;
#define ADD(path, config, function) \
  g_test_add ("/kcp-rack/" path, Fixture, &config, setup, function, teardown)
  ADD ("loss/by-time", rack_config, test_loss_by_time);
  ADD ("loss/overtaken", rack_config, test_loss_overtaken);
  ADD ("loss/again", rack_config, test_loss_again);
  ADD ("loss/spurious", rack_config, test_loss_spurious);
  ADD ("loss/reordering-is-bounded", rack_config, test_loss_reordering_is_bounded);
  ADD ("loss/reordering-grows", rack_config, test_loss_reordering_grows);
  ADD ("loss/waits-for-parity", rack_config, test_loss_waits_for_parity);
  ADD ("probe/tail", rack_config, test_probe_tail);
  ADD ("probe/flight", rack_config, test_probe_flight);
  ADD ("repeat/small", repeat_config, test_repeat_small);
  ADD ("repeat/not-large", repeat_config, test_repeat_not_large);
  ADD ("repeat/patient", repeat_config, test_repeat_patient);
  ADD ("repeat/budget", repeat_config, test_repeat_budget);
  ADD ("gap/counts", rack_config, test_gap_counts);
  ADD ("gap/torn", rack_config, test_gap_torn);
  ADD ("gap/not-behind-parity", rack_config, test_gap_not_behind_parity);
  ADD ("recovered/is-not-echoed", rack_config, test_recovered_is_not_echoed);
  ADD ("ack/implied", rack_config, test_ack_implied);
  ADD ("ack/not-for-copies", rack_config, test_ack_not_for_copies);
  ADD ("pacing/fixed", paced_config, test_pacing_fixed);
  return g_test_run ();
}

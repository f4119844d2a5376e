/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Two KCPs over a bad link in virtual time. Both ends only act when the link delivers or
 * their own deadline comes, as a session does; sequence numbers and clocks start just below
 * 2^32. Every byte is compared and the invariants are checked on the way. */
#include "config.h"

#include "culvert-rng.h"
#include "kcp-fixture.h"

#define STREAM_LEN (1024 * 1024)

typedef struct
{
  const char *name;
  CulvertKcpConfig config;
  unsigned delay_us;
  unsigned jitter_us; /* reorders */
  unsigned loss;      /* of 1000, likewise the next two */
  unsigned duplicate;
  unsigned damage;    /* cut short, or a length that lies */
  unsigned outage_ms; /* nothing arrives for so long in every second */
  unsigned packets_per_ms; /* back-pressure at the sender */
  size_t len;
  unsigned step_limit;
} SimCase;

typedef struct
{
  CulvertTime due;
  unsigned to;
  size_t len;
  uint8_t data[1500];
} SimPacket;

typedef struct
{
  Fixture fixture;
  size_t written;
  size_t read;
  CulvertTime credit_at; /* no output before */
  CulvertTime read_at;   /* a slow reader comes back by itself */
} SimEnd;

typedef struct
{
  const SimCase *settings;
  CulvertSeededRng rng;
  SimEnd ends[2];
  GQueue link; /* SimPacket by due */
  CulvertTime now;
  uint64_t n_steps;
} Sim;

static bool
sim_chance (Sim *sim,
            unsigned per_mille)
{
  return culvert_rng_below (&sim->rng.base, 1000) < per_mille;
}

static uint8_t
sim_byte (unsigned from,
          size_t at)
{
  return (at * 31 + (at >> 9) * 7 + from * 101) & 0xff;
}

static int
sim_compare (const void *a,
             const void *b,
             void *data)
{
  CulvertTime x = ((const SimPacket *) a)->due;
  CulvertTime y = ((const SimPacket *) b)->due;

  return (x > y) - (x < y);
}

/* Damage that KCP itself must notice; a payload cut in a way that parses is for the layers
 * below to catch. */
static void
sim_damage (Sim *sim,
            SimPacket *packet)
{
  if (sim_chance (sim, 500))
    packet->len = culvert_rng_below (&sim->rng.base, packet->len);
  else if (packet->len >= 24)
    culvert_store_u32 (packet->data + 20,
                       packet->len - 23 + culvert_rng_below (&sim->rng.base, 1u << 31));
}

static void
sim_transmit (Sim *sim,
              unsigned from,
              const uint8_t *data,
              size_t len)
{
  const SimCase *settings = sim->settings;
  unsigned copies = sim_chance (sim, settings->duplicate) ? 2 : 1;

  if (sim_chance (sim, settings->loss)
      || sim->now / CULVERT_MSEC % 1000 < (int64_t) settings->outage_ms)
    return;
  while (copies-- > 0)
    {
      SimPacket *packet = g_new (SimPacket, 1);

      packet->due = sim->now + settings->delay_us
                    + culvert_rng_below (&sim->rng.base, settings->jitter_us + 1);
      packet->to = 1 - from;
      packet->len = len;
      memcpy (packet->data, data, len);
      if (sim_chance (sim, settings->damage))
        sim_damage (sim, packet);
      g_queue_insert_sorted (&sim->link, packet, sim_compare, NULL);
    }
}

/* The application writes as much as there is room for, in pieces of any size. */
static void
sim_write (Sim *sim,
           unsigned index)
{
  SimEnd *end = &sim->ends[index];
  CulvertKcp *kcp = end->fixture.kcp;
  size_t room;

  while ((room = MIN (culvert_kcp_send_room (kcp), sim->settings->len - end->written)) > 0)
    {
      struct iovec spans[4];
      size_t want = 1 + culvert_rng_below (&sim->rng.base, 5000);
      size_t len, used, left;
      unsigned n;

      n = culvert_kcp_reserve (kcp, MIN (room, want), spans, G_N_ELEMENTS (spans), &len);
      g_assert_cmpuint (len, >, 0);
      used = left = len - culvert_rng_below (&sim->rng.base, MIN (len, 10));
      for (unsigned i = 0; i < n; i++)
        for (size_t j = 0; j < spans[i].iov_len && left > 0; j++, left--)
          ((uint8_t *) spans[i].iov_base)[j] = sim_byte (index, end->written++);
      culvert_kcp_commit (kcp, used);
    }
}

/* The application reads a part of what there is now and then all of it. */
static void
sim_read (Sim *sim,
          unsigned index)
{
  SimEnd *end = &sim->ends[index];
  CulvertKcp *kcp = end->fixture.kcp;
  size_t left = culvert_kcp_readable (kcp);

  if (left > 0 && sim_chance (sim, 300))
    left = culvert_rng_below (&sim->rng.base, left);
  while (left > 0)
    {
      struct iovec span;
      size_t part;

      g_assert_cmpuint (culvert_kcp_peek (kcp, 0, &span, 1), ==, 1);
      part = MIN (left, span.iov_len);
      for (size_t i = 0; i < part; i++)
        if (((uint8_t *) span.iov_base)[i] != sim_byte (1 - index, end->read + i))
          g_error ("%s: byte %zu differs", sim->settings->name, end->read + i);
      culvert_kcp_consume (kcp, part);
      end->read += part;
      left -= part;
    }
  end->read_at = culvert_kcp_readable (kcp) > 0 ? sim->now + 3 * CULVERT_MSEC : CULVERT_TIME_NEVER;
}

static void
sim_emit (Sim *sim,
          unsigned index)
{
  SimEnd *end = &sim->ends[index];
  unsigned credit = sim->settings->packets_per_ms;
  uint8_t packet[1500];
  size_t len;

  if (sim->now < end->credit_at)
    return;
  while (credit-- > 0
         && (len = culvert_kcp_output (end->fixture.kcp, packet, sim->now, NULL, NULL)) > 0)
    {
      g_assert_cmpuint (len, <=, sim->settings->config.mtu);
      sim_transmit (sim, index, packet, len);
      end->credit_at = sim->now + CULVERT_MSEC;
    }
}

static void
sim_wake (Sim *sim,
          unsigned index)
{
  SimEnd *end = &sim->ends[index];

  sim_read (sim, index);
  sim_write (sim, index);
  culvert_kcp_flush (end->fixture.kcp, CULVERT_KCP_FLUSH_DUE, sim->now);
  sim_emit (sim, index);
  if (sim->n_steps % 16 == 0)
    culvert_kcp_check (end->fixture.kcp);
}

/* When the end must be woken. */
static CulvertTime
sim_deadline (const Sim *sim,
              unsigned index)
{
  const SimEnd *end = &sim->ends[index];
  CulvertTime deadline = culvert_kcp_deadline (end->fixture.kcp);

  deadline = MAX (deadline, end->credit_at);
  return MIN (deadline, end->read_at);
}

static void
sim_deliver (Sim *sim,
             SimPacket *packet)
{
  SimEnd *end = &sim->ends[packet->to];
  int code = culvert_kcp_input (end->fixture.kcp, packet->data, packet->len, false, sim->now);

  g_assert_true (code == CULVERT_OK || code == CULVERT_E_DISCARD);
  g_free (packet);
}

static void
sim_step (Sim *sim)
{
  const SimPacket *first = g_queue_peek_head (&sim->link);
  CulvertTime next = MIN (sim_deadline (sim, 0), sim_deadline (sim, 1));
  bool touched[2] = { false, false };

  if (first != NULL)
    next = MIN (next, first->due);
  g_assert_cmpint (next, <, CULVERT_TIME_NEVER);
  sim->now = MAX (sim->now, next);
  for (unsigned i = 0; i < 2; i++)
    touched[i] = sim_deadline (sim, i) <= sim->now;
  while ((first = g_queue_peek_head (&sim->link)) != NULL && first->due <= sim->now)
    {
      touched[first->to] = true;
      sim_deliver (sim, g_queue_pop_head (&sim->link));
    }
  for (unsigned i = 0; i < 2; i++)
    if (touched[i])
      sim_wake (sim, i);
  sim->n_steps++;
}

static bool
sim_is_done (const Sim *sim)
{
  for (unsigned i = 0; i < 2; i++)
    {
      CulvertKcpState state;

      culvert_kcp_get_state (sim->ends[i].fixture.kcp, &state);
      if (sim->ends[i].read < sim->settings->len || state.n_snd_buf + state.n_snd_queue > 0)
        return false;
    }
  return true;
}

/* Once all is acknowledged both ends fall silent and hold nothing. */
static void
sim_assert_silent (Sim *sim)
{
  while (sim->ends[0].fixture.kcp->n_acks > 0 || sim->ends[1].fixture.kcp->n_acks > 0
         || !g_queue_is_empty (&sim->link))
    sim_step (sim);
  for (unsigned i = 0; i < 2; i++)
    {
      Fixture *f = &sim->ends[i].fixture;

      g_assert_cmpint (culvert_kcp_deadline (f->kcp), ==, CULVERT_TIME_NEVER);
      g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
      culvert_kcp_trim (f->kcp);
      g_assert_cmpuint (f->kcp->snd_ring.size + f->kcp->rcv_ring.size, ==, 0);
    }
}

static void
sim_run (const SimCase *settings,
         CulvertKcpRecovery recovery,
         uint64_t seed)
{
  Sim sim = { .settings = settings, .link = G_QUEUE_INIT };
  CulvertKcpConfig config = settings->config;

  config.recovery = recovery;
  config.pacing = recovery == CULVERT_KCP_RECOVERY_TIME ? CULVERT_KCP_PACING_AUTO
                                                        : CULVERT_KCP_PACING_OFF;
  config.repeat_small = recovery == CULVERT_KCP_RECOVERY_TIME;

  culvert_seeded_rng_init (&sim.rng, seed);
  for (unsigned i = 0; i < 2; i++)
    {
      fixture_init (&sim.ends[i].fixture, &config);
      culvert_kcp_set_origin (sim.ends[i].fixture.kcp, -200 - i, -201 + i, -100 - i, 0);
    }
  for (unsigned i = 0; i < 2; i++)
    sim_wake (&sim, i);
  while (!sim_is_done (&sim))
    {
      sim_step (&sim);
      g_assert_cmpuint (sim.n_steps, <, settings->step_limit);
      g_assert_cmpint (sim.now, <, 60 * CULVERT_SEC);
    }
  sim_assert_silent (&sim);
  for (unsigned i = 0; i < 2; i++)
    {
      const CulvertCounters *counters = sim.ends[i].fixture.counters;

      g_test_message ("end %u: %.1f s, segments %u, fast %u, early %u, lost %u", i, sim.now / 1e6,
                      (unsigned) count (&counters->out_segs),
                      (unsigned) count (&counters->fast_retrans_segs),
                      (unsigned) count (&counters->early_retrans_segs),
                      (unsigned) count (&counters->lost_segs));
      fixture_clear (&sim.ends[i].fixture);
    }
}

/* With -m slow many more seeds. */
static void
sim_run_seeds (const void *data,
               CulvertKcpRecovery recovery)
{
  unsigned n_seeds = g_test_slow () ? 300 : 4;

  for (unsigned seed = 1; seed <= n_seeds; seed++)
    {
      g_test_message ("seed %u", seed);
      sim_run (data, recovery, seed);
    }
}

static void
test_sim_reference (const void *data)
{
  sim_run_seeds (data, CULVERT_KCP_RECOVERY_REFERENCE);
}

static void
test_sim_time (const void *data)
{
  sim_run_seeds (data, CULVERT_KCP_RECOVERY_TIME);
}

#define FAST3 \
  { .conv = CONV, .mtu = 1322, .sndwnd = 512, .rcvwnd = 512, \
    .nodelay = 1, .interval_ms = 10, .resend = 2, .no_cwnd = true, .ack_no_delay = false }
#define NORMAL \
  { .conv = CONV, .mtu = 1322, .sndwnd = 128, .rcvwnd = 512, \
    .nodelay = 0, .interval_ms = 40, .resend = 2, .no_cwnd = true, .ack_no_delay = false }
#define MANUAL \
  { .conv = CONV, .mtu = 1322, .sndwnd = 256, .rcvwnd = 256, \
    .nodelay = 0, .interval_ms = 20, .resend = 2, .no_cwnd = false, .ack_no_delay = true }
#define NO_RESEND \
  { .conv = CONV, .mtu = 1322, .sndwnd = 256, .rcvwnd = 64, \
    .nodelay = 1, .interval_ms = 20, .resend = 0, .no_cwnd = true, .ack_no_delay = false }
#define SMALL \
  { .conv = CONV, .mtu = 50, .sndwnd = 128, .rcvwnd = 128, \
    .nodelay = 1, .interval_ms = 10, .resend = 2, .no_cwnd = true, .ack_no_delay = false }
#define NARROW \
  { .conv = CONV, .mtu = 500, .sndwnd = 64, .rcvwnd = 3, \
    .nodelay = 1, .interval_ms = 10, .resend = 2, .no_cwnd = true, .ack_no_delay = false }

/* name, config, delay, jitter, loss, duplicate, damage, outage, packets/ms, bytes, steps */
static const SimCase cases[] = {
  { "clean", FAST3, 15000, 0, 0, 0, 0, 0, 100, STREAM_LEN, 100000 },
  { "loss-5", FAST3, 15000, 2000, 50, 0, 0, 0, 100, STREAM_LEN, 100000 },
  { "loss-30", FAST3, 15000, 5000, 300, 20, 20, 0, 100, STREAM_LEN, 200000 },
  { "reorder", FAST3, 5000, 40000, 10, 50, 10, 0, 100, STREAM_LEN, 100000 },
  { "normal", NORMAL, 30000, 3000, 20, 10, 10, 0, 100, STREAM_LEN, 100000 },
  { "cwnd", MANUAL, 10000, 1000, 20, 10, 10, 0, 100, STREAM_LEN, 200000 },
  { "no-resend", NO_RESEND, 10000, 1000, 50, 10, 10, 0, 100, STREAM_LEN, 200000 },
  { "small-mtu", SMALL, 10000, 1000, 50, 10, 10, 0, 100, STREAM_LEN / 4, 400000 },
  { "narrow-window", NARROW, 2000, 500, 50, 10, 10, 0, 100, STREAM_LEN / 4, 400000 },
  { "back-pressure", FAST3, 15000, 2000, 50, 10, 10, 0, 2, STREAM_LEN, 200000 },
  { "outage", FAST3, 15000, 2000, 20, 10, 0, 400, 100, STREAM_LEN, 100000 },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (unsigned i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *reference = g_strconcat ("/kcp/sim/", cases[i].name, NULL);
      g_autofree char *by_time = g_strconcat ("/kcp/sim-by-time/", cases[i].name, NULL);

      g_test_add_data_func (reference, &cases[i], test_sim_reference);
      g_test_add_data_func (by_time, &cases[i], test_sim_time);
    }
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "kcp-fixture.h"
#include "test-vectors.h"

static int64_t
member (JsonObject *object,
        const char *name)
{
  g_assert_true (json_object_has_member (object, name));
  return json_object_get_int_member (object, name);
}

static CulvertKcpConfig
vector_config (JsonObject *config)
{
  return (CulvertKcpConfig) {
    .conv = member (config, "conv"),
    .mtu = member (config, "mtu"),
    .sndwnd = member (config, "sndwnd"),
    .rcvwnd = member (config, "rcvwnd"),
    .nodelay = member (config, "nodelay"),
    .interval_ms = member (config, "interval"),
    .resend = member (config, "resend"),
    .no_cwnd = member (config, "nc") != 0,
  };
}

static void
vector_compare_state (const Fixture *f,
                      JsonObject *expected,
                      const char *where)
{
  CulvertKcpState state = fixture_state (f);
  const struct
  {
    const char *name;
    uint32_t value;
  } members[] = {
    { "cwnd", state.cwnd }, { "incr", state.incr }, { "mss", state.mss },
    { "nacklist", state.n_acks }, { "nrcv_buf", state.n_rcv_buf },
    { "nrcv_queue", state.n_rcv_queue }, { "nsnd_buf", state.n_snd_buf },
    { "nsnd_queue", state.n_snd_queue }, { "probe", state.probe },
    { "probe_wait", state.probe_wait_ms }, { "rcv_nxt", state.rcv_nxt },
    { "rmt_wnd", state.rmt_wnd }, { "rto", state.rto_ms }, { "rttvar", state.rttvar_ms },
    { "snd_nxt", state.snd_nxt }, { "snd_una", state.snd_una }, { "srtt", state.srtt_ms },
    { "ssthresh", state.ssthresh },
  };

  g_assert_cmpuint (json_object_get_size (expected), ==, G_N_ELEMENTS (members));
  for (unsigned i = 0; i < G_N_ELEMENTS (members); i++)
    if ((uint32_t) member (expected, members[i].name) != members[i].value)
      g_error ("%s: %s is %u, expected %" G_GINT64_FORMAT, where, members[i].name,
               members[i].value, member (expected, members[i].name));
}

/* Where this engine differs on purpose, the expected bytes are brought in line. */
typedef struct
{
  bool is_message_mode; /* our segments never carry frg */
  bool clamps_window;   /* ours does not wrap: compared elsewhere */
} VectorDeviation;

static void
vector_adjust (uint8_t *packet,
               size_t len,
               VectorDeviation deviation,
               const uint8_t *actual)
{
  for (size_t at = 0; at + 24 <= len; at += 24 + culvert_load_u32 (packet + at + 20))
    {
      if (deviation.is_message_mode && packet[at + 4] == 81)
        packet[at + 5] = 0;
      if (deviation.clamps_window)
        {
          g_assert_cmpuint (culvert_load_u16 (packet + at + 6), !=,
                            culvert_load_u16 (actual + at + 6));
          g_assert_cmpuint (culvert_load_u16 (actual + at + 6), >=, 65534);
          memcpy (packet + at + 6, actual + at + 6, 2);
        }
    }
}

static void
vector_compare_out (Fixture *f,
                    JsonArray *expected,
                    VectorDeviation deviation,
                    const char *where)
{
  if (json_array_get_length (expected) != f->out->len)
    g_error ("%s: %u packets, expected %u", where, f->out->len, json_array_get_length (expected));
  for (unsigned i = 0; i < f->out->len; i++)
    {
      size_t len;
      gsize out_len;
      g_autofree uint8_t *packet = test_hex (json_array_get_string_element (expected, i), &len);
      const uint8_t *out = g_bytes_get_data (f->out->pdata[i], &out_len);

      if (out_len == len)
        vector_adjust (packet, len, deviation, out);
      test_assert_bytes_at (where, out, out_len, packet, len);
    }
}

/* What the reference does by itself at the end of an input. */
static void
vector_follow_up (Fixture *f)
{
  CulvertKcpUrge urge = culvert_kcp_urge (f->kcp);

  if (urge != CULVERT_KCP_URGE_NONE)
    {
      g_assert_cmpint (culvert_kcp_deadline (f->kcp), <=, f->now);
      culvert_kcp_flush (f->kcp,
                         urge == CULVERT_KCP_URGE_FULL ? CULVERT_KCP_FLUSH_FULL
                                                       : CULVERT_KCP_FLUSH_ACKS,
                         f->now);
    }
}

static void
vector_input (Fixture *f,
              JsonObject *step)
{
  size_t len;
  g_autofree uint8_t *data = test_hex_member (step, "data", &len);
  int code;

  f->config.ack_no_delay = json_object_get_boolean_member (step, "acknodelay");
  culvert_kcp_configure (f->kcp, &f->config);
  code = culvert_kcp_input (f->kcp, data, len, json_object_get_boolean_member (step, "recovered"),
                            f->now);
  g_assert_cmpint (code, ==, member (step, "ret") == 0 ? CULVERT_OK : CULVERT_E_DISCARD);
  if (code == CULVERT_OK)
    vector_follow_up (f);
}

/* A null means: no whole message yet, which a byte stream does not know. */
static void
vector_recv (Fixture *f,
             JsonObject *step)
{
  size_t len, n = 0;
  g_autofree uint8_t *data = NULL;
  struct iovec spans[8];
  unsigned n_spans;

  if (json_object_get_null_member (step, "data"))
    return;
  data = test_hex_member (step, "data", &len);
  n_spans = culvert_kcp_peek (f->kcp, 0, spans, G_N_ELEMENTS (spans));
  for (unsigned i = 0; i < n_spans && n < len; i++)
    {
      size_t part = MIN (spans[i].iov_len, len - n);

      test_assert_bytes (spans[i].iov_base, part, data + n, part);
      n += part;
    }
  g_assert_cmpuint (n, ==, len);
  culvert_kcp_consume (f->kcp, len);
}

static void
vector_flush (Fixture *f,
              JsonObject *step)
{
  CulvertTime timeout;

  culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_FULL, f->now);
  fixture_drain (f);
  timeout = culvert_kcp_loss_timeout (f->kcp);
  if (timeout != CULVERT_TIME_NEVER)
    timeout = (timeout - f->now) / CULVERT_MSEC;
  g_assert_cmpint (MIN (timeout, f->config.interval_ms), ==, member (step, "next"));
}

static void
vector_step (Fixture *f,
             JsonObject *step)
{
  const char *op = json_object_get_string_member (step, "op");

  fixture_at (f, member (step, "now"));
  g_ptr_array_set_size (f->out, 0);
  if (g_str_equal (op, "send"))
    {
      size_t len;
      g_autofree uint8_t *data = test_hex_member (step, "data", &len);

      g_assert_cmpint (member (step, "ret"), ==, 0);
      g_assert_cmpint (culvert_kcp_write (f->kcp, data, len), ==, CULVERT_OK);
    }
  else if (g_str_equal (op, "flush"))
    vector_flush (f, step);
  else if (g_str_equal (op, "flush_ack"))
    culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_ACKS, f->now);
  else if (g_str_equal (op, "input"))
    vector_input (f, step);
  else if (g_str_equal (op, "recv"))
    vector_recv (f, step);
  else
    g_error ("unknown op %s", op);
  fixture_drain (f);
}

static void
vector_case (JsonObject *object,
             void *data)
{
  unsigned *n_run = data;
  const char *name = json_object_get_string_member (object, "name");
  JsonObject *config = json_object_get_object_member (object, "config");
  CulvertKcpConfig kcp_config;
  VectorDeviation deviation;
  JsonArray *steps;
  Fixture f;

  if (!json_object_has_member (object, "steps"))
    return;
  kcp_config = vector_config (config);
  deviation.is_message_mode = member (config, "stream") == 0;
  deviation.clamps_window = kcp_config.rcvwnd > CULVERT_KCP_WINDOW_MAX;
  fixture_init (&f, &kcp_config);
  if (json_object_has_member (config, "initial_rcv_nxt"))
    culvert_kcp_set_origin (f.kcp, member (config, "initial_snd_una_and_nxt"),
                            member (config, "initial_rcv_nxt"), 0, 0);
  steps = json_object_get_array_member (object, "steps");
  for (unsigned i = 0; i < json_array_get_length (steps); i++)
    {
      JsonObject *step = json_array_get_object_element (steps, i);
      g_autofree char *where = g_strdup_printf ("%s, step %u", name, i);

      vector_step (&f, step);
      vector_compare_out (&f, json_object_get_array_member (step, "out"), deviation, where);
      vector_compare_state (&f, json_object_get_object_member (step, "state"), where);
    }
  fixture_clear (&f);
  g_test_message ("%s", name);
  (*n_run)++;
}

static void
test_vectors (void)
{
  unsigned n_run = 0;

  test_vectors_foreach ("kcp_session.json", NULL, vector_case, &n_run);
  g_assert_cmpuint (n_run, ==, 25);
}

/* -- two endpoints ---------------------------------------------------------------- */

#define DUPLEX_DELAY_MS 30

typedef struct
{
  unsigned to;
  int64_t due_ms;
  GBytes *packet;
} DuplexPacket;

typedef struct
{
  Fixture ends[2];
  GQueue flying; /* DuplexPacket */
  GByteArray *received[2];
  JsonArray *wire;
  unsigned n_wire;
  int64_t now_ms;
  bool has_lost;
} Duplex;

static void
duplex_emit (Duplex *d,
             unsigned from)
{
  Fixture *f = &d->ends[from];

  fixture_drain (f);
  for (unsigned i = 0; i < f->out->len; i++)
    {
      JsonObject *expected;
      g_autofree uint8_t *bytes = NULL;
      g_autoptr (GBytes) packet = g_bytes_ref (f->out->pdata[i]);
      size_t len;
      bool lost = from == 0 && d->now_ms >= 60 && !d->has_lost;

      g_assert_cmpuint (d->n_wire, <, json_array_get_length (d->wire));
      expected = json_array_get_object_element (d->wire, d->n_wire++);
      bytes = test_hex_member (expected, "hex", &len);
      g_assert_cmpint (member (expected, "from"), ==, from);
      g_assert_cmpint (member (expected, "t"), ==, d->now_ms);
      g_assert_true (json_object_has_member (expected, "lost") == lost);
      test_assert_bytes (g_bytes_get_data (packet, NULL), g_bytes_get_size (packet), bytes, len);
      d->has_lost |= lost;
      if (!lost)
        {
          DuplexPacket *flying = g_new (DuplexPacket, 1);

          *flying = (DuplexPacket) { 1 - from, d->now_ms + DUPLEX_DELAY_MS,
                                     g_bytes_ref (packet) };
          g_queue_push_tail (&d->flying, flying);
        }
    }
  g_ptr_array_set_size (f->out, 0);
}

static void
duplex_deliver (Duplex *d,
                DuplexPacket *flying)
{
  Fixture *f = &d->ends[flying->to];
  struct iovec spans[16];
  gsize len;
  const uint8_t *data = g_bytes_get_data (flying->packet, &len);
  unsigned n;

  g_assert_cmpint (culvert_kcp_input (f->kcp, data, len, false, f->now), ==, CULVERT_OK);
  vector_follow_up (f);
  duplex_emit (d, flying->to);
  n = culvert_kcp_peek (f->kcp, 0, spans, G_N_ELEMENTS (spans));
  for (unsigned i = 0; i < n; i++)
    {
      g_byte_array_append (d->received[flying->to], spans[i].iov_base, spans[i].iov_len);
      culvert_kcp_consume (f->kcp, spans[i].iov_len);
    }
  g_bytes_unref (flying->packet);
  g_free (flying);
}

static void
duplex_send (Duplex *d,
             unsigned from,
             uint32_t seed,
             size_t len)
{
  Fixture *f = &d->ends[from];
  uint8_t data[64];

  test_lcg_fill (&seed, data, len);
  g_assert_cmpint (culvert_kcp_write (f->kcp, data, len), ==, CULVERT_OK);
  culvert_kcp_flush (f->kcp, CULVERT_KCP_FLUSH_FULL, f->now);
  duplex_emit (d, from);
}

static void
duplex_tick (Duplex *d)
{
  int64_t t = d->now_ms;

  for (unsigned i = 0; i < 2; i++)
    fixture_at (&d->ends[i], t);
  while (!g_queue_is_empty (&d->flying)
         && ((DuplexPacket *) g_queue_peek_head (&d->flying))->due_ms <= t)
    duplex_deliver (d, g_queue_pop_head (&d->flying));
  if (t % 40 == 0 && t <= 200)
    duplex_send (d, 0, t, 50);
  if (t % 90 == 0 && t <= 200)
    duplex_send (d, 1, 7000 + t, 20);
  for (unsigned i = 0; i < 2 && t % 20 == 0; i++)
    {
      culvert_kcp_flush (d->ends[i].kcp, CULVERT_KCP_FLUSH_FULL, d->ends[i].now);
      duplex_emit (d, i);
    }
}

static void
duplex_case (JsonObject *object,
             void *data)
{
  CulvertKcpConfig config = vector_config (json_object_get_object_member (object, "config"));
  Duplex d = { .flying = G_QUEUE_INIT };

  d.wire = json_object_get_array_member (object, "wire");
  for (unsigned i = 0; i < 2; i++)
    {
      fixture_init (&d.ends[i], &config);
      d.received[i] = g_byte_array_new ();
    }
  for (d.now_ms = 0; d.now_ms <= 500; d.now_ms++)
    duplex_tick (&d);
  g_assert_cmpuint (d.n_wire, ==, json_array_get_length (d.wire));
  g_assert_true (d.has_lost);
  for (unsigned i = 0; i < 2; i++)
    {
      size_t len;
      g_autofree char *name = g_strdup_printf ("received_by_%u", i);
      g_autofree uint8_t *expected = test_hex_member (object, name, &len);

      test_assert_bytes (d.received[i]->data, d.received[i]->len, expected, len);
      g_byte_array_unref (d.received[i]);
      fixture_clear (&d.ends[i]);
    }
}

static void
test_vectors_duplex (void)
{
  g_assert_cmpuint (test_vectors_foreach ("kcp_session.json", "duplex", duplex_case, NULL), ==, 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kcp/vectors/session", test_vectors);
  g_test_add_func ("/kcp/vectors/duplex", test_vectors_duplex);
  return g_test_run ();
}

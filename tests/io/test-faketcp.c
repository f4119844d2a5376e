/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Segments and flows of fake TCP, without a socket: against the segments of a captured connection
 * between the release of 2021 (client, plain headers) and the latest server (malformed options). */

#include "config.h"

#include "culvert-faketcp-flow.h"
#include "culvert-wire.h"
#include "io-test.h"
#include "test-vectors.h"

#include <arpa/inet.h>

#define PCAP_HEADER 24
#define PCAP_RECORD 16
#define ETHERNET_HEADER 14
#define SERVER_PORT 29911
#define HEADER_LATEST 36

typedef struct
{
  uint8_t *bytes;  /* from the IP header on */
  size_t len;
} Captured;

/* The order of the capture. */
static GArray *capture;

static void
capture_load (void)
{
  g_autofree char *path = test_data_path ("captures/tcp-olderclient.pcap");
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  size_t len;

  g_file_get_contents (path, &bytes, &len, &error);
  g_assert_no_error (error);
  capture = g_array_new (FALSE, FALSE, sizeof (Captured));
  for (size_t at = PCAP_HEADER; at + PCAP_RECORD <= len;)
    {
      const uint8_t *record = (uint8_t *) bytes + at;
      size_t n = culvert_load_u32 (record + 8);
      Captured packet = { .len = n - ETHERNET_HEADER };

      g_assert_cmpuint (at + PCAP_RECORD + n, <=, len);
      packet.bytes = g_memdup2 (record + PCAP_RECORD + ETHERNET_HEADER, packet.len);
      g_array_append_val (capture, packet);
      at += PCAP_RECORD + n;
    }
  g_assert_cmpuint (capture->len, ==, 103);
}

static void
capture_free (void)
{
  for (unsigned i = 0; i < capture->len; i++)
    g_free (g_array_index (capture, Captured, i).bytes);
  g_array_unref (capture);
}

/* Segment i, parsed; its TCP part in *out_tcp. */
static CulvertTcpSegment
captured (unsigned i, uint8_t **out_tcp, size_t *out_len, CulvertAddress *out_from)
{
  Captured *packet = &g_array_index (capture, Captured, i);
  CulvertTcpSegment segment;

  g_assert_cmpint (culvert_ipv4_parse (packet->bytes, packet->len, out_tcp, out_len, out_from), ==,
                   0);
  g_assert_cmpint (culvert_tcp_segment_parse (*out_tcp, *out_len, &segment), ==, 0);
  return segment;
}

static uint32_t
pseudo_of (const char *a, const char *b)
{
  CulvertAddress from = io_test_address (a, 1);
  CulvertAddress to = io_test_address (b, 2);

  return culvert_tcp_pseudo_sum (&from, &to);
}

/* -- segments ---------------------------------------------------------------------------- */

static void
test_capture_parses (void)
{
  unsigned n_from_server = 0;
  unsigned n_data = 0;

  for (unsigned i = 0; i < capture->len; i++)
    {
      CulvertAddress from;
      uint8_t *tcp;
      size_t len;
      CulvertTcpSegment segment = captured (i, &tcp, &len, &from);
      bool is_from_server = segment.from_port == SERVER_PORT;

      g_assert_cmpuint (is_from_server ? segment.from_port : segment.to_port, ==, SERVER_PORT);
      g_assert_cmphex (from.addr.in.sin_addr.s_addr, ==, htonl (INADDR_LOOPBACK));
      g_assert_true (segment.payload + segment.payload_len == tcp + len);
      if ((segment.flags & CULVERT_TCP_PSH) == 0)
        continue;
      g_assert_cmpuint (segment.payload - tcp, ==,
                        is_from_server ? HEADER_LATEST : CULVERT_TCP_HEADER);
      g_assert_cmpuint (segment.payload_len, >, 0);
      n_data++;
      n_from_server += is_from_server;
    }
  g_assert_cmpuint (n_data, ==, 97);
  g_assert_cmpuint (n_from_server, >, 20);
}

/* Those of the kernel were taken on a loopback interface and hold the sum of the pseudo header
 * alone. */
static void
test_capture_checksums (void)
{
  uint32_t pseudo = pseudo_of ("127.0.0.1", "127.0.0.1");

  for (unsigned i = 0; i < capture->len; i++)
    {
      CulvertAddress from;
      uint8_t *tcp;
      size_t len;

      (void) captured (i, &tcp, &len, &from);
      g_assert_true (culvert_tcp_segment_check (tcp, len, pseudo));
      g_assert_false (culvert_tcp_segment_check (tcp, len, pseudo_of ("127.0.0.1", "127.0.0.2")));
    }
}

static void
test_wrong_bits (void)
{
  uint32_t pseudo = pseudo_of ("127.0.0.1", "127.0.0.1");
  CulvertAddress from;
  uint8_t *tcp;
  size_t len;

  (void) captured (3, &tcp, &len, &from);
  g_assert_cmpuint (len, ==, CULVERT_TCP_HEADER + 70);
  for (size_t bit = 0; bit < len * 8; bit++)
    {
      tcp[bit / 8] ^= (uint8_t) (1 << bit % 8);
      g_assert_false (culvert_tcp_segment_check (tcp, len, pseudo));
      tcp[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
  /* A payload is never excused. */
  memset (tcp + 16, 0, 2);
  g_assert_false (culvert_tcp_segment_check (tcp, len, pseudo));
}

/* What we write of a captured segment differs from it in the window alone. */
static void
test_write (void)
{
  uint32_t pseudo = pseudo_of ("127.0.0.1", "127.0.0.1");
  unsigned n = 0;

  for (unsigned i = 0; i < capture->len; i++)
    {
      CulvertAddress from;
      uint8_t *tcp;
      size_t len;
      CulvertTcpSegment segment = captured (i, &tcp, &len, &from);
      g_autofree uint8_t *copy = g_memdup2 (tcp, len);

      if (segment.payload - tcp != CULVERT_TCP_HEADER)
        continue;
      culvert_tcp_segment_write (&segment, pseudo, copy);
      g_assert_true (culvert_tcp_segment_check (copy, len, pseudo));
      g_assert_cmpuint (copy[14] << 8 | copy[15], ==, CULVERT_TCP_WINDOW);
      memcpy (copy + 14, tcp + 14, 4);
      test_assert_bytes (copy, len, tcp, len);
      n++;
    }
  g_assert_cmpuint (n, >, 20);
}

/* By hand, RFC 9293 over RFC 8200: an odd length, and sums that carry. */
static void
test_write_ipv6 (void)
{
  uint8_t payload[] = { 0xff, 0xff, 0xff };
  CulvertTcpSegment segment = {
    .from_port = 0x1234, .to_port = 0xfffe, .seq = 0xfffffff0, .ack = 1,
    .flags = CULVERT_TCP_PSH | CULVERT_TCP_ACK, .payload = payload, .payload_len = 3,
  };
  uint8_t bytes[CULVERT_TCP_HEADER + 3];
  uint8_t expected[] = { 0x12, 0x34, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 1,
                         0x50, 0x18, 0xff, 0xff, 0xa3, 0x6d, 0, 0, 0xff, 0xff, 0xff };

  memcpy (bytes + CULVERT_TCP_HEADER, payload, sizeof payload);
  culvert_tcp_segment_write (&segment, pseudo_of ("fd99::1", "fd99::2"), bytes);
  test_assert_bytes (bytes, sizeof bytes, expected, sizeof expected);
}

static void
test_short (void)
{
  CulvertTcpSegment segment;
  CulvertAddress from;
  Captured *packet = &g_array_index (capture, Captured, 0);
  uint8_t *tcp;
  size_t len;

  for (size_t n = 0; n < packet->len; n++)
    {
      g_autofree uint8_t *copy = g_memdup2 (packet->bytes, n);

      g_assert_cmpint (culvert_ipv4_parse (copy, n, &tcp, &len, &from), ==, CULVERT_E_DISCARD);
    }
  g_assert_cmpint (culvert_ipv4_parse (packet->bytes, packet->len, &tcp, &len, &from), ==, 0);
  g_assert_cmpuint (len, ==, 40);
  for (size_t n = 0; n < len; n++)
    {
      g_autofree uint8_t *copy = g_memdup2 (tcp, n);

      g_assert_cmpint (culvert_tcp_segment_parse (copy, n, &segment), ==, CULVERT_E_DISCARD);
    }
}

static void
test_no_tcp (void)
{
  struct
  {
    unsigned at;
    uint8_t value;
  } const bad[] = {
    { 0, 0x65 },  /* version */
    { 0, 0x44 },  /* header of 16 bytes */
    { 2, 0x7f },  /* longer than the packet */
    { 6, 0x20 },  /* more fragments */
    { 7, 1 },     /* an offset */
    { 9, 17 },    /* UDP */
  };
  CulvertTcpSegment segment;
  CulvertAddress from;
  uint8_t *tcp;
  size_t len;

  for (unsigned i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      Captured *packet = &g_array_index (capture, Captured, 5);
      g_autofree uint8_t *copy = g_memdup2 (packet->bytes, packet->len);

      copy[bad[i].at] = bad[i].value;
      g_assert_cmpint (culvert_ipv4_parse (copy, packet->len, &tcp, &len, &from), ==,
                       CULVERT_E_DISCARD);
    }
  (void) captured (5, &tcp, &len, &from);
  tcp[12] = 0x40;
  g_assert_cmpint (culvert_tcp_segment_parse (tcp, len, &segment), ==, CULVERT_E_DISCARD);
  tcp[12] = 0x50;
}

/* -- flows ------------------------------------------------------------------------------- */

static CulvertFlow
new_flow (const char *peer, uint16_t peer_port, const char *local, uint16_t local_port)
{
  CulvertAddress a = io_test_address (peer, peer_port);
  CulvertAddress b = io_test_address (local, local_port);
  CulvertFlow flow;

  culvert_flow_init (&flow, &a, &b, 0);
  return flow;
}

/* The client's flow hears all that the server sent. */
static void
test_numbers_of_client (void)
{
  CulvertFlow flow = new_flow ("127.0.0.1", SERVER_PORT, "127.0.0.1", 38702);
  uint8_t header[CULVERT_TCP_HEADER];
  uint32_t highest = 0;
  unsigned n = 0;

  g_assert_cmpuint (flow.peer.local_port, ==, 38702);
  for (unsigned i = 0; i < capture->len; i++)
    {
      CulvertAddress from;
      uint8_t *tcp;
      size_t len;
      CulvertTcpSegment segment = captured (i, &tcp, &len, &from);

      if (segment.from_port != SERVER_PORT)
        continue;
      g_assert_cmpint (flow.has_seq, ==, n > 0);
      culvert_flow_receive (&flow, &segment);
      if (n++ == 0)
        {
          /* The server's SYN: its number counts as one, and it has heard ours. */
          g_assert_cmpuint (flow.seq, ==, 2270094195u);
          g_assert_cmpuint (flow.ack, ==, 962140717u);
          highest = flow.ack;
          continue;
        }
      if (segment.payload_len > 0)
        highest = MAX (highest, segment.seq + (uint32_t) segment.payload_len);
      if (!(segment.flags & CULVERT_TCP_FIN))
        g_assert_cmpuint (flow.ack, ==, highest);
    }
  /* What the server heard later never moved our number. */
  g_assert_cmpuint (flow.seq, ==, 2270094195u);
  culvert_flow_send (&flow, (uint8_t *) "abc", 3, header);
  g_assert_cmpuint (flow.seq, ==, 2270094198u);
  culvert_flow_unsend (&flow, 3);
  g_assert_cmpuint (flow.seq, ==, 2270094195u);
}

static CulvertTcpSegment
data_segment (uint32_t seq, size_t len)
{
  return (CulvertTcpSegment) { .seq = seq, .ack = 500, .flags = CULVERT_TCP_PSH | CULVERT_TCP_ACK,
                               .payload_len = len };
}

static void
test_numbers_wrap (void)
{
  CulvertFlow flow = new_flow ("10.0.0.1", 1, "10.0.0.2", 2);
  const struct
  {
    uint32_t seq;
    size_t len;
    uint32_t ack;
  } steps[] = {
    { 0xffffff00, 100, 0xffffff64 },
    { 0xffffff64, 200, 0x2c },        /* past the end of the numbers */
    { 0xffffff00, 100, 0x2c },        /* again */
    { 0x100, 10, 0x10a },             /* one was lost */
    { 0x2c, 10, 0x10a },              /* and was only late */
    { 0x10a, 0, 0x10a },              /* nothing in it */
  };

  for (unsigned i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      CulvertTcpSegment segment = data_segment (steps[i].seq, steps[i].len);

      culvert_flow_receive (&flow, &segment);
      g_assert_cmphex (flow.ack, ==, steps[i].ack);
    }
  g_assert_cmphex (flow.first, ==, 0xffffff00);
  g_assert_cmpuint (flow.seq, ==, 500);
}

static void
test_sent_segment (void)
{
  CulvertFlow flow = new_flow ("10.0.0.1", 1000, "10.0.0.2", 2000);
  CulvertTcpSegment segment = data_segment (70, 7);
  uint8_t bytes[CULVERT_TCP_HEADER + 5];

  culvert_flow_receive (&flow, &segment);
  memcpy (bytes + CULVERT_TCP_HEADER, "hello", 5);
  culvert_flow_send (&flow, bytes + CULVERT_TCP_HEADER, 5, bytes);
  g_assert_true (culvert_tcp_segment_check (bytes, sizeof bytes,
                                            pseudo_of ("10.0.0.2", "10.0.0.1")));
  g_assert_cmpint (culvert_tcp_segment_parse (bytes, sizeof bytes, &segment), ==, 0);
  g_assert_cmpuint (segment.from_port, ==, 2000);
  g_assert_cmpuint (segment.to_port, ==, 1000);
  g_assert_cmpuint (segment.seq, ==, 500);
  g_assert_cmpuint (segment.ack, ==, 77);
  g_assert_cmphex (segment.flags, ==, CULVERT_TCP_PSH | CULVERT_TCP_ACK);
  g_assert_cmpuint (segment.payload_len, ==, 5);
}

static bool
ends (const CulvertFlow *flow, uint8_t flags, uint32_t seq)
{
  CulvertTcpSegment segment = { .seq = seq, .flags = flags };

  return culvert_flow_is_ended_by (flow, &segment);
}

static void
test_ended_by (void)
{
  CulvertFlow flow = new_flow ("10.0.0.1", 1, "10.0.0.2", 2);
  CulvertTcpSegment late = data_segment (1001, 100);
  CulvertTcpSegment early = data_segment (901, 100);

  g_assert_false (ends (&flow, CULVERT_TCP_RST, 0));
  culvert_flow_receive (&flow, &late);
  culvert_flow_receive (&flow, &early);
  g_assert_cmpuint (flow.ack, ==, 1101);
  /* The peer's kernel knows nothing of what was sent past it. */
  g_assert_true (ends (&flow, CULVERT_TCP_RST, 901));
  g_assert_true (ends (&flow, CULVERT_TCP_RST | CULVERT_TCP_ACK, 901));
  g_assert_true (ends (&flow, CULVERT_TCP_FIN | CULVERT_TCP_ACK, 901));
  g_assert_false (ends (&flow, CULVERT_TCP_RST, 1001));
  g_assert_false (ends (&flow, CULVERT_TCP_RST, 1101));
  g_assert_false (ends (&flow, CULVERT_TCP_ACK | CULVERT_TCP_PSH, 901));
  /* The SYN it began with may be heard late; another one is another connection's. */
  g_assert_false (ends (&flow, CULVERT_TCP_SYN, 900));
  g_assert_true (ends (&flow, CULVERT_TCP_SYN, 77777));
  g_assert_false (ends (&flow, CULVERT_TCP_SYN | CULVERT_TCP_ACK, 77777));
  culvert_flow_restart (&flow);
  g_assert_false (ends (&flow, CULVERT_TCP_RST, 901));
}

/* -- table ------------------------------------------------------------------------------- */

#define N_FLOWS 600

/* Peers that differ in address, port, our port, family or zone only. */
static void
name_flow (CulvertFlow *flow, unsigned i)
{
  CulvertAddress peer;
  CulvertAddress local;

  if (i % 3 == 0)
    {
      peer = io_test_address ("::ffff:10.0.0.1", (uint16_t) (1000 + i / 6));
      local = io_test_address ("::ffff:10.0.0.9", i % 2 ? 80 : 81);
    }
  else
    {
      peer = io_test_address ("fe80::1", (uint16_t) (1000 + i / 6));
      peer.addr.in6.sin6_scope_id = i % 3;
      local = io_test_address ("fe80::9", i % 2 ? 80 : 81);
    }
  culvert_flow_init (flow, &peer, &local, 0);
}

static void
test_table_model (void)
{
  g_autofree CulvertFlow *flows = g_new0 (CulvertFlow, N_FLOWS);
  g_autofree bool *is_in = g_new0 (bool, N_FLOWS);
  CulvertFlowTable table;
  unsigned n = 0;

  culvert_flow_table_init (&table, 77);
  for (unsigned i = 0; i < N_FLOWS; i++)
    name_flow (&flows[i], i);
  g_assert_cmpint (flows[0].peer.addr.sa.sa_family, ==, AF_INET);
  for (unsigned step = 0; step < 20000; step++)
    {
      /* Growing in the first half, shrinking in the second. */
      unsigned i = (unsigned) g_test_rand_int_range (0, N_FLOWS);
      bool add = g_test_rand_int_range (0, 100) < (step < 10000 ? 70 : 20);

      if (is_in[i] && !add)
        culvert_flow_table_remove (&table, &flows[i]);
      else if (!is_in[i] && add)
        culvert_flow_table_add (&table, &flows[i]);
      n += (unsigned) (add - is_in[i]);
      is_in[i] = add;
      i = (unsigned) g_test_rand_int_range (0, N_FLOWS);
      g_assert_true (culvert_flow_table_find (&table, &flows[i].peer)
                     == (is_in[i] ? &flows[i] : NULL));
      g_assert_cmpuint (table.n, ==, n);
    }
  for (unsigned i = 0; i < N_FLOWS; i++)
    if (is_in[i])
      culvert_flow_table_remove (&table, &flows[i]);
  culvert_flow_table_clear (&table);
}

static void
test_table_idle (void)
{
  CulvertFlow flows[3];
  CulvertFlowTable table;

  culvert_flow_table_init (&table, 1);
  g_assert_null (culvert_flow_table_idle_since (&table, CULVERT_TIME_NEVER));
  for (unsigned i = 0; i < 3; i++)
    {
      name_flow (&flows[i], i);
      flows[i].heard_at = 10 + i;
      culvert_flow_table_add (&table, &flows[i]);
    }
  g_assert_null (culvert_flow_table_idle_since (&table, 9));
  g_assert_true (culvert_flow_table_idle_since (&table, 10) == &flows[0]);
  culvert_flow_table_touch (&table, &flows[0], 20);
  g_assert_null (culvert_flow_table_idle_since (&table, 10));
  g_assert_true (culvert_flow_table_idle_since (&table, 30) == &flows[1]);
  culvert_flow_table_remove (&table, &flows[1]);
  culvert_flow_table_remove (&table, &flows[2]);
  g_assert_true (culvert_flow_table_idle_since (&table, 30) == &flows[0]);
  culvert_flow_table_remove (&table, &flows[0]);
  culvert_flow_table_clear (&table);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  capture_load ();
  g_test_add_func ("/faketcp/segment/capture-parses", test_capture_parses);
  g_test_add_func ("/faketcp/segment/capture-checksums", test_capture_checksums);
  g_test_add_func ("/faketcp/segment/wrong-bits", test_wrong_bits);
  g_test_add_func ("/faketcp/segment/write", test_write);
  g_test_add_func ("/faketcp/segment/write-ipv6", test_write_ipv6);
  g_test_add_func ("/faketcp/segment/short", test_short);
  g_test_add_func ("/faketcp/segment/no-tcp", test_no_tcp);
  g_test_add_func ("/faketcp/flow/numbers-of-client", test_numbers_of_client);
  g_test_add_func ("/faketcp/flow/numbers-wrap", test_numbers_wrap);
  g_test_add_func ("/faketcp/flow/sent-segment", test_sent_segment);
  g_test_add_func ("/faketcp/flow/ended-by", test_ended_by);
  g_test_add_func ("/faketcp/table/model", test_table_model);
  g_test_add_func ("/faketcp/table/idle", test_table_idle);
  status = g_test_run ();
  capture_free ();
  return status;
}

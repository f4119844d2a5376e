/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Captures of complete sessions between real kcptun programs, replayed into a session of each
 * role: the bytes of every stream must come out, also when a data packet of each group that
 * carries spare parity is left out. */

#include "config.h"

#include "test-peer.h"
#include "test-vectors.h"

#include "culvert-kdf.h"
#include "culvert-wire.h"

#include <stdlib.h>

#define PCAP_HEADER 24
#define PCAP_RECORD 16
#define ETHERNET_HEADER 14
#define MAX_STREAMS 8

typedef struct
{
  CulvertTime at;
  bool to_server;
  bool is_left_out;
  uint8_t *data;
  size_t len;
} CapturedPacket;

typedef struct
{
  JsonParser *parser;
  JsonObject *params;
  GArray *packets;
  TestResources resources;
  CulvertCipher *cipher;
  CulvertSession *session;
  CulvertCounters *counters;
  GByteArray *streams[MAX_STREAMS]; /* bytes received, by order of id */
  bool is_finished[MAX_STREAMS];
} Replay;

static int64_t
param (const Replay *replay, const char *name)
{
  return json_object_get_int_member (replay->params, name);
}

/* Appends the payload of a TCP segment or UDP datagram inside an IPv4 packet. */
static void
replay_add_packet (Replay *replay, const uint8_t *ip, size_t len, CulvertTime at, uint16_t port)
{
  size_t ip_header = (ip[0] & 15) * 4;
  const uint8_t *l4 = ip + ip_header;
  size_t total = (size_t) ip[2] << 8 | ip[3];
  bool is_tcp = ip[9] == 6;
  size_t l4_header = is_tcp ? (l4[12] >> 4) * 4 : 8;
  CapturedPacket packet = { .at = at };

  g_assert_cmpuint (total, <=, len);
  if (is_tcp && !(l4[13] & 8))
    return; /* kernel traffic: no PSH */
  packet.to_server = (l4[2] << 8 | l4[3]) == port;
  packet.len = total - ip_header - l4_header;
  packet.data = g_memdup2 (l4 + l4_header, packet.len);
  g_array_append_val (replay->packets, packet);
}

static void
replay_load (Replay *replay, const char *name)
{
  g_autofree char *relative = g_strdup_printf ("captures/%s", name);
  g_autofree char *base = test_data_path (relative);
  g_autofree char *json = g_strconcat (base, ".json", NULL);
  g_autofree char *pcap = g_strconcat (base, ".pcap", NULL);
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *root;
  size_t len;

  replay->parser = json_parser_new ();
  json_parser_load_from_file (replay->parser, json, &error);
  g_assert_no_error (error);
  root = json_node_get_object (json_parser_get_root (replay->parser));
  replay->params = json_object_get_object_member (root, "params");
  replay->packets = g_array_new (FALSE, FALSE, sizeof (CapturedPacket));
  g_file_get_contents (pcap, &bytes, &len, &error);
  g_assert_no_error (error);
  g_assert_cmphex (culvert_load_u32 ((uint8_t *) bytes), ==, 0xa1b2c3d4);
  for (size_t at = PCAP_HEADER; at + PCAP_RECORD <= len;)
    {
      const uint8_t *record = (uint8_t *) bytes + at;
      size_t captured = culvert_load_u32 (record + 8);

      g_assert_cmpuint (at + PCAP_RECORD + captured, <=, len);
      replay_add_packet (replay, record + PCAP_RECORD + ETHERNET_HEADER,
                         captured - ETHERNET_HEADER,
                         culvert_load_u32 (record) * CULVERT_SEC + culvert_load_u32 (record + 4),
                         json_object_get_int_member (root, "server_port"));
      at += PCAP_RECORD + captured;
    }
  g_assert_cmpuint (replay->packets->len, >, 10);
}

static CapturedPacket *
replay_packet (Replay *replay, unsigned i)
{
  return &g_array_index (replay->packets, CapturedPacket, i);
}

/* Body of a packet, in buf. */
static uint8_t *
replay_unprotect (Replay *replay, const CapturedPacket *packet, uint8_t buf[2048], size_t *out_len)
{
  uint8_t *body;

  memcpy (buf, packet->data, packet->len);
  g_assert_cmpint (culvert_cipher_open (replay->cipher, buf, packet->len, &body, out_len), ==,
                   CULVERT_OK);
  return body;
}

/* Marks one data packet of each group that has more shards than it needs. Returns how many. */
static unsigned
replay_leave_out (Replay *replay, bool to_server)
{
  unsigned n = param (replay, "datashard") + param (replay, "parityshard");
  g_autoptr (GHashTable) present = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  unsigned left_out = 0;

  for (unsigned pass = 0; pass < 2; pass++)
    for (unsigned i = 0; i < replay->packets->len; i++)
      {
        CapturedPacket *packet = replay_packet (replay, i);
        uint8_t buf[2048];
        size_t len;
        uint8_t *body = replay_unprotect (replay, packet, buf, &len);
        uint16_t type = culvert_load_u16 (body + 4);
        gpointer group = GUINT_TO_POINTER (culvert_load_u32 (body) / n + 1);
        unsigned count = GPOINTER_TO_UINT (g_hash_table_lookup (present, group));

        if (packet->to_server != to_server || !culvert_fec_is_type (type))
          continue;
        if (pass == 0)
          g_hash_table_insert (present, group, GUINT_TO_POINTER (count + 1));
        else if (type == CULVERT_FEC_TYPE_DATA && count > param (replay, "datashard")
                 && g_hash_table_add (done, group))
          {
            packet->is_left_out = true;
            left_out++;
          }
      }
  return left_out;
}

static void
replay_start (Replay *replay, bool is_client)
{
  bool has_fec = param (replay, "datashard") > 0;
  const char *key = json_object_get_string_member (replay->params, "key");
  const char *cipher = json_object_get_string_member (replay->params, "crypt");
  bool compress = !json_object_get_boolean_member (replay->params, "nocomp");
  uint8_t pass[CULVERT_KEY_LEN];
  uint8_t buf[2048];
  size_t len;
  uint32_t conv, sn;
  uint8_t *body;
  CulvertSessionConfig config = {
    .is_client = is_client,
    .compress = compress,
    .fec_ds = has_fec ? param (replay, "datashard") : 0,
    .fec_ps = has_fec ? param (replay, "parityshard") : 0,
    .kcp = { .mtu = 1300, .sndwnd = 1024, .rcvwnd = 1024, .interval_ms = 10, .no_cwnd = true },
    .smux = {
      .version = param (replay, "smuxver"),
      .is_client = is_client,
      .smuxbuf = 4 << 20,
      .streambuf = 2 << 20,
      .framesize = 8192,
      .keepalive = 10 * CULVERT_SEC,
      .max_streams = 16,
    },
  };

  test_resources_init (&replay->resources, 64 << 20, 1);
  g_assert_cmpint (culvert_kdf_derive (key, pass), ==, CULVERT_OK);
  replay->cipher = culvert_cipher_new (cipher, pass);
  config.cipher = replay->cipher;
  body = replay_unprotect (replay, replay_packet (replay, 0), buf, &len);
  g_assert_cmpint (culvert_session_classify (body, len, &conv, &sn), ==, CULVERT_BODY_KNOWN);
  config.kcp.conv = conv;
  if (param (replay, "qpp_count") > 0)
    config.qpp = culvert_qpp_pads_new (key, param (replay, "qpp_count"));
  replay->counters = culvert_counters_new ();
  replay->session = culvert_session_new (&config, &replay->resources.resources, replay->counters,
                                         replay_packet (replay, 0)->at);
  g_clear_pointer (&config.qpp, culvert_qpp_pads_unref);
  for (unsigned i = 0; i < MAX_STREAMS; i++)
    replay->streams[i] = g_byte_array_new ();
}

static void
replay_serve (Replay *replay, CulvertTime now)
{
  CulvertTxBatch batch = { 0 };
  CulvertEvent event;
  int error;

  while (culvert_session_next_event (replay->session, &event, &error, now))
    {
      unsigned index = event.stream != NULL ? (event.stream->id - 3) / 2 : 0;
      struct iovec spans[4];
      unsigned n;

      if (event.stream == NULL)
        continue;
      g_assert_cmpuint (index, <, MAX_STREAMS);
      while ((event.kinds & CULVERT_EVENT_READABLE)
             && (n = culvert_session_peek (replay->session, event.stream, spans, 4)) > 0)
        {
          size_t taken = 0;

          for (unsigned i = 0; i < n; i++)
            {
              g_byte_array_append (replay->streams[index], spans[i].iov_base, spans[i].iov_len);
              taken += spans[i].iov_len;
            }
          culvert_session_consume (replay->session, event.stream, taken);
        }
      if (event.kinds & CULVERT_EVENT_FINISHED)
        replay->is_finished[index] = true;
    }
  g_assert_cmpint (error, ==, CULVERT_OK);
  while (culvert_session_output (replay->session, &batch, now) > 0)
    while (batch.n > 0)
      culvert_pool_put (replay->resources.packets, batch.packets[--batch.n]);
}

static void
replay_run (Replay *replay, bool is_client)
{
  CulvertTime first = replay_packet (replay, 0)->at;

  if (is_client)
    for (unsigned i = 0; i < 3; i++)
      g_assert_nonnull (culvert_session_open_stream (replay->session, first));
  for (unsigned i = 0; i < replay->packets->len; i++)
    {
      CapturedPacket *packet = replay_packet (replay, i);
      uint8_t buf[2048];

      if (packet->to_server == is_client || packet->is_left_out)
        continue;
      memcpy (buf, packet->data, packet->len);
      g_assert_cmpint (culvert_session_input (replay->session, buf, packet->len, packet->at), ==,
                       CULVERT_OK);
      replay_serve (replay, packet->at);
    }
}

static void
replay_compare (Replay *replay, bool is_client)
{
  g_autofree char *path = test_data_path ("captures/payload.json");
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *cases;
  JsonArray *streams = json_object_get_array_member (
    json_node_get_object (json_parser_get_root (replay->parser)), "streams");

  g_assert_true (json_parser_load_from_file (parser, path, NULL));
  cases = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)),
                                        "cases");
  for (unsigned i = 0; i < json_array_get_length (streams); i++)
    {
      g_autofree uint8_t *expected = NULL;
      size_t len;

      expected = test_hex_member (json_array_get_object_element (cases, i),
                                  is_client ? "server_to_client" : "client_to_server", &len);
      test_assert_bytes (replay->streams[i]->data, replay->streams[i]->len, expected, len);
    }
}

static void
replay_clear (Replay *replay)
{
  culvert_session_free (replay->session);
  culvert_cipher_free (replay->cipher);
  culvert_counters_unref (replay->counters);
  test_resources_clear (&replay->resources);
  for (unsigned i = 0; i < MAX_STREAMS; i++)
    g_byte_array_unref (replay->streams[i]);
  for (unsigned i = 0; i < replay->packets->len; i++)
    g_free (replay_packet (replay, i)->data);
  g_array_unref (replay->packets);
  g_object_unref (replay->parser);
}

static void
test_capture (const void *name)
{
  for (unsigned i = 0; i < 4; i++)
    {
      bool is_client = i & 1;
      Replay replay = { 0 };

      replay_load (&replay, name);
      replay_start (&replay, is_client);
      if (i & 2)
        {
          unsigned n
              = param (&replay, "datashard") > 0 ? replay_leave_out (&replay, !is_client) : 0;

          g_test_message ("%s: %u packets left out", (const char *) name, n);
          g_assert_true (n > 0 || param (&replay, "datashard") == 0);
        }
      replay_run (&replay, is_client);
      replay_compare (&replay, is_client);
      replay_clear (&replay);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  g_test_add_data_func ("/captures/aes-fec-snappy-smux2", "aes-fec-snappy-smux2", test_capture);
  g_test_add_data_func ("/captures/aes128gcm-fec-snappy-smux2", "aes128gcm-fec-snappy-smux2",
                        test_capture);
  g_test_add_data_func ("/captures/qpp-none-nocomp", "qpp-none-nocomp", test_capture);
  g_test_add_data_func ("/captures/salsa20-smux1", "salsa20-smux1", test_capture);
  g_test_add_data_func ("/captures/null-nofec-nocomp", "null-nofec-nocomp", test_capture);
  g_test_add_data_func ("/captures/lossy-twofish-fec-smux2", "lossy-twofish-fec-smux2",
                        test_capture);
  g_test_add_data_func ("/captures/tcp-olderclient", "tcp-olderclient", test_capture);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Snappy framing: the golden streams at every cut, hostile chunks, memory. */

#include "config.h"

#include "culvert-comp.h"
#include "culvert-crc.h"
#include "culvert-rng.h"
#include "culvert-wire.h"
#include "test-vectors.h"

#define IDENTIFIER "ff060000734e61507059"
/* "ab" as an uncompressed chunk and the same in a block. */
#define CHUNK_AB "010600001cb0f0f46162"

static CulvertBudget budget = { 0, SIZE_MAX };

/* -- helpers -------------------------------------------------------------------- */

/* Feeds a copy of exactly the bytes of each call, so that reading past them shows; appends what
 * comes out. Returns 0 or the error. */
static int
read_all (CulvertCompReader *reader,
          const uint8_t *data,
          size_t len,
          size_t piece,
          GByteArray *out)
{
  g_autofree uint8_t *plain = g_malloc (CULVERT_COMP_MAX_PLAIN);

  while (len > 0)
    {
      size_t give = MIN (piece, len);
      g_autofree uint8_t *copy = g_memdup2 (data, give);
      size_t n_plain = 12345;
      int n = culvert_comp_read (reader, copy, give, plain, &n_plain);

      if (n < 0)
        return n;
      g_assert_cmpint (n, >, 0);
      g_assert_cmpuint ((size_t) n, <=, give);
      g_assert_cmpuint (n_plain, <=, CULVERT_COMP_MAX_PLAIN);
      g_byte_array_append (out, plain, (guint) n_plain);
      data += n;
      len -= (size_t) n;
    }
  return 0;
}

static int
read_hex (const char *hex,
          size_t piece)
{
  size_t len;
  g_autofree uint8_t *data = test_hex (hex, &len);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  CulvertCompReader *reader = culvert_comp_reader_new (&budget);
  int result = read_all (reader, data, len, piece, out);

  culvert_comp_reader_free (reader);
  return result;
}

/* A data chunk around a body whose checksum is that of plain. */
static void
append_chunk (GByteArray *stream,
              uint8_t type,
              const GByteArray *body,
              const GByteArray *plain)
{
  uint32_t crc = culvert_crc32c (plain->data, plain->len);
  uint8_t head[8] = { type };

  culvert_store_u24 (head + 1, body->len + 4);
  culvert_store_u32 (head + 4, (crc >> 15 | crc << 17) + 0xa282ead8u);
  g_byte_array_append (stream, head, sizeof head);
  g_byte_array_append (stream, body->data, body->len);
}

static GByteArray *
new_stream (void)
{
  size_t len;
  g_autofree uint8_t *bytes = test_hex (IDENTIFIER, &len);

  return g_byte_array_append (g_byte_array_new (), bytes, (guint) len);
}

/* Writes plain in pieces as the session does. */
static void
write_all (CulvertCompWriter *writer,
           const uint8_t *plain,
           size_t len,
           GByteArray *stream)
{
  g_autofree uint8_t *out = g_malloc (CULVERT_COMP_BOUND);

  while (len > 0)
    {
      size_t n = MIN (len, CULVERT_COMP_MAX_PLAIN);
      size_t made = culvert_comp_write (writer, plain, n, out);

      g_assert_cmpuint (made, <=, CULVERT_COMP_BOUND);
      g_byte_array_append (stream, out, (guint) made);
      plain += n;
      len -= n;
    }
}

static void
assert_reads_back (const uint8_t *stream,
                   size_t len,
                   size_t piece,
                   const GByteArray *plain)
{
  CulvertCompReader *reader = culvert_comp_reader_new (&budget);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_assert_cmpint (read_all (reader, stream, len, piece, out), ==, 0);
  g_assert_cmpuint (out->len, ==, plain->len);
  g_assert_true (out->len == 0 || memcmp (out->data, plain->data, out->len) == 0);
  culvert_comp_reader_free (reader);
  g_assert_cmpuint (budget.used, ==, 0);
}

/* -- vectors: writing ----------------------------------------------------------- */

static GByteArray *
vector_input (JsonObject *input)
{
  GByteArray *plain = g_byte_array_new ();
  size_t len;

  if (json_object_has_member (input, "hex"))
    {
      g_autofree uint8_t *bytes = test_hex_member (input, "hex", &len);

      return g_byte_array_append (plain, bytes, (guint) len);
    }
  g_byte_array_set_size (plain, (guint) json_object_get_int_member (input, "len"));
  if (json_object_has_member (input, "lcg_seed"))
    {
      uint32_t seed = (uint32_t) json_object_get_int_member (input, "lcg_seed");

      test_lcg_fill (&seed, plain->data, plain->len);
    }
  else
    {
      g_autofree uint8_t *bytes = test_hex_member (input, "repeat_hex", &len);

      for (guint i = 0; i < plain->len; i++)
        plain->data[i] = bytes[i % len];
    }
  return plain;
}

/* What the reference wrote for an input; pieces of which only the digest is known are zeros. */
static GByteArray *
vector_writes (JsonObject *input)
{
  JsonArray *writes = json_object_get_array_member (input, "writes");
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < json_array_get_length (writes); i++)
    {
      JsonNode *node = json_array_get_element (writes, i);
      size_t len;

      if (JSON_NODE_HOLDS_OBJECT (node))
        {
          guint from = bytes->len;

          len = (size_t) json_object_get_int_member (json_node_get_object (node), "len");
          g_byte_array_set_size (bytes, from + (guint) len);
          memset (bytes->data + from, 0, len);
        }
      else
        {
          g_autofree uint8_t *piece = test_hex (json_node_get_string (node), &len);

          g_byte_array_append (bytes, piece, (guint) len);
        }
    }
  return bytes;
}

/* The checksums of the data chunks, "id" for an identifier: what two writers must agree on. */
static char *
chunk_summary (const GByteArray *stream)
{
  GString *text = g_string_new (NULL);
  size_t at = 0;

  while (at < stream->len)
    {
      uint32_t len = culvert_load_u24 (stream->data + at + 1);

      g_assert_cmpuint (at + 4 + len, <=, stream->len);
      g_assert_cmpuint (len, <=, CULVERT_COMP_MAX_CHUNK);
      if (stream->data[at] == 0xff)
        g_string_append (text, "id ");
      else
        g_string_append_printf (text, "%08x ", culvert_load_u32 (stream->data + at + 4));
      at += 4 + len;
    }
  return g_string_free (text, FALSE);
}

static void
run_write (JsonObject *object,
           void *data)
{
  JsonArray *inputs = json_object_get_array_member (object, "inputs");
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  g_autofree char *digest = NULL;
  CulvertCompWriter writer;

  culvert_comp_writer_init (&writer);
  for (guint i = 0; i < json_array_get_length (inputs); i++)
    {
      JsonObject *input = json_array_get_object_element (inputs, i);
      g_autoptr (GByteArray) bytes = vector_input (input);
      g_autoptr (GByteArray) theirs = vector_writes (input);
      g_autoptr (GByteArray) ours = g_byte_array_new ();
      g_autofree char *our_summary = NULL;
      g_autofree char *their_summary = NULL;

      write_all (&writer, bytes->data, bytes->len, ours);
      our_summary = chunk_summary (ours);
      their_summary = chunk_summary (theirs);
      g_assert_cmpstr (our_summary, ==, their_summary);
      g_byte_array_append (stream, ours->data, ours->len);
      g_byte_array_append (plain, bytes->data, bytes->len);
    }
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, plain->data, plain->len);
  g_assert_cmpstr (digest, ==, json_object_get_string_member (object, "plain_sha256"));
  assert_reads_back (stream->data, stream->len, SIZE_MAX, plain);
  assert_reads_back (stream->data, stream->len, 1000, plain);
  if (json_object_has_member (object, "stream"))
    {
      size_t len;
      g_autofree uint8_t *theirs = test_hex_member (object, "stream", &len);

      assert_reads_back (theirs, len, SIZE_MAX, plain);
      assert_reads_back (theirs, len, 777, plain);
    }
}

static void
test_vectors_write (void)
{
  g_assert_cmpuint (test_vectors_foreach ("snappy_stream.json", "write", run_write, NULL), >=, 15);
}

/* -- vectors: reading ----------------------------------------------------------- */

static void
check_read (JsonObject *object,
            const uint8_t *stream,
            size_t len,
            size_t cut,
            size_t piece)
{
  const char *name = json_object_get_string_member (object, "name");
  bool is_good = g_str_equal (json_object_get_string_member (object, "result"), "ok");
  size_t want_len;
  g_autofree uint8_t *want = test_hex_member (object, "plain", &want_len);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  CulvertCompReader *reader = culvert_comp_reader_new (&budget);
  int result = read_all (reader, stream, cut, piece, out);

  if (result == 0)
    result = read_all (reader, stream + cut, len - cut, piece, out);
  /* A stream that just stops is an error only to who sees its end; here more may come. */
  g_assert_cmpint (result, ==,
                   is_good || g_str_has_prefix (name, "truncated") ? 0 : CULVERT_E_COMP);
  test_assert_bytes (out->data, out->len, want, want_len);
  culvert_comp_reader_free (reader);
}

static void
run_read (JsonObject *object,
          void *data)
{
  size_t len;
  g_autofree uint8_t *stream = test_hex_member (object, "stream", &len);

  for (size_t cut = 0; cut <= len; cut++)
    check_read (object, stream, len, cut, SIZE_MAX);
  check_read (object, stream, len, 0, 1);
  check_read (object, stream, len, 0, 3);
  g_assert_cmpuint (budget.used, ==, 0);
}

static void
test_vectors_read (void)
{
  g_assert_cmpuint (test_vectors_foreach ("snappy_stream.json", "read", run_read, NULL), >=, 30);
}

/* -- writing -------------------------------------------------------------------- */

static void
test_write_identifier_once (void)
{
  CulvertCompWriter writer;
  uint8_t out[CULVERT_COMP_BOUND];

  culvert_comp_writer_init (&writer);
  g_assert_cmpuint (culvert_comp_write (&writer, (const uint8_t *) "ab", 2, out), ==, 20);
  g_assert_cmpuint (out[0], ==, 0xff);
  g_assert_cmpuint (out[10], ==, 0x01);
  g_assert_cmpuint (culvert_comp_write (&writer, (const uint8_t *) "ab", 2, out), ==, 10);
  g_assert_cmpuint (out[0], ==, 0x01);
}

static void
test_write_plain_unless_it_pays (void)
{
  uint8_t plain[4096];
  uint8_t out[CULVERT_COMP_BOUND];

  for (size_t n_random = 0; n_random <= sizeof plain; n_random += 64)
    {
      CulvertCompWriter writer = { true };
      uint32_t seed = 77;
      size_t n;

      memset (plain, 0, sizeof plain);
      test_lcg_fill (&seed, plain, n_random);
      n = culvert_comp_write (&writer, plain, sizeof plain, out);
      if (out[0] == 0x01)
        g_assert_cmpuint (n, ==, 8 + sizeof plain);
      else
        g_assert_cmpuint (n, <, 8 + sizeof plain - sizeof plain / 8);
      /* 3584 is an eighth less; in between it depends on how the compressor searches. */
      if (n_random <= 3000 || n_random >= 3584)
        g_assert_cmpuint (out[0], ==, n_random >= 3584);
    }
}

static void
test_write_random (void)
{
  for (unsigned seed = 1; seed <= 20; seed++)
    {
      g_autoptr (GByteArray) plain = g_byte_array_new ();
      g_autoptr (GByteArray) stream = g_byte_array_new ();
      CulvertCompWriter writer;
      CulvertSeededRng rng;

      culvert_seeded_rng_init (&rng, seed);
      culvert_comp_writer_init (&writer);
      for (unsigned i = 0; i < 20; i++)
        {
          uint32_t len = 1 + culvert_rng_below (&rng.base, seed % 2 ? 300 : 70000);
          uint32_t alphabet = 1 + culvert_rng_below (&rng.base, 256);
          guint from = plain->len;

          g_byte_array_set_size (plain, from + len);
          for (uint32_t k = 0; k < len; k++)
            plain->data[from + k] = (uint8_t) culvert_rng_below (&rng.base, alphabet);
          write_all (&writer, plain->data + from, len, stream);
        }
      assert_reads_back (stream->data, stream->len, 1 + culvert_rng_below (&rng.base, 3000), plain);
    }
}

/* -- reading -------------------------------------------------------------------- */

static void
test_read_one_chunk_per_call (void)
{
  size_t len, n_plain;
  g_autofree uint8_t *data = test_hex (IDENTIFIER CHUNK_AB CHUNK_AB, &len);
  g_autofree uint8_t *plain = g_malloc (CULVERT_COMP_MAX_PLAIN);
  CulvertCompReader *reader = culvert_comp_reader_new (&budget);

  g_assert_cmpint (culvert_comp_read (reader, data, len, plain, &n_plain), ==, 20);
  test_assert_bytes (plain, n_plain, "ab", 2);
  g_assert_cmpint (culvert_comp_read (reader, data + 20, len - 20, plain, &n_plain), ==, 10);
  test_assert_bytes (plain, n_plain, "ab", 2);
  g_assert_cmpint (culvert_comp_read (reader, data, 0, plain, &n_plain), ==, 0);
  g_assert_cmpuint (n_plain, ==, 0);
  culvert_comp_reader_free (reader);
}

static void
test_read_error_is_final (void)
{
  g_autofree uint8_t *plain = g_malloc (CULVERT_COMP_MAX_PLAIN);
  CulvertCompReader *reader = culvert_comp_reader_new (&budget);
  static const uint8_t bad[] = { 0x02, 0, 0, 0 };
  size_t len, n_plain;
  g_autofree uint8_t *good = test_hex (IDENTIFIER, &len);

  g_assert_cmpint (culvert_comp_read (reader, bad, sizeof bad, plain, &n_plain), ==,
                   CULVERT_E_COMP);
  g_assert_cmpint (culvert_comp_read (reader, good, len, plain, &n_plain), ==, CULVERT_E_COMP);
  culvert_comp_reader_free (reader);
}

/* Every type at the lengths around its limits: judged by the header, nothing of the body came. */
static void
test_read_header_limits (void)
{
  static const uint32_t lengths[] = { 0, 3, 4, 6, 7, 65540, 65541, 76494, 76495, 0xffffff };

  for (unsigned type = 0; type < 256; type++)
    for (unsigned i = 0; i < G_N_ELEMENTS (lengths); i++)
      {
        g_autofree char *hex
            = g_strdup_printf (IDENTIFIER "%02x%02x%02x%02x", type, lengths[i] & 0xff,
                               lengths[i] >> 8 & 0xff, lengths[i] >> 16);
        bool is_good = lengths[i] <= 76494;

        if (type == 0x00)
          is_good &= lengths[i] >= 4;
        else if (type == 0x01)
          is_good &= lengths[i] >= 4 && lengths[i] <= 65540;
        else if (type < 0x80)
          is_good = false;
        else if (type == 0xff)
          is_good = lengths[i] == 6;
        g_assert_cmpint (read_hex (hex, SIZE_MAX), ==, is_good ? 0 : CULVERT_E_COMP);
      }
}

static void
test_read_identifier_comes_first (void)
{
  g_assert_cmpint (read_hex (CHUNK_AB, SIZE_MAX), ==, CULVERT_E_COMP);
  g_assert_cmpint (read_hex ("fe000000" IDENTIFIER, SIZE_MAX), ==, CULVERT_E_COMP);
  g_assert_cmpint (read_hex (IDENTIFIER "fe000000" CHUNK_AB, 1), ==, 0);
}

/* n plain bytes in one-byte literals: a legal block of twice the size. */
static void
append_wasteful (GByteArray *body,
                 GByteArray *plain,
                 uint32_t announced,
                 uint32_t n)
{
  uint8_t varint[3] = { announced | 0x80, announced >> 7 | 0x80, announced >> 14 };

  g_byte_array_append (body, varint, 3);
  for (uint32_t i = 0; i < n; i++)
    {
      uint8_t literal[3] = { 0xf0, 0, (uint8_t) (i * 7) };

      /* The first one in the long form, so that the length can be odd or even. */
      if (i > 0)
        literal[0] = 0, literal[1] = literal[2];
      g_byte_array_append (body, literal, i > 0 ? 2 : 3);
      g_byte_array_append (plain, i > 0 ? literal + 1 : literal + 2, 1);
    }
}

static void
test_read_longest_chunk (void)
{
  g_autoptr (GByteArray) stream = new_stream ();
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (GByteArray) plain = g_byte_array_new ();

  append_wasteful (body, plain, 38243, 38242);
  g_byte_array_append (body, (const uint8_t *) "\0z", 2);
  g_byte_array_append (plain, (const uint8_t *) "z", 1);
  g_assert_cmpuint (body->len, ==, CULVERT_COMP_MAX_CHUNK - 4);
  append_chunk (stream, 0, body, plain);
  assert_reads_back (stream->data, stream->len, SIZE_MAX, plain);
  assert_reads_back (stream->data, stream->len, 1, plain);
  assert_reads_back (stream->data, stream->len, stream->len - 1, plain);
}

static void
test_read_wrong_announcement (void)
{
  static const uint32_t announced[] = { 0, 99, 101, 65536, 65537, 0x1fffff };

  for (unsigned i = 0; i < G_N_ELEMENTS (announced); i++)
    {
      g_autoptr (GByteArray) stream = new_stream ();
      g_autoptr (GByteArray) body = g_byte_array_new ();
      g_autoptr (GByteArray) plain = g_byte_array_new ();
      g_autoptr (GByteArray) out = g_byte_array_new ();
      CulvertCompReader *reader = culvert_comp_reader_new (&budget);

      append_wasteful (body, plain, announced[i], 100);
      append_chunk (stream, 0, body, plain);
      g_assert_cmpint (read_all (reader, stream->data, stream->len, SIZE_MAX, out), ==,
                       CULVERT_E_COMP);
      g_assert_cmpuint (out->len, ==, 0);
      culvert_comp_reader_free (reader);
    }
}

/* A tiny block that unfolds to exactly the limit is legal, one byte more is not. */
static void
test_read_bomb (void)
{
  for (uint32_t n = 65536; n <= 65537; n++)
    {
      g_autoptr (GByteArray) stream = new_stream ();
      g_autoptr (GByteArray) body = g_byte_array_new ();
      g_autoptr (GByteArray) plain = g_byte_array_new ();
      uint8_t varint[3] = { n | 0x80, n >> 7 | 0x80, n >> 14 };
      CulvertCompReader *reader = culvert_comp_reader_new (&budget);
      g_autoptr (GByteArray) out = g_byte_array_new ();
      int result;

      g_byte_array_append (body, varint, 3);
      g_byte_array_append (body, (const uint8_t *) "\0a", 2);
      for (uint32_t left = n - 1; left > 0; left -= MIN (left, 64))
        {
          uint8_t copy[3] = { (uint8_t) ((MIN (left, 64) - 1) << 2 | 2), 1, 0 };

          g_byte_array_append (body, copy, 3);
        }
      g_byte_array_set_size (plain, n);
      memset (plain->data, 'a', n);
      append_chunk (stream, 0, body, plain);
      result = read_all (reader, stream->data, stream->len, SIZE_MAX, out);
      g_assert_cmpint (result, ==, n == 65536 ? 0 : CULVERT_E_COMP);
      g_assert_cmpuint (out->len, ==, n == 65536 ? n : 0);
      culvert_comp_reader_free (reader);
    }
}

static void
test_read_bad_blocks (void)
{
  /* An announcement that does not end, is too long, or is missing; a checksum of nothing. */
  g_assert_cmpint (read_hex (IDENTIFIER "00050000d8ea82a280", SIZE_MAX), ==, CULVERT_E_COMP);
  g_assert_cmpint (read_hex (IDENTIFIER "000a0000d8ea82a2ffffffffff01", 1), ==, CULVERT_E_COMP);
  g_assert_cmpint (read_hex (IDENTIFIER "00040000d8ea82a2", SIZE_MAX), ==, CULVERT_E_COMP);
  g_assert_cmpint (read_hex (IDENTIFIER "01040000d8ea82a3", SIZE_MAX), ==, CULVERT_E_COMP);
  g_assert_cmpint (read_hex (IDENTIFIER "01040000d8ea82a2", SIZE_MAX), ==, 0);
}

/* -- memory --------------------------------------------------------------------- */

static void
test_memory_whole_chunk_needs_none (void)
{
  CulvertBudget none = { 0, 0 };
  CulvertCompReader *reader = culvert_comp_reader_new (&none);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  size_t len;
  g_autofree uint8_t *data = test_hex (IDENTIFIER CHUNK_AB, &len);

  g_assert_cmpint (read_all (reader, data, len, SIZE_MAX, out), ==, 0);
  test_assert_bytes (out->data, out->len, "ab", 2);
  culvert_comp_reader_free (reader);
}

static void
test_memory_follows_what_came (void)
{
  CulvertBudget own = { 0, 100000 };
  CulvertCompReader *reader = culvert_comp_reader_new (&own);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree uint8_t *zeros = g_malloc0 (70000);
  size_t len;
  g_autofree uint8_t *data = test_hex (IDENTIFIER "00ce2a01" "0000", &len);

  g_assert_cmpint (read_all (reader, data, len, SIZE_MAX, out), ==, 0);
  g_assert_cmpuint (own.used, <=, 4096);
  g_assert_cmpint (read_all (reader, zeros, 40000, SIZE_MAX, out), ==, 0);
  g_assert_cmpuint (own.used, >=, 40002);
  g_assert_cmpuint (own.used, <=, 65536);
  g_assert_cmpint (read_all (reader, zeros, 30000, SIZE_MAX, out), ==, 0);
  g_assert_cmpuint (own.used, >=, 70002);
  g_assert_cmpuint (own.used, <=, CULVERT_COMP_MAX_CHUNK);
  culvert_comp_reader_free (reader);
  g_assert_cmpuint (own.used, ==, 0);
}

static void
test_memory_trim (void)
{
  CulvertBudget own = { 0, 100000 };
  CulvertCompReader *reader = culvert_comp_reader_new (&own);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  size_t len;
  g_autofree uint8_t *data = test_hex (IDENTIFIER CHUNK_AB, &len);

  g_assert_cmpint (read_all (reader, data, len - 1, SIZE_MAX, out), ==, 0);
  g_assert_cmpuint (own.used, >, 0);
  culvert_comp_reader_trim (reader);
  g_assert_cmpuint (own.used, >, 0);
  g_assert_cmpint (read_all (reader, data + len - 1, 1, SIZE_MAX, out), ==, 0);
  test_assert_bytes (out->data, out->len, "ab", 2);
  culvert_comp_reader_trim (reader);
  g_assert_cmpuint (own.used, ==, 0);
  culvert_comp_reader_free (reader);
}

static void
test_memory_exhausted (void)
{
  CulvertBudget own = { 0, 10000 };
  CulvertCompReader *reader = culvert_comp_reader_new (&own);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree uint8_t *zeros = g_malloc0 (20000);
  size_t len;
  g_autofree uint8_t *data = test_hex (IDENTIFIER "00ce2a01", &len);

  g_assert_cmpint (read_all (reader, data, len, SIZE_MAX, out), ==, 0);
  g_assert_cmpint (read_all (reader, zeros, 20000, SIZE_MAX, out), ==, CULVERT_E_NOMEM);
  g_assert_cmpint (read_all (reader, zeros, 1, SIZE_MAX, out), ==, CULVERT_E_COMP);
  culvert_comp_reader_free (reader);
  g_assert_cmpuint (own.used, ==, 0);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/comp/vectors/write", test_vectors_write);
  g_test_add_func ("/comp/vectors/read", test_vectors_read);
  g_test_add_func ("/comp/write/identifier-once", test_write_identifier_once);
  g_test_add_func ("/comp/write/plain-unless-it-pays", test_write_plain_unless_it_pays);
  g_test_add_func ("/comp/write/random", test_write_random);
  g_test_add_func ("/comp/read/one-chunk-per-call", test_read_one_chunk_per_call);
  g_test_add_func ("/comp/read/error-is-final", test_read_error_is_final);
  g_test_add_func ("/comp/read/header-limits", test_read_header_limits);
  g_test_add_func ("/comp/read/identifier-comes-first", test_read_identifier_comes_first);
  g_test_add_func ("/comp/read/longest-chunk", test_read_longest_chunk);
  g_test_add_func ("/comp/read/wrong-announcement", test_read_wrong_announcement);
  g_test_add_func ("/comp/read/bomb", test_read_bomb);
  g_test_add_func ("/comp/read/bad-blocks", test_read_bad_blocks);
  g_test_add_func ("/comp/memory/whole-chunk-needs-none", test_memory_whole_chunk_needs_none);
  g_test_add_func ("/comp/memory/follows-what-came", test_memory_follows_what_came);
  g_test_add_func ("/comp/memory/trim", test_memory_trim);
  g_test_add_func ("/comp/memory/exhausted", test_memory_exhausted);
  return g_test_run ();
}

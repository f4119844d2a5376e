/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cipher.h"
#include "culvert-qpp.h"
#include "test-vectors.h"

/* Building pads is slow; cases come in runs of equal key and count. */
typedef struct
{
  char *key;
  unsigned count;
  CulvertQppPads *pads;
} TestPads;

static const CulvertQppPads *
test_pads_get (TestPads *cache,
               const char *key,
               unsigned count)
{
  if (cache->pads == NULL || cache->count != count || strcmp (cache->key, key) != 0)
    {
      g_clear_pointer (&cache->pads, culvert_qpp_pads_unref);
      g_free (cache->key);
      cache->key = g_strdup (key);
      cache->count = count;
      cache->pads = culvert_qpp_pads_new (key, count);
    }
  g_assert_nonnull (cache->pads);
  return cache->pads;
}

static void
test_pads_clear (TestPads *cache)
{
  g_clear_pointer (&cache->pads, culvert_qpp_pads_unref);
  g_clear_pointer (&cache->key, g_free);
}

static uint64_t
test_parse_u64 (const char *hex)
{
  guint64 value;

  g_assert_true (g_ascii_string_to_unsigned (hex, 16, 0, G_MAXUINT64, &value, NULL));
  return value;
}

static void
test_pads_case (JsonObject *object,
                void *data)
{
  unsigned count = json_object_get_int_member (object, "count");
  const CulvertQppPads *pads
    = test_pads_get (data, json_object_get_string_member (object, "key_utf8"), count);
  JsonArray *state = json_object_get_array_member (object, "prng_state_after_first");
  size_t len;
  g_autofree uint8_t *first = test_hex_member (object, "pad0", &len);
  g_autofree uint8_t *last = test_hex_member (object, "padlast", &len);
  g_autofree char *sha256
    = g_compute_checksum_for_data (G_CHECKSUM_SHA256, culvert_qpp_pads_peek (pads, 0), 256 * count);
  CulvertQpp qpp;

  test_assert_bytes (culvert_qpp_pads_peek (pads, 0), 256, first, len);
  test_assert_bytes (culvert_qpp_pads_peek (pads, count - 1), 256, last, len);
  g_assert_cmpstr (sha256, ==, json_object_get_string_member (object, "pads_sha256"));
  culvert_qpp_init (&qpp, pads);
  g_assert_cmphex (qpp.word, ==,
                   test_parse_u64 (json_object_get_string_member (object, "prng_first_word")));
  for (unsigned i = 0; i < 4; i++)
    g_assert_cmphex (qpp.state[i], ==, test_parse_u64 (json_array_get_string_element (state, i)));
}

static void
test_pads_vectors (void)
{
  TestPads cache = { 0 };

  test_vectors_foreach ("qpp.json", "pads", test_pads_case, &cache);
  test_pads_clear (&cache);
}

typedef void (*TestRunFunc) (CulvertQpp *qpp,
                             const CulvertQppPads *pads,
                             uint8_t *data,
                             size_t len);

/* Runs the bytes through in pieces, the list of sizes repeated until they end. */
static void
test_run_chunked (const CulvertQppPads *pads,
                  TestRunFunc func,
                  uint8_t *data,
                  size_t len,
                  JsonArray *sizes)
{
  CulvertQpp qpp;
  size_t done = 0;

  culvert_qpp_init (&qpp, pads);
  for (unsigned i = 0; done < len; i++)
    {
      size_t size = len;

      if (sizes != NULL)
        size = json_array_get_int_element (sizes, i % json_array_get_length (sizes));
      size = MIN (size, len - done);
      func (&qpp, pads, data + done, size);
      done += size;
    }
}

static void
test_stream_case_chunked (JsonObject *object,
                          const CulvertQppPads *pads,
                          JsonArray *sizes)
{
  size_t len;
  size_t cipher_len;
  g_autofree uint8_t *plain = test_hex_member (object, "plain", &len);
  g_autofree uint8_t *cipher = test_hex_member (object, "cipher", &cipher_len);
  g_autofree uint8_t *data = g_memdup2 (plain, len);

  test_run_chunked (pads, culvert_qpp_encrypt, data, len, sizes);
  test_assert_bytes (data, len, cipher, cipher_len);
  test_run_chunked (pads, culvert_qpp_decrypt, data, len, sizes);
  test_assert_bytes (data, len, plain, len);
}

static void
test_stream_case (JsonObject *object,
                  void *data)
{
  unsigned count = json_object_get_int_member (object, "count");
  const CulvertQppPads *pads
    = test_pads_get (data, json_object_get_string_member (object, "key_utf8"), count);
  JsonArray *chunkings;

  test_stream_case_chunked (object, pads, NULL);
  if (!json_object_has_member (object, "chunkings_repeat"))
    return;
  chunkings = json_object_get_array_member (object, "chunkings_repeat");
  for (unsigned i = 0; i < json_array_get_length (chunkings); i++)
    test_stream_case_chunked (object, pads, json_array_get_array_element (chunkings, i));
}

static void
test_stream_vectors (void)
{
  TestPads cache = { 0 };

  test_vectors_foreach ("qpp.json", "stream", test_stream_case, &cache);
  test_pads_clear (&cache);
}

static void
test_validate_case (JsonObject *object,
                    void *data)
{
  gint64 count = json_object_get_int_member (object, "count");
  bool is_fatal = json_object_get_boolean_member (object, "fatal");

  if (is_fatal)
    {
      g_assert_null (culvert_qpp_pads_new ("key", (unsigned) count));
      return;
    }
  g_assert_cmpint (__builtin_popcount (culvert_qpp_check (
                     json_object_get_int_member (object, "key_len"), (unsigned) count)),
                   ==, json_object_get_int_member (object, "warnings"));
}

static void
test_validate_vectors (void)
{
  test_vectors_foreach ("qpp.json", "validate", test_validate_case, NULL);
}

static void
test_limits_case (JsonObject *object,
                  void *data)
{
  unsigned pads = json_object_get_int_member (object, "min_pads");
  size_t bytes = json_object_get_int_member (object, "min_seed_bytes");

  g_assert_cmphex (culvert_qpp_check (bytes, pads), ==, 0);
  g_assert_cmphex (culvert_qpp_check (bytes - 1, pads), ==, CULVERT_QPP_WARN_SHORT_KEY);
  g_assert_cmphex (culvert_qpp_check (bytes, pads - 2), ==, CULVERT_QPP_WARN_FEW_PADS);
  g_assert_cmphex (culvert_qpp_check (bytes, pads + 1), ==, CULVERT_QPP_WARN_EVEN);
}

static void
test_limits_vectors (void)
{
  test_vectors_foreach ("qpp.json", "limits", test_limits_case, NULL);
}

static void
test_count_range (void)
{
  g_assert_null (culvert_qpp_pads_new ("key", 0));
  g_assert_null (culvert_qpp_pads_new ("key", 65536));
}

/* xoshiro256** once more, byte by byte with a division, as WIRE.md 10.3 writes it. */
typedef struct
{
  uint64_t s[4];
  uint64_t word;
  unsigned at;
} TestModel;

static uint64_t
test_model_rotate (uint64_t x,
                   unsigned n)
{
  return x << n | x >> (64 - n);
}

static uint8_t
test_model_byte (TestModel *m,
                 const CulvertQppPads *pads,
                 unsigned count,
                 uint8_t in)
{
  const uint8_t *pad = culvert_qpp_pads_peek (pads, m->word % 65536 % count);
  uint8_t out = pad[in ^ (m->word >> 8 * m->at & 255)];

  if (++m->at == 8)
    {
      uint64_t t = m->s[1] << 17;

      m->word = test_model_rotate (m->s[1] * 5, 7) * 9;
      m->at = 0;
      m->s[2] ^= m->s[0];
      m->s[3] ^= m->s[1];
      m->s[1] ^= m->s[2];
      m->s[0] ^= m->s[3];
      m->s[2] ^= t;
      m->s[3] = test_model_rotate (m->s[3], 45);
    }
  return out;
}

/* Random cuts, random counts: encryption against the model, decryption against the input. */
static void
test_stream_model (void)
{
  static const unsigned counts[] = { 1, 2, 3, 10, 127, 1021 };

  for (size_t c = 0; c < G_N_ELEMENTS (counts); c++)
    {
      CulvertQppPads *pads = culvert_qpp_pads_new ("model", counts[c]);
      CulvertQpp tx;
      CulvertQpp rx;
      TestModel model = { 0 };
      uint32_t seed = 77 + c;

      culvert_qpp_init (&tx, pads);
      culvert_qpp_init (&rx, pads);
      memcpy (model.s, tx.state, sizeof model.s);
      model.word = tx.word;
      for (unsigned round = 0; round < 400; round++)
        {
          uint8_t plain[300];
          uint8_t data[300];
          uint8_t expected[300];
          uint8_t size[2];
          size_t len;

          test_lcg_fill (&seed, size, sizeof size);
          len = (size[0] % 4 == 0 ? size[1] % 9 : size[1]) + (size[0] & 31);
          test_lcg_fill (&seed, plain, len);
          memcpy (data, plain, len);
          for (size_t i = 0; i < len; i++)
            expected[i] = test_model_byte (&model, pads, counts[c], plain[i]);
          culvert_qpp_encrypt (&tx, pads, data, len);
          test_assert_bytes (data, len, expected, len);
          culvert_qpp_decrypt (&rx, pads, data, len);
          test_assert_bytes (data, len, plain, len);
        }
      culvert_qpp_pads_unref (pads);
    }
}

/* Every 16-bit draw picks the row a division would; 4099 pads that can be told apart. */
static void
test_row_choice (void)
{
  static const unsigned counts[] = { 1, 7, 61, 4099 };

  for (size_t c = 0; c < G_N_ELEMENTS (counts); c++)
    {
      CulvertQppPads *pads = culvert_qpp_pads_new ("rows", counts[c]);

      for (uint32_t x = 0; x < 65536; x++)
        {
          CulvertQpp qpp = { .state = { 1, 2, 3, 4 }, .word = x };
          uint8_t data[8] = { 0 };
          const uint8_t *row = culvert_qpp_pads_peek (pads, x % counts[c]);

          culvert_qpp_encrypt (&qpp, pads, data, sizeof data);
          g_assert_cmpuint (data[0], ==, row[x & 255]);
          g_assert_cmpuint (data[1], ==, row[x >> 8]);
          g_assert_cmpuint (data[7], ==, row[0]);
        }
      culvert_qpp_pads_unref (pads);
    }
}

/* Streams share the pads beyond the one who made them. */
static void
test_pads_ref (void)
{
  CulvertQppPads *pads = culvert_qpp_pads_new ("ref", 3);
  CulvertQppPads *other = culvert_qpp_pads_ref (pads);
  uint8_t first = culvert_qpp_pads_peek (pads, 2)[0];

  g_assert_true (other == pads);
  culvert_qpp_pads_unref (pads);
  g_assert_cmpuint (culvert_qpp_pads_peek (other, 2)[0], ==, first);
  culvert_qpp_pads_unref (other);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  g_test_add_func ("/qpp/pads/vectors", test_pads_vectors);
  g_test_add_func ("/qpp/pads/ref", test_pads_ref);
  g_test_add_func ("/qpp/pads/count-range", test_count_range);
  g_test_add_func ("/qpp/stream/vectors", test_stream_vectors);
  g_test_add_func ("/qpp/stream/model", test_stream_model);
  g_test_add_func ("/qpp/stream/row-choice", test_row_choice);
  g_test_add_func ("/qpp/check/vectors", test_validate_vectors);
  g_test_add_func ("/qpp/check/limits", test_limits_vectors);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Snappy streams from outside: read as a whole and in pieces the outcome must be the same. Then the
 * input is taken for plain bytes, which must come back from writer and reader.
 *
 * Byte 0: size of the pieces, bit 7 puts the identifier in front. All blocks have exactly
 * the size they are announced with. */

#include "config.h"

#include "culvert-comp.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t size);

/* Returns 0 or the error; appends what comes out. */
static int
fuzz_read (const uint8_t *data,
           size_t size,
           size_t piece,
           GByteArray *out)
{
  CulvertBudget budget = { 0, CULVERT_COMP_MAX_CHUNK };
  CulvertCompReader *reader = culvert_comp_reader_new (&budget);
  g_autofree uint8_t *plain = g_malloc (CULVERT_COMP_MAX_PLAIN);
  int n = 0;

  for (size_t at = 0; at < size && n >= 0;)
    {
      size_t give = MIN (piece, size - at);
      g_autofree uint8_t *copy = g_memdup2 (data + at, give);
      size_t n_plain;

      n = culvert_comp_read (reader, copy, give, plain, &n_plain);
      /* The longest chunk fits the budget. */
      g_assert ((n > 0 && (size_t) n <= give) || n == CULVERT_E_COMP);
      if (n < 0)
        break;
      g_assert (n_plain <= CULVERT_COMP_MAX_PLAIN);
      g_byte_array_append (out, plain, (guint) n_plain);
      at += (size_t) n;
      if (at % 3 == 0)
        culvert_comp_reader_trim (reader);
    }
  culvert_comp_reader_free (reader);
  g_assert (budget.used == 0);
  return MIN (n, 0);
}

static void
fuzz_compare (const uint8_t *data,
              size_t size,
              size_t piece)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) cut = g_byte_array_new ();
  int code = fuzz_read (data, size, SIZE_MAX, whole);

  g_assert (fuzz_read (data, size, piece, cut) == code);
  g_assert (whole->len == cut->len);
  g_assert (whole->len == 0 || memcmp (whole->data, cut->data, whole->len) == 0);
}

static void
fuzz_round_trip (const uint8_t *data,
                 size_t size,
                 size_t piece)
{
  CulvertCompWriter writer;
  g_autofree uint8_t *out = g_malloc (CULVERT_COMP_BOUND);
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  int code;

  culvert_comp_writer_init (&writer);
  for (size_t at = 0; at < size;)
    {
      size_t n = MIN (MIN (size - at, CULVERT_COMP_MAX_PLAIN), piece * 16);
      size_t made = culvert_comp_write (&writer, data + at, n, out);

      g_assert (made <= CULVERT_COMP_BOUND);
      g_byte_array_append (stream, out, (guint) made);
      at += n;
    }
  code = fuzz_read (stream->data, stream->len, piece, plain);
  g_assert (code == 0 && plain->len == size && memcmp (plain->data, data, size) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t size)
{
  static const uint8_t id[] = { 0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y' };
  g_autoptr (GByteArray) stream = NULL;
  size_t piece;

  if (size < 2)
    return 0;
  piece = 1 + (data[0] & 0x7f);
  stream = g_byte_array_new ();
  if (data[0] & 0x80)
    g_byte_array_append (stream, id, sizeof id);
  g_byte_array_append (stream, data + 1, (guint) (size - 1));
  fuzz_compare (stream->data, stream->len, piece);
  fuzz_round_trip (data + 1, size - 1, piece);
  return 0;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Snappy framing, WIRE.md 7: chunks of
 *
 *   0 type | 1 length u24 | 4 body          (data chunks: masked CRC u32, then the data)
 *
 * The writer puts the compressor's output straight behind the chunk header and replaces it by the
 * plain bytes where it does not pay; one chunk is one piece for the layer below. The reader
 * judges a chunk by its header as soon as it has it, decodes from the caller's bytes where the
 * chunk lies there as a whole, and else gathers into a buffer that follows the bytes that
 * really came, not those announced. Everything read is hostile. */

#include "config.h"

#include "culvert-comp.h"
#include "culvert-crc.h"
#include "culvert-wire.h"

#include <snappy-c.h>

#define CULVERT_COMP_HEADER 4
#define CULVERT_COMP_CRC 4
#define CULVERT_COMP_ID_BODY 6
#define CULVERT_COMP_GATHER_MIN 2048
/* Below, snappy emits one literal and can save nothing; control frames of smux are that short. */
#define CULVERT_COMP_WORTH_TRYING 16

enum
{
  CULVERT_COMP_CHUNK_COMPRESSED = 0x00,
  CULVERT_COMP_CHUNK_PLAIN = 0x01,
  CULVERT_COMP_CHUNK_SKIPPABLE = 0x80, /* this one and those above, up to the identifier */
  CULVERT_COMP_CHUNK_ID = 0xff,
};

static const uint8_t culvert_comp_id[CULVERT_COMP_HEADER + CULVERT_COMP_ID_BODY]
    = { CULVERT_COMP_CHUNK_ID, CULVERT_COMP_ID_BODY, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y' };

struct _CulvertCompReader
{
  CulvertBudget *budget; /* borrowed */
  bool is_started;       /* the identifier was seen */
  bool is_dead;
  uint8_t head[CULVERT_COMP_HEADER];
  uint8_t head_len;      /* bytes of head gathered; the chunk is known when it is full */
  uint32_t body_len;     /* announced */
  uint32_t body_done;    /* bytes of the body gathered or skipped */
  uint8_t *gather;
  size_t gather_size;    /* taken from the budget */
};

/* CRC as it is stored: a CRC over data that holds CRCs would be weak. */
static uint32_t
culvert_comp_checksum (const uint8_t *plain,
                       size_t len)
{
  uint32_t crc = culvert_crc32c (plain, len);

  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

/* -- writer --------------------------------------------------------------------- */

/* The block of plain in body, which has room for the worst case. Returns its length, 0 when plain
 * bytes are better: the block must save an eighth. */
static size_t
culvert_comp_compress (const uint8_t *plain,
                       size_t n,
                       uint8_t *body)
{
  size_t len = snappy_max_compressed_length (n);

  if (n < CULVERT_COMP_WORTH_TRYING
      || snappy_compress ((const char *) plain, n, (char *) body, &len) != SNAPPY_OK
      || len >= n - n / 8)
    return 0;
  return len;
}

void
culvert_comp_writer_init (CulvertCompWriter *writer)
{
  writer->started = false;
}

size_t
culvert_comp_write (CulvertCompWriter *writer,
                    const uint8_t *plain,
                    size_t n,
                    uint8_t *out)
{
  uint8_t type = CULVERT_COMP_CHUNK_COMPRESSED;
  uint8_t *head = out;
  uint8_t *body;
  size_t body_len;

  g_assert (n > 0 && n <= CULVERT_COMP_MAX_PLAIN);
  if (!writer->started)
    {
      memcpy (out, culvert_comp_id, sizeof culvert_comp_id);
      head += sizeof culvert_comp_id;
      writer->started = true;
    }
  body = head + CULVERT_COMP_HEADER + CULVERT_COMP_CRC;
  body_len = culvert_comp_compress (plain, n, body);
  if (body_len == 0)
    {
      type = CULVERT_COMP_CHUNK_PLAIN;
      memcpy (body, plain, n);
      body_len = n;
    }
  head[0] = type;
  culvert_store_u24 (head + 1, (uint32_t) (CULVERT_COMP_CRC + body_len));
  culvert_store_u32 (head + CULVERT_COMP_HEADER, culvert_comp_checksum (plain, n));
  return (size_t) (body - out) + body_len;
}

/* -- reader --------------------------------------------------------------------- */

CulvertCompReader *
culvert_comp_reader_new (CulvertBudget *budget)
{
  CulvertCompReader *reader = g_new0 (CulvertCompReader, 1);

  reader->budget = budget;
  return reader;
}

static void
culvert_comp_reader_drop_gather (CulvertCompReader *reader)
{
  culvert_budget_give (reader->budget, reader->gather_size);
  g_clear_pointer (&reader->gather, g_free);
  reader->gather_size = 0;
}

void
culvert_comp_reader_free (CulvertCompReader *reader)
{
  if (reader == NULL)
    return;
  culvert_comp_reader_drop_gather (reader);
  g_free (reader);
}

void
culvert_comp_reader_trim (CulvertCompReader *reader)
{
  bool is_gathering = reader->head_len == CULVERT_COMP_HEADER && reader->body_done > 0;

  if (!is_gathering)
    culvert_comp_reader_drop_gather (reader);
}

/* Says from the header alone whether the chunk may come. Codes: CULVERT_E_COMP. */
static int
culvert_comp_check_head (CulvertCompReader *reader)
{
  uint8_t type = reader->head[0];
  uint32_t len = culvert_load_u24 (reader->head + 1);

  if ((!reader->is_started && type != CULVERT_COMP_CHUNK_ID) || len > CULVERT_COMP_MAX_CHUNK)
    return CULVERT_E_COMP;
  if (type == CULVERT_COMP_CHUNK_ID && len != CULVERT_COMP_ID_BODY)
    return CULVERT_E_COMP;
  if (type == CULVERT_COMP_CHUNK_PLAIN && len > CULVERT_COMP_CRC + CULVERT_COMP_MAX_PLAIN)
    return CULVERT_E_COMP;
  if (type <= CULVERT_COMP_CHUNK_PLAIN && len < CULVERT_COMP_CRC)
    return CULVERT_E_COMP;
  if (type > CULVERT_COMP_CHUNK_PLAIN && type < CULVERT_COMP_CHUNK_SKIPPABLE)
    return CULVERT_E_COMP;
  reader->body_len = len;
  reader->body_done = 0;
  return CULVERT_OK;
}

/* Decodes a whole body into plain. Returns the plain bytes. Codes: CULVERT_E_COMP. */
static int
culvert_comp_decode (uint8_t type,
                     const uint8_t *body,
                     size_t len,
                     uint8_t *plain)
{
  const uint8_t *block = body + CULVERT_COMP_CRC;
  size_t block_len = len - CULVERT_COMP_CRC;
  size_t n = block_len;

  if (type == CULVERT_COMP_CHUNK_PLAIN)
    {
      memcpy (plain, block, n);
    }
  else
    {
      /* Refuses before it writes when the block announces more than this room. */
      n = CULVERT_COMP_MAX_PLAIN;
      if (snappy_uncompress ((const char *) block, block_len, (char *) plain, &n) != SNAPPY_OK)
        return CULVERT_E_COMP;
    }
  if (culvert_comp_checksum (plain, n) != culvert_load_u32 (body))
    return CULVERT_E_COMP;
  return (int) n;
}

/* Acts on a complete chunk. Returns the plain bytes it held. Codes: CULVERT_E_COMP. */
static int
culvert_comp_finish (CulvertCompReader *reader,
                     const uint8_t *body,
                     uint8_t *plain)
{
  uint8_t type = reader->head[0];

  reader->head_len = 0;
  if (type == CULVERT_COMP_CHUNK_ID)
    {
      if (memcmp (body, culvert_comp_id + CULVERT_COMP_HEADER, CULVERT_COMP_ID_BODY) != 0)
        return CULVERT_E_COMP;
      reader->is_started = true;
      return 0;
    }
  if (type >= CULVERT_COMP_CHUNK_SKIPPABLE)
    return 0;
  return culvert_comp_decode (type, body, reader->body_len, plain);
}

/* Room in the gather buffer for need bytes. Codes: CULVERT_E_NOMEM. */
static int
culvert_comp_reserve (CulvertCompReader *reader,
                      size_t need)
{
  size_t size = MAX (reader->gather_size, CULVERT_COMP_GATHER_MIN);
  uint8_t *grown;

  if (need <= reader->gather_size)
    return CULVERT_OK;
  while (size < need)
    size *= 2;
  size = MIN (size, CULVERT_COMP_MAX_CHUNK);
  if (!culvert_budget_take (reader->budget, size - reader->gather_size))
    return CULVERT_E_NOMEM;
  grown = g_try_realloc (reader->gather, size);
  if (grown == NULL)
    {
      culvert_budget_give (reader->budget, size - reader->gather_size);
      return CULVERT_E_NOMEM;
    }
  reader->gather = grown;
  reader->gather_size = size;
  return CULVERT_OK;
}

/* Takes bytes of the body; the chunk is acted on when it is complete. Returns the bytes taken, 0 of
 * an empty one.
 * Codes: CULVERT_E_COMP, CULVERT_E_NOMEM. */
static int
culvert_comp_take_body (CulvertCompReader *reader,
                        const uint8_t *data,
                        size_t len,
                        uint8_t *plain,
                        size_t *out_plain)
{
  uint8_t type = reader->head[0];
  bool is_skipped = type >= CULVERT_COMP_CHUNK_SKIPPABLE && type != CULVERT_COMP_CHUNK_ID;
  size_t n = MIN (len, (size_t) (reader->body_len - reader->body_done));
  const uint8_t *body = data;
  int result;

  if (!is_skipped && n < reader->body_len)
    {
      result = culvert_comp_reserve (reader, reader->body_done + n);
      if (result < 0)
        return result;
      memcpy (reader->gather + reader->body_done, data, n);
      body = reader->gather;
    }
  reader->body_done += (uint32_t) n;
  if (reader->body_done < reader->body_len)
    return (int) n;
  result = culvert_comp_finish (reader, body, plain);
  if (result < 0)
    return result;
  *out_plain = (size_t) result;
  return (int) n;
}

/* Takes bytes of the header. Returns the bytes taken. Codes: CULVERT_E_COMP. */
static int
culvert_comp_take_head (CulvertCompReader *reader,
                        const uint8_t *data,
                        size_t len)
{
  size_t n = MIN (len, (size_t) (CULVERT_COMP_HEADER - reader->head_len));

  memcpy (reader->head + reader->head_len, data, n);
  reader->head_len += (uint8_t) n;
  if (reader->head_len == CULVERT_COMP_HEADER)
    {
      int result = culvert_comp_check_head (reader);

      if (result < 0)
        return result;
    }
  return (int) n;
}

int
culvert_comp_read (CulvertCompReader *reader,
                   const uint8_t *data,
                   size_t len,
                   uint8_t *plain,
                   size_t *out_plain)
{
  size_t taken = 0;

  *out_plain = 0;
  if (reader->is_dead)
    return CULVERT_E_COMP;
  len = MIN (len, (size_t) INT_MAX);
  while (taken < len && *out_plain == 0)
    {
      int n;

      if (reader->head_len < CULVERT_COMP_HEADER)
        n = culvert_comp_take_head (reader, data + taken, len - taken);
      else
        n = culvert_comp_take_body (reader, data + taken, len - taken, plain, out_plain);
      if (n < 0)
        {
          reader->is_dead = true;
          return n;
        }
      taken += (size_t) n;
    }
  return (int) taken;
}

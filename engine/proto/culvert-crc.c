/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CRC-32 and CRC-32C, both reflected, initial value and final xor all ones.
 *
 * ISA-L's carry-less multiplication where built with it. Otherwise eight bytes per step
 * through eight tables of 256 words per polynomial; table n holds the remainder of a
 * byte followed by n zero bytes. The tables are made at the first call, from any thread. */
#include "config.h"

#if CULVERT_HAVE_ISAL
#include <isa-l/crc.h>
#endif

#include "culvert-crc-private.h"
#include "culvert-crc.h"
#include "culvert-simd.h"
#include "culvert-wire.h"

#define CULVERT_CRC32_POLY 0xedb88320u  /* IEEE 802.3, reflected */
#define CULVERT_CRC32C_POLY 0x82f63b78u /* Castagnoli, reflected */
#define CULVERT_CRC_SLICES 8

typedef struct
{
  size_t once;
  uint32_t word[CULVERT_CRC_SLICES][256];
} CulvertCrcTable;

static CulvertCrcTable culvert_crc32_slices;
static CulvertCrcTable culvert_crc32c_slices;

static void
culvert_crc_table_fill (CulvertCrcTable *table,
                        uint32_t poly)
{
  for (unsigned i = 0; i < 256; i++)
    {
      uint32_t crc = i;

      for (unsigned bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? poly : 0);
      table->word[0][i] = crc;
    }
  for (unsigned n = 1; n < CULVERT_CRC_SLICES; n++)
    {
      for (unsigned i = 0; i < 256; i++)
        {
          uint32_t crc = table->word[n - 1][i];

          table->word[n][i] = crc >> 8 ^ table->word[0][crc & 0xff];
        }
    }
}

static uint32_t
culvert_crc_table_run (CulvertCrcTable *table,
                       uint32_t poly,
                       const uint8_t *p,
                       size_t len)
{
  uint32_t crc = 0xffffffffu;

  if (g_once_init_enter (&table->once))
    {
      culvert_crc_table_fill (table, poly);
      g_once_init_leave (&table->once, 1);
    }
  for (; len >= 8; len -= 8, p += 8)
    {
      uint32_t low = culvert_load_u32 (p) ^ crc;
      uint32_t high = culvert_load_u32 (p + 4);

      crc = table->word[7][low & 0xff] ^ table->word[6][low >> 8 & 0xff]
            ^ table->word[5][low >> 16 & 0xff] ^ table->word[4][low >> 24]
            ^ table->word[3][high & 0xff] ^ table->word[2][high >> 8 & 0xff]
            ^ table->word[1][high >> 16 & 0xff] ^ table->word[0][high >> 24];
    }
  for (; len > 0; len--, p++)
    crc = crc >> 8 ^ table->word[0][(crc ^ *p) & 0xff];
  return ~crc;
}

uint32_t
culvert_crc32_table (const void *data,
                     size_t len)
{
  return culvert_crc_table_run (&culvert_crc32_slices, CULVERT_CRC32_POLY, data, len);
}

uint32_t
culvert_crc32c_table (const void *data,
                      size_t len)
{
  return culvert_crc_table_run (&culvert_crc32c_slices, CULVERT_CRC32C_POLY, data, len);
}

#if CULVERT_HAVE_ISAL

uint32_t
culvert_crc32 (const void *data,
               size_t len)
{
  uint32_t crc = crc32_gzip_refl (0, data, len);

  culvert_simd_clean ();
  return crc;
}

uint32_t
culvert_crc32c (const void *data,
                size_t len)
{
  uint32_t crc;

  /* Its length is an int; ours are packets and chunks of at most 64 KiB. */
  g_assert (len <= INT_MAX);
  crc = crc32_iscsi ((unsigned char *) data, (int) len, 0xffffffffu);
  culvert_simd_clean ();
  return ~crc;
}

#else

uint32_t
culvert_crc32 (const void *data,
               size_t len)
{
  return culvert_crc32_table (data, len);
}

uint32_t
culvert_crc32c (const void *data,
                size_t len)
{
  return culvert_crc32c_table (data, len);
}

#endif

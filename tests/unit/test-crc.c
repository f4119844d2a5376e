/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-crc-private.h"
#include "culvert-crc.h"
#include "test-vectors.h"

typedef uint32_t (*CrcFunc) (const void *data, size_t len);

/* Bit by bit, as the definition says. */
static uint32_t
test_crc_naive (uint32_t poly,
                const uint8_t *data,
                size_t len)
{
  uint32_t crc = 0xffffffffu;

  for (size_t i = 0; i < len; i++)
    {
      crc ^= data[i];
      for (unsigned bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? poly : 0);
    }
  return ~crc;
}

/* The check values of the catalogue of CRCs. */
static void
test_check_values (void)
{
  g_assert_cmphex (culvert_crc32 ("123456789", 9), ==, 0xcbf43926u);
  g_assert_cmphex (culvert_crc32c ("123456789", 9), ==, 0xe3069283u);
  g_assert_cmphex (culvert_crc32_table ("123456789", 9), ==, 0xcbf43926u);
  g_assert_cmphex (culvert_crc32c_table ("123456789", 9), ==, 0xe3069283u);
  g_assert_cmphex (culvert_crc32 ("", 0), ==, 0);
  g_assert_cmphex (culvert_crc32c ("", 0), ==, 0);
}

/* Every length of a packet and every alignment against the definition. */
static void
test_against_naive (CrcFunc func,
                    uint32_t poly)
{
  uint8_t data[1500 + 8];
  uint32_t state = 1;

  test_lcg_fill (&state, data, sizeof data);
  for (size_t len = 0; len <= 1500; len++)
    g_assert_cmphex (func (data + len % 8, len), ==, test_crc_naive (poly, data + len % 8, len));
}

static void
test_crc32_naive (void)
{
  test_against_naive (culvert_crc32, 0xedb88320u);
}

static void
test_crc32c_naive (void)
{
  test_against_naive (culvert_crc32c, 0x82f63b78u);
}

static void
test_crc32_table_naive (void)
{
  test_against_naive (culvert_crc32_table, 0xedb88320u);
}

static void
test_crc32c_table_naive (void)
{
  test_against_naive (culvert_crc32c_table, 0x82f63b78u);
}

/* The largest pieces the layers hand over. */
static void
test_large (void)
{
  g_autofree uint8_t *data = g_malloc (65536);
  uint32_t state = 2;

  test_lcg_fill (&state, data, 65536);
  for (size_t len = 65000; len <= 65536; len++)
    {
      g_assert_cmphex (culvert_crc32 (data, len), ==, culvert_crc32_table (data, len));
      g_assert_cmphex (culvert_crc32c (data, len), ==, culvert_crc32c_table (data, len));
    }
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/crc/check-values", test_check_values);
  g_test_add_func ("/crc/crc32/naive", test_crc32_naive);
  g_test_add_func ("/crc/crc32c/naive", test_crc32c_naive);
  g_test_add_func ("/crc/crc32-table/naive", test_crc32_table_naive);
  g_test_add_func ("/crc/crc32c-table/naive", test_crc32c_table_naive);
  g_test_add_func ("/crc/large", test_large);
  return g_test_run ();
}

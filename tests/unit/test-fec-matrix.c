/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-fec-matrix.h"
#include "culvert-gf256.h"
#include "culvert-rng.h"
#include "test-vectors.h"

#define TEST_SEED 256
#define TEST_MAX 256

static CulvertSeededRng test_rng;

static unsigned
test_between (unsigned low,
              unsigned end)
{
  return low + culvert_rng_below (&test_rng.base, end - low);
}

static void
test_vector_case (JsonObject *object,
                  void *data)
{
  unsigned ds = json_object_get_int_member (object, "ds");
  unsigned ps = json_object_get_int_member (object, "ps");
  g_autofree uint8_t *rows = g_malloc (ds * ps);
  g_autofree char *sum = NULL;

  g_assert_cmpint (culvert_fec_matrix_parity (ds, ps, rows), ==, CULVERT_OK);
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, rows, ds * ps);
  g_assert_cmpstr (sum, ==, json_object_get_string_member (object, "parity_sha256"));
  if (json_object_has_member (object, "parity_rows"))
    {
      JsonArray *expected = json_object_get_array_member (object, "parity_rows");

      g_assert_cmpuint (json_array_get_length (expected), ==, ps);
      for (unsigned j = 0; j < ps; j++)
        {
          size_t len;
          g_autofree uint8_t *row = test_hex (json_array_get_string_element (expected, j), &len);

          test_assert_bytes (rows + j * ds, ds, row, len);
        }
    }
}

static void
test_vectors (void)
{
  test_vectors_foreach ("fec_matrix.json", NULL, test_vector_case, NULL);
}

static void
test_range (void)
{
  uint8_t rows[TEST_MAX];

  g_assert_cmpint (culvert_fec_matrix_parity (0, 1, rows), ==, CULVERT_E_INVAL);
  g_assert_cmpint (culvert_fec_matrix_parity (1, 0, rows), ==, CULVERT_E_INVAL);
  g_assert_cmpint (culvert_fec_matrix_parity (256, 1, rows), ==, CULVERT_E_INVAL);
  g_assert_cmpint (culvert_fec_matrix_parity (2, UINT_MAX, rows), ==, CULVERT_E_INVAL);
  g_assert_cmpint (culvert_fec_matrix_parity (UINT_MAX, 2, rows), ==, CULVERT_E_INVAL);
  g_assert_cmpint (culvert_fec_matrix_parity (255, 1, rows), ==, CULVERT_OK);
}

/* Gauss-Jordan elimination of [matrix | right] to [1 | inverse(matrix) * right]; n x n and n x m.
 * */
static void
test_solve (unsigned n,
            unsigned m,
            uint8_t *matrix,
            uint8_t *right)
{
  for (unsigned column = 0; column < n; column++)
    {
      unsigned pivot = column;
      uint8_t scale;

      while (matrix[pivot * n + column] == 0)
        g_assert_cmpuint (++pivot, <, n);
      for (unsigned c = 0; c < n; c++)
        {
          uint8_t swap = matrix[pivot * n + c];
          matrix[pivot * n + c] = matrix[column * n + c];
          matrix[column * n + c] = swap;
        }
      for (unsigned c = 0; c < m; c++)
        {
          uint8_t swap = right[pivot * m + c];
          right[pivot * m + c] = right[column * m + c];
          right[column * m + c] = swap;
        }
      scale = culvert_gf256_inverse (matrix[column * n + column]);
      for (unsigned c = 0; c < n; c++)
        matrix[column * n + c] = culvert_gf256_mul (matrix[column * n + c], scale);
      for (unsigned c = 0; c < m; c++)
        right[column * m + c] = culvert_gf256_mul (right[column * m + c], scale);
      for (unsigned r = 0; r < n; r++)
        {
          uint8_t factor = r == column ? 0 : matrix[r * n + column];

          for (unsigned c = 0; c < n; c++)
            matrix[r * n + c] ^= culvert_gf256_mul (factor, matrix[column * n + c]);
          for (unsigned c = 0; c < m; c++)
            right[r * m + c] ^= culvert_gf256_mul (factor, right[column * m + c]);
        }
    }
}

/* r^c in the field, 0^0 = 1 */
static uint8_t
test_power (unsigned r,
            unsigned c)
{
  uint8_t power = 1;

  while (c-- > 0)
    power = culvert_gf256_mul (power, r);
  return power;
}

/* M = V * inverse(V[0..ds)) as WIRE.md 4.4 writes it, by elimination of its transpose. */
static uint8_t *
test_defined_matrix (unsigned ds,
                     unsigned n)
{
  g_autofree uint8_t *top = g_malloc (ds * ds);
  g_autofree uint8_t *right = g_malloc (ds * n);
  uint8_t *matrix = g_malloc (n * ds);

  for (unsigned c = 0; c < ds; c++)
    for (unsigned r = 0; r < n; r++)
      {
        if (r < ds)
          top[c * ds + r] = test_power (r, c);
        right[c * n + r] = test_power (r, c);
      }
  test_solve (ds, n, top, right);
  for (unsigned r = 0; r < n; r++)
    for (unsigned c = 0; c < ds; c++)
      matrix[r * ds + c] = right[c * n + r];
  return matrix;
}

static void
test_definition (void)
{
  for (unsigned round = 0; round < 40; round++)
    {
      unsigned ds = test_between (1, round < 30 ? 20 : 80);
      unsigned ps = test_between (1, 30);
      g_autofree uint8_t *matrix = test_defined_matrix (ds, ds + ps);
      g_autofree uint8_t *rows = g_malloc (ds * ps);

      g_assert_cmpint (culvert_fec_matrix_parity (ds, ps, rows), ==, CULVERT_OK);
      test_assert_bytes (rows, ds * ps, matrix + ds * ds, ds * ps);
    }
}

/* Rows for lost shards, applied to the rows of the present ones, give the rows of the lost ones. */
static void
test_recovery_rows (void)
{
  for (unsigned round = 0; round < 40; round++)
    {
      unsigned ds = test_between (1, 30);
      unsigned n = ds + test_between (1, 20);
      g_autofree uint8_t *matrix = test_defined_matrix (ds, n);
      g_autofree uint8_t *rows = g_malloc (n * ds);
      uint8_t positions[TEST_MAX];

      for (unsigned i = 0; i < n; i++)
        positions[i] = i;
      for (unsigned i = 0; i < n; i++)
        {
          unsigned other = test_between (i, n);
          uint8_t swap = positions[i];

          positions[i] = positions[other];
          positions[other] = swap;
        }
      culvert_fec_matrix_rows (ds, positions, n - ds, positions + ds, rows);
      for (unsigned lost = 0; lost < n - ds; lost++)
        for (unsigned c = 0; c < ds; c++)
          {
            uint8_t sum = 0;

            for (unsigned i = 0; i < ds; i++)
              sum ^= culvert_gf256_mul (rows[lost * ds + i], matrix[positions[i] * ds + c]);
            g_assert_cmpuint (sum, ==, matrix[positions[ds + lost] * ds + c]);
          }
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  culvert_seeded_rng_init (&test_rng, TEST_SEED);
  g_test_add_func ("/fec-matrix/vectors", test_vectors);
  g_test_add_func ("/fec-matrix/range", test_range);
  g_test_add_func ("/fec-matrix/definition", test_definition);
  g_test_add_func ("/fec-matrix/recovery-rows", test_recovery_rows);
  return g_test_run ();
}

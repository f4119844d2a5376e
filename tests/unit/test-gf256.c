/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-gf256.h"
#include "culvert-rng.h"
#include "test-vectors.h"

#define TEST_SEED 256
#define TEST_MAX_LEN 1600
#define TEST_MAX_K 20
#define TEST_MAX_ROWS 9
#define TEST_ROUNDS 300

static CulvertSeededRng test_rng;

static unsigned
test_between (unsigned low,
              unsigned end)
{
  return low + culvert_rng_below (&test_rng.base, end - low);
}

/* Multiplication by its definition: shift, add, reduce by 0x11d. */
static uint8_t
test_naive_mul (uint8_t a,
                uint8_t b)
{
  unsigned product = 0;

  for (unsigned bit = 0; bit < 8; bit++)
    if (b >> bit & 1)
      product ^= (unsigned) a << bit;
  for (int bit = 14; bit >= 8; bit--)
    if (product >> bit & 1)
      product ^= 0x11du << (bit - 8);
  return product;
}

static void
test_mul (void)
{
  for (unsigned a = 0; a < 256; a++)
    for (unsigned b = 0; b < 256; b++)
      g_assert_cmpuint (culvert_gf256_mul (a, b), ==, test_naive_mul (a, b));
}

static void
test_inverse (void)
{
  for (unsigned a = 1; a < 256; a++)
    g_assert_cmpuint (test_naive_mul (a, culvert_gf256_inverse (a)), ==, 1);
}

static void
test_logarithms (void)
{
  uint8_t power = 1;

  for (unsigned i = 0; i < 255; i++)
    {
      g_assert_cmpuint (culvert_gf256_exp[i], ==, power);
      g_assert_cmpuint (culvert_gf256_log[power], ==, i);
      power = test_naive_mul (power, 2);
    }
  g_assert_cmpuint (power, ==, 1);
}

static void
test_choice (void)
{
  g_assert_nonnull (culvert_gf256_table ());
#if CULVERT_HAVE_ISAL
  g_assert_nonnull (culvert_gf256_isal ());
  g_assert_true (culvert_gf256 () == culvert_gf256_isal ());
#else
  g_assert_null (culvert_gf256_isal ());
  g_assert_true (culvert_gf256 () == culvert_gf256_table ());
#endif
  g_assert_cmpuint (culvert_gf256 ()->table_size, <=, CULVERT_GF256_TABLE_MAX);
}

/* One random problem, with buffers of exact size so that sanitizers see an overrun. */
typedef struct
{
  size_t len;
  unsigned k;
  unsigned rows;
  uint8_t coefficients[TEST_MAX_K * TEST_MAX_ROWS];
  uint8_t *data[TEST_MAX_K];
  uint8_t *expected[TEST_MAX_ROWS];
  uint8_t *out[TEST_MAX_ROWS];
} TestProblem;

static uint8_t *
test_random_bytes (size_t len)
{
  uint8_t *bytes = g_malloc (len + 1);

  for (size_t i = 0; i < len; i++)
    bytes[i] = culvert_rng_u32 (&test_rng.base);
  return bytes;
}

static void
test_problem_init (TestProblem *problem,
                   size_t len)
{
  problem->len = len;
  problem->k = test_between (1, TEST_MAX_K + 1);
  problem->rows = test_between (1, TEST_MAX_ROWS + 1);
  for (unsigned i = 0; i < problem->k * problem->rows; i++)
    problem->coefficients[i] = test_between (0, 8) == 0 ? 0 : culvert_rng_u32 (&test_rng.base);
  for (unsigned i = 0; i < problem->k; i++)
    problem->data[i] = test_random_bytes (len);
  for (unsigned j = 0; j < problem->rows; j++)
    {
      problem->expected[j] = g_malloc0 (len + 1);
      problem->out[j] = test_random_bytes (len);
      for (unsigned i = 0; i < problem->k; i++)
        for (size_t at = 0; at < len; at++)
          problem->expected[j][at] ^= culvert_gf256_mul (problem->coefficients[j * problem->k + i],
                                                         problem->data[i][at]);
    }
}

static void
test_problem_clear (TestProblem *problem)
{
  for (unsigned i = 0; i < problem->k; i++)
    g_free (problem->data[i]);
  for (unsigned j = 0; j < problem->rows; j++)
    {
      g_free (problem->expected[j]);
      g_free (problem->out[j]);
    }
}

static void
test_problem_check (TestProblem *problem)
{
  for (unsigned j = 0; j < problem->rows; j++)
    test_assert_bytes (problem->out[j], problem->len, problem->expected[j], problem->len);
}

static void
test_encode (gconstpointer data)
{
  const CulvertGf256 *gf = data;

  for (unsigned round = 0; round < TEST_ROUNDS; round++)
    {
      TestProblem problem;
      g_autofree uint8_t *tables = NULL;

      test_problem_init (&problem, round < 150 ? round : test_between (0, TEST_MAX_LEN));
      tables = g_malloc (problem.k * problem.rows * gf->table_size);
      gf->init_tables (problem.k, problem.rows, problem.coefficients, tables);
      gf->encode (problem.len, problem.k, problem.rows, tables, problem.data, problem.out);
      test_problem_check (&problem);
      test_problem_clear (&problem);
    }
}

static void
test_update (gconstpointer data)
{
  const CulvertGf256 *gf = data;

  for (unsigned round = 0; round < TEST_ROUNDS; round++)
    {
      TestProblem problem;
      g_autofree uint8_t *tables = NULL;

      test_problem_init (&problem, round < 150 ? round : test_between (0, TEST_MAX_LEN));
      tables = g_malloc (problem.k * problem.rows * gf->table_size);
      gf->init_tables (problem.k, problem.rows, problem.coefficients, tables);
      for (unsigned j = 0; j < problem.rows; j++)
        memset (problem.out[j], 0, problem.len);
      for (unsigned i = 0; i < problem.k; i++)
        gf->update (problem.len, problem.k, problem.rows, i, tables, problem.data[i], problem.out);
      test_problem_check (&problem);
      test_problem_clear (&problem);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  culvert_seeded_rng_init (&test_rng, TEST_SEED);
  g_test_add_func ("/gf256/mul", test_mul);
  g_test_add_func ("/gf256/inverse", test_inverse);
  g_test_add_func ("/gf256/logarithms", test_logarithms);
  g_test_add_func ("/gf256/choice", test_choice);
  g_test_add_data_func ("/gf256/table/encode", culvert_gf256_table (), test_encode);
  g_test_add_data_func ("/gf256/table/update", culvert_gf256_table (), test_update);
  if (culvert_gf256_isal ())
    {
      g_test_add_data_func ("/gf256/isal/encode", culvert_gf256_isal (), test_encode);
      g_test_add_data_func ("/gf256/isal/update", culvert_gf256_isal (), test_update);
    }
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The fifo against a plain array of bytes. */
#include "config.h"

#include "culvert-fifo.h"
#include "culvert-rng.h"

#define SLOT 128
#define MAX_VECTORS 64

typedef struct
{
  CulvertBudget budget;
  CulvertPool *pool;
  CulvertFifo fifo;
  GByteArray *model;
} Fixture;

static void
fixture_set_up (Fixture *f,
                const void *data)
{
  f->budget = (CulvertBudget) { .limit = 1024 * 1024 };
  f->pool = culvert_pool_new (SLOT, &f->budget);
  culvert_fifo_init (&f->fifo, f->pool);
  f->model = g_byte_array_new ();
}

static void
fixture_tear_down (Fixture *f,
                   const void *data)
{
  culvert_fifo_clear (&f->fifo);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
  culvert_pool_free (f->pool);
  g_assert_cmpuint (f->budget.used, ==, 0);
  g_byte_array_unref (f->model);
}

/* What peek lends is a prefix of the model, all of it when the vectors suffice, and an
 * empty queue holds nothing. */
static void
fixture_check (Fixture *f)
{
  struct iovec vectors[MAX_VECTORS];
  unsigned n = culvert_fifo_peek (&f->fifo, vectors, MAX_VECTORS);
  size_t at = 0;

  g_assert_cmpuint (f->fifo.len, ==, f->model->len);
  for (unsigned i = 0; i < n; i++)
    {
      g_assert_cmpuint (vectors[i].iov_len, >, 0);
      g_assert_cmpuint (at + vectors[i].iov_len, <=, f->model->len);
      g_assert_cmpmem (vectors[i].iov_base, vectors[i].iov_len,
                       f->model->data + at, vectors[i].iov_len);
      at += vectors[i].iov_len;
    }
  if (n < MAX_VECTORS)
    g_assert_cmpuint (at, ==, f->model->len);
  if (f->model->len == 0)
    g_assert_cmpuint (culvert_pool_live (f->pool), ==, 0);
  g_assert_cmpuint (culvert_pool_live (f->pool), <=, f->model->len / (SLOT - 16) + 2);
}

static void
fixture_append (Fixture *f,
                CulvertRng *rng,
                size_t len)
{
  g_autofree uint8_t *bytes = g_malloc (len + 1);

  culvert_rng_fill (rng, bytes, len);
  g_assert_cmpint (culvert_fifo_append (&f->fifo, bytes, len), ==, CULVERT_OK);
  g_byte_array_append (f->model, bytes, len);
}

static void
fixture_consume (Fixture *f,
                 size_t len)
{
  culvert_fifo_consume (&f->fifo, len);
  if (len > 0)
    g_byte_array_remove_range (f->model, 0, len);
}

static void
test_random (Fixture *f,
             const void *data)
{
  CulvertSeededRng seeded;
  CulvertRng *rng = &seeded.base;
  uint64_t seed = g_test_rand_int ();

  g_test_message ("seed %" G_GUINT64_FORMAT, seed);
  culvert_seeded_rng_init (&seeded, seed);
  for (unsigned step = 0; step < 4000; step++)
    {
      uint32_t most = culvert_rng_below (rng, 8) == 0 ? 4 * SLOT : SLOT / 2;

      if (f->fifo.len < 8192 && culvert_rng_below (rng, 2) == 0)
        fixture_append (f, rng, culvert_rng_below (rng, most));
      else
        {
          size_t len = culvert_rng_below (rng, most);

          fixture_consume (f, MIN (len, f->fifo.len));
        }
      fixture_check (f);
      if (culvert_rng_below (rng, 200) == 0)
        {
          fixture_consume (f, f->fifo.len);
          fixture_check (f);
        }
    }
}

static void
test_append_nothing (Fixture *f,
                     const void *data)
{
  g_assert_cmpint (culvert_fifo_append (&f->fifo, NULL, 0), ==, CULVERT_OK);
  fixture_check (f);
}

static void
test_peek_is_bounded (Fixture *f,
                      const void *data)
{
  CulvertSeededRng seeded;
  struct iovec vectors[3] = { { 0 } };

  culvert_seeded_rng_init (&seeded, 1);
  fixture_append (f, &seeded.base, 10 * SLOT);
  g_assert_cmpuint (culvert_fifo_peek (&f->fifo, vectors, 2), ==, 2);
  g_assert_null (vectors[2].iov_base);
  g_assert_cmpuint (culvert_fifo_peek (&f->fifo, vectors, 0), ==, 0);
}

/* Bytes are kept in order when an append continues a chunk half consumed. */
static void
test_append_to_partial (Fixture *f,
                        const void *data)
{
  CulvertSeededRng seeded;

  culvert_seeded_rng_init (&seeded, 2);
  fixture_append (f, &seeded.base, SLOT / 2);
  fixture_consume (f, SLOT / 4);
  fixture_append (f, &seeded.base, SLOT);
  fixture_check (f);
}

/* A refused append leaves the queue as it was and gives all memory back. */
static void
test_nomem (Fixture *f,
            const void *data)
{
  CulvertSeededRng seeded;
  g_autofree uint8_t *bytes = g_malloc0 (1024 * 1024);
  size_t live;

  culvert_seeded_rng_init (&seeded, 3);
  fixture_append (f, &seeded.base, 300);
  live = culvert_pool_live (f->pool);
  f->budget.limit = f->budget.used + 64 * 1024;
  g_assert_cmpint (culvert_fifo_append (&f->fifo, bytes, 1024 * 1024), ==, CULVERT_E_NOMEM);
  g_assert_cmpuint (culvert_pool_live (f->pool), ==, live);
  fixture_check (f);
  fixture_append (f, &seeded.base, 500);
  fixture_check (f);
}

static void
test_clear_is_reusable (Fixture *f,
                        const void *data)
{
  CulvertSeededRng seeded;

  culvert_seeded_rng_init (&seeded, 4);
  fixture_append (f, &seeded.base, 1000);
  culvert_fifo_clear (&f->fifo);
  g_byte_array_set_size (f->model, 0);
  fixture_check (f);
  fixture_append (f, &seeded.base, 1000);
  fixture_check (f);
}

#define ADD(path, func) \
  g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/fifo/random", test_random);
  ADD ("/fifo/append/nothing", test_append_nothing);
  ADD ("/fifo/append/partial-chunk", test_append_to_partial);
  ADD ("/fifo/append/nomem", test_nomem);
  ADD ("/fifo/peek/bounded", test_peek_is_bounded);
  ADD ("/fifo/clear/reusable", test_clear_is_reusable);
  return g_test_run ();
}

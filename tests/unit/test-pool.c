/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The pool against an array of the slots that are out, each filled with its own pattern. */
#include "config.h"

#include "culvert-pool.h"
#include "culvert-rng.h"

#include <sys/mman.h>

#define MAX_LIVE 400
#define SLAB ((size_t) 64 * 1024)

typedef struct
{
  uint8_t *slot;
  uint8_t pattern;
} Held;

static void
held_assert (const Held *held,
             size_t size)
{
  for (size_t i = 0; i < size; i++)
    g_assert_cmpuint (held->slot[i], ==, held->pattern);
}

/* What holds at all times; n is the number of slots the test has out. */
static void
assert_pool (const CulvertPool *pool,
             const CulvertBudget *budget,
             size_t n)
{
  size_t size = culvert_pool_slot_size (pool);

  g_assert_cmpuint (culvert_pool_live (pool), ==, n);
  g_assert_cmpuint (budget->used, <=, budget->limit);
  g_assert_cmpuint (budget->used, >=, n * size);
#if CULVERT_POOL
  g_assert_cmpuint (budget->used % SLAB, ==, 0);
#else
  g_assert_cmpuint (budget->used, ==, n * size);
#endif
}

static void
random_get (CulvertPool *pool,
            GArray *model,
            uint8_t pattern)
{
  Held held = { culvert_pool_get (pool), pattern };

  if (!held.slot)
    return;
  g_assert_cmpuint ((uintptr_t) held.slot % 16, ==, 0);
  memset (held.slot, pattern, culvert_pool_slot_size (pool));
  g_array_append_val (model, held);
}

static void
random_put (CulvertPool *pool,
            GArray *model,
            unsigned i)
{
  Held *held = &g_array_index (model, Held, i);

  held_assert (held, culvert_pool_slot_size (pool));
  culvert_pool_put (pool, held->slot);
  g_array_remove_index_fast (model, i);
}

/* Slots do not overlap: each keeps its pattern while others come and go. */
static void
test_random (const void *data)
{
  size_t size = GPOINTER_TO_SIZE (data);
  g_autoptr (GArray) model = g_array_new (FALSE, FALSE, sizeof (Held));
  CulvertBudget budget = { .limit = 16 * SLAB };
  CulvertPool *pool = culvert_pool_new (size, &budget);
  CulvertSeededRng seeded;
  CulvertRng *rng = &seeded.base;
  uint64_t seed = g_test_rand_int ();

  g_test_message ("seed %" G_GUINT64_FORMAT, seed);
  culvert_seeded_rng_init (&seeded, seed);
  for (unsigned step = 0; step < 6000; step++)
    {
      /* The tide turns now and then, so that slabs fill and drain. */
      uint32_t bias = step / 700 % 2 ? 3 : 7;

      if (model->len == 0 || (model->len < MAX_LIVE && culvert_rng_below (rng, 10) < bias))
        random_get (pool, model, culvert_rng_u32 (rng));
      else
        random_put (pool, model, culvert_rng_below (rng, model->len));
      if (culvert_rng_below (rng, 50) == 0)
        culvert_pool_trim (pool, culvert_rng_below (rng, 3));
      assert_pool (pool, &budget, model->len);
    }
  while (model->len > 0)
    random_put (pool, model, model->len - 1);
  culvert_pool_free (pool);
  g_assert_cmpuint (budget.used, ==, 0);
}

/* A spent budget gives NULL and nothing else; one slot back is enough to go on. */
static void
test_budget (void)
{
  CulvertBudget budget = { .limit = 2 * SLAB };
  CulvertPool *pool = culvert_pool_new (2048, &budget);
  g_autoptr (GPtrArray) slots = g_ptr_array_new ();
  void *slot;

  while ((slot = culvert_pool_get (pool)))
    g_ptr_array_add (slots, slot);
  g_assert_cmpuint (slots->len, >=, 62);
  g_assert_cmpuint (budget.used, <=, budget.limit);
  g_assert_null (culvert_pool_get (pool));
  culvert_pool_put (pool, g_ptr_array_steal_index_fast (slots, 10));
  slot = culvert_pool_get (pool);
  g_assert_nonnull (slot);
  g_ptr_array_add (slots, slot);
  g_assert_null (culvert_pool_get (pool));
  for (unsigned i = 0; i < slots->len; i++)
    culvert_pool_put (pool, slots->pdata[i]);
  culvert_pool_free (pool);
  g_assert_cmpuint (budget.used, ==, 0);
}

static void
test_budget_is_shared (void)
{
  CulvertBudget budget = { .limit = SLAB };
  CulvertPool *one = culvert_pool_new (16 * 1024, &budget);
  CulvertPool *two = culvert_pool_new (16 * 1024, &budget);
  void *slots[4];
  unsigned n = 0;

  while (n < G_N_ELEMENTS (slots) && (slots[n] = culvert_pool_get (one)))
    n++;
  g_assert_cmpuint (n, >=, 3);
  g_assert_null (culvert_pool_get (two));
  while (n > 0)
    culvert_pool_put (one, slots[--n]);
  culvert_pool_trim (one, 0);
  slots[0] = culvert_pool_get (two);
  g_assert_nonnull (slots[0]);
  culvert_pool_put (two, slots[0]);
  culvert_pool_free (one);
  culvert_pool_free (two);
}

static void
test_budget_take (void)
{
  CulvertBudget budget = { .limit = 100 };

  g_assert_true (culvert_budget_take (&budget, 60));
  g_assert_false (culvert_budget_take (&budget, 41));
  g_assert_false (culvert_budget_take (&budget, SIZE_MAX));
  g_assert_true (culvert_budget_take (&budget, 40));
  g_assert_false (culvert_budget_take (&budget, 1));
  g_assert_true (culvert_budget_take (&budget, 0));
  culvert_budget_give (&budget, 100);
  g_assert_cmpuint (budget.used, ==, 0);
  /* A limit lowered below what is held refuses, and does not wrap. */
  g_assert_true (culvert_budget_take (&budget, 100));
  budget.limit = 10;
  g_assert_false (culvert_budget_take (&budget, 1));
}

static void
test_trim_keeps (void)
{
  CulvertBudget budget = { .limit = 64 * SLAB };
  CulvertPool *pool = culvert_pool_new (4096, &budget);
  void *slots[100];

  for (unsigned i = 0; i < G_N_ELEMENTS (slots); i++)
    g_assert_nonnull (slots[i] = culvert_pool_get (pool));
  for (unsigned i = 0; i < G_N_ELEMENTS (slots); i++)
    culvert_pool_put (pool, slots[i]);
#if CULVERT_POOL
  g_assert_cmpuint (budget.used, >=, 6 * SLAB);
  culvert_pool_trim (pool, 2);
  g_assert_cmpuint (budget.used, ==, 2 * SLAB);
#endif
  culvert_pool_trim (pool, 0);
  g_assert_cmpuint (budget.used, ==, 0);
  culvert_pool_free (pool);
}

#if CULVERT_POOL
/* What the busiest moment since the last call needed stays, once. */
static void
test_trim_unused (void)
{
  CulvertBudget budget = { .limit = 64 * SLAB };
  CulvertPool *pool = culvert_pool_new (16 * 1024, &budget);
  void *slots[9]; /* 3 slabs */

  for (unsigned i = 0; i < G_N_ELEMENTS (slots); i++)
    g_assert_nonnull (slots[i] = culvert_pool_get (pool));
  culvert_pool_trim_unused (pool);
  g_assert_cmpuint (budget.used, ==, 3 * SLAB);
  for (unsigned i = 3; i < G_N_ELEMENTS (slots); i++)
    culvert_pool_put (pool, slots[i]);
  culvert_pool_trim_unused (pool);
  g_assert_cmpuint (budget.used, ==, 3 * SLAB);
  g_assert_nonnull (slots[3] = culvert_pool_get (pool));
  culvert_pool_put (pool, slots[3]);
  culvert_pool_trim_unused (pool);
  g_assert_cmpuint (budget.used, ==, 2 * SLAB);
  culvert_pool_trim_unused (pool);
  g_assert_cmpuint (budget.used, ==, 1 * SLAB);
  for (unsigned i = 0; i < 3; i++)
    culvert_pool_put (pool, slots[i]);
  culvert_pool_free (pool);
}

/* A fresh slab costs one page for its header and what its slots need, not 64 KiB. */
static void
test_slab_is_lazy (void)
{
  CulvertBudget budget = { .limit = SLAB };
  CulvertPool *pool = culvert_pool_new (2048, &budget);
  void *slot = culvert_pool_get (pool);
  uintptr_t slab = (uintptr_t) slot & ~(SLAB - 1);
  unsigned char resident[SLAB / 4096];
  unsigned n = 0;

  g_assert_cmpint (mincore ((void *) slab, SLAB, resident), ==, 0);
  for (unsigned i = 0; i < G_N_ELEMENTS (resident); i++)
    n += resident[i] & 1;
  if (n == G_N_ELEMENTS (resident))
    g_test_skip ("the system backs anonymous memory with large pages");
  else
    g_assert_cmpuint (n, <=, 2);
  culvert_pool_put (pool, slot);
  culvert_pool_free (pool);
}

/* New slots come from slabs in use before an empty one is touched. */
static void
test_partial_first (void)
{
  CulvertBudget budget = { .limit = 16 * SLAB };
  CulvertPool *pool = culvert_pool_new (16 * 1024, &budget);
  void *slots[9];
  void *slot;

  for (unsigned i = 0; i < 9; i++)
    slots[i] = culvert_pool_get (pool);
  for (unsigned i = 0; i < 8; i++)
    culvert_pool_put (pool, slots[i]);
  slot = culvert_pool_get (pool);
  g_assert_cmpuint ((uintptr_t) slot / SLAB, ==, (uintptr_t) slots[8] / SLAB);
  culvert_pool_trim (pool, 0);
  g_assert_cmpuint (budget.used, ==, SLAB);
  culvert_pool_put (pool, slot);
  culvert_pool_put (pool, slots[8]);
  culvert_pool_free (pool);
}
#endif

static void
test_null (void)
{
  CulvertBudget budget = { .limit = SLAB };
  CulvertPool *pool = culvert_pool_new (64, &budget);

  culvert_pool_put (pool, NULL);
  assert_pool (pool, &budget, 0);
  culvert_pool_free (pool);
  culvert_pool_free (NULL);
}

int
main (int argc,
      char *argv[])
{
  static const size_t sizes[] = { 1, 16, 24, 100, 2048, 16 * 1024 };

  g_test_init (&argc, &argv, NULL);
  for (unsigned i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/pool/random/%zu", sizes[i]);

      g_test_add_data_func (path, GSIZE_TO_POINTER (sizes[i]), test_random);
    }
  g_test_add_func ("/pool/budget/spent", test_budget);
  g_test_add_func ("/pool/budget/shared", test_budget_is_shared);
  g_test_add_func ("/pool/budget/take", test_budget_take);
  g_test_add_func ("/pool/trim", test_trim_keeps);
#if CULVERT_POOL
  g_test_add_func ("/pool/slab/lazy", test_slab_is_lazy);
  g_test_add_func ("/pool/trim/unused", test_trim_unused);
  g_test_add_func ("/pool/slab/partial-first", test_partial_first);
#endif
  g_test_add_func ("/pool/null", test_null);
  return g_test_run ();
}

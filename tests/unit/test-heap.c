/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The heap against a plain array searched from end to end. */
#include "config.h"

#include "culvert-heap.h"
#include "culvert-rng.h"

#define N_ENTRIES 200

static void
assert_heap (const CulvertHeap *heap)
{
  g_assert_cmpuint (heap->n, <=, heap->capacity);
  for (uint32_t i = 0; i < heap->n; i++)
    {
      g_assert_cmpuint (heap->entries[i]->index, ==, i);
      if (i > 0)
        g_assert_cmpint (heap->entries[(i - 1) / 2]->key, <=, heap->entries[i]->key);
    }
}

static CulvertTime
model_min (const CulvertTime *keys,
           uint32_t *out_n)
{
  CulvertTime min = CULVERT_TIME_NEVER;

  *out_n = 0;
  for (unsigned i = 0; i < N_ENTRIES; i++)
    {
      min = MIN (min, keys[i]);
      *out_n += keys[i] != CULVERT_TIME_NEVER;
    }
  return min;
}

static void
test_random (void)
{
  CulvertHeapEntry entries[N_ENTRIES];
  CulvertTime model[N_ENTRIES];
  CulvertSeededRng seeded;
  CulvertRng *rng = &seeded.base;
  uint64_t seed = g_test_rand_int ();
  CulvertHeap heap;

  g_test_message ("seed %" G_GUINT64_FORMAT, seed);
  culvert_seeded_rng_init (&seeded, seed);
  culvert_heap_init (&heap);
  for (unsigned i = 0; i < N_ENTRIES; i++)
    {
      culvert_heap_entry_init (&entries[i]);
      model[i] = CULVERT_TIME_NEVER;
    }
  for (unsigned step = 0; step < 10000; step++)
    {
      uint32_t i = culvert_rng_below (rng, N_ENTRIES);
      uint32_t what = culvert_rng_below (rng, 10);
      CulvertTime key = (CulvertTime) culvert_rng_below (rng, 1000) - 500;
      uint32_t n;

      if (what == 0)
        culvert_heap_remove (&heap, &entries[i]);
      else
        culvert_heap_set (&heap, &entries[i], what < 3 ? CULVERT_TIME_NEVER : key);
      model[i] = what < 3 ? CULVERT_TIME_NEVER : key;

      assert_heap (&heap);
      g_assert_cmpint (entries[i].key, ==, model[i]);
      key = model_min (model, &n);
      g_assert_cmpuint (heap.n, ==, n);
      if (n > 0)
        g_assert_cmpint (culvert_heap_first (&heap)->key, ==, key);
      else
        g_assert_null (culvert_heap_first (&heap));
    }
  culvert_heap_clear (&heap);
}

/* Taking the first again and again gives the keys in order. */
static void
test_sorts (void)
{
  CulvertHeapEntry entries[N_ENTRIES];
  CulvertSeededRng seeded;
  CulvertTime last = INT64_MIN;
  CulvertHeap heap;

  culvert_seeded_rng_init (&seeded, 1);
  culvert_heap_init (&heap);
  for (unsigned i = 0; i < N_ENTRIES; i++)
    {
      culvert_heap_entry_init (&entries[i]);
      culvert_heap_set (&heap, &entries[i], culvert_rng_u32 (&seeded.base));
    }
  for (unsigned i = 0; i < N_ENTRIES; i++)
    {
      CulvertHeapEntry *first = culvert_heap_first (&heap);

      g_assert_cmpint (first->key, >=, last);
      last = first->key;
      culvert_heap_remove (&heap, first);
      g_assert_cmpuint (first->index, ==, CULVERT_HEAP_NONE);
    }
  g_assert_null (culvert_heap_first (&heap));
  culvert_heap_clear (&heap);
}

static void
test_remove_outside (void)
{
  CulvertHeapEntry entry;
  CulvertHeap heap;

  culvert_heap_init (&heap);
  culvert_heap_entry_init (&entry);
  culvert_heap_remove (&heap, &entry);
  culvert_heap_set (&heap, &entry, CULVERT_TIME_NEVER);
  g_assert_cmpuint (heap.n, ==, 0);
  g_assert_cmpuint (entry.index, ==, CULVERT_HEAP_NONE);
  culvert_heap_clear (&heap);
}

/* Entries left behind by clear can go into another heap. */
static void
test_clear_lets_go (void)
{
  CulvertHeapEntry entries[3];
  CulvertHeap heap;

  culvert_heap_init (&heap);
  for (unsigned i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      culvert_heap_entry_init (&entries[i]);
      culvert_heap_set (&heap, &entries[i], i);
    }
  culvert_heap_clear (&heap);
  g_assert_null (culvert_heap_first (&heap));
  culvert_heap_set (&heap, &entries[2], 5);
  g_assert_true (culvert_heap_first (&heap) == &entries[2]);
  assert_heap (&heap);
  culvert_heap_clear (&heap);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/heap/random", test_random);
  g_test_add_func ("/heap/sorts", test_sorts);
  g_test_add_func ("/heap/remove-outside", test_remove_outside);
  g_test_add_func ("/heap/clear", test_clear_lets_go);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-heap.h"

#define CULVERT_HEAP_FIRST_CAPACITY 16

static void
culvert_heap_place (CulvertHeap *heap,
                    CulvertHeapEntry *entry,
                    uint32_t index)
{
  heap->entries[index] = entry;
  entry->index = index;
}

/* Finds the place of entry at or above index and puts it there. */
static void
culvert_heap_sift_up (CulvertHeap *heap,
                      CulvertHeapEntry *entry,
                      uint32_t index)
{
  while (index > 0)
    {
      uint32_t parent = (index - 1) / 2;

      if (heap->entries[parent]->key <= entry->key)
        break;
      culvert_heap_place (heap, heap->entries[parent], index);
      index = parent;
    }
  culvert_heap_place (heap, entry, index);
}

/* Finds the place of entry at or below index and puts it there. */
static void
culvert_heap_sift_down (CulvertHeap *heap,
                        CulvertHeapEntry *entry,
                        uint32_t index)
{
  for (;;)
    {
      uint32_t child = 2 * index + 1;

      if (child >= heap->n)
        break;
      if (child + 1 < heap->n && heap->entries[child + 1]->key < heap->entries[child]->key)
        child++;
      if (entry->key <= heap->entries[child]->key)
        break;
      culvert_heap_place (heap, heap->entries[child], index);
      index = child;
    }
  culvert_heap_place (heap, entry, index);
}

/* Puts entry, whose key may be anything, where it belongs, starting at index. */
static void
culvert_heap_settle (CulvertHeap *heap,
                     CulvertHeapEntry *entry,
                     uint32_t index)
{
  if (index > 0 && entry->key < heap->entries[(index - 1) / 2]->key)
    culvert_heap_sift_up (heap, entry, index);
  else
    culvert_heap_sift_down (heap, entry, index);
}

void
culvert_heap_init (CulvertHeap *heap)
{
  *heap = (CulvertHeap) { 0 };
}

void
culvert_heap_clear (CulvertHeap *heap)
{
  for (uint32_t i = 0; i < heap->n; i++)
    culvert_heap_entry_init (heap->entries[i]);
  g_free (heap->entries);
  culvert_heap_init (heap);
}

void
culvert_heap_set (CulvertHeap *heap,
                  CulvertHeapEntry *entry,
                  CulvertTime key)
{
  if (key == CULVERT_TIME_NEVER)
    {
      culvert_heap_remove (heap, entry);
      return;
    }
  if (entry->index == CULVERT_HEAP_NONE)
    {
      if (heap->n == heap->capacity)
        {
          heap->capacity = heap->capacity ? heap->capacity * 2 : CULVERT_HEAP_FIRST_CAPACITY;
          heap->entries = g_renew (CulvertHeapEntry *, heap->entries, heap->capacity);
        }
      entry->key = key;
      culvert_heap_sift_up (heap, entry, heap->n++);
      return;
    }
  g_assert (entry->index < heap->n && heap->entries[entry->index] == entry);
  if (entry->key == key)
    return;
  entry->key = key;
  culvert_heap_settle (heap, entry, entry->index);
}

void
culvert_heap_remove (CulvertHeap *heap,
                     CulvertHeapEntry *entry)
{
  uint32_t index = entry->index;

  if (index != CULVERT_HEAP_NONE)
    {
      CulvertHeapEntry *last;

      g_assert (index < heap->n && heap->entries[index] == entry);
      last = heap->entries[--heap->n];
      if (last != entry)
        culvert_heap_settle (heap, last, index);
    }
  culvert_heap_entry_init (entry);
}

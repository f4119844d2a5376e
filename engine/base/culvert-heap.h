/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Indexed binary min-heap of deadlines. An entry knows its place, so that moving and
 * removing it costs O(log n). Entries are embedded in their owners. */
#pragma once

#include "culvert-base.h"

#define CULVERT_HEAP_NONE UINT32_MAX

typedef struct
{
  CulvertTime key;
  uint32_t index; /* place in the heap, CULVERT_HEAP_NONE outside */
} CulvertHeapEntry;

typedef struct
{
  CulvertHeapEntry **entries;
  uint32_t n;
  uint32_t capacity;
} CulvertHeap;

void culvert_heap_init (CulvertHeap *heap);
void culvert_heap_clear (CulvertHeap *heap);

static inline void
culvert_heap_entry_init (CulvertHeapEntry *entry)
{
  entry->key = CULVERT_TIME_NEVER;
  entry->index = CULVERT_HEAP_NONE;
}

/* Sets the entry's key and puts it in, moves it, or takes it out (CULVERT_TIME_NEVER). */
void culvert_heap_set (CulvertHeap *heap, CulvertHeapEntry *entry, CulvertTime key);
void culvert_heap_remove (CulvertHeap *heap, CulvertHeapEntry *entry);

/* Entry with the smallest key, or NULL. */
static inline CulvertHeapEntry *
culvert_heap_first (const CulvertHeap *heap)
{
  return heap->n ? heap->entries[0] : NULL;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A slab is a header and equal slots. Slots never handed out since the slab was mapped are
 * taken by a bump index, so a fresh slab touches only the pages it really uses; slots that
 * came back form a list inside the slab. Slabs without a free slot are in no list; of the
 * others those with live slots are preferred, the fullest first, so that the rest drain
 * and can be unmapped. */
#include "config.h"

#include "culvert-list.h"
#include "culvert-pool.h"

#if CULVERT_POOL
#include <sys/mman.h>
#endif

#define CULVERT_POOL_ALIGN 16
#define CULVERT_POOL_MAX_SLOT ((size_t) 16 * 1024)

struct _CulvertPool
{
  size_t slot_size;
  size_t live;
  CulvertBudget *budget;
#if CULVERT_POOL
  size_t stride;       /* slot_size rounded up to the alignment */
  uint32_t n_per_slab;
  uint32_t n_used;     /* slabs with live slots */
  uint32_t n_peak;     /* the most of them since culvert_pool_trim_unused */
  CulvertList partial; /* slabs with live and free slots */
  CulvertList empty;   /* slabs without live slots */
#endif
};

bool
culvert_budget_take (CulvertBudget *budget,
                     size_t len)
{
  if (budget->used > budget->limit || len > budget->limit - budget->used)
    return false;
  budget->used += len;
  return true;
}

void
culvert_budget_give (CulvertBudget *budget,
                     size_t len)
{
  g_assert (len <= budget->used);
  budget->used -= len;
}

size_t
culvert_pool_slot_size (const CulvertPool *pool)
{
  return pool->slot_size;
}

size_t
culvert_pool_live (const CulvertPool *pool)
{
  return pool->live;
}

#if CULVERT_POOL

#define CULVERT_SLAB_SIZE ((size_t) 64 * 1024)

typedef struct _CulvertSlot CulvertSlot;

struct _CulvertSlot
{
  CulvertSlot *next;
};

typedef struct
{
  CulvertList link; /* first: a list node is its slab */
  CulvertPool *pool;
  CulvertSlot *free; /* slots that came back */
  uint32_t n_live;
  uint32_t n_used; /* slots handed out at least once; the rest was never touched */
} CulvertSlab;

/* Slots begin on a cache line. */
#define CULVERT_SLAB_HEADER ((size_t) 64)

G_STATIC_ASSERT (sizeof (CulvertSlab) <= CULVERT_SLAB_HEADER);
G_STATIC_ASSERT (CULVERT_POOL_MAX_SLOT + CULVERT_SLAB_HEADER <= CULVERT_SLAB_SIZE);

static void *
culvert_slab_map_bytes (size_t len)
{
  void *p = mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return p == MAP_FAILED ? NULL : p;
}

/* Maps a slab aligned to its size. The system tends to put mappings side by side, so the
 * plain call mostly succeeds; otherwise twice the size is mapped and the ends cut off. */
static void *
culvert_slab_map (void)
{
  uint8_t *p = culvert_slab_map_bytes (CULVERT_SLAB_SIZE);
  size_t before;

  if (!p || (uintptr_t) p % CULVERT_SLAB_SIZE == 0)
    return p;
  munmap (p, CULVERT_SLAB_SIZE);

  p = culvert_slab_map_bytes (2 * CULVERT_SLAB_SIZE);
  if (!p)
    return NULL;
  before = CULVERT_SLAB_SIZE - (uintptr_t) p % CULVERT_SLAB_SIZE;
  munmap (p, before);
  if (before < CULVERT_SLAB_SIZE)
    munmap (p + before + CULVERT_SLAB_SIZE, CULVERT_SLAB_SIZE - before);
  return p + before;
}

static CulvertSlab *
culvert_slab_new (CulvertPool *pool)
{
  CulvertSlab *slab;

  if (!culvert_budget_take (pool->budget, CULVERT_SLAB_SIZE))
    return NULL;
  slab = culvert_slab_map ();
  if (!slab)
    {
      culvert_budget_give (pool->budget, CULVERT_SLAB_SIZE);
      return NULL;
    }
  slab->pool = pool;
  slab->free = NULL;
  slab->n_live = 0;
  slab->n_used = 0;
  culvert_list_init (&slab->link);
  return slab;
}

static void
culvert_slab_free (CulvertSlab *slab)
{
  CulvertBudget *budget = slab->pool->budget;

  g_assert (slab->n_live == 0);
  culvert_list_remove (&slab->link);
  munmap (slab, CULVERT_SLAB_SIZE);
  culvert_budget_give (budget, CULVERT_SLAB_SIZE);
}

static void *
culvert_slab_get (CulvertSlab *slab)
{
  CulvertSlot *slot = slab->free;

  slab->n_live++;
  if (slot)
    {
      slab->free = slot->next;
      return slot;
    }
  return (uint8_t *) slab + CULVERT_SLAB_HEADER + slab->n_used++ * slab->pool->stride;
}

CulvertPool *
culvert_pool_new (size_t slot_size,
                  CulvertBudget *budget)
{
  CulvertPool *pool;

  g_assert (slot_size > 0 && slot_size <= CULVERT_POOL_MAX_SLOT);
  pool = g_new0 (CulvertPool, 1);
  pool->slot_size = slot_size;
  pool->budget = budget;
  pool->stride = (slot_size + CULVERT_POOL_ALIGN - 1) & ~(size_t) (CULVERT_POOL_ALIGN - 1);
  pool->n_per_slab = (CULVERT_SLAB_SIZE - CULVERT_SLAB_HEADER) / pool->stride;
  culvert_list_init (&pool->partial);
  culvert_list_init (&pool->empty);
  return pool;
}

void
culvert_pool_free (CulvertPool *pool)
{
  if (!pool)
    return;
  g_assert (pool->live == 0);
  culvert_pool_trim (pool, 0);
  g_free (pool);
}

void *
culvert_pool_get (CulvertPool *pool)
{
  CulvertList *first = culvert_list_first (&pool->partial);
  CulvertSlab *slab;

  if (!first)
    {
      first = culvert_list_first (&pool->empty);
      slab = first ? CULVERT_LIST_ENTRY (first, CulvertSlab, link) : culvert_slab_new (pool);
      if (!slab)
        return NULL;
      culvert_list_remove (&slab->link);
      culvert_list_prepend (&pool->partial, &slab->link);
      pool->n_used++;
      pool->n_peak = MAX (pool->n_peak, pool->n_used);
    }
  else
    slab = CULVERT_LIST_ENTRY (first, CulvertSlab, link);

  pool->live++;
  if (slab->n_live + 1 == pool->n_per_slab)
    culvert_list_remove (&slab->link);
  return culvert_slab_get (slab);
}

void
culvert_pool_put (CulvertPool *pool,
                  void *slot)
{
  CulvertSlot *freed = slot;
  CulvertSlab *slab;

  if (!slot)
    return;
  slab = (CulvertSlab *) ((uintptr_t) slot & ~(uintptr_t) (CULVERT_SLAB_SIZE - 1));
  g_assert (slab->pool == pool && slab->n_live > 0);

  freed->next = slab->free;
  slab->free = freed;
  slab->n_live--;
  pool->live--;
  if (slab->n_live == 0)
    {
      culvert_list_remove (&slab->link);
      culvert_list_prepend (&pool->empty, &slab->link);
      pool->n_used--;
    }
  else if (slab->n_live + 1 == pool->n_per_slab)
    culvert_list_prepend (&pool->partial, &slab->link);
}

void
culvert_pool_trim (CulvertPool *pool,
                   unsigned keep)
{
  CulvertList *node = pool->empty.next;

  while (node != &pool->empty)
    {
      CulvertSlab *slab = CULVERT_LIST_ENTRY (node, CulvertSlab, link);

      node = node->next;
      if (keep > 0)
        keep--;
      else
        culvert_slab_free (slab);
    }
}

void
culvert_pool_trim_unused (CulvertPool *pool)
{
  culvert_pool_trim (pool, pool->n_peak - pool->n_used);
  pool->n_peak = pool->n_used;
}

#else /* !CULVERT_POOL */

CulvertPool *
culvert_pool_new (size_t slot_size,
                  CulvertBudget *budget)
{
  CulvertPool *pool;

  g_assert (slot_size > 0 && slot_size <= CULVERT_POOL_MAX_SLOT);
  pool = g_new0 (CulvertPool, 1);
  pool->slot_size = slot_size;
  pool->budget = budget;
  return pool;
}

void
culvert_pool_free (CulvertPool *pool)
{
  if (!pool)
    return;
  g_assert (pool->live == 0);
  g_free (pool);
}

void *
culvert_pool_get (CulvertPool *pool)
{
  void *slot;

  if (!culvert_budget_take (pool->budget, pool->slot_size))
    return NULL;
  slot = g_try_malloc (pool->slot_size);
  if (slot)
    pool->live++;
  else
    culvert_budget_give (pool->budget, pool->slot_size);
  return slot;
}

void
culvert_pool_put (CulvertPool *pool,
                  void *slot)
{
  if (!slot)
    return;
  g_assert (pool->live > 0);
  pool->live--;
  culvert_budget_give (pool->budget, pool->slot_size);
  g_free (slot);
}

void
culvert_pool_trim (CulvertPool *pool,
                   unsigned keep)
{
}

void
culvert_pool_trim_unused (CulvertPool *pool)
{
}

#endif

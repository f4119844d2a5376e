/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Slab pool of equal slots, with a byte budget shared by several pools.
 *
 * Owner: one worker; no locks. Slots come from 64 KiB slabs aligned to their
 * size, so a slot finds its slab by masking; a slab without live slots can be
 * returned to the system by trim. When the budget is spent, get returns NULL and
 * the caller drops or stops sending; nothing aborts. Built with -Dpool=false every
 * slot is its own malloc, so that sanitizers see each of them. */
#pragma once

#include "culvert-base.h"

typedef struct _CulvertPool CulvertPool;

/* Bytes that pools (and other growing buffers) of one worker may hold. */
typedef struct
{
  size_t used;  /* bytes held from the system */
  size_t limit; /* bytes allowed */
} CulvertBudget;

/* slot_size in bytes, at most 16 KiB; budget is borrowed and outlives the pool. */
CulvertPool *culvert_pool_new (size_t slot_size, CulvertBudget *budget);

/* All slots must have been put back. Accepts NULL. */
void culvert_pool_free (CulvertPool *pool);

/* One slot, 16-byte aligned, contents undefined; NULL when the budget is spent. */
void *culvert_pool_get (CulvertPool *pool) CULVERT_WARN_UNUSED;

/* Gives a slot back; slot may be NULL. */
void culvert_pool_put (CulvertPool *pool, void *slot);

/* Returns slabs without live slots to the system, all but keep of them. */
void culvert_pool_trim (CulvertPool *pool, unsigned keep);

/* The same for those that were not needed since the last call of it, even at the busiest moment. */
void culvert_pool_trim_unused (CulvertPool *pool);

size_t culvert_pool_slot_size (const CulvertPool *pool);

/* Slots handed out now. */
size_t culvert_pool_live (const CulvertPool *pool);

/* Takes len bytes from the budget for a buffer outside the pools; false when spent. */
bool culvert_budget_take (CulvertBudget *budget, size_t len) CULVERT_WARN_UNUSED;
void culvert_budget_give (CulvertBudget *budget, size_t len);

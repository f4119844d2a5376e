/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Intrusive doubly linked list. A node is in at most one list; an unlinked node
 * points at itself, so "is it in the list?" needs no flag. */
#pragma once

#include "culvert-base.h"

typedef struct _CulvertList CulvertList;

struct _CulvertList
{
  CulvertList *prev;
  CulvertList *next;
};

/* The object that embeds the node. */
#define CULVERT_LIST_ENTRY(node, Type, member) \
  ((Type *) (void *) ((uint8_t *) (node) - offsetof (Type, member)))

static inline void
culvert_list_init (CulvertList *list)
{
  list->prev = list;
  list->next = list;
}

static inline bool
culvert_list_is_empty (const CulvertList *list)
{
  return list->next == list;
}

static inline bool
culvert_list_is_linked (const CulvertList *node)
{
  return node->next != node;
}

/* Links node right after where. */
static inline void
culvert_list_insert_after (CulvertList *where, CulvertList *node)
{
  g_assert (node->next == node);
  node->prev = where;
  node->next = where->next;
  where->next->prev = node;
  where->next = node;
}

static inline void
culvert_list_append (CulvertList *list, CulvertList *node)
{
  culvert_list_insert_after (list->prev, node);
}

static inline void
culvert_list_prepend (CulvertList *list, CulvertList *node)
{
  culvert_list_insert_after (list, node);
}

/* Unlinks node; harmless when it is in no list. */
static inline void
culvert_list_remove (CulvertList *node)
{
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->prev = node;
  node->next = node;
}

/* First node, or NULL of an empty list. */
static inline CulvertList *
culvert_list_first (const CulvertList *list)
{
  return list->next == list ? NULL : list->next;
}

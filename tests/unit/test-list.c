/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The list against an array of indices. */
#include "config.h"

#include "culvert-list.h"
#include "culvert-rng.h"

#define N_ITEMS 40

typedef struct
{
  unsigned id;
  CulvertList link;
} Item;

static void
assert_list (const CulvertList *list,
             const GArray *model)
{
  const CulvertList *node = list;

  for (unsigned i = 0; i < model->len; i++)
    {
      g_assert_true (node->next->prev == node);
      node = node->next;
      g_assert_true (node != list);
      g_assert_true (culvert_list_is_linked (node));
      g_assert_cmpuint (CULVERT_LIST_ENTRY (node, Item, link)->id, ==,
                        g_array_index (model, unsigned, i));
    }
  g_assert_true (node->next == list);
  g_assert_true (list->prev == node);
  g_assert_cmpint (culvert_list_is_empty (list), ==, model->len == 0);
  if (model->len == 0)
    g_assert_null (culvert_list_first (list));
  else
    g_assert_true (culvert_list_first (list) == list->next);
}

static unsigned
model_find (const GArray *model,
            unsigned id)
{
  unsigned i = 0;

  while (i < model->len && g_array_index (model, unsigned, i) != id)
    i++;
  return i;
}

static void
test_random (void)
{
  g_autoptr (GArray) model = g_array_new (FALSE, FALSE, sizeof (unsigned));
  Item items[N_ITEMS];
  CulvertSeededRng seeded;
  CulvertRng *rng = &seeded.base;
  uint64_t seed = g_test_rand_int ();
  CulvertList list;

  g_test_message ("seed %" G_GUINT64_FORMAT, seed);
  culvert_seeded_rng_init (&seeded, seed);
  culvert_list_init (&list);
  for (unsigned i = 0; i < N_ITEMS; i++)
    {
      items[i].id = i;
      culvert_list_init (&items[i].link);
    }
  for (unsigned step = 0; step < 10000; step++)
    {
      unsigned id = culvert_rng_below (rng, N_ITEMS);
      unsigned at = model_find (model, id);
      unsigned where = model->len ? culvert_rng_below (rng, model->len) : 0;
      uint32_t what = culvert_rng_below (rng, 3);

      g_assert_cmpint (culvert_list_is_linked (&items[id].link), ==, at < model->len);
      if (at < model->len)
        {
          culvert_list_remove (&items[id].link);
          g_array_remove_index (model, at);
        }
      else if (what == 0)
        {
          culvert_list_append (&list, &items[id].link);
          g_array_append_val (model, id);
        }
      else if (what == 1 || model->len == 0)
        {
          culvert_list_prepend (&list, &items[id].link);
          g_array_prepend_val (model, id);
        }
      else
        {
          culvert_list_insert_after (&items[g_array_index (model, unsigned, where)].link,
                                     &items[id].link);
          g_array_insert_val (model, where + 1, id);
        }
      assert_list (&list, model);
    }
}

static void
test_remove_unlinked (void)
{
  CulvertList node;

  culvert_list_init (&node);
  culvert_list_remove (&node);
  g_assert_false (culvert_list_is_linked (&node));
  g_assert_true (culvert_list_is_empty (&node));
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/list/random", test_random);
  g_test_add_func ("/list/remove-unlinked", test_remove_unlinked);
  return g_test_run ();
}

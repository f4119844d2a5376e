/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Runs a fuzz target without libFuzzer: every file of its corpus, then seeded mutations of them.
 *
 *   replay [-n MUTATIONS] [-s SEED] [-k FILE] FILE|FOLDER...
 *
 * The same seed makes the same inputs. A finding crashes the program; run again with -k, which
 * keeps each input in FILE before it is tried, and give that FILE alone to repeat it. */

#include "config.h"

#include "culvert-rng.h"

#include <locale.h>
#include <stdio.h>

#define REPLAY_MAX_LEN 8192

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t size);

static int n_mutations = 2000;
static int64_t first_seed = 1;
static char *keep_path;
static char **paths;

static GOptionEntry entries[] = {
  { "mutations", 'n', 0, G_OPTION_ARG_INT, &n_mutations, "Inputs to make from the corpus", "N" },
  { "seed", 's', 0, G_OPTION_ARG_INT64, &first_seed, "Seed of the mutations", "N" },
  { "keep", 'k', 0, G_OPTION_ARG_FILENAME, &keep_path, "Store each input before its run", "FILE" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, "FILE|FOLDER..." },
  G_OPTION_ENTRY_NULL
};

static void
replay_run (const uint8_t *data,
            size_t len)
{
  /* A block of exactly this size: the sanitizer sees one byte too many. */
  g_autofree uint8_t *copy = g_memdup2 (data, len);
  g_autoptr (GError) error = NULL;

  if (keep_path != NULL
      && !g_file_set_contents (keep_path, (const char *) data, (gssize) len, &error))
    g_error ("%s", error->message);
  (void) LLVMFuzzerTestOneInput (copy, len);
}

static void
replay_load_file (const char *path,
                  GPtrArray *corpus)
{
  g_autoptr (GError) error = NULL;
  char *data;
  gsize len;

  if (!g_file_get_contents (path, &data, &len, &error))
    g_error ("%s", error->message);
  g_ptr_array_add (corpus, g_bytes_new_take (data, len));
}

static int
replay_compare_names (const void *a,
                      const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* The files of a folder in the order of their names, so that a seed means the same everywhere. */
static void
replay_load_folder (const char *path,
                    GPtrArray *corpus)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, replay_compare_names);
  for (guint i = 0; i < names->len; i++)
    replay_load_file (names->pdata[i], corpus);
}

static uint32_t
replay_below (CulvertRng *rng,
              size_t bound)
{
  return bound > 0 ? culvert_rng_below (rng, (uint32_t) bound) : 0;
}

/* Inserts a part of another input, or of this one, at some place. */
static void
replay_splice (CulvertRng *rng,
               GByteArray *input,
               const GPtrArray *corpus)
{
  gsize len;
  const uint8_t *other
      = g_bytes_get_data (corpus->pdata[replay_below (rng, corpus->len)], &len);
  uint32_t from = replay_below (rng, len);
  uint32_t n = replay_below (rng, MIN (len - from, 256) + 1);
  uint32_t at = replay_below (rng, input->len + 1);
  guint old = input->len;

  if (n == 0)
    return;
  g_byte_array_set_size (input, old + n);
  memmove (input->data + at + n, input->data + at, old - at);
  memcpy (input->data + at, other + from, n);
}

static void
replay_mutate_once (CulvertRng *rng,
                    GByteArray *input,
                    const GPtrArray *corpus)
{
  static const uint8_t edges[] = { 0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xf1, 0xfe, 0xff };
  uint32_t at = replay_below (rng, input->len);
  uint32_t n = replay_below (rng, MIN (input->len - at, 32) + 1);

  if (input->len == 0)
    {
      replay_splice (rng, input, corpus);
      return;
    }
  switch (replay_below (rng, 8))
    {
    case 0:
      input->data[at] ^= (uint8_t) (1u << replay_below (rng, 8));
      break;
    case 1:
      input->data[at] = edges[replay_below (rng, sizeof edges)];
      break;
    case 2:
      culvert_rng_fill (rng, input->data + at, n);
      break;
    case 3:
      memset (input->data + at, edges[replay_below (rng, sizeof edges)], n);
      break;
    case 4:
      input->data[at] += (uint8_t) (replay_below (rng, 33) - 16);
      break;
    case 5:
      g_byte_array_remove_range (input, at, n);
      break;
    case 6:
      g_byte_array_set_size (input, at);
      break;
    default:
      replay_splice (rng, input, corpus);
      break;
    }
}

static void
replay_mutations (const GPtrArray *corpus)
{
  CulvertSeededRng seeded;
  CulvertRng *rng = &seeded.base;

  culvert_seeded_rng_init (&seeded, (uint64_t) first_seed);
  for (int i = 0; i < n_mutations; i++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      GBytes *parent = corpus->pdata[replay_below (rng, corpus->len)];
      gsize len;
      const uint8_t *data = g_bytes_get_data (parent, &len);

      if (len > 0)
        g_byte_array_append (input, data, (guint) MIN (len, REPLAY_MAX_LEN));
      for (uint32_t n = 1 + replay_below (rng, 6); n > 0; n--)
        replay_mutate_once (rng, input, corpus);
      replay_run (input->data, MIN (input->len, REPLAY_MAX_LEN));
    }
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GPtrArray) corpus = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  for (char **path = paths; path != NULL && *path != NULL; path++)
    {
      if (g_file_test (*path, G_FILE_TEST_IS_DIR))
        replay_load_folder (*path, corpus);
      else
        replay_load_file (*path, corpus);
    }
  if (corpus->len == 0)
    g_error ("no input: name the files or folders of a corpus");
  for (guint i = 0; i < corpus->len; i++)
    {
      gsize len;
      const uint8_t *data = g_bytes_get_data (corpus->pdata[i], &len);

      replay_run (data, len);
    }
  replay_mutations (corpus);
  printf ("%u files and %d mutations of seed %" G_GINT64_FORMAT "\n", corpus->len, n_mutations,
          first_seed);
  g_strfreev (paths);
  g_free (keep_path);
  return 0;
}

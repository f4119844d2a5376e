/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-path-memory.h"

#include <glib/gstdio.h>
#include <string.h>

#define FILE_MODE 0600
#define FOLDER_MODE 0700
#define AGE_SECONDS (CULVERT_PATHS_AGE / CULVERT_SEC)
/* Of a datagram; nothing beyond is believed. */
#define DATAGRAM_MIN 50
#define DATAGRAM_MAX 1500

typedef struct
{
  CulvertPath path; /* at is not used */
  gint64 at;        /* Unix time */
} CulvertKnown;

struct _CulvertPathMemory
{
  GArray *known; /* of CulvertKnown */
  char *file;    /* (nullable) */
  gboolean is_writing;
  gboolean is_dirty;  /* something came after the write began */
  gboolean is_freed;  /* waits for the write */
};

/* -- paths --------------------------------------------------------------------------- */

static gint64
culvert_path_memory_now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static gboolean
culvert_known_is_fresh (const CulvertKnown *known, gint64 now)
{
  return known->at <= now && now - known->at < AGE_SECONDS;
}

static gboolean
culvert_known_same_end (const CulvertAddress *a, const CulvertAddress *b)
{
  return a->len == 0 || b->len == 0 ? a->len == b->len : culvert_address_same_host (a, b);
}

/* Of two about the same path the newer stays, known where they are as new; of too many the oldest
 * goes. */
static void
culvert_path_memory_add (GArray *all, const CulvertKnown *known)
{
  guint oldest = 0;

  for (guint i = 0; i < all->len; i++)
    {
      CulvertKnown *other = &g_array_index (all, CulvertKnown, i);

      if (culvert_known_same_end (&other->path.local, &known->path.local)
          && culvert_known_same_end (&other->path.peer, &known->path.peer))
        {
          if (known->at >= other->at)
            *other = *known;
          return;
        }
      if (other->at < g_array_index (all, CulvertKnown, oldest).at)
        oldest = i;
    }
  if (all->len == CULVERT_PATH_MEMORY_MAX)
    g_array_remove_index_fast (all, oldest);
  g_array_append_val (all, *known);
}

/* -- the file ------------------------------------------------------------------------- */

/* Without port and brackets; "-" for an address that is not known. */
static char *
culvert_known_dup_end (const CulvertAddress *address)
{
  char text[CULVERT_ADDRESS_TEXT];

  if (address->len == 0)
    return g_strdup ("-");
  culvert_address_format (address, text);
  *strrchr (text, ':') = '\0';
  if (text[0] != '[')
    return g_strdup (text);
  text[strlen (text) - 1] = '\0';
  return g_strdup (text + 1);
}

static gboolean
culvert_known_read_end (const char *text, CulvertAddress *out)
{
  memset (out, 0, sizeof *out);
  return strcmp (text, "-") == 0 || culvert_address_parse (text, 0, out) == CULVERT_OK;
}

static gboolean
culvert_known_read (GKeyFile *file, const char *group, CulvertKnown *out)
{
  g_auto (GStrv) ends = g_strsplit (group, " ", 3);
  gint64 passes = g_key_file_get_int64 (file, group, "passes", NULL);
  gint64 fails = g_key_file_get_int64 (file, group, "fails", NULL);

  *out = (CulvertKnown) { .at = g_key_file_get_int64 (file, group, "at", NULL) };
  if (g_strv_length (ends) != 2 || passes < DATAGRAM_MIN || passes > DATAGRAM_MAX
      || (fails != 0 && (fails <= passes || fails > DATAGRAM_MAX)))
    return FALSE;
  out->path.passes = (unsigned) passes;
  out->path.fails = (unsigned) fails;
  return culvert_known_read_end (ends[0], &out->path.local)
         && culvert_known_read_end (ends[1], &out->path.peer) && out->path.peer.len > 0;
}

/* Adds what is fresh. A missing file has nothing. In any thread. */
static gboolean
culvert_path_memory_read (const char *path, GArray *all, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv) groups = NULL;
  gint64 now = culvert_path_memory_now ();
  GStatBuf info;

  if (g_stat (path, &info) == 0 && info.st_size > CULVERT_PATH_MEMORY_FILE_MAX)
    {
      g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE,
                   "\"%s\" is too large for knowledge of paths", path);
      return FALSE;
    }
  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &cause))
    {
      if (g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return TRUE;
      g_set_error (error, cause->domain, cause->code, "\"%s\" is not read: %s", path,
                   cause->message);
      return FALSE;
    }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      CulvertKnown known;

      if (!culvert_known_read (file, groups[i], &known))
        {
          g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                       "\"%s\": [%s] is no knowledge of a path", path, groups[i]);
          return FALSE;
        }
      if (culvert_known_is_fresh (&known, now))
        culvert_path_memory_add (all, &known);
    }
  return TRUE;
}

typedef struct
{
  char *file;
  GArray *known;
} CulvertPathWrite;

static void
culvert_path_write_free (gpointer data)
{
  CulvertPathWrite *write = data;

  g_free (write->file);
  g_array_unref (write->known);
  g_free (write);
}

static void
culvert_path_memory_write_thread (GTask *task,
                                  gpointer source_object,
                                  gpointer task_data,
                                  GCancellable *cancellable)
{
  CulvertPathWrite *write = task_data;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GArray) all = g_array_new (FALSE, TRUE, sizeof (CulvertKnown));
  g_autofree char *folder = g_path_get_dirname (write->file);
  g_autofree char *text = NULL;
  GError *error = NULL;
  gsize len;

  /* Of a file that cannot be understood nothing is kept. */
  if (!culvert_path_memory_read (write->file, all, NULL))
    g_array_set_size (all, 0);
  for (guint i = 0; i < write->known->len; i++)
    culvert_path_memory_add (all, &g_array_index (write->known, CulvertKnown, i));
  for (guint i = 0; i < all->len; i++)
    {
      const CulvertKnown *known = &g_array_index (all, CulvertKnown, i);
      g_autofree char *local = culvert_known_dup_end (&known->path.local);
      g_autofree char *peer = culvert_known_dup_end (&known->path.peer);
      g_autofree char *group = g_strconcat (local, " ", peer, NULL);

      g_key_file_set_int64 (file, group, "passes", known->path.passes);
      g_key_file_set_int64 (file, group, "fails", known->path.fails);
      g_key_file_set_int64 (file, group, "at", known->at);
    }
  text = g_key_file_to_data (file, &len, NULL);
  if (g_mkdir_with_parents (folder, FOLDER_MODE) == 0
      && g_file_set_contents_full (write->file, text, (gssize) len,
                                   G_FILE_SET_CONTENTS_CONSISTENT, FILE_MODE, &error))
    g_task_return_boolean (task, TRUE);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be made", folder);
}

static void culvert_path_memory_write (CulvertPathMemory *self);

static void
culvert_path_memory_written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CulvertPathMemory *self = user_data;
  g_autoptr (GError) error = NULL;

  self->is_writing = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_debug ("knowledge of paths is not kept: %s", error->message);
  if (self->is_freed)
    culvert_path_memory_free (self);
  else if (self->is_dirty)
    culvert_path_memory_write (self);
}

static void
culvert_path_memory_write (CulvertPathMemory *self)
{
  g_autoptr (GTask) task = NULL;
  CulvertPathWrite *write;

  if (self->file == NULL)
    return;
  self->is_dirty = self->is_writing;
  if (self->is_writing)
    return;
  self->is_writing = TRUE;
  write = g_new0 (CulvertPathWrite, 1);
  write->file = g_strdup (self->file);
  write->known = g_array_copy (self->known);
  task = g_task_new (NULL, NULL, culvert_path_memory_written_cb, self);
  g_task_set_task_data (task, write, culvert_path_write_free);
  g_task_run_in_thread (task, culvert_path_memory_write_thread);
}

/* -- face -------------------------------------------------------------------------- */

CulvertPathMemory *
culvert_path_memory_new (void)
{
  CulvertPathMemory *memory = g_new0 (CulvertPathMemory, 1);

  memory->known = g_array_new (FALSE, TRUE, sizeof (CulvertKnown));
  return memory;
}

void
culvert_path_memory_free (CulvertPathMemory *memory)
{
  /* The write answers to it. */
  memory->is_freed = memory->is_writing;
  if (memory->is_writing)
    return;
  g_array_unref (memory->known);
  g_free (memory->file);
  g_free (memory);
}

gboolean
culvert_path_memory_open (CulvertPathMemory *memory, const char *file, GError **error)
{
  g_autoptr (GArray) known = g_array_new (FALSE, TRUE, sizeof (CulvertKnown));

  g_free (memory->file);
  memory->file = g_strdup (file);
  if (!culvert_path_memory_read (file, known, error))
    return FALSE;
  for (guint i = 0; i < known->len; i++)
    culvert_path_memory_add (memory->known, &g_array_index (known, CulvertKnown, i));
  return TRUE;
}

void
culvert_path_memory_fill (const CulvertPathMemory *memory,
                          CulvertPaths *out_paths,
                          CulvertTime now)
{
  gint64 unix_now = culvert_path_memory_now ();

  *out_paths = (CulvertPaths) { .n = 0 };
  for (guint i = 0; i < memory->known->len; i++)
    {
      const CulvertKnown *known = &g_array_index (memory->known, CulvertKnown, i);

      if (culvert_known_is_fresh (known, unix_now))
        culvert_paths_note (out_paths, &known->path, now - (unix_now - known->at) * CULVERT_SEC);
    }
}

void
culvert_path_memory_note (CulvertPathMemory *memory, const CulvertPath *path)
{
  CulvertKnown known = { .path = *path, .at = culvert_path_memory_now () };

  culvert_path_memory_add (memory->known, &known);
  culvert_path_memory_write (memory);
}

gboolean
culvert_path_memory_is_writing (const CulvertPathMemory *memory)
{
  return memory->is_writing || memory->is_dirty;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-store.h"

#include "culvert-profile-disk.h"
#include "culvert-profile-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SUFFIX ".json"
/* Editors write a file in steps; one look after the last of them is enough. */
#define SETTLE_MS 150

/* What the store knows of one file. */
typedef struct
{
  char *name;             /* of the file */
  CulvertProfile *profile;
  char *digest;           /* of the text last read or written */
  gulong handler;
} CulvertStoreEntry;

/* A removed profile and where it stood. */
typedef struct
{
  char *name;
  CulvertProfile *profile; /* NULL: removed by a run before this one */
  guint position;
} CulvertStoreTrash;

struct _CulvertProfileStore
{
  GObject parent_instance;

  char *folder;
  CulvertProfileDisk *disk;
  GPtrArray *entries;      /* of CulvertStoreEntry, in the order of the list */
  GHashTable *trash;       /* UUID -> CulvertStoreTrash */
  GHashTable *problems;    /* file name -> sentence */
  GFileMonitor *monitor;
  guint settle;            /* source */
  gboolean is_loading;     /* what is read now is no change to be saved */
  GTask *load;             /* waits for the first scan */
  GPtrArray *flushes;      /* of GTask */
  char *save_problem;      /* of the last write, or NULL */
};

enum
{
  SIGNAL_RELOADED,
  SIGNAL_PROBLEMS_CHANGED,
  SIGNAL_SAVE_FAILED,
  SIGNAL_PURGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void culvert_profile_store_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertProfileStore,
                               culvert_profile_store,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      culvert_profile_store_list_model_init))

/* -- GListModel ------------------------------------------------------------------------ */

static CulvertStoreEntry *
culvert_profile_store_entry (CulvertProfileStore *self, guint position)
{
  return self->entries->pdata[position];
}

static GType
culvert_profile_store_get_item_type (GListModel *model)
{
  return CULVERT_TYPE_PROFILE;
}

static guint
culvert_profile_store_get_n_items (GListModel *model)
{
  return ((CulvertProfileStore *) model)->entries->len;
}

static gpointer
culvert_profile_store_get_item (GListModel *model, guint position)
{
  CulvertProfileStore *self = (CulvertProfileStore *) model;

  if (position >= self->entries->len)
    return NULL;
  return g_object_ref (culvert_profile_store_entry (self, position)->profile);
}

static void
culvert_profile_store_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = culvert_profile_store_get_item_type;
  iface->get_n_items = culvert_profile_store_get_n_items;
  iface->get_item = culvert_profile_store_get_item;
}

/* -- entries ---------------------------------------------------------------------------- */

static void
culvert_store_entry_free (CulvertStoreEntry *entry)
{
  g_signal_handler_disconnect (entry->profile, entry->handler);
  g_object_unref (entry->profile);
  g_free (entry->name);
  g_free (entry->digest);
  g_free (entry);
}

static void
culvert_store_trash_free (CulvertStoreTrash *trash)
{
  g_clear_object (&trash->profile);
  g_free (trash->name);
  g_free (trash);
}

/* The UUID a file's name is or stands for; a name-based one (RFC 4122, version 5) needs no
 * memory. (transfer full) */
static char *
culvert_profile_store_dup_uuid (const char *file)
{
  g_autofree char *stem = g_strndup (file, strlen (file) - strlen (SUFFIX));
  g_autofree char *digest = NULL;

  if (g_uuid_string_is_valid (stem))
    return g_ascii_strdown (stem, -1);
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA1, file, -1);
  digest[12] = '5';
  digest[16] = "89ab"[g_ascii_xdigit_value (digest[16]) & 3];
  return g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%.12s", digest, digest + 8, digest + 12,
                          digest + 16, digest + 20);
}

static CulvertStoreEntry *
culvert_profile_store_find_file (CulvertProfileStore *self, const char *name)
{
  for (guint i = 0; i < self->entries->len; i++)
    if (strcmp (culvert_profile_store_entry (self, i)->name, name) == 0)
      return culvert_profile_store_entry (self, i);
  return NULL;
}

/* Index, or the number of entries. */
static guint
culvert_profile_store_position (CulvertProfileStore *self, CulvertProfile *profile)
{
  guint i = 0;

  while (i < self->entries->len && culvert_profile_store_entry (self, i)->profile != profile)
    i++;
  return i;
}

static void
culvert_profile_store_changed_cb (CulvertProfile *profile, gpointer user_data)
{
  CulvertProfileStore *self = user_data;
  guint position = culvert_profile_store_position (self, profile);

  if (!self->is_loading && position < self->entries->len)
    culvert_profile_disk_queue (self->disk, CULVERT_DISK_WRITE,
                                culvert_profile_store_entry (self, position)->name);
}

/* No items-changed yet. name: NULL: by the UUID. */
static CulvertStoreEntry *
culvert_profile_store_insert (CulvertProfileStore *self,
                              guint position,
                              CulvertProfile *profile,
                              const char *name)
{
  CulvertStoreEntry *entry = g_new0 (CulvertStoreEntry, 1);

  entry->name = name != NULL ? g_strdup (name)
                             : g_strconcat (culvert_profile_get_uuid (profile), SUFFIX, NULL);
  entry->profile = g_object_ref (profile);
  entry->handler = g_signal_connect (profile, "changed",
                                     G_CALLBACK (culvert_profile_store_changed_cb), self);
  g_ptr_array_insert (self->entries, position, entry);
  return entry;
}

/* The place in the list goes into the files, so that it is kept. */
static void
culvert_profile_store_renumber (CulvertProfileStore *self)
{
  for (guint i = 0; i < self->entries->len; i++)
    culvert_profile_set_order (culvert_profile_store_entry (self, i)->profile, i);
}

/* -- what is read ------------------------------------------------------------------------ */

static gboolean
culvert_profile_store_set_problem (CulvertProfileStore *self, const char *name, const char *text)
{
  if (g_strcmp0 (g_hash_table_lookup (self->problems, name), text) == 0)
    return FALSE;
  if (text != NULL)
    g_hash_table_insert (self->problems, g_strdup (name), g_strdup (text));
  else
    g_hash_table_remove (self->problems, name);
  return TRUE;
}

/* New or changed; returns whether the problems changed. */
static gboolean
culvert_profile_store_take_file (CulvertProfileStore *self, CulvertDiskFile *file)
{
  CulvertStoreEntry *entry = culvert_profile_store_find_file (self, file->name);
  g_autoptr (CulvertProfile) profile = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *uuid = culvert_profile_store_dup_uuid (file->name);
  gboolean is_new = entry == NULL;

  /* Ours is newer, or about to go. */
  if (culvert_profile_disk_is_pending (self->disk, file->name))
    return FALSE;
  if (file->problem != NULL)
    return culvert_profile_store_set_problem (self, file->name, file->problem);
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) file->text, file->len);
  if (!is_new && g_strcmp0 (entry->digest, digest) == 0)
    return culvert_profile_store_set_problem (self, file->name, NULL);
  profile = culvert_profile_new_from_json (file->text, file->len, file->name, &error);
  if (profile == NULL)
    return culvert_profile_store_set_problem (self, file->name, error->message);
  culvert_profile_set_uuid (profile, uuid);
  if (is_new)
    entry = culvert_profile_store_insert (self, self->entries->len, profile, file->name);
  g_free (entry->digest);
  entry->digest = g_steal_pointer (&digest);
  if (is_new)
    g_list_model_items_changed (G_LIST_MODEL (self), self->entries->len - 1, 0, 1);
  else
    {
      /* A key out of the keyring is not in the file and not gone either. */
      if (culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING)
        culvert_profile_set_key (profile, culvert_profile_peek_key (entry->profile));
      if (culvert_profile_get_order (profile) == G_MAXINT32)
        culvert_profile_set_order (profile, culvert_profile_get_order (entry->profile));
      culvert_profile_assign (entry->profile, profile);
      g_signal_emit (self, signals[SIGNAL_RELOADED], 0, entry->profile);
    }
  return culvert_profile_store_set_problem (self, file->name, NULL);
}

static gboolean
culvert_disk_files_have (GPtrArray *files, const char *name)
{
  for (guint i = 0; i < files->len; i++)
    if (strcmp (((CulvertDiskFile *) files->pdata[i])->name, name) == 0)
      return TRUE;
  return FALSE;
}

/* Others may delete files, too. */
static gboolean
culvert_profile_store_drop_missing (CulvertProfileStore *self, GPtrArray *files)
{
  gboolean is_changed = FALSE;
  GHashTableIter iter;
  const char *name;

  for (guint i = self->entries->len; i-- > 0;)
    {
      name = culvert_profile_store_entry (self, i)->name;
      if (culvert_disk_files_have (files, name)
          || culvert_profile_disk_is_pending (self->disk, name))
        continue;
      g_ptr_array_remove_index (self->entries, i);
      g_list_model_items_changed (G_LIST_MODEL (self), i, 1, 0);
    }
  g_hash_table_iter_init (&iter, self->problems);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    if (!culvert_disk_files_have (files, name))
      {
        g_hash_table_iter_remove (&iter);
        is_changed = TRUE;
      }
  return is_changed;
}

static int
culvert_store_entry_compare (gconstpointer a, gconstpointer b)
{
  const CulvertStoreEntry *first = *(CulvertStoreEntry *const *) a;
  const CulvertStoreEntry *second = *(CulvertStoreEntry *const *) b;
  guint order_a = culvert_profile_get_order (first->profile);
  guint order_b = culvert_profile_get_order (second->profile);

  if (order_a != order_b)
    return order_a < order_b ? -1 : 1;
  return strcmp (first->name, second->name);
}

static void
culvert_profile_store_sort (CulvertProfileStore *self)
{
  gboolean is_sorted = TRUE;

  for (guint i = 1; is_sorted && i < self->entries->len; i++)
    is_sorted = culvert_store_entry_compare (&self->entries->pdata[i - 1],
                                             &self->entries->pdata[i]) <= 0;
  if (is_sorted)
    return;
  g_ptr_array_sort (self->entries, culvert_store_entry_compare);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, self->entries->len, self->entries->len);
}

static void
culvert_profile_store_take_trash (CulvertProfileStore *self, GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *uuid = culvert_profile_store_dup_uuid (names->pdata[i]);
      CulvertStoreTrash *trash;

      if (g_hash_table_contains (self->trash, uuid))
        continue;
      trash = g_new0 (CulvertStoreTrash, 1);
      trash->name = g_strdup (names->pdata[i]);
      g_hash_table_insert (self->trash, g_steal_pointer (&uuid), trash);
    }
}

static void
culvert_profile_store_take_scan (CulvertProfileStore *self, CulvertDiskJob *job)
{
  gboolean is_changed = FALSE;

  /* Watching may call for a scan while the folder is away; what we have stays then. */
  if (job->error == NULL)
    {
      self->is_loading = TRUE;
      for (guint i = 0; i < job->files->len; i++)
        is_changed |= culvert_profile_store_take_file (self, job->files->pdata[i]);
      is_changed |= culvert_profile_store_drop_missing (self, job->files);
      culvert_profile_store_sort (self);
      self->is_loading = FALSE;
      if (self->load != NULL)
        culvert_profile_store_take_trash (self, job->trash);
    }
  if (is_changed)
    g_signal_emit (self, signals[SIGNAL_PROBLEMS_CHANGED], 0);
}

/* -- watching ------------------------------------------------------------------------------ */

static gboolean
culvert_profile_store_settled_cb (gpointer user_data)
{
  CulvertProfileStore *self = user_data;

  self->settle = 0;
  culvert_profile_disk_queue (self->disk, CULVERT_DISK_SCAN, NULL);
  return G_SOURCE_REMOVE;
}

static void
culvert_profile_store_event_cb (GFileMonitor *monitor,
                                GFile *file,
                                GFile *other,
                                GFileMonitorEvent event,
                                gpointer user_data)
{
  CulvertProfileStore *self = user_data;

  if (event == G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED)
    return;
  g_clear_handle_id (&self->settle, g_source_remove);
  self->settle = g_timeout_add (SETTLE_MS, culvert_profile_store_settled_cb, self);
}

static void
culvert_profile_store_watch (CulvertProfileStore *self)
{
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);

  self->monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
  if (self->monitor != NULL)
    g_signal_connect (self->monitor, "changed", G_CALLBACK (culvert_profile_store_event_cb), self);
}

/* -- jobs ---------------------------------------------------------------------------------- */

static char *
culvert_profile_store_text_cb (const char *name, gpointer user_data)
{
  CulvertProfileStore *self = user_data;
  CulvertStoreEntry *entry = culvert_profile_store_find_file (self, name);
  g_autofree char *digest = NULL;
  char *text;

  if (entry == NULL)
    return NULL;
  text = culvert_profile_to_json (entry->profile);
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  if (g_strcmp0 (digest, entry->digest) == 0)
    {
      culvert_profile_free_text (text);
      return NULL;
    }
  /* Known before it is written: the watch may be faster than the answer. */
  g_free (entry->digest);
  entry->digest = g_steal_pointer (&digest);
  return text;
}

static void
culvert_profile_store_end_flushes (CulvertProfileStore *self)
{
  g_autoptr (GPtrArray) flushes = g_steal_pointer (&self->flushes);

  self->flushes = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < flushes->len; i++)
    {
      if (self->save_problem == NULL)
        g_task_return_boolean (flushes->pdata[i], TRUE);
      else
        g_task_return_new_error (flushes->pdata[i], G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                                 self->save_problem);
    }
}

static void
culvert_profile_store_take_write (CulvertProfileStore *self, CulvertDiskJob *job)
{
  CulvertStoreEntry *entry =
      job->name != NULL ? culvert_profile_store_find_file (self, job->name) : NULL;

  if (job->error == NULL)
    {
      /* Nothing written is no success either. */
      if (job->verb != CULVERT_DISK_WRITE || job->text != NULL)
        g_clear_pointer (&self->save_problem, g_free);
      return;
    }
  g_free (self->save_problem);
  self->save_problem = g_strdup (job->error->message);
  if (entry != NULL)
    {
      g_clear_pointer (&entry->digest, g_free);
      g_signal_emit (self, signals[SIGNAL_SAVE_FAILED], 0, entry->profile, job->error->message);
    }
}

static void
culvert_profile_store_take_purge (CulvertProfileStore *self, CulvertDiskJob *job)
{
  for (guint i = 0; i < job->trash->len; i++)
    {
      g_autofree char *uuid = culvert_profile_store_dup_uuid (job->trash->pdata[i]);

      /* It may be back in the meantime, under the same UUID. */
      if (culvert_profile_store_find (self, uuid) == NULL)
        g_signal_emit (self, signals[SIGNAL_PURGED], 0, uuid);
    }
}

static void
culvert_profile_store_done_cb (CulvertDiskJob *job, gpointer user_data)
{
  g_autoptr (CulvertProfileStore) self = g_object_ref (user_data);
  g_autoptr (GTask) load = NULL;

  switch (job->verb)
    {
    case CULVERT_DISK_SCAN:
      culvert_profile_store_take_scan (self, job);
      load = g_steal_pointer (&self->load);
      break;
    case CULVERT_DISK_PURGE:
      culvert_profile_store_take_purge (self, job);
      break;
    case CULVERT_DISK_WRITE:
    case CULVERT_DISK_TRASH:
    case CULVERT_DISK_RESTORE:
      culvert_profile_store_take_write (self, job);
      /* The folder may have been made just now. */
      if (self->monitor == NULL)
        culvert_profile_store_watch (self);
      break;
    }
  if (load != NULL && job->error != NULL)
    g_task_return_error (load, g_error_copy (job->error));
  else if (load != NULL)
    g_task_return_boolean (load, TRUE);
  if (culvert_profile_disk_is_idle (self->disk))
    culvert_profile_store_end_flushes (self);
}

/* -- GObject -------------------------------------------------------------------------------- */

static void
culvert_profile_store_dispose (GObject *object)
{
  CulvertProfileStore *self = (CulvertProfileStore *) object;

  g_clear_handle_id (&self->settle, g_source_remove);
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  g_clear_pointer (&self->disk, culvert_profile_disk_release);
  g_clear_object (&self->load);
  g_ptr_array_set_size (self->entries, 0);
  G_OBJECT_CLASS (culvert_profile_store_parent_class)->dispose (object);
}

static void
culvert_profile_store_finalize (GObject *object)
{
  CulvertProfileStore *self = (CulvertProfileStore *) object;

  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->flushes);
  g_hash_table_unref (self->trash);
  g_hash_table_unref (self->problems);
  g_free (self->save_problem);
  g_free (self->folder);
  G_OBJECT_CLASS (culvert_profile_store_parent_class)->finalize (object);
}

static void
culvert_profile_store_class_init (CulvertProfileStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = CULVERT_TYPE_PROFILE_STORE;

  object_class->dispose = culvert_profile_store_dispose;
  object_class->finalize = culvert_profile_store_finalize;

  signals[SIGNAL_RELOADED] = g_signal_new ("reloaded", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                           NULL, G_TYPE_NONE, 1, CULVERT_TYPE_PROFILE);
  signals[SIGNAL_PROBLEMS_CHANGED] = g_signal_new ("problems-changed", type, G_SIGNAL_RUN_LAST, 0,
                                                   NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_SAVE_FAILED] =
      g_signal_new ("save-failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                    CULVERT_TYPE_PROFILE, G_TYPE_STRING);
  signals[SIGNAL_PURGED] = g_signal_new ("purged", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
culvert_profile_store_init (CulvertProfileStore *self)
{
  self->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) culvert_store_entry_free);
  self->flushes = g_ptr_array_new_with_free_func (g_object_unref);
  self->trash = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) culvert_store_trash_free);
  self->problems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

CulvertProfileStore *
culvert_profile_store_new (const char *folder)
{
  CulvertProfileStore *self = g_object_new (CULVERT_TYPE_PROFILE_STORE, NULL);

  self->folder = folder != NULL ? g_strdup (folder)
                                : g_build_filename (g_get_user_config_dir (), "culvert",
                                                    "profiles", NULL);
  self->disk = culvert_profile_disk_new (self->folder, culvert_profile_store_text_cb,
                                         culvert_profile_store_done_cb, self);
  return self;
}

const char *
culvert_profile_store_get_folder (CulvertProfileStore *store)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);

  return store->folder;
}

/* -- face ----------------------------------------------------------------------------------- */

void
culvert_profile_store_load_async (CulvertProfileStore *store,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (CULVERT_IS_PROFILE_STORE (store));
  g_return_if_fail (store->load == NULL);

  store->load = g_task_new (store, cancellable, callback, user_data);
  g_task_set_source_tag (store->load, culvert_profile_store_load_async);
  if (store->monitor == NULL && g_file_test (store->folder, G_FILE_TEST_IS_DIR))
    culvert_profile_store_watch (store);
  culvert_profile_disk_queue (store->disk, CULVERT_DISK_SCAN, NULL);
}

gboolean
culvert_profile_store_load_finish (CulvertProfileStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
culvert_profile_store_put (CulvertProfileStore *self, guint position, CulvertProfile *profile)
{
  CulvertStoreEntry *entry = culvert_profile_store_insert (self, position, profile, NULL);

  culvert_profile_disk_queue (self->disk, CULVERT_DISK_WRITE, entry->name);
  culvert_profile_store_renumber (self);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

void
culvert_profile_store_add (CulvertProfileStore *store, CulvertProfile *profile)
{
  g_return_if_fail (CULVERT_IS_PROFILE_STORE (store));
  g_return_if_fail (CULVERT_IS_PROFILE (profile));
  g_return_if_fail (culvert_profile_store_find (store, culvert_profile_get_uuid (profile)) == NULL);

  culvert_profile_store_put (store, store->entries->len, profile);
}

CulvertProfile *
culvert_profile_store_duplicate (CulvertProfileStore *store, CulvertProfile *profile)
{
  g_autoptr (CulvertProfile) copy = NULL;
  g_autofree char *name = NULL;
  guint position;

  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);
  position = culvert_profile_store_position (store, profile);
  g_return_val_if_fail (position < store->entries->len, NULL);

  copy = culvert_profile_new (culvert_profile_get_role (profile), NULL);
  culvert_profile_assign (copy, profile);
  name = culvert_profile_store_dup_free_name (store, culvert_profile_get_name (profile));
  culvert_profile_set_name (copy, name);
  /* Two of the same at login would fight for one port. */
  culvert_profile_set_autostart (copy, FALSE);
  culvert_profile_store_put (store, position + 1, copy);
  return copy;
}

void
culvert_profile_store_move (CulvertProfileStore *store, CulvertProfile *profile, guint position)
{
  CulvertStoreEntry *entry;
  guint from;

  g_return_if_fail (CULVERT_IS_PROFILE_STORE (store));
  from = culvert_profile_store_position (store, profile);
  g_return_if_fail (from < store->entries->len);

  position = MIN (position, store->entries->len - 1);
  if (from == position)
    return;
  entry = g_ptr_array_steal_index (store->entries, from);
  g_ptr_array_insert (store->entries, position, entry);
  culvert_profile_store_renumber (store);
  g_list_model_items_changed (G_LIST_MODEL (store), MIN (from, position),
                              MAX (from, position) - MIN (from, position) + 1,
                              MAX (from, position) - MIN (from, position) + 1);
}

void
culvert_profile_store_remove (CulvertProfileStore *store, CulvertProfile *profile)
{
  CulvertStoreTrash *trash;
  guint position;

  g_return_if_fail (CULVERT_IS_PROFILE_STORE (store));
  position = culvert_profile_store_position (store, profile);
  g_return_if_fail (position < store->entries->len);

  trash = g_new0 (CulvertStoreTrash, 1);
  trash->name = g_strdup (culvert_profile_store_entry (store, position)->name);
  trash->profile = g_object_ref (profile);
  trash->position = position;
  culvert_profile_disk_queue (store->disk, CULVERT_DISK_TRASH, trash->name);
  g_hash_table_insert (store->trash, g_strdup (culvert_profile_get_uuid (profile)), trash);
  g_ptr_array_remove_index (store->entries, position);
  g_list_model_items_changed (G_LIST_MODEL (store), position, 1, 0);
}

gboolean
culvert_profile_store_restore (CulvertProfileStore *store, const char *uuid)
{
  CulvertStoreTrash *trash;
  guint position;

  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), FALSE);

  trash = g_hash_table_lookup (store->trash, uuid);
  if (trash == NULL)
    return FALSE;
  culvert_profile_disk_queue (store->disk, CULVERT_DISK_RESTORE, trash->name);
  if (trash->profile != NULL)
    {
      position = MIN (trash->position, store->entries->len);
      culvert_profile_store_insert (store, position, trash->profile, trash->name);
      /* Also where the file never came so far: a profile that was removed at once. */
      culvert_profile_disk_queue (store->disk, CULVERT_DISK_WRITE, trash->name);
      culvert_profile_store_renumber (store);
      g_list_model_items_changed (G_LIST_MODEL (store), position, 0, 1);
    }
  else
    culvert_profile_disk_queue (store->disk, CULVERT_DISK_SCAN, NULL);
  g_hash_table_remove (store->trash, uuid);
  return TRUE;
}

void
culvert_profile_store_purge (CulvertProfileStore *store, const char *uuid)
{
  CulvertStoreTrash *trash;

  g_return_if_fail (CULVERT_IS_PROFILE_STORE (store));

  if (uuid == NULL)
    {
      if (g_hash_table_size (store->trash) > 0)
        culvert_profile_disk_queue (store->disk, CULVERT_DISK_PURGE, NULL);
      g_hash_table_remove_all (store->trash);
      return;
    }
  trash = g_hash_table_lookup (store->trash, uuid);
  if (trash == NULL)
    return;
  culvert_profile_disk_queue (store->disk, CULVERT_DISK_PURGE, trash->name);
  g_hash_table_remove (store->trash, uuid);
}

CulvertProfile *
culvert_profile_store_find (CulvertProfileStore *store, const char *uuid)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);

  for (guint i = 0; i < store->entries->len; i++)
    {
      CulvertProfile *profile = culvert_profile_store_entry (store, i)->profile;

      if (g_ascii_strcasecmp (culvert_profile_get_uuid (profile), uuid) == 0)
        return profile;
    }
  return NULL;
}

static gboolean
culvert_profile_store_name_equal (const char *a, const char *b)
{
  g_autofree char *folded_a = g_utf8_casefold (a, -1);
  g_autofree char *folded_b = g_utf8_casefold (b, -1);

  return strcmp (folded_a, folded_b) == 0;
}

/* Those of this name; the exact ones only if there are any. */
static GPtrArray *
culvert_profile_store_match (CulvertProfileStore *self, const char *name)
{
  GPtrArray *matches = g_ptr_array_new ();

  for (guint pass = 0; pass < 2 && matches->len == 0; pass++)
    for (guint i = 0; i < self->entries->len; i++)
      {
        CulvertProfile *profile = culvert_profile_store_entry (self, i)->profile;
        const char *other = culvert_profile_get_name (profile);

        if (pass == 0 ? strcmp (other, name) == 0 : culvert_profile_store_name_equal (other, name))
          g_ptr_array_add (matches, profile);
      }
  return matches;
}

CulvertProfile *
culvert_profile_store_lookup (CulvertProfileStore *store, const char *name, GError **error)
{
  CulvertProfile *profile;
  g_autoptr (GPtrArray) matches = NULL;
  g_autoptr (GString) names = g_string_new (NULL);

  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);

  profile = culvert_profile_store_find (store, name);
  if (profile != NULL)
    return profile;
  matches = culvert_profile_store_match (store, name);
  if (matches->len == 1)
    return matches->pdata[0];
  for (guint i = 0; i < store->entries->len; i++)
    g_string_append_printf (
        names, "%s%s", i > 0 ? ", " : "",
        culvert_profile_get_name (culvert_profile_store_entry (store, i)->profile));
  if (matches->len > 1)
    g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                 _("more than one profile is called “%s”; use its UUID"), name);
  else if (names->len > 0)
    g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                 _("no profile is called “%s”; there are: %s"), name, names->str);
  else
    g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                 _("no profile is called “%s”; there is none in “%s”"), name, store->folder);
  return NULL;
}

char *
culvert_profile_store_dup_free_name (CulvertProfileStore *store, const char *name)
{
  g_autofree char *stem = g_strdup (name);
  const char *space = strrchr (stem, ' ');
  guint64 number = 1;

  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);

  /* "Office 2" counts on, it does not become "Office 2 2". */
  if (space != NULL && g_ascii_string_to_unsigned (space + 1, 10, 2, 9999, &number, NULL))
    stem[space - stem] = '\0';
  for (;;)
    {
      g_autofree char *candidate = number == 1 ? g_strdup (stem)
                                               : g_strdup_printf ("%s %u", stem, (guint) number);
      g_autoptr (GPtrArray) matches = culvert_profile_store_match (store, candidate);

      if (matches->len == 0)
        return g_steal_pointer (&candidate);
      number++;
    }
}

static gboolean
culvert_profile_store_uses_port (CulvertProfileStore *store, guint port)
{
  g_autofree char *end = g_strdup_printf (":%u", port);

  for (guint i = 0; i < store->entries->len; i++)
    {
      CulvertProfile *profile = culvert_profile_store_entry (store, i)->profile;

      if (culvert_profile_get_role (profile) == CULVERT_ROLE_CLIENT
          && g_str_has_suffix (culvert_profile_get_string (profile, CULVERT_SETTING_LOCALADDR),
                               end))
        return TRUE;
    }
  return FALSE;
}

char *
culvert_profile_store_dup_free_address (CulvertProfileStore *store)
{
  guint port = 12948;

  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);

  while (port < G_MAXUINT16 && culvert_profile_store_uses_port (store, port))
    port++;
  return g_strdup_printf ("127.0.0.1:%u", port);
}

GStrv
culvert_profile_store_dup_problems (CulvertProfileStore *store)
{
  g_autoptr (GList) texts = NULL;
  GStrv problems;
  guint n = 0;

  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);

  texts = g_list_sort (g_hash_table_get_values (store->problems), (GCompareFunc) strcmp);
  problems = g_new0 (char *, g_list_length (texts) + 1);
  for (GList *link = texts; link != NULL; link = link->next)
    problems[n++] = g_strdup (link->data);
  return problems;
}

const char *
culvert_profile_store_peek_problem (CulvertProfileStore *store, CulvertProfile *profile)
{
  guint position;

  g_return_val_if_fail (CULVERT_IS_PROFILE_STORE (store), NULL);
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  position = culvert_profile_store_position (store, profile);
  if (position == store->entries->len)
    return NULL;
  return g_hash_table_lookup (store->problems,
                              culvert_profile_store_entry (store, position)->name);
}

void
culvert_profile_store_refresh (CulvertProfileStore *store)
{
  g_return_if_fail (CULVERT_IS_PROFILE_STORE (store));

  g_clear_handle_id (&store->settle, g_source_remove);
  culvert_profile_disk_queue (store->disk, CULVERT_DISK_SCAN, NULL);
}

void
culvert_profile_store_flush_async (CulvertProfileStore *store,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CULVERT_IS_PROFILE_STORE (store));

  task = g_task_new (store, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_profile_store_flush_async);
  g_ptr_array_add (store->flushes, task);
  if (culvert_profile_disk_is_idle (store->disk))
    culvert_profile_store_end_flushes (store);
}

gboolean
culvert_profile_store_flush_finish (CulvertProfileStore *store,
                                    GAsyncResult *result,
                                    GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

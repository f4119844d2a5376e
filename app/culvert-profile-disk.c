/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-disk.h"

#include "culvert-profile-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define FILE_MAX (1 << 20)
#define FILE_MODE 0600
#define FOLDER_MODE 0700
#define SUFFIX ".json"

struct _CulvertProfileDisk
{
  char *folder;
  char *trash;
  GQueue jobs;
  CulvertDiskJob *running; /* not in the queue any more; the thread's until it is done */
  gboolean is_released;
  guint idle; /* source that starts the next job */
  CulvertDiskTextFunc text_func;
  CulvertDiskDoneFunc done_func;
  gpointer user_data;
};

static void
culvert_disk_file_free (CulvertDiskFile *file)
{
  if (file->text != NULL)
    explicit_bzero (file->text, file->len);
  g_free (file->text);
  g_free (file->name);
  g_free (file->problem);
  g_free (file);
}

static void
culvert_disk_job_free (CulvertDiskJob *job)
{
  culvert_profile_free_text (job->text);
  g_free (job->name);
  g_clear_pointer (&job->files, g_ptr_array_unref);
  g_clear_pointer (&job->trash, g_ptr_array_unref);
  g_clear_error (&job->error);
  g_free (job);
}

/* -- in the thread ------------------------------------------------------------------- */

/* A folder may be older than this program, and wider. */
static void
culvert_profile_disk_narrow (const char *path)
{
  GStatBuf info;

  if (g_stat (path, &info) == 0 && (info.st_mode & 077) != 0)
    (void) g_chmod (path, FOLDER_MODE);
}

static gboolean
culvert_profile_disk_make_folder (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, FOLDER_MODE) != 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                   _("the folder “%s” cannot be made: %s"), path, g_strerror (code));
      return FALSE;
    }
  culvert_profile_disk_narrow (path);
  return TRUE;
}

static void
culvert_profile_disk_write (CulvertProfileDisk *disk, CulvertDiskJob *job)
{
  g_autofree char *path = g_build_filename (disk->folder, job->name, NULL);

  if (!culvert_profile_disk_make_folder (disk->folder, &job->error))
    return;
  (void) g_file_set_contents_full (path, job->text, strlen (job->text),
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   FILE_MODE, &job->error);
}

/* From one folder to the other. A file that is not there any more is no problem. */
static void
culvert_profile_disk_move (const char *from, const char *to, CulvertDiskJob *job)
{
  g_autofree char *source = g_build_filename (from, job->name, NULL);
  g_autofree char *target = g_build_filename (to, job->name, NULL);

  if (!culvert_profile_disk_make_folder (to, &job->error))
    return;
  if (g_rename (source, target) != 0 && errno != ENOENT)
    {
      int code = errno;

      g_set_error (&job->error, G_IO_ERROR, g_io_error_from_errno (code),
                   _("“%s” cannot be moved: %s"), source, g_strerror (code));
    }
}

static GPtrArray *
culvert_profile_disk_list (const char *folder, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &cause);
  const char *name;

  if (dir == NULL)
    {
      if (!g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_propagate_error (error, g_steal_pointer (&cause));
      return g_steal_pointer (&names);
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.' && g_str_has_suffix (name, SUFFIX))
      g_ptr_array_add (names, g_strdup (name));
  return g_steal_pointer (&names);
}

static void
culvert_profile_disk_purge (CulvertProfileDisk *disk, CulvertDiskJob *job)
{
  if (job->name == NULL)
    job->trash = culvert_profile_disk_list (disk->trash, NULL);
  else
    {
      job->trash = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (job->trash, g_strdup (job->name));
    }
  for (guint i = 0; i < job->trash->len; i++)
    {
      g_autofree char *path = g_build_filename (disk->trash, job->trash->pdata[i], NULL);

      (void) g_unlink (path);
    }
}

static CulvertDiskFile *
culvert_profile_disk_read (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  CulvertDiskFile *file = g_new0 (CulvertDiskFile, 1);
  g_autoptr (GError) error = NULL;
  GStatBuf info;

  file->name = g_strdup (name);
  if (g_stat (path, &info) != 0)
    file->problem = g_strdup_printf ("%s: %s", name, g_strerror (errno));
  else if (!S_ISREG (info.st_mode))
    file->problem = g_strdup_printf (_("%s: this is no file"), name);
  else if (info.st_size > FILE_MAX)
    file->problem = g_strdup_printf (_("%s: too large for a configuration"), name);
  else if (!g_file_get_contents (path, &file->text, &file->len, &error))
    file->problem = g_strdup_printf ("%s: %s", name, error->message);
  else if ((info.st_mode & 077) != 0)
    (void) g_chmod (path, FILE_MODE); /* a key may be in it */
  return file;
}

static void
culvert_profile_disk_scan (CulvertProfileDisk *disk, CulvertDiskJob *job)
{
  g_autoptr (GPtrArray) names = culvert_profile_disk_list (disk->folder, &job->error);

  culvert_profile_disk_narrow (disk->folder);
  job->files = g_ptr_array_new_with_free_func ((GDestroyNotify) culvert_disk_file_free);
  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (job->files, culvert_profile_disk_read (disk->folder, names->pdata[i]));
  job->trash = culvert_profile_disk_list (disk->trash, NULL);
}

static void
culvert_profile_disk_thread (GTask *task,
                             gpointer source_object,
                             gpointer task_data,
                             GCancellable *cancellable)
{
  CulvertProfileDisk *disk = task_data;
  CulvertDiskJob *job = disk->running;

  switch (job->verb)
    {
    case CULVERT_DISK_WRITE:
      culvert_profile_disk_write (disk, job);
      break;
    case CULVERT_DISK_TRASH:
      culvert_profile_disk_move (disk->folder, disk->trash, job);
      break;
    case CULVERT_DISK_RESTORE:
      culvert_profile_disk_move (disk->trash, disk->folder, job);
      break;
    case CULVERT_DISK_PURGE:
      culvert_profile_disk_purge (disk, job);
      break;
    case CULVERT_DISK_SCAN:
      culvert_profile_disk_scan (disk, job);
      break;
    }
  g_task_return_boolean (task, TRUE);
}

/* -- in the main thread ---------------------------------------------------------------- */

static void culvert_profile_disk_schedule (CulvertProfileDisk *disk);

static void
culvert_profile_disk_free (CulvertProfileDisk *disk)
{
  g_free (disk->folder);
  g_free (disk->trash);
  g_free (disk);
}

static void
culvert_profile_disk_done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CulvertProfileDisk *disk = user_data;
  CulvertDiskJob *job = g_steal_pointer (&disk->running);

  if (!disk->is_released)
    disk->done_func (job, disk->user_data);
  culvert_disk_job_free (job);
  if (!g_queue_is_empty (&disk->jobs))
    culvert_profile_disk_schedule (disk);
  else if (disk->is_released)
    culvert_profile_disk_free (disk);
}

static gboolean
culvert_profile_disk_start_cb (gpointer user_data)
{
  CulvertProfileDisk *disk = user_data;
  CulvertDiskJob *job = g_queue_pop_head (&disk->jobs);
  g_autoptr (GTask) task = NULL;

  disk->idle = 0;
  disk->running = job;
  task = g_task_new (NULL, NULL, culvert_profile_disk_done_cb, disk);
  g_task_set_task_data (task, disk, NULL);
  if (job->verb == CULVERT_DISK_WRITE && job->text == NULL && !disk->is_released)
    job->text = disk->text_func (job->name, disk->user_data);
  if (job->verb == CULVERT_DISK_WRITE && job->text == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_run_in_thread (task, culvert_profile_disk_thread);
  return G_SOURCE_REMOVE;
}

/* From the main loop, so that a row of changes makes one file. */
static void
culvert_profile_disk_schedule (CulvertProfileDisk *disk)
{
  if (disk->running == NULL && disk->idle == 0)
    disk->idle = g_idle_add_full (G_PRIORITY_DEFAULT, culvert_profile_disk_start_cb, disk, NULL);
}

CulvertProfileDisk *
culvert_profile_disk_new (const char *folder,
                          CulvertDiskTextFunc text_func,
                          CulvertDiskDoneFunc done_func,
                          gpointer user_data)
{
  CulvertProfileDisk *disk = g_new0 (CulvertProfileDisk, 1);

  disk->folder = g_strdup (folder);
  disk->trash = g_build_filename (folder, "trash", NULL);
  disk->text_func = text_func;
  disk->done_func = done_func;
  disk->user_data = user_data;
  return disk;
}

void
culvert_profile_disk_release (CulvertProfileDisk *disk)
{
  disk->is_released = TRUE;
  /* Nobody can be asked for the texts later. */
  for (GList *link = disk->jobs.head; link != NULL; link = link->next)
    {
      CulvertDiskJob *job = link->data;

      if (job->verb == CULVERT_DISK_WRITE)
        job->text = disk->text_func (job->name, disk->user_data);
    }
  disk->text_func = NULL;
  if (culvert_profile_disk_is_idle (disk))
    culvert_profile_disk_free (disk);
}

static gboolean
culvert_profile_disk_has (CulvertProfileDisk *disk, CulvertDiskVerb verb, const char *name)
{
  for (GList *link = disk->jobs.head; link != NULL; link = link->next)
    {
      CulvertDiskJob *job = link->data;

      if (job->verb == verb && g_strcmp0 (job->name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

void
culvert_profile_disk_queue (CulvertProfileDisk *disk, CulvertDiskVerb verb, const char *name)
{
  CulvertDiskJob *job;

  if ((verb == CULVERT_DISK_WRITE || verb == CULVERT_DISK_SCAN)
      && culvert_profile_disk_has (disk, verb, name))
    return;
  job = g_new0 (CulvertDiskJob, 1);
  job->verb = verb;
  job->name = g_strdup (name);
  g_queue_push_tail (&disk->jobs, job);
  culvert_profile_disk_schedule (disk);
}

gboolean
culvert_profile_disk_is_pending (CulvertProfileDisk *disk, const char *name)
{
  if (disk->running != NULL && g_strcmp0 (disk->running->name, name) == 0)
    return TRUE;
  for (GList *link = disk->jobs.head; link != NULL; link = link->next)
    if (g_strcmp0 (((CulvertDiskJob *) link->data)->name, name) == 0)
      return TRUE;
  return FALSE;
}

gboolean
culvert_profile_disk_is_idle (CulvertProfileDisk *disk)
{
  return disk->running == NULL && g_queue_is_empty (&disk->jobs);
}

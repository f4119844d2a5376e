/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The files of a CulvertProfileStore: jobs that run one after the other, off the main thread.
 *
 * Main thread only; the answers come there. A job that is queued is done in its turn, whatever
 * becomes of those before it; the disk lives until its last job has answered. */
#pragma once

#include "culvert.h"

typedef struct _CulvertProfileDisk CulvertProfileDisk;

typedef enum
{
  CULVERT_DISK_WRITE,   /* the text into the file, whole or not at all */
  CULVERT_DISK_TRASH,   /* the file into the trash */
  CULVERT_DISK_RESTORE, /* and back */
  CULVERT_DISK_PURGE,   /* out of the trash; no file: all of it */
  CULVERT_DISK_SCAN,    /* reads all files */
} CulvertDiskVerb;

typedef struct
{
  char *name; /* without folder */
  char *text; /* NULL: problem says why; wiped */
  gsize len;
  char *problem;
} CulvertDiskFile;

typedef struct
{
  CulvertDiskVerb verb;
  char *name;          /* WRITE, TRASH, RESTORE, PURGE */
  char *text;          /* WRITE; made when the turn comes, wiped */
  GPtrArray *files;    /* SCAN: of CulvertDiskFile */
  GPtrArray *trash;    /* SCAN: names in the trash; PURGE: those that are gone */
  GError *error;
} CulvertDiskJob;

/* text of a WRITE, when its turn comes: the newest counts. NULL: nothing to write any more.
 * (transfer full) */
typedef char *(*CulvertDiskTextFunc) (const char *name, gpointer user_data);
/* The job is done, well or not. The job belongs to the disk. */
typedef void (*CulvertDiskDoneFunc) (CulvertDiskJob *job, gpointer user_data);

CulvertProfileDisk *culvert_profile_disk_new (const char *folder,
                                              CulvertDiskTextFunc text_func,
                                              CulvertDiskDoneFunc done_func,
                                              gpointer user_data);
/* No answers any more; what is queued is still done. */
void culvert_profile_disk_release (CulvertProfileDisk *disk);

/* A WRITE of a file that waits for its turn already, and a SCAN likewise, is not queued again. */
void culvert_profile_disk_queue (CulvertProfileDisk *disk, CulvertDiskVerb verb, const char *name);
/* Whether a job that changes this file waits or runs. */
gboolean culvert_profile_disk_is_pending (CulvertProfileDisk *disk, const char *name);
gboolean culvert_profile_disk_is_idle (CulvertProfileDisk *disk);

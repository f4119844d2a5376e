/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What sizes of packets the paths of this process let pass, over all tunnels and, where there is a
 * file, beyond the end of the process. Runs begin with it, their workers tell what they learn.
 *
 * The file is a key file of at most CULVERT_PATH_MEMORY_FILE_MAX bytes and mode 0600: a group for
 * each path, named by our address and the peer's, with passes, fails and at (Unix time). Several
 * processes may share it: each write takes over what is newer there. It is read once, by open;
 * written in threads of GTask. Knowledge of more than three days, or of the future, is no
 * knowledge. Main thread. */
#pragma once

#include "culvert-paths.h"

#include <gio/gio.h>

#define CULVERT_PATH_MEMORY_MAX 128
#define CULVERT_PATH_MEMORY_FILE_MAX (64 * 1024)

typedef struct _CulvertPathMemory CulvertPathMemory;

CulvertPathMemory *culvert_path_memory_new (void);
void culvert_path_memory_free (CulvertPathMemory *memory);

/* From now on in this file, whose folder is made when there is something to write. FALSE with an
 * error: what is there cannot be read or understood; it is overwritten by the next write. A
 * missing file is no error. Blocks: for the start of a process. */
gboolean culvert_path_memory_open (CulvertPathMemory *memory, const char *file, GError **error);

/* What is known for a run that begins, the newest when there is more. now: the runs' clock. */
void culvert_path_memory_fill (const CulvertPathMemory *memory,
                               CulvertPaths *out_paths,
                               CulvertTime now);
/* Just learned; written soon. */
void culvert_path_memory_note (CulvertPathMemory *memory, const CulvertPath *path);
/* Whether a write is under way or due. */
gboolean culvert_path_memory_is_writing (const CulvertPathMemory *memory);

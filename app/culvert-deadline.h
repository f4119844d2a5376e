/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A limit on blocking calls that have none of their own: a thread cancels them when it is over. For
 * the start of the process, before its main loop runs. */
#pragma once

#include <gio/gio.h>

typedef struct _CulvertDeadline CulvertDeadline;

CulvertDeadline *culvert_deadline_new (guint timeout_ms);
/* Borrowed; cancelled when the time is over. */
GCancellable *culvert_deadline_get_cancellable (CulvertDeadline *deadline);
/* Ends the thread, whether the time is over or not. */
void culvert_deadline_free (CulvertDeadline *deadline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CulvertDeadline, culvert_deadline_free)

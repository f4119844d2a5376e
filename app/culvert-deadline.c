/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-deadline.h"

struct _CulvertDeadline
{
  GMutex mutex;
  GCond cond;
  gboolean is_done;
  gint64 end; /* monotonic, in microseconds */
  GCancellable *cancellable;
  GThread *thread;
};

static gpointer
culvert_deadline_thread (gpointer user_data)
{
  CulvertDeadline *self = user_data;
  gboolean is_late = FALSE;

  g_mutex_lock (&self->mutex);
  while (!self->is_done && !is_late)
    is_late = !g_cond_wait_until (&self->cond, &self->mutex, self->end);
  g_mutex_unlock (&self->mutex);
  if (is_late)
    g_cancellable_cancel (self->cancellable);
  return NULL;
}

CulvertDeadline *
culvert_deadline_new (guint timeout_ms)
{
  CulvertDeadline *self = g_new0 (CulvertDeadline, 1);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->end = g_get_monotonic_time () + (gint64) timeout_ms * G_TIME_SPAN_MILLISECOND;
  self->cancellable = g_cancellable_new ();
  self->thread = g_thread_new ("culvert-deadline", culvert_deadline_thread, self);
  return self;
}

GCancellable *
culvert_deadline_get_cancellable (CulvertDeadline *deadline)
{
  return deadline->cancellable;
}

void
culvert_deadline_free (CulvertDeadline *deadline)
{
  g_mutex_lock (&deadline->mutex);
  deadline->is_done = TRUE;
  g_cond_signal (&deadline->cond);
  g_mutex_unlock (&deadline->mutex);
  g_thread_join (deadline->thread);
  g_mutex_clear (&deadline->mutex);
  g_cond_clear (&deadline->cond);
  g_object_unref (deadline->cancellable);
  g_free (deadline);
}

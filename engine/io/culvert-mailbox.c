/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Messages between threads.
 *
 * One GSource without descriptors per mailbox. The first message into an empty list sets the source's
 * ready time, which wakes the owner's context; the messages after it cost a lock and two stores. The
 * owner takes the whole list at once and runs it without the lock; what its handlers
 * post comes with the next dispatch. The ready time is cleared before the list is taken, and both
 * posting and waking happen under the lock, so no message stays behind without a wake. */
#include "config.h"

#include "culvert-mailbox.h"

struct _CulvertMailbox
{
  GSource *source;
  void *owner;
  bool is_running;        /* a batch is being handled; the owner's thread only */
  GMutex lock;
  CulvertMessage *head;   /* under the lock */
  CulvertMessage **tail;  /* under the lock; end of the list */
};

typedef struct
{
  GSource base;
  CulvertMailbox *mailbox;
} CulvertMailboxSource;

/* Handles what is queued now; whether there was anything. */
static bool
culvert_mailbox_run (CulvertMailbox *mailbox)
{
  CulvertMessage *message;
  bool any;

  g_mutex_lock (&mailbox->lock);
  message = mailbox->head;
  mailbox->head = NULL;
  mailbox->tail = &mailbox->head;
  g_mutex_unlock (&mailbox->lock);

  any = message != NULL;
  mailbox->is_running = true;
  while (message)
    {
      CulvertMessage *next = message->next;

      message->handle (message, mailbox->owner);
      message = next;
    }
  mailbox->is_running = false;
  return any;
}

static gboolean
culvert_mailbox_dispatch_cb (GSource *source, GSourceFunc callback, gpointer data)
{
  g_source_set_ready_time (source, -1);
  (void) culvert_mailbox_run (((CulvertMailboxSource *) source)->mailbox);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs culvert_mailbox_source_funcs = {
  .dispatch = culvert_mailbox_dispatch_cb,
};

CulvertMailbox *
culvert_mailbox_new (GMainContext *context, void *owner)
{
  CulvertMailbox *mailbox = g_new0 (CulvertMailbox, 1);

  mailbox->owner = owner;
  mailbox->tail = &mailbox->head;
  g_mutex_init (&mailbox->lock);
  mailbox->source = g_source_new (&culvert_mailbox_source_funcs, sizeof (CulvertMailboxSource));
  ((CulvertMailboxSource *) mailbox->source)->mailbox = mailbox;
  g_source_set_static_name (mailbox->source, "culvert-mailbox");
  g_source_attach (mailbox->source, context);
  return mailbox;
}

void
culvert_mailbox_free (CulvertMailbox *mailbox)
{
  if (!mailbox)
    return;
  /* A handler must not free what is calling it. */
  g_assert (!mailbox->is_running);
  while (culvert_mailbox_run (mailbox))
    ;
  g_source_destroy (mailbox->source);
  g_source_unref (mailbox->source);
  g_mutex_clear (&mailbox->lock);
  g_free (mailbox);
}

void
culvert_mailbox_post (CulvertMailbox *mailbox, CulvertMessage *message)
{
  bool was_empty;

  message->next = NULL;
  g_mutex_lock (&mailbox->lock);
  was_empty = mailbox->head == NULL;
  *mailbox->tail = message;
  mailbox->tail = &message->next;
  if (was_empty)
    g_source_set_ready_time (mailbox->source, 0);
  g_mutex_unlock (&mailbox->lock);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Messages between threads.
 *
 * One GSource without descriptors per mailbox. The first message into an empty list raises a flag
 * and wakes the owner's context; the messages after it cost a lock and two stores. The owner takes
 * the whole list at once and runs it without the lock; what its handlers post comes with the next
 * dispatch. Flag and list change together under the lock, so no message stays behind without a
 * wake. A flag looked at by prepare and check is cheaper than the source's ready time, which would
 * wake the context again when it is cleared. */
#include "config.h"

#include "culvert-mailbox.h"

#include <stdatomic.h>

struct _CulvertMailbox
{
  GSource *source;
  GMainContext *context;
  void *owner;
  bool is_running;        /* a batch is being handled; the owner's thread only */
  atomic_bool has_mail;   /* the list is not empty; written under the lock */
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
  atomic_store_explicit (&mailbox->has_mail, false, memory_order_relaxed);
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
culvert_mailbox_check_cb (GSource *source)
{
  /* The lock orders the list; the flag only has to arrive, which the wake sees to. */
  return atomic_load_explicit (&((CulvertMailboxSource *) source)->mailbox->has_mail,
                               memory_order_acquire);
}

static gboolean
culvert_mailbox_prepare_cb (GSource *source, int *timeout_ms)
{
  *timeout_ms = -1;
  return culvert_mailbox_check_cb (source);
}

static gboolean
culvert_mailbox_dispatch_cb (GSource *source, GSourceFunc callback, gpointer data)
{
  (void) culvert_mailbox_run (((CulvertMailboxSource *) source)->mailbox);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs culvert_mailbox_source_funcs = {
  .prepare = culvert_mailbox_prepare_cb,
  .check = culvert_mailbox_check_cb,
  .dispatch = culvert_mailbox_dispatch_cb,
};

CulvertMailbox *
culvert_mailbox_new (GMainContext *context, void *owner)
{
  CulvertMailbox *mailbox = g_new0 (CulvertMailbox, 1);

  mailbox->context = g_main_context_ref (context ? context : g_main_context_default ());
  mailbox->owner = owner;
  mailbox->tail = &mailbox->head;
  g_mutex_init (&mailbox->lock);
  mailbox->source = g_source_new (&culvert_mailbox_source_funcs, sizeof (CulvertMailboxSource));
  ((CulvertMailboxSource *) mailbox->source)->mailbox = mailbox;
  g_source_set_static_name (mailbox->source, "culvert-mailbox");
  g_source_attach (mailbox->source, mailbox->context);
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
  g_main_context_unref (mailbox->context);
  g_mutex_clear (&mailbox->lock);
  g_free (mailbox);
}

void
culvert_mailbox_post (CulvertMailbox *mailbox, CulvertMessage *message)
{
  culvert_mailbox_post_list (mailbox, message, message);
}

void
culvert_mailbox_post_list (CulvertMailbox *mailbox, CulvertMessage *first, CulvertMessage *last)
{
  bool was_empty;

  last->next = NULL;
  g_mutex_lock (&mailbox->lock);
  was_empty = mailbox->head == NULL;
  *mailbox->tail = first;
  mailbox->tail = &last->next;
  if (was_empty)
    {
      atomic_store_explicit (&mailbox->has_mail, true, memory_order_release);
      g_main_context_wakeup (mailbox->context);
    }
  g_mutex_unlock (&mailbox->lock);
}

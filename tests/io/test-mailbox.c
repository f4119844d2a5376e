/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-mailbox.h"

#define N_POSTERS 4
#define N_MESSAGES 5000

typedef struct
{
  GMainContext *context;
  CulvertMailbox *mailbox;
  GThread *thread;      /* where messages are expected to run */
  unsigned n_handled;
  unsigned next[N_POSTERS];
  GString *order;
  CulvertMailbox *reply_to;
} Owner;

typedef struct
{
  CulvertMessage message;
  unsigned poster;
  unsigned number;
} Note;

static void
owner_init (Owner *owner)
{
  memset (owner, 0, sizeof *owner);
  owner->context = g_main_context_new ();
  owner->thread = g_thread_self ();
  owner->order = g_string_new (NULL);
  owner->mailbox = culvert_mailbox_new (owner->context, owner);
}

static void
owner_clear (Owner *owner)
{
  if (owner->mailbox)
    culvert_mailbox_free (owner->mailbox);
  g_string_free (owner->order, TRUE);
  g_main_context_unref (owner->context);
}

static void
note_handle (CulvertMessage *message, void *data)
{
  Owner *owner = data;
  Note *note = (Note *) message;

  g_assert_true (owner->thread == g_thread_self ());
  g_assert_cmpuint (note->number, ==, owner->next[note->poster]);
  owner->next[note->poster]++;
  owner->n_handled++;
  g_free (note);
}

static void
post_note (CulvertMailbox *mailbox,
           unsigned poster,
           unsigned number,
           void (*handle) (CulvertMessage *message, void *owner))
{
  Note *note = g_new0 (Note, 1);

  note->message.handle = handle;
  note->poster = poster;
  note->number = number;
  culvert_mailbox_post (mailbox, &note->message);
}

static void
letter_handle (CulvertMessage *message, void *data)
{
  Owner *owner = data;
  Note *note = (Note *) message;

  g_string_append_c (owner->order, (char) note->number);
  /* Posted from a handler: a later dispatch, so that other sources get their turn. */
  if (note->number == 'a')
    post_note (owner->mailbox, 0, 'z', letter_handle);
  g_free (note);
}

static void
test_order (void)
{
  Owner owner;

  owner_init (&owner);
  post_note (owner.mailbox, 0, 'a', letter_handle);
  post_note (owner.mailbox, 0, 'b', letter_handle);
  post_note (owner.mailbox, 0, 'c', letter_handle);
  g_assert_cmpstr (owner.order->str, ==, "");
  g_assert_true (g_main_context_iteration (owner.context, FALSE));
  g_assert_cmpstr (owner.order->str, ==, "abc");
  g_assert_true (g_main_context_iteration (owner.context, FALSE));
  g_assert_cmpstr (owner.order->str, ==, "abcz");
  g_assert_false (g_main_context_iteration (owner.context, FALSE));
  owner_clear (&owner);
}

static void
test_free_runs_the_rest (void)
{
  Owner owner;

  owner_init (&owner);
  post_note (owner.mailbox, 0, 'a', letter_handle);
  post_note (owner.mailbox, 0, 'b', letter_handle);
  culvert_mailbox_free (owner.mailbox);
  owner.mailbox = NULL;
  /* What a handler posts meanwhile is run, too. */
  g_assert_cmpstr (owner.order->str, ==, "abz");
  g_assert_false (g_main_context_iteration (owner.context, FALSE));
  owner_clear (&owner);
}

typedef struct
{
  CulvertMailbox *mailbox;
  unsigned poster;
} Poster;

static gpointer
poster_thread (gpointer data)
{
  Poster *poster = data;

  for (unsigned i = 0; i < N_MESSAGES; i++)
    post_note (poster->mailbox, poster->poster, i, note_handle);
  return NULL;
}

static void
test_many_posters (void)
{
  Owner owner;
  Poster posters[N_POSTERS];
  GThread *threads[N_POSTERS];

  owner_init (&owner);
  for (unsigned i = 0; i < N_POSTERS; i++)
    {
      posters[i] = (Poster) { owner.mailbox, i };
      threads[i] = g_thread_new ("poster", poster_thread, &posters[i]);
    }
  while (owner.n_handled < N_POSTERS * N_MESSAGES)
    g_main_context_iteration (owner.context, TRUE);
  for (unsigned i = 0; i < N_POSTERS; i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpuint (owner.next[i], ==, N_MESSAGES);
    }
  owner_clear (&owner);
}

static gpointer
echo_thread (gpointer data)
{
  Owner *owner = data;

  owner->thread = g_thread_self ();
  while (owner->n_handled < N_MESSAGES)
    g_main_context_iteration (owner->context, TRUE);
  return NULL;
}

static void
echo_handle (CulvertMessage *message, void *data)
{
  Owner *owner = data;
  Note *note = (Note *) message;

  g_assert_true (owner->thread == g_thread_self ());
  owner->n_handled++;
  note->message.handle = note_handle;
  culvert_mailbox_post (owner->reply_to, message);
}

/* Each side waits for the other's message, blocked in its loop: a lost wake would hang. */
static void
test_ping_pong (void)
{
  Owner here;
  Owner there;
  GThread *thread;

  owner_init (&here);
  owner_init (&there);
  there.reply_to = here.mailbox;
  thread = g_thread_new ("echo", echo_thread, &there);
  for (unsigned i = 0; i < N_MESSAGES; i++)
    {
      post_note (there.mailbox, 0, i, echo_handle);
      while (here.n_handled <= i)
        g_main_context_iteration (here.context, TRUE);
    }
  g_thread_join (thread);
  owner_clear (&there);
  owner_clear (&here);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mailbox/order", test_order);
  g_test_add_func ("/mailbox/free-runs-the-rest", test_free_runs_the_rest);
  g_test_add_func ("/mailbox/many-posters", test_many_posters);
  g_test_add_func ("/mailbox/ping-pong", test_ping_pong);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Rounds of one worker: descriptors, timers, deferred work, hook.
 *
 * A dispatch runs rounds while work is deferred or a timer is due, but at most
 * CULVERT_REACTOR_ROUNDS and not past CULVERT_REACTOR_BUDGET, then goes back to GLib so that
 * mailboxes and other sources get their turn; what is left makes the next dispatch due at once.
 * Descriptors are no reason for another round: waiting for them asks for them. The time is read
 * once per round. The hook runs only in rounds in which something ran.
 *
 * Work deferred by deferred work or by the hook runs in the next round; a timer that is armed from
 * a timer's callback for a moment already past fires in the next round, so no callback can keep a
 * round from ending. Deferring or arming from outside of dispatch (a mailbox handler) makes the
 * dispatch due like anything else. */
#include "config.h"

#include "culvert-reactor-private.h"

#define CULVERT_REACTOR_ROUNDS 8
#define CULVERT_REACTOR_BUDGET (1 * CULVERT_MSEC)
/* Timers per round; the rest keeps its order and runs in the next. */
#define CULVERT_REACTOR_TIMERS 1024

/* Tells the back end when the next dispatch is due. */
static void
culvert_reactor_update (CulvertReactor *reactor)
{
  const CulvertHeapEntry *first = culvert_heap_first (&reactor->timers);
  CulvertTime deadline = first ? first->key : CULVERT_TIME_NEVER;

  if (!culvert_list_is_empty (&reactor->defers))
    deadline = 0;
  culvert_reactor_backend_wake_at (reactor, deadline);
}

static unsigned
culvert_reactor_run_timers (CulvertReactor *reactor)
{
  unsigned n = 0;

  reactor->is_firing = true;
  while (n < CULVERT_REACTOR_TIMERS)
    {
      CulvertHeapEntry *first = culvert_heap_first (&reactor->timers);
      CulvertTimer *timer;

      if (!first || first->key > reactor->now)
        break;
      timer = CULVERT_LIST_ENTRY (first, CulvertTimer, entry);
      culvert_heap_remove (&reactor->timers, first);
      timer->func (timer, reactor->now);
      n++;
    }
  reactor->is_firing = false;
  return n;
}

static unsigned
culvert_reactor_run_defers (CulvertReactor *reactor)
{
  CulvertList due;
  CulvertList *node;
  unsigned n = 0;

  /* The list moves to a head of its own: what the callbacks defer waits for the next round, what
   * they cancel unlinks itself from here. */
  culvert_list_init (&due);
  if (!culvert_list_is_empty (&reactor->defers))
    {
      culvert_list_append (&reactor->defers, &due);
      culvert_list_remove (&reactor->defers);
    }
  while ((node = culvert_list_first (&due)))
    {
      CulvertDefer *defer = CULVERT_LIST_ENTRY (node, CulvertDefer, node);

      culvert_list_remove (node);
      defer->func (defer, reactor->now);
      n++;
    }
  return n;
}

static void
culvert_reactor_round (CulvertReactor *reactor)
{
  unsigned n = culvert_reactor_backend_poll (reactor);

  n += culvert_reactor_run_timers (reactor);
  n += culvert_reactor_run_defers (reactor);
  if (n > 0 && reactor->hook)
    reactor->hook (reactor->hook_data, reactor->now);
}

/* Whether another round has something to do. */
static bool
culvert_reactor_is_due (const CulvertReactor *reactor)
{
  const CulvertHeapEntry *first = culvert_heap_first (&reactor->timers);

  return !culvert_list_is_empty (&reactor->defers)
         || (first && first->key <= g_get_monotonic_time ());
}

gboolean
culvert_reactor_dispatch_cb (GSource *source, GSourceFunc callback, gpointer data)
{
  CulvertReactor *reactor = ((CulvertReactorSource *) source)->reactor;
  CulvertTime start = g_get_monotonic_time ();

  /* A handler runs a loop of its own over this context: what is ready waits for its end. */
  if (reactor->is_dispatching)
    return G_SOURCE_CONTINUE;
  reactor->now = start;
  reactor->is_dispatching = true;
  for (unsigned round = 0; round < CULVERT_REACTOR_ROUNDS; round++)
    {
      culvert_reactor_round (reactor);
      if (!culvert_reactor_is_due (reactor))
        break;
      reactor->now = g_get_monotonic_time ();
      if (reactor->now - start >= CULVERT_REACTOR_BUDGET)
        break;
    }
  reactor->is_dispatching = false;
  culvert_reactor_update (reactor);
  return G_SOURCE_CONTINUE;
}

void
culvert_reactor_setup (CulvertReactor *reactor, GMainContext *context, GSourceFuncs *funcs)
{
  culvert_heap_init (&reactor->timers);
  culvert_list_init (&reactor->defers);
  reactor->source = g_source_new (funcs, sizeof (CulvertReactorSource));
  ((CulvertReactorSource *) reactor->source)->reactor = reactor;
  g_source_set_static_name (reactor->source, "culvert-reactor");
  /* Nobody runs the context from inside a callback. But a source that must not recurse is taken
   * out of the poll set for each dispatch and put back: two wake-ups of our own thread. */
  g_source_set_can_recurse (reactor->source, TRUE);
  g_source_attach (reactor->source, context);
}

CulvertReactor *
culvert_reactor_new (GMainContext *context)
{
  return culvert_reactor_backend_new (context);
}

void
culvert_reactor_free (CulvertReactor *reactor)
{
  CulvertHeapEntry *entry;
  CulvertList *node;

  if (!reactor)
    return;
  g_assert (!reactor->is_dispatching);
  while ((entry = culvert_heap_first (&reactor->timers)))
    culvert_heap_remove (&reactor->timers, entry);
  while ((node = culvert_list_first (&reactor->defers)))
    culvert_list_remove (node);
  culvert_heap_clear (&reactor->timers);
  g_source_destroy (reactor->source);
  g_source_unref (reactor->source);
  culvert_reactor_backend_free (reactor);
}

/* A watch that was zeroed, set to -1 or removed is not added. */
static bool
culvert_watch_is_added (const CulvertWatch *watch)
{
  return watch->func && watch->fd >= 0;
}

int
culvert_reactor_add (CulvertReactor *reactor,
                     CulvertWatch *watch,
                     int fd,
                     unsigned interest,
                     CulvertWatchFunc func)
{
  int code;

  g_assert (fd >= 0 && func);
  watch->fd = fd;
  watch->interest = interest;
  watch->func = func;
  watch->private_data = NULL;
  code = culvert_reactor_backend_add (reactor, watch);
  if (code < 0)
    {
      watch->fd = -1;
      watch->func = NULL;
    }
  return code;
}

void
culvert_reactor_modify (CulvertReactor *reactor, CulvertWatch *watch, unsigned interest)
{
  g_assert (culvert_watch_is_added (watch));
  if (watch->interest == interest)
    return;
  watch->interest = interest;
  culvert_reactor_backend_modify (reactor, watch);
}

void
culvert_reactor_remove (CulvertReactor *reactor, CulvertWatch *watch)
{
  if (!culvert_watch_is_added (watch))
    return;
  culvert_reactor_backend_remove (reactor, watch);
  watch->fd = -1;
  watch->func = NULL;
}

void
culvert_timer_init (CulvertTimer *timer, CulvertTimerFunc func)
{
  culvert_heap_entry_init (&timer->entry);
  timer->func = func;
}

void
culvert_reactor_arm (CulvertReactor *reactor, CulvertTimer *timer, CulvertTime deadline)
{
  if (reactor->is_firing && deadline <= reactor->now)
    deadline = reactor->now + 1;
  culvert_heap_set (&reactor->timers, &timer->entry, deadline);
  if (!reactor->is_dispatching)
    culvert_reactor_update (reactor);
}

void
culvert_reactor_disarm (CulvertReactor *reactor, CulvertTimer *timer)
{
  culvert_reactor_arm (reactor, timer, CULVERT_TIME_NEVER);
}

void
culvert_defer_init (CulvertDefer *defer, CulvertDeferFunc func)
{
  culvert_list_init (&defer->node);
  defer->func = func;
}

void
culvert_reactor_defer (CulvertReactor *reactor, CulvertDefer *defer)
{
  if (culvert_list_is_linked (&defer->node))
    return;
  culvert_list_append (&reactor->defers, &defer->node);
  if (!reactor->is_dispatching)
    culvert_reactor_update (reactor);
}

void
culvert_reactor_cancel_defer (CulvertReactor *reactor, CulvertDefer *defer)
{
  culvert_list_remove (&defer->node);
}

void
culvert_reactor_set_round_hook (CulvertReactor *reactor,
                                void (*hook) (void *data, CulvertTime now),
                                void *data)
{
  reactor->hook = hook;
  reactor->hook_data = data;
}

bool
culvert_reactor_is_dispatching (const CulvertReactor *reactor)
{
  return reactor->is_dispatching;
}

CulvertTime
culvert_reactor_now (const CulvertReactor *reactor)
{
  return reactor->is_dispatching ? reactor->now : g_get_monotonic_time ();
}

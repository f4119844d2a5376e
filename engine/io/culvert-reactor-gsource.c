/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Readiness by poll, for systems without epoll: every watch is a descriptor of the reactor's one
 * GSource, and a round polls them all.
 *
 * Costs O(n) per wake in the number of watches, hence a lower cap on streams there. Deadlines are
 * the timeout of the source's prepare, rounded up to the millisecond; the ready time would do, but
 * setting it wakes the context even from its own thread and so costs a turn of the loop each time.
 *
 * Arrays of equal index: polls for g_poll, slots for the rest. A watch knows its index
 * (private_data); removal moves the last one into the gap. When that happens while a round walks
 * the arrays, an event may be passed over; it is level-triggered and comes in the next round. */
#include "config.h"

#include "culvert-reactor-private.h"

#include <errno.h>
#include <glib-unix.h>

typedef struct
{
  CulvertWatch *watch;
  gpointer tag;
} CulvertGsourceSlot;

typedef struct
{
  CulvertReactor base;
  CulvertTime deadline;
  unsigned n;
  unsigned capacity;
  GPollFD *polls;
  CulvertGsourceSlot *slots;
} CulvertGsource;

static GIOCondition
culvert_gsource_condition (unsigned interest)
{
  /* GIOCondition has no name for "none"; errors and hang-ups are always polled for. */
  return (GIOCondition) ((interest & CULVERT_READY_IN ? G_IO_IN : 0)
                         | (interest & CULVERT_READY_OUT ? G_IO_OUT : 0));
}

static unsigned
culvert_gsource_ready (unsigned revents)
{
  return (revents & G_IO_IN ? CULVERT_READY_IN : 0u)
         | (revents & G_IO_OUT ? CULVERT_READY_OUT : 0u)
         | (revents & (G_IO_ERR | G_IO_HUP | G_IO_NVAL) ? CULVERT_READY_ERR : 0u);
}

static CulvertTime
culvert_gsource_left (GSource *source)
{
  CulvertGsource *gsource = (CulvertGsource *) ((CulvertReactorSource *) source)->reactor;

  return gsource->deadline == CULVERT_TIME_NEVER
           ? CULVERT_TIME_NEVER
           : gsource->deadline - g_source_get_time (source);
}

static gboolean
culvert_gsource_prepare_cb (GSource *source, int *timeout_ms)
{
  CulvertTime left = culvert_gsource_left (source);

  if (left <= 0)
    return TRUE;
  /* A wake too early, days ahead, does no harm; G_MAXINT ms is 24 of them. */
  *timeout_ms = left == CULVERT_TIME_NEVER
                  ? -1
                  : (int) MIN ((left - 1) / CULVERT_MSEC + 1, G_MAXINT);
  return FALSE;
}

static gboolean
culvert_gsource_check_cb (GSource *source)
{
  return culvert_gsource_left (source) <= 0;
}

static GSourceFuncs culvert_gsource_source_funcs = {
  .prepare = culvert_gsource_prepare_cb,
  .check = culvert_gsource_check_cb,
  .dispatch = culvert_reactor_dispatch_cb,
};

CulvertReactor *
culvert_reactor_backend_new (GMainContext *context)
{
  CulvertGsource *gsource = g_new0 (CulvertGsource, 1);

  gsource->deadline = CULVERT_TIME_NEVER;
  culvert_reactor_setup (&gsource->base, context, &culvert_gsource_source_funcs);
  return &gsource->base;
}

void
culvert_reactor_backend_free (CulvertReactor *reactor)
{
  CulvertGsource *gsource = (CulvertGsource *) reactor;

  g_free (gsource->polls);
  g_free (gsource->slots);
  g_free (gsource);
}

unsigned
culvert_reactor_backend_poll (CulvertReactor *reactor)
{
  CulvertGsource *gsource = (CulvertGsource *) reactor;
  unsigned n = 0;

  if (g_poll (gsource->polls, gsource->n, 0) <= 0)
    return 0;
  for (unsigned i = 0; i < gsource->n; i++)
    {
      CulvertWatch *watch = gsource->slots[i].watch;
      unsigned ready = culvert_gsource_ready (gsource->polls[i].revents)
                       & (watch->interest | CULVERT_READY_ERR);

      if (ready == 0)
        continue;
      watch->func (watch, ready, reactor->now);
      n++;
    }
  return n;
}

void
culvert_reactor_backend_wake_at (CulvertReactor *reactor, CulvertTime deadline)
{
  CulvertGsource *gsource = (CulvertGsource *) reactor;

  gsource->deadline = deadline;
}

int
culvert_reactor_backend_add (CulvertReactor *reactor, CulvertWatch *watch)
{
  CulvertGsource *gsource = (CulvertGsource *) reactor;
  GIOCondition condition = culvert_gsource_condition (watch->interest);
  unsigned i = gsource->n;

  if (i == gsource->capacity)
    {
      unsigned capacity = MAX (16u, 2 * i);
      GPollFD *polls = g_try_renew (GPollFD, gsource->polls, capacity);
      CulvertGsourceSlot *slots;

      if (!polls)
        return CULVERT_E_NOMEM;
      gsource->polls = polls;
      slots = g_try_renew (CulvertGsourceSlot, gsource->slots, capacity);
      if (!slots)
        return CULVERT_E_NOMEM;
      gsource->slots = slots;
      gsource->capacity = capacity;
    }
  gsource->polls[i] = (GPollFD) { .fd = watch->fd, .events = (gushort) condition };
  gsource->slots[i].watch = watch;
  gsource->slots[i].tag = g_source_add_unix_fd (reactor->source, watch->fd, condition);
  watch->private_data = GUINT_TO_POINTER (i);
  gsource->n++;
  return CULVERT_OK;
}

void
culvert_reactor_backend_modify (CulvertReactor *reactor, CulvertWatch *watch)
{
  CulvertGsource *gsource = (CulvertGsource *) reactor;
  GIOCondition condition = culvert_gsource_condition (watch->interest);
  unsigned i = GPOINTER_TO_UINT (watch->private_data);

  gsource->polls[i].events = (gushort) condition;
  g_source_modify_unix_fd (reactor->source, gsource->slots[i].tag, condition);
}

void
culvert_reactor_backend_remove (CulvertReactor *reactor, CulvertWatch *watch)
{
  CulvertGsource *gsource = (CulvertGsource *) reactor;
  unsigned i = GPOINTER_TO_UINT (watch->private_data);
  unsigned last = gsource->n - 1;

  g_assert (i <= last && gsource->slots[i].watch == watch);
  g_source_remove_unix_fd (reactor->source, gsource->slots[i].tag);
  gsource->polls[i] = gsource->polls[last];
  gsource->slots[i] = gsource->slots[last];
  gsource->slots[i].watch->private_data = GUINT_TO_POINTER (i);
  gsource->n = last;
}

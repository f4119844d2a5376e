/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Readiness by poll, for systems without epoll: every watch is a descriptor of the reactor's one
 * GSource, and a round polls them all.
 *
 * Costs O(n) per wake in the number of watches, hence a lower cap on streams there. Deadlines are the
 * source's ready time, which GLib 2.74 rounds up to the millisecond.
 *
 * Arrays of equal index: polls for g_poll, slots for the rest. A watch knows its index
 * (private_data); removal moves the last one into the gap. When that happens while a round walks the
 * arrays, an event may be passed over; it is level-triggered and comes in the next round. */
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
  CulvertTime armed;
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

CulvertReactor *
culvert_reactor_backend_new (GMainContext *context)
{
  CulvertGsource *gsource = g_new0 (CulvertGsource, 1);

  gsource->armed = CULVERT_TIME_NEVER;
  culvert_reactor_setup (&gsource->base, context);
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

  if (deadline == gsource->armed)
    return;
  gsource->armed = deadline;
  g_source_set_ready_time (reactor->source,
                           deadline == CULVERT_TIME_NEVER ? -1 : MAX (deadline, 0));
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

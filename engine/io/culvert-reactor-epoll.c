/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Readiness by epoll: the context polls one descriptor, whatever the number of watches.
 *
 * Deadlines are a timerfd inside the epoll set, exact to the microsecond where GLib 2.74 rounds
 * its own timeouts up to the millisecond; one system call per changed deadline. The source's ready
 * time is not used at all: setting it wakes the context even from its own thread, which would cost
 * a turn of the loop each time. The timerfd is registered edge-triggered and never read: arming it
 * again clears it.
 *
 * While the events of one epoll_wait are worked off, a watch points at its event (private_data),
 * so that removing the watch can void the event in O(1). */
#include "config.h"

#include "culvert-reactor-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CULVERT_EPOLL_EVENTS 256

typedef struct
{
  CulvertReactor base;
  int fd;
  int timer_fd;
  CulvertTime armed;  /* what the timerfd is set to, CULVERT_TIME_NEVER once it went off */
  struct epoll_event events[CULVERT_EPOLL_EVENTS];
} CulvertEpoll;

/* No prepare and no check: the source is ready when its descriptor is. */
static GSourceFuncs culvert_epoll_source_funcs = {
  .dispatch = culvert_reactor_dispatch_cb,
};

static uint32_t
culvert_epoll_mask (unsigned interest)
{
  return (interest & CULVERT_READY_IN ? EPOLLIN : 0u)
         | (interest & CULVERT_READY_OUT ? EPOLLOUT : 0u);
}

static unsigned
culvert_epoll_ready (uint32_t events)
{
  return (events & EPOLLIN ? CULVERT_READY_IN : 0u)
         | (events & EPOLLOUT ? CULVERT_READY_OUT : 0u)
         | (events & (EPOLLERR | EPOLLHUP) ? CULVERT_READY_ERR : 0u);
}

static void
culvert_epoll_close (CulvertEpoll *epoll)
{
  if (epoll->timer_fd >= 0)
    close (epoll->timer_fd);
  if (epoll->fd >= 0)
    close (epoll->fd);
  g_free (epoll);
}

CulvertReactor *
culvert_reactor_backend_new (GMainContext *context)
{
  CulvertEpoll *epoll = g_new0 (CulvertEpoll, 1);
  struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = epoll };

  epoll->armed = CULVERT_TIME_NEVER;
  epoll->fd = epoll_create1 (EPOLL_CLOEXEC);
  epoll->timer_fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (epoll->fd < 0 || epoll->timer_fd < 0
      || epoll_ctl (epoll->fd, EPOLL_CTL_ADD, epoll->timer_fd, &event) < 0)
    {
      culvert_epoll_close (epoll);
      return NULL;
    }
  culvert_reactor_setup (&epoll->base, context, &culvert_epoll_source_funcs);
  g_source_add_unix_fd (epoll->base.source, epoll->fd, G_IO_IN);
  return &epoll->base;
}

void
culvert_reactor_backend_free (CulvertReactor *reactor)
{
  culvert_epoll_close ((CulvertEpoll *) reactor);
}

/* Links events and watches; returns the number of events. */
static int
culvert_epoll_fetch (CulvertEpoll *epoll)
{
  int n = epoll_wait (epoll->fd, epoll->events, CULVERT_EPOLL_EVENTS, 0);

  for (int i = 0; i < n; i++)
    {
      void *owner = epoll->events[i].data.ptr;

      if (owner == epoll)
        {
          epoll->armed = CULVERT_TIME_NEVER;
          epoll->events[i].data.ptr = NULL;
        }
      else
        {
          ((CulvertWatch *) owner)->private_data = &epoll->events[i];
        }
    }
  return n;
}

unsigned
culvert_reactor_backend_poll (CulvertReactor *reactor)
{
  CulvertEpoll *epoll = (CulvertEpoll *) reactor;
  int n_events = culvert_epoll_fetch (epoll);
  unsigned n = 0;

  for (int i = 0; i < n_events; i++)
    {
      CulvertWatch *watch = epoll->events[i].data.ptr;
      unsigned ready;

      if (!watch)
        continue;
      watch->private_data = NULL;
      /* An earlier handler of this round may have taken interest away. */
      ready = culvert_epoll_ready (epoll->events[i].events)
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
  CulvertEpoll *epoll = (CulvertEpoll *) reactor;
  struct itimerspec spec = { 0 };

  /* Zero would disarm; a microsecond after the clock began is just as much in the past. */
  deadline = MAX (deadline, 1);
  if (deadline == epoll->armed)
    return;
  epoll->armed = deadline;
  if (deadline != CULVERT_TIME_NEVER)
    {
      spec.it_value.tv_sec = deadline / CULVERT_SEC;
      spec.it_value.tv_nsec = deadline % CULVERT_SEC * 1000;
    }
  if (timerfd_settime (epoll->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
    g_assert_not_reached ();
}

int
culvert_reactor_backend_add (CulvertReactor *reactor, CulvertWatch *watch)
{
  CulvertEpoll *epoll = (CulvertEpoll *) reactor;
  struct epoll_event event = { .events = culvert_epoll_mask (watch->interest), .data.ptr = watch };

  if (epoll_ctl (epoll->fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
    return CULVERT_OK;
  /* Anything else is a descriptor that was closed too early or added twice. */
  g_assert (errno == ENOSPC || errno == ENOMEM);
  return CULVERT_E_NOMEM;
}

void
culvert_reactor_backend_modify (CulvertReactor *reactor, CulvertWatch *watch)
{
  CulvertEpoll *epoll = (CulvertEpoll *) reactor;
  struct epoll_event event = { .events = culvert_epoll_mask (watch->interest), .data.ptr = watch };

  if (epoll_ctl (epoll->fd, EPOLL_CTL_MOD, watch->fd, &event) < 0)
    g_assert_not_reached ();
}

void
culvert_reactor_backend_remove (CulvertReactor *reactor, CulvertWatch *watch)
{
  CulvertEpoll *epoll = (CulvertEpoll *) reactor;
  struct epoll_event *pending = watch->private_data;

  if (pending)
    pending->data.ptr = NULL;
  watch->private_data = NULL;
  if (epoll_ctl (epoll->fd, EPOLL_CTL_DEL, watch->fd, NULL) < 0)
    g_assert_not_reached ();
}

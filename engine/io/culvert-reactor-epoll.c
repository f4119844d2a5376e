/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Readiness by epoll: the context polls one descriptor, whatever the number of watches.
 *
 * The context waits by our poll function: it has nothing to wait for but our set and its own
 * wake-up descriptor, so that descriptor joins the set and one epoll_pwait2 waits, tells the time
 * to the nanosecond (GLib 2.74 rounds its own up to the millisecond) and fetches the events that
 * the dispatch works off. Poll, epoll_wait and a timerfd would be three system calls for each
 * wake.
 *
 * Where that does not go (a context with other descriptors, a loop inside a handler, two reactors
 * in a thread, an old kernel) the same function sets a timerfd inside the set, if the deadline
 * has changed, and polls as GLib would. The timerfd is edge-triggered and never read: arming it
 * again clears it. Hence a reactor is made and freed by the thread that runs its context.
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

typedef struct _CulvertEpoll CulvertEpoll;

struct _CulvertEpoll
{
  CulvertReactor base;
  GMainContext *context;
  CulvertEpoll *next;   /* of the same thread */
  int fd;
  int timer_fd;
  int wakeup_fd;        /* of the context, once it is in the set, or -1 */
  CulvertTime deadline; /* of the next dispatch */
  CulvertTime armed;    /* what the timerfd is set to, CULVERT_TIME_NEVER once it went off */
  bool is_fetched;      /* the wait has fetched the events of the next round */
  int n_events;
  struct epoll_event events[CULVERT_EPOLL_EVENTS];
};

/* Those of this thread: a poll function has no data of its own. */
static _Thread_local CulvertEpoll *culvert_epolls;

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

/* -- waiting ---------------------------------------------------------------------------- */

/* Links the n events just fetched to their watches; n < 0: none. Whether one is the wake-up. */
static bool
culvert_epoll_link (CulvertEpoll *epoll, int n)
{
  bool is_woken = false;

  for (int i = 0; i < n; i++)
    {
      void *owner = epoll->events[i].data.ptr;

      if (owner == &epoll->timer_fd)
        epoll->armed = CULVERT_TIME_NEVER;
      if (owner == &epoll->wakeup_fd)
        is_woken = true;
      if (owner == &epoll->timer_fd || owner == &epoll->wakeup_fd)
        epoll->events[i].data.ptr = NULL;
      else
        ((CulvertWatch *) owner)->private_data = &epoll->events[i];
    }
  epoll->n_events = MAX (n, 0);
  return is_woken;
}

/* Puts the context's wake-up descriptor into the set; whether it is there. */
static bool
culvert_epoll_join (CulvertEpoll *epoll, const GPollFD *wakeup)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = &epoll->wakeup_fd };

  if (epoll->wakeup_fd == wakeup->fd)
    return true;
  if (epoll->wakeup_fd >= 0 || wakeup->events != G_IO_IN
      || epoll_ctl (epoll->fd, EPOLL_CTL_ADD, wakeup->fd, &event) < 0)
    return false;
  epoll->wakeup_fd = wakeup->fd;
  return true;
}

/* One wait for both descriptors; as g_poll, or -1 where the kernel or a filter of system calls does
 * not have epoll_pwait2. */
static int
culvert_epoll_wait_both (CulvertEpoll *epoll, GPollFD *own, GPollFD *wakeup, int timeout_ms)
{
  CulvertTime left = CULVERT_TIME_NEVER;
  struct timespec ts = { 0 };
  bool is_woken;
  int n;

  own->revents = wakeup->revents = 0;
  /* Fetched already, but a source of higher priority came first. */
  if (epoll->is_fetched && epoll->n_events > 0)
    {
      own->revents = G_IO_IN;
      return 1;
    }
  if (epoll->deadline != CULVERT_TIME_NEVER)
    left = epoll->deadline <= 0 ? 0 : MAX (epoll->deadline - g_get_monotonic_time (), 0);
  if (timeout_ms >= 0)
    left = MIN (left, timeout_ms * CULVERT_MSEC);
  ts.tv_sec = left / CULVERT_SEC;
  ts.tv_nsec = left % CULVERT_SEC * 1000;
  n = epoll_pwait2 (epoll->fd, epoll->events, CULVERT_EPOLL_EVENTS,
                    left == CULVERT_TIME_NEVER ? NULL : &ts, NULL);
  if (n < 0)
    return -1;
  is_woken = culvert_epoll_link (epoll, n);
  epoll->is_fetched = true;
  if (n == is_woken)
    epoll->n_events = 0;
  if (epoll->n_events > 0 || epoll->deadline <= g_get_monotonic_time ())
    own->revents = G_IO_IN;
  if (is_woken)
    wakeup->revents = G_IO_IN;
  return (own->revents != 0) + (wakeup->revents != 0);
}

static void
culvert_epoll_arm (CulvertEpoll *epoll)
{
  struct itimerspec spec = { 0 };
  /* Zero would disarm; a microsecond after the clock began is just as much in the past. */
  CulvertTime deadline = MAX (epoll->deadline, 1);

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

/* The poll function of contexts with a reactor. */
static gint
culvert_epoll_poll_cb (GPollFD *fds, guint n, gint timeout_ms)
{
  CulvertEpoll *epoll = culvert_epolls;

  if (epoll != NULL && epoll->next == NULL && n == 2 && !epoll->base.is_dispatching)
    {
      unsigned own = fds[0].fd == epoll->fd ? 0 : 1;

      if (fds[own].fd == epoll->fd && culvert_epoll_join (epoll, &fds[1 - own]))
        {
          int ready = culvert_epoll_wait_both (epoll, &fds[own], &fds[1 - own], timeout_ms);

          if (ready >= 0 || errno == EINTR)
            return ready;
        }
    }
  for (; epoll != NULL; epoll = epoll->next)
    culvert_epoll_arm (epoll);
  return g_poll (fds, n, timeout_ms);
}

/* -- back end ----------------------------------------------------------------------------- */

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
  struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = &epoll->timer_fd };

  epoll->deadline = CULVERT_TIME_NEVER;
  epoll->armed = CULVERT_TIME_NEVER;
  epoll->wakeup_fd = -1;
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
  epoll->context = g_main_context_ref (context ? context : g_main_context_default ());
  epoll->next = culvert_epolls;
  culvert_epolls = epoll;
  g_main_context_set_poll_func (epoll->context, culvert_epoll_poll_cb);
  return &epoll->base;
}

void
culvert_reactor_backend_free (CulvertReactor *reactor)
{
  CulvertEpoll *epoll = (CulvertEpoll *) reactor;
  CulvertEpoll **link = &culvert_epolls;

  while (*link != epoll)
    link = &(*link)->next;
  *link = epoll->next;
  /* Polls as GLib does when no reactor of the thread is left. */
  if (culvert_epolls == NULL)
    g_main_context_set_poll_func (epoll->context, NULL);
  g_main_context_unref (epoll->context);
  culvert_epoll_close (epoll);
}

unsigned
culvert_reactor_backend_poll (CulvertReactor *reactor)
{
  CulvertEpoll *epoll = (CulvertEpoll *) reactor;
  unsigned n = 0;

  /* The wake-up is the context's affair. */
  if (!epoll->is_fetched)
    (void) culvert_epoll_link (epoll, epoll_wait (epoll->fd, epoll->events, CULVERT_EPOLL_EVENTS,
                                                  0));
  epoll->is_fetched = false;
  for (int i = 0; i < epoll->n_events; i++)
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
  ((CulvertEpoll *) reactor)->deadline = deadline;
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

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Readiness and deadlines of one worker: a dispatch loop inside a GMainContext.
 *
 * One GSource per worker owns an epoll descriptor (culvert-reactor-epoll.c); the portable back end
 * gives every descriptor to that GSource (culvert-reactor-gsource.c). Dispatch: take the time
 * once; wait(0); call handlers of ready descriptors; run due timers; run deferred work; run the
 * round hook; repeat at most 8 rounds or 1 ms; set the next deadline once if it changed.
 * Level-triggered: whoever does not want more takes its interest away.
 *
 * Owner: one thread. Handles are embedded in their owners; removing any handle, timer or deferral
 * from inside any callback is safe, events already fetched for it are not delivered. */
#pragma once

#include "culvert-base.h"
#include "culvert-heap.h"
#include "culvert-list.h"

#include <glib.h>

typedef struct _CulvertReactor CulvertReactor;
typedef struct _CulvertWatch CulvertWatch;
typedef struct _CulvertTimer CulvertTimer;
typedef struct _CulvertDefer CulvertDefer;

typedef enum
{
  CULVERT_READY_IN = 1 << 0,
  CULVERT_READY_OUT = 1 << 1,
  CULVERT_READY_ERR = 1 << 2, /* error or hang-up; reported whatever the interest, and again each
                                 round until it is read, written or removed */
} CulvertReady;

typedef void (*CulvertWatchFunc) (CulvertWatch *watch, unsigned ready, CulvertTime now);
typedef void (*CulvertTimerFunc) (CulvertTimer *timer, CulvertTime now);
typedef void (*CulvertDeferFunc) (CulvertDefer *defer, CulvertTime now);

struct _CulvertWatch
{
  CulvertWatchFunc func;
  int fd;                 /* -1 while not added; stays the owner's to close */
  unsigned interest;      /* CulvertReady set now asked for */
  void *private_data;     /* back end's */
};

struct _CulvertTimer
{
  CulvertHeapEntry entry;
  CulvertTimerFunc func;
};

/* Work at the end of the round in which it was scheduled, once. */
struct _CulvertDefer
{
  CulvertList node;
  CulvertDeferFunc func;
};

/* Attached to context (borrowed; the thread default of the worker). NULL when the system has no
 * descriptor left. */
CulvertReactor *culvert_reactor_new (GMainContext *context);
void culvert_reactor_free (CulvertReactor *reactor);

/* Adds watch->fd with an interest set. Codes: CULVERT_E_NOMEM (no room in the kernel). */
int culvert_reactor_add (CulvertReactor *reactor,
                         CulvertWatch *watch,
                         int fd,
                         unsigned interest,
                         CulvertWatchFunc func) CULVERT_WARN_UNUSED;
void culvert_reactor_modify (CulvertReactor *reactor, CulvertWatch *watch, unsigned interest);
/* Before the descriptor is closed. Harmless when not added. */
void culvert_reactor_remove (CulvertReactor *reactor, CulvertWatch *watch);

void culvert_timer_init (CulvertTimer *timer, CulvertTimerFunc func);
/* Arms, moves, or (CULVERT_TIME_NEVER) disarms. */
void culvert_reactor_arm (CulvertReactor *reactor, CulvertTimer *timer, CulvertTime deadline);
void culvert_reactor_disarm (CulvertReactor *reactor, CulvertTimer *timer);

void culvert_defer_init (CulvertDefer *defer, CulvertDeferFunc func);
void culvert_reactor_defer (CulvertReactor *reactor, CulvertDefer *defer);
void culvert_reactor_cancel_defer (CulvertReactor *reactor, CulvertDefer *defer);

/* Called once after the deferred work of each round in which something ran (the worker sends its
 * batches there). */
void culvert_reactor_set_round_hook (CulvertReactor *reactor,
                                     void (*hook) (void *data, CulvertTime now),
                                     void *data);

/* Inside of a round, at whose end the hook runs. */
bool culvert_reactor_is_dispatching (const CulvertReactor *reactor);

/* Time taken at the start of the running round; outside of dispatch, the clock. */
CulvertTime culvert_reactor_now (const CulvertReactor *reactor);

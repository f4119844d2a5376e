/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Seam between the reactor (timers, deferrals, rounds: culvert-reactor.c) and what knows
 * readiness: culvert-reactor-epoll.c or culvert-reactor-gsource.c. A back end embeds the reactor
 * as its first member and has one GSource, made by culvert_reactor_setup. */
#pragma once

#include "culvert-reactor.h"

struct _CulvertReactor
{
  GSource *source;
  CulvertHeap timers;
  CulvertList defers;
  CulvertTime now;     /* start of the running round */
  bool is_dispatching;
  bool is_firing;      /* in the timers' part of a round */
  void (*hook) (void *data, CulvertTime now);
  void *hook_data;
};

/* A source of this type, whose funcs have culvert_reactor_dispatch_cb for dispatch. */
typedef struct
{
  GSource base;
  CulvertReactor *reactor;
} CulvertReactorSource;

gboolean culvert_reactor_dispatch_cb (GSource *source, GSourceFunc callback, gpointer data);

/* For the back end's constructor: makes the source and attaches it. */
void culvert_reactor_setup (CulvertReactor *reactor, GMainContext *context, GSourceFuncs *funcs);

/* NULL when the system has no descriptor left. */
CulvertReactor *culvert_reactor_backend_new (GMainContext *context);
/* Closes what the back end opened and frees the reactor; the source is destroyed already. */
void culvert_reactor_backend_free (CulvertReactor *reactor);

/* Calls the handlers of what is ready now, without waiting; returns how many were called. */
unsigned culvert_reactor_backend_poll (CulvertReactor *reactor);

/* Dispatch is due at deadline; 0 or less: at once; CULVERT_TIME_NEVER: only for descriptors. The
 * back end compares with what it asked for last. */
void culvert_reactor_backend_wake_at (CulvertReactor *reactor, CulvertTime deadline);

/* watch->fd and watch->interest are set. Codes of add: CULVERT_E_NOMEM. */
int culvert_reactor_backend_add (CulvertReactor *reactor, CulvertWatch *watch) CULVERT_WARN_UNUSED;
void culvert_reactor_backend_modify (CulvertReactor *reactor, CulvertWatch *watch);
void culvert_reactor_backend_remove (CulvertReactor *reactor, CulvertWatch *watch);

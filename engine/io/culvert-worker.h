/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One thread that carries traffic: context, reactor, mailbox, pools.
 *
 * The main thread makes and ends it; everything inside belongs to the thread. What many sessions
 * would otherwise hold each (TX batches, scratch, receive slabs) is here once. A slow sweep gives
 * memory back after traffic has stopped, and is not armed while nothing happens. */
#pragma once

#include "culvert-mailbox.h"
#include "culvert-reactor.h"
#include "culvert-session.h"
#include "culvert-udp.h"

#include <gio/gio.h>

typedef struct _CulvertWorker CulvertWorker;

/* TX batches kept for reuse; more are freed. */
#define CULVERT_WORKER_SPARE_BATCHES 4
#define CULVERT_WORKER_JUNK (32 * 1024)

struct _CulvertWorker
{
  /* set by the main thread before the start, then constant */
  unsigned index;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  CulvertMailbox *mailbox; /* the worker's */
  CulvertMailbox *reports; /* the main thread's, by culvert_worker_report */
  GResolver *resolver;

  /* the thread's */
  CulvertReactor *reactor;
  CulvertBudget budget;
  CulvertSessionResources resources;
  CulvertUdpSlabs *slabs;
  CulvertMessage *outbox;       /* reports to be posted, the first; NULL: none */
  CulvertMessage *outbox_last;
  bool is_urgent;               /* not all of them may wait for post_at */
  CulvertTime post_at;
  CulvertTimer posting;
  CulvertList sends;   /* ports with packets for the end of this round */
  CulvertList awake;   /* links that had traffic since they were trimmed, the longest idle first */
  CulvertTimer sweep;
  unsigned n_lookups;
  unsigned n_spare;
  CulvertTxBatch *spare[CULVERT_WORKER_SPARE_BATCHES];
  CulvertTxBatch pacing; /* of rate-limited sessions, empty between calls */
  uint8_t junk[CULVERT_WORKER_JUNK]; /* where bytes that nobody wants are read to */
};

/* Starts the thread. NULL when there is none to be had. */
CulvertWorker *culvert_worker_new (unsigned index,
                                   size_t mem_limit,
                                   GResolver *resolver,
                                   CulvertMailbox *reports);
/* Main thread: handles what was posted before, ends the thread, joins it. */
void culvert_worker_free (CulvertWorker *worker);

/* Main thread: another limit of memory; what is held above it drains. */
void culvert_worker_set_mem_limit (CulvertWorker *worker, size_t mem_limit);

/* Posts to the main thread, in order: at the end of the round, with the other reports of it. */
void culvert_worker_report (CulvertWorker *worker, CulvertMessage *message);
/* The same within 20 ms, for what there may be thousands of in a second. */
void culvert_worker_report_later (CulvertWorker *worker, CulvertMessage *message);

/* Empty batch; goes back when it is empty again. */
CulvertTxBatch *culvert_worker_take_batch (CulvertWorker *worker);
void culvert_worker_give_batch (CulvertWorker *worker, CulvertTxBatch *batch);

/* Whether the last quarter of the memory is touched. It is for what comes in and for packets:
 * bytes of local sockets that wait for a window must not starve the acknowledgements they wait for.
 */
bool culvert_worker_is_low (CulvertWorker *worker);

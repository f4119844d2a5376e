/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-link.h"
#include "culvert-nonce.h"
#include "culvert-port.h"
#include "culvert-worker.h"

/* Slots of the pool for bytes a slow reader has not taken. */
#define CULVERT_WORKER_CHUNK (8 * 1024)
#define CULVERT_WORKER_SWEEP (1 * CULVERT_SEC)
/* Reports in no hurry go home so often at the most: each time wakes the main thread. */
#define CULVERT_WORKER_POST (20 * CULVERT_MSEC)
typedef struct
{
  CulvertMessage message;
} CulvertQuitMessage;

static void
culvert_worker_post_reports (CulvertWorker *worker)
{
  if (worker->outbox == NULL)
    return;
  culvert_mailbox_post_list (worker->reports, worker->outbox, worker->outbox_last);
  worker->outbox = NULL;
  worker->is_urgent = false;
}

/* Posts what this round has to tell: at once when it is urgent or nothing was told lately. */
static void
culvert_worker_post_due (CulvertWorker *worker, CulvertTime now)
{
  if (worker->outbox == NULL)
    return;
  if (now < worker->post_at && !worker->is_urgent)
    {
      culvert_reactor_arm (worker->reactor, &worker->posting, worker->post_at);
      return;
    }
  worker->post_at = now + CULVERT_WORKER_POST;
  culvert_worker_post_reports (worker);
}

static void
culvert_worker_posting_cb (CulvertTimer *timer, CulvertTime now)
{
  culvert_worker_post_due (CULVERT_LIST_ENTRY (timer, CulvertWorker, posting), now);
}

void
culvert_worker_report_later (CulvertWorker *worker, CulvertMessage *message)
{
  if (worker->outbox == NULL)
    worker->outbox = message;
  else
    worker->outbox_last->next = message;
  worker->outbox_last = message;
  if (!culvert_reactor_is_dispatching (worker->reactor))
    culvert_worker_post_reports (worker);
}

void
culvert_worker_report (CulvertWorker *worker, CulvertMessage *message)
{
  worker->is_urgent = true;
  culvert_worker_report_later (worker, message);
}

static void
culvert_worker_round_cb (void *data, CulvertTime now)
{
  CulvertWorker *worker = data;
  CulvertList *node;

  while ((node = culvert_list_first (&worker->sends)) != NULL)
    {
      culvert_list_remove (node);
      culvert_port_send (CULVERT_LIST_ENTRY (node, CulvertPort, sends), now);
    }
  culvert_worker_post_due (worker, now);
}

static void
culvert_worker_trim (CulvertWorker *worker)
{
  culvert_pool_trim (worker->resources.packets, 0);
  culvert_pool_trim (worker->resources.segments, 0);
  culvert_pool_trim (worker->resources.chunks, 0);
}

static void
culvert_worker_trim_unused (CulvertWorker *worker)
{
  culvert_pool_trim_unused (worker->resources.packets);
  culvert_pool_trim_unused (worker->resources.segments);
  culvert_pool_trim_unused (worker->resources.chunks);
}

bool
culvert_worker_is_low (CulvertWorker *worker)
{
  const CulvertBudget *budget = &worker->budget;
  size_t enough = budget->limit - budget->limit / 4;

  if (budget->used <= enough)
    return false;
  /* Part of it may be held by slabs without live slots. */
  culvert_worker_trim (worker);
  return budget->used > enough;
}

static void
culvert_worker_sweep_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertWorker *worker = CULVERT_LIST_ENTRY (timer, CulvertWorker, sweep);

  if (culvert_link_sweep (worker, now))
    {
      culvert_worker_trim (worker);
      return;
    }
  /* What the traffic of the last second needed may be needed in the next. */
  culvert_worker_trim_unused (worker);
  culvert_reactor_arm (worker->reactor, &worker->sweep, now + CULVERT_WORKER_SWEEP);
}

static void
culvert_worker_open (CulvertWorker *worker)
{
  CulvertSessionResources *resources = &worker->resources;

  worker->reactor = culvert_reactor_new (worker->context);
  worker->slabs = culvert_udp_slabs_new ();
  resources->budget = &worker->budget;
  resources->packets = culvert_pool_new (CULVERT_PACKET_SLOT, &worker->budget);
  resources->segments = culvert_pool_new (CULVERT_KCP_SEGMENT_SLOT, &worker->budget);
  resources->chunks = culvert_pool_new (CULVERT_WORKER_CHUNK, &worker->budget);
  resources->rng = culvert_nonce_rng_new ();
  resources->scratch = g_malloc (CULVERT_SESSION_SCRATCH);
  culvert_timer_init (&worker->sweep, culvert_worker_sweep_cb);
  culvert_timer_init (&worker->posting, culvert_worker_posting_cb);
  culvert_reactor_set_round_hook (worker->reactor, culvert_worker_round_cb, worker);
}

static void
culvert_worker_close (CulvertWorker *worker)
{
  culvert_worker_post_reports (worker);
  culvert_reactor_disarm (worker->reactor, &worker->sweep);
  culvert_reactor_disarm (worker->reactor, &worker->posting);
  while (worker->n_spare > 0)
    g_free (worker->spare[--worker->n_spare]);
  g_free (worker->resources.scratch);
  culvert_nonce_rng_free (worker->resources.rng);
  culvert_pool_free (worker->resources.chunks);
  culvert_pool_free (worker->resources.segments);
  culvert_pool_free (worker->resources.packets);
  culvert_udp_slabs_free (worker->slabs);
  culvert_reactor_free (worker->reactor);
}

static gpointer
culvert_worker_main (gpointer data)
{
  CulvertWorker *worker = data;

  g_main_context_push_thread_default (worker->context);
  culvert_worker_open (worker);
  g_main_loop_run (worker->loop);
  /* Look-ups that nobody waits for were cancelled, but end in this context. */
  while (worker->n_lookups > 0)
    g_main_context_iteration (worker->context, TRUE);
  culvert_mailbox_free (worker->mailbox);
  culvert_worker_close (worker);
  g_main_context_pop_thread_default (worker->context);
  return NULL;
}

CulvertWorker *
culvert_worker_new (unsigned index, size_t mem_limit, GResolver *resolver, CulvertMailbox *reports)
{
  CulvertWorker *worker = g_new0 (CulvertWorker, 1);
  g_autofree char *name = g_strdup_printf ("culvert-%u", index);

  worker->index = index;
  worker->context = g_main_context_new ();
  worker->loop = g_main_loop_new (worker->context, FALSE);
  worker->mailbox = culvert_mailbox_new (worker->context, worker);
  worker->reports = reports;
  worker->resolver = resolver;
  worker->budget.limit = mem_limit;
  culvert_list_init (&worker->sends);
  culvert_list_init (&worker->awake);
  worker->thread = g_thread_try_new (name, culvert_worker_main, worker, NULL);
  if (worker->thread != NULL)
    return worker;
  culvert_mailbox_free (worker->mailbox);
  g_main_loop_unref (worker->loop);
  g_main_context_unref (worker->context);
  g_free (worker);
  return NULL;
}

static void
culvert_worker_quit_cb (CulvertMessage *message, void *owner)
{
  g_main_loop_quit (((CulvertWorker *) owner)->loop);
  g_free (message);
}

void
culvert_worker_free (CulvertWorker *worker)
{
  CulvertQuitMessage *quit;

  if (worker == NULL)
    return;
  quit = g_new0 (CulvertQuitMessage, 1);
  quit->message.handle = culvert_worker_quit_cb;
  culvert_mailbox_post (worker->mailbox, &quit->message);
  g_thread_join (worker->thread);
  g_main_loop_unref (worker->loop);
  g_main_context_unref (worker->context);
  g_free (worker);
}

typedef struct
{
  CulvertMessage message;
  size_t mem_limit;
} CulvertLimitMessage;

static void
culvert_worker_limit_cb (CulvertMessage *message, void *owner)
{
  ((CulvertWorker *) owner)->budget.limit = ((CulvertLimitMessage *) message)->mem_limit;
  g_free (message);
}

void
culvert_worker_set_mem_limit (CulvertWorker *worker, size_t mem_limit)
{
  CulvertLimitMessage *limit = g_new0 (CulvertLimitMessage, 1);

  limit->message.handle = culvert_worker_limit_cb;
  limit->mem_limit = mem_limit;
  culvert_mailbox_post (worker->mailbox, &limit->message);
}

CulvertTxBatch *
culvert_worker_take_batch (CulvertWorker *worker)
{
  CulvertTxBatch *batch = worker->n_spare > 0 ? worker->spare[--worker->n_spare]
                                              : g_new (CulvertTxBatch, 1);

  batch->n = 0;
  return batch;
}

void
culvert_worker_give_batch (CulvertWorker *worker, CulvertTxBatch *batch)
{
  g_assert (batch->n == 0);
  if (worker->n_spare < CULVERT_WORKER_SPARE_BATCHES)
    worker->spare[worker->n_spare++] = batch;
  else
    g_free (batch);
}

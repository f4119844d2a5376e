/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-part.h"
#include "culvert-runtime.h"

#define CULVERT_RUNTIME_MEM_LIMIT ((size_t) 64 * 1024 * 1024)

struct _CulvertRuntime
{
  unsigned n_workers;
  size_t mem_limit;
  CulvertMailbox *mailbox;
  GResolver *resolver;
  CulvertReportFunc func;
  void *data;
  CulvertWorker **workers; /* NULL while nothing runs */
  unsigned n_runs;
  unsigned next_home;
};

typedef struct
{
  CulvertMessage message;
  CulvertRun *run;
} CulvertStoppedMessage;

CulvertRuntime *
culvert_runtime_new (unsigned n_workers,
                     size_t mem_limit,
                     GMainContext *context,
                     CulvertReportFunc func,
                     void *data)
{
  CulvertRuntime *runtime = g_new0 (CulvertRuntime, 1);

  culvert_cipher_init_library ();
  runtime->n_workers = MAX (n_workers, 1);
  runtime->mem_limit = mem_limit != 0 ? mem_limit : CULVERT_RUNTIME_MEM_LIMIT;
  runtime->func = func;
  runtime->data = data;
  runtime->resolver = g_resolver_get_default ();
  runtime->mailbox = culvert_mailbox_new (context, runtime);
  return runtime;
}

void
culvert_runtime_free (CulvertRuntime *runtime)
{
  if (runtime == NULL)
    return;
  g_assert (runtime->n_runs == 0 && runtime->workers == NULL);
  culvert_mailbox_free (runtime->mailbox);
  g_object_unref (runtime->resolver);
  g_free (runtime);
}

bool
culvert_runtime_set_n_workers (CulvertRuntime *runtime, unsigned n_workers)
{
  if (runtime->workers != NULL)
    return false;
  runtime->n_workers = MAX (n_workers, 1);
  return true;
}

void
culvert_runtime_set_mem_limit (CulvertRuntime *runtime, size_t mem_limit)
{
  runtime->mem_limit = mem_limit != 0 ? mem_limit : CULVERT_RUNTIME_MEM_LIMIT;
  for (unsigned i = 0; runtime->workers != NULL && i < runtime->n_workers; i++)
    culvert_worker_set_mem_limit (runtime->workers[i], runtime->mem_limit / runtime->n_workers);
}

static void
culvert_runtime_end_workers (CulvertRuntime *runtime)
{
  for (unsigned i = 0; i < runtime->n_workers; i++)
    culvert_worker_free (runtime->workers[i]);
  g_clear_pointer (&runtime->workers, g_free);
}

static bool
culvert_runtime_start_workers (CulvertRuntime *runtime)
{
  if (runtime->workers != NULL)
    return true;
  runtime->workers = g_new0 (CulvertWorker *, runtime->n_workers);
  for (unsigned i = 0; i < runtime->n_workers; i++)
    {
      runtime->workers[i] = culvert_worker_new (i, runtime->mem_limit / runtime->n_workers,
                                                runtime->resolver, runtime->mailbox);
      if (runtime->workers[i] == NULL)
        {
          culvert_runtime_end_workers (runtime);
          return false;
        }
    }
  return true;
}

static void
culvert_run_start_cb (CulvertPart *part, void *data)
{
  culvert_part_start (part);
}

CulvertRun *
culvert_runtime_start (CulvertRuntime *runtime, CulvertPlan *plan)
{
  CulvertRun *run;
  unsigned home;

  if (!culvert_runtime_start_workers (runtime))
    return NULL;
  runtime->n_runs++;
  home = runtime->next_home++;
  run = g_new0 (CulvertRun, 1);
  run->runtime = runtime;
  run->plan = culvert_plan_ref (plan);
  run->n_parts = plan->is_client ? MIN (runtime->n_workers, MAX (plan->conn, 1))
                                 : runtime->n_workers;
  if (plan->is_client)
    run->lanes = culvert_lane_board_new (MAX (plan->conn, 1));
  run->parts = g_new0 (CulvertPart *, run->n_parts);
  for (unsigned i = 0; i < run->n_parts; i++)
    run->parts[i] = culvert_part_new (run, runtime->workers[(home + i) % runtime->n_workers], i);
  culvert_part_post (run->parts[0], culvert_run_start_cb, NULL);
  return run;
}

static void
culvert_run_stop_cb (CulvertPart *part, void *data)
{
  culvert_part_stop (part, *(CulvertTime *) data);
}

void
culvert_run_stop (CulvertRun *run, CulvertTime grace)
{
  for (unsigned i = 0; i < run->n_parts; i++)
    culvert_part_post (run->parts[i], culvert_run_stop_cb, g_memdup2 (&grace, sizeof grace));
}

static void
culvert_run_network_cb (CulvertPart *part, void *data)
{
  culvert_part_network_changed (part, *(CulvertTime *) data);
}

void
culvert_run_network_changed (CulvertRun *run, CulvertTime slept)
{
  if (!run->plan->is_client)
    return;
  for (unsigned i = 0; i < run->n_parts; i++)
    culvert_part_post (run->parts[i], culvert_run_network_cb, g_memdup2 (&slept, sizeof slept));
}

static void
culvert_run_free_cb (CulvertPart *part, void *data)
{
  culvert_part_free (part);
}

void
culvert_run_free (CulvertRun *run)
{
  CulvertRuntime *runtime = run->runtime;

  for (unsigned i = 0; i < run->n_parts; i++)
    culvert_part_post (run->parts[i], culvert_run_free_cb, NULL);
  if (--runtime->n_runs == 0)
    culvert_runtime_end_workers (runtime);
  culvert_plan_unref (run->plan);
  g_free (run->lanes);
  g_free (run->parts);
  g_free (run);
}

/* -- reports ------------------------------------------------------------------------- */

void
culvert_run_report_cb (CulvertMessage *message, void *owner)
{
  CulvertRuntime *runtime = owner;

  runtime->func ((CulvertReport *) message, runtime->data);
  g_free (message);
}

static void
culvert_run_stopped_cb (CulvertMessage *message, void *owner)
{
  CulvertRuntime *runtime = owner;
  CulvertRun *run = ((CulvertStoppedMessage *) message)->run;
  CulvertReport report = {
    .kind = CULVERT_REPORT_STOPPED,
    .tunnel = run->plan->tunnel,
    .generation = run->plan->generation,
    .count = 1,
  };

  g_free (message);
  if (++run->n_stopped == run->n_parts)
    runtime->func (&report, runtime->data);
}

void
culvert_run_part_stopped (CulvertPart *part)
{
  CulvertStoppedMessage *stopped = g_new0 (CulvertStoppedMessage, 1);

  stopped->message.handle = culvert_run_stopped_cb;
  stopped->run = part->run;
  culvert_worker_report (part->worker, &stopped->message);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The check as a task: its thread, the order of the steps, the result. */

#include "config.h"

#include "culvert-check-private.h"
#include "culvert-error.h"
#include "culvert-nonce.h"
#include "culvert-resolve.h"
#include "culvert-tunnel-private.h"

#include <glib/gi18n-lib.h>

#define CULVERT_CHECK_MEMORY ((size_t) 8 * 1024 * 1024)
#define CULVERT_CHECK_CHUNK 4096
#define CULVERT_CHECK_MAX_COUNT 1000
#define CULVERT_CHECK_RESOLVE_FOR (8 * CULVERT_SEC)

G_DEFINE_BOXED_TYPE (CulvertCheckResult,
                     culvert_check_result,
                     culvert_check_result_copy,
                     culvert_check_result_free)

/* A step on its way to the caller's context. */
typedef struct
{
  CulvertCheckProgressFunc progress;
  gpointer progress_data;
  char *step;
} CulvertCheckStep;

CulvertCheckResult *
culvert_check_result_copy (const CulvertCheckResult *result)
{
  CulvertCheckResult *copy = g_memdup2 (result, sizeof *result);

  copy->sentence = g_strdup (result->sentence);
  copy->address = g_strdup (result->address);
  copy->crypt = g_strdup (result->crypt);
  return copy;
}

void
culvert_check_result_free (CulvertCheckResult *result)
{
  if (result == NULL)
    return;
  g_free (result->sentence);
  g_free (result->address);
  g_free (result->crypt);
  g_free (result);
}

/* -- progress -------------------------------------------------------------------------- */

static gboolean
culvert_check_step_cb (gpointer data)
{
  CulvertCheckStep *step = data;

  step->progress (step->step, step->progress_data);
  return G_SOURCE_REMOVE;
}

static void
culvert_check_step_free (gpointer data)
{
  CulvertCheckStep *step = data;

  g_free (step->step);
  g_free (step);
}

/* Attached before the task returns, in the same context: it comes first. */
static void
culvert_check_tell (CulvertCheck *check, const char *text)
{
  g_autoptr (GSource) source = NULL;
  CulvertCheckStep *step;

  if (check->progress == NULL)
    return;
  step = g_new0 (CulvertCheckStep, 1);
  step->progress = check->progress;
  step->progress_data = check->progress_data;
  step->step = g_strdup (text);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, culvert_check_step_cb, step, culvert_check_step_free);
  g_source_attach (source, check->context);
}

/* -- life -------------------------------------------------------------------------------- */

static void
culvert_check_free (gpointer data)
{
  CulvertCheck *check = data;

  g_object_unref (check->config);
  g_clear_object (&check->cancellable);
  g_main_context_unref (check->context);
  culvert_check_result_free (check->result);
  g_free (check);
}

/* What sessions need, for the time of the steps. */
static void
culvert_check_open (CulvertCheck *check)
{
  CulvertSessionResources *resources = &check->resources;

  check->started = culvert_check_now ();
  check->deadline = check->started + check->options.timeout_ms * CULVERT_MSEC;
  check->budget.limit = CULVERT_CHECK_MEMORY;
  resources->budget = &check->budget;
  resources->packets = culvert_pool_new (CULVERT_PACKET_SLOT, &check->budget);
  resources->segments = culvert_pool_new (CULVERT_KCP_SEGMENT_SLOT, &check->budget);
  resources->chunks = culvert_pool_new (CULVERT_CHECK_CHUNK, &check->budget);
  resources->rng = culvert_nonce_rng_new ();
  resources->scratch = g_malloc (CULVERT_SESSION_SCRATCH);
  check->slabs = culvert_udp_slabs_new ();
  check->probes = g_array_new (FALSE, FALSE, sizeof (CulvertCheckProbe));
  check->probe_base = culvert_rng_u32 (resources->rng);
  check->has_cancel_fd = check->cancellable != NULL
                         && g_cancellable_make_pollfd (check->cancellable, &check->cancel_fd);
}

static void
culvert_check_close (CulvertCheck *check)
{
  CulvertSessionResources *resources = &check->resources;

  check->result->elapsed_us = culvert_check_now () - check->started;
  g_clear_pointer (&check->path, culvert_check_path_free);
  if (check->has_cancel_fd)
    g_cancellable_release_fd (check->cancellable);
  g_array_unref (check->probes);
  culvert_udp_slabs_free (check->slabs);
  g_free (resources->scratch);
  culvert_nonce_rng_free (resources->rng);
  culvert_pool_free (resources->chunks);
  culvert_pool_free (resources->segments);
  culvert_pool_free (resources->packets);
}

/* -- the name ------------------------------------------------------------------------------ */

static void
culvert_check_resolved_cb (CulvertNameWait *wait, CulvertName *name, const GError *error)
{
  /* Whether there is an answer is seen in the name. */
}

static gboolean
culvert_check_resolve_timeout_cb (gpointer data)
{
  *(bool *) data = true;
  return G_SOURCE_REMOVE;
}

/* Addresses of the server; returns how many. */
static unsigned
culvert_check_resolve (CulvertCheck *check, CulvertAddress *out_addresses)
{
  const CulvertEndpoint *remote = &check->plan->remote;
  uint16_t port = (uint16_t) (remote->port_min
                              + culvert_rng_below (check->resources.rng,
                                                   remote->port_max - remote->port_min + 1u));
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GSource) timeout = g_timeout_source_new (
      (guint) (MIN (CULVERT_CHECK_RESOLVE_FOR, check->options.timeout_ms * CULVERT_MSEC)
               / CULVERT_MSEC));
  g_autoptr (GSource) cancelled = g_cancellable_source_new (check->cancellable);
  CulvertNameWait wait;
  CulvertName name;
  unsigned n_lookups = 0;
  bool is_late = false;
  unsigned n;

  g_main_context_push_thread_default (context);
  g_source_set_callback (timeout, culvert_check_resolve_timeout_cb, &is_late, NULL);
  g_source_attach (timeout, context);
  g_source_set_dummy_callback (cancelled);
  g_source_attach (cancelled, context);
  culvert_name_init (&name, remote->host, NULL, resolver, &n_lookups);
  culvert_name_wait_init (&wait, culvert_check_resolved_cb);
  if (!culvert_name_lookup (&name, 0, culvert_check_now (), &wait))
    while (name.lookup != NULL && !is_late && !culvert_check_is_over (check))
      g_main_context_iteration (context, TRUE);
  n = name.n;
  for (unsigned i = 0; i < n; i++)
    culvert_name_address (&name, i, port, &out_addresses[i]);
  culvert_name_clear (&name);
  while (n_lookups > 0)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (timeout);
  g_source_destroy (cancelled);
  g_main_context_pop_thread_default (context);
  return n;
}

/* -- the steps ------------------------------------------------------------------------------- */

static void
culvert_check_steps (CulvertCheck *check)
{
  CulvertAddress addresses[CULVERT_NAME_ADDRESSES];
  unsigned n;

  culvert_check_tell (check, _("Looking up the server"));
  n = culvert_check_resolve (check, addresses);
  if (n == 0)
    return;
  culvert_check_tell (check, _("Sending probes"));
  if (!culvert_check_find (check, addresses, n))
    {
      if (check->result->icmp_error != 0 || culvert_check_is_over (check))
        return;
      culvert_check_tell (check, _("No answer; trying other ciphers and the default key"));
      (void) culvert_check_find_cipher (check, &addresses[0]);
      return;
    }
  culvert_check_tell (check, _("It answers; measuring round trip and loss"));
  culvert_check_ping (check);
  culvert_check_tell (check, _("Trying the sizes of packets"));
  culvert_check_sizes (check);
  culvert_check_tell (check, _("Opening a trial stream"));
  culvert_check_trial (check);
}

static void
culvert_check_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  CulvertCheck *check = data;
  GError *error = NULL;

  if (culvert_config_get_bool (check->config, CULVERT_SETTING_TCP))
    g_set_error (&error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                 "tcp: %s", _("the check speaks UDP only, which every server does; leave tcp out"));
  else
    check->plan = culvert_tunnel_build_plan (check->config, &error);
  if (check->plan == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  culvert_check_open (check);
  culvert_check_steps (check);
  culvert_check_judge (check);
  culvert_check_close (check);
  g_clear_pointer (&check->plan, culvert_plan_unref);
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, g_steal_pointer (&check->result),
                           (GDestroyNotify) culvert_check_result_free);
}

void
culvert_check_async (CulvertConfig *config,
                     const CulvertCheckOptions *options,
                     GCancellable *cancellable,
                     CulvertCheckProgressFunc progress,
                     gpointer progress_data,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  static const CulvertCheckOptions defaults = CULVERT_CHECK_OPTIONS_DEFAULT;
  g_autoptr (GTask) task = NULL;
  CulvertCheck *check;

  g_return_if_fail (CULVERT_IS_CONFIG (config));
  g_return_if_fail (culvert_config_get_role (config) == CULVERT_ROLE_CLIENT);

  /* libgcrypt wants to be set up before there are threads. */
  culvert_cipher_init_library ();
  check = g_new0 (CulvertCheck, 1);
  check->config = g_object_ref (config);
  check->options = options != NULL ? *options : defaults;
  check->options.count = CLAMP (check->options.count, 1, CULVERT_CHECK_MAX_COUNT);
  check->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  check->context = g_main_context_ref_thread_default ();
  check->progress = progress;
  check->progress_data = progress_data;
  check->result = g_new0 (CulvertCheckResult, 1);
  check->result->compression = CULVERT_CHECK_UNKNOWN;
  check->result->qpp_agrees = CULVERT_CHECK_UNKNOWN;

  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, culvert_check_async);
  g_task_set_task_data (task, check, culvert_check_free);
  g_task_run_in_thread (task, culvert_check_thread);
}

CulvertCheckResult *
culvert_check_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-process.h"

#include "culvert-snmplog.h"

#include <string.h>

#define PATHS_FILE "paths"

struct _CulvertProcess
{
  CulvertLog *log;
  CulvertConfig *config; /* (nullable) in force */
  CulvertEngine *engine; /* (nullable) */
  guint counters;        /* source */
  gboolean is_stopped;
};

CulvertProcess *
culvert_process_new (CulvertLog *log)
{
  CulvertProcess *process = g_new0 (CulvertProcess, 1);

  process->log = log;
  return process;
}

void
culvert_process_free (CulvertProcess *process)
{
  if (process == NULL)
    return;
  g_clear_handle_id (&process->counters, g_source_remove);
  g_clear_object (&process->config);
  g_clear_object (&process->engine);
  g_free (process);
}

/* -- counters ----------------------------------------------------------------- */

static gboolean
culvert_process_counters_cb (gpointer user_data)
{
  CulvertProcess *self = user_data;
  const char *pattern = culvert_config_get_string (self->config, CULVERT_SETTING_SNMPLOG);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GError) error = NULL;
  CulvertStats stats;

  culvert_engine_sample (self->engine, &stats);
  if (!culvert_snmplog_append (pattern, &stats, now, &error))
    culvert_log_write (self->log, CULVERT_LOG_ERROR, error->message);
  return G_SOURCE_CONTINUE;
}

static void
culvert_process_update_counters (CulvertProcess *self)
{
  gint64 period;

  g_clear_handle_id (&self->counters, g_source_remove);
  if (self->config == NULL || self->engine == NULL || self->is_stopped
      || culvert_config_get_string (self->config, CULVERT_SETTING_SNMPLOG)[0] == '\0')
    return;
  period = culvert_config_get_int (self->config, CULVERT_SETTING_SNMPPERIOD);
  if (period > 0)
    self->counters =
        g_timeout_add_seconds ((guint) period, culvert_process_counters_cb, self);
}

/* -- log ---------------------------------------------------------------------- */

static gboolean
culvert_process_differs (CulvertProcess *self, CulvertConfig *config, CulvertSettingId id)
{
  return self->config == NULL
         || g_strcmp0 (culvert_config_get_string (self->config, id),
                       culvert_config_get_string (config, id))
                != 0;
}

static gboolean
culvert_process_update_log (CulvertProcess *self, CulvertConfig *config, GError **error)
{
  CulvertLogLevel level = CULVERT_LOG_INFO;

  if (!culvert_process_differs (self, config, CULVERT_SETTING_LOG)
      && !culvert_process_differs (self, config, CULVERT_SETTING_LOG_LEVEL))
    return TRUE;
  (void) culvert_log_level_from_string (
      culvert_config_get_string (config, CULVERT_SETTING_LOG_LEVEL), &level);
  culvert_log_set_level (self->log, level);
  return culvert_log_open (self->log, culvert_config_get_string (config, CULVERT_SETTING_LOG),
                           error);
}

/* -- state -------------------------------------------------------------------- */

/* The service manager gives a folder, or several divided by colons. (transfer full) */
static char *
culvert_process_dup_state_file (const char *name)
{
  const char *folders = g_getenv ("STATE_DIRECTORY");
  g_autofree char *folder = NULL;

  if (folders == NULL || !g_path_is_absolute (folders))
    return g_build_filename (g_get_user_state_dir (), "culvert", name, NULL);
  folder = g_strndup (folders, strcspn (folders, ":"));
  return g_build_filename (folder, name, NULL);
}

/* -- face --------------------------------------------------------------------- */

void
culvert_process_remember (CulvertProcess *process, CulvertEngine *engine)
{
  g_autofree char *file = culvert_process_dup_state_file (PATHS_FILE);
  g_autoptr (GError) error = NULL;

  if (!culvert_engine_remember_paths (engine, file, &error))
    culvert_log_print (process->log, CULVERT_LOG_WARNING,
                       "what was known of paths is forgotten: %s", error->message);
}

gboolean
culvert_process_apply (CulvertProcess *process, CulvertConfig *config, GError **error)
{
  gboolean ok = culvert_process_update_log (process, config, error);

  g_set_object (&process->config, config);
  if (process->engine != NULL)
    culvert_engine_set_mem_limit (process->engine,
                                  (guint64) culvert_config_get_int (config,
                                                                    CULVERT_SETTING_MEM_LIMIT));
  culvert_process_update_counters (process);
  return ok;
}

void
culvert_process_watch (CulvertProcess *process, CulvertEngine *engine)
{
  g_set_object (&process->engine, engine);
  if (process->config != NULL)
    culvert_engine_set_mem_limit (engine,
                                  (guint64) culvert_config_get_int (process->config,
                                                                    CULVERT_SETTING_MEM_LIMIT));
  culvert_process_update_counters (process);
}

void
culvert_process_stop (CulvertProcess *process)
{
  process->is_stopped = TRUE;
  culvert_process_update_counters (process);
}

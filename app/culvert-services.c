/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-services.h"

#include "culvert-control-path.h"
#include "culvert-control.h"
#include "culvert-notify.h"
#include "culvert-web.h"

struct _CulvertServices
{
  CulvertFleet *fleet;
  CulvertLog *log;
  CulvertControl *control;
  const CulvertWeb *web; /* (nullable) metrics and profiles, loaded when they are wanted */
  CulvertMetrics *metrics;
  CulvertPprof *pprof;
  CulvertNotify *notify;
  gulong state_handler;
};

static void
culvert_services_state_cb (CulvertFleet *fleet,
                           const char *name,
                           CulvertTunnel *tunnel,
                           gpointer user_data)
{
  CulvertServices *self = user_data;
  g_autofree char *reason = culvert_tunnel_dup_state_reason (tunnel);

  culvert_notify_status (self->notify, "%s: %s%s%s%s", name,
                         culvert_tunnel_state_to_string (culvert_tunnel_get_state (tunnel)),
                         reason != NULL ? " (" : "", reason != NULL ? reason : "",
                         reason != NULL ? ")" : "");
}

static gboolean
culvert_services_open_control (CulvertServices *self, CulvertConfig *config, GError **error)
{
  const char *setting = culvert_config_get_string (config, CULVERT_SETTING_CONTROL);
  g_autofree char *path = culvert_control_dup_own (setting);
  g_autoptr (GError) cause = NULL;

  if (path == NULL)
    return TRUE;
  self->control = culvert_control_new (self->fleet, path, &cause);
  if (self->control != NULL)
    {
      culvert_log_print (self->log, CULVERT_LOG_INFO, "control socket: %s", path);
      return TRUE;
    }
  if (setting[0] == '\0')
    {
      culvert_log_write (self->log, CULVERT_LOG_WARNING, cause->message);
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static gboolean
culvert_services_open_metrics (CulvertServices *self, CulvertConfig *config, GError **error)
{
  const char *address = culvert_config_get_string (config, CULVERT_SETTING_METRICS);

  if (address[0] == '\0')
    return TRUE;
  self->web = culvert_web_load (error);
  if (self->web == NULL)
    {
      g_prefix_error (error, "metrics: ");
      return FALSE;
    }
  self->metrics = self->web->metrics_new (self->fleet, address, error);
  if (self->metrics == NULL)
    return FALSE;
  culvert_log_print (self->log, CULVERT_LOG_INFO, "metrics on: %s",
                     self->web->metrics_get_uri (self->metrics));
  return TRUE;
}

/* kcptun goes on without its profiler, and so do we. */
static void
culvert_services_open_pprof (CulvertServices *self, CulvertConfig *config)
{
  g_autoptr (GError) error = NULL;

  if (!culvert_config_get_bool (config, CULVERT_SETTING_PPROF))
    return;
  self->web = culvert_web_load (&error);
  if (self->web != NULL)
    self->pprof = self->web->pprof_new (CULVERT_PPROF_PORT, &error);
  else
    g_prefix_error (&error, "pprof: ignored, ");
  if (self->pprof == NULL)
    culvert_log_write (self->log, CULVERT_LOG_WARNING, error->message);
  else
    culvert_log_print (self->log, CULVERT_LOG_INFO, "profiles on: %sdebug/pprof/profile",
                       self->web->pprof_get_uri (self->pprof));
}

static CulvertServices *
culvert_services_alloc (CulvertFleet *fleet, CulvertLog *log)
{
  CulvertServices *self = g_new0 (CulvertServices, 1);

  self->fleet = g_object_ref (fleet);
  self->log = log;
  self->notify = culvert_notify_new ();
  self->state_handler = g_signal_connect (fleet, "state-changed",
                                          G_CALLBACK (culvert_services_state_cb), self);
  return self;
}

CulvertServices *
culvert_services_new (CulvertFleet *fleet, CulvertLog *log, CulvertConfig *config, GError **error)
{
  CulvertServices *self = culvert_services_alloc (fleet, log);

  if (!culvert_services_open_control (self, config, error)
      || !culvert_services_open_metrics (self, config, error))
    {
      culvert_services_free (self);
      return NULL;
    }
  culvert_services_open_pprof (self, config);
  return self;
}

CulvertServices *
culvert_services_new_for_desktop (CulvertFleet *fleet, CulvertLog *log)
{
  CulvertServices *self = culvert_services_alloc (fleet, log);
  g_autofree char *main_path = culvert_control_dup_main ();
  g_autofree char *own_path = culvert_control_dup_own ("");
  const char *paths[] = { main_path, own_path };

  for (guint i = 0; self->control == NULL && i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      if (paths[i] == NULL)
        continue;
      self->control = culvert_control_new (fleet, paths[i], &error);
      if (self->control != NULL)
        culvert_log_print (log, CULVERT_LOG_INFO, "control socket: %s", paths[i]);
      else
        culvert_log_write (log, CULVERT_LOG_WARNING, error->message);
    }
  return self;
}

void
culvert_services_free (CulvertServices *self)
{
  if (self == NULL)
    return;
  g_signal_handler_disconnect (self->fleet, self->state_handler);
  culvert_control_free (self->control);
  if (self->metrics != NULL)
    self->web->metrics_free (self->metrics);
  if (self->pprof != NULL)
    self->web->pprof_free (self->pprof);
  culvert_notify_free (self->notify);
  g_object_unref (self->fleet);
  g_free (self);
}

void
culvert_services_ready (CulvertServices *self)
{
  culvert_notify_send (self->notify, "READY=1");
}

void
culvert_services_reloading (CulvertServices *self)
{
  g_autofree char *text = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                           g_get_monotonic_time ());

  culvert_notify_send (self->notify, text);
}

void
culvert_services_stopping (CulvertServices *self)
{
  culvert_notify_send (self->notify, "STOPPING=1");
}

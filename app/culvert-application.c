/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-application.h"

#include "cli/culvert-cli.h"
#include "culvert-deadline.h"
#include "culvert-process.h"
#include "culvert-profile-run.h"
#include "culvert-roster.h"
#include "culvert-services.h"
#include "culvert-snmplog.h"
#include "culvert-summon.h"
#include "culvert-ui-loader.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The end of the process, in steps: streams may flush, then they are cut, then it ends anyway. */
#define GRACE_MS 2000
#define CUT_MS 2400
#define KILL_MS 2800
/* How long a session bus may take to answer. */
#define BUS_MS 2000

enum
{
  SOURCE_TERM,
  SOURCE_INT,
  SOURCE_HUP,
  SOURCE_USR1,
  SOURCE_CUT,
  SOURCE_KILL,
  N_SOURCES
};

struct _CulvertApplication
{
  GApplication parent_instance;

  CulvertLaunch launch;
  GStrv args; /* behind the program's name, for a reload */
  CulvertLog *log;
  CulvertProcess *process;
  CulvertEngine *engine;
  CulvertRoster *roster;
  CulvertServices *services;
  CulvertProfileRun *run; /* saved profiles instead of that tunnel */
  char *token;            /* of the activation that is being handled */
  GCancellable *stop_cancellable; /* cuts the grace */
  gboolean is_stopping;
  int status;
  guint sources[N_SOURCES];
};

G_DEFINE_FINAL_TYPE (CulvertApplication, culvert_application, G_TYPE_APPLICATION)

static void
culvert_application_clear_sources (CulvertApplication *self)
{
  for (guint i = 0; i < N_SOURCES; i++)
    g_clear_handle_id (&self->sources[i], g_source_remove);
}

/* Lets the main loop end; everything of the tunnel is gone by now. */
static void
culvert_application_finish (CulvertApplication *self, int status)
{
  self->status = status;
  culvert_application_clear_sources (self);
  g_application_release (G_APPLICATION (self));
}

/* -- counters ----------------------------------------------------------------- */

static void
culvert_application_log_counters (CulvertApplication *self)
{
  g_autofree char *summary = NULL;
  g_autofree char *more = NULL;
  CulvertStats stats;

  culvert_engine_sample (self->engine, &stats);
  summary = culvert_snmplog_dup_summary (&stats);
  more = culvert_snmplog_dup_more (&stats);
  culvert_log_say (self->log, summary);
  culvert_log_say (self->log, more);
}

/* -- the end ------------------------------------------------------------------ */

static void
culvert_application_shutdown_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!culvert_engine_shutdown_finish (CULVERT_ENGINE (source), result, &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    culvert_log_write (self->log, CULVERT_LOG_WARNING, error->message);
  g_clear_pointer (&self->services, culvert_services_free);
  culvert_log_write (self->log, CULVERT_LOG_INFO, "ended");
  culvert_application_finish (self, self->status);
}

static void
culvert_application_run_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!culvert_profile_run_stop_finish (self->run, result, &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    culvert_log_write (self->log, CULVERT_LOG_WARNING, error->message);
  culvert_log_write (self->log, CULVERT_LOG_INFO, "ended");
  culvert_application_clear_sources (self);
  /* A window or the bus may hold the application still. */
  g_application_quit (G_APPLICATION (self));
}

static gboolean
culvert_application_cut_cb (gpointer user_data)
{
  CulvertApplication *self = user_data;

  self->sources[SOURCE_CUT] = 0;
  g_cancellable_cancel (self->stop_cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
culvert_application_kill_cb (gpointer user_data)
{
  CulvertApplication *self = user_data;

  /* A worker hangs. Who sent the signal was promised an end; the system takes back the rest. */
  culvert_log_write (self->log, CULVERT_LOG_ERROR, "a worker does not end, giving up on it");
  culvert_log_flush (self->log);
  _exit (EXIT_FAILURE);
}

static void
culvert_application_stop (CulvertApplication *self)
{
  if (self->is_stopping)
    {
      g_cancellable_cancel (self->stop_cancellable);
      return;
    }
  self->is_stopping = TRUE;
  if (self->roster != NULL)
    {
      culvert_roster_close (self->roster);
      culvert_services_stopping (self->services);
    }
  culvert_process_stop (self->process);
  self->sources[SOURCE_CUT] = g_timeout_add (CUT_MS, culvert_application_cut_cb, self);
  self->sources[SOURCE_KILL] = g_timeout_add (KILL_MS, culvert_application_kill_cb, self);
  if (self->run != NULL)
    culvert_profile_run_stop (self->run, GRACE_MS, self->stop_cancellable,
                              culvert_application_run_stopped_cb, g_object_ref (self));
  else
    culvert_engine_shutdown_async (self->engine, GRACE_MS, self->stop_cancellable,
                                   culvert_application_shutdown_cb, g_object_ref (self));
}

/* -- signals ------------------------------------------------------------------ */

static gboolean
culvert_application_end_signal_cb (gpointer user_data)
{
  CulvertApplication *self = user_data;

  culvert_log_write (self->log, CULVERT_LOG_INFO,
                     self->is_stopping ? "asked again to end, not waiting for streams"
                                       : "asked to end, closing");
  culvert_application_stop (self);
  return G_SOURCE_CONTINUE;
}

static void
culvert_application_reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertApplication) self = user_data;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) messages = culvert_roster_reload_finish (CULVERT_ROSTER (source), result, &error);

  /* What happened is in the log already, but for a reload that was not begun. */
  if (messages == NULL && error->domain == CULVERT_FLEET_ERROR)
    culvert_log_print (self->log, CULVERT_LOG_WARNING, "reload: %s", error->message);
  if (!self->is_stopping)
    culvert_services_ready (self->services);
}

static gboolean
culvert_application_hangup_cb (gpointer user_data)
{
  CulvertApplication *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!culvert_log_reopen (self->log, &error))
    culvert_log_write (self->log, CULVERT_LOG_ERROR, error->message);
  if (self->run != NULL)
    culvert_profile_run_reload (self->run);
  if (self->is_stopping || self->roster == NULL)
    return G_SOURCE_CONTINUE;
  culvert_services_reloading (self->services);
  culvert_roster_reload_async (self->roster, FALSE, NULL, culvert_application_reloaded_cb,
                               g_object_ref (self));
  return G_SOURCE_CONTINUE;
}

static gboolean
culvert_application_counters_cb (gpointer user_data)
{
  culvert_application_log_counters (user_data);
  return G_SOURCE_CONTINUE;
}

static void
culvert_application_watch_signals (CulvertApplication *self)
{
  (void) signal (SIGPIPE, SIG_IGN);
  self->sources[SOURCE_TERM] = g_unix_signal_add (SIGTERM, culvert_application_end_signal_cb, self);
  self->sources[SOURCE_INT] = g_unix_signal_add (SIGINT, culvert_application_end_signal_cb, self);
  self->sources[SOURCE_HUP] = g_unix_signal_add (SIGHUP, culvert_application_hangup_cb, self);
  self->sources[SOURCE_USR1] = g_unix_signal_add (SIGUSR1, culvert_application_counters_cb, self);
}

/* kcptun's runtime takes all descriptors it may have; so do we. */
static void
culvert_application_raise_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &limit);
}

/* -- the start ---------------------------------------------------------------- */

static void
culvert_application_log_cb (CulvertTunnel *tunnel,
                            CulvertLogLevel level,
                            const char *message,
                            gpointer user_data)
{
  CulvertApplication *self = user_data;

  culvert_log_write_soon (self->log, level, message);
}

/* The value as it takes effect: a preset hides the four timers of mode manual. */
static char *
culvert_application_dup_value (CulvertConfig *config, const CulvertSetting *setting)
{
  int timers[4];
  gint64 number;

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      return g_strdup (culvert_config_get_string (config, setting->id));
    case CULVERT_SETTING_TYPE_BOOL:
      return g_strdup (culvert_config_get_bool (config, setting->id) ? "true" : "false");
    case CULVERT_SETTING_TYPE_INT:
      break;
    }
  number = culvert_config_get_int (config, setting->id);
  culvert_config_get_timers (config, &timers[0], &timers[1], &timers[2], &timers[3]);
  if (setting->id == CULVERT_SETTING_NODELAY)
    number = timers[0];
  else if (setting->id == CULVERT_SETTING_INTERVAL)
    number = timers[1];
  else if (setting->id == CULVERT_SETTING_RESEND)
    number = timers[2];
  else if (setting->id == CULVERT_SETTING_NC)
    number = timers[3];
  return g_strdup_printf ("%" G_GINT64_FORMAT, number);
}

static void
culvert_application_log_settings (CulvertApplication *self)
{
  CulvertConfig *config = self->launch.config;
  g_auto (GStrv) warnings = culvert_config_dup_warnings (config);
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  culvert_log_print (self->log, CULVERT_LOG_INFO, "version: %s", CULVERT_VERSION);
  culvert_log_print (self->log, CULVERT_LOG_INFO, "role: %s",
                     self->launch.role == CULVERT_ROLE_CLIENT ? "client" : "server");
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *value = NULL;

      if ((settings[i].roles & self->launch.role) == 0
          || (settings[i].attrs & CULVERT_SETTING_ATTR_SECRET) != 0)
        continue;
      value = culvert_application_dup_value (config, &settings[i]);
      culvert_log_print (self->log, CULVERT_LOG_INFO, "%s: %s", settings[i].key, value);
    }
  for (guint i = 0; warnings[i] != NULL; i++)
    culvert_log_write (self->log, CULVERT_LOG_WARNING, warnings[i]);
}

/* The settings of the process that are hot, after a reload. */
static void
culvert_application_applied_cb (CulvertRoster *roster,
                                const char *name,
                                CulvertConfig *config,
                                gpointer user_data)
{
  CulvertApplication *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!culvert_process_apply (self->process, config, &error))
    culvert_log_write (self->log, CULVERT_LOG_ERROR, error->message);
  culvert_tunnel_set_log_streams (culvert_roster_find (roster, name, NULL),
                                  !culvert_config_get_bool (config, CULVERT_SETTING_QUIET));
  g_set_object (&self->launch.config, config);
}

/* The command line and its files once more. */
static CulvertConfig *
culvert_application_load (gpointer data, GError **error)
{
  CulvertApplication *self = data;
  CulvertConfig *config = NULL;
  CulvertLaunch launch;

  if (culvert_cli_parse (&launch, (const char *const *) self->args, g_getenv ("KCPTUN_KEY"), error))
    config = g_steal_pointer (&launch.config);
  culvert_launch_clear (&launch);
  return config;
}

static void
culvert_application_started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertApplication) self = user_data;
  CulvertTunnel *tunnel = CULVERT_TUNNEL (source);
  g_autoptr (GError) error = NULL;
  const char *const *endpoints;

  if (culvert_tunnel_start_finish (tunnel, result, &error))
    {
      endpoints = culvert_tunnel_get_local_endpoints (tunnel);
      for (guint i = 0; endpoints[i] != NULL; i++)
        culvert_log_print (self->log, CULVERT_LOG_INFO, "listening on: %s", endpoints[i]);
      culvert_process_watch (self->process, self->engine);
      culvert_services_ready (self->services);
      return;
    }
  /* Whoever asked us to end while starting has got what he wanted. */
  if (self->is_stopping)
    return;
  culvert_log_write (self->log, CULVERT_LOG_ERROR, error->message);
  self->status = EXIT_FAILURE;
  culvert_application_stop (self);
}

static gboolean
culvert_application_open_tunnel (CulvertApplication *self, GError **error)
{
  CulvertConfig *config = self->launch.config;
  CulvertTunnel *tunnel;

  self->engine = culvert_engine_new (culvert_config_get_int (config, CULVERT_SETTING_WORKERS),
                                     culvert_config_get_int (config, CULVERT_SETTING_MEM_LIMIT));
  culvert_process_remember (self->process, self->engine);
  self->roster = culvert_roster_new (self->engine, self->log);
  tunnel = culvert_roster_add (self->roster, self->launch.name, config, culvert_application_load,
                               self);
  culvert_tunnel_set_log_streams (tunnel, !culvert_config_get_bool (config, CULVERT_SETTING_QUIET));
  g_signal_connect_object (tunnel, "log", G_CALLBACK (culvert_application_log_cb), self, 0);
  g_signal_connect_object (self->roster, "applied", G_CALLBACK (culvert_application_applied_cb),
                           self, 0);
  self->services = culvert_services_new (CULVERT_FLEET (self->roster), self->log, config, error);
  if (self->services == NULL)
    return FALSE;
  culvert_tunnel_start_async (tunnel, NULL, culvert_application_started_cb, g_object_ref (self));
  return TRUE;
}

static void
culvert_application_start (CulvertApplication *self)
{
  g_autoptr (GError) error = NULL;

  if (!culvert_process_apply (self->process, self->launch.config, &error))
    {
      culvert_log_write (self->log, CULVERT_LOG_ERROR, error->message);
      self->status = EXIT_FAILURE;
      return;
    }
  g_application_hold (G_APPLICATION (self));
  culvert_application_raise_limit ();
  culvert_application_watch_signals (self);
  culvert_application_log_settings (self);
  self->stop_cancellable = g_cancellable_new ();
  if (culvert_application_open_tunnel (self, &error))
    return;
  culvert_log_write (self->log, CULVERT_LOG_ERROR, error->message);
  culvert_application_finish (self, EXIT_FAILURE);
}

/* -- saved profiles -------------------------------------------------------------- */

static void
culvert_application_run_end_cb (int status, gpointer user_data)
{
  CulvertApplication *self = user_data;

  self->status = status;
  culvert_application_stop (self);
}

static void
culvert_application_open_run (CulvertApplication *self)
{
  culvert_application_raise_limit ();
  culvert_application_watch_signals (self);
  self->stop_cancellable = g_cancellable_new ();
  self->run = culvert_profile_run_new (self->log, self->process,
                                       culvert_application_run_end_cb, self);
  g_set_object (&self->engine, culvert_hub_get_engine (culvert_profile_run_get_hub (self->run)));
  culvert_process_remember (self->process, self->engine);
}

static void
culvert_application_start_headless (CulvertApplication *self)
{
  g_application_hold (G_APPLICATION (self));
  culvert_log_print (self->log, CULVERT_LOG_INFO, "version: %s", CULVERT_VERSION);
  culvert_application_open_run (self);
  culvert_profile_run_start_headless (self->run, (const char *const *) self->launch.profiles);
}

/* A bus that is not there must not be started, and a missing one is no reason to stay away. */
static gboolean
culvert_application_has_bus (void)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);

  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL || g_file_test (path, G_FILE_TEST_EXISTS);
}

/* The bus is asked synchronously by GApplication; one that does not answer counts as none. */
static gboolean
culvert_application_register (CulvertApplication *self, GError **error)
{
  g_autoptr (CulvertDeadline) deadline = culvert_deadline_new (BUS_MS);
  gboolean ok = g_application_register (G_APPLICATION (self),
                                        culvert_deadline_get_cancellable (deadline), error);
  GDBusConnection *bus = ok ? g_application_get_dbus_connection (G_APPLICATION (self)) : NULL;

  /* Tunnels outlive the session. */
  if (bus != NULL)
    g_dbus_connection_set_exit_on_close (bus, FALSE);
  return ok;
}

static const char *
culvert_application_get_token (void)
{
  const char *token = g_getenv ("XDG_ACTIVATION_TOKEN");

  return token != NULL ? token : g_getenv ("DESKTOP_STARTUP_ID");
}

/* Becomes the one application of the person, or passes the wish on to it. */
static int
culvert_application_start_desktop (CulvertApplication *self)
{
  GApplication *application = G_APPLICATION (self);
  GApplicationFlags flags = 0;
  g_autoptr (GError) error = NULL;

  if (culvert_summon (!self->launch.background, culvert_application_get_token ()))
    return EXIT_SUCCESS;
  /* Wayland knows windows by the program's name. */
  g_set_prgname (CULVERT_APPLICATION_ID);
  if (!culvert_application_has_bus ())
    flags |= G_APPLICATION_NON_UNIQUE;
  if (self->launch.service)
    flags |= G_APPLICATION_IS_SERVICE;
  g_application_set_application_id (application, CULVERT_APPLICATION_ID);
  g_application_set_flags (application, flags);
  if (!culvert_application_register (self, &error))
    {
      g_printerr ("culvert: %s\n", error->message);
      return EXIT_FAILURE;
    }
  if (!self->launch.background && !self->launch.service)
    g_application_activate (application);
  return EXIT_SUCCESS;
}

static void
culvert_application_startup (GApplication *application)
{
  CulvertApplication *self = (CulvertApplication *) application;

  G_APPLICATION_CLASS (culvert_application_parent_class)->startup (application);
  culvert_application_open_run (self);
  culvert_profile_run_start_desktop (self->run, application);
}

static void
culvert_application_shutdown (GApplication *application)
{
  CulvertApplication *self = (CulvertApplication *) application;

  if (self->run != NULL)
    culvert_profile_run_leave_desktop (self->run);
  G_APPLICATION_CLASS (culvert_application_parent_class)->shutdown (application);
}

static void
culvert_application_activate (GApplication *application)
{
  CulvertApplication *self = (CulvertApplication *) application;

  culvert_profile_run_present (
      self->run, NULL, self->token != NULL ? self->token : culvert_application_get_token ());
}

static void
culvert_application_before_emit (GApplication *application, GVariant *platform_data)
{
  CulvertApplication *self = (CulvertApplication *) application;

  g_clear_pointer (&self->token, g_free);
  if (!g_variant_lookup (platform_data, "activation-token", "s", &self->token))
    (void) g_variant_lookup (platform_data, "desktop-startup-id", "s", &self->token);
}

/* -- command line -------------------------------------------------------------- */

static int
culvert_application_refuse (CulvertApplication *self, const GError *error)
{
  const char *command = "";

  if (self->launch.role == CULVERT_ROLE_CLIENT)
    command = " --headless client";
  else if (self->launch.role == CULVERT_ROLE_SERVER)
    command = " --headless server";
  g_printerr ("culvert: %s\n", error->message);
  if (error->domain == G_OPTION_ERROR)
    g_printerr ("Try: culvert%s --help\n", command);
  return CULVERT_EXIT_USAGE;
}

static gboolean
culvert_application_local_command_line (GApplication *application,
                                        char ***arguments,
                                        int *exit_status)
{
  CulvertApplication *self = (CulvertApplication *) application;
  const char *const *args = (const char *const *) *arguments;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  *exit_status = EXIT_SUCCESS;
  self->args = g_strdupv (args[0] != NULL ? *arguments + 1 : *arguments);
  if (!culvert_cli_parse (&self->launch, (const char *const *) self->args,
                          g_getenv ("KCPTUN_KEY"), &error))
    {
      *exit_status = culvert_application_refuse (self, error);
      return TRUE;
    }
  if (self->launch.help || self->launch.version)
    {
      text = self->launch.help ? culvert_cli_dup_help (self->launch.role)
                               : culvert_cli_dup_version ();
      g_print ("%s", text);
      return TRUE;
    }
  if (self->launch.desktop)
    {
      *exit_status = culvert_application_start_desktop (self);
      return TRUE;
    }
  /* Not registered: that would wait for a session bus, which a service may find dead. The main
   * loop runs as long as the tunnel holds the application. */
  if (self->launch.profiles != NULL)
    culvert_application_start_headless (self);
  else
    culvert_application_start (self);
  return TRUE;
}

static void
culvert_application_dispose (GObject *object)
{
  CulvertApplication *self = (CulvertApplication *) object;

  culvert_application_clear_sources (self);
  g_clear_pointer (&self->run, culvert_profile_run_free);
  g_clear_pointer (&self->process, culvert_process_free);
  g_clear_pointer (&self->token, g_free);
  g_clear_pointer (&self->services, culvert_services_free);
  g_clear_object (&self->roster);
  g_clear_object (&self->engine);
  g_clear_object (&self->stop_cancellable);
  culvert_launch_clear (&self->launch);
  G_OBJECT_CLASS (culvert_application_parent_class)->dispose (object);
}

static void
culvert_application_finalize (GObject *object)
{
  CulvertApplication *self = (CulvertApplication *) object;

  g_clear_pointer (&self->log, culvert_log_free);
  g_strfreev (self->args);
  G_OBJECT_CLASS (culvert_application_parent_class)->finalize (object);
}

static void
culvert_application_class_init (CulvertApplicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  object_class->dispose = culvert_application_dispose;
  object_class->finalize = culvert_application_finalize;
  application_class->local_command_line = culvert_application_local_command_line;
  application_class->startup = culvert_application_startup;
  application_class->shutdown = culvert_application_shutdown;
  application_class->activate = culvert_application_activate;
  application_class->before_emit = culvert_application_before_emit;
}

static void
culvert_application_init (CulvertApplication *self)
{
  self->log = culvert_log_new ();
  self->process = culvert_process_new (self->log);
}

int
culvert_application_main (int argc, char **argv)
{
  g_autoptr (CulvertApplication) self = NULL;
  int status;

  if (argc > 1 && culvert_cli_run_command ((const char *const *) argv + 1, &status))
    return status;
  culvert_ui_loader_prepare ();
  /* Without an id and not unique: no name is asked for on any bus. */
  self = g_object_new (CULVERT_TYPE_APPLICATION, "flags",
                       (GApplicationFlags) G_APPLICATION_NON_UNIQUE, NULL);
  status = g_application_run (G_APPLICATION (self), argc, argv);
  return status != EXIT_SUCCESS ? status : self->status;
}

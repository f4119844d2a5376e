/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "tray/culvert-tray-private.h"

#include "culvert-interface.h"
#include "tray/culvert-tray-ipc.h"
#include "tray/culvert-tray-menu.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELPER_NAME "culvert-tray"
#define UNIT_MS 1000
/* How long the helper may take to say whether there is a host. */
#define START_UNITS 5
/* A helper that lived this long died of something else than its start. */
#define HEALTHY_UNITS 60

static const guint restart_units[] = { 1, 4, 16 };

struct _CulvertTray
{
  CulvertHub *hub; /* borrowed */
  char *helper;
  char *icon_dir; /* (nullable) */
  guint unit_ms;
  CulvertTrayFunc changed_func; /* (nullable) */
  gpointer user_data;
  GMenuModel *menu;
  GDBusNodeInfo *info;

  GCancellable *cancellable; /* of this helper; cancelled when it is over */
  GSubprocess *process;
  GDBusConnection *connection;
  guint menu_id;
  guint actions_id;
  guint object_id;
  gint64 started; /* monotonic, in microseconds */

  guint n_restarts;
  gboolean has_given_up;
  guint restart_source;
  guint start_source;      /* running: it is not known yet whether there is a host */
  gboolean tells_menu;     /* the host says when the menu opens and closes */
  gboolean is_menu_open;
  gboolean holds_sampler;
};

static void culvert_tray_start (CulvertTray *self);

/* -- what it shows -------------------------------------------------------------- */

/* Shapes differ, not only colours: panels paint symbolic icons in their own. */
static const char *
culvert_tray_get_icon (CulvertPhase phase)
{
  switch (phase)
    {
    case CULVERT_PHASE_OFF:
    case CULVERT_PHASE_STOPPING:
      return CULVERT_APPLICATION_ID "-off-symbolic";
    case CULVERT_PHASE_STARTING:
    case CULVERT_PHASE_WAITING:
      return CULVERT_APPLICATION_ID "-waiting-symbolic";
    case CULVERT_PHASE_UP:
      return CULVERT_APPLICATION_ID "-up-symbolic";
    case CULVERT_PHASE_TROUBLE:
    case CULVERT_PHASE_FAILED:
      return CULVERT_APPLICATION_ID "-trouble";
    }
  g_assert_not_reached ();
}

static GVariant *
culvert_tray_new_property (CulvertTray *self, const char *name)
{
  g_autofree char *text = NULL;
  CulvertPhase phase;

  g_object_get (self->hub, "phase", &phase, "status-text", &text, NULL);
  if (strcmp (name, "IconName") == 0)
    return g_variant_new_string (culvert_tray_get_icon (phase));
  if (strcmp (name, "IconThemePath") == 0)
    return g_variant_new_string (self->icon_dir != NULL ? self->icon_dir : "");
  if (strcmp (name, "Title") == 0)
    return g_variant_new_string (text);
  return g_variant_new_boolean (phase == CULVERT_PHASE_TROUBLE || phase == CULVERT_PHASE_FAILED);
}

static void
culvert_tray_changed_cb (CulvertHub *hub, GParamSpec *pspec, gpointer user_data)
{
  static const char *const names[] = { "IconName", "Title", "Attention" };
  CulvertTray *self = user_data;
  GVariantBuilder changed;

  if (self->connection == NULL)
    return;
  g_variant_builder_init (&changed, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_variant_builder_add (&changed, "{sv}", names[i], culvert_tray_new_property (self, names[i]));
  /* A helper that is gone is noticed elsewhere. */
  (void) g_dbus_connection_emit_signal (
      self->connection, NULL, CULVERT_TRAY_PATH, "org.freedesktop.DBus.Properties",
      "PropertiesChanged", g_variant_new ("(sa{sv}as)", CULVERT_TRAY_INTERFACE, &changed, NULL),
      NULL);
}

/* Rates are measured while somebody may read them. */
static void
culvert_tray_update_sampler (CulvertTray *self)
{
  CulvertSampler *sampler = culvert_hub_get_sampler (self->hub);
  gboolean wants;
  guint n_wanted;

  g_object_get (self->hub, "n-wanted", &n_wanted, NULL);
  wants = culvert_hub_has_tray (self->hub) && n_wanted > 0
          && (self->is_menu_open || !self->tells_menu);
  if (wants == self->holds_sampler)
    return;
  self->holds_sampler = wants;
  if (wants)
    culvert_sampler_hold (sampler, CULVERT_SAMPLER_IN_TRAY);
  else
    culvert_sampler_release (sampler, CULVERT_SAMPLER_IN_TRAY);
}

static void
culvert_tray_wanted_cb (CulvertHub *hub, GParamSpec *pspec, gpointer user_data)
{
  culvert_tray_update_sampler (user_data);
}

/* -- calls of the helper -------------------------------------------------------------- */

static void
culvert_tray_set_host (CulvertTray *self, gboolean is_present)
{
  g_clear_handle_id (&self->start_source, g_source_remove);
  if (!is_present)
    self->tells_menu = self->is_menu_open = FALSE;
  culvert_hub_set_has_tray (self->hub, is_present);
  culvert_tray_update_sampler (self);
  if (self->changed_func != NULL)
    self->changed_func (self->user_data);
}

static void
culvert_tray_call_cb (GDBusConnection *connection,
                      const char *sender,
                      const char *path,
                      const char *interface,
                      const char *method,
                      GVariant *arguments,
                      GDBusMethodInvocation *call,
                      gpointer user_data)
{
  CulvertTray *self = user_data;
  gboolean value;

  g_variant_get (arguments, "(b)", &value);
  if (strcmp (method, "SetHost") == 0)
    culvert_tray_set_host (self, value);
  else
    {
      self->tells_menu = TRUE;
      self->is_menu_open = value;
      culvert_tray_update_sampler (self);
      if (value)
        culvert_sampler_sample (culvert_hub_get_sampler (self->hub));
    }
  g_dbus_method_invocation_return_value (call, NULL);
}

static GVariant *
culvert_tray_get_property_cb (GDBusConnection *connection,
                              const char *sender,
                              const char *path,
                              const char *interface,
                              const char *property,
                              GError **error,
                              gpointer user_data)
{
  return culvert_tray_new_property (user_data, property);
}

static const GDBusInterfaceVTable culvert_tray_vtable = {
  .method_call = culvert_tray_call_cb,
  .get_property = culvert_tray_get_property_cb,
};

/* -- one helper -------------------------------------------------------------- */

static void
culvert_tray_disconnect (CulvertTray *self)
{
  if (self->connection == NULL)
    return;
  if (self->menu_id != 0)
    g_dbus_connection_unexport_menu_model (self->connection, self->menu_id);
  if (self->actions_id != 0)
    g_dbus_connection_unexport_action_group (self->connection, self->actions_id);
  if (self->object_id != 0)
    (void) g_dbus_connection_unregister_object (self->connection, self->object_id);
  self->menu_id = self->actions_id = self->object_id = 0;
  g_dbus_connection_close (self->connection, NULL, NULL, NULL);
  g_clear_object (&self->connection);
}

static gboolean
culvert_tray_restart_cb (gpointer user_data)
{
  CulvertTray *self = user_data;

  self->restart_source = 0;
  culvert_tray_start (self);
  return G_SOURCE_REMOVE;
}

/* The helper is gone, or could not be started. */
static void
culvert_tray_lost (CulvertTray *self, gboolean is_worth_it)
{
  gint64 lived_ms = (g_get_monotonic_time () - self->started) / G_TIME_SPAN_MILLISECOND;

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->process);
  culvert_tray_disconnect (self);
  if (lived_ms >= (gint64) HEALTHY_UNITS * self->unit_ms)
    self->n_restarts = 0;
  self->has_given_up = !is_worth_it || self->n_restarts == G_N_ELEMENTS (restart_units);
  culvert_tray_set_host (self, FALSE);
  if (self->has_given_up)
    {
      g_debug ("tray: the helper is not started again");
      return;
    }
  self->restart_source = g_timeout_add (restart_units[self->n_restarts++] * self->unit_ms,
                                        culvert_tray_restart_cb, self);
}

static void
culvert_tray_exited_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GSubprocess *process = G_SUBPROCESS (source);
  CulvertTray *self = user_data;

  /* Cancelled: the tray itself may be gone. */
  if (!g_subprocess_wait_finish (process, result, NULL))
    return;
  culvert_tray_lost (self, !g_subprocess_get_if_exited (process)
                               || g_subprocess_get_exit_status (process)
                                      != CULVERT_TRAY_EXIT_NO_DISPLAY);
}

/* Menu, actions and state are exported before the first message is read. */
static void
culvert_tray_connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_finish (result, &error);
  CulvertTray *self = user_data;
  GActionGroup *actions;

  if (connection == NULL)
    {
      /* The process ends by itself, and is waited for. */
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_debug ("tray: %s", error->message);
      return;
    }
  actions = culvert_hub_get_actions (self->hub);
  self->connection = g_steal_pointer (&connection);
  self->menu_id = g_dbus_connection_export_menu_model (self->connection, CULVERT_TRAY_PATH,
                                                       self->menu, NULL);
  self->actions_id = g_dbus_connection_export_action_group (self->connection, CULVERT_TRAY_PATH,
                                                            actions, NULL);
  self->object_id = g_dbus_connection_register_object (self->connection, CULVERT_TRAY_PATH,
                                                       self->info->interfaces[0],
                                                       &culvert_tray_vtable, self, NULL, NULL);
  g_dbus_connection_start_message_processing (self->connection);
}

static gboolean
culvert_tray_late_cb (gpointer user_data)
{
  CulvertTray *self = user_data;

  self->start_source = 0;
  culvert_tray_set_host (self, FALSE);
  return G_SOURCE_REMOVE;
}

/* Takes our end of the pair. */
static void
culvert_tray_connect (CulvertTray *self, GSocket *socket)
{
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autofree char *guid = g_dbus_generate_guid ();

  g_dbus_connection_new (G_IO_STREAM (stream), guid,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                             | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                         NULL, self->cancellable, culvert_tray_connected_cb, self);
}

static gboolean
culvert_tray_spawn (CulvertTray *self, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSocket) socket = NULL;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
      return FALSE;
    }
  g_subprocess_launcher_take_fd (launcher, fds[1], CULVERT_TRAY_FD);
  socket = g_socket_new_from_fd (fds[0], error);
  if (socket == NULL)
    {
      (void) close (fds[0]);
      return FALSE;
    }
  self->process = g_subprocess_launcher_spawn (launcher, error, self->helper, NULL);
  if (self->process == NULL)
    return FALSE;
  culvert_tray_connect (self, socket);
  g_subprocess_wait_async (self->process, self->cancellable, culvert_tray_exited_cb, self);
  return TRUE;
}

static void
culvert_tray_start (CulvertTray *self)
{
  g_autoptr (GError) error = NULL;

  self->cancellable = g_cancellable_new ();
  self->started = g_get_monotonic_time ();
  if (culvert_tray_spawn (self, &error))
    {
      self->start_source = g_timeout_add (START_UNITS * self->unit_ms, culvert_tray_late_cb, self);
      return;
    }
  g_debug ("tray: %s", error->message);
  culvert_tray_lost (self, FALSE);
}

/* -- life -------------------------------------------------------------- */

CulvertTray *
culvert_tray_new_with_helper (CulvertHub *hub,
                              const char *helper,
                              const char *icon_dir,
                              guint unit_ms)
{
  CulvertTray *self = g_new0 (CulvertTray, 1);

  self->hub = hub;
  self->helper = g_strdup (helper);
  self->icon_dir = g_strdup (icon_dir);
  self->unit_ms = unit_ms;
  self->info = culvert_interface_new_info (CULVERT_TRAY_INTERFACE);
  self->menu = culvert_tray_menu_new (hub);
  g_signal_connect (hub, "notify::phase", G_CALLBACK (culvert_tray_changed_cb), self);
  g_signal_connect (hub, "notify::status-text", G_CALLBACK (culvert_tray_changed_cb), self);
  g_signal_connect (hub, "notify::n-wanted", G_CALLBACK (culvert_tray_wanted_cb), self);
  culvert_tray_start (self);
  return self;
}

CulvertTray *
culvert_tray_new (CulvertHub *hub, CulvertTrayFunc changed_func, gpointer user_data)
{
  CulvertTray *self;
  g_autofree char *helper = g_build_filename (CULVERT_LIBEXEC_DIR, HELPER_NAME, NULL);
  g_autofree char *icon_dir = g_build_filename (CULVERT_DATA_DIR, "icons", NULL);

#if CULVERT_DEVELOPMENT
  if (g_getenv ("CULVERT_TRAY_HELPER") != NULL)
    {
      g_free (helper);
      helper = g_strdup (g_getenv ("CULVERT_TRAY_HELPER"));
    }
  if (g_getenv ("CULVERT_ICON_DIR") != NULL)
    {
      g_free (icon_dir);
      icon_dir = g_strdup (g_getenv ("CULVERT_ICON_DIR"));
    }
#endif
  if (!g_file_test (helper, G_FILE_TEST_IS_EXECUTABLE))
    {
      g_debug ("tray: %s is not installed", helper);
      return NULL;
    }
  self = culvert_tray_new_with_helper (hub, helper, icon_dir, UNIT_MS);
  self->changed_func = changed_func;
  self->user_data = user_data;
  return self;
}

/* The helper leaves when its socket closes. */
void
culvert_tray_free (CulvertTray *tray)
{
  if (tray == NULL)
    return;
  g_signal_handlers_disconnect_by_data (tray->hub, tray);
  g_clear_handle_id (&tray->restart_source, g_source_remove);
  tray->changed_func = NULL;
  g_cancellable_cancel (tray->cancellable);
  g_clear_object (&tray->cancellable);
  g_clear_object (&tray->process);
  culvert_tray_disconnect (tray);
  culvert_tray_set_host (tray, FALSE);
  g_object_unref (tray->menu);
  g_dbus_node_info_unref (tray->info);
  g_free (tray->helper);
  g_free (tray->icon_dir);
  g_free (tray);
}

gboolean
culvert_tray_is_starting (CulvertTray *tray)
{
  return tray != NULL && tray->start_source != 0;
}

guint
culvert_tray_get_n_restarts (CulvertTray *tray)
{
  return tray->n_restarts;
}

gboolean
culvert_tray_has_given_up (CulvertTray *tray)
{
  return tray->has_given_up;
}

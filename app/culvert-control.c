/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-control.h"

#include "culvert-control-path.h"
#include "culvert-interface.h"
#include "culvert-status.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ERROR_PREFIX "io.github.culvert.Culvert.Error."

struct _CulvertControl
{
  CulvertFleet *fleet;
  GDBusServer *server;
  GDBusNodeInfo *info;
  GPtrArray *peers; /* CulvertControlPeer */
  gulong state_handler;
};

typedef struct
{
  CulvertControl *control; /* NULL: it is gone */
  GDBusConnection *connection;
  guint object;            /* registration */
  gboolean is_subscribed;
} CulvertControlPeer;

/* -- replies ---------------------------------------------------------------------------- */

static void
culvert_control_return_error (GDBusMethodInvocation *call, const GError *error)
{
  const char *name = ERROR_PREFIX "Failed";

  if (g_error_matches (error, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_UNKNOWN_TUNNEL))
    name = ERROR_PREFIX "UnknownTunnel";
  else if (g_error_matches (error, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_WRONG_STATE))
    name = ERROR_PREFIX "WrongState";
  else if (g_error_matches (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG)
           || error->domain == G_OPTION_ERROR)
    name = ERROR_PREFIX "Config";
  g_dbus_method_invocation_return_dbus_error (call, name, error->message);
}

static const char *
culvert_control_state (CulvertTunnel *tunnel)
{
  return culvert_tunnel_state_to_string (tunnel != NULL ? culvert_tunnel_get_state (tunnel)
                                                        : CULVERT_TUNNEL_OFF);
}

static void
culvert_control_list (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  CulvertFleet *fleet = peer->control->fleet;
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; i < culvert_fleet_get_n_members (fleet); i++)
    {
      CulvertFleetMember member;

      culvert_fleet_peek (fleet, i, &member);
      g_variant_builder_add (&rows, "(sss)", member.name,
                             member.role == CULVERT_ROLE_CLIENT ? "client" : "server",
                             culvert_control_state (member.tunnel));
    }
  g_dbus_method_invocation_return_value (call, g_variant_new ("(a(sss))", &rows));
}

static void
culvert_control_status (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  CulvertFleet *fleet = peer->control->fleet;
  g_autoptr (GError) error = NULL;
  GVariantBuilder rows;
  const char *name;
  int found = -1;

  g_variant_get (arguments, "(&s)", &name);
  if (name[0] != '\0' && (found = culvert_fleet_find (fleet, name, &error)) < 0)
    {
      culvert_control_return_error (call, error);
      return;
    }
  g_variant_builder_init (&rows, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < culvert_fleet_get_n_members (fleet); i++)
    if (found < 0 || found == (int) i)
      g_variant_builder_add_value (&rows, culvert_status_new (fleet, i));
  g_dbus_method_invocation_return_value (call, g_variant_new ("(aa{sv})", &rows));
}

/* NULL: the caller was told why, or that it has none of these. */
static CulvertTunnel *
culvert_control_find_tunnel (CulvertControlPeer *peer,
                             GVariant *arguments,
                             GDBusMethodInvocation *call)
{
  g_autoptr (GError) error = NULL;
  CulvertFleetMember member = { NULL };
  const char *name;
  int i;

  g_variant_get (arguments, "(&s)", &name);
  i = culvert_fleet_find (peer->control->fleet, name, &error);
  if (i < 0)
    {
      culvert_control_return_error (call, error);
      return NULL;
    }
  culvert_fleet_peek (peer->control->fleet, (guint) i, &member);
  if (member.tunnel == NULL)
    g_dbus_method_invocation_return_value (call, g_variant_new ("(aa{sv})", NULL));
  return member.tunnel;
}

static void
culvert_control_sessions_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) infos =
      culvert_tunnel_list_sessions_finish (CULVERT_TUNNEL (source), result, &error);

  if (infos == NULL)
    culvert_control_return_error (call, error);
  else
    g_dbus_method_invocation_return_value (
        call, g_variant_new ("(@aa{sv})", culvert_status_new_sessions (infos)));
}

static void
culvert_control_streams_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) infos =
      culvert_tunnel_list_streams_finish (CULVERT_TUNNEL (source), result, &error);

  if (infos == NULL)
    culvert_control_return_error (call, error);
  else
    g_dbus_method_invocation_return_value (
        call, g_variant_new ("(@aa{sv})", culvert_status_new_streams (infos)));
}

static void
culvert_control_sessions (CulvertControlPeer *peer,
                          GVariant *arguments,
                          GDBusMethodInvocation *call)
{
  CulvertTunnel *tunnel = culvert_control_find_tunnel (peer, arguments, call);

  if (tunnel != NULL)
    culvert_tunnel_list_sessions_async (tunnel, NULL, culvert_control_sessions_cb, call);
}

static void
culvert_control_streams (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  CulvertTunnel *tunnel = culvert_control_find_tunnel (peer, arguments, call);

  if (tunnel != NULL)
    culvert_tunnel_list_streams_async (tunnel, NULL, culvert_control_streams_cb, call);
}

/* -- on and off, reload ------------------------------------------------------------------- */

static gboolean
culvert_control_is_on (CulvertFleet *fleet, const char *name)
{
  CulvertFleetMember member = { NULL };
  int i = culvert_fleet_find (fleet, name, NULL);

  if (i >= 0)
    culvert_fleet_peek (fleet, (guint) i, &member);
  return culvert_fleet_is_tunnel_on (member.tunnel);
}

static void
culvert_control_switched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *call = user_data;
  CulvertFleet *fleet = CULVERT_FLEET (source);
  g_autoptr (GError) error = NULL;
  const char *name;

  if (!culvert_fleet_switch_finish (fleet, result, &error))
    {
      culvert_control_return_error (call, error);
      return;
    }
  g_variant_get (g_dbus_method_invocation_get_parameters (call), "(&s)", &name);
  if (g_str_equal (g_dbus_method_invocation_get_method_name (call), "Toggle"))
    g_dbus_method_invocation_return_value (
        call, g_variant_new ("(b)", culvert_control_is_on (fleet, name)));
  else
    g_dbus_method_invocation_return_value (call, NULL);
}

static void
culvert_control_start (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  const char *name;

  g_variant_get (arguments, "(&s)", &name);
  culvert_fleet_switch_async (peer->control->fleet, name, TRUE, NULL, culvert_control_switched_cb,
                              call);
}

static void
culvert_control_stop (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  const char *name;

  g_variant_get (arguments, "(&s)", &name);
  culvert_fleet_switch_async (peer->control->fleet, name, FALSE, NULL,
                              culvert_control_switched_cb, call);
}

static void
culvert_control_toggle (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  CulvertFleet *fleet = peer->control->fleet;
  const char *name;

  g_variant_get (arguments, "(&s)", &name);
  culvert_fleet_switch_async (fleet, name, !culvert_control_is_on (fleet, name), NULL,
                              culvert_control_switched_cb, call);
}

static void
culvert_control_reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *call = user_data;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) messages = culvert_fleet_reload_finish (CULVERT_FLEET (source), result, &error);

  if (messages == NULL)
    culvert_control_return_error (call, error);
  else
    g_dbus_method_invocation_return_value (call, g_variant_new ("(^as)", messages));
}

static void
culvert_control_reload (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  gboolean restart;

  g_variant_get (arguments, "(b)", &restart);
  culvert_fleet_reload_async (peer->control->fleet, restart, NULL, culvert_control_reloaded_cb,
                              call);
}

static void
culvert_control_show (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call)
{
  g_autoptr (GError) error = NULL;
  const char *token;

  g_variant_get (arguments, "(&s)", &token);
  if (culvert_fleet_show (peer->control->fleet, token, &error))
    g_dbus_method_invocation_return_value (call, NULL);
  else
    culvert_control_return_error (call, error);
}

static void
culvert_control_subscribe (CulvertControlPeer *peer,
                           GVariant *arguments,
                           GDBusMethodInvocation *call)
{
  peer->is_subscribed = TRUE;
  g_dbus_method_invocation_return_value (call, NULL);
}

/* -- dispatch ---------------------------------------------------------------------------- */

static void
culvert_control_call_cb (GDBusConnection *connection,
                         const char *sender,
                         const char *path,
                         const char *interface,
                         const char *method,
                         GVariant *arguments,
                         GDBusMethodInvocation *call,
                         gpointer user_data)
{
  static const struct
  {
    const char *name;
    void (*func) (CulvertControlPeer *peer, GVariant *arguments, GDBusMethodInvocation *call);
  } methods[] = {
    { "List", culvert_control_list },         { "Status", culvert_control_status },
    { "Sessions", culvert_control_sessions }, { "Streams", culvert_control_streams },
    { "Start", culvert_control_start },       { "Stop", culvert_control_stop },
    { "Toggle", culvert_control_toggle },     { "Reload", culvert_control_reload },
    { "Show", culvert_control_show },         { "Subscribe", culvert_control_subscribe },
  };
  CulvertControlPeer *peer = user_data;

  for (guint i = 0; peer->control != NULL && i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].name, method))
      {
        methods[i].func (peer, arguments, call);
        return;
      }
  g_dbus_method_invocation_return_dbus_error (call, ERROR_PREFIX "Failed", "The process is ending");
}

static GVariant *
culvert_control_get_property_cb (GDBusConnection *connection,
                                 const char *sender,
                                 const char *path,
                                 const char *interface,
                                 const char *property,
                                 GError **error,
                                 gpointer user_data)
{
  if (g_str_equal (property, "Pid"))
    return g_variant_new_uint32 ((guint32) getpid ());
  return g_variant_new_string (CULVERT_VERSION);
}

static const GDBusInterfaceVTable culvert_control_vtable = {
  .method_call = culvert_control_call_cb,
  .get_property = culvert_control_get_property_cb,
};

static void
culvert_control_state_cb (CulvertFleet *fleet,
                          const char *name,
                          CulvertTunnel *tunnel,
                          gpointer user_data)
{
  CulvertControl *self = user_data;
  g_autofree char *reason = culvert_tunnel_dup_state_reason (tunnel);
  const char *state = culvert_tunnel_state_to_string (culvert_tunnel_get_state (tunnel));

  for (guint i = 0; i < self->peers->len; i++)
    {
      CulvertControlPeer *peer = self->peers->pdata[i];

      if (peer->is_subscribed)
        (void) g_dbus_connection_emit_signal (
            peer->connection, NULL, CULVERT_CONTROL_PATH, CULVERT_CONTROL_INTERFACE, "StateChanged",
            g_variant_new ("(sss)", name, state, reason != NULL ? reason : ""), NULL);
    }
}

/* -- connections -------------------------------------------------------------------------- */

static gboolean
culvert_control_mechanism_cb (GDBusAuthObserver *observer,
                              const char *mechanism,
                              gpointer user_data)
{
  return g_str_equal (mechanism, "EXTERNAL");
}

/* In a thread of its own. */
static gboolean
culvert_control_authorize_cb (GDBusAuthObserver *observer,
                              GIOStream *stream,
                              GCredentials *credentials,
                              gpointer user_data)
{
  uid_t uid = credentials != NULL ? g_credentials_get_unix_user (credentials, NULL) : (uid_t) -1;

  return uid != (uid_t) -1 && (uid == geteuid () || uid == 0);
}

static void
culvert_control_peer_clear (gpointer data)
{
  g_object_unref (((CulvertControlPeer *) data)->connection);
}

static void
culvert_control_peer_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, culvert_control_peer_clear);
}

static void
culvert_control_peer_unref_closure (gpointer data, GClosure *closure)
{
  culvert_control_peer_unref (data);
}

static void
culvert_control_closed_cb (GDBusConnection *connection,
                           gboolean vanished,
                           GError *error,
                           gpointer user_data)
{
  CulvertControlPeer *peer = user_data;

  if (peer->control != NULL)
    (void) g_ptr_array_remove_fast (peer->control->peers, peer);
  /* Both hold the peer, which holds the connection, and with it the descriptor. */
  (void) g_dbus_connection_unregister_object (connection, peer->object);
  g_signal_handlers_disconnect_by_func (connection, culvert_control_closed_cb, peer);
}

/* A peer is held by the list, by the object it talks to, and by what waits for its end. */
static gboolean
culvert_control_connection_cb (GDBusServer *server, GDBusConnection *connection, gpointer user_data)
{
  CulvertControl *self = user_data;
  CulvertControlPeer *peer;

  if (self->peers->len >= CULVERT_CONTROL_CONNECTIONS)
    return FALSE;
  peer = g_atomic_rc_box_new0 (CulvertControlPeer);
  peer->control = self;
  peer->connection = g_object_ref (connection);
  g_ptr_array_add (self->peers, peer);
  peer->object = g_dbus_connection_register_object (
      connection, CULVERT_CONTROL_PATH, self->info->interfaces[0], &culvert_control_vtable,
      g_atomic_rc_box_acquire (peer), culvert_control_peer_unref, NULL);
  if (peer->object == 0)
    {
      (void) g_ptr_array_remove_fast (self->peers, peer);
      return FALSE;
    }
  g_signal_connect_data (connection, "closed", G_CALLBACK (culvert_control_closed_cb),
                         g_atomic_rc_box_acquire (peer), culvert_control_peer_unref_closure, 0);
  return TRUE;
}

/* -- life ----------------------------------------------------------------------------------- */

static GDBusServer *
culvert_control_listen (const char *path, GError **error)
{
  g_autoptr (GDBusAuthObserver) observer = g_dbus_auth_observer_new ();
  g_autofree char *address = culvert_control_dup_address (path);
  g_autofree char *guid = g_dbus_generate_guid ();
  mode_t mask;
  GDBusServer *server;

  g_signal_connect (observer, "allow-mechanism", G_CALLBACK (culvert_control_mechanism_cb), NULL);
  g_signal_connect (observer, "authorize-authenticated-peer",
                    G_CALLBACK (culvert_control_authorize_cb), NULL);
  /* The socket is born with its mode: no thread of ours makes files at this time. */
  mask = umask (0177);
  server = g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_NONE, guid, observer, NULL, error);
  (void) umask (mask);
  return server;
}

CulvertControl *
culvert_control_new (CulvertFleet *fleet, const char *path, GError **error)
{
  g_autoptr (GDBusServer) server = NULL;
  CulvertControl *self;

  if (!culvert_control_prepare (path, error))
    return NULL;
  server = culvert_control_listen (path, error);
  if (server == NULL)
    return NULL;
  self = g_new0 (CulvertControl, 1);
  self->fleet = g_object_ref (fleet);
  self->server = g_steal_pointer (&server);
  self->info = culvert_interface_new_info (CULVERT_CONTROL_INTERFACE);
  self->peers = g_ptr_array_new_with_free_func (culvert_control_peer_unref);
  self->state_handler = g_signal_connect (fleet, "state-changed",
                                          G_CALLBACK (culvert_control_state_cb), self);
  g_signal_connect (self->server, "new-connection", G_CALLBACK (culvert_control_connection_cb),
                    self);
  g_dbus_server_start (self->server);
  return self;
}

void
culvert_control_free (CulvertControl *self)
{
  if (self == NULL)
    return;
  g_signal_handler_disconnect (self->fleet, self->state_handler);
  g_signal_handlers_disconnect_by_data (self->server, self);
  g_dbus_server_stop (self->server);
  for (guint i = 0; i < self->peers->len; i++)
    {
      CulvertControlPeer *peer = self->peers->pdata[i];

      peer->control = NULL;
      g_dbus_connection_close (peer->connection, NULL, NULL, NULL);
    }
  g_ptr_array_unref (self->peers);
  g_dbus_node_info_unref (self->info);
  g_object_unref (self->server);
  g_object_unref (self->fleet);
  g_free (self);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-fleet.h"

enum
{
  SIGNAL_STATE_CHANGED,
  SIGNAL_SHOW,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (CulvertFleet, culvert_fleet, G_TYPE_OBJECT)
G_DEFINE_QUARK (culvert-fleet-error-quark, culvert_fleet_error)

static void
culvert_fleet_default_init (CulvertFleetInterface *iface)
{
  signals[SIGNAL_STATE_CHANGED] =
      g_signal_new ("state-changed", CULVERT_TYPE_FLEET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, CULVERT_TYPE_TUNNEL);
  signals[SIGNAL_SHOW] = g_signal_new ("show", CULVERT_TYPE_FLEET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                       NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

guint
culvert_fleet_get_n_members (CulvertFleet *fleet)
{
  return CULVERT_FLEET_GET_IFACE (fleet)->get_n_members (fleet);
}

void
culvert_fleet_peek (CulvertFleet *fleet, guint i, CulvertFleetMember *out_member)
{
  CULVERT_FLEET_GET_IFACE (fleet)->peek (fleet, i, out_member);
}

int
culvert_fleet_find (CulvertFleet *fleet, const char *name, GError **error)
{
  return CULVERT_FLEET_GET_IFACE (fleet)->find (fleet, name, error);
}

void
culvert_fleet_switch_async (CulvertFleet *fleet,
                            const char *name,
                            gboolean on,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  CULVERT_FLEET_GET_IFACE (fleet)->switch_async (fleet, name, on, cancellable, callback,
                                                 user_data);
}

gboolean
culvert_fleet_switch_finish (CulvertFleet *fleet, GAsyncResult *result, GError **error)
{
  return CULVERT_FLEET_GET_IFACE (fleet)->switch_finish (fleet, result, error);
}

void
culvert_fleet_reload_async (CulvertFleet *fleet,
                            gboolean restart,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  CULVERT_FLEET_GET_IFACE (fleet)->reload_async (fleet, restart, cancellable, callback, user_data);
}

GStrv
culvert_fleet_reload_finish (CulvertFleet *fleet, GAsyncResult *result, GError **error)
{
  return CULVERT_FLEET_GET_IFACE (fleet)->reload_finish (fleet, result, error);
}

CulvertTunnelState
culvert_fleet_member_get_state (const CulvertFleetMember *member)
{
  CulvertTunnelState state =
      member->tunnel != NULL ? culvert_tunnel_get_state (member->tunnel) : CULVERT_TUNNEL_OFF;

  return state == CULVERT_TUNNEL_OFF && member->error != NULL ? CULVERT_TUNNEL_FAILED : state;
}

gboolean
culvert_fleet_is_connected (CulvertFleet *fleet)
{
  for (guint i = 0; i < culvert_fleet_get_n_members (fleet); i++)
    {
      CulvertFleetMember member;

      culvert_fleet_peek (fleet, i, &member);
      if (culvert_fleet_member_get_state (&member) == CULVERT_TUNNEL_CONNECTED)
        return TRUE;
    }
  return FALSE;
}

gboolean
culvert_fleet_is_tunnel_on (CulvertTunnel *tunnel)
{
  CulvertTunnelState state =
      tunnel != NULL ? culvert_tunnel_get_state (tunnel) : CULVERT_TUNNEL_OFF;

  return state != CULVERT_TUNNEL_OFF && state != CULVERT_TUNNEL_FAILED;
}

gboolean
culvert_fleet_show (CulvertFleet *fleet, const char *token, GError **error)
{
  if (!g_signal_has_handler_pending (fleet, signals[SIGNAL_SHOW], 0, FALSE))
    {
      g_set_error_literal (error, CULVERT_FLEET_ERROR, CULVERT_FLEET_ERROR_WRONG_STATE,
                           "This process has no window");
      return FALSE;
    }
  g_signal_emit (fleet, signals[SIGNAL_SHOW], 0, token);
  return TRUE;
}

void
culvert_fleet_state_changed (CulvertFleet *fleet, const char *name, CulvertTunnel *tunnel)
{
  g_signal_emit (fleet, signals[SIGNAL_STATE_CHANGED], 0, name, tunnel);
}

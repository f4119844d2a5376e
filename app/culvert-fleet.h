/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertFleet: the tunnels of a process by name, whoever owns them: a CulvertRoster, which got
 * its settings by flags, or a CulvertProfileFleet over saved profiles. What the control socket
 * needs, and no more.
 *
 * Signals: "state-changed" (const char *name, CulvertTunnel *), from the main loop; "show" (const
 * char *token): somebody wants to see the window. Main thread. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_FLEET (culvert_fleet_get_type ())
CULVERT_AVAILABLE G_DECLARE_INTERFACE (CulvertFleet, culvert_fleet, CULVERT, FLEET, GObject)

typedef enum
{
  CULVERT_FLEET_ERROR_UNKNOWN_TUNNEL, /* no tunnel has this name, or several */
  CULVERT_FLEET_ERROR_WRONG_STATE,    /* something of the kind is under way; or all ends */
} CulvertFleetError;

#define CULVERT_FLEET_ERROR (culvert_fleet_error_quark ())
CULVERT_AVAILABLE GQuark culvert_fleet_error_quark (void);

/* All borrowed, until the next turn of the main loop. */
typedef struct
{
  const char *name;
  CulvertRole role;
  CulvertTunnel *tunnel; /* (nullable): it was never started */
  gint64 since;          /* Unix time of its last change of state */
  const char *peer;      /* server or target */
  const char *error;     /* (nullable) of the last start */
} CulvertFleetMember;

struct _CulvertFleetInterface
{
  GTypeInterface parent_interface;

  guint (*get_n_members) (CulvertFleet *fleet);
  void (*peek) (CulvertFleet *fleet, guint i, CulvertFleetMember *out_member);
  int (*find) (CulvertFleet *fleet, const char *name, GError **error);
  void (*switch_async) (CulvertFleet *fleet,
                        const char *name,
                        gboolean on,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
  gboolean (*switch_finish) (CulvertFleet *fleet, GAsyncResult *result, GError **error);
  void (*reload_async) (CulvertFleet *fleet,
                        gboolean restart,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
  GStrv (*reload_finish) (CulvertFleet *fleet, GAsyncResult *result, GError **error);
};

CULVERT_AVAILABLE guint culvert_fleet_get_n_members (CulvertFleet *fleet);
CULVERT_AVAILABLE void culvert_fleet_peek (CulvertFleet *fleet,
                                           guint i,
                                           CulvertFleetMember *out_member);
/* Its index; -1 with CULVERT_FLEET_ERROR. */
CULVERT_AVAILABLE int culvert_fleet_find (CulvertFleet *fleet, const char *name, GError **error);

/* Succeeds when the state is the wanted one, also when it was so before. */
CULVERT_AVAILABLE void culvert_fleet_switch_async (CulvertFleet *fleet,
                                                   const char *name,
                                                   gboolean on,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_fleet_switch_finish (CulvertFleet *fleet,
                                                        GAsyncResult *result,
                                                        GError **error);
/* Takes all settings over that may be in flight; restart: the others by a restart. */
CULVERT_AVAILABLE void culvert_fleet_reload_async (CulvertFleet *fleet,
                                                   gboolean restart,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);
/* One sentence per tunnel about what waits or was restarted (transfer full); NULL on error. */
CULVERT_AVAILABLE GStrv culvert_fleet_reload_finish (CulvertFleet *fleet,
                                                     GAsyncResult *result,
                                                     GError **error);
/* FAILED also when the last start never got to a tunnel. */
CULVERT_AVAILABLE CulvertTunnelState
culvert_fleet_member_get_state (const CulvertFleetMember *member);
/* Whether one tunnel at least is connected to its peer. */
CULVERT_AVAILABLE gboolean culvert_fleet_is_connected (CulvertFleet *fleet);
/* Whether it is running, being started or being stopped. tunnel: (nullable) */
CULVERT_AVAILABLE gboolean culvert_fleet_is_tunnel_on (CulvertTunnel *tunnel);
/* Emits "show". FALSE with CULVERT_FLEET_ERROR: nobody listens, there is no window here. */
CULVERT_AVAILABLE gboolean culvert_fleet_show (CulvertFleet *fleet,
                                               const char *token,
                                               GError **error);
/* For implementations: tells "state-changed". */
CULVERT_AVAILABLE void culvert_fleet_state_changed (CulvertFleet *fleet,
                                                    const char *name,
                                                    CulvertTunnel *tunnel);

G_END_DECLS

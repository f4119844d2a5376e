/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertHub: the controller of the process: the engine, its tunnels by name, and what can be
 * done with them. Command line, control socket and metrics all go through it.
 *
 * Main thread. Signals: "state-changed" (const char *name, CulvertTunnel *), from the main
 * loop; "applied" (const char *name, CulvertConfig *) when a reload has given a tunnel new
 * settings, for those who follow settings of the process. */
#pragma once

#include "culvert-log.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_HUB (culvert_hub_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertHub, culvert_hub, CULVERT, HUB, GObject)

/* Reads a tunnel's settings again. (transfer full), or NULL with CULVERT_ERROR_CONFIG or
 * G_OPTION_ERROR. */
typedef CulvertConfig *(*CulvertHubLoader) (gpointer data, GError **error);

typedef enum
{
  CULVERT_HUB_ERROR_UNKNOWN_TUNNEL, /* no tunnel has this name */
  CULVERT_HUB_ERROR_WRONG_STATE,    /* something of the kind is under way; or all ends */
} CulvertHubError;

#define CULVERT_HUB_ERROR (culvert_hub_error_quark ())
CULVERT_AVAILABLE GQuark culvert_hub_error_quark (void);

/* log: borrowed, outlives the hub. */
CULVERT_AVAILABLE CulvertHub *culvert_hub_new (CulvertEngine *engine, CulvertLog *log);
CULVERT_AVAILABLE CulvertEngine *culvert_hub_get_engine (CulvertHub *hub);

/* The process is about to end: nothing is started any more. */
CULVERT_AVAILABLE void culvert_hub_close (CulvertHub *hub);

/* loader may be NULL: the tunnel's settings do not change. A name that is taken gets a number.
 * The new, stopped tunnel (transfer none). */
CULVERT_AVAILABLE CulvertTunnel *culvert_hub_add (CulvertHub *hub,
                                                  const char *name,
                                                  CulvertConfig *config,
                                                  CulvertHubLoader loader,
                                                  gpointer data);

CULVERT_AVAILABLE guint culvert_hub_get_n_tunnels (CulvertHub *hub);
CULVERT_AVAILABLE CulvertTunnel *culvert_hub_get_tunnel (CulvertHub *hub, guint i);
CULVERT_AVAILABLE const char *culvert_hub_get_name (CulvertHub *hub, guint i);
/* Unix time of its last change of state. */
CULVERT_AVAILABLE gint64 culvert_hub_get_since (CulvertHub *hub, guint i);
/* NULL with CULVERT_HUB_ERROR (transfer none). */
CULVERT_AVAILABLE CulvertTunnel *culvert_hub_find (CulvertHub *hub,
                                                   const char *name,
                                                   GError **error);
/* Whether one tunnel at least is connected to its peer. */
CULVERT_AVAILABLE gboolean culvert_hub_is_connected (CulvertHub *hub);
CULVERT_AVAILABLE gboolean culvert_hub_is_tunnel_connected (CulvertTunnel *tunnel);
/* Whether it is running, being started or being stopped. */
CULVERT_AVAILABLE gboolean culvert_hub_is_tunnel_on (CulvertTunnel *tunnel);

/* Succeeds when the state is the wanted one, also when it was so before. */
CULVERT_AVAILABLE void culvert_hub_switch_async (CulvertHub *hub,
                                                 const char *name,
                                                 gboolean on,
                                                 GCancellable *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_hub_switch_finish (CulvertHub *hub,
                                                      GAsyncResult *result,
                                                      GError **error);

/* Reads all settings again. If any of them is wrong, nothing changes and the error says where;
 * otherwise the hot ones work when the call ends. One reload follows the other. restart: those that need it take effect by a
 * restart of their tunnels; else they wait. Everything is said in the log. */
CULVERT_AVAILABLE void culvert_hub_reload_async (CulvertHub *hub,
                                                 gboolean restart,
                                                 GCancellable *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer user_data);
/* One sentence per tunnel about what waits or was restarted (transfer full); NULL on error. */
CULVERT_AVAILABLE GStrv culvert_hub_reload_finish (CulvertHub *hub,
                                                   GAsyncResult *result,
                                                   GError **error);

G_END_DECLS

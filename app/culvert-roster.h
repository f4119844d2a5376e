/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertRoster: the tunnels of a process that was given its settings by flags and files: by name,
 * and what can be done with them. Command line, control socket and metrics all go through it.
 * Saved profiles have the CulvertHub instead.
 *
 * A CulvertFleet. Main thread. Signal "applied" (const char *name, CulvertConfig *) when a reload
 * has given a tunnel new settings, for those who follow settings of the process. */
#pragma once

#include "culvert-fleet.h"
#include "culvert-log.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_ROSTER (culvert_roster_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertRoster, culvert_roster, CULVERT, ROSTER, GObject)

/* Reads a tunnel's settings again. (transfer full), or NULL with CULVERT_ERROR_CONFIG or
 * G_OPTION_ERROR. */
typedef CulvertConfig *(*CulvertRosterLoader) (gpointer data, GError **error);

/* log: borrowed, outlives the roster. */
CULVERT_AVAILABLE CulvertRoster *culvert_roster_new (CulvertEngine *engine, CulvertLog *log);
CULVERT_AVAILABLE CulvertEngine *culvert_roster_get_engine (CulvertRoster *roster);

/* The process is about to end: nothing is started any more. */
CULVERT_AVAILABLE void culvert_roster_close (CulvertRoster *roster);

/* loader may be NULL: the tunnel's settings do not change. A name that is taken gets a number.
 * The new, stopped tunnel (transfer none). */
CULVERT_AVAILABLE CulvertTunnel *culvert_roster_add (CulvertRoster *roster,
                                                     const char *name,
                                                     CulvertConfig *config,
                                                     CulvertRosterLoader loader,
                                                     gpointer data);

CULVERT_AVAILABLE guint culvert_roster_get_n_tunnels (CulvertRoster *roster);
CULVERT_AVAILABLE CulvertTunnel *culvert_roster_get_tunnel (CulvertRoster *roster, guint i);
CULVERT_AVAILABLE const char *culvert_roster_get_name (CulvertRoster *roster, guint i);
/* Unix time of its last change of state. */
CULVERT_AVAILABLE gint64 culvert_roster_get_since (CulvertRoster *roster, guint i);
/* NULL with CULVERT_FLEET_ERROR (transfer none). */
CULVERT_AVAILABLE CulvertTunnel *culvert_roster_find (CulvertRoster *roster,
                                                      const char *name,
                                                      GError **error);

/* Succeeds when the state is the wanted one, also when it was so before. */
CULVERT_AVAILABLE void culvert_roster_switch_async (CulvertRoster *roster,
                                                    const char *name,
                                                    gboolean on,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_roster_switch_finish (CulvertRoster *roster,
                                                         GAsyncResult *result,
                                                         GError **error);

/* Reads all settings again. If any of them is wrong, nothing changes and the error says where;
 * otherwise the hot ones work when the call ends. One reload follows the other. restart: those that
 * need it take effect by a restart of their tunnels; else they wait. Everything is said in the log.
 */
CULVERT_AVAILABLE void culvert_roster_reload_async (CulvertRoster *roster,
                                                    gboolean restart,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
/* One sentence per tunnel about what waits or was restarted (transfer full); NULL on error. */
CULVERT_AVAILABLE GStrv culvert_roster_reload_finish (CulvertRoster *roster,
                                                      GAsyncResult *result,
                                                      GError **error);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertEngine: owns the workers, lists the tunnels (a GListModel of CulvertTunnel).
 *
 * Bound to the thread and the thread-default main context it was made in; all calls come from
 * there and all signals are emitted there. Before the last reference goes the engine must have
 * been shut down, or hold stopped tunnels only. */
#pragma once

#include "culvert-types.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_ENGINE (culvert_engine_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertEngine, culvert_engine, CULVERT, ENGINE, GObject)

/* n_workers: threads that carry traffic, 0: one per processor, at most 4. mem_limit: bytes for
 * packets of all tunnels, 0: 64 MiB. Threads run only while a tunnel does. */
CULVERT_AVAILABLE CulvertEngine *culvert_engine_new (guint n_workers, guint64 mem_limit);

/* Another number of threads, as in new; FALSE: a tunnel runs, and nothing changes. */
CULVERT_AVAILABLE gboolean culvert_engine_set_n_workers (CulvertEngine *engine, guint n_workers);
/* Knowledge of paths (sizes of packets) outlives the process in this file, see
 * culvert-path-memory.h. Before the first tunnel starts; reads the file. FALSE: what is in it is
 * not understood and will be overwritten. */
CULVERT_AVAILABLE gboolean culvert_engine_remember_paths (CulvertEngine *engine,
                                                          const char *file,
                                                          GError **error);
/* Another limit, as in new; takes effect at once. */
CULVERT_AVAILABLE void culvert_engine_set_mem_limit (CulvertEngine *engine, guint64 mem_limit);

/* The new, stopped tunnel (transfer full). */
CULVERT_AVAILABLE CulvertTunnel *culvert_engine_add_tunnel (CulvertEngine *engine,
                                                            CulvertConfig *config);

/* Stops the tunnel with no grace and takes it off the list. */
CULVERT_AVAILABLE void culvert_engine_remove_tunnel_async (CulvertEngine *engine,
                                                           CulvertTunnel *tunnel,
                                                           GCancellable *cancellable,
                                                           GAsyncReadyCallback callback,
                                                           gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_engine_remove_tunnel_finish (CulvertEngine *engine,
                                                                GAsyncResult *result,
                                                                GError **error);

/* Stops every tunnel within grace_ms; cancelling cuts the grace, it does not undo. */
CULVERT_AVAILABLE void culvert_engine_shutdown_async (CulvertEngine *engine,
                                                      guint grace_ms,
                                                      GCancellable *cancellable,
                                                      GAsyncReadyCallback callback,
                                                      gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_engine_shutdown_finish (CulvertEngine *engine,
                                                           GAsyncResult *result,
                                                           GError **error);

/* Sum over the tunnels on the list. */
CULVERT_AVAILABLE void culvert_engine_sample (CulvertEngine *engine, CulvertStats *out_stats);

G_END_DECLS

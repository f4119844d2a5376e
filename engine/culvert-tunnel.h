/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertTunnel: one client or server tunnel of an engine; made by culvert_engine_add_tunnel.
 *
 * Properties (read-only): state, reason, state-reason (text), last-error (GError), config,
 * local-endpoints (GStrv). Changes are notified from the main loop, never from inside a call that
 * changes state; each change of state is logged once, with its reason. Signal "log"
 * (CulvertLogLevel level, const char *message): what happened, in order; equal messages are
 * collapsed and counted. All calls in the engine's thread. */
#pragma once

#include "culvert-history.h"
#include "culvert-types.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_TUNNEL (culvert_tunnel_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertTunnel, culvert_tunnel, CULVERT, TUNNEL, GObject)

CULVERT_AVAILABLE GType culvert_tunnel_state_get_type (void);
#define CULVERT_TYPE_TUNNEL_STATE (culvert_tunnel_state_get_type ())
CULVERT_AVAILABLE GType culvert_log_level_get_type (void);
#define CULVERT_TYPE_LOG_LEVEL (culvert_log_level_get_type ())

CULVERT_AVAILABLE GType culvert_tunnel_reason_get_type (void);
#define CULVERT_TYPE_TUNNEL_REASON (culvert_tunnel_reason_get_type ())

/* Lower-case words, "waiting for network". */
CULVERT_AVAILABLE const char *culvert_tunnel_state_to_string (CulvertTunnelState state);
/* A short sentence without details, "the peer does not answer"; empty for NONE. */
CULVERT_AVAILABLE const char *culvert_tunnel_reason_to_string (CulvertTunnelReason reason);

/* Succeeds when the listeners are bound. Fails with CULVERT_ERROR_* (state FAILED), with
 * G_IO_ERROR_PENDING when it is not off or failed, with G_IO_ERROR_CANCELLED. */
CULVERT_AVAILABLE void culvert_tunnel_start_async (CulvertTunnel *tunnel,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_tunnel_start_finish (CulvertTunnel *tunnel,
                                                        GAsyncResult *result,
                                                        GError **error);

/* Closes listeners and streams, flushes for at most grace_ms. Cancelling cuts the grace. Always
 * ends in state OFF, and succeeds, also for a stopped tunnel. A call while another stop runs
 * shares its end and may shorten its grace. */
CULVERT_AVAILABLE void culvert_tunnel_stop_async (CulvertTunnel *tunnel,
                                                  guint grace_ms,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_tunnel_stop_finish (CulvertTunnel *tunnel,
                                                       GAsyncResult *result,
                                                       GError **error);

CULVERT_AVAILABLE CulvertTunnelState culvert_tunnel_get_state (CulvertTunnel *tunnel);
CULVERT_AVAILABLE CulvertTunnelReason culvert_tunnel_get_reason (CulvertTunnel *tunnel);
/* Why it is in its state, with details (names, addresses, error texts); NULL when there is nothing
 * to say (transfer full). */
CULVERT_AVAILABLE char *culvert_tunnel_dup_state_reason (CulvertTunnel *tunnel);
/* Why the last start failed, or NULL (transfer none). */
CULVERT_AVAILABLE const GError *culvert_tunnel_get_last_error (CulvertTunnel *tunnel);
CULVERT_AVAILABLE CulvertConfig *culvert_tunnel_get_config (CulvertTunnel *tunnel);
/* Addresses listened on, as text, NULL-terminated; empty while stopped (transfer none). */
CULVERT_AVAILABLE const char *const *culvert_tunnel_get_local_endpoints (CulvertTunnel *tunnel);

/* The settings from now on, same role. The hot ones work in a running tunnel when the call ends,
 * without touching a stream; the others wait for its next start, see dup_pending. Fails with
 * CULVERT_ERROR_CONFIG for another role, with G_IO_ERROR_CANCELLED. */
CULVERT_AVAILABLE void culvert_tunnel_apply_config_async (CulvertTunnel *tunnel,
                                                          CulvertConfig *config,
                                                          GCancellable *cancellable,
                                                          GAsyncReadyCallback callback,
                                                          gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_tunnel_apply_config_finish (CulvertTunnel *tunnel,
                                                               GAsyncResult *result,
                                                               GError **error);
/* Keys of the settings that wait for a restart (transfer full), may be empty. */
CULVERT_AVAILABLE GStrv culvert_tunnel_dup_pending (CulvertTunnel *tunnel);

/* Up to now; NULL before the first start (transfer none), lives as long as the tunnel. */
CULVERT_AVAILABLE const CulvertHistory *culvert_tunnel_peek_history (CulvertTunnel *tunnel);

/* Whether every opened and closed connection is logged (at INFO); off at first. */
CULVERT_AVAILABLE void culvert_tunnel_set_log_streams (CulvertTunnel *tunnel, gboolean log_streams);
CULVERT_AVAILABLE gboolean culvert_tunnel_get_log_streams (CulvertTunnel *tunnel);

/* Counters since the tunnel was made, over all its sessions past and present. */
CULVERT_AVAILABLE void culvert_tunnel_sample (CulvertTunnel *tunnel, CulvertStats *out_stats);

G_END_DECLS

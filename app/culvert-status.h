/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What there is to know about a tunnel, as plain values: over the control socket, as JSON.
 *
 * Keys of a tunnel's dictionary (units: seconds, bytes, bytes per second; what is not known is
 * not there):
 *   name s, role s ("client", "server"), state s, reason s (of the state), connected b,
 *   since x (Unix time of the state), error s (of the last start), local as (addresses listened
 *   on), peer s (server or target), pending as (settings that wait for a restart)
 *   now a{sd}: the last second: goodput-down, goodput-up, wire-down, wire-up, rtt, jitter, loss,
 *     retransmitted, recovered, window-fill, streams, sessions
 *   overhead a{st}: bytes sent since the start of the process, wire = payload + fec + resend +
 *     acks + headers
 *   counters a{st}: every counter by its name in kcptun's CSV, and ours */
#pragma once

#include "culvert-fleet.h"

/* Of the i-th member, a{sv}, floating. */
GVariant *culvert_status_new (CulvertFleet *fleet, guint i);
/* Of all: a{sv} with version s, pid u, tunnels aa{sv}, floating. */
CULVERT_AVAILABLE GVariant *culvert_status_new_all (CulvertFleet *fleet);
/* One line of JSON, indented on wish (transfer full). */
CULVERT_AVAILABLE char *culvert_status_to_json (GVariant *status, gboolean is_pretty);

/* Rows of the tables: infos of culvert_tunnel_list_sessions and _streams, aa{sv}, floating. */
GVariant *culvert_status_new_sessions (GPtrArray *infos);
GVariant *culvert_status_new_streams (GPtrArray *infos);

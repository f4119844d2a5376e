/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a tunnel is doing now, row by row: its sessions and their streams.
 *
 * The workers are asked by message, so the answer comes later; it is empty for a tunnel that
 * does not run, and comes also when the tunnel is stopped meanwhile. One worker answers with at
 * most 4096 rows. Rates are the caller's: of two answers. */
#pragma once

#include "culvert-types.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 id;        /* as in the log */
  char *peer;        /* host:port */
  gint64 age_us;
  gint64 silent_us;  /* since the last valid packet of the peer; -1: never heard */
  gint64 srtt_us;    /* smoothed round trip, 0: not known */
  gint64 rttvar_us;
  guint mtu;         /* bytes of the largest packets it sends: as set, or what the path passes */
  guint n_streams;
  guint64 bytes_in;  /* payload received from the peer */
  guint64 bytes_out;
} CulvertSessionInfo;

typedef struct
{
  guint64 session;
  guint32 id;
  char *address;     /* of the local client, or the target; may be empty */
  gint64 age_us;
  guint64 bytes_in;  /* payload received from the peer */
  guint64 bytes_out;
} CulvertStreamInfo;

CULVERT_AVAILABLE void culvert_tunnel_list_sessions_async (CulvertTunnel *tunnel,
                                                           GCancellable *cancellable,
                                                           GAsyncReadyCallback callback,
                                                           gpointer user_data);
/* Of CulvertSessionInfo, by id (transfer full). NULL when cancelled. */
CULVERT_AVAILABLE GPtrArray *culvert_tunnel_list_sessions_finish (CulvertTunnel *tunnel,
                                                                  GAsyncResult *result,
                                                                  GError **error);

CULVERT_AVAILABLE void culvert_tunnel_list_streams_async (CulvertTunnel *tunnel,
                                                          GCancellable *cancellable,
                                                          GAsyncReadyCallback callback,
                                                          gpointer user_data);
/* Of CulvertStreamInfo, by session and id (transfer full). NULL when cancelled. */
CULVERT_AVAILABLE GPtrArray *culvert_tunnel_list_streams_finish (CulvertTunnel *tunnel,
                                                                 GAsyncResult *result,
                                                                 GError **error);

G_END_DECLS

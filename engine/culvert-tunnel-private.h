/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* State shared by the files of the tunnel: life cycle (-tunnel.c), config to plan (-plan.c), reports of the
 * workers (-report.c). */
#pragma once

#include "culvert-plan.h"
#include "culvert-runtime.h"
#include "culvert-stats-private.h"
#include "culvert-tunnel.h"

struct _CulvertTunnel
{
  GObject parent_instance;

  CulvertEngine *engine; /* not owned; NULL once removed */
  CulvertConfig *config;
  guint64 id;
  guint32 generation;
  CulvertTunnelState state;
  GError *last_error;
  GPtrArray *endpoints;   /* of char *, NULL-terminated */
  gboolean log_streams;

  CulvertRun *run;
  GTask *start_task;      /* NULL unless a start is under way */
  GPtrArray *stop_tasks;  /* of GTask *, all waiting for the same end */
  gboolean is_stop_wanted;/* while the plan is being built */

  GHashTable *sessions;   /* id -> CulvertTunnelSession */
  GPtrArray *blocks;      /* CulvertCounters of no session, of this run */
  CulvertStats retired;   /* totals of ended sessions */
  guint max_sessions_seen;
};

/* One live session as the main thread knows it. */
typedef struct
{
  CulvertCounters *counters; /* owned reference */
  char *peer;
  gboolean is_heard;
  gboolean is_stalled;
} CulvertTunnelSession;

CulvertTunnel *culvert_tunnel_new (CulvertEngine *engine, CulvertConfig *config, guint64 id);

/* The engine lets go of the tunnel. */
void culvert_tunnel_detach (CulvertTunnel *tunnel);

/* Slow (key derivation): runs in a GTask thread. NULL with CULVERT_ERROR_CONFIG or _CRYPTO. */
CulvertPlan *culvert_tunnel_build_plan (CulvertConfig *config,
                                        guint64 id,
                                        guint32 generation,
                                        gboolean log_streams,
                                        GError **error);

/* A report of one of its workers. */
void culvert_tunnel_handle_report (CulvertTunnel *tunnel, const CulvertReport *report);

void culvert_tunnel_log (CulvertTunnel *tunnel, CulvertLogLevel level, const char *format, ...)
  G_GNUC_PRINTF (3, 4);
void culvert_tunnel_set_state (CulvertTunnel *tunnel, CulvertTunnelState state);

/* Steps of the life cycle that a report brings. */
void culvert_tunnel_started (CulvertTunnel *tunnel);
void culvert_tunnel_failed (CulvertTunnel *tunnel, GError *error);
void culvert_tunnel_stopped (CulvertTunnel *tunnel);

/* Moves a session's counters to the retired totals. */
void culvert_tunnel_retire (CulvertTunnel *tunnel, const CulvertCounters *counters);

/* The engine's runtime, created with the first start. */
CulvertRuntime *culvert_engine_get_runtime (CulvertEngine *engine);

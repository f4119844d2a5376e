/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Between engine and tunnel, and between the files of the tunnel: life (-tunnel.c), the plan
 * made of the configuration (-plan.c), messages about reports (-log.c), states (-state.c). */
#pragma once

#include "culvert-config.h"
#include "culvert-engine.h"
#include "culvert-history-private.h"
#include "culvert-path-memory.h"
#include "culvert-recorder.h"
#include "culvert-runtime.h"
#include "culvert-tunnel.h"

/* -- engine ----------------------------------------------------------------------- */

CulvertTunnel *culvert_tunnel_new (CulvertEngine *engine, guint64 id, CulvertConfig *config);
guint64 culvert_tunnel_get_id (CulvertTunnel *tunnel);
/* Takes what the report transfers. */
void culvert_tunnel_handle_report (CulvertTunnel *tunnel, const CulvertReport *report);

CulvertRuntime *culvert_engine_get_runtime (CulvertEngine *engine);
GMainContext *culvert_engine_get_context (CulvertEngine *engine);
/* All calls come from the thread of new. */
gboolean culvert_engine_is_own_thread (CulvertEngine *engine);

CulvertPathMemory *culvert_engine_get_path_memory (CulvertEngine *engine);
CulvertRecorder *culvert_engine_get_recorder (CulvertEngine *engine);

/* A client runs: it is to hear of changes of the network (culvert-network.h). */
void culvert_engine_watch_network (CulvertEngine *engine);
void culvert_tunnel_network_changed (CulvertTunnel *tunnel, CulvertTime slept);

/* -- between the files of the tunnel ---------------------------------------------------- */

/* NULL while nothing runs. */
CulvertRun *culvert_tunnel_get_run (CulvertTunnel *tunnel);
/* What it was started with, NULL while stopped. */
CulvertConfig *culvert_tunnel_get_running_config (CulvertTunnel *tunnel);
/* For the next start. */
void culvert_tunnel_set_config (CulvertTunnel *tunnel, CulvertConfig *config);
/* Tells the workers; there must be a run. Takes task, which may be NULL. */
void culvert_tunnel_apply_hot (CulvertTunnel *tunnel, GTask *task);
/* Made with the first start. */
CulvertHistory *culvert_tunnel_get_history (CulvertTunnel *tunnel);

/* -- plan --------------------------------------------------------------------------- */

/* Slow (derives keys); any thread. Fails with CULVERT_ERROR_CONFIG or _CRYPTO. */
CulvertPlan *culvert_tunnel_build_plan (CulvertConfig *config, GError **error);

/* -- states --------------------------------------------------------------------------- */

/* What is known of a run that has started. */
typedef struct
{
  gboolean is_server;
  guint n_heard;               /* sessions that answer */
  guint n_stalled;             /* sessions that did and do not */
  CulvertTunnelReason trouble; /* client: what last kept a session from answering */
} CulvertTunnelFacts;

typedef struct
{
  CulvertTunnelState state;
  CulvertTunnelReason reason;
} CulvertTunnelVerdict;

CulvertTunnelVerdict culvert_tunnel_judge (const CulvertTunnelFacts *facts);

/* What a report says against the peer's being reached; NONE for most. */
CulvertTunnelReason culvert_tunnel_trouble (const CulvertReport *report);

/* -- messages ------------------------------------------------------------------------ */

/* Text for a report (transfer full), NULL when it is not worth one. */
char *culvert_tunnel_describe (const CulvertReport *report,
                               CulvertConfig *config,
                               CulvertLogLevel *out_level);

/* Message and code for a FAILED report; resolve_text: the name that has no address, or NULL. */
GError *culvert_tunnel_start_error (const CulvertReport *report, gboolean has_resolve_failed);

/* Collapses equal messages and floods. */
typedef struct
{
  char *last;       /* last message passed on */
  CulvertLogLevel last_level;
  gint64 last_at;
  guint64 n_equal;  /* equal ones held back since */
  double tokens;    /* messages that may still pass */
  gint64 filled_at;
  guint64 n_dropped; /* by the flood limit */
} CulvertLogFilter;

typedef struct
{
  CulvertLogLevel level;
  char *text;
} CulvertLogLine;

void culvert_log_line_free (gpointer line);

void culvert_log_filter_clear (CulvertLogFilter *filter);
/* Takes text; appends CulvertLogLine to lines, none, one or more. */
void culvert_log_filter_add (CulvertLogFilter *filter,
                             CulvertLogLevel level,
                             char *text,
                             gint64 now,
                             GQueue *lines);

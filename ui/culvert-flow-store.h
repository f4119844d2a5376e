/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertFlow: a session or a stream as a row of a table; CulvertFlowStore: the rows, a list model
 * that follows one answer of the engine after the other.
 *
 * A row lives as long as what it stands for, so that a selection stays; its signal "changed" ()
 * tells that it has new values; the store's "updated" () comes once for all. Rates are those
 * between the last two answers. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_FLOW (culvert_flow_get_type ())
G_DECLARE_FINAL_TYPE (CulvertFlow, culvert_flow, CULVERT, FLOW, GObject)

/* Read-only. */
struct _CulvertFlow
{
  GObject parent_instance;

  guint64 session;
  guint32 id;       /* of the stream; 0 for a session */
  char *address;    /* of the local client or the target; of a session NULL */
  char *peer;       /* of the session; NULL: not known */
  gint64 age_us;
  gint64 silent_us; /* of a session: since it was heard, -1: never */
  gint64 srtt_us;   /* of a session, 0: not known */
  gint64 rttvar_us;
  guint n_streams;  /* of a session */
  guint64 bytes_in; /* payload from the peer */
  guint64 bytes_out;
  double rate_in;   /* bytes/s, NAN: not known yet */
  double rate_out;
};

#define CULVERT_TYPE_FLOW_STORE (culvert_flow_store_get_type ())
G_DECLARE_FINAL_TYPE (CulvertFlowStore, culvert_flow_store, CULVERT, FLOW_STORE, GObject)

CulvertFlowStore *culvert_flow_store_new (void);
/* sessions: of CulvertSessionInfo, by id. */
void culvert_flow_store_set_sessions (CulvertFlowStore *store, GPtrArray *sessions);
/* streams: of CulvertStreamInfo, by session and id; sessions: as above, for the peers' names. */
void culvert_flow_store_set_streams (CulvertFlowStore *store,
                                     GPtrArray *streams,
                                     GPtrArray *sessions);
void culvert_flow_store_clear (CulvertFlowStore *store);

G_END_DECLS

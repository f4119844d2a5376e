/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertFlowView: a table of sessions or of streams; sortable by each column. Control+C copies
 * the address of the selected row. */
#pragma once

#include "culvert-flow-store.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_FLOW_VIEW (culvert_flow_view_get_type ())
G_DECLARE_FINAL_TYPE (CulvertFlowView, culvert_flow_view, CULVERT, FLOW_VIEW, AdwBin)

typedef enum
{
  CULVERT_FLOW_SESSIONS,
  CULVERT_FLOW_STREAMS,
} CulvertFlowKind;

/* Once. */
void culvert_flow_view_set_store (CulvertFlowView *view,
                                  CulvertFlowKind kind,
                                  CulvertFlowStore *store);
/* The names of the columns follow the role of the tunnel. */
void culvert_flow_view_set_role (CulvertFlowView *view, CulvertRole role);
/* The table as it is sorted, with tabs, its columns' titles first. (transfer full) */
char *culvert_flow_view_dup_text (CulvertFlowView *view);
/* Of the selected row, or NULL. (transfer full) */
char *culvert_flow_view_dup_selected (CulvertFlowView *view);
GtkColumnView *culvert_flow_view_get_table (CulvertFlowView *view);

G_END_DECLS

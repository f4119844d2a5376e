/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertFlowPoller: keeps the rows of a tunnel's sessions, and of their streams, while somebody
 * looks at them: asks the workers once a second, and never before they have answered. */
#pragma once

#include "culvert-flow-store.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_FLOW_POLLER (culvert_flow_poller_get_type ())
G_DECLARE_FINAL_TYPE (CulvertFlowPoller, culvert_flow_poller, CULVERT, FLOW_POLLER, GObject)

CulvertFlowPoller *culvert_flow_poller_new (gboolean wants_streams);
/* (transfer none) */
CulvertFlowStore *culvert_flow_poller_get_sessions (CulvertFlowPoller *poller);
CulvertFlowStore *culvert_flow_poller_get_streams (CulvertFlowPoller *poller);
/* tunnel: (nullable): nothing is asked. Another one empties the stores. */
void culvert_flow_poller_set_tunnel (CulvertFlowPoller *poller, CulvertTunnel *tunnel);
void culvert_flow_poller_set_active (CulvertFlowPoller *poller, gboolean is_active);
/* Questions asked so far. */
guint culvert_flow_poller_get_n_asked (CulvertFlowPoller *poller);

G_END_DECLS

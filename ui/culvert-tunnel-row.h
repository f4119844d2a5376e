/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertTunnelRow: one profile in the sidebar: name, state, rates, switch; its menu, keys and
 * dragging. Acts through the window's actions, with the profile's UUID. Property: item
 * (CulvertHubItem, construct only). */
#pragma once

#include "culvert-hub-item.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_TUNNEL_ROW (culvert_tunnel_row_get_type ())
G_DECLARE_FINAL_TYPE (CulvertTunnelRow, culvert_tunnel_row, CULVERT, TUNNEL_ROW, GtkListBoxRow)

GtkWidget *culvert_tunnel_row_new (CulvertHubItem *item);
CulvertHubItem *culvert_tunnel_row_get_item (CulvertTunnelRow *row);

/* What can be done with a profile, for the row and the header of its page. Actions of hub and
 * win with the UUID as target. (transfer full) */
GMenuModel *culvert_tunnel_row_new_menu (CulvertHubItem *item);

G_END_DECLS

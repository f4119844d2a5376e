/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertTunnelPage: the stack of pages of one profile: overview, settings, connections, counters,
 * log. Hands hub and item down to them. */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_TUNNEL_PAGE (culvert_tunnel_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertTunnelPage, culvert_tunnel_page, CULVERT, TUNNEL_PAGE, CulvertPage)

/* name: "overview", "settings", "connections", "counters" or "log". */
void culvert_tunnel_page_show (CulvertTunnelPage *page, const char *name);

G_END_DECLS

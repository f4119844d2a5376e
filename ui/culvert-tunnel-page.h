/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertTunnelPage: one profile beside the list: header with switch and menu, and the stack of
 * its pages: overview, settings, connections, counters, log. A page is made when it is shown for
 * the first time; hub and item are handed down to it. Property: is-folded (the list is not
 * beside it: the header has a way back). */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_TUNNEL_PAGE (culvert_tunnel_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertTunnelPage, culvert_tunnel_page, CULVERT, TUNNEL_PAGE, CulvertPage)

/* name: "overview", "settings", "connections", "counters" or "log". */
void culvert_tunnel_page_show (CulvertTunnelPage *page, const char *name);
/* The page of this name, made if it was not there yet. (transfer none) */
CulvertPage *culvert_tunnel_page_get_child (CulvertTunnelPage *page, const char *name);
/* Where something about the profile is asked. (transfer none) */
GtkWidget *culvert_tunnel_page_get_menu_button (CulvertTunnelPage *page);

G_END_DECLS

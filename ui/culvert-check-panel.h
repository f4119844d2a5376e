/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertCheckPanel: asks the server of a client's profile whether all fits, tells the verdict in
 * a sentence, and offers what mends it as a button.
 *
 * Property: is-running (read-only). Setting another item ends a check
 * under way. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_CHECK_PANEL (culvert_check_panel_get_type ())
G_DECLARE_FINAL_TYPE (CulvertCheckPanel, culvert_check_panel, CULVERT, CHECK_PANEL, AdwBin)

/* hub, item: (nullable) (transfer none) */
void culvert_check_panel_set_item (CulvertCheckPanel *panel, CulvertHub *hub, CulvertHubItem *item);
void culvert_check_panel_start (CulvertCheckPanel *panel);
/* NULL while there is none. (transfer none) */
const CulvertCheckResult *culvert_check_panel_get_result (CulvertCheckPanel *panel);

G_END_DECLS

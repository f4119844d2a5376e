/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* For tests: another helper, and another clock. */
#pragma once

#include "tray/culvert-tray.h"

/* helper: path of the program; icon_dir: (nullable) the folder that has hicolor/; unit_ms: it is
 * restarted after 1, 4 and 16 of these. */
CulvertTray *culvert_tray_new_with_helper (CulvertHub *hub,
                                           const char *helper,
                                           const char *icon_dir,
                                           guint unit_ms);
/* Restarts so far in a row. */
guint culvert_tray_get_n_restarts (CulvertTray *tray);
/* No more restarts. */
gboolean culvert_tray_has_given_up (CulvertTray *tray);

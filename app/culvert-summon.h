/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* There is one application for each person, and the session bus need not be what finds it: that may
 * be absent, or may have ended under an application whose tunnels go on. So whoever starts another
 * asks at its control socket first. */
#pragma once

#include <glib.h>

/* Whether the application runs already. shows_window: it is to open its window or raise it, token
 * (nullable) being the desktop's leave to do so. Blocks, shortly; before the main loop. */
gboolean culvert_summon (gboolean shows_window, const char *token);

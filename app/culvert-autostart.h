/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Whether the application starts with the person's session, without a window
 * (`culvert --background`). The desktop's own settings may change it too: it is read anew each
 * time, from one small file. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

CULVERT_AVAILABLE gboolean culvert_autostart_get (void);
/* FALSE with G_IO_ERROR or G_FILE_ERROR; then all stays as it was. */
CULVERT_AVAILABLE gboolean culvert_autostart_set (gboolean is_on, GError **error);

G_END_DECLS

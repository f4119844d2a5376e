/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "tray/culvert-tray.h"

CulvertTray *
culvert_tray_new (CulvertHub *hub, CulvertTrayFunc changed_func, gpointer user_data)
{
  return NULL;
}

void
culvert_tray_free (CulvertTray *tray)
{
}

gboolean
culvert_tray_is_starting (CulvertTray *tray)
{
  return FALSE;
}

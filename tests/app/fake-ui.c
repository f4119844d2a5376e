/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Stands in for libculvert-ui: FAKE_UI_INTERFACE is its version, without it the symbol is missing
 * as in any other library. */

#include "config.h"

#include "culvert-ui-loader.h"

#ifdef FAKE_UI_INTERFACE
static gboolean
fake_ui_present (CulvertHub *hub, const char *uuid, const char *activation_token, GError **error)
{
  culvert_hub_hold (hub);
  return TRUE;
}

static void
fake_ui_close (void)
{
}

CULVERT_AVAILABLE const CulvertUiModule culvert_ui_module;
const CulvertUiModule culvert_ui_module = { FAKE_UI_INTERFACE, fake_ui_present, fake_ui_close };
#else
CULVERT_AVAILABLE int culvert_other_module (void);

int
culvert_other_module (void)
{
  return 0;
}
#endif

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* For tests: the module of another path. */
#pragma once

#include "culvert-ui-loader.h"

/* Checks interface and version; the module stays in the process, also a wrong one. NULL with
 * CULVERT_UI_ERROR. */
const CulvertUiModule *culvert_ui_loader_open (const char *path, GError **error);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertSettingsPage: every setting of a profile, made from culvert-config.defs. */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_SETTINGS_PAGE (culvert_settings_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertSettingsPage,
                      culvert_settings_page,
                      CULVERT,
                      SETTINGS_PAGE,
                      CulvertPage)

G_END_DECLS

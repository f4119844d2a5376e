/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertPresetGroup: settings from two answers: what the tunnel is for and how fast the line is.
 * Lists what would change before it changes the draft. */
#pragma once

#include "culvert-draft.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_PRESET_GROUP (culvert_preset_group_get_type ())
G_DECLARE_FINAL_TYPE (CulvertPresetGroup,
                      culvert_preset_group,
                      CULVERT,
                      PRESET_GROUP,
                      AdwPreferencesGroup)

/* draft: (nullable). rtt_ms 0: assumed. */
void culvert_preset_group_update (CulvertPresetGroup *group, CulvertDraft *draft, double rtt_ms);

G_END_DECLS

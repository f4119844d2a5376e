/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertLintGroup: what looks wrong about a profile, a row each, with ways out as buttons. Hidden
 * while there is nothing. A button changes the profile it was given.
 *
 * Signal "show-setting" (int): the person wants to see the row of this CulvertSettingId. */
#pragma once

#include "culvert-lint.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_LINT_GROUP (culvert_lint_group_get_type ())
G_DECLARE_FINAL_TYPE (
    CulvertLintGroup, culvert_lint_group, CULVERT, LINT_GROUP, AdwPreferencesGroup)

/* profile: (nullable) */
void culvert_lint_group_update (CulvertLintGroup *group, CulvertProfile *profile);

G_END_DECLS

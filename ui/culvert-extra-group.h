/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertExtraGroup: keys of a profile that are no setting of its role, kept for whoever wrote
 * them: an entry each, with the value as JSON, and one for a new key. */
#pragma once

#include "culvert-draft.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_EXTRA_GROUP (culvert_extra_group_get_type ())
G_DECLARE_FINAL_TYPE (CulvertExtraGroup,
                      culvert_extra_group,
                      CULVERT,
                      EXTRA_GROUP,
                      AdwPreferencesGroup)

GtkWidget *culvert_extra_group_new (void);
/* draft: (nullable) */
void culvert_extra_group_update (CulvertExtraGroup *group, CulvertDraft *draft);

G_END_DECLS

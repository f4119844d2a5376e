/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The menu of the tray, without a word about who draws it: a GMenuModel with the state, an item
 * per profile with its rates, and what can be done with all.
 *
 * Items of profiles are read from the hub; an item whose label changes is replaced by one
 * items-changed (position, 1, 1), so that a mirror can tell a new label from a new menu. Actions
 * are those of the hub, without prefix. Main thread. */
#pragma once

#include "culvert-hub.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_TRAY_PROFILES (culvert_tray_profiles_get_type ())
G_DECLARE_FINAL_TYPE (CulvertTrayProfiles,
                      culvert_tray_profiles,
                      CULVERT,
                      TRAY_PROFILES,
                      GMenuModel)

/* The section of the profiles. hub: borrowed weakly. */
GMenuModel *culvert_tray_profiles_new (CulvertHub *hub);
/* The whole menu. (transfer full) */
GMenuModel *culvert_tray_menu_new (CulvertHub *hub);

G_END_DECLS

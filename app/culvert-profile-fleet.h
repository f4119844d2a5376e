/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Saved profiles as a CulvertFleet: all of a hub, or those a headless process was started for.
 * Names are those of the profiles; a UUID is a name, too. Main thread. */
#pragma once

#include "culvert-fleet.h"
#include "culvert-hub.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_PROFILE_FLEET (culvert_profile_fleet_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertProfileFleet,
                                        culvert_profile_fleet,
                                        CULVERT,
                                        PROFILE_FLEET,
                                        GObject)

/* only: (nullable) array of CulvertHubItem, references are taken. */
CULVERT_AVAILABLE CulvertFleet *culvert_profile_fleet_new (CulvertHub *hub, GPtrArray *only);
/* The process is about to end: nothing is started any more. */
CULVERT_AVAILABLE void culvert_profile_fleet_close (CulvertProfileFleet *fleet);

G_END_DECLS

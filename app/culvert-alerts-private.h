/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* For tests: phases that no tunnel has gone through. */
#pragma once

#include "culvert-alerts.h"

/* A loss is told when it has lasted this long. */
void culvert_alerts_set_patience_ms (CulvertAlerts *alerts, guint patience_ms);
void culvert_alerts_moved (CulvertAlerts *alerts,
                           CulvertHubItem *item,
                           CulvertPhase before,
                           CulvertPhase now,
                           gboolean by_person);

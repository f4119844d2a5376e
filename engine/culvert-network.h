/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What happens to the machine that sessions must know at once: other addresses or routes
 * (GNetworkMonitor), and suspend and resume (the boot clock runs on while the monotonic one stands
 * still; logind's word where there is a system bus). A change of networks is told when it has
 * settled for a moment.
 *
 * Lives in the engine's context and wakes it for nothing else. */
#pragma once

#include "culvert-base.h"

typedef struct _CulvertNetwork CulvertNetwork;

/* slept: how long the machine was suspended; 0: its networks changed. */
typedef void (*CulvertNetworkFunc) (CulvertTime slept, void *data);

/* Never NULL: what cannot be watched on this system is not. */
CulvertNetwork *culvert_network_new (GMainContext *context, CulvertNetworkFunc func, void *data);
/* Accepts NULL. */
void culvert_network_free (CulvertNetwork *network);

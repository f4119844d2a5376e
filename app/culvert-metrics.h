/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* HTTP for those who watch: GET only, nothing secret, no state.
 *
 *   /metrics   OpenMetrics text
 *   /stats     JSON, the dictionary of culvert-status.h
 *   /healthz   200 while a tunnel is connected, else 503
 *
 * Feature "metrics" of the build (libsoup 3); without it new fails. Main thread. */
#pragma once

#include "culvert-fleet.h"

typedef struct _CulvertMetrics CulvertMetrics;

/* address: "address:port", ":port" is loopback, port 0 any. NULL with G_IO_ERROR. */
CulvertMetrics *culvert_metrics_new (CulvertFleet *fleet, const char *address, GError **error);
void culvert_metrics_free (CulvertMetrics *metrics);
/* Where it listens, "http://127.0.0.1:9100/" (transfer none). */
const char *culvert_metrics_get_uri (CulvertMetrics *metrics);

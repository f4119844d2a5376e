/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The counters of all tunnels in the OpenMetrics text format 1.0: every field of CulvertStats
 * with type, unit and help, and the state. Labels: tunnel and role. Seconds and bytes are the
 * only units; the help of a counter ends with its name in kcptun's CSV. */
#pragma once

#include "culvert-fleet.h"

#define CULVERT_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* (transfer full) */
CULVERT_AVAILABLE char *culvert_openmetrics_dup (CulvertFleet *fleet);

/* Appends a label's value, escaped. */
void culvert_openmetrics_append_escaped (GString *out, const char *value);
/* "bytes_sent" for "BytesSent", "fec_errs" for "FECErrs" (transfer full). */
char *culvert_openmetrics_dup_snake (const char *name);

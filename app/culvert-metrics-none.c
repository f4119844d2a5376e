/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A build without libsoup. */

#include "config.h"

#include "culvert-metrics.h"

CulvertMetrics *
culvert_metrics_new (CulvertFleet *fleet, const char *address, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "metrics: this build cannot serve them; build with libsoup 3");
  return NULL;
}

void
culvert_metrics_free (CulvertMetrics *self)
{
}

const char *
culvert_metrics_get_uri (CulvertMetrics *self)
{
  return "";
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The one symbol of the module. */

#include "config.h"

#include "culvert-web.h"

#include <gmodule.h>

G_MODULE_EXPORT extern const CulvertWeb culvert_web;

const CulvertWeb culvert_web = {
  .version = CULVERT_VERSION,
  .metrics_new = culvert_metrics_new,
  .metrics_free = culvert_metrics_free,
  .metrics_get_uri = culvert_metrics_get_uri,
  .pprof_new = culvert_pprof_new,
  .pprof_free = culvert_pprof_free,
  .pprof_get_uri = culvert_pprof_get_uri,
};

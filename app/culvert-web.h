/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What is served by HTTP, metrics and profiles, in a module of its own: the library for it brings
 * a dozen others, which would be a good part of the memory of a process that serves nothing. The
 * module is loaded when it is wanted first, from the folder of libculvert-app or from culvert/ in
 * it, and stays. Main thread. */
#pragma once

#include "culvert-metrics.h"
#include "culvert-pprof.h"

#define CULVERT_WEB_MODULE "libculvert-web.so"
#define CULVERT_WEB_SYMBOL "culvert_web"

/* Functions of culvert-metrics.h and culvert-pprof.h. */
typedef struct
{
  const char *version; /* of the program it belongs to */
  CulvertMetrics *(*metrics_new) (CulvertFleet *fleet, const char *address, GError **error);
  void (*metrics_free) (CulvertMetrics *metrics);
  const char *(*metrics_get_uri) (CulvertMetrics *metrics);
  CulvertPprof *(*pprof_new) (guint16 port, GError **error);
  void (*pprof_free) (CulvertPprof *pprof);
  const char *(*pprof_get_uri) (CulvertPprof *pprof);
} CulvertWeb;

/* NULL with G_IO_ERROR: this build or installation has none. */
const CulvertWeb *culvert_web_load (GError **error);

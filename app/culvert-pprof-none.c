/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A build without gperftools. */

#include "config.h"

#include "culvert-pprof.h"

CulvertPprof *
culvert_pprof_new (guint16 port, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "pprof: not available in this build, ignored");
  return NULL;
}

void
culvert_pprof_free (CulvertPprof *self)
{
}

const char *
culvert_pprof_get_uri (CulvertPprof *self)
{
  return "";
}

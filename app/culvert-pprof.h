/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CPU profiles on loopback, as kcptun's -pprof has them: GET /debug/pprof/profile?seconds=N
 * (30 at first, 1 to 600) samples the whole process for so long and answers with a profile that
 * pprof reads. One at a time. Feature "pprof" of the build (gperftools); without it new fails. */
#pragma once

#include <gio/gio.h>

#define CULVERT_PPROF_PORT 6060

typedef struct _CulvertPprof CulvertPprof;

/* port 0: any. NULL with G_IO_ERROR. */
CulvertPprof *culvert_pprof_new (guint16 port, GError **error);
void culvert_pprof_free (CulvertPprof *pprof);
/* Where it listens (transfer none). */
const char *culvert_pprof_get_uri (CulvertPprof *pprof);

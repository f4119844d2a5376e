/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Saved profiles have settings of the process in them, too (log, metrics, control, workers and the
 * like), and a headless process may run several profiles: each of these settings comes from the
 * first profile that gives it. Main thread. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

/* profiles: of CulvertProfile, one at least. The result has only settings of the process, all else
 * at its default. out_conflicts: (nullable) a sentence for each value that is not used, because a
 * profile before gave another (transfer full). NULL with CULVERT_ERROR_CONFIG. (transfer full) */
CULVERT_AVAILABLE CulvertConfig *culvert_profile_process_new_config (GPtrArray *profiles,
                                                                     GStrv *out_conflicts,
                                                                     GError **error);

G_END_DECLS

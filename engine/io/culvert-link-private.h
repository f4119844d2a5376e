/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Between the files of the link: life and rounds (-link.c), whether the peer is there
 * (-link-watch.c). */
#pragma once

#include "culvert-link.h"
#include "culvert-runtime.h"

void culvert_link_report (CulvertLink *link, CulvertReportKind kind, int code);

/* What the session begins with. */
void culvert_link_size_plan (CulvertLink *link, CulvertSessionConfig *config, CulvertTime now);
/* After the output. False: the link has died. */
bool culvert_link_watch_size (CulvertLink *link, CulvertTime now);

/* Set up with the session. */
void culvert_link_watch_init (CulvertLink *link, CulvertTime now);
/* Once per run, before the output. False: the link has died. */
bool culvert_link_watch (CulvertLink *link, CulvertTime now);

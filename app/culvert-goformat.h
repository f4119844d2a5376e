/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Time layouts written as the reference instant Mon Jan 2 15:04:05 MST 2006, WIRE.md 14.2. */
#pragma once

#include <glib.h>

/* The layout with its tokens replaced by the time, in the time's zone. nanosecond: of the second;
 * GDateTime itself ends at microseconds. (transfer full) */
char *culvert_goformat (const char *layout, GDateTime *time, guint nanosecond);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* culvert check: why a server does not answer, or not as it should. */
#pragma once

#include "culvert.h"

/* args: "check" and the words behind it. Prints and returns the exit code: that of the verdict
 * (CulvertCheckVerdict), EXIT_FAILURE when the check itself failed, CULVERT_EXIT_USAGE. */
int culvert_cmd_check (const char *const *args);

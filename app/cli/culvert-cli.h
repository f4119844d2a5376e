/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The words behind the program's name: which command, and the texts of --help and --version. */
#pragma once

#include "culvert-launch.h"

#define CULVERT_EXIT_USAGE 2 /* wrong command line or configuration; nothing was opened */

/* "--headless client ...", "--headless server ...", "--headless -c FILE", --help, --version.
 * Errors as culvert_launch_prepare. */
gboolean culvert_cli_parse (CulvertLaunch *out,
                            const char *const *args,
                            const char *env_key,
                            GError **error);

/* Runs a subcommand other than --headless. FALSE: args name none. */
gboolean culvert_cli_run_command (const char *const *args, int *out_status);

/* Role 0: of the program itself. (transfer full) */
char *culvert_cli_dup_help (guint role);
char *culvert_cli_dup_version (void);

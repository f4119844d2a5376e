/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The words behind the program's name: which command, and the texts of --help and --version. */
#pragma once

#include "culvert-launch.h"

/* Exit codes; each command's help names those it has. */
#define CULVERT_EXIT_FAILED 1      /* what was asked for was refused or did not work */
#define CULVERT_EXIT_USAGE 2       /* wrong command line or configuration; nothing was opened */
#define CULVERT_EXIT_NO_INSTANCE 3 /* no running culvert answers */
#define CULVERT_EXIT_NO_TUNNEL 4   /* no tunnel of this name, or several */

/* "--headless client ...", "--headless server ...", "--headless -c FILE", --help, --version.
 * Errors as culvert_launch_prepare. */
gboolean culvert_cli_parse (CulvertLaunch *out,
                            const char *const *args,
                            const char *env_key,
                            GError **error);

/* Role 0: of the program itself. (transfer full) */
char *culvert_cli_dup_help (guint role);
char *culvert_cli_dup_version (void);

/* Runs the subcommand args begin with, without a GApplication. FALSE: it is none. */
gboolean culvert_cli_run_command (const char *const *args, int *out_status);

/* One subcommand; args begin with its name. Returns the exit code. */
typedef int (*CulvertCommandFunc) (const char *const *args);

int culvert_cmd_connect (const char *const *args);
int culvert_cmd_disconnect (const char *const *args);
int culvert_cmd_reload (const char *const *args);
int culvert_cmd_status (const char *const *args);
int culvert_cmd_toggle (const char *const *args);
int culvert_cmd_top (const char *const *args);

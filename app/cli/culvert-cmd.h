/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the subcommands have in common: options, connections to the running instances, words for
 * numbers. Blocking calls: a command does nothing else. */
#pragma once

#include "cli/culvert-cli.h"

#include <gio/gio.h>

/* One running process. */
typedef struct
{
  char *path;
  GDBusConnection *connection;
} CulvertInstance;

/* Parses args; *out_rest: what is no option (transfer full). description goes below the
 * options. FALSE: *out_status is the exit code, all has been said. */
gboolean culvert_cmd_parse (const char *const *args,
                            const char *usage,
                            const char *description,
                            const GOptionEntry *entries,
                            GStrv *out_rest,
                            int *out_status);

/* Of CulvertInstance: the one at path, or with NULL all that answer, maybe none (transfer
 * full). */
GPtrArray *culvert_cmd_find_instances (const char *path);
/* The same, but with a message and NULL when there is none. */
GPtrArray *culvert_cmd_need_instances (const char *path);

/* NULL with the error of the instance (transfer full). */
GVariant *culvert_cmd_call (CulvertInstance *instance,
                            const char *method,
                            GVariant *arguments,
                            const char *reply_type,
                            GError **error);
/* The rows of "Sessions" or "Streams" of one tunnel; NULL when the instance does not answer
 * (transfer full). */
GVariant *culvert_cmd_ask_rows (CulvertInstance *instance, const char *method, const char *name);
/* Prints what went wrong; returns the exit code for it. */
int culvert_cmd_complain (const GError *error);

/* Calls method (name) at the instance that has the tunnel; *out_reply may be NULL. Returns the
 * exit code, all has been said. */
int culvert_cmd_call_tunnel (const char *path,
                             const char *name,
                             const char *method,
                             const char *reply_type,
                             GVariant **out_reply);
/* connect, disconnect, toggle. */
int culvert_cmd_switch (const char *const *args, const char *method, const char *description);

/* "1.2 MB/s", "23.4 ms", "0.1 %", "3 h 12 min"; "-" for NAN (transfer full). */
char *culvert_cmd_dup_rate (double bytes_per_second);
char *culvert_cmd_dup_delay (double seconds);
char *culvert_cmd_dup_share (double share);
char *culvert_cmd_dup_age (double seconds);

/* A value of a status dictionary's "now", NAN when it is not known. */
double culvert_cmd_now (GVariant *status, const char *series);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Command line of kcptun -> dictionary of settings, by the rules of Go's flag package, WIRE.md
 * 13.4.
 *
 * One and two dashes are equal, -name value and -name=value, booleans take no separate value,
 * parsing stops at the first word without a dash. Differences on purpose: errors are errors
 * (G_OPTION_ERROR, the caller exits with 2), and a value has the type its setting says. Ranges
 * are not looked at here. */
#pragma once

#include "culvert.h"

typedef struct
{
  GVariant *settings; /* a{sv} by JSON key: what was given, typed */
  char *config_file;  /* -c, or NULL */
  gboolean help;      /* -h, --help, or help or h as the first remaining word */
  gboolean version;
} CulvertOptions;

/* args: NULL-terminated, without the program name. role CULVERT_ROLE_BOTH takes the flags of
 * both; good only to find config_file, help and version. Fills out on success. */
gboolean culvert_options_parse (CulvertOptions *out,
                                CulvertRole role,
                                const char *const *args,
                                GError **error);
void culvert_options_clear (CulvertOptions *options);

/* Integer in Go's notation: sign, 0x, 0o, 0b, leading 0 for octal, underscores between digits. */
gboolean culvert_options_read_int (const char *text, gint64 *out_number);
/* The same with an optional K, M or G (1024) behind. */
gboolean culvert_options_read_size (const char *text, gint64 *out_number);
/* 1, 0, t, f, T, F, true, false, TRUE, FALSE, True, False. */
gboolean culvert_options_read_bool (const char *text, gboolean *out_value);

/* Text from outside as a value: a string, or bytes where it is not UTF-8. Floating. */
GVariant *culvert_options_new_text (const char *text);

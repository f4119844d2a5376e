/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The counters as text: CSV lines in a file named by a Go time pattern (WIRE.md 14.2) and the
 * line of SIGUSR1 (14.3). */
#pragma once

#include "culvert.h"

/* File for this moment: the part behind the last slash is a time layout. (transfer full) */
char *culvert_snmplog_dup_path (const char *pattern, GDateTime *now);

/* Header line and one line of values, both with their end. (transfer full) */
char *culvert_snmplog_dup_header (void);
char *culvert_snmplog_dup_line (const CulvertStats *stats, GDateTime *now);

/* Appends a line to the file of this moment, with the header in front when the file is empty. The
 * file is made with 0666 & umask as kcptun does: monitoring of another user reads it. */
gboolean culvert_snmplog_append (const char *pattern,
                                 const CulvertStats *stats,
                                 GDateTime *now,
                                 GError **error);

/* "KCP SNMP:&{BytesSent:0 ... OOBPackets:0}" as kcptun writes it. (transfer full) */
char *culvert_snmplog_dup_summary (const CulvertStats *stats);
/* The counters kcptun does not have, in the same form. (transfer full) */
char *culvert_snmplog_dup_more (const CulvertStats *stats);

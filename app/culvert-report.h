/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A profile's story as one text, for a report of a problem: version, system, settings, state, last
 * check, counters, last lines of the log.
 *
 * Without secrets: settings are written one by one, the key and values of keys we do not know
 * never; the key is struck out wherever it should stand in a line of the log; the home folder
 * becomes "~". Pure but for the random numbers behind the hidden names. */
#pragma once

#include "culvert-hub-item.h"

G_BEGIN_DECLS

typedef enum
{
  CULVERT_REPORT_DEFAULT = 0,
  CULVERT_REPORT_HIDE_HOSTS = 1 << 0, /* names and addresses of hosts become "host-1a2b3c", the
                                       * same one the same within a report */
} CulvertReportFlags;

/* Lines of the log in a report. */
#define CULVERT_REPORT_LINES_MAX 200

/* system: lines about the front end, "GTK 4.8.3" (nullable). (transfer full) */
CULVERT_AVAILABLE char *culvert_report_dup_text (CulvertHubItem *item,
                                                 CulvertReportFlags flags,
                                                 const char *system);

G_END_DECLS

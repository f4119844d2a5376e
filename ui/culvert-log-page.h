/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertLogPage: what happened, by level and text, from the start of the process on.
 *
 * Pausing and clearing are matters of this view; the lines stay. Actions: log.copy (Ctrl+C), of
 * the selected lines or all that are shown; log.clear; log.copy-report (b:
 * hide names of hosts). */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_LOG_PAGE (culvert_log_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertLogPage, culvert_log_page, CULVERT, LOG_PAGE, CulvertPage)

/* Lines shown, as copied. (transfer full) */
char *culvert_log_page_dup_shown (CulvertLogPage *page);

G_END_DECLS

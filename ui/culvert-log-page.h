/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertLogPage: what happened, by level and text. */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_LOG_PAGE (culvert_log_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertLogPage, culvert_log_page, CULVERT, LOG_PAGE, CulvertPage)

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertCountersPage: every counter with its meaning, value and rate. */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_COUNTERS_PAGE (culvert_counters_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertCountersPage,
                      culvert_counters_page,
                      CULVERT,
                      COUNTERS_PAGE,
                      CulvertPage)

G_END_DECLS

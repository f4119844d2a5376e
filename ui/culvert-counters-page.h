/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertCountersPage: every counter with its meaning, value and rate.
 *
 * Looks once a second while it is shown. “Count From Now” is a matter of this view: the counters
 * themselves are never reset. Actions: counters.copy, counters.save. */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_COUNTERS_PAGE (culvert_counters_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertCountersPage,
                      culvert_counters_page,
                      CULVERT,
                      COUNTERS_PAGE,
                      CulvertPage)

/* Looks now, outside the rhythm. */
void culvert_counters_page_refresh (CulvertCountersPage *page);

G_END_DECLS

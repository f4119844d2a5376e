/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertOverviewPage: state in words, charts, overhead meter and check. */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_OVERVIEW_PAGE (culvert_overview_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertOverviewPage,
                      culvert_overview_page,
                      CULVERT,
                      OVERVIEW_PAGE,
                      CulvertPage)

G_END_DECLS

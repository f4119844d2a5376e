/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertConnectionsPage: the streams of a profile's sessions. */
#pragma once

#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_CONNECTIONS_PAGE (culvert_connections_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertConnectionsPage,
                      culvert_connections_page,
                      CULVERT,
                      CONNECTIONS_PAGE,
                      CulvertPage)

G_END_DECLS

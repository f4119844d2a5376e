/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertWelcomePage: the window without a profile: the ways to the first one. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_WELCOME_PAGE (culvert_welcome_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertWelcomePage, culvert_welcome_page, CULVERT, WELCOME_PAGE, AdwBin)

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Of a profile, for the store alone. */
#pragma once

#include "culvert-profile.h"

/* A file's name says which profile it is, whatever stands in it. */
void culvert_profile_set_uuid (CulvertProfile *profile, const char *uuid);

/* "client", "server". */
const char *culvert_role_to_string (CulvertRole role);

/* Wipes and frees the text; NULL is fine. */
void culvert_profile_free_text (char *text);

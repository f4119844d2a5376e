/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a check's verdict asks to change at this end, as a draft that can be applied. Pure. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

/* A draft of the profile with the change, or NULL: nothing here can mend it. out_label: what a
 * button that does it says, "Use Cipher “aes-128”". (transfer full) */
CulvertProfile *culvert_check_fix_new_draft (CulvertProfile *profile,
                                             const CulvertCheckResult *result,
                                             char **out_label);

G_END_DECLS

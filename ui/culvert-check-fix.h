/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a check's verdict asks to do, as things a button can do. Pure. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

typedef enum
{
  CULVERT_CHECK_FIX_APPLY,   /* apply the draft */
  CULVERT_CHECK_FIX_SETTING, /* the person knows the right value of the setting */
  CULVERT_CHECK_FIX_PEER,    /* it is to be mended at the other end */
} CulvertCheckFixKind;

typedef struct
{
  CulvertCheckFixKind kind;
  char *label;              /* of a button, "Use Cipher “aes-128”" */
  CulvertProfile *draft;    /* of APPLY, else NULL: the profile with the change */
  CulvertSettingId setting; /* of SETTING */
} CulvertCheckFix;

void culvert_check_fix_free (CulvertCheckFix *fix);

/* The likeliest first; empty when nothing here can mend it. (transfer full): of CulvertCheckFix */
GPtrArray *culvert_check_fix_list (CulvertProfile *profile, const CulvertCheckResult *result);

G_END_DECLS

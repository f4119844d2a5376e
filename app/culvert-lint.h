/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertLint: one thing about a profile that looks wrong, in a sentence, with ways out.
 *
 * Unlike what culvert_profile_new_config refuses, all of these work somehow. Immutable.
 *
 * Properties (read-only): severity (CULVERT_TYPE_LINT_SEVERITY), code, message, setting (int, a
 * CulvertSettingId or -1). */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_LINT (culvert_lint_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertLint, culvert_lint, CULVERT, LINT, GObject)

typedef enum
{
  CULVERT_LINT_HINT,    /* could be better */
  CULVERT_LINT_WARNING, /* probably not wanted */
  CULVERT_LINT_DANGER,  /* unsafe, or will not connect */
} CulvertLintSeverity;

#define CULVERT_TYPE_LINT_SEVERITY (culvert_lint_severity_get_type ())
CULVERT_AVAILABLE GType culvert_lint_severity_get_type (void);

/* How the profile came here: asks after what a file of others leaves open. */
typedef enum
{
  CULVERT_LINT_CONTEXT_OWN,      /* made or edited here */
  CULVERT_LINT_CONTEXT_IMPORTED, /* written by or for kcptun */
} CulvertLintContext;

/* GListModel of CulvertLint, worst first; may be empty. (transfer full) */
CULVERT_AVAILABLE GListModel *culvert_lint_profile (CulvertProfile *profile,
                                                    CulvertLintContext context);

CULVERT_AVAILABLE CulvertLintSeverity culvert_lint_get_severity (CulvertLint *lint);
/* Stable name, "smuxver-missing"; for tests and style classes. */
CULVERT_AVAILABLE const char *culvert_lint_get_code (CulvertLint *lint);
CULVERT_AVAILABLE const char *culvert_lint_get_message (CulvertLint *lint);
/* CulvertSettingId the row of which is concerned, or -1. */
CULVERT_AVAILABLE int culvert_lint_get_setting (CulvertLint *lint);

/* The ways out, each a button; the first is what we would do. */
CULVERT_AVAILABLE guint culvert_lint_n_fixes (CulvertLint *lint);
/* Text of the button, or NULL past the end. */
CULVERT_AVAILABLE const char *culvert_lint_fix_label (CulvertLint *lint, guint fix);
/* Changes the profile; does not save it by itself unless a store lists it. */
CULVERT_AVAILABLE void culvert_lint_apply (CulvertLint *lint, guint fix, CulvertProfile *profile);

G_END_DECLS

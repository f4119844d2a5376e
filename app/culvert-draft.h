/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertDraft: a profile while a person edits it, until it is applied or discarded.
 *
 * Holds a copy of the item's profile that may be incomplete or wrong. What others change in the
 * profile meanwhile (its file, a fix, another window) is merged in: it comes through where the
 * person has not edited, and is remembered as a conflict where both did and differ; then the
 * person's edit stays until told otherwise. Nothing is ever lost in silence. Main thread only.
 *
 * Signal "changed" (): the copy, an error, a conflict or what is saved differs. */
#pragma once

#include "culvert-hub.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_DRAFT (culvert_draft_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertDraft, culvert_draft, CULVERT, DRAFT, GObject)

/* Equal to the profile at first. Keeps both alive. (transfer full) */
CULVERT_AVAILABLE CulvertDraft *culvert_draft_new (CulvertHub *hub, CulvertHubItem *item);

/* What is edited: change it by its own functions. (transfer none) */
CULVERT_AVAILABLE CulvertProfile *culvert_draft_get_profile (CulvertDraft *draft);
/* What is saved. (transfer none) */
CULVERT_AVAILABLE CulvertProfile *culvert_draft_get_saved (CulvertDraft *draft);
CULVERT_AVAILABLE CulvertHubItem *culvert_draft_get_item (CulvertDraft *draft);
CULVERT_AVAILABLE CulvertHub *culvert_draft_get_hub (CulvertDraft *draft);

CULVERT_AVAILABLE gboolean culvert_draft_is_edited (CulvertDraft *draft);
/* What is wrong with one setting, without its key in front; NULL: nothing. Until "changed". */
CULVERT_AVAILABLE const char *culvert_draft_get_error (CulvertDraft *draft, CulvertSettingId id);

/* JSON keys, "name", "role", "autostart" or "key-store" that the person and somebody else changed
 * differently; NULL-terminated, may be empty. Until "changed". */
CULVERT_AVAILABLE const char *const *culvert_draft_get_conflicts (CulvertDraft *draft);
/* The saved values for the conflicts, or the person's own; either ends them. */
CULVERT_AVAILABLE void culvert_draft_resolve (CulvertDraft *draft, gboolean take_saved);

/* As culvert_hub_preview and culvert_hub_apply. */
CULVERT_AVAILABLE gboolean culvert_draft_preview (CulvertDraft *draft,
                                                  CulvertApplyEffect *out_effect,
                                                  guint *out_n_streams,
                                                  GError **error);
CULVERT_AVAILABLE gboolean culvert_draft_apply (CulvertDraft *draft, GError **error);
/* Back to what is saved. */
CULVERT_AVAILABLE void culvert_draft_discard (CulvertDraft *draft);

G_END_DECLS

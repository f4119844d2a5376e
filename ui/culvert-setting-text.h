/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Words for people about the settings of culvert-config.defs: titles, help, names of choices.
 *
 * All results are translated and live for ever unless noted. A setting without an entry here falls
 * back to the engine's help and its key; a test fails then. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

/* "Receive Window" */
const char *culvert_setting_text_get_title (CulvertSettingId id);
/* One or two sentences: what it does and when to touch it. */
const char *culvert_setting_text_get_help (CulvertSettingId id);
/* Whether both come from here rather than from the fallback. */
gboolean culvert_setting_text_is_complete (CulvertSettingId id);

/* "packets", or "" */
const char *culvert_setting_text_get_unit (const CulvertSetting *setting);
/* "Up to 4 MiB" and the like are not here: see culvert_tuning_dup_effect. What a choice of a
 * combo means, "Fast 2"; NULL: show the word itself. */
const char *culvert_setting_text_get_choice (CulvertSettingId id, const char *word);
/* What the chosen word brings, or NULL. */
const char *culvert_setting_text_get_choice_effect (CulvertSettingId id, const char *word);

const char *culvert_setting_text_get_group_title (CulvertSettingGroup group);
/* (nullable) */
const char *culvert_setting_text_get_group_help (CulvertSettingGroup group);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertSettingsPage: every setting of a profile, made from culvert-config.defs.
 *
 * A person edits a draft; a bar below says in words what applying it would do. A draft with
 * edits is kept while another profile is shown. Property expert (boolean): also what only experts
 * and servers without a window need. Actions: settings.apply (Ctrl+S),
 * settings.discard. */
#pragma once

#include "culvert-draft.h"
#include "culvert-page.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_SETTINGS_PAGE (culvert_settings_page_get_type ())
G_DECLARE_FINAL_TYPE (CulvertSettingsPage,
                      culvert_settings_page,
                      CULVERT,
                      SETTINGS_PAGE,
                      CulvertPage)

/* The row of a setting, a CulvertSettingRow or for the key a CulvertKeyRow; of every one, shown or
 * not. (transfer none) */
GtkWidget *culvert_settings_page_get_row (CulvertSettingsPage *page, CulvertSettingId id);
/* Scrolls to it and puts the keyboard's focus there. */
void culvert_settings_page_show_row (CulvertSettingsPage *page, CulvertSettingId id);
/* What is edited; NULL without an item. (transfer none) */
CulvertDraft *culvert_settings_page_get_draft (CulvertSettingsPage *page);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertSettingRow: one setting of a profile: title, help, effect, error, the fitting control, a
 * star where both ends must agree, and a way back to the default.
 *
 * The control follows from the setting's type and check: a switch; a list of words or of few
 * numbers; an entry, with a unit for numbers and a button to choose files. The row writes into the
 * draft's profile as one types; whoever owns it calls culvert_setting_row_update whenever the
 * draft has changed. A number that cannot be read is the row's own error, and leaves the draft
 * as it was. Signal "edited" (): the row's own error came or went. */
#pragma once

#include "culvert-draft.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_SETTING_ROW (culvert_setting_row_get_type ())
G_DECLARE_FINAL_TYPE (
    CulvertSettingRow, culvert_setting_row, CULVERT, SETTING_ROW, AdwPreferencesRow)

GtkWidget *culvert_setting_row_new (CulvertSettingId id);
CulvertSettingId culvert_setting_row_get_id (CulvertSettingRow *row);
/* The control: a GtkSwitch, GtkDropDown or GtkEntry. (transfer none) */
GtkWidget *culvert_setting_row_get_control (CulvertSettingRow *row);
/* draft: (nullable). anew: also what was typed and could not be read gives way. rtt_ms 0: assumed.
 */
void culvert_setting_row_update (CulvertSettingRow *row,
                                 CulvertDraft *draft,
                                 gboolean anew,
                                 double rtt_ms);
/* What is wrong, or NULL. */
const char *culvert_setting_row_get_error (CulvertSettingRow *row);
/* Whether title, help or JSON key have the text, which is in lower case. */
gboolean culvert_setting_row_matches (CulvertSettingRow *row, const char *text);

G_END_DECLS

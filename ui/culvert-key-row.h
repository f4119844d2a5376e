/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertKeyRow: the secret of a profile: typed, generated, shown, copied; and where it is kept.
 *
 * Used like CulvertSettingRow. A key in the keyring is fetched only when the person wants to see
 * or copy it. Signal "message" (const char *text): something to tell, for a toast. */
#pragma once

#include "culvert-draft.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_KEY_ROW (culvert_key_row_get_type ())
G_DECLARE_FINAL_TYPE (CulvertKeyRow, culvert_key_row, CULVERT, KEY_ROW, AdwPreferencesRow)

/* The GtkEntry. (transfer none) */
GtkWidget *culvert_key_row_get_control (CulvertKeyRow *row);
/* draft: (nullable). anew: what was shown is hidden again. */
void culvert_key_row_update (CulvertKeyRow *row, CulvertDraft *draft, gboolean anew);
gboolean culvert_key_row_matches (CulvertKeyRow *row, const char *text);

G_END_DECLS

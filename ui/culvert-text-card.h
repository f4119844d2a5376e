/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertTextCard: text to take away: shown as it is, with buttons that copy and save it. Tells
 * the toast overlay it is in.
 *
 * Properties: title (what it is), text, file-name (proposed when saving; NULL: no such button),
 * is-tall (takes the height it is given and scrolls, instead of showing all lines). */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_TEXT_CARD (culvert_text_card_get_type ())
G_DECLARE_FINAL_TYPE (CulvertTextCard, culvert_text_card, CULVERT, TEXT_CARD, AdwBin)

void culvert_text_card_set_text (CulvertTextCard *card, const char *text);
const char *culvert_text_card_get_text (CulvertTextCard *card);
void culvert_text_card_set_file_name (CulvertTextCard *card, const char *file_name);

G_END_DECLS

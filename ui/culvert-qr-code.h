/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertQrCode: draws a QR code, dark on white in every style: cameras want it so. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_QR_CODE (culvert_qr_code_get_type ())
G_DECLARE_FINAL_TYPE (CulvertQrCode, culvert_qr_code, CULVERT, QR_CODE, GtkWidget)

/* FALSE: the text is too long, or this build has no QR codes. text: (nullable) */
gboolean culvert_qr_code_set_text (CulvertQrCode *code, const char *text, GError **error);

G_END_DECLS

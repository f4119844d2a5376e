/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertOverheadMeter: where the bytes on the line go, as a bar of shares with a text. */
#pragma once

#include "culvert.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_OVERHEAD_METER (culvert_overhead_meter_get_type ())
G_DECLARE_FINAL_TYPE (CulvertOverheadMeter,
                      culvert_overhead_meter,
                      CULVERT,
                      OVERHEAD_METER,
                      GtkWidget)

void culvert_overhead_meter_set (CulvertOverheadMeter *meter, const CulvertOverhead *overhead);

/* "1.34: FEC 0.22, resent 0.09, acknowledgements 0.02, headers 0.01": bytes on the line for each
 * byte of payload. Where little payload is sent, the shares: "Acknowledgements 71 %, ...". NULL
 * when nothing was sent. (transfer full) */
char *culvert_overhead_dup_text (const CulvertOverhead *overhead);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertExportDialog: a profile as JSON, command line, link and QR code. The key is left out until
 * the person asks for it; it is fetched from the keyring then. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_EXPORT_DIALOG (culvert_export_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CulvertExportDialog,
                      culvert_export_dialog,
                      CULVERT,
                      EXPORT_DIALOG,
                      AdwWindow)

/* (transfer none), of GTK until it is closed. */
CulvertExportDialog *culvert_export_dialog_new (CulvertHub *hub, CulvertHubItem *item);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertConnectDialog: from an address, a key and what it is for to a profile that runs.
 *
 * Windows, mode, FEC and MTU follow from the answers (culvert-tuning.h), and what they mean is
 * shown while they are given. A link, a command or JSON pasted as the server's address fills the
 * whole in. Signal "created" (CulvertHubItem): it was added to the hub and switched on. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_CONNECT_DIALOG (culvert_connect_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CulvertConnectDialog,
                      culvert_connect_dialog,
                      CULVERT,
                      CONNECT_DIALOG,
                      AdwWindow)

/* (transfer none), of GTK until it is closed. */
CulvertConnectDialog *culvert_connect_dialog_new (CulvertHub *hub, CulvertRole role);

G_END_DECLS

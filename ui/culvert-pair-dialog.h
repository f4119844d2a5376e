/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertPairDialog: everything that sets up the other end of a profile: its configuration, a
 * service, a container, the firewall, each to be copied. Where both would have no key of their
 * own, one is made and, if the person wants it, saved into the profile. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_PAIR_DIALOG (culvert_pair_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CulvertPairDialog, culvert_pair_dialog, CULVERT, PAIR_DIALOG, AdwWindow)

/* (transfer none), of GTK until it is closed. */
CulvertPairDialog *culvert_pair_dialog_new (CulvertHub *hub, CulvertHubItem *item);

G_END_DECLS

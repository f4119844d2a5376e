/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One carrier of a server on one worker, and the sessions of those who sent to it.
 *
 * Sessions are keyed by the peer's address (WIRE.md 6.3). The datagram is unprotected here, because
 * conv decides whose it is; what fails its check touches no session. */
#pragma once

#include "culvert-link.h"

/* Takes the carrier; NULL when the kernel has no room to watch it. */
CulvertListener *culvert_listener_new (CulvertPart *part, CulvertCarrier *carrier);
/* Its links must be gone. Accepts NULL. */
void culvert_listener_free (CulvertListener *listener);

/* The link is dying. */
void culvert_listener_forget (CulvertListener *listener, CulvertLink *link);

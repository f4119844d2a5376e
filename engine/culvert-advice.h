/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What to change at this end when the peer's stream does not fit: for the tunnel's log and for
 * the check. Pure. */
#pragma once

#include "culvert-session.h"
#include "culvert-types.h"

/* One clause such as "the server compresses; remove nocomp" (transfer full), or NULL: as far as
 * seen, the peer speaks what the config says. */
char *culvert_advice_dup_format (CulvertConfig *config, const CulvertPeerFormat *peer);

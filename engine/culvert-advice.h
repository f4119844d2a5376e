/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What to change at this end when the peer's stream does not fit: for the tunnel's log and for
 * the check. Pure. */
#pragma once

#include "culvert-session.h"
#include "culvert-types.h"

/* What differs. */
typedef enum
{
  CULVERT_ADVICE_NONE, /* as far as seen, the peer speaks what the config says */
  CULVERT_ADVICE_COMPRESSION,
  CULVERT_ADVICE_SMUX,
  CULVERT_ADVICE_BOTH,
} CulvertAdvice;

CulvertAdvice culvert_advice_find_format (CulvertConfig *config, const CulvertPeerFormat *peer);

/* The same as one clause for the log, "the server compresses; remove nocomp", not translated.
 * (transfer full), NULL where nothing differs. */
char *culvert_advice_dup_format (CulvertConfig *config, const CulvertPeerFormat *peer);

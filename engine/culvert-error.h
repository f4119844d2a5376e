/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Error domain of the library. Messages name the value and what was expected, without a final
 * full stop; a cancelled call reports G_IO_ERROR_CANCELLED instead. */
#pragma once

#include "culvert-types.h"

typedef enum
{
  CULVERT_ERROR_CONFIG,       /* a setting is wrong; refused before anything is opened */
  CULVERT_ERROR_RESOLVE,      /* a name has no address */
  CULVERT_ERROR_BIND,         /* a local address cannot be used */
  CULVERT_ERROR_CRYPTO,       /* the cipher library refused */
  CULVERT_ERROR_PEER_TIMEOUT, /* nothing heard from the peer */
  CULVERT_ERROR_PROTOCOL,     /* the peer speaks something else */
  CULVERT_ERROR_RESOURCES,    /* out of memory, descriptors or threads */
} CulvertError;

#define CULVERT_ERROR (culvert_error_quark ())

CULVERT_AVAILABLE GQuark culvert_error_quark (void);

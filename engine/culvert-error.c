/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-error.h"

G_DEFINE_QUARK (culvert-error-quark, culvert_error)

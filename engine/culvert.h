/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The library's only header for those above it. */
#pragma once

#include "culvert-check.h"
#include "culvert-config.h"
#include "culvert-engine.h"
#include "culvert-error.h"
#include "culvert-history.h"
#include "culvert-stats.h"
#include "culvert-tables.h"
#include "culvert-tunnel.h"
#include "culvert-types.h"

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The table code behind culvert-crc.h: what runs without ISA-L, and what tests hold
 * against it. */
#pragma once

#include "culvert-base.h"

uint32_t culvert_crc32_table (const void *data,
                              size_t len);
uint32_t culvert_crc32c_table (const void *data,
                               size_t len);

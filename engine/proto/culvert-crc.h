/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CRC-32 (IEEE, zlib's) and CRC-32C (Castagnoli); ISA-L where built with it. */
#pragma once

#include "culvert-base.h"

uint32_t culvert_crc32 (const void *data, size_t len);
uint32_t culvert_crc32c (const void *data, size_t len);

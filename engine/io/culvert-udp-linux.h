/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the Linux back ends share of the receive slabs. */
#pragma once

#include "culvert-udp.h"

#define CULVERT_UDP_SLABS 16
#define CULVERT_UDP_SLAB_SIZE 65536

/* CULVERT_UDP_SLABS slabs, one behind the other. */
uint8_t *culvert_udp_slabs_memory (CulvertUdpSlabs *slabs);

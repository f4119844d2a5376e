/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the socket back ends share about addresses. */
#pragma once

#include "culvert-udp.h"

/* Whether address is [::], and then 0.0.0.0 with its port: where a dual-stack listener goes on a
 * host whose kernel has no IPv6 (EAFNOSUPPORT). */
bool culvert_address_any_v4 (const CulvertAddress *address, CulvertAddress *out);

/* In host order. */
uint16_t culvert_address_port (const CulvertAddress *address);
void culvert_address_set_port (CulvertAddress *address, uint16_t port);

/* An IPv4-mapped address becomes plain IPv4; others stay. */
void culvert_address_unmap (CulvertAddress *address);

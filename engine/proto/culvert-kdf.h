/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Keys from passwords, WIRE.md 2.1 and 2.7. Slow by design: never on a worker. */
#pragma once

#include "culvert-base.h"

/* PBKDF2-HMAC-SHA1. Codes: CULVERT_E_INVAL. */
int culvert_kdf_pbkdf2_sha1 (const void *password,
                             size_t password_len,
                             const void *salt,
                             size_t salt_len,
                             unsigned iterations,
                             uint8_t *out,
                             size_t out_len) CULVERT_WARN_UNUSED;

/* PASS: the 32 bytes every cipher takes its key from. password may be empty. */
int culvert_kdf_derive (const char *password, uint8_t out[32]) CULVERT_WARN_UNUSED;

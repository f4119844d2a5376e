/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A secret service that takes every call and answers none, as one that waits for a person. */
#pragma once

#include <gio/gio.h>

/* Starts a private bus, makes it the session bus of this process and puts the service on it. */
void app_keyring_start_mute (void);
void app_keyring_stop (void);
/* Of the private bus (transfer none). */
const char *app_keyring_get_address (void);
/* Calls it has swallowed so far. */
guint app_keyring_n_calls (void);

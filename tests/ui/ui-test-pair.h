/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A server and a client of one hub, and a target that echoes. */
#pragma once

#include "ui-test.h"

typedef struct
{
  CulvertHub *hub;
  CulvertHubItem *server; /* runs; crypt aes-128 */
  CulvertHubItem *client; /* off */
  GSocketService *echo;
  GPtrArray *connections; /* of GSocketConnection, to the client */
} UiTestPair;

void ui_test_pair_init (UiTestPair *pair);
void ui_test_pair_clear (UiTestPair *pair);
/* Connects the client and waits until it listens. */
void ui_test_pair_connect (UiTestPair *pair);
/* A connection through the client; a line goes there and back. */
void ui_test_pair_open_stream (UiTestPair *pair);
void ui_test_wait_phase (CulvertHubItem *item, CulvertPhase phase);
GtkWindow *ui_test_show_page (CulvertHub *hub,
                              GType type,
                              CulvertHubItem *item,
                              int width,
                              int height);

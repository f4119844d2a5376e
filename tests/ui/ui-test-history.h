/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Histories with a known past, for charts: what a tunnel on a bad line did until now. */
#pragma once

#include "culvert-history-private.h"

/* What one second of the past had; only what is not 0 is known to have been. */
typedef struct
{
  double down;          /* payload bytes/s */
  double up;
  double rtt;           /* s */
  double jitter;
  double sent;          /* data segments/s */
  double retransmitted;
  double recovered;
  double in_flight;     /* segments of UI_TEST_WINDOW */
  gboolean is_off;      /* nothing is known of this second */
} UiTestSecond;

#define UI_TEST_WINDOW 1024

typedef void (*UiTestPast) (gint64 age, UiTestSecond *second);

/* Seconds until now (Unix s), the oldest first; age counts down to 0. */
void ui_test_fill_history (CulvertHistory *history, gint64 now, guint seconds, UiTestPast past);

/* An evening on a long line: bursts, a bad half hour with loss, a night without the tunnel. */
void ui_test_rich_past (gint64 age, UiTestSecond *second);

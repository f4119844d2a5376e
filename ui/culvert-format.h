/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Numbers as people read them, in their language: one spelling of each kind for every page.
 *
 * Rates are bits per second with decimal prefixes, as lines are sold; totals are bytes, as files
 * are measured. Three significant digits, the unit behind a no-break space. What is not known
 * (NAN, or negative where that makes no sense) is an em dash. All return new strings (transfer
 * full). Any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "1.3 GB" */
char *culvert_format_size (guint64 bytes);
/* "12.4 Mbit/s"; smallest unit kbit/s. */
char *culvert_format_rate (double bytes_per_second);
/* A span in words of at most two units: "48 s", "2 h 5 min", "3 d 4 h". */
char *culvert_format_duration (gint64 us);
/* A span for columns: "0:48", "2:05:07", "3 d 4:05:07". */
char *culvert_format_clock (gint64 us);
/* A round trip or its jitter: "0.4 ms", "48 ms", "1.2 s". */
char *culvert_format_round_trip (double seconds);
/* A share, 0 to 1: "0.3 %", "12 %". */
char *culvert_format_percent (double share);
/* "1,234,567", grouped as the language does. */
char *culvert_format_count (guint64 count);
/* Events per second: "0.4/s", "1,240/s". */
char *culvert_format_per_second (double per_second);
/* "1.34": a ratio with two digits. */
char *culvert_format_ratio (double ratio);
/* "just now", "3 min ago" */
char *culvert_format_ago (gint64 us);
/* A moment of the monotonic clock by the wall clock: "since 14:32", "since 27 Nov, 14:32" when
 * that was another day. */
char *culvert_format_since (gint64 monotonic_us);
/* A moment of Unix time: "14:32:05", or with the day when that is another one. */
char *culvert_format_moment (gint64 unix_seconds, gboolean with_seconds);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Ground of every layer: result codes, time, small helpers.
 *
 * Functions of levels 0-3 return 0 or a count on success and a negative
 * CULVERT_E_* code otherwise. A code at or below CULVERT_E_FATAL ends the
 * session; CULVERT_E_DISCARD and CULVERT_E_CHECK mean: drop this packet, count
 * it, go on; CULVERT_E_AGAIN means: nothing to do now. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Monotonic time in microseconds. It always comes in from outside. */
typedef int64_t CulvertTime;

#define CULVERT_TIME_NEVER INT64_MAX
#define CULVERT_MSEC ((CulvertTime) 1000)
#define CULVERT_SEC ((CulvertTime) 1000000)

enum
{
  CULVERT_OK = 0,
  CULVERT_E_AGAIN = -1,     /* nothing to do now */
  CULVERT_E_DISCARD = -2,   /* malformed or unexpected packet: drop and count */
  CULVERT_E_CHECK = -3,     /* checksum or tag does not match: drop and count */
  CULVERT_E_NOMEM = -4,     /* pool or budget exhausted: drop, or stop sending */
  CULVERT_E_INVAL = -5,     /* parameter out of range (set-up only) */
  CULVERT_E_FATAL = -100,   /* threshold: this code and below end the session */
  CULVERT_E_PROTOCOL = -101,/* smux protocol error, WIRE.md 8.3 */
  CULVERT_E_COMP = -102,    /* snappy framing error, WIRE.md 7 */
};

#define CULVERT_WARN_UNUSED G_GNUC_WARN_UNUSED_RESULT

/* Signed 32-bit difference a - b, the only way sequence numbers and KCP
 * timestamps are compared (WIRE.md, conventions). */
static inline int32_t
culvert_diff32 (uint32_t a, uint32_t b)
{
  return (int32_t) (a - b);
}

/* Overwrites secrets in a way the compiler keeps. */
static inline void
culvert_wipe (void *data, size_t len)
{
  explicit_bzero (data, len);
}

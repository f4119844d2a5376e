/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Golden data of tests/vectors: {"about": "...", "cases": [...]}, byte strings as lower-case hex.
 */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef void (*TestCaseFunc) (JsonObject *object, void *data);

/* Path of a file below tests/ (transfer full). */
char *test_data_path (const char *relative);

/* Calls func for every case of tests/vectors/<name>; kind NULL: all, else those whose "kind" is
 * equal. Fails the test when there is none. Returns how many. */
unsigned test_vectors_foreach (const char *name, const char *kind, TestCaseFunc func, void *data);

/* Member as bytes (transfer full), fails the test when it is not hex. */
uint8_t *test_hex_member (JsonObject *object, const char *member, size_t *out_len);
uint8_t *test_hex (const char *hex, size_t *out_len);

/* Fails the test with both sides in hex when they differ. */
#define test_assert_bytes(a, a_len, b, b_len) \
  test_assert_bytes_at (G_STRLOC, (a), (a_len), (b), (b_len))
void
test_assert_bytes_at (const char *where, const void *a, size_t a_len, const void *b, size_t b_len);

/* The lcg of tests/vectors: fills buf from the state and advances it. */
void test_lcg_fill (uint32_t *state, uint8_t *buf, size_t len);

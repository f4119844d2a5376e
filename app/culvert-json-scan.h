/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Where things are in a JSON text: the end of the first value and the members of the outermost
 * object.
 *
 * Complements json-glib, which reads the values but tells no positions, refuses text behind the
 * first value and recurses without a limit. The scan never fails on odd tokens (json-glib
 * reports those); it fails when the first value is not closed or is nested too deeply. */
#pragma once

#include <glib.h>

#define CULVERT_JSON_DEPTH_MAX 64

typedef struct
{
  size_t start;
  size_t end; /* behind the last byte */
} CulvertJsonSpan;

typedef struct
{
  CulvertJsonSpan key;   /* with its quotes */
  CulvertJsonSpan value;
} CulvertJsonMember;

typedef enum
{
  CULVERT_JSON_SCAN_OK,
  CULVERT_JSON_SCAN_EMPTY,    /* no value at all */
  CULVERT_JSON_SCAN_OPEN,     /* the text ends inside the value */
  CULVERT_JSON_SCAN_TOO_DEEP,
} CulvertJsonScanResult;

typedef struct
{
  CulvertJsonSpan value; /* the first value; ends with the text when OPEN */
  GArray *members;       /* of CulvertJsonMember, in order; empty when it is no object */

  const char *expected;  /* what is missing in the object's own notation, or NULL */
  size_t expected_at;
} CulvertJsonScan;

CulvertJsonScanResult culvert_json_scan (CulvertJsonScan *out, const char *text, size_t len);
void culvert_json_scan_clear (CulvertJsonScan *scan);

/* Looks through the escapes of all strings in the value: half a surrogate pair becomes U+FFFD
 * in place, as Go reads it; json-glib would make invalid UTF-8 of it. FALSE: there is an escape
 * JSON does not have, at *out_bad; json-glib would take it for some byte. */
gboolean culvert_json_mend_escapes (char *text, CulvertJsonSpan value, size_t *out_bad);

/* Line and column, both from 1, of a byte; a column is a byte as well. */
void culvert_json_position (const char *text, size_t offset, guint *out_line, guint *out_column);

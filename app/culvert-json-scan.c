/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-json-scan.h"

#include <string.h>

typedef struct
{
  const char *text;
  size_t len;
  size_t pos;
} CulvertJsonCursor;

static gboolean
culvert_json_at (const CulvertJsonCursor *cursor, const char *what)
{
  size_t n = strlen (what);

  return cursor->len - cursor->pos >= n && memcmp (cursor->text + cursor->pos, what, n) == 0;
}

/* Moves behind the next occurrence of what, or to the end. */
static void
culvert_json_skip_past (CulvertJsonCursor *cursor, const char *what)
{
  while (cursor->pos < cursor->len && !culvert_json_at (cursor, what))
    cursor->pos++;
  if (cursor->pos < cursor->len)
    cursor->pos += strlen (what);
}

/* White space, and the comments json-glib takes. */
static void
culvert_json_skip_space (CulvertJsonCursor *cursor)
{
  while (cursor->pos < cursor->len)
    {
      if (g_ascii_isspace (cursor->text[cursor->pos]))
        cursor->pos++;
      else if (culvert_json_at (cursor, "/*"))
        culvert_json_skip_past (cursor, "*/");
      else if (culvert_json_at (cursor, "//"))
        culvert_json_skip_past (cursor, "\n");
      else
        return;
    }
}

/* A string at its quote; FALSE when it is not closed. */
static gboolean
culvert_json_skip_string (CulvertJsonCursor *cursor)
{
  for (cursor->pos++; cursor->pos < cursor->len; cursor->pos++)
    {
      char c = cursor->text[cursor->pos];

      if (c == '\\')
        cursor->pos++;
      else if (c == '"')
        {
          cursor->pos++;
          return TRUE;
        }
    }
  cursor->pos = cursor->len;
  return FALSE;
}

static void
culvert_json_skip_word (CulvertJsonCursor *cursor)
{
  while (cursor->pos < cursor->len && strchr ("{}[],:\"/", cursor->text[cursor->pos]) == NULL
         && !g_ascii_isspace (cursor->text[cursor->pos]))
    cursor->pos++;
}

/* One value of any kind, without recursion. */
static CulvertJsonScanResult
culvert_json_skip_value (CulvertJsonCursor *cursor)
{
  guint depth = 0;

  do
    {
      char c;

      culvert_json_skip_space (cursor);
      if (cursor->pos >= cursor->len)
        return CULVERT_JSON_SCAN_OPEN;
      c = cursor->text[cursor->pos];
      if (c == '"')
        {
          if (!culvert_json_skip_string (cursor))
            return CULVERT_JSON_SCAN_OPEN;
        }
      else if (c == '{' || c == '[')
        {
          cursor->pos++;
          if (++depth > CULVERT_JSON_DEPTH_MAX)
            return CULVERT_JSON_SCAN_TOO_DEEP;
        }
      else if (c == '}' || c == ']')
        {
          /* Without an open bracket it belongs to what is around. */
          if (depth == 0)
            return CULVERT_JSON_SCAN_OK;
          cursor->pos++;
          depth--;
        }
      else
        {
          size_t before = cursor->pos;

          culvert_json_skip_word (cursor);
          if (cursor->pos == before)
            cursor->pos++;
        }
    }
  while (depth > 0);
  return CULVERT_JSON_SCAN_OK;
}

/* One member and what must stand behind it; TRUE when another one follows. On a stop *expected
 * says what is missing, NULL at the end of the object. */
static gboolean
culvert_json_scan_member (CulvertJsonScan *scan, CulvertJsonCursor *cursor, const char **expected)
{
  CulvertJsonMember member;

  member.key.start = cursor->pos;
  *expected = "expected a key in double quotes";
  if (!culvert_json_at (cursor, "\"") || !culvert_json_skip_string (cursor))
    return FALSE;
  member.key.end = cursor->pos;
  culvert_json_skip_space (cursor);
  *expected = "expected a colon behind the key";
  if (!culvert_json_at (cursor, ":"))
    return FALSE;
  cursor->pos++;
  culvert_json_skip_space (cursor);
  member.value.start = cursor->pos;
  *expected = "expected a value";
  if (culvert_json_skip_value (cursor) != CULVERT_JSON_SCAN_OK || cursor->pos == member.value.start)
    return FALSE;
  member.value.end = cursor->pos;
  g_array_append_val (scan->members, member);
  culvert_json_skip_space (cursor);
  *expected = culvert_json_at (cursor, "}") ? NULL : "expected a comma or the closing brace";
  if (!culvert_json_at (cursor, ","))
    return FALSE;
  cursor->pos++;
  culvert_json_skip_space (cursor);
  return TRUE;
}

/* The members of an object at its first bracket; stops at the first thing that is no member. */
static void
culvert_json_scan_members (CulvertJsonScan *scan, CulvertJsonCursor *cursor)
{
  cursor->pos++;
  culvert_json_skip_space (cursor);
  if (culvert_json_at (cursor, "}"))
    return;
  while (culvert_json_scan_member (scan, cursor, &scan->expected))
    ;
  scan->expected_at = cursor->pos;
}

CulvertJsonScanResult
culvert_json_scan (CulvertJsonScan *out, const char *text, size_t len)
{
  CulvertJsonCursor cursor = { text, len, 0 };
  CulvertJsonScanResult result;

  *out = (CulvertJsonScan) {
    .members = g_array_new (FALSE, FALSE, sizeof (CulvertJsonMember)),
  };
  culvert_json_skip_space (&cursor);
  out->value = (CulvertJsonSpan) { cursor.pos, cursor.pos };
  if (cursor.pos >= len)
    return CULVERT_JSON_SCAN_EMPTY;
  result = culvert_json_skip_value (&cursor);
  out->value.end = cursor.pos;
  if (result != CULVERT_JSON_SCAN_TOO_DEEP && text[out->value.start] == '{')
    {
      cursor = (CulvertJsonCursor) { text, out->value.end, out->value.start };
      culvert_json_scan_members (out, &cursor);
    }
  return result;
}

/* The 16 bits of \\uXXXX, or -1 when it is none. */
static int
culvert_json_read_unit (const char *text, size_t pos, size_t end)
{
  int unit = 0;

  if (end - pos < 6 || text[pos] != '\\' || text[pos + 1] != 'u')
    return -1;
  for (size_t i = pos + 2; i < pos + 6; i++)
    {
      if (!g_ascii_isxdigit (text[i]))
        return -1;
      unit = unit << 4 | g_ascii_xdigit_value (text[i]);
    }
  return unit;
}

/* One escape; returns its length, 0 when JSON does not have it. */
static size_t
culvert_json_mend_escape (char *text, size_t pos, size_t end)
{
  int unit = culvert_json_read_unit (text, pos, end);

  if (unit < 0)
    return end - pos >= 2 && strchr ("\"\\/bfnrt", text[pos + 1]) != NULL ? 2 : 0;
  if (unit >= 0xd800 && unit < 0xdc00
      && (culvert_json_read_unit (text, pos + 6, end) & ~0x3ff) == 0xdc00)
    return 12;
  if (unit >= 0xd800 && unit < 0xe000)
    memcpy (text + pos + 2, "fffd", 4);
  return 6;
}

gboolean
culvert_json_mend_escapes (char *text, CulvertJsonSpan value, size_t *out_bad)
{
  CulvertJsonCursor cursor = { text, value.end, value.start };
  gboolean inside = FALSE;

  while (cursor.pos < value.end)
    {
      size_t step = 1;

      if (!inside)
        culvert_json_skip_space (&cursor);
      if (cursor.pos >= value.end)
        break;
      if (text[cursor.pos] == '"')
        inside = !inside;
      else if (inside && text[cursor.pos] == '\\')
        step = culvert_json_mend_escape (text, cursor.pos, value.end);
      if (step == 0)
        {
          *out_bad = cursor.pos;
          return FALSE;
        }
      cursor.pos += step;
    }
  return TRUE;
}

void
culvert_json_scan_clear (CulvertJsonScan *scan)
{
  g_clear_pointer (&scan->members, g_array_unref);
}

void
culvert_json_position (const char *text, size_t offset, guint *out_line, guint *out_column)
{
  guint line = 1;
  size_t start = 0;

  for (size_t i = 0; i < offset; i++)
    if (text[i] == '\n')
      {
        line++;
        start = i + 1;
      }
  *out_line = line;
  *out_column = offset - start + 1;
}

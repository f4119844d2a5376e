/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "test-vectors.h"

#include <string.h>

char *
test_data_path (const char *relative)
{
  const char *root = g_getenv ("CULVERT_TEST_DATA");

  if (root == NULL)
    g_error ("CULVERT_TEST_DATA must name the folder tests/");
  return g_build_filename (root, relative, NULL);
}

unsigned
test_vectors_foreach (const char *name, const char *kind, TestCaseFunc func, void *data)
{
  g_autofree char *relative = g_build_filename ("vectors", name, NULL);
  g_autofree char *path = test_data_path (relative);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonArray *cases;
  unsigned n = 0;

  if (!json_parser_load_from_file (parser, path, &error))
    g_error ("%s", error->message);
  cases = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)),
                                        "cases");
  for (guint i = 0; i < json_array_get_length (cases); i++)
    {
      JsonObject *object = json_array_get_object_element (cases, i);

      if (kind != NULL
          && g_strcmp0 (json_object_get_string_member_with_default (object, "kind", NULL), kind)
                 != 0)
        continue;
      func (object, data);
      n++;
    }
  g_assert_cmpuint (n, >, 0);
  return n;
}

uint8_t *
test_hex (const char *hex, size_t *out_len)
{
  size_t len = strlen (hex);
  uint8_t *bytes = g_malloc (len / 2 + 1);

  g_assert_cmpuint (len % 2, ==, 0);
  for (size_t i = 0; i < len / 2; i++)
    {
      int high = g_ascii_xdigit_value (hex[2 * i]);
      int low = g_ascii_xdigit_value (hex[2 * i + 1]);

      g_assert_cmpint (high, >=, 0);
      g_assert_cmpint (low, >=, 0);
      bytes[i] = high << 4 | low;
    }
  *out_len = len / 2;
  return bytes;
}

uint8_t *
test_hex_member (JsonObject *object, const char *member, size_t *out_len)
{
  g_assert_true (json_object_has_member (object, member));
  return test_hex (json_object_get_string_member (object, member), out_len);
}

static char *
test_to_hex (const uint8_t *bytes, size_t len)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < len; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

void
test_assert_bytes_at (const char *where, const void *a, size_t a_len, const void *b, size_t b_len)
{
  g_autofree char *a_hex = NULL;
  g_autofree char *b_hex = NULL;

  if (a_len == b_len && (a_len == 0 || memcmp (a, b, a_len) == 0))
    return;
  a_hex = test_to_hex (a, a_len);
  b_hex = test_to_hex (b, b_len);
  g_error ("%s: %zu bytes %s are not the expected %zu bytes %s", where, a_len, a_hex, b_len, b_hex);
}

void
test_lcg_fill (uint32_t *state, uint8_t *buf, size_t len)
{
  for (size_t i = 0; i < len; i++)
    {
      *state = *state * 1664525u + 1013904223u;
      buf[i] = *state >> 24;
    }
}

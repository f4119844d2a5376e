/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-json-scan.h"
#include "culvert-profile-json.h"

#include <string.h>

static GVariant *
read_dict (CulvertRole role, const char *text, GError **error)
{
  g_autoptr (CulvertProfileJson) json =
      culvert_profile_json_parse (text, strlen (text), "t.json", error);

  return json != NULL ? culvert_profile_json_to_dict (json, role, error) : NULL;
}

static GVariant *
good_dict (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *dict = read_dict (CULVERT_ROLE_CLIENT, text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (dict);
  return dict;
}

/* In any order. */
static void
assert_dict (const char *text, const char *printed)
{
  g_autoptr (GVariant) dict = good_dict (text);
  g_autoptr (GVariant) expected =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, printed, NULL, NULL, NULL);

  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_test_message ("%s", text);
  g_assert_cmpuint (g_variant_n_children (dict), ==, g_variant_n_children (expected));
  g_variant_iter_init (&iter, expected);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) got = g_variant_lookup_value (dict, key, NULL);

      g_assert_nonnull (got);
      g_assert_cmpvariant (got, value);
    }
}

static void
assert_refused (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) dict = read_dict (CULVERT_ROLE_CLIENT, text, &error);

  g_test_message ("%s", message);
  g_assert_null (dict);
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_values (void)
{
  assert_dict ("{}", "{}");
  assert_dict ("{\"mtu\": 900, \"nocomp\": true, \"key\": \"k\"}",
               "{'mtu': <int64 900>, 'nocomp': <true>, 'key': <'k'>}");
  assert_dict ("{\"ratelimit\": -1}", "{'ratelimit': <int64 -1>}");
  assert_dict ("{\"qpp\": true, \"qpp-count\": 7}", "{'qpp': <true>, 'qpp-count': <int64 7>}");
  assert_dict ("{\"mem-limit\": \"64M\"}", "{'mem-limit': <int64 67108864>}");
  assert_dict ("{\"key\": \"a\\u00e9\\\"}\"}", "{'key': <'a\u00e9\"}'>}");
  assert_dict ("\xef\xbb\xbf{\"mtu\": 900}", "{'mtu': <int64 900>}");
}

static void
test_case (void)
{
  assert_dict ("{\"MTU\": 900}", "{'mtu': <int64 900>}");
  assert_dict ("{\"RemoteAddr\": \"h:1\"}", "{'remoteaddr': <'h:1'>}");
  assert_dict ("{\"\\u006dtu\": 900}", "{'mtu': <int64 900>}");
  assert_dict ("{\"mtu\": 900, \"MTU\": 901}", "{'mtu': <int64 901>}");
  assert_dict ("{\"mtu\": 900, \"mtu\": 901}", "{'mtu': <int64 901>}");
}

static void
test_null (void)
{
  assert_dict ("{\"mtu\": null, \"key\": null, \"nocomp\": null}", "{}");
  assert_dict ("{\"mtu\": 900, \"MTU\": null}", "{'mtu': <int64 900>}");
}

static void
test_text_behind (void)
{
  assert_dict ("{\"mtu\": 900} and more", "{'mtu': <int64 900>}");
  assert_dict ("{\"mtu\": 900}{\"mtu\": 901}", "{'mtu': <int64 900>}");
  assert_dict ("{\"mtu\": 900}}}}", "{'mtu': <int64 900>}");
}

static void
test_unknown (void)
{
  g_autoptr (GVariant) dict = good_dict ("{\"Foo\": [1, {\"a\": null}], \"listen\": \"x\"}");

  g_assert_cmpuint (g_variant_n_children (dict), ==, 2);
  g_assert_true (g_variant_lookup (dict, "Foo", "av", NULL));
  g_assert_true (g_variant_lookup (dict, "listen", "s", NULL));
}

static void
test_types (void)
{
  assert_refused ("{\n  \"mtu\": \"900\"\n}", "t.json:2:10: mtu: \"900\" is not an integer");
  assert_refused ("{\"mtu\": 1.5}", "t.json:1:9: mtu: 1.5 is not an integer");
  assert_refused ("{\"mtu\": 1e3}", "t.json:1:9: mtu: 1e3 is not an integer");
  assert_refused ("{\"mtu\": true}", "t.json:1:9: mtu: true is not an integer");
  assert_refused ("{\"mtu\": [1]}", "t.json:1:9: mtu: [1] is not an integer");
  assert_refused ("{\"ratelimit\": 18446744073709551615}",
                  "t.json:1:15: ratelimit: 18446744073709551615 is not an integer");
  assert_refused ("{\"nocomp\": 1}", "t.json:1:12: nocomp: 1 is not true or false");
  assert_refused ("{\"crypt\": 5}", "t.json:1:11: crypt: 5 is not a string of valid text");
  assert_refused ("{\"crypt\": \"a\\u0000b\"}",
                  "t.json:1:11: crypt: \"a\\u0000b\" is not a string of valid text");
  assert_refused ("{\"key\": 12345}", "t.json:1:9: key: the value is not a string of valid text");
}

static void
test_malformed (void)
{
  assert_refused ("", "t.json:1:1: there is no JSON object");
  assert_refused ("  \n ", "t.json:2:2: there is no JSON object");
  assert_refused ("{\n\"mtu\": 900,\n}", "t.json:3:1: expected a key in double quotes");
  assert_refused ("{\"mtu\" 900}", "t.json:1:8: expected a colon behind the key");
  assert_refused ("{\"mtu\": }", "t.json:1:9: expected a value");
  assert_refused ("{mtu: 900}", "t.json:1:2: expected a key in double quotes");
  assert_refused ("{\"mtu\": 900", "t.json:1:12: the text ends inside a value");
  assert_refused ("{\"key\": \"abc", "t.json:1:13: the text ends inside a value");
  assert_refused ("{\"mtu\": 900\n\"key\": \"\"}",
                  "t.json:2:1: expected a comma or the closing brace");
  assert_refused ("[1]", "t.json:1:1: expected an object in braces");
  assert_refused ("900", "t.json:1:1: expected an object in braces");
  assert_refused ("}", "t.json:1:1: expected an object in braces");
  assert_refused ("mtu = 900", "t.json:1:1: expected an object in braces");
}

/* Inside a value json-glib finds the fault; its words are not ours to test, its position is. */
static void
test_malformed_inside (void)
{
  static const char text[] = "{\n \"mtu\": 900,\n \"foo\": [1, {\"a\" 2}]}";
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) dict = read_dict (CULVERT_ROLE_CLIENT, text, &error);

  g_assert_null (dict);
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
  g_assert_true (g_str_has_prefix (error->message, "t.json:3:"));
}

static void
test_escapes (void)
{
  assert_dict ("{\"key\": \"\\ud83d\\ude00\"}", "{'key': <'\U0001f600'>}");
  assert_dict ("{\"key\": \"a\\ud800b\\udc00\"}", "{'key': <'a\ufffdb\ufffd'>}");
  assert_dict ("{\"key\": \"\\ud800\\ud83d\\ude00\"}", "{'key': <'\ufffd\U0001f600'>}");
  assert_dict ("{\"foo\": \"\\udfff\"}", "{'foo': <'\ufffd'>}");
  assert_dict ("{\"key\": \"\\\\ud800\"}", "{'key': <'\\\\ud800'>}");
  assert_dict ("/* \\q \"*/{\"key\": \"k\"}", "{'key': <'k'>}");
  assert_refused ("{\"key\": \"\\377\"}", "t.json:1:10: JSON does not have this escape");
  assert_refused ("{\"key\": \"\\u12\"}", "t.json:1:10: JSON does not have this escape");
  assert_refused ("{\"\\q\": 1}", "t.json:1:3: JSON does not have this escape");
}

static void
test_deep (void)
{
  g_autofree char *open = g_strnfill (100000, '[');
  g_autofree char *text = g_strconcat ("{\"a\":", open, NULL);

  assert_refused (text, "t.json:1:70: more than 64 levels of nesting");
}

static void
test_role (void)
{
  static const struct
  {
    const char *text;
    int role; /* 0: no role, 3: contradictory */
  } cases[] = {
    { "{\"localaddr\": \":1\"}", CULVERT_ROLE_CLIENT },
    { "{\"RemoteAddr\": \"h:1\", \"mtu\": 900}", CULVERT_ROLE_CLIENT },
    { "{\"listen\": \":1\"}", CULVERT_ROLE_SERVER },
    { "{\"target\": \"h:1\"}", CULVERT_ROLE_SERVER },
    { "{\"mtu\": 900}", 0 },
    { "{\"localaddr\": \":1\", \"target\": \"h:1\"}", CULVERT_ROLE_BOTH },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CulvertProfileJson) json =
          culvert_profile_json_parse (cases[i].text, strlen (cases[i].text), "t.json", &error);
      gboolean single = cases[i].role != 0 && cases[i].role != CULVERT_ROLE_BOTH;
      CulvertRole role = 0;

      g_assert_no_error (error);
      g_assert_cmpint (culvert_profile_json_guess_role (json, &role, &error), ==, single);
      if (single)
        g_assert_cmpint (role, ==, cases[i].role);
      else
        g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
      g_assert_cmpint (culvert_profile_json_check_role (json, CULVERT_ROLE_CLIENT, NULL), ==,
                       cases[i].role != CULVERT_ROLE_SERVER);
    }
}

static void
test_write (void)
{
  g_autoptr (GVariant) dict =
      good_dict ("{\"foo\": {\"a\": 1}, \"mtu\": 900, \"key\": \"k\\n\", \"nocomp\": true}");
  g_autofree char *text = culvert_profile_json_write (CULVERT_ROLE_CLIENT, dict);
  g_autoptr (GVariant) back = good_dict (text);

  g_assert_cmpuint (g_variant_n_children (back), ==, 4);
  g_assert_true (g_variant_lookup (back, "mtu", "x", NULL));
  g_assert_true (strstr (text, "\"key\"") < strstr (text, "\"mtu\""));
  g_assert_true (strstr (text, "\"mtu\"") < strstr (text, "\"foo\""));
}

static void
test_missing_file (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (culvert_profile_json_load ("/nonexistent/file.json", &error));
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "/nonexistent/file.json"));
}

static void
test_scan (void)
{
  static const char text[] = " {\"a\": 1 , /* } */ \"b}\" : [\"]\", {}], \"c\":\"\\\"\"} rest";
  CulvertJsonScan scan;

  g_assert_cmpint (culvert_json_scan (&scan, text, strlen (text)), ==, CULVERT_JSON_SCAN_OK);
  g_assert_cmpstr (text + scan.value.end, ==, " rest");
  g_assert_cmpuint (scan.members->len, ==, 3);
  for (guint i = 0; i < scan.members->len; i++)
    {
      static const char *const values[] = { "1", "[\"]\", {}]", "\"\\\"\"" };
      const CulvertJsonMember *member = &g_array_index (scan.members, CulvertJsonMember, i);
      g_autofree char *value =
          g_strndup (text + member->value.start, member->value.end - member->value.start);

      g_assert_cmpstr (value, ==, values[i]);
    }
  culvert_json_scan_clear (&scan);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/values", test_values);
  g_test_add_func ("/json/case", test_case);
  g_test_add_func ("/json/null", test_null);
  g_test_add_func ("/json/text-behind", test_text_behind);
  g_test_add_func ("/json/unknown", test_unknown);
  g_test_add_func ("/json/types", test_types);
  g_test_add_func ("/json/malformed", test_malformed);
  g_test_add_func ("/json/malformed/inside", test_malformed_inside);
  g_test_add_func ("/json/escapes", test_escapes);
  g_test_add_func ("/json/deep", test_deep);
  g_test_add_func ("/json/role", test_role);
  g_test_add_func ("/json/write", test_write);
  g_test_add_func ("/json/missing-file", test_missing_file);
  g_test_add_func ("/json/scan", test_scan);
  return g_test_run ();
}

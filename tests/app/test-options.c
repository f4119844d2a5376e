/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-options.h"

#define ARGS(...) ((const char *const[]) { __VA_ARGS__, NULL })

static void
assert_parses (CulvertOptions *out, CulvertRole role, const char *const *args)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (culvert_options_parse (out, role, args, &error));
  g_assert_no_error (error);
}

static void
assert_int (const char *const *args, const char *key, gint64 expected)
{
  CulvertOptions options;
  gint64 number;

  assert_parses (&options, CULVERT_ROLE_CLIENT, args);
  g_assert_true (g_variant_lookup (options.settings, key, "x", &number));
  g_assert_cmpint (number, ==, expected);
  culvert_options_clear (&options);
}

static void
assert_bool (const char *const *args, const char *key, gboolean expected)
{
  CulvertOptions options;
  gboolean truth;

  assert_parses (&options, CULVERT_ROLE_CLIENT, args);
  g_assert_true (g_variant_lookup (options.settings, key, "b", &truth));
  g_assert_cmpint (truth, ==, expected);
  culvert_options_clear (&options);
}

static void
assert_string (CulvertRole role, const char *const *args, const char *key, const char *expected)
{
  CulvertOptions options;
  const char *text;

  assert_parses (&options, role, args);
  g_assert_true (g_variant_lookup (options.settings, key, "&s", &text));
  g_assert_cmpstr (text, ==, expected);
  culvert_options_clear (&options);
}

/* The message must hold the word. */
static void
assert_refused (const char *const *args, const char *word)
{
  g_autoptr (GError) error = NULL;
  CulvertOptions options;

  g_assert_false (culvert_options_parse (&options, CULVERT_ROLE_CLIENT, args, &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == G_OPTION_ERROR);
  g_assert_nonnull (g_strstr_len (error->message, -1, word));
}

static void
test_spellings (void)
{
  assert_int (ARGS ("-mtu", "900"), "mtu", 900);
  assert_int (ARGS ("--mtu", "900"), "mtu", 900);
  assert_int (ARGS ("-mtu=900"), "mtu", 900);
  assert_int (ARGS ("--mtu=900"), "mtu", 900);
  assert_string (CULVERT_ROLE_CLIENT, ARGS ("-key=a=b"), "key", "a=b");
  assert_string (CULVERT_ROLE_CLIENT, ARGS ("-key="), "key", "");
}

static void
test_aliases (void)
{
  assert_string (CULVERT_ROLE_CLIENT, ARGS ("-l", ":1", "-r", "h:2"), "localaddr", ":1");
  assert_string (CULVERT_ROLE_CLIENT, ARGS ("-l", ":1", "-r", "h:2"), "remoteaddr", "h:2");
  assert_string (CULVERT_ROLE_SERVER, ARGS ("-l", ":1", "-t", "h:2"), "listen", ":1");
  assert_string (CULVERT_ROLE_SERVER, ARGS ("-l", ":1", "-t", "h:2"), "target", "h:2");
  assert_int (ARGS ("-ds", "5"), "datashard", 5);
  assert_int (ARGS ("-ps", "5"), "parityshard", 5);
  assert_refused (ARGS ("-ds", "1", "-datashard", "1"), "-ds");
}

static void
test_names_of_json (void)
{
  assert_bool (ARGS ("-QPP"), "qpp", TRUE);
  assert_int (ARGS ("-QPPCount", "7"), "qpp-count", 7);
  assert_refused (ARGS ("-qpp"), "-qpp");
  assert_refused (ARGS ("-MTU", "900"), "-MTU");
}

static void
test_bools (void)
{
  static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
  static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

  assert_bool (ARGS ("-nocomp"), "nocomp", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (yes); i++)
    {
      g_autofree char *a = g_strconcat ("-nocomp=", yes[i], NULL);
      g_autofree char *b = g_strconcat ("--nocomp=", no[i], NULL);

      assert_bool (ARGS (a), "nocomp", TRUE);
      assert_bool (ARGS (b), "nocomp", FALSE);
    }
  assert_refused (ARGS ("-nocomp=yes"), "nocomp");
  assert_refused (ARGS ("-nocomp=tRUE"), "tRUE");
  assert_refused (ARGS ("-nocomp="), "nocomp");
}

static void
test_integers (void)
{
  static const struct
  {
    const char *text;
    gint64 number;
  } good[] = {
    { "0", 0 },
    { "00", 0 },
    { "-5", -5 },
    { "+5", 5 },
    { "0x1F", 31 },
    { "0X1f", 31 },
    { "0o17", 15 },
    { "017", 15 },
    { "0b101", 5 },
    { "1_000", 1000 },
    { "0x_1f", 31 },
    { "0_7", 7 },
    { "-0x10", -16 },
    { "9223372036854775807", G_MAXINT64 },
    { "-9223372036854775808", G_MININT64 },
  };
  static const char *const bad[] = {
    "",      "-",    "+",     "abc", "1.5", "1e3", "08",  "0b2",   "0x",
    "0o",    "_1",   "1_",    "1__0", "1 ", " 1",  "0x_", "0__7", "9223372036854775808", "--1",
    "-9223372036854775809",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      gint64 number;

      g_test_message ("%s", good[i].text);
      g_assert_true (culvert_options_read_int (good[i].text, &number));
      g_assert_cmpint (number, ==, good[i].number);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      gint64 number;

      g_test_message ("%s", bad[i]);
      g_assert_false (culvert_options_read_int (bad[i], &number));
    }
}

static void
test_sizes (void)
{
  gint64 number;

  assert_int (ARGS ("-mem-limit", "64M"), "mem-limit", 64 << 20);
  assert_int (ARGS ("-mem-limit", "2g"), "mem-limit", G_GINT64_CONSTANT (2) << 30);
  assert_int (ARGS ("-mem-limit", "1_000K"), "mem-limit", 1024000);
  assert_int (ARGS ("-mem-limit", "4096"), "mem-limit", 4096);
  g_assert_false (culvert_options_read_size ("M", &number));
  g_assert_false (culvert_options_read_size ("1MB", &number));
  g_assert_false (culvert_options_read_size ("-1M", &number));
  g_assert_false (culvert_options_read_size ("9223372036854775807K", &number));
  assert_refused (ARGS ("-mtu", "1K"), "mtu");
}

/* A value may begin with a dash; the last of equal flags wins. */
static void
test_values (void)
{
  assert_int (ARGS ("-ratelimit", "-5"), "ratelimit", -5);
  assert_string (CULVERT_ROLE_CLIENT, ARGS ("-key", "-mtu"), "key", "-mtu");
  assert_int (ARGS ("-mtu", "900", "--mtu=901"), "mtu", 901);
  assert_refused (ARGS ("-mtu"), "-mtu");
  assert_refused (ARGS ("-mtu="), "mtu");
  assert_refused (ARGS ("-mtu", "abc"), "abc");
}

static void
test_stop (void)
{
  static const char *const words[] = { "true", "-", "--" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      CulvertOptions options;

      assert_parses (&options, CULVERT_ROLE_CLIENT, ARGS ("-nocomp", words[i], "-mtu", "900"));
      g_assert_true (g_variant_lookup (options.settings, "nocomp", "b", NULL));
      g_assert_false (g_variant_lookup (options.settings, "mtu", "x", NULL));
      culvert_options_clear (&options);
    }
}

static void
test_help (void)
{
  static const char *const words[] = { "-h", "--h", "-help", "--help", "help", "h" };
  CulvertOptions options;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      assert_parses (&options, CULVERT_ROLE_CLIENT, ARGS ("-nocomp", words[i]));
      g_assert_true (options.help);
      culvert_options_clear (&options);
    }
  assert_parses (&options, CULVERT_ROLE_CLIENT, ARGS ("--", "help"));
  g_assert_true (options.help);
  culvert_options_clear (&options);
  assert_parses (&options, CULVERT_ROLE_CLIENT, ARGS ("x", "help"));
  g_assert_false (options.help);
  culvert_options_clear (&options);
  assert_parses (&options, CULVERT_ROLE_CLIENT, ARGS ("-v"));
  g_assert_true (options.version);
  culvert_options_clear (&options);
}

static void
test_errors (void)
{
  assert_refused (ARGS ("-nosuch"), "-nosuch");
  assert_refused (ARGS ("-listen", ":1"), "-listen");
  assert_refused (ARGS ("---mtu", "1"), "---mtu");
  assert_refused (ARGS ("-=1"), "-=1");
  assert_refused (ARGS ("--=1"), "--=1");
}

static void
test_config_file (void)
{
  CulvertOptions options;

  assert_parses (&options, CULVERT_ROLE_CLIENT, ARGS ("-c", "a.json", "-mtu=900", "--c=b.json"));
  g_assert_cmpstr (options.config_file, ==, "b.json");
  culvert_options_clear (&options);
  assert_refused (ARGS ("-c"), "-c");
}

static void
test_bytes (void)
{
  CulvertOptions options;
  const char *bytes;

  assert_parses (&options, CULVERT_ROLE_CLIENT, ARGS ("-key", "\xff\xfe"));
  g_assert_true (g_variant_lookup (options.settings, "key", "^&ay", &bytes));
  g_assert_cmpstr (bytes, ==, "\xff\xfe");
  culvert_options_clear (&options);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/spellings", test_spellings);
  g_test_add_func ("/options/aliases", test_aliases);
  g_test_add_func ("/options/names-of-json", test_names_of_json);
  g_test_add_func ("/options/bools", test_bools);
  g_test_add_func ("/options/integers", test_integers);
  g_test_add_func ("/options/sizes", test_sizes);
  g_test_add_func ("/options/values", test_values);
  g_test_add_func ("/options/stop", test_stop);
  g_test_add_func ("/options/help", test_help);
  g_test_add_func ("/options/errors", test_errors);
  g_test_add_func ("/options/config-file", test_config_file);
  g_test_add_func ("/options/bytes", test_bytes);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "cli/culvert-cli.h"

#include <glib/gstdio.h>
#include <string.h>

#define ARGS(...) ((const char *const[]) { __VA_ARGS__, NULL })

typedef struct
{
  char *folder;
  char *file;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("culvert-launch-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->file = g_build_filename (fixture->folder, "file", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  (void) g_unlink (fixture->file);
  (void) g_rmdir (fixture->folder);
  g_free (fixture->file);
  g_free (fixture->folder);
}

static void
put_bytes (Fixture *fixture, const char *bytes, gssize len)
{
  g_assert_true (g_file_set_contents (fixture->file, bytes, len, NULL));
}

static CulvertConfig *
launch (const char *const *args, const char *env_key)
{
  g_autoptr (GError) error = NULL;
  CulvertLaunch out;

  g_assert_true (culvert_cli_parse (&out, args, env_key, &error));
  g_assert_no_error (error);
  g_assert_nonnull (out.config);
  g_assert_nonnull (out.name);
  g_free (out.name);
  return out.config;
}

static void
assert_name (const char *const *args, const char *expected)
{
  CulvertLaunch out;

  g_assert_true (culvert_cli_parse (&out, args, NULL, NULL));
  g_assert_cmpstr (out.name, ==, expected);
  culvert_launch_clear (&out);
}

/* The message must hold the word. */
static void
assert_refused (const char *const *args, GQuark domain, const char *word)
{
  g_autoptr (GError) error = NULL;
  CulvertLaunch out;

  g_assert_false (culvert_cli_parse (&out, args, NULL, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_true (error->domain == domain);
  g_assert_nonnull (strstr (error->message, word));
  g_assert_null (out.config);
}

static void
assert_key (const char *const *args, const char *env_key, const char *expected)
{
  g_autoptr (CulvertConfig) config = launch (args, env_key);

  g_assert_cmpstr (culvert_config_get_string (config, CULVERT_SETTING_KEY), ==, expected);
}

static void
test_roles (void)
{
  g_autoptr (CulvertConfig) client = launch (ARGS ("--headless", "client", "-l", ":1"), NULL);
  g_autoptr (CulvertConfig) server = launch (ARGS ("-headless", "server", "-l", ":1"), NULL);

  g_assert_cmpint (culvert_config_get_role (client), ==, CULVERT_ROLE_CLIENT);
  g_assert_cmpstr (culvert_config_get_string (client, CULVERT_SETTING_LOCALADDR), ==, ":1");
  g_assert_cmpint (culvert_config_get_role (server), ==, CULVERT_ROLE_SERVER);
  g_assert_cmpstr (culvert_config_get_string (server, CULVERT_SETTING_LISTEN), ==, ":1");
}

static void
test_usage (void)
{
  assert_refused (ARGS ("client"), G_OPTION_ERROR, "client");
  assert_refused (ARGS ("--headless"), G_OPTION_ERROR, "role");
  assert_refused (ARGS ("--headless", "peer"), G_OPTION_ERROR, "peer");
  assert_refused (ARGS ("--headless", "client", "-nosuch"), G_OPTION_ERROR, "-nosuch");
  assert_refused (ARGS ("--headless", "--profile"), G_OPTION_ERROR, "name");
  assert_refused (ARGS ("--headless", "--profile", "x", "-mtu"), G_OPTION_ERROR, "-mtu");
  assert_refused (ARGS ("--background", "x"), G_OPTION_ERROR, "x");
  assert_refused (ARGS ("--headless", "client", "-mtu", "20"), CULVERT_ERROR, "mtu: 20");
  assert_refused (ARGS ("--headless", "client", "-c", "/nonexistent/x"), CULVERT_ERROR,
                  "/nonexistent/x");
}

static void
assert_profiles (const char *const *args, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;
  CulvertLaunch out;

  g_assert_true (culvert_cli_parse (&out, args, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (out.desktop);
  names = g_strjoinv ("|", out.profiles);
  g_assert_cmpstr (names, ==, expected);
  culvert_launch_clear (&out);
}

static void
test_profiles (void)
{
  assert_profiles (ARGS ("--headless", "--profile", "a b"), "a b");
  assert_profiles (ARGS ("--headless", "--profile", "a", "b", "--profile=c", "-profile", "d"),
                   "a|b|c|d");
}

static void
test_desktop (void)
{
  CulvertLaunch out;

  g_assert_true (culvert_cli_parse (&out, ARGS (NULL), NULL, NULL));
  g_assert_true (out.desktop && !out.background && !out.service);
  g_assert_true (culvert_cli_parse (&out, ARGS ("--background"), NULL, NULL));
  g_assert_true (out.desktop && out.background);
  g_assert_true (culvert_cli_parse (&out, ARGS ("--gapplication-service"), NULL, NULL));
  g_assert_true (out.desktop && out.service);
}

static void
test_key_sources (void)
{
  assert_key (ARGS ("--headless", "client"), NULL, "it's a secrect");
  assert_key (ARGS ("--headless", "client"), "env", "env");
  assert_key (ARGS ("--headless", "client"), "", "");
  assert_key (ARGS ("--headless", "client", "-key", "flag"), "env", "flag");
}

static void
test_key_file (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *bytes;
    const char *key;
  } cases[] = {
    { "secret", "secret" },     { "secret\n", "secret" },        { "secret\r\n", "secret" },
    { " a b \nmore", " a b " }, { "\xff\xfe\n", "\xff\xfe" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      put_bytes (fixture, cases[i].bytes, -1);
      assert_key (ARGS ("--headless", "client", "--key-file", fixture->file), "env", cases[i].key);
    }
}

static void
test_key_file_refused (Fixture *fixture, gconstpointer data)
{
  const char *const *args = ARGS ("--headless", "client", "-key-file", fixture->file);

  assert_refused (args, CULVERT_ERROR, fixture->file);
  put_bytes (fixture, "\nsecond", -1);
  assert_refused (args, CULVERT_ERROR, "empty");
  put_bytes (fixture, "a\0b", 3);
  assert_refused (args, CULVERT_ERROR, "zero byte");
  put_bytes (fixture, "secret", -1);
  assert_refused (ARGS ("--headless", "client", "-key-file", fixture->file, "-key", "x"),
                  CULVERT_ERROR, "both");
}

/* A key in the file wins over the flag, and null leaves the flag alone. */
static void
test_file_wins (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CulvertConfig) config = NULL;

  put_bytes (fixture, "{\"mtu\": 901, \"sndwnd\": null, \"Crypt\": \"tea\"}", -1);
  config = launch (ARGS ("--headless", "client", "-mtu", "900", "-sndwnd", "77", "-rcvwnd", "88",
                         "-crypt", "xtea", "-c", fixture->file),
                   NULL);
  g_assert_cmpint (culvert_config_get_int (config, CULVERT_SETTING_MTU), ==, 901);
  g_assert_cmpint (culvert_config_get_int (config, CULVERT_SETTING_SNDWND), ==, 77);
  g_assert_cmpint (culvert_config_get_int (config, CULVERT_SETTING_RCVWND), ==, 88);
  g_assert_cmpstr (culvert_config_get_string (config, CULVERT_SETTING_CRYPT), ==, "tea");
}

static void
test_role_by_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CulvertConfig) client = NULL;
  g_autoptr (CulvertConfig) server = NULL;

  put_bytes (fixture, "{\"localaddr\": \":1\"}", -1);
  client = launch (ARGS ("--headless", "-mtu=900", "-c", fixture->file), NULL);
  g_assert_cmpint (culvert_config_get_role (client), ==, CULVERT_ROLE_CLIENT);
  g_assert_cmpint (culvert_config_get_int (client, CULVERT_SETTING_MTU), ==, 900);
  assert_refused (ARGS ("--headless", "server", "-c", fixture->file), CULVERT_ERROR, "client");

  put_bytes (fixture, "{\"target\": \"h:1\"}", -1);
  server = launch (ARGS ("--headless", "-c", fixture->file), NULL);
  g_assert_cmpint (culvert_config_get_role (server), ==, CULVERT_ROLE_SERVER);
  assert_refused (ARGS ("--headless", "-conn", "2", "-c", fixture->file), G_OPTION_ERROR, "-conn");

  put_bytes (fixture, "{\"target\": \"h:1\", \"localaddr\": \":1\"}", -1);
  assert_refused (ARGS ("--headless", "-c", fixture->file), CULVERT_ERROR, "contradictory");
  put_bytes (fixture, "{}", -1);
  assert_refused (ARGS ("--headless", "-c", fixture->file), CULVERT_ERROR, "role");
}

static void
assert_help (const char *const *args, guint role)
{
  CulvertLaunch out;

  g_assert_true (culvert_cli_parse (&out, args, NULL, NULL));
  g_assert_true (out.help);
  g_assert_cmpuint (out.role, ==, role);
  g_assert_null (out.config);
}

/* Of the tunnel, for culvert status and the like. */
static void
test_name (Fixture *fixture, gconstpointer data)
{
  g_autofree char *json = g_strconcat (fixture->file, ".json", NULL);

  assert_name (ARGS ("--headless", "client", "-key", "k"), "client");
  assert_name (ARGS ("--headless", "server", "-key", "k"), "server");
  put_bytes (fixture, "{ \"remoteaddr\": \"h:1\" }", -1);
  assert_name (ARGS ("--headless", "-c", fixture->file), "file");
  assert_name (ARGS ("--headless", "client", "-c", fixture->file), "file");
  g_assert_cmpint (g_rename (fixture->file, json), ==, 0);
  assert_name (ARGS ("--headless", "-c", json), "file");
  g_assert_cmpint (g_unlink (json), ==, 0);
}

static void
test_help_wanted (void)
{
  assert_help (ARGS ("--help"), 0);
  assert_help (ARGS ("-h"), 0);
  assert_help (ARGS ("help"), 0);
  assert_help (ARGS ("--headless", "-h"), 0);
  assert_help (ARGS ("--headless", "client", "-h"), CULVERT_ROLE_CLIENT);
  assert_help (ARGS ("--headless", "server", "-quiet", "--help"), CULVERT_ROLE_SERVER);
  assert_help (ARGS ("--headless", "server", "help"), CULVERT_ROLE_SERVER);
}

/* Each flag of WIRE.md 13.1 and 13.2 with its alias, and where it belongs the star. */
static void
assert_help_lists (guint role, const char *flags, const char *must_match)
{
  g_autofree char *help = culvert_cli_dup_help (role);
  g_auto (GStrv) names = g_strsplit (flags, " ", -1);
  g_auto (GStrv) stars = g_strsplit (must_match, " ", -1);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *escaped = g_regex_escape_string (names[i], -1);
      g_autofree char *pattern =
          g_strdup_printf ("^ [* ][+ ] (--\\w[\\w-]*, )?--?%s[ ,\\n]", escaped);

      g_test_message ("%s", names[i]);
      g_assert_true (g_regex_match_simple (pattern, help, G_REGEX_MULTILINE, 0));
    }
  for (guint i = 0; stars[i] != NULL; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("^ \\*[+ ] --%s[ ,\\n]", stars[i]);

      g_assert_true (g_regex_match_simple (pattern, help, G_REGEX_MULTILINE, 0));
    }
}

#define COMMON_FLAGS \
  "key crypt mode QPP QPPCount mtu ratelimit sndwnd rcvwnd datashard ds parityshard ps dscp " \
  "nocomp acknodelay nodelay interval resend nc sockbuf smuxver smuxbuf framesize streambuf " \
  "keepalive closewait snmplog snmpperiod log quiet tcp c pprof help h version v " \
  "key-file log-level workers mem-limit fec pacing be-nice"

static void
test_help_complete (void)
{
  assert_help_lists (CULVERT_ROLE_CLIENT,
                     "localaddr l remoteaddr r conn autoexpire scavengettl " COMMON_FLAGS,
                     "key crypt QPP QPPCount nocomp smuxver tcp");
  assert_help_lists (CULVERT_ROLE_SERVER, "listen l target t " COMMON_FLAGS,
                     "key crypt QPP QPPCount nocomp smuxver tcp");
}

static void
test_help_facts (void)
{
  g_autofree char *client = culvert_cli_dup_help (CULVERT_ROLE_CLIENT);
  g_autofree char *server = culvert_cli_dup_help (CULVERT_ROLE_SERVER);
  g_auto (GStrv) lines = g_strsplit (client, "\n", -1);

  g_assert_nonnull (strstr (client, "send window (packets, 1 to 65535, default: 128)"));
  g_assert_nonnull (strstr (server, "send window (packets, 1 to 65535, default: 1024)"));
  g_assert_null (strstr (server, "--conn"));
  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_cmpuint (strlen (lines[i]), <=, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  g_test_add_func ("/launch/roles", test_roles);
  g_test_add_func ("/launch/usage", test_usage);
  g_test_add_func ("/launch/profiles", test_profiles);
  g_test_add_func ("/launch/desktop", test_desktop);
  g_test_add_func ("/launch/key/sources", test_key_sources);
  ADD ("/launch/key/file", test_key_file);
  ADD ("/launch/key/file-refused", test_key_file_refused);
  ADD ("/launch/file-wins", test_file_wins);
  ADD ("/launch/role-by-file", test_role_by_file);
  ADD ("/launch/name", test_name);
  g_test_add_func ("/cli/help/wanted", test_help_wanted);
  g_test_add_func ("/cli/help/complete", test_help_complete);
  g_test_add_func ("/cli/help/facts", test_help_facts);
  return g_test_run ();
}

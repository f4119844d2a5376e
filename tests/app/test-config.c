/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-config.h"
#include "culvert-error.h"
#include "test-vectors.h"

#include <string.h>

/* A configuration from GVariant text; a usable client has an own key and a local address. */
static CulvertConfig *
new_config (CulvertRole role, const char *dict, GError **error)
{
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GError) parse_error = NULL;

  variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, dict, NULL, NULL, &parse_error);
  g_assert_no_error (parse_error);
  return culvert_config_new_from_variant (role, variant, error);
}

static CulvertConfig *
good_config (CulvertRole role, const char *dict)
{
  g_autoptr (GError) error = NULL;
  CulvertConfig *config = new_config (role, dict, &error);

  g_assert_no_error (error);
  g_assert_nonnull (config);
  return config;
}

static void
assert_refused (CulvertRole role, const char *dict, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CulvertConfig) config = new_config (role, dict, &error);

  g_test_message ("%s", dict);
  g_assert_null (config);
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, message);
}

/* The one warning that begins with the prefix, or none with NULL. */
static void
assert_warning (CulvertRole role, const char *dict, const char *prefix, gboolean expected)
{
  g_autoptr (CulvertConfig) config = good_config (role, dict);
  g_auto (GStrv) warnings = culvert_config_dup_warnings (config);
  gboolean found = FALSE;

  for (guint i = 0; warnings[i] != NULL; i++)
    found = found || g_str_has_prefix (warnings[i], prefix);
  g_test_message ("%s %s", dict, prefix);
  g_assert_cmpint (found, ==, expected);
}

static void
assert_int (CulvertRole role, const char *dict, CulvertSettingId id, gint64 expected)
{
  g_autoptr (CulvertConfig) config = good_config (role, dict);

  g_assert_cmpint (culvert_config_get_int (config, id), ==, expected);
}

/* The flag tables of WIRE.md 13.1 and 13.2, written out once more. */
static void
test_defaults (void)
{
  static const struct
  {
    CulvertSettingId id;
    gint64 client;
    gint64 server;
  } ints[] = {
    { CULVERT_SETTING_MTU, 1350, 1350 },
    { CULVERT_SETTING_SNDWND, 128, 1024 },
    { CULVERT_SETTING_RCVWND, 512, 1024 },
    { CULVERT_SETTING_DATASHARD, 10, 10 },
    { CULVERT_SETTING_PARITYSHARD, 3, 3 },
    { CULVERT_SETTING_QPP_COUNT, 61, 61 },
    { CULVERT_SETTING_RATELIMIT, 0, 0 },
    { CULVERT_SETTING_DSCP, 0, 0 },
    { CULVERT_SETTING_INTERVAL, 50, 50 },
    { CULVERT_SETTING_SOCKBUF, 4194304, 4194304 },
    { CULVERT_SETTING_SMUXVER, 2, 2 },
    { CULVERT_SETTING_SMUXBUF, 4194304, 4194304 },
    { CULVERT_SETTING_FRAMESIZE, 8192, 8192 },
    { CULVERT_SETTING_STREAMBUF, 2097152, 2097152 },
    { CULVERT_SETTING_KEEPALIVE, 10, 10 },
    { CULVERT_SETTING_CLOSEWAIT, 0, 30 },
    { CULVERT_SETTING_SNMPPERIOD, 60, 60 },
  };
  g_autoptr (CulvertConfig) client = good_config (CULVERT_ROLE_CLIENT, "{}");
  g_autoptr (CulvertConfig) server = good_config (CULVERT_ROLE_SERVER, "{}");

  for (guint i = 0; i < G_N_ELEMENTS (ints); i++)
    {
      g_assert_cmpint (culvert_config_get_int (client, ints[i].id), ==, ints[i].client);
      g_assert_cmpint (culvert_config_get_int (server, ints[i].id), ==, ints[i].server);
    }
  g_assert_cmpint (culvert_config_get_int (client, CULVERT_SETTING_CONN), ==, 1);
  g_assert_cmpint (culvert_config_get_int (client, CULVERT_SETTING_AUTOEXPIRE), ==, 0);
  g_assert_cmpint (culvert_config_get_int (client, CULVERT_SETTING_SCAVENGETTL), ==, 600);
  g_assert_cmpstr (culvert_config_get_string (client, CULVERT_SETTING_LOCALADDR), ==, ":12948");
  g_assert_cmpstr (culvert_config_get_string (client, CULVERT_SETTING_REMOTEADDR), ==, "vps:29900");
  g_assert_cmpstr (culvert_config_get_string (server, CULVERT_SETTING_LISTEN), ==, ":29900");
  g_assert_cmpstr (culvert_config_get_string (server, CULVERT_SETTING_TARGET), ==,
                   "127.0.0.1:12948");
  g_assert_cmpstr (culvert_config_get_string (server, CULVERT_SETTING_KEY), ==, "it's a secrect");
  g_assert_cmpstr (culvert_config_get_string (server, CULVERT_SETTING_CRYPT), ==, "aes");
  g_assert_cmpstr (culvert_config_get_string (server, CULVERT_SETTING_MODE), ==, "fast");
  g_assert_false (culvert_config_get_bool (client, CULVERT_SETTING_NOCOMP));
}

/* Each JSON key of WIRE.md 13.5, for its roles. */
static void
test_keys (void)
{
  static const char common[] =
      "key crypt mode mtu ratelimit sndwnd rcvwnd datashard parityshard dscp nocomp acknodelay "
      "nodelay interval resend nc sockbuf smuxver smuxbuf framesize streambuf keepalive log "
      "snmplog snmpperiod quiet tcp pprof qpp qpp-count closewait";
  static const char client[] = "localaddr remoteaddr conn autoexpire scavengettl";
  g_auto (GStrv) common_keys = g_strsplit (common, " ", -1);
  g_auto (GStrv) client_keys = g_strsplit (client, " ", -1);

  for (guint i = 0; common_keys[i] != NULL; i++)
    {
      g_assert_nonnull (culvert_settings_find_key (CULVERT_ROLE_CLIENT, common_keys[i]));
      g_assert_nonnull (culvert_settings_find_key (CULVERT_ROLE_SERVER, common_keys[i]));
    }
  for (guint i = 0; client_keys[i] != NULL; i++)
    {
      g_assert_nonnull (culvert_settings_find_key (CULVERT_ROLE_CLIENT, client_keys[i]));
      g_assert_null (culvert_settings_find_key (CULVERT_ROLE_SERVER, client_keys[i]));
    }
  g_assert_nonnull (culvert_settings_find_key (CULVERT_ROLE_SERVER, "LISTEN"));
  g_assert_null (culvert_settings_find_key (CULVERT_ROLE_CLIENT, "target"));
}

/* No two settings of a role share a spelling, and the list is in the order of its ids. */
static void
test_table (void)
{
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  g_assert_cmpuint (n, ==, CULVERT_N_SETTINGS);
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpint (settings[i].id, ==, i);
      for (CulvertRole role = CULVERT_ROLE_CLIENT; role <= CULVERT_ROLE_SERVER; role++)
        {
          if ((settings[i].roles & role) == 0)
            continue;
          g_assert_true (culvert_settings_find_key (role, settings[i].key) == &settings[i]);
          g_assert_true (culvert_settings_find_flag (role, settings[i].flag) == &settings[i]);
          if (settings[i].alias != NULL)
            g_assert_true (culvert_settings_find_flag (role, settings[i].alias) == &settings[i]);
        }
    }
}

static void
test_ranges (void)
{
  assert_refused (CULVERT_ROLE_CLIENT, "{'mtu': <20>}", "mtu: 20 is not allowed; use 50 to 1500");
  assert_refused (CULVERT_ROLE_CLIENT, "{'conn': <0>}", "conn: 0 is not allowed; use 1 to 65535");
  assert_refused (CULVERT_ROLE_SERVER, "{'smuxver': <3>}", "smuxver: 3 is not allowed; use 1 to 2");
  assert_refused (CULVERT_ROLE_SERVER, "{'smuxver': <0>}", "smuxver: 0 is not allowed; use 1 to 2");
  assert_refused (CULVERT_ROLE_SERVER, "{'keepalive': <31>}",
                  "keepalive: 31 is not allowed; use 1 to 30");
  assert_refused (CULVERT_ROLE_SERVER, "{'keepalive': <-1>}",
                  "keepalive: -1 is not allowed; use 1 to 30");
  assert_refused (CULVERT_ROLE_SERVER, "{'framesize': <65536>}",
                  "framesize: 65536 is not allowed; use 1 to 65535");
  assert_refused (CULVERT_ROLE_SERVER, "{'smuxbuf': <int64 2147483648>}",
                  "smuxbuf: 2147483648 is not allowed; use 1 to 2147483647");
  assert_refused (CULVERT_ROLE_SERVER, "{'rcvwnd': <65536>}",
                  "rcvwnd: 65536 is not allowed; use 1 to 65535");
  assert_refused (CULVERT_ROLE_SERVER, "{'dscp': <64>}", "dscp: 64 is not allowed; use 0 to 63");
  assert_refused (CULVERT_ROLE_SERVER, "{'datashard': <256>}",
                  "datashard: 256 is not allowed; use 0 to 255");
  assert_refused (CULVERT_ROLE_CLIENT, "{'scavengettl': <uint64 18446744073709551615>}",
                  "scavengettl: 9223372036854775807 is not allowed; use 0 to 2147483647");
}

static void
test_pairs (void)
{
  assert_refused (CULVERT_ROLE_CLIENT, "{'streambuf': <4194305>}",
                  "streambuf: 4194305 is not allowed; use 1 to smuxbuf, which is 4194304");
  assert_refused (CULVERT_ROLE_CLIENT, "{'datashard': <200>, 'parityshard': <57>}",
                  "datashard and parityshard: 257 together are not allowed; use at most 256");
  assert_int (CULVERT_ROLE_CLIENT, "{'datashard': <200>, 'parityshard': <56>}",
              CULVERT_SETTING_PARITYSHARD, 56);
  assert_refused (CULVERT_ROLE_CLIENT, "{'mem-limit': <1000>}",
                  "mem-limit: 1000 is not allowed; use 0 or at least 1048576");
}

/* kcptun takes these and works; so do we, and say what became of them. */
static void
test_stand_ins (void)
{
  assert_int (CULVERT_ROLE_CLIENT, "{'mtu': <1600>}", CULVERT_SETTING_MTU, 1500);
  assert_int (CULVERT_ROLE_CLIENT, "{'sndwnd': <0>}", CULVERT_SETTING_SNDWND, 32);
  assert_int (CULVERT_ROLE_CLIENT, "{'sndwnd': <100000>}", CULVERT_SETTING_SNDWND, 65535);
  assert_int (CULVERT_ROLE_CLIENT, "{'rcvwnd': <-1>}", CULVERT_SETTING_RCVWND, 32);
  assert_int (CULVERT_ROLE_CLIENT, "{'ratelimit': <-1>}", CULVERT_SETTING_RATELIMIT, 0);
  assert_int (CULVERT_ROLE_CLIENT, "{'datashard': <-1>}", CULVERT_SETTING_DATASHARD, 0);
  assert_int (CULVERT_ROLE_CLIENT, "{'autoexpire': <-1>}", CULVERT_SETTING_AUTOEXPIRE, 0);
  assert_int (CULVERT_ROLE_CLIENT, "{'snmpperiod': <-1>}", CULVERT_SETTING_SNMPPERIOD, 0);
  assert_warning (CULVERT_ROLE_CLIENT, "{'mtu': <1600>}", "mtu: 1600 is taken as 1500", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'ratelimit': <-1>}", "ratelimit: -1 is taken as 0", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'mtu': <1500>}", "mtu:", FALSE);
}

/* Settings without effect may say anything. */
static void
test_unused (void)
{
  assert_int (CULVERT_ROLE_CLIENT, "{'qpp-count': <0>}", CULVERT_SETTING_QPP_COUNT, 1);
  assert_refused (CULVERT_ROLE_CLIENT, "{'qpp-count': <0>, 'qpp': <true>}",
                  "qpp-count: 0 is not allowed; use 1 to 65535");
  assert_warning (CULVERT_ROLE_CLIENT, "{'interval': <1>}", "interval:", FALSE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'interval': <1>, 'mode': <'manual'>}",
                  "interval: 1 is taken as 10", TRUE);
}

static void
test_words (void)
{
  assert_refused (CULVERT_ROLE_CLIENT, "{'crypt': <'aes-256'>}",
                  "crypt: \"aes-256\" is unknown; use one of aes, aes-128, aes-192, sm4, twofish, "
                  "blowfish, cast5, 3des, tea, xtea, salsa20, xor, none, null, aes-128-gcm");
  assert_refused (CULVERT_ROLE_CLIENT, "{'mode': <'turbo'>}",
                  "mode: \"turbo\" is unknown; use one of normal, fast, fast2, fast3, manual");
  assert_refused (CULVERT_ROLE_CLIENT, "{'mode': <'Fast'>}",
                  "mode: \"Fast\" is unknown; use one of normal, fast, fast2, fast3, manual");
  assert_refused (CULVERT_ROLE_CLIENT, "{'log-level': <'all'>}",
                  "log-level: \"all\" is unknown; use one of error, warning, info, debug");
}

static void
test_addresses (void)
{
  assert_refused (CULVERT_ROLE_CLIENT, "{'remoteaddr': <'vps'>}",
                  "remoteaddr: \"vps\" has no valid port; use host:port or host:min-max with ports "
                  "1 to 65535");
  assert_refused (CULVERT_ROLE_SERVER, "{'listen': <':0'>}",
                  "listen: \":0\" has no valid port; use host:port or host:min-max with ports 1 to "
                  "65535");
  assert_refused (CULVERT_ROLE_SERVER, "{'target': <''>}",
                  "target: \"\" is not an address; use host:port or the path of a UNIX socket");
  assert_refused (
      CULVERT_ROLE_CLIENT, "{'localaddr': <'127.0.0.1:99999'>}",
      "localaddr: \"127.0.0.1:99999\" has no valid port; use host:port with a port 1 to "
      "65535 or a service name, or the path of a UNIX socket without a colon");
}

static void
test_types (void)
{
  assert_refused (CULVERT_ROLE_CLIENT, "{'mtu': <'900'>}", "mtu: '900' is not an integer");
  assert_refused (CULVERT_ROLE_CLIENT, "{'crypt': <5>}", "crypt: 5 is not a string");
  assert_refused (CULVERT_ROLE_CLIENT, "{'nocomp': <1>}", "nocomp: 1 is not true or false");
  assert_refused (CULVERT_ROLE_CLIENT, "{'key': <5>}", "key: its value is not a string");
  assert_int (CULVERT_ROLE_CLIENT, "{'mtu': <uint32 900>}", CULVERT_SETTING_MTU, 900);
  assert_int (CULVERT_ROLE_CLIENT, "{'MTU': <int16 901>}", CULVERT_SETTING_MTU, 901);
}

/* A file nobody has read must not mean the public key. */
static void
test_key_file (void)
{
  g_autoptr (CulvertConfig) config = NULL;

  assert_refused (CULVERT_ROLE_CLIENT, "{'key-file': <'/k'>}",
                  "key-file: \"/k\" has not been read and there is no key");
  config = good_config (CULVERT_ROLE_CLIENT, "{'key-file': <'/k'>, 'key': <'x'>}");
  g_assert_cmpstr (culvert_config_get_string (config, CULVERT_SETTING_KEY), ==, "x");
}

static void
check_mtu (JsonObject *object, void *data)
{
  gint64 mtu = json_object_get_int_member (object, "mtu");
  gint64 ds = json_object_get_int_member (object, "ds");
  gint64 ps = json_object_get_int_member (object, "ps");
  const char *cipher = json_object_get_string_member (object, "cipher");
  g_autofree char *dict = g_strdup_printf (
      "{'mtu': <int64 %" G_GINT64_FORMAT ">, 'crypt': <'%s'>, 'datashard': <int64 %" G_GINT64_FORMAT
      ">, 'parityshard': <int64 %" G_GINT64_FORMAT ">}",
      mtu, cipher, ds, ps);
  g_autoptr (CulvertConfig) config = new_config (CULVERT_ROLE_CLIENT, dict, NULL);

  g_test_message ("%s", dict);
  g_assert_cmpint (config != NULL, ==, json_object_get_boolean_member (object, "accepted"));
}

static void
test_mtu_vectors (void)
{
  test_vectors_foreach ("mtu.json", NULL, check_mtu, NULL);
}

static void
test_mtu_message (void)
{
  assert_refused (CULVERT_ROLE_CLIENT, "{'mtu': <60>}",
                  "mtu: 60 is not allowed with crypt aes and error correction; use 78 to 1500");
}

static void
test_timers (void)
{
  static const struct
  {
    const char *dict;
    int timers[4];
  } cases[] = {
    { "{'mode': <'normal'>}", { 0, 40, 2, 1 } },
    { "{'interval': <99>, 'nc': <0>}", { 0, 30, 2, 1 } },
    { "{'mode': <'fast2'>}", { 1, 20, 2, 1 } },
    { "{'mode': <'fast3'>}", { 1, 10, 2, 1 } },
    { "{'mode': <'manual'>}", { 0, 50, 0, 0 } },
    { "{'mode': <'manual'>, 'nodelay': <1>, 'interval': <25>, 'resend': <3>, 'nc': <1>}",
      { 1, 25, 3, 1 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CulvertConfig) config = good_config (CULVERT_ROLE_CLIENT, cases[i].dict);
      int timers[4];

      culvert_config_get_timers (config, &timers[0], &timers[1], &timers[2], &timers[3]);
      for (guint j = 0; j < G_N_ELEMENTS (timers); j++)
        g_assert_cmpint (timers[j], ==, cases[i].timers[j]);
    }
}

static void
test_warnings (void)
{
  assert_warning (CULVERT_ROLE_SERVER, "{}", "key: this is the public default", TRUE);
  assert_warning (CULVERT_ROLE_SERVER, "{'key': <\"it's a secrect\">}", "key: this is", TRUE);
  assert_warning (CULVERT_ROLE_SERVER, "{'key': <''>}", "key: it is empty", TRUE);
  assert_warning (CULVERT_ROLE_SERVER, "{'key': <'mine'>}", "key:", FALSE);
  assert_warning (CULVERT_ROLE_SERVER, "{'crypt': <'none'>}", "crypt: none gives no", TRUE);
  assert_warning (CULVERT_ROLE_SERVER, "{'crypt': <'null'>}", "crypt: null gives no", TRUE);
  assert_warning (CULVERT_ROLE_SERVER, "{'crypt': <'xor'>}", "crypt: xor gives no", TRUE);
  assert_warning (CULVERT_ROLE_SERVER, "{'crypt': <'salsa20'>}", "crypt:", FALSE);
  assert_warning (CULVERT_ROLE_CLIENT, "{}", "localaddr:", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'localaddr': <'0.0.0.0:1'>}", "localaddr:", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'localaddr': <'[::]:1'>}", "localaddr:", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'localaddr': <'127.0.0.1:1'>}", "localaddr:", FALSE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'localaddr': <'/run/x'>}", "localaddr:", FALSE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'autoexpire': <10>}", "scavengettl:", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'autoexpire': <600>}", "scavengettl:", FALSE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'smuxver': <1>}", "smuxver:", TRUE);
}

static void
test_warnings_qpp (void)
{
  g_autofree char *long_key = g_strnfill (211, 'k');
  g_autofree char *good =
      g_strdup_printf ("{'qpp': <true>, 'qpp-count': <7>, 'key': <'%s'>}", long_key);

  assert_warning (CULVERT_ROLE_CLIENT, "{'qpp': <true>, 'key': <'short'>}", "key: QPP", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'qpp': <true>, 'qpp-count': <6>}", "qpp-count: QPP", TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, "{'qpp': <true>, 'qpp-count': <8>}", "qpp-count: 8 has",
                  TRUE);
  assert_warning (CULVERT_ROLE_CLIENT, good, "key:", FALSE);
  assert_warning (CULVERT_ROLE_CLIENT, good, "qpp-count:", FALSE);
}

static void
test_unknown (void)
{
  g_autoptr (CulvertConfig) config =
      good_config (CULVERT_ROLE_SERVER, "{'foo': <'bar'>, 'Conn': <2>, 'mtu': <900>}");
  g_autoptr (GVariant) back = culvert_config_to_variant (config);
  GVariant *unknown = culvert_config_peek_unknown (config);
  const char *text;

  g_assert_cmpuint (g_variant_n_children (unknown), ==, 2);
  g_assert_true (g_variant_lookup (unknown, "foo", "&s", &text));
  g_assert_cmpstr (text, ==, "bar");
  g_assert_cmpuint (g_variant_n_children (back), ==, 3);
  assert_warning (CULVERT_ROLE_SERVER, "{'foo': <'bar'>}", "unknown settings ignored: foo", TRUE);
  assert_warning (CULVERT_ROLE_SERVER, "{}", "unknown", FALSE);
}

/* Only what was given comes back, and gives an equal configuration. */
static void
test_round_trip (void)
{
  g_autoptr (CulvertConfig) a = good_config (
      CULVERT_ROLE_CLIENT, "{'mtu': <1600>, 'key': <b'\\377'>, 'nocomp': <true>, 'x': <@ai []>}");
  g_autoptr (GVariant) dict = culvert_config_to_variant (a);
  g_autoptr (GError) error = NULL;
  g_autoptr (CulvertConfig) b = culvert_config_new_from_variant (CULVERT_ROLE_CLIENT, dict, &error);
  g_autoptr (CulvertConfig) other = good_config (CULVERT_ROLE_CLIENT, "{'mtu': <1500>}");

  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (dict), ==, 4);
  g_assert_cmpstr (culvert_config_get_string (b, CULVERT_SETTING_KEY), ==, "\xff");
  g_assert_true (culvert_config_equal (a, b));
  g_assert_false (culvert_config_equal (a, other));
  g_assert_true (culvert_config_is_given (a, CULVERT_SETTING_MTU));
  g_assert_false (culvert_config_is_given (a, CULVERT_SETTING_CRYPT));
}

static void
test_restart (void)
{
  g_autoptr (CulvertConfig) a = good_config (CULVERT_ROLE_CLIENT, "{}");
  g_autoptr (CulvertConfig) hot = good_config (CULVERT_ROLE_CLIENT, "{'quiet': <true>}");
  g_autoptr (CulvertConfig) cold = good_config (CULVERT_ROLE_CLIENT, "{'crypt': <'tea'>}");
  g_autoptr (CulvertConfig) server = good_config (CULVERT_ROLE_SERVER, "{}");

  g_assert_false (culvert_config_requires_restart (a, a));
  g_assert_false (culvert_config_requires_restart (a, hot));
  g_assert_false (culvert_config_equal (a, hot));
  g_assert_true (culvert_config_requires_restart (a, cold));
  g_assert_true (culvert_config_requires_restart (a, server));
}

static void
test_properties (void)
{
  g_autoptr (CulvertConfig) config = good_config (
      CULVERT_ROLE_CLIENT, "{'mtu': <900>, 'nocomp': <true>, 'crypt': <'tea'>, 'key': <'mine'>}");
  g_autofree char *cipher = NULL;
  gboolean nocomp;
  gint64 mtu;
  guint role;

  g_object_get (config, "mtu", &mtu, "nocomp", &nocomp, "crypt", &cipher, "role", &role, NULL);
  g_assert_cmpint (mtu, ==, 900);
  g_assert_true (nocomp);
  g_assert_cmpstr (cipher, ==, "tea");
  g_assert_cmpuint (role, ==, CULVERT_ROLE_CLIENT);
  g_assert_null (g_object_class_find_property (G_OBJECT_GET_CLASS (config), "key"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/defaults", test_defaults);
  g_test_add_func ("/config/keys", test_keys);
  g_test_add_func ("/config/table", test_table);
  g_test_add_func ("/config/ranges", test_ranges);
  g_test_add_func ("/config/pairs", test_pairs);
  g_test_add_func ("/config/stand-ins", test_stand_ins);
  g_test_add_func ("/config/unused", test_unused);
  g_test_add_func ("/config/words", test_words);
  g_test_add_func ("/config/addresses", test_addresses);
  g_test_add_func ("/config/types", test_types);
  g_test_add_func ("/config/key-file", test_key_file);
  g_test_add_func ("/config/mtu/vectors", test_mtu_vectors);
  g_test_add_func ("/config/mtu/message", test_mtu_message);
  g_test_add_func ("/config/timers", test_timers);
  g_test_add_func ("/config/warnings", test_warnings);
  g_test_add_func ("/config/warnings/qpp", test_warnings_qpp);
  g_test_add_func ("/config/unknown", test_unknown);
  g_test_add_func ("/config/round-trip", test_round_trip);
  g_test_add_func ("/config/restart", test_restart);
  g_test_add_func ("/config/properties", test_properties);
  return g_test_run ();
}

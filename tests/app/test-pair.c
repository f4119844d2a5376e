/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-pair.h"
#include "culvert-tuning.h"

#include <math.h>
#include <string.h>

#define get_int(profile, id) culvert_profile_get_int (profile, CULVERT_SETTING_##id)
#define get_string(profile, id) culvert_profile_get_string (profile, CULVERT_SETTING_##id)

/* -- pair maker --------------------------------------------------------------------------- */

static CulvertProfile *
new_client (void)
{
  CulvertProfile *client = culvert_profile_new (CULVERT_ROLE_CLIENT, "Büro: Tokyo!");

  culvert_profile_set_string (client, CULVERT_SETTING_LOCALADDR, "127.0.0.1:8388");
  culvert_profile_set_string (client, CULVERT_SETTING_REMOTEADDR, "[2001:db8::1]:29900-29910");
  culvert_profile_set_string (client, CULVERT_SETTING_CRYPT, "salsa20");
  culvert_profile_set_int (client, CULVERT_SETTING_SNDWND, 2000);
  culvert_profile_set_int (client, CULVERT_SETTING_RCVWND, 3000);
  culvert_profile_set_int (client, CULVERT_SETTING_SMUXVER, 1);
  culvert_profile_set_key (client, "k");
  return client;
}

static void
test_key (void)
{
  g_autofree char *a = culvert_pair_generate_key ();
  g_autofree char *b = culvert_pair_generate_key ();

  g_assert_cmpuint (strlen (a), ==, 43);
  g_assert_cmpuint (strspn (a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                    ==, 43);
  g_assert_cmpstr (a, !=, b);
}

/* What must match does, whatever it is. */
static void
assert_matches (CulvertProfile *a, CulvertProfile *b)
{
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  g_assert_cmpstr (culvert_profile_peek_key (a), ==, culvert_profile_peek_key (b));
  for (guint i = 0; i < n; i++)
    {
      if ((settings[i].attrs & CULVERT_SETTING_ATTR_MUST_MATCH) == 0
          || settings[i].id == CULVERT_SETTING_KEY)
        continue;
      g_assert_true (culvert_profile_is_given (b, settings[i].id));
      g_assert_cmpint (culvert_profile_get_int (a, settings[i].id), ==,
                       culvert_profile_get_int (b, settings[i].id));
      g_assert_cmpint (culvert_profile_get_bool (a, settings[i].id), ==,
                       culvert_profile_get_bool (b, settings[i].id));
      g_assert_cmpstr (culvert_profile_get_string (a, settings[i].id), ==,
                       culvert_profile_get_string (b, settings[i].id));
    }
}

static void
assert_valid (CulvertProfile *profile)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CulvertConfig) config = culvert_profile_new_config (profile, &error);

  g_assert_no_error (error);
}

static void
test_mirror_client (void)
{
  g_autoptr (CulvertProfile) client = new_client ();
  g_autoptr (CulvertProfile) server = culvert_pair_mirror (client, "127.0.0.1:80");

  g_assert_cmpuint (culvert_profile_get_role (server), ==, CULVERT_ROLE_SERVER);
  g_assert_cmpstr (get_string (server, LISTEN), ==, ":29900-29910");
  g_assert_cmpstr (get_string (server, TARGET), ==, "127.0.0.1:80");
  g_assert_cmpint (get_int (server, SNDWND), ==, 3000);
  g_assert_cmpint (get_int (server, RCVWND), ==, 2000);
  assert_matches (client, server);
  assert_valid (server);
}

static void
test_mirror_server (void)
{
  g_autoptr (CulvertProfile) server = culvert_profile_new (CULVERT_ROLE_SERVER, "S");
  g_autoptr (CulvertProfile) client = NULL;
  g_autoptr (CulvertProfile) other = NULL;

  culvert_profile_set_string (server, CULVERT_SETTING_LISTEN, ":4000");
  culvert_profile_set_int (server, CULVERT_SETTING_SNDWND, 512);
  client = culvert_pair_mirror (server, "2001:db8::1");
  g_assert_cmpstr (get_string (client, REMOTEADDR), ==, "[2001:db8::1]:4000");
  g_assert_cmpint (get_int (client, RCVWND), ==, 512);
  g_assert_cmpint (get_int (client, SNDWND), ==, 128);
  assert_valid (client);
  culvert_profile_set_int (server, CULVERT_SETTING_RCVWND, 700);
  other = culvert_pair_mirror (server, "h");
  g_assert_cmpstr (get_string (other, REMOTEADDR), ==, "h:4000");
  g_assert_cmpint (get_int (other, SNDWND), ==, 700);
  assert_matches (server, other);
}

/* My send window always fits into the peer's receive window and the other way round. */
static void
test_windows_fit (void)
{
  static const int windows[] = { 32, 128, 1024, 1025, 65535 };

  for (guint i = 0; i < G_N_ELEMENTS (windows) * G_N_ELEMENTS (windows); i++)
    {
      g_autoptr (CulvertProfile) client = new_client ();
      g_autoptr (CulvertProfile) server = NULL;
      g_autoptr (CulvertProfile) back = NULL;

      culvert_profile_set_int (client, CULVERT_SETTING_SNDWND,
                               windows[i % G_N_ELEMENTS (windows)]);
      culvert_profile_set_int (client, CULVERT_SETTING_RCVWND,
                               windows[i / G_N_ELEMENTS (windows)]);
      server = culvert_pair_mirror (client, NULL);
      g_assert_cmpint (get_int (client, SNDWND), <=, get_int (server, RCVWND));
      g_assert_cmpint (get_int (server, SNDWND), <=, get_int (client, RCVWND));
      back = culvert_pair_mirror (server, "h");
      g_assert_cmpint (get_int (back, SNDWND), <=, get_int (server, RCVWND));
      g_assert_cmpint (get_int (server, SNDWND), <=, get_int (back, RCVWND));
    }
}

static void
test_texts (void)
{
  g_autoptr (CulvertProfile) client = new_client ();
  g_autoptr (CulvertProfile) server = culvert_pair_mirror (client, NULL);
  g_autofree char *path = NULL;
  g_autofree char *unit = NULL;
  g_autofree char *docker = NULL;
  g_autofree char *nft = NULL;
  g_autofree char *ufw = NULL;

  culvert_profile_set_name (server, "Buro: Tokyo!");
  culvert_profile_set_key (server, "hush-hush");
  path = culvert_pair_dup_config_path (server);
  unit = culvert_pair_dup_unit (server, NULL);
  docker = culvert_pair_dup_docker (server, "/srv/a b.json");
  nft = culvert_pair_dup_firewall (server, CULVERT_PAIR_FIREWALL_NFT);
  ufw = culvert_pair_dup_firewall (server, CULVERT_PAIR_FIREWALL_UFW);
  g_assert_cmpstr (path, ==, "/etc/culvert/buro-tokyo.json");
  g_assert_nonnull (strstr (unit, "LoadCredential=config.json:/etc/culvert/buro-tokyo.json\n"));
  g_assert_nonnull (strstr (unit, "-c %d/config.json\n"));
  g_assert_null (strstr (unit, "CAP_NET_BIND_SERVICE"));
  g_assert_nonnull (strstr (docker, "-v '/srv/a b.json:/etc/culvert/config.json:ro'"));
  g_assert_null (strstr (unit, "hush"));
  g_assert_null (strstr (docker, "hush"));
  g_assert_cmpstr (nft, ==, "nft add rule inet filter input udp dport 29900-29910 accept");
  g_assert_cmpstr (ufw, ==, "ufw allow 29900:29910/udp");
  g_assert_null (culvert_pair_dup_firewall (client, CULVERT_PAIR_FIREWALL_NFT));
}

static void
test_privileged (void)
{
  g_autoptr (CulvertProfile) server = culvert_profile_new (CULVERT_ROLE_SERVER, "");
  g_autofree char *unit = NULL;
  g_autofree char *ufw = NULL;
  g_autofree char *path = culvert_pair_dup_config_path (server);

  g_assert_cmpstr (path, ==, "/etc/culvert/tunnel.json");
  culvert_profile_set_string (server, CULVERT_SETTING_LISTEN, "0.0.0.0:443");
  culvert_profile_set_bool (server, CULVERT_SETTING_TCP, TRUE);
  unit = culvert_pair_dup_unit (server, NULL);
  ufw = culvert_pair_dup_firewall (server, CULVERT_PAIR_FIREWALL_UFW);
  g_assert_nonnull (strstr (unit, "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"));
  g_assert_cmpstr (ufw, ==, "ufw allow 443/tcp");
}

/* -- tuning ----------------------------------------------------------------------------------- */

static void
assert_near (double value, double expected)
{
  g_assert_cmpfloat_with_epsilon (value, expected, expected * 0.001);
}

/* The arithmetic, by hand: 1024 packets of 1298 bytes in 150 ms. */
static void
test_window (void)
{
  assert_near (culvert_tuning_window_to_mbit (1024, 1298, 150), 70.8873);
  assert_near (culvert_tuning_window_to_mbit (1024, 1298, 0), 70.8873);
  g_assert_cmpuint (culvert_tuning_mbit_to_window (70.88, 1298, 150), ==, 1024);
  g_assert_cmpuint (culvert_tuning_mbit_to_window (0, 1298, 150), ==, 1);
  g_assert_cmpuint (culvert_tuning_mbit_to_window (1e12, 1298, 150), ==, G_MAXINT32);
}

/* The table of WIRE.md 3. */
static void
test_payload (void)
{
  static const struct
  {
    const char *cipher;
    int parity;
    guint payload;
  } rows[] = { { "aes", 0, 1306 },  { "aes", 3, 1298 },         { "aes-128-gcm", 0, 1298 },
               { "none", 3, 1298 }, { "aes-128-gcm", 3, 1290 }, { "null", 0, 1326 },
               { "null", 3, 1318 } };
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      culvert_profile_set_string (profile, CULVERT_SETTING_CRYPT, rows[i].cipher);
      culvert_profile_set_int (profile, CULVERT_SETTING_PARITYSHARD, rows[i].parity);
      g_assert_cmpuint (culvert_tuning_payload_len (profile), ==, rows[i].payload);
    }
}

static void
test_explain (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "");
  CulvertTuningEffect effect;
  g_autofree char *summary = culvert_tuning_dup_summary (profile, 0);
  g_autofree char *fec = NULL;

  culvert_tuning_explain (profile, 100, &effect);
  assert_near (effect.up_mbit, 128 * 1298 * 8 / 100e3);
  assert_near (effect.down_mbit, 512 * 1298 * 8 / 100e3);
  assert_near (effect.overhead, 1378 / 1298.0 * 1.3);
  g_assert_cmpfloat (effect.fec_loss, >, 0.05);
  g_assert_cmpfloat (effect.fec_loss, <, 0.08);
  g_assert_cmpstr (summary, ==, "Up to 35 Mbit/s down and 8.9 Mbit/s up at 150 ms, 38 % more data");
  fec = culvert_tuning_dup_effect (profile, CULVERT_SETTING_PARITYSHARD, 0);
  g_assert_cmpstr (fec, ==, "makes good up to 6.9 % loss, costs 30 % more data");
  g_free (summary);
  summary = culvert_tuning_dup_summary (profile, 0.36);
  g_assert_cmpstr (summary, ==, "Over 1 Gbit/s in both directions at 0.4 ms, 38 % more data");
  g_free (summary);
  summary = culvert_tuning_dup_summary (profile, 2);
  g_assert_cmpstr (summary, ==,
                   "Up to 1000+ Mbit/s down and 665 Mbit/s up at 2.0 ms, 38 % more data");
  g_free (fec);
  fec = culvert_tuning_dup_effect (profile, CULVERT_SETTING_SNDWND, 0.36);
  g_assert_cmpstr (fec, ==, "over 1 Gbit/s at 0.4 ms");
  culvert_profile_set_int (profile, CULVERT_SETTING_RATELIMIT, 125000);
  culvert_tuning_explain (profile, 100, &effect);
  assert_near (effect.up_mbit, 1 / effect.overhead);
}

/* Every combination is valid, and what it derives carries the line. */
static void
test_derive (void)
{
  static const double speeds[] = { 0, 1, 20, 100, 1000 };
  static const double rtts[] = { 0, 5, 40, 300 };
  static const double losses[] = { -1, 0, 0.02, 0.2 };

  for (guint use = 0; use < CULVERT_TUNING_N_USES; use++)
    for (guint s = 0; s < G_N_ELEMENTS (speeds); s++)
      for (guint r = 0; r < G_N_ELEMENTS (rtts); r++)
        for (guint l = 0; l < G_N_ELEMENTS (losses); l++)
          {
            const CulvertTuningAnswers answers = { use, speeds[s], speeds[s] / 4, rtts[r],
                                                   losses[l] };
            g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "");
            CulvertTuningEffect effect;

            culvert_tuning_apply (&answers, TRUE, profile);
            assert_valid (profile);
            culvert_tuning_explain (profile, rtts[r], &effect);
            if (use != CULVERT_TUNING_LOW_POWER && get_int (profile, RCVWND) < 65535)
              {
                g_assert_cmpfloat (effect.down_mbit, >=, speeds[s]);
                g_assert_cmpfloat (effect.up_mbit, >=, speeds[s] / 4);
              }
            g_assert_cmpint (get_int (profile, STREAMBUF), <=, get_int (profile, SMUXBUF));
            if (losses[l] > 0 && losses[l] < 0.05 && use == CULVERT_TUNING_INTERACTIVE)
              g_assert_cmpfloat (effect.fec_loss, >=, losses[l]);
          }
}

static void
test_uses_differ (void)
{
  CulvertTuningAnswers answers = { CULVERT_TUNING_INTERACTIVE, 100, 20, 100, 0.001 };
  g_autoptr (CulvertProfile) interactive = culvert_profile_new (CULVERT_ROLE_CLIENT, "");
  g_autoptr (CulvertProfile) bulk = culvert_profile_new (CULVERT_ROLE_CLIENT, "");
  g_autoptr (CulvertProfile) low = culvert_profile_new (CULVERT_ROLE_CLIENT, "");
  CulvertTuningEffect effect_bulk;
  CulvertTuningEffect effect_low;

  culvert_tuning_apply (&answers, FALSE, interactive);
  answers.use = CULVERT_TUNING_BULK;
  culvert_tuning_apply (&answers, FALSE, bulk);
  answers.use = CULVERT_TUNING_LOW_POWER;
  culvert_tuning_apply (&answers, FALSE, low);
  g_assert_cmpstr (get_string (interactive, MODE), ==, "fast3");
  g_assert_cmpint (get_int (interactive, PARITYSHARD), >, 0);
  g_assert_cmpint (get_int (bulk, PARITYSHARD), ==, 0);
  g_assert_cmpint (get_int (bulk, RCVWND), >, get_int (interactive, RCVWND));
  culvert_tuning_explain (bulk, 100, &effect_bulk);
  culvert_tuning_explain (low, 100, &effect_low);
  g_assert_cmpuint (effect_low.memory_bytes, <, effect_bulk.memory_bytes);
  /* The peer's compression is not ours to change. */
  g_assert_false (culvert_profile_is_given (bulk, CULVERT_SETTING_NOCOMP));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pair/key", test_key);
  g_test_add_func ("/pair/mirror-client", test_mirror_client);
  g_test_add_func ("/pair/mirror-server", test_mirror_server);
  g_test_add_func ("/pair/windows-fit", test_windows_fit);
  g_test_add_func ("/pair/texts", test_texts);
  g_test_add_func ("/pair/privileged", test_privileged);
  g_test_add_func ("/tuning/window", test_window);
  g_test_add_func ("/tuning/payload", test_payload);
  g_test_add_func ("/tuning/explain", test_explain);
  g_test_add_func ("/tuning/derive", test_derive);
  g_test_add_func ("/tuning/uses-differ", test_uses_differ);
  return g_test_run ();
}

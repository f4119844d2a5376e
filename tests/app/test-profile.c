/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "app-test.h"

#include <string.h>

static CulvertProfile *
read_profile (const char *text)
{
  g_autoptr (GError) error = NULL;
  CulvertProfile *profile =
      culvert_profile_new_from_json (text, strlen (text), "office.json", &error);

  g_assert_no_error (error);
  return profile;
}

static void
assert_refused (const char *text, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (culvert_profile_new_from_json (text, strlen (text), "office.json", &error));
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_foreign (void)
{
  g_autoptr (CulvertProfile) profile = read_profile (
      "{\"LocalAddr\": \":1\", \"remoteaddr\": \"h:2\", \"key\": \"k\", \"mtu\": 1200}");

  g_assert_cmpstr (culvert_profile_get_name (profile), ==, "office");
  g_assert_cmpuint (culvert_profile_get_role (profile), ==, CULVERT_ROLE_CLIENT);
  g_assert_cmpint (culvert_profile_get_key_store (profile), ==, CULVERT_KEY_STORE_FILE);
  g_assert_cmpstr (culvert_profile_peek_key (profile), ==, "k");
  g_assert_cmpstr (culvert_profile_get_string (profile, CULVERT_SETTING_LOCALADDR), ==, ":1");
  g_assert_cmpint (culvert_profile_get_int (profile, CULVERT_SETTING_MTU), ==, 1200);
  g_assert_false (culvert_profile_is_given (profile, CULVERT_SETTING_SNDWND));
  g_assert_cmpint (culvert_profile_get_int (profile, CULVERT_SETTING_SNDWND), ==, 128);
}

static void
test_role (void)
{
  g_autoptr (CulvertProfile) server = read_profile ("{\"listen\": \":1\"}");
  g_autoptr (CulvertProfile) told =
      read_profile ("{\"listen\": \":1\", \"localaddr\": \":2\", \"culvert\": "
                    "{\"role\": \"client\"}}");

  g_assert_cmpuint (culvert_profile_get_role (server), ==, CULVERT_ROLE_SERVER);
  g_assert_cmpuint (culvert_profile_get_role (told), ==, CULVERT_ROLE_CLIENT);
  assert_refused ("{}", "neither");
  assert_refused ("{\"listen\": \":1\", \"localaddr\": \":2\"}", "contradictory");
}

/* Whatever stands in a file of ours comes back out of it. */
static void
test_round_trip (void)
{
  static const char text[] =
      "{\"localaddr\": \":1\", \"remoteaddr\": \"h:2\", \"target\": \"t:3\", \"key\": \"k\","
      " \"x-list\": [1, 2.5, null, \"s\", {\"a\": true}], \"culvert\": {\"name\": \"N\","
      " \"uuid\": \"11111111-2222-4333-8444-555555555555\", \"role\": \"client\", \"order\": 7,"
      " \"autostart\": true, \"key-store\": \"file\", \"future\": {\"deep\": [1]}}}";
  g_autoptr (CulvertProfile) first = read_profile (text);
  g_autofree char *written = culvert_profile_to_json (first);
  g_autoptr (CulvertProfile) second = read_profile (written);

  g_assert_cmpstr (culvert_profile_get_uuid (second), ==, "11111111-2222-4333-8444-555555555555");
  g_assert_cmpuint (culvert_profile_get_order (second), ==, 7);
  g_assert_true (culvert_profile_get_autostart (second));
  g_assert_true (culvert_profile_equal (first, second));
  g_assert_nonnull (strstr (written, "x-list"));
  g_assert_nonnull (strstr (written, "2.5"));
  g_assert_nonnull (strstr (written, "deep"));
  g_assert_nonnull (strstr (written, "t:3"));
}

static void
test_every_setting (void)
{
  for (CulvertRole role = CULVERT_ROLE_CLIENT; role <= CULVERT_ROLE_SERVER; role <<= 1)
    {
      g_autoptr (CulvertProfile) first = app_test_new_full_profile (role);
      g_autofree char *written = culvert_profile_to_json (first);
      g_autoptr (CulvertProfile) second = read_profile (written);

      g_assert_true (culvert_profile_equal (first, second));
    }
}

static void
test_keyring_leaves_no_key (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");
  g_autofree char *text = NULL;

  culvert_profile_set_key (profile, "hush-hush");
  culvert_profile_set_key_store (profile, CULVERT_KEY_STORE_KEYRING);
  text = culvert_profile_to_json (profile);
  g_assert_null (strstr (text, "hush"));
  g_assert_nonnull (strstr (text, "\"keyring\""));
}

static void
count_cb (CulvertProfile *profile, gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* One signal for one call, none for what was so already. */
static void
test_changed (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");
  g_autoptr (CulvertProfile) copy = NULL;
  guint n = 0;

  g_signal_connect (profile, "changed", G_CALLBACK (count_cb), &n);
  culvert_profile_set_int (profile, CULVERT_SETTING_MTU, 1200);
  culvert_profile_set_int (profile, CULVERT_SETTING_MTU, 1200);
  culvert_profile_set_key (profile, "k");
  culvert_profile_set_key (profile, "k");
  culvert_profile_set_name (profile, "N");
  g_assert_cmpuint (n, ==, 2);
  copy = culvert_profile_dup (profile);
  culvert_profile_set_name (copy, "O");
  culvert_profile_set_int (copy, CULVERT_SETTING_MTU, 1300);
  culvert_profile_assign (profile, copy);
  culvert_profile_assign (profile, copy);
  g_assert_cmpuint (n, ==, 3);
  culvert_profile_set_setting (profile, CULVERT_SETTING_MTU, NULL);
  g_assert_cmpuint (n, ==, 4);
  g_assert_false (culvert_profile_is_given (profile, CULVERT_SETTING_MTU));
}

/* A wrong value is told at its own row only. */
static void
test_check_setting (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");
  g_autoptr (GError) error = NULL;

  culvert_profile_set_string (profile, CULVERT_SETTING_CRYPT, "rot13");
  g_assert_null (culvert_profile_new_config (profile, NULL));
  g_assert_true (culvert_profile_check_setting (profile, CULVERT_SETTING_MTU,
                                                g_variant_new_int64 (1200), &error));
  g_assert_no_error (error);
  g_assert_false (culvert_profile_check_setting (profile, CULVERT_SETTING_MTU,
                                                 g_variant_new_int64 (3), &error));
  g_assert_nonnull (strstr (error->message, "mtu"));
}

/* The way to a config and back keeps what is of the other role. */
static void
test_set_role (void)
{
  g_autoptr (CulvertProfile) profile =
      read_profile ("{\"localaddr\": \":1\", \"remoteaddr\": \"h:2\"}");
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  culvert_profile_set_role (profile, CULVERT_ROLE_SERVER);
  config = culvert_profile_new_config (profile, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (culvert_config_get_role (config), ==, CULVERT_ROLE_SERVER);
  culvert_profile_set_role (profile, CULVERT_ROLE_CLIENT);
  g_assert_cmpstr (culvert_profile_get_string (profile, CULVERT_SETTING_REMOTEADDR), ==, "h:2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profile/foreign-file", test_foreign);
  g_test_add_func ("/profile/role", test_role);
  g_test_add_func ("/profile/round-trip", test_round_trip);
  g_test_add_func ("/profile/every-setting", test_every_setting);
  g_test_add_func ("/profile/keyring-leaves-no-key", test_keyring_leaves_no_key);
  g_test_add_func ("/profile/changed", test_changed);
  g_test_add_func ("/profile/check-setting", test_check_setting);
  g_test_add_func ("/profile/set-role", test_set_role);
  return g_test_run ();
}

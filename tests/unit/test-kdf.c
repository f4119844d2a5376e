/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cipher.h"
#include "culvert-kdf.h"
#include "test-vectors.h"

static void
test_derive_case (JsonObject *object,
                  void *data)
{
  size_t len;
  g_autofree uint8_t *expected = test_hex_member (object, "derived", &len);
  const char *key = json_object_get_string_member (object, "key_utf8");
  uint8_t derived[CULVERT_KEY_LEN];

  g_assert_cmpint (culvert_kdf_derive (key, derived), ==, CULVERT_OK);
  test_assert_bytes (derived, sizeof derived, expected, len);
}

static void
test_derive_vectors (void)
{
  test_vectors_foreach ("kdf.json", NULL, test_derive_case, NULL);
}

static void
test_xor_table_case (JsonObject *object,
                     void *data)
{
  size_t len;
  size_t derived_len;
  g_autofree uint8_t *expected = test_hex_member (object, "xor_table_1500", &len);
  g_autofree uint8_t *derived = test_hex_member (object, "derived", &derived_len);
  uint8_t table[1500];

  g_assert_cmpint (culvert_kdf_pbkdf2_sha1 (derived, derived_len, "sH3CIVoF#rWLtJo6", 16, 32, table,
                                            sizeof table),
                   ==, CULVERT_OK);
  test_assert_bytes (table, sizeof table, expected, len);
}

static void
test_xor_table_vectors (void)
{
  test_vectors_foreach ("kdf.json", NULL, test_xor_table_case, NULL);
}

/* RFC 6070, cases 1, 2 and 5. */
static void
test_pbkdf2_rfc6070 (void)
{
  static const struct
  {
    const char *password;
    const char *salt;
    unsigned iterations;
    const char *expected;
  } cases[] = {
    { "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6" },
    { "password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957" },
    { "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
      "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      size_t len;
      g_autofree uint8_t *expected = test_hex (cases[i].expected, &len);
      uint8_t out[64];

      g_assert_cmpint (culvert_kdf_pbkdf2_sha1 (cases[i].password, strlen (cases[i].password),
                                                cases[i].salt, strlen (cases[i].salt),
                                                cases[i].iterations, out, len),
                       ==, CULVERT_OK);
      test_assert_bytes (out, len, expected, len);
    }
}

static void
test_pbkdf2_refuses (void)
{
  uint8_t out[32] = { 0 };

  g_assert_cmpint (culvert_kdf_pbkdf2_sha1 ("a", 1, "salt", 4, 0, out, sizeof out), ==,
                   CULVERT_E_INVAL);
  g_assert_cmpint (culvert_kdf_pbkdf2_sha1 ("a", 1, "salt", 4, 1, out, 0), ==, CULVERT_E_INVAL);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  g_test_add_func ("/kdf/derive/vectors", test_derive_vectors);
  g_test_add_func ("/kdf/xor-table/vectors", test_xor_table_vectors);
  g_test_add_func ("/kdf/pbkdf2/rfc6070", test_pbkdf2_rfc6070);
  g_test_add_func ("/kdf/pbkdf2/refuses", test_pbkdf2_refuses);
  return g_test_run ();
}

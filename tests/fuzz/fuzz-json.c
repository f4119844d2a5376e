/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A configuration file of unknown origin: read for both roles, checked, written and read back. */

#include "config.h"

#include "culvert-profile-json.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
fuzz_role (const CulvertProfileJson *json, CulvertRole role)
{
  g_autoptr (GVariant) dict = culvert_profile_json_to_dict (json, role, NULL);
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GVariant) given = NULL;
  g_autoptr (CulvertConfig) again = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) warnings = NULL;

  (void) culvert_profile_json_check_role (json, role, NULL);
  if (dict == NULL)
    return;
  text = culvert_profile_json_write (role, dict);
  g_assert_nonnull (text);
  config = culvert_config_new_from_variant (role, dict, NULL);
  if (config == NULL)
    return;
  warnings = culvert_config_dup_warnings (config);
  given = culvert_config_to_variant (config);
  again = culvert_config_new_from_variant (role, given, NULL);
  g_assert_nonnull (again);
  g_assert_true (culvert_config_equal (config, again));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (CulvertProfileJson) json =
      culvert_profile_json_parse ((const char *) data, size, "fuzz", NULL);
  CulvertRole role;

  if (json == NULL)
    return 0;
  (void) culvert_profile_json_guess_role (json, &role, NULL);
  fuzz_role (json, CULVERT_ROLE_CLIENT);
  fuzz_role (json, CULVERT_ROLE_SERVER);
  return 0;
}

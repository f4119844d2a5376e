/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-launch.h"

#include "culvert-options.h"
#include "culvert-profile-json.h"

#include <string.h>

static gboolean
culvert_launch_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
culvert_launch_fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  *error = g_error_new_valist (CULVERT_ERROR, CULVERT_ERROR_CONFIG, format, args);
  va_end (args);
  return FALSE;
}

static const char *
culvert_launch_key_of (CulvertSettingId id)
{
  return culvert_settings (NULL)[id].key;
}

/* First line of the file without its end. */
static gboolean
culvert_launch_read_key (GVariantDict *dict, const char *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  char *text;
  size_t len;
  size_t line;
  gboolean has_zero;

  if (!g_file_get_contents (path, &text, &len, &cause))
    return culvert_launch_fail (error, "key-file: %s", cause->message);
  has_zero = memchr (text, '\0', len) != NULL;
  line = strcspn (text, "\n");
  if (line > 0 && text[line - 1] == '\r')
    line--;
  text[line] = '\0';
  if (!has_zero && line > 0)
    g_variant_dict_insert_value (dict, culvert_launch_key_of (CULVERT_SETTING_KEY),
                                 culvert_options_new_text (text));
  explicit_bzero (text, len);
  g_free (text);
  if (has_zero)
    return culvert_launch_fail (error, "key-file: \"%s\" has a zero byte; write the key as text",
                                path);
  if (line == 0)
    return culvert_launch_fail (
        error, "key-file: the first line of \"%s\" is empty; write the key there", path);
  return TRUE;
}

/* The key is named once; the environment only replaces the default. */
static gboolean
culvert_launch_resolve_key (GVariantDict *dict, const char *env_key, GError **error)
{
  const char *key = culvert_launch_key_of (CULVERT_SETTING_KEY);
  g_autoptr (GVariant) value =
      g_variant_dict_lookup_value (dict, culvert_launch_key_of (CULVERT_SETTING_KEY_FILE), NULL);
  const char *path = "";

  if (value != NULL)
    path = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_get_string (value, NULL)
                                                               : g_variant_get_bytestring (value);
  if (path[0] != '\0')
    {
      if (g_variant_dict_contains (dict, key))
        return culvert_launch_fail (
            error, "key-file: \"%s\" and key are both given; use one of them", path);
      return culvert_launch_read_key (dict, path, error);
    }
  if (env_key != NULL && !g_variant_dict_contains (dict, key))
    g_variant_dict_insert_value (dict, key, culvert_options_new_text (env_key));
  return TRUE;
}

static void
culvert_launch_overlay (GVariantDict *dict, GVariant *over)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, over);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_variant_dict_insert_value (dict, key, value);
}

CulvertConfig *
culvert_launch_new_config (CulvertRole role,
                           GVariantDict *dict,
                           const char *env_key,
                           GError **error)
{
  if (!culvert_launch_resolve_key (dict, env_key, error))
    return NULL;
  return culvert_config_new_from_variant (role, g_variant_dict_end (dict), error);
}

/* The file of a saved profile has a part of our own. A key in the keyring must not silently
 * become the default one. */
static gboolean
culvert_launch_drop_own (GVariantDict *dict, const char *env_key, GError **error)
{
  g_autoptr (GVariant) own =
      g_variant_dict_lookup_value (dict, "culvert", G_VARIANT_TYPE_VARDICT);
  const char *key_store = "";

  if (own == NULL)
    return TRUE;
  (void) g_variant_lookup (own, "key-store", "&s", &key_store);
  (void) g_variant_dict_remove (dict, "culvert");
  if (strcmp (key_store, "keyring") != 0 || env_key != NULL
      || g_variant_dict_contains (dict, culvert_launch_key_of (CULVERT_SETTING_KEY))
      || g_variant_dict_contains (dict, culvert_launch_key_of (CULVERT_SETTING_KEY_FILE)))
    return TRUE;
  return culvert_launch_fail (error, "key: it is in the keyring of the desktop; run the profile "
                                     "with --profile, or give the key by --key-file or "
                                     "$KCPTUN_KEY");
}

/* Everything but the command line itself. */
static gboolean
culvert_launch_build (CulvertLaunch *out,
                      CulvertOptions *options,
                      const CulvertProfileJson *json,
                      const char *env_key,
                      GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (options->settings);
  g_autoptr (CulvertConfig) config = NULL;

  if (json != NULL)
    {
      g_autoptr (GVariant) over = NULL;

      if (!culvert_profile_json_check_role (json, out->role, error))
        return FALSE;
      over = culvert_profile_json_to_dict (json, out->role, error);
      if (over == NULL)
        return FALSE;
      culvert_launch_overlay (&dict, over);
      if (!culvert_launch_drop_own (&dict, env_key, error))
        return FALSE;
    }
  config = culvert_launch_new_config (out->role, &dict, env_key, error);
  if (config == NULL)
    {
      if (json != NULL)
        culvert_profile_json_prefix_place (json, out->role, error);
      return FALSE;
    }
  out->config = g_steal_pointer (&config);
  return TRUE;
}

/* "office" for /etc/culvert/office.json. */
static char *
culvert_launch_dup_name (const CulvertOptions *options, CulvertRole role)
{
  g_autofree char *name = NULL;

  if (options->config_file == NULL || options->config_file[0] == '\0')
    return g_strdup (role == CULVERT_ROLE_CLIENT ? "client" : "server");
  name = g_path_get_basename (options->config_file);
  if (g_str_has_suffix (name, ".json") && strlen (name) > strlen (".json"))
    name[strlen (name) - strlen (".json")] = '\0';
  return g_utf8_make_valid (name, -1);
}

/* Without a role the flags are looked through for the file, which tells it. */
static gboolean
culvert_launch_find_role (CulvertLaunch *out,
                          const char *const *args,
                          CulvertProfileJson **out_json,
                          GError **error)
{
  CulvertOptions scan;
  gboolean ok = TRUE;

  if (!culvert_options_parse (&scan, CULVERT_ROLE_BOTH, args, error))
    return FALSE;
  out->help = scan.help;
  out->version = scan.version;
  if (!scan.help && !scan.version)
    {
      if (scan.config_file == NULL)
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                       "name a role, client or server, or a file that tells it with -c");
          ok = FALSE;
        }
      else
        {
          *out_json = culvert_profile_json_load (scan.config_file, error);
          ok = *out_json != NULL && culvert_profile_json_guess_role (*out_json, &out->role, error);
        }
    }
  culvert_options_clear (&scan);
  return ok;
}

static gboolean
culvert_launch_run (CulvertLaunch *out,
                    const char *const *args,
                    const char *env_key,
                    GError **error)
{
  g_autoptr (CulvertProfileJson) json = NULL;
  CulvertOptions options;
  gboolean ok = TRUE;

  if (out->role == 0 && !culvert_launch_find_role (out, args, &json, error))
    return FALSE;
  if (out->role == 0)
    return TRUE;
  if (!culvert_options_parse (&options, out->role, args, error))
    return FALSE;
  out->help = options.help;
  out->version = options.version;
  if (!options.help && !options.version)
    {
      if (json == NULL && options.config_file != NULL && options.config_file[0] != '\0')
        {
          json = culvert_profile_json_load (options.config_file, error);
          ok = json != NULL;
        }
      ok = ok && culvert_launch_build (out, &options, json, env_key, error);
      out->name = ok ? culvert_launch_dup_name (&options, out->role) : NULL;
    }
  culvert_options_clear (&options);
  return ok;
}

gboolean
culvert_launch_prepare (CulvertLaunch *out,
                        CulvertRole role,
                        const char *const *args,
                        const char *env_key,
                        GError **error)
{
  g_autoptr (GError) cause = NULL;

  *out = (CulvertLaunch) { .role = role };
  if (culvert_launch_run (out, args, env_key, &cause))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

void
culvert_launch_clear (CulvertLaunch *launch)
{
  g_clear_object (&launch->config);
  g_clear_pointer (&launch->profiles, g_strfreev);
  g_clear_pointer (&launch->name, g_free);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-import-private.h"

#include "culvert-options.h"
#include "culvert-profile-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SCHEME "kcptun://"

static gboolean
culvert_import_bad_value (const char *name, const char *expected, GError **error)
{
  /* Not the value: a secret may stand in the wrong place. */
  g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, _("%s: the value is not %s"), name,
               expected);
  return FALSE;
}

gboolean
culvert_import_put (GVariantDict *dict,
                    CulvertRole role,
                    const char *name,
                    const char *value,
                    GError **error)
{
  const CulvertSetting *setting = culvert_settings_find_key (role, name);
  gboolean truth;
  gint64 number;

  if (setting == NULL)
    setting = culvert_settings_find_flag (role, name);
  if (setting == NULL)
    {
      g_variant_dict_insert (dict, name, "s", value);
      return TRUE;
    }
  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      g_variant_dict_insert (dict, setting->key, "s", value);
      return TRUE;
    case CULVERT_SETTING_TYPE_INT:
      if (!culvert_options_read_size (value, &number))
        return culvert_import_bad_value (name, _("an integer"), error);
      g_variant_dict_insert (dict, setting->key, "x", number);
      return TRUE;
    case CULVERT_SETTING_TYPE_BOOL:
      if (value[0] == '\0')
        truth = TRUE;
      else if (!culvert_options_read_bool (value, &truth))
        return culvert_import_bad_value (name, _("true or false"), error);
      g_variant_dict_insert (dict, setting->key, "b", truth);
      return TRUE;
    }
  g_assert_not_reached ();
}

char *
culvert_import_dup_name (CulvertProfile *profile)
{
  gboolean is_client = culvert_profile_get_role (profile) == CULVERT_ROLE_CLIENT;
  const char *address = culvert_profile_get_string (
      profile, is_client ? CULVERT_SETTING_REMOTEADDR : CULVERT_SETTING_LISTEN);
  const char *colon = strrchr (address, ':');

  if (!is_client)
    /* translators: a port or a range of ports */
    return g_strdup_printf (_("Server on port %s"), colon != NULL ? colon + 1 : address);
  return colon != NULL && colon > address ? g_strndup (address, colon - address)
                                          : g_strdup (address);
}

/* Text in base64 of either alphabet, padded or not; NULL when it is neither, or no text. */
static char *
culvert_import_decode (const char *encoded)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  GString *clean = g_string_new (NULL);
  char *text;
  gsize len;

  for (const char *p = encoded; *p != '\0'; p++)
    if (!g_ascii_isspace (*p) && *p != '=')
      g_string_append_c (clean, *p == '-' ? '+' : *p == '_' ? '/' : *p);
  if (strspn (clean->str, alphabet) != clean->len || clean->len % 4 == 1)
    {
      g_string_free (clean, TRUE);
      return NULL;
    }
  while (clean->len % 4 != 0)
    g_string_append_c (clean, '=');
  text = (char *) g_base64_decode (clean->str, &len);
  explicit_bzero (clean->str, clean->len);
  g_string_free (clean, TRUE);
  /* g_base64_decode leaves no room for the end of the text. */
  text = g_realloc (text, len + 1);
  text[len] = '\0';
  if (g_utf8_validate (text, len, NULL))
    return text;
  explicit_bzero (text, len);
  g_free (text);
  return NULL;
}

/* One k=v of a link; key and remark are encoded once more. */
static gboolean
culvert_import_put_link_pair (GVariantDict *dict, const char *pair, char **name, GError **error)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *field = NULL;
  char *decoded;
  gboolean ok = TRUE;

  if (equals == NULL)
    return culvert_import_bad_value (_("link"), _("a list of name=value"), error);
  field = g_strndup (pair, equals - pair);
  g_strstrip (field);
  if (strcmp (field, "key") != 0 && strcmp (field, "remark") != 0)
    return culvert_import_put (dict, CULVERT_ROLE_CLIENT,
                               strcmp (field, "server") == 0 ? "remoteaddr" : field, equals + 1,
                               error);
  decoded = culvert_import_decode (equals + 1);
  if (decoded == NULL)
    return culvert_import_bad_value (field, _("text in base64"), error);
  if (strcmp (field, "remark") == 0)
    {
      g_free (*name);
      *name = g_strdup (decoded);
    }
  else if (decoded[0] != '\0')
    ok = culvert_import_put (dict, CULVERT_ROLE_CLIENT, field, decoded, error);
  culvert_profile_free_text (decoded);
  return ok;
}

/* The dictionary is taken over. */
static CulvertProfile *
culvert_import_finish (CulvertRole role, GVariantDict *dict, const char *name)
{
  CulvertProfile *profile = culvert_profile_new (role, name);
  g_autofree char *other = NULL;

  culvert_profile_set_settings (profile, g_variant_dict_end (dict));
  if (name == NULL || name[0] == '\0')
    {
      other = culvert_import_dup_name (profile);
      culvert_profile_set_name (profile, other);
    }
  return profile;
}

CulvertProfile *
culvert_import_read_link (const char *text, GError **error)
{
  char *decoded = culvert_import_decode (text + strlen (SCHEME));
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_auto (GStrv) pairs = NULL;
  g_autofree char *name = NULL;

  if (decoded == NULL)
    {
      (void) culvert_import_bad_value (_("link"), _("base64 behind kcptun://"), error);
      return NULL;
    }
  pairs = g_strsplit (decoded, ";", -1);
  culvert_profile_free_text (decoded);
  for (guint i = 0; pairs[i] != NULL; i++)
    if (g_strstrip (pairs[i])[0] != '\0'
        && !culvert_import_put_link_pair (&dict, pairs[i], &name, error))
      return NULL;
  if (!g_variant_dict_contains (&dict, "remoteaddr"))
    {
      g_set_error_literal (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                           _("the link names no server"));
      return NULL;
    }
  return culvert_import_finish (CULVERT_ROLE_CLIENT, &dict, name);
}

/* Up to the next unescaped ; or =, unescaped; *p moves behind it. (transfer full) */
static char *
culvert_import_take_word (const char **p, const char *ends)
{
  GString *word = g_string_new (NULL);

  while (**p != '\0' && strchr (ends, **p) == NULL)
    {
      if (**p == '\\' && (*p)[1] != '\0')
        (*p)++;
      g_string_append_c (word, **p);
      (*p)++;
    }
  return g_string_free (word, FALSE);
}

/* Addresses of a plugin come from its environment; most lists have none, and are a client's. */
static CulvertRole
culvert_import_plugin_role (const char *text)
{
  return g_str_has_prefix (text, "server;") || strstr (text, ";server;") != NULL
                 || g_str_has_prefix (text, "target=") || strstr (text, ";target=") != NULL
             ? CULVERT_ROLE_SERVER
             : CULVERT_ROLE_CLIENT;
}

CulvertProfile *
culvert_import_read_plugin (const char *text, GError **error)
{
  CulvertRole role = culvert_import_plugin_role (text);
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  for (const char *p = text; *p != '\0';)
    {
      g_autofree char *name = culvert_import_take_word (&p, ";=");
      char *value = NULL;
      gboolean ok = TRUE;

      if (*p == '=')
        {
          p++;
          value = culvert_import_take_word (&p, ";");
        }
      if (*p == ';')
        p++;
      g_strstrip (name);
      if (name[0] != '\0' && strcmp (name, "server") != 0)
        ok = culvert_import_put (&dict, role, name, value != NULL ? value : "", error);
      culvert_profile_free_text (value);
      if (!ok)
        return NULL;
    }
  return culvert_import_finish (role, &dict, NULL);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-options.h"

#include <string.h>

/* Flags that are no settings. */
typedef enum
{
  CULVERT_FLAG_SETTING,
  CULVERT_FLAG_CONFIG_FILE,
  CULVERT_FLAG_HELP,
  CULVERT_FLAG_VERSION,
} CulvertFlagKind;

typedef struct
{
  CulvertFlagKind kind;
  const CulvertSetting *setting; /* SETTING only */
} CulvertFlag;

/* Bits of seen: which spelling of a setting was used. */
enum
{
  SEEN_NAME = 1 << 0,
  SEEN_ALIAS = 1 << 1,
};

typedef struct
{
  CulvertOptions *out;
  CulvertRole role;
  GVariantDict settings;
  guint seen[CULVERT_N_SETTINGS];
} CulvertOptionsParser;

static int
culvert_options_digit (char c, guint base)
{
  int digit = g_ascii_xdigit_value (c);

  return digit >= 0 && (guint) digit < base ? digit : -1;
}

/* Takes the prefix off; an underscore may follow it. */
static guint
culvert_options_read_base (const char **text)
{
  static const struct
  {
    char letter;
    guint base;
  } prefixes[] = { { 'x', 16 }, { 'o', 8 }, { 'b', 2 } };
  const char *p = *text;

  if (p[0] != '0' || p[1] == '\0')
    return 10;
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_ascii_tolower (p[1]) == prefixes[i].letter)
      {
        *text = p + 2 + (p[2] == '_' ? 1 : 0);
        return prefixes[i].base;
      }
  *text = p + 1 + (p[1] == '_' ? 1 : 0);
  return 8;
}

gboolean
culvert_options_read_int (const char *text, gint64 *out_number)
{
  gboolean negative = text[0] == '-';
  guint64 limit = negative ? (guint64) G_MAXINT64 + 1 : (guint64) G_MAXINT64;
  guint64 number = 0;
  guint base;

  if (text[0] == '-' || text[0] == '+')
    text++;
  base = culvert_options_read_base (&text);
  do
    {
      int digit = culvert_options_digit (*text, base);

      if (digit < 0 || number > (limit - digit) / base)
        return FALSE;
      number = number * base + digit;
      text++;
      /* One underscore, and only in front of another digit. */
      if (text[0] == '_' && text[1] != '\0')
        text++;
    }
  while (*text != '\0');
  *out_number = negative ? (gint64) (0 - number) : (gint64) number;
  return TRUE;
}

gboolean
culvert_options_read_size (const char *text, gint64 *out_number)
{
  static const char suffixes[] = "KMG";
  size_t len = strlen (text);
  const char *suffix = len > 1 ? strchr (suffixes, g_ascii_toupper (text[len - 1])) : NULL;
  g_autofree char *digits = NULL;
  guint shift;
  gint64 number;

  if (suffix == NULL)
    return culvert_options_read_int (text, out_number);
  shift = 10 * (suffix - suffixes + 1);
  digits = g_strndup (text, len - 1);
  if (!culvert_options_read_int (digits, &number) || number < 0 || number > G_MAXINT64 >> shift)
    return FALSE;
  *out_number = number << shift;
  return TRUE;
}

gboolean
culvert_options_read_bool (const char *text, gboolean *out_value)
{
  static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True", NULL };
  static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False", NULL };

  if (!g_strv_contains (yes, text) && !g_strv_contains (no, text))
    return FALSE;
  *out_value = g_strv_contains (yes, text);
  return TRUE;
}

GVariant *
culvert_options_new_text (const char *text)
{
  return g_utf8_validate (text, -1, NULL) ? g_variant_new_string (text)
                                          : g_variant_new_bytestring (text);
}

static gboolean
culvert_options_find (CulvertOptionsParser *parser, const char *name, CulvertFlag *out_flag)
{
  static const struct
  {
    const char *name;
    CulvertFlagKind kind;
  } others[] = {
    { "c", CULVERT_FLAG_CONFIG_FILE }, { "help", CULVERT_FLAG_HELP },
    { "h", CULVERT_FLAG_HELP },        { "version", CULVERT_FLAG_VERSION },
    { "v", CULVERT_FLAG_VERSION },
  };
  const CulvertSetting *setting = culvert_settings_find_flag (parser->role, name);

  if (setting != NULL)
    {
      *out_flag = (CulvertFlag) { CULVERT_FLAG_SETTING, setting };
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (strcmp (others[i].name, name) == 0)
      {
        *out_flag = (CulvertFlag) { others[i].kind, NULL };
        return TRUE;
      }
  return FALSE;
}

static gboolean
culvert_options_is_bool (const CulvertFlag *flag)
{
  if (flag->kind == CULVERT_FLAG_SETTING)
    return flag->setting->type == CULVERT_SETTING_TYPE_BOOL;
  return flag->kind != CULVERT_FLAG_CONFIG_FILE;
}

static gboolean
culvert_options_bad_value (const char *name,
                           const char *value,
                           const char *expected,
                           GError **error)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "-%s: \"%s\" is not %s", name,
               value, expected);
  return FALSE;
}

/* Both spellings of one flag are refused, even when they agree. */
static gboolean
culvert_options_note_spelling (CulvertOptionsParser *parser,
                               const CulvertSetting *setting,
                               const char *name,
                               GError **error)
{
  gboolean is_alias = g_strcmp0 (setting->alias, name) == 0;

  parser->seen[setting->id] |= is_alias ? SEEN_ALIAS : SEEN_NAME;
  if (parser->seen[setting->id] != (SEEN_NAME | SEEN_ALIAS))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "-%s and -%s are the same option; use one of them", setting->flag, setting->alias);
  return FALSE;
}

static gboolean
culvert_options_set_setting (CulvertOptionsParser *parser,
                             const CulvertSetting *setting,
                             const char *name,
                             const char *value,
                             GError **error)
{
  gboolean is_size = (setting->attrs & CULVERT_SETTING_ATTR_SIZE) != 0;
  GVariant *variant = NULL;
  gboolean truth;
  gint64 number;

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      variant = culvert_options_new_text (value);
      break;
    case CULVERT_SETTING_TYPE_INT:
      if (!(is_size ? culvert_options_read_size : culvert_options_read_int) (value, &number))
        return culvert_options_bad_value (
            name, value, is_size ? "an integer with K, M or G behind or nothing" : "an integer",
            error);
      variant = g_variant_new_int64 (number);
      break;
    case CULVERT_SETTING_TYPE_BOOL:
      if (!culvert_options_read_bool (value, &truth))
        return culvert_options_bad_value (name, value, "true or false", error);
      variant = g_variant_new_boolean (truth);
      break;
    }
  g_variant_dict_insert_value (&parser->settings, setting->key, variant);
  return culvert_options_note_spelling (parser, setting, name, error);
}

static gboolean
culvert_options_set (CulvertOptionsParser *parser,
                     const CulvertFlag *flag,
                     const char *name,
                     const char *value,
                     GError **error)
{
  gboolean truth = FALSE;

  if (flag->kind == CULVERT_FLAG_SETTING)
    return culvert_options_set_setting (parser, flag->setting, name, value, error);
  if (flag->kind == CULVERT_FLAG_CONFIG_FILE)
    {
      g_free (parser->out->config_file);
      parser->out->config_file = g_strdup (value);
      return TRUE;
    }
  if (!culvert_options_read_bool (value, &truth))
    return culvert_options_bad_value (name, value, "true or false", error);
  if (flag->kind == CULVERT_FLAG_HELP)
    parser->out->help = truth;
  else
    parser->out->version = truth;
  return TRUE;
}

/* One flag at args[0]; returns how many words it took, 0 on error. */
static guint
culvert_options_parse_one (CulvertOptionsParser *parser, const char *const *args, GError **error)
{
  const char *word = args[0] + (args[0][1] == '-' ? 2 : 1);
  const char *equals = strchr (word, '=');
  g_autofree char *name = equals != NULL ? g_strndup (word, equals - word) : g_strdup (word);
  const char *value = equals != NULL ? equals + 1 : NULL;
  guint taken = 1;
  CulvertFlag flag;

  if (name[0] == '\0' || name[0] == '-')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s is not an option", args[0]);
      return 0;
    }
  if (!culvert_options_find (parser, name, &flag))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "-%s is unknown", name);
      return 0;
    }
  if (value == NULL && culvert_options_is_bool (&flag))
    value = "true";
  if (value == NULL)
    {
      value = args[1];
      taken = 2;
    }
  if (value == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "-%s needs a value", name);
      return 0;
    }
  return culvert_options_set (parser, &flag, name, value, error) ? taken : 0;
}

gboolean
culvert_options_parse (CulvertOptions *out,
                       CulvertRole role,
                       const char *const *args,
                       GError **error)
{
  CulvertOptions options = { .settings = NULL };
  CulvertOptionsParser parser = { .out = &options, .role = role };

  g_variant_dict_init (&parser.settings, NULL);
  while (args[0] != NULL && args[0][0] == '-' && args[0][1] != '\0')
    {
      guint taken;

      if (strcmp (args[0], "--") == 0)
        {
          args++;
          break;
        }
      taken = culvert_options_parse_one (&parser, args, error);
      if (taken == 0)
        {
          g_variant_dict_clear (&parser.settings);
          culvert_options_clear (&options);
          return FALSE;
        }
      args += taken;
    }
  if (g_strcmp0 (args[0], "help") == 0 || g_strcmp0 (args[0], "h") == 0)
    options.help = TRUE;
  options.settings = g_variant_ref_sink (g_variant_dict_end (&parser.settings));
  *out = options;
  return TRUE;
}

void
culvert_options_clear (CulvertOptions *options)
{
  g_clear_pointer (&options->settings, g_variant_unref);
  g_clear_pointer (&options->config_file, g_free);
}

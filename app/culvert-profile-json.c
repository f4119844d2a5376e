/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-json.h"

#include "culvert-json-scan.h"
#include "culvert-options.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* Longest value shown in a message. */
#define SHOWN_MAX 60
/* A configuration is small; this keeps a wrong file name from filling the memory. */
#define FILE_MAX (4 << 20)

struct _CulvertProfileJson
{
  char *name;
  char *text; /* all of it, zero-terminated; wiped, it may hold the key */
  size_t len;
  CulvertJsonScan scan;
  JsonParser *parser;
};

static gboolean
culvert_profile_json_fail (const CulvertProfileJson *json,
                           size_t offset,
                           GError **error,
                           const char *format,
                           ...) G_GNUC_PRINTF (4, 5);

static gboolean
culvert_profile_json_fail (const CulvertProfileJson *json,
                           size_t offset,
                           GError **error,
                           const char *format,
                           ...)
{
  g_autofree char *message = NULL;
  guint line;
  guint column;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  culvert_json_position (json->text, offset, &line, &column);
  g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, "%s:%u:%u: %s", json->name, line, column,
               message);
  return FALSE;
}

/* What is wrong in the notation, by the one who knows best: json-glib names the token before
 * the wrong one, and begins its messages with "<data>:line:column: Parse error: ". */
static gboolean
culvert_profile_json_fail_notation (const CulvertProfileJson *json,
                                    CulvertJsonScanResult result,
                                    const GError *cause,
                                    GError **error)
{
  static const char own_name[] = "<data>:";

  if (json->scan.expected != NULL && json->scan.expected_at < json->len)
    return culvert_profile_json_fail (json, json->scan.expected_at, error, "%s",
                                      json->scan.expected);
  if (result == CULVERT_JSON_SCAN_OPEN)
    return culvert_profile_json_fail (json, json->len, error, "the text ends inside a value");
  if (g_str_has_prefix (cause->message, own_name))
    g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, "%s:%s", json->name,
                 cause->message + strlen (own_name));
  else
    g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, "%s: %s", json->name, cause->message);
  return FALSE;
}

static gboolean
culvert_profile_json_read (CulvertProfileJson *json, GError **error)
{
  g_autoptr (GError) cause = NULL;
  CulvertJsonScanResult result = culvert_json_scan (&json->scan, json->text, json->len);
  size_t bad;

  if (result == CULVERT_JSON_SCAN_EMPTY)
    return culvert_profile_json_fail (json, json->len, error, "there is no JSON object");
  if (result == CULVERT_JSON_SCAN_TOO_DEEP)
    return culvert_profile_json_fail (json, json->scan.value.end, error,
                                      "more than %d levels of nesting", CULVERT_JSON_DEPTH_MAX);
  if (json->text[json->scan.value.start] != '{')
    return culvert_profile_json_fail (json, json->scan.value.start, error,
                                      "expected an object in braces");
  if (!culvert_json_mend_escapes (json->text, json->scan.value, &bad))
    return culvert_profile_json_fail (json, bad, error, "JSON does not have this escape");
  if (!json_parser_load_from_data (json->parser, json->text, json->scan.value.end, &cause))
    return culvert_profile_json_fail_notation (json, result, cause, error);
  /* A bracket closed by another kind counts for the scan, an open one for nobody. */
  if (result == CULVERT_JSON_SCAN_OPEN || json_parser_get_root (json->parser) == NULL
      || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (json->parser)))
    return culvert_profile_json_fail (json, json->len, error, "the object is not closed");
  return TRUE;
}

CulvertProfileJson *
culvert_profile_json_parse (const char *text, size_t len, const char *name, GError **error)
{
  static const char byte_order_mark[] = "\xef\xbb\xbf";
  g_autoptr (CulvertProfileJson) json = g_new0 (CulvertProfileJson, 1);

  if (len >= strlen (byte_order_mark)
      && memcmp (text, byte_order_mark, strlen (byte_order_mark)) == 0)
    {
      text += strlen (byte_order_mark);
      len -= strlen (byte_order_mark);
    }
  json->name = g_strdup (name);
  json->text = g_malloc (len + 1);
  if (len > 0)
    memcpy (json->text, text, len);
  json->text[len] = '\0';
  json->len = len;
  json->parser = json_parser_new ();
  if (!culvert_profile_json_read (json, error))
    return NULL;
  return g_steal_pointer (&json);
}

CulvertProfileJson *
culvert_profile_json_load (const char *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  CulvertProfileJson *json;
  char *text;
  size_t len;

  if (!g_file_get_contents (path, &text, &len, &cause))
    {
      g_set_error_literal (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, cause->message);
      return NULL;
    }
  if (len > FILE_MAX)
    {
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   "%s: %zu bytes are too many for a configuration; at most %d are read", path, len,
                   FILE_MAX);
      g_free (text);
      return NULL;
    }
  json = culvert_profile_json_parse (text, len, path, error);
  explicit_bzero (text, len);
  g_free (text);
  return json;
}

void
culvert_profile_json_free (CulvertProfileJson *json)
{
  if (json->text != NULL)
    explicit_bzero (json->text, json->len);
  g_free (json->text);
  g_free (json->name);
  culvert_json_scan_clear (&json->scan);
  g_clear_object (&json->parser);
  g_free (json);
}

/* The key as json-glib reads it, so that escapes are understood. NULL: it is not readable. */
static char *
culvert_profile_json_dup_key (const CulvertProfileJson *json, const CulvertJsonMember *member)
{
  g_autofree char *quoted =
      g_strndup (json->text + member->key.start, member->key.end - member->key.start);
  g_autoptr (JsonNode) node = NULL;

  if (strchr (quoted, '\\') == NULL)
    return g_strndup (quoted + 1, strlen (quoted) - 2);
  node = json_from_string (quoted, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || !g_utf8_validate (json_node_get_string (node), -1, NULL))
    return NULL;
  return json_node_dup_string (node);
}

/* Which roles' addresses the file has. */
static guint
culvert_profile_json_roles (const CulvertProfileJson *json)
{
  static const CulvertSettingId ids[] = { CULVERT_SETTING_LOCALADDR, CULVERT_SETTING_REMOTEADDR,
                                          CULVERT_SETTING_LISTEN, CULVERT_SETTING_TARGET };
  guint roles = 0;

  for (guint i = 0; i < json->scan.members->len; i++)
    {
      g_autofree char *key = culvert_profile_json_dup_key (
          json, &g_array_index (json->scan.members, CulvertJsonMember, i));

      for (guint j = 0; key != NULL && j < G_N_ELEMENTS (ids); j++)
        if (g_ascii_strcasecmp (culvert_settings (NULL)[ids[j]].key, key) == 0)
          roles |= culvert_settings (NULL)[ids[j]].roles;
    }
  return roles;
}

gboolean
culvert_profile_json_guess_role (const CulvertProfileJson *json,
                                 CulvertRole *out_role,
                                 GError **error)
{
  switch (culvert_profile_json_roles (json))
    {
    case CULVERT_ROLE_CLIENT:
      *out_role = CULVERT_ROLE_CLIENT;
      return TRUE;
    case CULVERT_ROLE_SERVER:
      *out_role = CULVERT_ROLE_SERVER;
      return TRUE;
    case CULVERT_ROLE_BOTH:
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   "%s: contradictory: localaddr and remoteaddr belong to a client, listen and "
                   "target to a server",
                   json->name);
      return FALSE;
    default:
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   "%s: neither localaddr or remoteaddr (a client) nor listen or target (a server) "
                   "is given; name the role on the command line",
                   json->name);
      return FALSE;
    }
}

gboolean
culvert_profile_json_check_role (const CulvertProfileJson *json, CulvertRole role, GError **error)
{
  guint roles = culvert_profile_json_roles (json);

  if (roles == 0 || (roles & role) != 0)
    return TRUE;
  g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
               "%s: this is the configuration of a %s, not of a %s", json->name,
               role == CULVERT_ROLE_CLIENT ? "server" : "client",
               role == CULVERT_ROLE_CLIENT ? "client" : "server");
  return FALSE;
}

/* Digits as JSON writes an integer; json-glib would cut one that is too large. */
static gboolean
culvert_profile_json_read_int (const char *raw, gint64 *out_number)
{
  const char *digits = raw[0] == '-' ? raw + 1 : raw;

  if (digits[0] == '0' && digits[1] != '\0')
    return FALSE;
  return g_ascii_string_to_signed (raw, 10, G_MININT64, G_MAXINT64, out_number, NULL);
}

/* A zero byte would end the text early without anybody noticing. */
static gboolean
culvert_profile_json_has_zero (const char *raw)
{
  for (; *raw != '\0'; raw++)
    {
      if (*raw != '\\')
        continue;
      if (g_str_has_prefix (raw, "\\u0000"))
        return TRUE;
      raw++;
      if (*raw == '\0')
        return FALSE;
    }
  return FALSE;
}

static const char *
culvert_profile_json_expected (const CulvertSetting *setting)
{
  if ((setting->attrs & CULVERT_SETTING_ATTR_SIZE) != 0)
    return "an integer, or a string with K, M or G behind the integer";
  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      return "a string of valid text";
    case CULVERT_SETTING_TYPE_INT:
      return "an integer";
    case CULVERT_SETTING_TYPE_BOOL:
      return "true or false";
    }
  g_assert_not_reached ();
}

/* Value of a setting, floating; NULL when the type is wrong. */
static GVariant *
culvert_profile_json_new_value (const CulvertSetting *setting, JsonNode *node, const char *raw)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
  const char *text = type == G_TYPE_STRING ? json_node_get_string (node) : NULL;
  gint64 number;

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      if (text == NULL || culvert_profile_json_has_zero (raw) || !g_utf8_validate (text, -1, NULL))
        return NULL;
      return g_variant_new_string (text);
    case CULVERT_SETTING_TYPE_INT:
      if (culvert_profile_json_read_int (raw, &number))
        return g_variant_new_int64 (number);
      if ((setting->attrs & CULVERT_SETTING_ATTR_SIZE) != 0 && text != NULL
          && culvert_options_read_size (text, &number))
        return g_variant_new_int64 (number);
      return NULL;
    case CULVERT_SETTING_TYPE_BOOL:
      if (type != G_TYPE_BOOLEAN)
        return NULL;
      return g_variant_new_boolean (json_node_get_boolean (node));
    }
  g_assert_not_reached ();
}

static gboolean
culvert_profile_json_take (const CulvertProfileJson *json,
                           GVariantDict *dict,
                           const CulvertSetting *setting,
                           const CulvertJsonMember *member,
                           JsonNode *node,
                           GError **error)
{
  size_t len = member->value.end - member->value.start;
  g_autofree char *raw = g_strndup (json->text + member->value.start, len);
  GVariant *value;

  if (JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  value = culvert_profile_json_new_value (setting, node, raw);
  if (value != NULL)
    {
      g_variant_dict_insert_value (dict, setting->key, value);
      explicit_bzero (raw, len);
      return TRUE;
    }
  if ((setting->attrs & CULVERT_SETTING_ATTR_SECRET) != 0)
    return culvert_profile_json_fail (json, member->value.start, error, "%s: the value is not %s",
                                      setting->key, culvert_profile_json_expected (setting));
  return culvert_profile_json_fail (json, member->value.start, error, "%s: %.*s%s is not %s",
                                    setting->key, SHOWN_MAX, raw, len > SHOWN_MAX ? "..." : "",
                                    culvert_profile_json_expected (setting));
}

GVariant *
culvert_profile_json_to_dict (const CulvertProfileJson *json, CulvertRole role, GError **error)
{
  JsonObject *object = json_node_get_object (json_parser_get_root (json->parser));
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  for (guint i = 0; i < json->scan.members->len; i++)
    {
      const CulvertJsonMember *member = &g_array_index (json->scan.members, CulvertJsonMember, i);
      g_autofree char *key = culvert_profile_json_dup_key (json, member);
      JsonNode *node = key != NULL ? json_object_get_member (object, key) : NULL;
      const CulvertSetting *setting = key != NULL ? culvert_settings_find_key (role, key) : NULL;

      if (node == NULL)
        continue;
      if (setting != NULL)
        {
          if (!culvert_profile_json_take (json, &dict, setting, member, node, error))
            return NULL;
          continue;
        }
      g_variant_dict_insert_value (&dict, key, json_gvariant_deserialize (node, NULL, NULL));
    }
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

void
culvert_profile_json_prefix_place (const CulvertProfileJson *json,
                                   CulvertRole role,
                                   GError **error)
{
  size_t len = error != NULL && *error != NULL ? strcspn ((*error)->message, ": ") : 0;
  g_autofree char *about = len > 0 ? g_strndup ((*error)->message, len) : NULL;
  const CulvertSetting *setting = len > 0 ? culvert_settings_find_key (role, about) : NULL;

  /* The last of several counts. */
  for (guint i = json->scan.members->len; setting != NULL && i-- > 0;)
    {
      const CulvertJsonMember *member = &g_array_index (json->scan.members, CulvertJsonMember, i);
      g_autofree char *key = culvert_profile_json_dup_key (json, member);
      guint line;
      guint column;

      if (key == NULL || g_ascii_strcasecmp (key, setting->key) != 0)
        continue;
      culvert_json_position (json->text, member->value.start, &line, &column);
      g_prefix_error (error, "%s:%u:%u: ", json->name, line, column);
      return;
    }
}

/* Unknown keys stand behind the settings, sorted by nothing but their place in the dictionary. */
static void
culvert_profile_json_add (JsonObject *object, const char *key, GVariant *value)
{
  json_object_set_member (object, key, json_gvariant_serialize (value));
}

char *
culvert_profile_json_write (CulvertRole role, GVariant *dict)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  GVariantIter iter;
  const char *key;
  GVariant *value;
  guint n_settings;
  const CulvertSetting *settings = culvert_settings (&n_settings);

  for (guint i = 0; i < n_settings; i++)
    {
      g_autoptr (GVariant) known = g_variant_lookup_value (dict, settings[i].key, NULL);

      if (known != NULL && (settings[i].roles & role) != 0)
        culvert_profile_json_add (object, settings[i].key, known);
    }
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    if (!json_object_has_member (object, key))
      culvert_profile_json_add (object, key, value);
  json_node_set_object (root, object);
  return json_to_string (root, TRUE);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-config-private.h"
#include "culvert-error.h"

#include "culvert-base.h"

#include <glib/gi18n-lib.h>

G_DEFINE_FINAL_TYPE (CulvertConfig, culvert_config, G_TYPE_OBJECT)

/* Property numbers are setting id + 1, the role comes last. */
enum
{
  PROP_0,
  PROP_ROLE = CULVERT_N_SETTINGS + 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

typedef struct
{
  const char *name;
  int nodelay;
  int interval_ms;
  int resend;
  int nc;
} CulvertMode;

/* WIRE.md 13.3; manual comes last and takes the four settings. */
static const CulvertMode modes[] = {
  { "normal", 0, 40, 2, 1 }, { "fast", 0, 30, 2, 1 }, { "fast2", 1, 20, 2, 1 },
  { "fast3", 1, 10, 2, 1 },  { "manual", 0, 0, 0, 0 },
};

static const CulvertSetting *
culvert_config_setting (guint id)
{
  return &culvert_settings (NULL)[id];
}

void
culvert_config_warn (CulvertConfig *config, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (config->warnings, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
culvert_config_clear_text (char **text)
{
  if (*text != NULL)
    culvert_wipe (*text, strlen (*text));
  g_clear_pointer (text, g_free);
}

static void
culvert_config_finalize (GObject *object)
{
  CulvertConfig *self = (CulvertConfig *) object;

  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    if (culvert_config_setting (i)->type == CULVERT_SETTING_TYPE_STRING)
      culvert_config_clear_text (&self->values[i].text);
  g_clear_pointer (&self->unknown, g_variant_unref);
  g_clear_pointer (&self->warnings, g_ptr_array_unref);
  G_OBJECT_CLASS (culvert_config_parent_class)->finalize (object);
}

static void
culvert_config_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  CulvertConfig *self = (CulvertConfig *) object;

  if (prop_id == PROP_ROLE)
    {
      g_value_set_uint (value, self->role);
      return;
    }
  if (prop_id < 1 || prop_id > CULVERT_N_SETTINGS)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      return;
    }
  switch (culvert_config_setting (prop_id - 1)->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      g_value_set_string (value, self->values[prop_id - 1].text);
      break;
    case CULVERT_SETTING_TYPE_INT:
      g_value_set_int64 (value, self->values[prop_id - 1].number);
      break;
    case CULVERT_SETTING_TYPE_BOOL:
      g_value_set_boolean (value, self->values[prop_id - 1].number != 0);
      break;
    }
}

static GParamSpec *
culvert_config_new_pspec (const CulvertSetting *setting)
{
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      return g_param_spec_string (setting->key, NULL, NULL, NULL, flags);
    case CULVERT_SETTING_TYPE_INT:
      return g_param_spec_int64 (setting->key, NULL, NULL, G_MININT64, G_MAXINT64,
                                 setting->client_int, flags);
    case CULVERT_SETTING_TYPE_BOOL:
      return g_param_spec_boolean (setting->key, NULL, NULL, FALSE, flags);
    }
  g_assert_not_reached ();
}

static void
culvert_config_class_init (CulvertConfigClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = culvert_config_finalize;
  object_class->get_property = culvert_config_get_property;

  /* One by one: a secret leaves a hole that g_object_class_install_properties would not take. */
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    {
      const CulvertSetting *setting = culvert_config_setting (i);

      if ((setting->attrs & CULVERT_SETTING_ATTR_SECRET) != 0)
        continue;
      properties[i + 1] = culvert_config_new_pspec (setting);
      g_object_class_install_property (object_class, i + 1, properties[i + 1]);
    }
  properties[PROP_ROLE] =
      g_param_spec_uint ("role", NULL, NULL, 0, G_MAXUINT, CULVERT_ROLE_CLIENT,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property (object_class, PROP_ROLE, properties[PROP_ROLE]);
}

static void
culvert_config_init (CulvertConfig *self)
{
  self->warnings = g_ptr_array_new_with_free_func (g_free);
}

/* Integer of any width; FALSE when it is something else. */
static gboolean
culvert_config_read_int (GVariant *value, gint64 *out_number)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_INT16:
      *out_number = g_variant_get_int16 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      *out_number = g_variant_get_int32 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      *out_number = g_variant_get_uint16 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      *out_number = g_variant_get_uint32 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      *out_number = g_variant_get_int64 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      *out_number = (gint64) MIN (g_variant_get_uint64 (value), (guint64) G_MAXINT64);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
culvert_config_take (CulvertConfig *self,
                     const CulvertSetting *setting,
                     GVariant *value,
                     GError **error)
{
  g_autofree char *printed = NULL;
  CulvertConfigValue *slot = &self->values[setting->id];

  self->given[setting->id] = TRUE;
  if (setting->type == CULVERT_SETTING_TYPE_STRING
      && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    {
      culvert_config_clear_text (&slot->text);
      slot->text = g_variant_dup_string (value, NULL);
      return TRUE;
    }
  if (setting->type == CULVERT_SETTING_TYPE_STRING
      && g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    {
      culvert_config_clear_text (&slot->text);
      slot->text = g_variant_dup_bytestring (value, NULL);
      return TRUE;
    }
  if (setting->type == CULVERT_SETTING_TYPE_BOOL
      && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    {
      slot->number = g_variant_get_boolean (value);
      return TRUE;
    }
  if (setting->type == CULVERT_SETTING_TYPE_INT && culvert_config_read_int (value, &slot->number))
    return TRUE;
  printed = (setting->attrs & CULVERT_SETTING_ATTR_SECRET) != 0 ? g_strdup (_("its value"))
                                                                : g_variant_print (value, FALSE);
  g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
               setting->type == CULVERT_SETTING_TYPE_STRING ? _("%s is not a string")
               : setting->type == CULVERT_SETTING_TYPE_INT  ? _("%s is not an integer")
                                                            : _("%s is not true or false"),
               printed);
  g_prefix_error (error, "%s: ", setting->key);
  return FALSE;
}

static void
culvert_config_fill_defaults (CulvertConfig *self)
{
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    {
      const CulvertSetting *setting = culvert_config_setting (i);

      if (setting->type == CULVERT_SETTING_TYPE_STRING)
        self->values[i].text = g_strdup (culvert_setting_default_string (setting, self->role));
      else
        self->values[i].number = culvert_setting_default_int (setting, self->role);
    }
}

CulvertConfig *
culvert_config_new_from_variant (CulvertRole role, GVariant *dict, GError **error)
{
  g_autoptr (CulvertConfig) self = NULL;
  g_autoptr (GVariant) owned = NULL;
  g_auto (GVariantDict) unknown = G_VARIANT_DICT_INIT (NULL);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_return_val_if_fail (role == CULVERT_ROLE_CLIENT || role == CULVERT_ROLE_SERVER, NULL);
  g_return_val_if_fail (dict != NULL, NULL);
  owned = g_variant_ref_sink (dict);
  g_return_val_if_fail (g_variant_is_of_type (owned, G_VARIANT_TYPE_VARDICT), NULL);

  self = g_object_new (CULVERT_TYPE_CONFIG, NULL);
  self->role = role;
  culvert_config_fill_defaults (self);
  g_variant_iter_init (&iter, owned);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      const CulvertSetting *setting = culvert_settings_find_key (role, key);

      if (setting == NULL)
        {
          g_variant_dict_insert_value (&unknown, key, value);
        }
      else if (!culvert_config_take (self, setting, value, error))
        {
          /* The loop gives this one up only when it goes on. */
          g_variant_unref (value);
          return NULL;
        }
    }
  self->unknown = g_variant_ref_sink (g_variant_dict_end (&unknown));
  if (!culvert_config_check (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static GVariant *
culvert_config_new_value (CulvertConfig *self, const CulvertSetting *setting)
{
  const CulvertConfigValue *slot = &self->values[setting->id];

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      return g_utf8_validate (slot->text, -1, NULL) ? g_variant_new_string (slot->text)
                                                    : g_variant_new_bytestring (slot->text);
    case CULVERT_SETTING_TYPE_INT:
      return g_variant_new_int64 (slot->number);
    case CULVERT_SETTING_TYPE_BOOL:
      return g_variant_new_boolean (slot->number != 0);
    }
  g_assert_not_reached ();
}

GVariant *
culvert_config_to_variant (CulvertConfig *config)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_return_val_if_fail (CULVERT_IS_CONFIG (config), NULL);

  g_variant_iter_init (&iter, config->unknown);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_variant_dict_insert_value (&dict, key, value);
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    {
      const CulvertSetting *setting = culvert_config_setting (i);

      if (config->given[i])
        g_variant_dict_insert_value (&dict, setting->key,
                                     culvert_config_new_value (config, setting));
    }
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static gboolean
culvert_config_value_equal (CulvertConfig *a, CulvertConfig *b, guint id)
{
  if (culvert_config_setting (id)->type == CULVERT_SETTING_TYPE_STRING)
    return g_strcmp0 (a->values[id].text, b->values[id].text) == 0;
  return a->values[id].number == b->values[id].number;
}

/* Dictionaries keep the order of insertion, so that comparing bytes is not enough. */
static gboolean
culvert_config_dict_equal (GVariant *a, GVariant *b)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;
  gboolean equal = g_variant_n_children (a) == g_variant_n_children (b);

  g_variant_iter_init (&iter, a);
  while (equal && g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) other = g_variant_lookup_value (b, key, NULL);

      equal = other != NULL && g_variant_equal (value, other);
      g_variant_unref (value);
    }
  return equal;
}

gboolean
culvert_config_equal (CulvertConfig *a, CulvertConfig *b)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (a), FALSE);
  g_return_val_if_fail (CULVERT_IS_CONFIG (b), FALSE);

  if (a->role != b->role)
    return FALSE;
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    if (!culvert_config_value_equal (a, b, i))
      return FALSE;
  return culvert_config_dict_equal (a->unknown, b->unknown);
}

gboolean
culvert_config_requires_restart (CulvertConfig *a, CulvertConfig *b)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (a), FALSE);
  g_return_val_if_fail (CULVERT_IS_CONFIG (b), FALSE);

  if (a->role != b->role)
    return TRUE;
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    if ((culvert_config_setting (i)->attrs & CULVERT_SETTING_ATTR_HOT) == 0
        && !culvert_config_value_equal (a, b, i))
      return TRUE;
  return FALSE;
}

GStrv
culvert_config_dup_restart_keys (CulvertConfig *a, CulvertConfig *b, gboolean of_process)
{
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();

  g_return_val_if_fail (CULVERT_IS_CONFIG (a), NULL);
  g_return_val_if_fail (CULVERT_IS_CONFIG (b), NULL);

  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    {
      const CulvertSetting *setting = culvert_config_setting (i);
      gboolean is_of_process = (setting->attrs & CULVERT_SETTING_ATTR_PROCESS) != 0;

      if ((setting->attrs & CULVERT_SETTING_ATTR_HOT) == 0 && is_of_process == !!of_process
          && !culvert_config_value_equal (a, b, i))
        g_strv_builder_add (keys, setting->key);
    }
  return g_strv_builder_end (keys);
}

CulvertRole
culvert_config_get_role (CulvertConfig *config)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (config), CULVERT_ROLE_CLIENT);

  return config->role;
}

gint64
culvert_config_get_int (CulvertConfig *config, CulvertSettingId id)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (config), 0);
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, 0);
  g_return_val_if_fail (culvert_config_setting (id)->type == CULVERT_SETTING_TYPE_INT, 0);

  return config->values[id].number;
}

gboolean
culvert_config_get_bool (CulvertConfig *config, CulvertSettingId id)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (config), FALSE);
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, FALSE);
  g_return_val_if_fail (culvert_config_setting (id)->type == CULVERT_SETTING_TYPE_BOOL, FALSE);

  return config->values[id].number != 0;
}

const char *
culvert_config_get_string (CulvertConfig *config, CulvertSettingId id)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (config), "");
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, "");
  g_return_val_if_fail (culvert_config_setting (id)->type == CULVERT_SETTING_TYPE_STRING, "");

  return config->values[id].text;
}

gboolean
culvert_config_is_given (CulvertConfig *config, CulvertSettingId id)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (config), FALSE);
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, FALSE);

  return config->given[id];
}

const char *
culvert_config_mode_name (guint i)
{
  return i < G_N_ELEMENTS (modes) ? modes[i].name : NULL;
}

void
culvert_config_get_timers (CulvertConfig *config,
                           int *out_nodelay,
                           int *out_interval_ms,
                           int *out_resend,
                           int *out_nc)
{
  const char *name;

  g_return_if_fail (CULVERT_IS_CONFIG (config));

  *out_nodelay = config->values[CULVERT_SETTING_NODELAY].number;
  *out_interval_ms = config->values[CULVERT_SETTING_INTERVAL].number;
  *out_resend = config->values[CULVERT_SETTING_RESEND].number;
  *out_nc = config->values[CULVERT_SETTING_NC].number;
  name = config->values[CULVERT_SETTING_MODE].text;
  for (guint i = 0; i + 1 < G_N_ELEMENTS (modes); i++)
    if (g_strcmp0 (modes[i].name, name) == 0)
      {
        *out_nodelay = modes[i].nodelay;
        *out_interval_ms = modes[i].interval_ms;
        *out_resend = modes[i].resend;
        *out_nc = modes[i].nc;
      }
}

GVariant *
culvert_config_peek_unknown (CulvertConfig *config)
{
  g_return_val_if_fail (CULVERT_IS_CONFIG (config), NULL);

  return config->unknown;
}

GStrv
culvert_config_dup_warnings (CulvertConfig *config)
{
  GStrv warnings;

  g_return_val_if_fail (CULVERT_IS_CONFIG (config), NULL);

  warnings = g_new0 (char *, config->warnings->len + 1);
  for (guint i = 0; i < config->warnings->len; i++)
    warnings[i] = g_strdup (g_ptr_array_index (config->warnings, i));
  return warnings;
}

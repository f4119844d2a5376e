/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-profile-private.h"

#include "culvert-options.h"
#include "culvert-profile-json.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Our own part of the file. */
#define OWN_KEY "culvert"

struct _CulvertProfile
{
  GObject parent_instance;

  char *uuid;
  char *name;
  CulvertRole role;
  guint order;
  gboolean autostart;
  CulvertKeyStore key_store;
  GVariant *settings; /* a{sv}, without the secret and without OWN_KEY */
  GVariant *own;      /* a{sv}, what a newer version put under OWN_KEY */
  char *key;          /* (nullable); wiped */
};

G_DEFINE_FINAL_TYPE (CulvertProfile, culvert_profile, G_TYPE_OBJECT)
G_DEFINE_ENUM_TYPE (CulvertKeyStore,
                    culvert_key_store,
                    G_DEFINE_ENUM_VALUE (CULVERT_KEY_STORE_FILE, "file"),
                    G_DEFINE_ENUM_VALUE (CULVERT_KEY_STORE_KEYRING, "keyring"))

enum
{
  PROP_0,
  PROP_UUID,
  PROP_NAME,
  PROP_ROLE,
  PROP_ORDER,
  PROP_AUTOSTART,
  PROP_KEY_STORE,
  PROP_SETTINGS,
  N_PROPS
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static const CulvertSetting *
culvert_profile_setting (CulvertSettingId id)
{
  return &culvert_settings (NULL)[id];
}

static const char *
culvert_profile_secret_key (void)
{
  return culvert_profile_setting (CULVERT_SETTING_KEY)->key;
}

const char *
culvert_role_to_string (CulvertRole role)
{
  return role == CULVERT_ROLE_SERVER ? "server" : "client";
}

void
culvert_profile_free_text (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

/* Members may come in another order, which g_variant_equal would take for a difference. */
static gboolean
culvert_profile_dict_equal (GVariant *a, GVariant *b)
{
  gboolean equal = g_variant_n_children (a) == g_variant_n_children (b);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, a);
  while (equal && g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) mine = value;
      g_autoptr (GVariant) other = g_variant_lookup_value (b, key, NULL);

      if (other == NULL)
        equal = FALSE;
      else if (g_variant_is_of_type (mine, G_VARIANT_TYPE_VARDICT)
               && g_variant_is_of_type (other, G_VARIANT_TYPE_VARDICT))
        equal = culvert_profile_dict_equal (mine, other);
      else
        equal = g_variant_equal (mine, other);
    }
  return equal;
}

static GVariant *
culvert_profile_new_empty (void)
{
  return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
}

/* -- properties, bare: each returns whether something differs --------------------- */

static gboolean
culvert_profile_take_name (CulvertProfile *self, const char *name)
{
  if (name == NULL)
    name = "";
  if (g_strcmp0 (self->name, name) == 0)
    return FALSE;
  g_free (self->name);
  self->name = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
  return TRUE;
}

static gboolean
culvert_profile_take_key (CulvertProfile *self, const char *key)
{
  char *old = self->key;

  if (g_strcmp0 (old, key) == 0)
    return FALSE;
  self->key = g_strdup (key);
  culvert_profile_free_text (old);
  return TRUE;
}

static gboolean
culvert_profile_take_settings (CulvertProfile *self, GVariant *settings)
{
  if (culvert_profile_dict_equal (self->settings, settings))
    return FALSE;
  g_variant_unref (self->settings);
  self->settings = g_variant_ref (settings);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SETTINGS]);
  return TRUE;
}

static gboolean
culvert_profile_take_role (CulvertProfile *self, CulvertRole role)
{
  if (self->role == role)
    return FALSE;
  self->role = role;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ROLE]);
  return TRUE;
}

static gboolean
culvert_profile_take_order (CulvertProfile *self, guint order)
{
  if (self->order == order)
    return FALSE;
  self->order = order;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ORDER]);
  return TRUE;
}

static gboolean
culvert_profile_take_autostart (CulvertProfile *self, gboolean autostart)
{
  autostart = !!autostart;
  if (self->autostart == autostart)
    return FALSE;
  self->autostart = autostart;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTOSTART]);
  return TRUE;
}

static gboolean
culvert_profile_take_key_store (CulvertProfile *self, CulvertKeyStore key_store)
{
  if (self->key_store == key_store)
    return FALSE;
  self->key_store = key_store;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KEY_STORE]);
  return TRUE;
}

static void
culvert_profile_emit (CulvertProfile *self, gboolean is_changed)
{
  if (is_changed)
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* -- GObject ---------------------------------------------------------------------- */

static void
culvert_profile_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  CulvertProfile *self = (CulvertProfile *) object;

  switch (prop_id)
    {
    case PROP_UUID:
      g_value_set_string (value, self->uuid);
      break;
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_ROLE:
      g_value_set_uint (value, self->role);
      break;
    case PROP_ORDER:
      g_value_set_uint (value, self->order);
      break;
    case PROP_AUTOSTART:
      g_value_set_boolean (value, self->autostart);
      break;
    case PROP_KEY_STORE:
      g_value_set_enum (value, self->key_store);
      break;
    case PROP_SETTINGS:
      g_value_set_variant (value, self->settings);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
culvert_profile_set_property (GObject *object,
                              guint prop_id,
                              const GValue *value,
                              GParamSpec *pspec)
{
  CulvertProfile *self = (CulvertProfile *) object;

  switch (prop_id)
    {
    case PROP_UUID:
      if (g_value_get_string (value) != NULL)
        culvert_profile_set_uuid (self, g_value_get_string (value));
      break;
    case PROP_NAME:
      culvert_profile_set_name (self, g_value_get_string (value));
      break;
    case PROP_ROLE:
      culvert_profile_set_role (self, g_value_get_uint (value));
      break;
    case PROP_ORDER:
      culvert_profile_set_order (self, g_value_get_uint (value));
      break;
    case PROP_AUTOSTART:
      culvert_profile_set_autostart (self, g_value_get_boolean (value));
      break;
    case PROP_KEY_STORE:
      culvert_profile_set_key_store (self, g_value_get_enum (value));
      break;
    case PROP_SETTINGS:
      if (g_value_get_variant (value) != NULL)
        culvert_profile_set_settings (self, g_value_get_variant (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
culvert_profile_finalize (GObject *object)
{
  CulvertProfile *self = (CulvertProfile *) object;

  g_free (self->uuid);
  g_free (self->name);
  g_variant_unref (self->settings);
  g_variant_unref (self->own);
  culvert_profile_free_text (self->key);
  G_OBJECT_CLASS (culvert_profile_parent_class)->finalize (object);
}

static void
culvert_profile_class_init (CulvertProfileClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = culvert_profile_get_property;
  object_class->set_property = culvert_profile_set_property;
  object_class->finalize = culvert_profile_finalize;

  properties[PROP_UUID] =
      g_param_spec_string ("uuid", NULL, NULL, NULL, flags | G_PARAM_CONSTRUCT_ONLY);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);
  properties[PROP_ROLE] = g_param_spec_uint ("role", NULL, NULL, CULVERT_ROLE_CLIENT,
                                             CULVERT_ROLE_SERVER, CULVERT_ROLE_CLIENT, flags);
  properties[PROP_ORDER] = g_param_spec_uint ("order", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_AUTOSTART] = g_param_spec_boolean ("autostart", NULL, NULL, FALSE, flags);
  properties[PROP_KEY_STORE] = g_param_spec_enum (
      "key-store", NULL, NULL, CULVERT_TYPE_KEY_STORE, CULVERT_KEY_STORE_FILE, flags);
  properties[PROP_SETTINGS] =
      g_param_spec_variant ("settings", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", CULVERT_TYPE_PROFILE, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
culvert_profile_init (CulvertProfile *self)
{
  self->uuid = g_uuid_string_random ();
  self->name = g_strdup ("");
  self->role = CULVERT_ROLE_CLIENT;
  self->settings = culvert_profile_new_empty ();
  self->own = culvert_profile_new_empty ();
}

CulvertProfile *
culvert_profile_new (CulvertRole role, const char *name)
{
  CulvertProfile *self = g_object_new (CULVERT_TYPE_PROFILE, NULL);

  (void) culvert_profile_take_role (self, role);
  (void) culvert_profile_take_name (self, name);
  return self;
}

/* -- the file ---------------------------------------------------------------------- */

/* Which roles' addresses there are. */
static guint
culvert_profile_roles_of (GVariant *dict)
{
  static const CulvertSettingId ids[] = { CULVERT_SETTING_LOCALADDR, CULVERT_SETTING_REMOTEADDR,
                                          CULVERT_SETTING_LISTEN, CULVERT_SETTING_TARGET };
  guint roles = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      const CulvertSetting *setting = culvert_profile_setting (ids[i]);
      g_autoptr (GVariant) value = g_variant_lookup_value (dict, setting->key, NULL);

      if (value != NULL)
        roles |= setting->roles;
    }
  return roles;
}

/* What we wrote ourselves wins over what the addresses say. */
static gboolean
culvert_profile_read_role (CulvertProfile *self,
                           GVariantDict *own,
                           GVariant *dict,
                           const char *label,
                           GError **error)
{
  const char *role = NULL;
  guint roles = culvert_profile_roles_of (dict);

  if (g_variant_dict_lookup (own, "role", "&s", &role))
    {
      self->role =
          g_strcmp0 (role, "server") == 0 ? CULVERT_ROLE_SERVER : CULVERT_ROLE_CLIENT;
      return TRUE;
    }
  if (roles == CULVERT_ROLE_CLIENT || roles == CULVERT_ROLE_SERVER)
    {
      self->role = roles;
      return TRUE;
    }
  g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
               roles == 0 ? _("%s: it has neither localaddr or remoteaddr, as a client has, nor "
                              "listen or target, as a server has")
                          : _("%s: contradictory: localaddr and remoteaddr belong to a client, "
                              "listen and target to a server"),
               label);
  return FALSE;
}

/* "office.json" without its end. */
static char *
culvert_profile_dup_label_name (const char *label)
{
  g_autofree char *base = g_path_get_basename (label);

  if (g_str_has_suffix (base, ".json"))
    base[strlen (base) - strlen (".json")] = '\0';
  return g_steal_pointer (&base);
}

static void
culvert_profile_read_own (CulvertProfile *self, GVariantDict *own, const char *label)
{
  static const char *const known[] = { "name",      "uuid", "role", "order",
                                       "autostart", "key-store", NULL };
  g_autofree char *name = NULL;
  const char *text;
  gint64 order;

  if (g_variant_dict_lookup (own, "name", "&s", &text))
    name = g_strdup (text);
  else
    name = culvert_profile_dup_label_name (label);
  (void) culvert_profile_take_name (self, name);
  if (g_variant_dict_lookup (own, "uuid", "&s", &text) && g_uuid_string_is_valid (text))
    culvert_profile_set_uuid (self, text);
  /* A file of others has no place yet: behind those that have. */
  self->order = G_MAXINT32;
  if (g_variant_dict_lookup (own, "order", "x", &order) && order >= 0 && order <= G_MAXINT32)
    self->order = order;
  (void) g_variant_dict_lookup (own, "autostart", "b", &self->autostart);
  if (g_variant_dict_lookup (own, "key-store", "&s", &text) && strcmp (text, "keyring") == 0)
    self->key_store = CULVERT_KEY_STORE_KEYRING;
  for (guint i = 0; known[i] != NULL; i++)
    (void) g_variant_dict_remove (own, known[i]);
  g_variant_unref (self->own);
  self->own = g_variant_ref_sink (g_variant_dict_end (own));
}

CulvertProfile *
culvert_profile_new_from_json (const char *text, gsize len, const char *label, GError **error)
{
  g_autoptr (CulvertProfileJson) json = culvert_profile_json_parse (text, len, label, error);
  g_autoptr (CulvertProfile) self = NULL;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (GVariant) part = NULL;
  g_auto (GVariantDict) own = G_VARIANT_DICT_INIT (NULL);
  g_auto (GVariantDict) rest = G_VARIANT_DICT_INIT (NULL);

  if (json == NULL)
    return NULL;
  dict = culvert_profile_json_to_dict (json, CULVERT_ROLE_BOTH, error);
  if (dict == NULL)
    return NULL;
  part = g_variant_lookup_value (dict, OWN_KEY, G_VARIANT_TYPE_VARDICT);
  if (part != NULL)
    {
      g_variant_dict_clear (&own);
      g_variant_dict_init (&own, part);
    }
  self = g_object_new (CULVERT_TYPE_PROFILE, NULL);
  if (!culvert_profile_read_role (self, &own, dict, label, error))
    return NULL;
  culvert_profile_read_own (self, &own, label);
  g_variant_dict_init (&rest, dict);
  (void) g_variant_dict_remove (&rest, OWN_KEY);
  culvert_profile_set_settings (self, g_variant_dict_end (&rest));
  return g_steal_pointer (&self);
}

char *
culvert_profile_to_json (CulvertProfile *profile)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_auto (GVariantDict) own = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) all = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  g_variant_dict_init (&dict, profile->settings);
  g_variant_dict_init (&own, profile->own);
  g_variant_dict_insert (&own, "name", "s", profile->name);
  g_variant_dict_insert (&own, "uuid", "s", profile->uuid);
  g_variant_dict_insert (&own, "role", "s", culvert_role_to_string (profile->role));
  g_variant_dict_insert (&own, "order", "x", (gint64) profile->order);
  g_variant_dict_insert (&own, "autostart", "b", profile->autostart);
  g_variant_dict_insert (&own, "key-store", "s",
                         profile->key_store == CULVERT_KEY_STORE_KEYRING ? "keyring" : "file");
  g_variant_dict_insert_value (&dict, OWN_KEY, g_variant_dict_end (&own));
  if (profile->key != NULL && profile->key_store == CULVERT_KEY_STORE_FILE)
    g_variant_dict_insert_value (&dict, culvert_profile_secret_key (),
                                 g_variant_new_string (profile->key));
  all = g_variant_ref_sink (g_variant_dict_end (&dict));
  return culvert_profile_json_write (profile->role, all);
}

/* -- copies ------------------------------------------------------------------------ */

void
culvert_profile_assign (CulvertProfile *profile, CulvertProfile *source)
{
  gboolean is_changed;

  g_return_if_fail (CULVERT_IS_PROFILE (profile));
  g_return_if_fail (CULVERT_IS_PROFILE (source));

  g_object_freeze_notify (G_OBJECT (profile));
  is_changed = culvert_profile_take_name (profile, source->name);
  is_changed |= culvert_profile_take_role (profile, source->role);
  is_changed |= culvert_profile_take_order (profile, source->order);
  is_changed |= culvert_profile_take_autostart (profile, source->autostart);
  is_changed |= culvert_profile_take_key_store (profile, source->key_store);
  is_changed |= culvert_profile_take_settings (profile, source->settings);
  is_changed |= culvert_profile_take_key (profile, source->key);
  is_changed |= !culvert_profile_dict_equal (profile->own, source->own);
  g_variant_ref (source->own);
  g_variant_unref (profile->own);
  profile->own = source->own;
  g_object_thaw_notify (G_OBJECT (profile));
  culvert_profile_emit (profile, is_changed);
}

CulvertProfile *
culvert_profile_dup (CulvertProfile *profile)
{
  CulvertProfile *copy;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  copy = g_object_new (CULVERT_TYPE_PROFILE, "uuid", profile->uuid, NULL);
  culvert_profile_assign (copy, profile);
  return copy;
}

gboolean
culvert_profile_equal (CulvertProfile *a, CulvertProfile *b)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (a), FALSE);
  g_return_val_if_fail (CULVERT_IS_PROFILE (b), FALSE);

  return a->role == b->role && a->autostart == b->autostart && a->key_store == b->key_store
         && g_strcmp0 (a->name, b->name) == 0 && g_strcmp0 (a->key, b->key) == 0
         && culvert_profile_dict_equal (a->settings, b->settings)
         && culvert_profile_dict_equal (a->own, b->own);
}

/* -- properties -------------------------------------------------------------------- */

const char *
culvert_profile_get_uuid (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  return profile->uuid;
}

void
culvert_profile_set_uuid (CulvertProfile *profile, const char *uuid)
{
  g_free (profile->uuid);
  profile->uuid = g_ascii_strdown (uuid, -1);
}

const char *
culvert_profile_get_name (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  return profile->name;
}

void
culvert_profile_set_name (CulvertProfile *profile, const char *name)
{
  g_return_if_fail (CULVERT_IS_PROFILE (profile));

  culvert_profile_emit (profile, culvert_profile_take_name (profile, name));
}

CulvertRole
culvert_profile_get_role (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), CULVERT_ROLE_CLIENT);

  return profile->role;
}

void
culvert_profile_set_role (CulvertProfile *profile, CulvertRole role)
{
  g_return_if_fail (CULVERT_IS_PROFILE (profile));
  g_return_if_fail (role == CULVERT_ROLE_CLIENT || role == CULVERT_ROLE_SERVER);

  culvert_profile_emit (profile, culvert_profile_take_role (profile, role));
}

guint
culvert_profile_get_order (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), 0);

  return profile->order;
}

void
culvert_profile_set_order (CulvertProfile *profile, guint order)
{
  g_return_if_fail (CULVERT_IS_PROFILE (profile));

  culvert_profile_emit (profile, culvert_profile_take_order (profile, order));
}

gboolean
culvert_profile_get_autostart (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), FALSE);

  return profile->autostart;
}

void
culvert_profile_set_autostart (CulvertProfile *profile, gboolean autostart)
{
  g_return_if_fail (CULVERT_IS_PROFILE (profile));

  culvert_profile_emit (profile, culvert_profile_take_autostart (profile, autostart));
}

CulvertKeyStore
culvert_profile_get_key_store (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), CULVERT_KEY_STORE_FILE);

  return profile->key_store;
}

void
culvert_profile_set_key_store (CulvertProfile *profile, CulvertKeyStore key_store)
{
  g_return_if_fail (CULVERT_IS_PROFILE (profile));

  culvert_profile_emit (profile, culvert_profile_take_key_store (profile, key_store));
}

/* -- settings ---------------------------------------------------------------------- */

GVariant *
culvert_profile_peek_settings (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  return profile->settings;
}

void
culvert_profile_set_settings (CulvertProfile *profile, GVariant *dict)
{
  g_auto (GVariantDict) rest = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) owned = NULL;
  g_autoptr (GVariant) settings = NULL;
  const char *key = NULL;
  gboolean is_changed = FALSE;

  g_return_if_fail (CULVERT_IS_PROFILE (profile));
  g_return_if_fail (g_variant_is_of_type (dict, G_VARIANT_TYPE_VARDICT));

  owned = g_variant_ref_sink (dict);
  g_variant_dict_init (&rest, owned);
  if (g_variant_dict_lookup (&rest, culvert_profile_secret_key (), "&s", &key))
    is_changed = culvert_profile_take_key (profile, key);
  (void) g_variant_dict_remove (&rest, culvert_profile_secret_key ());
  settings = g_variant_ref_sink (g_variant_dict_end (&rest));
  is_changed |= culvert_profile_take_settings (profile, settings);
  culvert_profile_emit (profile, is_changed);
}

void
culvert_profile_set_setting (CulvertProfile *profile, CulvertSettingId id, GVariant *value)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) settings = NULL;

  g_return_if_fail (CULVERT_IS_PROFILE (profile));
  g_return_if_fail (id < CULVERT_N_SETTINGS && id != CULVERT_SETTING_KEY);

  g_variant_dict_init (&dict, profile->settings);
  if (value != NULL)
    g_variant_dict_insert_value (&dict, culvert_profile_setting (id)->key, value);
  else
    (void) g_variant_dict_remove (&dict, culvert_profile_setting (id)->key);
  settings = g_variant_ref_sink (g_variant_dict_end (&dict));
  culvert_profile_emit (profile, culvert_profile_take_settings (profile, settings));
}

void
culvert_profile_set_int (CulvertProfile *profile, CulvertSettingId id, gint64 value)
{
  culvert_profile_set_setting (profile, id, g_variant_new_int64 (value));
}

void
culvert_profile_set_bool (CulvertProfile *profile, CulvertSettingId id, gboolean value)
{
  culvert_profile_set_setting (profile, id, g_variant_new_boolean (value));
}

void
culvert_profile_set_string (CulvertProfile *profile, CulvertSettingId id, const char *value)
{
  culvert_profile_set_setting (profile, id, g_variant_new_string (value));
}

gint64
culvert_profile_get_int (CulvertProfile *profile, CulvertSettingId id)
{
  const CulvertSetting *setting = culvert_profile_setting (id);
  gint64 value;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), 0);

  if (g_variant_lookup (profile->settings, setting->key, "x", &value))
    return value;
  return profile->role == CULVERT_ROLE_CLIENT ? setting->client_int : setting->server_int;
}

gboolean
culvert_profile_get_bool (CulvertProfile *profile, CulvertSettingId id)
{
  gboolean value = FALSE;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), FALSE);

  (void) g_variant_lookup (profile->settings, culvert_profile_setting (id)->key, "b", &value);
  return value;
}

const char *
culvert_profile_get_string (CulvertProfile *profile, CulvertSettingId id)
{
  const CulvertSetting *setting = culvert_profile_setting (id);
  const char *value;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), "");

  if (g_variant_lookup (profile->settings, setting->key, "&s", &value))
    return value;
  value = profile->role == CULVERT_ROLE_CLIENT ? setting->client_string : setting->server_string;
  return value != NULL ? value : "";
}

gboolean
culvert_profile_is_given (CulvertProfile *profile, CulvertSettingId id)
{
  g_autoptr (GVariant) value = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), FALSE);

  value = g_variant_lookup_value (profile->settings, culvert_profile_setting (id)->key, NULL);
  return value != NULL;
}

const char *
culvert_profile_peek_key (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  return profile->key;
}

void
culvert_profile_set_key (CulvertProfile *profile, const char *key)
{
  g_return_if_fail (CULVERT_IS_PROFILE (profile));

  culvert_profile_emit (profile, culvert_profile_take_key (profile, key));
}

/* -- check ------------------------------------------------------------------------- */

/* Settings of the role and the key; what nobody knows is no matter of the engine's. */
static void
culvert_profile_fill (CulvertProfile *self, GVariantDict *dict)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, self->settings);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    if (culvert_settings_find_key (self->role, key) != NULL)
      g_variant_dict_insert_value (dict, key, value);
  if (self->key != NULL)
    g_variant_dict_insert_value (dict, culvert_profile_secret_key (),
                                 culvert_options_new_text (self->key));
}

CulvertConfig *
culvert_profile_new_config (CulvertProfile *profile, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  culvert_profile_fill (profile, &dict);
  return culvert_config_new_from_variant (profile->role, g_variant_dict_end (&dict), error);
}

gboolean
culvert_profile_check_setting (CulvertProfile *profile,
                               CulvertSettingId id,
                               GVariant *value,
                               GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (CulvertConfig) before = NULL;
  g_autoptr (CulvertConfig) after = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), FALSE);
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, FALSE);

  /* A mistake in another row is told there; here it would hide this one. */
  before = culvert_profile_new_config (profile, NULL);
  if (before != NULL)
    culvert_profile_fill (profile, &dict);
  g_variant_dict_insert_value (&dict, culvert_profile_setting (id)->key, value);
  after = culvert_config_new_from_variant (profile->role, g_variant_dict_end (&dict), error);
  return after != NULL;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-lint.h"

#include "culvert-pair.h"
#include "culvert-tuning.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define FIXES_MAX 2
#define KEY_LEN_MIN 12
#define MTU_SAFE 1350
#define MTU_ETHERNET 1472
/* Below this a line of today is not filled, at the assumed round trip time. */
#define SPEED_MIN_MBIT 10.0
#define SPEED_WISH_MBIT 50.0

typedef void (*CulvertLintFixFunc) (CulvertProfile *profile, CulvertSettingId id, gint64 value);

typedef struct
{
  const char *label; /* not translated yet */
  CulvertLintFixFunc apply;
  gint64 value;
} CulvertLintFix;

struct _CulvertLint
{
  GObject parent_instance;

  CulvertLintSeverity severity;
  const char *code;
  char *message;
  int setting;
  CulvertLintFix fixes[FIXES_MAX];
  guint n_fixes;
};

enum
{
  PROP_0,
  PROP_SEVERITY,
  PROP_CODE,
  PROP_MESSAGE,
  PROP_SETTING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CulvertLint, culvert_lint, G_TYPE_OBJECT)
G_DEFINE_ENUM_TYPE (CulvertLintSeverity,
                    culvert_lint_severity,
                    G_DEFINE_ENUM_VALUE (CULVERT_LINT_HINT, "hint"),
                    G_DEFINE_ENUM_VALUE (CULVERT_LINT_WARNING, "warning"),
                    G_DEFINE_ENUM_VALUE (CULVERT_LINT_DANGER, "danger"))

static void
culvert_lint_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  CulvertLint *self = (CulvertLint *) object;

  switch (prop_id)
    {
    case PROP_SEVERITY:
      g_value_set_enum (value, self->severity);
      break;
    case PROP_CODE:
      g_value_set_string (value, self->code);
      break;
    case PROP_MESSAGE:
      g_value_set_string (value, self->message);
      break;
    case PROP_SETTING:
      g_value_set_int (value, self->setting);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
culvert_lint_finalize (GObject *object)
{
  CulvertLint *self = (CulvertLint *) object;

  g_free (self->message);
  G_OBJECT_CLASS (culvert_lint_parent_class)->finalize (object);
}

static void
culvert_lint_class_init (CulvertLintClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = culvert_lint_get_property;
  object_class->finalize = culvert_lint_finalize;
  properties[PROP_SEVERITY] = g_param_spec_enum (
      "severity", NULL, NULL, CULVERT_TYPE_LINT_SEVERITY, CULVERT_LINT_HINT, flags);
  properties[PROP_CODE] = g_param_spec_string ("code", NULL, NULL, NULL, flags);
  properties[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, NULL, flags);
  properties[PROP_SETTING] =
      g_param_spec_int ("setting", NULL, NULL, -1, CULVERT_N_SETTINGS - 1, -1, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
culvert_lint_init (CulvertLint *self)
{
}

/* -- fixes -------------------------------------------------------------------------- */

static void
culvert_lint_fix_int (CulvertProfile *profile, CulvertSettingId id, gint64 value)
{
  culvert_profile_set_int (profile, id, value);
}

static void
culvert_lint_fix_key (CulvertProfile *profile, CulvertSettingId id, gint64 value)
{
  char *key = culvert_pair_generate_key ();

  culvert_profile_set_key (profile, key);
  explicit_bzero (key, strlen (key));
  g_free (key);
}

static void
culvert_lint_fix_cipher (CulvertProfile *profile, CulvertSettingId id, gint64 value)
{
  culvert_profile_set_string (profile, CULVERT_SETTING_CRYPT, "aes");
}

static void
culvert_lint_fix_local (CulvertProfile *profile, CulvertSettingId id, gint64 value)
{
  const char *address = culvert_profile_get_string (profile, CULVERT_SETTING_LOCALADDR);
  g_autofree char *local = g_strconcat ("127.0.0.1", strrchr (address, ':'), NULL);

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, local);
}

static void
culvert_lint_fix_fec (CulvertProfile *profile, CulvertSettingId id, gint64 value)
{
  culvert_profile_set_int (profile, CULVERT_SETTING_DATASHARD, value > 0 ? 10 : 0);
  culvert_profile_set_int (profile, CULVERT_SETTING_PARITYSHARD, value);
}

/* -- findings ----------------------------------------------------------------------- */

/* message: (transfer full) */
static CulvertLint *
culvert_lint_add (GListStore *list,
                  CulvertLintSeverity severity,
                  const char *code,
                  int setting,
                  char *message)
{
  g_autoptr (CulvertLint) lint = g_object_new (CULVERT_TYPE_LINT, NULL);

  lint->severity = severity;
  lint->code = code;
  lint->setting = setting;
  lint->message = message;
  g_list_store_append (list, lint);
  return lint;
}

static void
culvert_lint_add_fix (CulvertLint *lint, const char *label, CulvertLintFixFunc apply, gint64 value)
{
  g_assert (lint->n_fixes < FIXES_MAX);
  lint->fixes[lint->n_fixes++] = (CulvertLintFix) { label, apply, value };
}

static void
culvert_lint_look_at_key (GListStore *list, CulvertProfile *profile)
{
  const char *key = culvert_profile_peek_key (profile);
  const char *built_in = culvert_settings (NULL)[CULVERT_SETTING_KEY].client_string;
  CulvertLint *lint = NULL;

  if (key == NULL
      && (culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING
          || culvert_profile_get_string (profile, CULVERT_SETTING_KEY_FILE)[0] != '\0'))
    return;
  if (key == NULL || strcmp (key, built_in) == 0)
    lint = culvert_lint_add (list, CULVERT_LINT_DANGER, "key-default", CULVERT_SETTING_KEY,
                             g_strdup (_("The key is the public default of kcptun: anybody can "
                                         "read and use this tunnel")));
  else if (g_utf8_strlen (key, -1) < KEY_LEN_MIN)
    lint = culvert_lint_add (list, CULVERT_LINT_WARNING, "key-short", CULVERT_SETTING_KEY,
                             g_strdup (_("The key is short and could be guessed")));
  if (lint != NULL)
    culvert_lint_add_fix (lint, N_ ("_Generate a Key"), culvert_lint_fix_key, 0);
}

static void
culvert_lint_look_at_cipher (GListStore *list, CulvertProfile *profile)
{
  static const char *const weak[] = { "none", "null", "xor", NULL };
  const char *cipher = culvert_profile_get_string (profile, CULVERT_SETTING_CRYPT);
  CulvertLint *lint;

  if (!g_strv_contains (weak, cipher))
    return;
  /* translators: the name of a cipher */
  lint = culvert_lint_add (list, CULVERT_LINT_DANGER, "cipher-weak", CULVERT_SETTING_CRYPT,
                           g_strdup_printf (_("“%s” hides nothing from those on the way; both "
                                              "ends must be changed together"),
                                            cipher));
  culvert_lint_add_fix (lint, N_ ("Use _AES"), culvert_lint_fix_cipher, 0);
}

static void
culvert_lint_look_at_addresses (GListStore *list, CulvertProfile *profile)
{
  static const char *const open[] = { "", "0.0.0.0", "[::]", "*", NULL };
  const char *local = culvert_profile_get_string (profile, CULVERT_SETTING_LOCALADDR);
  const char *colon = strrchr (local, ':');
  g_autofree char *host = NULL;
  CulvertLint *lint;

  if (culvert_profile_get_role (profile) != CULVERT_ROLE_CLIENT)
    return;
  if (!culvert_profile_is_given (profile, CULVERT_SETTING_REMOTEADDR))
    culvert_lint_add (list, CULVERT_LINT_DANGER, "server-missing", CULVERT_SETTING_REMOTEADDR,
                      g_strdup (_("No server is named")));
  if (colon == NULL)
    return;
  host = g_strndup (local, colon - local);
  if (!g_strv_contains (open, host))
    return;
  /* translators: an address like :12948 */
  lint = culvert_lint_add (list, CULVERT_LINT_WARNING, "lan-listen", CULVERT_SETTING_LOCALADDR,
                           g_strdup_printf (_("“%s” lets everybody in the local network use this "
                                              "tunnel"),
                                            local));
  culvert_lint_add_fix (lint, N_ ("_Only This Computer"), culvert_lint_fix_local, 0);
}

static void
culvert_lint_look_at_window (GListStore *list,
                             CulvertProfile *profile,
                             CulvertSettingId id,
                             double mbit)
{
  gboolean is_down = id == CULVERT_SETTING_RCVWND;
  g_autofree char *speed = NULL;
  CulvertLint *lint;

  if (mbit >= SPEED_MIN_MBIT)
    return;
  speed = g_strdup_printf ("%.1f", mbit);
  lint = culvert_lint_add (
      list, CULVERT_LINT_HINT, is_down ? "rcvwnd-small" : "sndwnd-small", id,
      /* translators: a number */
      g_strdup_printf (is_down ? _("The receive window allows %s Mbit/s down at 150 ms")
                               : _("The send window allows %s Mbit/s up at 150 ms"),
                       speed));
  culvert_lint_add_fix (lint, N_ ("Allow _50 Mbit/s"), culvert_lint_fix_int,
                        culvert_tuning_mbit_to_window (SPEED_WISH_MBIT,
                                                       culvert_tuning_payload_len (profile), 0));
}

static void
culvert_lint_look_at_transport (GListStore *list, CulvertProfile *profile)
{
  gint64 mtu = culvert_profile_get_int (profile, CULVERT_SETTING_MTU);
  gint64 data = culvert_profile_get_int (profile, CULVERT_SETTING_DATASHARD);
  gint64 parity = culvert_profile_get_int (profile, CULVERT_SETTING_PARITYSHARD);
  CulvertTuningEffect effect;
  CulvertLint *lint = NULL;

  culvert_tuning_explain (profile, 0, &effect);
  culvert_lint_look_at_window (list, profile, CULVERT_SETTING_RCVWND, effect.down_mbit);
  culvert_lint_look_at_window (list, profile, CULVERT_SETTING_SNDWND, effect.up_mbit);
  if (mtu > MTU_ETHERNET)
    {
      lint = culvert_lint_add (list, CULVERT_LINT_WARNING, "mtu-large", CULVERT_SETTING_MTU,
                               g_strdup (_("Packets of this size do not fit most lines and are "
                                           "cut or lost")));
      culvert_lint_add_fix (lint, N_ ("Use _1350"), culvert_lint_fix_int, MTU_SAFE);
    }
  if ((data > 0) != (parity > 0))
    {
      lint = culvert_lint_add (list, CULVERT_LINT_HINT, "fec-half", CULVERT_SETTING_PARITYSHARD,
                               g_strdup (_("Error correction is off, because only one of its two "
                                           "numbers is set")));
      culvert_lint_add_fix (lint, N_ ("Use 10 + _3"), culvert_lint_fix_fec, 3);
      culvert_lint_add_fix (lint, N_ ("Leave It _Off"), culvert_lint_fix_fec, 0);
    }
  else if (data > 0 && parity >= data)
    {
      lint = culvert_lint_add (list, CULVERT_LINT_WARNING, "fec-heavy", CULVERT_SETTING_PARITYSHARD,
                               g_strdup (_("Error correction at least doubles the data sent")));
      culvert_lint_add_fix (lint, N_ ("Use 10 + _3"), culvert_lint_fix_fec, 3);
    }
}

/* What a file of others leaves open. */
static void
culvert_lint_look_at_origin (GListStore *list, CulvertProfile *profile)
{
  CulvertLint *lint;

  if (!culvert_profile_is_given (profile, CULVERT_SETTING_SMUXVER))
    {
      lint = culvert_lint_add (list, CULVERT_LINT_WARNING, "smuxver-missing",
                               CULVERT_SETTING_SMUXVER,
                               g_strdup (_("It does not say smuxver: was it made for kcptun "
                                           "before or after 2025-11-21?")));
      culvert_lint_add_fix (lint, N_ ("_After: Version 2"), culvert_lint_fix_int, 2);
      culvert_lint_add_fix (lint, N_ ("_Before: Version 1"), culvert_lint_fix_int, 1);
    }
  if (culvert_profile_get_int (profile, CULVERT_SETTING_DATASHARD) != 10
      || culvert_profile_get_int (profile, CULVERT_SETTING_PARITYSHARD) != 3)
    culvert_lint_add (list, CULVERT_LINT_HINT, "fec-match", CULVERT_SETTING_DATASHARD,
                      g_strdup (_("Older versions of kcptun need the same numbers for error "
                                  "correction at both ends")));
}

/* Of "mtu: 1600 is taken as 1500"; -1 when it names none. */
static int
culvert_lint_find_setting (CulvertProfile *profile, const char *message)
{
  const char *end = strpbrk (message, ": ");
  g_autofree char *key = end != NULL ? g_strndup (message, end - message) : g_strdup ("");
  const CulvertSetting *setting =
      culvert_settings_find_key (culvert_profile_get_role (profile), key);

  return setting != NULL ? (int) setting->id : -1;
}

static gboolean
culvert_lint_has_setting (GListStore *list, int setting)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (list)); i++)
    {
      g_autoptr (CulvertLint) lint = g_list_model_get_item (G_LIST_MODEL (list), i);

      if (lint->setting == setting)
        return TRUE;
    }
  return FALSE;
}

/* What the engine says, unless it was said better. A key that is elsewhere is as good as any. */
static void
culvert_lint_look_at_validity (GListStore *list, CulvertProfile *profile)
{
  g_autoptr (CulvertProfile) whole = culvert_profile_dup (profile);
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) warnings = NULL;

  if (culvert_profile_peek_key (whole) == NULL)
    culvert_profile_set_key (whole, "not known here");
  config = culvert_profile_new_config (whole, &error);
  if (config == NULL)
    {
      culvert_lint_add (list, CULVERT_LINT_DANGER, "invalid",
                        culvert_lint_find_setting (profile, error->message),
                        g_strdup (error->message));
      return;
    }
  warnings = culvert_config_dup_warnings (config);
  for (guint i = 0; warnings[i] != NULL; i++)
    {
      int setting = culvert_lint_find_setting (profile, warnings[i]);

      if (setting < 0 || !culvert_lint_has_setting (list, setting))
        culvert_lint_add (list, CULVERT_LINT_WARNING, "replaced", setting, g_strdup (warnings[i]));
    }
}

static void
culvert_lint_look_at_unknown (GListStore *list, CulvertProfile *profile)
{
  g_autoptr (GPtrArray) unknown = g_ptr_array_new ();
  g_autofree char *names = NULL;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, culvert_profile_peek_settings (profile));
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    if (culvert_settings_find_key (culvert_profile_get_role (profile), key) == NULL)
      g_ptr_array_add (unknown, (gpointer) key);
  if (unknown->len == 0)
    return;
  g_ptr_array_add (unknown, NULL);
  names = g_strjoinv (", ", (char **) unknown->pdata);
  /* translators: names of settings, separated by commas */
  culvert_lint_add (list, CULVERT_LINT_HINT, "unknown", -1,
                    g_strdup_printf (_("Kept, but without effect: %s"), names));
}

static int
culvert_lint_compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return (int) ((const CulvertLint *) b)->severity - (int) ((const CulvertLint *) a)->severity;
}

GListModel *
culvert_lint_profile (CulvertProfile *profile, CulvertLintContext context)
{
  GListStore *list;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  list = g_list_store_new (CULVERT_TYPE_LINT);
  culvert_lint_look_at_key (list, profile);
  culvert_lint_look_at_cipher (list, profile);
  culvert_lint_look_at_addresses (list, profile);
  culvert_lint_look_at_transport (list, profile);
  if (context == CULVERT_LINT_CONTEXT_IMPORTED)
    culvert_lint_look_at_origin (list, profile);
  culvert_lint_look_at_validity (list, profile);
  culvert_lint_look_at_unknown (list, profile);
  g_list_store_sort (list, culvert_lint_compare, NULL);
  return G_LIST_MODEL (list);
}

/* -- face ---------------------------------------------------------------------------- */

CulvertLintSeverity
culvert_lint_get_severity (CulvertLint *lint)
{
  g_return_val_if_fail (CULVERT_IS_LINT (lint), CULVERT_LINT_HINT);

  return lint->severity;
}

const char *
culvert_lint_get_code (CulvertLint *lint)
{
  g_return_val_if_fail (CULVERT_IS_LINT (lint), NULL);

  return lint->code;
}

const char *
culvert_lint_get_message (CulvertLint *lint)
{
  g_return_val_if_fail (CULVERT_IS_LINT (lint), NULL);

  return lint->message;
}

int
culvert_lint_get_setting (CulvertLint *lint)
{
  g_return_val_if_fail (CULVERT_IS_LINT (lint), -1);

  return lint->setting;
}

guint
culvert_lint_n_fixes (CulvertLint *lint)
{
  g_return_val_if_fail (CULVERT_IS_LINT (lint), 0);

  return lint->n_fixes;
}

const char *
culvert_lint_fix_label (CulvertLint *lint, guint fix)
{
  g_return_val_if_fail (CULVERT_IS_LINT (lint), NULL);

  return fix < lint->n_fixes ? _(lint->fixes[fix].label) : NULL;
}

void
culvert_lint_apply (CulvertLint *lint, guint fix, CulvertProfile *profile)
{
  g_return_if_fail (CULVERT_IS_LINT (lint));
  g_return_if_fail (fix < lint->n_fixes);
  g_return_if_fail (CULVERT_IS_PROFILE (profile));

  lint->fixes[fix].apply (profile, lint->setting, lint->fixes[fix].value);
}

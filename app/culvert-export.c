/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-export.h"

#include "culvert-options.h"
#include "culvert-profile-json.h"
#include "culvert-profile-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#if CULVERT_HAVE_QRENCODE
#include <qrencode.h>
#endif

/* What a link of kcptun_gclient has, in its order. */
static const CulvertSettingId link_settings[] = {
  CULVERT_SETTING_CRYPT,  CULVERT_SETTING_NOCOMP, CULVERT_SETTING_DATASHARD,
  CULVERT_SETTING_PARITYSHARD, CULVERT_SETTING_CONN,   CULVERT_SETTING_MTU,
  CULVERT_SETTING_SNDWND, CULVERT_SETTING_RCVWND, CULVERT_SETTING_DSCP,
  CULVERT_SETTING_AUTOEXPIRE, CULVERT_SETTING_MODE,
};
static const CulvertSettingId link_timers[] = {
  CULVERT_SETTING_NODELAY,
  CULVERT_SETTING_INTERVAL,
  CULVERT_SETTING_RESEND,
  CULVERT_SETTING_NC,
};
static const CulvertSettingId link_tail[] = {
  CULVERT_SETTING_ACKNODELAY,
  CULVERT_SETTING_KEEPALIVE,
  CULVERT_SETTING_SOCKBUF,
};

/* Whether the default may differ between versions, or must be equal at both ends. */
static gboolean
culvert_export_is_wire (const CulvertSetting *setting)
{
  switch ((guint) setting->id)
    {
    case CULVERT_SETTING_MTU:
    case CULVERT_SETTING_SNDWND:
    case CULVERT_SETTING_RCVWND:
    case CULVERT_SETTING_DATASHARD:
    case CULVERT_SETTING_PARITYSHARD:
    case CULVERT_SETTING_MODE:
      return TRUE;
    default:
      return (setting->attrs & CULVERT_SETTING_ATTR_MUST_MATCH) != 0;
    }
}

static gboolean
culvert_export_is_wanted (CulvertProfile *profile,
                          const CulvertSetting *setting,
                          CulvertExportFlags flags)
{
  if ((setting->roles & culvert_profile_get_role (profile)) == 0
      || setting->id == CULVERT_SETTING_KEY)
    return FALSE;
  if ((flags & CULVERT_EXPORT_PLAIN) != 0
      && (setting->attrs & CULVERT_SETTING_ATTR_EXTENSION) != 0)
    return FALSE;
  return culvert_profile_is_given (profile, setting->id)
         || ((flags & CULVERT_EXPORT_EXPLICIT) != 0 && culvert_export_is_wire (setting));
}

/* The value, given or default; floating. */
static GVariant *
culvert_export_new_value (CulvertProfile *profile, const CulvertSetting *setting)
{
  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      return g_variant_new_string (culvert_profile_get_string (profile, setting->id));
    case CULVERT_SETTING_TYPE_INT:
      return g_variant_new_int64 (culvert_profile_get_int (profile, setting->id));
    case CULVERT_SETTING_TYPE_BOOL:
      return g_variant_new_boolean (culvert_profile_get_bool (profile, setting->id));
    }
  g_assert_not_reached ();
}

static char *
culvert_export_dup_value (CulvertProfile *profile, const CulvertSetting *setting)
{
  g_autoptr (GVariant) value =
      g_variant_ref_sink (culvert_export_new_value (profile, setting));

  if (setting->type == CULVERT_SETTING_TYPE_STRING)
    return g_variant_dup_string (value, NULL);
  return g_variant_print (value, FALSE);
}

static const char *
culvert_export_get_key (CulvertProfile *profile, CulvertExportFlags flags)
{
  return (flags & CULVERT_EXPORT_WITH_KEY) != 0 ? culvert_profile_peek_key (profile) : NULL;
}

/* -- JSON ------------------------------------------------------------------------------- */

/* Name and role stay with the file; where it is stored and how is nobody's business. */
static GVariant *
culvert_export_new_own (CulvertProfile *profile)
{
  GVariantDict own = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&own, "name", "s", culvert_profile_get_name (profile));
  g_variant_dict_insert (&own, "role", "s",
                         culvert_role_to_string (culvert_profile_get_role (profile)));
  return g_variant_dict_end (&own);
}

char *
culvert_export_json (CulvertProfile *profile, CulvertExportFlags flags)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) all = NULL;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);
  const char *key;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  /* Unknown keys are kept, but for those of the other role. */
  g_variant_dict_init (&dict, culvert_profile_peek_settings (profile));
  for (guint i = 0; i < n; i++)
    {
      if (culvert_export_is_wanted (profile, &settings[i], flags))
        g_variant_dict_insert_value (&dict, settings[i].key,
                                     culvert_export_new_value (profile, &settings[i]));
      else
        (void) g_variant_dict_remove (&dict, settings[i].key);
    }
  key = culvert_export_get_key (profile, flags);
  if (key != NULL)
    g_variant_dict_insert_value (&dict, settings[CULVERT_SETTING_KEY].key,
                                 culvert_options_new_text (key));
  if ((flags & CULVERT_EXPORT_PLAIN) == 0)
    g_variant_dict_insert_value (&dict, "culvert", culvert_export_new_own (profile));
  all = g_variant_ref_sink (g_variant_dict_end (&dict));
  return culvert_profile_json_write (culvert_profile_get_role (profile), all);
}

/* -- command line ------------------------------------------------------------------------- */

/* Quoted only where a shell would see more than a word. */
static void
culvert_export_append_word (GString *out, const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              "-_=.,:/@%+";
  g_autofree char *quoted = NULL;

  if (word[0] != '\0' && strspn (word, plain) == strlen (word))
    {
      g_string_append_printf (out, " %s", word);
      return;
    }
  quoted = g_shell_quote (word);
  g_string_append_printf (out, " %s", quoted);
  explicit_bzero (quoted, strlen (quoted));
}

static void
culvert_export_append_setting (GString *out, CulvertProfile *profile, const CulvertSetting *setting)
{
  g_autofree char *value = culvert_export_dup_value (profile, setting);

  if (setting->type != CULVERT_SETTING_TYPE_BOOL)
    {
      g_string_append_printf (out, " -%s", setting->flag);
      culvert_export_append_word (out, value);
    }
  else if (culvert_profile_get_bool (profile, setting->id))
    g_string_append_printf (out, " -%s", setting->flag);
  else
    g_string_append_printf (out, " -%s=false", setting->flag);
}

char *
culvert_export_command (CulvertProfile *profile, CulvertExportFlags flags)
{
  gboolean is_client;
  GString *out;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);
  const char *key;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  is_client = culvert_profile_get_role (profile) == CULVERT_ROLE_CLIENT;
  if ((flags & CULVERT_EXPORT_PLAIN) != 0)
    out = g_string_new (is_client ? "kcptun-client" : "kcptun-server");
  else
    out = g_string_new (is_client ? "culvert --headless client" : "culvert --headless server");
  for (guint i = 0; i < n; i++)
    if (culvert_export_is_wanted (profile, &settings[i], flags))
      culvert_export_append_setting (out, profile, &settings[i]);
  key = culvert_export_get_key (profile, flags);
  if (key != NULL)
    {
      g_string_append_printf (out, " -%s", settings[CULVERT_SETTING_KEY].flag);
      culvert_export_append_word (out, key);
    }
  return g_string_free (out, FALSE);
}

/* -- link ------------------------------------------------------------------------------- */

static void
culvert_export_append_pair (GString *out, CulvertProfile *profile, CulvertSettingId id)
{
  const CulvertSetting *setting = &culvert_settings (NULL)[id];
  g_autofree char *value = culvert_export_dup_value (profile, setting);

  g_string_append_printf (out, "%s=%s;", setting->key, value);
}

static void
culvert_export_append_encoded (GString *out, const char *name, const char *value)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *) value, strlen (value));

  g_string_append_printf (out, "%s=%s;", name, encoded);
  explicit_bzero (encoded, strlen (encoded));
}

/* What newer versions need and a link of the old form does not have. */
static void
culvert_export_append_rest (GString *out, CulvertProfile *profile, CulvertExportFlags flags)
{
  static const CulvertSettingId ids[] = {
    CULVERT_SETTING_LOCALADDR, CULVERT_SETTING_SCAVENGETTL, CULVERT_SETTING_CLOSEWAIT,
    CULVERT_SETTING_TCP,       CULVERT_SETTING_QPP,         CULVERT_SETTING_QPP_COUNT,
    CULVERT_SETTING_RATELIMIT, CULVERT_SETTING_SMUXBUF,     CULVERT_SETTING_FRAMESIZE,
    CULVERT_SETTING_STREAMBUF,
  };

  culvert_export_append_pair (out, profile, CULVERT_SETTING_SMUXVER);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    if (culvert_profile_is_given (profile, ids[i])
        && (culvert_settings (NULL)[ids[i]].type != CULVERT_SETTING_TYPE_STRING
            || strchr (culvert_profile_get_string (profile, ids[i]), ';') == NULL))
      culvert_export_append_pair (out, profile, ids[i]);
}

char *
culvert_export_link (CulvertProfile *profile, CulvertExportFlags flags)
{
  GString *pairs;
  g_autofree char *encoded = NULL;
  const char *key;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  if (culvert_profile_get_role (profile) != CULVERT_ROLE_CLIENT)
    return NULL;
  pairs = g_string_new (NULL);
  g_string_append_printf (pairs, "server=%s;",
                          culvert_profile_get_string (profile, CULVERT_SETTING_REMOTEADDR));
  key = culvert_export_get_key (profile, flags);
  culvert_export_append_encoded (pairs, "key", key != NULL ? key : "");
  for (guint i = 0; i < G_N_ELEMENTS (link_settings); i++)
    culvert_export_append_pair (pairs, profile, link_settings[i]);
  if (g_strcmp0 (culvert_profile_get_string (profile, CULVERT_SETTING_MODE), "manual") == 0)
    for (guint i = 0; i < G_N_ELEMENTS (link_timers); i++)
      culvert_export_append_pair (pairs, profile, link_timers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (link_tail); i++)
    culvert_export_append_pair (pairs, profile, link_tail[i]);
  culvert_export_append_encoded (pairs, "remark", culvert_profile_get_name (profile));
  if ((flags & CULVERT_EXPORT_PLAIN) == 0)
    culvert_export_append_rest (pairs, profile, flags);
  encoded = g_base64_encode ((const guchar *) pairs->str, pairs->len);
  explicit_bzero (pairs->str, pairs->len);
  g_string_free (pairs, TRUE);
  return g_strconcat ("kcptun://", encoded, NULL);
}

/* -- QR code ----------------------------------------------------------------------------- */

#if CULVERT_HAVE_QRENCODE
GBytes *
culvert_export_qr (const char *text, guint *out_width, GError **error)
{
  /* A screen is a clean medium; more correction only makes smaller modules. */
  QRcode *code = QRcode_encodeData (strlen (text), (const unsigned char *) text, 0, QR_ECLEVEL_L);
  guint8 *modules;
  size_t len;

  if (code == NULL)
    {
      if (errno == ERANGE)
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                     _("%zu characters are too many for a QR code"), strlen (text));
      else
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("no QR code: %s"),
                     g_strerror (errno));
      return NULL;
    }
  len = (size_t) code->width * code->width;
  modules = g_malloc (len);
  for (size_t i = 0; i < len; i++)
    modules[i] = code->data[i] & 1;
  *out_width = code->width;
  QRcode_free (code);
  return g_bytes_new_take (modules, len);
}
#else
GBytes *
culvert_export_qr (const char *text, guint *out_width, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _("this build has no QR codes"));
  return NULL;
}
#endif

/* -- saving --------------------------------------------------------------------------------- */

static void
culvert_export_saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
culvert_export_save_async (GFile *file,
                           const char *text,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  g_task_set_source_tag (task, culvert_export_save_async);
  g_file_replace_contents_bytes_async (
      file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION,
      cancellable, culvert_export_saved_cb, task);
}

gboolean
culvert_export_save_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

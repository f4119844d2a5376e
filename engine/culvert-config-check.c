/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Validation, WIRE.md 13.6 and the sections of the single settings.
 *
 * The rule: what kcptun takes and works with is taken (if need be as something else, with a
 * warning); what it silently understands as something else, or fails with later, is refused
 * before anything is opened. */

#include "config.h"

#include "culvert-config-private.h"
#include "culvert-endpoint.h"
#include "culvert-error.h"

#include "culvert-cipher.h"
#include "culvert-fec.h"
#include "culvert-kcp.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define FEC_HEADER 8            /* WIRE.md 4.1 */
#define MEM_LIMIT_MIN (1 << 20) /* below, not even one session could work */
#define PACING_MIN 1000         /* bytes per second */
#define PACING_MAX G_GUINT64_CONSTANT (100000000000)
#define QPP_KEY_LEN 211         /* WIRE.md 10.4 */
#define QPP_COUNT_GOOD 7

const char *
culvert_config_cipher_name (guint i)
{
  return culvert_cipher_name (i);
}

static const char *
culvert_config_log_level_name (guint i)
{
  static const char *const names[] = { "error", "warning", "info", "debug" };

  return i < G_N_ELEMENTS (names) ? names[i] : NULL;
}

static const char *
culvert_config_fec_name (guint i)
{
  static const char *const names[] = { "fixed", "adaptive", "off" };

  return i < G_N_ELEMENTS (names) ? names[i] : NULL;
}

const char *
culvert_setting_get_word (const CulvertSetting *setting, guint i)
{
  switch (setting->check)
    {
    case CULVERT_SETTING_CHECK_CIPHER:
      return culvert_config_cipher_name (i);
    case CULVERT_SETTING_CHECK_MODE:
      return culvert_config_mode_name (i);
    case CULVERT_SETTING_CHECK_LOG_LEVEL:
      return culvert_config_log_level_name (i);
    case CULVERT_SETTING_CHECK_FEC:
      return culvert_config_fec_name (i);
    default:
      return NULL;
    }
}

static gboolean
culvert_config_fail (GError **error, const char *keys, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* keys: of the settings it is about, "mtu" or "a and b"; never translated, CulvertDraft reads
 * them. */
static gboolean
culvert_config_fail (GError **error, const char *keys, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    {
      *error = g_error_new_valist (CULVERT_ERROR, CULVERT_ERROR_CONFIG, format, args);
      g_prefix_error (error, "%s: ", keys);
    }
  va_end (args);
  return FALSE;
}

/* One of a list of words, or the list in the message. */
static gboolean
culvert_config_check_word (const CulvertSetting *setting,
                           const char *text,
                           GError **error)
{
  g_autoptr (GString) allowed = g_string_new (NULL);

  for (guint i = 0; culvert_setting_get_word (setting, i) != NULL; i++)
    {
      if (strcmp (culvert_setting_get_word (setting, i), text) == 0)
        return TRUE;
      g_string_append_printf (allowed, "%s%s", i == 0 ? "" : ", ",
                              culvert_setting_get_word (setting, i));
    }
  return culvert_config_fail (error, setting->key, _("\"%s\" is unknown; use one of %s"), text,
                              allowed->str);
}

static gboolean
culvert_config_check_address (const CulvertSetting *setting, const char *text, GError **error)
{
  static const CulvertEndpointKind kinds[] = {
    [CULVERT_SETTING_CHECK_LISTEN_STREAM] = CULVERT_ENDPOINT_LISTEN_STREAM,
    [CULVERT_SETTING_CHECK_TARGET_STREAM] = CULVERT_ENDPOINT_TARGET_STREAM,
    [CULVERT_SETTING_CHECK_LISTEN_PORTS] = CULVERT_ENDPOINT_LISTEN_PORTS,
    [CULVERT_SETTING_CHECK_REMOTE_PORTS] = CULVERT_ENDPOINT_REMOTE_PORTS,
  };
  CulvertEndpoint endpoint;

  if (!culvert_endpoint_parse (&endpoint, kinds[setting->check], text, error))
    {
      g_prefix_error (error, "%s: ", setting->key);
      return FALSE;
    }
  culvert_endpoint_clear (&endpoint);
  return TRUE;
}

gboolean
culvert_config_parse_pacing (const char *text, guint64 *out_rate)
{
  guint64 rate = 0;

  if (strcmp (text, "auto") != 0 && strcmp (text, "off") != 0
      && !g_ascii_string_to_unsigned (text, 10, PACING_MIN, PACING_MAX, &rate, NULL))
    return FALSE;
  if (out_rate != NULL)
    *out_rate = rate;
  return TRUE;
}

/* Numbers only: nothing is resolved for it. */
static gboolean
culvert_config_check_listen_local (const CulvertSetting *setting, const char *text, GError **error)
{
  CulvertEndpoint endpoint;
  gboolean is_good;

  if (text[0] == '\0')
    return TRUE;
  if (!culvert_endpoint_parse (&endpoint, CULVERT_ENDPOINT_LISTEN_STREAM, text, NULL))
    return culvert_config_fail (error, setting->key,
                                _("\"%s\" has no valid port; use address:port"), text);
  is_good = !endpoint.is_unix
            && (endpoint.host[0] == '\0' || strcmp (endpoint.host, "localhost") == 0
                || g_hostname_is_ip_address (endpoint.host));
  culvert_endpoint_clear (&endpoint);
  if (is_good)
    return TRUE;
  return culvert_config_fail (error, setting->key,
                              _("\"%s\" is no numeric address with a port; use address:port, or "
                                ":port for this machine alone"),
                              text);
}

static gboolean
culvert_config_check_string (CulvertConfig *self, const CulvertSetting *setting, GError **error)
{
  const char *text = self->values[setting->id].text;

  switch (setting->check)
    {
    case CULVERT_SETTING_CHECK_TEXT:
    case CULVERT_SETTING_CHECK_PATH:
      return TRUE;
    case CULVERT_SETTING_CHECK_CIPHER:
    case CULVERT_SETTING_CHECK_MODE:
    case CULVERT_SETTING_CHECK_LOG_LEVEL:
    case CULVERT_SETTING_CHECK_FEC:
      return culvert_config_check_word (setting, text, error);
    case CULVERT_SETTING_CHECK_PACING:
      return culvert_config_parse_pacing (text, NULL)
             || culvert_config_fail (error, setting->key,
                                     _("\"%s\" is unknown; use auto, off or a number of bytes per "
                                       "second"),
                                     text);
    case CULVERT_SETTING_CHECK_LISTEN_STREAM:
    case CULVERT_SETTING_CHECK_TARGET_STREAM:
    case CULVERT_SETTING_CHECK_LISTEN_PORTS:
    case CULVERT_SETTING_CHECK_REMOTE_PORTS:
      return culvert_config_check_address (setting, text, error);
    case CULVERT_SETTING_CHECK_LISTEN_LOCAL:
      return culvert_config_check_listen_local (setting, text, error);
    }
  g_assert_not_reached ();
}

/* Whether the value has an effect at all; if not, any number is taken. */
static gboolean
culvert_config_is_used (CulvertConfig *self, CulvertSettingId id)
{
  switch (id)
    {
    case CULVERT_SETTING_QPP_COUNT:
      return self->values[CULVERT_SETTING_QPP].number != 0;
    case CULVERT_SETTING_NODELAY:
    case CULVERT_SETTING_INTERVAL:
    case CULVERT_SETTING_RESEND:
    case CULVERT_SETTING_NC:
      return strcmp (self->values[CULVERT_SETTING_MODE].text, "manual") == 0;
    default:
      return TRUE;
    }
}

static gboolean
culvert_config_check_int (CulvertConfig *self, const CulvertSetting *setting, GError **error)
{
  gint64 number = self->values[setting->id].number;
  gint64 stand_in;

  if (number >= setting->min && number <= setting->max)
    return TRUE;
  if (!culvert_config_is_used (self, setting->id))
    {
      self->values[setting->id].number = CLAMP (number, setting->min, setting->max);
      return TRUE;
    }
  stand_in = number < setting->min ? setting->low : setting->high;
  if (stand_in == CULVERT_SETTING_REFUSE)
    return culvert_config_fail (error, setting->key,
                                /* translators: numbers */
                                _("%lld is not allowed; use %lld to %lld"), (long long) number,
                                (long long) setting->min, (long long) setting->max);
  culvert_config_warn (self, "%s: %" G_GINT64_FORMAT " is taken as %" G_GINT64_FORMAT, setting->key,
                       number, stand_in);
  self->values[setting->id].number = stand_in;
  return TRUE;
}

static gboolean
culvert_config_has_fec (CulvertConfig *self)
{
  return strcmp (self->values[CULVERT_SETTING_FEC].text, "off") != 0
         && self->values[CULVERT_SETTING_DATASHARD].number > 0
         && self->values[CULVERT_SETTING_PARITYSHARD].number > 0;
}

/* Too small an mtu makes kcptun keep 1400 without a word, WIRE.md 3. */
static gboolean
culvert_config_check_mtu (CulvertConfig *self, GError **error)
{
  const char *cipher = self->values[CULVERT_SETTING_CRYPT].text;
  gboolean has_fec = culvert_config_has_fec (self);
  gint64 mtu = self->values[CULVERT_SETTING_MTU].number;
  gint64 least =
      CULVERT_KCP_MTU_MIN + culvert_cipher_overhead (cipher) + (has_fec ? FEC_HEADER : 0);

  if (mtu >= least)
    return TRUE;
  return culvert_config_fail (error, "mtu",
                              /* translators: a number, the name of a cipher, a number */
                              has_fec ? _("%lld is not allowed with crypt %s and error "
                                          "correction; use %lld to 1500")
                                      : _("%lld is not allowed with crypt %s; use %lld to 1500"),
                              (long long) mtu, cipher, (long long) least);
}

static gboolean
culvert_config_check_pairs (CulvertConfig *self, GError **error)
{
  gint64 shards = self->values[CULVERT_SETTING_DATASHARD].number
                  + self->values[CULVERT_SETTING_PARITYSHARD].number;
  gint64 smuxbuf = self->values[CULVERT_SETTING_SMUXBUF].number;
  gint64 streambuf = self->values[CULVERT_SETTING_STREAMBUF].number;
  gint64 mem_limit = self->values[CULVERT_SETTING_MEM_LIMIT].number;

  if (culvert_config_has_fec (self) && shards > CULVERT_FEC_MAX_SHARDS)
    return culvert_config_fail (error, "datashard and parityshard",
                                _("%lld together are not allowed; use at most %d"),
                                (long long) shards, CULVERT_FEC_MAX_SHARDS);
  if (streambuf > smuxbuf)
    return culvert_config_fail (error, "streambuf",
                                _("%lld is not allowed; use 1 to smuxbuf, which is %lld"),
                                (long long) streambuf, (long long) smuxbuf);
  if (mem_limit != 0 && mem_limit < MEM_LIMIT_MIN)
    return culvert_config_fail (error, "mem-limit",
                                _("%lld is not allowed; use 0 or at least %d"),
                                (long long) mem_limit, MEM_LIMIT_MIN);
  /* Reading files is the application's; forgetting it must not mean the public key. */
  if (self->values[CULVERT_SETTING_KEY_FILE].text[0] != '\0' && !self->given[CULVERT_SETTING_KEY])
    return culvert_config_fail (error, "key-file",
                                _("\"%s\" has not been read and there is no key"),
                                self->values[CULVERT_SETTING_KEY_FILE].text);
  return culvert_config_check_mtu (self, error);
}

static void
culvert_config_warn_unknown (CulvertConfig *self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  GVariantIter iter;
  const char *key;
  guint n = 0;

  g_variant_iter_init (&iter, self->unknown);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    g_string_append_printf (names, "%s%s", n++ == 0 ? "" : ", ", key);
  if (n != 0)
    culvert_config_warn (self, "unknown settings ignored: %s", names->str);
}

static void
culvert_config_warn_protection (CulvertConfig *self)
{
  const char *cipher = self->values[CULVERT_SETTING_CRYPT].text;
  const char *key = self->values[CULVERT_SETTING_KEY].text;
  gint64 count = self->values[CULVERT_SETTING_QPP_COUNT].number;

  if (strcmp (key, culvert_settings (NULL)[CULVERT_SETTING_KEY].client_string) == 0)
    culvert_config_warn (self, "key: this is the public default, everybody knows it; set your own "
                               "on both ends");
  else if (key[0] == '\0')
    culvert_config_warn (self, "key: it is empty, everybody can guess it; set one on both ends");
  if (culvert_cipher_is_weak (cipher))
    culvert_config_warn (self, "crypt: %s gives no protection", cipher);
  if (self->values[CULVERT_SETTING_QPP].number == 0)
    return;
  if (strlen (key) < QPP_KEY_LEN)
    culvert_config_warn (self, "key: QPP wants at least %d bytes, this one has %zu", QPP_KEY_LEN,
                         strlen (key));
  if (count < QPP_COUNT_GOOD)
    culvert_config_warn (self, "qpp-count: QPP wants at least %d pads", QPP_COUNT_GOOD);
  if (count % 2 == 0)
    culvert_config_warn (self,
                         "qpp-count: %" G_GINT64_FORMAT " has a common divisor with 8, choose "
                         "an odd number, best a prime",
                         count);
}

static gboolean
culvert_config_listens_everywhere (CulvertConfig *self)
{
  CulvertEndpoint endpoint;
  gboolean everywhere;

  if (!culvert_endpoint_parse (&endpoint, CULVERT_ENDPOINT_LISTEN_STREAM,
                               self->values[CULVERT_SETTING_LOCALADDR].text, NULL))
    return FALSE;
  everywhere = !endpoint.is_unix
               && (endpoint.host[0] == '\0' || strcmp (endpoint.host, "0.0.0.0") == 0
                   || strcmp (endpoint.host, "::") == 0);
  culvert_endpoint_clear (&endpoint);
  return everywhere;
}

static void
culvert_config_warn_client (CulvertConfig *self)
{
  gint64 autoexpire = self->values[CULVERT_SETTING_AUTOEXPIRE].number;
  gint64 scavengettl = self->values[CULVERT_SETTING_SCAVENGETTL].number;

  if (culvert_config_listens_everywhere (self))
    culvert_config_warn (self, "localaddr: \"%s\" accepts connections from every address; for this "
                               "machine only use 127.0.0.1:port",
                         self->values[CULVERT_SETTING_LOCALADDR].text);
  if (autoexpire != 0 && scavengettl > autoexpire)
    culvert_config_warn (self, "scavengettl: %" G_GINT64_FORMAT " is longer than autoexpire "
                               "%" G_GINT64_FORMAT ", expired sessions will pile up",
                         scavengettl, autoexpire);
}

gboolean
culvert_config_check (CulvertConfig *config, GError **error)
{
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    {
      const CulvertSetting *setting = &culvert_settings (NULL)[i];

      if ((setting->roles & config->role) == 0)
        continue;
      if (setting->type == CULVERT_SETTING_TYPE_STRING
          && !culvert_config_check_string (config, setting, error))
        return FALSE;
      if (setting->type == CULVERT_SETTING_TYPE_INT
          && !culvert_config_check_int (config, setting, error))
        return FALSE;
    }
  if (!culvert_config_check_pairs (config, error))
    return FALSE;

  culvert_config_warn_protection (config);
  if (config->role == CULVERT_ROLE_CLIENT)
    culvert_config_warn_client (config);
  if (config->values[CULVERT_SETTING_SMUXVER].number == 1)
    culvert_config_warn (config, "smuxver: with version 1 one connection that nobody reads stops "
                                 "the others of its session; use 2 if both ends can");
  culvert_config_warn_unknown (config);
  return TRUE;
}

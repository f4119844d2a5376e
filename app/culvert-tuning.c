/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-tuning.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define KCP_HEADER 24
#define CIPHER_HEADER 20
#define GCM_OVERHEAD 28
#define FEC_HEADER 8
/* IPv4 and UDP; what the line carries beside the datagram. */
#define IP_UDP_HEADER 28
/* The slot of a segment in memory. */
#define SEGMENT_BYTES 2048
#define WINDOW_MIN 32
#define WINDOW_MAX 65535

/* What an answer nobody gave counts as. */
/* Above this speed something else than a window is what limits: the line, the processor. */
#define BOUNDLESS_MBIT 1000.0
#define ASSUMED_DOWN_MBIT 100.0
#define ASSUMED_UP_MBIT 20.0
#define ASSUMED_LOSS 0.01

/* The share of groups that may fail: forward error correction then saves all but one wait in a
 * hundred, and more parity buys little. */
#define GROUP_FAILURE 0.01
#define DATA_SHARDS 10
#define PARITY_MAX 10

typedef struct
{
  const char *title;
  const char *subtitle;
  const char *mode;
  double head_room;      /* window over what fills the line */
  double fec_from;       /* no parity below this loss */
  guint window_max;
  gint64 smuxbuf_min;
  gint64 sockbuf;
} CulvertTuningPreset;

static const CulvertTuningPreset presets[CULVERT_TUNING_N_USES] = {
  [CULVERT_TUNING_INTERACTIVE] = { N_ ("Interactive"), N_ ("Terminals, games and calls"), "fast3",
                                   1.25, 0.0, WINDOW_MAX, 4 << 20, 4 << 20 },
  [CULVERT_TUNING_BROWSING] = { N_ ("Browsing"), N_ ("A bit of everything"), "fast2", 1.5, 0.005,
                                WINDOW_MAX, 4 << 20, 4 << 20 },
  [CULVERT_TUNING_BULK] = { N_ ("Bulk"), N_ ("Downloads and backups"), "fast", 2.0, 0.01,
                            WINDOW_MAX, 4 << 20, 8 << 20 },
  [CULVERT_TUNING_LOW_POWER] = { N_ ("Low-power"), N_ ("Routers, phones and metered lines"),
                                 "normal", 1.25, 0.03, 1024, 1 << 20, 1 << 20 },
};

static double
culvert_tuning_rtt (double rtt_ms)
{
  return rtt_ms > 0 ? rtt_ms : CULVERT_TUNING_ASSUMED_RTT_MS;
}

const char *
culvert_tuning_use_get_title (CulvertTuningUse use)
{
  g_return_val_if_fail (use < CULVERT_TUNING_N_USES, "");

  return _(presets[use].title);
}

const char *
culvert_tuning_use_get_subtitle (CulvertTuningUse use)
{
  g_return_val_if_fail (use < CULVERT_TUNING_N_USES, "");

  return _(presets[use].subtitle);
}

/* -- windows ------------------------------------------------------------------------ */

double
culvert_tuning_window_to_mbit (guint n_packets, guint payload_len, double rtt_ms)
{
  return n_packets * (double) payload_len * 8 / (culvert_tuning_rtt (rtt_ms) * 1000);
}

guint
culvert_tuning_mbit_to_window (double mbit, guint payload_len, double rtt_ms)
{
  double bytes = mbit * culvert_tuning_rtt (rtt_ms) * 1000 / 8;

  if (payload_len == 0 || bytes < payload_len)
    return 1;
  return (guint) MIN (ceil (bytes / payload_len), (double) G_MAXINT32);
}

static guint
culvert_tuning_payload_of (gint64 mtu, const char *cipher, gboolean has_fec)
{
  int len = (int) CLAMP (mtu, 50, 1500);

  if (g_strcmp0 (cipher, "aes-128-gcm") == 0)
    len -= GCM_OVERHEAD;
  else if (g_strcmp0 (cipher, "null") != 0)
    len -= CIPHER_HEADER;
  if (has_fec)
    len -= FEC_HEADER;
  /* WIRE.md 3: too small an MTU is ignored, the built-in 1400 stays. */
  if (len < 50)
    return culvert_tuning_payload_of (1400, cipher, has_fec);
  return len - KCP_HEADER;
}

static gboolean
culvert_tuning_has_fec (CulvertProfile *profile)
{
  return culvert_profile_get_int (profile, CULVERT_SETTING_DATASHARD) > 0
         && culvert_profile_get_int (profile, CULVERT_SETTING_PARITYSHARD) > 0;
}

guint
culvert_tuning_payload_len (CulvertProfile *profile)
{
  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), 0);

  return culvert_tuning_payload_of (culvert_profile_get_int (profile, CULVERT_SETTING_MTU),
                                    culvert_profile_get_string (profile, CULVERT_SETTING_CRYPT),
                                    culvert_tuning_has_fec (profile));
}

/* -- forward error correction --------------------------------------------------------- */

/* Probability that more than spare of n packets are lost. */
static double
culvert_tuning_group_failure (guint n, guint spare, double loss)
{
  double term = pow (1 - loss, n);
  double sum = term;

  for (guint i = 1; i <= spare; i++)
    {
      term *= loss / (1 - loss) * (n - i + 1) / i;
      sum += term;
    }
  return MAX (0, 1 - sum);
}

static guint
culvert_tuning_parity_for (double loss)
{
  guint parity = 1;

  loss = MIN (loss, 0.5);
  while (parity < PARITY_MAX
         && culvert_tuning_group_failure (DATA_SHARDS + parity, parity, loss) > GROUP_FAILURE)
    parity++;
  return parity;
}

/* The loss at which GROUP_FAILURE is reached. */
static double
culvert_tuning_bearable_loss (guint data, guint parity)
{
  double low = 0;
  double high = 0.99;

  for (guint i = 0; i < 40; i++)
    {
      double middle = (low + high) / 2;

      if (culvert_tuning_group_failure (data + parity, parity, middle) > GROUP_FAILURE)
        high = middle;
      else
        low = middle;
    }
  return low;
}

/* -- answers to settings ---------------------------------------------------------------- */

static guint
culvert_tuning_window_for (const CulvertTuningPreset *preset, double mbit, double rtt_ms)
{
  /* With parity and an ordinary cipher: the smallest payload, so the largest window. */
  guint payload = culvert_tuning_payload_of (1350, "aes", TRUE);
  guint window = culvert_tuning_mbit_to_window (mbit * preset->head_room, payload, rtt_ms);

  /* Round numbers are easier to compare and to type at the other end. */
  window = window > G_MAXINT32 - WINDOW_MIN ? window
                                            : (window + WINDOW_MIN - 1) / WINDOW_MIN * WINDOW_MIN;
  return CLAMP (window, 2 * WINDOW_MIN, preset->window_max);
}

static void
culvert_tuning_put (GVariantDict *dict, CulvertSettingId id, gint64 value)
{
  g_variant_dict_insert (dict, culvert_settings (NULL)[id].key, "x", value);
}

GVariant *
culvert_tuning_derive (const CulvertTuningAnswers *answers)
{
  const CulvertTuningPreset *preset;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  double rtt_ms = culvert_tuning_rtt (answers->rtt_ms);
  double down = answers->down_mbit > 0 ? answers->down_mbit : ASSUMED_DOWN_MBIT;
  double up = answers->up_mbit > 0 ? answers->up_mbit : ASSUMED_UP_MBIT;
  double loss = answers->loss >= 0 ? answers->loss : ASSUMED_LOSS;
  gint64 in_flight = (gint64) (down * rtt_ms * 1000 / 8);
  gint64 smuxbuf;
  gboolean has_fec;

  g_return_val_if_fail (answers->use < CULVERT_TUNING_N_USES, NULL);
  preset = &presets[answers->use];
  has_fec = loss >= preset->fec_from;
  smuxbuf = CLAMP (2 * in_flight, preset->smuxbuf_min, 64 << 20);

  g_variant_dict_insert (&dict, culvert_settings (NULL)[CULVERT_SETTING_MODE].key, "s",
                         preset->mode);
  culvert_tuning_put (&dict, CULVERT_SETTING_MTU, 1350);
  culvert_tuning_put (&dict, CULVERT_SETTING_SNDWND,
                      culvert_tuning_window_for (preset, up, rtt_ms));
  culvert_tuning_put (&dict, CULVERT_SETTING_RCVWND,
                      culvert_tuning_window_for (preset, down, rtt_ms));
  culvert_tuning_put (&dict, CULVERT_SETTING_DATASHARD, has_fec ? DATA_SHARDS : 0);
  culvert_tuning_put (&dict, CULVERT_SETTING_PARITYSHARD,
                      has_fec ? culvert_tuning_parity_for (loss) : 0);
  culvert_tuning_put (&dict, CULVERT_SETTING_SMUXBUF, smuxbuf);
  culvert_tuning_put (&dict, CULVERT_SETTING_STREAMBUF, smuxbuf / 2);
  culvert_tuning_put (&dict, CULVERT_SETTING_SOCKBUF, preset->sockbuf);
  /* Nearly all that travels today is compressed or encrypted already. */
  g_variant_dict_insert (&dict, culvert_settings (NULL)[CULVERT_SETTING_NOCOMP].key, "b", TRUE);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

void
culvert_tuning_apply (const CulvertTuningAnswers *answers,
                      gboolean new_pair,
                      CulvertProfile *profile)
{
  g_autoptr (GVariant) derived = culvert_tuning_derive (answers);
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_return_if_fail (derived != NULL);
  g_return_if_fail (CULVERT_IS_PROFILE (profile));

  g_variant_dict_init (&dict, culvert_profile_peek_settings (profile));
  g_variant_iter_init (&iter, derived);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      const CulvertSetting *setting = culvert_settings_find_key (CULVERT_ROLE_BOTH, key);

      if (new_pair || (setting->attrs & CULVERT_SETTING_ATTR_MUST_MATCH) == 0)
        g_variant_dict_insert_value (&dict, key, value);
    }
  culvert_profile_set_settings (profile, g_variant_dict_end (&dict));
}

/* -- settings to human units -------------------------------------------------------------- */

static guint
culvert_tuning_window (CulvertProfile *profile, CulvertSettingId id)
{
  return (guint) CLAMP (culvert_profile_get_int (profile, id), WINDOW_MIN, WINDOW_MAX);
}

static int
culvert_tuning_interval (CulvertProfile *profile)
{
  static const struct
  {
    const char *mode;
    int interval_ms;
  } modes[] = { { "normal", 40 }, { "fast", 30 }, { "fast2", 20 }, { "fast3", 10 } };
  const char *mode = culvert_profile_get_string (profile, CULVERT_SETTING_MODE);

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    if (g_strcmp0 (modes[i].mode, mode) == 0)
      return modes[i].interval_ms;
  return (int) CLAMP (culvert_profile_get_int (profile, CULVERT_SETTING_INTERVAL), 10, 5000);
}

static double
culvert_tuning_buffer_to_mbit (gint64 bytes, double rtt_ms)
{
  return MAX (bytes, 0) * 8.0 / (rtt_ms * 1000);
}

void
culvert_tuning_explain (CulvertProfile *profile, double rtt_ms, CulvertTuningEffect *out_effect)
{
  gint64 data = CLAMP (culvert_profile_get_int (profile, CULVERT_SETTING_DATASHARD), 0, 255);
  gint64 parity = CLAMP (culvert_profile_get_int (profile, CULVERT_SETTING_PARITYSHARD), 0, 255);
  gint64 mtu = CLAMP (culvert_profile_get_int (profile, CULVERT_SETTING_MTU), 50, 1500);
  gint64 limit = culvert_profile_get_int (profile, CULVERT_SETTING_RATELIMIT);
  gint64 smuxbuf = culvert_profile_get_int (profile, CULVERT_SETTING_SMUXBUF);
  gint64 streambuf = culvert_profile_get_int (profile, CULVERT_SETTING_STREAMBUF);
  guint sndwnd = culvert_tuning_window (profile, CULVERT_SETTING_SNDWND);
  guint rcvwnd = culvert_tuning_window (profile, CULVERT_SETTING_RCVWND);
  CulvertTuningEffect effect = { .payload_len = culvert_tuning_payload_len (profile) };
  gboolean has_fec = data > 0 && parity > 0;
  double bare;

  rtt_ms = culvert_tuning_rtt (rtt_ms);
  bare = (mtu + IP_UDP_HEADER) / (double) effect.payload_len;
  effect.fec_share = has_fec ? bare * parity / data : 0;
  effect.overhead = bare + effect.fec_share;
  effect.fec_loss = has_fec ? culvert_tuning_bearable_loss (data, parity) : 0;
  effect.up_mbit = culvert_tuning_window_to_mbit (sndwnd, effect.payload_len, rtt_ms);
  if (limit > 0)
    effect.up_mbit = MIN (effect.up_mbit, limit * 8.0 / 1e6 / effect.overhead);
  effect.down_mbit = culvert_tuning_window_to_mbit (rcvwnd, effect.payload_len, rtt_ms);
  /* Version 1 has no window per stream; all share the buffer of the session. */
  if (culvert_profile_get_int (profile, CULVERT_SETTING_SMUXVER) >= 2)
    smuxbuf = MIN (streambuf, smuxbuf);
  effect.stream_mbit = MIN (effect.down_mbit, culvert_tuning_buffer_to_mbit (smuxbuf, rtt_ms));
  effect.memory_bytes = ((guint64) sndwnd + rcvwnd) * SEGMENT_BYTES;
  effect.min_delay_ms = culvert_tuning_interval (profile) / 2.0;
  *out_effect = effect;
}

/* "8.9" or "120". (transfer full) */
static char *
culvert_tuning_dup_number (double number)
{
  return g_strdup_printf (number < 9.95 ? "%.1f" : "%.0f", number);
}

/* The same, as far as it says something: "1000+". (transfer full) */
static char *
culvert_tuning_dup_mbit (double mbit)
{
  return mbit > BOUNDLESS_MBIT ? g_strdup_printf ("%.0f+", BOUNDLESS_MBIT)
                               : culvert_tuning_dup_number (mbit);
}

static char *
culvert_tuning_dup_speed (double mbit, double rtt_ms)
{
  g_autofree char *speed = culvert_tuning_dup_number (mbit);
  g_autofree char *rtt = culvert_tuning_dup_number (culvert_tuning_rtt (rtt_ms));

  if (mbit > BOUNDLESS_MBIT)
    /* translators: a number: the round trip time it holds for */
    return g_strdup_printf (_("over 1 Gbit/s at %s ms"), rtt);
  /* translators: both are numbers: a speed and the round trip time it holds for */
  return g_strdup_printf (_("up to %s Mbit/s at %s ms"), speed, rtt);
}

static char *
culvert_tuning_dup_fec (const CulvertTuningEffect *effect)
{
  g_autofree char *loss = NULL;
  g_autofree char *cost = NULL;

  if (effect->fec_share <= 0)
    return g_strdup (_("off: every lost packet costs a wait of a round trip"));
  loss = culvert_tuning_dup_number (effect->fec_loss * 100);
  cost = g_strdup_printf ("%.0f", effect->fec_share / (effect->overhead - effect->fec_share) * 100);
  /* translators: both are numbers of percent */
  return g_strdup_printf (_("makes good up to %s %% loss, costs %s %% more data"), loss, cost);
}

static char *
culvert_tuning_dup_limit (CulvertProfile *profile)
{
  gint64 limit = culvert_profile_get_int (profile, CULVERT_SETTING_RATELIMIT);
  g_autofree char *speed = culvert_tuning_dup_number (limit * 8.0 / 1e6);

  if (limit <= 0)
    return g_strdup (_("no limit"));
  /* translators: a number */
  return g_strdup_printf (_("at most %s Mbit/s on the line for each session"), speed);
}

char *
culvert_tuning_dup_effect (CulvertProfile *profile, CulvertSettingId id, double rtt_ms)
{
  CulvertTuningEffect effect;
  g_autofree char *number = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  culvert_tuning_explain (profile, rtt_ms, &effect);
  rtt_ms = culvert_tuning_rtt (rtt_ms);
  switch ((guint) id)
    {
    case CULVERT_SETTING_SNDWND:
      return culvert_tuning_dup_speed (effect.up_mbit, rtt_ms);
    case CULVERT_SETTING_RCVWND:
      return culvert_tuning_dup_speed (effect.down_mbit, rtt_ms);
    case CULVERT_SETTING_SMUXBUF:
    case CULVERT_SETTING_STREAMBUF:
      return culvert_tuning_dup_speed (
          culvert_tuning_buffer_to_mbit (culvert_profile_get_int (profile, id), rtt_ms), rtt_ms);
    case CULVERT_SETTING_DATASHARD:
    case CULVERT_SETTING_PARITYSHARD:
      return culvert_tuning_dup_fec (&effect);
    case CULVERT_SETTING_MTU:
      number = g_strdup_printf ("%u", effect.payload_len);
      /* translators: a number of bytes */
      return g_strdup_printf (_("%s bytes of data in each packet"), number);
    case CULVERT_SETTING_MODE:
    case CULVERT_SETTING_INTERVAL:
      number = culvert_tuning_dup_number (effect.min_delay_ms);
      /* translators: a number of milliseconds */
      return g_strdup_printf (_("adds %s ms on average"), number);
    case CULVERT_SETTING_RATELIMIT:
      return culvert_tuning_dup_limit (profile);
    default:
      return NULL;
    }
}

char *
culvert_tuning_dup_summary (CulvertProfile *profile, double rtt_ms)
{
  CulvertTuningEffect effect;
  g_autofree char *down = NULL;
  g_autofree char *up = NULL;
  g_autofree char *rtt = NULL;
  g_autofree char *more = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  culvert_tuning_explain (profile, rtt_ms, &effect);
  down = culvert_tuning_dup_mbit (effect.down_mbit);
  up = culvert_tuning_dup_mbit (effect.up_mbit);
  rtt = culvert_tuning_dup_number (culvert_tuning_rtt (rtt_ms));
  more = g_strdup_printf ("%.0f", (effect.overhead - 1) * 100);
  if (MIN (effect.down_mbit, effect.up_mbit) > BOUNDLESS_MBIT)
    /* translators: both are numbers: a round trip time, percent */
    return g_strdup_printf (_("Over 1 Gbit/s in both directions at %s ms, %s %% more data"), rtt,
                            more);
  /* translators: all are numbers: two speeds, a round trip time, percent */
  return g_strdup_printf (_("Up to %s Mbit/s down and %s Mbit/s up at %s ms, %s %% more data"),
                          down, up, rtt, more);
}

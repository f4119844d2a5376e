/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-report.h"

#include <string.h>

#define SALT_LEN 16
#define HASH_LEN 6
/* A key this short stands in every other word; striking it out would tell more than it hides. */
#define KEY_LEN_MIN 4

/* Dotted names, IPv4 addresses, IPv6 addresses. */
#define HOST_PATTERN \
  "[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.[A-Za-z][A-Za-z0-9-]+" \
  "|[0-9]{1,3}(\\.[0-9]{1,3}){3}" \
  "|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*"

typedef struct
{
  GString *text;
  CulvertHubItem *item;
  CulvertReportFlags flags;
  guint8 salt[SALT_LEN];
  GRegex *hosts;    /* (nullable): what to hide */
  GPtrArray *names; /* of char *: hosts the settings name, dotted or not */
} CulvertReport;

/* -- hiding ---------------------------------------------------------------------------------- */

static gboolean
culvert_report_is_public (const char *host)
{
  static const char *const open[] = { "0.0.0.0", "::", "::1", "localhost", NULL };

  return g_strv_contains (open, host) || g_str_has_prefix (host, "127.");
}

/* "host-1a2b3c". (transfer full) */
static char *
culvert_report_dup_alias (const CulvertReport *report, const char *host)
{
  g_autofree char *digest =
      g_compute_hmac_for_string (G_CHECKSUM_SHA256, report->salt, SALT_LEN, host, -1);

  return g_strdup_printf ("host-%.*s", HASH_LEN, digest);
}

static gboolean
culvert_report_hide_cb (const GMatchInfo *match, GString *out, gpointer user_data)
{
  const CulvertReport *report = user_data;
  g_autofree char *host = g_match_info_fetch (match, 0);
  g_autofree char *alias = NULL;

  /* A time of day has colons, too. */
  if (culvert_report_is_public (host)
      || (strchr (host, ':') != NULL && !g_hostname_is_ip_address (host)))
    {
      g_string_append (out, host);
      return FALSE;
    }
  alias = culvert_report_dup_alias (report, host);
  g_string_append (out, alias);
  return FALSE;
}

static void
culvert_report_replace (char **text, const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (*text, from, -1);

  g_free (*text);
  *text = g_strjoinv (to, parts);
}

static void
culvert_report_strike_key (char **text, const char *key)
{
  if (key != NULL && strlen (key) >= KEY_LEN_MIN)
    culvert_report_replace (text, key, "(key)");
}

/* What may be told of a text from outside. (transfer full) */
static char *
culvert_report_dup_safe (const CulvertReport *report, const char *text)
{
  CulvertTunnel *tunnel = culvert_hub_item_get_tunnel (report->item);
  const char *home = g_get_home_dir ();
  char *safe = g_strdup (text);

  culvert_report_strike_key (
      &safe, culvert_profile_peek_key (culvert_hub_item_get_profile (report->item)));
  if (tunnel != NULL)
    culvert_report_strike_key (&safe, culvert_config_get_string (culvert_tunnel_get_config (tunnel),
                                                                 CULVERT_SETTING_KEY));
  if (home != NULL && strlen (home) > 1)
    culvert_report_replace (&safe, home, "~");
  if (report->hosts != NULL)
    {
      char *hidden = g_regex_replace_eval (report->hosts, safe, -1, 0, 0, culvert_report_hide_cb,
                                           (gpointer) report, NULL);

      if (hidden != NULL)
        {
          g_free (safe);
          safe = hidden;
        }
      for (guint i = 0; i < report->names->len; i++)
        {
          g_autofree char *alias = culvert_report_dup_alias (report, report->names->pdata[i]);

          culvert_report_replace (&safe, report->names->pdata[i], alias);
        }
    }
  return safe;
}

/* -- parts ------------------------------------------------------------------------------------- */

static void
culvert_report_add (CulvertReport *report, const char *name, const char *value)
{
  g_autofree char *safe = NULL;

  if (value == NULL || value[0] == '\0')
    return;
  safe = culvert_report_dup_safe (report, value);
  g_string_append_printf (report->text, "%s: %s\n", name, safe);
}

static void
culvert_report_add_system (CulvertReport *report, const char *system)
{
  g_autofree char *name = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  g_autofree char *kernel = NULL;
  g_autofree char *glib = g_strdup_printf ("%u.%u.%u", glib_major_version, glib_minor_version,
                                           glib_micro_version);

  (void) g_file_get_contents ("/proc/sys/kernel/osrelease", &kernel, NULL, NULL);
  culvert_report_add (report, "Culvert", CULVERT_VERSION);
  culvert_report_add (report, "System", name);
  culvert_report_add (report, "Kernel", kernel != NULL ? g_strstrip (kernel) : NULL);
  culvert_report_add (report, "Desktop", g_getenv ("XDG_CURRENT_DESKTOP"));
  culvert_report_add (report, "Session", g_getenv ("XDG_SESSION_TYPE"));
  culvert_report_add (report, "GLib", glib);
  culvert_report_add (report, "Interface", system);
}

/* (transfer full) */
static char *
culvert_report_dup_value (CulvertProfile *profile, const CulvertSetting *setting)
{
  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT, culvert_profile_get_int (profile, setting->id));
    case CULVERT_SETTING_TYPE_BOOL:
      return g_strdup (culvert_profile_get_bool (profile, setting->id) ? "true" : "false");
    case CULVERT_SETTING_TYPE_STRING:
      return g_strdup (culvert_profile_get_string (profile, setting->id));
    }
  g_assert_not_reached ();
}

static const char *
culvert_report_describe_key (CulvertProfile *profile)
{
  if (culvert_profile_get_string (profile, CULVERT_SETTING_KEY_FILE)[0] != '\0')
    return "in a key file";
  if (culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING)
    return "in the keyring";
  return culvert_profile_peek_key (profile) != NULL ? "in the profile" : "none given";
}

static void
culvert_report_add_profile (CulvertReport *report)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (report->item);
  CulvertRole role = culvert_profile_get_role (profile);
  GVariantIter iter;
  const char *key;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  g_string_append (report->text, "\n== Profile ==\n");
  culvert_report_add (report, "role", role == CULVERT_ROLE_SERVER ? "server" : "client");
  culvert_report_add (report, "key", culvert_report_describe_key (profile));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *value = NULL;

      if ((settings[i].roles & role) == 0 || (settings[i].attrs & CULVERT_SETTING_ATTR_SECRET) != 0
          || !culvert_profile_is_given (profile, i))
        continue;
      value = culvert_report_dup_value (profile, &settings[i]);
      culvert_report_add (report, settings[i].key, value);
    }
  /* Whatever they hold, we cannot know that it is no secret. */
  g_variant_iter_init (&iter, culvert_profile_peek_settings (profile));
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    if (culvert_settings_find_key (role, key) == NULL)
      culvert_report_add (report, key, "(hidden)");
}

static void
culvert_report_add_check (CulvertReport *report)
{
  gint64 time_us = 0;
  const CulvertCheckResult *result = culvert_hub_item_peek_check (report->item, &time_us);
  g_autofree char *text = NULL;

  if (result == NULL)
    return;
  text = g_strdup_printf ("%" G_GINT64_FORMAT " s ago, %s: %s",
                          (g_get_monotonic_time () - time_us) / G_USEC_PER_SEC,
                          culvert_check_verdict_to_string (result->verdict), result->sentence);
  culvert_report_add (report, "last check", text);
}

static void
culvert_report_add_state (CulvertReport *report)
{
  CulvertTunnel *tunnel = culvert_hub_item_get_tunnel (report->item);
  g_autofree char *reason = tunnel != NULL ? culvert_tunnel_dup_state_reason (tunnel) : NULL;
  gint64 age = g_get_monotonic_time () - culvert_hub_item_get_since (report->item);
  g_autofree char *since = g_strdup_printf ("%" G_GINT64_FORMAT " s ago", age / G_USEC_PER_SEC);

  g_string_append (report->text, "\n== State ==\n");
  culvert_report_add (report, "state",
                      culvert_tunnel_state_to_string (culvert_hub_item_get_state (report->item)));
  culvert_report_add (report, "since", since);
  culvert_report_add (report, "reason", reason);
  culvert_report_add (report, "error", culvert_hub_item_get_last_error (report->item));
  culvert_report_add_check (report);
}

static void
culvert_report_add_counters (CulvertReport *report)
{
  CulvertStats stats;

  culvert_hub_item_sample (report->item, &stats);
  g_string_append (report->text, "\n== Counters (those that are not 0) ==\n");
  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    if (culvert_stats_get (&stats, i) != 0)
      g_string_append_printf (report->text, "%s %" G_GUINT64_FORMAT "\n",
                              culvert_stats_field_name (i), culvert_stats_get (&stats, i));
}

static void
culvert_report_add_log (CulvertReport *report)
{
  GListModel *log = G_LIST_MODEL (culvert_hub_item_get_log (report->item));
  guint n = g_list_model_get_n_items (log);
  guint first = n > CULVERT_REPORT_LINES_MAX ? n - CULVERT_REPORT_LINES_MAX : 0;

  g_string_append (report->text, "\n== Log ==\n");
  for (guint i = first; i < n; i++)
    {
      g_autoptr (CulvertLogLine) line = g_list_model_get_item (log, i);
      g_autofree char *text = culvert_log_line_dup_text (line);
      g_autofree char *safe = culvert_report_dup_safe (report, text);

      g_string_append_printf (report->text, "%s\n", safe);
    }
}

/* -- face ------------------------------------------------------------------------------- */

/* "vps:29900", "[::1]:1-2", "/run/socket": the part in front of the port. */
static void
culvert_report_note_name (CulvertReport *report, CulvertSettingId id)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (report->item);
  const char *address = culvert_profile_get_string (profile, id);
  const char *colon = strrchr (address, ':');
  g_autofree char *host = colon != NULL ? g_strndup (address, colon - address) : NULL;

  /* The pattern finds the others by itself. */
  if (host != NULL && host[0] != '\0' && strpbrk (host, ".:[/") == NULL
      && !culvert_report_is_public (host))
    g_ptr_array_add (report->names, g_steal_pointer (&host));
}

char *
culvert_report_dup_text (CulvertHubItem *item,
                         CulvertReportFlags flags,
                         const char *system)
{
  static const CulvertSettingId addresses[] = { CULVERT_SETTING_LOCALADDR,
                                                CULVERT_SETTING_REMOTEADDR, CULVERT_SETTING_LISTEN,
                                                CULVERT_SETTING_TARGET };
  g_autoptr (GRegex) hosts = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  CulvertReport report = { .item = item, .flags = flags, .names = names };

  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  if ((flags & CULVERT_REPORT_HIDE_HOSTS) != 0)
    {
      hosts = g_regex_new (HOST_PATTERN, G_REGEX_OPTIMIZE, 0, NULL);
      for (guint i = 0; i < SALT_LEN; i++)
        report.salt[i] = (guint8) g_random_int_range (0, 256);
      for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
        if ((culvert_settings (NULL)[addresses[i]].roles
             & culvert_profile_get_role (culvert_hub_item_get_profile (item)))
            != 0)
          culvert_report_note_name (&report, addresses[i]);
    }
  report.hosts = NULL;
  report.text = g_string_new (NULL);
  culvert_report_add_system (&report, system);
  report.hosts = hosts;
  culvert_report_add_profile (&report);
  culvert_report_add_state (&report);
  culvert_report_add_counters (&report);
  culvert_report_add_log (&report);
  return g_string_free (report.text, FALSE);
}

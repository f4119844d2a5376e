/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cli.h"

#include "cli/cmd-check.h"

#include <string.h>

/* Column of the descriptions, and where they are folded. */
#define HELP_INDENT 34
#define HELP_WIDTH 96

static const char general_help[] =
    "Usage:\n"
    "  culvert --headless client [options]   accept connections and carry them to the server\n"
    "  culvert --headless server [options]   take them from clients and forward them to a target\n"
    "  culvert --headless -c FILE            the role is told by the addresses in the JSON file\n"
    "  culvert --headless --profile NAME...  run profiles saved by the application\n"
    "  culvert                               the application with its window\n"
    "  culvert --background                  the same without a window, as at login\n"
    "  culvert --help                        this text\n"
    "  culvert --version\n"
    "\n"
    "Diagnosis, and what runs already:\n";

static const char general_notes[] =
    "\n"
    "All options of a role: culvert --headless client --help, culvert --headless server --help.\n"
    "Options and exit codes of a command: culvert status --help, and so on.\n";

typedef struct
{
  const char *name;
  const char *arguments;
  const char *summary;
  CulvertCommandFunc run;
} CulvertCommand;

static const CulvertCommand commands[] = {
  { "check", "HOST:PORT [OPTIONS]", "whether a server works with these settings, and if not, why",
    culvert_cmd_check },
  { "status", "[NAME] [--json]", "what the tunnels do", culvert_cmd_status },
  { "top", "", "the same as a live table, with sessions and streams", culvert_cmd_top },
  { "connect", "NAME", "start a tunnel", culvert_cmd_connect },
  { "disconnect", "NAME", "stop it", culvert_cmd_disconnect },
  { "toggle", "NAME", "the one or the other", culvert_cmd_toggle },
  { "reload", "[--restart]", "read the settings again", culvert_cmd_reload },
};

static const char notes_help[] =
    "An option marked * must be equal on both ends. One and two dashes are the same, -mtu 1350\n"
    "and -mtu=1350 too; a switch takes no separate word: -nocomp or -nocomp=false. Integers may\n"
    "be written as 0x540, 0o2500 or 1_344. Options and JSON keys are those of kcptun, but for\n"
    "those marked +. In the file QPP is called qpp and QPPCount is called qpp-count.\n"
    "\n"
    "Environment: KCPTUN_KEY replaces the default of -key.\n"
    "Signals: SIGUSR1 logs the counters; SIGHUP opens the log anew and reads the settings again,\n"
    "as culvert reload does; SIGTERM and SIGINT end it.\n"
    "Exit code: 0 after a clean end, 1 when the start failed, 2 for a wrong option or setting.\n";

static gboolean
culvert_cli_is_flag (const char *word, const char *name)
{
  if (word == NULL || word[0] != '-')
    return FALSE;
  return strcmp (word + (word[1] == '-' ? 2 : 1), name) == 0;
}

static gboolean
culvert_cli_is_help (const char *word)
{
  return culvert_cli_is_flag (word, "help") || culvert_cli_is_flag (word, "h")
         || g_strcmp0 (word, "help") == 0 || g_strcmp0 (word, "h") == 0;
}

static gboolean
culvert_cli_is_profile (const char *word)
{
  return culvert_cli_is_flag (word, "profile")
         || (word != NULL
             && (g_str_has_prefix (word, "--profile=") || g_str_has_prefix (word, "-profile=")));
}

/* --profile A B --profile=C: every word is a name, or the flag in front of one. */
static gboolean
culvert_cli_parse_profiles (CulvertLaunch *out, const char *const *args, GError **error)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  guint n = 0;

  for (; args[0] != NULL; args++)
    {
      const char *name = args[0];

      if (culvert_cli_is_flag (name, "profile"))
        continue;
      if (culvert_cli_is_profile (name))
        name = strchr (name, '=') + 1;
      else if (name[0] == '-')
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                       "%s does not go with --profile; the settings are in the profile", name);
          return FALSE;
        }
      g_strv_builder_add (names, name);
      n++;
    }
  if (n == 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--profile needs the name of a profile");
      return FALSE;
    }
  out->profiles = g_strv_builder_end (names);
  return TRUE;
}

static gboolean
culvert_cli_parse_headless (CulvertLaunch *out,
                            const char *const *args,
                            const char *env_key,
                            GError **error)
{
  if (culvert_cli_is_profile (args[0]))
    return culvert_cli_parse_profiles (out, args, error);
  if (g_strcmp0 (args[0], "client") == 0)
    return culvert_launch_prepare (out, CULVERT_ROLE_CLIENT, args + 1, env_key, error);
  if (g_strcmp0 (args[0], "server") == 0)
    return culvert_launch_prepare (out, CULVERT_ROLE_SERVER, args + 1, env_key, error);
  if (args[0] != NULL && args[0][0] != '-' && !culvert_cli_is_help (args[0]))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                   "\"%s\" is no role; use client or server", args[0]);
      return FALSE;
    }
  return culvert_launch_prepare (out, 0, args, env_key, error);
}

gboolean
culvert_cli_parse (CulvertLaunch *out,
                   const char *const *args,
                   const char *env_key,
                   GError **error)
{
  *out = (CulvertLaunch) { .role = 0 };
  if (culvert_cli_is_flag (args[0], "headless"))
    return culvert_cli_parse_headless (out, args + 1, env_key, error);
  if (culvert_cli_is_help (args[0]))
    {
      out->help = TRUE;
      return TRUE;
    }
  if (culvert_cli_is_flag (args[0], "version") || culvert_cli_is_flag (args[0], "v"))
    {
      out->version = TRUE;
      return TRUE;
    }
  out->background = culvert_cli_is_flag (args[0], "background");
  out->service = culvert_cli_is_flag (args[0], "gapplication-service");
  out->desktop = args[0] == NULL || out->background || out->service;
  if (out->desktop && (args[0] == NULL || args[1] == NULL))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
               "\"%s\" is unknown; use --headless client or --headless server",
               out->desktop ? args[1] : args[0]);
  return FALSE;
}

gboolean
culvert_cli_run_command (const char *const *args, int *out_status)
{
  for (guint i = 0; args[0] != NULL && i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i].name, args[0]) == 0)
      {
        *out_status = commands[i].run (args);
        return TRUE;
      }
  return FALSE;
}

/* Appends text at the column of descriptions, folded between words. */
static void
culvert_cli_append_folded (GString *out, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  size_t column = HELP_INDENT;

  for (guint i = 0; words[i] != NULL; i++)
    {
      size_t len = strlen (words[i]);

      if (i > 0 && column + 1 + len > HELP_WIDTH)
        {
          g_string_append_printf (out, "\n%*s", HELP_INDENT, "");
          column = HELP_INDENT;
        }
      else if (i > 0)
        {
          g_string_append_c (out, ' ');
          column++;
        }
      g_string_append (out, words[i]);
      column += len;
    }
  g_string_append_c (out, '\n');
}

/* The left column, and the space up to the right one. */
static void
culvert_cli_append_left (GString *out, const char *left)
{
  size_t len = strlen (left);

  if (len + 2 <= HELP_INDENT)
    g_string_append_printf (out, "%-*s", HELP_INDENT, left);
  else
    g_string_append_printf (out, "%s\n%*s", left, HELP_INDENT, "");
}

static const char *
culvert_cli_type_word (const CulvertSetting *setting)
{
  if (setting->type == CULVERT_SETTING_TYPE_INT)
    return "INTEGER";
  switch (setting->check)
    {
    case CULVERT_SETTING_CHECK_PATH:
      return "FILE";
    case CULVERT_SETTING_CHECK_LISTEN_STREAM:
    case CULVERT_SETTING_CHECK_TARGET_STREAM:
    case CULVERT_SETTING_CHECK_LISTEN_PORTS:
    case CULVERT_SETTING_CHECK_REMOTE_PORTS:
    case CULVERT_SETTING_CHECK_LISTEN_LOCAL:
      return "ADDRESS";
    case CULVERT_SETTING_CHECK_CIPHER:
    case CULVERT_SETTING_CHECK_MODE:
    case CULVERT_SETTING_CHECK_LOG_LEVEL:
    case CULVERT_SETTING_CHECK_FEC:
      return "NAME";
    case CULVERT_SETTING_CHECK_PACING:
      return "RATE";
    case CULVERT_SETTING_CHECK_TEXT:
      return "TEXT";
    }
  g_assert_not_reached ();
}

static void
culvert_cli_append_names (GString *out, const char *(*get_name) (guint i))
{
  for (guint i = 0; get_name (i) != NULL; i++)
    g_string_append_printf (out, "%s%s", i == 0 ? ": " : ", ", get_name (i));
}

/* What is allowed and what is the default, behind the help text. */
static void
culvert_cli_append_facts (GString *out, const CulvertSetting *setting, CulvertRole role)
{
  gboolean is_client = role == CULVERT_ROLE_CLIENT;
  const char *text = is_client ? setting->client_string : setting->server_string;

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_BOOL:
      g_string_append (out, " (switch, default: false)");
      break;
    case CULVERT_SETTING_TYPE_INT:
      g_string_append_printf (out,
                              " (%s%s%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                              ", default: %" G_GINT64_FORMAT ")",
                              setting->unit, setting->unit[0] != '\0' ? ", " : "", setting->min,
                              setting->max, is_client ? setting->client_int : setting->server_int);
      break;
    case CULVERT_SETTING_TYPE_STRING:
      if (setting->check == CULVERT_SETTING_CHECK_CIPHER)
        culvert_cli_append_names (out, culvert_config_cipher_name);
      else if (setting->check == CULVERT_SETTING_CHECK_MODE)
        culvert_cli_append_names (out, culvert_config_mode_name);
      else if (setting->check == CULVERT_SETTING_CHECK_LOG_LEVEL)
        g_string_append (out, ": error, warning, info, debug");
      if (text[0] != '\0')
        g_string_append_printf (out, " (default: %s)", text);
      break;
    }
}

static void
culvert_cli_append_setting (GString *out, const CulvertSetting *setting, CulvertRole role)
{
  g_autoptr (GString) left = g_string_new (NULL);
  g_autoptr (GString) right = g_string_new (setting->help);

  g_string_append_printf (left, " %c%c --%s",
                          (setting->attrs & CULVERT_SETTING_ATTR_MUST_MATCH) != 0 ? '*' : ' ',
                          (setting->attrs & CULVERT_SETTING_ATTR_EXTENSION) != 0 ? '+' : ' ',
                          setting->flag);
  if (setting->alias != NULL)
    g_string_append_printf (left, ", -%s", setting->alias);
  if (setting->type != CULVERT_SETTING_TYPE_BOOL)
    g_string_append_printf (left, " %s", culvert_cli_type_word (setting));
  culvert_cli_append_facts (right, setting, role);
  culvert_cli_append_left (out, left->str);
  culvert_cli_append_folded (out, right->str);
}

static void
culvert_cli_append_other (GString *out, const char *left, const char *right)
{
  culvert_cli_append_left (out, left);
  culvert_cli_append_folded (out, right);
}

static char *
culvert_cli_dup_general_help (void)
{
  GString *out = g_string_new (general_help);

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *left = g_strconcat (commands[i].name, " ", commands[i].arguments, NULL);

      g_string_append_printf (out, "  culvert %-30s%s\n", left, commands[i].summary);
    }
  g_string_append (out, general_notes);
  return g_string_free (out, FALSE);
}

char *
culvert_cli_dup_help (guint role)
{
  GString *out;
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  if (role == 0)
    return culvert_cli_dup_general_help ();
  out = g_string_new (NULL);
  g_string_append_printf (out, "Usage: culvert --headless %s [options]\n\n%s",
                          role == CULVERT_ROLE_CLIENT ? "client" : "server", notes_help);
  for (guint group = 0; group < CULVERT_SETTING_N_GROUPS; group++)
    {
      g_string_append_printf (out, "\n%s\n", culvert_setting_group_get_title (group));
      for (guint i = 0; i < n; i++)
        if (settings[i].group == group && (settings[i].roles & role) != 0)
          culvert_cli_append_setting (out, &settings[i], role);
    }
  g_string_append (out, "\nOther\n");
  culvert_cli_append_other (out, "    -c FILE", "JSON file with settings; it wins over options");
  culvert_cli_append_other (out, "    --help, -h", "this text");
  culvert_cli_append_other (out, "    --version, -v", "the version");
  return g_string_free (out, FALSE);
}

char *
culvert_cli_dup_version (void)
{
  return g_strdup ("culvert " CULVERT_VERSION "\n");
}

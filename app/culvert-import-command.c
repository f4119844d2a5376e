/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-import-private.h"

#include "culvert-options.h"
#include "culvert-profile-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define KEY_VARIABLE "KCPTUN_KEY="

typedef struct
{
  guint role;       /* 0: not told yet */
  guint first_flag; /* index of the first word behind the program's name */
  const char *key;  /* from the environment, or NULL */
} CulvertImportProgram;

/* "/opt/kcptun/client_linux_amd64", "C:\\k\\server_windows_386.exe" -> without folders. */
static const char *
culvert_import_base (const char *word)
{
  for (const char *p = word; *p != '\0'; p++)
    if ((*p == '/' || *p == '\\') && p[1] != '\0')
      word = p + 1;
  return word;
}

/* Names kcptun's builds and packages have: client_OS_ARCH, kcptun-client, kcptun_client. */
static guint
culvert_import_program_role (const char *word)
{
  const char *base = culvert_import_base (word);

  if (g_str_has_prefix (base, "kcptun-") || g_str_has_prefix (base, "kcptun_"))
    base += strlen ("kcptun-");
  if (g_str_has_prefix (base, "client") && !g_ascii_isalnum (base[strlen ("client")]))
    return CULVERT_ROLE_CLIENT;
  if (g_str_has_prefix (base, "server") && !g_ascii_isalnum (base[strlen ("server")]))
    return CULVERT_ROLE_SERVER;
  return 0;
}

/* The role a list of flags alone can only belong to. */
static guint
culvert_import_flags_role (char **words)
{
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autofree char *name = NULL;
      const char *word = words[i];

      if (word[0] != '-')
        continue;
      word += word[1] == '-' ? 2 : 1;
      name = g_strndup (word, strcspn (word, "="));
      if (g_strcmp0 (name, "r") == 0 || g_strcmp0 (name, "remoteaddr") == 0
          || g_strcmp0 (name, "localaddr") == 0)
        return CULVERT_ROLE_CLIENT;
      if (g_strcmp0 (name, "t") == 0 || g_strcmp0 (name, "target") == 0
          || g_strcmp0 (name, "listen") == 0)
        return CULVERT_ROLE_SERVER;
    }
  return 0;
}

/* Our own command: culvert --headless client ... */
static gboolean
culvert_import_find_own (char **words, guint at, CulvertImportProgram *out)
{
  if (g_strcmp0 (culvert_import_base (words[at]), "culvert") != 0)
    return FALSE;
  at++;
  if (g_strcmp0 (words[at], "--headless") == 0 || g_strcmp0 (words[at], "-headless") == 0)
    at++;
  if (g_strcmp0 (words[at], "client") == 0)
    out->role = CULVERT_ROLE_CLIENT;
  else if (g_strcmp0 (words[at], "server") == 0)
    out->role = CULVERT_ROLE_SERVER;
  out->first_flag = out->role != 0 ? at + 1 : at;
  return TRUE;
}

/* What stands in front of the program (sudo, nohup, an environment) is passed over. */
static gboolean
culvert_import_find_program (char **words, CulvertImportProgram *out)
{
  *out = (CulvertImportProgram) { .role = 0 };
  if (words[0] != NULL && words[0][0] == '-')
    {
      out->role = culvert_import_flags_role (words);
      return out->role != 0;
    }
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (g_str_has_prefix (words[i], KEY_VARIABLE))
        out->key = words[i] + strlen (KEY_VARIABLE);
      if (culvert_import_find_own (words, i, out))
        return TRUE;
      out->role = culvert_import_program_role (words[i]);
      if (out->role != 0 && words[i + 1] != NULL && words[i + 1][0] == '-')
        {
          out->first_flag = i + 1;
          return TRUE;
        }
      out->role = 0;
    }
  return FALSE;
}

/* Windows paths would lose their backslashes to the shell's rules; systemd's prefix goes. */
static GStrv
culvert_import_split (const char *line, GError **error)
{
  static const char prefix[] = "ExecStart=";
  static const char *const ends[] = { "&", "&&", "|", "||", ";", ">", ">>", "2>&1", "<", NULL };
  g_autofree char *text = NULL;
  GStrv words = NULL;
  g_autoptr (GError) cause = NULL;

  if (g_str_has_prefix (line, prefix))
    line += strlen (prefix);
  text = g_strdup (line);
  if (strstr (text, ":\\") != NULL || strstr (text, ".\\") != NULL)
    g_strdelimit (text, "\\", '/');
  if (!g_shell_parse_argv (text, NULL, &words, &cause))
    {
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, _("command line: %s"),
                   cause->message);
      return NULL;
    }
  for (guint i = 0; words[i] != NULL; i++)
    if (g_strv_contains (ends, words[i]) || g_str_has_prefix (words[i], ">"))
      {
        for (guint j = i; words[j] != NULL; j++)
          g_clear_pointer (&words[j], g_free);
        break;
      }
  return words;
}

gboolean
culvert_import_is_command (const char *line)
{
  g_auto (GStrv) words = culvert_import_split (line, NULL);
  CulvertImportProgram program;

  return words != NULL && culvert_import_find_program (words, &program);
}

static gboolean
culvert_import_refuse_file (const char *path, GError **error)
{
  g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
               _("the settings are in the file “%s” that the command names with -c; import it"),
               path);
  return FALSE;
}

static CulvertProfile *
culvert_import_from_words (char **words, CulvertImportProgram *program, GError **error)
{
  const char *const *args = (const char *const *) words + program->first_flag;
  g_autoptr (CulvertProfile) profile = NULL;
  g_autoptr (GError) cause = NULL;
  g_autofree char *name = NULL;
  CulvertOptions options;
  gboolean is_file;

  if (program->role == 0)
    program->role = culvert_import_flags_role (words);
  if (program->role == 0)
    program->role = CULVERT_ROLE_CLIENT;
  if (!culvert_options_parse (&options, program->role, args, &cause))
    {
      g_set_error_literal (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, cause->message);
      return NULL;
    }
  is_file = options.config_file != NULL && options.config_file[0] != '\0';
  if (is_file)
    (void) culvert_import_refuse_file (options.config_file, error);
  else
    {
      profile = culvert_profile_new (program->role, NULL);
      culvert_profile_set_settings (profile, options.settings);
      if (program->key != NULL && culvert_profile_peek_key (profile) == NULL)
        culvert_profile_set_key (profile, program->key);
      name = culvert_import_dup_name (profile);
      culvert_profile_set_name (profile, name);
    }
  culvert_options_clear (&options);
  return g_steal_pointer (&profile);
}

CulvertProfile *
culvert_import_read_command (const char *line, GError **error)
{
  g_auto (GStrv) words = culvert_import_split (line, error);
  CulvertImportProgram program;

  if (words == NULL)
    return NULL;
  if (!culvert_import_find_program (words, &program))
    {
      g_set_error_literal (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                           _("this is no command of kcptun or Culvert"));
      return NULL;
    }
  return culvert_import_from_words (words, &program, error);
}

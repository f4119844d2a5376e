/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The Desktop Application Autostart Specification: a desktop file in
 * $XDG_CONFIG_HOME/autostart. */

#include "config.h"

#include "culvert-autostart.h"

#include "culvert-hub.h"

#include <errno.h>
#include <glib/gstdio.h>

#define GNOME_KEY "X-GNOME-Autostart-enabled"

static char *
culvert_autostart_dup_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "autostart", CULVERT_APPLICATION_ID ".desktop",
                           NULL);
}

/* Desktops switch an entry off in different ways. */
gboolean
culvert_autostart_get (void)
{
  g_autofree char *path = culvert_autostart_dup_path ();
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL)
      || !g_key_file_has_group (file, G_KEY_FILE_DESKTOP_GROUP))
    return FALSE;
  if (g_key_file_get_boolean (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_HIDDEN, NULL))
    return FALSE;
  return !g_key_file_has_key (file, G_KEY_FILE_DESKTOP_GROUP, GNOME_KEY, NULL)
         || g_key_file_get_boolean (file, G_KEY_FILE_DESKTOP_GROUP, GNOME_KEY, NULL);
}

static gboolean
culvert_autostart_fail (GError **error, const char *path)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "“%s”: %s", path,
               g_strerror (code));
  return FALSE;
}

static gboolean
culvert_autostart_write (const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_mkdir_with_parents (folder, 0700) < 0)
    return culvert_autostart_fail (error, folder);
#define SET(key, value) g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, key, value)
  SET (G_KEY_FILE_DESKTOP_KEY_TYPE, G_KEY_FILE_DESKTOP_TYPE_APPLICATION);
  SET (G_KEY_FILE_DESKTOP_KEY_NAME, "Culvert");
  SET (G_KEY_FILE_DESKTOP_KEY_ICON, CULVERT_APPLICATION_ID);
  SET (G_KEY_FILE_DESKTOP_KEY_TRY_EXEC, CULVERT_BIN_DIR "/culvert");
  SET (G_KEY_FILE_DESKTOP_KEY_EXEC, "\"" CULVERT_BIN_DIR "/culvert\" --background");
  SET (G_KEY_FILE_DESKTOP_KEY_TERMINAL, "false");
  SET (GNOME_KEY, "true");
#undef SET
  return g_key_file_save_to_file (file, path, error);
}

gboolean
culvert_autostart_set (gboolean is_on, GError **error)
{
  g_autofree char *path = culvert_autostart_dup_path ();

  if (is_on)
    return culvert_autostart_get () || culvert_autostart_write (path, error);
  if (g_unlink (path) < 0 && errno != ENOENT)
    return culvert_autostart_fail (error, path);
  return TRUE;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-control-path.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAIN_NAME "control"
#define PROCESS_PREFIX "control-"
#define SYSTEM_FOLDER "/run"
#define FOLDER_MODE 0700

char *
culvert_control_dup_folder (void)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");

  if (runtime != NULL && g_path_is_absolute (runtime))
    return g_build_filename (runtime, "culvert", NULL);
  return geteuid () == 0 ? g_build_filename (SYSTEM_FOLDER, "culvert", NULL) : NULL;
}

char *
culvert_control_dup_own (const char *setting)
{
  g_autofree char *folder = NULL;
  g_autofree char *name = NULL;

  if (strcmp (setting, "none") == 0)
    return NULL;
  if (setting[0] != '\0')
    return g_strdup (setting);
  folder = culvert_control_dup_folder ();
  name = g_strdup_printf (PROCESS_PREFIX "%ld", (long) getpid ());
  return folder != NULL ? g_build_filename (folder, name, NULL) : NULL;
}

char *
culvert_control_dup_main (void)
{
  g_autofree char *folder = culvert_control_dup_folder ();

  return folder != NULL ? g_build_filename (folder, MAIN_NAME, NULL) : NULL;
}

static gboolean
culvert_control_fail (GError **error, int code, const char *path, const char *what)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "control: \"%s\": %s", path, what);
  return FALSE;
}

/* Whether somebody accepts connections there. */
static gboolean
culvert_control_is_alive (const char *path)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                         NULL);
  if (socket == NULL)
    return TRUE;
  g_socket_set_blocking (socket, FALSE);
  address = g_unix_socket_address_new (path);
  /* A full queue or anything else but a refusal is a sign of life. */
  return g_socket_connect (socket, address, NULL, &error)
         || !(g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
              || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND));
}

/* Sockets of processes that are gone. */
static void
culvert_control_sweep (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      const char *digits = name + MIN (strlen (PROCESS_PREFIX), strlen (name));
      gint64 pid;

      if (g_str_has_prefix (name, PROCESS_PREFIX)
          && g_ascii_string_to_signed (digits, 10, 1, G_MAXINT32, &pid, NULL)
          && kill ((pid_t) pid, 0) < 0 && errno == ESRCH)
        (void) g_unlink (path);
    }
}

static gboolean
culvert_control_make_folder (const char *folder, GError **error)
{
  GStatBuf info;

  if (g_mkdir (folder, FOLDER_MODE) < 0 && errno != EEXIST)
    return culvert_control_fail (error, errno, folder, g_strerror (errno));
  if (g_lstat (folder, &info) < 0)
    return culvert_control_fail (error, errno, folder, g_strerror (errno));
  if (!S_ISDIR (info.st_mode) || info.st_uid != geteuid () || (info.st_mode & 077) != 0)
    return culvert_control_fail (error, EACCES, folder,
                                 "is not a folder of this user with mode 0700");
  culvert_control_sweep (folder);
  return TRUE;
}

gboolean
culvert_control_prepare (const char *path, GError **error)
{
  g_autofree char *folder = culvert_control_dup_folder ();
  g_autofree char *parent = g_path_get_dirname (path);
  GStatBuf info;

  if (strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return culvert_control_fail (error, ENAMETOOLONG, path, g_strerror (ENAMETOOLONG));
  if (g_strcmp0 (folder, parent) == 0 && !culvert_control_make_folder (folder, error))
    return FALSE;
  if (g_lstat (path, &info) < 0)
    return TRUE;
  if (!S_ISSOCK (info.st_mode))
    return culvert_control_fail (error, EEXIST, path, "is there and no socket");
  if (culvert_control_is_alive (path))
    return culvert_control_fail (error, EADDRINUSE, path, "another process listens there");
  (void) g_unlink (path);
  return TRUE;
}

static gboolean
culvert_control_is_socket (const char *path)
{
  GStatBuf info;

  return g_stat (path, &info) == 0 && S_ISSOCK (info.st_mode);
}

static int
culvert_control_compare (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/* Paths of the entries of folder that begin with prefix, with more behind. */
static void
culvert_control_add_found (GPtrArray *paths,
                           const char *folder,
                           const char *prefix,
                           const char *more)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, more, NULL);

      if (g_str_has_prefix (name, prefix) && culvert_control_is_socket (path))
        g_ptr_array_add (paths, g_steal_pointer (&path));
    }
}

GStrv
culvert_control_discover (void)
{
  g_autofree char *folder = culvert_control_dup_folder ();
  GPtrArray *paths = g_ptr_array_new ();

  if (folder != NULL)
    culvert_control_add_found (paths, folder, MAIN_NAME, NULL);
  if (geteuid () == 0)
    culvert_control_add_found (paths, SYSTEM_FOLDER, "culvert-", MAIN_NAME);
  g_ptr_array_sort (paths, culvert_control_compare);
  g_ptr_array_add (paths, NULL);
  return (GStrv) g_ptr_array_free (paths, FALSE);
}

char *
culvert_control_dup_address (const char *path)
{
  g_autofree char *escaped = g_dbus_address_escape_value (path);

  return g_strconcat ("unix:path=", escaped, NULL);
}

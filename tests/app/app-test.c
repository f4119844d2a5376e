/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "app-test.h"

#include <glib/gstdio.h>
#include <string.h>

char *
app_test_new_folder (void)
{
  char *folder = g_dir_make_tmp ("culvert-app-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return folder;
}

static void
app_test_delete (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      (void) g_chmod (path, 0700);
      dir = g_dir_open (path, 0, NULL);
      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *inner = g_build_filename (path, name, NULL);

          app_test_delete (inner);
        }
    }
  (void) g_remove (path);
}

void
app_test_drop_folder (char *folder)
{
  app_test_delete (folder);
  g_free (folder);
}

char *
app_test_dup_free_address (void)
{
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  return g_strdup_printf ("127.0.0.1:%u",
                          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
}

gboolean
app_test_tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
app_test_result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out = user_data;

  g_assert_null (*out);
  *out = g_object_ref (result);
}

static const char *
app_test_text (const CulvertSetting *setting)
{
  switch (setting->check)
    {
    case CULVERT_SETTING_CHECK_TEXT:
      return "some text; with = \"quotes\" 'and' $signs \\";
    case CULVERT_SETTING_CHECK_PATH:
      return "/tmp/a file's name";
    case CULVERT_SETTING_CHECK_CIPHER:
      return "salsa20";
    case CULVERT_SETTING_CHECK_MODE:
      return "manual";
    case CULVERT_SETTING_CHECK_LOG_LEVEL:
      return "debug";
    case CULVERT_SETTING_CHECK_FEC:
      return "adaptive";
    case CULVERT_SETTING_CHECK_PACING:
      return "1000000";
    case CULVERT_SETTING_CHECK_LISTEN_STREAM:
      return "127.0.0.1:2000";
    case CULVERT_SETTING_CHECK_TARGET_STREAM:
      return "[::1]:2001";
    case CULVERT_SETTING_CHECK_LISTEN_PORTS:
      return ":3000-3010";
    case CULVERT_SETTING_CHECK_REMOTE_PORTS:
      return "example.org:3000-3010";
    default:
      return "127.0.0.1:2002";
    }
}

GVariant *
app_test_new_value (const CulvertSetting *setting, CulvertRole role)
{
  gint64 plain = role == CULVERT_ROLE_CLIENT ? setting->client_int : setting->server_int;

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      return g_variant_new_string (app_test_text (setting));
    case CULVERT_SETTING_TYPE_INT:
      /* One byte of memory would be refused. */
      if (setting->id == CULVERT_SETTING_MEM_LIMIT)
        return g_variant_new_int64 (64 << 20);
      return g_variant_new_int64 (plain < setting->max ? plain + 1 : plain - 1);
    case CULVERT_SETTING_TYPE_BOOL:
      return g_variant_new_boolean (TRUE);
    }
  g_assert_not_reached ();
}

CulvertProfile *
app_test_new_full_profile (CulvertRole role)
{
  CulvertProfile *profile = culvert_profile_new (role, "Übung ✓");
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  for (guint i = 0; i < n; i++)
    if ((settings[i].roles & role) != 0 && settings[i].id != CULVERT_SETTING_KEY)
      culvert_profile_set_setting (profile, settings[i].id,
                                   app_test_new_value (&settings[i], role));
  culvert_profile_set_key (profile, "it's \"my\" key; with = $igns \\ and ünïcode");
  return profile;
}

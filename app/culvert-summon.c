/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-summon.h"

#include "culvert-control-path.h"
#include "culvert-deadline.h"

/* One that does not answer so long does not count as running. */
#define ANSWER_MS 2000

gboolean
culvert_summon (gboolean shows_window, const char *token)
{
  g_autofree char *path = culvert_control_dup_main ();
  g_autofree char *address = NULL;
  g_autoptr (CulvertDeadline) deadline = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;
  GCancellable *cancellable;

  if (path == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    return FALSE;
  address = culvert_control_dup_address (path);
  deadline = culvert_deadline_new (ANSWER_MS);
  cancellable = culvert_deadline_get_cancellable (deadline);
  connection = g_dbus_connection_new_for_address_sync (
      address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, cancellable, NULL);
  if (connection == NULL)
    return FALSE;
  reply = g_dbus_connection_call_sync (
      connection, NULL, CULVERT_CONTROL_PATH, CULVERT_CONTROL_INTERFACE,
      shows_window ? "Show" : "List",
      shows_window ? g_variant_new ("(s)", token != NULL ? token : "") : NULL, NULL,
      G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, cancellable, NULL);
  return reply != NULL;
}

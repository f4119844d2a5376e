/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-secrets.h"

#include <glib/gi18n-lib.h>

gboolean
culvert_secrets_is_supported (void)
{
  return FALSE;
}

static void
culvert_secrets_refuse (gpointer tag,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_task_report_new_error (NULL, callback, user_data, tag, CULVERT_SECRETS_ERROR,
                           CULVERT_SECRETS_ERROR_UNAVAILABLE,
                           _("this build cannot use a keyring; keep the key in the file"));
}

void
culvert_secrets_store_async (const char *uuid,
                             const char *label,
                             const char *key,
                             guint timeout_ms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  culvert_secrets_refuse (culvert_secrets_store_async, cancellable, callback, user_data);
}

gboolean
culvert_secrets_store_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
culvert_secrets_lookup_async (const char *uuid,
                              guint timeout_ms,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  culvert_secrets_refuse (culvert_secrets_lookup_async, cancellable, callback, user_data);
}

char *
culvert_secrets_lookup_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
culvert_secrets_clear_async (const char *uuid,
                             guint timeout_ms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  culvert_secrets_refuse (culvert_secrets_clear_async, cancellable, callback, user_data);
}

gboolean
culvert_secrets_clear_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

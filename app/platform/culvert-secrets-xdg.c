/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-secrets.h"

#include <glib/gi18n-lib.h>
#include <libsecret/secret.h>
#include <string.h>

/* One call: the caller's task ends at the first of answer, timeout and cancellation; a late
 * answer is dropped. libsecret's own operation is cancelled with it, which also takes its
 * prompt off the screen, but it may take its time or never come back. */
typedef struct
{
  char *uuid;
  gboolean may_ask;     /* the person, for a password */
  guint timeout;        /* source */
  GCancellable *inner;  /* of libsecret's operation */
  GCancellable *outer;  /* (nullable) the caller's */
  gulong outer_handler;
  gboolean is_over;
} CulvertSecretsCall;

/* A locked gnome-keyring finds nothing by the schema's name, as if there were no such key: the UUID
 * must do. */
static const SecretSchema schema = {
  .name = "io.github.culvert.Culvert.Profile",
  .flags = SECRET_SCHEMA_DONT_MATCH_NAME,
  .attributes = { { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING } },
};

gboolean
culvert_secrets_is_supported (void)
{
  return TRUE;
}

static void
culvert_secrets_call_free (CulvertSecretsCall *call)
{
  g_clear_handle_id (&call->timeout, g_source_remove);
  g_clear_object (&call->inner);
  g_clear_object (&call->outer);
  g_free (call->uuid);
  g_free (call);
}

/* From now on answers are dropped. FALSE: it was over already. */
static gboolean
culvert_secrets_end (GTask *task)
{
  CulvertSecretsCall *call = g_task_get_task_data (task);

  if (call->is_over)
    return FALSE;
  call->is_over = TRUE;
  g_clear_handle_id (&call->timeout, g_source_remove);
  if (call->outer_handler != 0)
    g_signal_handler_disconnect (call->outer, call->outer_handler);
  call->outer_handler = 0;
  return TRUE;
}

static void
culvert_secrets_give_up (GTask *task, CulvertSecretsError code, const char *message)
{
  CulvertSecretsCall *call = g_task_get_task_data (task);

  if (!culvert_secrets_end (task))
    return;
  g_task_return_new_error (task, CULVERT_SECRETS_ERROR, code, "%s", message);
  g_cancellable_cancel (call->inner);
}

static gboolean
culvert_secrets_timeout_cb (gpointer user_data)
{
  GTask *task = user_data;
  CulvertSecretsCall *call = g_task_get_task_data (task);

  call->timeout = 0;
  culvert_secrets_give_up (task, CULVERT_SECRETS_ERROR_TIMEOUT,
                           _("the keyring does not answer, perhaps it is locked; unlock it and "
                             "try again, or keep the key in the file"));
  return G_SOURCE_REMOVE;
}

/* A signal handler that disconnects itself would deadlock inside g_cancellable_disconnect; it is
 * an ordinary one, and runs in the main thread like everything here. */
static void
culvert_secrets_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  CulvertSecretsCall *call = g_task_get_task_data (task);

  if (!culvert_secrets_end (task))
    return;
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("cancelled"));
  g_cancellable_cancel (call->inner);
}

static void
culvert_secrets_fail (GTask *task, const GError *cause)
{
  if (cause->domain == SECRET_ERROR && cause->code == SECRET_ERROR_IS_LOCKED)
    culvert_secrets_give_up (task, CULVERT_SECRETS_ERROR_LOCKED,
                             _("the keyring is locked; unlock it and try again"));
  else if (cause->domain == G_DBUS_ERROR || cause->domain == G_IO_ERROR)
    culvert_secrets_give_up (task, CULVERT_SECRETS_ERROR_UNAVAILABLE,
                             _("there is no keyring on this system; keep the key in the file"));
  else
    {
      /* translators: a message of the system */
      g_autofree char *message = g_strdup_printf (_("the keyring failed: %s"), cause->message);

      culvert_secrets_give_up (task, CULVERT_SECRETS_ERROR_FAILED, message);
    }
}

static void
culvert_secrets_bus_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, NULL);

  if (bus != NULL)
    g_dbus_connection_set_exit_on_close (bus, FALSE);
}

/* libsecret uses the process's one connection, the end of which would be ours: tunnels outlive
 * the session bus. */
static void
culvert_secrets_survive_bus (void)
{
  g_bus_get (G_BUS_TYPE_SESSION, NULL, culvert_secrets_bus_cb, NULL);
}

/* The first reference is that of libsecret's operation. */
static GTask *
culvert_secrets_begin (const char *uuid,
                       gpointer tag,
                       guint timeout_ms,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  CulvertSecretsCall *call = g_new0 (CulvertSecretsCall, 1);
  /* Without the cancellable: the task itself must be able to end at any time. */
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  culvert_secrets_survive_bus ();
  call->uuid = g_strdup (uuid);
  call->may_ask = timeout_ms > CULVERT_SECRETS_TIMEOUT_MS;
  call->inner = g_cancellable_new ();
  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, call, (GDestroyNotify) culvert_secrets_call_free);
  call->timeout = g_timeout_add (timeout_ms, culvert_secrets_timeout_cb, task);
  if (cancellable != NULL)
    {
      call->outer = g_object_ref (cancellable);
      call->outer_handler = g_signal_connect (cancellable, "cancelled",
                                              G_CALLBACK (culvert_secrets_cancelled_cb), task);
    }
  return task;
}

/* -- store --------------------------------------------------------------------------- */

static void
culvert_secrets_stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = secret_password_store_finish (result, &error);

  if (!ok)
    culvert_secrets_fail (task, error);
  else if (culvert_secrets_end (task))
    g_task_return_boolean (task, TRUE);
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
  GTask *task = culvert_secrets_begin (uuid, culvert_secrets_store_async, timeout_ms, cancellable,
                                       callback, user_data);
  CulvertSecretsCall *call = g_task_get_task_data (task);

  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, key, call->inner,
                         culvert_secrets_stored_cb, task, "profile", uuid, NULL);
}

gboolean
culvert_secrets_store_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, culvert_secrets_store_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* -- lookup --------------------------------------------------------------------------- */

static void
culvert_secrets_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  char *key = secret_password_lookup_finish (result, &error);

  if (error != NULL)
    culvert_secrets_fail (task, error);
  else if (key == NULL)
    culvert_secrets_give_up (task, CULVERT_SECRETS_ERROR_LOCKED,
                             _("the keyring is locked; unlock it and try again"));
  else if (culvert_secrets_end (task))
    g_task_return_pointer (task, g_strdup (key), (GDestroyNotify) culvert_secrets_free_key);
  secret_password_free (key);
}

/* A locked keyring tells which items it has, but a look-up gives NULL as for none: so the
 * search comes first. */
static void
culvert_secrets_searched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CulvertSecretsCall *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GList *items = secret_password_search_finish (result, &error);
  gboolean is_there = items != NULL;
  gboolean is_locked =
      is_there && SECRET_IS_ITEM (items->data) && secret_item_get_locked (items->data);

  g_list_free_full (items, g_object_unref);
  if (error != NULL)
    culvert_secrets_fail (task, error);
  else if (!is_there)
    culvert_secrets_give_up (task, CULVERT_SECRETS_ERROR_NOT_FOUND,
                             _("the keyring has no key for this profile; type the key again"));
  else if (is_locked && !call->may_ask)
    culvert_secrets_give_up (task, CULVERT_SECRETS_ERROR_LOCKED,
                             _("the keyring is locked; unlock it and try again"));
  else if (!call->is_over)
    secret_password_lookup (&schema, call->inner, culvert_secrets_found_cb,
                            g_steal_pointer (&task), "profile", call->uuid, NULL);
}

void
culvert_secrets_lookup_async (const char *uuid,
                              guint timeout_ms,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task = culvert_secrets_begin (uuid, culvert_secrets_lookup_async, timeout_ms, cancellable,
                                       callback, user_data);
  CulvertSecretsCall *call = g_task_get_task_data (task);

  secret_password_search (&schema, SECRET_SEARCH_NONE, call->inner, culvert_secrets_searched_cb,
                          task, "profile", uuid, NULL);
}

char *
culvert_secrets_lookup_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, culvert_secrets_lookup_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* -- clear ---------------------------------------------------------------------------- */

static void
culvert_secrets_cleared_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  (void) secret_password_clear_finish (result, &error);
  if (error != NULL)
    culvert_secrets_fail (task, error);
  else if (culvert_secrets_end (task))
    g_task_return_boolean (task, TRUE);
}

void
culvert_secrets_clear_async (const char *uuid,
                             guint timeout_ms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = culvert_secrets_begin (uuid, culvert_secrets_clear_async, timeout_ms, cancellable,
                                       callback, user_data);
  CulvertSecretsCall *call = g_task_get_task_data (task);

  secret_password_clear (&schema, call->inner, culvert_secrets_cleared_cb, task, "profile", uuid,
                         NULL);
}

gboolean
culvert_secrets_clear_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, culvert_secrets_clear_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-portal.h"

#include "culvert-autostart.h"

#include <glib/gi18n-lib.h>

#define PORTAL_NAME "org.freedesktop.portal.Desktop"
#define PORTAL_PATH "/org/freedesktop/portal/desktop"
#define PORTAL_INTERFACE "org.freedesktop.portal.Background"
/* The portal shortens longer ones anyway. */
#define MAX_STATUS 96

struct _CulvertPortal
{
  GDBusConnection *bus; /* (nullable) */
  GCancellable *cancellable;
  char *status;          /* last set, or to be set */
  gboolean is_requested;
  gboolean is_absent; /* the first call failed: no more of them */
};

CulvertPortal *
culvert_portal_new (GDBusConnection *bus)
{
  CulvertPortal *self = g_new0 (CulvertPortal, 1);

  g_set_object (&self->bus, bus);
  self->cancellable = g_cancellable_new ();
  return self;
}

void
culvert_portal_free (CulvertPortal *portal)
{
  g_cancellable_cancel (portal->cancellable);
  g_object_unref (portal->cancellable);
  g_clear_object (&portal->bus);
  g_free (portal->status);
  g_free (portal);
}

/* FALSE: cancelled, and the portal is freed. */
static gboolean
culvert_portal_finish (GObject *source, GAsyncResult *result, CulvertPortal *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return FALSE;
  if (reply == NULL)
    {
      g_debug ("background portal: %s", error->message);
      self->is_absent = TRUE;
    }
  return TRUE;
}

static void
culvert_portal_status_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  (void) culvert_portal_finish (source, result, user_data);
}

static void
culvert_portal_call (CulvertPortal *self,
                     const char *method,
                     GVariant *arguments,
                     GAsyncReadyCallback callback)
{
  g_dbus_connection_call (self->bus, PORTAL_NAME, PORTAL_PATH, PORTAL_INTERFACE, method, arguments,
                          NULL, G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable, callback, self);
}

static void
culvert_portal_send_status (CulvertPortal *self)
{
  GVariantDict options;

  if (self->status == NULL || self->is_absent)
    return;
  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "message", "s", self->status);
  culvert_portal_call (self, "SetStatus",
                       g_variant_new ("(@a{sv})", g_variant_dict_end (&options)),
                       culvert_portal_status_cb);
}

static void
culvert_portal_requested_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  if (culvert_portal_finish (source, result, user_data))
    culvert_portal_send_status (user_data);
}

void
culvert_portal_request_background (CulvertPortal *portal)
{
  const char *const command[] = { CULVERT_BIN_DIR "/culvert", "--background", NULL };
  GVariantDict options;

  if (portal->bus == NULL || portal->is_requested || g_dbus_connection_is_closed (portal->bus))
    return;
  portal->is_requested = TRUE;
  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "reason", "s", _("Connections stay while no window is open."));
  /* Not as a wish: the portal takes the entry away when it is false. */
  g_variant_dict_insert (&options, "autostart", "b", culvert_autostart_get ());
  g_variant_dict_insert (&options, "commandline", "^as", command);
  culvert_portal_call (portal, "RequestBackground",
                       g_variant_new ("(s@a{sv})", "", g_variant_dict_end (&options)),
                       culvert_portal_requested_cb);
}

void
culvert_portal_set_status (CulvertPortal *portal, const char *text)
{
  g_autofree char *status = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), MAX_STATUS));

  if (g_strcmp0 (status, portal->status) == 0)
    return;
  g_free (portal->status);
  portal->status = g_steal_pointer (&status);
  if (portal->is_requested && !g_dbus_connection_is_closed (portal->bus))
    culvert_portal_send_status (portal);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-notify.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <unistd.h>

struct _CulvertNotify
{
  GSocket *socket; /* connected; NULL: nobody listens */
  guint watchdog;
};

static GSocketAddress *
culvert_notify_new_address (const char *path)
{
  if (path[0] == '@')
    return g_unix_socket_address_new_with_type (path + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  return g_unix_socket_address_new (path);
}

static GSocket *
culvert_notify_open (void)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (path == NULL || (path[0] != '/' && path[0] != '@') || path[1] == '\0')
    return NULL;
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT,
                         NULL);
  if (socket == NULL)
    return NULL;
  /* A manager that does not read must not stop us. */
  g_socket_set_blocking (socket, FALSE);
  address = culvert_notify_new_address (path);
  return g_socket_connect (socket, address, NULL, NULL) ? g_steal_pointer (&socket) : NULL;
}

static gboolean
culvert_notify_watchdog_cb (gpointer user_data)
{
  culvert_notify_send (user_data, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

/* Time between two signs of life in ms, 0: none wanted from this process. */
static guint
culvert_notify_watchdog_ms (void)
{
  const char *pid = g_getenv ("WATCHDOG_PID");
  const char *usec = g_getenv ("WATCHDOG_USEC");
  guint64 number;

  if (pid != NULL
      && (!g_ascii_string_to_unsigned (pid, 10, 1, G_MAXUINT32, &number, NULL)
          || number != (guint64) getpid ()))
    return 0;
  if (usec == NULL || !g_ascii_string_to_unsigned (usec, 10, 1, G_MAXUINT64, &number, NULL))
    return 0;
  return (guint) CLAMP (number / 2000, 1, G_MAXINT);
}

CulvertNotify *
culvert_notify_new (void)
{
  CulvertNotify *self = g_new0 (CulvertNotify, 1);
  guint watchdog_ms = culvert_notify_watchdog_ms ();

  self->socket = culvert_notify_open ();
  if (self->socket != NULL && watchdog_ms > 0)
    self->watchdog = g_timeout_add (watchdog_ms, culvert_notify_watchdog_cb, self);
  return self;
}

void
culvert_notify_free (CulvertNotify *self)
{
  g_clear_handle_id (&self->watchdog, g_source_remove);
  g_clear_object (&self->socket);
  g_free (self);
}

void
culvert_notify_send (CulvertNotify *self, const char *text)
{
  if (self->socket != NULL)
    (void) g_socket_send (self->socket, text, strlen (text), NULL, NULL);
}

void
culvert_notify_status (CulvertNotify *self, const char *format, ...)
{
  g_autofree char *status = NULL;
  g_autofree char *text = NULL;
  va_list args;

  if (self->socket == NULL)
    return;
  va_start (args, format);
  status = g_strdup_vprintf (format, args);
  va_end (args);
  g_strdelimit (status, "\n", ' ');
  text = g_strconcat ("STATUS=", status, NULL);
  culvert_notify_send (self, text);
}

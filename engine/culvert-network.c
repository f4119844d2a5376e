/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-network.h"
#include "culvert-sleep.h"

#include <gio/gio.h>

/* One change comes as many: address, routes, default route. */
#define CULVERT_NETWORK_SETTLE_MS 150

struct _CulvertNetwork
{
  GMainContext *context;
  CulvertNetworkFunc func;
  void *data;
  GNetworkMonitor *monitor;
  gulong changed_id;
  GSource *settle; /* a change that has not settled yet, or NULL */
  CulvertSleep *sleep;
  GCancellable *bus_cancellable;
  GDBusConnection *bus; /* with logind on it, NULL: none, or not yet */
  guint resume_id;
};

static gboolean
culvert_network_settled_cb (gpointer data)
{
  CulvertNetwork *self = data;

  g_clear_pointer (&self->settle, g_source_unref);
  culvert_sleep_check (self->sleep);
  self->func (0, self->data);
  return G_SOURCE_REMOVE;
}

static void
culvert_network_settle (CulvertNetwork *self)
{
  if (self->settle != NULL)
    return;
  self->settle = g_timeout_source_new (CULVERT_NETWORK_SETTLE_MS);
  g_source_set_static_name (self->settle, "culvert-network-settle");
  g_source_set_callback (self->settle, culvert_network_settled_cb, self, NULL);
  g_source_attach (self->settle, self->context);
}

static void
culvert_network_changed_cb (GNetworkMonitor *monitor, gboolean is_available, CulvertNetwork *self)
{
  culvert_network_settle (self);
}

/* logind says before (TRUE) and after (FALSE) a suspend. The clocks tell how long it was, and most
 * often sooner; where they tell nothing, as in some virtual machines, the peers are asked all the
 * same. */
static void
culvert_network_sleep_cb (GDBusConnection *bus,
                          const char *sender,
                          const char *path,
                          const char *interface,
                          const char *signal,
                          GVariant *parameters,
                          gpointer data)
{
  gboolean is_before;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (parameters, "(b)", &is_before);
  if (!is_before)
    culvert_network_settle (data);
}

static void
culvert_network_bus_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus = g_bus_get_finish (result, &error);
  CulvertNetwork *self = data;

  /* Without a system bus the clocks have to do. Cancelled: self is gone. */
  if (bus == NULL)
    return;
  self->bus = bus;
  /* By default the process would end with the bus. */
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  self->resume_id = g_dbus_connection_signal_subscribe (
      bus, "org.freedesktop.login1", "org.freedesktop.login1.Manager", "PrepareForSleep",
      "/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE, culvert_network_sleep_cb, self,
      NULL);
}

CulvertNetwork *
culvert_network_new (GMainContext *context, CulvertNetworkFunc func, void *data)
{
  CulvertNetwork *self = g_new0 (CulvertNetwork, 1);

  self->context = g_main_context_ref (context);
  self->func = func;
  self->data = data;
  self->monitor = g_object_ref (g_network_monitor_get_default ());
  self->changed_id = g_signal_connect (self->monitor, "network-changed",
                                       G_CALLBACK (culvert_network_changed_cb), self);
  self->sleep = culvert_sleep_new (context, func, data);
  self->bus_cancellable = g_cancellable_new ();
  g_bus_get (G_BUS_TYPE_SYSTEM, self->bus_cancellable, culvert_network_bus_cb, self);
  return self;
}

void
culvert_network_free (CulvertNetwork *self)
{
  if (self == NULL)
    return;
  g_signal_handler_disconnect (self->monitor, self->changed_id);
  g_object_unref (self->monitor);
  if (self->settle != NULL)
    g_source_destroy (self->settle);
  g_clear_pointer (&self->settle, g_source_unref);
  culvert_sleep_free (self->sleep);
  g_cancellable_cancel (self->bus_cancellable);
  g_object_unref (self->bus_cancellable);
  if (self->bus != NULL)
    g_dbus_connection_signal_unsubscribe (self->bus, self->resume_id);
  g_clear_object (&self->bus);
  g_main_context_unref (self->context);
  g_free (self);
}

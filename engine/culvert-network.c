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
culvert_network_changed_cb (GNetworkMonitor *monitor, gboolean is_available, CulvertNetwork *self)
{
  if (self->settle != NULL)
    return;
  self->settle = g_timeout_source_new (CULVERT_NETWORK_SETTLE_MS);
  g_source_set_static_name (self->settle, "culvert-network-settle");
  g_source_set_callback (self->settle, culvert_network_settled_cb, self, NULL);
  g_source_attach (self->settle, self->context);
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
  g_main_context_unref (self->context);
  g_free (self);
}

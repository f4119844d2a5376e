/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-window.h"

#include "culvert-tunnel-page.h"

struct _CulvertWindow
{
  AdwApplicationWindow parent_instance;

  CulvertHub *hub;
  CulvertTunnelPage *tunnel_page;
};

G_DEFINE_FINAL_TYPE (CulvertWindow, culvert_window, ADW_TYPE_APPLICATION_WINDOW)

static void
culvert_window_map (GtkWidget *widget)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  GTK_WIDGET_CLASS (culvert_window_parent_class)->map (widget);
  culvert_sampler_hold (culvert_hub_get_sampler (self->hub), CULVERT_SAMPLER_IN_SIGHT);
}

static void
culvert_window_unmap (GtkWidget *widget)
{
  CulvertWindow *self = CULVERT_WINDOW (widget);

  culvert_sampler_release (culvert_hub_get_sampler (self->hub), CULVERT_SAMPLER_IN_SIGHT);
  GTK_WIDGET_CLASS (culvert_window_parent_class)->unmap (widget);
}

static void
culvert_window_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_WINDOW);
  G_OBJECT_CLASS (culvert_window_parent_class)->dispose (object);
}

static void
culvert_window_finalize (GObject *object)
{
  CulvertWindow *self = CULVERT_WINDOW (object);

  g_clear_object (&self->hub);
  G_OBJECT_CLASS (culvert_window_parent_class)->finalize (object);
}

static void
culvert_window_class_init (CulvertWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = culvert_window_dispose;
  object_class->finalize = culvert_window_finalize;
  widget_class->map = culvert_window_map;
  widget_class->unmap = culvert_window_unmap;
  g_type_ensure (CULVERT_TYPE_TUNNEL_PAGE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/culvert/Culvert/ui/culvert-window.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertWindow, tunnel_page);
}

static void
culvert_window_init (CulvertWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

CulvertWindow *
culvert_window_new (GtkApplication *application, CulvertHub *hub)
{
  CulvertWindow *self = g_object_new (CULVERT_TYPE_WINDOW, "application", application, NULL);

  self->hub = g_object_ref (hub);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "hub", culvert_hub_get_actions (hub));
  g_object_set (self->tunnel_page, "hub", hub, NULL);
  return self;
}

void
culvert_window_select (CulvertWindow *window, const char *uuid)
{
  CulvertHubItem *item;

  g_return_if_fail (CULVERT_IS_WINDOW (window) && uuid != NULL);
  item = culvert_hub_find (window->hub, uuid);
  if (item != NULL)
    culvert_page_set_item (CULVERT_PAGE (window->tunnel_page), item);
}

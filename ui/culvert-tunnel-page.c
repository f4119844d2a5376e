/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-tunnel-page.h"

#include "culvert-connections-page.h"
#include "culvert-counters-page.h"
#include "culvert-log-page.h"
#include "culvert-overview-page.h"
#include "culvert-settings-page.h"

struct _CulvertTunnelPage
{
  CulvertPage parent_instance;

  AdwViewStack *stack;
};

G_DEFINE_FINAL_TYPE (CulvertTunnelPage, culvert_tunnel_page, CULVERT_TYPE_PAGE)

static void
culvert_tunnel_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_TUNNEL_PAGE);
  G_OBJECT_CLASS (culvert_tunnel_page_parent_class)->dispose (object);
}

static void
culvert_tunnel_page_class_init (CulvertTunnelPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_tunnel_page_dispose;
  g_type_ensure (CULVERT_TYPE_CONNECTIONS_PAGE);
  g_type_ensure (CULVERT_TYPE_COUNTERS_PAGE);
  g_type_ensure (CULVERT_TYPE_LOG_PAGE);
  g_type_ensure (CULVERT_TYPE_OVERVIEW_PAGE);
  g_type_ensure (CULVERT_TYPE_SETTINGS_PAGE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-tunnel-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, stack);
}

static void
culvert_tunnel_page_init (CulvertTunnelPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
culvert_tunnel_page_show (CulvertTunnelPage *page, const char *name)
{
  g_return_if_fail (CULVERT_IS_TUNNEL_PAGE (page));
  adw_view_stack_set_visible_child_name (page->stack, name);
}

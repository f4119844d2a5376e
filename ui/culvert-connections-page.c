/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-connections-page.h"

struct _CulvertConnectionsPage
{
  CulvertPage parent_instance;
};

G_DEFINE_FINAL_TYPE (CulvertConnectionsPage, culvert_connections_page, CULVERT_TYPE_PAGE)

static void
culvert_connections_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_CONNECTIONS_PAGE);
  G_OBJECT_CLASS (culvert_connections_page_parent_class)->dispose (object);
}

static void
culvert_connections_page_class_init (CulvertConnectionsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_connections_page_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-connections-page.ui");
}

static void
culvert_connections_page_init (CulvertConnectionsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

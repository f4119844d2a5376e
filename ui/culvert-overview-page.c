/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-overview-page.h"

struct _CulvertOverviewPage
{
  CulvertPage parent_instance;
};

G_DEFINE_FINAL_TYPE (CulvertOverviewPage, culvert_overview_page, CULVERT_TYPE_PAGE)

static void
culvert_overview_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_OVERVIEW_PAGE);
  G_OBJECT_CLASS (culvert_overview_page_parent_class)->dispose (object);
}

static void
culvert_overview_page_class_init (CulvertOverviewPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_overview_page_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-overview-page.ui");
}

static void
culvert_overview_page_init (CulvertOverviewPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

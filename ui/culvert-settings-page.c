/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-settings-page.h"

struct _CulvertSettingsPage
{
  CulvertPage parent_instance;
};

G_DEFINE_FINAL_TYPE (CulvertSettingsPage, culvert_settings_page, CULVERT_TYPE_PAGE)

static void
culvert_settings_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_SETTINGS_PAGE);
  G_OBJECT_CLASS (culvert_settings_page_parent_class)->dispose (object);
}

static void
culvert_settings_page_class_init (CulvertSettingsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_settings_page_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-settings-page.ui");
}

static void
culvert_settings_page_init (CulvertSettingsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

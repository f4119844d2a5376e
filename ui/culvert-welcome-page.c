/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-welcome-page.h"

struct _CulvertWelcomePage
{
  AdwBin parent_instance;

  GtkWidget *connect_button;
};

G_DEFINE_FINAL_TYPE (CulvertWelcomePage, culvert_welcome_page, ADW_TYPE_BIN)

static gboolean
culvert_welcome_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (CULVERT_WELCOME_PAGE (widget)->connect_button);
}

static void
culvert_welcome_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_WELCOME_PAGE);
  G_OBJECT_CLASS (culvert_welcome_page_parent_class)->dispose (object);
}

static void
culvert_welcome_page_class_init (CulvertWelcomePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_welcome_page_dispose;
  widget_class->grab_focus = culvert_welcome_page_grab_focus;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-welcome-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertWelcomePage, connect_button);
}

static void
culvert_welcome_page_init (CulvertWelcomePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

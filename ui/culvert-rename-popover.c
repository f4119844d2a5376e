/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-rename-popover.h"

#include "culvert-names.h"

struct _CulvertRenamePopover
{
  GtkPopover parent_instance;

  CulvertProfile *profile;
  GtkEditable *entry;
  GtkWidget *rename_button;
};

G_DEFINE_FINAL_TYPE (CulvertRenamePopover, culvert_rename_popover, GTK_TYPE_POPOVER)

/* What was typed, without blanks around it. (transfer full) */
static char *
culvert_rename_popover_dup_name (CulvertRenamePopover *self)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (self->entry)));
}

static void
culvert_rename_popover_changed_cb (GtkEditable *entry, CulvertRenamePopover *self)
{
  g_autofree char *name = culvert_rename_popover_dup_name (self);

  gtk_widget_set_sensitive (self->rename_button, name[0] != '\0');
}

static void
culvert_rename_popover_clicked_cb (GtkButton *button, CulvertRenamePopover *self)
{
  g_autofree char *name = culvert_rename_popover_dup_name (self);

  culvert_profile_set_name (self->profile, name);
  gtk_popover_popdown (GTK_POPOVER (self));
}

static gboolean
culvert_rename_popover_leave_cb (gpointer user_data)
{
  if (gtk_widget_get_parent (user_data) != NULL)
    gtk_widget_unparent (user_data);
  return G_SOURCE_REMOVE;
}

/* Not while its own signal runs. */
static void
culvert_rename_popover_closed_cb (GtkPopover *popover, CulvertRenamePopover *self)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, culvert_rename_popover_leave_cb, g_object_ref (self),
                   g_object_unref);
}

/* A list that goes away does not know its rows' popovers. */
static void
culvert_rename_popover_parent_gone_cb (GtkWidget *parent, CulvertRenamePopover *self)
{
  if (gtk_widget_get_parent (GTK_WIDGET (self)) == parent)
    gtk_widget_unparent (GTK_WIDGET (self));
}

static void
culvert_rename_popover_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_RENAME_POPOVER);
  G_OBJECT_CLASS (culvert_rename_popover_parent_class)->dispose (object);
}

static void
culvert_rename_popover_finalize (GObject *object)
{
  g_clear_object (&((CulvertRenamePopover *) object)->profile);
  G_OBJECT_CLASS (culvert_rename_popover_parent_class)->finalize (object);
}

static void
culvert_rename_popover_class_init (CulvertRenamePopoverClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_rename_popover_dispose;
  G_OBJECT_CLASS (klass)->finalize = culvert_rename_popover_finalize;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-rename-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertRenamePopover, entry);
  gtk_widget_class_bind_template_child (widget_class, CulvertRenamePopover, rename_button);
  gtk_widget_class_bind_template_callback (widget_class, culvert_rename_popover_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_rename_popover_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_rename_popover_closed_cb);
}

static void
culvert_rename_popover_init (CulvertRenamePopover *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  culvert_names_mend (GTK_WIDGET (self));
}

void
culvert_rename_popover_open (GtkWidget *parent, CulvertProfile *profile)
{
  CulvertRenamePopover *self = g_object_new (CULVERT_TYPE_RENAME_POPOVER, NULL);

  self->profile = g_object_ref (profile);
  gtk_editable_set_text (self->entry, culvert_profile_get_name (profile));
  gtk_widget_set_parent (GTK_WIDGET (self), parent);
  g_signal_connect_object (parent, "destroy", G_CALLBACK (culvert_rename_popover_parent_gone_cb),
                           self, 0);
  gtk_popover_popup (GTK_POPOVER (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

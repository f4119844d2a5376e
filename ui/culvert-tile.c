/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-tile.h"

struct _CulvertTile
{
  GtkFlowBoxChild parent_instance;
};

G_DEFINE_FINAL_TYPE (CulvertTile, culvert_tile, GTK_TYPE_FLOW_BOX_CHILD)

/* A flow box asks one child more than the one that has the focus, and gives up when that has
 * nothing to give it to; so the tile asks those behind it. */
static gboolean
culvert_tile_focus (GtkWidget *widget, GtkDirectionType direction)
{
  gboolean is_back = direction == GTK_DIR_TAB_BACKWARD || direction == GTK_DIR_LEFT;
  gboolean had_focus = gtk_widget_get_focus_child (widget) != NULL;

  for (; widget != NULL; widget = is_back ? gtk_widget_get_prev_sibling (widget)
                                          : gtk_widget_get_next_sibling (widget))
    {
      GtkWidget *child = gtk_flow_box_child_get_child (GTK_FLOW_BOX_CHILD (widget));

      if (child != NULL && gtk_widget_child_focus (child, direction))
        return TRUE;
      /* The box goes on from here. */
      if (had_focus)
        return FALSE;
    }
  return FALSE;
}

static void
culvert_tile_class_init (CulvertTileClass *klass)
{
  GTK_WIDGET_CLASS (klass)->focus = culvert_tile_focus;
}

static void
culvert_tile_init (CulvertTile *self)
{
  gtk_widget_set_focusable (GTK_WIDGET (self), FALSE);
}

GtkWidget *
culvert_tile_new (GtkWidget *child)
{
  return g_object_new (CULVERT_TYPE_TILE, "child", child, NULL);
}

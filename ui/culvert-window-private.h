/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* State shared by culvert-window.c (list, selection, life) and culvert-window-actions.c. */
#pragma once

#include "culvert-tunnel-page.h"
#include "culvert-window.h"

struct _CulvertWindow
{
  AdwApplicationWindow parent_instance;

  CulvertHub *hub;
  GSettings *settings;       /* (nullable) */
  GtkFilterListModel *shown; /* the hub's items the search lets through */
  char *selected;            /* (nullable) UUID of the profile the pages show */

  AdwToastOverlay *toasts;
  GtkStack *main_stack;
  GtkWidget *welcome_page;
  AdwLeaflet *leaflet;
  GtkToggleButton *search_button;
  GtkEditable *search_entry;
  GtkListBox *list;
  GtkDropTarget *drop_target;
  GtkDropTarget *row_target;
  CulvertTunnelPage *tunnel_page;
};

/* -- culvert-window.c */

/* The row that shows the profile, if the search lets it through. (transfer none) (nullable) */
GtkWidget *culvert_window_find_row (CulvertWindow *window, const char *uuid);
/* Shows a sentence for a while. */
void culvert_window_tell (CulvertWindow *window, const char *text);

/* -- culvert-window-actions.c */

void culvert_window_class_add_actions (GtkWidgetClass *widget_class);
/* Opens the import dialog on a text or on files (GListModel of GFile); both may be NULL. */
void culvert_window_import (CulvertWindow *window, const char *text, GListModel *files);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A GtkMenu that follows a menu model and its actions, item by item.
 *
 * GTK's own gtk_menu_new_from_model is of no use for an indicator: over com.canonical.dbusmenu
 * every item gets a check box and no state ever changes. So the items are built here. While the
 * structure (kinds, actions, targets) stays, labels, states and sensitivity change in place: an
 * open menu stays open under the pointer. Otherwise all items are made anew, once per turn of
 * the main loop. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct _CulvertTrayMirror CulvertTrayMirror;

/* Tells that the menu has got its first items. */
typedef void (*CulvertTrayMirrorReadyFunc) (GtkMenu *menu, gpointer user_data);

/* References to model and actions are taken. */
CulvertTrayMirror *culvert_tray_mirror_new (GMenuModel *model,
                                            GActionGroup *actions,
                                            CulvertTrayMirrorReadyFunc ready_func,
                                            gpointer user_data);
void culvert_tray_mirror_free (CulvertTrayMirror *mirror);

G_END_DECLS

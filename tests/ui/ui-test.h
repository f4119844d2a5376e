/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the tests of the window share, on top of app-test.h: a hub in a folder of its own, and
 * pictures of widgets. */
#pragma once

#include "app-test.h"
#include "culvert-hub.h"

#include <adwaita.h>

/* Before all else: GTK, libadwaita, g_test; criticals are fatal. */
void ui_test_init (int *argc, char ***argv);

/* A loaded hub over an empty new folder; ended with ui_test_drop_hub. (transfer full) */
CulvertHub *ui_test_new_hub (void);
/* Stops all tunnels, deletes the folder, and sees that nobody else holds the hub. */
void ui_test_drop_hub (CulvertHub *hub);

/* The application a window of ours needs, with icons and style, as the module makes it; it is not
 * run. One for all tests. (transfer none) */
AdwApplication *ui_test_get_host (void);

/* A client's profile in the hub: local address 127.0.0.1:0, this remote address, key "test".
 * (transfer none) */
CulvertHubItem *ui_test_add_client (CulvertHub *hub, const char *name, const char *remote);

/* A connection to the first local address of a client's tunnel. (transfer full) */
GIOStream *ui_test_knock (CulvertHubItem *item);

/* Shows a widget in a window of this size and waits until it is drawn. (transfer none); destroyed
 * by gtk_window_destroy. */
GtkWindow *ui_test_show (GtkWidget *child, int width, int height);
/* Waits until the window has drawn what it now has to show. */
void ui_test_wait_drawn (GtkWindow *window);

/* Writes NAME-light.png and NAME-dark.png into $CULVERT_SCREENSHOTS, if it is set. */
void ui_test_screenshot (GtkWindow *window, const char *name);

/* The first descendant of this type, or NULL. */
GtkWidget *ui_test_find (GtkWidget *root, GType type);
/* The first mapped descendant with this accessible-relevant text: label, title or tooltip. */
GtkWidget *ui_test_find_text (GtkWidget *root, GType type, const char *text);

/* Fails with the list of all focusable widgets below root, shown or not, that a screen reader
 * could not name, or would name twice. What GTK itself builds from a menu is taken for good. */
void ui_test_assert_named (GtkWidget *root);

/* Fails with the list of what is to be seen in the window and takes the focus, but does not get it
 * by Tab and the arrow keys. */
void ui_test_assert_reachable (GtkWindow *window);

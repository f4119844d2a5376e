/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A panel as far as an icon in the tray sees one: org.kde.StatusNotifierWatcher, and a reader of
 * com.canonical.dbusmenu. All calls run the main loop while they wait. */
#pragma once

#include <gio/gio.h>

typedef struct _TrayHost TrayHost;

/* Takes the watcher's name on the session bus. */
TrayHost *tray_host_new (void);
void tray_host_free (TrayHost *host);

/* Bus name of the icon that registered last and is still there, or NULL. */
const char *tray_host_peek_item (TrayHost *host);
guint32 tray_host_get_pid (TrayHost *host);
/* Of org.kde.StatusNotifierItem (transfer full). */
GVariant *tray_host_get_property (TrayHost *host, const char *name);

/* The menu's item with this label at its begin, in the order of the menu. */
typedef struct
{
  int id;
  char *label;
  gboolean is_check;
  int toggle_state;
  gboolean is_enabled;
  gboolean is_separator;
} TrayHostItem;

/* Array of TrayHostItem (transfer full). */
GPtrArray *tray_host_get_menu (TrayHost *host);
/* NULL: there is none. */
TrayHostItem *tray_host_find (GPtrArray *menu, const char *begin);
/* event: "clicked", or "opened" and "closed" of item 0. */
void tray_host_send (TrayHost *host, int id, const char *event);

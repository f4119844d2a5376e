/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertPreferencesWindow: settings of the application, not of tunnels. Each takes effect at
 * once. Without the schema of the settings (an installation gone wrong) only what needs none of
 * them can be changed. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_PREFERENCES_WINDOW (culvert_preferences_window_get_type ())
G_DECLARE_FINAL_TYPE (CulvertPreferencesWindow,
                      culvert_preferences_window,
                      CULVERT,
                      PREFERENCES_WINDOW,
                      AdwPreferencesWindow)

/* (transfer none), of GTK until it is closed. */
CulvertPreferencesWindow *culvert_preferences_window_new (void);

/* Lets the windows follow the setting color-scheme. settings: borrowed, for good. */
void culvert_preferences_follow_style (GSettings *settings);

G_END_DECLS

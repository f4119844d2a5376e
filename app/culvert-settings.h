/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Settings of the application on the desktop (data/io.github.culvert.Culvert.gschema.xml): what
 * the window remembers, and how the application behaves. Not the settings of tunnels, those are
 * in profiles (engine/culvert-config.defs).
 *
 * GSettings aborts where its schema is missing. So the schema is looked for first, and
 * everything works without it: nothing is remembered then. A headless process asks for none of
 * this. Main thread. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

#define CULVERT_SETTINGS_WINDOW_WIDTH "window-width"
#define CULVERT_SETTINGS_WINDOW_HEIGHT "window-height"
#define CULVERT_SETTINGS_IS_MAXIMIZED "is-maximized"
#define CULVERT_SETTINGS_LAST_PROFILE "last-profile"
#define CULVERT_SETTINGS_CLOSE_TO_TRAY "close-to-tray"
#define CULVERT_SETTINGS_NOTIFY "notify"
#define CULVERT_SETTINGS_COLOR_SCHEME "color-scheme"
#define CULVERT_SETTINGS_EXPERT "expert"
#define CULVERT_SETTINGS_CHART_RANGE "chart-range"
#define CULVERT_SETTINGS_KEY_STORE "key-store"

/* (transfer full), NULL when the schema is not installed. Any number may exist side by side; a
 * change made through one is seen by all. */
CULVERT_AVAILABLE GSettings *culvert_settings_new (void);

/* The value of key, or fallback where settings is NULL. */
CULVERT_AVAILABLE gboolean culvert_settings_get_bool (GSettings *settings,
                                                      const char *key,
                                                      gboolean fallback);

/* Where the key of a new profile is kept: as the person chose, and in the file where there is no
 * keyring. settings: (nullable) */
CULVERT_AVAILABLE CulvertKeyStore culvert_settings_get_key_store (GSettings *settings);

G_END_DECLS

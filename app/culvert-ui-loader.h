/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The window is a module (libculvert-ui) that is loaded when it is wanted for the first time.
 *
 * It comes from the installed private directory only; in builds with -Ddevelopment the
 * environment variable CULVERT_UI_MODULE may name another file. The module exports one data
 * symbol, CULVERT_UI_SYMBOL, of type CulvertUiModule:
 *
 *   CULVERT_AVAILABLE const CulvertUiModule culvert_ui_module;
 *   const CulvertUiModule culvert_ui_module = { CULVERT_UI_INTERFACE, present, close };
 *
 * Once loaded it stays. */
#pragma once

#include "culvert-hub.h"

G_BEGIN_DECLS

/* Counts with every change of this header or of one of the headers a module uses. */
#define CULVERT_UI_INTERFACE 1
#define CULVERT_UI_SYMBOL "culvert_ui_module"
#define CULVERT_UI_MODULE_NAME "libculvert-ui.so"

typedef struct
{
  guint interface; /* CULVERT_UI_INTERFACE the module was built with; read first */

  /* Opens the window or raises it, on this profile if uuid is not NULL. Called in the main
   * thread with the main loop running. activation_token (nullable): from the desktop. The module
   * holds the hub while it has a window. Fails where there is no display. */
  gboolean (*present) (CulvertHub *hub,
                       const char *uuid,
                       const char *activation_token,
                       GError **error);
  /* Destroys all windows, at the end of the process. */
  void (*close) (void);
} CulvertUiModule;

typedef enum
{
  CULVERT_UI_ERROR_ABSENT,  /* the package with the window is not installed */
  CULVERT_UI_ERROR_VERSION, /* it belongs to another version */
  CULVERT_UI_ERROR_BROKEN,  /* it cannot be loaded */
} CulvertUiError;

#define CULVERT_UI_ERROR (culvert_ui_error_quark ())
CULVERT_AVAILABLE GQuark culvert_ui_error_quark (void);

/* Once, before there is a second thread: where no graphics processor is to be seen, lets GTK draw
 * by itself. OpenGL would be emulated then, which costs 180 MB and eight times the processor time
 * for the same picture. What the person has set in the environment stays. */
CULVERT_AVAILABLE void culvert_ui_loader_prepare (void);
/* Loads the module where needed and opens the window. */
CULVERT_AVAILABLE gboolean culvert_ui_loader_present (CulvertHub *hub,
                                                      const char *uuid,
                                                      const char *activation_token,
                                                      GError **error);
CULVERT_AVAILABLE void culvert_ui_loader_close (void);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-ui-loader-private.h"

#include <glib/gi18n-lib.h>
#include <gmodule.h>

G_DEFINE_QUARK (culvert-ui-error-quark, culvert_ui_error)

/* The types of a module cannot be taken back: loaded once, it stays. */
static const CulvertUiModule *loaded;

/* (transfer full) */
static char *
culvert_ui_loader_dup_path (void)
{
#if CULVERT_DEVELOPMENT
  const char *other = g_getenv ("CULVERT_UI_MODULE");

  if (other != NULL && other[0] != '\0')
    return g_strdup (other);
#endif
  return g_build_filename (CULVERT_PRIVATE_DIR, CULVERT_UI_MODULE_NAME, NULL);
}

const CulvertUiModule *
culvert_ui_loader_open (const char *path, GError **error)
{
  const CulvertUiModule *module;
  GModule *file;
  gpointer symbol;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, CULVERT_UI_ERROR, CULVERT_UI_ERROR_ABSENT,
                   _("the window is not installed (“%s” is missing): install the package "
                     "culvert-desktop, or use culvert --headless"),
                   path);
      return NULL;
    }
  file = g_module_open (path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (file == NULL || !g_module_symbol (file, CULVERT_UI_SYMBOL, &symbol))
    {
      g_set_error (error, CULVERT_UI_ERROR, CULVERT_UI_ERROR_BROKEN,
                   _("the window cannot be loaded: %s"), g_module_error ());
      return NULL;
    }
  g_module_make_resident (file);
  module = symbol;
  if (module->interface != CULVERT_UI_INTERFACE)
    {
      g_set_error (error, CULVERT_UI_ERROR, CULVERT_UI_ERROR_VERSION,
                   _("the window (“%s”) belongs to another version of Culvert: install the same "
                     "version of both"),
                   path);
      return NULL;
    }
  return module;
}

static gboolean
culvert_ui_loader_has_gpu (void)
{
#ifdef __linux__
  g_autoptr (GDir) folder = g_dir_open ("/dev/dri", 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_prefix (name, "renderD"))
      return TRUE;
  return g_file_test ("/dev/nvidiactl", G_FILE_TEST_EXISTS);
#else
  return TRUE;
#endif
}

void
culvert_ui_loader_prepare (void)
{
  if (g_getenv ("GSK_RENDERER") != NULL || g_getenv ("GDK_DEBUG") != NULL
      || culvert_ui_loader_has_gpu ())
    return;
  g_setenv ("GSK_RENDERER", "cairo", FALSE);
  g_setenv ("GDK_DEBUG", "gl-disable", FALSE);
}

gboolean
culvert_ui_loader_present (CulvertHub *hub,
                           const char *uuid,
                           const char *activation_token,
                           GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (CULVERT_IS_HUB (hub), FALSE);

  if (loaded == NULL)
    {
      path = culvert_ui_loader_dup_path ();
      loaded = culvert_ui_loader_open (path, error);
    }
  return loaded != NULL && loaded->present (hub, uuid, activation_token, error);
}

void
culvert_ui_loader_close (void)
{
  if (loaded != NULL)
    loaded->close ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-web.h"

#include <dlfcn.h>
#include <gmodule.h>

/* Types cannot be taken back: loaded once, it stays. */
static const CulvertWeb *loaded;

/* (transfer full) */
static char *
culvert_web_dup_path (void)
{
  g_autofree char *folder = NULL;
  g_autofree char *installed = NULL;
  Dl_info own;

  if (dladdr (&loaded, &own) == 0 || own.dli_fname == NULL)
    return g_build_filename (CULVERT_PRIVATE_DIR, CULVERT_WEB_MODULE, NULL);
  folder = g_path_get_dirname (own.dli_fname);
  installed = g_build_filename (folder, "culvert", CULVERT_WEB_MODULE, NULL);
  if (g_file_test (installed, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&installed);
  return g_build_filename (folder, CULVERT_WEB_MODULE, NULL);
}

const CulvertWeb *
culvert_web_load (GError **error)
{
  g_autofree char *path = culvert_web_dup_path ();
  const CulvertWeb *web;
  GModule *file;
  gpointer symbol;

  if (loaded != NULL)
    return loaded;
  file = g_module_open (path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (file == NULL || !g_module_symbol (file, CULVERT_WEB_SYMBOL, &symbol))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "this build or installation has no HTTP service (%s)", g_module_error ());
      return NULL;
    }
  g_module_make_resident (file);
  web = symbol;
  if (g_strcmp0 (web->version, CULVERT_VERSION) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "\"%s\" belongs to another version of Culvert", path);
      return NULL;
    }
  loaded = web;
  return loaded;
}

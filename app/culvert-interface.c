/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-interface.h"

#include "culvert-resources.h"

#define FOLDER "/io/github/culvert/Culvert/"

GDBusNodeInfo *
culvert_interface_new_info (const char *name)
{
  g_autofree char *path = g_strconcat (FOLDER, name, ".xml", NULL);
  /* By its own name: a static link leaves constructors out that nobody refers to. */
  g_autoptr (GBytes) xml = g_resource_lookup_data (culvert_get_resource (), path,
                                                   G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  GDBusNodeInfo *info;

  g_assert (xml != NULL);
  info = g_dbus_node_info_new_for_xml (g_bytes_get_data (xml, NULL), NULL);
  g_assert (info != NULL && info->interfaces[0] != NULL && info->interfaces[1] == NULL);
  return info;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-advice.h"

#include "culvert-config.h"

CulvertAdvice
culvert_advice_find_format (CulvertConfig *config, const CulvertPeerFormat *peer)
{
  gboolean nocomp = culvert_config_get_bool (config, CULVERT_SETTING_NOCOMP);
  gboolean differs_comp = peer->is_known && peer->is_compressed == nocomp;
  gboolean differs_smux =
      peer->smux_version != 0
      && peer->smux_version != culvert_config_get_int (config, CULVERT_SETTING_SMUXVER);

  /* Bytes that begin neither format say nothing about compression. */
  if (!peer->is_compressed && peer->smux_version == 0)
    return CULVERT_ADVICE_NONE;
  if (differs_comp)
    return differs_smux ? CULVERT_ADVICE_BOTH : CULVERT_ADVICE_COMPRESSION;
  return differs_smux ? CULVERT_ADVICE_SMUX : CULVERT_ADVICE_NONE;
}

char *
culvert_advice_dup_format (CulvertConfig *config, const CulvertPeerFormat *peer)
{
  const char *name = culvert_config_get_role (config) == CULVERT_ROLE_CLIENT ? "server" : "client";
  gboolean nocomp = culvert_config_get_bool (config, CULVERT_SETTING_NOCOMP);

  switch (culvert_advice_find_format (config, peer))
    {
    case CULVERT_ADVICE_NONE:
      return NULL;
    case CULVERT_ADVICE_COMPRESSION:
      return g_strdup_printf (nocomp ? "the %s compresses; remove nocomp"
                                     : "the %s does not compress; set nocomp",
                              name);
    case CULVERT_ADVICE_SMUX:
      return g_strdup_printf ("the %s speaks smux %d; set smuxver %d", name, peer->smux_version,
                              peer->smux_version);
    case CULVERT_ADVICE_BOTH:
      return g_strdup_printf (nocomp ? "the %s compresses and speaks smux %d; remove nocomp and "
                                       "set smuxver %d"
                                     : "the %s does not compress and speaks smux %d; set nocomp "
                                       "and smuxver %d",
                              name, peer->smux_version, peer->smux_version);
    }
  g_return_val_if_reached (NULL);
}

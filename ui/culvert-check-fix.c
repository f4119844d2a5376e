/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-check-fix.h"

#include <glib/gi18n-lib.h>

/* Each of these changes the draft and returns the label, or returns NULL. */

static char *
culvert_check_fix_cipher (CulvertProfile *draft, const CulvertCheckResult *result)
{
  /* With another key no cipher helps, and the default key is no secret. */
  if (result->crypt == NULL || result->is_default_key)
    return NULL;
  culvert_profile_set_string (draft, CULVERT_SETTING_CRYPT, result->crypt);
  /* translators: the name of a cipher */
  return g_strdup_printf (_("Use Cipher “%s”"), result->crypt);
}

static char *
culvert_check_fix_format (CulvertProfile *draft, const CulvertCheckResult *result)
{
  gint64 version = culvert_profile_get_int (draft, CULVERT_SETTING_SMUXVER);
  gboolean nocomp = culvert_profile_get_bool (draft, CULVERT_SETTING_NOCOMP);
  gboolean other_version = result->smux_version != 0 && result->smux_version != version;
  gboolean other_compression =
      result->compression != CULVERT_CHECK_UNKNOWN
      && (result->compression == CULVERT_CHECK_YES) == nocomp;

  if (other_version)
    culvert_profile_set_int (draft, CULVERT_SETTING_SMUXVER, result->smux_version);
  if (other_compression)
    culvert_profile_set_bool (draft, CULVERT_SETTING_NOCOMP, !nocomp);
  if (other_version && other_compression)
    return nocomp
               /* translators: a version of the smux protocol */
               ? g_strdup_printf (_("Switch Compression On, Use smux %d"), result->smux_version)
               /* translators: a version of the smux protocol */
               : g_strdup_printf (_("Switch Compression Off, Use smux %d"), result->smux_version);
  if (other_version)
    /* translators: a version of the smux protocol */
    return g_strdup_printf (_("Use smux %d"), result->smux_version);
  if (other_compression)
    return g_strdup (nocomp ? _("Switch Compression On") : _("Switch Compression Off"));
  return NULL;
}

static char *
culvert_check_fix_qpp (CulvertProfile *draft, const CulvertCheckResult *result)
{
  gboolean qpp = culvert_profile_get_bool (draft, CULVERT_SETTING_QPP);

  if (result->qpp_agrees != CULVERT_CHECK_NO)
    return NULL;
  culvert_profile_set_bool (draft, CULVERT_SETTING_QPP, !qpp);
  return g_strdup (qpp ? _("Switch QPP Off") : _("Switch QPP On"));
}

static char *
culvert_check_fix_mtu (CulvertProfile *draft, const CulvertCheckResult *result)
{
  guint mtu = result->mtu_up;

  if (result->mtu_down != 0 && (mtu == 0 || result->mtu_down < mtu))
    mtu = result->mtu_down;
  if (mtu == 0 || mtu >= culvert_profile_get_int (draft, CULVERT_SETTING_MTU))
    return NULL;
  culvert_profile_set_int (draft, CULVERT_SETTING_MTU, mtu);
  /* translators: the size of packets, in bytes */
  return g_strdup_printf (_("Set MTU to %u"), mtu);
}

static char *
culvert_check_fix_apply (CulvertProfile *draft, const CulvertCheckResult *result)
{
  switch (result->verdict)
    {
    case CULVERT_CHECK_PROTECTION:
      return culvert_check_fix_cipher (draft, result);
    case CULVERT_CHECK_COMPRESSION:
    case CULVERT_CHECK_SMUX:
    case CULVERT_CHECK_FORMAT:
      return culvert_check_fix_format (draft, result);
    case CULVERT_CHECK_QPP:
      return culvert_check_fix_qpp (draft, result);
    case CULVERT_CHECK_LARGE:
      return culvert_check_fix_mtu (draft, result);
    case CULVERT_CHECK_OK:
    case CULVERT_CHECK_NAME:
    case CULVERT_CHECK_UNREACHABLE:
    case CULVERT_CHECK_NO_ANSWER:
    case CULVERT_CHECK_TARGET:
    case CULVERT_CHECK_UNFINISHED:
      return NULL;
    }
  g_return_val_if_reached (NULL);
}

CulvertProfile *
culvert_check_fix_new_draft (CulvertProfile *profile,
                             const CulvertCheckResult *result,
                             char **out_label)
{
  g_autoptr (CulvertProfile) draft = NULL;
  g_autoptr (CulvertConfig) config = NULL;
  g_autofree char *label = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile) && result != NULL, NULL);
  draft = culvert_profile_dup (profile);
  label = culvert_check_fix_apply (draft, result);
  if (label == NULL)
    return NULL;
  /* What the rest of the settings do not allow is not offered. */
  config = culvert_profile_new_config (draft, NULL);
  if (config == NULL)
    return NULL;
  *out_label = g_steal_pointer (&label);
  return g_steal_pointer (&draft);
}

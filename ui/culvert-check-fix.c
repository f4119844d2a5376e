/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-check-fix.h"

#include <glib/gi18n-lib.h>

/* -- a changed profile ------------------------------------------------------------------------ */

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

/* -- the list --------------------------------------------------------------------------------- */

void
culvert_check_fix_free (CulvertCheckFix *fix)
{
  g_free (fix->label);
  g_clear_object (&fix->draft);
  g_free (fix);
}

static CulvertCheckFix *
culvert_check_fix_add (GPtrArray *fixes, CulvertCheckFixKind kind, const char *label)
{
  CulvertCheckFix *fix = g_new0 (CulvertCheckFix, 1);

  fix->kind = kind;
  fix->label = g_strdup (label);
  g_ptr_array_add (fixes, fix);
  return fix;
}

static void
culvert_check_fix_add_setting (GPtrArray *fixes, CulvertSettingId setting, const char *label)
{
  culvert_check_fix_add (fixes, CULVERT_CHECK_FIX_SETTING, label)->setting = setting;
}

/* Where the right value is not known, but what it is the value of. */
static void
culvert_check_fix_add_settings (GPtrArray *fixes, const CulvertCheckResult *result)
{
  switch (result->verdict)
    {
    case CULVERT_CHECK_NO_ANSWER:
      culvert_check_fix_add_setting (fixes, CULVERT_SETTING_KEY, _("Change the Key…"));
      culvert_check_fix_add_setting (fixes, CULVERT_SETTING_REMOTEADDR, _("Change the Server…"));
      break;
    case CULVERT_CHECK_NAME:
    case CULVERT_CHECK_UNREACHABLE:
      culvert_check_fix_add_setting (fixes, CULVERT_SETTING_REMOTEADDR, _("Change the Server…"));
      break;
    case CULVERT_CHECK_COMPRESSION:
    case CULVERT_CHECK_SMUX:
    case CULVERT_CHECK_FORMAT:
      culvert_check_fix_add_setting (fixes, CULVERT_SETTING_NOCOMP, _("Change Compression…"));
      culvert_check_fix_add_setting (fixes, CULVERT_SETTING_SMUXVER,
                                     _("Change the Stream Protocol…"));
      break;
    case CULVERT_CHECK_QPP:
      culvert_check_fix_add_setting (fixes, CULVERT_SETTING_QPP, _("Change QPP…"));
      break;
    case CULVERT_CHECK_LARGE:
      culvert_check_fix_add_setting (fixes, CULVERT_SETTING_MTU, _("Change the Packet Size…"));
      break;
    case CULVERT_CHECK_PROTECTION: /* a server with the default key should get this one */
    case CULVERT_CHECK_TARGET:
      culvert_check_fix_add (fixes, CULVERT_CHECK_FIX_PEER, _("Set Up the Other End…"));
      break;
    case CULVERT_CHECK_OK:
    case CULVERT_CHECK_UNFINISHED:
      break;
    }
}

GPtrArray *
culvert_check_fix_list (CulvertProfile *profile, const CulvertCheckResult *result)
{
  GPtrArray *fixes = g_ptr_array_new_with_free_func ((GDestroyNotify) culvert_check_fix_free);
  g_autoptr (CulvertProfile) draft = NULL;
  g_autoptr (CulvertConfig) config = NULL;
  g_autofree char *label = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile) && result != NULL, fixes);
  draft = culvert_profile_dup (profile);
  label = culvert_check_fix_apply (draft, result);
  /* What the rest of the settings do not allow is not offered. */
  config = label != NULL ? culvert_profile_new_config (draft, NULL) : NULL;
  if (config != NULL)
    culvert_check_fix_add (fixes, CULVERT_CHECK_FIX_APPLY, label)->draft = g_steal_pointer (&draft);
  else
    culvert_check_fix_add_settings (fixes, result);
  return fixes;
}

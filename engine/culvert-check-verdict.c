/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* From what was found to one sentence: the first cause that keeps the tunnel from working. Where
 * the wire cannot tell causes apart, the sentence names them all. */

#include "config.h"

#include "culvert-advice.h"
#include "culvert-check-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

const char *
culvert_check_verdict_to_string (CulvertCheckVerdict verdict)
{
  switch (verdict)
    {
    case CULVERT_CHECK_OK:
      return "ok";
    case CULVERT_CHECK_NAME:
      return "name";
    case CULVERT_CHECK_UNREACHABLE:
      return "unreachable";
    case CULVERT_CHECK_NO_ANSWER:
      return "no-answer";
    case CULVERT_CHECK_PROTECTION:
      return "key-or-cipher";
    case CULVERT_CHECK_COMPRESSION:
      return "compression";
    case CULVERT_CHECK_SMUX:
      return "smux-version";
    case CULVERT_CHECK_QPP:
      return "qpp";
    case CULVERT_CHECK_TARGET:
      return "target";
    case CULVERT_CHECK_LARGE:
      return "large-packets";
    case CULVERT_CHECK_FORMAT:
      return "compression-or-smux-version";
    case CULVERT_CHECK_UNFINISHED:
      return "unfinished";
    }
  g_return_val_if_reached ("unknown");
}

const char *
culvert_check_target_to_string (CulvertCheckTarget target)
{
  switch (target)
    {
    case CULVERT_CHECK_TARGET_UNKNOWN:
      return "unknown";
    case CULVERT_CHECK_TARGET_REFUSED:
      return "refused";
    case CULVERT_CHECK_TARGET_SILENT:
      return "silent";
    case CULVERT_CHECK_TARGET_SPEAKS:
      return "speaks";
    }
  g_return_val_if_reached ("unknown");
}

static void
culvert_check_say (CulvertCheck *check, CulvertCheckVerdict verdict, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
culvert_check_say (CulvertCheck *check, CulvertCheckVerdict verdict, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  check->result->verdict = verdict;
  check->result->sentence = g_strdup_vprintf (format, args);
  va_end (args);
}

/* -- nothing came back ------------------------------------------------------------------ */

static void
culvert_check_judge_name (CulvertCheck *check)
{
  culvert_check_say (check, CULVERT_CHECK_NAME,
                     _("The name \"%s\" has no address; check the spelling and the name server of "
                       "this machine"),
                     check->plan->remote.host);
}

static void
culvert_check_judge_icmp (CulvertCheck *check)
{
  const CulvertCheckResult *result = check->result;

  if (result->icmp_error == ECONNREFUSED)
    culvert_check_say (check, CULVERT_CHECK_UNREACHABLE,
                       _("Nothing listens on %s: the port is closed (ICMP port unreachable); check "
                         "the port and whether the server runs"),
                       result->address);
  else
    culvert_check_say (check, CULVERT_CHECK_UNREACHABLE,
                       /* translators: an address, and a message of the system */
                       _("Packets do not get to %s: %s"), result->address,
                       g_strerror (result->icmp_error));
}

static void
culvert_check_judge_protection (CulvertCheck *check)
{
  const CulvertCheckResult *result = check->result;
  const char *set = check->plan->cipher;

  if (!check->result->is_default_key)
    culvert_check_say (check, CULVERT_CHECK_PROTECTION,
                       /* translators: an address, the names of two ciphers */
                       _("The cipher differs: %s uses crypt %s with this key, here crypt %s is "
                         "set"),
                       result->address, result->crypt, set);
  else if (g_strcmp0 (result->crypt, set) == 0)
    culvert_check_say (check, CULVERT_CHECK_PROTECTION,
                       _("The key differs: %s uses the default key; set a key there"),
                       result->address);
  else
    culvert_check_say (check, CULVERT_CHECK_PROTECTION,
                       /* translators: an address, the name of a cipher */
                       _("Key and cipher differ: %s uses the default key and crypt %s"),
                       result->address, result->crypt);
}

static void
culvert_check_judge_silence (CulvertCheck *check)
{
  const CulvertCheckResult *result = check->result;

  if (result->address == NULL)
    culvert_check_judge_name (check);
  else if (result->crypt != NULL)
    culvert_check_judge_protection (check);
  else if (result->icmp_error != 0)
    culvert_check_judge_icmp (check);
  else
    culvert_check_say (check, CULVERT_CHECK_NO_ANSWER,
                       _("No answer from %s: either packets are lost on the way (wrong address, "
                         "firewall, server down), or the key or the cipher differs; a server drops "
                         "what it cannot read without a word"),
                       result->address);
}

/* -- it answers --------------------------------------------------------------------------- */

static void
culvert_check_judge_format (CulvertCheck *check)
{
  const CulvertCheckResult *result = check->result;
  gboolean nocomp = !check->plan->compress;
  CulvertPeerFormat format = {
    .is_known = result->compression != CULVERT_CHECK_UNKNOWN,
    .is_compressed = result->compression == CULVERT_CHECK_YES,
    .smux_version = result->smux_version,
  };

  switch (culvert_advice_find_format (check->config, &format))
    {
    case CULVERT_ADVICE_NONE:
      culvert_check_say (check, CULVERT_CHECK_FORMAT,
                         _("%s answers, but does not understand the stream: nocomp (compression) "
                           "or smuxver (smux version) differs"),
                         result->address);
      break;
    case CULVERT_ADVICE_COMPRESSION:
      culvert_check_say (
          check, CULVERT_CHECK_COMPRESSION, "%s",
          nocomp ? _("The compression differs: the server compresses; remove nocomp")
                 : _("The compression differs: the server does not compress; set nocomp"));
      break;
    case CULVERT_ADVICE_SMUX:
      culvert_check_say (check, CULVERT_CHECK_SMUX,
                         _("The smux version differs: the server speaks smux %d; set smuxver %d"),
                         result->smux_version, result->smux_version);
      break;
    case CULVERT_ADVICE_BOTH:
      culvert_check_say (check, CULVERT_CHECK_COMPRESSION,
                         nocomp ? _("The compression differs: the server compresses and speaks "
                                    "smux %d; remove nocomp and set smuxver %d")
                                : _("The compression differs: the server does not compress and "
                                    "speaks smux %d; set nocomp and smuxver %d"),
                         result->smux_version, result->smux_version);
      break;
    }
}

static void
culvert_check_judge_large (CulvertCheck *check)
{
  const CulvertCheckResult *result = check->result;
  guint mtu = result->mtu_down != 0 ? MIN (result->mtu_up, result->mtu_down) : result->mtu_up;

  if (result->loses_up)
    culvert_check_say (check, CULVERT_CHECK_LARGE,
                       _("The path drops large packets: of those to %s up to %u bytes pass, larger "
                         "ones are lost; set mtu %u on both ends"),
                       result->address, result->mtu_up, mtu);
  else
    culvert_check_say (check, CULVERT_CHECK_LARGE,
                       _("The path drops large packets: of those from %s up to %u bytes pass, "
                         "larger ones are lost; set mtu %u on both ends"),
                       result->address, result->mtu_down, result->mtu_down);
}

static void
culvert_check_judge_qpp (CulvertCheck *check)
{
  const char *sentence =
      check->is_unreadable ? _("What the target says cannot be read: QPP or QPPCount differs, "
                               "unless the target speaks a binary protocol")
      : check->plan->qpp != NULL
          ? _("QPP differs: the server works without it; switch QPP off, or on over there")
          : _("QPP differs: the server uses it; switch QPP on, or off over there");

  culvert_check_say (check, CULVERT_CHECK_QPP, "%s", sentence);
}

/* What the success leaves open. */
static const char *
culvert_check_reserve (const CulvertCheckResult *result)
{
  if (result->target == CULVERT_CHECK_TARGET_SILENT)
    /* translators: follows “The tunnel works: … answers in … ms” */
    return _("; the target says nothing, so either that is its way or QPP differs");
  if (result->qpp_agrees == CULVERT_CHECK_UNKNOWN)
    /* translators: follows “The tunnel works: … answers in … ms” */
    return _("; what the target says does not show whether QPP agrees");
  return "";
}

static void
culvert_check_judge_success (CulvertCheck *check)
{
  const CulvertCheckResult *result = check->result;
  g_autofree char *loss = NULL;

  if (result->n_answers < result->n_probes)
    /* translators: follows “The tunnel works: … answers in … ms”; numbers of packets */
    loss = g_strdup_printf (_(", but %u of %u probes were lost"),
                            result->n_probes - result->n_answers, result->n_probes);
  culvert_check_say (check, CULVERT_CHECK_OK,
                     /* translators: an address, a time, and what may follow the sentence */
                     _("The tunnel works: %s answers in %.2f ms%s%s"), result->address,
                     (double) result->rtt_min_us / 1000, loss != NULL ? loss : "",
                     culvert_check_reserve (result));
}

void
culvert_check_judge (CulvertCheck *check)
{
  const CulvertCheckResult *result = check->result;

  if (check->path == NULL)
    culvert_check_judge_silence (check);
  else if (check->is_format_wrong)
    culvert_check_judge_format (check);
  else if (result->loses_up || result->loses_down)
    culvert_check_judge_large (check);
  else if (!check->is_format_right || result->target == CULVERT_CHECK_TARGET_UNKNOWN)
    culvert_check_say (check, CULVERT_CHECK_UNFINISHED,
                       _("%s answers, so address, key and cipher are right, but the time was over "
                         "before the rest was known; allow more"),
                       result->address);
  else if (result->target == CULVERT_CHECK_TARGET_REFUSED)
    culvert_check_say (check, CULVERT_CHECK_TARGET,
                       _("The tunnel to %s works, but its target refuses the connection; check "
                         "target there"),
                       result->address);
  else if (result->qpp_agrees == CULVERT_CHECK_NO || check->is_unreadable)
    culvert_check_judge_qpp (check);
  else
    culvert_check_judge_success (check);
}

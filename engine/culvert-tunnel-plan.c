/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Configuration -> plan. */

#include "config.h"

#include "culvert-config-private.h"
#include "culvert-endpoint.h"
#include "culvert-error.h"
#include "culvert-faketcp.h"
#include "culvert-kdf.h"
#include "culvert-tunnel-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* Streams of one session, and sessions of one server: bounds of what an outsider can make us hold.
 */
#define CULVERT_TUNNEL_MAX_STREAMS 16384
#define CULVERT_TUNNEL_MAX_SESSIONS 16384

static gboolean
culvert_tunnel_plan_endpoint (CulvertConfig *config,
                              CulvertSettingId id,
                              CulvertEndpointKind kind,
                              CulvertEndpoint *out,
                              GError **error)
{
  if (culvert_endpoint_parse (out, kind, culvert_config_get_string (config, id), error))
    return TRUE;
  g_prefix_error (error, "%s: ", culvert_settings (NULL)[id].key);
  return FALSE;
}

static gboolean
culvert_tunnel_plan_addresses (CulvertPlan *plan, CulvertConfig *config, GError **error)
{
  if (plan->is_client)
    return culvert_tunnel_plan_endpoint (config, CULVERT_SETTING_LOCALADDR,
                                         CULVERT_ENDPOINT_LISTEN_STREAM, &plan->local, error)
           && culvert_tunnel_plan_endpoint (config, CULVERT_SETTING_REMOTEADDR,
                                            CULVERT_ENDPOINT_REMOTE_PORTS, &plan->remote, error);
  return culvert_tunnel_plan_endpoint (config, CULVERT_SETTING_LISTEN,
                                       CULVERT_ENDPOINT_LISTEN_PORTS, &plan->listen, error)
         && culvert_tunnel_plan_endpoint (config, CULVERT_SETTING_TARGET,
                                          CULVERT_ENDPOINT_TARGET_STREAM, &plan->target, error);
}

static gboolean
culvert_tunnel_plan_protection (CulvertPlan *plan, CulvertConfig *config, GError **error)
{
  const char *key = culvert_config_get_string (config, CULVERT_SETTING_KEY);
  const char *name = culvert_config_get_string (config, CULVERT_SETTING_CRYPT);
  CulvertCipher *probe;

  g_strlcpy (plan->cipher, name, sizeof plan->cipher);
  if (culvert_kdf_derive (key, plan->key) < 0)
    {
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CRYPTO, "key: %s",
                   _("no key for the cipher can be derived from it"));
      return FALSE;
    }
  probe = culvert_cipher_new (name, plan->key);
  if (probe == NULL)
    {
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CRYPTO,
                   _("crypt: the cipher library has no \"%s\""), name);
      return FALSE;
    }
  culvert_cipher_free (probe);
  if (culvert_config_get_bool (config, CULVERT_SETTING_QPP))
    plan->qpp = culvert_qpp_pads_new (
      key, (unsigned) culvert_config_get_int (config, CULVERT_SETTING_QPP_COUNT));
  return TRUE;
}

static gboolean
culvert_tunnel_plan_fec (CulvertPlan *plan, CulvertConfig *config, GError **error)
{
  gint64 ds = culvert_config_get_int (config, CULVERT_SETTING_DATASHARD);
  gint64 ps = culvert_config_get_int (config, CULVERT_SETTING_PARITYSHARD);

  const char *mode = culvert_config_get_string (config, CULVERT_SETTING_FEC);

  if (ds == 0 || ps == 0)
    return TRUE;
  plan->fec_ds = (unsigned) ds;
  plan->fec_ps = (unsigned) ps;
  plan->fec_adaptive = strcmp (mode, "adaptive") == 0;
  if (strcmp (mode, "off") == 0)
    return TRUE;
  plan->fec = culvert_fec_code_new ((unsigned) ds, (unsigned) ps);
  if (plan->fec == NULL)
    g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                 _("datashard %d and parityshard %d are more than 256 together"), (int) ds,
                 (int) ps);
  return plan->fec != NULL;
}

static void
culvert_tunnel_plan_pacing (CulvertPlan *plan, CulvertConfig *config)
{
  const char *text = culvert_config_get_string (config, CULVERT_SETTING_PACING);

  plan->kcp.recovery = CULVERT_KCP_RECOVERY_TIME;
  plan->kcp.repeat_small = true;
  plan->kcp.be_nice = culvert_config_get_bool (config, CULVERT_SETTING_BE_NICE);
  plan->kcp.pacing = CULVERT_KCP_PACING_AUTO;
  if (strcmp (text, "off") == 0)
    plan->kcp.pacing = CULVERT_KCP_PACING_OFF;
  else if (culvert_config_parse_pacing (text, &plan->kcp.pacing_rate)
           && plan->kcp.pacing_rate > 0)
    plan->kcp.pacing = CULVERT_KCP_PACING_FIXED;
}

static void
culvert_tunnel_plan_transport (CulvertPlan *plan, CulvertConfig *config)
{
  bool is_accepted;
  int nc;

  culvert_config_get_timers (config, &plan->kcp.nodelay, &plan->kcp.interval_ms, &plan->kcp.resend,
                             &nc);
  plan->kcp.no_cwnd = nc != 0;
  plan->kcp.mtu = culvert_session_kcp_mtu (
    (int) culvert_config_get_int (config, CULVERT_SETTING_MTU),
    culvert_cipher_overhead (plan->cipher), plan->fec != NULL, &is_accepted);
  plan->mtu = plan->kcp.mtu + culvert_cipher_overhead (plan->cipher)
              + (plan->fec != NULL ? CULVERT_FEC_HEADER : 0);
  plan->kcp.sndwnd = (uint32_t) culvert_config_get_int (config, CULVERT_SETTING_SNDWND);
  plan->kcp.rcvwnd = (uint32_t) culvert_config_get_int (config, CULVERT_SETTING_RCVWND);
  plan->kcp.ack_no_delay = culvert_config_get_bool (config, CULVERT_SETTING_ACKNODELAY);
  culvert_tunnel_plan_pacing (plan, config);
  plan->compress = !culvert_config_get_bool (config, CULVERT_SETTING_NOCOMP);
  plan->ratelimit = (uint64_t) culvert_config_get_int (config, CULVERT_SETTING_RATELIMIT);
  plan->udp.sockbuf = (int) culvert_config_get_int (config, CULVERT_SETTING_SOCKBUF);
  plan->udp.dscp = (int) culvert_config_get_int (config, CULVERT_SETTING_DSCP);
}

static void
culvert_tunnel_plan_streams (CulvertPlan *plan, CulvertConfig *config)
{
  plan->smux.version = (int) culvert_config_get_int (config, CULVERT_SETTING_SMUXVER);
  plan->smux.smuxbuf = (uint32_t) culvert_config_get_int (config, CULVERT_SETTING_SMUXBUF);
  /* Wire: the reference gives back half a window at once, so a sender far away can use little more
   * than half of it. */
  plan->smux.update_parts = 8;
  plan->smux.streambuf = (uint32_t) culvert_config_get_int (config, CULVERT_SETTING_STREAMBUF);
  plan->smux.framesize = (uint32_t) culvert_config_get_int (config, CULVERT_SETTING_FRAMESIZE);
  plan->smux.keepalive = culvert_config_get_int (config, CULVERT_SETTING_KEEPALIVE) * CULVERT_SEC;
  plan->smux.max_streams = CULVERT_TUNNEL_MAX_STREAMS;
  plan->max_sessions = CULVERT_TUNNEL_MAX_SESSIONS;
  plan->closewait = culvert_config_get_int (config, CULVERT_SETTING_CLOSEWAIT) * CULVERT_SEC;
  plan->detects = !plan->is_client && !culvert_config_get_bool (config, CULVERT_SETTING_STRICT);
  if (!plan->is_client)
    return;
  plan->conn = (unsigned) culvert_config_get_int (config, CULVERT_SETTING_CONN);
  plan->autoexpire = culvert_config_get_int (config, CULVERT_SETTING_AUTOEXPIRE) * CULVERT_SEC;
  plan->scavengettl = culvert_config_get_int (config, CULVERT_SETTING_SCAVENGETTL) * CULVERT_SEC;
}

/* Whether this process may speak fake TCP is known before anything is opened. */
static gboolean
culvert_tunnel_plan_tcp (CulvertPlan *plan, CulvertConfig *config, GError **error)
{
  g_autofree char *program = NULL;
  int code;

  plan->tcp = culvert_config_get_bool (config, CULVERT_SETTING_TCP);
  code = plan->tcp ? culvert_faketcp_check () : 0;
  switch (code)
    {
    case 0:
      return TRUE;
    case EOPNOTSUPP:
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   "tcp: %s",
                   _("this build has no emulated TCP, which needs Linux and its own sockets; use "
                     "UDP, which is without tcp, on both ends"));
      return FALSE;
    case EPERM:
    case EACCES:
      program = g_file_read_link ("/proc/self/exe", NULL);
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   _("tcp: emulated TCP needs the capability CAP_NET_RAW; give it with \"setcap "
                     "cap_net_raw+ep %s\", or with AmbientCapabilities=CAP_NET_RAW in a service "
                     "file"),
                   program != NULL ? program : "culvert");
      return FALSE;
    default:
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   _("tcp: emulated TCP needs raw sockets, and this system refuses them: %s"),
                   g_strerror (code));
      return FALSE;
    }
}

CulvertPlan *
culvert_tunnel_build_plan (CulvertConfig *config, GError **error)
{
  CulvertPlan *plan = culvert_plan_new ();

  plan->is_client = culvert_config_get_role (config) == CULVERT_ROLE_CLIENT;
  if (culvert_tunnel_plan_tcp (plan, config, error)
      && culvert_tunnel_plan_addresses (plan, config, error)
      && culvert_tunnel_plan_protection (plan, config, error)
      && culvert_tunnel_plan_fec (plan, config, error))
    {
      culvert_tunnel_plan_transport (plan, config);
      culvert_tunnel_plan_streams (plan, config);
      return plan;
    }
  culvert_plan_unref (plan);
  return NULL;
}

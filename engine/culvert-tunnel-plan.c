/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* From the configuration to the plain data a worker runs on. */

#include "config.h"

#include "culvert-tunnel-private.h"

#include "culvert-cipher.h"
#include "culvert-config.h"
#include "culvert-endpoint.h"
#include "culvert-error.h"
#include "culvert-kdf.h"

/* Caps of hostile input; smux streams of one session and sessions of one server. */
#define CULVERT_MAX_STREAMS 65536
#define CULVERT_MAX_SESSIONS 65536

static gboolean
culvert_plan_set_endpoints (CulvertPlan *plan, CulvertConfig *config, GError **error)
{
  if (plan->is_client)
    return culvert_endpoint_parse (&plan->local, CULVERT_ENDPOINT_LISTEN_STREAM,
                                   culvert_config_get_string (config, CULVERT_SETTING_LOCALADDR),
                                   error)
           && culvert_endpoint_parse (&plan->remote, CULVERT_ENDPOINT_REMOTE_PORTS,
                                      culvert_config_get_string (config, CULVERT_SETTING_REMOTEADDR),
                                      error);
  return culvert_endpoint_parse (&plan->listen, CULVERT_ENDPOINT_LISTEN_PORTS,
                                 culvert_config_get_string (config, CULVERT_SETTING_LISTEN), error)
         && culvert_endpoint_parse (&plan->target, CULVERT_ENDPOINT_TARGET_STREAM,
                                    culvert_config_get_string (config, CULVERT_SETTING_TARGET),
                                    error);
}

static gboolean
culvert_plan_set_keys (CulvertPlan *plan, CulvertConfig *config, GError **error)
{
  const char *key = culvert_config_get_string (config, CULVERT_SETTING_KEY);
  const char *cipher = culvert_config_get_string (config, CULVERT_SETTING_CRYPT);
  CulvertCipher *trial;

  culvert_cipher_init_library ();
  g_strlcpy (plan->cipher, cipher, sizeof plan->cipher);
  if (culvert_kdf_derive (key, plan->key) < 0
      || (trial = culvert_cipher_new (cipher, plan->key)) == NULL)
    {
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CRYPTO,
                   "crypt: the cipher library of this machine does not offer “%s”", cipher);
      return FALSE;
    }
  culvert_cipher_free (trial);
  if (culvert_config_get_bool (config, CULVERT_SETTING_QPP))
    plan->qpp = culvert_qpp_pads_new (key,
                                      culvert_config_get_int (config, CULVERT_SETTING_QPP_COUNT));
  return TRUE;
}

static void
culvert_plan_set_transport (CulvertPlan *plan, CulvertConfig *config)
{
  unsigned ds = culvert_config_get_int (config, CULVERT_SETTING_DATASHARD);
  unsigned ps = culvert_config_get_int (config, CULVERT_SETTING_PARITYSHARD);
  int nc;
  bool is_accepted;

  if (ds > 0 && ps > 0)
    plan->fec = culvert_fec_code_new (ds, ps);
  plan->compress = !culvert_config_get_bool (config, CULVERT_SETTING_NOCOMP);
  culvert_config_get_timers (config, &plan->kcp.nodelay, &plan->kcp.interval_ms, &plan->kcp.resend,
                             &nc);
  plan->kcp.no_cwnd = nc != 0;
  plan->kcp.ack_no_delay = culvert_config_get_bool (config, CULVERT_SETTING_ACKNODELAY);
  plan->kcp.sndwnd = culvert_config_get_int (config, CULVERT_SETTING_SNDWND);
  plan->kcp.rcvwnd = culvert_config_get_int (config, CULVERT_SETTING_RCVWND);
  plan->kcp.mtu = culvert_session_kcp_mtu (culvert_config_get_int (config, CULVERT_SETTING_MTU),
                                           culvert_cipher_overhead (plan->cipher),
                                           plan->fec != NULL, &is_accepted);
  plan->udp.sockbuf = culvert_config_get_int (config, CULVERT_SETTING_SOCKBUF);
  plan->udp.dscp = culvert_config_get_int (config, CULVERT_SETTING_DSCP);
  plan->ratelimit = culvert_config_get_int (config, CULVERT_SETTING_RATELIMIT);
}

static void
culvert_plan_set_streams (CulvertPlan *plan, CulvertConfig *config)
{
  plan->smux.version = culvert_config_get_int (config, CULVERT_SETTING_SMUXVER);
  plan->smux.is_client = plan->is_client;
  plan->smux.smuxbuf = culvert_config_get_int (config, CULVERT_SETTING_SMUXBUF);
  plan->smux.streambuf = culvert_config_get_int (config, CULVERT_SETTING_STREAMBUF);
  plan->smux.framesize = culvert_config_get_int (config, CULVERT_SETTING_FRAMESIZE);
  plan->smux.keepalive = culvert_config_get_int (config, CULVERT_SETTING_KEEPALIVE) * CULVERT_SEC;
  plan->smux.max_streams = CULVERT_MAX_STREAMS;
  plan->closewait = culvert_config_get_int (config, CULVERT_SETTING_CLOSEWAIT) * CULVERT_SEC;
  plan->max_sessions = CULVERT_MAX_SESSIONS;
  if (!plan->is_client)
    {
      plan->detects = !culvert_config_get_bool (config, CULVERT_SETTING_STRICT);
      return;
    }
  plan->conn = culvert_config_get_int (config, CULVERT_SETTING_CONN);
  plan->autoexpire = culvert_config_get_int (config, CULVERT_SETTING_AUTOEXPIRE) * CULVERT_SEC;
  plan->scavengettl = culvert_config_get_int (config, CULVERT_SETTING_SCAVENGETTL) * CULVERT_SEC;
}

CulvertPlan *
culvert_tunnel_build_plan (CulvertConfig *config,
                           guint64 id,
                           guint32 generation,
                           gboolean log_streams,
                           GError **error)
{
  CulvertPlan *plan = culvert_plan_new ();

  plan->tunnel = id;
  plan->generation = generation;
  plan->is_client = culvert_config_get_role (config) == CULVERT_ROLE_CLIENT;
  plan->report_streams = log_streams;
  if (!culvert_plan_set_endpoints (plan, config, error)
      || !culvert_plan_set_keys (plan, config, error))
    {
      culvert_plan_unref (plan);
      return NULL;
    }
  culvert_plan_set_transport (plan, config);
  culvert_plan_set_streams (plan, config);
  return plan;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-status.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <unistd.h>

static GVariant *
culvert_status_new_now (CulvertTunnel *tunnel)
{
  const CulvertHistory *history = culvert_tunnel_peek_history (tunnel);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sd}"));
  for (guint i = 0; history != NULL && i < CULVERT_N_SERIES; i++)
    {
      float value = culvert_history_get_latest (history, i);

      if (!isnan (value))
        g_variant_builder_add (&builder, "{sd}", culvert_series_name (i), (double) value);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
culvert_status_new_overhead (const CulvertStats *stats)
{
  const CulvertStats none = { 0 };
  CulvertOverhead overhead;
  GVariantBuilder builder;

  culvert_stats_overhead (&none, stats, &overhead);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  g_variant_builder_add (&builder, "{st}", "wire", overhead.wire);
  g_variant_builder_add (&builder, "{st}", "payload", overhead.payload);
  g_variant_builder_add (&builder, "{st}", "fec", overhead.fec);
  g_variant_builder_add (&builder, "{st}", "resend", overhead.resend);
  g_variant_builder_add (&builder, "{st}", "acks", overhead.acks);
  g_variant_builder_add (&builder, "{st}", "headers", overhead.headers);
  return g_variant_builder_end (&builder);
}

static GVariant *
culvert_status_new_counters (const CulvertStats *stats)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    g_variant_builder_add (&builder, "{st}", culvert_stats_field_name (i),
                           culvert_stats_get (stats, i));
  return g_variant_builder_end (&builder);
}

/* What a tunnel alone can tell. */
static void
culvert_status_add_tunnel (GVariantDict *dict, CulvertTunnel *tunnel)
{
  g_auto (GStrv) pending = culvert_tunnel_dup_pending (tunnel);
  g_autofree char *reason = culvert_tunnel_dup_state_reason (tunnel);
  CulvertStats stats;

  culvert_tunnel_sample (tunnel, &stats);
  if (reason != NULL)
    g_variant_dict_insert (dict, "reason", "s", reason);
  g_variant_dict_insert (dict, "local", "^as", culvert_tunnel_get_local_endpoints (tunnel));
  g_variant_dict_insert (dict, "pending", "^as", pending);
  g_variant_dict_insert_value (dict, "now", culvert_status_new_now (tunnel));
  g_variant_dict_insert_value (dict, "overhead", culvert_status_new_overhead (&stats));
  g_variant_dict_insert_value (dict, "counters", culvert_status_new_counters (&stats));
}

static void
culvert_status_add_idle (GVariantDict *dict)
{
  const char *const none[] = { NULL };
  const CulvertStats stats = { 0 };

  g_variant_dict_insert (dict, "local", "^as", none);
  g_variant_dict_insert (dict, "pending", "^as", none);
  g_variant_dict_insert_value (dict, "now", g_variant_new ("a{sd}", NULL));
  g_variant_dict_insert_value (dict, "overhead", culvert_status_new_overhead (&stats));
  g_variant_dict_insert_value (dict, "counters", culvert_status_new_counters (&stats));
}

GVariant *
culvert_status_new (CulvertFleet *fleet, guint i)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  CulvertTunnelState state;
  CulvertFleetMember member;

  culvert_fleet_peek (fleet, i, &member);
  state = culvert_fleet_member_get_state (&member);
  g_variant_dict_insert (&dict, "name", "s", member.name);
  g_variant_dict_insert (&dict, "role", "s",
                         member.role == CULVERT_ROLE_CLIENT ? "client" : "server");
  g_variant_dict_insert (&dict, "since", "x", member.since);
  g_variant_dict_insert (&dict, "peer", "s", member.peer);
  g_variant_dict_insert (&dict, "state", "s", culvert_tunnel_state_to_string (state));
  g_variant_dict_insert (&dict, "connected", "b", state == CULVERT_TUNNEL_CONNECTED);
  if (member.error != NULL)
    g_variant_dict_insert (&dict, "error", "s", member.error);
  if (member.tunnel != NULL)
    culvert_status_add_tunnel (&dict, member.tunnel);
  else
    culvert_status_add_idle (&dict);
  return g_variant_dict_end (&dict);
}

GVariant *
culvert_status_new_all (CulvertFleet *fleet)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  GVariantBuilder tunnels;

  g_variant_builder_init (&tunnels, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < culvert_fleet_get_n_members (fleet); i++)
    g_variant_builder_add_value (&tunnels, culvert_status_new (fleet, i));
  g_variant_dict_insert (&dict, "version", "s", CULVERT_VERSION);
  g_variant_dict_insert (&dict, "pid", "u", (guint32) getpid ());
  g_variant_dict_insert_value (&dict, "tunnels", g_variant_builder_end (&tunnels));
  return g_variant_dict_end (&dict);
}

char *
culvert_status_to_json (GVariant *status, gboolean is_pretty)
{
  g_autoptr (JsonNode) node = json_gvariant_serialize (status);

  return json_to_string (node, is_pretty);
}

static double
culvert_status_seconds (gint64 us)
{
  return (double) us / G_USEC_PER_SEC;
}

GVariant *
culvert_status_new_sessions (GPtrArray *infos)
{
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < infos->len; i++)
    {
      const CulvertSessionInfo *info = infos->pdata[i];
      g_auto (GVariantDict) row = G_VARIANT_DICT_INIT (NULL);

      g_variant_dict_insert (&row, "id", "t", info->id);
      g_variant_dict_insert (&row, "peer", "s", info->peer);
      g_variant_dict_insert (&row, "age", "d", culvert_status_seconds (info->age_us));
      if (info->silent_us >= 0)
        g_variant_dict_insert (&row, "silent", "d", culvert_status_seconds (info->silent_us));
      if (info->srtt_us > 0)
        {
          g_variant_dict_insert (&row, "rtt", "d", culvert_status_seconds (info->srtt_us));
          g_variant_dict_insert (&row, "jitter", "d", culvert_status_seconds (info->rttvar_us));
        }
      g_variant_dict_insert (&row, "mtu", "u", info->mtu);
      g_variant_dict_insert (&row, "streams", "u", info->n_streams);
      g_variant_dict_insert (&row, "bytes-in", "t", info->bytes_in);
      g_variant_dict_insert (&row, "bytes-out", "t", info->bytes_out);
      g_variant_builder_add_value (&rows, g_variant_dict_end (&row));
    }
  return g_variant_builder_end (&rows);
}

GVariant *
culvert_status_new_streams (GPtrArray *infos)
{
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < infos->len; i++)
    {
      const CulvertStreamInfo *info = infos->pdata[i];
      g_auto (GVariantDict) row = G_VARIANT_DICT_INIT (NULL);

      g_variant_dict_insert (&row, "session", "t", info->session);
      g_variant_dict_insert (&row, "id", "u", info->id);
      g_variant_dict_insert (&row, "address", "s", info->address);
      g_variant_dict_insert (&row, "age", "d", culvert_status_seconds (info->age_us));
      g_variant_dict_insert (&row, "bytes-in", "t", info->bytes_in);
      g_variant_dict_insert (&row, "bytes-out", "t", info->bytes_out);
      g_variant_builder_add_value (&rows, g_variant_dict_end (&row));
    }
  return g_variant_builder_end (&rows);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-openmetrics.h"

#include <string.h>

#define PREFIX "culvert_"

/* How a field is called here; one that is not listed keeps its name in lower case. */
typedef struct
{
  const char *field;
  const char *name; /* without prefix, ends with the unit */
  const char *unit; /* "": none */
  double scale;     /* from the field to the unit */
  const char *help;
} CulvertMetric;

static const CulvertMetric metrics[] = {
  { "BytesSent", "kcp_sent_bytes", "bytes", 1, "Bytes given to KCP, after compression" },
  { "BytesReceived", "kcp_received_bytes", "bytes", 1, "Bytes taken from KCP, compressed" },
  { "MaxConn", "sessions_highest", "", 1, "Most sessions there were at once" },
  { "ActiveOpens", "sessions_dialled", "", 1, "Sessions begun by dialling" },
  { "PassiveOpens", "sessions_accepted", "", 1, "Sessions begun by a client" },
  { "CurrEstab", "sessions", "", 1, "Sessions there are" },
  { "InErrs", "in_foreign_packets", "", 1, "Packets from a foreign source" },
  { "InCsumErrors", "in_unauthenticated_packets", "", 1, "Packets that fail their check" },
  { "KCPInErrors", "in_malformed_packets", "", 1, "Packets KCP does not understand" },
  { "InPkts", "in_packets", "", 1, "Packets that passed their check" },
  { "OutPkts", "out_packets", "", 1, "Packets sent" },
  { "InSegs", "in_segments", "", 1, "KCP segments received" },
  { "OutSegs", "out_segments", "", 1, "KCP segments sent, of every kind" },
  { "InBytes", "in_bytes", "bytes", 1, "Bodies of the packets that passed their check" },
  { "OutBytes", "out_bytes", "bytes", 1, "UDP payload sent" },
  { "RetransSegs", "retransmitted_segments", "", 1, "Segments sent again" },
  { "FastRetransSegs", "retransmitted_fast_segments", "", 1, "Sent again: overtaken" },
  { "EarlyRetransSegs", "retransmitted_early_segments", "", 1, "Sent again: early" },
  { "LostSegs", "retransmitted_late_segments", "", 1, "Sent again: timed out" },
  { "RepeatSegs", "in_repeated_segments", "", 1, "Segments that were here already" },
  { "FECFullShards", "fec_full_groups", "", 1, "Groups that came without a gap" },
  { "FECParityShards", "fec_parity_packets", "", 1, "Parity packets received" },
  { "FECErrs", "fec_errors", "", 1, "Groups that could not be solved" },
  { "FECRecovered", "fec_recovered_packets", "", 1, "Packets rebuilt from parity" },
  { "FECShardSet", "fec_groups", "", 1, "Groups held" },
  { "FECShardMin", "fec_newest_group", "", 1, "Number of the newest group" },
  { "RingBufferSndQueue", "send_queue_segments", "", 1, "Segments that wait for the window" },
  { "RingBufferRcvQueue", "receive_queue_segments", "", 1, "Segments not read yet" },
  { "RingBufferSndBuffer", "in_flight_segments", "", 1, "Segments not acknowledged yet" },
  { "OOBPackets", "oob_packets", "", 1, "Out-of-band packets received" },
  { "PayloadSent", "payload_sent_bytes", "bytes", 1, "Payload of streams sent" },
  { "PayloadReceived", "payload_received_bytes", "bytes", 1, "Payload of streams received" },
  { "StreamsOpened", "streams_opened", "", 1, "Streams opened" },
  { "StreamsClosed", "streams_closed", "", 1, "Streams closed" },
  { "FECBytes", "fec_sent_bytes", "bytes", 1, "Parity sent" },
  { "RetransBytes", "retransmitted_bytes", "bytes", 1, "Payload sent again" },
  { "AckBytes", "ack_sent_bytes", "bytes", 1, "Acknowledgements sent" },
  { "PoolExhausted", "pool_exhausted", "", 1, "Times the memory limit was met" },
  { "SRTT", "rtt_seconds", "seconds", 1e-6, "Smoothed round trip, of the slowest session" },
  { "RTTVar", "rtt_deviation_seconds", "seconds", 1e-6, "Mean deviation of the round trip" },
  { "RTO", "rto_seconds", "seconds", 1e-6, "Retransmission timeout" },
  { "RemoteWindow", "remote_window_segments", "", 1, "Segments the peer takes" },
  { "Streams", "streams", "", 1, "Streams there are" },
};

char *
culvert_openmetrics_dup_snake (const char *name)
{
  GString *out = g_string_new (NULL);

  for (const char *p = name; *p != '\0'; p++)
    {
      /* A word begins with a capital behind a small letter, or in front of one. */
      if (p > name && g_ascii_isupper (*p)
          && (g_ascii_islower (p[-1]) || g_ascii_isdigit (p[-1]) || g_ascii_islower (p[1])))
        g_string_append_c (out, '_');
      g_string_append_c (out, g_ascii_isalnum (*p) ? g_ascii_tolower (*p) : '_');
    }
  return g_string_free (out, FALSE);
}

void
culvert_openmetrics_append_escaped (GString *out, const char *value)
{
  for (; *value != '\0'; value++)
    switch (*value)
      {
      case '\\':
        g_string_append (out, "\\\\");
        break;
      case '"':
        g_string_append (out, "\\\"");
        break;
      case '\n':
        g_string_append (out, "\\n");
        break;
      default:
        g_string_append_c (out, *value);
      }
}

static void
culvert_openmetrics_append_labels (GString *out, const CulvertFleetMember *member)
{
  g_string_append (out, "{tunnel=\"");
  culvert_openmetrics_append_escaped (out, member->name);
  g_string_append_printf (out, "\",role=\"%s\"",
                          member->role == CULVERT_ROLE_CLIENT ? "client" : "server");
}

static const CulvertMetric *
culvert_openmetrics_find (const char *field)
{
  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    if (g_str_equal (metrics[i].field, field))
      return &metrics[i];
  return NULL;
}

static void
culvert_openmetrics_append_value (GString *out, guint64 value, double scale)
{
  char buf[G_ASCII_DTOSTR_BUF_SIZE];

  if (scale == 1)
    g_string_append_printf (out, "%" G_GUINT64_FORMAT, value);
  else
    g_string_append (out, g_ascii_formatd (buf, sizeof buf, "%.9g", (double) value * scale));
}

static void
culvert_openmetrics_append_field (GString *out,
                                  CulvertFleet *fleet,
                                  guint field,
                                  CulvertStats *stats)
{
  const char *name = culvert_stats_field_name (field);
  const CulvertMetric *metric = culvert_openmetrics_find (name);
  g_autofree char *own_name = metric != NULL ? g_strdup (metric->name)
                                             : culvert_openmetrics_dup_snake (name);
  gboolean is_gauge = culvert_stats_field_is_gauge (field);

  g_string_append_printf (out, "# TYPE " PREFIX "%s %s\n", own_name,
                          is_gauge ? "gauge" : "counter");
  if (metric != NULL && metric->unit[0] != '\0')
    g_string_append_printf (out, "# UNIT " PREFIX "%s %s\n", own_name, metric->unit);
  g_string_append_printf (out, "# HELP " PREFIX "%s %s (%s).\n", own_name,
                          metric != NULL ? metric->help : "Counter", name);
  for (guint i = 0; i < culvert_fleet_get_n_members (fleet); i++)
    {
      CulvertFleetMember member;

      culvert_fleet_peek (fleet, i, &member);
      g_string_append_printf (out, PREFIX "%s%s", own_name, is_gauge ? "" : "_total");
      culvert_openmetrics_append_labels (out, &member);
      g_string_append (out, "} ");
      culvert_openmetrics_append_value (out, culvert_stats_get (&stats[i], field),
                                        metric != NULL ? metric->scale : 1);
      g_string_append_c (out, '\n');
    }
}

static void
culvert_openmetrics_append_state (GString *out, CulvertFleet *fleet)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (CULVERT_TYPE_TUNNEL_STATE);
  CulvertFleetMember member;

  g_string_append (out, "# TYPE " PREFIX "state stateset\n"
                        "# HELP " PREFIX "state What the tunnel is doing.\n");
  for (guint i = 0; i < culvert_fleet_get_n_members (fleet); i++)
    {
      CulvertTunnelState now;

      culvert_fleet_peek (fleet, i, &member);
      now = culvert_fleet_member_get_state (&member);
      for (guint j = 0; j < states->n_values; j++)
        {
          g_string_append (out, PREFIX "state");
          culvert_openmetrics_append_labels (out, &member);
          g_string_append_printf (out, "," PREFIX "state=\"%s\"} %d\n",
                                  states->values[j].value_nick,
                                  states->values[j].value == (int) now);
        }
    }
  g_string_append (out, "# TYPE " PREFIX "connected gauge\n"
                        "# HELP " PREFIX "connected Whether the peer answers.\n");
  for (guint i = 0; i < culvert_fleet_get_n_members (fleet); i++)
    {
      culvert_fleet_peek (fleet, i, &member);
      g_string_append (out, PREFIX "connected");
      culvert_openmetrics_append_labels (out, &member);
      g_string_append_printf (
          out, "} %d\n", culvert_fleet_member_get_state (&member) == CULVERT_TUNNEL_CONNECTED);
    }
}

char *
culvert_openmetrics_dup (CulvertFleet *fleet)
{
  GString *out = g_string_new ("# TYPE " PREFIX "build info\n"
                               "# HELP " PREFIX "build Version of the program.\n"
                               PREFIX "build_info{version=\"" CULVERT_VERSION "\"} 1\n");
  guint n = culvert_fleet_get_n_members (fleet);
  g_autofree CulvertStats *stats = g_new0 (CulvertStats, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    {
      CulvertFleetMember member;

      culvert_fleet_peek (fleet, i, &member);
      if (member.tunnel != NULL)
        culvert_tunnel_sample (member.tunnel, &stats[i]);
    }
  culvert_openmetrics_append_state (out, fleet);
  for (guint field = 0; field < culvert_stats_n_fields (); field++)
    culvert_openmetrics_append_field (out, fleet, field, stats);
  g_string_append (out, "# EOF\n");
  return g_string_free (out, FALSE);
}

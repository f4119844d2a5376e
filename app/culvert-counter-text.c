/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-counter-text.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  const char *name;
  CulvertCounterUnit unit;
  const char *meaning; /* not translated yet */
} CulvertCounterText;

#define NUMBER CULVERT_COUNTER_UNIT_NONE
#define BYTES CULVERT_COUNTER_UNIT_BYTES
#define TIME CULVERT_COUNTER_UNIT_MICROSECONDS
#define RATE CULVERT_COUNTER_UNIT_BYTES_PER_SECOND
#define PPM CULVERT_COUNTER_UNIT_PPM

static const CulvertCounterText texts[] = {
  { "BytesSent", BYTES, N_ ("Data given to KCP for sending, after compression") },
  { "BytesReceived", BYTES, N_ ("Data that KCP delivered, still compressed") },
  { "MaxConn", NUMBER, N_ ("The most sessions there were at once") },
  { "ActiveOpens", NUMBER, N_ ("Sessions this end began") },
  { "PassiveOpens", NUMBER, N_ ("Sessions a client began") },
  { "CurrEstab", NUMBER, N_ ("Sessions there are now") },
  { "InErrs", NUMBER, N_ ("Packets from an address that is not the peer’s") },
  { "InCsumErrors", NUMBER,
    N_ ("Packets that failed their check: damaged, or another key or cipher") },
  { "KCPInErrors", NUMBER, N_ ("Packets that passed their check and are no valid KCP") },
  { "InPkts", NUMBER, N_ ("Packets received that passed their check") },
  { "OutPkts", NUMBER, N_ ("Packets sent") },
  { "InSegs", NUMBER, N_ ("KCP segments received; a packet may hold several") },
  { "OutSegs", NUMBER, N_ ("KCP segments sent, with acknowledgements and resends") },
  { "InBytes", BYTES, N_ ("UDP payload received") },
  { "OutBytes", BYTES, N_ ("UDP payload sent") },
  { "RetransSegs", NUMBER, N_ ("Segments sent again, for whatever reason") },
  { "FastRetransSegs", NUMBER,
    N_ ("Segments sent again early because later ones were acknowledged first") },
  { "EarlyRetransSegs", NUMBER, N_ ("Segments sent again early because nothing else was waiting") },
  { "LostSegs", NUMBER, N_ ("Segments sent again because their time ran out") },
  { "RepeatSegs", NUMBER, N_ ("Segments that came although they were here already") },
  { "FECFullShards", NUMBER, N_ ("Groups of error correction that came without a gap") },
  { "FECParityShards", NUMBER, N_ ("Parity packets received") },
  { "FECErrs", NUMBER, N_ ("Groups of error correction that could not be solved") },
  { "FECRecovered", NUMBER, N_ ("Lost packets that parity brought back") },
  { "FECShardSet", NUMBER, N_ ("Groups of error correction held for packets still missing") },
  { "FECShardMin", NUMBER, N_ ("Number of the newest group of error correction") },
  { "RingBufferSndQueue", NUMBER, N_ ("Segments that wait for room in the send window") },
  { "RingBufferRcvQueue", NUMBER, N_ ("Segments received in order and not read yet") },
  { "RingBufferSndBuffer", NUMBER, N_ ("Segments under way and not acknowledged yet") },
  { "OOBPackets", NUMBER, N_ ("Out-of-band packets received") },
  { "PayloadSent", BYTES, N_ ("Data of connections sent, before compression") },
  { "PayloadReceived", BYTES, N_ ("Data of connections received, after decompression") },
  { "StreamsOpened", NUMBER, N_ ("Connections opened through the tunnel") },
  { "StreamsClosed", NUMBER, N_ ("Connections closed again") },
  { "FECBytes", BYTES, N_ ("Parity sent: what error correction costs") },
  { "RetransBytes", BYTES, N_ ("Data sent again: what losses cost") },
  { "AckBytes", BYTES, N_ ("Acknowledgements sent") },
  { "SpuriousRetransSegs", NUMBER,
    N_ ("Segments sent again for nothing: the first copy had arrived") },
  { "CopyBytes", BYTES, N_ ("Data copied because a program read slowly") },
  { "PoolExhausted", NUMBER, N_ ("Times the memory limit was met") },
  { "Strangers", NUMBER, N_ ("Addresses that sent something and have no session") },
  { "StrangerPkts", NUMBER, N_ ("Packets from such addresses that failed their check") },
  { "SRTT", TIME, N_ ("Round trip, smoothed, of the slowest session") },
  { "RTTVar", TIME, N_ ("How much the round trip varies") },
  { "RTO", TIME, N_ ("How long a segment waits for its acknowledgement before it is resent") },
  { "RemoteWindow", NUMBER, N_ ("Segments the peer has room for") },
  { "Streams", NUMBER, N_ ("Connections open now") },
  { "PacingRate", RATE, N_ ("How fast packets leave at most") },
  { "Bandwidth", RATE, N_ ("What the path delivers, as measured") },
  { "MinRTT", TIME, N_ ("The shortest round trip lately: the path without its queues") },
  { "LossPPM", PPM, N_ ("Share of the segments that get lost on the way to the peer") },
  { "FECDataShards", NUMBER, N_ ("Data packets in a group of error correction now") },
  { "FECParityOfGroup", NUMBER, N_ ("Parity packets in a group of error correction now") },
  { "FECLossPPM", PPM, N_ ("Share of lost packets the error correction adapts to") },
};

static const CulvertCounterText *
culvert_counter_text_find (guint field)
{
  const char *name = culvert_stats_field_name (field);

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (texts[i].name, name))
      return &texts[i];
  return NULL;
}

const char *
culvert_counter_text_get_meaning (guint field)
{
  const CulvertCounterText *text = culvert_counter_text_find (field);

  return text != NULL ? _(text->meaning) : NULL;
}

CulvertCounterUnit
culvert_counter_text_get_unit (guint field)
{
  const CulvertCounterText *text = culvert_counter_text_find (field);

  return text != NULL ? text->unit : CULVERT_COUNTER_UNIT_NONE;
}

guint64
culvert_counter_text_since (const CulvertStats *base, const CulvertStats *now, guint field)
{
  guint64 value = culvert_stats_get (now, field);
  guint64 before;

  if (base == NULL || culvert_stats_field_is_gauge (field))
    return value;
  before = culvert_stats_get (base, field);
  return value > before ? value - before : 0;
}

char *
culvert_counter_text_dup_plain (const CulvertStats *base, const CulvertStats *now)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    g_string_append_printf (text, "%s %" G_GUINT64_FORMAT "\n", culvert_stats_field_name (i),
                            culvert_counter_text_since (base, now, i));
  return g_string_free (text, FALSE);
}

char *
culvert_counter_text_dup_csv (const CulvertStats *base, const CulvertStats *now, gint64 unix_time)
{
  GString *head = g_string_new ("Unix");
  g_autoptr (GString) values = g_string_new (NULL);

  g_string_append_printf (values, "%" G_GINT64_FORMAT, unix_time);
  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    {
      g_string_append_printf (head, ",%s", culvert_stats_field_name (i));
      g_string_append_printf (values, ",%" G_GUINT64_FORMAT,
                              culvert_counter_text_since (base, now, i));
    }
  g_string_append_printf (head, "\n%s\n", values->str);
  return g_string_free (head, FALSE);
}

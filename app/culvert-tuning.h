/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Human answers -> settings, and settings -> human units. Pure functions. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

#define CULVERT_TUNING_ASSUMED_RTT_MS 150.0

typedef enum
{
  CULVERT_TUNING_INTERACTIVE, /* shells, games, calls: delay counts */
  CULVERT_TUNING_BROWSING,    /* a bit of everything */
  CULVERT_TUNING_BULK,        /* transfers: speed counts */
  CULVERT_TUNING_LOW_POWER,   /* a router or a phone: processor, memory and data count */
  CULVERT_TUNING_N_USES
} CulvertTuningUse;

typedef struct
{
  CulvertTuningUse use;
  double down_mbit; /* of this end's line; 0: unknown */
  double up_mbit;
  double rtt_ms;    /* measured, or 0: CULVERT_TUNING_ASSUMED_RTT_MS */
  double loss;      /* share of packets lost, 0 to 1; negative: unknown */
} CulvertTuningAnswers;

/* What the answers mean for this end: a{sv} of mode, mtu, sndwnd, rcvwnd, datashard, parityshard,
 * smuxbuf, streambuf, sockbuf, nocomp and where needed others. (transfer full) */
CULVERT_AVAILABLE GVariant *culvert_tuning_derive (const CulvertTuningAnswers *answers);
/* Writes them into the profile, all else as it was; keeps what must match the peer (nocomp)
 * unless new_pair says that the peer will be set up from this profile. */
CULVERT_AVAILABLE void culvert_tuning_apply (const CulvertTuningAnswers *answers,
                                             gboolean new_pair,
                                             CulvertProfile *profile);

/* The reverse: what the settings can carry. */
typedef struct
{
  double up_mbit;        /* payload, at most, by the send window */
  double down_mbit;      /* by the receive window */
  double stream_mbit;    /* one connection, by streambuf (smuxver 2) */
  double overhead;       /* wire bytes per payload byte without loss, 1.34 */
  double fec_share;      /* of it, 0.22 */
  double fec_loss;       /* highest share of lost packets the parity makes good, 0 to 1 */
  guint payload_len;     /* bytes of KCP payload in a packet */
  guint64 memory_bytes;  /* of full windows in both directions */
  double min_delay_ms;   /* mean delay added by the flush interval */
} CulvertTuningEffect;

/* rtt_ms 0: assumed. Settings that are out of range count as the nearest allowed value. */
CULVERT_AVAILABLE void culvert_tuning_explain (CulvertProfile *profile,
                                               double rtt_ms,
                                               CulvertTuningEffect *out_effect);
/* "up to 23 Mbit/s at 150 ms" for the rows sndwnd, rcvwnd, streambuf, smuxbuf; "makes good up to
 * 7 % loss, costs 30 % more data" for datashard, parityshard; the like for mtu, mode, ratelimit;
 * NULL for the others. (transfer full) (nullable) */
CULVERT_AVAILABLE char *culvert_tuning_dup_effect (CulvertProfile *profile,
                                                   CulvertSettingId id,
                                                   double rtt_ms);

/* One sentence for the whole, "Up to 23 Mbit/s down and 6 Mbit/s up at 150 ms, 34 % more data".
 * (transfer full) */
CULVERT_AVAILABLE char *culvert_tuning_dup_summary (CulvertProfile *profile, double rtt_ms);

/* Payload Mbit/s of a window of n packets. */
CULVERT_AVAILABLE double culvert_tuning_window_to_mbit (guint n_packets,
                                                        guint payload_len,
                                                        double rtt_ms);
/* Packets that fill the line, without head room, at least 1. */
CULVERT_AVAILABLE guint culvert_tuning_mbit_to_window (double mbit,
                                                       guint payload_len,
                                                       double rtt_ms);
/* Bytes of KCP payload that fit in one packet with the profile's MTU, cipher and FEC. */
CULVERT_AVAILABLE guint culvert_tuning_payload_len (CulvertProfile *profile);

/* "Interactive" and so on, translated; and what it is for. */
CULVERT_AVAILABLE const char *culvert_tuning_use_get_title (CulvertTuningUse use);
CULVERT_AVAILABLE const char *culvert_tuning_use_get_subtitle (CulvertTuningUse use);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* smux 1 and 2, WIRE.md section 8: frame parser, stream table, windows, control frames.
 *
 * Pure; knows nothing of what carries its bytes. Payload is not copied here: the parser
 * lends runs of payload to the session, and what the session sends it announces with
 * culvert_smux_psh_header. Control frames (SYN, FIN, UPD, NOP) are pulled one by one, in the order
 * required: SYN before any data of its stream, FIN after all data announced before it.
 * Frames of an unknown id are skipped. */
#pragma once

#include "culvert-base.h"
#include "culvert-counters.h"
#include "culvert-list.h"

#define CULVERT_SMUX_HEADER 8
#define CULVERT_SMUX_FRAME_MAX 65535
#define CULVERT_SMUX_CONTROL_MAX 16   /* longest control frame: UPD */
#define CULVERT_SMUX_INITIAL_WINDOW 262144
#define CULVERT_SMUX_KEEPALIVE_TIMEOUT (30 * CULVERT_SEC)

typedef struct _CulvertSmux CulvertSmux;
typedef struct _CulvertStream CulvertStream;

typedef struct
{
  int version;            /* 1 or 2 */
  bool is_client;         /* opens streams with odd ids from 3 on */
  uint32_t smuxbuf;       /* receive tokens of the session, bytes */
  uint32_t streambuf;     /* window announced per stream, bytes (version 2) */
  uint32_t update_parts;  /* 1/update_parts of the window is given back at once; 0: half of it */
  uint32_t framesize;     /* largest PSH payload sent, 1..65535 */
  CulvertTime keepalive;  /* between NOPs, µs */
  uint32_t phase;         /* any number: clients of different ones speak at different times */
  uint32_t max_streams;   /* streams of this session at once; a SYN above it is answered with FIN */
} CulvertSmuxConfig;

/* counters: borrowed; streams_opened and streams_closed are kept here, payload by the session. */
CulvertSmux *culvert_smux_new (const CulvertSmuxConfig *config,
                               CulvertCounters *counters,
                               CulvertTime now);

/* Frees the streams too, without a word to the peer. */
void culvert_smux_free (CulvertSmux *smux);

/* -- receiving ---------------------------------------------------------------- */

typedef struct
{
  CulvertStream *stream; /* whose payload it is, NULL when there is none to deliver */
  uint8_t *data;         /* inside what was given to parse */
  size_t len;
} CulvertSmuxRun;

/* Parses from data, up to the end of at most one run of payload. Returns the bytes taken (> 0 when
 * len > 0 and tokens are left). A run takes receive tokens; the session gives them back
 * with culvert_smux_returned. Streams that opened or finished are then found with
 * culvert_smux_next_changed.
 * Codes: CULVERT_E_AGAIN (receive tokens are spent: stop reading), CULVERT_E_PROTOCOL. */
int culvert_smux_parse (CulvertSmux *smux,
                        uint8_t *data,
                        size_t len,
                        CulvertSmuxRun *out_run,
                        CulvertTime now) CULVERT_WARN_UNUSED;

/* The application took len bytes of the stream: tokens return, an UPD may become due. */
void culvert_smux_returned (CulvertSmux *smux, CulvertStream *stream, size_t len);

/* Receive tokens left; reading stops at 0 or below. Also 0 while too many of our FINs wait to be
 * pulled, so try again to read after pulling control frames. */
int64_t culvert_smux_tokens (const CulvertSmux *smux);

/* The peer sent more than the window granted to this stream (version 2): its violation, the session
 * may close the stream. Never true of a peer that keeps to the protocol. */
bool culvert_smux_is_overrun (const CulvertSmux *smux, const CulvertStream *stream);

/* -- streams ------------------------------------------------------------------ */

/* Opens a stream (SYN becomes due). NULL when ids or max_streams are used up. */
CulvertStream *culvert_smux_open (CulvertSmux *smux);

/* Local close: FIN becomes due behind what was announced, the stream leaves the table and
 * its tokens return. The stream is freed; the caller drops its pointer. */
void culvert_smux_close (CulvertSmux *smux, CulvertStream *stream);

/* Payload bytes that may be announced now: min of the peer's window (version 2) and framesize.
 * 0: wait. Negative: CULVERT_E_PROTOCOL (peer misbehaves) or CULVERT_E_DISCARD (FIN received:
 * writes fail). */
int64_t culvert_smux_allowance (const CulvertSmux *smux, const CulvertStream *stream);

/* Total the peer's window allows, not cut to framesize; same codes. */
int64_t culvert_smux_window (const CulvertSmux *smux, const CulvertStream *stream);

/* Writes the header of a PSH frame of len bytes (1..framesize) and accounts them. All control
 * frames due of this stream (SYN) must have been pulled before. */
void culvert_smux_psh_header (CulvertSmux *smux,
                              CulvertStream *stream,
                              size_t len,
                              uint8_t header[CULVERT_SMUX_HEADER]);

/* Next control frame due, into buf; returns its length, 0 when there is none. */
size_t culvert_smux_next_control (CulvertSmux *smux, uint8_t buf[CULVERT_SMUX_CONTROL_MAX]);
bool culvert_smux_has_control (const CulvertSmux *smux);

/* Next stream on which something changed since it was last returned, or NULL; what changed is a
 * set of CulvertStreamChange. O(1), no allocation. A stream closed meanwhile is never returned. */
typedef enum
{
  CULVERT_STREAM_OPENED = 1 << 0,   /* the peer opened it */
  CULVERT_STREAM_FINISHED = 1 << 1, /* FIN of the peer: the last payload was delivered */
  CULVERT_STREAM_WINDOW = 1 << 2,   /* the peer's window opened after it had been shut */
} CulvertStreamChange;

CulvertStream *culvert_smux_next_changed (CulvertSmux *smux, unsigned *out_changes);

/* -- time ---------------------------------------------------------------------- */

/* Next keep-alive or time-out check, on whole seconds of the clock: a check is up to a second
 * later, the first NOP up to a second earlier than set, so that none comes late. */
CulvertTime culvert_smux_deadline (const CulvertSmux *smux);

/* A NOP becomes due now, besides the regular ones. */
void culvert_smux_say_nop (CulvertSmux *smux);

/* Runs what is due. Codes: CULVERT_E_FATAL (no frame for 30 s: the peer is dead). */
int culvert_smux_advance (CulvertSmux *smux, CulvertTime now) CULVERT_WARN_UNUSED;

uint32_t culvert_smux_n_streams (const CulvertSmux *smux);
int culvert_smux_version (const CulvertSmux *smux);

/* Another version (1 or 2) than configured; before anything was parsed, announced or pulled. */
void culvert_smux_set_version (CulvertSmux *smux, int version);

/* First stream of the table, and the one after it; NULL at the end. Any order. */
CulvertStream *culvert_smux_first_stream (CulvertSmux *smux);
CulvertStream *culvert_smux_next_stream (CulvertSmux *smux, CulvertStream *stream);

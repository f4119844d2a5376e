/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One peer: the stack KCP, FEC, cipher, compression, smux in its order (WIRE.md 1).
 *
 * Sans-I/O and without callbacks: datagrams, time and random bytes come in, packets and events
 * are pulled out, so the core is never re-entered. One worker owns a session for life.
 *
 *   datagram → input ─┐                          ┌→ next_event (opened, readable, writable, …)
 *                     ├ the session's own state ─┤
 *   advance (now)   ──┘                          └→ output → TX batch
 *
 * Round of the owner: input of all datagrams of the batch; advance when the deadline has passed;
 * next_event until none is left, serving each; output until it returns 0 or the batch is full; then
 * deadline tells when to come back.
 *
 * Nothing is negotiated between the ends. A session that detects (servers; the client speaks
 * first) sends nothing until the peer's first bytes have told compression and smux version, and
 * then uses these.
 *
 * Streams. Reading: on READABLE peek, write to the socket, consume; when the reader cannot
 * take all, call culvert_session_park: the rest moves to the stream's bounded backlog, and peek
 * goes on from there. Writing: reserve, read from the socket into the spans, commit. reserve gives
 * nothing when the send window or the peer's stream window is full; WRITABLE follows when that
 * ends. */
#pragma once

#include "culvert-base.h"
#include "culvert-cipher.h"
#include "culvert-counters.h"
#include "culvert-fec.h"
#include "culvert-kcp.h"
#include "culvert-packet.h"
#include "culvert-pool.h"
#include "culvert-qpp.h"
#include "culvert-rng.h"
#include "culvert-smux.h"
#include "culvert-smux-stream.h"

#include <sys/uio.h>

typedef struct _CulvertSession CulvertSession;

/* Spans that reserve and peek fill at the most. */
#define CULVERT_SESSION_MAX_SPANS 192

/* What the sessions of one worker share; all borrowed. */
typedef struct
{
  CulvertBudget *budget;
  CulvertPool *packets;   /* CULVERT_PACKET_SLOT */
  CulvertPool *segments;  /* CULVERT_KCP_SEGMENT_SLOT */
  CulvertPool *chunks;    /* backlog of slow readers */
  CulvertRng *rng;        /* nonces */
  uint8_t *scratch;       /* CULVERT_SESSION_SCRATCH bytes, used within one call only */
} CulvertSessionResources;

#define CULVERT_SESSION_SCRATCH (256 * 1024)

/* Settings of a session; borrowed for the call of new, except code, pads, cipher. */
typedef struct
{
  bool is_client;
  bool compress;              /* !nocomp */
  bool detects;               /* server: takes compression and smux version from what comes */
  CulvertCipher *cipher;      /* of this worker and tunnel; borrowed, outlives the session */
  CulvertFecCode *fec;        /* sender's shards, NULL: off; the session takes a reference */
  bool fec_adaptive;          /* fec is only what it begins with */
  CulvertQppPads *qpp;        /* NULL: off; the session takes a reference */
  unsigned fec_ds, fec_ps;    /* first assumption of the decoder; 0, 0: none */
  CulvertKcpConfig kcp;       /* conv included; mtu by culvert_session_kcp_mtu */
  CulvertSmuxConfig smux;
  unsigned mtu;               /* bytes of a packet that kcp.mtu stands for; 0: do not search */
  unsigned mtu_passes;        /* begin with this one, and look whether a larger one passes */
  unsigned mtu_fails;         /* known not to pass, so do not look for a while; 0: nothing known */
} CulvertSessionConfig;

/* KCP mtu for a -mtu value, WIRE.md 3; *out_accepted false when the value was too small and 1400
 * was used instead. */
uint32_t
culvert_session_kcp_mtu (int mtu, unsigned cipher_overhead, bool has_fec, bool *out_accepted);

/* counters: the session takes a reference. Never NULL. */
CulvertSession *culvert_session_new (const CulvertSessionConfig *config,
                                     const CulvertSessionResources *resources,
                                     CulvertCounters *counters,
                                     CulvertTime now);

/* Frees at once and says nothing to the peer; streams the user still holds are gone. */
void culvert_session_free (CulvertSession *session);

/* -- the five entries ----------------------------------------------------------- */

/* Takes one datagram, decrypts it in place; borrowed for the call. Counts what it drops.
 * Codes: CULVERT_E_DISCARD, CULVERT_E_CHECK (not authenticated), or fatal. */
int culvert_session_input (CulvertSession *session, uint8_t *datagram, size_t len, CulvertTime now)
    CULVERT_WARN_UNUSED;

/* Same for a body that the listener has already unprotected (it had to look at conv). */
int culvert_session_input_body (CulvertSession *session, uint8_t *body, size_t len, CulvertTime now)
    CULVERT_WARN_UNUSED;

/* Moves packets due into the batch until it is full or nothing is due; packet->dest is set to
 * what culvert_session_set_dest said. Returns the number added. */
unsigned culvert_session_output (CulvertSession *session, CulvertTxBatch *batch, CulvertTime now);

/* When advance must be called; not after now: at once. CULVERT_TIME_NEVER is not returned
 * while the session lives (keep-alive). */
CulvertTime culvert_session_deadline (const CulvertSession *session);

/* Runs timers. Codes: fatal ones (peer dead). */
int culvert_session_advance (CulvertSession *session, CulvertTime now) CULVERT_WARN_UNUSED;

typedef enum
{
  CULVERT_EVENT_OPENED = 1 << 0,   /* the peer opened a stream */
  CULVERT_EVENT_READABLE = 1 << 1, /* peek has bytes */
  CULVERT_EVENT_FINISHED = 1 << 2, /* the peer sent FIN and everything before it was consumed */
  CULVERT_EVENT_WRITABLE = 1 << 3, /* reserve may give room again (after it gave none) */
} CulvertEventKind;

typedef struct
{
  CulvertStream *stream; /* NULL with WRITABLE: the session as a whole has room again */
  unsigned kinds;        /* set of CulvertEventKind */
} CulvertEvent;

/* Next event; false when there is none. Processes received bytes as far as needed, so
 * it may find the stream dead: *out_error is then a fatal code (else CULVERT_OK). */
bool culvert_session_next_event (CulvertSession *session,
                                 CulvertEvent *out_event,
                                 int *out_error,
                                 CulvertTime now);

/* -- streams --------------------------------------------------------------------- */

/* NULL when no stream can be opened (ids or the cap). */
CulvertStream *culvert_session_open_stream (CulvertSession *session, CulvertTime now);

/* Sends FIN behind what was committed; the stream pointer is dead afterwards. */
void culvert_session_close_stream (CulvertSession *session, CulvertStream *stream);

/* Spans to read at most want bytes into (no copy when compression is off). Returns the
 * number of spans, *out_len their sum; 0: wait for WRITABLE. Negative codes: CULVERT_E_DISCARD
 * (FIN received: writing fails), CULVERT_E_PROTOCOL. commit must follow before any other call. */
int culvert_session_reserve (CulvertSession *session,
                             CulvertStream *stream,
                             size_t want,
                             struct iovec *spans,
                             unsigned max,
                             size_t *out_len) CULVERT_WARN_UNUSED;

/* The first len bytes of the reserved space are to be sent; 0 gives the space back. */
void culvert_session_commit (CulvertSession *session, CulvertStream *stream, size_t len);

/* Received bytes of the stream, oldest first; returns the number of spans. Valid until the
 * next call on the session. */
unsigned culvert_session_peek (CulvertSession *session,
                               CulvertStream *stream,
                               struct iovec *spans,
                               unsigned max);

/* The application took len bytes. */
void culvert_session_consume (CulvertSession *session, CulvertStream *stream, size_t len);

/* The reader takes nothing more for now: what peek shows moves to the stream's backlog (within its
 * bound) so that other streams go on. Call peek again when the socket is writable. */
void culvert_session_park (CulvertSession *session, CulvertStream *stream);

/* Bytes received and not consumed. */
size_t culvert_session_unread (const CulvertSession *session, const CulvertStream *stream);

/* -- rest -------------------------------------------------------------------------- */

void culvert_session_set_dest (CulvertSession *session, const void *dest);
void culvert_session_set_user (CulvertSession *session, void *user);
void *culvert_session_get_user (const CulvertSession *session);

/* First stream and the one after it; NULL at the end. */
CulvertStream *culvert_session_first_stream (CulvertSession *session);
CulvertStream *culvert_session_next_stream (CulvertSession *session, CulvertStream *stream);
uint32_t culvert_session_n_streams (const CulvertSession *session);

/* No byte queued, in flight, or to be acknowledged: flushed. */
bool culvert_session_is_flushed (const CulvertSession *session);

/* Last authenticated packet of the peer; 0 before the first. */
CulvertTime culvert_session_last_heard (const CulvertSession *session);

/* When the peer last gave which sign of life; 0: never. Packets that FEC rebuilt do not count. */
typedef struct
{
  CulvertTime agreed_at;       /* a packet of this conversation */
  CulvertTime answered_at;     /* one that shows that what we send arrives */
  CulvertTime contradicted_at; /* one that denies what the peer had received before */
  unsigned n_contradictions;   /* since the last that agreed */
} CulvertVitals;

const CulvertVitals *culvert_session_vitals (const CulvertSession *session);

/* Speaks first: a heartbeat is due at once, whose acknowledgement tells the round trip. */
void culvert_session_greet (CulvertSession *session);

/* What the peer's byte stream is, by its first bytes. */
typedef struct
{
  bool is_known;      /* a byte of it has come */
  bool is_compressed;
  int smux_version;   /* 1 or 2; 0: not seen (compressed), or neither */
} CulvertPeerFormat;

void culvert_session_get_peer_format (const CulvertSession *session, CulvertPeerFormat *out_format);

/* How large packets may be, in bytes of datagrams. All 0 when the session does not search. */
typedef struct
{
  unsigned configured;
  unsigned passes;     /* largest that is used */
  unsigned fails;      /* smallest known to be lost, 0: none */
  bool is_settled;     /* the search has ended */
} CulvertSessionMtu;

void culvert_session_get_mtu (const CulvertSession *session, CulvertSessionMtu *out_mtu);

/* Whether the oldest segment is lost again and again although smaller packets pass: then nothing
 * behind it can be delivered and the session is to be replaced by one with smaller packets. Asks
 * the peer for a sign of life when there is none. */
bool culvert_session_is_size_stuck (CulvertSession *session, CulvertTime now);

CulvertKcp *culvert_session_kcp (CulvertSession *session);
CulvertCounters *culvert_session_counters (CulvertSession *session);

/* Stores the gauges into the counter block (once per wake) and gives back what an idle session does
 * not need. */
void culvert_session_publish (CulvertSession *session);
void culvert_session_trim (CulvertSession *session);

/* (conv, sn) of an unprotected body, WIRE.md 6.3. */
typedef enum
{
  CULVERT_BODY_DROP,    /* malformed */
  CULVERT_BODY_UNKNOWN, /* for an existing session only */
  CULVERT_BODY_KNOWN,   /* conv and sn are set */
} CulvertBodyKind;

/* Whether the body is, from end to end, what a session sends; for bodies that nothing
 * authenticates. Parity cannot be judged: false. */
bool culvert_session_is_plausible (const uint8_t *body, size_t len);

CulvertBodyKind
culvert_session_classify (const uint8_t *body, size_t len, uint32_t *out_conv, uint32_t *out_sn);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* KCP: the ARQ core, WIRE.md section 5. Knows no layer above or below.
 *
 * Pure state machine on one worker: time comes in as CulvertTime (µs) and the 32-bit
 * millisecond clock of the wire is derived from it in one function. Packets are pulled:
 *
 *   input → (one or more packets of a receive batch)
 *   flush → decides: moves queued segments into the window, collects what is due
 *   output → builds the next packet; repeat until it returns 0
 *
 * What output was not asked for stays due, in order: back-pressure loses nothing. In-flight
 * and out-of-order segments live in rings indexed by sn, so an ack, a duplicate test and a
 * una advance cost O(1); segments due by time sit in lists ordered by deadline; no call
 * scans a window. Segments are pool slots that hold up to mss bytes of the byte stream
 * (stream mode only; frg is always 0 on sending and handled on receiving).
 *
 * Memory: an idle KCP (nothing queued, in flight or unread) holds no segment and no ring
 * after culvert_kcp_trim. */
#pragma once

#include "culvert-base.h"
#include "culvert-counters.h"
#include "culvert-pool.h"

#include <sys/uio.h>

#define CULVERT_KCP_OVERHEAD 24
#define CULVERT_KCP_MTU_MIN 50
#define CULVERT_KCP_MSS_MAX (1500 - CULVERT_KCP_OVERHEAD)
/* Slot size of the segment pool. */
#define CULVERT_KCP_SEGMENT_SLOT 1600
/* Window sizes are limited to what the 16-bit wnd field can say, WIRE.md 16 item 17. */
#define CULVERT_KCP_WINDOW_MAX 65535

typedef struct _CulvertKcp CulvertKcp;

/* How losses are found. All of it is the sender's free choice, WIRE.md 17. */
typedef enum
{
  CULVERT_KCP_RECOVERY_REFERENCE, /* as kcptun: acknowledgements that pass over, timers */
  CULVERT_KCP_RECOVERY_TIME,      /* in the spirit of RACK, by the time since transmission */
} CulvertKcpRecovery;

/* How fast new segments leave; with CULVERT_KCP_RECOVERY_TIME only. */
typedef enum
{
  CULVERT_KCP_PACING_OFF,   /* as fast as the windows allow */
  CULVERT_KCP_PACING_AUTO,  /* at the rate the path was seen to deliver */
  CULVERT_KCP_PACING_FIXED, /* at pacing_rate */
} CulvertKcpPacing;

typedef struct
{
  uint32_t conv;
  uint32_t mtu;        /* bytes of a KCP packet: after cipher and FEC overhead, WIRE.md 3 */
  uint32_t sndwnd;     /* segments, 1..65535 */
  uint32_t rcvwnd;     /* segments, 1..65535 */
  int nodelay;         /* 0: min RTO 100 ms, linear back-off; else 30 ms, half */
  int interval_ms;     /* clamped to 10..5000 */
  int resend;          /* fast retransmit threshold, 0 off */
  bool no_cwnd;        /* nc: no congestion window */
  bool ack_no_delay;   /* acknowledgements leave with the wake that caused them */
  CulvertKcpRecovery recovery;
  CulvertKcpPacing pacing;
  uint64_t pacing_rate; /* bytes per second, overhead included */
  bool be_nice;         /* backs off as soon as the RTT grows */
  bool repeat_small;    /* sparse small segments leave more than once where losses are expected */
} CulvertKcpConfig;

/* pool: slots of CULVERT_KCP_SEGMENT_SLOT bytes; budget for the rings; counters: single
 * writer. All borrowed, outlive the KCP. Never NULL for a valid config. */
CulvertKcp *culvert_kcp_new (const CulvertKcpConfig *config,
                             CulvertPool *pool,
                             CulvertCounters *counters,
                             CulvertTime now);
void culvert_kcp_free (CulvertKcp *kcp);

/* Hot settings: windows, mode. conv and mtu must be unchanged. */
void culvert_kcp_configure (CulvertKcp *kcp, const CulvertKcpConfig *config);

uint32_t culvert_kcp_mss (const CulvertKcp *kcp);
uint32_t culvert_kcp_conv (const CulvertKcp *kcp);

/* -- receiving ---------------------------------------------------------------- */

/* Takes one KCP packet (a run of segments). recovered: rebuilt by FEC; it must not touch the
 * remote window, the RTT, or the repeat counter. data is borrowed for the call. Counts
 * in_segs, repeat_segs. Segments before a malformed one keep their effect.
 * Codes: CULVERT_E_DISCARD (malformed or foreign conv, caller counts kcp_in_errors),
 * CULVERT_E_NOMEM (some payload could not be stored and was not acknowledged). */
int culvert_kcp_input (CulvertKcp *kcp,
                       const uint8_t *data,
                       size_t len,
                       bool recovered,
                       CulvertTime now) CULVERT_WARN_UNUSED;

/* Packets of the peer may be missing between the last one and the next. */
void culvert_kcp_tear (CulvertKcp *kcp);

/* What the last packet given to culvert_kcp_input says about the peer; 0 for recovered and
 * malformed ones. */
typedef enum
{
  CULVERT_KCP_TIDINGS_AGREES = 1 << 0,  /* its una is not behind what the peer acknowledged before,
                                           nor beyond what was sent */
  CULVERT_KCP_TIDINGS_ANSWERS = 1 << 1, /* agrees, and acknowledges something new or tells its
                                           window: what we send arrives */
} CulvertKcpTidings;

unsigned culvert_kcp_tidings (const CulvertKcp *kcp);

/* Lends at most max spans of the in-order bytes, oldest first, starting skip bytes after
 * the read position; the bytes are writable (the stream cipher works in place). Returns the
 * number of spans. Valid until the next call that is not peek or readable. */
unsigned culvert_kcp_peek (CulvertKcp *kcp, size_t skip, struct iovec *spans, unsigned max);

/* Drops the oldest len in-order bytes. Opens the window; a WINS becomes due when the
 * queue was full. */
void culvert_kcp_consume (CulvertKcp *kcp, size_t len);

/* In-order bytes not consumed yet. */
size_t culvert_kcp_readable (const CulvertKcp *kcp);

/* -- sending ------------------------------------------------------------------ */

/* When the oldest segment in flight was first sent; CULVERT_TIME_NEVER: there is none. */
CulvertTime culvert_kcp_unacked_since (const CulvertKcp *kcp);

/* The retransmission time-out in µs. */
CulvertTime culvert_kcp_rto (const CulvertKcp *kcp);

/* Bytes that may be queued now: 0 while segments queued and in flight reach
 * the send window (or the bound set by culvert_kcp_set_send_limit). A caller may overshoot
 * by one smux frame. */
size_t culvert_kcp_send_room (const CulvertKcp *kcp);

/* Lends up to want bytes of free payload space behind what is queued: first the rest of
 * the last queued, not yet numbered segment, then fresh segments. Returns the number of
 * spans; *out_len their sum (less than want when the pool or max ends). Valid until commit,
 * which must follow before any other call. */
unsigned culvert_kcp_reserve (CulvertKcp *kcp,
                              size_t want,
                              struct iovec *spans,
                              unsigned max,
                              size_t *out_len);

/* Queues the first len bytes of the reserved space (0 gives it all back). */
void culvert_kcp_commit (CulvertKcp *kcp, size_t len);

/* Nobody waits for the last len bytes queued, a heartbeat: while nothing joins them they leave
 * once, whatever config.repeat_small says. */
void culvert_kcp_be_patient (CulvertKcp *kcp, size_t len);

/* Queues a copy, all or nothing. Codes: CULVERT_E_NOMEM. */
int culvert_kcp_write (CulvertKcp *kcp, const void *data, size_t len) CULVERT_WARN_UNUSED;

typedef enum
{
  CULVERT_KCP_FLUSH_DUE,  /* acknowledgements only if they are due, plus all that is due */
  CULVERT_KCP_FLUSH_ACKS, /* acknowledgements and probes, no data (WIRE.md 5.5) */
  CULVERT_KCP_FLUSH_FULL, /* everything, acknowledgements included */
} CulvertKcpFlush;

/* Decides what leaves at now; O(what is due). */
void culvert_kcp_flush (CulvertKcp *kcp, CulvertKcpFlush mode, CulvertTime now);

/* Builds the next packet of what flush decided, at most mtu bytes or as many as a probe was asked
 * to have, into buf. Returns its length, 0 when nothing is left. out_retransmitted (may be NULL)
 * gets the payload bytes in it that had been sent before, out_ack the bytes of ACK, WASK and WINS
 * segments. */
size_t culvert_kcp_output (CulvertKcp *kcp,
                           uint8_t *buf,
                           CulvertTime now,
                           size_t *out_retransmitted,
                           size_t *out_ack);

/* When flush must be called next; a time not after now means: at the end of this wake.
 * CULVERT_TIME_NEVER: nothing in flight, nothing to acknowledge, no probe. */
CulvertTime culvert_kcp_deadline (const CulvertKcp *kcp);

/* Asks for a WASK with the next flush, whatever the remote window (liveness). */
void culvert_kcp_probe (CulvertKcp *kcp);

/* Upper bound of segments queued and in flight below sndwnd, 0: sndwnd alone. */
void culvert_kcp_set_send_limit (CulvertKcp *kcp, uint32_t segments);

/* Parity in flight may rebuild a lost segment: it has this long before one is sent again. 0: none.
 * With CULVERT_KCP_RECOVERY_TIME only. */
void culvert_kcp_set_recovery_delay (CulvertKcp *kcp, CulvertTime delay);

/* What a byte of segments costs on the path, in permille: 1300 when three of ten are added as
 * parity. Rates and the pacing count it. At first 1000. */
void culvert_kcp_set_overhead (CulvertKcp *kcp, unsigned permille);

/* What follows belongs to another group of the encoder: parity of the last one is about to leave.
 * With CULVERT_KCP_RECOVERY_TIME only. */
void culvert_kcp_end_group (CulvertKcp *kcp);

/* -- size of packets -------------------------------------------------------------- */

/* Segments filled from now on make packets of mtu bytes at the most; what is filled keeps its
 * size. Clamped to what a KCP can have. */
void culvert_kcp_set_mtu (CulvertKcp *kcp, uint32_t mtu);

typedef enum
{
  CULVERT_KCP_SIZE_NONE,   /* none was asked for */
  CULVERT_KCP_SIZE_WAITS,  /* for a new segment that leaves room for a filler */
  CULVERT_KCP_SIZE_SENT,
  CULVERT_KCP_SIZE_PASSED, /* it arrived */
  CULVERT_KCP_SIZE_LOST,   /* it was sent again: lost, for whatever reason */
} CulvertKcpSizeState;

/* One of the next new segments leaves in a packet of size bytes, which may be above the mtu: the
 * packets of output that are longer than it are such probes. Replaces one that waits. */
void culvert_kcp_probe_size (CulvertKcp *kcp, uint32_t size);

/* What became of the last probe. */
CulvertKcpSizeState culvert_kcp_size_state (const CulvertKcp *kcp);

/* The oldest segment in flight. */
typedef struct
{
  CulvertTime first_sent;
  unsigned n_sent;     /* with CULVERT_KCP_RECOVERY_TIME only, else 0: times it, or another for
                          it, was sent; saturates */
  unsigned len;        /* payload bytes */
  bool is_passed_over; /* one at least as large was acknowledged meanwhile */
  bool is_proven;      /* one at least as large has arrived some time in this session */
  CulvertTime large_at; /* when one of at least half the present size was last acknowledged */
} CulvertKcpOldest;

/* False when nothing is in flight. O(1). */
bool culvert_kcp_get_oldest (const CulvertKcp *kcp, CulvertKcpOldest *out_oldest);

/* Whether the last packet that output built is nothing but a copy of a small segment. */
bool culvert_kcp_sent_copy (const CulvertKcp *kcp);

/* Nothing waits to be sent, for the first time or again. */
bool culvert_kcp_is_drained (const CulvertKcp *kcp);

/* Writes a packet that only repeats una and the window, 24 bytes, to buf. */
size_t culvert_kcp_pad (CulvertKcp *kcp, uint8_t *buf);

/* -- state -------------------------------------------------------------------- */

typedef struct
{
  uint32_t snd_una, snd_nxt, rcv_nxt;
  uint32_t rmt_wnd, cwnd, ssthresh, incr;
  uint32_t rto_ms, srtt_ms, rttvar_ms;
  uint32_t probe, probe_wait_ms;
  uint32_t n_snd_queue, n_snd_buf, n_rcv_queue, n_rcv_buf, n_acks;
  uint32_t mss;
  int64_t oldest_unacked_us; /* first transmission of the oldest segment in flight, or -1 */
} CulvertKcpState;

/* Snapshot; O(1). */
void culvert_kcp_get_state (const CulvertKcp *kcp, CulvertKcpState *out_state);

/* Smoothed round trip in µs, from segments that were sent once; 0 before the first. For
 * display: retransmission uses the millisecond estimate. */
int64_t culvert_kcp_srtt_us (const CulvertKcp *kcp);

/* What was learned of the path; with CULVERT_KCP_RECOVERY_TIME only. */
typedef struct
{
  CulvertTime min_rtt;   /* 0 before the first sample */
  CulvertTime reorder;   /* a segment this late is lost */
  uint64_t bandwidth;    /* bytes per second delivered at best lately, overhead included; or 0 */
  uint64_t pacing_rate;  /* bytes per second, 0: not paced */
  uint32_t flight_limit; /* segments, 0: windows alone */
  uint32_t n_flight;     /* segments */
  uint64_t n_sent;       /* transmissions without repeats, ever */
  uint64_t n_lost;       /* of them thought lost and not seen to have arrived after all */
  uint64_t n_loss_runs;  /* uninterrupted runs of them */
  uint64_t n_spurious;   /* sent again without need */
  uint32_t loss_ppm;     /* smoothed over the last few hundred transmissions */
  uint64_t n_seen;       /* transmissions looked at before parity could mend anything, ever */
  uint64_t n_missing;    /* of them lost, or late */
  bool is_filling;       /* the rate is not known yet: the queue may overflow any time */
  bool is_calm;          /* losses seen now are not of our making: nothing is queued or tried */
} CulvertKcpPath;

void culvert_kcp_get_path (const CulvertKcp *kcp, CulvertKcpPath *out_path);

/* Gives rings back when nothing is queued, in flight or unread. */
void culvert_kcp_trim (CulvertKcp *kcp);

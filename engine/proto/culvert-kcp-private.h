/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* State shared by the files of the ARQ core; see culvert-kcp.h for the contract.
 *
 * A segment to send goes through these places, in each of which it is linked by `node`:
 *
 *   queue → (numbered, put into snd_ring) → unsent → flight → ready ┐
 *                                             ↑         late ─→ ───→ tx → back to its place
 *
 *   unsent  numbered, never emitted: the range [snd_sent, snd_nxt) of the ring, no list
 *   flight  sent once; sn order and time order are the same here
 *   late    sent again after a timeout; sn order
 *   ready   passed over by enough acknowledgements, waits for the next flush; sn order
 *   tx      flush decided to send it again, output was not asked yet; sn order
 *   spent   sent again by fast or early retransmit: only its timer is left
 *
 * All but queue, unsent and tx are also linked by `timer`. Acknowledged segments leave at
 * once; the ring slot stays empty until una passes it.
 *
 *   snd_una <= snd_first <= snd_sent <= snd_due <= snd_nxt       (modulo 2^32)
 *
 * With recovery by time there is no spent: what was sent waits in flight, in the order of the last
 * transmission, or in late if una is expected to cover it; ready has what is thought lost.
 * `timer` then links what will be repeated. */
#pragma once

#include "culvert-kcp.h"
#include "culvert-list.h"
#include "culvert-ring.h"

/* WIRE.md 5.1 and 5.2 */
#define CULVERT_KCP_CMD_PUSH 81
#define CULVERT_KCP_CMD_ACK 82
#define CULVERT_KCP_CMD_WASK 83
#define CULVERT_KCP_CMD_WINS 84
#define CULVERT_KCP_RTO_INITIAL_MS 200
#define CULVERT_KCP_RTO_MIN_MS 100
#define CULVERT_KCP_RTO_MIN_NODELAY_MS 30
#define CULVERT_KCP_RTO_MAX_MS 60000
#define CULVERT_KCP_INTERVAL_MIN_MS 10
#define CULVERT_KCP_INTERVAL_MAX_MS 5000
#define CULVERT_KCP_WINDOW_DEFAULT 32
#define CULVERT_KCP_PROBE_FIRST_MS 500
#define CULVERT_KCP_PROBE_MAX_MS 120000
#define CULVERT_KCP_SSTHRESH_MIN 2

/* An acknowledgement nobody is in a hurry for waits this long at most for company. */
#define CULVERT_KCP_ACK_DELAY_MS 10
/* So many segments since the last acknowledgement left make the next one due at once. */
#define CULVERT_KCP_ACK_EVERY 16
/* Acknowledgements stored between two flushes; a flood beyond it goes unacknowledged. */
#define CULVERT_KCP_ACKS_MAX 2048
/* Acknowledgements that leave by themselves before una stands for so many in a row. */
#define CULVERT_KCP_ACKS_FIRST 16
#define CULVERT_KCP_ACKS_IMPLIED 7
/* Timer lists by number of timeouts since the last fresh RTO. */
#define CULVERT_KCP_TIMER_CLASSES 8
/* Steps an insertion looks back for its exact place in a timer list. */
#define CULVERT_KCP_TIMER_WALK 8
/* Fruitless visits that the acknowledgements of one packet may cause in the late list. */
#define CULVERT_KCP_LATE_VISITS_MAX 256

/* Bits of probe and tx_probe, as in the vectors. */
enum
{
  CULVERT_KCP_PROBE_ASK = 1 << 0,  /* WASK */
  CULVERT_KCP_PROBE_TELL = 1 << 1, /* WINS */
};

typedef enum
{
  CULVERT_KCP_PLACE_QUEUE,
  CULVERT_KCP_PLACE_UNSENT,
  CULVERT_KCP_PLACE_FLIGHT,
  CULVERT_KCP_PLACE_LATE,
  CULVERT_KCP_PLACE_READY,
  CULVERT_KCP_PLACE_SPENT,
  CULVERT_KCP_PLACE_TX,
} CulvertKcpPlace;

/* Why a segment leaves (again). */
typedef enum
{
  CULVERT_KCP_CAUSE_NEW,
  CULVERT_KCP_CAUSE_FAST,
  CULVERT_KCP_CAUSE_EARLY,
  CULVERT_KCP_CAUSE_TIMEOUT,
  CULVERT_KCP_CAUSE_REPEAT, /* a copy, before anything is known of the first */
  CULVERT_KCP_N_CAUSES,
} CulvertKcpCause;

typedef struct
{
  CulvertList node;
  CulvertList timer;
  CulvertTime deadline;   /* of the retransmission by timeout, or of the next repeat */
  CulvertTime sent;       /* last transmission */
  CulvertTime first_sent; /* first transmission */
  uint32_t sn;
  uint32_t ts;            /* of the last transmission, as on the wire */
  uint32_t rto_ms;
  uint16_t len;           /* payload bytes */
  uint16_t start;         /* receiving: bytes consumed */
  uint16_t n_passed;      /* acknowledgements of later segments since the last transmission */
  uint8_t n_backoffs;     /* timeouts since rto_ms was last the session's */
  uint8_t place;          /* CulvertKcpPlace */
  uint8_t cause;          /* CulvertKcpCause of the last transmission */
  /* recovery by time: what was true at the last transmission */
  uint8_t n_sent;         /* transmissions but for repeats, saturates */
  uint8_t n_repeats;      /* still to come */
  bool is_repeated;       /* the last transmission has copies: an ack may answer an earlier one */
  bool is_app_limited;    /* there was nothing more to send */
  bool is_counted_lost;   /* the transmission before it */
  bool is_patient;        /* nobody waits for it, so it has no copies */
  uint32_t xmit;          /* number of the transmission */
  uint64_t delivered;     /* bytes of all segments acknowledged by then */
  CulvertTime delivered_at;
  CulvertTime flight_start; /* transmission of what had been acknowledged last */
  uint32_t group;         /* number of the first transmission of its FEC group */
  uint8_t data[CULVERT_KCP_MSS_MAX];
} CulvertKcpSegment;

G_STATIC_ASSERT (sizeof (CulvertKcpSegment) <= CULVERT_KCP_SEGMENT_SLOT);

typedef struct
{
  uint32_t sn;
  uint32_t ts;
} CulvertKcpAck;

/* What the acknowledgements of one packet say together. */
typedef struct
{
  bool has_newest;
  uint32_t xmit;        /* of the newest transmission that arrived for sure */
  uint32_t xmit_before; /* the same before this packet */
  bool had_newest;
  CulvertTime sent;     /* of it */
  uint64_t delivered;
  CulvertTime delivered_at;
  CulvertTime flight_start;
  bool is_app_limited;
  uint32_t group;
  uint32_t oldest;      /* oldest transmission that was acknowledged by itself */
  bool has_oldest;
  unsigned n_acked;
} CulvertKcpArrival;

/* Smallest of a window of time: of the period that runs and the one before. */
typedef struct
{
  CulvertTime value[2];
  CulvertTime since;
} CulvertKcpMin;

/* How far packets are reordered. */
typedef struct
{
  CulvertTime learned;
  CulvertTime seen;     /* the most of this period */
} CulvertKcpReorder;

/* culvert-kcp-rack.c */
typedef struct
{
  uint32_t xmit;          /* transmissions so far */
  uint32_t newest;        /* newest of them that arrived */
  bool has_newest;
  CulvertTime newest_sent;
  CulvertTime rtt;        /* of the newest */
  CulvertTime srtt;
  CulvertTime rttvar;
  CulvertKcpMin min_rtt;
  CulvertKcpReorder late;      /* acknowledged so long after its round trip */
  CulvertKcpReorder overtaken; /* by what was sent so long after it */
  CulvertTime reorder_until;
  CulvertTime reorder_judge_at;
  unsigned reorder_steps;   /* quarters of srtt beyond the first that reorder may reach */
  unsigned n_again, n_needless; /* sent again since it was judged, of them without need */
  CulvertTime recovery_delay;
  CulvertTime repeat_at;    /* the budget was filled */
  CulvertTime probed_at;
  CulvertTime heard_at;     /* something new was acknowledged */
  CulvertTime ack_gap;      /* between acknowledgements while many are due, the long ones */
  int32_t repeat_budget;    /* bytes */
  int32_t repeat_share;     /* the same, of what small segments cost themselves */
  int acks_of_packet;       /* segments that a packet acknowledges, smoothed */
  unsigned n_probes;        /* in a row without an answer */
  uint32_t last_lost;       /* sn */
  uint32_t loss_ppm;        /* smoothed over transmissions */
  uint64_t n_sent, n_lost, n_loss_runs, n_spurious;
  CulvertList repeats;      /* by deadline */
} CulvertKcpRack;

/* culvert-kcp-gap.c */
typedef struct
{
  uint32_t group;       /* number of the first transmission of the open FEC group */
  uint32_t judged;      /* first that was not looked at */
  uint64_t n_seen;      /* transmissions looked at before parity could mend anything, ever */
  uint64_t n_missing;   /* of them those that had not arrived */
  bool is_torn;         /* acknowledgements may be missing before the next ones */
} CulvertKcpGap;

#define CULVERT_KCP_LOSS_ROUNDS 8

typedef enum
{
  CULVERT_KCP_PHASE_STARTUP,
  CULVERT_KCP_PHASE_DRAIN,
  CULVERT_KCP_PHASE_CRUISE,
  CULVERT_KCP_PHASE_PROBE,
} CulvertKcpPhase;

/* culvert-kcp-rate.c */
typedef struct
{
  CulvertKcpPacing pacing;
  bool be_nice;
  uint32_t overhead;        /* permille, culvert_kcp_set_overhead */
  CulvertKcpPhase phase;
  /* samples */
  uint64_t delivered;       /* bytes */
  CulvertTime delivered_at;
  CulvertTime flight_start;
  uint64_t app_limited;     /* delivered beyond this is not app limited any more; 0: is not */
  /* rounds: what was sent at the beginning of one is acknowledged at its end */
  uint64_t round_end;       /* delivered */
  CulvertTime round_rtt;    /* smallest of the round */
  CulvertTime queueing;     /* of the last round */
  uint32_t n_queued;        /* rounds with a queue less those without, from 0 */
  uint32_t n_rounds;
  uint32_t n_delivered, n_lost; /* segments of the round */
  uint32_t round_loss;      /* of the last one, ppm */
  uint32_t losses[CULVERT_KCP_LOSS_ROUNDS]; /* ppm of the last rounds with enough segments */
  uint32_t n_losses;
  /* model */
  uint64_t bandwidth[2];    /* best of this period of rounds and of the one before */
  uint64_t full;            /* bandwidth when the phase began, or that startup has not exceeded */
  unsigned n_full;          /* for so many rounds */
  CulvertTime phase_at;
  CulvertTime calm_at;      /* losses are not of our making since; CULVERT_TIME_NEVER: may be */
  uint64_t rate;            /* bytes per second, 0: not paced */
  uint32_t limit;           /* segments in flight, 0: none */
  /* bucket */
  int64_t tokens;           /* bytes */
  CulvertTime filled_at;
} CulvertKcpRate;

/* culvert-kcp-size.c */
typedef struct
{
  uint32_t sn;          /* of the segment in the probe */
  CulvertTime large_at; /* when a segment of at least half the size was last acknowledged */
  uint32_t passed;      /* sn of the oldest when one as large was acknowledged before it */
  uint16_t wanted;      /* bytes of the packet */
  uint16_t proven;      /* payload bytes of the largest segment that ever arrived */
  uint8_t state;        /* CulvertKcpSizeState */
  bool has_old : 1;     /* a segment was acknowledged: what a filler may repeat */
  bool has_passed : 1;  /* passed is set */
} CulvertKcpSize;

struct _CulvertKcp
{
  CulvertPool *pool;
  CulvertCounters *counters;
  uint32_t conv;
  uint32_t mtu;
  uint32_t mss;

  /* sending */
  uint32_t snd_una;
  uint32_t snd_first; /* first not acknowledged */
  uint32_t snd_sent;  /* first never emitted */
  uint32_t snd_due;   /* first that output may not emit yet */
  uint32_t snd_nxt;
  uint32_t rmt_wnd;
  uint32_t n_snd_queue;
  uint32_t n_counted; /* segments in flight and late with n_passed > 0 */
  CulvertRing snd_ring;
  CulvertList snd_queue;
  CulvertList reserved; /* lent by reserve, not committed */
  CulvertList flight;
  CulvertList late;
  CulvertList ready;
  CulvertList tx;
  CulvertList timers[CULVERT_KCP_TIMER_CLASSES]; /* by deadline */
  CulvertTime early_at; /* early retransmit if nothing else caused a flush before */
  CulvertTime move_at;  /* do not try to number segments before: the ring could not grow */
  unsigned late_visits; /* left for this packet */
  bool flush_now;       /* una moved or a segment became ready */
  uint32_t n_flight;    /* recovery by time: members of flight and late */
  CulvertKcpRack rack;
  CulvertKcpRate rate;
  CulvertKcpSize size;
  CulvertKcpGap gap;

  /* receiving */
  bool ack_out;    /* flush released the acknowledgements to output */
  bool ack_beyond; /* the last arrival is ack_last, not the end of acks */
  uint32_t rcv_nxt;
  uint32_t n_rcv_queue;
  size_t readable; /* bytes in rcv_queue */
  CulvertList rcv_queue;
  CulvertRing rcv_ring;
  CulvertKcpAck *acks; /* arrivals that una does not cover, in order; [ack_head, ack_end) */
  uint32_t ack_head;
  uint32_t ack_end;
  uint32_t ack_capacity;
  uint32_t n_acks; /* all arrivals since the last acknowledgement left */
  CulvertKcpAck ack_last;
  CulvertKcpAck ack_echo; /* of the last ACK of this flush: copied into probes */
  uint8_t n_told;         /* acknowledgements that left, saturates */
  uint8_t n_implied;      /* that una stood for since */
  bool sent_copy;         /* the last packet has nothing but one */
  uint8_t tidings;        /* CulvertKcpTidings of the last packet */
  CulvertTime ack_at;

  /* estimator and windows */
  int32_t srtt_ms;
  int32_t rttvar_ms;
  uint32_t rto_ms;
  int64_t srtt_us;
  uint32_t cwnd;
  uint32_t ssthresh;
  uint32_t incr;

  /* probing the remote window */
  uint32_t probe;    /* wanted */
  uint32_t tx_probe; /* released to output */
  uint32_t probe_wait_ms;
  CulvertTime probe_at;

  /* settings, normalised */
  uint32_t sndwnd;
  uint32_t rcvwnd;
  uint32_t send_limit; /* 0: none */
  uint32_t min_rto_ms;
  uint32_t interval_ms;
  uint32_t resend;
  bool nodelay;
  bool no_cwnd;
  bool ack_no_delay;
  bool by_time; /* CULVERT_KCP_RECOVERY_TIME */
  bool repeat_small;
  CulvertTime origin; /* the millisecond clock is 0 here */
};

#define CULVERT_KCP_SEGMENT(link) CULVERT_LIST_ENTRY (link, CulvertKcpSegment, node)
#define CULVERT_KCP_TIMED(link) CULVERT_LIST_ENTRY (link, CulvertKcpSegment, timer)

/* The 32-bit clock of the wire. */
static inline uint32_t
culvert_kcp_ms (const CulvertKcp *kcp,
                CulvertTime now)
{
  return (uint32_t) ((now - kcp->origin) / CULVERT_MSEC);
}

/* A segment in no list, its payload empty; NULL when the pool is exhausted. */
static inline CulvertKcpSegment *
culvert_kcp_segment_new (CulvertKcp *kcp)
{
  CulvertKcpSegment *segment = culvert_pool_get (kcp->pool);

  if (segment == NULL)
    return NULL;
  memset (segment, 0, offsetof (CulvertKcpSegment, data));
  culvert_list_init (&segment->node);
  culvert_list_init (&segment->timer);
  return segment;
}

/* Unlinks and gives the slot back. */
static inline void
culvert_kcp_segment_free (CulvertKcp *kcp,
                          CulvertKcpSegment *segment)
{
  culvert_list_remove (&segment->node);
  culvert_list_remove (&segment->timer);
  culvert_pool_put (kcp->pool, segment);
}

/* -- culvert-kcp-rtt.c: estimator and windows of the reference ------------------ */

/* One sample of the reference's estimator, WIRE.md 5.6; rtt_ms >= 0. */
void culvert_kcp_rtt_sample (CulvertKcp *kcp,
                             int32_t rtt_ms);

/* One sample of the fine estimator, which is for display. */
void culvert_kcp_rtt_sample_us (CulvertKcp *kcp,
                                int64_t rtt_us);

/* Segments beyond una that may be in flight, WIRE.md 5.3. */
uint32_t culvert_kcp_window (const CulvertKcp *kcp);

/* una advanced: growth of the congestion window, WIRE.md 5.7. */
void culvert_kcp_window_grow (CulvertKcp *kcp);

typedef struct
{
  bool passed;   /* something left by fast or early retransmit */
  bool timed_out;
} CulvertKcpLoss;

/* End of a flush that used window: what losses do to the congestion window. */
void culvert_kcp_window_settle (CulvertKcp *kcp,
                                CulvertKcpLoss loss,
                                uint32_t window);

/* -- culvert-kcp-loss.c: the policy of retransmission ---------------------------- */

/* Links segment by sn, searching from finger (a node of list or its head) in either
 * direction: callers insert in rising order and pass what they inserted last. */
CulvertList *culvert_kcp_insert_by_sn (CulvertList *list,
                                       CulvertList *finger,
                                       CulvertKcpSegment *segment);

/* An acknowledgement for sn echoing ts arrived: counts for segments with smaller sn. */
void culvert_kcp_loss_on_ack (CulvertKcp *kcp,
                              uint32_t sn,
                              uint32_t ts,
                              CulvertTime now);

/* Moves every segment that must leave again to tx; moved: this flush numbered new ones. */
CulvertKcpLoss culvert_kcp_loss_collect (CulvertKcp *kcp,
                                         bool moved,
                                         CulvertTime now);

/* The segment is being emitted: sets its timer and place. */
void culvert_kcp_loss_on_sent (CulvertKcp *kcp,
                               CulvertKcpSegment *segment,
                               CulvertTime now);

/* The segment is acknowledged or given up: forgets and frees it. */
void culvert_kcp_loss_forget (CulvertKcp *kcp,
                              CulvertKcpSegment *segment);

/* When culvert_kcp_loss_collect may find something next; CULVERT_TIME_NEVER. */
CulvertTime culvert_kcp_loss_deadline (const CulvertKcp *kcp);

/* Nearest retransmission by timeout; CULVERT_TIME_NEVER. */
CulvertTime culvert_kcp_loss_timeout (const CulvertKcp *kcp);

/* -- culvert-kcp-rack.c: recovery by time ------------------------------------------ */

void culvert_kcp_rack_init (CulvertKcp *kcp);

/* Before the segments of a packet. */
void culvert_kcp_rack_begin (const CulvertKcp *kcp,
                             CulvertKcpArrival *arrival);

/* The segment arrived: says so to the estimators, then forgets and frees it. ts: echoed by the
 * acknowledgement, NULL if una covers it. is_first: nothing older was missing. */
void culvert_kcp_rack_on_acked (CulvertKcp *kcp,
                                CulvertKcpSegment *segment,
                                const uint32_t *ts,
                                bool is_first,
                                CulvertKcpArrival *arrival,
                                CulvertTime now);

/* After the segments of a packet; rtt_ms: by the clock of the wire, or -1. */
void culvert_kcp_rack_finish (CulvertKcp *kcp,
                              const CulvertKcpArrival *arrival,
                              int32_t rtt_ms,
                              bool recovered,
                              CulvertTime now);

/* The entries of the policy. */
CulvertKcpLoss culvert_kcp_rack_collect (CulvertKcp *kcp,
                                         CulvertTime now);
void culvert_kcp_rack_on_sent (CulvertKcp *kcp,
                               CulvertKcpSegment *segment,
                               CulvertTime now);
CulvertTime culvert_kcp_rack_deadline (const CulvertKcp *kcp);

/* Smallest recent round trip, 0 before the first. */
CulvertTime culvert_kcp_rack_min_rtt (const CulvertKcp *kcp);

/* -- culvert-kcp-gap.c: what the path loses before parity mends it ------------------ */

/* A packet acknowledged something newer than all before it. is_valid: losses are not of our own
 * making. */
void culvert_kcp_gap_sample (CulvertKcp *kcp,
                             const CulvertKcpArrival *arrival,
                             bool is_valid);

/* -- culvert-kcp-rate.c: estimator of the path and pacing --------------------------- */

void culvert_kcp_rate_init (CulvertKcp *kcp,
                            CulvertTime now);

/* Normalised settings were applied. */
void culvert_kcp_rate_configure (CulvertKcp *kcp,
                                 const CulvertKcpConfig *config);

/* A segment leaves: takes its tokens and a snapshot. n_flight does not count it yet. */
void culvert_kcp_rate_on_sent (CulvertKcp *kcp,
                               CulvertKcpSegment *segment,
                               CulvertTime now);

/* After the segments of a packet that acknowledged something. rtt: of the newest, or 0. */
void culvert_kcp_rate_on_acked (CulvertKcp *kcp,
                                const CulvertKcpArrival *arrival,
                                CulvertTime rtt,
                                CulvertTime now);

/* Nothing is left to send although the limits allow more. */
void culvert_kcp_rate_on_idle (CulvertKcp *kcp);

/* Adds the tokens up to now. */
void culvert_kcp_rate_fill (CulvertKcp *kcp,
                            CulvertTime now);

/* Whether a segment may leave. */
bool culvert_kcp_rate_has_tokens (const CulvertKcp *kcp);

/* Segments that may be numbered beyond those not emitted yet. */
bool culvert_kcp_rate_admits (const CulvertKcp *kcp);

/* When tokens allow the next segment; 0: now. */
CulvertTime culvert_kcp_rate_ready_at (const CulvertKcp *kcp);

/* Segments queued and in flight that are enough to keep the path busy; UINT32_MAX: unknown. */
uint32_t culvert_kcp_rate_send_limit (const CulvertKcp *kcp);

uint64_t culvert_kcp_rate_bandwidth (const CulvertKcp *kcp);

/* What a segment of len payload bytes costs on the path. */
uint32_t culvert_kcp_rate_cost (const CulvertKcp *kcp,
                                size_t len);

/* Losses seen now are hardly of our making: like calm, and while the path is being filled. */
bool culvert_kcp_rate_is_innocent (const CulvertKcp *kcp);

/* Nothing is queued by us, and nothing tried, since the last round trip at least. */
bool culvert_kcp_rate_is_calm (const CulvertKcp *kcp);

/* -- culvert-kcp-size.c ---------------------------------------------------------- */

/* Payload of the filler in front of a new segment, 0: it cannot be a probe. */
uint32_t culvert_kcp_size_filler (const CulvertKcp *kcp,
                                  const CulvertKcpSegment *segment);
/* Whether it is on its way in a probe. */
bool culvert_kcp_size_is_probed (const CulvertKcp *kcp,
                                 const CulvertKcpSegment *segment);
/* What happens to segments: it leaves in a probe, leaves again, was acknowledged. */
void culvert_kcp_size_on_probe (CulvertKcp *kcp,
                                const CulvertKcpSegment *segment);
void culvert_kcp_size_on_resent (CulvertKcp *kcp,
                                 const CulvertKcpSegment *segment);
void culvert_kcp_size_on_acked (CulvertKcp *kcp,
                                const CulvertKcpSegment *segment,
                                CulvertTime now);

/* -- culvert-kcp-rx.c --------------------------------------------------------- */

/* Frees what is read, empty segments included, and refills from the ring. */
void culvert_kcp_settle_queue (CulvertKcp *kcp);

/* Arrivals are acknowledged: starts a new list. */
void culvert_kcp_acks_reset (CulvertKcp *kcp);

/* What the reference flushes by itself after the input just processed (WIRE.md 5.4). */
typedef enum
{
  CULVERT_KCP_URGE_NONE,
  CULVERT_KCP_URGE_ACKS,
  CULVERT_KCP_URGE_FULL,
} CulvertKcpUrge;

CulvertKcpUrge culvert_kcp_urge (const CulvertKcp *kcp);

/* -- culvert-kcp.c, for tests ------------------------------------------------- */

/* First sequence numbers of both directions and what the wire clock shows at now. Before
 * any traffic only. */
void culvert_kcp_set_origin (CulvertKcp *kcp,
                             uint32_t snd_sn,
                             uint32_t rcv_sn,
                             uint32_t clock_ms,
                             CulvertTime now);

/* Asserts what must hold between two calls; O(window). */
void culvert_kcp_check (const CulvertKcp *kcp);

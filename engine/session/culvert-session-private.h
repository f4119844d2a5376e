/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* State shared by the files of the session: life cycle (-session.c), what the peer speaks
 * (-format.c), inbound order of the layers (-rx.c), outbound order (-tx.c), deadlines
 * (-timer.c). */
#pragma once

#include "culvert-comp.h"
#include "culvert-session.h"

/* Place for the work of one call, one per worker. The plain bytes of a decompressed chunk live
 * from next_event to the next call of it: the owner serves one session at a time. */
typedef struct
{
  struct iovec tx_spans[CULVERT_SESSION_MAX_SPANS]; /* what KCP lent between reserve and commit */
  struct iovec rx_spans[CULVERT_SESSION_MAX_SPANS]; /* what KCP lends to the parser */
  struct iovec run_spans[CULVERT_SESSION_MAX_SPANS]; /* the live run beyond its first span */
  uint8_t rx_plain[CULVERT_COMP_MAX_PLAIN];
  uint8_t tx_plain[CULVERT_COMP_MAX_PLAIN];
  uint8_t tx_chunk[CULVERT_COMP_BOUND];
} CulvertSessionScratch;

G_STATIC_ASSERT (sizeof (CulvertSessionScratch) <= CULVERT_SESSION_SCRATCH);

/* Below this rest of the budget received bytes are handed over span by span and reading for
 * compression stops, so that what a blocked reader leaves can stay where it lies. */
#define CULVERT_SESSION_LOW_BUDGET (256 * 1024)

/* Flags of CulvertStream.session_flags. */
enum
{
  CULVERT_STREAM_READY = 1 << 0,         /* the session's part is set up */
  CULVERT_STREAM_WANTS_WINDOW = 1 << 1,  /* reserve gave nothing: the peer's window is shut */
  CULVERT_STREAM_PEER_FINISHED = 1 << 2, /* FIN received, FINISHED not yet said */
};

/* Payload of one stream found by the parser and not yet taken: it points into KCP's receive
 * segments or into the plain bytes of the scratch. */
typedef struct
{
  CulvertStream *stream; /* NULL: none */
  struct iovec first;    /* first span with bytes left */
  unsigned n_more;       /* further spans in scratch->run_spans, from index next on */
  unsigned next;
  size_t len;            /* bytes left in all spans */
} CulvertLiveRun;

/* Redundancy by need, culvert-session-fec.c. */
typedef struct
{
  bool is_adaptive;
  bool has_measured;      /* loss is not a guess any more */
  bool is_filling;        /* what was seen so far may have been of our making */
  bool is_open;           /* a window of observation */
  unsigned ds, ps;        /* of the code */
  unsigned k;             /* parity packets sent of a group */
  unsigned n_first;       /* data packets still to be sent with all parity */
  bool is_padding;        /* the open group is being filled up */
  int32_t pad_budget;     /* bytes */
  CulvertTime gap;        /* between data packets, pauses cut short, smoothed */
  unsigned n_burst;       /* data packets since the last pause */
  CulvertTime burst_began_at;
  CulvertTime packet_at;  /* when the last data packet left */
  double loss;            /* what the path is thought to lose */
  uint32_t heard;         /* id of the peer's last FEC packet */
  CulvertTime hold;       /* between two steps down */
  CulvertTime held_at, lowered_at, judge_at, opened_at;
  int64_t n_sent, n_lost; /* in the window, while the losses were not of our making */
  uint64_t path_sent, path_lost; /* when last looked at */
  uint64_t path_seen, path_missing; /* when last used */
  unsigned n_useless;     /* raises in a row that did not help */
  unsigned k_before;      /* at the last raise */
  double residual_before;
  CulvertTime useless_until;
} CulvertFecControl;

/* Search for the size of packets, culvert-session-size.c; in bytes of datagrams. */
typedef struct
{
  unsigned full;        /* configured, 0: no search */
  unsigned overhead;    /* of a datagram, that KCP does not count */
  unsigned good;        /* passes */
  unsigned bad;         /* does not; full + 1: not known */
  unsigned probed;      /* on trial, 0: none */
  unsigned n_tries;     /* of it that were lost */
  CulvertTime again_at; /* 0: searching */
} CulvertSessionSize;

struct _CulvertSession
{
  const CulvertSessionResources *resources;
  CulvertSessionScratch *scratch;
  CulvertCounters *counters;
  CulvertKcp *kcp;
  CulvertSmux *smux;
  CulvertCipher *cipher;
  CulvertFecEncoder *encoder; /* NULL: off */
  CulvertFecControl fec;
  CulvertSessionSize size;
  CulvertTime group_began_at;
  CulvertTime group_time;     /* that a group takes until its parity is out, smoothed */
  CulvertFecDecoder *decoder; /* made with the first FEC packet */
  CulvertCompReader *reader;  /* NULL: compression off */
  CulvertCompWriter writer;
  CulvertQppPads *qpp;        /* NULL: off */

  CulvertList ready;          /* streams with events */
  CulvertLiveRun live;
  CulvertSmuxRun ahead;       /* run of another stream found while gathering the live one */
  size_t kcp_parsed;          /* bytes of KCP's queue that belong to the live run and before */
  uint8_t *plain;             /* rest of a decompressed chunk not parsed yet */
  size_t plain_len;
  uint8_t *kept;              /* own copy of that rest while receive tokens are spent, or NULL */

  CulvertStream *reserved;    /* stream between reserve and commit */
  unsigned n_tx_spans;
  CulvertPeerFormat peer;     /* first bytes of the peer */
  bool is_detecting;          /* the peer's format is still to be adopted; nothing is sent */
  uint32_t framesize;
  uint8_t fec_ds, fec_ps;     /* first assumption of the decoder */
  bool wants_room;            /* reserve gave nothing: tell when KCP has room */
  int error;                  /* fatal code, CULVERT_OK while alive */

  CulvertTime last_heard;
  CulvertVitals vitals;
  const void *dest;
  void *user;
};

/* Sets up the session's part of a stream; idempotent. */
void culvert_session_prepare_stream (CulvertSession *session, CulvertStream *stream);

/* Queues an event of the stream; kinds add up until fetched. */
void culvert_session_raise (CulvertSession *session, CulvertStream *stream, unsigned kinds);

/* Forgets what of the stream is not delivered yet (it is being closed). */
void culvert_session_forget_stream (CulvertSession *session, CulvertStream *stream);

/* Adapts the redundancy from now on; the encoder exists. */
void culvert_session_fec_init (CulvertSession *session, CulvertFecCode *code);

/* Once per output of an adaptive session. */
void culvert_session_fec_turn (CulvertSession *session, CulvertTime now);

/* A data packet went through the encoder: how long parity takes to follow. */
void culvert_session_fec_note_packet (CulvertSession *session, CulvertTime now);

/* Whether parity comes later than what is sent again. */
bool culvert_session_fec_is_sparse (const CulvertSession *session);

/* The group is complete, its parity ready. */
void culvert_session_fec_end_group (CulvertSession *session, CulvertTime now);

/* -- culvert-session-pad.c: the end of a burst ---------------------------------------- */

/* A data packet of len bytes left. */
void culvert_session_pad_note_packet (CulvertSession *session, size_t len, CulvertTime now);

/* When the open group shall be filled up; CULVERT_TIME_NEVER. */
CulvertTime culvert_session_pad_deadline (const CulvertSession *session);

/* Fills it up if it is time, as far as the batch has room. */
void culvert_session_pad (CulvertSession *session, CulvertTxBatch *batch, CulvertTime now);

/* Once KCP and encoder exist. */
void culvert_session_size_init (CulvertSession *session,
                                const CulvertSessionConfig *config,
                                CulvertTime now);

/* Once per output of a session that searches. */
void culvert_session_size_turn (CulvertSession *session, CulvertTime now);

/* Hands control frames due to KCP, as far as there is memory. */
void culvert_session_send_control (CulvertSession *session);

/* Looks at the peer's first byte in order, adopts what it says when detecting.
 * Codes: CULVERT_E_AGAIN (none has come), CULVERT_E_PROTOCOL (it begins no known format). */
int culvert_session_meet_peer (CulvertSession *session) CULVERT_WARN_UNUSED;

/* The same for the first byte that was compressed; does nothing from then on.
 * Codes: CULVERT_E_PROTOCOL. */
int culvert_session_meet_plain (CulvertSession *session, uint8_t first) CULVERT_WARN_UNUSED;

/* Whether the worker's budget is nearly spent. */
bool culvert_session_is_low (const CulvertSession *session);

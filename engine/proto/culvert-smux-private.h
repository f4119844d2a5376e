/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* State of a smux session, shared by culvert-smux.c (table, parser, control frames, time) and
 * culvert-smux-stream.c (one stream and its windows). */
#pragma once

#include "culvert-smux-frame.h"
#include "culvert-smux-stream.h"
#include "culvert-smux.h"

/* Smallest table and queue; both lie inside CulvertSmux, so an idle session owns no array. */
#define CULVERT_SMUX_MIN_BUCKETS 8
#define CULVERT_SMUX_MIN_FINS 8
/* FINs waiting above which nothing more is read: a peer that opens streams but does not let our
 * answers out may not grow memory. */
#define CULVERT_SMUX_MAX_FINS 1024

/* With shorter ones there is not enough time to let one end speak and the other answer. */
#define CULVERT_SMUX_ANSWERED_KEEPALIVE (4 * CULVERT_SEC)
/* As KCP waits before it acknowledges a lone segment, and on the same grid. */
#define CULVERT_SMUX_ANSWER_DELAY (10 * CULVERT_MSEC)

/* CulvertStream.flags */
enum
{
  CULVERT_STREAM_SYN_DUE = 1 << 0,
  CULVERT_STREAM_UPD_DUE = 1 << 1,
  CULVERT_STREAM_FIN_SEEN = 1 << 2, /* by the peer; writing fails from then on */
};

struct _CulvertSmux
{
  int64_t tokens; /* receive tokens left; below 0 after the frame that spent the last ones */

  /* the frame being read */
  CulvertStream *body_stream; /* whose payload follows, NULL: skip it */
  uint32_t body_left;         /* payload bytes still to come */
  uint8_t head[CULVERT_SMUX_CONTROL_MAX];
  uint8_t head_len;           /* bytes of head gathered */
  uint8_t head_need;          /* bytes head must have: header, or header and UPD body */

  uint8_t version;
  bool is_client;
  bool is_dead;   /* protocol error: nothing is read any more */
  bool is_heard;  /* something arrived since the last time-out check */
  bool nop_due;
  uint32_t framesize;
  uint32_t streambuf;
  uint32_t update_parts;
  uint32_t max_streams;
  uint32_t last_id; /* last one this side opened */
  uint32_t seed;    /* of the hash */
  CulvertTime keepalive;
  CulvertTime next_nop;
  CulvertTime next_check;
  CulvertCounters *counters; /* borrowed */

  /* streams by id: chains through hash_next */
  CulvertStream **buckets;
  uint32_t n_buckets; /* power of two */
  uint32_t n_streams;
  CulvertList all;
  CulvertList changed;
  CulvertList control; /* SYN or UPD due, served in turn */

  /* Ids to send FIN for. There is always room for all open streams besides those waiting, so
   * that closing cannot fail: fin_size >= n_fins + n_streams. */
  uint32_t *fins;
  uint32_t fin_size; /* power of two */
  uint32_t fin_first;
  uint32_t n_fins;

  CulvertStream *own_buckets[CULVERT_SMUX_MIN_BUCKETS];
  uint32_t own_fins[CULVERT_SMUX_MIN_FINS];
};

/* -- culvert-smux-stream.c ------------------------------------------------------ */

/* A zeroed stream outside any table, or NULL. */
CulvertStream *culvert_smux_stream_new (uint32_t id);

/* Adds to the set of changes and puts the stream on the list of changed ones. */
void culvert_smux_stream_change (CulvertSmux *smux, CulvertStream *stream, unsigned changes);

/* SYN or UPD (CULVERT_STREAM_*_DUE) becomes due. */
void culvert_smux_stream_due (CulvertSmux *smux, CulvertStream *stream, unsigned flag);

/* UPD of the peer. */
void culvert_smux_stream_update (CulvertSmux *smux,
                                 CulvertStream *stream,
                                 uint32_t consumed,
                                 uint32_t window);

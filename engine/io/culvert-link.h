/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One session and the sockets around it.
 *
 * The link turns readiness into calls of the session and the session's events into calls of its
 * relays. Datagrams and ready sockets only mark it; its work is done once per round, deferred:
 * timers, events, reading from local sockets in turn, output, next deadline. A link dies
 * there or by its owner (slot, listener, part), never inside the input of a datagram. */
#pragma once

#include "culvert-collapse.h"
#include "culvert-lanes.h"
#include "culvert-liveness.h"
#include "culvert-pacer.h"
#include "culvert-part.h"
#include "culvert-port.h"
#include "culvert-session.h"

typedef struct _CulvertLink CulvertLink;
typedef struct _CulvertRelay CulvertRelay;

typedef struct
{
  CulvertPart *part;
  CulvertPort *port;    /* client: owned by the link; server: the listener's */
  CulvertAddress peer;
  uint32_t conv;
  CulvertAddress local;      /* client: of the socket; len 0: not known */
  CulvertTime probe_pace;    /* client: until the first answer */
  CulvertSlot *slot;         /* client */
  CulvertListener *listener; /* server */
} CulvertLinkConfig;

struct _CulvertLink
{
  CulvertLinkConfig config;
  CulvertSession *session;
  CulvertCounters *counters;
  uint64_t id;
  CulvertList node;     /* in part->links */
  CulvertList awake;    /* in worker->awake */
  CulvertLink *hash_next;
  CulvertDefer run;
  CulvertTimer timer;   /* the earliest of all deadlines */
  CulvertPortWait wait;
  CulvertPacer pacer;
  CulvertList fresh;    /* relays whose socket has bytes again: come first, once */
  CulvertList readers;  /* relays whose socket had more than that, in turn */
  CulvertList stalled;  /* relays whose stream takes nothing for now */
  CulvertTime created_at;
  CulvertTime active_at;
  CulvertTime expires_at;
  CulvertTime heard_at;   /* first packet of the peer, 0: none yet */
  CulvertTime armed_at;   /* what the timer is set to */
  CulvertLiveness liveness;
  CulvertCollapse collapse; /* client */
  CulvertLane lane;
  unsigned mtu;           /* what is known of its search for the size of packets */
  unsigned mtu_fails;
  CulvertTime gap_at;     /* what arrives has had a gap since, 0: it has none */
  uint32_t gap_sn;
  unsigned n_cut;         /* streams it had when it died */
  CulvertPeerFormat format;
  int error;            /* fatal code: dies in its next run */
  bool is_unproven;     /* the peer answers, but HEARD waits for a word of it */
  bool is_doubtful;     /* the peer owes an answer; STALLED was reported */
  bool is_retiring;     /* takes no new streams, dies with the last it has */
  bool is_met;          /* what the peer speaks is known, and was reported if it differs */
  bool is_gap_told;
  bool is_stopping;     /* dies when flushed */
};

/* Reports SESSION_OPENED. On the client the port's receiver must be culvert_link_receive_cb. */
CulvertLink *culvert_link_new (const CulvertLinkConfig *config, CulvertTime now);

/* Closes relays and session at once, tells slot or listener, reports SESSION_CLOSED, frees. */
void culvert_link_die (CulvertLink *link, CulvertCloseReason reason);

/* FIN to all streams; dies when flushed. */
void culvert_link_stop (CulvertLink *link);

/* The hot settings of its part have changed. */
void culvert_link_apply (CulvertLink *link, CulvertTime now);

/* Takes no new streams; dies with its last one, or at expires_at whatever it has. */
void culvert_link_retire (CulvertLink *link, CulvertTime expires_at);

/* The network has changed: asks the peer whether it is there; where our packets would leave from
 * another address now, opens another session at once. */
void culvert_link_check_route (CulvertLink *link, CulvertTime now);
/* The process, or the machine, was asleep for that long. */
void culvert_link_wake_late (CulvertLink *link, CulvertTime late, CulvertTime now);
/* Whether the link should have been woken long ago. */
void culvert_link_watch_clock (CulvertLink *link, CulvertTime now);
/* owner: the link (port of a client). */
void culvert_link_failed_cb (void *owner, int error);

/* There is reason to ask the peer whether it is there. */
void culvert_link_suspect (CulvertLink *link, CulvertTime now);
/* Somebody waits for the answer: probes at once, and then with this pace. */
void culvert_link_hurry (CulvertLink *link, CulvertTime pace, CulvertTime now);

/* Something changed: run at the end of the round. */
void culvert_link_touch (CulvertLink *link);

/* owner: the link (port of a client). */
void culvert_link_receive_cb (void *owner,
                              uint8_t *datagram,
                              size_t len,
                              const CulvertAddress *from,
                              CulvertTime now);
/* A body that the listener has unprotected. */
void culvert_link_input_body (CulvertLink *link, uint8_t *body, size_t len, CulvertTime now);

/* Opens a stream for an accepted descriptor, which it takes. False when the session gives no more
 * streams; the descriptor stays the caller's then. */
bool culvert_link_accept (CulvertLink *link,
                          int fd,
                          const CulvertStreamAddress *peer,
                          CulvertTime now);

/* The relay's socket may have bytes. */
void culvert_link_queue_reader (CulvertLink *link, CulvertRelay *relay);

/* Gives memory of idle links back. True when all are idle. */
bool culvert_link_sweep (CulvertWorker *worker, CulvertTime now);

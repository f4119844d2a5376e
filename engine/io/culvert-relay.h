/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One stream and its TCP or UNIX socket, WIRE.md section 9.
 *
 *   DIALLING → CONNECTING → OPEN → LINGERING → freed
 *
 * Bytes are pulled: the link asks the relay to read when the session has room, in turn
 * with others. Read interest in the kernel is lazy: a socket that is not read stays registered
 * until it reports once in vain, and is registered again only when a read found it empty.
 *
 * End. Each direction ends by itself: the socket's end of file or failure, the peer's FIN (given on
 * to the socket at once by a write shutdown, after all bytes before it). closewait after the first
 * end both are closed; at once when both directions have ended. The socket of a closed stream
 * lingers: its write side is shut, what it still says is discarded until it ends or for a short
 * while, so that closing does not reset the connection under bytes not delivered yet. */
#pragma once

#include "culvert-link.h"
#include "culvert-tcp.h"

typedef enum
{
  CULVERT_RELAY_DIALLING,   /* waiting for the name, or for a descriptor */
  CULVERT_RELAY_CONNECTING,
  CULVERT_RELAY_OPEN,
  CULVERT_RELAY_LINGERING,  /* no link, no stream */
} CulvertRelayState;

struct _CulvertRelay
{
  CulvertPart *part;
  CulvertLink *link;
  CulvertStream *stream;
  CulvertList node;      /* link->readers or stalled; part->lingering */
  CulvertWatch watch;    /* fd -1 when the kernel is not to be asked */
  CulvertTimer timer;    /* next dial, closewait, end of lingering */
  CulvertNameWait wait;
  int fd;
  uint32_t lane_period;  /* of the link's lane */
  uint32_t read_size;    /* bytes the next read asks for at the most */
  uint8_t state;
  uint8_t attempt;       /* address of the target being tried */
  uint8_t retries;       /* dials that found no descriptor */
  bool is_broken : 1;    /* ERR was reported: the kernel is not asked, sockets are just tried */
  bool is_blocked : 1;   /* the socket takes no bytes for now */
  bool is_mute : 1;      /* bytes for the socket are discarded: writing failed */
  bool is_deaf : 1;      /* bytes of the socket are discarded: the stream takes none any more */
  bool has_ended : 1;    /* the socket said end of file, or failed */
  bool is_finished : 1;  /* the peer's FIN, all before it written */
};

/* Client: takes the descriptor, or returns NULL. */
CulvertRelay *culvert_relay_new_accepted (CulvertLink *link, CulvertStream *stream, int fd);
/* Server: dials the target. NULL: that failed at once and the stream is closed. */
CulvertRelay *culvert_relay_new_dialling (CulvertLink *link, CulvertStream *stream);

/* An event of the stream; the relay may be gone afterwards. */
void culvert_relay_handle (CulvertRelay *relay, unsigned kinds, CulvertTime now);

typedef enum
{
  CULVERT_RELAY_MORE,    /* the socket may have more */
  CULVERT_RELAY_EMPTY,   /* wait for the kernel */
  CULVERT_RELAY_STALLED, /* the stream has no room: wait for WRITABLE */
  CULVERT_RELAY_GONE,    /* the relay was freed */
} CulvertRelayRead;

/* Moves at most want bytes from the socket to the stream; *out_len of them. */
CulvertRelayRead culvert_relay_read (CulvertRelay *relay,
                                     size_t want,
                                     size_t *out_len,
                                     CulvertTime now);

/* Closes stream and socket; the socket lingers when it may still hold bytes to deliver. */
void culvert_relay_close (CulvertRelay *relay, CulvertTime now);
/* Closes stream and socket at once, the socket by a reset. */
void culvert_relay_abort (CulvertRelay *relay, CulvertTime now);
/* Closes the socket at once; the stream is gone already. */
void culvert_relay_free (CulvertRelay *relay);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One smux stream: identity, windows, and the place where the session hangs its own data.
 * An idle stream is one slot of at most 256 bytes. */
#pragma once

#include "culvert-fifo.h"
#include "culvert-smux.h"

struct _CulvertStream
{
  /* the smux module's */
  uint32_t id;
  uint32_t sent;         /* payload bytes announced, modulo 2^32 */
  uint32_t peer_consumed;
  uint32_t peer_window;
  uint32_t read;         /* bytes handed to the application, modulo 2^32 */
  uint32_t pending;      /* read since the last UPD */
  uint32_t held_tokens;  /* delivered and not returned */
  uint8_t flags;         /* private */
  uint8_t changes;       /* CulvertStreamChange not fetched yet */
  CulvertStream *hash_next;
  CulvertList all;       /* every stream of the smux */
  CulvertList changed;
  CulvertList control;   /* has a control frame due */

  /* the session's, zeroed at creation, cleared by the session before culvert_smux_close */
  CulvertFifo backlog;   /* received, not taken by the application */
  CulvertList ready;     /* in the session's event list */
  uint8_t events;        /* CulvertEventKind set, pending */
  uint8_t session_flags;
  struct _CulvertQpp *qpp; /* [0] outbound, [1] inbound, or NULL */

  /* the user's (io/link) */
  void *user;
  int64_t opened_at;     /* CulvertTime */
  uint64_t bytes_in;     /* payload received */
  uint64_t bytes_out;    /* payload sent */
};

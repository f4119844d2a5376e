/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Stream sockets, TCP and UNIX, non-blocking and close-on-exec from birth; -unix.c behind it.
 * TCP: TCP_NODELAY; keep-alive 15 s idle, 15 s interval (WIRE.md 9), which a dial to this machine
 * itself goes without. */
#pragma once

#include "culvert-base.h"
#include "culvert-udp.h"

#include <sys/uio.h>

/* A stream address: TCP (address) or UNIX (path; a leading '@' is the abstract namespace). */
typedef struct
{
  bool is_unix;
  CulvertAddress address;
  char path[108];
} CulvertStreamAddress;

/* Listening descriptor, or -1 with *out_errno. A stale UNIX socket file (nobody answers on it) is
 * replaced. */
int culvert_tcp_listen (const CulvertStreamAddress *address, int backlog, int *out_errno);
void culvert_tcp_local (int fd, CulvertStreamAddress *out_address);
/* Whom the socket is connected to; false when it is not. */
bool culvert_tcp_peer (int fd, CulvertStreamAddress *out_address);

/* One accepted descriptor, -1 with CULVERT_E_AGAIN-like *out_errno (EAGAIN: none; EMFILE, ENFILE,
 * ENOBUFS: out of descriptors). */
int culvert_tcp_accept (int listener, CulvertStreamAddress *out_peer, int *out_errno);

/* Starts connecting; the descriptor is writable or in error when done. The result is 0, an errno,
 * or EINPROGRESS; on this machine (is_near) it is mostly there at once. */
int culvert_tcp_connect (const CulvertStreamAddress *address, int *out_errno);
int culvert_tcp_connect_result (int fd);
bool culvert_tcp_is_near (const CulvertStreamAddress *address);

/* Bytes read or written; 0 on read: end of file; CULVERT_E_AGAIN; CULVERT_E_DISCARD with
 * *out_errno: broken. */
ssize_t culvert_tcp_readv (int fd, struct iovec *spans, unsigned n, int *out_errno);
ssize_t culvert_tcp_writev (int fd, struct iovec *spans, unsigned n, int *out_errno);

void culvert_tcp_shutdown_write (int fd);
void culvert_tcp_close (int fd);
/* Closes with a reset, as far as the kind of socket has one: the other end must not take it for a
 * regular end. */
void culvert_tcp_abort (int fd);

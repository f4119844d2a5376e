/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* State shared by the files of the check: task and order of the steps (culvert-check.c), sockets
 * (-path.c), probes (-probe.c), trial streams (-trial.c), words (-verdict.c).
 *
 * All of it lives in one thread of its own and is written as steps one after the other: each
 * sends, then waits in culvert_check_wait, which serves whatever path is given to it and ends
 * with the time of the whole check. Nothing here is on a packet path. */
#pragma once

#include "culvert-check.h"
#include "culvert-plan.h"
#include "culvert-session.h"

typedef struct _CulvertCheck CulvertCheck;
typedef struct _CulvertCheckPath CulvertCheckPath;

#define CULVERT_CHECK_MAX_CIPHERS 32

/* A socket of its own towards the server, and the conversation on it: the server keys sessions by
 * source address, so a path is a session over there. */
struct _CulvertCheckPath
{
  CulvertCheck *check;
  CulvertAddress peer;
  CulvertUdp *udp;         /* NULL: could not even be opened, icmp_error tells */
  uint32_t conv;
  CulvertCipher *ciphers[CULVERT_CHECK_MAX_CIPHERS]; /* owned; all are tried on answers */
  const char *names[CULVERT_CHECK_MAX_CIPHERS];      /* borrowed */
  unsigned n_ciphers;
  int icmp_error;
  unsigned n_icmp;

  /* A sound KCP packet of this conversation; wire_len: of its datagram. May be NULL. */
  void (*receive) (CulvertCheckPath *path, uint8_t *kcp, size_t len, size_t wire_len);
  void *owner;

  bool is_answered;
  unsigned fits;           /* cipher of the last answer */
  size_t largest;          /* longest datagram that answered */
  uint8_t heard[2][64];    /* first bytes of the server's stream: segments 0 and 1 */
  size_t heard_len[2];
};

typedef struct
{
  CulvertTime sent;
  CulvertTime answered; /* 0: not yet */
} CulvertCheckProbe;

struct _CulvertCheck
{
  CulvertConfig *config;
  CulvertPlan *plan;
  CulvertCheckOptions options;
  GCancellable *cancellable;
  GPollFD cancel_fd;
  bool has_cancel_fd;
  GMainContext *context;    /* of the caller */
  CulvertCheckProgressFunc progress;
  gpointer progress_data;

  CulvertTime started;
  CulvertTime deadline;
  CulvertBudget budget;
  CulvertSessionResources resources;
  CulvertUdpSlabs *slabs;

  CulvertCheckPath *path;   /* the one that answered */
  uint32_t probe_base;      /* ts of probe 0 */
  GArray *probes;           /* of CulvertCheckProbe */
  bool is_format_wrong;     /* the server ended the trial session */
  bool is_format_right;
  bool is_unreadable;       /* the target's words are no text, with or without QPP */
  CulvertCheckResult *result;
};

/* -- culvert-check-path.c ------------------------------------------------------------- */

CulvertTime culvert_check_now (void);
/* The whole check is over. */
bool culvert_check_is_over (const CulvertCheck *check);

/* Never NULL. cipher: NULL for the one set. */
CulvertCheckPath *culvert_check_path_new (CulvertCheck *check,
                                          const CulvertAddress *peer,
                                          const char *cipher,
                                          const uint8_t key[CULVERT_KEY_LEN]);
void culvert_check_path_add_cipher (CulvertCheckPath *path,
                                    const char *cipher,
                                    const uint8_t key[CULVERT_KEY_LEN]);
void culvert_check_path_free (CulvertCheckPath *path);

/* Seals body with cipher i and sends it. */
void culvert_check_path_send (CulvertCheckPath *path, unsigned i, const uint8_t *body, size_t len);
/* Sends and takes a sealed packet. */
void culvert_check_path_send_packet (CulvertCheckPath *path, CulvertPacket *packet);

/* Serves the paths until something came or until is reached. False: the check is over. */
bool culvert_check_wait (CulvertCheck *check,
                         CulvertCheckPath *const *paths,
                         unsigned n,
                         CulvertTime until);

/* -- culvert-check-probe.c ------------------------------------------------------------ */

/* Finds an address that answers; sets check->path. */
bool culvert_check_find (CulvertCheck *check, const CulvertAddress *addresses, unsigned n);
/* Asks in other ciphers and under the default key; true: the result says which. */
bool culvert_check_find_cipher (CulvertCheck *check, const CulvertAddress *address);
/* Round trip, jitter, loss. */
void culvert_check_ping (CulvertCheck *check);
/* Sizes that pass. */
void culvert_check_sizes (CulvertCheck *check);
/* What the server said by itself on the path, its heartbeat; false: nothing that can be read. */
bool culvert_check_read_heartbeat (CulvertCheck *check, CulvertPeerFormat *out_format);

/* -- culvert-check-trial.c ------------------------------------------------------------ */

/* Compression, smux version, target, QPP. */
void culvert_check_trial (CulvertCheck *check);

/* -- culvert-check-verdict.c ------------------------------------------------------------ */

/* Sets verdict and sentence from what was found. */
void culvert_check_judge (CulvertCheck *check);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a worker must know to run one tunnel: plain data, built and validated by the tunnel object
 * in the main thread, immutable and atomically reference counted from then on. Keys in it are wiped
 * when the last reference goes. */
#pragma once

#include "culvert-base.h"
#include "culvert-paths.h"
#include "culvert-session.h"
#include "culvert-tcp.h"
#include "culvert-udp.h"

/* A name still to be resolved, or a numeric address. */
typedef struct
{
  bool is_unix;
  char *host;         /* name, literal without brackets, or UNIX path; empty: all addresses */
  uint16_t port_min;  /* a range for UDP, equal for TCP */
  uint16_t port_max;
} CulvertEndpoint;

/* What changes without a restart; each part has a copy of its own. */
typedef struct
{
  uint32_t sndwnd;
  uint32_t rcvwnd;
  uint64_t ratelimit;   /* bytes per second and session, 0: none (WIRE.md 12.4) */
  bool report_streams;  /* STREAM_OPENED and STREAM_CLOSED are wanted */
} CulvertHotSettings;

typedef struct
{
  _Atomic uint32_t refs;

  uint64_t tunnel;      /* id, for reports */
  uint32_t generation;  /* reports of an old generation are dropped */
  bool is_client;

  char cipher[16];
  uint8_t key[CULVERT_KEY_LEN];
  bool compress;
  bool detects;         /* server: sessions take compression and smux version from the client */
  CulvertFecCode *fec;  /* NULL: off */
  bool fec_adaptive;    /* fec is what it begins with */
  unsigned fec_ds, fec_ps; /* what the peer is thought to send; 0, 0: nothing */
  CulvertQppPads *qpp;  /* NULL: off */
  unsigned mtu;         /* bytes of the largest datagram, that kcp.mtu stands for */
  CulvertKcpConfig kcp; /* conv is drawn per session; mtu is the final KCP mtu */
  CulvertSmuxConfig smux;
  CulvertUdpOptions udp;
  bool tcp;             /* fake TCP: instead of UDP on a client, beside it on a server */
  uint64_t ratelimit;   /* bytes per second and session, 0: none (WIRE.md 12.4) */
  CulvertTime closewait;
  bool report_streams;  /* STREAM_OPENED and STREAM_CLOSED are wanted */
  CulvertPaths paths;   /* what is known of them already, by the workers' clock */
  unsigned max_sessions;  /* server: sessions at once, cap of hostile input */

  /* client */
  CulvertEndpoint local;   /* where connections are accepted */
  CulvertEndpoint remote;
  unsigned conn;
  CulvertTime autoexpire;  /* 0: off */
  CulvertTime scavengettl;

  /* server */
  CulvertEndpoint listen;
  CulvertEndpoint target;
} CulvertPlan;

/* The hot settings a run begins with. */
CulvertHotSettings culvert_plan_get_hot (const CulvertPlan *plan);

/* Zeroed with one reference. */
CulvertPlan *culvert_plan_new (void);
CulvertPlan *culvert_plan_ref (CulvertPlan *plan);
void culvert_plan_unref (CulvertPlan *plan);

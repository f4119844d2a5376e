/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the files of fake TCP on Linux share: -linux.c is the carrier, segments in and out for
 * both roles; -dial-linux.c is the client's connection; -accept-linux.c the server's ports and
 * connections. */
#pragma once

#include "culvert-faketcp-raw.h"
#include "culvert-faketcp.h"

typedef struct _CulvertFakeTcp CulvertFakeTcp;

/* A raw socket and its watch. */
typedef struct
{
  CulvertFakeTcp *tcp;
  CulvertRaw raw;
  CulvertWatch watch;
  bool is_ready; /* may have segments */
  bool is_full;  /* took no more when it was asked last */
} CulvertFakeRaw;

/* The kernel's own connection and our flow on it. */
typedef struct
{
  CulvertFakeTcp *tcp;
  CulvertFlow flow;
  CulvertWatch watch;
  int fd; /* -1: a client's that is not connected or connecting */
} CulvertFakeConnection;

typedef struct
{
  CulvertFakeTcp *tcp;
  CulvertWatch watch;
  int fd;
} CulvertFakeListener;

typedef enum
{
  CULVERT_DIAL_CONNECTING,
  CULVERT_DIAL_CONNECTED,
  CULVERT_DIAL_FAILED, /* tried again when the timer fires */
} CulvertDialState;

struct _CulvertFakeTcp
{
  CulvertCarrier carrier;
  CulvertCarrierHost host;    /* reactor NULL: not opened yet */
  CulvertFakeRaw raws[2];     /* a dual-stack server has both families */
  unsigned n_raws;
  CulvertFlowTable flows;
  CulvertTimer timer;         /* client: dialling; server: silent flows */
  CulvertDefer wake;          /* tells the host what happened */
  int error;                  /* for the host, 0: none */
  bool wants_out;
  bool mutes_late;            /* the kernel refused the filter */

  /* client */
  CulvertFakeConnection *dial; /* NULL on a server */
  CulvertDialState state;
  CulvertAddress peer;
  int dscp;
  bool has_failed;            /* once at least: losing instead of waiting */

  /* server */
  CulvertFakeListener *listeners;
  unsigned n_listeners;
  CulvertFakeTcpRange range;
  CulvertTimer resume;        /* of listeners that are out of descriptors */
};

/* -- the carrier -- */

CulvertFakeTcp *culvert_faketcp_new (void);
bool culvert_faketcp_add_raw (CulvertFakeTcp *tcp,
                              sa_family_t family,
                              const CulvertUdpOptions *options,
                              const CulvertRawFilter *filter,
                              int *out_errno);
/* A socket before it begins: reset on close, no keepalive, filter. False with *out_errno. */
bool culvert_faketcp_prepare (CulvertFakeTcp *tcp, int fd, int *out_errno);
/* Watches a kernel connection; func hears of its end. */
bool culvert_faketcp_watch (CulvertFakeConnection *connection,
                            unsigned interest,
                            CulvertWatchFunc func);
/* Reads and drops what the kernel has, which is nothing from honest peers. False: the connection
 * has ended, *out_errno tells how (0: the peer closed it). */
bool culvert_faketcp_drain (int fd, int *out_errno);
/* Unwatches and resets the connection; the flow stays. */
void culvert_faketcp_hang_up (CulvertFakeConnection *connection);

/* -- client -- */

int culvert_faketcp_dial_open (CulvertFakeTcp *tcp);
void culvert_faketcp_dial_close (CulvertFakeTcp *tcp);
bool culvert_faketcp_dial_is_up (const CulvertFakeTcp *tcp);
/* The flow has learned from a segment. */
void culvert_faketcp_dial_learned (CulvertFakeTcp *tcp);
/* The peer ended the connection. */
void culvert_faketcp_dial_ended (CulvertFakeTcp *tcp);

/* -- server -- */

int culvert_faketcp_accept_open (CulvertFakeTcp *tcp);
void culvert_faketcp_accept_close (CulvertFakeTcp *tcp);
/* Takes the connections that wait on one of our ports. */
void culvert_faketcp_accept (CulvertFakeTcp *tcp, uint16_t port, CulvertTime now);
/* Closes the connection and frees it with its flow. */
void culvert_faketcp_accept_drop (CulvertFakeConnection *connection);

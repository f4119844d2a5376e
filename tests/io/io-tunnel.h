/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A runtime with a server and a client run in this process, and what both reported. */
#pragma once

#include "culvert-runtime.h"
#include "io-target.h"

typedef struct
{
  const char *cipher;       /* NULL: none */
  bool has_fec;
  bool compress;
  int smux_version;         /* 0: 2 */
  unsigned n_workers;       /* 0: 1 */
  unsigned conn;            /* 0: 1 */
  unsigned qpp_count;       /* 0: off */
  int client_closewait_ms;
  int server_closewait_ms;
  uint64_t client_ratelimit;
  CulvertTime autoexpire;
  CulvertTime scavengettl;
  unsigned n_ports;         /* range of the server, 0: 1 */
  const char *target_path;  /* UNIX; NULL: TCP */
  uint16_t target_port;
  const char *local_path;   /* UNIX; NULL: TCP */
  size_t mem_limit;
} IoTunnelOptions;

typedef struct
{
  CulvertRuntime *runtime;
  CulvertRun *server;       /* tunnel 1 */
  CulvertRun *client;       /* tunnel 2 */
  GMainContext *context;
  GPtrArray *reports;       /* of CulvertReport */
  uint16_t server_port;
  uint16_t local_port;
  char *local_path;
} IoTunnel;

IoTunnel *io_tunnel_new (const IoTunnelOptions *options);
/* Stops both at once and checks that all is gone. */
void io_tunnel_free (IoTunnel *tunnel);

/* The plans alone, for tests with one end. */
CulvertPlan *io_tunnel_server_plan (const IoTunnelOptions *options);
CulvertPlan *io_tunnel_client_plan (const IoTunnelOptions *options, uint16_t server_port);
IoTunnel *io_tunnel_new_bare (const IoTunnelOptions *options);
CulvertRun *io_tunnel_start (IoTunnel *tunnel, CulvertPlan *plan);

/* Waits for the n-th report of a kind (n from 1) of the tunnel, 0: any. */
const CulvertReport *
io_tunnel_wait (IoTunnel *tunnel, uint64_t id, CulvertReportKind kind, unsigned n);
unsigned io_tunnel_count (IoTunnel *tunnel, uint64_t id, CulvertReportKind kind);
/* Handles what was reported so far. */
void io_tunnel_iterate (IoTunnel *tunnel);

/* Blocking descriptor connected to the client's listener; reads time out after 20 s. */
int io_tunnel_connect (IoTunnel *tunnel);

void io_write_all (int fd, const void *data, size_t len);
/* Fails the test when the stream ends before. */
void io_read_all (int fd, void *data, size_t len);
/* Reads on until the end of file; returns the bytes read before it, or -1 on an error. */
ssize_t io_read_end (int fd);

/* Waits for cond; fails the test after 20 s. */
#define io_wait_for(tunnel, cond) \
  do \
    { \
      gint64 io_limit = g_get_monotonic_time () + 20 * G_USEC_PER_SEC; \
      while (!(cond)) \
        { \
          g_assert_cmpint (g_get_monotonic_time (), <, io_limit); \
          io_tunnel_iterate (tunnel); \
          g_usleep (1000); \
        } \
    } \
  while (0)

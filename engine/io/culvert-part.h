/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The part of a running tunnel that lives on one worker.
 *
 * The main thread allocates all parts of a run at once; from then on a part belongs to its worker,
 * which opens it (the home part resolves and binds for all), stops it, and frees it on the main
 * thread's word. So a message may name a part from start to end of a run.
 *
 *   NEW → OPEN → STOPPING → STOPPED        NEW → STOPPED when stop comes first
 *
 * Reports go home through here, repeated ones counted instead of sent. */
#pragma once

#include "culvert-cipher.h"
#include "culvert-lanes.h"
#include "culvert-list.h"
#include "culvert-paths.h"
#include "culvert-reactor.h"
#include "culvert-resolve.h"
#include "culvert-runtime.h"
#include "culvert-tcp.h"
#include "culvert-worker.h"

typedef struct _CulvertPart CulvertPart;
typedef struct _CulvertAcceptor CulvertAcceptor;
typedef struct _CulvertListener CulvertListener;
typedef struct _CulvertSlot CulvertSlot;
typedef struct _CulvertStrangers CulvertStrangers;

typedef enum
{
  CULVERT_PART_NEW,
  CULVERT_PART_OPEN,
  CULVERT_PART_STOPPING,
  CULVERT_PART_STOPPED,
} CulvertPartState;

/* First occurrence at once, then one report per interval; the interval doubles up to max. */
typedef struct
{
  uint64_t count; /* not reported yet */
  CulvertTime next;
  CulvertTime interval;
} CulvertLimiter;

#define CULVERT_LIMITER_FIRST (10 * CULVERT_SEC)
#define CULVERT_LIMITER_MAX (640 * CULVERT_SEC)

/* How many occurrences to report now, 0: none. */
uint64_t culvert_limiter_hit (CulvertLimiter *limiter, CulvertTime now, CulvertTime max);
/* It works again: the next failure is news. */
void culvert_limiter_reset (CulvertLimiter *limiter);

struct _CulvertPart
{
  CulvertWorker *worker;
  CulvertRun *run;
  CulvertPlan *plan;
  CulvertHotSettings hot; /* instead of the plan's */
  unsigned index;       /* among the run's parts; 0: home */
  CulvertPartState state;
  bool has_answered;    /* the main thread knows that it is stopped */

  CulvertCipher *cipher;
  CulvertCounters *counters; /* of what belongs to no session */
  CulvertList links;
  CulvertList lingering;     /* relays whose stream is gone and whose socket drains */
  CulvertTimer grace;
  CulvertDefer finish;       /* looks whether all is stopped */

  CulvertName bind_name;     /* home: where to listen */
  CulvertNameWait bind_wait;
  CulvertName dial_name;     /* client: the server; server: the target */
  CulvertAddress dial_good;  /* client: where a session was answered last */

  CulvertAcceptor *acceptor; /* client's home */
  CulvertSlot *slots;        /* client: slots i with i % n_parts == index, at i / n_parts */
  unsigned n_slots;
  CulvertListener **listeners; /* server */
  unsigned n_listeners;
  CulvertStrangers *strangers; /* server */
  uint32_t hash_seed;
  CulvertPaths paths;
  unsigned n_links;
  unsigned max_links;        /* server: its share of max_sessions */

  CulvertLimiter resolve_limiter;
  CulvertLimiter dial_limiter;   /* client: UDP sockets; server: the target */
  CulvertLimiter accept_limiter;
  CulvertLimiter hold_limiter;   /* client: connections that waited in vain */
  CulvertLimiter socket_limiter;
  CulvertLimiter check_limiter;
};

/* A run as all threads see it: constant once started. */
struct _CulvertRun
{
  CulvertRuntime *runtime;
  CulvertPlan *plan;
  unsigned n_parts;
  unsigned n_stopped; /* main thread */
  CulvertPart **parts;
  CulvertLaneBoard *lanes; /* client: of its slots, else NULL */
};

/* Main thread. */
CulvertPart *culvert_part_new (CulvertRun *run, CulvertWorker *worker, unsigned index);

/* The following in the part's worker. Stopped, or never opened. */
void culvert_part_free (CulvertPart *part);

/* Home: resolves, binds everything, opens the other parts, reports STARTED or FAILED. */
void culvert_part_start (CulvertPart *part);
/* Again with a shorter grace cuts it. */
void culvert_part_stop (CulvertPart *part, CulvertTime grace);

/* In the part's worker, clients: the network changed (slept 0), or the machine slept so long. */
void culvert_part_network_changed (CulvertPart *part, CulvertTime slept);

/* Any thread: runs func (part, data) on the part's worker; data is freed with g_free afterwards. */
void culvert_part_post (CulvertPart *part,
                        void (*func) (CulvertPart *part, void *data),
                        void *data);

/* A link or a lingering socket has gone: the part may be through with stopping. */
void culvert_part_check_finished (CulvertPart *part);

CulvertTime culvert_part_now (const CulvertPart *part);

/* Main thread's side, culvert-runtime.c: the part will send nothing more but reports already on
 * their way. */
void culvert_run_part_stopped (CulvertPart *part);
/* handle of a CulvertReport. */
void culvert_run_report_cb (CulvertMessage *message, void *owner);

/* -- reports ------------------------------------------------------------------- */

CulvertReport *culvert_part_report_new (const CulvertPart *part, CulvertReportKind kind);
void culvert_part_report_send (CulvertPart *part, CulvertReport *report);

/* With the limiter's count; error in the kind's own meaning. */
void culvert_part_report_limited (CulvertPart *part,
                                  CulvertLimiter *limiter,
                                  CulvertReportKind kind,
                                  int error,
                                  const char *text);
void culvert_part_report_socket (CulvertPart *part, int error);
/* A packet failed its check. */
void culvert_part_report_check (CulvertPart *part,
                                const CulvertAddress *from,
                                CulvertCheckFailure failure,
                                CulvertTime now);
/* What is new about an address whose packets never pass it. */
void culvert_part_report_stranger (CulvertPart *part,
                                   const CulvertAddress *from,
                                   CulvertCheckFailure failure,
                                   const char *cipher,
                                   uint64_t count);

/* "host:port" or the path. */
#define CULVERT_STREAM_ADDRESS_TEXT 128
void culvert_stream_address_text (const CulvertStreamAddress *address,
                                  char buf[CULVERT_STREAM_ADDRESS_TEXT]);
void culvert_endpoint_text (const CulvertEndpoint *endpoint, char *buf, size_t size);

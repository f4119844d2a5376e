/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The face of level 3 towards the engine: threads, and tunnels running on them.
 *
 * The main thread starts workers and tunnels; reports come back through a mailbox in the
 * main thread's context. Tunnels are known to workers by pointer to their running
 * instance only inside level 3; the main thread holds a CulvertRun and must stop it before freeing
 * it.
 *
 * A client tunnel has a home worker with the acceptor; its sessions are spread over the workers
 * in turn; an accepted descriptor travels to its session's worker by mailbox. A server tunnel has
 * one UDP socket per port and worker (SO_REUSEPORT) and the sessions of what arrives there. */
#pragma once

#include "culvert-base.h"
#include "culvert-counters.h"
#include "culvert-mailbox.h"
#include "culvert-plan.h"

typedef struct _CulvertRuntime CulvertRuntime;
typedef struct _CulvertRun CulvertRun;

typedef enum
{
  CULVERT_REPORT_LISTENING, /* text: local address now open (one per socket; client: TCP or UNIX;
                               server: UDP) */
  CULVERT_REPORT_STARTED,   /* all listeners are open */
  CULVERT_REPORT_FAILED,    /* could not start: error, text: what was being opened */
  CULVERT_REPORT_SESSION_OPENED, /* counters (transfer full): live block; text: peer; id */
  CULVERT_REPORT_SESSION_HEARD, /* authenticated packet of the peer, the first or after STALLED; id;
                                   text: peer */
  CULVERT_REPORT_SESSION_FORMAT,  /* the peer speaks otherwise than configured and the session
                                     adapts; id; format; text: peer */
  CULVERT_REPORT_SESSION_CLOSED,  /* id; code: why, text: peer; format: as far as it was seen;
                                     count: streams it had */
  CULVERT_REPORT_SESSION_STALLED, /* the peer owes an answer; HEARD or CLOSED follows soon; id;
                                     text: peer */
  CULVERT_REPORT_SESSION_SIZE, /* the size of packets has changed; id; code: bytes that pass, error:
                                  that do not, 0: none; text: peer */
  CULVERT_REPORT_PATH_LEARNED, /* path: what it lets pass, to be remembered */
  CULVERT_REPORT_SESSION_GAP,  /* large packets of the peer do not arrive, others do; id; text */
  CULVERT_REPORT_SESSION_RENEWING, /* another session is opened to replace it; id; code:
                                      CulvertRenewReason; text: peer */
  CULVERT_REPORT_COUNTERS, /* counters (transfer full): block of what belongs to no session, until
                              STOPPED */
  CULVERT_REPORT_STREAM_OPENED,   /* id: session, stream; text: peer or client address */
  CULVERT_REPORT_STREAM_CLOSED,   /* bytes_in, bytes_out, stream */
  CULVERT_REPORT_RESOLVE_FAILED,  /* text: name; error (GResolverError code); retried */
  CULVERT_REPORT_TARGET_FAILED,   /* text: target; error: errno; retried with the next stream */
  CULVERT_REPORT_ACCEPT_FAILED,   /* error: errno (out of descriptors); retried */
  CULVERT_REPORT_SOCKET_ERROR,    /* error: errno of a UDP socket (ICMP hint, passing) */
  CULVERT_REPORT_UNAUTHENTICATED, /* packets that fail their check arrive; text: source; count;
                                     code: CulvertCheckFailure; cipher */
  CULVERT_REPORT_STOPPED,         /* all is closed; the last report of a run */
} CulvertReportKind;

/* What is known about packets that fail their check (code). */
typedef enum
{
  CULVERT_CHECK_FAILURE_UNKNOWN, /* key or cipher may differ */
  CULVERT_CHECK_FAILURE_DAMAGED, /* others of the same source pass */
  CULVERT_CHECK_FAILURE_KEY,     /* no cipher fits the key */
  CULVERT_CHECK_FAILURE_CIPHER,  /* the same key with another cipher fits */
} CulvertCheckFailure;

/* Why a session ended (code). */
typedef enum
{
  CULVERT_CLOSE_STOPPED,   /* tunnel stopped */
  CULVERT_CLOSE_EXPIRED,   /* scavengettl ended it with count streams */
  CULVERT_CLOSE_RETIRED,   /* it had been replaced, and its last stream has ended */
  CULVERT_CLOSE_SIZE,      /* its packets are too large for the path; error: of so many bytes */
  CULVERT_CLOSE_DEAD,      /* the peer did not answer probes */
  CULVERT_CLOSE_FORGOTTEN, /* the peer does not know the conversation any more: it was restarted */
  CULVERT_CLOSE_REJECTED,  /* the same again and again: the peer does not understand it */
  CULVERT_CLOSE_UNANSWERED, /* the peer never answered */
  CULVERT_CLOSE_SURPLUS,   /* another one answered first */
  CULVERT_CLOSE_TIMEOUT,   /* the peer was silent for 30 s */
  CULVERT_CLOSE_PROTOCOL,  /* smux error: key right, smux version or compression differ */
  CULVERT_CLOSE_COMP,      /* snappy error */
  CULVERT_CLOSE_REPLACED,  /* the peer began anew from the same address (server) */
  CULVERT_CLOSE_RESOURCES,
} CulvertCloseReason;

/* Why a session that works is replaced (code). */
typedef enum
{
  CULVERT_RENEW_AGE,      /* autoexpire */
  CULVERT_RENEW_PAUSE,    /* the process or the machine slept */
  CULVERT_RENEW_MOVED,    /* packets would leave from another address now */
  CULVERT_RENEW_COLLAPSE, /* throughput fell as if the flow were policed */
} CulvertRenewReason;

typedef struct
{
  CulvertMessage message;
  CulvertReportKind kind;
  uint64_t tunnel;
  uint32_t generation;
  uint64_t id;                 /* session, unique in the process */
  uint32_t stream;
  int code;
  int error;
  uint64_t count;              /* equal reports that this one stands for; at least 1 */
  uint64_t bytes_in, bytes_out;
  CulvertCounters *counters;
  CulvertPeerFormat format;
  const char *cipher;          /* static */
  CulvertPath path;
  char text[160];
} CulvertReport;

/* Called in the main thread's context, one report at a time, borrowed. */
typedef void (*CulvertReportFunc) (const CulvertReport *report, void *data);

/* n_workers threads (started with the first run, stopped after the last); mem_limit in bytes over
 * all workers, 0: 64 MiB. func is called from context. */
CulvertRuntime *culvert_runtime_new (unsigned n_workers,
                                     size_t mem_limit,
                                     GMainContext *context,
                                     CulvertReportFunc func,
                                     void *data);
/* Another number of threads. False: they run, and nothing changes. */
bool culvert_runtime_set_n_workers (CulvertRuntime *runtime, unsigned n_workers);
/* Another limit for the workers that run and those to come. */
void culvert_runtime_set_mem_limit (CulvertRuntime *runtime, size_t mem_limit);
/* All runs must be stopped and freed. Joins the threads. */
void culvert_runtime_free (CulvertRuntime *runtime);

/* Starts a tunnel; ends in a STARTED or FAILED report. plan: takes a reference. After FAILED
 * culvert_run_free is due. NULL: no thread could be started. */
CulvertRun *culvert_runtime_start (CulvertRuntime *runtime, CulvertPlan *plan);

/* Clients: the addresses or routes of this machine changed, or (slept > 0) it was suspended for so
 * long. Sessions are probed, and replaced at once where they cannot work any more. */
void culvert_run_network_changed (CulvertRun *run, CulvertTime slept);

/* Closes listeners, sends FINs, flushes for at most grace_us, then closes. Ends in the STOPPED
 * report, after which culvert_run_free is due. Calling it again with a shorter grace cuts it. */
void culvert_run_stop (CulvertRun *run, CulvertTime grace);
void culvert_run_free (CulvertRun *run);

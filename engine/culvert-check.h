/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Diagnosis of a path to a server: does it answer, and if not, or not as it should, why.
 *
 * Works against every kcptun server. Window probes in protected packets with a conversation of
 * their own prove address, path, key and cipher; the round trip and the size of packets that
 * passes come from the same probes. A trial stream then tells compression and smux version (a
 * server closes a session whose format is not its own, and the next probe is answered by a fresh
 * one) and whether the target is reached; what the target says shows whether QPP agrees. Where
 * nothing on the wire can tell causes apart, the sentence names them all.
 *
 * What the server sees of it: a few sessions without traffic, which end with its keepalive, one
 * connection to the target, and, if the target keeps silent, the line
 * "HEAD / HTTP/1.0" sent to it (unless told not to ask). */
#pragma once

#include "culvert-config.h"
#include "culvert-types.h"

G_BEGIN_DECLS

/* The value is the exit code of `culvert check`; 1 and 2 are left to the program. */
typedef enum
{
  CULVERT_CHECK_OK = 0,
  CULVERT_CHECK_NAME = 3,        /* the name has no address */
  CULVERT_CHECK_UNREACHABLE = 4, /* ICMP said so: port closed, host or network unreachable */
  CULVERT_CHECK_NO_ANSWER = 5,   /* lost on the way, or key or cipher differ */
  CULVERT_CHECK_PROTECTION = 6,  /* it answers to another cipher, or to the default key */
  CULVERT_CHECK_COMPRESSION = 7, /* nocomp differs (and maybe smuxver, too) */
  CULVERT_CHECK_SMUX = 8,        /* smuxver differs */
  CULVERT_CHECK_QPP = 9,         /* QPP or QPPCount differs */
  CULVERT_CHECK_TARGET = 10,     /* the target refuses connections */
  CULVERT_CHECK_LARGE = 11,      /* large packets are lost */
  CULVERT_CHECK_FORMAT = 12,     /* nocomp or smuxver differs, it could not be told which */
  CULVERT_CHECK_UNFINISHED = 13, /* it answers; the time was over before all was known */
} CulvertCheckVerdict;

typedef enum
{
  CULVERT_CHECK_UNKNOWN = -1,
  CULVERT_CHECK_NO = 0,
  CULVERT_CHECK_YES = 1,
} CulvertCheckTruth;

typedef enum
{
  CULVERT_CHECK_TARGET_UNKNOWN,
  CULVERT_CHECK_TARGET_REFUSED,
  CULVERT_CHECK_TARGET_SILENT,  /* not refused within a second, and says nothing */
  CULVERT_CHECK_TARGET_SPEAKS,
} CulvertCheckTarget;

typedef struct
{
  CulvertCheckVerdict verdict;
  char *sentence;      /* the verdict in words, and what to change */
  char *address;       /* that answered, or was tried; NULL when there is none */
  char *crypt;         /* the cipher it answers to when that is not the one set, or NULL */
  gboolean is_default_key; /* it answers to kcptun's default key, not to the one set */
  guint n_probes;      /* small ones, for round trip and loss */
  guint n_answers;
  gint64 rtt_min_us;   /* a server answers with its next flush, so this is nearest; 0: none */
  gint64 rtt_avg_us;
  gint64 rtt_max_us;
  gint64 jitter_us;    /* mean difference from one probe to the next */
  guint mtu_up;        /* largest packet that passes to the server, at most mtu; 0: unknown */
  guint mtu_down;      /* largest packet that came back; 0: unknown */
  gboolean loses_up;   /* larger packets are lost, each way */
  gboolean loses_down;
  int smux_version;    /* what the server speaks or takes; 0: unknown */
  CulvertCheckTruth compression;
  CulvertCheckTruth qpp_agrees;
  CulvertCheckTarget target;
  int icmp_error;      /* errno of what ICMP, or this machine's network, said; 0: nothing */
  gint64 elapsed_us;
} CulvertCheckResult;

#define CULVERT_TYPE_CHECK_RESULT (culvert_check_result_get_type ())
CULVERT_AVAILABLE GType culvert_check_result_get_type (void);
CULVERT_AVAILABLE CulvertCheckResult *culvert_check_result_copy (const CulvertCheckResult *result);
CULVERT_AVAILABLE void culvert_check_result_free (CulvertCheckResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CulvertCheckResult, culvert_check_result_free)

/* "ok", "no-answer" and so on: for machines. */
CULVERT_AVAILABLE const char *culvert_check_verdict_to_string (CulvertCheckVerdict verdict);
CULVERT_AVAILABLE const char *culvert_check_target_to_string (CulvertCheckTarget target);

typedef struct
{
  guint count;       /* probes for round trip and loss, 1 to 1000 */
  guint timeout_ms;  /* of the whole check; more than the server's keepalive, 10 s by default */
  gboolean no_ask;   /* never send anything to the target */
} CulvertCheckOptions;

#define CULVERT_CHECK_OPTIONS_DEFAULT { 10, 14000, FALSE }

/* What is being done now, for people; called in the context of the caller of async. */
typedef void (*CulvertCheckProgressFunc) (const char *step, gpointer user_data);

/* config: of a client. Works in a thread of its own; callbacks come in the caller's thread-default
 * context, progress only before the callback. */
CULVERT_AVAILABLE void culvert_check_async (CulvertConfig *config,
                                            const CulvertCheckOptions *options,
                                            GCancellable *cancellable,
                                            CulvertCheckProgressFunc progress,
                                            gpointer progress_data,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
/* (transfer full); NULL with CULVERT_ERROR_* (it could not be done at all) or
 * G_IO_ERROR_CANCELLED. A bad verdict is no error. */
CULVERT_AVAILABLE CulvertCheckResult *culvert_check_finish (GAsyncResult *result, GError **error);

G_END_DECLS

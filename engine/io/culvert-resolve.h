/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A host name and its addresses, looked up without blocking.
 *
 * One CulvertName per name and part of a tunnel, on one worker. Numeric hosts are answered at once.
 * Names go through GResolver in the worker's context; the last good answer is kept and stands in
 * when a later look-up fails. IPv4 addresses come first (WIRE.md 6.1). */
#pragma once

#include "culvert-list.h"
#include "culvert-udp.h"

#include <gio/gio.h>

#define CULVERT_NAME_ADDRESSES 8

typedef struct _CulvertName CulvertName;
typedef struct _CulvertNameWait CulvertNameWait;
typedef struct _CulvertNameLookup CulvertNameLookup;

/* Lives in whoever waits. func runs once, from the worker's loop; error is NULL when name has
 * a fresh answer; with an error it may still have the last good one. */
struct _CulvertNameWait
{
  CulvertList node;
  void (*func) (CulvertNameWait *wait, CulvertName *name, const GError *error);
};

struct _CulvertName
{
  GResolver *resolver; /* borrowed */
  unsigned *n_lookups; /* borrowed: look-ups under way on this worker */
  const char *host;    /* borrowed */
  bool is_numeric;
  unsigned n;          /* addresses known */
  CulvertAddress addresses[CULVERT_NAME_ADDRESSES]; /* port 0 */
  CulvertTime answered_at;
  CulvertNameLookup *lookup; /* under way, or NULL */
  CulvertList waits;
};

/* An empty host is empty_as, a numeric address. */
void culvert_name_init (CulvertName *name,
                        const char *host,
                        const char *empty_as,
                        GResolver *resolver,
                        unsigned *n_lookups);
/* Those who wait are not called any more. */
void culvert_name_clear (CulvertName *name);

/* True: name->addresses hold an answer not older than max_age. False: wait->func will be called. */
bool culvert_name_lookup (CulvertName *name,
                          CulvertTime max_age,
                          CulvertTime now,
                          CulvertNameWait *wait);

void culvert_name_wait_init (CulvertNameWait *wait,
                             void (*func) (CulvertNameWait *wait,
                                           CulvertName *name,
                                           const GError *error));
void culvert_name_cancel (CulvertNameWait *wait);

/* Address i with the port set. */
void culvert_name_address (const CulvertName *name,
                           unsigned i,
                           uint16_t port,
                           CulvertAddress *out_address);

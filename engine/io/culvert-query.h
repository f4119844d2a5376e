/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Questions to all workers of a run, and the hot settings.
 *
 * A message goes to each part; it answers with the rows it has, and when the last answer is in,
 * func is called in the main thread with all of them. The answer always comes, also when
 * the run stops or is freed meanwhile: messages of one poster stay in order, so a part answers
 * before it is freed. Looking at what a worker owns happens on that worker. */
#pragma once

#include "culvert-part.h"

/* Rows one part answers with at the most: a table is for people. */
#define CULVERT_QUERY_MAX_ROWS 4096

typedef struct
{
  uint64_t id;
  char peer[CULVERT_ADDRESS_TEXT];
  CulvertTime age;
  CulvertTime silent;   /* since the last authenticated packet; -1: never heard */
  int64_t srtt_us;      /* 0: not known */
  int64_t rttvar_us;
  unsigned mtu;         /* bytes of the largest packets it sends */
  uint32_t n_streams;
  uint64_t bytes_in;    /* payload */
  uint64_t bytes_out;
} CulvertSessionRow;

typedef struct
{
  uint64_t session;
  uint32_t id;
  char address[CULVERT_STREAM_ADDRESS_TEXT]; /* the client's, or the target's; may be empty */
  CulvertTime age;
  uint64_t bytes_in;
  uint64_t bytes_out;
} CulvertStreamRow;

/* rows: of the kind asked for, borrowed; is_cut: a part had more than it may answer with. */
typedef void (*CulvertQueryFunc) (GArray *rows, bool is_cut, void *data);

/* Main thread. */
void culvert_run_list_sessions (CulvertRun *run, CulvertQueryFunc func, void *data);
void culvert_run_list_streams (CulvertRun *run, CulvertQueryFunc func, void *data);

/* func comes without rows, when every session works by the new settings. */
void culvert_run_apply (CulvertRun *run,
                        const CulvertHotSettings *hot,
                        CulvertQueryFunc func,
                        void *data);

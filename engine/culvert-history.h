/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertHistory: what a tunnel did, kept by the engine, so that a window opened later shows it.
 *
 * Three rings of points per series: 1 s x 10 min, 1 min x 24 h, 1 h x 90 d, about 200 KiB in all,
 * made with the tunnel's first start and kept while the tunnel exists. The engine samples all
 * running tunnels by one timer on whole seconds of the wall clock, which sleeps while no tunnel
 * has a session. A point is the mean over its step, of counters exactly what was counted in
 * it; NAN where nothing is known: not running, suspended, no value. Minutes and hours begin
 * with those of UTC. A wall clock set back shifts what was; no point is lost or overwritten by it.
 * All calls in the engine's thread; a history lives as long as its tunnel. */
#pragma once

#include "culvert-types.h"

G_BEGIN_DECLS

typedef struct _CulvertHistory CulvertHistory;

typedef enum
{
  CULVERT_SERIES_GOODPUT_DOWN,  /* payload bytes/s from the peer */
  CULVERT_SERIES_GOODPUT_UP,    /* payload bytes/s to the peer */
  CULVERT_SERIES_WIRE_DOWN,     /* UDP payload bytes/s from the peer */
  CULVERT_SERIES_WIRE_UP,
  CULVERT_SERIES_RTT,           /* s, smoothed; the slowest session */
  CULVERT_SERIES_JITTER,        /* s, mean deviation of the round trip */
  CULVERT_SERIES_LOSS,          /* 0 to 1: segments sent again of segments sent, an estimate */
  CULVERT_SERIES_RETRANSMITTED, /* segments/s */
  CULVERT_SERIES_RECOVERED,     /* packets/s rebuilt by error correction */
  CULVERT_SERIES_WINDOW_FILL,   /* 0 to 1: segments in flight of those allowed */
  CULVERT_SERIES_STREAMS,
  CULVERT_SERIES_SESSIONS,
  CULVERT_N_SERIES
} CulvertSeries;

typedef enum
{
  CULVERT_RESOLUTION_SECOND,
  CULVERT_RESOLUTION_MINUTE,
  CULVERT_RESOLUTION_HOUR,
  CULVERT_N_RESOLUTIONS
} CulvertResolution;

/* "goodput-down", ...; NULL past the end. */
CULVERT_AVAILABLE const char *culvert_series_name (CulvertSeries series);
/* 1, 60 or 3600. */
CULVERT_AVAILABLE guint culvert_resolution_seconds (CulvertResolution resolution);
/* Points kept: 600, 1440 or 2160. */
CULVERT_AVAILABLE guint culvert_resolution_n_points (CulvertResolution resolution);

/* Grows with every point that is closed; a reader redraws when it has changed. */
CULVERT_AVAILABLE guint64 culvert_history_get_generation (const CulvertHistory *history,
                                                          CulvertResolution resolution);
/* Unix time at which the newest point ends; 0 when there is none. */
CULVERT_AVAILABLE gint64 culvert_history_get_end (const CulvertHistory *history,
                                                  CulvertResolution resolution);
/* n points into out, the oldest first; the last one is the skip-th before the newest. NAN
 * fills what is not kept. Returns how many of them are known. */
CULVERT_AVAILABLE guint culvert_history_read (const CulvertHistory *history,
                                              CulvertSeries series,
                                              CulvertResolution resolution,
                                              guint skip,
                                              float *out,
                                              guint n);
/* The newest second, NAN when it is not known. */
CULVERT_AVAILABLE float culvert_history_get_latest (const CulvertHistory *history,
                                                    CulvertSeries series);

G_END_DECLS

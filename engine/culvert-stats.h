/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertStats: the counters and gauges of a tunnel at one monotonic instant, a plain boxed struct.
 *
 * Fields go by index; the first CULVERT_STATS_N_CSV are the columns of the reference's CSV in its
 * order (WIRE.md 14.1, without the leading Unix time), the others are Culvert's own. Each counter
 * is monotonic; nothing is promised between two of them. */
#pragma once

#include "culvert-types.h"

G_BEGIN_DECLS

#define CULVERT_STATS_N_CSV 30
#define CULVERT_STATS_MAX_FIELDS 64

struct _CulvertStats
{
  gint64 time_us; /* monotonic */
  guint64 values[CULVERT_STATS_MAX_FIELDS];
};

#define CULVERT_TYPE_STATS (culvert_stats_get_type ())
CULVERT_AVAILABLE GType culvert_stats_get_type (void);

CULVERT_AVAILABLE CulvertStats *culvert_stats_copy (const CulvertStats *stats);
CULVERT_AVAILABLE void culvert_stats_free (CulvertStats *stats);

CULVERT_AVAILABLE guint culvert_stats_n_fields (void);
/* Name as in the CSV, or NULL past the end. */
CULVERT_AVAILABLE const char *culvert_stats_field_name (guint field);
/* A momentary value; all other fields only grow. */
CULVERT_AVAILABLE gboolean culvert_stats_field_is_gauge (guint field);
/* Index of a name, or -1. */
CULVERT_AVAILABLE int culvert_stats_field_find (const char *name);

CULVERT_AVAILABLE guint64 culvert_stats_get (const CulvertStats *stats, guint field);
/* Value by name, 0 for an unknown one. */
CULVERT_AVAILABLE guint64 culvert_stats_lookup (const CulvertStats *stats, const char *name);

/* Growth of a counter per second from an older sample to a newer one; 0 when no time has passed. */
CULVERT_AVAILABLE double culvert_stats_rate (const CulvertStats *older,
                                             const CulvertStats *newer,
                                             guint field);

/* Where the bytes on the wire went between two samples. */
typedef struct
{
  guint64 wire;    /* UDP payload sent: the sum of the following */
  guint64 payload; /* of streams, as sent: after compression */
  guint64 fec;     /* parity */
  guint64 resend;  /* payload sent again */
  guint64 acks;
  guint64 headers; /* all the rest: nonces, checks, headers of KCP and smux, padding */
} CulvertOverhead;

CULVERT_AVAILABLE void culvert_stats_overhead (const CulvertStats *older,
                                               const CulvertStats *newer,
                                               CulvertOverhead *out_overhead);

/* Adds every field of addend, for totals over tunnels. time_us becomes the later one. */
CULVERT_AVAILABLE void culvert_stats_add (CulvertStats *stats, const CulvertStats *addend);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CulvertStats, culvert_stats_free)

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The picture of culvert top: dictionaries in, lines of text out. Remembers the byte counts of
 * the last picture for the rates of sessions and streams. No terminal, no clock. */
#pragma once

#include <gio/gio.h>

typedef struct
{
  GVariant *status;   /* a{sv}, see culvert-status.h */
  GVariant *sessions; /* aa{sv}, or NULL */
  GVariant *streams;  /* aa{sv}, or NULL */
} CulvertTopTunnel;

typedef struct _CulvertTopView CulvertTopView;

CulvertTopView *culvert_top_view_new (void);
void culvert_top_view_free (CulvertTopView *view);

/* tunnels: of CulvertTopTunnel. At most height lines of at most width columns, each with its
 * end; the busiest streams first. Headings are in reverse video with has_ansi (transfer full). */
char *culvert_top_view_render (CulvertTopView *view,
                               GPtrArray *tunnels,
                               gint64 now_us,
                               guint width,
                               guint height,
                               gboolean has_ansi);

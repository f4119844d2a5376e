/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertLineLayer: one series as a line, filled below or with a band of its spread around it.
 * Gaps where nothing is known; a point between two gaps is a dot. */
#pragma once

#include "culvert-chart-layer.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_LINE_LAYER (culvert_line_layer_get_type ())
G_DECLARE_FINAL_TYPE (CulvertLineLayer,
                      culvert_line_layer,
                      CULVERT,
                      LINE_LAYER,
                      CulvertChartLayer)

#define CULVERT_NO_SERIES CULVERT_N_SERIES

typedef struct
{
  CulvertSeries series;
  CulvertSeries spread;    /* drawn as a band, value ± spread, or CULVERT_NO_SERIES */
  const char *title;       /* translated: "Down" */
  const char *style_class; /* gives the colour */
  gboolean is_filled;
  gboolean is_dashed;      /* in high contrast: told from another line without its colour */
} CulvertLineSpec;

/* spec: copied. */
GtkWidget *culvert_line_layer_new (const CulvertLineSpec *spec);
const CulvertLineSpec *culvert_line_layer_get_spec (CulvertLineLayer *layer);
const CulvertTrace *culvert_line_layer_get_trace (CulvertLineLayer *layer);
/* Where a point of the trace lies in the layer; FALSE when it is not known. */
gboolean culvert_line_layer_get_position (CulvertLineLayer *layer,
                                          guint i,
                                          graphene_point_t *out_point);
/* The value at a point and its spread, as text. (transfer full) */
char *culvert_line_layer_format (CulvertLineLayer *layer, guint i);

G_END_DECLS

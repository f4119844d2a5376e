/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertGridLayer: the lines of the ticks, and the text beside them. It covers the whole chart;
 * the plot lies within its margins, which it measures from its text. */
#pragma once

#include "culvert-chart-layer.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_GRID_LAYER (culvert_grid_layer_get_type ())
G_DECLARE_FINAL_TYPE (CulvertGridLayer,
                      culvert_grid_layer,
                      CULVERT,
                      GRID_LAYER,
                      CulvertChartLayer)

GtkWidget *culvert_grid_layer_new (void);
/* right: (nullable) a second axis at the other side. */
void culvert_grid_layer_set_right_axis (CulvertGridLayer *layer, const CulvertAxis *right);
/* Where the plot lies in a chart of this size. */
void culvert_grid_layer_get_plot (CulvertGridLayer *layer,
                                  int width,
                                  int height,
                                  GdkRectangle *out_plot);

G_END_DECLS

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertChartLayer: base of what a chart stacks over its plot: grid, lines.
 *
 * A layer is a widget of the plot's size that draws itself against an axis and is drawn anew only
 * when load finds something new, so that the others keep what they drew. Its colour is that of
 * its style. */
#pragma once

#include "culvert-axis.h"
#include "culvert-trace.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_CHART_LAYER (culvert_chart_layer_get_type ())
G_DECLARE_DERIVABLE_TYPE (CulvertChartLayer, culvert_chart_layer, CULVERT, CHART_LAYER, GtkWidget)

struct _CulvertChartLayerClass
{
  GtkWidgetClass parent_class;

  /* The timespan, or what is known of it, is another one. history: (nullable). */
  void (*load) (CulvertChartLayer *layer,
                const CulvertHistory *history,
                const CulvertTimespan *timespan);
  /* The largest value its axis must have room for; NAN or no method: none. */
  double (*get_largest) (CulvertChartLayer *layer);
};

/* axis: of the chart, which outlives the layer. */
void culvert_chart_layer_set_axis (CulvertChartLayer *layer, const CulvertAxis *axis);
/* NULL before set_axis. */
const CulvertAxis *culvert_chart_layer_get_axis (CulvertChartLayer *layer);
void culvert_chart_layer_load (CulvertChartLayer *layer,
                               const CulvertHistory *history,
                               const CulvertTimespan *timespan);
double culvert_chart_layer_get_largest (CulvertChartLayer *layer);

G_END_DECLS

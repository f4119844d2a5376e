/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-chart-layer.h"

#include <math.h>

typedef struct
{
  const CulvertAxis *axis;
} CulvertChartLayerPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (CulvertChartLayer, culvert_chart_layer, GTK_TYPE_WIDGET)

static CulvertChartLayerPrivate *
culvert_chart_layer_private (CulvertChartLayer *self)
{
  return culvert_chart_layer_get_instance_private (self);
}

static void
culvert_chart_layer_class_init (CulvertChartLayerClass *klass)
{
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass),
                                        GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
culvert_chart_layer_init (CulvertChartLayer *self)
{
  gtk_widget_set_can_target (GTK_WIDGET (self), FALSE);
}

void
culvert_chart_layer_set_axis (CulvertChartLayer *layer, const CulvertAxis *axis)
{
  g_return_if_fail (CULVERT_IS_CHART_LAYER (layer));
  culvert_chart_layer_private (layer)->axis = axis;
  gtk_widget_queue_draw (GTK_WIDGET (layer));
}

const CulvertAxis *
culvert_chart_layer_get_axis (CulvertChartLayer *layer)
{
  g_return_val_if_fail (CULVERT_IS_CHART_LAYER (layer), NULL);
  return culvert_chart_layer_private (layer)->axis;
}

void
culvert_chart_layer_load (CulvertChartLayer *layer,
                          const CulvertHistory *history,
                          const CulvertTimespan *timespan)
{
  g_return_if_fail (CULVERT_IS_CHART_LAYER (layer) && timespan != NULL);
  CULVERT_CHART_LAYER_GET_CLASS (layer)->load (layer, history, timespan);
}

double
culvert_chart_layer_get_largest (CulvertChartLayer *layer)
{
  CulvertChartLayerClass *klass;

  g_return_val_if_fail (CULVERT_IS_CHART_LAYER (layer), NAN);
  klass = CULVERT_CHART_LAYER_GET_CLASS (layer);
  return klass->get_largest != NULL ? klass->get_largest (layer) : NAN;
}

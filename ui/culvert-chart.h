/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertChart: lines over the last minutes or hours of a history, with grid, legend and a cursor.
 *
 * Nothing runs by itself: its owner calls culvert_chart_update while the chart is in sight, and
 * only what has changed is loaded and drawn. The legend shows the newest values, or those under
 * the cursor, which the pointer or the keys move (arrows, with Control ten points at a time, Home,
 * End, Escape). Screen readers get a summary as description, renewed rarely.
 *
 * Properties: title; span (CulvertSpan as guint); cursor (int, a point, -1: none; bind it to show
 * the same moment in several charts). Main thread. */
#pragma once

#include "culvert-line-layer.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_CHART (culvert_chart_get_type ())
G_DECLARE_FINAL_TYPE (CulvertChart, culvert_chart, CULVERT, CHART, GtkWidget)

typedef enum
{
  CULVERT_CHART_LEFT,
  CULVERT_CHART_RIGHT,
  CULVERT_CHART_N_SIDES
} CulvertChartSide;

/* Before its lines. floor: see culvert_axis_init. */
void culvert_chart_set_axis (CulvertChart *chart,
                             CulvertChartSide side,
                             CulvertUnit unit,
                             double floor);
/* Above the lines so far. */
void culvert_chart_add_line (CulvertChart *chart,
                             CulvertChartSide side,
                             const CulvertLineSpec *spec);
void culvert_chart_set_span (CulvertChart *chart, CulvertSpan span);
/* Shows what the history (nullable, not kept) has now. FALSE: there was nothing new. */
gboolean culvert_chart_update (CulvertChart *chart, const CulvertHistory *history);
/* What it shows, in sentences. (transfer full) */
char *culvert_chart_dup_summary (CulvertChart *chart);
/* -1 when there is no point at this place of the chart. */
int culvert_chart_find_point (CulvertChart *chart, double x, double y);
int culvert_chart_get_cursor (CulvertChart *chart);
void culvert_chart_set_cursor (CulvertChart *chart, int cursor);

G_END_DECLS

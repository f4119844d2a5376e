/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-grid-layer.h"

#include "culvert-format.h"

#define GAP 6           /* between text and plot */
#define LINE_ALPHA 0.12
#define TIME_WIDTHS 1.6 /* room for each text of the time, in its own widths */

struct _CulvertGridLayer
{
  CulvertChartLayer parent_instance;

  const CulvertAxis *right; /* (nullable) */
  CulvertTimespan timespan;
};

G_DEFINE_FINAL_TYPE (CulvertGridLayer, culvert_grid_layer, CULVERT_TYPE_CHART_LAYER)

/* -- text --------------------------------------------------------------------------------- */

static void
culvert_grid_layer_measure_text (CulvertGridLayer *self,
                                 const char *text,
                                 int *out_width,
                                 int *out_height)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);

  pango_layout_get_pixel_size (layout, out_width, out_height);
}

/* Width of the widest tick, and its height. */
static int
culvert_grid_layer_measure_axis (CulvertGridLayer *self, const CulvertAxis *axis, int *out_height)
{
  int widest = 0;

  *out_height = 0;
  for (guint i = 0; axis != NULL && i <= CULVERT_AXIS_N_STEPS; i++)
    {
      g_autofree char *text = culvert_axis_format_tick (axis, i);
      int width;

      culvert_grid_layer_measure_text (self, text, &width, out_height);
      widest = MAX (widest, width);
    }
  return widest > 0 ? widest + GAP : 0;
}

void
culvert_grid_layer_get_plot (CulvertGridLayer *layer,
                             int width,
                             int height,
                             GdkRectangle *out_plot)
{
  const CulvertAxis *axis = culvert_chart_layer_get_axis (CULVERT_CHART_LAYER (layer));
  int text_height;
  int text_height_right;
  int left = culvert_grid_layer_measure_axis (layer, axis, &text_height);
  int right = culvert_grid_layer_measure_axis (layer, layer->right, &text_height_right);

  if (gtk_widget_get_direction (GTK_WIDGET (layer)) == GTK_TEXT_DIR_RTL)
    {
      int swap = left;

      left = right;
      right = swap;
    }
  /* Half a text stands out above the highest line; the time stands below the lowest. */
  out_plot->x = left;
  out_plot->y = text_height / 2 + 1;
  out_plot->width = MAX (width - left - MAX (right, 1), 1);
  out_plot->height = MAX (height - out_plot->y - text_height - GAP, 1);
}

static void
culvert_grid_layer_draw_text (CulvertGridLayer *self,
                              GtkSnapshot *snapshot,
                              const char *text,
                              float x,
                              float y,
                              float align)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  GdkRGBA color;
  int width;
  int height;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  pango_layout_get_pixel_size (layout, &width, &height);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot,
                          &GRAPHENE_POINT_INIT ((float) (int) (x - align * (float) width),
                                                (float) (int) (y - (float) height / 2)));
  gtk_snapshot_append_layout (snapshot, layout, &color);
  gtk_snapshot_restore (snapshot);
}

/* -- drawing ------------------------------------------------------------------------------- */

static void
culvert_grid_layer_draw_axis (CulvertGridLayer *self,
                              GtkSnapshot *snapshot,
                              const CulvertAxis *axis,
                              const GdkRectangle *plot,
                              gboolean is_right)
{
  float x = is_right ? (float) (plot->x + plot->width + GAP) : (float) (plot->x - GAP);

  for (guint i = 0; axis != NULL && i <= CULVERT_AXIS_N_STEPS; i++)
    {
      g_autofree char *text = culvert_axis_format_tick (axis, i);
      float y = (float) plot->y
                + (float) plot->height * (1 - (float) i / (float) CULVERT_AXIS_N_STEPS);

      culvert_grid_layer_draw_text (self, snapshot, text, x, y, is_right ? 0 : 1);
    }
}

static void
culvert_grid_layer_draw_lines (CulvertGridLayer *self,
                               GtkSnapshot *snapshot,
                               const GdkRectangle *plot)
{
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  color.alpha *= (float) LINE_ALPHA;
  for (guint i = 0; i <= CULVERT_AXIS_N_STEPS; i++)
    {
      int y = plot->y + plot->height * (int) i / CULVERT_AXIS_N_STEPS;

      gtk_snapshot_append_color (
          snapshot, &color,
          &GRAPHENE_RECT_INIT ((float) plot->x, (float) y, (float) plot->width, 1));
    }
}

static void
culvert_grid_layer_draw_time (CulvertGridLayer *self,
                              GtkSnapshot *snapshot,
                              const GdkRectangle *plot)
{
  const CulvertTimespan *timespan = &self->timespan;
  guint span = timespan->step * timespan->n_points;
  gint64 start = culvert_timespan_time (timespan, 0);
  int text_width;
  int text_height;
  guint step;

  culvert_grid_layer_measure_text (self, span > 120 ? "00:00" : "00:00:00", &text_width,
                                   &text_height);
  step = culvert_axis_time_step (
      span, (guint) ((double) plot->width / (TIME_WIDTHS * MAX (text_width, 1))));
  for (gint64 t = culvert_axis_time_first (start, step); t < timespan->end; t += step)
    {
      float x = (float) plot->x + (float) plot->width * (float) (t - start) / (float) span;
      g_autofree char *text = NULL;
      g_autoptr (GDateTime) moment = g_date_time_new_from_unix_local (t);

      if (x - (float) text_width / 2 < 0
          || x + (float) text_width / 2 > (float) gtk_widget_get_width (GTK_WIDGET (self)))
        continue;
      text = g_date_time_format (moment, step < 60 ? "%H:%M:%S" : "%H:%M");
      culvert_grid_layer_draw_text (
          self, snapshot, text, x,
          (float) (plot->y + plot->height + GAP) + (float) text_height / 2, 0.5f);
    }
}

static void
culvert_grid_layer_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  CulvertGridLayer *self = CULVERT_GRID_LAYER (widget);
  const CulvertAxis *axis = culvert_chart_layer_get_axis (CULVERT_CHART_LAYER (widget));
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  GdkRectangle plot;

  culvert_grid_layer_get_plot (self, gtk_widget_get_width (widget), gtk_widget_get_height (widget),
                               &plot);
  if (axis == NULL || plot.height <= 1)
    return;
  culvert_grid_layer_draw_lines (self, snapshot, &plot);
  culvert_grid_layer_draw_axis (self, snapshot, axis, &plot, is_rtl);
  culvert_grid_layer_draw_axis (self, snapshot, self->right, &plot, !is_rtl);
  if (self->timespan.n_points > 0)
    culvert_grid_layer_draw_time (self, snapshot, &plot);
}

static void
culvert_grid_layer_load (CulvertChartLayer *layer,
                         const CulvertHistory *history,
                         const CulvertTimespan *timespan)
{
  CulvertGridLayer *self = CULVERT_GRID_LAYER (layer);

  if (self->timespan.end == timespan->end && self->timespan.n_points == timespan->n_points)
    return;
  self->timespan = *timespan;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
culvert_grid_layer_class_init (CulvertGridLayerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  CULVERT_CHART_LAYER_CLASS (klass)->load = culvert_grid_layer_load;
  widget_class->snapshot = culvert_grid_layer_snapshot;
  gtk_widget_class_set_css_name (widget_class, "chartgrid");
}

static void
culvert_grid_layer_init (CulvertGridLayer *self)
{
  gtk_widget_add_css_class (GTK_WIDGET (self), "numeric");
}

GtkWidget *
culvert_grid_layer_new (void)
{
  return g_object_new (CULVERT_TYPE_GRID_LAYER, NULL);
}

void
culvert_grid_layer_set_right_axis (CulvertGridLayer *layer, const CulvertAxis *right)
{
  g_return_if_fail (CULVERT_IS_GRID_LAYER (layer));
  layer->right = right;
  gtk_widget_queue_draw (GTK_WIDGET (layer));
}

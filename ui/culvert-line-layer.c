/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-line-layer.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#define LINE_WIDTH 1.5
#define DENSE_LINE_WIDTH 1.0 /* with more points than pixels */
#define FILL_ALPHA_TOP 0.28
#define FILL_ALPHA_BOTTOM 0.04
#define BAND_ALPHA 0.2

struct _CulvertLineLayer
{
  CulvertChartLayer parent_instance;

  CulvertLineSpec spec;
  char *title;
  CulvertTrace trace;
  CulvertTrace spread; /* empty without one */
};

G_DEFINE_FINAL_TYPE (CulvertLineLayer, culvert_line_layer, CULVERT_TYPE_CHART_LAYER)

/* -- geometry ------------------------------------------------------------------------------ */

typedef struct
{
  double width;
  double height;
  double per_point; /* x */
  double per_value; /* y */
} CulvertLineScale;

static gboolean
culvert_line_layer_get_scale (CulvertLineLayer *self, CulvertLineScale *out_scale)
{
  const CulvertAxis *axis = culvert_chart_layer_get_axis (CULVERT_CHART_LAYER (self));

  out_scale->width = gtk_widget_get_width (GTK_WIDGET (self));
  out_scale->height = gtk_widget_get_height (GTK_WIDGET (self));
  if (axis == NULL || self->trace.n_values < 2 || out_scale->width < 2 || out_scale->height < 2)
    return FALSE;
  out_scale->per_point = out_scale->width / (self->trace.n_values - 1);
  out_scale->per_value = out_scale->height / axis->max;
  return TRUE;
}

static double
culvert_line_scale_y (const CulvertLineScale *scale, double value)
{
  return CLAMP (scale->height - value * scale->per_value, 0, scale->height);
}

gboolean
culvert_line_layer_get_position (CulvertLineLayer *layer, guint i, graphene_point_t *out_point)
{
  CulvertLineScale scale;
  float value;

  g_return_val_if_fail (CULVERT_IS_LINE_LAYER (layer), FALSE);
  value = culvert_trace_get (&layer->trace, i);
  if (isnan (value) || !culvert_line_layer_get_scale (layer, &scale))
    return FALSE;
  graphene_point_init (out_point, (float) (i * scale.per_point),
                       (float) culvert_line_scale_y (&scale, (double) value));
  return TRUE;
}

/* The first known point at or after i, and the point after its run. FALSE: there is none. */
static gboolean
culvert_line_layer_next_run (const CulvertTrace *trace, guint i, guint *out_begin, guint *out_end)
{
  while (i < trace->n_values && isnan (trace->values[i]))
    i++;
  *out_begin = i;
  while (i < trace->n_values && !isnan (trace->values[i]))
    i++;
  *out_end = i;
  return *out_begin < *out_end;
}

/* -- drawing ------------------------------------------------------------------------------- */

/* Appends the points of a run, value + sign * spread, forward or backward. */
static void
culvert_line_layer_trace_run (CulvertLineLayer *self,
                              cairo_t *cr,
                              const CulvertLineScale *scale,
                              guint begin,
                              guint end,
                              int sign)
{
  for (guint k = begin; k < end; k++)
    {
      guint i = sign < 0 ? begin + end - 1 - k : k;
      float spread = culvert_trace_get (&self->spread, i);
      double value = (double) self->trace.values[i];

      if (!isnan (spread))
        value = MAX (value + sign * (double) spread, 0);
      cairo_line_to (cr, i * scale->per_point, culvert_line_scale_y (scale, value));
    }
}

static void
culvert_line_layer_fill_run (CulvertLineLayer *self,
                             cairo_t *cr,
                             const CulvertLineScale *scale,
                             guint begin,
                             guint end)
{
  cairo_new_path (cr);
  if (self->spec.spread != CULVERT_NO_SERIES)
    {
      culvert_line_layer_trace_run (self, cr, scale, begin, end, 1);
      culvert_line_layer_trace_run (self, cr, scale, begin, end, -1);
    }
  else
    {
      cairo_move_to (cr, begin * scale->per_point, scale->height);
      culvert_line_layer_trace_run (self, cr, scale, begin, end, 0);
      cairo_line_to (cr, (end - 1) * scale->per_point, scale->height);
    }
  cairo_close_path (cr);
  cairo_fill (cr);
}

/* A line of its run; of one point, a dot. */
static void
culvert_line_layer_stroke_run (CulvertLineLayer *self,
                               cairo_t *cr,
                               const CulvertLineScale *scale,
                               guint begin,
                               guint end)
{
  cairo_new_path (cr);
  culvert_line_layer_trace_run (self, cr, scale, begin, end, 0);
  if (end - begin == 1)
    cairo_close_path (cr);
  cairo_stroke (cr);
}

static void
culvert_line_layer_set_fill (CulvertLineLayer *self,
                             cairo_t *cr,
                             const CulvertLineScale *scale,
                             const GdkRGBA *color)
{
  cairo_pattern_t *pattern;
  double red = (double) color->red;
  double green = (double) color->green;
  double blue = (double) color->blue;

  if (self->spec.spread != CULVERT_NO_SERIES)
    {
      cairo_set_source_rgba (cr, red, green, blue, BAND_ALPHA);
      return;
    }
  pattern = cairo_pattern_create_linear (0, 0, 0, scale->height);
  cairo_pattern_add_color_stop_rgba (pattern, 0, red, green, blue, FILL_ALPHA_TOP);
  cairo_pattern_add_color_stop_rgba (pattern, 1, red, green, blue, FILL_ALPHA_BOTTOM);
  cairo_set_source (cr, pattern);
  cairo_pattern_destroy (pattern);
}

static void
culvert_line_layer_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  static const double dashes[] = { 4, 3 };
  CulvertLineLayer *self = CULVERT_LINE_LAYER (widget);
  gboolean is_plain = adw_style_manager_get_high_contrast (adw_style_manager_get_default ());
  CulvertLineScale scale;
  GdkRGBA color;
  cairo_t *cr;
  guint begin;
  guint end;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  if (!culvert_line_layer_get_scale (self, &scale) || gdk_rgba_is_clear (&color)
      || !culvert_line_layer_next_run (&self->trace, 0, &begin, &end))
    return;
  /* Half a line stands out of the plot. */
  cr = gtk_snapshot_append_cairo (snapshot,
                                  &GRAPHENE_RECT_INIT (-1, -1, (float) scale.width + 2,
                                                       (float) scale.height + 2));
  if (self->spec.spread != CULVERT_NO_SERIES || (self->spec.is_filled && !is_plain))
    {
      culvert_line_layer_set_fill (self, cr, &scale, &color);
      /* The line covers the edge. */
      cairo_set_antialias (cr, CAIRO_ANTIALIAS_FAST);
      for (guint i = 0; culvert_line_layer_next_run (&self->trace, i, &begin, &end); i = end)
        culvert_line_layer_fill_run (self, cr, &scale, begin, end);
    }
  gdk_cairo_set_source_rgba (cr, &color);
  cairo_set_line_width (cr, scale.per_point < 1 ? DENSE_LINE_WIDTH
                            : is_plain          ? 2 * LINE_WIDTH
                                                : LINE_WIDTH);
  /* Drawn finely, a line with more points than pixels takes most of the time of a frame, and
   * looks the same. */
  cairo_set_antialias (cr, scale.per_point < 1 ? CAIRO_ANTIALIAS_FAST : CAIRO_ANTIALIAS_DEFAULT);
  cairo_set_line_join (cr, scale.per_point < 1 ? CAIRO_LINE_JOIN_BEVEL : CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  if (is_plain && self->spec.is_dashed)
    cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
  for (guint i = 0; culvert_line_layer_next_run (&self->trace, i, &begin, &end); i = end)
    culvert_line_layer_stroke_run (self, cr, &scale, begin, end);
  cairo_destroy (cr);
}

/* -- layer --------------------------------------------------------------------------------- */

static void
culvert_line_layer_load (CulvertChartLayer *layer,
                         const CulvertHistory *history,
                         const CulvertTimespan *timespan)
{
  CulvertLineLayer *self = CULVERT_LINE_LAYER (layer);

  culvert_trace_load (&self->trace, history, self->spec.series, timespan);
  if (self->spec.spread != CULVERT_NO_SERIES)
    culvert_trace_load (&self->spread, history, self->spec.spread, timespan);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static double
culvert_line_layer_get_largest (CulvertChartLayer *layer)
{
  CulvertLineLayer *self = CULVERT_LINE_LAYER (layer);
  double largest = NAN;

  for (guint i = 0; i < self->trace.n_values; i++)
    {
      double value = (double) self->trace.values[i];
      float spread = culvert_trace_get (&self->spread, i);

      if (!isnan (spread))
        value += (double) spread;
      if (isnan (largest) || value > largest)
        largest = value;
    }
  return largest;
}

static void
culvert_line_layer_finalize (GObject *object)
{
  CulvertLineLayer *self = CULVERT_LINE_LAYER (object);

  culvert_trace_clear (&self->trace);
  culvert_trace_clear (&self->spread);
  g_free (self->title);
  G_OBJECT_CLASS (culvert_line_layer_parent_class)->finalize (object);
}

static void
culvert_line_layer_class_init (CulvertLineLayerClass *klass)
{
  CulvertChartLayerClass *layer_class = CULVERT_CHART_LAYER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = culvert_line_layer_finalize;
  GTK_WIDGET_CLASS (klass)->snapshot = culvert_line_layer_snapshot;
  layer_class->load = culvert_line_layer_load;
  layer_class->get_largest = culvert_line_layer_get_largest;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "chartline");
}

static void
culvert_line_layer_init (CulvertLineLayer *self)
{
}

GtkWidget *
culvert_line_layer_new (const CulvertLineSpec *spec)
{
  CulvertLineLayer *self = g_object_new (CULVERT_TYPE_LINE_LAYER, NULL);

  self->spec = *spec;
  self->spec.title = self->title = g_strdup (spec->title);
  self->spec.style_class = g_intern_string (spec->style_class);
  gtk_widget_add_css_class (GTK_WIDGET (self), spec->style_class);
  return GTK_WIDGET (self);
}

const CulvertLineSpec *
culvert_line_layer_get_spec (CulvertLineLayer *layer)
{
  g_return_val_if_fail (CULVERT_IS_LINE_LAYER (layer), NULL);
  return &layer->spec;
}

const CulvertTrace *
culvert_line_layer_get_trace (CulvertLineLayer *layer)
{
  g_return_val_if_fail (CULVERT_IS_LINE_LAYER (layer), NULL);
  return &layer->trace;
}

char *
culvert_line_layer_format (CulvertLineLayer *layer, guint i)
{
  const CulvertAxis *axis;
  g_autofree char *value = NULL;
  g_autofree char *around = NULL;
  float spread;

  g_return_val_if_fail (CULVERT_IS_LINE_LAYER (layer), NULL);
  axis = culvert_chart_layer_get_axis (CULVERT_CHART_LAYER (layer));
  value = culvert_unit_format (axis->unit, (double) culvert_trace_get (&layer->trace, i));
  spread = culvert_trace_get (&layer->spread, i);
  if (isnan (spread))
    return g_steal_pointer (&value);
  around = culvert_unit_format (axis->unit, (double) spread);
  /* translators: a value and how much it varies, "48 ms ± 3 ms" */
  return g_strdup_printf (_("%s ± %s"), value, around);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-chart.h"

#include "culvert-format.h"
#include "culvert-grid-layer.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MIN_WIDTH 220
#define PLOT_HEIGHT 130
#define HEADER_GAP 6
#define DOT_RADIUS 3.5f
#define KEY_STRIDE 10
/* Screen readers would not stop talking. */
#define SUMMARY_SECONDS 15

typedef struct
{
  CulvertLineLayer *layer;
  CulvertChartSide side;
  GtkLabel *value; /* in the legend */
} CulvertChartLine;

struct _CulvertChart
{
  GtkWidget parent_instance;

  GtkWidget *header;
  GtkLabel *title;
  GtkLabel *unit;
  GtkLabel *moment;
  GtkBox *legend;
  CulvertGridLayer *grid;
  GtkWidget *empty;

  CulvertAxis axes[CULVERT_CHART_N_SIDES];
  GArray *lines; /* of CulvertChartLine */

  CulvertSpan span;
  CulvertTimespan timespan;
  gpointer last_history; /* only to tell it from another one */
  gboolean is_loaded;
  GdkRectangle plot;
  int cursor;
  gint64 summarized_at;
};

G_DEFINE_FINAL_TYPE (CulvertChart, culvert_chart, GTK_TYPE_WIDGET)

enum
{
  PROP_0,
  PROP_TITLE,
  PROP_SPAN,
  PROP_CURSOR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static CulvertChartLine *
culvert_chart_get_line (CulvertChart *self, guint i)
{
  return &g_array_index (self->lines, CulvertChartLine, i);
}

/* -- legend and summary ------------------------------------------------------------------ */

/* The newest point something is known of, -1: none. */
static int
culvert_chart_find_newest (CulvertChart *self)
{
  for (int i = (int) self->timespan.n_points - 1; i >= 0; i--)
    for (guint k = 0; k < self->lines->len; k++)
      if (!isnan (culvert_trace_get (
              culvert_line_layer_get_trace (culvert_chart_get_line (self, k)->layer), (guint) i)))
        return i;
  return -1;
}

static void
culvert_chart_set_label (GtkLabel *label, const char *text)
{
  if (g_strcmp0 (gtk_label_get_label (label), text) != 0)
    gtk_label_set_label (label, text);
}

static void
culvert_chart_update_legend (CulvertChart *self)
{
  int newest = culvert_chart_find_newest (self);
  /* The last point may be missing by a moment only; old ones are not "now". */
  gboolean is_live =
      newest >= 0 && newest + 2 + (int) self->timespan.has_open >= (int) self->timespan.n_points;
  int point = self->cursor >= 0 ? self->cursor : is_live ? newest : -1;
  g_autofree char *moment = NULL;

  for (guint i = 0; i < self->lines->len; i++)
    {
      CulvertChartLine *line = culvert_chart_get_line (self, i);
      g_autofree char *text =
          culvert_line_layer_format (line->layer, point >= 0 ? (guint) point : G_MAXUINT);

      culvert_chart_set_label (line->value, text);
    }
  if (self->cursor >= 0)
    moment =
        culvert_format_moment (culvert_timespan_time (&self->timespan, (guint) self->cursor),
                               self->timespan.resolution == CULVERT_RESOLUTION_SECOND);
  culvert_chart_set_label (self->moment, moment != NULL ? moment : "");
  culvert_chart_set_label (self->unit,
                           culvert_axis_get_unit_text (&self->axes[CULVERT_CHART_LEFT]));
  gtk_widget_set_visible (self->empty, newest < 0);
}

static void
culvert_chart_add_sentence (CulvertChart *self, GString *summary, const CulvertChartLine *line)
{
  const CulvertTrace *trace = culvert_line_layer_get_trace (line->layer);
  const char *title = culvert_line_layer_get_spec (line->layer)->title;
  CulvertUnit unit = self->axes[line->side].unit;
  g_autofree char *now = NULL;
  g_autofree char *highest = NULL;
  g_autofree char *mean_text = NULL;
  double largest;
  double mean;
  int newest = culvert_chart_find_newest (self);

  culvert_trace_measure (trace, &largest, &mean);
  if (isnan (mean))
    return;
  now = culvert_line_layer_format (line->layer, (guint) newest);
  highest = culvert_unit_format (unit, largest);
  mean_text = culvert_unit_format (unit, mean);
  g_string_append_c (summary, ' ');
  /* translators: what a line of a chart shows: "Down: now 12 Mbit/s, highest 20 Mbit/s, ..." */
  g_string_append_printf (summary, _("%s: now %s, highest %s, mean %s."), title, now, highest,
                          mean_text);
}

char *
culvert_chart_dup_summary (CulvertChart *chart)
{
  GString *summary;

  g_return_val_if_fail (CULVERT_IS_CHART (chart), NULL);
  summary = g_string_new (culvert_span_get_text (chart->span));
  g_string_append_c (summary, '.');
  for (guint i = 0; i < chart->lines->len; i++)
    culvert_chart_add_sentence (chart, summary, culvert_chart_get_line (chart, i));
  if (culvert_chart_find_newest (chart) < 0)
    g_string_append_printf (summary, " %s.", gtk_label_get_label (GTK_LABEL (chart->empty)));
  return g_string_free (summary, FALSE);
}

static void
culvert_chart_describe (CulvertChart *self, const char *description)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  description, -1);
}

static void
culvert_chart_update_summary (CulvertChart *self, gboolean now)
{
  gint64 time = g_get_monotonic_time ();
  g_autofree char *summary = NULL;

  if (!now && time - self->summarized_at < SUMMARY_SECONDS * G_USEC_PER_SEC)
    return;
  self->summarized_at = time;
  summary = culvert_chart_dup_summary (self);
  culvert_chart_describe (self, summary);
}

/* What stands under a cursor that the keys have moved. */
static void
culvert_chart_tell_cursor (CulvertChart *self)
{
  GString *text = g_string_new (gtk_label_get_label (self->moment));

  for (guint i = 0; i < self->lines->len; i++)
    {
      CulvertChartLine *line = culvert_chart_get_line (self, i);

      g_string_append_printf (text, ", %s %s", culvert_line_layer_get_spec (line->layer)->title,
                              gtk_label_get_label (line->value));
    }
  culvert_chart_describe (self, text->str);
  g_string_free (text, TRUE);
}

/* -- cursor -------------------------------------------------------------------------------- */

int
culvert_chart_find_point (CulvertChart *chart, double x, double y)
{
  double last;

  g_return_val_if_fail (CULVERT_IS_CHART (chart), -1);
  last = (double) chart->timespan.n_points - 1;
  x -= chart->plot.x;
  y -= chart->plot.y;
  if (!chart->is_loaded || x < -1 || x > chart->plot.width + 1 || y < 0 || y > chart->plot.height)
    return -1;
  return (int) CLAMP (x / chart->plot.width * last + 0.5, 0, last);
}

int
culvert_chart_get_cursor (CulvertChart *chart)
{
  g_return_val_if_fail (CULVERT_IS_CHART (chart), -1);
  return chart->cursor;
}

void
culvert_chart_set_cursor (CulvertChart *chart, int cursor)
{
  g_return_if_fail (CULVERT_IS_CHART (chart));
  cursor = CLAMP (cursor, -1, (int) chart->timespan.n_points - 1);
  if (chart->cursor == cursor)
    return;
  chart->cursor = cursor;
  culvert_chart_update_legend (chart);
  gtk_widget_queue_draw (GTK_WIDGET (chart));
  g_object_notify_by_pspec (G_OBJECT (chart), properties[PROP_CURSOR]);
}

static void
culvert_chart_motion_cb (GtkEventControllerMotion *motion, double x, double y, CulvertChart *self)
{
  culvert_chart_set_cursor (self, culvert_chart_find_point (self, x, y));
}

static void
culvert_chart_leave_cb (GtkEventControllerMotion *motion, CulvertChart *self)
{
  culvert_chart_set_cursor (self, -1);
}

static void
culvert_chart_focus_leave_cb (GtkEventControllerFocus *focus, CulvertChart *self)
{
  culvert_chart_set_cursor (self, -1);
  culvert_chart_update_summary (self, TRUE);
}

static gboolean
culvert_chart_key_pressed_cb (GtkEventControllerKey *key,
                              guint keyval,
                              guint keycode,
                              GdkModifierType state,
                              CulvertChart *self)
{
  int stride = (state & GDK_CONTROL_MASK) != 0 ? KEY_STRIDE : 1;
  int last = (int) self->timespan.n_points - 1;
  int cursor = self->cursor >= 0 ? self->cursor : last + 1;

  if ((state & (GDK_ALT_MASK | GDK_SHIFT_MASK)) != 0 || !self->is_loaded)
    return FALSE;
  switch (keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      culvert_chart_set_cursor (self, MAX (cursor - stride, 0));
      break;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      culvert_chart_set_cursor (self, MIN (cursor + stride, last));
      break;
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
      culvert_chart_set_cursor (self, 0);
      break;
    case GDK_KEY_End:
    case GDK_KEY_KP_End:
      culvert_chart_set_cursor (self, last);
      break;
    case GDK_KEY_Escape:
      if (self->cursor < 0)
        return FALSE;
      culvert_chart_set_cursor (self, -1);
      culvert_chart_update_summary (self, TRUE);
      return TRUE;
    default:
      return FALSE;
    }
  culvert_chart_tell_cursor (self);
  return TRUE;
}

/* -- layout and drawing ---------------------------------------------------------------------- */

static void
culvert_chart_measure (GtkWidget *widget,
                       GtkOrientation orientation,
                       int for_size,
                       int *minimum,
                       int *natural,
                       int *minimum_baseline,
                       int *natural_baseline)
{
  CulvertChart *self = CULVERT_CHART (widget);

  gtk_widget_measure (self->header, orientation, for_size, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_VERTICAL)
    *minimum = *natural = *natural + HEADER_GAP + PLOT_HEIGHT;
  else
    {
      /* As many side by side as there is room for, whatever the length of their words. */
      *minimum = MAX (*minimum, MIN_WIDTH);
      *natural = *minimum;
    }
}

static void
culvert_chart_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  CulvertChart *self = CULVERT_CHART (widget);
  int header_height;
  int plot_height;

  gtk_widget_measure (self->header, GTK_ORIENTATION_VERTICAL, width, NULL, &header_height, NULL,
                      NULL);
  gtk_widget_size_allocate (self->header, &(GtkAllocation){ 0, 0, width, header_height }, -1);
  header_height += HEADER_GAP;
  plot_height = MAX (height - header_height, 1);
  gtk_widget_size_allocate (GTK_WIDGET (self->grid),
                            &(GtkAllocation){ 0, header_height, width, plot_height }, -1);
  culvert_grid_layer_get_plot (self->grid, width, plot_height, &self->plot);
  self->plot.y += header_height;
  for (guint i = 0; i < self->lines->len; i++)
    gtk_widget_size_allocate (GTK_WIDGET (culvert_chart_get_line (self, i)->layer), &self->plot,
                              -1);
  if (gtk_widget_should_layout (self->empty))
    gtk_widget_size_allocate (self->empty, &self->plot, -1);
}

static void
culvert_chart_snapshot_dot (CulvertChart *self,
                            GtkSnapshot *snapshot,
                            const CulvertChartLine *line,
                            guint point)
{
  graphene_point_t at;
  GskRoundedRect circle;
  GdkRGBA color;

  if (!culvert_line_layer_get_position (line->layer, point, &at))
    return;
  at.x += (float) self->plot.x;
  at.y += (float) self->plot.y;
  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (line->layer)), &color);
  gsk_rounded_rect_init_from_rect (&circle,
                                   &GRAPHENE_RECT_INIT (at.x - DOT_RADIUS, at.y - DOT_RADIUS,
                                                        2 * DOT_RADIUS, 2 * DOT_RADIUS),
                                   DOT_RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &circle);
  gtk_snapshot_append_color (snapshot, &color, &circle.bounds);
  gtk_snapshot_pop (snapshot);
}

static void
culvert_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  CulvertChart *self = CULVERT_CHART (widget);
  GdkRGBA color;
  float x;

  GTK_WIDGET_CLASS (culvert_chart_parent_class)->snapshot (widget, snapshot);
  if (self->cursor < 0 || self->timespan.n_points < 2)
    return;
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  color.alpha *= 0.5f;
  x = (float) self->plot.x
      + (float) self->plot.width * (float) self->cursor / (float) (self->timespan.n_points - 1);
  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT ((float) (int) x, (float) self->plot.y, 1,
                                                  (float) self->plot.height));
  for (guint i = 0; i < self->lines->len; i++)
    culvert_chart_snapshot_dot (self, snapshot, culvert_chart_get_line (self, i),
                                (guint) self->cursor);
}

/* -- data ------------------------------------------------------------------------------------ */

/* The tops of the axes follow the lines. */
static void
culvert_chart_fit (CulvertChart *self)
{
  gboolean has_moved = FALSE;

  for (guint side = 0; side < CULVERT_CHART_N_SIDES; side++)
    {
      double largest = NAN;

      for (guint i = 0; i < self->lines->len; i++)
        {
          CulvertChartLine *line = culvert_chart_get_line (self, i);
          double own = culvert_chart_layer_get_largest (CULVERT_CHART_LAYER (line->layer));

          if (line->side == side && !isnan (own) && (isnan (largest) || own > largest))
            largest = own;
        }
      has_moved = culvert_axis_fit (&self->axes[side], largest) || has_moved;
    }
  if (!has_moved)
    return;
  /* The margins may be others, and a line of the same size is drawn to another scale. */
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self->grid));
  for (guint i = 0; i < self->lines->len; i++)
    gtk_widget_queue_draw (GTK_WIDGET (culvert_chart_get_line (self, i)->layer));
}

gboolean
culvert_chart_update (CulvertChart *chart, const CulvertHistory *history)
{
  CulvertTimespan timespan;
  gboolean is_other;

  g_return_val_if_fail (CULVERT_IS_CHART (chart), FALSE);
  culvert_timespan_init (&timespan, chart->span, history, g_get_real_time () / G_USEC_PER_SEC);
  is_other = !chart->is_loaded || chart->last_history != history;
  if (!is_other && timespan.generation == chart->timespan.generation)
    return FALSE;
  if (is_other)
    for (guint i = 0; i < CULVERT_CHART_N_SIDES; i++)
      culvert_axis_reset (&chart->axes[i]);
  chart->timespan = timespan;
  chart->last_history = (gpointer) history;
  chart->is_loaded = TRUE;
  culvert_chart_layer_load (CULVERT_CHART_LAYER (chart->grid), history, &timespan);
  for (guint i = 0; i < chart->lines->len; i++)
    culvert_chart_layer_load (CULVERT_CHART_LAYER (culvert_chart_get_line (chart, i)->layer),
                              history, &timespan);
  culvert_chart_fit (chart);
  culvert_chart_update_legend (chart);
  culvert_chart_update_summary (chart, is_other);
  return TRUE;
}

void
culvert_chart_set_span (CulvertChart *chart, CulvertSpan span)
{
  g_return_if_fail (CULVERT_IS_CHART (chart) && span < CULVERT_N_SPANS);
  if (chart->span == span)
    return;
  culvert_chart_set_cursor (chart, -1);
  chart->span = span;
  chart->is_loaded = FALSE;
  g_object_notify_by_pspec (G_OBJECT (chart), properties[PROP_SPAN]);
}

/* -- GObject --------------------------------------------------------------------------------- */

static void
culvert_chart_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertChart *self = (CulvertChart *) object;

  switch (id)
    {
    case PROP_TITLE:
      g_value_set_string (value, gtk_label_get_label (self->title));
      break;
    case PROP_SPAN:
      g_value_set_uint (value, self->span);
      break;
    case PROP_CURSOR:
      g_value_set_int (value, self->cursor);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_chart_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  CulvertChart *self = (CulvertChart *) object;

  switch (id)
    {
    case PROP_TITLE:
      gtk_label_set_label (self->title, g_value_get_string (value));
      gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      g_value_get_string (value), -1);
      break;
    case PROP_SPAN:
      culvert_chart_set_span (self, g_value_get_uint (value));
      break;
    case PROP_CURSOR:
      culvert_chart_set_cursor (self, g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_chart_dispose (GObject *object)
{
  CulvertChart *self = (CulvertChart *) object;

  for (guint i = 0; i < self->lines->len; i++)
    gtk_widget_unparent (GTK_WIDGET (culvert_chart_get_line (self, i)->layer));
  g_array_set_size (self->lines, 0);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_CHART);
  G_OBJECT_CLASS (culvert_chart_parent_class)->dispose (object);
}

static void
culvert_chart_finalize (GObject *object)
{
  g_array_unref (((CulvertChart *) object)->lines);
  G_OBJECT_CLASS (culvert_chart_parent_class)->finalize (object);
}

static void
culvert_chart_class_init (CulvertChartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = culvert_chart_get_property;
  object_class->set_property = culvert_chart_set_property;
  object_class->dispose = culvert_chart_dispose;
  object_class->finalize = culvert_chart_finalize;
  widget_class->measure = culvert_chart_measure;
  widget_class->size_allocate = culvert_chart_size_allocate;
  widget_class->snapshot = culvert_chart_snapshot;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", flags);
  properties[PROP_SPAN] =
      g_param_spec_uint ("span", NULL, NULL, 0, CULVERT_N_SPANS - 1, CULVERT_SPAN_MINUTE, flags);
  properties[PROP_CURSOR] = g_param_spec_int ("cursor", NULL, NULL, -1, G_MAXINT, -1, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (CULVERT_TYPE_GRID_LAYER);
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/culvert/Culvert/ui/culvert-chart.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertChart, header);
  gtk_widget_class_bind_template_child (widget_class, CulvertChart, title);
  gtk_widget_class_bind_template_child (widget_class, CulvertChart, unit);
  gtk_widget_class_bind_template_child (widget_class, CulvertChart, moment);
  gtk_widget_class_bind_template_child (widget_class, CulvertChart, legend);
  gtk_widget_class_bind_template_child (widget_class, CulvertChart, grid);
  gtk_widget_class_bind_template_child (widget_class, CulvertChart, empty);
  gtk_widget_class_bind_template_callback (widget_class, culvert_chart_motion_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_chart_leave_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_chart_key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_chart_focus_leave_cb);
}

static void
culvert_chart_init (CulvertChart *self)
{
  self->lines = g_array_new (FALSE, TRUE, sizeof (CulvertChartLine));
  self->cursor = -1;
  for (guint i = 0; i < CULVERT_CHART_N_SIDES; i++)
    culvert_axis_init (&self->axes[i], CULVERT_UNIT_RATE, 0);
  gtk_widget_init_template (GTK_WIDGET (self));
  culvert_chart_layer_set_axis (CULVERT_CHART_LAYER (self->grid), &self->axes[CULVERT_CHART_LEFT]);
}

void
culvert_chart_set_axis (CulvertChart *chart, CulvertChartSide side, CulvertUnit unit, double floor)
{
  g_return_if_fail (CULVERT_IS_CHART (chart) && side < CULVERT_CHART_N_SIDES);
  culvert_axis_init (&chart->axes[side], unit, floor);
  if (side == CULVERT_CHART_RIGHT)
    culvert_grid_layer_set_right_axis (chart->grid, &chart->axes[side]);
}

/* Swatch, name and value. (transfer none): the label of the value */
static GtkLabel *
culvert_chart_add_legend (CulvertChart *self, const CulvertLineSpec *spec)
{
  GtkWidget *item = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  GtkWidget *swatch = g_object_new (GTK_TYPE_BOX, "css-name", "chartswatch", "valign",
                                    GTK_ALIGN_CENTER, NULL);
  GtkWidget *title = gtk_label_new (spec->title);
  GtkWidget *value = gtk_label_new ("—");

  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_widget_set_tooltip_text (title, spec->title);
  gtk_widget_add_css_class (swatch, spec->style_class);
  gtk_widget_add_css_class (title, "caption");
  gtk_widget_add_css_class (title, "dim-label");
  gtk_widget_add_css_class (value, "caption-heading");
  gtk_widget_add_css_class (value, "numeric");
  gtk_box_append (GTK_BOX (item), swatch);
  gtk_box_append (GTK_BOX (item), title);
  gtk_box_append (GTK_BOX (item), value);
  gtk_box_append (self->legend, item);
  return GTK_LABEL (value);
}

void
culvert_chart_add_line (CulvertChart *chart, CulvertChartSide side, const CulvertLineSpec *spec)
{
  CulvertChartLine line = { .side = side };

  g_return_if_fail (CULVERT_IS_CHART (chart) && side < CULVERT_CHART_N_SIDES);
  line.layer = CULVERT_LINE_LAYER (culvert_line_layer_new (spec));
  line.value = culvert_chart_add_legend (chart, spec);
  culvert_chart_layer_set_axis (CULVERT_CHART_LAYER (line.layer), &chart->axes[side]);
  gtk_widget_insert_before (GTK_WIDGET (line.layer), GTK_WIDGET (chart), chart->empty);
  g_array_append_val (chart->lines, line);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Axes, traces and charts, over histories with a known past. */

#include "config.h"

#include "culvert-chart.h"
#include "ui-test-history.h"
#include "ui-test.h"

#include <math.h>

#define MBIT 125e3

/* -- axis ----------------------------------------------------------------------------------- */

static void
assert_ticks (CulvertAxis *axis, const char *const *expected)
{
  for (guint i = 0; i <= CULVERT_AXIS_N_STEPS; i++)
    {
      g_autofree char *text = culvert_axis_format_tick (axis, i);

      g_assert_cmpstr (text, ==, expected[i]);
    }
}

static void
test_axis_ticks (void)
{
  CulvertAxis axis;

  culvert_axis_init (&axis, CULVERT_UNIT_RATE, 0);
  assert_ticks (&axis, (const char *[]){ "0", "25", "50", "75", "100" });
  g_assert_cmpstr (culvert_axis_get_unit_text (&axis), ==, "kbit/s");
  g_assert_true (culvert_axis_fit (&axis, 21 * MBIT));
  assert_ticks (&axis, (const char *[]){ "0", "6", "12", "18", "24" });
  g_assert_cmpstr (culvert_axis_get_unit_text (&axis), ==, "Mbit/s");
  g_assert_true (culvert_axis_fit (&axis, 950 * MBIT));
  assert_ticks (&axis, (const char *[]){ "0", "0.25", "0.5", "0.75", "1" });
  g_assert_cmpstr (culvert_axis_get_unit_text (&axis), ==, "Gbit/s");

  culvert_axis_init (&axis, CULVERT_UNIT_ROUND_TRIP, 0);
  culvert_axis_fit (&axis, 0.19);
  assert_ticks (&axis, (const char *[]){ "0 ms", "50 ms", "100 ms", "150 ms", "200 ms" });
  culvert_axis_fit (&axis, 5.5);
  assert_ticks (&axis, (const char *[]){ "0 s", "1.5 s", "3 s", "4.5 s", "6 s" });

  culvert_axis_init (&axis, CULVERT_UNIT_SHARE, 0);
  culvert_axis_fit (&axis, 0.93);
  assert_ticks (&axis, (const char *[]){ "0 %", "25 %", "50 %", "75 %", "100 %" });
}

static void
test_axis_range (void)
{
  CulvertAxis axis;

  culvert_axis_init (&axis, CULVERT_UNIT_RATE, 0);
  /* Nothing known, or nothing going on: the floor. */
  g_assert_false (culvert_axis_fit (&axis, NAN));
  g_assert_false (culvert_axis_fit (&axis, 0));
  /* It always has room. */
  for (double value = 1; value < 1e10; value *= 1.07)
    {
      culvert_axis_reset (&axis);
      culvert_axis_fit (&axis, value);
      g_assert_cmpfloat (axis.max, >=, value);
      g_assert_cmpfloat (axis.max, <=, MAX (value * 1.75, axis.floor * 1.01));
    }
  culvert_axis_reset (&axis);
  g_assert_true (culvert_axis_fit (&axis, 21 * MBIT));
  /* It does not follow every ripple down. */
  g_assert_false (culvert_axis_fit (&axis, 12 * MBIT));
  g_assert_true (culvert_axis_fit (&axis, 5 * MBIT));
  g_assert_cmpfloat_with_epsilon (axis.max, 6 * MBIT, 1);
  culvert_axis_init (&axis, CULVERT_UNIT_SHARE, 1);
  g_assert_false (culvert_axis_fit (&axis, 0.01));
}

static void
test_axis_time (void)
{
  gint64 first;

  g_assert_cmpuint (culvert_axis_time_step (60, 6), ==, 10);
  g_assert_cmpuint (culvert_axis_time_step (600, 6), ==, 120);
  g_assert_cmpuint (culvert_axis_time_step (86400, 5), ==, 21600);
  g_assert_cmpuint (culvert_axis_time_step (86400, 0), ==, 86400);
  first = culvert_axis_time_first (1800000001, 3600);
  g_assert_cmpint (first, >=, 1800000001);
  g_assert_cmpint (first, <, 1800000001 + 3600);
}

/* -- trace ---------------------------------------------------------------------------------- */

#define EPOCH (G_GINT64_CONSTANT (1800000000) / 3600 * 3600)

static void
steady_past (gint64 age, UiTestSecond *second)
{
  second->down = 8 * MBIT;
  second->up = (double) (100 - age % 100) * 1000;
  second->rtt = 0.05;
  second->jitter = 0.005;
  second->is_off = age >= 30 && age < 40;
}

static void
test_trace_seconds (void)
{
  CulvertHistory *history = culvert_history_new ();
  CulvertTimespan timespan;
  CulvertTrace trace = { 0 };

  ui_test_fill_history (history, EPOCH, 50, steady_past);
  culvert_timespan_init (&timespan, CULVERT_SPAN_MINUTE, history, EPOCH);
  g_assert_cmpint (timespan.end, ==, EPOCH);
  g_assert_cmpint (culvert_timespan_time (&timespan, 0), ==, EPOCH - 60);
  culvert_trace_load (&trace, history, CULVERT_SERIES_GOODPUT_UP, &timespan);
  g_assert_cmpuint (trace.n_values, ==, 60);
  g_assert_cmpfloat_with_epsilon (culvert_trace_get (&trace, 59), 100000, 1);
  g_assert_cmpfloat_with_epsilon (culvert_trace_get (&trace, 58), 99000, 1);
  /* Off for ten seconds and the one in which it began. */
  g_assert_false (isnan (culvert_trace_get (&trace, 31)));
  for (guint i = 20; i <= 30; i++)
    g_assert_true (isnan (culvert_trace_get (&trace, i)));
  g_assert_false (isnan (culvert_trace_get (&trace, 19)));
  g_assert_true (isnan (culvert_trace_get (&trace, 60)));

  /* A moment later nothing is new; much later the past has moved. */
  culvert_timespan_init (&timespan, CULVERT_SPAN_MINUTE, history, EPOCH + 1);
  g_assert_cmpint (timespan.end, ==, EPOCH);
  culvert_timespan_init (&timespan, CULVERT_SPAN_MINUTE, history, EPOCH + 20);
  g_assert_cmpint (timespan.end, ==, EPOCH + 20);
  culvert_trace_load (&trace, history, CULVERT_SERIES_GOODPUT_UP, &timespan);
  g_assert_true (isnan (culvert_trace_get (&trace, 40)));
  g_assert_cmpfloat_with_epsilon (culvert_trace_get (&trace, 39), 100000, 1);
  culvert_trace_clear (&trace);
  culvert_history_free (history);
}

/* The minute that is still open is there, too. */
static void
test_trace_minutes (void)
{
  CulvertHistory *history = culvert_history_new ();
  CulvertTimespan timespan;
  CulvertTrace trace = { 0 };

  ui_test_fill_history (history, EPOCH + 20, 200, steady_past);
  culvert_timespan_init (&timespan, CULVERT_SPAN_HOUR, history, EPOCH + 20);
  g_assert_cmpint (timespan.end, ==, EPOCH + 60);
  culvert_trace_load (&trace, history, CULVERT_SERIES_GOODPUT_UP, &timespan);
  g_assert_cmpuint (trace.n_values, ==, 60);
  /* 81000, 82000, ... 100000 */
  g_assert_cmpfloat_with_epsilon (culvert_trace_get (&trace, 59), 90500, 1);
  g_assert_false (isnan (culvert_trace_get (&trace, 58)));
  g_assert_true (isnan (culvert_trace_get (&trace, 50)));
  culvert_trace_clear (&trace);
  culvert_history_free (history);
}

/* In the first minute there is no other than the open one. */
static void
test_trace_first_minute (void)
{
  CulvertHistory *history = culvert_history_new ();
  CulvertTimespan timespan;
  CulvertTrace trace = { 0 };

  ui_test_fill_history (history, EPOCH + 20, 10, steady_past);
  culvert_timespan_init (&timespan, CULVERT_SPAN_DAY, history, EPOCH + 20);
  culvert_trace_load (&trace, history, CULVERT_SERIES_GOODPUT_DOWN, &timespan);
  g_assert_cmpfloat_with_epsilon (culvert_trace_get (&trace, 1439), 8 * MBIT, 1);
  g_assert_true (isnan (culvert_trace_get (&trace, 1438)));
  culvert_trace_clear (&trace);
  culvert_history_free (history);
}

static void
test_trace_nothing (void)
{
  CulvertTimespan timespan;
  CulvertTrace trace = { 0 };
  double largest;
  double mean;

  for (guint span = 0; span < CULVERT_N_SPANS; span++)
    {
      culvert_timespan_init (&timespan, span, NULL, EPOCH);
      culvert_trace_load (&trace, NULL, CULVERT_SERIES_RTT, &timespan);
      g_assert_cmpuint (trace.n_values, ==, timespan.n_points);
      culvert_trace_measure (&trace, &largest, &mean);
      g_assert_true (isnan (largest) && isnan (mean));
    }
  culvert_trace_clear (&trace);
}

/* -- chart ---------------------------------------------------------------------------------- */

typedef struct
{
  CulvertHistory *history;
  CulvertChart *chart;
  GtkWindow *window;
} Fixture;

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const CulvertLineSpec down = { CULVERT_SERIES_GOODPUT_DOWN, CULVERT_NO_SERIES, "Down",
                                        "series-down", TRUE, FALSE };
  static const CulvertLineSpec up = { CULVERT_SERIES_GOODPUT_UP, CULVERT_NO_SERIES, "Up",
                                      "series-up", FALSE, TRUE };

  f->history = culvert_history_new ();
  f->chart = g_object_new (CULVERT_TYPE_CHART, "title", "Throughput", "span", CULVERT_SPAN_MINUTE,
                           NULL);
  culvert_chart_set_axis (f->chart, CULVERT_CHART_LEFT, CULVERT_UNIT_RATE, 0);
  culvert_chart_add_line (f->chart, CULVERT_CHART_LEFT, &down);
  culvert_chart_add_line (f->chart, CULVERT_CHART_LEFT, &up);
  f->window = ui_test_show (GTK_WIDGET (f->chart), 480, 240);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_window_destroy (f->window);
  culvert_history_free (f->history);
}

static void
test_chart_update (Fixture *f, gconstpointer data)
{
  g_assert_true (culvert_chart_update (f->chart, NULL));
  g_assert_nonnull (ui_test_find_text (GTK_WIDGET (f->chart), GTK_TYPE_LABEL,
                                       "Nothing measured in this time"));
  ui_test_fill_history (f->history, now (), 100, steady_past);
  g_assert_true (culvert_chart_update (f->chart, f->history));
  g_assert_null (ui_test_find_text (GTK_WIDGET (f->chart), GTK_TYPE_LABEL,
                                    "Nothing measured in this time"));
  g_assert_nonnull (
      ui_test_find_text (GTK_WIDGET (f->chart), GTK_TYPE_LABEL, "8.00 Mbit/s"));
  /* Nothing new: nothing is drawn. */
  g_assert_false (culvert_chart_update (f->chart, f->history));
  culvert_chart_set_span (f->chart, CULVERT_SPAN_TEN_MINUTES);
  g_assert_true (culvert_chart_update (f->chart, f->history));
}

static void
test_chart_summary (Fixture *f, gconstpointer data)
{
  g_autofree char *empty = NULL;
  g_autofree char *text = NULL;

  culvert_chart_update (f->chart, NULL);
  empty = culvert_chart_dup_summary (f->chart);
  g_assert_cmpstr (empty, ==, "Last minute. Nothing measured in this time.");
  ui_test_fill_history (f->history, now (), 20, steady_past);
  culvert_chart_update (f->chart, f->history);
  text = culvert_chart_dup_summary (f->chart);
  g_assert_cmpstr (text, ==,
                   "Last minute. "
                   "Down: now 8.00 Mbit/s, highest 8.00 Mbit/s, mean 8.00 Mbit/s. "
                   "Up: now 800 kbit/s, highest 800 kbit/s, mean 724 kbit/s.");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (f->chart), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Throughput");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (f->chart),
                                       GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text);
}

static void
press (Fixture *f, guint keyval, GdkModifierType state)
{
  g_autoptr (GListModel) controllers =
      gtk_widget_observe_controllers (GTK_WIDGET (f->chart));

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);
      gboolean is_handled;

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", keyval, 0, state, &is_handled);
    }
}

static void
test_chart_cursor (Fixture *f, gconstpointer data)
{
  int middle;

  culvert_chart_set_cursor (f->chart, 5);
  g_assert_cmpint (culvert_chart_get_cursor (f->chart), ==, -1);
  ui_test_fill_history (f->history, now (), 100, steady_past);
  culvert_chart_update (f->chart, f->history);
  ui_test_wait_drawn (f->window);
  /* Outside the plot there is nothing; within, time runs from left to right. */
  g_assert_cmpint (culvert_chart_find_point (f->chart, 2, 2), ==, -1);
  middle = culvert_chart_find_point (f->chart, 260, 150);
  g_assert_cmpint (middle, >, 20);
  g_assert_cmpint (middle, <, 40);
  g_assert_cmpint (culvert_chart_find_point (f->chart, 460, 150), >, middle);
  press (f, GDK_KEY_Left, 0);
  g_assert_cmpint (culvert_chart_get_cursor (f->chart), ==, 59);
  press (f, GDK_KEY_Left, GDK_CONTROL_MASK);
  g_assert_cmpint (culvert_chart_get_cursor (f->chart), ==, 49);
  press (f, GDK_KEY_Home, 0);
  press (f, GDK_KEY_Left, 0);
  g_assert_cmpint (culvert_chart_get_cursor (f->chart), ==, 0);
  /* The legend has what was then. */
  g_assert_nonnull (ui_test_find_text (GTK_WIDGET (f->chart), GTK_TYPE_LABEL, "328 kbit/s"));
  press (f, GDK_KEY_End, 0);
  press (f, GDK_KEY_Right, 0);
  g_assert_cmpint (culvert_chart_get_cursor (f->chart), ==, 59);
  press (f, GDK_KEY_Escape, 0);
  g_assert_cmpint (culvert_chart_get_cursor (f->chart), ==, -1);
}

/* Half of the time on, at a known height: the line is where it belongs, the gap is empty. */
static void
half_past (gint64 age, UiTestSecond *second)
{
  second->down = 8 * MBIT;
  second->is_off = age >= 30;
}

static void
test_chart_drawing (Fixture *f, gconstpointer data)
{
  CulvertLineLayer *layer;
  graphene_point_t at;

  ui_test_fill_history (f->history, now (), 59, half_past);
  culvert_chart_update (f->chart, f->history);
  ui_test_wait_drawn (f->window);
  layer = CULVERT_LINE_LAYER (ui_test_find (GTK_WIDGET (f->chart), CULVERT_TYPE_LINE_LAYER));
  g_assert_true (culvert_line_layer_get_position (layer, 59, &at));
  g_assert_cmpfloat_with_epsilon (at.x, gtk_widget_get_width (GTK_WIDGET (layer)), 0.01);
  /* 8 Mbit/s under a top of 8. */
  g_assert_cmpfloat_with_epsilon (at.y, 0, 0.01);
  g_assert_false (culvert_line_layer_get_position (layer, 10, &at));
  {
    int width = gtk_widget_get_width (GTK_WIDGET (layer));
    int height = gtk_widget_get_height (GTK_WIDGET (layer));
    g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (layer));
    GtkSnapshot *snapshot = gtk_snapshot_new ();
    cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
    cairo_t *cr = cairo_create (surface);
    GskRenderNode *node;
    const guint32 *pixels;
    int stride;

    gdk_paintable_snapshot (paintable, snapshot, width, height);
    node = gtk_snapshot_free_to_node (snapshot);
    g_assert_nonnull (node);
    gsk_render_node_draw (node, cr);
    gsk_render_node_unref (node);
    cairo_surface_flush (surface);
    pixels = (const guint32 *) cairo_image_surface_get_data (surface);
    stride = cairo_image_surface_get_stride (surface) / 4;
    g_assert_cmpuint (pixels[0 * stride + width * 3 / 4] >> 24, >, 150);
    g_assert_cmpuint (pixels[(height / 2) * stride + width * 3 / 4] >> 24, >, 10);
    for (int y = 0; y < height; y++)
      g_assert_cmpuint (pixels[y * stride + width / 4], ==, 0);
    cairo_destroy (cr);
    cairo_surface_destroy (surface);
  }
}

static void
test_chart_pictures (Fixture *f, gconstpointer data)
{
  ui_test_fill_history (f->history, now (), 86400, ui_test_rich_past);
  for (guint span = 0; span < CULVERT_N_SPANS; span++)
    {
      g_autofree char *name = g_strdup_printf ("chart-%u", span);

      culvert_chart_set_span (f->chart, span);
      culvert_chart_update (f->chart, f->history);
      if (span == CULVERT_SPAN_TEN_MINUTES)
        culvert_chart_set_cursor (f->chart, 420);
      ui_test_screenshot (f->window, name);
    }
}

int
main (int argc, char **argv)
{
  ui_test_init (&argc, &argv);
  (void) ui_test_get_host ();
  g_test_add_func ("/ui/axis/ticks", test_axis_ticks);
  g_test_add_func ("/ui/axis/range", test_axis_range);
  g_test_add_func ("/ui/axis/time", test_axis_time);
  g_test_add_func ("/ui/trace/seconds", test_trace_seconds);
  g_test_add_func ("/ui/trace/minutes", test_trace_minutes);
  g_test_add_func ("/ui/trace/first-minute", test_trace_first_minute);
  g_test_add_func ("/ui/trace/nothing", test_trace_nothing);
#define ADD(name, func) \
  g_test_add ("/ui/chart/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("update", test_chart_update);
  ADD ("summary", test_chart_summary);
  ADD ("cursor", test_chart_cursor);
  ADD ("drawing", test_chart_drawing);
  ADD ("pictures", test_chart_pictures);
  return g_test_run ();
}

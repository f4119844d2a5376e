/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-overhead-meter.h"

#include "culvert-format.h"

#include <glib/gi18n-lib.h>

#define BAR_HEIGHT 10
#define BAR_GAP 8
#define MIN_WIDTH 160
/* Above this ratio the sender mostly acknowledges, and multiples of its payload say little. */
#define MAX_RATIO 4.0

enum
{
  PART_PAYLOAD,
  PART_FEC,
  PART_RESENT,
  PART_ACKS,
  PART_HEADERS,
  N_PARTS
};

static const char *const culvert_overhead_classes[N_PARTS] = {
  "part-payload", "part-fec", "part-resent", "part-acks", "part-headers",
};

struct _CulvertOverheadMeter
{
  GtkWidget parent_instance;

  GtkWidget *parts[N_PARTS];
  double shares[N_PARTS];
  GtkWidget *text;
};

G_DEFINE_FINAL_TYPE (CulvertOverheadMeter, culvert_overhead_meter, GTK_TYPE_WIDGET)

static char *
culvert_overhead_format (guint64 part, guint64 payload, guint64 wire, gboolean is_ratio)
{
  return is_ratio ? culvert_format_ratio ((double) part / (double) payload)
                  : culvert_format_percent ((double) part / (double) wire);
}

char *
culvert_overhead_dup_text (const CulvertOverhead *overhead)
{
  gboolean is_ratio = (double) overhead->wire <= MAX_RATIO * (double) overhead->payload;
  g_autofree char *whole = NULL;
  g_autofree char *payload = NULL;
  g_autofree char *fec = NULL;
  g_autofree char *resend = NULL;
  g_autofree char *acks = NULL;
  g_autofree char *headers = NULL;

  if (overhead->wire == 0)
    return NULL;
#define FORMAT(field) \
  culvert_overhead_format (overhead->field, overhead->payload, overhead->wire, is_ratio)
  whole = FORMAT (wire);
  payload = FORMAT (payload);
  fec = FORMAT (fec);
  resend = FORMAT (resend);
  acks = FORMAT (acks);
  headers = FORMAT (headers);
#undef FORMAT
  if (is_ratio)
    /* translators: bytes on the line for each byte of payload, and of what they consist */
    return g_strdup_printf (_("%s: FEC %s, resent %s, acknowledgements %s, headers %s"), whole, fec,
                            resend, acks, headers);
  /* translators: shares of the bytes on the line, as percentages */
  return g_strdup_printf (_("Payload %s, FEC %s, resent %s, acknowledgements %s, headers %s"),
                          payload, fec, resend, acks, headers);
}

void
culvert_overhead_meter_set (CulvertOverheadMeter *meter, const CulvertOverhead *overhead)
{
  const guint64 parts[N_PARTS] = {
    [PART_PAYLOAD] = overhead->payload, [PART_FEC] = overhead->fec,
    [PART_RESENT] = overhead->resend,   [PART_ACKS] = overhead->acks,
    [PART_HEADERS] = overhead->headers,
  };
  g_autofree char *text = culvert_overhead_dup_text (overhead);

  g_return_if_fail (CULVERT_IS_OVERHEAD_METER (meter));
  if (text == NULL)
    text = g_strdup (_("Nothing was sent yet"));
  for (guint i = 0; i < N_PARTS; i++)
    meter->shares[i] =
        overhead->wire > 0 ? (double) parts[i] / (double) overhead->wire : 0;
  if (g_strcmp0 (gtk_label_get_label (GTK_LABEL (meter->text)), text) == 0)
    return;
  gtk_label_set_label (GTK_LABEL (meter->text), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (meter), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  text, -1);
  gtk_widget_queue_allocate (GTK_WIDGET (meter));
}

static void
culvert_overhead_meter_measure (GtkWidget *widget,
                                GtkOrientation orientation,
                                int for_size,
                                int *minimum,
                                int *natural,
                                int *minimum_baseline,
                                int *natural_baseline)
{
  CulvertOverheadMeter *self = CULVERT_OVERHEAD_METER (widget);

  gtk_widget_measure (self->text, orientation, for_size, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_VERTICAL)
    {
      *minimum += BAR_HEIGHT + BAR_GAP;
      *natural += BAR_HEIGHT + BAR_GAP;
    }
  else
    {
      *minimum = MAX (*minimum, MIN_WIDTH);
      *natural = MAX (*natural, MIN_WIDTH);
    }
}

static void
culvert_overhead_meter_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  CulvertOverheadMeter *self = CULVERT_OVERHEAD_METER (widget);
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  double x = 0;

  for (guint i = 0; i < N_PARTS; i++)
    {
      double end = x + self->shares[i] * width;
      GtkAllocation part = { (int) (x + 0.5), 0, (int) (end + 0.5) - (int) (x + 0.5), BAR_HEIGHT };

      if (is_rtl)
        part.x = width - part.x - part.width;
      gtk_widget_set_child_visible (self->parts[i], part.width > 0);
      if (part.width > 0)
        gtk_widget_size_allocate (self->parts[i], &part, -1);
      x = end;
    }
  gtk_widget_size_allocate (
      self->text,
      &(GtkAllocation){ 0, BAR_HEIGHT + BAR_GAP, width, MAX (height - BAR_HEIGHT - BAR_GAP, 0) },
      -1);
}

static void
culvert_overhead_meter_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (culvert_overhead_meter_parent_class)->dispose (object);
}

static GtkSizeRequestMode
culvert_overhead_meter_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
culvert_overhead_meter_class_init (CulvertOverheadMeterClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_overhead_meter_dispose;
  widget_class->measure = culvert_overhead_meter_measure;
  widget_class->size_allocate = culvert_overhead_meter_size_allocate;
  widget_class->get_request_mode = culvert_overhead_meter_get_request_mode;
  gtk_widget_class_set_css_name (widget_class, "overheadmeter");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
culvert_overhead_meter_init (CulvertOverheadMeter *self)
{
  static const CulvertOverhead nothing = { 0 };

  for (guint i = 0; i < N_PARTS; i++)
    {
      self->parts[i] = g_object_new (GTK_TYPE_BOX, "css-name", "part", NULL);
      gtk_widget_add_css_class (self->parts[i], culvert_overhead_classes[i]);
      gtk_widget_set_parent (self->parts[i], GTK_WIDGET (self));
    }
  self->text = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0, "wrap", TRUE,
                             "max-width-chars", 36, NULL);
  gtk_widget_add_css_class (self->text, "numeric");
  gtk_widget_set_parent (self->text, GTK_WIDGET (self));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Overhead"), -1);
  culvert_overhead_meter_set (self, &nothing);
}

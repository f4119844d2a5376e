/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-qr-code.h"

#include "culvert-export.h"

#include <math.h>

/* Modules of white around it, by the standard. */
#define QUIET_ZONE 4
#define MIN_SIZE 200

struct _CulvertQrCode
{
  GtkWidget parent_instance;

  GBytes *modules; /* (nullable) width * width, 1 is dark */
  guint width;
};

G_DEFINE_FINAL_TYPE (CulvertQrCode, culvert_qr_code, GTK_TYPE_WIDGET)

static GtkSizeRequestMode
culvert_qr_code_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static void
culvert_qr_code_measure (GtkWidget *widget,
                         GtkOrientation orientation,
                         int for_size,
                         int *minimum,
                         int *natural,
                         int *minimum_baseline,
                         int *natural_baseline)
{
  CulvertQrCode *self = CULVERT_QR_CODE (widget);

  *minimum = MIN_SIZE;
  *natural = MAX (MIN_SIZE, (int) (self->width + 2 * QUIET_ZONE) * 5);
}

/* Runs of dark modules in a row are one rectangle; whole pixels, so that edges stay sharp. */
static void
culvert_qr_code_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  static const GdkRGBA dark = { 0, 0, 0, 1 };
  static const GdkRGBA light = { 1, 1, 1, 1 };
  CulvertQrCode *self = CULVERT_QR_CODE (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  guint n = self->width + 2 * QUIET_ZONE;
  const guint8 *modules;
  float step, left, top;

  if (self->modules == NULL)
    return;
  modules = g_bytes_get_data (self->modules, NULL);
  step = MAX (1, floorf ((float) MIN (width, height) / n));
  left = floorf ((width - step * n) / 2);
  top = floorf ((height - step * n) / 2);
  gtk_snapshot_append_color (snapshot, &light,
                             &GRAPHENE_RECT_INIT (left, top, step * n, step * n));
  for (guint y = 0; y < self->width; y++)
    for (guint x = 0; x < self->width; x++)
      {
        guint from = x;

        while (x < self->width && modules[y * self->width + x] == 1)
          x++;
        if (x > from)
          gtk_snapshot_append_color (snapshot, &dark,
                                     &GRAPHENE_RECT_INIT (left + (from + QUIET_ZONE) * step,
                                                          top + (y + QUIET_ZONE) * step,
                                                          (x - from) * step, step));
      }
}

static void
culvert_qr_code_finalize (GObject *object)
{
  g_clear_pointer (&((CulvertQrCode *) object)->modules, g_bytes_unref);
  G_OBJECT_CLASS (culvert_qr_code_parent_class)->finalize (object);
}

static void
culvert_qr_code_class_init (CulvertQrCodeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = culvert_qr_code_finalize;
  widget_class->get_request_mode = culvert_qr_code_get_request_mode;
  widget_class->measure = culvert_qr_code_measure;
  widget_class->snapshot = culvert_qr_code_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
culvert_qr_code_init (CulvertQrCode *self)
{
}

gboolean
culvert_qr_code_set_text (CulvertQrCode *code, const char *text, GError **error)
{
  g_return_val_if_fail (CULVERT_IS_QR_CODE (code), FALSE);

  g_clear_pointer (&code->modules, g_bytes_unref);
  code->width = 0;
  if (text != NULL)
    code->modules = culvert_export_qr (text, &code->width, error);
  gtk_widget_queue_resize (GTK_WIDGET (code));
  return text == NULL || code->modules != NULL;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-phase-icon.h"

struct _CulvertPhaseIcon
{
  AdwBin parent_instance;

  GtkImage *image;
  CulvertPhase phase;
};

G_DEFINE_FINAL_TYPE (CulvertPhaseIcon, culvert_phase_icon, ADW_TYPE_BIN)

enum
{
  PROP_0,
  PROP_PHASE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
culvert_phase_icon_update (CulvertPhaseIcon *self, CulvertPhase before)
{
  g_autofree char *name =
      g_strconcat ("culvert-phase-", culvert_phase_to_string (self->phase), "-symbolic", NULL);

  gtk_widget_remove_css_class (GTK_WIDGET (self), culvert_phase_to_string (before));
  gtk_widget_add_css_class (GTK_WIDGET (self), culvert_phase_to_string (self->phase));
  gtk_image_set_from_icon_name (self->image, name);
}

void
culvert_phase_icon_set_phase (CulvertPhaseIcon *icon, CulvertPhase phase)
{
  CulvertPhase before;

  g_return_if_fail (CULVERT_IS_PHASE_ICON (icon));
  if (icon->phase == phase)
    return;
  before = icon->phase;
  icon->phase = phase;
  culvert_phase_icon_update (icon, before);
  g_object_notify_by_pspec (G_OBJECT (icon), properties[PROP_PHASE]);
}

static void
culvert_phase_icon_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertPhaseIcon *self = (CulvertPhaseIcon *) object;

  switch (id)
    {
    case PROP_PHASE:
      g_value_set_enum (value, self->phase);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_phase_icon_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_PHASE:
      culvert_phase_icon_set_phase ((CulvertPhaseIcon *) object, g_value_get_enum (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_phase_icon_class_init (CulvertPhaseIconClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = culvert_phase_icon_get_property;
  object_class->set_property = culvert_phase_icon_set_property;
  properties[PROP_PHASE] =
      g_param_spec_enum ("phase", NULL, NULL, CULVERT_TYPE_PHASE, CULVERT_PHASE_OFF,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_css_name (widget_class, "phaseicon");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
culvert_phase_icon_init (CulvertPhaseIcon *self)
{
  self->image = GTK_IMAGE (gtk_image_new ());
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->image));
  culvert_phase_icon_update (self, self->phase);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-tunnel-row.h"

#include "culvert-format.h"
#include "culvert-phase-icon.h"

#include <glib/gi18n-lib.h>

struct _CulvertTunnelRow
{
  GtkListBoxRow parent_instance;

  CulvertHubItem *item;
  GtkWidget *menu; /* (nullable) while it was never opened */

  CulvertPhaseIcon *phase_icon;
  GtkLabel *name_label;
  GtkLabel *state_label;
  GtkWidget *rates;
  GtkLabel *down_label;
  GtkLabel *up_label;
  GtkSwitch *wanted_switch;
};

G_DEFINE_FINAL_TYPE (CulvertTunnelRow, culvert_tunnel_row, GTK_TYPE_LIST_BOX_ROW)

enum
{
  PROP_0,
  PROP_ITEM,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static const char *
culvert_tunnel_row_get_uuid (CulvertTunnelRow *self)
{
  return culvert_profile_get_uuid (culvert_hub_item_get_profile (self->item));
}

/* -- what it shows ------------------------------------------------------------------------- */

static void
culvert_tunnel_row_update_name (CulvertTunnelRow *self)
{
  const char *name = culvert_profile_get_name (culvert_hub_item_get_profile (self->item));
  /* translators: the name of a profile; what its switch does, for screen readers */
  g_autofree char *label = g_strdup_printf (_("Connect “%s”"), name);

  gtk_label_set_text (self->name_label, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->wanted_switch),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
culvert_tunnel_row_update_phase (CulvertTunnelRow *self)
{
  CulvertPhase phase = culvert_hub_item_get_phase (self->item);
  g_autofree char *text = NULL;
  g_autofree char *reason = NULL;

  g_object_get (self->item, "state-text", &text, "reason", &reason, NULL);
  culvert_phase_icon_set_phase (self->phase_icon, phase);
  gtk_label_set_text (self->state_label, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->state_label),
                               reason[0] != '\0' ? reason : NULL);
  gtk_widget_set_visible (self->rates, phase == CULVERT_PHASE_UP);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  text, -1);
}

static void
culvert_tunnel_row_update_rates (CulvertTunnelRow *self)
{
  g_autofree char *down = culvert_format_rate (culvert_hub_item_get_rate_down (self->item));
  g_autofree char *up = culvert_format_rate (culvert_hub_item_get_rate_up (self->item));
  /* translators: a rate, what comes in */
  g_autofree char *down_text = g_strdup_printf (_("↓ %s"), down);
  /* translators: a rate, what goes out */
  g_autofree char *up_text = g_strdup_printf (_("↑ %s"), up);

  gtk_label_set_text (self->down_label, down_text);
  gtk_label_set_text (self->up_label, up_text);
}

static void
culvert_tunnel_row_set_item (CulvertTunnelRow *self, CulvertHubItem *item)
{
  g_autofree char *action = NULL;

  self->item = g_object_ref (item);
  action = g_strconcat ("hub.profile-", culvert_tunnel_row_get_uuid (self), NULL);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->wanted_switch), action);
  g_signal_connect_object (item, "notify::phase", G_CALLBACK (culvert_tunnel_row_update_phase),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (item, "notify::reason", G_CALLBACK (culvert_tunnel_row_update_phase),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (item, "notify::rate-down",
                           G_CALLBACK (culvert_tunnel_row_update_rates), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (item, "notify::rate-up", G_CALLBACK (culvert_tunnel_row_update_rates),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (culvert_hub_item_get_profile (item), "notify::name",
                           G_CALLBACK (culvert_tunnel_row_update_name), self, G_CONNECT_SWAPPED);
  culvert_tunnel_row_update_name (self);
  culvert_tunnel_row_update_phase (self);
  culvert_tunnel_row_update_rates (self);
}

/* -- menu ------------------------------------------------------------------------------------ */

static void
culvert_tunnel_row_append (GMenu *menu, const char *label, const char *action, const char *uuid)
{
  g_autoptr (GMenuItem) entry = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (entry, action, "s", uuid);
  g_menu_append_item (menu, entry);
}

GMenuModel *
culvert_tunnel_row_new_menu (CulvertHubItem *item)
{
  const char *uuid = culvert_profile_get_uuid (culvert_hub_item_get_profile (item));
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenu) state = g_menu_new ();
  g_autoptr (GMenu) profile = g_menu_new ();
  g_autoptr (GMenu) elsewhere = g_menu_new ();
  g_autoptr (GMenu) end = g_menu_new ();

  culvert_tunnel_row_append (state, _("_Restart"), "hub.restart-profile", uuid);
  culvert_tunnel_row_append (profile, _("Re_name…"), "win.rename-profile", uuid);
  culvert_tunnel_row_append (profile, _("D_uplicate"), "win.duplicate-profile", uuid);
  culvert_tunnel_row_append (elsewhere, _("_Export…"), "win.export-profile", uuid);
  culvert_tunnel_row_append (elsewhere, _("Set Up the _Other End…"), "win.pair-profile", uuid);
  culvert_tunnel_row_append (end, _("_Delete"), "win.delete-profile", uuid);
  g_menu_append_section (menu, NULL, G_MENU_MODEL (state));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (profile));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (elsewhere));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (end));
  return G_MENU_MODEL (menu);
}

/* x negative: in the middle, for the keyboard. */
static void
culvert_tunnel_row_open_menu (CulvertTunnelRow *self, double x, double y)
{
  g_autoptr (GMenuModel) model = NULL;
  GdkRectangle place = { (int) x, (int) y, 1, 1 };

  if (self->menu == NULL)
    {
      model = culvert_tunnel_row_new_menu (self->item);
      self->menu = gtk_popover_menu_new_from_model (model);
      gtk_popover_set_has_arrow (GTK_POPOVER (self->menu), FALSE);
      gtk_widget_set_halign (self->menu, GTK_ALIGN_START);
      gtk_widget_set_parent (self->menu, GTK_WIDGET (self));
    }
  if (x < 0)
    place = (GdkRectangle){ gtk_widget_get_width (GTK_WIDGET (self)) / 2,
                            gtk_widget_get_height (GTK_WIDGET (self)) / 2, 1, 1 };
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), &place);
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static void
culvert_tunnel_row_pressed_cb (GtkGestureClick *gesture,
                               int n_press,
                               double x,
                               double y,
                               CulvertTunnelRow *self)
{
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  culvert_tunnel_row_open_menu (self, x, y);
}

static void
culvert_tunnel_row_long_pressed_cb (GtkGestureLongPress *gesture,
                                    double x,
                                    double y,
                                    CulvertTunnelRow *self)
{
  culvert_tunnel_row_open_menu (self, x, y);
}

static void
culvert_tunnel_row_menu_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  culvert_tunnel_row_open_menu (CULVERT_TUNNEL_ROW (widget), -1, -1);
}

/* -- keys -------------------------------------------------------------------------------------- */

/* args: name of an action that takes the UUID. */
static gboolean
culvert_tunnel_row_key_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  return gtk_widget_activate_action (widget, g_variant_get_string (args, NULL), "s",
                                     culvert_tunnel_row_get_uuid (CULVERT_TUNNEL_ROW (widget)));
}

static gboolean
culvert_tunnel_row_move_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  return gtk_widget_activate_action (widget, "win.move-profile", "(si)",
                                     culvert_tunnel_row_get_uuid (CULVERT_TUNNEL_ROW (widget)),
                                     g_variant_get_int32 (args));
}

static void
culvert_tunnel_row_add_keys (GtkWidgetClass *widget_class)
{
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Delete, 0, culvert_tunnel_row_key_cb, "s",
                                "win.delete-profile");
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F2, 0, culvert_tunnel_row_key_cb, "s",
                                "win.rename-profile");
  gtk_widget_class_add_binding (widget_class, GDK_KEY_d, GDK_CONTROL_MASK,
                                culvert_tunnel_row_key_cb, "s", "win.duplicate-profile");
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Up, GDK_ALT_MASK,
                                culvert_tunnel_row_move_cb, "i", -1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Down, GDK_ALT_MASK,
                                culvert_tunnel_row_move_cb, "i", 1);
  gtk_widget_class_install_action (widget_class, "row.menu", NULL, culvert_tunnel_row_menu_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Menu, 0, "row.menu", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, "row.menu",
                                       NULL);
}

/* -- dragging ---------------------------------------------------------------------------------- */

static GdkContentProvider *
culvert_tunnel_row_prepare_cb (GtkDragSource *source, double x, double y, CulvertTunnelRow *self)
{
  return gdk_content_provider_new_typed (CULVERT_TYPE_HUB_ITEM, self->item);
}

static void
culvert_tunnel_row_drag_begin_cb (GtkDragSource *source, GdkDrag *drag, CulvertTunnelRow *self)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (self));

  gtk_drag_source_set_icon (source, paintable, 0, 0);
  gtk_widget_add_css_class (GTK_WIDGET (self), "dragged");
}

static void
culvert_tunnel_row_drag_end_cb (GtkDragSource *source,
                                GdkDrag *drag,
                                gboolean delete_data,
                                CulvertTunnelRow *self)
{
  gtk_widget_remove_css_class (GTK_WIDGET (self), "dragged");
}

/* -- GObject ----------------------------------------------------------------------------------- */

static void
culvert_tunnel_row_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertTunnelRow *self = (CulvertTunnelRow *) object;

  switch (id)
    {
    case PROP_ITEM:
      g_value_set_object (value, self->item);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_tunnel_row_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_ITEM:
      culvert_tunnel_row_set_item ((CulvertTunnelRow *) object, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_tunnel_row_dispose (GObject *object)
{
  CulvertTunnelRow *self = (CulvertTunnelRow *) object;

  g_clear_pointer (&self->menu, gtk_widget_unparent);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_TUNNEL_ROW);
  G_OBJECT_CLASS (culvert_tunnel_row_parent_class)->dispose (object);
}

static void
culvert_tunnel_row_finalize (GObject *object)
{
  g_clear_object (&((CulvertTunnelRow *) object)->item);
  G_OBJECT_CLASS (culvert_tunnel_row_parent_class)->finalize (object);
}

static void
culvert_tunnel_row_class_init (CulvertTunnelRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = culvert_tunnel_row_get_property;
  object_class->set_property = culvert_tunnel_row_set_property;
  object_class->dispose = culvert_tunnel_row_dispose;
  object_class->finalize = culvert_tunnel_row_finalize;
  properties[PROP_ITEM] =
      g_param_spec_object ("item", NULL, NULL, CULVERT_TYPE_HUB_ITEM,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  g_type_ensure (CULVERT_TYPE_PHASE_ICON);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-tunnel-row.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelRow, phase_icon);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelRow, name_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelRow, state_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelRow, rates);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelRow, down_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelRow, up_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelRow, wanted_switch);
  gtk_widget_class_bind_template_callback (widget_class, culvert_tunnel_row_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_tunnel_row_long_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_tunnel_row_prepare_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_tunnel_row_drag_begin_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_tunnel_row_drag_end_cb);
  culvert_tunnel_row_add_keys (widget_class);
}

static void
culvert_tunnel_row_init (CulvertTunnelRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
culvert_tunnel_row_new (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);
  return g_object_new (CULVERT_TYPE_TUNNEL_ROW, "item", item, NULL);
}

CulvertHubItem *
culvert_tunnel_row_get_item (CulvertTunnelRow *row)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL_ROW (row), NULL);
  return row->item;
}

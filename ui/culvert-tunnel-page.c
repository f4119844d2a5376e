/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-tunnel-page.h"

#include "culvert-connections-page.h"
#include "culvert-counters-page.h"
#include "culvert-log-page.h"
#include "culvert-overview-page.h"
#include "culvert-settings-page.h"
#include "culvert-tunnel-row.h"

struct _CulvertTunnelPage
{
  CulvertPage parent_instance;

  gboolean is_folded;
  guint reveal_source;
  GBindingGroup *item_bindings;
  GBindingGroup *profile_bindings;

  AdwSqueezer *squeezer;
  AdwWindowTitle *window_title;
  GtkWidget *wanted_switch;
  GtkMenuButton *menu_button;
  GtkRevealer *restart_revealer;
  GtkWidget *restart_button;
  AdwViewStack *stack;
  AdwViewSwitcherBar *switcher_bar;
};

G_DEFINE_FINAL_TYPE (CulvertTunnelPage, culvert_tunnel_page, CULVERT_TYPE_PAGE)

enum
{
  PROP_0,
  PROP_IS_FOLDED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* -- the pages ------------------------------------------------------------------------------ */

static GType
culvert_tunnel_page_type_of (const char *name)
{
  const struct
  {
    const char *name;
    GType type;
  } pages[] = {
    { "overview", CULVERT_TYPE_OVERVIEW_PAGE },
    { "settings", CULVERT_TYPE_SETTINGS_PAGE },
    { "connections", CULVERT_TYPE_CONNECTIONS_PAGE },
    { "counters", CULVERT_TYPE_COUNTERS_PAGE },
    { "log", CULVERT_TYPE_LOG_PAGE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    if (g_strcmp0 (pages[i].name, name) == 0)
      return pages[i].type;
  g_return_val_if_reached (G_TYPE_INVALID);
}

CulvertPage *
culvert_tunnel_page_get_child (CulvertTunnelPage *page, const char *name)
{
  AdwBin *bin;
  GtkWidget *child;

  g_return_val_if_fail (CULVERT_IS_TUNNEL_PAGE (page), NULL);
  bin = ADW_BIN (adw_view_stack_get_child_by_name (page->stack, name));
  child = adw_bin_get_child (bin);
  if (child == NULL)
    {
      child = g_object_new (culvert_tunnel_page_type_of (name), "hub",
                            culvert_page_get_hub (CULVERT_PAGE (page)), NULL);
      g_object_bind_property (page, "item", child, "item", G_BINDING_SYNC_CREATE);
      adw_bin_set_child (bin, child);
    }
  return CULVERT_PAGE (child);
}

/* Without a hub the template is still being built. */
static void
culvert_tunnel_page_visible_cb (AdwViewStack *stack, GParamSpec *pspec, CulvertTunnelPage *self)
{
  if (culvert_page_get_hub (CULVERT_PAGE (self)) != NULL)
    (void) culvert_tunnel_page_get_child (self, adw_view_stack_get_visible_child_name (stack));
}

static void
culvert_tunnel_page_hub_cb (CulvertTunnelPage *self)
{
  culvert_tunnel_page_visible_cb (self->stack, NULL, self);
}

/* -- header ----------------------------------------------------------------------------------- */

static gboolean
culvert_tunnel_page_reveal_cb (gpointer user_data)
{
  CulvertTunnelPage *self = user_data;

  self->reveal_source = 0;
  adw_view_switcher_bar_set_reveal (self->switcher_bar,
                                    adw_squeezer_get_visible_child (self->squeezer)
                                        == GTK_WIDGET (self->window_title));
  return G_SOURCE_REMOVE;
}

/* The switcher goes to the bottom where the header has no room for it. That is found out while
 * sizes are given out, when it is too late to ask for another one. */
static void
culvert_tunnel_page_squeezed_cb (AdwSqueezer *squeezer, GParamSpec *pspec, CulvertTunnelPage *self)
{
  if (self->reveal_source == 0)
    self->reveal_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, culvert_tunnel_page_reveal_cb,
                                           self, NULL);
}

static void
culvert_tunnel_page_item_changed (CulvertPage *page, CulvertHubItem *old)
{
  CulvertTunnelPage *self = CULVERT_TUNNEL_PAGE (page);
  CulvertHubItem *item = culvert_page_get_item (page);
  CulvertProfile *profile = item != NULL ? culvert_hub_item_get_profile (item) : NULL;
  g_autoptr (GMenuModel) menu = NULL;
  g_autofree char *action = NULL;

  /* The base class takes the item away at the very end, too. */
  if (self->item_bindings == NULL)
    return;
  g_binding_group_set_source (self->item_bindings, item);
  g_binding_group_set_source (self->profile_bindings, profile);
  if (item == NULL)
    return;
  menu = culvert_tunnel_row_new_menu (item);
  gtk_menu_button_set_menu_model (self->menu_button, menu);
  action = g_strconcat ("hub.profile-", culvert_profile_get_uuid (profile), NULL);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->wanted_switch), action);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->restart_button), "s",
                                    culvert_profile_get_uuid (profile));
  /* An action without its target would be a warning. */
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->restart_button), "hub.restart-profile");
}

/* -- GObject ---------------------------------------------------------------------------------- */

static void
culvert_tunnel_page_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertTunnelPage *self = (CulvertTunnelPage *) object;

  switch (id)
    {
    case PROP_IS_FOLDED:
      g_value_set_boolean (value, self->is_folded);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_tunnel_page_set_property (GObject *object,
                                  guint id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  CulvertTunnelPage *self = (CulvertTunnelPage *) object;

  switch (id)
    {
    case PROP_IS_FOLDED:
      if (self->is_folded == g_value_get_boolean (value))
        return;
      self->is_folded = g_value_get_boolean (value);
      g_object_notify_by_pspec (object, pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_tunnel_page_dispose (GObject *object)
{
  CulvertTunnelPage *self = (CulvertTunnelPage *) object;

  g_clear_handle_id (&self->reveal_source, g_source_remove);
  g_clear_object (&self->item_bindings);
  g_clear_object (&self->profile_bindings);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_TUNNEL_PAGE);
  G_OBJECT_CLASS (culvert_tunnel_page_parent_class)->dispose (object);
}

static void
culvert_tunnel_page_class_init (CulvertTunnelPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = culvert_tunnel_page_get_property;
  object_class->set_property = culvert_tunnel_page_set_property;
  object_class->dispose = culvert_tunnel_page_dispose;
  CULVERT_PAGE_CLASS (klass)->item_changed = culvert_tunnel_page_item_changed;
  properties[PROP_IS_FOLDED] =
      g_param_spec_boolean ("is-folded", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-tunnel-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, squeezer);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, window_title);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, wanted_switch);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, menu_button);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, restart_revealer);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, restart_button);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, stack);
  gtk_widget_class_bind_template_child (widget_class, CulvertTunnelPage, switcher_bar);
  gtk_widget_class_bind_template_callback (widget_class, culvert_tunnel_page_squeezed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_tunnel_page_visible_cb);
}

static void
culvert_tunnel_page_init (CulvertTunnelPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->item_bindings = g_binding_group_new ();
  g_binding_group_bind (self->item_bindings, "state-text", self->window_title, "subtitle",
                        G_BINDING_SYNC_CREATE);
  g_binding_group_bind (self->item_bindings, "needs-restart", self->restart_revealer,
                        "reveal-child", G_BINDING_SYNC_CREATE);
  self->profile_bindings = g_binding_group_new ();
  g_binding_group_bind (self->profile_bindings, "name", self->window_title, "title",
                        G_BINDING_SYNC_CREATE);
  g_signal_connect (self, "notify::hub", G_CALLBACK (culvert_tunnel_page_hub_cb), NULL);
}

void
culvert_tunnel_page_show (CulvertTunnelPage *page, const char *name)
{
  g_return_if_fail (CULVERT_IS_TUNNEL_PAGE (page));
  adw_view_stack_set_visible_child_name (page->stack, name);
}

GtkWidget *
culvert_tunnel_page_get_menu_button (CulvertTunnelPage *page)
{
  g_return_val_if_fail (CULVERT_IS_TUNNEL_PAGE (page), NULL);
  return GTK_WIDGET (page->menu_button);
}

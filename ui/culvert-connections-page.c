/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-connections-page.h"

#include "culvert-flow-poller.h"
#include "culvert-flow-view.h"
#include "culvert-format.h"

#include <glib/gi18n-lib.h>

struct _CulvertConnectionsPage
{
  CulvertPage parent_instance;

  GtkStack *stack;
  AdwStatusPage *empty;
  GtkLabel *sessions_title;
  GtkLabel *streams_title;
  CulvertFlowView *sessions;
  CulvertFlowView *streams;

  GSignalGroup *item_signals;
  CulvertFlowPoller *poller;
};

G_DEFINE_FINAL_TYPE (CulvertConnectionsPage, culvert_connections_page, CULVERT_TYPE_PAGE)

static void
culvert_connections_page_copy (CulvertConnectionsPage *self)
{
  g_autofree char *text = culvert_flow_view_dup_text (self->streams);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

/* Why there is nothing to see. */
static void
culvert_connections_page_update_empty (CulvertConnectionsPage *self, CulvertHubItem *item)
{
  gboolean is_server = culvert_profile_get_role (culvert_hub_item_get_profile (item))
                       == CULVERT_ROLE_SERVER;
  gboolean is_off = culvert_hub_item_get_phase (item) == CULVERT_PHASE_OFF
                    || culvert_hub_item_get_phase (item) == CULVERT_PHASE_FAILED;

  adw_status_page_set_title (self->empty, is_off ? _("Not Connected") : _("No Connections"));
  adw_status_page_set_description (
      self->empty, is_off      ? _("Connections of programs are listed here while the tunnel runs.")
                   : is_server ? _("No client is here.")
                               : _("No program uses the tunnel."));
}

static void
culvert_connections_page_update (CulvertConnectionsPage *self)
{
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));
  guint n_sessions =
      g_list_model_get_n_items (G_LIST_MODEL (culvert_flow_poller_get_sessions (self->poller)));
  guint n_streams =
      g_list_model_get_n_items (G_LIST_MODEL (culvert_flow_poller_get_streams (self->poller)));
  g_autofree char *n_sessions_text = culvert_format_count (n_sessions);
  g_autofree char *n_streams_text = culvert_format_count (n_streams);
  g_autofree char *sessions_text = NULL;
  g_autofree char *streams_text = NULL;

  /* translators: a number of sessions, which carry connections */
  sessions_text =
      g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s Session", "%s Sessions", n_sessions),
                       n_sessions_text);
  /* translators: a number of connections */
  streams_text =
      g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s Connection", "%s Connections", n_streams),
                       n_streams_text);
  gtk_label_set_label (self->sessions_title, sessions_text);
  gtk_label_set_label (self->streams_title, streams_text);
  if (item != NULL)
    culvert_connections_page_update_empty (self, item);
  gtk_stack_set_visible_child_name (self->stack,
                                    n_sessions > 0 || n_streams > 0 ? "tables" : "empty");
}

static void
culvert_connections_page_refresh (CulvertConnectionsPage *self)
{
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));

  culvert_flow_poller_set_tunnel (self->poller,
                                  item != NULL ? culvert_hub_item_get_tunnel (item) : NULL);
  if (item != NULL)
    {
      CulvertRole role = culvert_profile_get_role (culvert_hub_item_get_profile (item));

      culvert_flow_view_set_role (self->sessions, role);
      culvert_flow_view_set_role (self->streams, role);
    }
  culvert_connections_page_update (self);
}

static void
culvert_connections_page_item_changed (CulvertPage *page, CulvertHubItem *old)
{
  CulvertConnectionsPage *self = CULVERT_CONNECTIONS_PAGE (page);

  g_signal_group_set_target (self->item_signals, culvert_page_get_item (page));
  culvert_connections_page_refresh (self);
}

static void
culvert_connections_page_shown_changed (CulvertPage *page, gboolean is_shown)
{
  culvert_flow_poller_set_active (CULVERT_CONNECTIONS_PAGE (page)->poller, is_shown);
}

static void
culvert_connections_page_dispose (GObject *object)
{
  CulvertConnectionsPage *self = (CulvertConnectionsPage *) object;

  /* While there are children to tell. */
  culvert_page_set_item (CULVERT_PAGE (self), NULL);
  /* The template would take the child away from under the bin. */
  adw_bin_set_child (ADW_BIN (object), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_CONNECTIONS_PAGE);
  G_OBJECT_CLASS (culvert_connections_page_parent_class)->dispose (object);
}

static void
culvert_connections_page_finalize (GObject *object)
{
  CulvertConnectionsPage *self = (CulvertConnectionsPage *) object;

  g_object_unref (self->item_signals);
  g_object_unref (self->poller);
  G_OBJECT_CLASS (culvert_connections_page_parent_class)->finalize (object);
}

static void
culvert_connections_page_class_init (CulvertConnectionsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  CulvertPageClass *page_class = CULVERT_PAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_connections_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = culvert_connections_page_finalize;
  page_class->item_changed = culvert_connections_page_item_changed;
  page_class->shown_changed = culvert_connections_page_shown_changed;
  g_type_ensure (CULVERT_TYPE_FLOW_VIEW);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-connections-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertConnectionsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, CulvertConnectionsPage, empty);
  gtk_widget_class_bind_template_child (widget_class, CulvertConnectionsPage, sessions_title);
  gtk_widget_class_bind_template_child (widget_class, CulvertConnectionsPage, streams_title);
  gtk_widget_class_bind_template_child (widget_class, CulvertConnectionsPage, sessions);
  gtk_widget_class_bind_template_child (widget_class, CulvertConnectionsPage, streams);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connections_page_copy);
}

static void
culvert_connections_page_init (CulvertConnectionsPage *self)
{
  CulvertFlowStore *sessions;
  CulvertFlowStore *streams;

  self->poller = culvert_flow_poller_new (TRUE);
  self->item_signals = g_signal_group_new (CULVERT_TYPE_HUB_ITEM);
  g_signal_group_connect_swapped (self->item_signals, "notify::tunnel",
                                  G_CALLBACK (culvert_connections_page_refresh), self);
  g_signal_group_connect_swapped (self->item_signals, "notify::phase",
                                  G_CALLBACK (culvert_connections_page_refresh), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  sessions = culvert_flow_poller_get_sessions (self->poller);
  streams = culvert_flow_poller_get_streams (self->poller);
  culvert_flow_view_set_store (self->sessions, CULVERT_FLOW_SESSIONS, sessions);
  culvert_flow_view_set_store (self->streams, CULVERT_FLOW_STREAMS, streams);
  g_signal_connect_object (sessions, "updated", G_CALLBACK (culvert_connections_page_update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (streams, "updated", G_CALLBACK (culvert_connections_page_update), self,
                           G_CONNECT_SWAPPED);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-overview-page.h"

#include "culvert-chart.h"
#include "culvert-check-panel.h"
#include "culvert-flow-poller.h"
#include "culvert-flow-view.h"
#include "culvert-format.h"
#include "culvert-overhead-meter.h"
#include "culvert-settings.h"
#include "culvert-tile.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define OVERHEAD_SAMPLES 60 /* one a second */
#define MIN_OVERHEAD_SAMPLES 5

typedef enum
{
  CHART_THROUGHPUT,
  CHART_ROUND_TRIP,
  CHART_LOSS,
  CHART_WINDOW,
  N_CHARTS
} CulvertOverviewChart;

struct _CulvertOverviewPage
{
  CulvertPage parent_instance;

  GtkWidget *dot;
  GtkLabel *state;
  GtkLabel *since;
  GtkLabel *reason;
  GtkLabel *rate_down;
  GtkLabel *rate_up;
  GtkButton *switch_button;
  GtkWidget *restart_box;
  GtkButton *restart_button;
  GtkLabel *hint;
  GtkWidget *check_card;
  CulvertCheckPanel *check;
  GtkWidget *history;
  GtkBox *spans;
  CulvertChart *charts[N_CHARTS];
  AdwPreferencesRow *local_row;
  GtkLabel *local;
  AdwPreferencesRow *remote_row;
  GtkLabel *remote;
  GtkLabel *total_down;
  GtkLabel *total_up;
  GtkLabel *streams;
  CulvertOverheadMeter *overhead;
  GtkLabel *overhead_span;
  GtkWidget *peers;
  CulvertFlowView *peers_view;

  GSettings *settings; /* (nullable) */
  GSignalGroup *item_signals;
  GSignalGroup *profile_signals;
  GSignalGroup *tunnel_signals;
  GSignalGroup *sampler_signals;
  CulvertFlowPoller *poller; /* of a server's peers */
  GArray *samples;           /* of CulvertStats, the oldest first: the last minute in sight */
  char *phase_class;         /* of the dot */
};

G_DEFINE_FINAL_TYPE (CulvertOverviewPage, culvert_overview_page, CULVERT_TYPE_PAGE)

static CulvertHubItem *
culvert_overview_page_item (CulvertOverviewPage *self)
{
  return culvert_page_get_item (CULVERT_PAGE (self));
}

/* Only what differs is laid out and drawn anew. */
static void
culvert_overview_page_set_label (GtkLabel *label, const char *text)
{
  if (g_strcmp0 (gtk_label_get_label (label), text) != 0)
    gtk_label_set_label (label, text);
}

/* -- addresses ---------------------------------------------------------------------------- */

/* What a program on this machine is told to use: no wildcard. (transfer full) */
static char *
culvert_overview_page_dup_usable (const char *address)
{
  static const char *const wildcards[] = { "0.0.0.0:", "[::]:" };

  for (guint i = 0; i < G_N_ELEMENTS (wildcards); i++)
    if (g_str_has_prefix (address, wildcards[i]))
      return g_strconcat ("127.0.0.1:", address + strlen (wildcards[i]), NULL);
  return address[0] == ':' ? g_strconcat ("127.0.0.1", address, NULL) : g_strdup (address);
}

/* Where it listens: what it is bound to, else what is set. (transfer full) */
static char *
culvert_overview_page_dup_listen (CulvertHubItem *item)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  CulvertTunnel *tunnel = culvert_hub_item_get_tunnel (item);
  gboolean is_server = culvert_profile_get_role (profile) == CULVERT_ROLE_SERVER;
  const char *const *endpoints =
      tunnel != NULL ? culvert_tunnel_get_local_endpoints (tunnel) : NULL;

  if (endpoints != NULL && endpoints[0] != NULL)
    return is_server ? g_strdup (endpoints[0]) : culvert_overview_page_dup_usable (endpoints[0]);
  if (is_server)
    return g_strdup (culvert_profile_get_string (profile, CULVERT_SETTING_LISTEN));
  return culvert_overview_page_dup_usable (
      culvert_profile_get_string (profile, CULVERT_SETTING_LOCALADDR));
}

static void
culvert_overview_page_copy (GtkLabel *label)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (label)),
                          gtk_label_get_label (label));
}

static void
culvert_overview_page_copy_local (CulvertOverviewPage *self)
{
  culvert_overview_page_copy (self->local);
}

static void
culvert_overview_page_copy_remote (CulvertOverviewPage *self)
{
  culvert_overview_page_copy (self->remote);
}

static void
culvert_overview_page_update_hint (CulvertOverviewPage *self,
                                   gboolean is_server,
                                   CulvertPhase phase)
{
  const char *local = gtk_label_get_label (self->local);
  const char *remote = gtk_label_get_label (self->remote);
  gboolean is_off = phase == CULVERT_PHASE_OFF || phase == CULVERT_PHASE_FAILED;
  g_autofree char *text = NULL;

  if (is_server && is_off)
    /* translators: an address listened on, and one connected to */
    text = g_strdup_printf (_("Connecting listens on %s and carries what clients send on to %s."),
                            local, remote);
  else if (is_off)
    /* translators: a local address, and that of the server */
    text = g_strdup_printf (_("Connecting opens %s on this machine. What programs send there "
                              "comes out at the target of %s. Give a program this address "
                              "instead of that of its server."),
                            local, remote);
  else if (!is_server && phase == CULVERT_PHASE_WAITING)
    /* translators: a local address */
    text = g_strdup_printf (_("The server is called when the first program connects to %s."),
                            local);
  gtk_widget_set_visible (GTK_WIDGET (self->hint), text != NULL);
  culvert_overview_page_set_label (self->hint, text != NULL ? text : "");
}

/* -- state -------------------------------------------------------------------------------- */

static void
culvert_overview_page_update_switch (CulvertOverviewPage *self, CulvertHubItem *item)
{
  gboolean is_wanted = culvert_hub_item_is_wanted (item);
  const char *uuid = culvert_profile_get_uuid (culvert_hub_item_get_profile (item));
  const char *action = is_wanted ? "hub.disconnect-profile" : "hub.connect-profile";

  gtk_button_set_label (self->switch_button, is_wanted ? _("_Disconnect") : _("_Connect"));
  /* Else it would be named twice, with the underscore first. */
  gtk_accessible_reset_relation (GTK_ACCESSIBLE (self->switch_button),
                                 GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->switch_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  is_wanted ? _("Disconnect") : _("Connect"), -1);
  if (is_wanted)
    gtk_widget_remove_css_class (GTK_WIDGET (self->switch_button), "suggested-action");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->switch_button), "suggested-action");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->switch_button), "s", uuid);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->switch_button), action);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->restart_button), "s", uuid);
  /* An action without its target would be a warning. */
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->restart_button), "hub.restart-profile");
}

static void
culvert_overview_page_update_dot (CulvertOverviewPage *self, CulvertPhase phase)
{
  const char *name = culvert_phase_to_string (phase);

  if (g_strcmp0 (self->phase_class, name) == 0)
    return;
  if (self->phase_class != NULL)
    gtk_widget_remove_css_class (self->dot, self->phase_class);
  gtk_widget_add_css_class (self->dot, name);
  g_free (self->phase_class);
  self->phase_class = g_strdup (name);
}

static void
culvert_overview_page_update_role (CulvertOverviewPage *self, CulvertHubItem *item)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  gboolean is_server = culvert_profile_get_role (profile) == CULVERT_ROLE_SERVER;
  g_autofree char *listen = culvert_overview_page_dup_listen (item);

  culvert_overview_page_set_label (self->local, listen);
  culvert_overview_page_set_label (
      self->remote, culvert_profile_get_string (profile, is_server ? CULVERT_SETTING_TARGET
                                                                   : CULVERT_SETTING_REMOTEADDR));
  adw_preferences_row_set_title (self->local_row,
                                 is_server ? _("Listens on") : _("Local Address"));
  adw_preferences_row_set_title (self->remote_row, is_server ? _("Target") : _("Server"));
  gtk_widget_set_visible (self->check_card, !is_server);
  gtk_widget_set_visible (self->peers, is_server);
  culvert_flow_view_set_role (self->peers_view, culvert_profile_get_role (profile));
}

/* All but the figures. */
static void
culvert_overview_page_update (CulvertOverviewPage *self)
{
  CulvertHubItem *item = culvert_overview_page_item (self);
  CulvertPhase phase;
  gboolean needs_restart;
  g_autofree char *state = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *since = NULL;

  if (item == NULL)
    return;
  phase = culvert_hub_item_get_phase (item);
  g_object_get (item, "state-text", &state, "reason", &reason, "needs-restart", &needs_restart,
                NULL);
  since = culvert_format_since (culvert_hub_item_get_since (item));
  culvert_overview_page_update_dot (self, phase);
  culvert_overview_page_set_label (self->state, state);
  culvert_overview_page_set_label (self->since, since);
  /* Nothing has begun yet for a profile that was never connected. */
  gtk_widget_set_visible (GTK_WIDGET (self->since),
                          culvert_hub_item_get_tunnel (item) != NULL);
  culvert_overview_page_set_label (self->reason, reason);
  gtk_widget_set_visible (GTK_WIDGET (self->reason), reason[0] != '\0');
  gtk_widget_set_visible (self->restart_box, needs_restart);
  culvert_overview_page_update_switch (self, item);
  culvert_overview_page_update_role (self, item);
  culvert_overview_page_update_hint (
      self,
      culvert_profile_get_role (culvert_hub_item_get_profile (item)) == CULVERT_ROLE_SERVER,
      phase);
}

/* -- figures ------------------------------------------------------------------------------ */

static void
culvert_overview_page_update_rates (CulvertOverviewPage *self, CulvertHubItem *item)
{
  gboolean is_live = culvert_hub_item_get_phase (item) != CULVERT_PHASE_OFF
                     && culvert_hub_item_get_phase (item) != CULVERT_PHASE_FAILED;
  g_autofree char *down =
      culvert_format_rate (is_live ? culvert_hub_item_get_rate_down (item) : -1);
  g_autofree char *up = culvert_format_rate (is_live ? culvert_hub_item_get_rate_up (item) : -1);

  culvert_overview_page_set_label (self->rate_down, down);
  culvert_overview_page_set_label (self->rate_up, up);
}

/* Of the last minute in sight; before there is enough of it, of all that was sent. */
static void
culvert_overview_page_update_overhead (CulvertOverviewPage *self, const CulvertStats *stats)
{
  static const CulvertStats nothing;
  CulvertOverhead overhead = { 0 };
  gboolean is_recent = self->samples->len >= MIN_OVERHEAD_SAMPLES;

  if (is_recent)
    culvert_stats_overhead (&g_array_index (self->samples, CulvertStats, 0), stats, &overhead);
  if (overhead.payload == 0)
    {
      is_recent = FALSE;
      culvert_stats_overhead (&nothing, stats, &overhead);
    }
  culvert_overview_page_set_label (
      self->overhead_span, is_recent ? _("Bytes on the line for each byte sent, last minute")
                                     : _("Bytes on the line for each byte sent, in total"));
  culvert_overhead_meter_set (self->overhead, &overhead);
}

static void
culvert_overview_page_update_totals (CulvertOverviewPage *self, CulvertHubItem *item)
{
  CulvertStats stats;
  g_autofree char *down = NULL;
  g_autofree char *up = NULL;
  g_autofree char *streams = NULL;

  culvert_hub_item_sample (item, &stats);
  if (self->samples->len > 0
      && stats.time_us - g_array_index (self->samples, CulvertStats, self->samples->len - 1).time_us
             < G_USEC_PER_SEC * 9 / 10)
    return;
  down = culvert_format_size (culvert_stats_lookup (&stats, "PayloadReceived"));
  up = culvert_format_size (culvert_stats_lookup (&stats, "PayloadSent"));
  streams = culvert_format_count (culvert_stats_lookup (&stats, "Streams"));
  culvert_overview_page_set_label (self->total_down, down);
  culvert_overview_page_set_label (self->total_up, up);
  culvert_overview_page_set_label (self->streams, streams);
  culvert_overview_page_update_overhead (self, &stats);
  g_array_append_val (self->samples, stats);
  if (self->samples->len > OVERHEAD_SAMPLES)
    g_array_remove_index (self->samples, 0);
}

static void
culvert_overview_page_update_charts (CulvertOverviewPage *self, CulvertHubItem *item)
{
  CulvertTunnel *tunnel = item != NULL ? culvert_hub_item_get_tunnel (item) : NULL;
  const CulvertHistory *history = tunnel != NULL ? culvert_tunnel_peek_history (tunnel) : NULL;

  gtk_widget_set_visible (self->history, history != NULL);
  for (guint i = 0; i < N_CHARTS; i++)
    (void) culvert_chart_update (self->charts[i], history);
}

static void
culvert_overview_page_sampled_cb (CulvertSampler *sampler, CulvertOverviewPage *self)
{
  CulvertHubItem *item = culvert_overview_page_item (self);

  if (item == NULL)
    return;
  culvert_overview_page_update_rates (self, item);
  culvert_overview_page_update_totals (self, item);
  culvert_overview_page_update_charts (self, item);
}

/* -- page --------------------------------------------------------------------------------- */

static void
culvert_overview_page_refresh (CulvertOverviewPage *self)
{
  CulvertHubItem *item = culvert_overview_page_item (self);
  CulvertTunnel *tunnel = item != NULL ? culvert_hub_item_get_tunnel (item) : NULL;
  gboolean is_server = item != NULL
                       && culvert_profile_get_role (culvert_hub_item_get_profile (item))
                              == CULVERT_ROLE_SERVER;

  g_signal_group_set_target (self->tunnel_signals, tunnel);
  culvert_flow_poller_set_tunnel (self->poller, is_server ? tunnel : NULL);
  culvert_overview_page_update (self);
  if (item != NULL && culvert_page_is_shown (CULVERT_PAGE (self)))
    culvert_overview_page_sampled_cb (NULL, self);
}

static void
culvert_overview_page_notify_cb (CulvertHubItem *item, GParamSpec *pspec, CulvertOverviewPage *self)
{
  if (g_str_has_prefix (pspec->name, "rate-"))
    return;
  culvert_overview_page_refresh (self);
}

static void
culvert_overview_page_item_changed (CulvertPage *page, CulvertHubItem *old)
{
  CulvertOverviewPage *self = CULVERT_OVERVIEW_PAGE (page);
  CulvertHubItem *item = culvert_page_get_item (page);

  g_signal_group_set_target (self->item_signals, item);
  g_signal_group_set_target (self->profile_signals,
                             item != NULL ? culvert_hub_item_get_profile (item) : NULL);
  g_array_set_size (self->samples, 0);
  culvert_check_panel_set_item (self->check, culvert_page_get_hub (page), item);
  /* A history of before may be freed from now on. */
  for (guint i = 0; i < N_CHARTS; i++)
    (void) culvert_chart_update (self->charts[i], NULL);
  culvert_overview_page_refresh (self);
}

static void
culvert_overview_page_shown_changed (CulvertPage *page, gboolean is_shown)
{
  CulvertOverviewPage *self = CULVERT_OVERVIEW_PAGE (page);
  CulvertHub *hub = culvert_page_get_hub (page);
  CulvertSampler *sampler = hub != NULL ? culvert_hub_get_sampler (hub) : NULL;

  if (sampler == NULL)
    return;
  if (is_shown)
    culvert_sampler_hold (sampler, CULVERT_SAMPLER_IN_SIGHT);
  else
    culvert_sampler_release (sampler, CULVERT_SAMPLER_IN_SIGHT);
  g_signal_group_set_target (self->sampler_signals, is_shown ? sampler : NULL);
  culvert_flow_poller_set_active (self->poller, is_shown);
  /* Another minute than the one before it was hidden. */
  g_array_set_size (self->samples, 0);
  if (is_shown)
    culvert_overview_page_refresh (self);
}

/* -- building ----------------------------------------------------------------------------- */

static void
culvert_overview_page_span_toggled_cb (GtkToggleButton *button, CulvertOverviewPage *self)
{
  CulvertSpan span = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "culvert-span"));

  if (!gtk_toggle_button_get_active (button))
    return;
  for (guint i = 0; i < N_CHARTS; i++)
    culvert_chart_set_span (self->charts[i], span);
  if (self->settings != NULL)
    g_settings_set_string (self->settings, CULVERT_SETTINGS_CHART_RANGE,
                           culvert_span_to_string (span));
  culvert_overview_page_update_charts (self, culvert_overview_page_item (self));
}

static void
culvert_overview_page_add_spans (CulvertOverviewPage *self)
{
  g_autofree char *chosen =
      self->settings != NULL
          ? g_settings_get_string (self->settings, CULVERT_SETTINGS_CHART_RANGE)
          : NULL;
  GtkToggleButton *first = NULL;

  for (guint span = 0; span < CULVERT_N_SPANS; span++)
    {
      GtkWidget *button = gtk_toggle_button_new_with_label (culvert_span_get_short_text (span));

      g_object_set_data (G_OBJECT (button), "culvert-span", GUINT_TO_POINTER (span));
      gtk_widget_set_tooltip_text (button, culvert_span_get_text (span));
      gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      culvert_span_get_text (span), -1);
      gtk_toggle_button_set_group (GTK_TOGGLE_BUTTON (button), first);
      first = GTK_TOGGLE_BUTTON (button);
      gtk_box_append (self->spans, button);
      g_signal_connect_object (button, "toggled",
                               G_CALLBACK (culvert_overview_page_span_toggled_cb), self, 0);
      if (span == culvert_span_from_string (chosen))
        gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
    }
}

static void
culvert_overview_page_add_line (CulvertOverviewPage *self,
                                CulvertOverviewChart chart,
                                CulvertChartSide side,
                                CulvertLineSpec spec)
{
  culvert_chart_add_line (self->charts[chart], side, &spec);
}

static void
culvert_overview_page_add_lines (CulvertOverviewPage *self)
{
#define LINE(chart, side, ...) \
  culvert_overview_page_add_line (self, CHART_##chart, CULVERT_CHART_##side, \
                                  (CulvertLineSpec){ __VA_ARGS__ })
  culvert_chart_set_axis (self->charts[CHART_THROUGHPUT], CULVERT_CHART_LEFT, CULVERT_UNIT_RATE,
                          0);
  LINE (THROUGHPUT, LEFT, CULVERT_SERIES_GOODPUT_DOWN, CULVERT_NO_SERIES, C_ ("rate", "Down"),
        "series-down", TRUE, FALSE);
  LINE (THROUGHPUT, LEFT, CULVERT_SERIES_GOODPUT_UP, CULVERT_NO_SERIES, C_ ("rate", "Up"),
        "series-up", FALSE, TRUE);
  culvert_chart_set_axis (self->charts[CHART_ROUND_TRIP], CULVERT_CHART_LEFT,
                          CULVERT_UNIT_ROUND_TRIP, 0);
  LINE (ROUND_TRIP, LEFT, CULVERT_SERIES_RTT, CULVERT_SERIES_JITTER, _("Round trip ± jitter"),
        "series-rtt", FALSE, FALSE);
  culvert_chart_set_axis (self->charts[CHART_LOSS], CULVERT_CHART_LEFT, CULVERT_UNIT_SHARE, 0);
  culvert_chart_set_axis (self->charts[CHART_LOSS], CULVERT_CHART_RIGHT, CULVERT_UNIT_FREQUENCY,
                          0);
  LINE (LOSS, LEFT, CULVERT_SERIES_LOSS, CULVERT_NO_SERIES, _("Lost"), "series-loss", TRUE, FALSE);
  LINE (LOSS, RIGHT, CULVERT_SERIES_RETRANSMITTED, CULVERT_NO_SERIES, _("Resent"),
        "series-resent", FALSE, TRUE);
  LINE (LOSS, RIGHT, CULVERT_SERIES_RECOVERED, CULVERT_NO_SERIES, _("Recovered"),
        "series-recovered", FALSE, TRUE);
  culvert_chart_set_axis (self->charts[CHART_WINDOW], CULVERT_CHART_LEFT, CULVERT_UNIT_SHARE, 1);
  LINE (WINDOW, LEFT, CULVERT_SERIES_WINDOW_FILL, CULVERT_NO_SERIES, _("In flight"),
        "series-fill", TRUE, FALSE);
#undef LINE
  /* The same moment in all of them. */
  for (guint i = 1; i < N_CHARTS; i++)
    g_object_bind_property (self->charts[0], "cursor", self->charts[i], "cursor",
                            G_BINDING_BIDIRECTIONAL);
}

static void
culvert_overview_page_dispose (GObject *object)
{
  CulvertOverviewPage *self = (CulvertOverviewPage *) object;

  /* While there are children to tell. */
  culvert_page_set_item (CULVERT_PAGE (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_OVERVIEW_PAGE);
  G_OBJECT_CLASS (culvert_overview_page_parent_class)->dispose (object);
}

static void
culvert_overview_page_finalize (GObject *object)
{
  CulvertOverviewPage *self = (CulvertOverviewPage *) object;

  g_clear_object (&self->settings);
  g_object_unref (self->item_signals);
  g_object_unref (self->profile_signals);
  g_object_unref (self->tunnel_signals);
  g_object_unref (self->sampler_signals);
  g_object_unref (self->poller);
  g_array_unref (self->samples);
  g_free (self->phase_class);
  G_OBJECT_CLASS (culvert_overview_page_parent_class)->finalize (object);
}

static void
culvert_overview_page_bind_children (GtkWidgetClass *widget_class)
{
#define BIND(name) gtk_widget_class_bind_template_child (widget_class, CulvertOverviewPage, name)
#define BIND_CHART(name, chart) \
  gtk_widget_class_bind_template_child_full (widget_class, name, FALSE, \
                                             G_STRUCT_OFFSET (CulvertOverviewPage, charts) \
                                                 + chart * sizeof (CulvertChart *))
  BIND (dot);
  BIND (state);
  BIND (since);
  BIND (reason);
  BIND (rate_down);
  BIND (rate_up);
  BIND (switch_button);
  BIND (restart_box);
  BIND (restart_button);
  BIND (hint);
  BIND (check_card);
  BIND (check);
  BIND (history);
  BIND (spans);
  BIND_CHART ("throughput", CHART_THROUGHPUT);
  BIND_CHART ("round_trip", CHART_ROUND_TRIP);
  BIND_CHART ("loss", CHART_LOSS);
  BIND_CHART ("window", CHART_WINDOW);
  BIND (local_row);
  BIND (local);
  BIND (remote_row);
  BIND (remote);
  BIND (total_down);
  BIND (total_up);
  BIND (streams);
  BIND (overhead);
  BIND (overhead_span);
  BIND (peers);
  BIND (peers_view);
#undef BIND
#undef BIND_CHART
}

static void
culvert_overview_page_class_init (CulvertOverviewPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  CulvertPageClass *page_class = CULVERT_PAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_overview_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = culvert_overview_page_finalize;
  page_class->item_changed = culvert_overview_page_item_changed;
  page_class->shown_changed = culvert_overview_page_shown_changed;
  g_type_ensure (CULVERT_TYPE_CHART);
  g_type_ensure (CULVERT_TYPE_CHECK_PANEL);
  g_type_ensure (CULVERT_TYPE_FLOW_VIEW);
  g_type_ensure (CULVERT_TYPE_OVERHEAD_METER);
  g_type_ensure (CULVERT_TYPE_TILE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-overview-page.ui");
  culvert_overview_page_bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, culvert_overview_page_copy_local);
  gtk_widget_class_bind_template_callback (widget_class, culvert_overview_page_copy_remote);
}

static void
culvert_overview_page_init (CulvertOverviewPage *self)
{
  self->settings = culvert_settings_new ();
  self->samples = g_array_new (FALSE, FALSE, sizeof (CulvertStats));
  self->poller = culvert_flow_poller_new (FALSE);
  self->item_signals = g_signal_group_new (CULVERT_TYPE_HUB_ITEM);
  g_signal_group_connect (self->item_signals, "notify",
                          G_CALLBACK (culvert_overview_page_notify_cb), self);
  self->profile_signals = g_signal_group_new (CULVERT_TYPE_PROFILE);
  g_signal_group_connect_swapped (self->profile_signals, "changed",
                                  G_CALLBACK (culvert_overview_page_refresh), self);
  self->tunnel_signals = g_signal_group_new (CULVERT_TYPE_TUNNEL);
  g_signal_group_connect_swapped (self->tunnel_signals, "notify::local-endpoints",
                                  G_CALLBACK (culvert_overview_page_update), self);
  self->sampler_signals = g_signal_group_new (CULVERT_TYPE_SAMPLER);
  g_signal_group_connect (self->sampler_signals, "sampled",
                          G_CALLBACK (culvert_overview_page_sampled_cb), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  culvert_flow_view_set_store (self->peers_view, CULVERT_FLOW_SESSIONS,
                               culvert_flow_poller_get_sessions (self->poller));
  culvert_overview_page_add_lines (self);
  culvert_overview_page_add_spans (self);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-log-page.h"

#include "culvert-format.h"
#include "culvert-report.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _CulvertLogPage
{
  CulvertPage parent_instance;

  GtkFilterListModel *shown;
  GtkCustomFilter *filter;
  GtkSelectionModel *selection;
  char *needle;         /* in lower case */
  guint64 cleared;      /* number of the newest line that is out of the view */
  guint source;         /* scrolls to the end */

  AdwToastOverlay *toasts;
  GtkEditable *search;
  GtkDropDown *level;
  GtkToggleButton *follow;
  GtkToggleButton *pause;
  GtkStack *stack;
  AdwStatusPage *empty;
  GtkScrolledWindow *scroller;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (CulvertLogPage, culvert_log_page, CULVERT_TYPE_PAGE)

/* -- lines ------------------------------------------------------------------------------ */

static const struct
{
  const char *icon_name;
  const char *style_class;
  const char *label; /* not translated yet */
} looks[] = {
  [CULVERT_LOG_ERROR] = { "dialog-error-symbolic", "error", N_ ("Error") },
  [CULVERT_LOG_WARNING] = { "dialog-warning-symbolic", "warning", N_ ("Warning") },
  [CULVERT_LOG_INFO] = { "dialog-information-symbolic", "dim-label", N_ ("Information") },
  [CULVERT_LOG_DEBUG] = { "system-run-symbolic", "dim-label", N_ ("Detail") },
};

static void
culvert_log_page_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  GtkWidget *icon = gtk_image_new ();
  GtkWidget *when = gtk_label_new (NULL);
  GtkWidget *text = gtk_label_new (NULL);

  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  gtk_widget_set_valign (when, GTK_ALIGN_START);
  gtk_widget_add_css_class (when, "numeric");
  gtk_widget_add_css_class (when, "dim-label");
  gtk_widget_set_margin_start (box, 6);
  gtk_widget_set_margin_end (box, 6);
  gtk_label_set_xalign (GTK_LABEL (text), 0);
  gtk_label_set_wrap (GTK_LABEL (text), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (text), PANGO_WRAP_WORD_CHAR);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), when);
  gtk_box_append (GTK_BOX (box), text);
  gtk_list_item_set_child (item, box);
}

static void
culvert_log_page_bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  CulvertLogLine *line = gtk_list_item_get_item (item);
  CulvertLogLevel level = culvert_log_line_get_level (line);
  GtkWidget *icon = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkWidget *when = gtk_widget_get_next_sibling (icon);
  GtkWidget *text = gtk_widget_get_next_sibling (when);
  g_autofree char *moment =
      culvert_format_moment (culvert_log_line_get_time (line) / G_USEC_PER_SEC, TRUE);

  gtk_image_set_from_icon_name (GTK_IMAGE (icon), looks[level].icon_name);
  for (guint i = 0; i < G_N_ELEMENTS (looks); i++)
    gtk_widget_remove_css_class (icon, looks[i].style_class);
  gtk_widget_add_css_class (icon, looks[level].style_class);
  gtk_accessible_update_property (GTK_ACCESSIBLE (icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(looks[level].label), -1);
  gtk_label_set_text (GTK_LABEL (when), moment);
  gtk_label_set_text (GTK_LABEL (text), culvert_log_line_get_message (line));
}

static gboolean
culvert_log_page_is_wanted (gpointer item, gpointer user_data)
{
  CulvertLogPage *self = user_data;
  CulvertLogLine *line = item;
  g_autofree char *text = NULL;

  if (culvert_log_line_get_level (line) > gtk_drop_down_get_selected (self->level)
      || culvert_log_line_get_number (line) <= self->cleared)
    return FALSE;
  if (self->needle == NULL || self->needle[0] == '\0')
    return TRUE;
  text = g_utf8_strdown (culvert_log_line_get_message (line), -1);
  return strstr (text, self->needle) != NULL;
}

/* -- the view --------------------------------------------------------------------------- */

static CulvertLogRing *
culvert_log_page_ring (CulvertLogPage *self)
{
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));

  return item != NULL ? culvert_hub_item_get_log (item) : NULL;
}

static void
culvert_log_page_show_empty (CulvertLogPage *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->shown)) == 0;
  CulvertLogRing *ring = culvert_log_page_ring (self);
  gboolean has_lines = ring != NULL && culvert_log_ring_get_newest (ring) > self->cleared;

  adw_status_page_set_title (self->empty, has_lines ? _("No Line Like This")
                                                    : _("Nothing Happened Yet"));
  adw_status_page_set_description (
      self->empty, has_lines ? _("Search for something else, or show more kinds of lines.")
                             : _("What this profile does is told here."));
  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "lines");
}

static gboolean
culvert_log_page_scroll_cb (gpointer user_data)
{
  CulvertLogPage *self = user_data;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->shown));

  self->source = 0;
  if (n > 0 && gtk_toggle_button_get_active (self->follow))
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", n - 1);
  return G_SOURCE_REMOVE;
}

/* Once for all lines of a moment, and not while the list counts its rows. */
static void
culvert_log_page_scroll (CulvertLogPage *self)
{
  if (self->source == 0 && culvert_page_is_shown (CULVERT_PAGE (self)))
    self->source = g_idle_add (culvert_log_page_scroll_cb, self);
}

/* The list knows only now how high its rows are. */
static void
culvert_log_page_measured_cb (CulvertLogPage *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scroller);

  if (gtk_adjustment_get_value (adjustment) + gtk_adjustment_get_page_size (adjustment) + 1
      < gtk_adjustment_get_upper (adjustment))
    culvert_log_page_scroll (self);
}

/* Who scrolls up wants to read. */
static gboolean
culvert_log_page_wheel_cb (CulvertLogPage *self, double dx, double dy)
{
  if (dy < 0)
    gtk_toggle_button_set_active (self->follow, FALSE);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
culvert_log_page_key_cb (CulvertLogPage *self, guint keyval)
{
  if (keyval == GDK_KEY_Up || keyval == GDK_KEY_Page_Up || keyval == GDK_KEY_Home)
    gtk_toggle_button_set_active (self->follow, FALSE);
  return GDK_EVENT_PROPAGATE;
}

/* Who comes back to the end, to follow. */
static void
culvert_log_page_edge_cb (CulvertLogPage *self, GtkPositionType edge)
{
  if (edge == GTK_POS_BOTTOM)
    gtk_toggle_button_set_active (self->follow, TRUE);
}

static void
culvert_log_page_follow_cb (CulvertLogPage *self)
{
  culvert_log_page_scroll (self);
}

static void
culvert_log_page_lines_cb (CulvertLogPage *self)
{
  culvert_log_page_show_empty (self);
  culvert_log_page_scroll (self);
}

static void
culvert_log_page_filter_cb (CulvertLogPage *self)
{
  if (self->filter == NULL)
    return;
  g_free (self->needle);
  self->needle = culvert_page_dup_needle (CULVERT_PAGE (self));
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  culvert_log_page_show_empty (self);
}

/* Paused: the lines of this moment instead of the ring. */
static void
culvert_log_page_pause_cb (CulvertLogPage *self)
{
  CulvertLogRing *ring = culvert_log_page_ring (self);
  g_autoptr (GListStore) still = NULL;

  if (!gtk_toggle_button_get_active (self->pause) || ring == NULL)
    {
      gtk_filter_list_model_set_model (self->shown, (GListModel *) ring);
      culvert_log_page_show_empty (self);
      return;
    }
  still = g_list_store_new (CULVERT_TYPE_LOG_LINE);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (ring)); i++)
    {
      g_autoptr (CulvertLogLine) line = g_list_model_get_item (G_LIST_MODEL (ring), i);

      g_list_store_append (still, line);
    }
  gtk_filter_list_model_set_model (self->shown, G_LIST_MODEL (still));
}

static void
culvert_log_page_item_changed (CulvertPage *page, CulvertHubItem *old)
{
  CulvertLogPage *self = CULVERT_LOG_PAGE (page);

  if (self->shown == NULL)
    return;
  self->cleared = 0;
  gtk_toggle_button_set_active (self->pause, FALSE);
  gtk_toggle_button_set_active (self->follow, TRUE);
  gtk_filter_list_model_set_model (self->shown, (GListModel *) culvert_log_page_ring (self));
  culvert_log_page_show_empty (self);
}

/* -- actions ---------------------------------------------------------------------------- */

static char *
culvert_log_page_dup_lines (CulvertLogPage *self, GtkBitset *which)
{
  GListModel *model = G_LIST_MODEL (self->shown);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (CulvertLogLine) line = NULL;
      g_autofree char *one = NULL;

      if (which != NULL && !gtk_bitset_contains (which, i))
        continue;
      line = g_list_model_get_item (model, i);
      one = culvert_log_line_dup_text (line);
      g_string_append_printf (text, "%s\n", one);
    }
  return g_string_free (text, FALSE);
}

static void
culvert_log_page_copy_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertLogPage *self = CULVERT_LOG_PAGE (widget);
  g_autoptr (GtkBitset) selected = gtk_selection_model_get_selection (self->selection);
  g_autofree char *text =
      culvert_log_page_dup_lines (self, gtk_bitset_is_empty (selected) ? NULL : selected);

  culvert_page_copy_text (CULVERT_PAGE (self), self->toasts, text,
                          _("The lines are in the clipboard"));
}

static void
culvert_log_page_clear_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertLogPage *self = CULVERT_LOG_PAGE (widget);
  CulvertLogRing *ring = culvert_log_page_ring (self);

  if (ring == NULL)
    return;
  self->cleared = culvert_log_ring_get_newest (ring);
  culvert_log_page_filter_cb (self);
}

static void
culvert_log_page_report_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertLogPage *self = CULVERT_LOG_PAGE (widget);
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));
  g_autofree char *system = g_strdup_printf (
      "GTK %u.%u.%u, libadwaita %u.%u.%u", gtk_get_major_version (), gtk_get_minor_version (),
      gtk_get_micro_version (), adw_get_major_version (), adw_get_minor_version (),
      adw_get_micro_version ());
  g_autofree char *text = NULL;

  if (item == NULL)
    return;
  text = culvert_report_dup_text (item,
                                  g_variant_get_boolean (parameter) ? CULVERT_REPORT_HIDE_HOSTS
                                                                    : CULVERT_REPORT_DEFAULT,
                                  system);
  culvert_page_copy_text (CULVERT_PAGE (self), self->toasts, text,
                          _("The report is in the clipboard"));
}

/* -- GObject ---------------------------------------------------------------------------- */

static void
culvert_log_page_shown_changed (CulvertPage *page, gboolean is_shown)
{
  CulvertLogPage *self = CULVERT_LOG_PAGE (page);

  if (is_shown)
    culvert_log_page_scroll (self);
  else
    g_clear_handle_id (&self->source, g_source_remove);
}

static GtkEditable *
culvert_log_page_get_search (CulvertPage *page)
{
  return CULVERT_LOG_PAGE (page)->search;
}

static void
culvert_log_page_dispose (GObject *object)
{
  CulvertLogPage *self = (CulvertLogPage *) object;

  g_clear_handle_id (&self->source, g_source_remove);
  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  g_clear_object (&self->selection);
  g_clear_object (&self->shown);
  g_clear_object (&self->filter);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_LOG_PAGE);
  G_OBJECT_CLASS (culvert_log_page_parent_class)->dispose (object);
}

static void
culvert_log_page_finalize (GObject *object)
{
  g_free (((CulvertLogPage *) object)->needle);
  G_OBJECT_CLASS (culvert_log_page_parent_class)->finalize (object);
}

static void
culvert_log_page_class_init (CulvertLogPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_log_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = culvert_log_page_finalize;
  CULVERT_PAGE_CLASS (klass)->item_changed = culvert_log_page_item_changed;
  CULVERT_PAGE_CLASS (klass)->shown_changed = culvert_log_page_shown_changed;
  CULVERT_PAGE_CLASS (klass)->get_search = culvert_log_page_get_search;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-log-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, search);
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, level);
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, follow);
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, pause);
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, stack);
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, empty);
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, scroller);
  gtk_widget_class_bind_template_child (widget_class, CulvertLogPage, list);
  gtk_widget_class_bind_template_callback (widget_class, culvert_log_page_filter_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_log_page_follow_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_log_page_pause_cb);
  gtk_widget_class_install_action (widget_class, "log.copy", NULL, culvert_log_page_copy_cb);
  gtk_widget_class_install_action (widget_class, "log.clear", NULL, culvert_log_page_clear_cb);
  gtk_widget_class_install_action (widget_class, "log.copy-report", "b",
                                   culvert_log_page_report_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "log.copy", NULL);
}

static void
culvert_log_page_init (CulvertLogPage *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GtkEventController *wheel =
      gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  /* Bound as a template child it would be unparented twice. */
  self->toasts = ADW_TOAST_OVERLAY (adw_bin_get_child (ADW_BIN (self)));
  self->filter = gtk_custom_filter_new (culvert_log_page_is_wanted, self, NULL);
  self->shown = gtk_filter_list_model_new (NULL, g_object_ref (GTK_FILTER (self->filter)));
  self->selection =
      GTK_SELECTION_MODEL (gtk_multi_selection_new (g_object_ref (G_LIST_MODEL (self->shown))));
  g_signal_connect (factory, "setup", G_CALLBACK (culvert_log_page_setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (culvert_log_page_bind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, self->selection);
  g_signal_connect_object (self->shown, "items-changed",
                           G_CALLBACK (culvert_log_page_lines_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (wheel, "scroll", G_CALLBACK (culvert_log_page_wheel_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (culvert_log_page_key_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_event_controller_set_propagation_phase (wheel, GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (GTK_WIDGET (self->scroller), wheel);
  gtk_widget_add_controller (GTK_WIDGET (self->scroller), keys);
  g_signal_connect_object (gtk_scrolled_window_get_vadjustment (self->scroller), "changed",
                           G_CALLBACK (culvert_log_page_measured_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->scroller, "edge-reached", G_CALLBACK (culvert_log_page_edge_cb),
                           self, G_CONNECT_SWAPPED);
  culvert_log_page_show_empty (self);
}

char *
culvert_log_page_dup_shown (CulvertLogPage *page)
{
  g_return_val_if_fail (CULVERT_IS_LOG_PAGE (page), NULL);

  return culvert_log_page_dup_lines (page, NULL);
}

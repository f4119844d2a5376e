/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-counters-page.h"

#include "culvert-counter-text.h"
#include "culvert-format.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  GtkWidget *row;
  GtkLabel *value;
  GtkLabel *detail; /* the value in larger units, and the rate */
  char *haystack;   /* name and meaning in lower case, for the search */
  gboolean is_zero;
} CulvertCounterRow;

struct _CulvertCountersPage
{
  CulvertPage parent_instance;

  CulvertCounterRow rows[CULVERT_STATS_MAX_FIELDS];
  guint n_rows;
  guint source;
  CulvertStats last;   /* for rates */
  gboolean has_last;
  CulvertStats base;   /* what “now” was */
  gint64 base_unix;    /* 0: counted from the beginning */
  GtkFileChooserNative *chooser; /* (nullable) */

  AdwToastOverlay *toasts;
  GtkEditable *search;
  GtkToggleButton *since;
  GtkToggleButton *moving;
  GtkLabel *state;
  GtkListBox *list;
};

G_DEFINE_FINAL_TYPE (CulvertCountersPage, culvert_counters_page, CULVERT_TYPE_PAGE)

static const CulvertStats *
culvert_counters_page_base (CulvertCountersPage *self)
{
  return self->base_unix != 0 ? &self->base : NULL;
}

/* FALSE: there is no profile. */
static gboolean
culvert_counters_page_sample (CulvertCountersPage *self, CulvertStats *out_stats)
{
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));

  if (item == NULL)
    return FALSE;
  culvert_hub_item_sample (item, out_stats);
  return TRUE;
}

/* -- texts ------------------------------------------------------------------------------------- */

/* In a larger unit than the counter's own; NULL where that is no help. (transfer full) */
static char *
culvert_counters_page_dup_human (guint field, guint64 value)
{
  switch (culvert_counter_text_get_unit (field))
    {
    case CULVERT_COUNTER_UNIT_BYTES:
      return value >= 1000 ? culvert_format_size (value) : NULL;
    case CULVERT_COUNTER_UNIT_MICROSECONDS:
      return culvert_format_round_trip ((double) value / G_USEC_PER_SEC);
    case CULVERT_COUNTER_UNIT_BYTES_PER_SECOND:
      return culvert_format_rate ((double) value);
    case CULVERT_COUNTER_UNIT_PPM:
      return culvert_format_percent ((double) value / 1e6);
    case CULVERT_COUNTER_UNIT_NONE:
      return NULL;
    }
  return NULL;
}

/* (transfer full) (nullable) */
static char *
culvert_counters_page_dup_rate (guint field, double per_second)
{
  if (culvert_stats_field_is_gauge (field) || per_second <= 0)
    return NULL;
  return culvert_counter_text_get_unit (field) == CULVERT_COUNTER_UNIT_BYTES
             ? culvert_format_rate (per_second)
             : culvert_format_per_second (per_second);
}

static void
culvert_counters_page_set_text (GtkLabel *label, const char *text)
{
  if (g_strcmp0 (gtk_label_get_text (label), text) != 0)
    gtk_label_set_text (label, text);
}

static void
culvert_counters_page_show_row (CulvertCountersPage *self, const CulvertStats *now, guint field)
{
  CulvertCounterRow *row = &self->rows[field];
  guint64 number = culvert_counter_text_since (culvert_counters_page_base (self), now, field);
  double per_second = self->has_last ? culvert_stats_rate (&self->last, now, field) : 0;
  g_autofree char *value = culvert_format_count (number);
  g_autofree char *human = culvert_counters_page_dup_human (field, number);
  g_autofree char *rate = culvert_counters_page_dup_rate (field, per_second);
  g_autofree char *detail = NULL;

  if (human != NULL && rate != NULL)
    detail = g_strdup_printf ("%s · %s", human, rate);
  else
    detail = g_strdup (human != NULL ? human : rate);
  culvert_counters_page_set_text (row->value, value);
  culvert_counters_page_set_text (row->detail, detail != NULL ? detail : "");
  gtk_widget_set_visible (GTK_WIDGET (row->detail), detail != NULL);
  row->is_zero = number == 0;
}

static void
culvert_counters_page_show_state (CulvertCountersPage *self)
{
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));
  g_autofree char *moment = NULL;
  g_autofree char *text = NULL;

  if (self->base_unix != 0)
    {
      moment = culvert_format_moment (self->base_unix, TRUE);
      /* translators: a time */
      text = g_strdup_printf (_("Counted from %s"), moment);
    }
  else if (item != NULL && culvert_hub_item_get_tunnel (item) == NULL)
    text = g_strdup (_("Not connected yet: there is nothing to count"));
  else
    text = g_strdup (_("Counted from the first connection of this profile since Culvert started"));
  culvert_counters_page_set_text (self->state, text);
}

void
culvert_counters_page_refresh (CulvertCountersPage *page)
{
  CulvertStats now;

  g_return_if_fail (CULVERT_IS_COUNTERS_PAGE (page));

  if (!culvert_counters_page_sample (page, &now))
    return;
  for (guint i = 0; i < page->n_rows; i++)
    culvert_counters_page_show_row (page, &now, i);
  page->last = now;
  page->has_last = TRUE;
  culvert_counters_page_show_state (page);
  if (gtk_toggle_button_get_active (page->moving))
    gtk_list_box_invalidate_filter (page->list);
}

static gboolean
culvert_counters_page_tick_cb (gpointer user_data)
{
  culvert_counters_page_refresh (user_data);
  return G_SOURCE_CONTINUE;
}

/* -- what the person does --------------------------------------------------------------- */

static gboolean
culvert_counters_page_is_wanted (GtkListBoxRow *row, gpointer user_data)
{
  CulvertCountersPage *self = user_data;
  int i = gtk_list_box_row_get_index (row);
  g_autofree char *needle = culvert_page_dup_needle (CULVERT_PAGE (self));

  if (i < 0)
    return TRUE;
  if (gtk_toggle_button_get_active (self->moving) && self->rows[i].is_zero)
    return FALSE;
  return strstr (self->rows[i].haystack, needle) != NULL;
}

static void
culvert_counters_page_filter_cb (CulvertCountersPage *self)
{
  gtk_list_box_invalidate_filter (self->list);
}

static void
culvert_counters_page_since_cb (CulvertCountersPage *self)
{
  self->base_unix = 0;
  if (gtk_toggle_button_get_active (self->since)
      && culvert_counters_page_sample (self, &self->base))
    self->base_unix = g_get_real_time () / G_USEC_PER_SEC;
  culvert_counters_page_refresh (self);
}

static void
culvert_counters_page_tell (CulvertCountersPage *self, const char *text)
{
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (text));
}

static void
culvert_counters_page_copy_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertCountersPage *self = CULVERT_COUNTERS_PAGE (widget);
  g_autofree char *text = NULL;
  CulvertStats now;

  if (!culvert_counters_page_sample (self, &now))
    return;
  text = culvert_counter_text_dup_plain (culvert_counters_page_base (self), &now);
  culvert_page_copy_text (CULVERT_PAGE (self), self->toasts, text,
                          _("The counters are in the clipboard"));
}

static void
culvert_counters_page_saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertCountersPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    text = g_strdup (_("The counters are saved"));
  else
    /* translators: a message of the system */
    text = g_strdup_printf (_("Cannot save the counters: %s"), error->message);
  /* The window may be gone. */
  if (gtk_widget_get_root (GTK_WIDGET (self)) != NULL)
    culvert_counters_page_tell (self, text);
}

static void
culvert_counters_page_chosen_cb (CulvertCountersPage *self, int response)
{
  g_autoptr (GtkFileChooserNative) chooser = g_steal_pointer (&self->chooser);
  g_autoptr (GFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  CulvertStats now;
  char *text;

  if (response != GTK_RESPONSE_ACCEPT || !culvert_counters_page_sample (self, &now))
    return;
  file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  text = culvert_counter_text_dup_csv (culvert_counters_page_base (self), &now,
                                       g_get_real_time () / G_USEC_PER_SEC);
  bytes = g_bytes_new_take (text, strlen (text));
  g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_NONE, NULL,
                                       culvert_counters_page_saved_cb, g_object_ref (self));
}

static void
culvert_counters_page_save_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertCountersPage *self = CULVERT_COUNTERS_PAGE (widget);
  GtkRoot *root = gtk_widget_get_root (widget);
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));
  g_autofree char *name = NULL;

  if (item == NULL || self->chooser != NULL)
    return;
  self->chooser = gtk_file_chooser_native_new (_("Save as CSV"),
                                               GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
                                               GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);
  name = g_strdup_printf ("%s.csv", culvert_profile_get_name (culvert_hub_item_get_profile (item)));
  g_strdelimit (name, "/", '-');
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), name);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response",
                           G_CALLBACK (culvert_counters_page_chosen_cb), self, G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* -- rows ------------------------------------------------------------------------------- */

static GtkLabel *
culvert_counters_page_add_label (GtkWidget *box, const char *text, float xalign, const char *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  if (style != NULL)
    gtk_widget_add_css_class (label, style);
  gtk_box_append (GTK_BOX (box), label);
  return GTK_LABEL (label);
}

static void
culvert_counters_page_add_row (CulvertCountersPage *self, guint field)
{
  CulvertCounterRow *row = &self->rows[field];
  const char *name = culvert_stats_field_name (field);
  const char *meaning = culvert_counter_text_get_meaning (field);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *left = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *right = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  g_autofree char *text = g_strconcat (name, " ", meaning, NULL);
  GtkLabel *label;

  row->haystack = g_utf8_strdown (text, -1);
  row->row = gtk_list_box_row_new ();
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row->row), FALSE);
  label = culvert_counters_page_add_label (left, name, 0, NULL);
  gtk_label_set_ellipsize (label, PANGO_ELLIPSIZE_END);
  gtk_label_set_selectable (label, FALSE);
  label = culvert_counters_page_add_label (left, meaning, 0, "caption");
  gtk_label_set_wrap (label, TRUE);
  gtk_label_set_wrap_mode (label, PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (GTK_WIDGET (label), "dim-label");
  gtk_widget_set_hexpand (left, TRUE);
  row->value = culvert_counters_page_add_label (right, "0", 1, "numeric");
  row->detail = culvert_counters_page_add_label (right, "", 1, "caption");
  gtk_widget_add_css_class (GTK_WIDGET (row->detail), "numeric");
  gtk_widget_add_css_class (GTK_WIDGET (row->detail), "dim-label");
  gtk_widget_set_valign (right, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (line), left);
  if (culvert_stats_field_is_gauge (field))
    {
      label = culvert_counters_page_add_label (line, _("now"), 0.5, "counter-gauge");
      gtk_widget_set_valign (GTK_WIDGET (label), GTK_ALIGN_CENTER);
      gtk_widget_set_tooltip_text (GTK_WIDGET (label), _("A momentary value; it goes up and down"));
    }
  gtk_box_append (GTK_BOX (line), right);
  gtk_widget_set_margin_start (line, 12);
  gtk_widget_set_margin_end (line, 12);
  gtk_widget_set_margin_top (line, 8);
  gtk_widget_set_margin_bottom (line, 8);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row->row), line);
  gtk_list_box_append (self->list, row->row);
}

/* With the first look: an opened window has no time for them. */
static void
culvert_counters_page_build (CulvertCountersPage *self)
{
  if (self->n_rows > 0)
    return;
  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    culvert_counters_page_add_row (self, i);
  self->n_rows = culvert_stats_n_fields ();
}

/* -- GObject ---------------------------------------------------------------------------- */

static void
culvert_counters_page_item_changed (CulvertPage *page, CulvertHubItem *old)
{
  CulvertCountersPage *self = CULVERT_COUNTERS_PAGE (page);

  if (self->since == NULL)
    return;
  self->has_last = FALSE;
  gtk_toggle_button_set_active (self->since, FALSE);
  culvert_counters_page_refresh (self);
}

static void
culvert_counters_page_shown_changed (CulvertPage *page, gboolean is_shown)
{
  CulvertCountersPage *self = CULVERT_COUNTERS_PAGE (page);

  g_clear_handle_id (&self->source, g_source_remove);
  self->has_last = FALSE;
  if (!is_shown)
    return;
  culvert_counters_page_build (self);
  culvert_counters_page_refresh (self);
  self->source = g_timeout_add_seconds (1, culvert_counters_page_tick_cb, self);
}

static GtkEditable *
culvert_counters_page_get_search (CulvertPage *page)
{
  return CULVERT_COUNTERS_PAGE (page)->search;
}

static void
culvert_counters_page_dispose (GObject *object)
{
  CulvertCountersPage *self = (CulvertCountersPage *) object;

  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_object (&self->chooser);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_COUNTERS_PAGE);
  G_OBJECT_CLASS (culvert_counters_page_parent_class)->dispose (object);
}

static void
culvert_counters_page_finalize (GObject *object)
{
  CulvertCountersPage *self = (CulvertCountersPage *) object;

  for (guint i = 0; i < self->n_rows; i++)
    g_free (self->rows[i].haystack);
  G_OBJECT_CLASS (culvert_counters_page_parent_class)->finalize (object);
}

static void
culvert_counters_page_class_init (CulvertCountersPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_counters_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = culvert_counters_page_finalize;
  CULVERT_PAGE_CLASS (klass)->item_changed = culvert_counters_page_item_changed;
  CULVERT_PAGE_CLASS (klass)->shown_changed = culvert_counters_page_shown_changed;
  CULVERT_PAGE_CLASS (klass)->get_search = culvert_counters_page_get_search;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-counters-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertCountersPage, search);
  gtk_widget_class_bind_template_child (widget_class, CulvertCountersPage, since);
  gtk_widget_class_bind_template_child (widget_class, CulvertCountersPage, moving);
  gtk_widget_class_bind_template_child (widget_class, CulvertCountersPage, state);
  gtk_widget_class_bind_template_child (widget_class, CulvertCountersPage, list);
  gtk_widget_class_bind_template_callback (widget_class, culvert_counters_page_filter_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_counters_page_since_cb);
  gtk_widget_class_install_action (widget_class, "counters.copy", NULL,
                                   culvert_counters_page_copy_cb);
  gtk_widget_class_install_action (widget_class, "counters.save", NULL,
                                   culvert_counters_page_save_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "counters.copy",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "counters.save",
                                       NULL);
}

static void
culvert_counters_page_init (CulvertCountersPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  /* Bound as a template child it would be unparented twice. */
  self->toasts = ADW_TOAST_OVERLAY (adw_bin_get_child (ADW_BIN (self)));
  gtk_list_box_set_filter_func (self->list, culvert_counters_page_is_wanted, self, NULL);
}

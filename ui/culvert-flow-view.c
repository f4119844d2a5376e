/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-flow-view.h"

#include "culvert-format.h"

#include <glib/gi18n-lib.h>
#include <math.h>

typedef enum
{
  COLUMN_ADDRESS,
  COLUMN_PEER,
  COLUMN_STREAMS,
  COLUMN_RTT,
  COLUMN_AGE,
  COLUMN_RATE_IN,
  COLUMN_RATE_OUT,
  COLUMN_BYTES_IN,
  COLUMN_BYTES_OUT,
  N_COLUMNS
} CulvertFlowColumn;

typedef struct
{
  const char *client_title;
  const char *server_title;
  int width_chars; /* of most values, so that columns stand still */
  gboolean is_text;
  gboolean of_sessions;
  gboolean of_streams;
} CulvertFlowColumnSpec;

static const CulvertFlowColumnSpec columns[N_COLUMNS] = {
  [COLUMN_ADDRESS] = { N_ ("Local Program"), N_ ("Target"), 12, TRUE, FALSE, TRUE },
  [COLUMN_PEER] = { N_ ("Server"), N_ ("Client"), 12, TRUE, TRUE, TRUE },
  [COLUMN_STREAMS] = { N_ ("Connections"), N_ ("Connections"), 3, FALSE, TRUE, FALSE },
  [COLUMN_RTT] = { N_ ("Round Trip"), N_ ("Round Trip"), 6, FALSE, TRUE, FALSE },
  [COLUMN_AGE] = { N_ ("Age"), N_ ("Age"), 5, FALSE, TRUE, TRUE },
  [COLUMN_RATE_IN] = { N_ ("Receiving"), N_ ("Receiving"), 9, FALSE, TRUE, TRUE },
  [COLUMN_RATE_OUT] = { N_ ("Sending"), N_ ("Sending"), 9, FALSE, TRUE, TRUE },
  [COLUMN_BYTES_IN] = { N_ ("Received"), N_ ("Received"), 8, FALSE, TRUE, TRUE },
  [COLUMN_BYTES_OUT] = { N_ ("Sent"), N_ ("Sent"), 8, FALSE, TRUE, TRUE },
};

struct _CulvertFlowView
{
  AdwBin parent_instance;

  GtkColumnView *table;
  GtkSingleSelection *selection;
  CulvertFlowKind kind;
  CulvertRole role;
  GtkColumnViewColumn *columns[N_COLUMNS]; /* (nullable), of the table */
  double whole_width; /* that all columns need, as far as it is more than there is */
  gboolean is_tight;
  guint fit_source; /* shows or hides columns */
};

G_DEFINE_FINAL_TYPE (CulvertFlowView, culvert_flow_view, ADW_TYPE_BIN)

/* -- cells ---------------------------------------------------------------------------------- */

static char *
culvert_flow_format (CulvertFlow *row, CulvertFlowColumn column)
{
  switch (column)
    {
    case COLUMN_ADDRESS:
      return g_strdup (row->address != NULL && row->address[0] != '\0' ? row->address : "—");
    case COLUMN_PEER:
      return g_strdup (row->peer != NULL ? row->peer : "—");
    case COLUMN_STREAMS:
      return culvert_format_count (row->n_streams);
    case COLUMN_RTT:
      return culvert_format_round_trip (
          row->srtt_us > 0 ? (double) row->srtt_us / G_USEC_PER_SEC : NAN);
    case COLUMN_AGE:
      return culvert_format_clock (row->age_us);
    case COLUMN_RATE_IN:
      return culvert_format_rate (row->rate_in);
    case COLUMN_RATE_OUT:
      return culvert_format_rate (row->rate_out);
    case COLUMN_BYTES_IN:
      return culvert_format_size (row->bytes_in);
    case COLUMN_BYTES_OUT:
      return culvert_format_size (row->bytes_out);
    case N_COLUMNS:
      break;
    }
  g_return_val_if_reached (NULL);
}

/* What numbers are sorted by. */
static double
culvert_flow_value (const CulvertFlow *row, CulvertFlowColumn column)
{
  switch (column)
    {
    case COLUMN_STREAMS:
      return row->n_streams;
    case COLUMN_RTT:
      return (double) row->srtt_us;
    case COLUMN_AGE:
      return (double) row->age_us;
    case COLUMN_RATE_IN:
      return isnan (row->rate_in) ? -1 : row->rate_in;
    case COLUMN_RATE_OUT:
      return isnan (row->rate_out) ? -1 : row->rate_out;
    case COLUMN_BYTES_IN:
      return (double) row->bytes_in;
    case COLUMN_BYTES_OUT:
      return (double) row->bytes_out;
    case COLUMN_ADDRESS:
    case COLUMN_PEER:
    case N_COLUMNS:
      break;
    }
  g_return_val_if_reached (0);
}

static int
culvert_flow_view_compare_cb (gconstpointer a, gconstpointer b, gpointer user_data)
{
  CulvertFlowColumn column = GPOINTER_TO_UINT (user_data);
  const CulvertFlow *x = a;
  const CulvertFlow *y = b;
  double p;
  double q;

  if (column == COLUMN_ADDRESS)
    return g_strcmp0 (x->address, y->address);
  if (column == COLUMN_PEER)
    return g_strcmp0 (x->peer, y->peer);
  p = culvert_flow_value (x, column);
  q = culvert_flow_value (y, column);
  return p < q ? -1 : p > q;
}

static CulvertFlowColumn
culvert_flow_view_column_of (GObject *object)
{
  return GPOINTER_TO_UINT (g_object_get_data (object, "culvert-column"));
}

static void
culvert_flow_view_refresh_cb (CulvertFlow *row, GtkLabel *label)
{
  g_autofree char *text = culvert_flow_format (row, culvert_flow_view_column_of (G_OBJECT (label)));

  if (g_strcmp0 (gtk_label_get_label (label), text) != 0)
    gtk_label_set_label (label, text);
}

static void
culvert_flow_view_setup_cb (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  guint column = GPOINTER_TO_UINT (user_data);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), columns[column].is_text ? 0 : 1);
  if (columns[column].is_text)
    gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_width_chars (GTK_LABEL (label), columns[column].width_chars);
  gtk_widget_add_css_class (label, "numeric");
  g_object_set_data (G_OBJECT (label), "culvert-column", user_data);
  gtk_list_item_set_child (item, label);
}

static void
culvert_flow_view_bind_cb (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  CulvertFlow *row = gtk_list_item_get_item (item);
  GtkWidget *label = gtk_list_item_get_child (item);

  g_signal_connect_object (row, "changed", G_CALLBACK (culvert_flow_view_refresh_cb), label, 0);
  culvert_flow_view_refresh_cb (row, GTK_LABEL (label));
}

static void
culvert_flow_view_unbind_cb (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item),
                                        culvert_flow_view_refresh_cb,
                                        gtk_list_item_get_child (item));
}

/* -- copy ----------------------------------------------------------------------------------- */

char *
culvert_flow_view_dup_selected (CulvertFlowView *view)
{
  CulvertFlow *row;

  g_return_val_if_fail (CULVERT_IS_FLOW_VIEW (view), NULL);
  row = view->selection != NULL ? gtk_single_selection_get_selected_item (view->selection) : NULL;
  if (row == NULL)
    return NULL;
  return culvert_flow_format (row, view->kind == CULVERT_FLOW_STREAMS ? COLUMN_ADDRESS
                                                                       : COLUMN_PEER);
}

static gboolean
culvert_flow_view_copy_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  g_autofree char *text = culvert_flow_view_dup_selected (CULVERT_FLOW_VIEW (widget));

  if (text == NULL)
    return FALSE;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
  return TRUE;
}

static gboolean
culvert_flow_view_has_column (CulvertFlowView *self, guint column)
{
  return self->columns[column] != NULL
         && gtk_column_view_column_get_visible (self->columns[column]);
}

char *
culvert_flow_view_dup_text (CulvertFlowView *view)
{
  GString *text = g_string_new (NULL);
  GListModel *model = G_LIST_MODEL (view->selection);

  for (guint k = 0; k < N_COLUMNS; k++)
    if (culvert_flow_view_has_column (view, k))
      g_string_append_printf (text, "%s%s", text->len > 0 ? "\t" : "",
                              gtk_column_view_column_get_title (view->columns[k]));
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (CulvertFlow) row = g_list_model_get_item (model, i);
      const char *separator = "\n";

      for (guint k = 0; k < N_COLUMNS; k++)
        {
          g_autofree char *cell = NULL;

          if (!culvert_flow_view_has_column (view, k))
            continue;
          cell = culvert_flow_format (row, k);
          g_string_append_printf (text, "%s%s", separator, cell);
          separator = "\t";
        }
    }
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}

/* -- table ---------------------------------------------------------------------------------- */

static void
culvert_flow_view_add_column (CulvertFlowView *self, CulvertFlowColumn column)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  gpointer data = GUINT_TO_POINTER (column);
  GtkSorter *sorter =
      GTK_SORTER (gtk_custom_sorter_new (culvert_flow_view_compare_cb, data, NULL));

  g_signal_connect (factory, "setup", G_CALLBACK (culvert_flow_view_setup_cb), data);
  g_signal_connect (factory, "bind", G_CALLBACK (culvert_flow_view_bind_cb), data);
  g_signal_connect (factory, "unbind", G_CALLBACK (culvert_flow_view_unbind_cb), data);
  self->columns[column] = gtk_column_view_column_new (NULL, factory);
  gtk_column_view_column_set_sorter (self->columns[column], sorter);
  gtk_column_view_column_set_resizable (self->columns[column], TRUE);
  gtk_column_view_column_set_expand (self->columns[column], columns[column].is_text);
  gtk_column_view_append_column (self->table, self->columns[column]);
  g_object_unref (self->columns[column]);
  g_object_unref (sorter);
}

/* Numbers stand at the end, so do their titles; nothing but the widgets themselves can say so. */
static void
culvert_flow_view_align_titles (CulvertFlowView *self)
{
  GtkWidget *title = gtk_widget_get_first_child (gtk_widget_get_first_child (
      GTK_WIDGET (self->table)));

  for (guint i = 0; i < N_COLUMNS && title != NULL; i++)
    {
      GtkWidget *box = gtk_widget_get_first_child (title);
      GtkWidget *label = box != NULL ? gtk_widget_get_first_child (box) : NULL;

      if (self->columns[i] == NULL)
        continue;
      if (GTK_IS_LABEL (label))
        {
          gtk_widget_add_css_class (label, "caption-heading");
          gtk_widget_set_hexpand (label, TRUE);
          gtk_label_set_xalign (GTK_LABEL (label), columns[i].is_text ? 0 : 1);
        }
      title = gtk_widget_get_next_sibling (title);
    }
}

static void
culvert_flow_view_update_titles (CulvertFlowView *self)
{
  /* A client's streams all have the same. */
  if (self->kind == CULVERT_FLOW_STREAMS && self->columns[COLUMN_PEER] != NULL)
    gtk_column_view_column_set_visible (self->columns[COLUMN_PEER],
                                        self->role == CULVERT_ROLE_SERVER);
  for (guint i = 0; i < N_COLUMNS; i++)
    if (self->columns[i] != NULL)
      gtk_column_view_column_set_title (self->columns[i],
                                        self->role == CULVERT_ROLE_SERVER
                                            ? _(columns[i].server_title)
                                            : _(columns[i].client_title));
}

/* The list below the titles is what has the focus, so it needs the name. */
static void
culvert_flow_view_name (CulvertFlowView *self, const char *name)
{
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->table)); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    gtk_accessible_update_property (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                    -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->table), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  name, -1);
}

/* Rows have new values, so their order may be another. */
static void
culvert_flow_view_updated_cb (CulvertFlowStore *store, CulvertFlowView *self)
{
  gtk_sorter_changed (gtk_column_view_get_sorter (self->table), GTK_SORTER_CHANGE_DIFFERENT);
}

void
culvert_flow_view_set_store (CulvertFlowView *view, CulvertFlowKind kind, CulvertFlowStore *store)
{
  GtkSortListModel *sorted;

  g_return_if_fail (CULVERT_IS_FLOW_VIEW (view) && view->selection == NULL);
  view->kind = kind;
  for (guint i = 0; i < N_COLUMNS; i++)
    if (kind == CULVERT_FLOW_SESSIONS ? columns[i].of_sessions : columns[i].of_streams)
      culvert_flow_view_add_column (view, i);
  culvert_flow_view_update_titles (view);
  culvert_flow_view_align_titles (view);
  culvert_flow_view_name (view, kind == CULVERT_FLOW_SESSIONS ? _("Sessions") : _("Connections"));
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (store)),
                                    g_object_ref (gtk_column_view_get_sorter (view->table)));
  view->selection = gtk_single_selection_new (G_LIST_MODEL (sorted));
  gtk_single_selection_set_autoselect (view->selection, FALSE);
  gtk_single_selection_set_can_unselect (view->selection, TRUE);
  gtk_column_view_set_model (view->table, GTK_SELECTION_MODEL (view->selection));
  g_signal_connect_object (store, "updated", G_CALLBACK (culvert_flow_view_updated_cb), view, 0);
}

void
culvert_flow_view_set_role (CulvertFlowView *view, CulvertRole role)
{
  g_return_if_fail (CULVERT_IS_FLOW_VIEW (view));
  if (view->role == role)
    return;
  view->role = role;
  culvert_flow_view_update_titles (view);
}

GtkColumnView *
culvert_flow_view_get_table (CulvertFlowView *view)
{
  g_return_val_if_fail (CULVERT_IS_FLOW_VIEW (view), NULL);
  return view->table;
}

/* Sessions are few, and what they carried in total is the least of what one looks for here. */
static gboolean
culvert_flow_view_fit_cb (gpointer user_data)
{
  CulvertFlowView *self = user_data;

  self->fit_source = 0;
  self->is_tight = !self->is_tight;
  gtk_column_view_column_set_visible (self->columns[COLUMN_BYTES_IN], !self->is_tight);
  gtk_column_view_column_set_visible (self->columns[COLUMN_BYTES_OUT], !self->is_tight);
  return G_SOURCE_REMOVE;
}

/* Told while sizes are given out, too late to ask for others. */
static void
culvert_flow_view_width_cb (CulvertFlowView *self, GtkAdjustment *across)
{
  double width = gtk_adjustment_get_page_size (across);

  if (self->kind != CULVERT_FLOW_SESSIONS || self->selection == NULL)
    return;
  if (!self->is_tight)
    self->whole_width = gtk_adjustment_get_upper (across);
  if ((width < self->whole_width) != self->is_tight && self->fit_source == 0)
    self->fit_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, culvert_flow_view_fit_cb, self, NULL);
}

static void
culvert_flow_view_dispose (GObject *object)
{
  g_clear_handle_id (&((CulvertFlowView *) object)->fit_source, g_source_remove);
  g_clear_object (&((CulvertFlowView *) object)->selection);
  G_OBJECT_CLASS (culvert_flow_view_parent_class)->dispose (object);
}

static void
culvert_flow_view_class_init (CulvertFlowViewClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = culvert_flow_view_dispose;
  gtk_widget_class_add_binding (GTK_WIDGET_CLASS (klass), GDK_KEY_c, GDK_CONTROL_MASK,
                                culvert_flow_view_copy_cb, NULL);
}

static void
culvert_flow_view_init (CulvertFlowView *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->role = CULVERT_ROLE_CLIENT;
  self->table = GTK_COLUMN_VIEW (gtk_column_view_new (NULL));
  gtk_widget_add_css_class (GTK_WIDGET (self->table), "data-table");
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (self->table));
  gtk_widget_set_vexpand (scrolled, TRUE);
  g_signal_connect_object (
      gtk_scrolled_window_get_hadjustment (GTK_SCROLLED_WINDOW (scrolled)), "changed",
      G_CALLBACK (culvert_flow_view_width_cb), self, G_CONNECT_SWAPPED);
  adw_bin_set_child (ADW_BIN (self), scrolled);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-import-row.h"

#include "culvert-names.h"
#include "culvert-tile.h"

#include <glib/gi18n-lib.h>

struct _CulvertImportRow
{
  AdwExpanderRow parent_instance;

  CulvertImportItem *item;
  GListModel *lints;   /* the item's; replaced when a fix was applied */
  GPtrArray *rows;     /* of GtkWidget, below the head */

  GtkCheckButton *check;
  GtkImage *worst_image;
};

G_DEFINE_FINAL_TYPE (CulvertImportRow, culvert_import_row, ADW_TYPE_EXPANDER_ROW)

enum
{
  PROP_0,
  PROP_IS_CHOSEN,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static const struct
{
  const char *icon;
  const char *style;
  const char *word;
} severities[] = {
  [CULVERT_LINT_HINT] = { "dialog-information-symbolic", "accent", N_("Hint") },
  [CULVERT_LINT_WARNING] = { "dialog-warning-symbolic", "warning", N_("Warning") },
  [CULVERT_LINT_DANGER] = { "dialog-error-symbolic", "error", N_("Danger") },
};

static void culvert_import_row_update (CulvertImportRow *self);

/* -- lints --------------------------------------------------------------------------------- */

static void
culvert_import_row_fix_cb (GtkButton *button, CulvertImportRow *self)
{
  CulvertLint *lint = g_object_get_data (G_OBJECT (button), "lint");
  guint fix = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "fix"));

  culvert_lint_apply (lint, fix, culvert_import_item_get_profile (self->item));
  culvert_import_row_update (self);
}

static GtkWidget *
culvert_import_row_new_fixes (CulvertImportRow *self, CulvertLint *lint)
{
  GtkWidget *fixes = gtk_flow_box_new ();

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (fixes), GTK_SELECTION_NONE);
  gtk_widget_set_focusable (fixes, FALSE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (fixes), 3);
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (fixes), 6);
  gtk_flow_box_set_row_spacing (GTK_FLOW_BOX (fixes), 6);
  for (guint i = 0; i < culvert_lint_n_fixes (lint); i++)
    {
      GtkWidget *button = gtk_button_new_with_mnemonic (culvert_lint_fix_label (lint, i));

      g_object_set_data_full (G_OBJECT (button), "lint", g_object_ref (lint), g_object_unref);
      g_object_set_data (G_OBJECT (button), "fix", GUINT_TO_POINTER (i));
      g_signal_connect_object (button, "clicked", G_CALLBACK (culvert_import_row_fix_cb), self, 0);
      gtk_widget_set_halign (button, GTK_ALIGN_START);
      culvert_names_mend (button);
      gtk_flow_box_append (GTK_FLOW_BOX (fixes), culvert_tile_new (button));
      /* The button takes the focus, not its place. */
      gtk_widget_set_focusable (gtk_widget_get_parent (button), FALSE);
    }
  return fixes;
}

static GtkWidget *
culvert_import_row_new_line (CulvertLint *lint)
{
  CulvertLintSeverity severity = culvert_lint_get_severity (lint);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  GtkWidget *image = g_object_new (GTK_TYPE_IMAGE, "icon-name", severities[severity].icon,
                                   "tooltip-text", _(severities[severity].word), "valign",
                                   GTK_ALIGN_START, NULL);
  GtkWidget *label = gtk_label_new (culvert_lint_get_message (lint));

  gtk_accessible_update_property (GTK_ACCESSIBLE (image), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(severities[severity].word), -1);
  gtk_widget_add_css_class (image, severities[severity].style);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_box_append (GTK_BOX (line), image);
  gtk_box_append (GTK_BOX (line), label);
  return line;
}

static void
culvert_import_row_append (CulvertImportRow *self, CulvertLint *lint)
{
  GtkWidget *row = adw_preferences_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  gtk_widget_add_css_class (box, "lint");
  gtk_box_append (GTK_BOX (box), culvert_import_row_new_line (lint));
  if (culvert_lint_n_fixes (lint) > 0)
    gtk_box_append (GTK_BOX (box), culvert_import_row_new_fixes (self, lint));
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_focusable (row, FALSE);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), row);
  g_ptr_array_add (self->rows, row);
}

/* -- the whole ----------------------------------------------------------------------------- */

/* (transfer full) */
static char *
culvert_import_row_dup_subtitle (CulvertProfile *profile)
{
  if (culvert_profile_get_role (profile) == CULVERT_ROLE_SERVER)
    /* translators: an address */
    return g_strdup_printf (_("Server, listens on %s"),
                            culvert_profile_get_string (profile, CULVERT_SETTING_LISTEN));
  /* translators: an address */
  return g_strdup_printf (_("Client of %s"),
                          culvert_profile_get_string (profile, CULVERT_SETTING_REMOTEADDR));
}

static void
culvert_import_row_set_worst (CulvertImportRow *self, CulvertLintSeverity severity)
{
  const char *styles[] = { severities[severity].style, NULL };

  gtk_image_set_from_icon_name (self->worst_image, severities[severity].icon);
  gtk_widget_set_css_classes (GTK_WIDGET (self->worst_image), styles);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->worst_image), _(severities[severity].word));
}

static void
culvert_import_row_update (CulvertImportRow *self)
{
  CulvertProfile *profile = culvert_import_item_get_profile (self->item);
  g_autofree char *subtitle = culvert_import_row_dup_subtitle (profile);
  guint n;

  while (self->rows->len > 0)
    adw_expander_row_remove (ADW_EXPANDER_ROW (self),
                             g_ptr_array_steal_index (self->rows, self->rows->len - 1));
  g_set_object (&self->lints, culvert_import_item_get_lints (self->item));
  n = g_list_model_get_n_items (self->lints);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (CulvertLint) lint = g_list_model_get_item (self->lints, i);

      if (i == 0)
        culvert_import_row_set_worst (self, culvert_lint_get_severity (lint));
      culvert_import_row_append (self, lint);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->worst_image), n > 0);
  adw_expander_row_set_enable_expansion (ADW_EXPANDER_ROW (self), n > 0);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), culvert_profile_get_name (profile));
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (self), subtitle);
}

static void
culvert_import_row_toggled_cb (GtkCheckButton *check, GParamSpec *pspec, CulvertImportRow *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_CHOSEN]);
}

static void
culvert_import_row_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertImportRow *self = (CulvertImportRow *) object;

  switch (id)
    {
    case PROP_IS_CHOSEN:
      g_value_set_boolean (value, culvert_import_row_is_chosen (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_import_row_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_IMPORT_ROW);
  G_OBJECT_CLASS (culvert_import_row_parent_class)->dispose (object);
}

static void
culvert_import_row_finalize (GObject *object)
{
  CulvertImportRow *self = (CulvertImportRow *) object;

  g_clear_object (&self->item);
  g_clear_object (&self->lints);
  g_ptr_array_unref (self->rows);
  G_OBJECT_CLASS (culvert_import_row_parent_class)->finalize (object);
}

static void
culvert_import_row_class_init (CulvertImportRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = culvert_import_row_get_property;
  object_class->dispose = culvert_import_row_dispose;
  object_class->finalize = culvert_import_row_finalize;
  properties[PROP_IS_CHOSEN] = g_param_spec_boolean ("is-chosen", NULL, NULL, TRUE,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-import-row.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertImportRow, check);
  gtk_widget_class_bind_template_child (widget_class, CulvertImportRow, worst_image);
  gtk_widget_class_bind_template_callback (widget_class, culvert_import_row_toggled_cb);
}

static void
culvert_import_row_init (CulvertImportRow *self)
{
  self->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
culvert_import_row_new (CulvertImportItem *item)
{
  CulvertImportRow *self = g_object_new (CULVERT_TYPE_IMPORT_ROW, NULL);
  g_autofree char *label = NULL;

  self->item = g_object_ref (item);
  culvert_import_row_update (self);
  /* translators: the name of a profile; whether it shall be added */
  label = g_strdup_printf (_("Add “%s”"),
                           culvert_profile_get_name (culvert_import_item_get_profile (item)));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->check), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  label, -1);
  return GTK_WIDGET (self);
}

CulvertImportItem *
culvert_import_row_get_item (CulvertImportRow *row)
{
  g_return_val_if_fail (CULVERT_IS_IMPORT_ROW (row), NULL);
  return row->item;
}

gboolean
culvert_import_row_is_chosen (CulvertImportRow *row)
{
  g_return_val_if_fail (CULVERT_IS_IMPORT_ROW (row), FALSE);
  return row->check != NULL && gtk_check_button_get_active (row->check);
}

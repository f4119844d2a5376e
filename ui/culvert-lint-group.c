/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-lint-group.h"

#include "culvert-names.h"

#include <glib/gi18n-lib.h>

struct _CulvertLintGroup
{
  AdwPreferencesGroup parent_instance;

  CulvertProfile *profile; /* (nullable) */
  GPtrArray *rows;         /* of GtkWidget, the group's */
  char *shown;             /* codes and messages of the rows */
};

enum
{
  SIGNAL_SHOW_SETTING,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CulvertLintGroup, culvert_lint_group, ADW_TYPE_PREFERENCES_GROUP)

static const struct
{
  const char *icon_name;
  const char *style_class;
  const char *label; /* not translated yet */
} looks[] = {
  [CULVERT_LINT_HINT] = { "dialog-information-symbolic", "accent", N_ ("Hint") },
  [CULVERT_LINT_WARNING] = { "dialog-warning-symbolic", "warning", N_ ("Warning") },
  [CULVERT_LINT_DANGER] = { "dialog-error-symbolic", "error", N_ ("Danger") },
};

static void
culvert_lint_group_fix_cb (GtkButton *button, CulvertLintGroup *self)
{
  CulvertLint *lint = g_object_get_data (G_OBJECT (button), "culvert-lint");
  guint fix = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "culvert-fix"));

  if (self->profile != NULL)
    culvert_lint_apply (lint, fix, self->profile);
}

static void
culvert_lint_group_activated_cb (AdwActionRow *row, CulvertLintGroup *self)
{
  CulvertLint *lint = g_object_get_data (G_OBJECT (row), "culvert-lint");

  g_signal_emit (self, signals[SIGNAL_SHOW_SETTING], 0, culvert_lint_get_setting (lint));
}

static void
culvert_lint_group_add_fix (CulvertLintGroup *self, GtkWidget *box, CulvertLint *lint, guint fix)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (culvert_lint_fix_label (lint, fix));

  g_object_set_data_full (G_OBJECT (button), "culvert-lint", g_object_ref (lint), g_object_unref);
  g_object_set_data (G_OBJECT (button), "culvert-fix", GUINT_TO_POINTER (fix));
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  culvert_names_mend (button);
  g_signal_connect_object (button, "clicked", G_CALLBACK (culvert_lint_group_fix_cb), self, 0);
  gtk_box_append (GTK_BOX (box), button);
}

static GtkWidget *
culvert_lint_group_new_row (CulvertLintGroup *self, CulvertLint *lint)
{
  CulvertLintSeverity severity = culvert_lint_get_severity (lint);
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *icon = gtk_image_new_from_icon_name (looks[severity].icon_name);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), culvert_lint_get_message (lint));
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 0);
  gtk_widget_add_css_class (row, "lint");
  gtk_widget_add_css_class (icon, looks[severity].style_class);
  gtk_accessible_update_property (GTK_ACCESSIBLE (icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(looks[severity].label), -1);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), icon);
  g_object_set_data_full (G_OBJECT (row), "culvert-lint", g_object_ref (lint), g_object_unref);
  if (culvert_lint_get_setting (lint) >= 0)
    {
      gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
      g_signal_connect_object (row, "activated", G_CALLBACK (culvert_lint_group_activated_cb), self,
                               0);
    }
  for (guint i = 0; i < culvert_lint_n_fixes (lint); i++)
    culvert_lint_group_add_fix (self, box, lint, i);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), box);
  return row;
}

/* -- GObject ---------------------------------------------------------------------------- */

static void
culvert_lint_group_dispose (GObject *object)
{
  CulvertLintGroup *self = (CulvertLintGroup *) object;

  g_clear_object (&self->profile);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->shown, g_free);
  G_OBJECT_CLASS (culvert_lint_group_parent_class)->dispose (object);
}

static void
culvert_lint_group_class_init (CulvertLintGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = culvert_lint_group_dispose;

  signals[SIGNAL_SHOW_SETTING] =
      g_signal_new ("show-setting", CULVERT_TYPE_LINT_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
culvert_lint_group_init (CulvertLintGroup *self)
{
  self->rows = g_ptr_array_new ();
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

/* -- face ------------------------------------------------------------------------------- */

/* What is not allowed at all is said in its own row. */
static gboolean
culvert_lint_group_is_shown (CulvertLint *lint)
{
  return culvert_lint_get_setting (lint) < 0
         || !g_str_equal (culvert_lint_get_code (lint), "invalid");
}

/* Rows stay while they say the same, and with them the keyboard's focus. */
static gboolean
culvert_lint_group_take_shown (CulvertLintGroup *self, GListModel *list)
{
  GString *text = g_string_new (NULL);
  gboolean is_new;

  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (CulvertLint) lint = g_list_model_get_item (list, i);

      if (!culvert_lint_group_is_shown (lint))
        continue;
      g_string_append_printf (text, "%s %s\n", culvert_lint_get_code (lint),
                              culvert_lint_get_message (lint));
    }
  is_new = g_strcmp0 (self->shown, text->str) != 0;
  g_free (self->shown);
  self->shown = g_string_free (text, FALSE);
  return is_new;
}

void
culvert_lint_group_update (CulvertLintGroup *group, CulvertProfile *profile)
{
  g_autoptr (GListModel) list = NULL;

  g_return_if_fail (CULVERT_IS_LINT_GROUP (group));

  g_set_object (&group->profile, profile);
  list = profile != NULL ? culvert_lint_profile (profile, CULVERT_LINT_CONTEXT_OWN)
                         : G_LIST_MODEL (g_list_store_new (CULVERT_TYPE_LINT));
  if (!culvert_lint_group_take_shown (group, list))
    return;
  for (guint i = 0; i < group->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (group), group->rows->pdata[i]);
  g_ptr_array_set_size (group->rows, 0);
  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (CulvertLint) lint = g_list_model_get_item (list, i);
      GtkWidget *row;

      if (!culvert_lint_group_is_shown (lint))
        continue;
      row = culvert_lint_group_new_row (group, lint);
      adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
      g_ptr_array_add (group->rows, row);
    }
  gtk_widget_set_visible (GTK_WIDGET (group), group->rows->len > 0);
}

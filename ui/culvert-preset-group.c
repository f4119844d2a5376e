/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-preset-group.h"

#include "culvert-setting-text.h"
#include "culvert-tuning.h"

#include <glib/gi18n-lib.h>

struct _CulvertPresetGroup
{
  AdwPreferencesGroup parent_instance;

  CulvertDraft *draft; /* (nullable) */
  double rtt_ms;

  AdwExpanderRow *expander;
  AdwComboRow *use;
  GtkSpinButton *down;
  GtkSpinButton *up;
  AdwActionRow *changes;
  GtkWidget *take;
};

G_DEFINE_FINAL_TYPE (CulvertPresetGroup, culvert_preset_group, ADW_TYPE_PREFERENCES_GROUP)

/* The draft's profile with the answers' settings. (transfer full) */
static CulvertProfile *
culvert_preset_group_derive (CulvertPresetGroup *self)
{
  CulvertProfile *profile = culvert_profile_dup (culvert_draft_get_profile (self->draft));
  CulvertTuningAnswers answers = {
    .use = adw_combo_row_get_selected (self->use),
    .down_mbit = gtk_spin_button_get_value (self->down),
    .up_mbit = gtk_spin_button_get_value (self->up),
    .rtt_ms = self->rtt_ms,
    .loss = -1,
  };

  culvert_tuning_apply (&answers, FALSE, profile);
  return profile;
}

/* (transfer full) */
static char *
culvert_preset_group_dup_value (CulvertProfile *profile, const CulvertSetting *setting)
{
  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT, culvert_profile_get_int (profile, setting->id));
    case CULVERT_SETTING_TYPE_BOOL:
      return g_strdup (culvert_profile_get_bool (profile, setting->id) ? _("on") : _("off"));
    case CULVERT_SETTING_TYPE_STRING:
      return g_strdup (culvert_profile_get_string (profile, setting->id));
    }
  g_assert_not_reached ();
}

/* A line for each difference; NULL where there is none. (transfer full) */
static char *
culvert_preset_group_dup_changes (CulvertPresetGroup *self, CulvertProfile *derived)
{
  CulvertProfile *profile = culvert_draft_get_profile (self->draft);
  GString *text = g_string_new (NULL);
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;

      if ((settings[i].roles & culvert_profile_get_role (profile)) == 0)
        continue;
      before = culvert_preset_group_dup_value (profile, &settings[i]);
      after = culvert_preset_group_dup_value (derived, &settings[i]);
      if (g_str_equal (before, after))
        continue;
      if (text->len > 0)
        g_string_append_c (text, '\n');
      /* translators: a setting, its value now and the new one: "Receive Window: 512 → 1024" */
      g_string_append_printf (text, _("%s: %s → %s"),
                              culvert_setting_text_get_title (settings[i].id), before, after);
    }
  return g_string_free (text, text->len == 0);
}

static void
culvert_preset_group_show (CulvertPresetGroup *self)
{
  g_autoptr (CulvertProfile) derived = NULL;
  g_autofree char *changes = NULL;
  g_autofree char *now = NULL;
  guint use = adw_combo_row_get_selected (self->use);

  if (use < CULVERT_TUNING_N_USES)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (self->use),
                                 culvert_tuning_use_get_subtitle (use));
  if (self->draft == NULL || use >= CULVERT_TUNING_N_USES)
    return;
  now = culvert_tuning_dup_summary (culvert_draft_get_profile (self->draft), self->rtt_ms);
  adw_expander_row_set_subtitle (self->expander, now);
  derived = culvert_preset_group_derive (self);
  changes = culvert_preset_group_dup_changes (self, derived);
  adw_action_row_set_subtitle (self->changes,
                               changes != NULL ? changes : _("Nothing: all is set like this"));
  gtk_widget_set_sensitive (self->take, changes != NULL);
}

static void
culvert_preset_group_changed_cb (CulvertPresetGroup *self)
{
  culvert_preset_group_show (self);
}

static void
culvert_preset_group_take_cb (CulvertPresetGroup *self)
{
  g_autoptr (CulvertProfile) derived = culvert_preset_group_derive (self);

  culvert_profile_set_settings (culvert_draft_get_profile (self->draft),
                                culvert_profile_peek_settings (derived));
}

/* -- GObject --------------------------------------------------------------------------------- */

static void
culvert_preset_group_dispose (GObject *object)
{
  CulvertPresetGroup *self = (CulvertPresetGroup *) object;

  g_clear_object (&self->draft);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_PRESET_GROUP);
  G_OBJECT_CLASS (culvert_preset_group_parent_class)->dispose (object);
}

static void
culvert_preset_group_class_init (CulvertPresetGroupClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_preset_group_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-preset-group.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertPresetGroup, expander);
  gtk_widget_class_bind_template_child (widget_class, CulvertPresetGroup, use);
  gtk_widget_class_bind_template_child (widget_class, CulvertPresetGroup, down);
  gtk_widget_class_bind_template_child (widget_class, CulvertPresetGroup, up);
  gtk_widget_class_bind_template_child (widget_class, CulvertPresetGroup, changes);
  gtk_widget_class_bind_template_child (widget_class, CulvertPresetGroup, take);
  gtk_widget_class_bind_template_callback (widget_class, culvert_preset_group_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_preset_group_take_cb);
}

static void
culvert_preset_group_init (CulvertPresetGroup *self)
{
  g_autoptr (GtkStringList) uses = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < CULVERT_TUNING_N_USES; i++)
    gtk_string_list_append (uses, culvert_tuning_use_get_title (i));
  adw_combo_row_set_model (self->use, G_LIST_MODEL (uses));
  adw_combo_row_set_selected (self->use, CULVERT_TUNING_BROWSING);
}

/* -- face ------------------------------------------------------------------------------- */

void
culvert_preset_group_update (CulvertPresetGroup *group, CulvertDraft *draft, double rtt_ms)
{
  g_return_if_fail (CULVERT_IS_PRESET_GROUP (group));

  g_set_object (&group->draft, draft);
  group->rtt_ms = rtt_ms;
  culvert_preset_group_show (group);
}

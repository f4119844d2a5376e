/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-settings-page.h"

#include "culvert-extra-group.h"
#include "culvert-key-row.h"
#include "culvert-lint-group.h"
#include "culvert-preset-group.h"
#include "culvert-setting-row.h"
#include "culvert-setting-text.h"
#include "culvert-settings.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _CulvertSettingsPage
{
  CulvertPage parent_instance;

  GSettings *remembered;      /* (nullable) */
  GHashTable *drafts;         /* CulvertHubItem -> CulvertDraft: those with edits, and the shown */
  CulvertDraft *draft;        /* (nullable), one of them */
  CulvertProfile *discarded;  /* (nullable): for undo */
  GtkWidget *rows[CULVERT_N_SETTINGS];
  GtkWidget *setting_groups[CULVERT_SETTING_N_GROUPS];
  GtkWidget *extras;
  gboolean is_expert;
  gboolean is_loading;

  AdwToastOverlay *toasts;
  GtkWidget *scroller;
  GtkBox *groups;
  GtkEditable *search;
  CulvertLintGroup *lints;
  GtkWidget *profile_group;
  GtkEditable *name;
  AdwComboRow *role;
  GtkSwitch *autostart;
  CulvertPresetGroup *presets;
  GtkWidget *nothing;
  GtkRevealer *bar;
  GtkWidget *conflict_box;
  GtkLabel *conflict_label;
  GtkLabel *effect_label;
  GtkWidget *apply;
};

enum
{
  PROP_0,
  PROP_EXPERT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CulvertSettingsPage, culvert_settings_page, CULVERT_TYPE_PAGE)

static CulvertProfile *
culvert_settings_page_profile (CulvertSettingsPage *self)
{
  return culvert_draft_get_profile (self->draft);
}

/* Measured, or 0. */
static double
culvert_settings_page_rtt (CulvertSettingsPage *self)
{
  CulvertHubItem *item = culvert_page_get_item (CULVERT_PAGE (self));
  CulvertStats stats;

  if (item == NULL)
    return 0;
  culvert_hub_item_sample (item, &stats);
  return culvert_stats_lookup (&stats, "SRTT") / 1000.0;
}

/* -- which rows are shown --------------------------------------------------------------- */

/* Timers of its own make sense in one mode only. */
static gboolean
culvert_settings_page_is_for_mode (CulvertSettingsPage *self, CulvertSettingId id)
{
  return (id == CULVERT_SETTING_NODELAY || id == CULVERT_SETTING_INTERVAL
          || id == CULVERT_SETTING_RESEND || id == CULVERT_SETTING_NC)
         && strcmp (culvert_profile_get_string (culvert_settings_page_profile (self),
                                                CULVERT_SETTING_MODE),
                    "manual")
                == 0;
}

static gboolean
culvert_settings_page_wants (CulvertSettingsPage *self, const CulvertSetting *setting)
{
  guint expert = CULVERT_SETTING_ATTR_HIDDEN | CULVERT_SETTING_ATTR_PROCESS;
  g_autofree char *text = culvert_page_dup_needle (CULVERT_PAGE (self));
  GtkWidget *row = self->rows[setting->id];

  if (self->draft == NULL
      || (setting->roles & culvert_profile_get_role (culvert_settings_page_profile (self))) == 0)
    return FALSE;
  if (text[0] != '\0')
    return CULVERT_IS_KEY_ROW (row) ? culvert_key_row_matches (CULVERT_KEY_ROW (row), text)
                                    : culvert_setting_row_matches (CULVERT_SETTING_ROW (row), text);
  return self->is_expert || (setting->attrs & expert) == 0
         || culvert_settings_page_is_for_mode (self, setting->id)
         || culvert_draft_get_error (self->draft, setting->id) != NULL;
}

static void
culvert_settings_page_filter (CulvertSettingsPage *self)
{
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);
  gboolean is_searching = gtk_editable_get_text (self->search)[0] != '\0';
  guint n_shown[CULVERT_SETTING_N_GROUPS] = { 0 };
  guint n_all = 0;

  if (self->extras == NULL)
    return;
  for (guint i = 0; i < n; i++)
    {
      gboolean wanted = culvert_settings_page_wants (self, &settings[i]);

      gtk_widget_set_visible (self->rows[i], wanted);
      n_shown[settings[i].group] += wanted;
      n_all += wanted;
    }
  for (guint i = 0; i < CULVERT_SETTING_N_GROUPS; i++)
    gtk_widget_set_visible (self->setting_groups[i], n_shown[i] > 0);
  gtk_widget_set_visible (self->profile_group, !is_searching);
  gtk_widget_set_visible (GTK_WIDGET (self->presets), !is_searching);
  gtk_widget_set_visible (self->extras, self->is_expert && !is_searching);
  gtk_widget_set_visible (self->nothing, is_searching && n_all == 0);
  gtk_widget_set_vexpand (self->scroller, n_all > 0 || !is_searching);
}

static void
culvert_settings_page_filter_cb (CulvertSettingsPage *self)
{
  culvert_settings_page_filter (self);
}

/* -- the bar below ---------------------------------------------------------------------- */

/* What people call a conflict's key. */
static const char *
culvert_settings_page_name_key (CulvertSettingsPage *self, const char *key)
{
  static const struct
  {
    const char *key;
    const char *title; /* not translated yet */
  } fields[] = {
    { "name", N_ ("Name") },
    { "role", N_ ("Role") },
    { "autostart", N_ ("Connect at Start") },
    { "key-store", N_ ("Where the Key Is Kept") },
  };
  const CulvertSetting *setting = culvert_settings_find_key (
      culvert_profile_get_role (culvert_settings_page_profile (self)), key);

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_str_equal (fields[i].key, key))
      return _(fields[i].title);
  return setting != NULL ? culvert_setting_text_get_title (setting->id) : key;
}

static void
culvert_settings_page_show_conflicts (CulvertSettingsPage *self)
{
  const char *const *keys = culvert_draft_get_conflicts (self->draft);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *text = NULL;

  for (guint i = 0; keys[i] != NULL; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            culvert_settings_page_name_key (self, keys[i]));
  gtk_widget_set_visible (self->conflict_box, names->len > 0);
  if (names->len == 0)
    return;
  /* translators: titles of settings, separated by commas */
  text = g_strdup_printf (_("Changed elsewhere, too: %s"), names->str);
  gtk_label_set_text (self->conflict_label, text);
}

/* The title of the first setting that is wrong, or NULL. */
static const char *
culvert_settings_page_find_error (CulvertSettingsPage *self)
{
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    {
      const char *error = CULVERT_IS_SETTING_ROW (self->rows[i])
                              ? culvert_setting_row_get_error (CULVERT_SETTING_ROW (self->rows[i]))
                              : culvert_draft_get_error (self->draft, i);

      if (error != NULL)
        return culvert_setting_text_get_title (i);
    }
  return NULL;
}

/* Whether something was typed that did not come into the draft. */
static gboolean
culvert_settings_page_is_unread (CulvertSettingsPage *self)
{
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    if (CULVERT_IS_SETTING_ROW (self->rows[i])
        && culvert_setting_row_get_error (CULVERT_SETTING_ROW (self->rows[i])) != NULL
        && culvert_draft_get_error (self->draft, i) == NULL)
      return TRUE;
  return FALSE;
}

/* (transfer full) */
static char *
culvert_settings_page_dup_effect (CulvertSettingsPage *self,
                                  CulvertApplyEffect effect,
                                  guint n_streams)
{
  gboolean is_off = culvert_hub_item_get_phase (culvert_draft_get_item (self->draft))
                    == CULVERT_PHASE_OFF;

  switch (effect)
    {
    case CULVERT_APPLY_NOTHING:
      return g_strdup (_("Nothing changes for the connection"));
    case CULVERT_APPLY_SAVED:
      return g_strdup (is_off ? _("Takes effect at the next connection")
                              : _("Saved for “culvert --headless”; the connection stays as it is"));
    case CULVERT_APPLY_LIVE:
      return g_strdup (_("Applies at once, nothing is dropped"));
    case CULVERT_APPLY_RESTART:
      if (n_streams == 0)
        return g_strdup (_("Restarts the connection; no stream is open"));
      /* translators: a number of streams */
      return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                           "Restarts the connection: %u stream will be dropped",
                                           "Restarts the connection: %u streams will be dropped",
                                           n_streams),
                              n_streams);
    }
  g_return_val_if_reached (NULL);
}

static void
culvert_settings_page_show_bar (CulvertSettingsPage *self)
{
  CulvertApplyEffect effect = CULVERT_APPLY_NOTHING;
  guint n_streams = 0;
  const char *wrong;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gboolean is_good;

  if (self->draft == NULL || self->extras == NULL)
    {
      gtk_revealer_set_reveal_child (self->bar, FALSE);
      return;
    }
  wrong = culvert_settings_page_find_error (self);
  is_good = culvert_draft_preview (self->draft, &effect, &n_streams, &error) && wrong == NULL;
  if (wrong != NULL)
    /* translators: the title of a setting */
    text = g_strdup_printf (_("Please mend “%s” first"), wrong);
  else if (error != NULL)
    text = g_strdup (error->message);
  else
    text = culvert_settings_page_dup_effect (self, effect, n_streams);
  gtk_label_set_text (self->effect_label, text);
  if (is_good && effect == CULVERT_APPLY_RESTART && n_streams > 0)
    gtk_widget_add_css_class (GTK_WIDGET (self->effect_label), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->effect_label), "warning");
  culvert_settings_page_show_conflicts (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "settings.apply",
                                 is_good && culvert_draft_is_edited (self->draft));
  gtk_revealer_set_reveal_child (self->bar, culvert_draft_is_edited (self->draft)
                                                || culvert_settings_page_is_unread (self)
                                                || gtk_widget_get_visible (self->conflict_box));
}

/* -- from the draft to the page --------------------------------------------------------- */

static void
culvert_settings_page_load_profile (CulvertSettingsPage *self)
{
  CulvertProfile *profile = culvert_settings_page_profile (self);

  self->is_loading = TRUE;
  if (g_strcmp0 (gtk_editable_get_text (self->name), culvert_profile_get_name (profile)) != 0)
    gtk_editable_set_text (self->name, culvert_profile_get_name (profile));
  adw_combo_row_set_selected (self->role, culvert_profile_get_role (profile)
                                              == CULVERT_ROLE_SERVER);
  gtk_switch_set_active (self->autostart, culvert_profile_get_autostart (profile));
  self->is_loading = FALSE;
}

static void
culvert_settings_page_update (CulvertSettingsPage *self, gboolean anew)
{
  double rtt_ms = culvert_settings_page_rtt (self);

  if (self->extras == NULL)
    return;
  gtk_widget_set_sensitive (GTK_WIDGET (self->groups), self->draft != NULL);
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    if (CULVERT_IS_KEY_ROW (self->rows[i]))
      culvert_key_row_update (CULVERT_KEY_ROW (self->rows[i]), self->draft, anew);
    else
      culvert_setting_row_update (CULVERT_SETTING_ROW (self->rows[i]), self->draft, anew, rtt_ms);
  culvert_lint_group_update (self->lints,
                             self->draft != NULL ? culvert_settings_page_profile (self) : NULL);
  culvert_preset_group_update (self->presets, self->draft, rtt_ms);
  culvert_extra_group_update (CULVERT_EXTRA_GROUP (self->extras), self->draft);
  if (self->draft != NULL)
    culvert_settings_page_load_profile (self);
  culvert_settings_page_filter (self);
  culvert_settings_page_show_bar (self);
}

static void
culvert_settings_page_draft_cb (CulvertSettingsPage *self, CulvertDraft *draft)
{
  if (draft == self->draft)
    culvert_settings_page_update (self, FALSE);
}

static void
culvert_settings_page_row_cb (CulvertSettingsPage *self)
{
  culvert_settings_page_update (self, FALSE);
}

static void
culvert_settings_page_tell_cb (CulvertSettingsPage *self, const char *text)
{
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (text));
}

/* -- rows ------------------------------------------------------------------------------- */

static void
culvert_settings_page_add_row (CulvertSettingsPage *self, const CulvertSetting *setting)
{
  GtkWidget *row;

  if ((setting->attrs & CULVERT_SETTING_ATTR_SECRET) != 0)
    {
      row = g_object_new (CULVERT_TYPE_KEY_ROW, NULL);
      g_signal_connect_object (row, "message", G_CALLBACK (culvert_settings_page_tell_cb), self,
                               G_CONNECT_SWAPPED);
    }
  else
    {
      row = culvert_setting_row_new (setting->id);
      g_signal_connect_object (row, "edited", G_CALLBACK (culvert_settings_page_row_cb), self,
                               G_CONNECT_SWAPPED);
    }
  self->rows[setting->id] = row;
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->setting_groups[setting->group]), row);
}

/* Half a hundred rows cost time that a window which is opened does not have. */
static void
culvert_settings_page_build (CulvertSettingsPage *self)
{
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  if (self->extras != NULL)
    return;
  for (guint i = 0; i < CULVERT_SETTING_N_GROUPS; i++)
    {
      AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());

      adw_preferences_group_set_title (group, culvert_setting_text_get_group_title (i));
      adw_preferences_group_set_description (group, culvert_setting_text_get_group_help (i));
      gtk_box_append (self->groups, GTK_WIDGET (group));
      self->setting_groups[i] = GTK_WIDGET (group);
    }
  for (guint i = 0; i < n; i++)
    culvert_settings_page_add_row (self, &settings[i]);
  self->extras = culvert_extra_group_new ();
  gtk_box_append (self->groups, self->extras);
}

/* -- profiles --------------------------------------------------------------------------- */

static void
culvert_settings_page_set_draft (CulvertSettingsPage *self, CulvertDraft *draft)
{
  self->draft = draft;
  g_clear_object (&self->discarded);
  culvert_settings_page_update (self, TRUE);
}

/* Those that are deleted, and without edits. */
static void
culvert_settings_page_drop_drafts (CulvertSettingsPage *self, CulvertHubItem *shown)
{
  CulvertHub *hub = culvert_page_get_hub (CULVERT_PAGE (self));
  GHashTableIter iter;
  CulvertHubItem *item;
  CulvertDraft *draft;

  g_hash_table_iter_init (&iter, self->drafts);
  while (g_hash_table_iter_next (&iter, (gpointer *) &item, (gpointer *) &draft))
    {
      const char *uuid = culvert_profile_get_uuid (culvert_hub_item_get_profile (item));

      if (item != shown
          && (!culvert_draft_is_edited (draft) || hub == NULL
              || culvert_hub_find (hub, uuid) != item))
        g_hash_table_iter_remove (&iter);
    }
}

static void
culvert_settings_page_item_changed (CulvertPage *page, CulvertHubItem *old)
{
  CulvertSettingsPage *self = CULVERT_SETTINGS_PAGE (page);
  CulvertHubItem *item = culvert_page_get_item (page);
  CulvertDraft *draft = NULL;

  if (self->drafts == NULL)
    return;
  if (old != NULL)
    g_signal_handlers_disconnect_by_func (old, culvert_settings_page_show_bar, self);
  if (item != NULL)
    {
      draft = g_hash_table_lookup (self->drafts, item);
      g_signal_connect_object (item, "notify::phase", G_CALLBACK (culvert_settings_page_show_bar),
                               self, G_CONNECT_SWAPPED);
    }
  if (item != NULL && draft == NULL)
    {
      draft = culvert_draft_new (culvert_page_get_hub (page), item);
      g_hash_table_insert (self->drafts, g_object_ref (item), draft);
      g_signal_connect_object (draft, "changed", G_CALLBACK (culvert_settings_page_draft_cb), self,
                               G_CONNECT_SWAPPED);
    }
  culvert_settings_page_set_draft (self, draft);
  culvert_settings_page_drop_drafts (self, item);
}

/* Streams come and go, and the round trip is measured, while one reads. */
static void
culvert_settings_page_sampled_cb (CulvertSettingsPage *self)
{
  if (gtk_revealer_get_reveal_child (self->bar))
    culvert_settings_page_show_bar (self);
}

static void
culvert_settings_page_shown_changed (CulvertPage *page, gboolean is_shown)
{
  CulvertSettingsPage *self = CULVERT_SETTINGS_PAGE (page);
  CulvertHub *hub = culvert_page_get_hub (page);

  if (hub == NULL)
    return;
  if (!is_shown)
    {
      g_signal_handlers_disconnect_by_func (culvert_hub_get_sampler (hub),
                                            culvert_settings_page_sampled_cb, self);
      return;
    }
  g_signal_connect_object (culvert_hub_get_sampler (hub), "sampled",
                           G_CALLBACK (culvert_settings_page_sampled_cb), self, G_CONNECT_SWAPPED);
  culvert_settings_page_build (self);
  culvert_settings_page_update (self, FALSE);
}

/* -- what the person does --------------------------------------------------------------- */

static void
culvert_settings_page_named_cb (CulvertSettingsPage *self)
{
  if (!self->is_loading && self->draft != NULL)
    culvert_profile_set_name (culvert_settings_page_profile (self),
                              gtk_editable_get_text (self->name));
}

static void
culvert_settings_page_role_cb (CulvertSettingsPage *self)
{
  if (!self->is_loading && self->draft != NULL)
    culvert_profile_set_role (culvert_settings_page_profile (self),
                              adw_combo_row_get_selected (self->role) == 1 ? CULVERT_ROLE_SERVER
                                                                           : CULVERT_ROLE_CLIENT);
}

static void
culvert_settings_page_autostart_cb (CulvertSettingsPage *self)
{
  if (!self->is_loading && self->draft != NULL)
    culvert_profile_set_autostart (culvert_settings_page_profile (self),
                                   gtk_switch_get_active (self->autostart));
}

static void
culvert_settings_page_show_setting_cb (CulvertSettingsPage *self, int id)
{
  culvert_settings_page_show_row (self, id);
}

static void
culvert_settings_page_apply_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertSettingsPage *self = CULVERT_SETTINGS_PAGE (widget);
  g_autoptr (GError) error = NULL;

  if (self->draft == NULL)
    return;
  if (culvert_draft_apply (self->draft, &error))
    culvert_settings_page_update (self, TRUE);
  else
    gtk_label_set_text (self->effect_label, error->message);
}

static void
culvert_settings_page_discard_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertSettingsPage *self = CULVERT_SETTINGS_PAGE (widget);
  AdwToast *toast;

  if (self->draft == NULL)
    return;
  g_clear_object (&self->discarded);
  self->discarded = culvert_profile_dup (culvert_settings_page_profile (self));
  culvert_draft_discard (self->draft);
  culvert_settings_page_update (self, TRUE);
  toast = adw_toast_new (_("Edits discarded"));
  adw_toast_set_button_label (toast, _("_Undo"));
  adw_toast_set_action_name (toast, "settings.undo");
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
culvert_settings_page_undo_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertSettingsPage *self = CULVERT_SETTINGS_PAGE (widget);
  g_autoptr (CulvertProfile) discarded = g_steal_pointer (&self->discarded);

  if (self->draft != NULL && discarded != NULL)
    culvert_profile_assign (culvert_settings_page_profile (self), discarded);
}

static void
culvert_settings_page_resolve_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertSettingsPage *self = CULVERT_SETTINGS_PAGE (widget);

  if (self->draft != NULL)
    culvert_draft_resolve (self->draft, g_str_equal (action_name, "settings.take-theirs"));
}

static GtkEditable *
culvert_settings_page_get_search (CulvertPage *page)
{
  return CULVERT_SETTINGS_PAGE (page)->search;
}

/* -- GObject ---------------------------------------------------------------------------- */

static void
culvert_settings_page_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertSettingsPage *self = (CulvertSettingsPage *) object;

  switch (id)
    {
    case PROP_EXPERT:
      g_value_set_boolean (value, self->is_expert);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_settings_page_set_property (GObject *object,
                                    guint id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  CulvertSettingsPage *self = (CulvertSettingsPage *) object;

  switch (id)
    {
    case PROP_EXPERT:
      if (self->is_expert == !!g_value_get_boolean (value))
        break;
      self->is_expert = !self->is_expert;
      culvert_settings_page_filter (self);
      g_object_notify_by_pspec (object, pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_settings_page_dispose (GObject *object)
{
  CulvertSettingsPage *self = (CulvertSettingsPage *) object;

  self->draft = NULL;
  g_clear_pointer (&self->drafts, g_hash_table_unref);
  g_clear_object (&self->discarded);
  g_clear_object (&self->remembered);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_SETTINGS_PAGE);
  G_OBJECT_CLASS (culvert_settings_page_parent_class)->dispose (object);
}

static void
culvert_settings_page_bind (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, scroller);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, groups);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, search);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, lints);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, profile_group);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, name);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, role);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, autostart);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, presets);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, nothing);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, bar);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, conflict_box);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, conflict_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, effect_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingsPage, apply);
  gtk_widget_class_bind_template_callback (widget_class, culvert_settings_page_autostart_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_settings_page_filter_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_settings_page_named_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_settings_page_role_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_settings_page_show_setting_cb);
}

static void
culvert_settings_page_install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "settings.apply", NULL,
                                   culvert_settings_page_apply_cb);
  gtk_widget_class_install_action (widget_class, "settings.discard", NULL,
                                   culvert_settings_page_discard_cb);
  gtk_widget_class_install_action (widget_class, "settings.undo", NULL,
                                   culvert_settings_page_undo_cb);
  gtk_widget_class_install_action (widget_class, "settings.keep-mine", NULL,
                                   culvert_settings_page_resolve_cb);
  gtk_widget_class_install_action (widget_class, "settings.take-theirs", NULL,
                                   culvert_settings_page_resolve_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "settings.apply",
                                       NULL);
}

static void
culvert_settings_page_class_init (CulvertSettingsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = culvert_settings_page_get_property;
  object_class->set_property = culvert_settings_page_set_property;
  object_class->dispose = culvert_settings_page_dispose;
  CULVERT_PAGE_CLASS (klass)->item_changed = culvert_settings_page_item_changed;
  CULVERT_PAGE_CLASS (klass)->shown_changed = culvert_settings_page_shown_changed;
  CULVERT_PAGE_CLASS (klass)->get_search = culvert_settings_page_get_search;
  properties[PROP_EXPERT] =
      g_param_spec_boolean ("expert", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  g_type_ensure (CULVERT_TYPE_LINT_GROUP);
  g_type_ensure (CULVERT_TYPE_PRESET_GROUP);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-settings-page.ui");
  culvert_settings_page_bind (widget_class);
  culvert_settings_page_install_actions (widget_class);
}

static void
culvert_settings_page_init (CulvertSettingsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  /* Bound as a template child it would be unparented twice. */
  self->toasts = ADW_TOAST_OVERLAY (adw_bin_get_child (ADW_BIN (self)));
  self->drafts =
      g_hash_table_new_full (g_direct_hash, g_direct_equal, g_object_unref, g_object_unref);
  self->remembered = culvert_settings_new ();
  if (self->remembered != NULL)
    g_settings_bind (self->remembered, CULVERT_SETTINGS_EXPERT, self, "expert",
                     G_SETTINGS_BIND_DEFAULT);
}

/* -- face ------------------------------------------------------------------------------- */

GtkWidget *
culvert_settings_page_get_row (CulvertSettingsPage *page, CulvertSettingId id)
{
  g_return_val_if_fail (CULVERT_IS_SETTINGS_PAGE (page), NULL);
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, NULL);

  culvert_settings_page_build (page);
  return page->rows[id];
}

void
culvert_settings_page_show_row (CulvertSettingsPage *page, CulvertSettingId id)
{
  GtkWidget *row;

  g_return_if_fail (CULVERT_IS_SETTINGS_PAGE (page));
  g_return_if_fail (id < CULVERT_N_SETTINGS);

  culvert_settings_page_build (page);
  culvert_settings_page_update (page, FALSE);
  row = page->rows[id];
  gtk_editable_set_text (page->search, "");
  culvert_settings_page_filter (page);
  if (!gtk_widget_get_visible (row))
    g_object_set (page, "expert", TRUE, NULL);
  (void) gtk_widget_grab_focus (CULVERT_IS_KEY_ROW (row)
                                    ? culvert_key_row_get_control (CULVERT_KEY_ROW (row))
                                    : culvert_setting_row_get_control (CULVERT_SETTING_ROW (row)));
}

CulvertDraft *
culvert_settings_page_get_draft (CulvertSettingsPage *page)
{
  g_return_val_if_fail (CULVERT_IS_SETTINGS_PAGE (page), NULL);

  return page->draft;
}

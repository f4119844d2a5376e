/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-setting-row.h"

#include "culvert-setting-text.h"
#include "culvert-tuning.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* More numbers than this are typed rather than chosen. */
#define CHOICES_MAX 3

struct _CulvertSettingRow
{
  AdwPreferencesRow parent_instance;

  CulvertSettingId id;
  CulvertDraft *draft; /* (nullable) */
  GtkWidget *control;
  GStrv words;         /* of a list: the values, in its order */
  char *error;         /* (nullable) */
  gboolean is_unread;  /* what was typed is no number */
  gboolean is_loading; /* the control follows the draft, not the other way round */
  gboolean is_choosing;

  GtkLabel *title_label;
  GtkWidget *star;
  GtkLabel *help_label;
  GtkWidget *below;
  GtkLabel *effect_label;
  GtkLabel *error_label;
  GtkWidget *reset;
  GtkWidget *beside;
};

enum
{
  SIGNAL_EDITED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CulvertSettingRow, culvert_setting_row, ADW_TYPE_PREFERENCES_ROW)

static const CulvertSetting *
culvert_setting_row_setting (CulvertSettingRow *self)
{
  return &culvert_settings (NULL)[self->id];
}

static CulvertProfile *
culvert_setting_row_profile (CulvertSettingRow *self)
{
  return culvert_draft_get_profile (self->draft);
}

static gboolean
culvert_setting_row_is_bytes (const CulvertSetting *setting)
{
  return setting->type == CULVERT_SETTING_TYPE_INT && g_str_has_prefix (setting->unit, "bytes");
}

/* As the control shows it and the person types it. (transfer full) */
static char *
culvert_setting_row_dup_default (CulvertSettingRow *self, CulvertRole role)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  gboolean is_client = role == CULVERT_ROLE_CLIENT;
  const char *text = is_client ? setting->client_string : setting->server_string;

  switch (setting->type)
    {
    case CULVERT_SETTING_TYPE_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT,
                              is_client ? setting->client_int : setting->server_int);
    case CULVERT_SETTING_TYPE_BOOL:
      return g_strdup (_("off"));
    case CULVERT_SETTING_TYPE_STRING:
      return g_strdup (text != NULL ? text : "");
    }
  g_assert_not_reached ();
}

/* "4194304", "4M", "4 MiB" where bytes are asked for. */
static gboolean
culvert_setting_row_read_number (CulvertSettingRow *self, const char *text, gint64 *out_number)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  static const char suffixes[] = "KMG";
  guint64 factor = 1;
  char *end;
  gint64 number;

  if (trimmed[0] == '\0' || strlen (trimmed) > 20)
    return FALSE;
  number = g_ascii_strtoll (trimmed, &end, 10);
  if (end == trimmed)
    return FALSE;
  while (*end == ' ')
    end++;
  if (*end != '\0' && culvert_setting_row_is_bytes (culvert_setting_row_setting (self)))
    {
      const char *suffix = strchr (suffixes, g_ascii_toupper (*end));

      if (suffix == NULL)
        return FALSE;
      factor = G_GUINT64_CONSTANT (1) << 10 * (suffix - suffixes + 1);
      end++;
      if (g_ascii_strcasecmp (end, "B") == 0 || g_ascii_strcasecmp (end, "iB") == 0)
        end += strlen (end);
    }
  if (*end != '\0' || number == G_MININT64 || ABS (number) > G_MAXINT64 / (gint64) factor)
    return FALSE;
  *out_number = number * (gint64) factor;
  return TRUE;
}

/* -- from the control into the draft ---------------------------------------------------- */

/* The default is written only where it was written before. */
static void
culvert_setting_row_write (CulvertSettingRow *self, GVariant *value, gboolean is_default)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  gboolean was_given =
      culvert_profile_is_given (culvert_draft_get_saved (self->draft), self->id);

  culvert_profile_set_setting (culvert_setting_row_profile (self), self->id,
                               is_default && !was_given ? NULL : owned);
}

static void
culvert_setting_row_write_word (CulvertSettingRow *self, const char *word)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  g_autofree char *plain = culvert_setting_row_dup_default (
      self, culvert_profile_get_role (culvert_setting_row_profile (self)));
  gboolean is_default = g_str_equal (plain, word);

  if (setting->type == CULVERT_SETTING_TYPE_INT)
    culvert_setting_row_write (
        self, g_variant_new_int64 (g_ascii_strtoll (word, NULL, 10)), is_default);
  else
    culvert_setting_row_write (self, g_variant_new_string (word), is_default);
}

static void
culvert_setting_row_switched_cb (CulvertSettingRow *self)
{
  gboolean active = gtk_switch_get_active (GTK_SWITCH (self->control));

  if (!self->is_loading && self->draft != NULL)
    culvert_setting_row_write (self, g_variant_new_boolean (active), !active);
}

static void
culvert_setting_row_chosen_cb (CulvertSettingRow *self)
{
  guint i = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->control));

  if (!self->is_loading && self->draft != NULL && i < g_strv_length (self->words))
    culvert_setting_row_write_word (self, self->words[i]);
}

/* An empty entry is the default. */
static void
culvert_setting_row_typed_cb (CulvertSettingRow *self)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->control));
  gboolean was_unread = self->is_unread;
  gint64 number;

  if (self->is_loading || self->draft == NULL)
    return;
  self->is_unread = FALSE;
  if (text[0] == '\0')
    culvert_profile_set_setting (culvert_setting_row_profile (self), self->id, NULL);
  else if (setting->type == CULVERT_SETTING_TYPE_STRING)
    culvert_profile_set_string (culvert_setting_row_profile (self), self->id, text);
  else if (culvert_setting_row_read_number (self, text, &number))
    culvert_profile_set_int (culvert_setting_row_profile (self), self->id, number);
  else
    self->is_unread = TRUE;
  if (self->is_unread || was_unread)
    g_signal_emit (self, signals[SIGNAL_EDITED], 0);
}

static void
culvert_setting_row_reset_cb (CulvertSettingRow *self)
{
  self->is_unread = FALSE;
  culvert_profile_set_setting (culvert_setting_row_profile (self), self->id, NULL);
  g_signal_emit (self, signals[SIGNAL_EDITED], 0);
  gtk_widget_grab_focus (self->control);
}

/* Arrow keys step through numbers, as in any field of numbers. */
static gboolean
culvert_setting_row_key_cb (CulvertSettingRow *self,
                            guint keyval,
                            guint keycode,
                            GdkModifierType state)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  gint64 number = culvert_profile_get_int (culvert_setting_row_profile (self), self->id);
  gint64 step = culvert_setting_row_is_bytes (setting) && number >= 1 << 16 ? 1 << 16 : 1;
  g_autofree char *text = NULL;

  if ((keyval != GDK_KEY_Up && keyval != GDK_KEY_Down)
      || (state & gtk_accelerator_get_default_mod_mask ()) != 0 || self->is_unread)
    return GDK_EVENT_PROPAGATE;
  number = CLAMP (keyval == GDK_KEY_Up ? number + step : number - step, setting->min, setting->max);
  text = g_strdup_printf ("%" G_GINT64_FORMAT, number);
  gtk_editable_set_text (GTK_EDITABLE (self->control), text);
  return GDK_EVENT_STOP;
}

/* -- choosing a file -------------------------------------------------------------------- */

static void
culvert_setting_row_file_cb (GtkNativeDialog *dialog, int response, CulvertSettingRow *self)
{
  g_autoptr (GFile) file = NULL;
  g_autofree char *path = NULL;

  self->is_choosing = FALSE;
  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (file != NULL)
    path = g_file_get_path (file);
  if (path != NULL)
    gtk_editable_set_text (GTK_EDITABLE (self->control), path);
  g_object_unref (dialog);
}

static void
culvert_setting_row_choose_cb (CulvertSettingRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  gboolean is_read = self->id == CULVERT_SETTING_KEY_FILE;
  GtkFileChooserNative *dialog;

  if (self->is_choosing)
    return;
  self->is_choosing = TRUE;
  dialog = gtk_file_chooser_native_new (
      culvert_setting_text_get_title (self->id), GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
      is_read ? GTK_FILE_CHOOSER_ACTION_OPEN : GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (culvert_setting_row_file_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

/* -- controls --------------------------------------------------------------------------- */

static void
culvert_setting_row_put (CulvertSettingRow *self, GtkWidget *box, GtkWidget *widget)
{
  gtk_box_append (GTK_BOX (box), widget);
  gtk_widget_set_visible (box, TRUE);
}

static void
culvert_setting_row_add_switch (CulvertSettingRow *self)
{
  self->control = gtk_switch_new ();
  g_signal_connect_object (self->control, "notify::active",
                           G_CALLBACK (culvert_setting_row_switched_cb), self, G_CONNECT_SWAPPED);
  culvert_setting_row_put (self, self->beside, self->control);
}

/* The values a person chooses from, or NULL: they are typed. (transfer full) */
static GStrv
culvert_setting_row_dup_words (CulvertSettingRow *self)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (setting->type == CULVERT_SETTING_TYPE_STRING)
    {
      if (culvert_setting_get_word (setting, 0) == NULL)
        return NULL;
      for (guint i = 0; culvert_setting_get_word (setting, i) != NULL; i++)
        g_strv_builder_add (builder, culvert_setting_get_word (setting, i));
      return g_strv_builder_end (builder);
    }
  if (setting->max - setting->min >= CHOICES_MAX)
    return NULL;
  for (gint64 i = setting->min; i <= setting->max; i++)
    {
      g_autofree char *word = g_strdup_printf ("%" G_GINT64_FORMAT, i);

      g_strv_builder_add (builder, word);
    }
  return g_strv_builder_end (builder);
}

static void
culvert_setting_row_fill_list (CulvertSettingRow *self)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  for (guint i = 0; self->words[i] != NULL; i++)
    {
      const char *title = culvert_setting_text_get_choice (self->id, self->words[i]);

      gtk_string_list_append (list, title != NULL ? title : self->words[i]);
    }
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->control), G_LIST_MODEL (list));
}

static void
culvert_setting_row_add_list (CulvertSettingRow *self)
{
  self->control = gtk_drop_down_new (NULL, NULL);
  culvert_setting_row_fill_list (self);
  g_signal_connect_object (self->control, "notify::selected",
                           G_CALLBACK (culvert_setting_row_chosen_cb), self, G_CONNECT_SWAPPED);
  culvert_setting_row_put (self, self->beside, self->control);
}

static void
culvert_setting_row_add_number (CulvertSettingRow *self)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkWidget *unit = gtk_label_new (culvert_setting_text_get_unit (setting));

  self->control = gtk_entry_new ();
  gtk_editable_set_width_chars (GTK_EDITABLE (self->control), 8);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (self->control), 10);
  gtk_editable_set_alignment (GTK_EDITABLE (self->control), 1);
  gtk_entry_set_input_purpose (GTK_ENTRY (self->control), GTK_INPUT_PURPOSE_NUMBER);
  gtk_widget_add_css_class (self->control, "numeric");
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (culvert_setting_row_key_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (self->control, keys);
  culvert_setting_row_put (self, self->beside, self->control);
  gtk_label_set_xalign (GTK_LABEL (unit), 0);
  gtk_label_set_width_chars (GTK_LABEL (unit), 7);
  gtk_widget_add_css_class (unit, "dim-label");
  gtk_widget_add_css_class (unit, "caption");
  culvert_setting_row_put (self, self->beside, unit);
}

static void
culvert_setting_row_add_text (CulvertSettingRow *self)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  GtkWidget *button;

  self->control = gtk_entry_new ();
  gtk_widget_set_hexpand (self->control, TRUE);
  culvert_setting_row_put (self, self->below, self->control);
  if (setting->check != CULVERT_SETTING_CHECK_PATH || self->id == CULVERT_SETTING_CONTROL)
    return;
  button = gtk_button_new_from_icon_name ("document-open-symbolic");
  gtk_widget_set_tooltip_text (button, _("Choose a File"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Choose a File"), -1);
  g_signal_connect_object (button, "clicked", G_CALLBACK (culvert_setting_row_choose_cb), self,
                           G_CONNECT_SWAPPED);
  culvert_setting_row_put (self, self->below, button);
}

static void
culvert_setting_row_add_control (CulvertSettingRow *self)
{
  const CulvertSetting *setting = culvert_setting_row_setting (self);

  if (setting->type == CULVERT_SETTING_TYPE_BOOL)
    culvert_setting_row_add_switch (self);
  else if ((self->words = culvert_setting_row_dup_words (self)) != NULL)
    culvert_setting_row_add_list (self);
  else if (setting->type == CULVERT_SETTING_TYPE_INT)
    culvert_setting_row_add_number (self);
  else
    culvert_setting_row_add_text (self);
  if (GTK_IS_ENTRY (self->control))
    g_signal_connect_object (self->control, "changed", G_CALLBACK (culvert_setting_row_typed_cb),
                             self, G_CONNECT_SWAPPED);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->control), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  culvert_setting_text_get_title (self->id), -1);
}

/* -- from the draft into the control ---------------------------------------------------- */

/* The value as text; the empty text for a default of an entry. (transfer full) */
static char *
culvert_setting_row_dup_text (CulvertSettingRow *self)
{
  CulvertProfile *profile = culvert_setting_row_profile (self);

  if (GTK_IS_ENTRY (self->control) && !culvert_profile_is_given (profile, self->id))
    return g_strdup ("");
  if (culvert_setting_row_setting (self)->type == CULVERT_SETTING_TYPE_INT)
    return g_strdup_printf ("%" G_GINT64_FORMAT, culvert_profile_get_int (profile, self->id));
  return g_strdup (culvert_profile_get_string (profile, self->id));
}

static void
culvert_setting_row_load_list (CulvertSettingRow *self)
{
  g_autofree char *word = culvert_setting_row_dup_text (self);
  guint i = 0;

  while (self->words[i] != NULL && g_strcmp0 (self->words[i], word) != 0)
    i++;
  /* A wrong word of a file is shown as it is. */
  if (self->words[i] == NULL)
    {
      self->words = g_renew (char *, self->words, i + 2);
      self->words[i] = g_strdup (word);
      self->words[i + 1] = NULL;
      culvert_setting_row_fill_list (self);
    }
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->control), i);
}

static gboolean
culvert_setting_row_shows (CulvertSettingRow *self, const char *text)
{
  const char *shown = gtk_editable_get_text (GTK_EDITABLE (self->control));
  gint64 number;

  if (g_str_equal (shown, text))
    return TRUE;
  /* "4M" stays as it was typed. */
  return culvert_setting_row_setting (self)->type == CULVERT_SETTING_TYPE_INT && text[0] != '\0'
         && culvert_setting_row_read_number (self, shown, &number)
         && number == g_ascii_strtoll (text, NULL, 10);
}

static void
culvert_setting_row_load (CulvertSettingRow *self)
{
  self->is_loading = TRUE;
  if (GTK_IS_SWITCH (self->control))
    gtk_switch_set_active (GTK_SWITCH (self->control),
                           culvert_profile_get_bool (culvert_setting_row_profile (self), self->id));
  else if (GTK_IS_DROP_DOWN (self->control))
    culvert_setting_row_load_list (self);
  else if (!self->is_unread)
    {
      g_autofree char *text = culvert_setting_row_dup_text (self);

      if (!culvert_setting_row_shows (self, text))
        gtk_editable_set_text (GTK_EDITABLE (self->control), text);
    }
  self->is_loading = FALSE;
}

/* -- words around the control ----------------------------------------------------------- */

/* (transfer full) (nullable) */
static char *
culvert_setting_row_dup_effect (CulvertSettingRow *self, double rtt_ms)
{
  CulvertProfile *profile = culvert_setting_row_profile (self);
  const CulvertSetting *setting = culvert_setting_row_setting (self);
  g_autofree char *effect = culvert_tuning_dup_effect (profile, self->id, rtt_ms);
  g_autofree char *size = NULL;
  gint64 bytes;

  if (setting->type == CULVERT_SETTING_TYPE_STRING)
    {
      const char *word = culvert_profile_get_string (profile, self->id);
      const char *more = culvert_setting_text_get_choice_effect (self->id, word);

      return more != NULL ? g_strdup (more) : g_steal_pointer (&effect);
    }
  if (!culvert_setting_row_is_bytes (setting) || self->id == CULVERT_SETTING_MTU
      || self->id == CULVERT_SETTING_RATELIMIT)
    return g_steal_pointer (&effect);
  bytes = culvert_profile_get_int (profile, self->id);
  if (bytes < 1024)
    return g_steal_pointer (&effect);
  size = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
  if (effect == NULL)
    return g_steal_pointer (&size);
  /* translators: a size, then what it allows: "4.0 MiB: up to 223 Mbit/s at 150 ms" */
  return g_strdup_printf (_("%s: %s"), size, effect);
}

static void
culvert_setting_row_show (GtkLabel *label, const char *text)
{
  gtk_label_set_text (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL);
}

static void
culvert_setting_row_set_error (CulvertSettingRow *self, const char *error)
{
  g_free (self->error);
  self->error = g_strdup (error);
  culvert_setting_row_show (self->error_label, error);
  if (error != NULL)
    {
      gtk_widget_add_css_class (GTK_WIDGET (self), "error");
      gtk_widget_add_css_class (self->control, "error");
    }
  else
    {
      gtk_widget_remove_css_class (GTK_WIDGET (self), "error");
      gtk_widget_remove_css_class (self->control, "error");
    }
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->control), GTK_ACCESSIBLE_STATE_INVALID,
                               error != NULL ? GTK_ACCESSIBLE_INVALID_TRUE
                                             : GTK_ACCESSIBLE_INVALID_FALSE,
                               -1);
}

/* What a screen reader says after the title. */
static void
culvert_setting_row_describe (CulvertSettingRow *self, const char *effect)
{
  gboolean must_match =
      (culvert_setting_row_setting (self)->attrs & CULVERT_SETTING_ATTR_MUST_MATCH) != 0;
  GString *text = g_string_new (self->error != NULL ? self->error : effect);

  if (must_match)
    g_string_append_printf (text, "%s%s", text->len > 0 ? ". " : "",
                            _("Must be the same at both ends"));
  if (text->len == 0)
    g_string_append (text, culvert_setting_text_get_help (self->id));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->control),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text->str, -1);
  g_string_free (text, TRUE);
}

static void
culvert_setting_row_show_default (CulvertSettingRow *self)
{
  CulvertProfile *profile = culvert_setting_row_profile (self);
  g_autofree char *plain =
      culvert_setting_row_dup_default (self, culvert_profile_get_role (profile));
  const char *title = culvert_setting_text_get_choice (self->id, plain);
  g_autofree char *text = culvert_setting_row_dup_text (self);
  gboolean is_given = culvert_profile_is_given (profile, self->id);
  g_autofree char *tooltip = NULL;

  if (GTK_IS_ENTRY (self->control))
    gtk_entry_set_placeholder_text (GTK_ENTRY (self->control), plain);
  if (GTK_IS_SWITCH (self->control))
    is_given = is_given && culvert_profile_get_bool (profile, self->id);
  else
    is_given = is_given && !g_str_equal (text, plain);
  gtk_widget_set_visible (self->reset, is_given || self->is_unread);
  if (plain[0] != '\0')
    /* translators: the value a setting has by default */
    tooltip = g_strdup_printf (_("Back to the Default: %s"), title != NULL ? title : plain);
  else
    tooltip = g_strdup (_("Back to the Default"));
  gtk_widget_set_tooltip_text (self->reset, tooltip);
}

/* -- activation ------------------------------------------------------------------------- */

static void
culvert_setting_row_activated_cb (GtkListBox *box, GtkListBoxRow *row, CulvertSettingRow *self)
{
  if (row != GTK_LIST_BOX_ROW (self))
    return;
  if (GTK_IS_ENTRY (self->control))
    gtk_widget_grab_focus (self->control);
  else
    (void) gtk_widget_mnemonic_activate (self->control, FALSE);
}

static void
culvert_setting_row_parent_cb (CulvertSettingRow *self)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (self));

  if (GTK_IS_LIST_BOX (parent))
    g_signal_connect_object (parent, "row-activated",
                             G_CALLBACK (culvert_setting_row_activated_cb), self, 0);
}

/* -- GObject ---------------------------------------------------------------------------- */

static void
culvert_setting_row_dispose (GObject *object)
{
  CulvertSettingRow *self = (CulvertSettingRow *) object;

  g_clear_object (&self->draft);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_SETTING_ROW);
  G_OBJECT_CLASS (culvert_setting_row_parent_class)->dispose (object);
}

static void
culvert_setting_row_finalize (GObject *object)
{
  CulvertSettingRow *self = (CulvertSettingRow *) object;

  g_strfreev (self->words);
  g_free (self->error);
  G_OBJECT_CLASS (culvert_setting_row_parent_class)->finalize (object);
}

static void
culvert_setting_row_class_init (CulvertSettingRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_setting_row_dispose;
  G_OBJECT_CLASS (klass)->finalize = culvert_setting_row_finalize;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-setting-row.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, title_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, star);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, help_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, below);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, effect_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, error_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, reset);
  gtk_widget_class_bind_template_child (widget_class, CulvertSettingRow, beside);
  gtk_widget_class_bind_template_callback (widget_class, culvert_setting_row_reset_cb);

  signals[SIGNAL_EDITED] = g_signal_new ("edited", CULVERT_TYPE_SETTING_ROW, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
culvert_setting_row_init (CulvertSettingRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (self, "notify::parent", G_CALLBACK (culvert_setting_row_parent_cb), NULL);
}

GtkWidget *
culvert_setting_row_new (CulvertSettingId id)
{
  const CulvertSetting *setting = &culvert_settings (NULL)[id];
  const char *title = culvert_setting_text_get_title (id);
  CulvertSettingRow *self = g_object_new (CULVERT_TYPE_SETTING_ROW, "title", title, NULL);
  g_autofree char *reset = NULL;
  g_autofree char *markup = NULL;

  self->id = id;
  /* One label, so that both wrap together. */
  markup = g_markup_printf_escaped (
      "%s <span face=\"monospace\" size=\"smaller\" alpha=\"55%%\">%s</span>", title, setting->key);
  gtk_label_set_markup (self->title_label, markup);
  gtk_label_set_text (self->help_label, culvert_setting_text_get_help (id));
  gtk_widget_set_visible (self->star, (setting->attrs & CULVERT_SETTING_ATTR_MUST_MATCH) != 0);
  culvert_setting_row_add_control (self);
  /* translators: the title of a setting */
  reset = g_strdup_printf (_("Reset %s"), title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->reset), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  reset, -1);
  return GTK_WIDGET (self);
}

/* -- face ------------------------------------------------------------------------------- */

CulvertSettingId
culvert_setting_row_get_id (CulvertSettingRow *row)
{
  g_return_val_if_fail (CULVERT_IS_SETTING_ROW (row), 0);

  return row->id;
}

GtkWidget *
culvert_setting_row_get_control (CulvertSettingRow *row)
{
  g_return_val_if_fail (CULVERT_IS_SETTING_ROW (row), NULL);

  return row->control;
}

void
culvert_setting_row_update (CulvertSettingRow *row,
                            CulvertDraft *draft,
                            gboolean anew,
                            double rtt_ms)
{
  g_autofree char *effect = NULL;

  g_return_if_fail (CULVERT_IS_SETTING_ROW (row));

  g_set_object (&row->draft, draft);
  gtk_widget_set_sensitive (GTK_WIDGET (row), draft != NULL);
  if (draft == NULL)
    return;
  if (anew)
    row->is_unread = FALSE;
  culvert_setting_row_load (row);
  effect = culvert_setting_row_dup_effect (row, rtt_ms);
  culvert_setting_row_show (row->effect_label, effect);
  culvert_setting_row_set_error (row, row->is_unread ? _("This is not a whole number")
                                                     : culvert_draft_get_error (draft, row->id));
  culvert_setting_row_show_default (row);
  culvert_setting_row_describe (row, effect);
}

const char *
culvert_setting_row_get_error (CulvertSettingRow *row)
{
  g_return_val_if_fail (CULVERT_IS_SETTING_ROW (row), NULL);

  return row->error;
}

gboolean
culvert_setting_row_matches (CulvertSettingRow *row, const char *text)
{
  g_autofree char *title = NULL;
  g_autofree char *help = NULL;

  g_return_val_if_fail (CULVERT_IS_SETTING_ROW (row), FALSE);

  title = g_utf8_strdown (culvert_setting_text_get_title (row->id), -1);
  help = g_utf8_strdown (culvert_setting_text_get_help (row->id), -1);
  return strstr (title, text) != NULL || strstr (help, text) != NULL
         || strstr (culvert_setting_row_setting (row)->key, text) != NULL;
}

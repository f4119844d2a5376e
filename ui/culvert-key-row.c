/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-key-row.h"

#include "culvert-pair.h"
#include "culvert-secrets.h"
#include "culvert-setting-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _CulvertKeyRow
{
  AdwPreferencesRow parent_instance;

  CulvertDraft *draft;       /* (nullable) */
  GCancellable *cancellable; /* of a question to the keyring under way */
  gboolean is_loading;
  gboolean is_fetched;       /* the entry shows the keyring's key; it is not in the draft */

  GtkLabel *title_label;
  GtkLabel *key_label;
  GtkLabel *help_label;
  GtkEntry *entry;
  GtkToggleButton *reveal;
  GtkWidget *store_box;
  GtkDropDown *store;
  GtkLabel *error_label;
};

enum
{
  SIGNAL_MESSAGE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CulvertKeyRow, culvert_key_row, ADW_TYPE_PREFERENCES_ROW)

static void
culvert_key_row_tell (CulvertKeyRow *self, const char *text)
{
  g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, text);
}

static void
culvert_key_row_show_error (CulvertKeyRow *self, const char *text)
{
  gtk_label_set_text (self->error_label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), text != NULL);
}

static void
culvert_key_row_set_text (CulvertKeyRow *self, const char *text)
{
  self->is_loading = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->entry), text != NULL ? text : "");
  self->is_loading = FALSE;
}

/* -- the key that is elsewhere ------------------------------------------------------------- */

typedef void (*CulvertKeyFunc) (CulvertKeyRow *self, const char *key);

typedef struct
{
  CulvertKeyRow *row;
  GCancellable *cancellable;
  CulvertKeyFunc func;
} CulvertKeyCall;

static void
culvert_key_row_fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CulvertKeyCall *call = user_data;
  g_autoptr (GError) error = NULL;
  char *key = culvert_hub_fetch_key_finish (CULVERT_HUB (source), result, &error);

  if (!g_cancellable_is_cancelled (call->cancellable))
    {
      g_clear_object (&call->row->cancellable);
      culvert_key_row_show_error (call->row, error != NULL ? error->message : NULL);
      if (key != NULL)
        call->func (call->row, key);
      else
        gtk_toggle_button_set_active (call->row->reveal, FALSE);
    }
  culvert_secrets_free_key (key);
  g_object_unref (call->cancellable);
  g_object_unref (call->row);
  g_free (call);
}

static void
culvert_key_row_cancel (CulvertKeyRow *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

/* What is typed counts; else what is saved, for which the keyring may have to be unlocked. */
static void
culvert_key_row_with_key (CulvertKeyRow *self, CulvertKeyFunc func)
{
  const char *key = culvert_profile_peek_key (culvert_draft_get_profile (self->draft));
  CulvertKeyCall *call;

  if (key != NULL)
    {
      func (self, key);
      return;
    }
  culvert_key_row_cancel (self);
  self->cancellable = g_cancellable_new ();
  call = g_new0 (CulvertKeyCall, 1);
  call->row = g_object_ref (self);
  call->cancellable = g_object_ref (self->cancellable);
  call->func = func;
  culvert_hub_fetch_key_async (culvert_draft_get_hub (self->draft),
                               culvert_draft_get_item (self->draft), CULVERT_SECRETS_PATIENT_MS,
                               self->cancellable, culvert_key_row_fetched_cb, call);
}

/* -- buttons --------------------------------------------------------------------------------- */

static void
culvert_key_row_reveal_key (CulvertKeyRow *self, const char *key)
{
  self->is_fetched = culvert_profile_peek_key (culvert_draft_get_profile (self->draft)) == NULL;
  if (self->is_fetched)
    culvert_key_row_set_text (self, key);
  gtk_entry_set_visibility (self->entry, TRUE);
}

static void
culvert_key_row_conceal (CulvertKeyRow *self)
{
  gtk_entry_set_visibility (self->entry, FALSE);
  if (self->is_fetched)
    culvert_key_row_set_text (self, NULL);
  self->is_fetched = FALSE;
}

static void
culvert_key_row_reveal_cb (CulvertKeyRow *self)
{
  if (self->draft == NULL)
    return;
  if (gtk_toggle_button_get_active (self->reveal))
    culvert_key_row_with_key (self, culvert_key_row_reveal_key);
  else
    culvert_key_row_conceal (self);
}

static void
culvert_key_row_copy_key (CulvertKeyRow *self, const char *key)
{
  GdkContentProvider *both[2];
  g_autoptr (GBytes) hint = g_bytes_new_static ("secret", strlen ("secret"));
  g_autoptr (GdkContentProvider) provider = NULL;

  both[0] = gdk_content_provider_new_typed (G_TYPE_STRING, key);
  /* Clipboard managers that know the hint do not keep it. */
  both[1] = gdk_content_provider_new_for_bytes ("x-kde-passwordManagerHint", hint);
  provider = gdk_content_provider_new_union (both, G_N_ELEMENTS (both));
  gdk_clipboard_set_content (gtk_widget_get_clipboard (GTK_WIDGET (self)), provider);
  culvert_key_row_tell (self, _("The key is in the clipboard"));
}

static void
culvert_key_row_copy_cb (CulvertKeyRow *self)
{
  culvert_key_row_with_key (self, culvert_key_row_copy_key);
}

static void
culvert_key_row_generate_cb (CulvertKeyRow *self)
{
  char *key = culvert_pair_generate_key ();

  culvert_key_row_cancel (self);
  self->is_fetched = FALSE;
  culvert_profile_set_key (culvert_draft_get_profile (self->draft), key);
  culvert_secrets_free_key (key);
  culvert_key_row_show_error (self, NULL);
  gtk_toggle_button_set_active (self->reveal, TRUE);
  culvert_key_row_tell (self, _("A new key: the other end needs it, too"));
}

static void
culvert_key_row_typed_cb (CulvertKeyRow *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  if (self->is_loading || self->draft == NULL)
    return;
  self->is_fetched = FALSE;
  culvert_profile_set_key (culvert_draft_get_profile (self->draft),
                           text[0] != '\0' ? text : NULL);
}

static void
culvert_key_row_stored_cb (CulvertKeyRow *self)
{
  if (!self->is_loading && self->draft != NULL)
    culvert_profile_set_key_store (culvert_draft_get_profile (self->draft),
                                   gtk_drop_down_get_selected (self->store));
}

/* -- GObject ----------------------------------------------------------------------------------- */

static void
culvert_key_row_dispose (GObject *object)
{
  CulvertKeyRow *self = (CulvertKeyRow *) object;

  culvert_key_row_cancel (self);
  g_clear_object (&self->draft);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_KEY_ROW);
  G_OBJECT_CLASS (culvert_key_row_parent_class)->dispose (object);
}

static void
culvert_key_row_class_init (CulvertKeyRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = culvert_key_row_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-key-row.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, title_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, key_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, help_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, entry);
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, reveal);
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, store_box);
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, store);
  gtk_widget_class_bind_template_child (widget_class, CulvertKeyRow, error_label);
  gtk_widget_class_bind_template_callback (widget_class, culvert_key_row_copy_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_key_row_generate_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_key_row_reveal_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_key_row_stored_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_key_row_typed_cb);

  signals[SIGNAL_MESSAGE] = g_signal_new ("message", CULVERT_TYPE_KEY_ROW, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
culvert_key_row_init (CulvertKeyRow *self)
{
  const char *title = culvert_setting_text_get_title (CULVERT_SETTING_KEY);

  gtk_widget_init_template (GTK_WIDGET (self));
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), title);
  gtk_label_set_text (self->title_label, title);
  gtk_label_set_text (self->key_label, culvert_settings (NULL)[CULVERT_SETTING_KEY].key);
  gtk_label_set_text (self->help_label, culvert_setting_text_get_help (CULVERT_SETTING_KEY));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  title, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  _("Must be the same at both ends"), -1);
}

/* -- face ------------------------------------------------------------------------------- */

GtkWidget *
culvert_key_row_get_control (CulvertKeyRow *row)
{
  g_return_val_if_fail (CULVERT_IS_KEY_ROW (row), NULL);

  return GTK_WIDGET (row->entry);
}

static const char *
culvert_key_row_placeholder (CulvertProfile *profile)
{
  if (culvert_profile_get_string (profile, CULVERT_SETTING_KEY_FILE)[0] != '\0')
    return _("Read from the key file");
  if (culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING)
    return _("In the keyring");
  return _("None: the default everybody knows");
}

void
culvert_key_row_update (CulvertKeyRow *row, CulvertDraft *draft, gboolean anew)
{
  CulvertProfile *profile;
  const char *key;
  const char *error;
  gboolean is_keyring;

  g_return_if_fail (CULVERT_IS_KEY_ROW (row));

  g_set_object (&row->draft, draft);
  gtk_widget_set_sensitive (GTK_WIDGET (row), draft != NULL);
  if (anew)
    {
      culvert_key_row_cancel (row);
      culvert_key_row_show_error (row, NULL);
      gtk_toggle_button_set_active (row->reveal, FALSE);
      culvert_key_row_conceal (row);
    }
  if (draft == NULL)
    return;
  profile = culvert_draft_get_profile (draft);
  key = culvert_profile_peek_key (profile);
  is_keyring = culvert_profile_get_key_store (profile) == CULVERT_KEY_STORE_KEYRING;
  gtk_entry_set_placeholder_text (row->entry, culvert_key_row_placeholder (profile));
  if (!row->is_fetched
      && g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (row->entry)), key != NULL ? key : "") != 0)
    culvert_key_row_set_text (row, key);
  row->is_loading = TRUE;
  gtk_drop_down_set_selected (row->store, culvert_profile_get_key_store (profile));
  row->is_loading = FALSE;
  gtk_widget_set_visible (row->store_box, is_keyring || culvert_secrets_is_supported ());
  error = culvert_draft_get_error (draft, CULVERT_SETTING_KEY);
  if (error != NULL)
    culvert_key_row_show_error (row, error);
}

gboolean
culvert_key_row_matches (CulvertKeyRow *row, const char *text)
{
  g_autofree char *title = NULL;
  g_autofree char *help = NULL;

  g_return_val_if_fail (CULVERT_IS_KEY_ROW (row), FALSE);

  title = g_utf8_strdown (gtk_label_get_text (row->title_label), -1);
  help = g_utf8_strdown (gtk_label_get_text (row->help_label), -1);
  return strstr (title, text) != NULL || strstr (help, text) != NULL
         || strstr (gtk_label_get_text (row->key_label), text) != NULL;
}

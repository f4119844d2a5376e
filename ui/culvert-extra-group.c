/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-extra-group.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

struct _CulvertExtraGroup
{
  AdwPreferencesGroup parent_instance;

  CulvertDraft *draft; /* (nullable) */
  GPtrArray *rows;     /* of GtkWidget, the group's, one per key */
  GtkWidget *fresh;    /* the row for a new key */
  char *shown;         /* keys of the rows */
  gboolean is_loading;
};

G_DEFINE_FINAL_TYPE (CulvertExtraGroup, culvert_extra_group, ADW_TYPE_PREFERENCES_GROUP)

static void
culvert_extra_group_set (CulvertExtraGroup *self, const char *key, GVariant *value)
{
  CulvertProfile *profile = culvert_draft_get_profile (self->draft);
  GVariantDict dict;

  g_variant_dict_init (&dict, culvert_profile_peek_settings (profile));
  if (value != NULL)
    g_variant_dict_insert_value (&dict, key, value);
  else
    (void) g_variant_dict_remove (&dict, key);
  culvert_profile_set_settings (profile, g_variant_dict_end (&dict));
}

/* Floating, NULL when it is no JSON. */
static GVariant *
culvert_extra_group_parse (const char *text)
{
  /* Only objects and arrays may stand alone for json-glib's parser in its strict form. */
  g_autofree char *wrapped = g_strdup_printf ("[%s]", text);
  g_autoptr (GVariant) list = json_gvariant_deserialize_data (wrapped, -1, "av", NULL);
  GVariant *value = NULL;

  if (list == NULL)
    return NULL;
  g_variant_ref_sink (list);
  if (g_variant_n_children (list) == 1)
    g_variant_get_child (list, 0, "v", &value);
  return value;
}

static void
culvert_extra_group_mark (GtkWidget *row, gboolean is_wrong)
{
  if (is_wrong)
    gtk_widget_add_css_class (row, "error");
  else
    gtk_widget_remove_css_class (row, "error");
}

static void
culvert_extra_group_apply_cb (GtkEditable *row, CulvertExtraGroup *self)
{
  const char *key = g_object_get_data (G_OBJECT (row), "culvert-key");
  g_autoptr (GVariant) value = culvert_extra_group_parse (gtk_editable_get_text (row));

  if (self->is_loading || self->draft == NULL)
    return;
  culvert_extra_group_mark (GTK_WIDGET (row), value == NULL);
  if (value != NULL)
    culvert_extra_group_set (self, key, value);
}

static void
culvert_extra_group_remove_cb (GtkButton *button, CulvertExtraGroup *self)
{
  const char *key = g_object_get_data (G_OBJECT (button), "culvert-key");

  culvert_extra_group_set (self, key, NULL);
}

/* "key: value", as in a file. */
static void
culvert_extra_group_add_cb (GtkEditable *row, CulvertExtraGroup *self)
{
  const char *text = gtk_editable_get_text (row);
  const char *colon = strchr (text, ':');
  g_autofree char *key = colon != NULL ? g_strndup (text, colon - text) : NULL;
  g_autoptr (GVariant) value = NULL;
  gsize len;

  if (self->draft == NULL)
    return;
  if (key != NULL)
    {
      g_strstrip (key);
      len = strlen (key);
      if (len >= 2 && key[0] == '"' && key[len - 1] == '"')
        {
          key[len - 1] = '\0';
          memmove (key, key + 1, len - 1);
        }
      value = culvert_extra_group_parse (colon + 1);
    }
  /* A setting has its own row, and "culvert" is our own part of the file. */
  if (value == NULL || key[0] == '\0' || g_str_equal (key, "culvert")
      || culvert_settings_find_key (culvert_profile_get_role (culvert_draft_get_profile (
                                        self->draft)), key) != NULL)
    {
      culvert_extra_group_mark (GTK_WIDGET (row), TRUE);
      return;
    }
  culvert_extra_group_mark (GTK_WIDGET (row), FALSE);
  gtk_editable_set_text (row, "");
  culvert_extra_group_set (self, key, value);
}

static GtkWidget *
culvert_extra_group_new_row (CulvertExtraGroup *self, const char *key)
{
  GtkWidget *row = adw_entry_row_new ();
  GtkWidget *button = gtk_button_new_from_icon_name ("edit-delete-symbolic");
  /* translators: a key of a JSON file */
  g_autofree char *label = g_strdup_printf (_("Remove %s"), key);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), key);
  adw_entry_row_set_show_apply_button (ADW_ENTRY_ROW (row), TRUE);
  g_object_set_data_full (G_OBJECT (row), "culvert-key", g_strdup (key), g_free);
  g_object_set_data_full (G_OBJECT (button), "culvert-key", g_strdup (key), g_free);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  adw_entry_row_add_suffix (ADW_ENTRY_ROW (row), button);
  g_signal_connect_object (row, "apply", G_CALLBACK (culvert_extra_group_apply_cb), self, 0);
  g_signal_connect_object (button, "clicked", G_CALLBACK (culvert_extra_group_remove_cb), self, 0);
  return row;
}

/* -- GObject ---------------------------------------------------------------------------------- */

static void
culvert_extra_group_dispose (GObject *object)
{
  CulvertExtraGroup *self = (CulvertExtraGroup *) object;

  g_clear_object (&self->draft);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->shown, g_free);
  G_OBJECT_CLASS (culvert_extra_group_parent_class)->dispose (object);
}

static void
culvert_extra_group_class_init (CulvertExtraGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = culvert_extra_group_dispose;
}

static void
culvert_extra_group_init (CulvertExtraGroup *self)
{
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (self);

  self->rows = g_ptr_array_new ();
  adw_preferences_group_set_title (group, _("Other Keys"));
  adw_preferences_group_set_description (
      group, _("Kept in the file for other programs, without effect here. Values are JSON."));
  self->fresh = adw_entry_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->fresh), _("Add “key: value”"));
  adw_entry_row_set_show_apply_button (ADW_ENTRY_ROW (self->fresh), TRUE);
  g_signal_connect_object (self->fresh, "apply", G_CALLBACK (culvert_extra_group_add_cb), self, 0);
  adw_preferences_group_add (group, self->fresh);
}

GtkWidget *
culvert_extra_group_new (void)
{
  return g_object_new (CULVERT_TYPE_EXTRA_GROUP, NULL);
}

/* -- face ------------------------------------------------------------------------------- */

/* (transfer full) */
static GStrv
culvert_extra_group_dup_keys (CulvertProfile *profile)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GVariantIter iter;
  const char *key;

  g_variant_iter_init (&iter, culvert_profile_peek_settings (profile));
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    if (culvert_settings_find_key (culvert_profile_get_role (profile), key) == NULL)
      g_strv_builder_add (builder, key);
  return g_strv_builder_end (builder);
}

static void
culvert_extra_group_fill (CulvertExtraGroup *self, const char *const *keys)
{
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (self);

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (group, self->rows->pdata[i]);
  g_ptr_array_set_size (self->rows, 0);
  /* The row for a new key stays the last one. */
  g_object_ref (self->fresh);
  adw_preferences_group_remove (group, self->fresh);
  for (guint i = 0; keys[i] != NULL; i++)
    {
      GtkWidget *row = culvert_extra_group_new_row (self, keys[i]);

      adw_preferences_group_add (group, row);
      g_ptr_array_add (self->rows, row);
    }
  adw_preferences_group_add (group, self->fresh);
  g_object_unref (self->fresh);
}

static void
culvert_extra_group_load (CulvertExtraGroup *self, GVariant *settings)
{
  self->is_loading = TRUE;
  for (guint i = 0; i < self->rows->len; i++)
    {
      GtkEditable *row = self->rows->pdata[i];
      const char *key = g_object_get_data (G_OBJECT (row), "culvert-key");
      g_autoptr (GVariant) value = g_variant_lookup_value (settings, key, NULL);
      g_autofree char *text = json_gvariant_serialize_data (value, NULL);

      if (g_strcmp0 (text, gtk_editable_get_text (row)) != 0)
        {
          /* Setting the text of a row with an apply button would show the button. */
          adw_entry_row_set_show_apply_button (ADW_ENTRY_ROW (row), FALSE);
          gtk_editable_set_text (row, text);
          adw_entry_row_set_show_apply_button (ADW_ENTRY_ROW (row), TRUE);
        }
    }
  self->is_loading = FALSE;
}

void
culvert_extra_group_update (CulvertExtraGroup *group, CulvertDraft *draft)
{
  g_auto (GStrv) keys = NULL;
  g_autofree char *shown = NULL;

  g_return_if_fail (CULVERT_IS_EXTRA_GROUP (group));

  g_set_object (&group->draft, draft);
  if (draft == NULL)
    return;
  keys = culvert_extra_group_dup_keys (culvert_draft_get_profile (draft));
  shown = g_strjoinv ("\n", keys);
  if (g_strcmp0 (group->shown, shown) != 0)
    {
      culvert_extra_group_fill (group, (const char *const *) keys);
      g_free (group->shown);
      group->shown = g_steal_pointer (&shown);
    }
  culvert_extra_group_load (group,
                            culvert_profile_peek_settings (culvert_draft_get_profile (draft)));
}

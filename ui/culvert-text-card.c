/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-text-card.h"

#include "culvert-export.h"

#include <glib/gi18n-lib.h>

struct _CulvertTextCard
{
  AdwBin parent_instance;

  char *title;
  char *text;
  char *file_name; /* (nullable) */
  gboolean is_tall;
  GtkFileChooserNative *chooser;

  GtkLabel *title_label;
  GtkWidget *save_button;
  GtkWidget *copy_button;
  AdwBin *frame;
  GtkLabel *text_label;
};

G_DEFINE_FINAL_TYPE (CulvertTextCard, culvert_text_card, ADW_TYPE_BIN)

enum
{
  PROP_0,
  PROP_TITLE,
  PROP_TEXT,
  PROP_FILE_NAME,
  PROP_IS_TALL,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
culvert_text_card_tell (CulvertTextCard *self, const char *text)
{
  GtkWidget *overlay = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_TOAST_OVERLAY);
  g_autofree char *markup = g_markup_escape_text (text, -1);

  if (overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), adw_toast_new (markup));
}

/* -- copy and save ------------------------------------------------------------------------- */

static void
culvert_text_card_copy_cb (GtkButton *button, CulvertTextCard *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)),
                          culvert_text_card_get_text (self));
  culvert_text_card_tell (self, _("Copied"));
}

static void
culvert_text_card_saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertTextCard) self = user_data;
  g_autoptr (GError) error = NULL;

  if (culvert_export_save_finish (result, &error))
    culvert_text_card_tell (self, _("Saved"));
  else
    culvert_text_card_tell (self, error->message);
}

static void
culvert_text_card_response_cb (GtkNativeDialog *chooser, int response, CulvertTextCard *self)
{
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
      culvert_export_save_async (file, culvert_text_card_get_text (self), NULL,
                                 culvert_text_card_saved_cb, g_object_ref (self));
    }
  g_clear_object (&self->chooser);
}

static void
culvert_text_card_save_cb (GtkButton *button, CulvertTextCard *self)
{
  if (self->chooser != NULL)
    return;
  self->chooser = gtk_file_chooser_native_new (
      _("Save"), GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
      GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("C_ancel"));
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), self->file_name);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (culvert_text_card_response_cb),
                           self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* -- properties ---------------------------------------------------------------------------- */

/* Screen readers meet many of these buttons: each tells of what. */
static void
culvert_text_card_set_title (CulvertTextCard *self, const char *title)
{
  /* translators: what is copied, for screen readers */
  g_autofree char *copy = g_strdup_printf (_("Copy: %s"), title);
  /* translators: what is saved, for screen readers */
  g_autofree char *save = g_strdup_printf (_("Save: %s"), title);

  g_free (self->title);
  self->title = g_strdup (title);
  gtk_label_set_text (self->title_label, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->copy_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, copy, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->save_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, save, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->text_label), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  title, -1);
}

static void
culvert_text_card_set_is_tall (CulvertTextCard *self, gboolean is_tall)
{
  g_autoptr (GtkWidget) label = g_object_ref (GTK_WIDGET (self->text_label));
  GtkWidget *scroller;

  if (self->is_tall == is_tall)
    return;
  self->is_tall = is_tall;
  gtk_widget_set_vexpand (GTK_WIDGET (self->frame), is_tall);
  if (gtk_widget_get_parent (label) == GTK_WIDGET (self->frame))
    adw_bin_set_child (self->frame, NULL);
  else
    gtk_viewport_set_child (GTK_VIEWPORT (gtk_widget_get_parent (label)), NULL);
  /* Only what may scroll: a scrolled window does not ask how high its text is at this width. */
  scroller = is_tall ? gtk_scrolled_window_new () : label;
  if (is_tall)
    g_object_set (scroller, "hscrollbar-policy", GTK_POLICY_NEVER, "child", label, NULL);
  adw_bin_set_child (self->frame, scroller);
}

void
culvert_text_card_set_text (CulvertTextCard *card, const char *text)
{
  g_return_if_fail (CULVERT_IS_TEXT_CARD (card) && text != NULL);
  g_free (card->text);
  card->text = g_strdup (text);
  gtk_label_set_text (card->text_label, text);
  g_object_notify_by_pspec (G_OBJECT (card), properties[PROP_TEXT]);
}

const char *
culvert_text_card_get_text (CulvertTextCard *card)
{
  g_return_val_if_fail (CULVERT_IS_TEXT_CARD (card), NULL);
  return card->text != NULL ? card->text : "";
}

void
culvert_text_card_set_file_name (CulvertTextCard *card, const char *file_name)
{
  g_return_if_fail (CULVERT_IS_TEXT_CARD (card));
  g_free (card->file_name);
  card->file_name = g_strdup (file_name);
  gtk_widget_set_visible (card->save_button, file_name != NULL);
  g_object_notify_by_pspec (G_OBJECT (card), properties[PROP_FILE_NAME]);
}

static void
culvert_text_card_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertTextCard *self = (CulvertTextCard *) object;

  switch (id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_FILE_NAME:
      g_value_set_string (value, self->file_name);
      break;
    case PROP_IS_TALL:
      g_value_set_boolean (value, self->is_tall);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_text_card_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  CulvertTextCard *self = (CulvertTextCard *) object;

  switch (id)
    {
    case PROP_TITLE:
      culvert_text_card_set_title (self, g_value_get_string (value));
      break;
    case PROP_TEXT:
      culvert_text_card_set_text (self, g_value_get_string (value));
      break;
    case PROP_FILE_NAME:
      culvert_text_card_set_file_name (self, g_value_get_string (value));
      break;
    case PROP_IS_TALL:
      culvert_text_card_set_is_tall (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_text_card_dispose (GObject *object)
{
  g_clear_object (&((CulvertTextCard *) object)->chooser);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_TEXT_CARD);
  G_OBJECT_CLASS (culvert_text_card_parent_class)->dispose (object);
}

static void
culvert_text_card_finalize (GObject *object)
{
  CulvertTextCard *self = (CulvertTextCard *) object;

  g_free (self->title);
  g_free (self->text);
  g_free (self->file_name);
  G_OBJECT_CLASS (culvert_text_card_parent_class)->finalize (object);
}

static void
culvert_text_card_class_init (CulvertTextCardClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = culvert_text_card_get_property;
  object_class->set_property = culvert_text_card_set_property;
  object_class->dispose = culvert_text_card_dispose;
  object_class->finalize = culvert_text_card_finalize;
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, flags);
  properties[PROP_FILE_NAME] = g_param_spec_string ("file-name", NULL, NULL, NULL, flags);
  properties[PROP_IS_TALL] = g_param_spec_boolean ("is-tall", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-text-card.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertTextCard, title_label);
  gtk_widget_class_bind_template_child (widget_class, CulvertTextCard, save_button);
  gtk_widget_class_bind_template_child (widget_class, CulvertTextCard, copy_button);
  gtk_widget_class_bind_template_child (widget_class, CulvertTextCard, frame);
  gtk_widget_class_bind_template_child (widget_class, CulvertTextCard, text_label);
  gtk_widget_class_bind_template_callback (widget_class, culvert_text_card_copy_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_text_card_save_cb);
}

static void
culvert_text_card_init (CulvertTextCard *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-import-dialog.h"

#include "culvert-import-row.h"
#include "culvert-names.h"
#include "culvert-settings.h"

#include <glib/gi18n-lib.h>

struct _CulvertImportDialog
{
  AdwWindow parent_instance;

  CulvertHub *hub;
  GCancellable *cancellable; /* of reading files, until the dialog goes */
  GPtrArray *rows;           /* of CulvertImportRow */
  GtkFileChooserNative *chooser;

  GtkDropTarget *drop_target;
  GtkWidget *read_button;
  GtkButton *add_button;
  GtkStack *stack;
  GtkTextView *text_view;
  GtkTextBuffer *buffer;
  GtkLabel *error_label;
  AdwPreferencesGroup *found_group;
  GtkWidget *problem_group;
  GtkLabel *problem_label;
};

G_DEFINE_FINAL_TYPE (CulvertImportDialog, culvert_import_dialog, ADW_TYPE_WINDOW)

enum
{
  SIGNAL_IMPORTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
culvert_import_dialog_set_error (CulvertImportDialog *self, const char *message)
{
  gtk_label_set_text (self->error_label, message != NULL ? message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), message != NULL);
}

/* -- what was found ------------------------------------------------------------------------ */

static void
culvert_import_dialog_chosen_cb (CulvertImportRow *row,
                                 GParamSpec *pspec,
                                 CulvertImportDialog *self)
{
  guint n = 0;
  g_autofree char *label = NULL;

  for (guint i = 0; i < self->rows->len; i++)
    n += culvert_import_row_is_chosen (self->rows->pdata[i]);
  label = g_strdup_printf (
      g_dngettext (GETTEXT_PACKAGE, "_Add %u Profile", "_Add %u Profiles", n), n);
  gtk_button_set_label (self->add_button, label);
  culvert_names_mend (GTK_WIDGET (self->add_button));
  gtk_widget_set_sensitive (GTK_WIDGET (self->add_button), n > 0);
}

static void
culvert_import_dialog_show_found (CulvertImportDialog *self, GListModel *found)
{
  for (guint i = 0; i < g_list_model_get_n_items (found); i++)
    {
      g_autoptr (CulvertImportItem) item = g_list_model_get_item (found, i);
      GtkWidget *row = culvert_import_row_new (item);

      g_signal_connect_object (row, "notify::is-chosen",
                               G_CALLBACK (culvert_import_dialog_chosen_cb), self, 0);
      adw_preferences_group_add (self->found_group, row);
      g_ptr_array_add (self->rows, row);
    }
  /* One alone shows at once what is wrong with it. */
  if (self->rows->len == 1)
    adw_expander_row_set_expanded (self->rows->pdata[0], TRUE);
  culvert_import_dialog_chosen_cb (NULL, NULL, self);
  gtk_stack_set_visible_child_name (self->stack, "found");
  gtk_widget_set_visible (self->read_button, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->add_button), TRUE);
  gtk_window_set_default_widget (GTK_WINDOW (self), GTK_WIDGET (self->add_button));
  gtk_widget_grab_focus (GTK_WIDGET (self->add_button));
}

static void
culvert_import_dialog_add_cb (GtkButton *button, CulvertImportDialog *self)
{
  CulvertProfileStore *store = culvert_hub_get_store (self->hub);
  g_autoptr (GSettings) settings = culvert_settings_new ();
  CulvertHubItem *first = NULL;
  guint n = 0;

  for (guint i = 0; i < self->rows->len; i++)
    {
      CulvertImportRow *row = self->rows->pdata[i];
      CulvertProfile *profile = culvert_import_item_get_profile (culvert_import_row_get_item (row));
      g_autofree char *name = NULL;
      CulvertHubItem *item;

      if (!culvert_import_row_is_chosen (row))
        continue;
      name = culvert_profile_store_dup_free_name (store, culvert_profile_get_name (profile));
      culvert_profile_set_name (profile, name);
      culvert_profile_set_key_store (profile, culvert_settings_get_key_store (settings));
      item = culvert_hub_add_profile (self->hub, profile);
      first = first != NULL ? first : item;
      n++;
    }
  if (n > 0)
    g_signal_emit (self, signals[SIGNAL_IMPORTED], 0, first, n);
  gtk_window_close (GTK_WINDOW (self));
}

/* -- where it comes from ------------------------------------------------------------------- */

void
culvert_import_dialog_take_text (CulvertImportDialog *dialog, const char *text, const char *label)
{
  g_autoptr (GListModel) found = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (CULVERT_IS_IMPORT_DIALOG (dialog) && text != NULL);
  found = culvert_import_text (text, -1, label, &error);
  if (found != NULL)
    {
      culvert_import_dialog_show_found (dialog, found);
      return;
    }
  gtk_text_buffer_set_text (dialog->buffer, text, -1);
  culvert_import_dialog_set_error (dialog, error->message);
}

static void
culvert_import_dialog_files_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertImportDialog) self = user_data;
  g_auto (GStrv) problems = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GListModel) found = culvert_import_files_finish (result, &problems, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->stack == NULL)
    return;
  if (found == NULL)
    {
      culvert_import_dialog_set_error (self, error->message);
      return;
    }
  if (problems != NULL && problems[0] != NULL)
    {
      text = g_strjoinv ("\n", problems);
      gtk_label_set_text (self->problem_label, text);
      gtk_widget_set_visible (self->problem_group, TRUE);
    }
  culvert_import_dialog_show_found (self, found);
}

void
culvert_import_dialog_take_files (CulvertImportDialog *dialog, GListModel *files)
{
  g_return_if_fail (CULVERT_IS_IMPORT_DIALOG (dialog) && G_IS_LIST_MODEL (files));
  culvert_import_files_async (files, dialog->cancellable, culvert_import_dialog_files_cb,
                              g_object_ref (dialog));
}

static void
culvert_import_dialog_changed_cb (GtkTextBuffer *buffer, CulvertImportDialog *self)
{
  gtk_widget_set_sensitive (self->read_button, gtk_text_buffer_get_char_count (buffer) > 0);
  culvert_import_dialog_set_error (self, NULL);
}

static void
culvert_import_dialog_read_cb (GtkButton *button, CulvertImportDialog *self)
{
  g_autofree char *text = NULL;

  g_object_get (self->buffer, "text", &text, NULL);
  culvert_import_dialog_take_text (self, text, _("Clipboard"));
}

static void
culvert_import_dialog_response_cb (GtkNativeDialog *chooser,
                                   int response,
                                   CulvertImportDialog *self)
{
  g_autoptr (GListModel) files = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      files = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (chooser));
      culvert_import_dialog_take_files (self, files);
    }
  g_clear_object (&self->chooser);
}

static void
culvert_import_dialog_open_cb (GtkButton *button, CulvertImportDialog *self)
{
  if (self->chooser != NULL)
    return;
  self->chooser = gtk_file_chooser_native_new (_("Open Files"), GTK_WINDOW (self),
                                               GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"),
                                               _("C_ancel"));
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response",
                           G_CALLBACK (culvert_import_dialog_response_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
culvert_import_dialog_pasted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertImportDialog) self = user_data;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);

  if (self->stack == NULL)
    return;
  if (text == NULL)
    culvert_import_dialog_set_error (self, _("There is no text in the clipboard"));
  else
    culvert_import_dialog_take_text (self, text, _("Clipboard"));
}

static void
culvert_import_dialog_paste_cb (GtkButton *button, CulvertImportDialog *self)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), self->cancellable,
                                 culvert_import_dialog_pasted_cb, g_object_ref (self));
}

static gboolean
culvert_import_dialog_drop_cb (GtkDropTarget *target,
                               const GValue *value,
                               double x,
                               double y,
                               CulvertImportDialog *self)
{
  g_autoptr (GListStore) files = NULL;

  if (G_VALUE_HOLDS_STRING (value))
    {
      culvert_import_dialog_take_text (self, g_value_get_string (value), _("Clipboard"));
      return TRUE;
    }
  files = g_list_store_new (G_TYPE_FILE);
  for (GSList *file = g_value_get_boxed (value); file != NULL; file = file->next)
    g_list_store_append (files, file->data);
  culvert_import_dialog_take_files (self, G_LIST_MODEL (files));
  return TRUE;
}

/* -- GObject ------------------------------------------------------------------------------- */

static void
culvert_import_dialog_dispose (GObject *object)
{
  CulvertImportDialog *self = (CulvertImportDialog *) object;

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->chooser);
  g_ptr_array_set_size (self->rows, 0);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_IMPORT_DIALOG);
  G_OBJECT_CLASS (culvert_import_dialog_parent_class)->dispose (object);
}

static void
culvert_import_dialog_finalize (GObject *object)
{
  CulvertImportDialog *self = (CulvertImportDialog *) object;

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->rows);
  g_clear_object (&self->hub);
  G_OBJECT_CLASS (culvert_import_dialog_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, CulvertImportDialog, name)

static void
culvert_import_dialog_class_init (CulvertImportDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = culvert_import_dialog_dispose;
  object_class->finalize = culvert_import_dialog_finalize;
  signals[SIGNAL_IMPORTED] =
      g_signal_new ("imported", CULVERT_TYPE_IMPORT_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, CULVERT_TYPE_HUB_ITEM, G_TYPE_UINT);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-import-dialog.ui");
  BIND (drop_target);
  BIND (read_button);
  BIND (add_button);
  BIND (stack);
  BIND (text_view);
  BIND (buffer);
  BIND (error_label);
  BIND (found_group);
  BIND (problem_group);
  BIND (problem_label);
  gtk_widget_class_bind_template_callback (widget_class, culvert_import_dialog_add_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_import_dialog_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_import_dialog_drop_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_import_dialog_open_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_import_dialog_paste_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_import_dialog_read_cb);
}

static void
culvert_import_dialog_init (CulvertImportDialog *self)
{
  GType accepted[] = { GDK_TYPE_FILE_LIST, G_TYPE_STRING };

  self->cancellable = g_cancellable_new ();
  self->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_drop_target_set_gtypes (self->drop_target, accepted, G_N_ELEMENTS (accepted));
  culvert_names_mend (GTK_WIDGET (self));
}

CulvertImportDialog *
culvert_import_dialog_new (CulvertHub *hub)
{
  CulvertImportDialog *self = g_object_new (CULVERT_TYPE_IMPORT_DIALOG, NULL);

  self->hub = g_object_ref (hub);
  gtk_window_set_focus (GTK_WINDOW (self), GTK_WIDGET (self->text_view));
  return self;
}

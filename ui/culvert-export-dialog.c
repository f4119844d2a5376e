/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-export-dialog.h"

#include "culvert-export.h"
#include "culvert-qr-code.h"
#include "culvert-secrets.h"
#include "culvert-text-card.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _CulvertExportDialog
{
  AdwWindow parent_instance;

  CulvertHub *hub;
  CulvertHubItem *item;
  GCancellable *cancellable; /* of the keyring, until the dialog goes */
  char *key;                 /* (nullable) the secret, once it was asked for */

  AdwToastOverlay *toasts;
  GtkSwitch *key_switch;
  GtkSwitch *plain_switch;
  CulvertTextCard *json_card;
  CulvertTextCard *command_card;
  CulvertTextCard *link_card;
  AdwViewStackPage *link_page;
  AdwViewStackPage *qr_page;
  CulvertQrCode *qr_code;
  GtkLabel *qr_label;
};

G_DEFINE_FINAL_TYPE (CulvertExportDialog, culvert_export_dialog, ADW_TYPE_WINDOW)

/* Frees what may have the secret in it. */
static void
culvert_export_dialog_wipe (char *text)
{
  culvert_secrets_free_key (text);
}

/* -- texts ----------------------------------------------------------------------------------- */

static void
culvert_export_dialog_update_link (CulvertExportDialog *self,
                                   CulvertProfile *profile,
                                   CulvertExportFlags flags)
{
  char *link = culvert_export_link (profile, flags);
  g_autoptr (GError) error = NULL;

  adw_view_stack_page_set_visible (self->link_page, link != NULL);
  adw_view_stack_page_set_visible (self->qr_page, link != NULL);
  if (link == NULL)
    return;
  culvert_text_card_set_text (self->link_card, link);
  if (!culvert_qr_code_set_text (self->qr_code, link, &error))
    gtk_label_set_text (self->qr_label, error->message);
  else if ((flags & CULVERT_EXPORT_WITH_KEY) == 0)
    gtk_label_set_text (self->qr_label, _("The key is not in it and has to be typed there."));
  else
    gtk_label_set_text (self->qr_label, _("Scan it with the other device."));
  culvert_export_dialog_wipe (link);
}

static void
culvert_export_dialog_update (CulvertExportDialog *self)
{
  g_autoptr (CulvertProfile) profile =
      culvert_profile_dup (culvert_hub_item_get_profile (self->item));
  CulvertExportFlags flags = CULVERT_EXPORT_DEFAULT;
  char *json, *command;

  if (gtk_switch_get_active (self->plain_switch))
    flags |= CULVERT_EXPORT_PLAIN;
  if (gtk_switch_get_active (self->key_switch) && self->key != NULL)
    {
      flags |= CULVERT_EXPORT_WITH_KEY;
      culvert_profile_set_key (profile, self->key);
    }
  json = culvert_export_json (profile, flags);
  command = culvert_export_command (profile, flags);
  culvert_text_card_set_text (self->json_card, json);
  culvert_text_card_set_text (self->command_card, command);
  culvert_export_dialog_update_link (self, profile, flags);
  culvert_export_dialog_wipe (json);
  culvert_export_dialog_wipe (command);
}

/* -- the key ---------------------------------------------------------------------------------- */

static void
culvert_export_dialog_key_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertExportDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *markup = NULL;
  char *key = culvert_hub_fetch_key_finish (CULVERT_HUB (source), result, &error);

  /* The dialog went meanwhile. */
  if (self->key_switch == NULL)
    {
      culvert_secrets_free_key (key);
      return;
    }
  gtk_widget_set_sensitive (GTK_WIDGET (self->key_switch), TRUE);
  if (key == NULL)
    {
      markup = g_markup_escape_text (error->message, -1);
      adw_toast_overlay_add_toast (self->toasts, adw_toast_new (markup));
      gtk_switch_set_active (self->key_switch, FALSE);
      return;
    }
  culvert_secrets_free_key (self->key);
  self->key = key;
  culvert_export_dialog_update (self);
}

static void
culvert_export_dialog_key_switch_cb (GtkSwitch *key_switch,
                                     GParamSpec *pspec,
                                     CulvertExportDialog *self)
{
  if (!gtk_switch_get_active (key_switch) || self->key != NULL)
    {
      culvert_export_dialog_update (self);
      return;
    }
  gtk_widget_set_sensitive (GTK_WIDGET (key_switch), FALSE);
  culvert_hub_fetch_key_async (self->hub, self->item, CULVERT_SECRETS_PATIENT_MS,
                               self->cancellable, culvert_export_dialog_key_cb,
                               g_object_ref (self));
}

static void
culvert_export_dialog_plain_switch_cb (GtkSwitch *plain_switch,
                                       GParamSpec *pspec,
                                       CulvertExportDialog *self)
{
  culvert_export_dialog_update (self);
}

/* -- GObject ----------------------------------------------------------------------------------- */

static void
culvert_export_dialog_dispose (GObject *object)
{
  CulvertExportDialog *self = (CulvertExportDialog *) object;

  g_cancellable_cancel (self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_EXPORT_DIALOG);
  G_OBJECT_CLASS (culvert_export_dialog_parent_class)->dispose (object);
}

static void
culvert_export_dialog_finalize (GObject *object)
{
  CulvertExportDialog *self = (CulvertExportDialog *) object;

  culvert_secrets_free_key (self->key);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->item);
  g_clear_object (&self->hub);
  G_OBJECT_CLASS (culvert_export_dialog_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, CulvertExportDialog, name)

static void
culvert_export_dialog_class_init (CulvertExportDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = culvert_export_dialog_dispose;
  object_class->finalize = culvert_export_dialog_finalize;
  g_type_ensure (CULVERT_TYPE_QR_CODE);
  g_type_ensure (CULVERT_TYPE_TEXT_CARD);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-export-dialog.ui");
  BIND (toasts);
  BIND (key_switch);
  BIND (plain_switch);
  BIND (json_card);
  BIND (command_card);
  BIND (link_card);
  BIND (link_page);
  BIND (qr_page);
  BIND (qr_code);
  BIND (qr_label);
  gtk_widget_class_bind_template_callback (widget_class, culvert_export_dialog_key_switch_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_export_dialog_plain_switch_cb);
}

static void
culvert_export_dialog_init (CulvertExportDialog *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

CulvertExportDialog *
culvert_export_dialog_new (CulvertHub *hub, CulvertHubItem *item)
{
  CulvertExportDialog *self = g_object_new (CULVERT_TYPE_EXPORT_DIALOG, NULL);
  const char *name = culvert_profile_get_name (culvert_hub_item_get_profile (item));
  g_autofree char *file_name = g_strconcat (name, ".json", NULL);
  g_autofree char *title = NULL;

  self->hub = g_object_ref (hub);
  self->item = g_object_ref (item);
  /* translators: the name of a profile */
  title = g_strdup_printf (_("Export “%s”"), name);
  gtk_window_set_title (GTK_WINDOW (self), title);
  g_strdelimit (file_name, G_DIR_SEPARATOR_S, '-');
  culvert_text_card_set_file_name (self->json_card, file_name);
  culvert_export_dialog_update (self);
  return self;
}

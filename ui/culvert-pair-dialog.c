/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-pair-dialog.h"

#include "culvert-export.h"
#include "culvert-names.h"
#include "culvert-pair.h"
#include "culvert-secrets.h"
#include "culvert-text-card.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _CulvertPairDialog
{
  AdwWindow parent_instance;

  CulvertHub *hub;
  CulvertHubItem *item;
  GCancellable *cancellable; /* of the keyring, until the dialog goes */
  char *key;                 /* (nullable) the secret of both ends */

  AdwToastOverlay *toasts;
  AdwWindowTitle *window_title;
  GtkEditable *address_row;
  GtkWidget *key_row;
  GtkLabel *locked_label;
  CulvertTextCard *json_card;
  CulvertTextCard *unit_card;
  CulvertTextCard *docker_card;
  CulvertTextCard *nft_card;
  CulvertTextCard *ufw_card;
};

G_DEFINE_FINAL_TYPE (CulvertPairDialog, culvert_pair_dialog, ADW_TYPE_WINDOW)

/* -- texts --------------------------------------------------------------------------------- */

/* Takes the text; NULL hides the card. */
static void
culvert_pair_dialog_take_text (CulvertTextCard *card, char *text)
{
  gtk_widget_set_visible (GTK_WIDGET (card), text != NULL);
  if (text != NULL)
    culvert_text_card_set_text (card, text);
  /* The secret may be in it. */
  culvert_secrets_free_key (text);
}

static void
culvert_pair_dialog_update (CulvertPairDialog *self)
{
  g_autoptr (CulvertProfile) own = culvert_profile_dup (culvert_hub_item_get_profile (self->item));
  g_autoptr (CulvertProfile) peer = NULL;
  g_autofree char *address = g_strstrip (g_strdup (gtk_editable_get_text (self->address_row)));
  g_autofree char *path = NULL;
  g_autofree char *base = NULL;

  if (self->key != NULL)
    culvert_profile_set_key (own, self->key);
  peer = culvert_pair_mirror (own, address[0] != '\0' ? address : NULL);
  path = culvert_pair_dup_config_path (peer);
  base = g_path_get_basename (path);
  adw_window_title_set_subtitle (self->window_title, path);
  culvert_pair_dialog_take_text (self->json_card,
                                 culvert_export_json (peer, CULVERT_EXPORT_WITH_KEY));
  culvert_text_card_set_file_name (self->json_card, base);
  culvert_pair_dialog_take_text (self->unit_card, culvert_pair_dup_unit (peer, NULL));
  culvert_pair_dialog_take_text (self->docker_card, culvert_pair_dup_docker (peer, NULL));
  culvert_pair_dialog_take_text (self->nft_card,
                                 culvert_pair_dup_firewall (peer, CULVERT_PAIR_FIREWALL_NFT));
  culvert_pair_dialog_take_text (self->ufw_card,
                                 culvert_pair_dup_firewall (peer, CULVERT_PAIR_FIREWALL_UFW));
}

static void
culvert_pair_dialog_changed_cb (GtkEditable *row, CulvertPairDialog *self)
{
  if (self->item != NULL)
    culvert_pair_dialog_update (self);
}

/* -- the key ------------------------------------------------------------------------------- */

/* The one all the world knows is as good as none. */
static gboolean
culvert_pair_dialog_is_weak (const char *key)
{
  return key == NULL || key[0] == '\0'
         || strcmp (key, culvert_settings (NULL)[CULVERT_SETTING_KEY].client_string) == 0;
}

static void
culvert_pair_dialog_take_key (CulvertPairDialog *self, char *key)
{
  gboolean is_weak = culvert_pair_dialog_is_weak (key);

  culvert_secrets_free_key (self->key);
  self->key = key;
  if (is_weak)
    {
      culvert_secrets_free_key (self->key);
      self->key = culvert_pair_generate_key ();
    }
  gtk_widget_set_visible (self->key_row, is_weak);
  culvert_pair_dialog_update (self);
}

/* Rather than one we cannot read. */
static gboolean
culvert_pair_dialog_has_none (CulvertPairDialog *self, GError *error)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (self->item);

  return g_error_matches (error, CULVERT_SECRETS_ERROR, CULVERT_SECRETS_ERROR_NOT_FOUND)
         && culvert_profile_get_string (profile, CULVERT_SETTING_KEY_FILE)[0] == '\0';
}

static void
culvert_pair_dialog_key_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertPairDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  char *key = culvert_hub_fetch_key_finish (CULVERT_HUB (source), result, &error);

  if (self->key_row == NULL)
    {
      culvert_secrets_free_key (key);
      return;
    }
  if (key == NULL && !culvert_pair_dialog_has_none (self, error))
    {
      /* translators: a message of the keyring */
      text = g_strdup_printf (_("The key is missing in these texts: %s"), error->message);
      gtk_label_set_text (self->locked_label, text);
      gtk_widget_set_visible (GTK_WIDGET (self->locked_label), TRUE);
      return;
    }
  culvert_pair_dialog_take_key (self, key);
}

static void
culvert_pair_dialog_save_key_cb (GtkButton *button, CulvertPairDialog *self)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (self->item);
  g_autoptr (CulvertProfile) draft = culvert_profile_dup (profile);
  g_autoptr (GError) error = NULL;
  g_autofree char *markup = NULL;

  culvert_profile_set_key (draft, self->key);
  if (culvert_hub_apply (self->hub, self->item, draft, &error))
    {
      gtk_widget_set_visible (self->key_row, FALSE);
      adw_toast_overlay_add_toast (self->toasts,
                                   adw_toast_new (_("The new key is in the profile")));
      return;
    }
  markup = g_markup_escape_text (error->message, -1);
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (markup));
}

/* -- GObject ------------------------------------------------------------------------------- */

static void
culvert_pair_dialog_dispose (GObject *object)
{
  CulvertPairDialog *self = (CulvertPairDialog *) object;

  g_cancellable_cancel (self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_PAIR_DIALOG);
  G_OBJECT_CLASS (culvert_pair_dialog_parent_class)->dispose (object);
}

static void
culvert_pair_dialog_finalize (GObject *object)
{
  CulvertPairDialog *self = (CulvertPairDialog *) object;

  culvert_secrets_free_key (self->key);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->item);
  g_clear_object (&self->hub);
  G_OBJECT_CLASS (culvert_pair_dialog_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, CulvertPairDialog, name)

static void
culvert_pair_dialog_class_init (CulvertPairDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = culvert_pair_dialog_dispose;
  object_class->finalize = culvert_pair_dialog_finalize;
  g_type_ensure (CULVERT_TYPE_TEXT_CARD);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-pair-dialog.ui");
  BIND (toasts);
  BIND (window_title);
  BIND (address_row);
  BIND (key_row);
  BIND (locked_label);
  BIND (json_card);
  BIND (unit_card);
  BIND (docker_card);
  BIND (nft_card);
  BIND (ufw_card);
  gtk_widget_class_bind_template_callback (widget_class, culvert_pair_dialog_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_pair_dialog_save_key_cb);
}

static void
culvert_pair_dialog_init (CulvertPairDialog *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  culvert_names_mend (GTK_WIDGET (self));
}

CulvertPairDialog *
culvert_pair_dialog_new (CulvertHub *hub, CulvertHubItem *item)
{
  CulvertPairDialog *self = g_object_new (CULVERT_TYPE_PAIR_DIALOG, NULL);
  CulvertProfile *profile = culvert_hub_item_get_profile (item);
  gboolean is_server = culvert_profile_get_role (profile) == CULVERT_ROLE_SERVER;

  self->hub = g_object_ref (hub);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->address_row),
                                 is_server ? _("Public Name or _Address of This Server")
                                           : _("The Server Shall _Forward to (address:port)"));
  gtk_editable_set_text (self->address_row, is_server ? "" : "127.0.0.1:12948");
  self->item = g_object_ref (item);
  culvert_pair_dialog_update (self);
  culvert_hub_fetch_key_async (hub, item, CULVERT_SECRETS_PATIENT_MS, self->cancellable,
                               culvert_pair_dialog_key_cb, g_object_ref (self));
  return self;
}

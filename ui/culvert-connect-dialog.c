/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-connect-dialog.h"

#include "culvert-field.h"
#include "culvert-import.h"
#include "culvert-names.h"
#include "culvert-pair.h"
#include "culvert-secrets.h"
#include "culvert-settings.h"
#include "culvert-tuning.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _CulvertConnectDialog
{
  AdwWindow parent_instance;

  CulvertHub *hub;
  CulvertProfile *draft;
  gboolean is_updating;   /* rows are being set, nobody types */
  gboolean is_tuned;      /* it came with windows and the like; the answers do not count yet */
  gboolean is_named;      /* the person gave a name; it does not follow the address any more */
  gboolean was_refused;   /* mistakes were shown; from now on at every change */

  AdwToastOverlay *toasts;
  GtkWidget *accept_button;
  GtkWidget *server_row;
  GtkWidget *server_error;
  GtkWidget *listen_row;
  GtkWidget *listen_error;
  GtkWidget *target_row;
  GtkWidget *target_error;
  GtkWidget *key_row;
  GtkWidget *key_error;
  AdwComboRow *use_row;
  GtkSpinButton *down_spin;
  GtkSpinButton *up_spin;
  GtkWidget *local_group;
  GtkWidget *local_row;
  GtkWidget *local_error;
  GtkWidget *name_row;
  GtkWidget *name_error;
  AdwComboRow *crypt_row;
  AdwComboRow *smuxver_row;
  GtkSwitch *comp_switch;
  GtkLabel *meaning_label;
};

G_DEFINE_FINAL_TYPE (CulvertConnectDialog, culvert_connect_dialog, ADW_TYPE_WINDOW)

enum
{
  SIGNAL_CREATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* (transfer full) */
static char *
culvert_connect_dialog_dup_text (GtkWidget *row)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (row))));
}

static gboolean
culvert_connect_dialog_is_server (CulvertConnectDialog *self)
{
  return culvert_profile_get_role (self->draft) == CULVERT_ROLE_SERVER;
}

/* -- what it means ------------------------------------------------------------------------- */

static void
culvert_connect_dialog_tune (CulvertConnectDialog *self)
{
  CulvertTuningAnswers answers = {
    .use = adw_combo_row_get_selected (self->use_row),
    .down_mbit = gtk_spin_button_get_value (self->down_spin),
    .up_mbit = gtk_spin_button_get_value (self->up_spin),
    .loss = -1,
  };

  if (!self->is_tuned)
    culvert_tuning_apply (&answers, culvert_connect_dialog_is_server (self), self->draft);
}

static void
culvert_connect_dialog_explain (CulvertConnectDialog *self)
{
  g_autofree char *summary = culvert_tuning_dup_summary (self->draft, 0);
  /* translators: a sentence about speeds */
  g_autofree char *text =
      g_strdup_printf (_("%s. The round trip is assumed; once connected it is measured."), summary);

  gtk_label_set_text (self->meaning_label, text);
}

/* -- rows and the draft -------------------------------------------------------------------- */

/* From the draft, after it was replaced. */
static void
culvert_connect_dialog_show_draft (CulvertConnectDialog *self)
{
  gboolean is_server = culvert_connect_dialog_is_server (self);
  const char *key = culvert_profile_peek_key (self->draft);
  const char *crypt = culvert_profile_get_string (self->draft, CULVERT_SETTING_CRYPT);

  self->is_updating = TRUE;
  gtk_window_set_title (GTK_WINDOW (self), is_server ? _("New Server") : _("New Connection"));
  gtk_button_set_label (GTK_BUTTON (self->accept_button), is_server ? _("_Start") : _("C_onnect"));
  gtk_widget_set_visible (self->server_row, !is_server);
  gtk_widget_set_visible (self->listen_row, is_server);
  gtk_widget_set_visible (self->target_row, is_server);
  gtk_widget_set_visible (self->local_group, !is_server);
  gtk_editable_set_text (GTK_EDITABLE (self->server_row),
                         culvert_profile_is_given (self->draft, CULVERT_SETTING_REMOTEADDR)
                             ? culvert_profile_get_string (self->draft, CULVERT_SETTING_REMOTEADDR)
                             : "");
  gtk_editable_set_text (GTK_EDITABLE (self->listen_row),
                         culvert_profile_get_string (self->draft, CULVERT_SETTING_LISTEN));
  gtk_editable_set_text (GTK_EDITABLE (self->target_row),
                         culvert_profile_get_string (self->draft, CULVERT_SETTING_TARGET));
  gtk_editable_set_text (GTK_EDITABLE (self->local_row),
                         culvert_profile_get_string (self->draft, CULVERT_SETTING_LOCALADDR));
  gtk_editable_set_text (GTK_EDITABLE (self->key_row), key != NULL ? key : "");
  gtk_editable_set_text (GTK_EDITABLE (self->name_row), culvert_profile_get_name (self->draft));
  for (guint i = 0; culvert_config_cipher_name (i) != NULL; i++)
    if (strcmp (culvert_config_cipher_name (i), crypt) == 0)
      adw_combo_row_set_selected (self->crypt_row, i);
  adw_combo_row_set_selected (
      self->smuxver_row,
      culvert_profile_get_int (self->draft, CULVERT_SETTING_SMUXVER) == 1 ? 0 : 1);
  gtk_switch_set_active (self->comp_switch,
                         !culvert_profile_get_bool (self->draft, CULVERT_SETTING_NOCOMP));
  culvert_names_mend (GTK_WIDGET (self));
  self->is_updating = FALSE;
}

/* The host without its port names a profile well. (transfer full) */
static char *
culvert_connect_dialog_dup_name (CulvertConnectDialog *self, const char *server)
{
  const char *colon = strrchr (server, ':');
  g_autofree char *host = NULL;

  if (culvert_connect_dialog_is_server (self))
    host = g_strdup (_("Server"));
  else
    host = colon != NULL ? g_strndup (server, colon - server) : g_strdup (server);
  if (host[0] == '\0')
    return g_steal_pointer (&host);
  return culvert_profile_store_dup_free_name (culvert_hub_get_store (self->hub), host);
}

static void
culvert_connect_dialog_suggest_name (CulvertConnectDialog *self)
{
  g_autofree char *server = culvert_connect_dialog_dup_text (self->server_row);
  g_autofree char *name = culvert_connect_dialog_dup_name (self, server);

  if (self->is_named)
    return;
  self->is_updating = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->name_row), name);
  self->is_updating = FALSE;
}

/* From the rows. */
static void
culvert_connect_dialog_read_rows (CulvertConnectDialog *self)
{
  g_autofree char *server = culvert_connect_dialog_dup_text (self->server_row);
  g_autofree char *listen = culvert_connect_dialog_dup_text (self->listen_row);
  g_autofree char *target = culvert_connect_dialog_dup_text (self->target_row);
  g_autofree char *local = culvert_connect_dialog_dup_text (self->local_row);
  g_autofree char *name = culvert_connect_dialog_dup_text (self->name_row);

  if (culvert_connect_dialog_is_server (self))
    {
      culvert_profile_set_string (self->draft, CULVERT_SETTING_LISTEN, listen);
      culvert_profile_set_string (self->draft, CULVERT_SETTING_TARGET, target);
    }
  else
    {
      culvert_profile_set_string (self->draft, CULVERT_SETTING_REMOTEADDR, server);
      culvert_profile_set_string (self->draft, CULVERT_SETTING_LOCALADDR, local);
    }
  culvert_profile_set_name (self->draft, name);
  culvert_profile_set_key (self->draft, gtk_editable_get_text (GTK_EDITABLE (self->key_row)));
}

/* -- mistakes ------------------------------------------------------------------------------ */

/* Shows what is wrong with one setting; returns whether something is. */
static gboolean
culvert_connect_dialog_check (CulvertConnectDialog *self,
                              CulvertSettingId id,
                              GtkWidget *row,
                              GtkWidget *error_row)
{
  g_autofree char *text = culvert_connect_dialog_dup_text (row);
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (text));
  g_autoptr (GError) error = NULL;

  if (!gtk_widget_get_visible (row)
      || culvert_profile_check_setting (self->draft, id, value, &error))
    {
      culvert_field_set_error (row, error_row, NULL);
      return FALSE;
    }
  culvert_field_set_error (row, error_row, error->message);
  return TRUE;
}

static gboolean
culvert_connect_dialog_check_empty (GtkWidget *row, GtkWidget *error_row, const char *message)
{
  g_autofree char *text = culvert_connect_dialog_dup_text (row);
  gboolean is_wrong = gtk_widget_get_visible (row) && text[0] == '\0';

  culvert_field_set_error (row, error_row, is_wrong ? message : NULL);
  return is_wrong;
}

/* The first row with a mistake, all of them marked, or NULL. */
static GtkWidget *
culvert_connect_dialog_find_mistake (CulvertConnectDialog *self)
{
  GtkWidget *first = NULL;

  if (culvert_connect_dialog_check_empty (self->name_row, self->name_error,
                                          _("Give the profile a name")))
    first = self->name_row;
  if (culvert_connect_dialog_check (self, CULVERT_SETTING_LOCALADDR, self->local_row,
                                    self->local_error))
    first = self->local_row;
  if (culvert_connect_dialog_check_empty (self->key_row, self->key_error,
                                          _("Enter the key of the server, or generate one and set "
                                            "up the server with it")))
    first = self->key_row;
  if (culvert_connect_dialog_check (self, CULVERT_SETTING_TARGET, self->target_row,
                                    self->target_error))
    first = self->target_row;
  if (culvert_connect_dialog_check (self, CULVERT_SETTING_LISTEN, self->listen_row,
                                    self->listen_error))
    first = self->listen_row;
  if (culvert_connect_dialog_check_empty (self->server_row, self->server_error,
                                          _("Enter the address of the server, for example "
                                            "vpn.example.com:29900"))
      || culvert_connect_dialog_check (self, CULVERT_SETTING_REMOTEADDR, self->server_row,
                                       self->server_error))
    first = self->server_row;
  return first;
}

/* -- what the person does ------------------------------------------------------------------ */

/* A whole configuration where an address was expected. FALSE: it is none. */
static gboolean
culvert_connect_dialog_take_over (CulvertConnectDialog *self, const char *text)
{
  g_autoptr (GListModel) found = NULL;
  g_autoptr (CulvertImportItem) item = NULL;
  g_autofree char *name = NULL;

  if (!culvert_import_looks_useful (text))
    return FALSE;
  found = culvert_import_text (text, -1, _("Clipboard"), NULL);
  if (found == NULL)
    return FALSE;
  item = g_list_model_get_item (found, 0);
  g_set_object (&self->draft, culvert_import_item_get_profile (item));
  name = culvert_profile_store_dup_free_name (culvert_hub_get_store (self->hub),
                                              culvert_profile_get_name (self->draft));
  culvert_profile_set_name (self->draft, name);
  self->is_tuned = TRUE;
  self->is_named = TRUE;
  culvert_connect_dialog_show_draft (self);
  culvert_connect_dialog_explain (self);
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (_("The configuration was taken over")));
  return TRUE;
}

static void
culvert_connect_dialog_changed_cb (GtkEditable *row, CulvertConnectDialog *self)
{
  if (self->hub == NULL || self->is_updating)
    return;
  if (GTK_WIDGET (row) == self->server_row
      && culvert_connect_dialog_take_over (self, gtk_editable_get_text (row)))
    return;
  if (GTK_WIDGET (row) == self->name_row)
    self->is_named = gtk_editable_get_text (row)[0] != '\0';
  if (GTK_WIDGET (row) == self->server_row)
    culvert_connect_dialog_suggest_name (self);
  if (!self->was_refused)
    return;
  culvert_connect_dialog_read_rows (self);
  (void) culvert_connect_dialog_find_mistake (self);
}

static void
culvert_connect_dialog_answered_cb (GtkSpinButton *spin, CulvertConnectDialog *self)
{
  if (self->hub == NULL || self->is_updating)
    return;
  self->is_tuned = FALSE;
  culvert_connect_dialog_tune (self);
  culvert_connect_dialog_explain (self);
}

static void
culvert_connect_dialog_use_cb (AdwComboRow *row, GParamSpec *pspec, CulvertConnectDialog *self)
{
  guint use = adw_combo_row_get_selected (row);

  if (use >= CULVERT_TUNING_N_USES)
    return;
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), culvert_tuning_use_get_subtitle (use));
  culvert_connect_dialog_answered_cb (NULL, self);
}

static void
culvert_connect_dialog_match_cb (GtkWidget *row, GParamSpec *pspec, CulvertConnectDialog *self)
{
  if (self->hub == NULL || self->is_updating)
    return;
  culvert_profile_set_string (self->draft, CULVERT_SETTING_CRYPT,
                              culvert_config_cipher_name (
                                  adw_combo_row_get_selected (self->crypt_row)));
  culvert_profile_set_int (self->draft, CULVERT_SETTING_SMUXVER,
                           adw_combo_row_get_selected (self->smuxver_row) + 1);
  culvert_profile_set_bool (self->draft, CULVERT_SETTING_NOCOMP,
                            !gtk_switch_get_active (self->comp_switch));
  culvert_connect_dialog_explain (self);
}

static void
culvert_connect_dialog_generate_cb (GtkButton *button, CulvertConnectDialog *self)
{
  char *key = culvert_pair_generate_key ();

  gtk_editable_set_text (GTK_EDITABLE (self->key_row), key);
  culvert_secrets_free_key (key);
}

static void
culvert_connect_dialog_pasted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertConnectDialog) self = user_data;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);

  if (text != NULL && self->key_row != NULL)
    gtk_editable_set_text (GTK_EDITABLE (self->key_row), g_strstrip (text));
}

static void
culvert_connect_dialog_paste_cb (GtkButton *button, CulvertConnectDialog *self)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), NULL,
                                 culvert_connect_dialog_pasted_cb, g_object_ref (self));
}

static void
culvert_connect_dialog_accept_cb (GtkButton *button, CulvertConnectDialog *self)
{
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GSettings) settings = NULL;
  g_autoptr (GError) error = NULL;
  CulvertHubItem *item;
  GtkWidget *mistake;

  culvert_connect_dialog_read_rows (self);
  mistake = culvert_connect_dialog_find_mistake (self);
  if (mistake != NULL)
    {
      self->was_refused = TRUE;
      gtk_widget_grab_focus (mistake);
      return;
    }
  config = culvert_profile_new_config (self->draft, &error);
  if (config == NULL)
    {
      /* Of something a pasted configuration brought. */
      culvert_field_set_error (self->server_row, self->server_error, error->message);
      return;
    }
  settings = culvert_settings_new ();
  culvert_profile_set_key_store (self->draft, culvert_settings_get_key_store (settings));
  item = culvert_hub_add_profile (self->hub, self->draft);
  culvert_hub_connect (self->hub, item);
  g_signal_emit (self, signals[SIGNAL_CREATED], 0, item);
  gtk_window_close (GTK_WINDOW (self));
}

/* -- GObject ------------------------------------------------------------------------------- */

static void
culvert_connect_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_CONNECT_DIALOG);
  G_OBJECT_CLASS (culvert_connect_dialog_parent_class)->dispose (object);
}

static void
culvert_connect_dialog_finalize (GObject *object)
{
  CulvertConnectDialog *self = (CulvertConnectDialog *) object;

  g_clear_object (&self->hub);
  g_clear_object (&self->draft);
  G_OBJECT_CLASS (culvert_connect_dialog_parent_class)->finalize (object);
}

#define BIND(name) \
  gtk_widget_class_bind_template_child (widget_class, CulvertConnectDialog, name)

static void
culvert_connect_dialog_bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-connect-dialog.ui");
  BIND (toasts);
  BIND (accept_button);
  BIND (server_row);
  BIND (server_error);
  BIND (listen_row);
  BIND (listen_error);
  BIND (target_row);
  BIND (target_error);
  BIND (key_row);
  BIND (key_error);
  BIND (use_row);
  BIND (down_spin);
  BIND (up_spin);
  BIND (local_group);
  BIND (local_row);
  BIND (local_error);
  BIND (name_row);
  BIND (name_error);
  BIND (crypt_row);
  BIND (smuxver_row);
  BIND (comp_switch);
  BIND (meaning_label);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connect_dialog_accept_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connect_dialog_answered_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connect_dialog_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connect_dialog_generate_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connect_dialog_match_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connect_dialog_paste_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_connect_dialog_use_cb);
}

static void
culvert_connect_dialog_class_init (CulvertConnectDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = culvert_connect_dialog_dispose;
  object_class->finalize = culvert_connect_dialog_finalize;
  signals[SIGNAL_CREATED] = g_signal_new ("created", CULVERT_TYPE_CONNECT_DIALOG,
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                          CULVERT_TYPE_HUB_ITEM);
  culvert_connect_dialog_bind_template (GTK_WIDGET_CLASS (klass));
}

static void
culvert_connect_dialog_init (CulvertConnectDialog *self)
{
  g_autoptr (GtkStringList) uses = gtk_string_list_new (NULL);
  g_autoptr (GtkStringList) ciphers = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < CULVERT_TUNING_N_USES; i++)
    gtk_string_list_append (uses, culvert_tuning_use_get_title (i));
  for (guint i = 0; culvert_config_cipher_name (i) != NULL; i++)
    gtk_string_list_append (ciphers, culvert_config_cipher_name (i));
  adw_combo_row_set_model (self->use_row, G_LIST_MODEL (uses));
  adw_combo_row_set_selected (self->use_row, CULVERT_TUNING_BROWSING);
  adw_combo_row_set_model (self->crypt_row, G_LIST_MODEL (ciphers));
}

CulvertConnectDialog *
culvert_connect_dialog_new (CulvertHub *hub, CulvertRole role)
{
  CulvertConnectDialog *self = g_object_new (CULVERT_TYPE_CONNECT_DIALOG, NULL);
  g_autofree char *local = NULL;

  self->draft = culvert_profile_new (role, NULL);
  if (role == CULVERT_ROLE_CLIENT)
    {
      local = culvert_profile_store_dup_free_address (culvert_hub_get_store (hub));
      culvert_profile_set_string (self->draft, CULVERT_SETTING_LOCALADDR, local);
    }
  self->hub = g_object_ref (hub);
  culvert_connect_dialog_show_draft (self);
  if (role == CULVERT_ROLE_SERVER)
    culvert_connect_dialog_suggest_name (self);
  culvert_connect_dialog_tune (self);
  culvert_connect_dialog_explain (self);
  gtk_window_set_focus (GTK_WINDOW (self),
                        role == CULVERT_ROLE_SERVER ? self->key_row : self->server_row);
  return self;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-preferences-window.h"

#include "culvert-autostart.h"
#include "culvert-secrets.h"
#include "culvert-settings.h"

#include <glib/gi18n-lib.h>

struct _CulvertPreferencesWindow
{
  AdwPreferencesWindow parent_instance;

  GSettings *settings; /* (nullable) */
  gboolean is_reading; /* rows are being set, nobody chooses */

  GtkSwitch *autostart_switch;
  GtkWidget *close_row;
  GtkSwitch *close_switch;
  GtkWidget *notify_row;
  GtkSwitch *notify_switch;
  AdwComboRow *style_row;
  GtkWidget *expert_row;
  GtkSwitch *expert_switch;
  AdwComboRow *key_store_row;
};

G_DEFINE_FINAL_TYPE (CulvertPreferencesWindow,
                     culvert_preferences_window,
                     ADW_TYPE_PREFERENCES_WINDOW)

/* In the order of the rows' choices. */
static const char *const styles[] = { "default", "light", "dark" };
static const char *const key_stores[] = { "keyring", "file" };

/* -- style --------------------------------------------------------------------------------- */

static void
culvert_preferences_style_cb (GSettings *settings, const char *key, gpointer user_data)
{
  g_autofree char *style = g_settings_get_string (settings, CULVERT_SETTINGS_COLOR_SCHEME);
  AdwColorScheme scheme = ADW_COLOR_SCHEME_DEFAULT;

  if (g_strcmp0 (style, "light") == 0)
    scheme = ADW_COLOR_SCHEME_FORCE_LIGHT;
  else if (g_strcmp0 (style, "dark") == 0)
    scheme = ADW_COLOR_SCHEME_FORCE_DARK;
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), scheme);
}

void
culvert_preferences_follow_style (GSettings *settings)
{
  g_signal_connect (settings, "changed::" CULVERT_SETTINGS_COLOR_SCHEME,
                    G_CALLBACK (culvert_preferences_style_cb), NULL);
  culvert_preferences_style_cb (settings, NULL, NULL);
}

/* -- rows ---------------------------------------------------------------------------------- */

static void
culvert_preferences_window_autostart_cb (GtkSwitch *autostart_switch,
                                         GParamSpec *pspec,
                                         CulvertPreferencesWindow *self)
{
  gboolean is_on = gtk_switch_get_active (autostart_switch);
  g_autoptr (GError) error = NULL;
  g_autofree char *markup = NULL;

  if (self->is_reading || culvert_autostart_set (is_on, &error))
    return;
  markup = g_markup_escape_text (error->message, -1);
  adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (self), adw_toast_new (markup));
  self->is_reading = TRUE;
  gtk_switch_set_active (autostart_switch, !is_on);
  self->is_reading = FALSE;
}

static void
culvert_preferences_window_style_cb (AdwComboRow *row,
                                     GParamSpec *pspec,
                                     CulvertPreferencesWindow *self)
{
  guint choice = adw_combo_row_get_selected (row);

  if (self->settings != NULL && !self->is_reading && choice < G_N_ELEMENTS (styles))
    g_settings_set_string (self->settings, CULVERT_SETTINGS_COLOR_SCHEME, styles[choice]);
}

static void
culvert_preferences_window_key_store_cb (AdwComboRow *row,
                                         GParamSpec *pspec,
                                         CulvertPreferencesWindow *self)
{
  guint choice = adw_combo_row_get_selected (row);

  if (self->settings != NULL && !self->is_reading && choice < G_N_ELEMENTS (key_stores))
    g_settings_set_string (self->settings, CULVERT_SETTINGS_KEY_STORE, key_stores[choice]);
}

static void
culvert_preferences_window_read_choice (CulvertPreferencesWindow *self,
                                        const char *key,
                                        AdwComboRow *row,
                                        const char *const *values,
                                        guint n_values)
{
  g_autofree char *value = g_settings_get_string (self->settings, key);

  for (guint i = 0; i < n_values; i++)
    if (g_strcmp0 (values[i], value) == 0)
      adw_combo_row_set_selected (row, i);
}

static void
culvert_preferences_window_read (CulvertPreferencesWindow *self)
{
  self->is_reading = TRUE;
  gtk_switch_set_active (self->autostart_switch, culvert_autostart_get ());
  gtk_widget_set_sensitive (self->close_row, self->settings != NULL);
  gtk_widget_set_sensitive (self->notify_row, self->settings != NULL);
  gtk_widget_set_sensitive (GTK_WIDGET (self->style_row), self->settings != NULL);
  gtk_widget_set_sensitive (self->expert_row, self->settings != NULL);
  gtk_widget_set_sensitive (GTK_WIDGET (self->key_store_row),
                            self->settings != NULL && culvert_secrets_is_supported ());
  if (self->settings != NULL)
    {
      g_settings_bind (self->settings, CULVERT_SETTINGS_CLOSE_TO_TRAY, self->close_switch,
                       "active", G_SETTINGS_BIND_DEFAULT);
      g_settings_bind (self->settings, CULVERT_SETTINGS_NOTIFY, self->notify_switch, "active",
                       G_SETTINGS_BIND_DEFAULT);
      g_settings_bind (self->settings, CULVERT_SETTINGS_EXPERT, self->expert_switch, "active",
                       G_SETTINGS_BIND_DEFAULT);
      culvert_preferences_window_read_choice (self, CULVERT_SETTINGS_COLOR_SCHEME, self->style_row,
                                              styles, G_N_ELEMENTS (styles));
      culvert_preferences_window_read_choice (self, CULVERT_SETTINGS_KEY_STORE,
                                              self->key_store_row, key_stores,
                                              G_N_ELEMENTS (key_stores));
    }
  if (!culvert_secrets_is_supported ())
    {
      adw_combo_row_set_selected (self->key_store_row, 1);
      adw_action_row_set_subtitle (ADW_ACTION_ROW (self->key_store_row),
                                   _("This build has no keyring"));
    }
  self->is_reading = FALSE;
}

/* -- GObject ------------------------------------------------------------------------------- */

static void
culvert_preferences_window_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_PREFERENCES_WINDOW);
  G_OBJECT_CLASS (culvert_preferences_window_parent_class)->dispose (object);
}

static void
culvert_preferences_window_finalize (GObject *object)
{
  g_clear_object (&((CulvertPreferencesWindow *) object)->settings);
  G_OBJECT_CLASS (culvert_preferences_window_parent_class)->finalize (object);
}

#define BIND(name) \
  gtk_widget_class_bind_template_child (widget_class, CulvertPreferencesWindow, name)

static void
culvert_preferences_window_class_init (CulvertPreferencesWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = culvert_preferences_window_dispose;
  object_class->finalize = culvert_preferences_window_finalize;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-preferences-window.ui");
  BIND (autostart_switch);
  BIND (close_row);
  BIND (close_switch);
  BIND (notify_row);
  BIND (notify_switch);
  BIND (style_row);
  BIND (expert_row);
  BIND (expert_switch);
  BIND (key_store_row);
  gtk_widget_class_bind_template_callback (widget_class, culvert_preferences_window_autostart_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_preferences_window_key_store_cb);
  gtk_widget_class_bind_template_callback (widget_class, culvert_preferences_window_style_cb);
}

static void
culvert_preferences_window_init (CulvertPreferencesWindow *self)
{
  self->is_reading = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->settings = culvert_settings_new ();
  culvert_preferences_window_read (self);
}

CulvertPreferencesWindow *
culvert_preferences_window_new (void)
{
  return g_object_new (CULVERT_TYPE_PREFERENCES_WINDOW, NULL);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-check-panel.h"

#include "culvert-check-fix.h"
#include "culvert-format.h"
#include "culvert-secrets.h"
#include "culvert-tile.h"

#include <glib/gi18n-lib.h>

/* For a person to unlock the keyring. */
#define KEY_TIMEOUT_MS 60000

struct _CulvertCheckPanel
{
  AdwBin parent_instance;

  GtkStack *stack;
  GtkLabel *step;
  GtkImage *icon;
  GtkLabel *sentence;
  GtkLabel *details;
  GtkFlowBox *buttons; /* a fix each, then “Check Again” */
  GtkWidget *check_button;
  GtkWidget *cancel_button;
  GtkWidget *again_button;

  CulvertHub *hub;
  CulvertHubItem *item;
  GCancellable *cancellable; /* of the check under way */
  CulvertCheckResult *result;
  GPtrArray *fixes; /* (nullable), of CulvertCheckFix */
};

/* A check under way; it outlives another item and the panel. */
typedef struct
{
  CulvertCheckPanel *panel;
  GCancellable *cancellable;
  CulvertProfile *profile;
} CulvertCheckRun;

enum
{
  PROP_0,
  PROP_IS_RUNNING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CulvertCheckPanel, culvert_check_panel, ADW_TYPE_BIN)

static void
culvert_check_run_free (CulvertCheckRun *run)
{
  g_object_unref (run->panel);
  g_object_unref (run->cancellable);
  g_object_unref (run->profile);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CulvertCheckRun, culvert_check_run_free)

/* Whether its panel still waits for this run. */
static gboolean
culvert_check_run_is_current (CulvertCheckRun *run)
{
  return run->panel->cancellable == run->cancellable;
}

/* -- what is shown ------------------------------------------------------------------------ */

static void
culvert_check_panel_fix_cb (GtkButton *button, CulvertCheckPanel *self);

/* Before the button that is always there. */
static GtkWidget *
culvert_check_panel_add_button (CulvertCheckPanel *self, guint i)
{
  const CulvertCheckFix *fix = self->fixes->pdata[i];
  GtkWidget *button = gtk_button_new_with_label (fix->label);

  if (i == 0)
    gtk_widget_add_css_class (button, "suggested-action");
  g_object_set_data (G_OBJECT (button), "culvert-fix", GUINT_TO_POINTER (i));
  g_signal_connect_object (button, "clicked", G_CALLBACK (culvert_check_panel_fix_cb), self, 0);
  gtk_flow_box_insert (self->buttons, culvert_tile_new (button), (int) i);
  return button;
}

/* What has the focus when the verdict is there. (transfer none) */
static GtkWidget *
culvert_check_panel_update_buttons (CulvertCheckPanel *self)
{
  guint n_fixes = self->fixes != NULL ? self->fixes->len : 0;
  GtkFlowBoxChild *child;
  GtkWidget *first = self->again_button;

  /* Of the verdict before. */
  while ((child = gtk_flow_box_get_child_at_index (self->buttons, 1)) != NULL)
    gtk_flow_box_remove (self->buttons,
                         GTK_WIDGET (gtk_flow_box_get_child_at_index (self->buttons, 0)));
  for (guint i = 0; i < n_fixes; i++)
    {
      GtkWidget *button = culvert_check_panel_add_button (self, i);

      first = i == 0 ? button : first;
    }
  return first;
}

/* The focus stays with the panel when the button that had it goes. */
static void
culvert_check_panel_show (CulvertCheckPanel *self, const char *name, GtkWidget *focus)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *old = root != NULL ? gtk_root_get_focus (root) : NULL;
  gboolean had_focus = old != NULL && gtk_widget_is_ancestor (old, GTK_WIDGET (self));

  gtk_stack_set_visible_child_name (self->stack, name);
  if (had_focus)
    gtk_widget_grab_focus (focus);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_RUNNING]);
}

static void
culvert_check_panel_tell (CulvertCheckPanel *self,
                          gboolean is_good,
                          const char *sentence,
                          const char *details)
{
  gtk_image_set_from_icon_name (self->icon,
                                is_good ? "emblem-ok-symbolic" : "dialog-warning-symbolic");
  gtk_widget_remove_css_class (GTK_WIDGET (self->icon), is_good ? "warning" : "success");
  gtk_widget_add_css_class (GTK_WIDGET (self->icon), is_good ? "success" : "warning");
  gtk_label_set_label (self->sentence, sentence);
  gtk_label_set_label (self->details, details);
  gtk_widget_set_visible (GTK_WIDGET (self->details), details[0] != '\0');
  culvert_check_panel_show (self, "done", culvert_check_panel_update_buttons (self));
}

/* What was measured; empty when nothing answered. (transfer full) */
static char *
culvert_check_panel_dup_details (const CulvertCheckResult *result)
{
  g_autofree char *average = NULL;
  g_autofree char *jitter = NULL;

  if (result->n_answers == 0)
    return g_strdup ("");
  average = culvert_format_round_trip ((double) result->rtt_avg_us / G_USEC_PER_SEC);
  jitter = culvert_format_round_trip ((double) result->jitter_us / G_USEC_PER_SEC);
  /* translators: a time, its variation, and two numbers of packets */
  return g_strdup_printf (_("Round trip %s ± %s; %u of %u probes were answered"), average, jitter,
                          result->n_answers, result->n_probes);
}

static void
culvert_check_panel_forget (CulvertCheckPanel *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->result, culvert_check_result_free);
  g_clear_pointer (&self->fixes, g_ptr_array_unref);
}

/* Ends a check under way, too. */
static void
culvert_check_panel_dismiss (CulvertCheckPanel *self)
{
  culvert_check_panel_forget (self);
  culvert_check_panel_show (self, "idle", self->check_button);
}

/* -- a check ------------------------------------------------------------------------------ */

static void
culvert_check_panel_fail (CulvertCheckPanel *self, const char *message)
{
  g_clear_object (&self->cancellable);
  culvert_check_panel_tell (self, FALSE, message, "");
}

static void
culvert_check_panel_take_result (CulvertCheckPanel *self, CulvertCheckResult *result)
{
  g_autofree char *details = culvert_check_panel_dup_details (result);

  g_clear_object (&self->cancellable);
  self->result = result;
  self->fixes = culvert_check_fix_list (culvert_hub_item_get_profile (self->item), result);
  culvert_hub_item_note_check (self->item, result);
  culvert_check_panel_tell (self, result->verdict == CULVERT_CHECK_OK, result->sentence, details);
}

static void
culvert_check_panel_checked_cb (GObject *source, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (CulvertCheckRun) run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (CulvertCheckResult) result = culvert_check_finish (async_result, &error);

  if (!culvert_check_run_is_current (run))
    return;
  if (result != NULL)
    culvert_check_panel_take_result (run->panel, g_steal_pointer (&result));
  else
    culvert_check_panel_fail (run->panel, error->message);
}

static void
culvert_check_panel_progress_cb (const char *step, gpointer user_data)
{
  CulvertCheckRun *run = user_data;

  if (culvert_check_run_is_current (run))
    gtk_label_set_label (run->panel->step, step);
}

static void
culvert_check_panel_begin (CulvertCheckRun *run)
{
  static const CulvertCheckOptions options = CULVERT_CHECK_OPTIONS_DEFAULT;
  CulvertCheckPanel *self = run->panel;
  g_autoptr (GError) error = NULL;
  g_autoptr (CulvertConfig) config = culvert_profile_new_config (run->profile, &error);

  if (config == NULL)
    {
      culvert_check_panel_fail (self, error->message);
      culvert_check_run_free (run);
      return;
    }
  culvert_check_async (config, &options, run->cancellable, culvert_check_panel_progress_cb, run,
                       culvert_check_panel_checked_cb, run);
}

static void
culvert_check_panel_key_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CulvertCheckRun) run = user_data;
  g_autoptr (GError) error = NULL;
  char *key = culvert_hub_fetch_key_finish (CULVERT_HUB (source), result, &error);

  if (!culvert_check_run_is_current (run))
    {
      culvert_secrets_free_key (key);
      return;
    }
  if (key == NULL)
    {
      culvert_check_panel_fail (run->panel, error->message);
      return;
    }
  culvert_profile_set_key (run->profile, key);
  culvert_secrets_free_key (key);
  culvert_check_panel_begin (g_steal_pointer (&run));
}

void
culvert_check_panel_start (CulvertCheckPanel *panel)
{
  CulvertCheckRun *run;

  g_return_if_fail (CULVERT_IS_CHECK_PANEL (panel));
  if (panel->item == NULL)
    return;
  culvert_check_panel_forget (panel);
  panel->cancellable = g_cancellable_new ();
  run = g_new0 (CulvertCheckRun, 1);
  run->panel = g_object_ref (panel);
  run->cancellable = g_object_ref (panel->cancellable);
  run->profile = culvert_profile_dup (culvert_hub_item_get_profile (panel->item));
  gtk_label_set_label (panel->step, _("Checking…"));
  culvert_check_panel_show (panel, "running", panel->cancel_button);
  /* A key in the keyring is asked for; without any, kcptun's default key is meant. */
  if (culvert_profile_peek_key (run->profile) == NULL
      && culvert_profile_get_key_store (run->profile) == CULVERT_KEY_STORE_KEYRING)
    culvert_hub_fetch_key_async (panel->hub, panel->item, KEY_TIMEOUT_MS, run->cancellable,
                                 culvert_check_panel_key_cb, run);
  else
    culvert_check_panel_begin (run);
}

/* Applies the draft, and looks whether it helped. */
static void
culvert_check_panel_apply (CulvertCheckPanel *self, CulvertProfile *fixed)
{
  g_autoptr (CulvertProfile) draft = g_object_ref (fixed);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->fixes, g_ptr_array_unref);
  if (culvert_hub_apply (self->hub, self->item, draft, &error))
    culvert_check_panel_start (self);
  else
    culvert_check_panel_fail (self, error->message);
}

static void
culvert_check_panel_fix_cb (GtkButton *button, CulvertCheckPanel *self)
{
  guint i = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "culvert-fix"));
  CulvertProfile *profile = culvert_hub_item_get_profile (self->item);
  const CulvertCheckFix *fix = self->fixes->pdata[i];

  switch (fix->kind)
    {
    case CULVERT_CHECK_FIX_APPLY:
      culvert_check_panel_apply (self, fix->draft);
      break;
    case CULVERT_CHECK_FIX_SETTING:
      gtk_widget_activate_action (GTK_WIDGET (self), "win.setting", "s",
                                  culvert_settings (NULL)[fix->setting].key);
      break;
    case CULVERT_CHECK_FIX_PEER:
      gtk_widget_activate_action (GTK_WIDGET (self), "win.pair-profile", "s",
                                  culvert_profile_get_uuid (profile));
      break;
    }
}

/* -- GObject ------------------------------------------------------------------------------ */

static void
culvert_check_panel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertCheckPanel *self = (CulvertCheckPanel *) object;

  switch (id)
    {
    case PROP_IS_RUNNING:
      g_value_set_boolean (value, self->cancellable != NULL);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_check_panel_dispose (GObject *object)
{
  CulvertCheckPanel *self = (CulvertCheckPanel *) object;

  culvert_check_panel_forget (self);
  g_clear_object (&self->item);
  g_clear_object (&self->hub);
  /* The template would take the child away from under the bin. */
  adw_bin_set_child (ADW_BIN (object), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), CULVERT_TYPE_CHECK_PANEL);
  G_OBJECT_CLASS (culvert_check_panel_parent_class)->dispose (object);
}

static void
culvert_check_panel_class_init (CulvertCheckPanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = culvert_check_panel_get_property;
  object_class->dispose = culvert_check_panel_dispose;
  properties[PROP_IS_RUNNING] = g_param_spec_boolean ("is-running", NULL, NULL, FALSE,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (CULVERT_TYPE_TILE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/culvert/Culvert/ui/culvert-check-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, stack);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, step);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, icon);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, sentence);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, details);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, buttons);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, check_button);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, CulvertCheckPanel, again_button);
  gtk_widget_class_bind_template_callback (widget_class, culvert_check_panel_start);
  gtk_widget_class_bind_template_callback (widget_class, culvert_check_panel_dismiss);
}

static void
culvert_check_panel_init (CulvertCheckPanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
culvert_check_panel_set_item (CulvertCheckPanel *panel, CulvertHub *hub, CulvertHubItem *item)
{
  g_return_if_fail (CULVERT_IS_CHECK_PANEL (panel));
  g_set_object (&panel->hub, hub);
  if (!g_set_object (&panel->item, item))
    return;
  culvert_check_panel_forget (panel);
  culvert_check_panel_show (panel, "idle", panel->check_button);
}

const CulvertCheckResult *
culvert_check_panel_get_result (CulvertCheckPanel *panel)
{
  g_return_val_if_fail (CULVERT_IS_CHECK_PANEL (panel), NULL);
  return panel->result;
}

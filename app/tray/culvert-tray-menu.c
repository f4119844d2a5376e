/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "tray/culvert-tray-menu.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PROFILE_ACTION "profile-"
/* Rows above the profiles: the state in words. It has no action, so it cannot be chosen. */
#define HEADING 1

struct _CulvertTrayProfiles
{
  GMenuModel parent_instance;

  GWeakRef hub;
  GPtrArray *rows; /* CulvertTrayRow, as they were told to those who look */
};

typedef struct
{
  char *label;
  char *action; /* (nullable) */
} CulvertTrayRow;

G_DEFINE_FINAL_TYPE (CulvertTrayProfiles, culvert_tray_profiles, G_TYPE_MENU_MODEL)

static void
culvert_tray_row_free (gpointer data)
{
  CulvertTrayRow *row = data;

  g_free (row->label);
  g_free (row->action);
  g_free (row);
}

/* -- labels -------------------------------------------------------------- */

/* An underscore in a name is no mnemonic. */
static char *
culvert_tray_dup_name (CulvertHubItem *item)
{
  const char *name = culvert_profile_get_name (culvert_hub_item_get_profile (item));
  g_auto (GStrv) parts = g_strsplit (name, "_", -1);

  return g_strjoinv ("__", parts);
}

static char *
culvert_tray_dup_label (CulvertHubItem *item)
{
  CulvertPhase phase = culvert_hub_item_get_phase (item);
  CulvertRole role = culvert_profile_get_role (culvert_hub_item_get_profile (item));
  g_autofree char *name = culvert_tray_dup_name (item);
  g_autofree char *down = NULL;
  g_autofree char *up = NULL;

  if (phase == CULVERT_PHASE_OFF)
    return g_steal_pointer (&name);
  if (phase != CULVERT_PHASE_UP)
    /* translators: in the menu of the tray: name of a profile, its state */
    return g_strdup_printf (_("%s · %s"), name, culvert_phase_get_text (phase, role));
  down = g_format_size ((guint64) culvert_hub_item_get_rate_down (item));
  up = g_format_size ((guint64) culvert_hub_item_get_rate_up (item));
  /* translators: in the menu of the tray: name of a profile, received and sent per second, for
   * example “1.2 MB” */
  return g_strdup_printf (_("%s · ↓ %s/s ↑ %s/s"), name, down, up);
}

static CulvertTrayRow *
culvert_tray_row_new (CulvertHubItem *item)
{
  CulvertTrayRow *row = g_new0 (CulvertTrayRow, 1);

  row->label = culvert_tray_dup_label (item);
  row->action = g_strconcat (
      PROFILE_ACTION, culvert_profile_get_uuid (culvert_hub_item_get_profile (item)), NULL);
  return row;
}

/* -- following the hub -------------------------------------------------------------- */

/* label is used up. */
static void
culvert_tray_profiles_set_label (CulvertTrayProfiles *self, guint position, char *label)
{
  CulvertTrayRow *row = self->rows->pdata[position];

  if (strcmp (label, row->label) == 0)
    {
      g_free (label);
      return;
    }
  g_free (row->label);
  row->label = label;
  g_menu_model_items_changed (G_MENU_MODEL (self), (int) position, 1, 1);
}

static void
culvert_tray_profiles_refresh_cb (CulvertTrayProfiles *self)
{
  g_autoptr (CulvertHub) hub = g_weak_ref_get (&self->hub);

  for (guint i = HEADING; hub != NULL && i < self->rows->len; i++)
    {
      g_autoptr (CulvertHubItem) item = g_list_model_get_item (G_LIST_MODEL (hub), i - HEADING);

      if (item != NULL)
        culvert_tray_profiles_set_label (self, i, culvert_tray_dup_label (item));
    }
}

static char *
culvert_tray_dup_status (CulvertHub *hub)
{
  char *text;

  g_object_get (hub, "status-text", &text, NULL);
  return text;
}

static void
culvert_tray_profiles_status_cb (CulvertTrayProfiles *self, GParamSpec *pspec, CulvertHub *hub)
{
  culvert_tray_profiles_set_label (self, 0, culvert_tray_dup_status (hub));
}

static void
culvert_tray_profiles_items_cb (CulvertTrayProfiles *self,
                                guint position,
                                guint n_removed,
                                guint n_added,
                                GListModel *hub)
{
  guint first = position + HEADING;

  g_ptr_array_remove_range (self->rows, first, n_removed);
  for (guint i = 0; i < n_added; i++)
    {
      g_autoptr (CulvertHubItem) item = g_list_model_get_item (hub, position + i);
      CulvertProfile *profile = culvert_hub_item_get_profile (item);

      g_ptr_array_insert (self->rows, (int) (first + i), culvert_tray_row_new (item));
      /* It may only have moved. */
      g_signal_handlers_disconnect_by_func (profile, culvert_tray_profiles_refresh_cb, self);
      g_signal_connect_object (profile, "changed", G_CALLBACK (culvert_tray_profiles_refresh_cb),
                               self, G_CONNECT_SWAPPED);
    }
  g_menu_model_items_changed (G_MENU_MODEL (self), (int) first, (int) n_removed, (int) n_added);
}

/* -- GMenuModel -------------------------------------------------------------- */

static gboolean
culvert_tray_profiles_is_mutable (GMenuModel *model)
{
  return TRUE;
}

static int
culvert_tray_profiles_get_n_items (GMenuModel *model)
{
  return (int) ((CulvertTrayProfiles *) model)->rows->len;
}

static void
culvert_tray_profiles_get_item_attributes (GMenuModel *model, int position, GHashTable **attributes)
{
  CulvertTrayRow *row = ((CulvertTrayProfiles *) model)->rows->pdata[position];

  *attributes =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_variant_unref);
  g_hash_table_insert (*attributes, (gpointer) G_MENU_ATTRIBUTE_LABEL,
                       g_variant_ref_sink (g_variant_new_string (row->label)));
  if (row->action != NULL)
    g_hash_table_insert (*attributes, (gpointer) G_MENU_ATTRIBUTE_ACTION,
                         g_variant_ref_sink (g_variant_new_string (row->action)));
}

static void
culvert_tray_profiles_get_item_links (GMenuModel *model, int position, GHashTable **links)
{
  *links = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
}

static void
culvert_tray_profiles_finalize (GObject *object)
{
  CulvertTrayProfiles *self = (CulvertTrayProfiles *) object;

  g_weak_ref_clear (&self->hub);
  g_ptr_array_unref (self->rows);
  G_OBJECT_CLASS (culvert_tray_profiles_parent_class)->finalize (object);
}

static void
culvert_tray_profiles_class_init (CulvertTrayProfilesClass *klass)
{
  GMenuModelClass *model_class = G_MENU_MODEL_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = culvert_tray_profiles_finalize;
  model_class->is_mutable = culvert_tray_profiles_is_mutable;
  model_class->get_n_items = culvert_tray_profiles_get_n_items;
  model_class->get_item_attributes = culvert_tray_profiles_get_item_attributes;
  model_class->get_item_links = culvert_tray_profiles_get_item_links;
}

static void
culvert_tray_profiles_init (CulvertTrayProfiles *self)
{
  g_weak_ref_init (&self->hub, NULL);
  self->rows = g_ptr_array_new_with_free_func (culvert_tray_row_free);
}

GMenuModel *
culvert_tray_profiles_new (CulvertHub *hub)
{
  CulvertTrayProfiles *self = g_object_new (CULVERT_TYPE_TRAY_PROFILES, NULL);
  CulvertTrayRow *status = g_new0 (CulvertTrayRow, 1);

  status->label = culvert_tray_dup_status (hub);
  g_ptr_array_add (self->rows, status);
  g_weak_ref_set (&self->hub, hub);
  culvert_tray_profiles_items_cb (self, 0, 0, g_list_model_get_n_items (G_LIST_MODEL (hub)),
                                  G_LIST_MODEL (hub));
  g_signal_connect_object (hub, "items-changed", G_CALLBACK (culvert_tray_profiles_items_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (hub, "notify::status-text",
                           G_CALLBACK (culvert_tray_profiles_status_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (hub, "phase-changed", G_CALLBACK (culvert_tray_profiles_refresh_cb),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (culvert_hub_get_sampler (hub), "sampled",
                           G_CALLBACK (culvert_tray_profiles_refresh_cb), self,
                           G_CONNECT_SWAPPED);
  return G_MENU_MODEL (self);
}

/* -- the whole -------------------------------------------------------------- */

GMenuModel *
culvert_tray_menu_new (CulvertHub *hub)
{
  g_autoptr (GMenuModel) profiles = culvert_tray_profiles_new (hub);
  g_autoptr (GMenu) all = g_menu_new ();
  g_autoptr (GMenu) end = g_menu_new ();
  GMenu *menu = g_menu_new ();

  g_menu_append (all, _("_Connect All"), "connect-all");
  g_menu_append (all, _("_Disconnect All"), "disconnect-all");
  g_menu_append (end, _("_Open Culvert"), "show-window");
  g_menu_append (end, _("_Quit"), "quit");
  g_menu_append_section (menu, NULL, profiles);
  g_menu_append_section (menu, NULL, G_MENU_MODEL (all));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (end));
  return G_MENU_MODEL (menu);
}

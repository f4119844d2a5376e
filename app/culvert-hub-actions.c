/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-hub-private.h"

#include <string.h>

#define ITEM_PREFIX "profile-"

/* -- actions on one profile ------------------------------------------------------------- */

static void
culvert_hub_connect_action (CulvertHub *self, CulvertHubItem *item)
{
  culvert_hub_connect (self, item);
}

static void
culvert_hub_disconnect_action (CulvertHub *self, CulvertHubItem *item)
{
  culvert_hub_disconnect (self, item);
}

static void
culvert_hub_toggle_action (CulvertHub *self, CulvertHubItem *item)
{
  culvert_hub_set_wanted (self, item, !item->is_wanted, TRUE);
}

static void
culvert_hub_restart_action (CulvertHub *self, CulvertHubItem *item)
{
  item->is_restarting = TRUE;
  culvert_hub_set_wanted (self, item, TRUE, TRUE);
}

static void
culvert_hub_duplicate_action (CulvertHub *self, CulvertHubItem *item)
{
  CulvertProfile *copy = culvert_profile_store_duplicate (self->store, item->profile);

  if (culvert_profile_get_key_store (copy) == CULVERT_KEY_STORE_KEYRING)
    culvert_hub_copy_key (self, item, culvert_hub_find (self, culvert_profile_get_uuid (copy)));
}

static void
culvert_hub_delete_action (CulvertHub *self, CulvertHubItem *item)
{
  if (culvert_profile_get_key_store (item->profile) == CULVERT_KEY_STORE_KEYRING)
    g_hash_table_add (self->in_keyring, g_strdup (culvert_profile_get_uuid (item->profile)));
  culvert_profile_store_remove (self->store, item->profile);
}

static void
culvert_hub_show_action (CulvertHub *self, CulvertHubItem *item)
{
  culvert_hub_request_show (self, culvert_profile_get_uuid (item->profile));
}

typedef struct
{
  const char *name;
  void (*func) (CulvertHub *self, CulvertHubItem *item);
} CulvertHubItemAction;

static const CulvertHubItemAction item_actions[] = {
  { "connect-profile", culvert_hub_connect_action },
  { "disconnect-profile", culvert_hub_disconnect_action },
  { "toggle-profile", culvert_hub_toggle_action },
  { "restart-profile", culvert_hub_restart_action },
  { "duplicate-profile", culvert_hub_duplicate_action },
  { "delete-profile", culvert_hub_delete_action },
  { "show-profile", culvert_hub_show_action },
};

/* One that is not there any more is no mistake: menus of others are late. */
static void
culvert_hub_item_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  CulvertHub *self = user_data;
  CulvertHubItem *found = culvert_hub_find (self, g_variant_get_string (parameter, NULL));
  const char *name = g_action_get_name (G_ACTION (action));
  g_autoptr (CulvertHubItem) item = NULL;

  if (found == NULL)
    return;
  item = g_object_ref (found);
  for (guint i = 0; i < G_N_ELEMENTS (item_actions); i++)
    if (strcmp (item_actions[i].name, name) == 0)
      item_actions[i].func (self, item);
}

/* -- actions on all ----------------------------------------------------------------------- */

static void
culvert_hub_set_all_wanted (CulvertHub *self, gboolean is_wanted)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      CulvertHubItem *item = self->items->pdata[i];

      if (item->is_wanted != is_wanted)
        culvert_hub_set_wanted (self, item, is_wanted, TRUE);
    }
}

static void
culvert_hub_connect_all_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  culvert_hub_set_all_wanted (user_data, TRUE);
}

static void
culvert_hub_disconnect_all_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  culvert_hub_set_all_wanted (user_data, FALSE);
}

static void
culvert_hub_restore_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  CulvertHub *self = user_data;

  (void) culvert_profile_store_restore (self->store, g_variant_get_string (parameter, NULL));
}

static void
culvert_hub_purge_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  CulvertHub *self = user_data;

  culvert_profile_store_purge (self->store, g_variant_get_string (parameter, NULL));
}

static void
culvert_hub_show_window_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  culvert_hub_request_show (user_data, NULL);
}

static void
culvert_hub_quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  culvert_hub_request_quit (user_data);
}

void
culvert_hub_add_actions (CulvertHub *hub)
{
  static const GActionEntry entries[] = {
    { .name = "connect-all", .activate = culvert_hub_connect_all_cb },
    { .name = "disconnect-all", .activate = culvert_hub_disconnect_all_cb },
    { .name = "restore-profile", .activate = culvert_hub_restore_cb, .parameter_type = "s" },
    { .name = "purge-profile", .activate = culvert_hub_purge_cb, .parameter_type = "s" },
    { .name = "show-window", .activate = culvert_hub_show_window_cb },
    { .name = "quit", .activate = culvert_hub_quit_cb },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (hub->actions), entries, G_N_ELEMENTS (entries),
                                   hub);
  for (guint i = 0; i < G_N_ELEMENTS (item_actions); i++)
    {
      const GActionEntry entry = { .name = item_actions[i].name,
                                   .activate = culvert_hub_item_action_cb,
                                   .parameter_type = "s" };

      g_action_map_add_action_entries (G_ACTION_MAP (hub->actions), &entry, 1, hub);
    }
}

/* -- check items of menus -------------------------------------------------------------------- */

static char *
culvert_hub_dup_action_name (CulvertHubItem *item)
{
  return g_strconcat (ITEM_PREFIX, culvert_profile_get_uuid (item->profile), NULL);
}

static void
culvert_hub_change_item_cb (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  CulvertHub *self = user_data;
  const char *uuid = g_action_get_name (G_ACTION (action)) + strlen (ITEM_PREFIX);
  CulvertHubItem *item = culvert_hub_find (self, uuid);

  if (item != NULL)
    culvert_hub_set_wanted (self, item, g_variant_get_boolean (value), TRUE);
}

void
culvert_hub_add_item_action (CulvertHub *hub, CulvertHubItem *item)
{
  g_autofree char *name = culvert_hub_dup_action_name (item);
  g_autoptr (GSimpleAction) action =
      g_simple_action_new_stateful (name, NULL, g_variant_new_boolean (item->is_wanted));

  g_signal_connect (action, "change-state", G_CALLBACK (culvert_hub_change_item_cb), hub);
  g_action_map_add_action (G_ACTION_MAP (hub->actions), G_ACTION (action));
}

void
culvert_hub_remove_item_action (CulvertHub *hub, CulvertHubItem *item)
{
  g_autofree char *name = culvert_hub_dup_action_name (item);

  g_action_map_remove_action (G_ACTION_MAP (hub->actions), name);
}

void
culvert_hub_update_item_action (CulvertHub *hub, CulvertHubItem *item)
{
  g_autofree char *name = culvert_hub_dup_action_name (item);
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (hub->actions), name);

  if (action != NULL)
    g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (item->is_wanted));
}

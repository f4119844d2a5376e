/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the files of the hub share. */
#pragma once

#include "culvert-hub.h"

#define CULVERT_HUB_GRACE_MS 1000

struct _CulvertHubItem
{
  GObject parent_instance;

  CulvertProfile *profile;
  CulvertTunnel *tunnel; /* (nullable) */
  CulvertLogRing *log;

  gboolean is_wanted;
  gboolean is_moving;      /* a start or stop is under way; its end looks at is_wanted again */
  gboolean is_restarting;  /* wanted, but by a stop first */
  gboolean is_removed;     /* off the list; what is under way ends silently */
  gboolean by_person;      /* the change that is under way was asked for */
  GCancellable *cancellable; /* of a start under way */
  GPtrArray *waiting;      /* of GTask: want to know how the start ends */

  CulvertPhase phase;
  CulvertTunnelState state;
  gint64 since;
  char *last_error; /* (nullable) */
  gboolean needs_restart;

  double rate_down;
  double rate_up;
  CulvertStats last;
  gboolean has_last;

  CulvertCheckResult *check; /* (nullable), the last one */
  gint64 check_time_us;
};

struct _CulvertHub
{
  GObject parent_instance;

  CulvertEngine *engine;
  CulvertProfileStore *store;
  CulvertSampler *sampler;
  GSimpleActionGroup *actions;
  GPtrArray *items;       /* of CulvertHubItem, in the order of the store */
  GHashTable *in_keyring; /* UUIDs of removed profiles whose key is in the keyring */
  guint n_holds;
  gboolean is_closed;     /* nothing is started any more */

  guint n_wanted;
  CulvertPhase phase;
  char *status_text;
  gboolean is_busy;
  gboolean has_tray;
};

/* -- culvert-hub-item.c */

CulvertHubItem *culvert_hub_item_new (CulvertProfile *profile);
/* tunnel: (nullable) (transfer none) */
void culvert_hub_item_set_tunnel (CulvertHubItem *item, CulvertTunnel *tunnel);
void culvert_hub_item_set_wanted (CulvertHubItem *item, gboolean is_wanted);
void culvert_hub_item_set_last_error (CulvertHubItem *item, const char *message);
void culvert_hub_item_set_needs_restart (CulvertHubItem *item, gboolean needs_restart);
/* Reads the tunnel's state; returns the phase before. */
CulvertPhase culvert_hub_item_update (CulvertHubItem *item);
gboolean culvert_hub_item_is_running (CulvertHubItem *item);

/* -- culvert-hub.c */

/* The item is new, or its state, switch or rates are: properties and actions follow. */
void culvert_hub_item_changed (CulvertHub *hub, CulvertHubItem *item);
void culvert_hub_tell (CulvertHub *hub, CulvertHubItem *item, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
void culvert_hub_request_show (CulvertHub *hub, const char *uuid);
void culvert_hub_request_quit (CulvertHub *hub);

/* -- culvert-hub-connect.c */

/* Moves the tunnel towards what is wanted; does nothing while it moves. */
void culvert_hub_pursue (CulvertHub *hub, CulvertHubItem *item);
void culvert_hub_set_wanted (CulvertHub *hub,
                             CulvertHubItem *item,
                             gboolean is_wanted,
                             gboolean by_person);
/* Stops and forgets; for an item that is off the list. */
void culvert_hub_abandon (CulvertHub *hub, CulvertHubItem *item);
/* The draft with the key the tunnel runs with, where the draft itself cannot have it. (transfer
 * full), NULL with CULVERT_ERROR_CONFIG. */
CulvertConfig *culvert_hub_new_config (CulvertHubItem *item, CulvertProfile *draft, GError **error);
CulvertApplyEffect culvert_hub_compare (CulvertConfig *running, CulvertConfig *config);

/* -- culvert-hub-keys.c */

/* The key of the profile goes into the keyring and out of the memory; where that fails into the
 * file, and the person is told. */
void culvert_hub_keep_key (CulvertHub *hub, CulvertHubItem *item);
/* At the end of the process: a key the keyring has not taken yet goes into the file. */
void culvert_hub_save_key (CulvertHubItem *item);
/* From the keyring into the file. */
void culvert_hub_release_key (CulvertHub *hub, CulvertHubItem *item);
void culvert_hub_copy_key (CulvertHub *hub, CulvertHubItem *from, CulvertHubItem *to);

/* -- culvert-hub-actions.c */

void culvert_hub_add_actions (CulvertHub *hub);
/* The check items of menus. */
void culvert_hub_add_item_action (CulvertHub *hub, CulvertHubItem *item);
void culvert_hub_remove_item_action (CulvertHub *hub, CulvertHubItem *item);
void culvert_hub_update_item_action (CulvertHub *hub, CulvertHubItem *item);

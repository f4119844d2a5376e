/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertHub: the one controller behind every front end: window, tray, command line, D-Bus.
 *
 * Owns the engine, the store of profiles and the sampler; knows which tunnel runs which profile;
 * is a GListModel of CulvertHubItem in the order of the store. Main thread only.
 *
 * Actions (culvert_hub_get_actions; windows insert the group as "hub", the application has the
 * same on the bus). s: UUID of a profile.
 *   connect-profile s, disconnect-profile s, toggle-profile s, restart-profile s
 *   profile-UUID          boolean state, is it wanted; one per profile, for check items of menus
 *   connect-all, disconnect-all
 *   duplicate-profile s, delete-profile s, restore-profile s (undo), purge-profile s
 *   show-window, show-profile s
 *   quit
 *
 * Properties: n-wanted (guint), phase (CULVERT_TYPE_PHASE, the worst of the wanted ones, for the
 * icon), status-text (one line for the tray), is-busy (somebody holds it or a tunnel is wanted:
 * the process must stay), has-window (somebody holds it), has-tray (a panel shows the icon: a
 * window that closes leaves a way back. Without it, ask or say before hiding).
 *
 * Signals: "show-window" (const char *uuid or NULL); "quit" (); "message" (const char *text,
 * const char *uuid or NULL): something to tell that nobody asked for (a notification or toast);
 * "phase-changed" (CulvertHubItem, CulvertPhase old, gboolean by_person): for notifications;
 * "log" (CulvertHubItem, CulvertLogLevel, const char *message). */
#pragma once

#include "culvert-hub-item.h"
#include "culvert-profile-store.h"
#include "culvert-sampler.h"

G_BEGIN_DECLS

#define CULVERT_APPLICATION_ID "io.github.culvert.Culvert"

#define CULVERT_TYPE_HUB (culvert_hub_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertHub, culvert_hub, CULVERT, HUB, GObject)

/* What applying an edited profile would do to connections. */
typedef enum
{
  CULVERT_APPLY_NOTHING, /* nothing differs, or only name and the like */
  CULVERT_APPLY_SAVED,   /* takes effect with the next connection */
  CULVERT_APPLY_LIVE,    /* takes effect at once, nothing is dropped */
  CULVERT_APPLY_RESTART, /* the tunnel starts anew, its connections are dropped */
} CulvertApplyEffect;

/* folder of profiles, NULL: the user's. n_workers and mem_limit as culvert_engine_new. */
CULVERT_AVAILABLE CulvertHub *culvert_hub_new (const char *folder,
                                               guint n_workers,
                                               guint64 mem_limit);

CULVERT_AVAILABLE CulvertEngine *culvert_hub_get_engine (CulvertHub *hub);
CULVERT_AVAILABLE CulvertProfileStore *culvert_hub_get_store (CulvertHub *hub);
CULVERT_AVAILABLE CulvertSampler *culvert_hub_get_sampler (CulvertHub *hub);
CULVERT_AVAILABLE GActionGroup *culvert_hub_get_actions (CulvertHub *hub);

/* Loads the profiles. Until then the list is empty. */
CULVERT_AVAILABLE void culvert_hub_load_async (CulvertHub *hub,
                                               GCancellable *cancellable,
                                               GAsyncReadyCallback callback,
                                               gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_hub_load_finish (CulvertHub *hub,
                                                    GAsyncResult *result,
                                                    GError **error);

/* (transfer none) (nullable) */
CULVERT_AVAILABLE CulvertHubItem *culvert_hub_find (CulvertHub *hub, const char *uuid);

/* Sets the switch; what comes of it is seen in the item's properties. */
CULVERT_AVAILABLE void culvert_hub_connect (CulvertHub *hub, CulvertHubItem *item);
CULVERT_AVAILABLE void culvert_hub_disconnect (CulvertHub *hub, CulvertHubItem *item);
/* The same, with an answer when it runs or has failed. */
CULVERT_AVAILABLE void culvert_hub_connect_async (CulvertHub *hub,
                                                  CulvertHubItem *item,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_hub_connect_finish (CulvertHub *hub,
                                                       GAsyncResult *result,
                                                       GError **error);
/* All profiles with autostart. */
CULVERT_AVAILABLE void culvert_hub_connect_autostart (CulvertHub *hub);

/* What culvert_hub_apply would do; out_n_streams (nullable): connections it would drop. An error
 * when the draft is wrong. */
CULVERT_AVAILABLE gboolean culvert_hub_preview (CulvertHub *hub,
                                                CulvertHubItem *item,
                                                CulvertProfile *draft,
                                                CulvertApplyEffect *out_effect,
                                                guint *out_n_streams,
                                                GError **error);
/* Takes the draft over, saves it, keeps its key where key-store says, restarts the tunnel where
 * needed. FALSE when the draft is wrong; then all stays as it was. A key the keyring does not
 * take goes into the file instead, told by "message". */
CULVERT_AVAILABLE gboolean culvert_hub_apply (CulvertHub *hub,
                                              CulvertHubItem *item,
                                              CulvertProfile *draft,
                                              GError **error);
/* Keys of saved settings that wait for a restart of the tunnel (transfer full), may be empty. */
CULVERT_AVAILABLE GStrv culvert_hub_dup_waiting (CulvertHub *hub, CulvertHubItem *item);
/* A new profile from a wizard or an import, its key kept where key-store says. (transfer none) */
CULVERT_AVAILABLE CulvertHubItem *culvert_hub_add_profile (CulvertHub *hub,
                                                           CulvertProfile *profile);
/* The key for showing, copying and exporting: from the profile, else from the keyring, for which
 * a person may have to unlock it. finish: culvert_secrets_free_key. */
CULVERT_AVAILABLE void culvert_hub_fetch_key_async (CulvertHub *hub,
                                                    CulvertHubItem *item,
                                                    guint timeout_ms,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
CULVERT_AVAILABLE char *culvert_hub_fetch_key_finish (CulvertHub *hub,
                                                      GAsyncResult *result,
                                                      GError **error);

/* Keeps the process while a window is there. */
CULVERT_AVAILABLE void culvert_hub_hold (CulvertHub *hub);
CULVERT_AVAILABLE void culvert_hub_release (CulvertHub *hub);
CULVERT_AVAILABLE gboolean culvert_hub_is_busy (CulvertHub *hub);
CULVERT_AVAILABLE gboolean culvert_hub_has_window (CulvertHub *hub);
CULVERT_AVAILABLE gboolean culvert_hub_has_tray (CulvertHub *hub);
/* By the tray. */
CULVERT_AVAILABLE void culvert_hub_set_has_tray (CulvertHub *hub, gboolean has_tray);

/* Saves, stops every tunnel within grace_ms; cancelling cuts the grace. */
CULVERT_AVAILABLE void culvert_hub_shutdown_async (CulvertHub *hub,
                                                   guint grace_ms,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_hub_shutdown_finish (CulvertHub *hub,
                                                        GAsyncResult *result,
                                                        GError **error);

G_END_DECLS

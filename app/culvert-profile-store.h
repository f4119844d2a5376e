/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertProfileStore: the saved profiles, a GListModel of CulvertProfile over a folder.
 *
 * One file UUID.json per profile, mode 0600, in a folder of mode 0700; written whole or not at
 * all, off the main thread, in the order of the changes. A profile on the list is saved by
 * itself when it changes. Changes made by others are taken over while the program runs; a file
 * that cannot be read is left alone and reported, the others are not affected. A removed
 * profile waits in the folder "trash" until it is restored or purged, also over a restart. Main
 * thread only.
 *
 * A file's name without its end is the UUID; of a file that was put there under another name it
 * is derived from the name, so that it stays the same.
 *
 * Signals: "reloaded" (CulvertProfile): an outside change was taken over. "problems-changed" ().
 * "save-failed" (CulvertProfile, const char *message). "purged" (const char *uuid): gone for
 * good, its secret may go too. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_PROFILE_STORE (culvert_profile_store_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertProfileStore,
                                        culvert_profile_store,
                                        CULVERT,
                                        PROFILE_STORE,
                                        GObject)

/* folder NULL: culvert/profiles below the user's configuration. It is made when something is
 * saved. */
CULVERT_AVAILABLE CulvertProfileStore *culvert_profile_store_new (const char *folder);
CULVERT_AVAILABLE const char *culvert_profile_store_get_folder (CulvertProfileStore *store);

/* Reads the folder and starts watching it; once. Succeeds with an empty list when there is no
 * folder; fails when it cannot be read at all. */
CULVERT_AVAILABLE void culvert_profile_store_load_async (CulvertProfileStore *store,
                                                         GCancellable *cancellable,
                                                         GAsyncReadyCallback callback,
                                                         gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_profile_store_load_finish (CulvertProfileStore *store,
                                                              GAsyncResult *result,
                                                              GError **error);

/* At the end of the list; saved. */
CULVERT_AVAILABLE void culvert_profile_store_add (CulvertProfileStore *store,
                                                  CulvertProfile *profile);
/* A copy with a new UUID and a name of its own, behind the original; key included.
 * (transfer none) */
CULVERT_AVAILABLE CulvertProfile *culvert_profile_store_duplicate (CulvertProfileStore *store,
                                                                   CulvertProfile *profile);
/* To another place in the list. */
CULVERT_AVAILABLE void culvert_profile_store_move (CulvertProfileStore *store,
                                                   CulvertProfile *profile,
                                                   guint position);
/* Into the trash, from where it comes back at the old place. */
CULVERT_AVAILABLE void culvert_profile_store_remove (CulvertProfileStore *store,
                                                     CulvertProfile *profile);
/* FALSE: it is not in the trash (any more). */
CULVERT_AVAILABLE gboolean culvert_profile_store_restore (CulvertProfileStore *store,
                                                          const char *uuid);
/* Deletes it for good; uuid NULL: all that is in the trash. */
CULVERT_AVAILABLE void culvert_profile_store_purge (CulvertProfileStore *store, const char *uuid);

/* (transfer none) (nullable) */
CULVERT_AVAILABLE CulvertProfile *culvert_profile_store_find (CulvertProfileStore *store,
                                                              const char *uuid);
/* By UUID, then by exact name, then by name in any case where only one fits. An error says
 * which names there are. (transfer none) (nullable) */
CULVERT_AVAILABLE CulvertProfile *culvert_profile_store_lookup (CulvertProfileStore *store,
                                                                const char *name,
                                                                GError **error);
/* "Office 2" when there is an "Office". (transfer full) */
CULVERT_AVAILABLE char *culvert_profile_store_dup_free_name (CulvertProfileStore *store,
                                                             const char *name);

/* "127.0.0.1:12948" or the next port that no client's profile listens on. (transfer full) */
CULVERT_AVAILABLE char *culvert_profile_store_dup_free_address (CulvertProfileStore *store);

/* One sentence for each file that could not be read. (transfer full) */
CULVERT_AVAILABLE GStrv culvert_profile_store_dup_problems (CulvertProfileStore *store);
/* Why the file of a profile on the list could not be read again (transfer none) (nullable). */
CULVERT_AVAILABLE const char *culvert_profile_store_peek_problem (CulvertProfileStore *store,
                                                                  CulvertProfile *profile);

/* Reads the folder again, which watching does by itself; a flush waits for it, too. */
CULVERT_AVAILABLE void culvert_profile_store_refresh (CulvertProfileStore *store);

/* Ends when everything so far is on the disk; fails when the last write failed. */
CULVERT_AVAILABLE void culvert_profile_store_flush_async (CulvertProfileStore *store,
                                                          GCancellable *cancellable,
                                                          GAsyncReadyCallback callback,
                                                          gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_profile_store_flush_finish (CulvertProfileStore *store,
                                                               GAsyncResult *result,
                                                               GError **error);

G_END_DECLS

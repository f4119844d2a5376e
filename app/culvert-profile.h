/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertProfile: a named configuration of one tunnel that a person can edit and keep.
 *
 * Settings have kcptun's own keys and may be incomplete or wrong while they are edited;
 * culvert_profile_new_config says what is wrong. Keys nobody knows are kept. The key (the
 * secret) is apart from the settings: no property, never in the settings dictionary, wiped when
 * replaced. Main thread only.
 *
 * Properties: uuid (construct only), name, role (guint, a CulvertRole), order, autostart,
 * key-store (CULVERT_TYPE_KEY_STORE), settings (a{sv}). Signal "changed" (): any of them, or the
 * key, differs; emitted once for each call that changed something. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_PROFILE (culvert_profile_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertProfile, culvert_profile, CULVERT, PROFILE, GObject)

/* Where the secret is kept. */
typedef enum
{
  CULVERT_KEY_STORE_FILE,    /* in the profile's file, mode 0600, as kcptun reads it */
  CULVERT_KEY_STORE_KEYRING, /* in the desktop's keyring, not in the file */
} CulvertKeyStore;

#define CULVERT_TYPE_KEY_STORE (culvert_key_store_get_type ())
CULVERT_AVAILABLE GType culvert_key_store_get_type (void);

/* Every setting at its default, a new UUID, key in the file. name NULL: "". (transfer full) */
CULVERT_AVAILABLE CulvertProfile *culvert_profile_new (CulvertRole role, const char *name);

/* From the text of a profile's file or any kcptun JSON. label: for messages and, where the text
 * names none, the profile's name. NULL with CULVERT_ERROR_CONFIG. (transfer full) */
CULVERT_AVAILABLE CulvertProfile *culvert_profile_new_from_json (const char *text,
                                                                 gsize len,
                                                                 const char *label,
                                                                 GError **error);
/* What the file holds: kcptun's keys, unknown keys, our own under "culvert". The key is in it
 * when key-store says so. (transfer full); wipe it, the key may be in it. */
CULVERT_AVAILABLE char *culvert_profile_to_json (CulvertProfile *profile);

/* The same in everything, UUID and key included: what an editor works on. (transfer full) */
CULVERT_AVAILABLE CulvertProfile *culvert_profile_dup (CulvertProfile *profile);
/* Takes all but the UUID from source; how an editor's copy comes home. */
CULVERT_AVAILABLE void culvert_profile_assign (CulvertProfile *profile, CulvertProfile *source);
/* Equal in everything but UUID and order. */
CULVERT_AVAILABLE gboolean culvert_profile_equal (CulvertProfile *a, CulvertProfile *b);

CULVERT_AVAILABLE const char *culvert_profile_get_uuid (CulvertProfile *profile);
CULVERT_AVAILABLE const char *culvert_profile_get_name (CulvertProfile *profile);
CULVERT_AVAILABLE void culvert_profile_set_name (CulvertProfile *profile, const char *name);
CULVERT_AVAILABLE CulvertRole culvert_profile_get_role (CulvertProfile *profile);
/* Settings the new role does not have become unknown keys, and come back with the old role. */
CULVERT_AVAILABLE void culvert_profile_set_role (CulvertProfile *profile, CulvertRole role);
/* Place in the list; set by the store. */
CULVERT_AVAILABLE guint culvert_profile_get_order (CulvertProfile *profile);
CULVERT_AVAILABLE void culvert_profile_set_order (CulvertProfile *profile, guint order);
/* Connect when Culvert starts at login. */
CULVERT_AVAILABLE gboolean culvert_profile_get_autostart (CulvertProfile *profile);
CULVERT_AVAILABLE void culvert_profile_set_autostart (CulvertProfile *profile, gboolean autostart);
CULVERT_AVAILABLE CulvertKeyStore culvert_profile_get_key_store (CulvertProfile *profile);
CULVERT_AVAILABLE void culvert_profile_set_key_store (CulvertProfile *profile,
                                                      CulvertKeyStore key_store);

/* All settings that were given, and unknown keys: a{sv}, never the key. (transfer none), until
 * the next change. */
CULVERT_AVAILABLE GVariant *culvert_profile_peek_settings (CulvertProfile *profile);
/* dict: a{sv}, floating references are sunk; a "key" in it becomes the key. */
CULVERT_AVAILABLE void culvert_profile_set_settings (CulvertProfile *profile, GVariant *dict);

/* One setting; value NULL: back to the default; floating references are sunk. A key of another
 * type than the setting's is the caller's mistake. Not for the secret. */
CULVERT_AVAILABLE void culvert_profile_set_setting (CulvertProfile *profile,
                                                    CulvertSettingId id,
                                                    GVariant *value);
CULVERT_AVAILABLE void culvert_profile_set_int (CulvertProfile *profile,
                                                CulvertSettingId id,
                                                gint64 value);
CULVERT_AVAILABLE void culvert_profile_set_bool (CulvertProfile *profile,
                                                 CulvertSettingId id,
                                                 gboolean value);
CULVERT_AVAILABLE void culvert_profile_set_string (CulvertProfile *profile,
                                                   CulvertSettingId id,
                                                   const char *value);
/* What was given, or the default of the role. Strings are never NULL, until the next change. */
CULVERT_AVAILABLE gint64 culvert_profile_get_int (CulvertProfile *profile, CulvertSettingId id);
CULVERT_AVAILABLE gboolean culvert_profile_get_bool (CulvertProfile *profile, CulvertSettingId id);
CULVERT_AVAILABLE const char *culvert_profile_get_string (CulvertProfile *profile,
                                                          CulvertSettingId id);
/* Whether it was given, rather than a default. */
CULVERT_AVAILABLE gboolean culvert_profile_is_given (CulvertProfile *profile, CulvertSettingId id);

/* The secret, or NULL: none was given, or it is in the keyring and not fetched. Until the next
 * change. */
CULVERT_AVAILABLE const char *culvert_profile_peek_key (CulvertProfile *profile);
CULVERT_AVAILABLE void culvert_profile_set_key (CulvertProfile *profile, const char *key);

/* The checked configuration, with the key if there is one. NULL with CULVERT_ERROR_CONFIG naming
 * field, value and what is allowed. (transfer full) */
CULVERT_AVAILABLE CulvertConfig *culvert_profile_new_config (CulvertProfile *profile,
                                                             GError **error);
/* Whether value is allowed for the setting, all else as it is: inline validation of one row. */
CULVERT_AVAILABLE gboolean culvert_profile_check_setting (CulvertProfile *profile,
                                                          CulvertSettingId id,
                                                          GVariant *value,
                                                          GError **error);

G_END_DECLS

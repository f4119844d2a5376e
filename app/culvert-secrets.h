/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The keys of profiles in the desktop's keyring.
 *
 * Asynchronous only: a locked keyring may wait for a person for ever. Every call ends within
 * its timeout, with CULVERT_SECRETS_ERROR_TIMEOUT and a message that says what to do. Built
 * without libsecret, and on systems without a keyring, every call fails with UNAVAILABLE. */
#pragma once

#include "culvert.h"

G_BEGIN_DECLS

/* For calls nobody sits in front of. Of a look-up with no more than this a locked keyring asks
 * nobody for its password: it ends at once, with LOCKED. */
#define CULVERT_SECRETS_TIMEOUT_MS 2000
/* For calls a person made and may have to type a password for. */
#define CULVERT_SECRETS_PATIENT_MS 60000

typedef enum
{
  CULVERT_SECRETS_ERROR_UNAVAILABLE, /* there is no keyring here */
  CULVERT_SECRETS_ERROR_LOCKED,      /* it is locked and nobody unlocked it */
  CULVERT_SECRETS_ERROR_TIMEOUT,     /* no answer in time */
  CULVERT_SECRETS_ERROR_NOT_FOUND,   /* it has no key of this profile */
  CULVERT_SECRETS_ERROR_FAILED,
} CulvertSecretsError;

#define CULVERT_SECRETS_ERROR (culvert_secrets_error_quark ())
CULVERT_AVAILABLE GQuark culvert_secrets_error_quark (void);

/* Whether this build can talk to a keyring at all. */
CULVERT_AVAILABLE gboolean culvert_secrets_is_supported (void);

/* label: what the keyring's own programs show. */
CULVERT_AVAILABLE void culvert_secrets_store_async (const char *uuid,
                                                    const char *label,
                                                    const char *key,
                                                    guint timeout_ms,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_secrets_store_finish (GAsyncResult *result, GError **error);

/* finish: (transfer full), to be given to culvert_secrets_free_key. */
CULVERT_AVAILABLE void culvert_secrets_lookup_async (const char *uuid,
                                                     guint timeout_ms,
                                                     GCancellable *cancellable,
                                                     GAsyncReadyCallback callback,
                                                     gpointer user_data);
CULVERT_AVAILABLE char *culvert_secrets_lookup_finish (GAsyncResult *result, GError **error);

/* Succeeds also when there was none. */
CULVERT_AVAILABLE void culvert_secrets_clear_async (const char *uuid,
                                                    guint timeout_ms,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
CULVERT_AVAILABLE gboolean culvert_secrets_clear_finish (GAsyncResult *result, GError **error);

/* Wipes and frees; NULL is fine. */
CULVERT_AVAILABLE void culvert_secrets_free_key (char *key);

G_END_DECLS

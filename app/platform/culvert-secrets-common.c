/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-secrets.h"

#include <string.h>

G_DEFINE_QUARK (culvert-secrets-error-quark, culvert_secrets_error)

void
culvert_secrets_free_key (char *key)
{
  if (key != NULL)
    explicit_bzero (key, strlen (key));
  g_free (key);
}

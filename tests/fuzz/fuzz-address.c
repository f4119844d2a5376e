/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Addresses of unknown origin, in every grammar. */

#include "config.h"

#include "culvert-endpoint.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
fuzz_split (const char *text)
{
  g_autofree char *host = NULL;
  g_autofree char *service = NULL;

  if (culvert_endpoint_split (text, &host, &service))
    g_assert_cmpuint (strlen (host) + strlen (service) + 1, <=, strlen (text));
}

static void
fuzz_split_ports (const char *text)
{
  g_autofree char *host = NULL;
  const char *rest;
  guint16 min;
  guint16 max;

  if (!culvert_endpoint_split_ports (text, &host, &min, &max, &rest))
    return;
  g_assert_true (g_str_has_prefix (text, host));
  g_assert_cmpuint (min, >=, 1);
  g_assert_cmpuint (min, <=, max);
  g_assert_true (rest > text && rest <= text + strlen (text));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  /* data may be NULL when there is none. */
  g_autofree char *text = g_strndup (size > 0 ? (const char *) data : "", size);

  fuzz_split (text);
  fuzz_split_ports (text);
  for (int kind = CULVERT_ENDPOINT_LISTEN_STREAM; kind <= CULVERT_ENDPOINT_REMOTE_PORTS; kind++)
    {
      CulvertEndpoint endpoint;

      if (!culvert_endpoint_parse (&endpoint, kind, text, NULL))
        continue;
      g_assert_nonnull (endpoint.host);
      g_assert_cmpuint (endpoint.port_min, <=, endpoint.port_max);
      culvert_endpoint_clear (&endpoint);
    }
  return 0;
}

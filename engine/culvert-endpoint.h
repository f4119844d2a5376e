/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Text -> CulvertEndpoint: the two address grammars of WIRE.md 9 (host:port or UNIX path) and 12.1
 * (port ranges). Nothing is resolved but service names, which come from the local database.
 *
 * Stricter than kcptun in what cannot be meant: text behind a port range other than white space,
 * white space or a bare colon in the host, a missing or unknown port. */
#pragma once

#include "culvert-plan.h"

#include <gio/gio.h>

typedef enum
{
  CULVERT_ENDPOINT_LISTEN_STREAM, /* [host]:port, port 0 or empty: any; or UNIX path */
  CULVERT_ENDPOINT_TARGET_STREAM, /* host:port or UNIX path; an empty host is this machine */
  CULVERT_ENDPOINT_LISTEN_PORTS,  /* [host]:port or [host]:min-max */
  CULVERT_ENDPOINT_REMOTE_PORTS,  /* host:port or host:min-max */
} CulvertEndpointKind;

/* Fills out, to be cleared by culvert_endpoint_clear, on success only. The message names the
 * text and what is allowed, but not the field. */
gboolean culvert_endpoint_parse (CulvertEndpoint *out,
                                 CulvertEndpointKind kind,
                                 const char *text,
                                 GError **error);
void culvert_endpoint_clear (CulvertEndpoint *endpoint);

/* The bare split rule of WIRE.md 9: FALSE means a UNIX path. Brackets are taken off the host. */
gboolean culvert_endpoint_split (const char *text, char **out_host, char **out_service);

/* The bare pattern of WIRE.md 12.1, out_rest points at what it ignores. Brackets stay. */
gboolean culvert_endpoint_split_ports (const char *text,
                                       char **out_host,
                                       guint16 *out_min,
                                       guint16 *out_max,
                                       const char **out_rest);

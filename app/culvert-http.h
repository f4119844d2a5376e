/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the HTTP services of the process have in common; feature "metrics" only. */
#pragma once

#include <libsoup/soup.h>

/* Listens on the numeric address, "" or "localhost" are loopback; *out_uri: where (transfer
 * full). NULL with G_IO_ERROR. */
SoupServer *culvert_http_listen (const char *host, guint16 port, char **out_uri, GError **error);

/* Answers with text of the type; 405 unless it was asked by GET or HEAD. */
void culvert_http_answer (SoupServerMessage *message, guint status, const char *type, char *text);
/* FALSE: answered with 405. */
gboolean culvert_http_check_method (SoupServerMessage *message);

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-endpoint.h"

#include "culvert-error.h"

#include <glib/gi18n-lib.h>
#include <netdb.h>
#include <string.h>
#include <sys/un.h>

#define PORT_DIGITS 5
/* One byte stays for the final zero, or for the zero that marks the abstract namespace. */
#define UNIX_PATH_MAX_LEN (sizeof (((struct sockaddr_un *) NULL)->sun_path) - 1)

/* For systems without a services database; the names kcptun knows on its own. */
static const struct
{
  const char *name;
  guint16 port;
} well_known[] = {
  { "domain", 53 }, { "ftp", 21 },   { "ftps", 990 },  { "gopher", 70 }, { "http", 80 },
  { "https", 443 }, { "imap2", 143 }, { "imap3", 220 }, { "imaps", 993 }, { "pop3", 110 },
  { "pop3s", 995 }, { "smtp", 25 },  { "ssh", 22 },    { "telnet", 23 },
};

gboolean
culvert_endpoint_split (const char *text, char **out_host, char **out_service)
{
  const char *colon = strrchr (text, ':');
  const char *host = text;
  const char *host_end = colon;
  const char *no_open = text;  /* no '[' from here on, no ']' from no_close on */
  const char *no_close = text;

  if (colon == NULL)
    return FALSE;
  if (text[0] == '[')
    {
      host = text + 1;
      host_end = strchr (text, ']');
      if (host_end == NULL || host_end + 1 != colon)
        return FALSE;
      no_open = text + 1;
      no_close = host_end + 1;
    }
  else if (memchr (text, ':', colon - text) != NULL)
    {
      return FALSE;
    }
  if (strchr (no_open, '[') != NULL || strchr (no_close, ']') != NULL)
    return FALSE;
  *out_host = g_strndup (host, host_end - host);
  *out_service = g_strdup (colon + 1);
  return TRUE;
}

/* Reads one to five digits; NULL when there is none. */
static const char *
culvert_endpoint_read_port (const char *text, guint *out_port)
{
  guint port = 0;
  guint n = 0;

  for (; n < PORT_DIGITS && g_ascii_isdigit (text[n]); n++)
    port = port * 10 + (text[n] - '0');
  if (n == 0)
    return NULL;
  *out_port = port;
  return text + n;
}

gboolean
culvert_endpoint_split_ports (const char *text,
                              char **out_host,
                              guint16 *out_min,
                              guint16 *out_max,
                              const char **out_rest)
{
  const char *colon = NULL;
  const char *rest;
  const char *end;
  guint min;
  guint max;

  for (const char *p = text; *p != '\0'; p++)
    if (p[0] == ':' && g_ascii_isdigit (p[1]))
      colon = p;
  if (colon == NULL)
    return FALSE;
  rest = culvert_endpoint_read_port (colon + 1, &min);
  max = min;
  if (*rest == '-')
    rest++;
  end = culvert_endpoint_read_port (rest, &max);
  if (end != NULL)
    rest = end;
  if (min < 1 || min > max || max > G_MAXUINT16)
    return FALSE;
  *out_host = g_strndup (text, colon - text);
  *out_min = min;
  *out_max = max;
  *out_rest = rest;
  return TRUE;
}

static gboolean
culvert_endpoint_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
culvert_endpoint_fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (CULVERT_ERROR, CULVERT_ERROR_CONFIG, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
culvert_endpoint_has_space (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_isspace (*text) || g_ascii_iscntrl (*text))
      return TRUE;
  return FALSE;
}

static gboolean
culvert_endpoint_is_blank (const char *text)
{
  while (g_ascii_isspace (*text))
    text++;
  return *text == '\0';
}

/* Port number of a service name, without asking the network; 0 when unknown. */
static guint16
culvert_endpoint_lookup_service (const char *name)
{
  struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
  struct addrinfo *info = NULL;
  guint16 port = 0;

  for (guint i = 0; i < G_N_ELEMENTS (well_known); i++)
    if (g_ascii_strcasecmp (well_known[i].name, name) == 0)
      return well_known[i].port;
  if (getaddrinfo (NULL, name, &hints, &info) != 0)
    return 0;
  if (info != NULL && info->ai_family == AF_INET)
    {
      struct sockaddr_in address;

      memcpy (&address, info->ai_addr, sizeof address);
      port = GUINT16_FROM_BE (address.sin_port);
    }
  freeaddrinfo (info);
  return port;
}

/* A decimal port or a service name; an empty one reads as 0. */
static gboolean
culvert_endpoint_read_service (const char *service, guint16 *out_port)
{
  guint64 port;

  if (service[0] == '\0')
    {
      *out_port = 0;
      return TRUE;
    }
  /* A sign would be read, too. */
  if (g_ascii_isdigit (service[0]))
    {
      if (!g_ascii_string_to_unsigned (service, 10, 0, G_MAXUINT16, &port, NULL))
        return FALSE;
      *out_port = port;
      return TRUE;
    }
  if (!g_ascii_isalpha (service[0]) || culvert_endpoint_has_space (service))
    return FALSE;
  *out_port = culvert_endpoint_lookup_service (service);
  return *out_port != 0;
}

static gboolean
culvert_endpoint_parse_path (CulvertEndpoint *out, const char *text, GError **error)
{
  if (text[0] == '\0')
    return culvert_endpoint_fail (
        error, _("\"%s\" is not an address; use host:port or the path of a UNIX socket"), text);
  if (strlen (text) > UNIX_PATH_MAX_LEN)
    return culvert_endpoint_fail (
        error, _("\"%s\" is too long for a UNIX socket; use at most %zu bytes"), text,
        UNIX_PATH_MAX_LEN);
  *out = (CulvertEndpoint) { .is_unix = true, .host = g_strdup (text) };
  return TRUE;
}

static gboolean
culvert_endpoint_parse_stream (CulvertEndpoint *out,
                               CulvertEndpointKind kind,
                               const char *text,
                               GError **error)
{
  g_autofree char *host = NULL;
  g_autofree char *service = NULL;
  guint16 port;

  if (!culvert_endpoint_split (text, &host, &service))
    return culvert_endpoint_parse_path (out, text, error);
  if (culvert_endpoint_has_space (host))
    return culvert_endpoint_fail (error, _("\"%s\" has white space in the host name"), text);
  if (!culvert_endpoint_read_service (service, &port)
      || (port == 0 && kind == CULVERT_ENDPOINT_TARGET_STREAM))
    return culvert_endpoint_fail (error,
                                  _("\"%s\" has no valid port; use host:port with a port 1 to "
                                    "65535 or a service name, or the path of a UNIX socket without "
                                    "a colon"),
                                  text);
  *out = (CulvertEndpoint) { .host = g_steal_pointer (&host), .port_min = port, .port_max = port };
  return TRUE;
}

/* Takes the brackets off; a bare colon cannot be meant. NULL: refused. */
static char *
culvert_endpoint_unbracket (const char *host)
{
  const char *end = strchr (host, ']');

  if (host[0] == '[')
    {
      if (end == NULL || end[1] != '\0' || strrchr (host, '[') != host)
        return NULL;
      return g_strndup (host + 1, end - host - 1);
    }
  if (strpbrk (host, ":[]") != NULL)
    return NULL;
  return g_strdup (host);
}

static gboolean
culvert_endpoint_parse_ports (CulvertEndpoint *out,
                              CulvertEndpointKind kind,
                              const char *text,
                              GError **error)
{
  g_autofree char *raw = NULL;
  g_autofree char *host = NULL;
  const char *rest;
  guint16 min;
  guint16 max;

  if (!culvert_endpoint_split_ports (text, &raw, &min, &max, &rest))
    return culvert_endpoint_fail (error,
                                  _("\"%s\" has no valid port; use host:port or host:min-max with "
                                    "ports 1 to 65535"),
                                  text);
  if (!culvert_endpoint_is_blank (rest))
    return culvert_endpoint_fail (
        error, _("\"%s\" has text behind the port; use host:port or host:min-max"), text);
  host = culvert_endpoint_unbracket (raw);
  if (host == NULL)
    return culvert_endpoint_fail (
        error, _("\"%s\" has a colon in the host; write an IPv6 address as [address]:port"), text);
  if (culvert_endpoint_has_space (host))
    return culvert_endpoint_fail (error, _("\"%s\" has white space in the host name"), text);
  if (host[0] == '\0' && kind == CULVERT_ENDPOINT_REMOTE_PORTS)
    return culvert_endpoint_fail (error, _("\"%s\" names no host; use host:port or host:min-max"),
                                  text);
  *out = (CulvertEndpoint) { .host = g_steal_pointer (&host), .port_min = min, .port_max = max };
  return TRUE;
}

gboolean
culvert_endpoint_parse (CulvertEndpoint *out,
                        CulvertEndpointKind kind,
                        const char *text,
                        GError **error)
{
  switch (kind)
    {
    case CULVERT_ENDPOINT_LISTEN_STREAM:
    case CULVERT_ENDPOINT_TARGET_STREAM:
      return culvert_endpoint_parse_stream (out, kind, text, error);
    case CULVERT_ENDPOINT_LISTEN_PORTS:
    case CULVERT_ENDPOINT_REMOTE_PORTS:
      return culvert_endpoint_parse_ports (out, kind, text, error);
    }
  g_assert_not_reached ();
}

void
culvert_endpoint_clear (CulvertEndpoint *endpoint)
{
  g_clear_pointer (&endpoint->host, g_free);
}

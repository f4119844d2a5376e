/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-endpoint.h"
#include "culvert-error.h"
#include "test-vectors.h"

#include <string.h>

static void
check_hostport (JsonObject *object, void *data)
{
  const char *addr = json_object_get_string_member (object, "addr");
  g_autofree char *host = NULL;
  g_autofree char *service = NULL;

  g_test_message ("%s", addr);
  if (json_object_get_boolean_member (object, "unix"))
    {
      g_assert_false (culvert_endpoint_split (addr, &host, &service));
      return;
    }
  g_assert_true (culvert_endpoint_split (addr, &host, &service));
  g_assert_cmpstr (host, ==, json_object_get_string_member (object, "host"));
  g_assert_cmpstr (service, ==, json_object_get_string_member (object, "port"));
}

static void
test_hostport_vectors (void)
{
  test_vectors_foreach ("hostport.json", NULL, check_hostport, NULL);
}

static void
check_multiport (JsonObject *object, void *data)
{
  const char *addr = json_object_get_string_member (object, "addr");
  g_autofree char *host = NULL;
  const char *rest;
  guint16 min;
  guint16 max;

  g_test_message ("%s", addr);
  if (!json_object_get_boolean_member (object, "ok"))
    {
      g_assert_false (culvert_endpoint_split_ports (addr, &host, &min, &max, &rest));
      return;
    }
  g_assert_true (culvert_endpoint_split_ports (addr, &host, &min, &max, &rest));
  g_assert_cmpstr (host, ==, json_object_get_string_member (object, "host"));
  g_assert_cmpint (min, ==, json_object_get_int_member (object, "min"));
  g_assert_cmpint (max, ==, json_object_get_int_member (object, "max"));
}

static void
test_multiport_vectors (void)
{
  test_vectors_foreach ("multiport.json", NULL, check_multiport, NULL);
}

/* What kcptun reads but cannot be meant: text behind the port (12.1 permits), bare colons and
 * white space in the host, which no resolver knows. */
static const char *const refused[] = {
  "host:29900-x",    "host:29900x",      "host:29900-29910-29920", "host:2000--2005",
  "x:1:y",           " host:29900",      "host:80:90",             "a:b:90-95",
  "::1",             "fe80::1",          "fe80::1%eth0:29900",     "x:1:2-",
  "host:2000-123456",
};

static gboolean
is_refused (const char *addr)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    if (strcmp (refused[i], addr) == 0)
      return TRUE;
  return FALSE;
}

static void
check_strict_ports (JsonObject *object, void *data)
{
  const char *addr = json_object_get_string_member (object, "addr");
  gboolean expected = json_object_get_boolean_member (object, "ok") && !is_refused (addr);
  g_autoptr (GError) error = NULL;
  CulvertEndpoint endpoint;

  g_test_message ("%s", addr);
  if (!culvert_endpoint_parse (&endpoint, CULVERT_ENDPOINT_LISTEN_PORTS, addr, &error))
    {
      g_assert_false (expected);
      g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, addr));
      return;
    }
  g_assert_true (expected);
  g_assert_false (endpoint.is_unix);
  g_assert_cmpint (endpoint.port_min, ==, json_object_get_int_member (object, "min"));
  g_assert_cmpint (endpoint.port_max, ==, json_object_get_int_member (object, "max"));
  culvert_endpoint_clear (&endpoint);
}

static void
test_strict_ports (void)
{
  test_vectors_foreach ("multiport.json", NULL, check_strict_ports, NULL);
}

static void
assert_parsed (CulvertEndpointKind kind, const char *text, const char *host, guint min, guint max)
{
  g_autoptr (GError) error = NULL;
  CulvertEndpoint endpoint;

  g_assert_true (culvert_endpoint_parse (&endpoint, kind, text, &error));
  g_assert_no_error (error);
  g_assert_false (endpoint.is_unix);
  g_assert_cmpstr (endpoint.host, ==, host);
  g_assert_cmpuint (endpoint.port_min, ==, min);
  g_assert_cmpuint (endpoint.port_max, ==, max);
  culvert_endpoint_clear (&endpoint);
}

static void
assert_refused (CulvertEndpointKind kind, const char *text)
{
  g_autoptr (GError) error = NULL;
  CulvertEndpoint endpoint;

  g_test_message ("%s", text);
  g_assert_false (culvert_endpoint_parse (&endpoint, kind, text, &error));
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
}

static void
test_brackets (void)
{
  assert_parsed (CULVERT_ENDPOINT_REMOTE_PORTS, "[::1]:29900-29905", "::1", 29900, 29905);
  assert_parsed (CULVERT_ENDPOINT_LISTEN_PORTS, "[::]:1", "::", 1, 1);
  assert_parsed (CULVERT_ENDPOINT_TARGET_STREAM, "[fe80::1%eth0]:80", "fe80::1%eth0", 80, 80);
  assert_refused (CULVERT_ENDPOINT_REMOTE_PORTS, "[::1:80");
  assert_refused (CULVERT_ENDPOINT_REMOTE_PORTS, "[[::1]]:80");
}

static void
test_empty_host (void)
{
  assert_parsed (CULVERT_ENDPOINT_LISTEN_PORTS, ":29900", "", 29900, 29900);
  assert_parsed (CULVERT_ENDPOINT_LISTEN_STREAM, ":12948", "", 12948, 12948);
  assert_refused (CULVERT_ENDPOINT_REMOTE_PORTS, ":29900");
}

static void
test_trailing_space (void)
{
  assert_parsed (CULVERT_ENDPOINT_REMOTE_PORTS, "host:29900 \n", "host", 29900, 29900);
  assert_parsed (CULVERT_ENDPOINT_REMOTE_PORTS, "host:29900-", "host", 29900, 29900);
}

static void
test_services (void)
{
  assert_parsed (CULVERT_ENDPOINT_TARGET_STREAM, "localhost:http", "localhost", 80, 80);
  assert_parsed (CULVERT_ENDPOINT_LISTEN_STREAM, "127.0.0.1:SSH", "127.0.0.1", 22, 22);
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, "localhost:no-such-service");
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, "localhost:65536");
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, "localhost:-1");
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, "localhost:+80");
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, "/run/a:b");
}

static void
test_any_port (void)
{
  assert_parsed (CULVERT_ENDPOINT_LISTEN_STREAM, "127.0.0.1:0", "127.0.0.1", 0, 0);
  assert_parsed (CULVERT_ENDPOINT_LISTEN_STREAM, "localhost:", "localhost", 0, 0);
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, "127.0.0.1:0");
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, "127.0.0.1:");
}

static void
test_unix (void)
{
  g_autofree char *longest = g_strnfill (107, 'x');
  g_autofree char *too_long = g_strnfill (108, 'x');
  const char *const paths[] = { "/run/x.sock", "@abstract", "localhost", "::1", longest };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      CulvertEndpoint endpoint;

      g_assert_true (
          culvert_endpoint_parse (&endpoint, CULVERT_ENDPOINT_TARGET_STREAM, paths[i], NULL));
      g_assert_true (endpoint.is_unix);
      g_assert_cmpstr (endpoint.host, ==, paths[i]);
      culvert_endpoint_clear (&endpoint);
    }
  assert_refused (CULVERT_ENDPOINT_TARGET_STREAM, too_long);
  assert_refused (CULVERT_ENDPOINT_LISTEN_STREAM, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/endpoint/split/vectors", test_hostport_vectors);
  g_test_add_func ("/endpoint/split-ports/vectors", test_multiport_vectors);
  g_test_add_func ("/endpoint/ports/strict", test_strict_ports);
  g_test_add_func ("/endpoint/brackets", test_brackets);
  g_test_add_func ("/endpoint/empty-host", test_empty_host);
  g_test_add_func ("/endpoint/ports/trailing-space", test_trailing_space);
  g_test_add_func ("/endpoint/services", test_services);
  g_test_add_func ("/endpoint/any-port", test_any_port);
  g_test_add_func ("/endpoint/unix", test_unix);
  return g_test_run ();
}

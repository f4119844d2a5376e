/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Texts made of numbers: the table of culvert top, words for rates, names of metrics. */

#include "config.h"

#include "cli/culvert-cmd.h"
#include "cli/culvert-top-view.h"
#include "culvert-openmetrics.h"

#include <math.h>
#include <string.h>

static GVariant *
parse (const char *type, const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE (type), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

/* The tunnel is the caller's, as everything in it. */
static void
tunnel_init (CulvertTopTunnel *tunnel, const char *sessions, const char *streams)
{
  tunnel->status = parse ("a{sv}", "{'name': <'office'>, 'role': <'client'>, "
                                   "'state': <'connected'>, "
                                   "'now': <{'goodput-down': 1234567.0, 'rtt': 0.0234, "
                                   "'sessions': 1.0, 'streams': 3.0}>}");
  tunnel->sessions = parse ("aa{sv}", sessions);
  tunnel->streams = parse ("aa{sv}", streams);
}

static void
tunnel_clear (CulvertTopTunnel *tunnel)
{
  g_variant_unref (tunnel->status);
  g_variant_unref (tunnel->sessions);
  g_variant_unref (tunnel->streams);
}

#define SESSION(in, out) \
  "[{'id': <uint64 7>, 'peer': <'192.0.2.1:29900'>, 'age': <3.5>, 'rtt': <0.02>, " \
  "'streams': <uint32 2>, 'bytes-in': <uint64 " #in ">, 'bytes-out': <uint64 " #out ">}]"
#define STREAM(id, in) \
  "{'session': <uint64 7>, 'id': <uint32 " #id ">, 'address': <'127.0.0.1:" #id "'>, " \
  "'age': <3700.0>, 'bytes-in': <uint64 " #in ">, 'bytes-out': <uint64 0>}"

static char *
render (CulvertTopView *view, CulvertTopTunnel *tunnel, gint64 now, guint width, guint height)
{
  g_autoptr (GPtrArray) tunnels = g_ptr_array_new ();

  if (tunnel != NULL)
    g_ptr_array_add (tunnels, tunnel);
  return culvert_top_view_render (view, tunnels, now * G_USEC_PER_SEC, width, height, FALSE);
}

static void
test_top_rates (void)
{
  CulvertTopView *view = culvert_top_view_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  CulvertTopTunnel tunnel;

  tunnel_init (&tunnel, SESSION (1000, 0), "[" STREAM (3, 1000) "," STREAM (5, 0) "]");
  first = render (view, &tunnel, 10, 200, 50);
  tunnel_clear (&tunnel);
  g_assert_nonnull (strstr (first, "1.2 MB/s"));
  g_assert_nonnull (strstr (first, "23.4 ms"));
  g_assert_nonnull (strstr (first, "192.0.2.1:29900"));
  g_assert_nonnull (strstr (first, "1 h 1 min"));
  /* Two seconds later; the busiest comes first, the new one has no rate yet. */
  tunnel_init (&tunnel, SESSION (9000, 400),
               "[" STREAM (3, 3000) "," STREAM (5, 6000) "," STREAM (9, 0) "]");
  second = render (view, &tunnel, 12, 200, 50);
  tunnel_clear (&tunnel);
  g_assert_nonnull (strstr (second, "4.0 kB/s    200 B/s"));
  g_assert_nonnull (strstr (second, "3.0 kB/s"));
  g_assert_true (strstr (second, "127.0.0.1:5") < strstr (second, "127.0.0.1:3"));
  g_assert_true (strstr (second, "127.0.0.1:3") < strstr (second, "127.0.0.1:9"));
  culvert_top_view_free (view);
}

static void
test_top_size (void)
{
  CulvertTopView *view = culvert_top_view_new ();
  CulvertTopTunnel tunnel;

  tunnel_init (&tunnel, SESSION (1000, 0), "[" STREAM (3, 1000) "," STREAM (5, 0) "]");
  for (guint width = 1; width < 150; width += 7)
    for (guint height = 1; height < 12; height++)
      {
        g_autofree char *text = render (view, &tunnel, 10, width, height);
        g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

        /* The last is what follows the last end of line. */
        g_assert_cmpuint (g_strv_length (lines) - 1, <=, height);
        for (guint i = 0; lines[i] != NULL; i++)
          g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, width);
      }
  tunnel_clear (&tunnel);
  culvert_top_view_free (view);
}

/* What a name or an address holds must not steer the terminal. */
static void
test_top_hostile (void)
{
  CulvertTopView *view = culvert_top_view_new ();
  CulvertTopTunnel tunnel = { .sessions = NULL };
  g_autofree char *text = NULL;

  tunnel.status = parse ("a{sv}", "{'name': <'\\u001b[2J\\nx\\u009b'>}");
  text = render (view, &tunnel, 10, 100, 10);
  g_variant_unref (tunnel.status);
  g_assert_null (strchr (text, '\033'));
  g_assert_null (strstr (text, "\xc2\x9b"));
  g_assert_nonnull (strstr (text, "?[2J?x?"));
  culvert_top_view_free (view);
}

static void
test_top_empty (void)
{
  CulvertTopView *view = culvert_top_view_new ();
  g_autofree char *text = render (view, NULL, 10, 100, 10);

  g_assert_nonnull (strstr (text, "No running instance"));
  culvert_top_view_free (view);
}

static void
assert_text (char *text, const char *expected)
{
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

static void
test_words (void)
{
  assert_text (culvert_cmd_dup_rate (0), "0 B/s");
  assert_text (culvert_cmd_dup_rate (999.4), "999 B/s");
  assert_text (culvert_cmd_dup_rate (999.5), "1.0 kB/s");
  assert_text (culvert_cmd_dup_rate (99900), "99.9 kB/s");
  assert_text (culvert_cmd_dup_rate (123456789), "123 MB/s");
  assert_text (culvert_cmd_dup_rate (1e17), "100000 TB/s");
  assert_text (culvert_cmd_dup_rate (NAN), "-");
  assert_text (culvert_cmd_dup_delay (0.0123), "12.3 ms");
  assert_text (culvert_cmd_dup_delay (1.5), "1500 ms");
  assert_text (culvert_cmd_dup_delay (NAN), "-");
  assert_text (culvert_cmd_dup_share (0.123), "12.3 %");
  assert_text (culvert_cmd_dup_age (59.9), "59 s");
  assert_text (culvert_cmd_dup_age (3599), "59 min 59 s");
  assert_text (culvert_cmd_dup_age (86399), "23 h 59 min");
  assert_text (culvert_cmd_dup_age (90000), "1 d 1 h");
  assert_text (culvert_cmd_dup_age (NAN), "-");
}

static void
test_snake (void)
{
  assert_text (culvert_openmetrics_dup_snake ("BytesSent"), "bytes_sent");
  assert_text (culvert_openmetrics_dup_snake ("FECErrs"), "fec_errs");
  assert_text (culvert_openmetrics_dup_snake ("KCPInErrors"), "kcp_in_errors");
  assert_text (culvert_openmetrics_dup_snake ("RTO"), "rto");
  assert_text (culvert_openmetrics_dup_snake ("RTTVar"), "rtt_var");
  assert_text (culvert_openmetrics_dup_snake ("a b"), "a_b");
}

static void
test_escape (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  culvert_openmetrics_append_escaped (out, "a\"b\\c\nd\xc3\xa4");
  g_assert_cmpstr (out->str, ==, "a\\\"b\\\\c\\nd\xc3\xa4");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/top/rates", test_top_rates);
  g_test_add_func ("/top/size", test_top_size);
  g_test_add_func ("/top/hostile", test_top_hostile);
  g_test_add_func ("/top/empty", test_top_empty);
  g_test_add_func ("/words", test_words);
  g_test_add_func ("/openmetrics/snake", test_snake);
  g_test_add_func ("/openmetrics/escape", test_escape);
  return g_test_run ();
}

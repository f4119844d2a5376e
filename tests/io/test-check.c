/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The check through the public API, against a server of ours in the same process. What it says
 * about kcptun is tested by tests/interop/diagnosis.py. */

#include "config.h"

#include "culvert.h"
#include "io-target.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  IoTarget *target;
  CulvertEngine *engine;
  CulvertTunnel *server;
  char *address;
} Fixture;

typedef struct
{
  GAsyncResult *result;
  guint n_steps;
  GThread *thread;
} Run;

static void
store_result_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static CulvertConfig *
make_config (CulvertRole role, const char *first, ...)
{
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict dict;
  va_list args;

  g_variant_dict_init (&dict, NULL);
  va_start (args, first);
  for (const char *key = first; key != NULL; key = va_arg (args, const char *))
    g_variant_dict_insert (&dict, key, "s", va_arg (args, const char *));
  va_end (args);
  config = culvert_config_new_from_variant (role, g_variant_dict_end (&dict), &error);
  g_assert_no_error (error);
  return g_steal_pointer (&config);
}

/* "127.0.0.1:PORT" of a UDP port; *out_fd keeps it, deaf, unless it is NULL. */
static char *
udp_address (int *out_fd)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof in;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_no_errno (bind (fd, (struct sockaddr *) &in, sizeof in));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in, &len));
  if (out_fd != NULL)
    *out_fd = fd;
  else
    close (fd);
  return g_strdup_printf ("127.0.0.1:%u", g_ntohs (in.sin_port));
}

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;

  f->address = udp_address (NULL);
  f->target = io_target_new (IO_TARGET_ECHO, NULL, 0);
  target = g_strdup_printf ("127.0.0.1:%u", io_target_port (f->target));
  config = make_config (CULVERT_ROLE_SERVER, "listen", f->address, "target", target, "key", "test",
                        NULL);
  f->engine = culvert_engine_new (1, 0);
  f->server = culvert_engine_add_tunnel (f->engine, config);
  culvert_tunnel_start_async (f->server, NULL, store_result_cb, &result);
  wait_result (&result);
  culvert_tunnel_start_finish (f->server, result, &error);
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_engine_shutdown_async (f->engine, 0, NULL, store_result_cb, &result);
  wait_result (&result);
  g_assert_true (culvert_engine_shutdown_finish (f->engine, result, NULL));
  g_clear_object (&f->server);
  g_clear_object (&f->engine);
  io_target_free (f->target);
  g_free (f->address);
}

static void
progress_cb (const char *step, gpointer data)
{
  Run *run = data;

  g_assert_null (run->result);
  g_assert_true (run->thread == g_thread_self ());
  g_assert_cmpint (strlen (step), >, 0);
  run->n_steps++;
}

static CulvertCheckResult *
check (CulvertConfig *config,
       const CulvertCheckOptions *options,
       GCancellable *cancellable,
       guint *out_steps,
       GError **error)
{
  Run run = { .thread = g_thread_self () };
  CulvertCheckResult *result;

  culvert_check_async (config, options, cancellable, progress_cb, &run, store_result_cb,
                       &run.result);
  wait_result (&run.result);
  result = culvert_check_finish (run.result, error);
  g_object_unref (run.result);
  if (out_steps != NULL)
    *out_steps = run.n_steps;
  return result;
}

static void
test_ok (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertConfig) config = make_config (CULVERT_ROLE_CLIENT, "remoteaddr", f->address,
                                                  "key", "test", NULL);
  CulvertCheckOptions options = { 3, 15000, FALSE };
  g_autoptr (CulvertCheckResult) result = NULL;
  g_autoptr (CulvertCheckResult) copy = NULL;
  g_autoptr (GError) error = NULL;
  guint n_steps;

  result = check (config, &options, NULL, &n_steps, &error);
  g_assert_no_error (error);
  copy = culvert_check_result_copy (result);
  g_test_message ("%s", copy->sentence);
  g_assert_cmpint (copy->verdict, ==, CULVERT_CHECK_OK);
  g_assert_cmpstr (copy->address, ==, f->address);
  g_assert_cmpuint (copy->n_probes, ==, 3);
  g_assert_cmpuint (copy->n_answers, ==, 3);
  g_assert_cmpint (copy->rtt_min_us, >, 0);
  g_assert_cmpint (copy->rtt_min_us, <=, copy->rtt_avg_us);
  g_assert_cmpint (copy->rtt_avg_us, <=, copy->rtt_max_us);
  g_assert_cmpuint (copy->mtu_up, ==, 1350);
  /* A server of ours begins with less than it may send. */
  g_assert_cmpuint (copy->mtu_down, >, 1150);
  g_assert_false (copy->loses_up || copy->loses_down);
  g_assert_cmpint (copy->smux_version, ==, 2);
  g_assert_cmpint (copy->compression, ==, CULVERT_CHECK_YES);
  /* An echo is what was asked, whatever QPP did to it on the way. */
  g_assert_cmpint (copy->target, ==, CULVERT_CHECK_TARGET_SPEAKS);
  g_assert_cmpuint (io_target_n_accepted (f->target), ==, 1);
  g_assert_cmpuint (n_steps, >=, 5);
}

static void
test_wrong_cipher (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertConfig) config = make_config (CULVERT_ROLE_CLIENT, "remoteaddr", f->address,
                                                  "key", "test", "crypt", "aes-128-gcm", NULL);
  g_autoptr (CulvertCheckResult) result = NULL;
  g_autoptr (GError) error = NULL;
  CulvertStats stats;

  result = check (config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result->verdict, ==, CULVERT_CHECK_PROTECTION);
  g_assert_cmpstr (result->crypt, ==, "aes");
  g_assert_cmpuint (io_target_n_accepted (f->target), ==, 0);
  /* The server, too, told this client from damage: probes before the right cipher was tried. */
  culvert_tunnel_sample (f->server, &stats);
  g_assert_cmpuint (culvert_stats_lookup (&stats, "Strangers"), ==, 1);
  g_assert_cmpuint (culvert_stats_lookup (&stats, "StrangerPkts"), >=, 5);
}

/* The time is up long before a silent port is given up. */
static void
test_timeout (void)
{
  int fd;
  g_autofree char *address = udp_address (&fd);
  g_autoptr (CulvertConfig) config = make_config (CULVERT_ROLE_CLIENT, "remoteaddr", address, NULL);
  CulvertCheckOptions options = { 10, 300, FALSE };
  g_autoptr (CulvertCheckResult) result = NULL;
  g_autoptr (GError) error = NULL;

  result = check (config, &options, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result->verdict, ==, CULVERT_CHECK_NO_ANSWER);
  g_assert_cmpint (result->elapsed_us, >=, 300 * 1000);
  g_assert_cmpint (result->elapsed_us, <, 2 * G_USEC_PER_SEC);
  close (fd);
}

static void
test_closed_port (void)
{
  g_autofree char *address = udp_address (NULL);
  g_autoptr (CulvertConfig) config = make_config (CULVERT_ROLE_CLIENT, "remoteaddr", address, NULL);
  g_autoptr (CulvertCheckResult) result = NULL;
  g_autoptr (GError) error = NULL;

  result = check (config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result->verdict, ==, CULVERT_CHECK_UNREACHABLE);
  g_assert_cmpint (result->icmp_error, ==, ECONNREFUSED);
  g_assert_cmpstr (result->address, ==, address);
}

static void
test_no_name (void)
{
  g_autoptr (CulvertConfig) config = make_config (CULVERT_ROLE_CLIENT, "remoteaddr",
                                                  "no-such-host.invalid:29900", NULL);
  g_autoptr (CulvertCheckResult) result = NULL;
  g_autoptr (GError) error = NULL;

  result = check (config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result->verdict, ==, CULVERT_CHECK_NAME);
  g_assert_nonnull (strstr (result->sentence, "no-such-host.invalid"));
  g_assert_null (result->address);
}

static gboolean
cancel_cb (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
test_cancel (void)
{
  int fd;
  g_autofree char *address = udp_address (&fd);
  g_autoptr (CulvertConfig) config = make_config (CULVERT_ROLE_CLIENT, "remoteaddr", address, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();

  g_timeout_add (50, cancel_cb, cancellable);
  g_assert_null (check (config, NULL, cancellable, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 2 * G_USEC_PER_SEC);
  close (fd);
}

/* -- a server that understands nothing ---------------------------------------------------- */

/* Without protection: answers probes, forgets every session once it has read its first byte, and
 * may say a heartbeat of its own in the first one. */
typedef struct
{
  int fd;
  GThread *thread;
  gboolean has_heartbeat;
  guint8 smux_version;
  gint is_ending;
} Puzzle;

enum
{
  CMD_PUSH = 81,
  CMD_ACK = 82,
  CMD_WASK = 83,
  CMD_WINS = 84,
};

static guint32
load_u32 (const guint8 *p)
{
  guint32 value;

  memcpy (&value, p, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint8 *
put_segment (guint8 *p,
             guint32 conv,
             guint8 cmd,
             guint32 ts,
             guint32 sn,
             guint32 una,
             const void *data,
             guint32 len)
{
  const guint32 words[] = { GUINT32_TO_LE (conv), 0, GUINT32_TO_LE (ts), GUINT32_TO_LE (sn),
                            GUINT32_TO_LE (una), GUINT32_TO_LE (len) };

  memcpy (p, words, sizeof words);
  p[4] = cmd;
  p[7] = 4; /* a window of 1024 */
  if (len > 0)
    memcpy (p + 24, data, len);
  return p + 24 + len;
}

/* A stream identifier and the head of a chunk, then the frame, as kcptun writes them. */
static guint8 *
put_heartbeat (guint8 *p, guint32 conv, guint8 version)
{
  /* Masked CRC of the frame, by version. */
  static const guint8 crcs[2][4] = { { 0xfb, 0xe4, 0x6d, 0x18 }, { 0x82, 0x37, 0xbc, 0x1d } };
  guint8 head[18] = { 0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y', 1, 12, 0, 0 };
  const guint8 frame[8] = { version, 3 };

  memcpy (head + 14, crcs[version - 1], 4);
  p = put_segment (p, conv, CMD_PUSH, 0, 0, 0, head, sizeof head);
  return put_segment (p, conv, CMD_PUSH, 0, 1, 0, frame, sizeof frame);
}

static gpointer
puzzle_thread (gpointer data)
{
  Puzzle *puzzle = data;
  guint32 first_conv = 0;
  guint8 in[2048];
  struct sockaddr_in from;
  socklen_t from_len = sizeof from;
  ssize_t n;

  while ((n = recvfrom (puzzle->fd, in, sizeof in, 0, (struct sockaddr *) &from, &from_len)) >= 0
         && !g_atomic_int_get (&puzzle->is_ending))
    {
      guint8 out[4096];
      guint8 *p = out;

      for (const guint8 *s = in; s + 24 <= in + n; s += 24 + load_u32 (s + 20))
        {
          guint32 conv = load_u32 (s);
          guint32 una = s[4] == CMD_PUSH && load_u32 (s + 12) == 0 ? 1 : 0;

          first_conv = first_conv == 0 ? conv : first_conv;
          if (s[4] == CMD_PUSH && p + 24 <= out + 1300)
            p = put_segment (p, conv, CMD_ACK, load_u32 (s + 8), load_u32 (s + 12), una, NULL, 0);
          else if (s[4] == CMD_WASK)
            p = put_segment (p, conv, CMD_WINS, 0, 0, 0, NULL, 0);
          if (puzzle->has_heartbeat && conv == first_conv && s[4] == CMD_WASK)
            p = put_heartbeat (p, conv, puzzle->smux_version);
        }
      if (p > out)
        (void) sendto (puzzle->fd, out, p - out, 0, (struct sockaddr *) &from, from_len);
      from_len = sizeof from;
    }
  return NULL;
}

static CulvertCheckResult *
solve (gboolean has_heartbeat, guint8 smux_version)
{
  Puzzle puzzle = { .has_heartbeat = has_heartbeat, .smux_version = smux_version };
  g_autofree char *address = udp_address (&puzzle.fd);
  g_autoptr (CulvertConfig) config = make_config (CULVERT_ROLE_CLIENT, "remoteaddr", address,
                                                  "crypt", "null", NULL);
  CulvertCheckOptions options = { 2, 4000, FALSE };
  CulvertCheckResult *result;
  g_autoptr (GError) error = NULL;

  puzzle.thread = g_thread_new ("puzzle", puzzle_thread, &puzzle);
  result = check (config, &options, NULL, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", result->sentence);
  g_atomic_int_set (&puzzle.is_ending, 1);
  shutdown (puzzle.fd, SHUT_RDWR);
  g_thread_join (puzzle.thread);
  close (puzzle.fd);
  return result;
}

/* No format gets through, and the server says nothing: the pair. */
static void
test_no_format (void)
{
  g_autoptr (CulvertCheckResult) result = solve (FALSE, 0);

  g_assert_cmpint (result->verdict, ==, CULVERT_CHECK_FORMAT);
  g_assert_cmpint (result->smux_version, ==, 0);
  g_assert_cmpint (result->compression, ==, CULVERT_CHECK_UNKNOWN);
  g_assert_cmpint (result->elapsed_us, >=, 4 * G_USEC_PER_SEC);
}

/* The same, but its heartbeat tells. */
static void
test_heartbeat (void)
{
  g_autoptr (CulvertCheckResult) result = solve (TRUE, 1);

  g_assert_cmpint (result->verdict, ==, CULVERT_CHECK_SMUX);
  g_assert_cmpint (result->smux_version, ==, 1);
  g_assert_cmpint (result->compression, ==, CULVERT_CHECK_YES);
  g_assert_cmpint (result->elapsed_us, <, 4 * G_USEC_PER_SEC);
}

static void
test_words (void)
{
  static const CulvertCheckVerdict verdicts[] = {
    CULVERT_CHECK_OK,     CULVERT_CHECK_NAME,        CULVERT_CHECK_UNREACHABLE,
    CULVERT_CHECK_NO_ANSWER, CULVERT_CHECK_PROTECTION, CULVERT_CHECK_COMPRESSION,
    CULVERT_CHECK_SMUX,   CULVERT_CHECK_QPP,         CULVERT_CHECK_TARGET,
    CULVERT_CHECK_LARGE,  CULVERT_CHECK_FORMAT,      CULVERT_CHECK_UNFINISHED,
  };
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < G_N_ELEMENTS (verdicts); i++)
    g_assert_true (
        g_hash_table_add (seen, (char *) culvert_check_verdict_to_string (verdicts[i])));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/check/ok", Fixture, NULL, fixture_set_up, test_ok, fixture_tear_down);
  g_test_add ("/check/wrong-cipher", Fixture, NULL, fixture_set_up, test_wrong_cipher,
              fixture_tear_down);
  g_test_add_func ("/check/timeout", test_timeout);
  g_test_add_func ("/check/closed-port", test_closed_port);
  g_test_add_func ("/check/no-name", test_no_name);
  g_test_add_func ("/check/cancel", test_cancel);
  g_test_add_func ("/check/no-format", test_no_format);
  g_test_add_func ("/check/heartbeat", test_heartbeat);
  g_test_add_func ("/check/words", test_words);
  return g_test_run ();
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The public API: tunnels of one engine, client and server mixed, against real sockets. */

#include "config.h"

#include "culvert.h"
#include "io-target.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  IoTarget *target;
  CulvertEngine *engine;
  CulvertTunnel *server;
  CulvertTunnel *client;
  GString *log;
  GString *states; /* of the client, each followed by a space */
} Fixture;

static CulvertConfig *
make_config (CulvertRole role, const char *first, ...)
{
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict dict;
  va_list args;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "key", "s", "test");
  g_variant_dict_insert (&dict, "mode", "s", "fast3");
  va_start (args, first);
  for (const char *key = first; key != NULL; key = va_arg (args, const char *))
    g_variant_dict_insert (&dict, key, "s", va_arg (args, const char *));
  va_end (args);
  config = culvert_config_new_from_variant (role, g_variant_dict_end (&dict), &error);
  g_assert_no_error (error);
  return g_steal_pointer (&config);
}

static void
store_result_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static gboolean
start (CulvertTunnel *tunnel, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_tunnel_start_async (tunnel, NULL, store_result_cb, &result);
  return culvert_tunnel_start_finish (tunnel, wait_result (&result), error);
}

static void
stop (CulvertTunnel *tunnel)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  culvert_tunnel_stop_async (tunnel, 0, NULL, store_result_cb, &result);
  g_assert_true (culvert_tunnel_stop_finish (tunnel, wait_result (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpint (culvert_tunnel_get_state (tunnel), ==, CULVERT_TUNNEL_OFF);
}

static gboolean
limit_cb (gpointer data)
{
  g_error ("%s does not come", (const char *) data);
  return G_SOURCE_REMOVE;
}

#define wait_for(cond) \
  do \
    { \
      guint limit_id = g_timeout_add_seconds (20, limit_cb, (gpointer) #cond); \
      while (!(cond)) \
        g_main_context_iteration (NULL, TRUE); \
      g_source_remove (limit_id); \
    } \
  while (0)

static void
log_cb (CulvertTunnel *tunnel, CulvertLogLevel level, const char *message, gpointer data)
{
  g_string_append_printf (data, "%d %s\n", level, message);
}

static void
state_cb (CulvertTunnel *tunnel, GParamSpec *pspec, gpointer data)
{
  g_string_append_printf (data, "%s ",
                          culvert_tunnel_state_to_string (culvert_tunnel_get_state (tunnel)));
}

static guint16
endpoint_port (CulvertTunnel *tunnel)
{
  const char *const *endpoints = culvert_tunnel_get_local_endpoints (tunnel);

  g_assert_cmpuint (g_strv_length ((char **) endpoints), ==, 1);
  return (guint16) g_ascii_strtoull (strrchr (endpoints[0], ':') + 1, NULL, 10);
}

/* A UDP port that is free now: a server's range starts at 1. */
static guint16
free_port (void)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof in;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_no_errno (bind (fd, (struct sockaddr *) &in, sizeof in));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in, &len));
  close (fd);
  return g_ntohs (in.sin_port);
}

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *target = NULL;
  g_autofree char *listen = g_strdup_printf ("127.0.0.1:%u", free_port ());
  g_autoptr (CulvertConfig) server = NULL;
  g_autoptr (CulvertConfig) client = NULL;

  f->target = io_target_new (IO_TARGET_ECHO, NULL, 0);
  target = g_strdup_printf ("127.0.0.1:%u", io_target_port (f->target));
  server = make_config (CULVERT_ROLE_SERVER, "listen", listen, "target", target, NULL);
  client = make_config (CULVERT_ROLE_CLIENT, "remoteaddr", listen, "localaddr", "127.0.0.1:0",
                        NULL);
  f->engine = culvert_engine_new (2, 0);
  f->server = culvert_engine_add_tunnel (f->engine, server);
  f->client = culvert_engine_add_tunnel (f->engine, client);
  f->log = g_string_new (NULL);
  f->states = g_string_new (NULL);
  g_signal_connect (f->client, "log", G_CALLBACK (log_cb), f->log);
  g_signal_connect (f->client, "notify::state", G_CALLBACK (state_cb), f->states);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_engine_shutdown_async (f->engine, 100, NULL, store_result_cb, &result);
  g_assert_true (culvert_engine_shutdown_finish (f->engine, wait_result (&result), NULL));
  g_clear_object (&result);
  g_signal_handlers_disconnect_by_data (f->client, f->log);
  g_signal_handlers_disconnect_by_data (f->client, f->states);
  g_object_unref (f->client);
  g_object_unref (f->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (f->engine);
  g_string_free (f->log, TRUE);
  g_string_free (f->states, TRUE);
  io_target_free (f->target);
}

static void
start_both (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (start (f->server, &error));
  g_assert_no_error (error);
  g_assert_true (start (f->client, &error));
  g_assert_no_error (error);
}

/* A connection through the tunnel on which one byte was echoed. */
static int
echo_once (Fixture *f)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  struct timeval limit = { .tv_sec = 20 };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char byte = 'x';

  in.sin_port = g_htons (endpoint_port (f->client));
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  g_assert_no_errno (connect (fd, (struct sockaddr *) &in, sizeof in));
  g_assert_cmpint (send (fd, &byte, 1, 0), ==, 1);
  g_assert_cmpint (recv (fd, &byte, 1, 0), ==, 1);
  return fd;
}

static void
test_states (Fixture *f, gconstpointer data)
{
  int fd;

  g_assert_cmpint (culvert_tunnel_get_state (f->client), ==, CULVERT_TUNNEL_OFF);
  start_both (f);
  /* By itself. */
  wait_for (g_str_has_suffix (f->states->str, "connected "));
  fd = echo_once (f);
  wait_for (culvert_tunnel_get_state (f->server) == CULVERT_TUNNEL_CONNECTED);
  close (fd);
  stop (f->client);
  wait_for (g_str_has_suffix (f->states->str, "off "));
  /* States that last no longer than a turn of the loop are not told. */
  g_assert_true (g_regex_match_simple ("^starting (verifying )?connected (stopping )?off $",
                                       f->states->str, 0, 0));
  g_assert_cmpuint (g_strv_length ((char **) culvert_tunnel_get_local_endpoints (f->client)), ==,
                    0);
}

static void
test_restart (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      start_both (f);
      close (echo_once (f));
      stop (f->client);
      stop (f->server);
    }
}

static void
test_stats (Fixture *f, gconstpointer data)
{
  CulvertStats older;
  CulvertStats newer;
  CulvertStats engine;
  int fd;

  start_both (f);
  fd = echo_once (f);
  wait_for (culvert_tunnel_get_state (f->client) == CULVERT_TUNNEL_CONNECTED);
  culvert_tunnel_sample (f->client, &older);
  g_assert_cmpuint (culvert_stats_lookup (&older, "CurrEstab"), ==, 1);
  g_assert_cmpuint (culvert_stats_lookup (&older, "ActiveOpens"), ==, 1);
  g_assert_cmpuint (culvert_stats_lookup (&older, "PayloadSent"), ==, 1);
  g_assert_cmpuint (culvert_stats_lookup (&older, "PayloadReceived"), ==, 1);
  g_assert_cmpuint (culvert_stats_lookup (&older, "OutPkts"), >, 0);
  close (fd);
  stop (f->client);
  /* What a session has counted stays when it ends. */
  culvert_tunnel_sample (f->client, &newer);
  g_assert_cmpuint (culvert_stats_lookup (&newer, "CurrEstab"), ==, 0);
  g_assert_cmpuint (culvert_stats_lookup (&newer, "MaxConn"), ==, 1);
  for (guint i = 0; i < culvert_stats_n_fields (); i++)
    if (!culvert_stats_field_is_gauge (i))
      g_assert_cmpuint (culvert_stats_get (&newer, i), >=, culvert_stats_get (&older, i));
  culvert_engine_sample (f->engine, &engine);
  g_assert_cmpuint (culvert_stats_lookup (&engine, "PayloadSent"), ==, 2);
}

static void
test_log (Fixture *f, gconstpointer data)
{
  culvert_tunnel_set_log_streams (f->client, TRUE);
  start_both (f);
  close (echo_once (f));
  wait_for (strstr (f->log->str, "closed, 1 bytes in, 1 bytes out") != NULL);
  g_assert_nonnull (strstr (f->log->str, "answers"));
}

static void
test_start_twice (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  start_both (f);
  g_assert_false (start (f->client, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
}

static void
test_port_in_use (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertTunnel) other = NULL;
  g_autoptr (GError) error = NULL;

  start_both (f);
  other = culvert_engine_add_tunnel (f->engine, culvert_tunnel_get_config (f->server));
  g_assert_false (start (other, &error));
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_BIND);
  g_assert_nonnull (strstr (error->message, "127.0.0.1:"));
  g_assert_cmpint (culvert_tunnel_get_state (other), ==, CULVERT_TUNNEL_FAILED);
  g_assert_true (g_error_matches (culvert_tunnel_get_last_error (other), CULVERT_ERROR,
                                  CULVERT_ERROR_BIND));
  /* The others go on. */
  close (echo_once (f));
}

static void
test_cancel_start (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  culvert_tunnel_start_async (f->server, cancellable, store_result_cb, &result);
  g_cancellable_cancel (cancellable);
  g_assert_false (culvert_tunnel_start_finish (f->server, wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  wait_for (culvert_tunnel_get_state (f->server) == CULVERT_TUNNEL_OFF);
}

/* A stop while starting ends both calls. */
static void
test_stop_start (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  culvert_tunnel_start_async (f->server, NULL, store_result_cb, &result);
  stop (f->server);
  g_assert_false (culvert_tunnel_start_finish (f->server, wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_remove (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  start_both (f);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (f->engine)), ==, 2);
  culvert_engine_remove_tunnel_async (f->engine, f->client, NULL, store_result_cb, &result);
  g_assert_true (culvert_engine_remove_tunnel_finish (f->engine, wait_result (&result), NULL));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (f->engine)), ==, 1);
  g_assert_cmpint (culvert_tunnel_get_state (f->client), ==, CULVERT_TUNNEL_OFF);
}

/* -- tables and history ------------------------------------------------------------------ */

static GPtrArray *
list_sessions (CulvertTunnel *tunnel)
{
  g_autoptr (GAsyncResult) result = NULL;
  GPtrArray *infos;

  culvert_tunnel_list_sessions_async (tunnel, NULL, store_result_cb, &result);
  infos = culvert_tunnel_list_sessions_finish (tunnel, wait_result (&result), NULL);
  g_assert_nonnull (infos);
  return infos;
}

static GPtrArray *
list_streams (CulvertTunnel *tunnel)
{
  g_autoptr (GAsyncResult) result = NULL;
  GPtrArray *infos;

  culvert_tunnel_list_streams_async (tunnel, NULL, store_result_cb, &result);
  infos = culvert_tunnel_list_streams_finish (tunnel, wait_result (&result), NULL);
  g_assert_nonnull (infos);
  return infos;
}

/* "127.0.0.1:port" of our end of the connection. */
static char *
local_address (int fd)
{
  struct sockaddr_in in;
  socklen_t len = sizeof in;

  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in, &len));
  return g_strdup_printf ("127.0.0.1:%u", g_ntohs (in.sin_port));
}

static void
test_tables (Fixture *f, gconstpointer data)
{
  const char *const *server = NULL;
  g_autoptr (GPtrArray) none = list_sessions (f->client);
  g_autoptr (GPtrArray) sessions = NULL;
  g_autoptr (GPtrArray) streams = NULL;
  g_autoptr (GPtrArray) targets = NULL;
  g_autofree char *target = g_strdup_printf ("127.0.0.1:%u", io_target_port (f->target));
  const CulvertSessionInfo *session;
  int fds[3];

  g_assert_cmpuint (none->len, ==, 0);
  start_both (f);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = echo_once (f);
  sessions = list_sessions (f->client);
  g_assert_cmpuint (sessions->len, ==, 1);
  session = sessions->pdata[0];
  server = culvert_tunnel_get_local_endpoints (f->server);
  g_assert_cmpstr (session->peer, ==, server[0]);
  g_assert_cmpuint (session->n_streams, ==, 3);
  g_assert_cmpuint (session->bytes_in, ==, 3);
  g_assert_cmpuint (session->bytes_out, ==, 3);
  g_assert_cmpint (session->age_us, >, 0);
  g_assert_cmpint (session->silent_us, >=, 0);
  streams = list_streams (f->client);
  targets = list_streams (f->server);
  g_assert_cmpuint (streams->len, ==, 3);
  g_assert_cmpuint (targets->len, ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      const CulvertStreamInfo *stream = streams->pdata[i];
      const CulvertStreamInfo *other = targets->pdata[i];
      g_autofree char *address = local_address (fds[i]);

      g_assert_cmpuint (stream->session, ==, session->id);
      g_assert_cmpstr (stream->address, ==, address);
      g_assert_cmpstr (other->address, ==, target);
      g_assert_cmpuint (other->id, ==, stream->id);
      g_assert_cmpuint (stream->bytes_in, ==, 1);
      g_assert_cmpuint (stream->bytes_out, ==, 1);
      g_assert_cmpint (stream->age_us, >, 0);
      g_assert_cmpint (other->age_us, <, 60 * G_USEC_PER_SEC);
      close (fds[i]);
    }
}

/* The answer comes although the tunnel is being stopped. */
static void
test_tables_stop (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) infos = NULL;

  start_both (f);
  close (echo_once (f));
  culvert_tunnel_stop_async (f->client, 0, NULL, NULL, NULL);
  culvert_tunnel_list_streams_async (f->client, NULL, store_result_cb, &result);
  infos = culvert_tunnel_list_streams_finish (f->client, wait_result (&result), NULL);
  g_assert_nonnull (infos);
}

static void
test_history (Fixture *f, gconstpointer data)
{
  const CulvertHistory *history;
  int fd;

  g_assert_null (culvert_tunnel_peek_history (f->client));
  start_both (f);
  fd = echo_once (f);
  history = culvert_tunnel_peek_history (f->client);
  g_assert_nonnull (history);
  wait_for (culvert_history_get_latest (history, CULVERT_SERIES_SESSIONS) == 1);
  g_assert_cmpfloat (culvert_history_get_latest (history, CULVERT_SERIES_STREAMS), ==, 1);
  g_assert_cmpint (ABS (culvert_history_get_end (history, CULVERT_RESOLUTION_SECOND)
                        - g_get_real_time () / G_USEC_PER_SEC), <=, 1);
  close (fd);
  stop (f->client);
  g_assert_true (culvert_tunnel_peek_history (f->client) == history);
}

/* -- new settings ------------------------------------------------------------------------ */

static gboolean
apply (CulvertTunnel *tunnel, CulvertConfig *config, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_tunnel_apply_config_async (tunnel, config, NULL, store_result_cb, &result);
  return culvert_tunnel_apply_config_finish (tunnel, wait_result (&result), error);
}

/* The tunnel's settings with one of them changed. */
static CulvertConfig *
change (CulvertTunnel *tunnel, const char *key, GVariant *value)
{
  g_autoptr (GVariant) settings = culvert_config_to_variant (culvert_tunnel_get_config (tunnel));
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, settings);
  g_variant_dict_insert_value (&dict, key, value);
  config = culvert_config_new_from_variant (culvert_config_get_role (
                                              culvert_tunnel_get_config (tunnel)),
                                            g_variant_dict_end (&dict), &error);
  g_assert_no_error (error);
  return g_steal_pointer (&config);
}

static void
assert_pending (CulvertTunnel *tunnel, const char *expected)
{
  g_auto (GStrv) pending = culvert_tunnel_dup_pending (tunnel);
  g_autofree char *text = g_strjoinv (",", pending);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_echo (int fd)
{
  char byte = 'y';

  g_assert_cmpint (send (fd, &byte, 1, 0), ==, 1);
  g_assert_cmpint (recv (fd, &byte, 1, 0), ==, 1);
}

static void
test_apply_hot (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertConfig) slow = NULL;
  g_autoptr (CulvertConfig) fast = NULL;
  g_autoptr (GError) error = NULL;
  char block[64 * 1024] = { 0 };
  gint64 begin;
  int fd;

  start_both (f);
  fd = echo_once (f);
  slow = change (f->client, "ratelimit", g_variant_new_int64 (200 * 1024));
  g_assert_true (apply (f->client, slow, &error));
  g_assert_true (culvert_tunnel_get_config (f->client) == slow);
  assert_pending (f->client, "");
  /* More than the bucket holds takes its time now. */
  begin = g_get_monotonic_time ();
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (send (fd, block, sizeof block, 0), ==, sizeof block);
      g_assert_cmpint (recv (fd, block, sizeof block, MSG_WAITALL), ==, sizeof block);
      for (gsize j = 0; j < sizeof block; j++)
        block[j] = (char) g_random_int ();
    }
  g_assert_cmpint (g_get_monotonic_time () - begin, >, 100 * 1000);
  fast = change (f->client, "sndwnd", g_variant_new_int64 (2000));
  g_assert_true (apply (f->client, fast, &error));
  assert_echo (fd);
  close (fd);
}

static void
test_apply_pending (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertConfig) config = change (f->client, "mtu", g_variant_new_int64 (1200));
  g_autoptr (GError) error = NULL;
  int fd;

  start_both (f);
  fd = echo_once (f);
  g_assert_true (apply (f->client, config, &error));
  assert_pending (f->client, "mtu");
  assert_echo (fd);
  close (fd);
  stop (f->client);
  assert_pending (f->client, "");
  g_assert_true (start (f->client, &error));
  assert_pending (f->client, "");
}

static void
test_apply_role (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (apply (f->client, culvert_tunnel_get_config (f->server), &error));
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
}

/* While the plan is made, and while nothing runs. */
static void
test_apply_early (Fixture *f, gconstpointer data)
{
  g_autoptr (CulvertConfig) first = change (f->client, "sndwnd", g_variant_new_int64 (300));
  g_autoptr (CulvertConfig) second = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (apply (f->client, first, &error));
  second = change (f->client, "sndwnd", g_variant_new_int64 (400));
  g_assert_true (start (f->server, &error));
  culvert_tunnel_start_async (f->client, NULL, store_result_cb, &result);
  g_assert_true (apply (f->client, second, &error));
  g_assert_true (culvert_tunnel_start_finish (f->client, wait_result (&result), &error));
  close (echo_once (f));
}

/* A stream opened and closed has left its line in the log. */
static gboolean
has_stream_line (Fixture *f)
{
  return strstr (f->log->str, "closed, 1 bytes in, 1 bytes out") != NULL;
}

static gboolean
pause_cb (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Lines per stream begin in the middle of a run. A stream may be opened before the setting has
 * come to its worker, hence one after another until one is logged. */
static void
test_apply_log (Fixture *f, gconstpointer data)
{
  start_both (f);
  close (echo_once (f));
  culvert_tunnel_set_log_streams (f->client, TRUE);
  for (guint i = 0; i < 50 && !has_stream_line (f); i++)
    {
      gboolean is_over = FALSE;
      guint id = g_timeout_add (200, pause_cb, &is_over);

      close (echo_once (f));
      while (!is_over && !has_stream_line (f))
        g_main_context_iteration (NULL, TRUE);
      if (!is_over)
        g_source_remove (id);
    }
  g_assert_true (has_stream_line (f));
}

/* The columns of WIRE.md 14.1 in their order. */
static void
test_columns (void)
{
  const char *csv = "BytesSent,BytesReceived,MaxConn,ActiveOpens,PassiveOpens,CurrEstab,InErrs,"
                    "InCsumErrors,KCPInErrors,InPkts,OutPkts,InSegs,OutSegs,InBytes,OutBytes,"
                    "RetransSegs,FastRetransSegs,EarlyRetransSegs,LostSegs,RepeatSegs,"
                    "FECFullShards,FECParityShards,FECErrs,FECRecovered,FECShardSet,FECShardMin,"
                    "RingBufferSndQueue,RingBufferRcvQueue,RingBufferSndBuffer,OOBPackets";
  g_autoptr (GString) names = g_string_new (culvert_stats_field_name (0));

  for (guint i = 1; i < CULVERT_STATS_N_CSV; i++)
    g_string_append_printf (names, ",%s", culvert_stats_field_name (i));
  g_assert_cmpstr (names->str, ==, csv);
  g_assert_null (culvert_stats_field_name (culvert_stats_n_fields ()));
  g_assert_cmpint (culvert_stats_field_find ("OOBPackets"), ==, CULVERT_STATS_N_CSV - 1);
  g_assert_cmpint (culvert_stats_field_find ("no such"), ==, -1);
}

static void
test_rate (void)
{
  CulvertStats older = { .time_us = 1000000 };
  CulvertStats newer = { .time_us = 3000000 };
  guint field = (guint) culvert_stats_field_find ("OutBytes");

  older.values[field] = 100;
  newer.values[field] = 700;
  g_assert_cmpfloat (culvert_stats_rate (&older, &newer, field), ==, 300);
  g_assert_cmpfloat (culvert_stats_rate (&newer, &newer, field), ==, 0);
  g_assert_cmpfloat (culvert_stats_rate (&newer, &older, field), ==, 0);
}

#define ADD(path, func) \
  g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/engine/states", test_states);
  ADD ("/engine/restart", test_restart);
  ADD ("/engine/stats", test_stats);
  ADD ("/engine/log", test_log);
  ADD ("/engine/start-twice", test_start_twice);
  ADD ("/engine/port-in-use", test_port_in_use);
  ADD ("/engine/cancel-start", test_cancel_start);
  ADD ("/engine/stop-start", test_stop_start);
  ADD ("/engine/remove", test_remove);
  ADD ("/engine/tables", test_tables);
  ADD ("/engine/tables/stop", test_tables_stop);
  ADD ("/engine/history", test_history);
  ADD ("/engine/apply/hot", test_apply_hot);
  ADD ("/engine/apply/pending", test_apply_pending);
  ADD ("/engine/apply/role", test_apply_role);
  ADD ("/engine/apply/early", test_apply_early);
  ADD ("/engine/apply/log-streams", test_apply_log);
  g_test_add_func ("/stats/columns", test_columns);
  g_test_add_func ("/stats/rate", test_rate);
  return g_test_run ();
}

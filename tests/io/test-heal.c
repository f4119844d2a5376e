/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* A client that has to find its way back: servers that are restarted or late, addresses that do not
 * answer, sessions that are replaced under traffic. */

#include "config.h"

#include "culvert-part.h"
#include "culvert-slot.h"
#include "io-tunnel.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

typedef struct
{
  IoTarget *target;
  IoTunnel *tunnel;
} Fixture;

static void
fixture_open (Fixture *f, IoTunnelOptions options)
{
  f->target = io_target_new (IO_TARGET_ECHO, NULL, 0);
  options.target_port = io_target_port (f->target);
  f->tunnel = io_tunnel_new (&options);
}

static void
fixture_close (Fixture *f)
{
  io_tunnel_free (f->tunnel);
  io_target_free (f->target);
}

static void
echo (int fd, char byte)
{
  char answer;

  io_write_all (fd, &byte, 1);
  io_read_all (fd, &answer, 1);
  g_assert_cmpint (answer, ==, byte);
}

static unsigned
n_opened (IoTunnel *tunnel)
{
  return io_tunnel_count (tunnel, 2, CULVERT_REPORT_SESSION_OPENED);
}

static uint16_t
port_of (const CulvertReport *report)
{
  return (uint16_t) g_ascii_strtoull (strrchr (report->text, ':') + 1, NULL, 10);
}

/* A UDP socket on the port (0: any) that answers nothing. */
static int
silent_socket (uint16_t *port)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof in;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  in.sin_port = g_htons (*port);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &in, sizeof in));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in, &len));
  *port = g_ntohs (in.sin_port);
  return fd;
}

/* -- verification ------------------------------------------------------------------------ */

/* Connected without a connection: an answer of the server is enough, and it costs no stream. */
static void
test_verifies_itself (void)
{
  Fixture f;
  int fd;

  fixture_open (&f, (IoTunnelOptions) { .cipher = "aes", .has_fec = true, .compress = true });
  (void) io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_SESSION_HEARD, 1);
  g_assert_cmpuint (io_tunnel_count (f.tunnel, 1, CULVERT_REPORT_SESSION_OPENED), ==, 1);
  g_assert_cmpuint (io_tunnel_count (f.tunnel, 1, CULVERT_REPORT_STREAM_OPENED), ==, 0);
  fd = io_tunnel_connect (f.tunnel);
  echo (fd, 'a');
  g_assert_cmpuint (n_opened (f.tunnel), ==, 1);
  close (fd);
  fixture_close (&f);
}

/* A connection waits for a server that comes late. */
static void
test_late_server (void)
{
  IoTarget *target = io_target_new (IO_TARGET_ECHO, NULL, 0);
  IoTunnelOptions options = { .cipher = "aes", .target_port = io_target_port (target) };
  IoTunnel *tunnel = io_tunnel_new_bare (&options);
  CulvertPlan *plan = io_tunnel_server_plan (&options);
  uint16_t port = 0;
  int silent = silent_socket (&port);
  gint64 begin;
  int fd;

  tunnel->client = io_tunnel_start (tunnel, io_tunnel_client_plan (&options, port));
  tunnel->local_port = port_of (io_tunnel_wait (tunnel, 2, CULVERT_REPORT_LISTENING, 1));
  fd = io_tunnel_connect (tunnel);
  io_wait_for (tunnel, n_opened (tunnel) >= 2);
  g_assert_cmpint (io_tunnel_wait (tunnel, 2, CULVERT_REPORT_SESSION_CLOSED, 1)->code, ==,
                   CULVERT_CLOSE_UNANSWERED);
  close (silent);
  plan->listen.port_min = plan->listen.port_max = port;
  tunnel->server = io_tunnel_start (tunnel, plan);
  (void) io_tunnel_wait (tunnel, 1, CULVERT_REPORT_STARTED, 1);
  begin = g_get_monotonic_time ();
  echo (fd, 'b');
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 3 * G_USEC_PER_SEC);
  close (fd);
  io_tunnel_free (tunnel);
  io_target_free (target);
}

/* Who waits in vain is told so. */
static void
test_nobody_comes (void)
{
  IoTunnelOptions options = { .cipher = "aes" };
  IoTunnel *tunnel = io_tunnel_new_bare (&options);
  uint16_t port = 0;
  int silent = silent_socket (&port);
  gint64 begin = g_get_monotonic_time ();
  int fd;

  tunnel->client = io_tunnel_start (tunnel, io_tunnel_client_plan (&options, port));
  tunnel->local_port = port_of (io_tunnel_wait (tunnel, 2, CULVERT_REPORT_LISTENING, 1));
  fd = io_tunnel_connect (tunnel);
  g_assert_cmpint (io_read_end (fd), ==, -1);
  g_assert_cmpint (errno, ==, ECONNRESET);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, CULVERT_SLOT_HOLD);
  g_assert_cmpint (io_tunnel_wait (tunnel, 2, CULVERT_REPORT_ACCEPT_FAILED, 1)->error, ==,
                   ETIMEDOUT);
  close (fd);
  close (silent);
  io_tunnel_free (tunnel);
}

/* -- addresses ------------------------------------------------------------------------------ */

#define TEST_TYPE_RESOLVER (test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GResolver)

/* Knows one name, with an address of each family. */
struct _TestResolver
{
  GResolver parent_instance;
};

G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static void
test_resolver_lookup_async (GResolver *resolver,
                            const char *host,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, data);

  g_assert_cmpstr (host, ==, "both.test");
  g_task_return_boolean (task, TRUE);
}

static GList *
test_resolver_lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  GList *list = NULL;

  g_assert_true (g_task_propagate_boolean (G_TASK (result), error));
  list = g_list_append (list, g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4));
  return g_list_append (list, g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6));
}

static void
test_resolver_class_init (TestResolverClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_async = test_resolver_lookup_async;
  resolver_class->lookup_by_name_finish = test_resolver_lookup_finish;
}

static void
test_resolver_init (TestResolver *self)
{
}

/* One of two addresses does not answer: the other is tried soon, and first from then on. */
static void
test_families (void)
{
  g_autoptr (GResolver) resolver = g_object_new (TEST_TYPE_RESOLVER, NULL);
  g_autoptr (GResolver) before = g_resolver_get_default ();
  IoTunnelOptions options = { .cipher = "aes" };
  IoTunnel *tunnel;
  CulvertPlan *plan;
  const CulvertReport *report;
  uint16_t port = 0;
  int silent = silent_socket (&port);
  gint64 begin;

  g_resolver_set_default (resolver);
  tunnel = io_tunnel_new_bare (&options);
  plan = io_tunnel_server_plan (&options);
  g_free (plan->listen.host);
  plan->listen.host = g_strdup ("::1");
  plan->listen.port_min = plan->listen.port_max = port;
  tunnel->server = io_tunnel_start (tunnel, plan);
  (void) io_tunnel_wait (tunnel, 1, CULVERT_REPORT_STARTED, 1);
  begin = g_get_monotonic_time ();
  plan = io_tunnel_client_plan (&options, port);
  g_free (plan->remote.host);
  plan->remote.host = g_strdup ("both.test");
  tunnel->client = io_tunnel_start (tunnel, plan);
  report = io_tunnel_wait (tunnel, 2, CULVERT_REPORT_SESSION_HEARD, 1);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 2 * G_USEC_PER_SEC);
  g_assert_true (g_str_has_prefix (report->text, "[::1]"));
  io_wait_for (tunnel, io_tunnel_count (tunnel, 2, CULVERT_REPORT_SESSION_CLOSED) == 1);
  g_assert_cmpint (io_tunnel_wait (tunnel, 2, CULVERT_REPORT_SESSION_CLOSED, 1)->code, ==,
                   CULVERT_CLOSE_SURPLUS);
  close (silent);
  io_tunnel_free (tunnel);
  g_resolver_set_default (before);
}

/* -- the server goes ----------------------------------------------------------------------- */

/* The server is restarted on its port: connections end by a reset, new ones work at once. */
static void
test_restarted_server (void)
{
  Fixture f;
  CulvertPlan *plan;
  CulvertRun *server;
  gint64 begin;
  int code;
  int old;
  int fd;

  fixture_open (&f, (IoTunnelOptions) { .cipher = "aes", .has_fec = true });
  old = io_tunnel_connect (f.tunnel);
  echo (old, 'a');
  /* Without a word to the client: its packets meet a session that is gone. */
  culvert_run_stop (f.tunnel->server, 0);
  (void) io_tunnel_wait (f.tunnel, 1, CULVERT_REPORT_STOPPED, 1);
  g_clear_pointer (&f.tunnel->server, culvert_run_free);
  plan = io_tunnel_server_plan (&(IoTunnelOptions) { .cipher = "aes", .has_fec = true,
                                                     .target_port = io_target_port (f.target) });
  plan->tunnel = 3;
  plan->listen.port_min = plan->listen.port_max = f.tunnel->server_port;
  server = io_tunnel_start (f.tunnel, plan);
  (void) io_tunnel_wait (f.tunnel, 3, CULVERT_REPORT_STARTED, 1);
  begin = g_get_monotonic_time ();
  io_write_all (old, "b", 1);
  g_assert_cmpint (io_read_end (old), ==, -1);
  g_assert_cmpint (errno, ==, ECONNRESET);
  code = io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_SESSION_CLOSED, 1)->code;
  g_assert_true (code == CULVERT_CLOSE_FORGOTTEN || code == CULVERT_CLOSE_DEAD);
  fd = io_tunnel_connect (f.tunnel);
  echo (fd, 'c');
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 5 * G_USEC_PER_SEC);
  close (old);
  close (fd);
  culvert_run_stop (server, 0);
  (void) io_tunnel_wait (f.tunnel, 3, CULVERT_REPORT_STOPPED, 1);
  culvert_run_free (server);
  fixture_close (&f);
}

/* -- events ----------------------------------------------------------------------------------- */

/* Somebody's interface comes and goes: sessions are asked, and stay. */
static void
test_network_of_others (void)
{
  Fixture f;
  int fd;

  fixture_open (&f, (IoTunnelOptions) { .cipher = "aes", .conn = 2, .n_workers = 2 });
  for (unsigned i = 0; i < 5; i++)
    {
      culvert_run_network_changed (f.tunnel->client, 0);
      for (unsigned j = 0; j < 2; j++)
        {
          fd = io_tunnel_connect (f.tunnel);
          echo (fd, 'a');
          close (fd);
        }
    }
  g_assert_cmpuint (io_tunnel_count (f.tunnel, 2, CULVERT_REPORT_SESSION_RENEWING), ==, 0);
  g_assert_cmpuint (io_tunnel_count (f.tunnel, 2, CULVERT_REPORT_SESSION_HEARD), ==, 2);
  fixture_close (&f);
}

/* After a long sleep another session is opened; one that still answers keeps its streams. */
static void
test_long_sleep (void)
{
  Fixture f;
  int old;
  int fd;

  fixture_open (&f, (IoTunnelOptions) { .cipher = "aes" });
  old = io_tunnel_connect (f.tunnel);
  echo (old, 'a');
  culvert_run_network_changed (f.tunnel->client, 100 * CULVERT_SEC);
  g_assert_cmpint (io_tunnel_wait (f.tunnel, 2, CULVERT_REPORT_SESSION_RENEWING, 1)->code, ==,
                   CULVERT_RENEW_PAUSE);
  io_wait_for (f.tunnel, n_opened (f.tunnel) == 2);
  fd = io_tunnel_connect (f.tunnel);
  echo (fd, 'b');
  echo (old, 'c');
  close (old);
  close (fd);
  fixture_close (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/heal/verifies-itself", test_verifies_itself);
  g_test_add_func ("/heal/late-server", test_late_server);
  g_test_add_func ("/heal/nobody-comes", test_nobody_comes);
  g_test_add_func ("/heal/families", test_families);
  g_test_add_func ("/heal/restarted-server", test_restarted_server);
  g_test_add_func ("/heal/network-of-others", test_network_of_others);
  g_test_add_func ("/heal/long-sleep", test_long_sleep);
  return g_test_run ();
}

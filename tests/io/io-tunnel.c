/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "io-tunnel.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define IO_LIMIT_US (20 * G_USEC_PER_SEC)

static void
io_report_free (void *data)
{
  CulvertReport *report = data;

  g_clear_pointer (&report->counters, culvert_counters_unref);
  g_free (report);
}

static void
io_tunnel_report_cb (const CulvertReport *report, void *data)
{
  IoTunnel *tunnel = data;

  g_ptr_array_add (tunnel->reports, g_memdup2 (report, sizeof *report));
}

static CulvertPlan *
io_tunnel_plan (const IoTunnelOptions *options)
{
  CulvertPlan *plan = culvert_plan_new ();
  const char *cipher = options->cipher != NULL ? options->cipher : "none";
  bool is_accepted;

  g_strlcpy (plan->cipher, cipher, sizeof plan->cipher);
  memset (plan->key, 7, sizeof plan->key);
  plan->compress = options->compress;
  if (options->has_fec)
    {
      plan->fec = culvert_fec_code_new (10, 3);
      plan->fec_ds = 10;
      plan->fec_ps = 3;
    }
  if (options->qpp_count > 0)
    plan->qpp = culvert_qpp_pads_new ("a key of the test", options->qpp_count);
  plan->kcp.mtu = culvert_session_kcp_mtu (1350, culvert_cipher_overhead (cipher), options->has_fec,
                                           &is_accepted);
  plan->kcp.sndwnd = 1024;
  plan->kcp.rcvwnd = 1024;
  plan->kcp.nodelay = 1;
  plan->kcp.interval_ms = 10;
  plan->kcp.resend = 2;
  plan->kcp.no_cwnd = true;
  plan->kcp.recovery = CULVERT_KCP_RECOVERY_TIME;
  plan->kcp.pacing = CULVERT_KCP_PACING_AUTO;
  plan->kcp.repeat_small = true;
  plan->smux.version = options->smux_version != 0 ? options->smux_version : 2;
  plan->smux.smuxbuf = 4194304;
  plan->smux.streambuf = 2097152;
  plan->smux.framesize = 8192;
  plan->smux.keepalive = 10 * CULVERT_SEC;
  plan->smux.max_streams = 4096;
  plan->udp.sockbuf = 4194304;
  plan->report_streams = true;
  plan->max_sessions = 1024;
  return plan;
}

CulvertPlan *
io_tunnel_server_plan (const IoTunnelOptions *options)
{
  CulvertPlan *plan = io_tunnel_plan (options);

  plan->tunnel = 1;
  plan->closewait = options->server_closewait_ms * CULVERT_MSEC;
  plan->listen.host = g_strdup ("127.0.0.1");
  plan->target.is_unix = options->target_path != NULL;
  plan->target.host = g_strdup (options->target_path != NULL ? options->target_path : "127.0.0.1");
  plan->target.port_min = plan->target.port_max = options->target_port;
  return plan;
}

CulvertPlan *
io_tunnel_client_plan (const IoTunnelOptions *options, uint16_t server_port)
{
  CulvertPlan *plan = io_tunnel_plan (options);

  plan->tunnel = 2;
  plan->is_client = true;
  plan->conn = MAX (options->conn, 1);
  plan->closewait = options->client_closewait_ms * CULVERT_MSEC;
  plan->ratelimit = options->client_ratelimit;
  plan->autoexpire = options->autoexpire;
  plan->scavengettl = options->scavengettl;
  plan->local.is_unix = options->local_path != NULL;
  plan->local.host = g_strdup (options->local_path != NULL ? options->local_path : "127.0.0.1");
  plan->remote.host = g_strdup ("127.0.0.1");
  plan->remote.port_min = server_port;
  plan->remote.port_max = (uint16_t) (server_port + MAX (options->n_ports, 1) - 1);
  return plan;
}

IoTunnel *
io_tunnel_new_bare (const IoTunnelOptions *options)
{
  IoTunnel *tunnel = g_new0 (IoTunnel, 1);

  tunnel->context = g_main_context_new ();
  tunnel->reports = g_ptr_array_new_with_free_func (io_report_free);
  tunnel->local_path = g_strdup (options->local_path);
  tunnel->runtime = culvert_runtime_new (MAX (options->n_workers, 1), options->mem_limit,
                                         tunnel->context, io_tunnel_report_cb, tunnel);
  return tunnel;
}

CulvertRun *
io_tunnel_start (IoTunnel *tunnel, CulvertPlan *plan)
{
  CulvertRun *run = culvert_runtime_start (tunnel->runtime, plan);

  g_assert_nonnull (run);
  culvert_plan_unref (plan);
  return run;
}

static uint16_t
io_tunnel_listening_port (IoTunnel *tunnel, uint64_t id)
{
  const CulvertReport *report = io_tunnel_wait (tunnel, id, CULVERT_REPORT_LISTENING, 1);
  const char *colon = strrchr (report->text, ':');

  g_assert_nonnull (colon);
  return (uint16_t) g_ascii_strtoull (colon + 1, NULL, 10);
}

IoTunnel *
io_tunnel_new (const IoTunnelOptions *options)
{
  IoTunnel *tunnel = io_tunnel_new_bare (options);
  CulvertPlan *plan = io_tunnel_server_plan (options);

  if (options->n_ports > 1)
    {
      plan->listen.port_min = (uint16_t) (20000 + (unsigned) getpid () % 9000);
      plan->listen.port_max = (uint16_t) (plan->listen.port_min + options->n_ports - 1);
    }
  tunnel->server = io_tunnel_start (tunnel, plan);
  (void) io_tunnel_wait (tunnel, 1, CULVERT_REPORT_STARTED, 1);
  tunnel->server_port = io_tunnel_listening_port (tunnel, 1);
  tunnel->client = io_tunnel_start (tunnel, io_tunnel_client_plan (options, tunnel->server_port));
  (void) io_tunnel_wait (tunnel, 2, CULVERT_REPORT_STARTED, 1);
  if (options->local_path == NULL)
    tunnel->local_port = io_tunnel_listening_port (tunnel, 2);
  return tunnel;
}

/* Every session that opened has closed, and nothing came after STOPPED. */
static void
io_tunnel_check_end (IoTunnel *tunnel, uint64_t id)
{
  const CulvertReport *last = NULL;

  for (guint i = 0; i < tunnel->reports->len; i++)
    {
      const CulvertReport *report = tunnel->reports->pdata[i];

      if (report->tunnel == id)
        last = report;
    }
  g_assert_nonnull (last);
  g_assert_cmpint (last->kind, ==, CULVERT_REPORT_STOPPED);
  g_assert_cmpuint (io_tunnel_count (tunnel, id, CULVERT_REPORT_SESSION_OPENED), ==,
                    io_tunnel_count (tunnel, id, CULVERT_REPORT_SESSION_CLOSED));
  g_assert_cmpuint (io_tunnel_count (tunnel, id, CULVERT_REPORT_STREAM_OPENED), ==,
                    io_tunnel_count (tunnel, id, CULVERT_REPORT_STREAM_CLOSED));
}

static void
io_tunnel_end_run (IoTunnel *tunnel, CulvertRun **run, uint64_t id)
{
  if (*run == NULL)
    return;
  culvert_run_stop (*run, 0);
  (void) io_tunnel_wait (tunnel, id, CULVERT_REPORT_STOPPED, 1);
  io_tunnel_check_end (tunnel, id);
  g_clear_pointer (run, culvert_run_free);
}

void
io_tunnel_free (IoTunnel *tunnel)
{
  io_tunnel_end_run (tunnel, &tunnel->client, 2);
  io_tunnel_end_run (tunnel, &tunnel->server, 1);
  culvert_runtime_free (tunnel->runtime);
  g_ptr_array_unref (tunnel->reports);
  g_main_context_unref (tunnel->context);
  g_free (tunnel->local_path);
  g_free (tunnel);
}

void
io_tunnel_iterate (IoTunnel *tunnel)
{
  while (g_main_context_iteration (tunnel->context, FALSE))
    ;
}

static const CulvertReport *
io_tunnel_find (IoTunnel *tunnel, uint64_t id, CulvertReportKind kind, unsigned n)
{
  for (guint i = 0; i < tunnel->reports->len; i++)
    {
      const CulvertReport *report = tunnel->reports->pdata[i];

      if (report->kind == kind && (id == 0 || report->tunnel == id) && --n == 0)
        return report;
    }
  return NULL;
}

const CulvertReport *
io_tunnel_wait (IoTunnel *tunnel, uint64_t id, CulvertReportKind kind, unsigned n)
{
  const CulvertReport *report;
  gint64 limit = g_get_monotonic_time () + IO_LIMIT_US;

  while ((report = io_tunnel_find (tunnel, id, kind, n)) == NULL)
    {
      if (g_get_monotonic_time () > limit)
        g_error ("report %d number %u of tunnel %d does not come", kind, n, (int) id);
      io_tunnel_iterate (tunnel);
      g_usleep (200);
    }
  return report;
}

unsigned
io_tunnel_count (IoTunnel *tunnel, uint64_t id, CulvertReportKind kind)
{
  unsigned n = 0;

  io_tunnel_iterate (tunnel);
  while (io_tunnel_find (tunnel, id, kind, n + 1) != NULL)
    n++;
  return n;
}

int
io_tunnel_connect (IoTunnel *tunnel)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  struct timeval limit = { .tv_sec = 20 };
  bool is_unix = tunnel->local_path != NULL;
  int fd = socket (is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  in.sin_port = g_htons (tunnel->local_port);
  if (is_unix)
    g_strlcpy (un.sun_path, tunnel->local_path, sizeof un.sun_path);
  g_assert_no_errno (is_unix ? connect (fd, (struct sockaddr *) &un, sizeof un)
                             : connect (fd, (struct sockaddr *) &in, sizeof in));
  return fd;
}

void
io_write_all (int fd, const void *data, size_t len)
{
  const uint8_t *p = data;

  while (len > 0)
    {
      ssize_t n = send (fd, p, len, MSG_NOSIGNAL);

      g_assert_cmpint (n, >, 0);
      p += n;
      len -= (size_t) n;
    }
}

void
io_read_all (int fd, void *data, size_t len)
{
  uint8_t *p = data;

  while (len > 0)
    {
      ssize_t n = read (fd, p, len);

      if (n < 0)
        g_error ("read: %s", g_strerror (errno));
      g_assert_cmpint (n, >, 0);
      p += n;
      len -= (size_t) n;
    }
}

ssize_t
io_read_end (int fd)
{
  uint8_t buf[4096];
  ssize_t total = 0;
  ssize_t n;

  while ((n = read (fd, buf, sizeof buf)) > 0)
    total += n;
  return n == 0 ? total : -1;
}

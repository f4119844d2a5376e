/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the workers report, turned into state, totals and messages. */

#include "config.h"

#include "culvert-tunnel-private.h"

#include "culvert-advice.h"
#include "culvert-config.h"
#include "culvert-error.h"

/* Adds how often a report stands for the same thing. */
static char *
culvert_report_times (const CulvertReport *report)
{
  return report->count > 1
           ? g_strdup_printf (" (%" G_GUINT64_FORMAT " times)", (guint64) report->count)
           : g_strdup ("");
}

static const char *
culvert_close_reason_to_string (CulvertCloseReason reason)
{
  switch (reason)
    {
    case CULVERT_CLOSE_STOPPED:
      return "the tunnel stops";
    case CULVERT_CLOSE_EXPIRED:
      return "it expired";
    case CULVERT_CLOSE_TIMEOUT:
      return "the peer was silent for 30 s";
    case CULVERT_CLOSE_PROTOCOL:
      return "the peer breaks the stream protocol; smuxver or nocomp may differ between the ends";
    case CULVERT_CLOSE_COMP:
      return "what the peer sends is not compressed; nocomp may differ between the ends";
    case CULVERT_CLOSE_REPLACED:
      return "the client began anew";
    case CULVERT_CLOSE_RESOURCES:
      return "memory is spent";
    }
  return "unknown";
}

/* ACTIVE while one session is heard, STALLED while all that were heard are silent. */
static void
culvert_tunnel_update_state (CulvertTunnel *tunnel)
{
  GHashTableIter iter;
  gpointer value;
  gboolean is_active = FALSE;
  gboolean is_stalled = FALSE;

  if (tunnel->state != CULVERT_TUNNEL_LISTENING && tunnel->state != CULVERT_TUNNEL_ACTIVE
      && tunnel->state != CULVERT_TUNNEL_STALLED)
    return;
  g_hash_table_iter_init (&iter, tunnel->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const CulvertTunnelSession *session = value;

      is_active |= session->is_heard && !session->is_stalled;
      is_stalled |= session->is_stalled;
    }
  culvert_tunnel_set_state (tunnel, is_active    ? CULVERT_TUNNEL_ACTIVE
                                    : is_stalled ? CULVERT_TUNNEL_STALLED
                                                 : CULVERT_TUNNEL_LISTENING);
}

static void
culvert_tunnel_session_opened (CulvertTunnel *tunnel, const CulvertReport *report)
{
  CulvertTunnelSession *session = g_new0 (CulvertTunnelSession, 1);

  session->counters = culvert_counters_ref (report->counters);
  session->peer = g_strdup (report->text);
  g_hash_table_insert (tunnel->sessions, g_memdup2 (&report->id, sizeof report->id), session);
  tunnel->max_sessions_seen = MAX (tunnel->max_sessions_seen, g_hash_table_size (tunnel->sessions));
  culvert_tunnel_log (tunnel, CULVERT_LOG_DEBUG, "session %" G_GUINT64_FORMAT " with %s opened",
                      (guint64) report->id, report->text);
}

/* Why the session ended; where its bytes told what differs, that. (transfer full) */
static char *
culvert_tunnel_dup_close_reason (CulvertTunnel *tunnel, const CulvertReport *report)
{
  char *advice = NULL;

  if (report->code == CULVERT_CLOSE_PROTOCOL || report->code == CULVERT_CLOSE_COMP)
    advice = culvert_advice_dup_format (tunnel->config, &report->format);
  return advice != NULL ? advice : g_strdup (culvert_close_reason_to_string (report->code));
}

/* The session serves its client all the same. */
static void
culvert_tunnel_session_differs (CulvertTunnel *tunnel, const CulvertReport *report)
{
  g_autofree char *advice = culvert_advice_dup_format (tunnel->config, &report->format);

  if (advice != NULL)
    culvert_tunnel_log (tunnel, CULVERT_LOG_INFO,
                        "session %" G_GUINT64_FORMAT " with %s adapts to its client: %s to agree",
                        (guint64) report->id, report->text, advice);
}

static void
culvert_tunnel_session_closed (CulvertTunnel *tunnel, const CulvertReport *report)
{
  CulvertTunnelSession *session = g_hash_table_lookup (tunnel->sessions, &report->id);
  CulvertLogLevel level = report->code == CULVERT_CLOSE_STOPPED
                              || report->code == CULVERT_CLOSE_EXPIRED
                            ? CULVERT_LOG_INFO
                            : CULVERT_LOG_WARNING;
  g_autofree char *reason = culvert_tunnel_dup_close_reason (tunnel, report);

  culvert_tunnel_log (tunnel, level, "session %" G_GUINT64_FORMAT " with %s closed: %s",
                      (guint64) report->id, report->text, reason);
  if (session == NULL)
    return;
  culvert_tunnel_retire (tunnel, session->counters);
  g_hash_table_remove (tunnel->sessions, &report->id);
  culvert_tunnel_update_state (tunnel);
}

static void
culvert_tunnel_session_changed (CulvertTunnel *tunnel, const CulvertReport *report)
{
  CulvertTunnelSession *session = g_hash_table_lookup (tunnel->sessions, &report->id);
  gboolean is_heard = report->kind == CULVERT_REPORT_SESSION_HEARD;

  if (session == NULL)
    return;
  if (is_heard)
    culvert_tunnel_log (tunnel, CULVERT_LOG_INFO, "session %" G_GUINT64_FORMAT " with %s: the peer answers%s",
                        (guint64) report->id, report->text, session->is_stalled ? " again" : "");
  else
    culvert_tunnel_log (tunnel, CULVERT_LOG_WARNING,
                        "session %" G_GUINT64_FORMAT " with %s: no answer for 10 s", (guint64) report->id,
                        report->text);
  session->is_heard |= is_heard;
  session->is_stalled = !is_heard;
  culvert_tunnel_update_state (tunnel);
}

static void
culvert_tunnel_stream_changed (CulvertTunnel *tunnel, const CulvertReport *report)
{
  if (report->kind == CULVERT_REPORT_STREAM_OPENED)
    culvert_tunnel_log (tunnel, CULVERT_LOG_INFO, "stream %u of session %" G_GUINT64_FORMAT " opened: %s",
                        report->stream, (guint64) report->id, report->text);
  else
    culvert_tunnel_log (tunnel, CULVERT_LOG_INFO,
                        "stream %u of session %" G_GUINT64_FORMAT " closed: %" G_GUINT64_FORMAT
                        " bytes in, %" G_GUINT64_FORMAT " out",
                        report->stream, (guint64) report->id, (guint64) report->bytes_in,
                        (guint64) report->bytes_out);
}

static void
culvert_tunnel_warn (CulvertTunnel *tunnel, const CulvertReport *report)
{
  g_autofree char *times = culvert_report_times (report);

  switch ((int) report->kind)
    {
    case CULVERT_REPORT_RESOLVE_FAILED:
      culvert_tunnel_log (tunnel, CULVERT_LOG_WARNING, "“%s” does not resolve%s; trying again",
                          report->text, times);
      break;
    case CULVERT_REPORT_TARGET_FAILED:
      culvert_tunnel_log (tunnel, CULVERT_LOG_WARNING, "target %s: %s%s", report->text,
                          g_strerror (report->error), times);
      break;
    case CULVERT_REPORT_ACCEPT_FAILED:
      culvert_tunnel_log (tunnel, CULVERT_LOG_WARNING, "cannot accept connections: %s%s; trying again",
                          g_strerror (report->error), times);
      break;
    case CULVERT_REPORT_SOCKET_ERROR:
      culvert_tunnel_log (tunnel, CULVERT_LOG_WARNING, "UDP socket: %s%s", g_strerror (report->error),
                          times);
      break;
    default:
      culvert_tunnel_log (tunnel, CULVERT_LOG_WARNING,
                          "packets from %s fail their check%s: key or cipher may differ", report->text,
                          times);
    }
}

void
culvert_tunnel_handle_report (CulvertTunnel *tunnel, const CulvertReport *report)
{
  if (report->generation != tunnel->generation)
    return;
  switch (report->kind)
    {
    case CULVERT_REPORT_LISTENING:
      g_ptr_array_insert (tunnel->endpoints, tunnel->endpoints->len - 1, g_strdup (report->text));
      break;
    case CULVERT_REPORT_STARTED:
      culvert_tunnel_started (tunnel);
      break;
    case CULVERT_REPORT_FAILED:
      culvert_tunnel_failed (tunnel, g_error_new (CULVERT_ERROR, CULVERT_ERROR_BIND, "%s: %s", report->text,
                                                  g_strerror (report->error)));
      break;
    case CULVERT_REPORT_SESSION_OPENED:
      culvert_tunnel_session_opened (tunnel, report);
      break;
    case CULVERT_REPORT_SESSION_HEARD:
    case CULVERT_REPORT_SESSION_STALLED:
      culvert_tunnel_session_changed (tunnel, report);
      break;
    case CULVERT_REPORT_SESSION_FORMAT:
      culvert_tunnel_session_differs (tunnel, report);
      break;
    case CULVERT_REPORT_SESSION_CLOSED:
      culvert_tunnel_session_closed (tunnel, report);
      break;
    case CULVERT_REPORT_COUNTERS:
      g_ptr_array_add (tunnel->blocks, culvert_counters_ref (report->counters));
      break;
    case CULVERT_REPORT_STREAM_OPENED:
    case CULVERT_REPORT_STREAM_CLOSED:
      culvert_tunnel_stream_changed (tunnel, report);
      break;
    case CULVERT_REPORT_RESOLVE_FAILED:
    case CULVERT_REPORT_TARGET_FAILED:
    case CULVERT_REPORT_ACCEPT_FAILED:
    case CULVERT_REPORT_SOCKET_ERROR:
    case CULVERT_REPORT_UNAUTHENTICATED:
      culvert_tunnel_warn (tunnel, report);
      break;
    case CULVERT_REPORT_STOPPED:
      culvert_tunnel_stopped (tunnel);
      break;
    }
}

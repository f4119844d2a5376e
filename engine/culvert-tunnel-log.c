/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Reports as messages, and how many of them. */

#include "config.h"

#include "culvert-advice.h"
#include "culvert-error.h"
#include "culvert-tunnel-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* Equal messages within this time are counted instead of repeated. */
#define CULVERT_LOG_COLLAPSE_US (10 * G_USEC_PER_SEC)
/* A burst of messages, and how many a second in the long run. */
#define CULVERT_LOG_BURST 200.0
#define CULVERT_LOG_RATE 20.0

/* -- texts --------------------------------------------------------------------------- */

static char *
culvert_tunnel_times (const CulvertReport *report)
{
  return report->count > 1 ? g_strdup_printf (" (%" G_GUINT64_FORMAT " times)", report->count)
                           : g_strdup ("");
}

/* The session serves its client all the same. */
static char *
culvert_tunnel_describe_format (const CulvertReport *report, CulvertConfig *config)
{
  g_autofree char *advice = culvert_advice_dup_format (config, &report->format);

  if (advice == NULL)
    return NULL;
  return g_strdup_printf ("Session with %s adapts to its client: %s to agree", report->text,
                          advice);
}

static char *
culvert_tunnel_describe_close (const CulvertReport *report,
                               CulvertConfig *config,
                               CulvertLogLevel *out_level)
{
  g_autofree char *advice = culvert_advice_dup_format (config, &report->format);

  *out_level = CULVERT_LOG_WARNING;
  if (advice != NULL
      && (report->code == CULVERT_CLOSE_PROTOCOL || report->code == CULVERT_CLOSE_COMP))
    return g_strdup_printf ("Session with %s closed: %s", report->text, advice);
  switch ((CulvertCloseReason) report->code)
    {
    case CULVERT_CLOSE_TIMEOUT:
      return g_strdup_printf ("Session with %s closed: nothing heard for 30 s", report->text);
    case CULVERT_CLOSE_PROTOCOL:
      return g_strdup_printf ("Session with %s closed: the peer breaks the stream protocol; "
                              "smuxver, nocomp and QPP must be equal on both ends", report->text);
    case CULVERT_CLOSE_COMP:
      return g_strdup_printf ("Session with %s closed: the peer's compression is broken; "
                              "nocomp must be equal on both ends", report->text);
    case CULVERT_CLOSE_RESOURCES:
      return g_strdup_printf ("Session with %s closed: out of memory", report->text);
    case CULVERT_CLOSE_SIZE:
      return g_strdup_printf ("Session with %s closed: the path drops packets of %d bytes, smaller "
                              "ones pass; the next session has smaller ones", report->text,
                              report->error);
    case CULVERT_CLOSE_DEAD:
      return g_strdup_printf ("Session with %s closed: the peer does not answer any more",
                              report->text);
    case CULVERT_CLOSE_FORGOTTEN:
      return g_strdup_printf ("Session with %s closed: the peer has forgotten it, as after a "
                              "restart", report->text);
    case CULVERT_CLOSE_REJECTED:
      return g_strdup_printf ("Session with %s closed: the peer drops each session at its first "
                              "word; smuxver, nocomp and QPP must be equal on both ends",
                              report->text);
    case CULVERT_CLOSE_UNANSWERED:
      *out_level = CULVERT_LOG_DEBUG;
      return g_strdup_printf ("Session with %s given up: no answer", report->text);
    case CULVERT_CLOSE_SURPLUS:
      *out_level = CULVERT_LOG_DEBUG;
      return g_strdup_printf ("Session with %s not needed", report->text);
    case CULVERT_CLOSE_RETIRED:
      *out_level = CULVERT_LOG_INFO;
      return g_strdup_printf ("Replaced session with %s ended with its last stream", report->text);
    case CULVERT_CLOSE_EXPIRED:
      return g_strdup_printf ("Replaced session with %s closed by scavengettl, %"
                              G_GUINT64_FORMAT " streams cut", report->text, report->count);
    case CULVERT_CLOSE_REPLACED:
      *out_level = CULVERT_LOG_INFO;
      return g_strdup_printf ("Session with %s replaced: the peer has begun a new one",
                              report->text);
    case CULVERT_CLOSE_STOPPED:
      *out_level = CULVERT_LOG_DEBUG;
      return g_strdup_printf ("Session with %s closed", report->text);
    }
  return NULL;
}

static char *
culvert_tunnel_describe_size (const CulvertReport *report, CulvertLogLevel *out_level)
{
  if (report->error == 0)
    return g_strdup_printf ("Packets to %s raised to %d bytes: the path lets them pass again",
                            report->text, report->code);
  *out_level = CULVERT_LOG_WARNING;
  return g_strdup_printf ("Packets to %s lowered to %d bytes: the path drops larger packets",
                          report->text, report->code);
}

static char *
culvert_tunnel_describe_renewal (const CulvertReport *report)
{
  const char *why = "";

  switch ((CulvertRenewReason) report->code)
    {
    case CULVERT_RENEW_AGE:
      why = "autoexpire";
      break;
    case CULVERT_RENEW_PAUSE:
      why = "it slept too long";
      break;
    case CULVERT_RENEW_MOVED:
      why = "this machine's address has changed";
      break;
    case CULVERT_RENEW_COLLAPSE:
      why = "its throughput collapsed as if it were policed";
      break;
    }
  return g_strdup_printf ("Opening a session to replace the one with %s: %s", report->text, why);
}

static char *
culvert_tunnel_describe_check (const CulvertReport *report, const char *times)
{
  switch ((CulvertCheckFailure) report->code)
    {
    case CULVERT_CHECK_FAILURE_UNKNOWN:
      break;
    case CULVERT_CHECK_FAILURE_DAMAGED:
      return g_strdup_printf ("Packets from %s arrive damaged%s", report->text, times);
    case CULVERT_CHECK_FAILURE_KEY:
      return g_strdup_printf ("Packets from %s fail their check%s: key or cipher differ; no cipher "
                              "fits this key, so the key does", report->text, times);
    case CULVERT_CHECK_FAILURE_CIPHER:
      return g_strdup_printf ("Packets from %s fail their check%s: the same key with crypt %s fits",
                              report->text, times, report->cipher);
    }
  return g_strdup_printf ("Packets from %s fail their check%s; key and crypt must be equal on "
                          "both ends", report->text, times);
}

static char *
culvert_tunnel_describe_failure (const CulvertReport *report)
{
  g_autofree char *times = culvert_tunnel_times (report);

  switch (report->kind)
    {
    case CULVERT_REPORT_RESOLVE_FAILED:
      return g_strdup_printf ("The name \"%s\" has no address; trying again%s", report->text,
                              times);
    case CULVERT_REPORT_TARGET_FAILED:
      return g_strdup_printf ("Cannot reach the target %s: %s%s", report->text,
                              g_strerror (report->error), times);
    case CULVERT_REPORT_ACCEPT_FAILED:
      if (report->error == EUSERS)
        return g_strdup_printf ("Connection refused: the session has no room for more%s", times);
      if (report->error == ETIMEDOUT)
        return g_strdup_printf ("Connection closed: no session with the server in time%s", times);
      return g_strdup_printf ("Cannot accept connections: %s; trying again%s",
                              g_strerror (report->error), times);
    case CULVERT_REPORT_SOCKET_ERROR:
      return g_strdup_printf ("Tunnel socket%s%s: %s%s", *report->text != '\0' ? " to " : "",
                              report->text, g_strerror (report->error), times);
    case CULVERT_REPORT_UNAUTHENTICATED:
      return culvert_tunnel_describe_check (report, times);
    default:
      return NULL;
    }
}

static char *
culvert_tunnel_describe_stream (const CulvertReport *report)
{
  if (report->kind == CULVERT_REPORT_STREAM_OPENED)
    return g_strdup_printf ("Stream %u of session %" G_GUINT64_FORMAT " opened for %s",
                            report->stream, report->id, report->text);
  return g_strdup_printf ("Stream %u of session %" G_GUINT64_FORMAT " closed, %" G_GUINT64_FORMAT
                          " bytes in, %" G_GUINT64_FORMAT " bytes out",
                          report->stream, report->id, report->bytes_in, report->bytes_out);
}

char *
culvert_tunnel_describe (const CulvertReport *report,
                         CulvertConfig *config,
                         CulvertLogLevel *out_level)
{
  gboolean is_client = culvert_config_get_role (config) == CULVERT_ROLE_CLIENT;

  *out_level = CULVERT_LOG_INFO;
  switch (report->kind)
    {
    case CULVERT_REPORT_SESSION_OPENED:
      *out_level = is_client ? CULVERT_LOG_DEBUG : CULVERT_LOG_INFO;
      return g_strdup_printf ("Session %" G_GUINT64_FORMAT " with %s opened", report->id,
                              report->text);
    case CULVERT_REPORT_SESSION_HEARD:
      *out_level = is_client ? CULVERT_LOG_INFO : CULVERT_LOG_DEBUG;
      return g_strdup_printf ("%s answers", report->text);
    case CULVERT_REPORT_SESSION_STALLED:
      *out_level = CULVERT_LOG_WARNING;
      return g_strdup_printf ("%s does not answer", report->text);
    case CULVERT_REPORT_SESSION_SIZE:
      return culvert_tunnel_describe_size (report, out_level);
    case CULVERT_REPORT_SESSION_GAP:
      *out_level = CULVERT_LOG_WARNING;
      return g_strdup_printf ("Large packets from %s are lost on the way: set a smaller mtu there",
                              report->text);
    case CULVERT_REPORT_SESSION_RENEWING:
      return culvert_tunnel_describe_renewal (report);
    case CULVERT_REPORT_SESSION_FORMAT:
      return culvert_tunnel_describe_format (report, config);
    case CULVERT_REPORT_SESSION_CLOSED:
      return culvert_tunnel_describe_close (report, config, out_level);
    case CULVERT_REPORT_STREAM_OPENED:
    case CULVERT_REPORT_STREAM_CLOSED:
      return culvert_tunnel_describe_stream (report);
    case CULVERT_REPORT_RESOLVE_FAILED:
    case CULVERT_REPORT_TARGET_FAILED:
    case CULVERT_REPORT_ACCEPT_FAILED:
    case CULVERT_REPORT_SOCKET_ERROR:
    case CULVERT_REPORT_UNAUTHENTICATED:
      *out_level = CULVERT_LOG_WARNING;
      return culvert_tunnel_describe_failure (report);
    case CULVERT_REPORT_LISTENING:
    case CULVERT_REPORT_STARTED:
    case CULVERT_REPORT_FAILED:
    case CULVERT_REPORT_COUNTERS:
    case CULVERT_REPORT_PATH_LEARNED:
    case CULVERT_REPORT_STOPPED:
      break;
    }
  return NULL;
}

GError *
culvert_tunnel_start_error (const CulvertReport *report, gboolean has_resolve_failed)
{
  CulvertError code = CULVERT_ERROR_BIND;

  if (has_resolve_failed)
    return g_error_new (CULVERT_ERROR, CULVERT_ERROR_RESOLVE, _("The name \"%s\" has no address"),
                        report->text);
  if (report->error == EMFILE || report->error == ENFILE || report->error == ENOBUFS
      || report->error == ENOMEM)
    code = CULVERT_ERROR_RESOURCES;
  /* translators: an address, and a message of the system */
  return g_error_new (CULVERT_ERROR, code, _("Cannot listen on %s: %s"), report->text,
                      g_strerror (report->error));
}

/* -- filter -------------------------------------------------------------------------- */

void
culvert_log_line_free (gpointer data)
{
  CulvertLogLine *line = data;

  g_free (line->text);
  g_free (line);
}

static void
culvert_log_push (GQueue *lines, CulvertLogLevel level, char *text)
{
  CulvertLogLine *line = g_new (CulvertLogLine, 1);

  line->level = level;
  line->text = text;
  g_queue_push_tail (lines, line);
}

void
culvert_log_filter_clear (CulvertLogFilter *filter)
{
  g_free (filter->last);
  memset (filter, 0, sizeof *filter);
}

/* Says what was held back, before anything else is said. */
static void
culvert_log_filter_settle (CulvertLogFilter *filter, GQueue *lines)
{
  if (filter->n_equal > 0)
    culvert_log_push (lines, filter->last_level,
                      g_strdup_printf ("%s (%" G_GUINT64_FORMAT " more)", filter->last,
                                       filter->n_equal));
  if (filter->n_dropped > 0)
    culvert_log_push (lines, CULVERT_LOG_WARNING,
                      g_strdup_printf ("%" G_GUINT64_FORMAT " messages were left out",
                                       filter->n_dropped));
  filter->n_equal = 0;
  filter->n_dropped = 0;
}

static gboolean
culvert_log_filter_pay (CulvertLogFilter *filter, gint64 now)
{
  double earned = (double) (now - filter->filled_at) * CULVERT_LOG_RATE / G_USEC_PER_SEC;

  filter->tokens = filter->filled_at == 0 ? CULVERT_LOG_BURST
                                          : MIN (filter->tokens + earned, CULVERT_LOG_BURST);
  filter->filled_at = now;
  if (filter->tokens < 1)
    return FALSE;
  filter->tokens -= 1;
  return TRUE;
}

void
culvert_log_filter_add (CulvertLogFilter *filter,
                        CulvertLogLevel level,
                        char *text,
                        gint64 now,
                        GQueue *lines)
{
  if (g_strcmp0 (filter->last, text) == 0 && now - filter->last_at < CULVERT_LOG_COLLAPSE_US)
    {
      filter->n_equal++;
      g_free (text);
      return;
    }
  if (!culvert_log_filter_pay (filter, now))
    {
      filter->n_dropped++;
      g_free (text);
      return;
    }
  culvert_log_filter_settle (filter, lines);
  g_free (filter->last);
  filter->last = g_strdup (text);
  filter->last_level = level;
  filter->last_at = now;
  culvert_log_push (lines, level, text);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a part tells the main thread, and how often. */

#include "config.h"

#include "culvert-part.h"

uint64_t
culvert_limiter_hit (CulvertLimiter *limiter, CulvertTime now, CulvertTime max)
{
  uint64_t count = ++limiter->count;

  if (now < limiter->next)
    return 0;
  if (limiter->interval == 0 || now - limiter->next > limiter->interval)
    limiter->interval = CULVERT_LIMITER_FIRST;
  else
    limiter->interval = MIN (2 * limiter->interval, max);
  limiter->next = now + limiter->interval;
  limiter->count = 0;
  return count;
}

void
culvert_limiter_reset (CulvertLimiter *limiter)
{
  memset (limiter, 0, sizeof *limiter);
}

CulvertReport *
culvert_part_report_new (const CulvertPart *part, CulvertReportKind kind)
{
  CulvertReport *report = g_new0 (CulvertReport, 1);

  report->message.handle = culvert_run_report_cb;
  report->kind = kind;
  report->tunnel = part->plan->tunnel;
  report->generation = part->plan->generation;
  report->count = 1;
  return report;
}

void
culvert_part_report_send (CulvertPart *part, CulvertReport *report)
{
  if (report->kind == CULVERT_REPORT_STREAM_OPENED || report->kind == CULVERT_REPORT_STREAM_CLOSED)
    culvert_worker_report_later (part->worker, &report->message);
  else
    culvert_worker_report (part->worker, &report->message);
}

static void
culvert_part_report_count (CulvertPart *part,
                           CulvertReportKind kind,
                           int error,
                           const char *text,
                           uint64_t count)
{
  CulvertReport *report = culvert_part_report_new (part, kind);

  report->error = error;
  report->count = count;
  g_strlcpy (report->text, text, sizeof report->text);
  culvert_part_report_send (part, report);
}

void
culvert_part_report_limited (CulvertPart *part,
                             CulvertLimiter *limiter,
                             CulvertReportKind kind,
                             int error,
                             const char *text)
{
  uint64_t count = culvert_limiter_hit (limiter, culvert_part_now (part), CULVERT_LIMITER_MAX);

  if (count > 0)
    culvert_part_report_count (part, kind, error, text, count);
}

void
culvert_part_report_socket (CulvertPart *part, int error)
{
  culvert_part_report_limited (part, &part->socket_limiter, CULVERT_REPORT_SOCKET_ERROR, error, "");
}

void
culvert_part_report_stranger (CulvertPart *part,
                              const CulvertAddress *from,
                              CulvertCheckFailure failure,
                              const char *cipher,
                              uint64_t count)
{
  CulvertReport *report = culvert_part_report_new (part, CULVERT_REPORT_UNAUTHENTICATED);
  char text[CULVERT_ADDRESS_TEXT];

  culvert_address_format (from, text);
  g_strlcpy (report->text, text, sizeof report->text);
  report->code = (int) failure;
  report->cipher = cipher;
  report->count = count;
  culvert_part_report_send (part, report);
}

void
culvert_part_report_check (CulvertPart *part,
                           const CulvertAddress *from,
                           CulvertCheckFailure failure,
                           CulvertTime now)
{
  uint64_t count = culvert_limiter_hit (&part->check_limiter, now, CULVERT_LIMITER_FIRST);

  if (count > 0)
    culvert_part_report_stranger (part, from, failure, NULL, count);
}

void
culvert_stream_address_text (const CulvertStreamAddress *address,
                             char buf[CULVERT_STREAM_ADDRESS_TEXT])
{
  char text[CULVERT_ADDRESS_TEXT];

  if (address->is_unix)
    {
      g_strlcpy (buf, address->path[0] != '\0' ? address->path : "local",
                 CULVERT_STREAM_ADDRESS_TEXT);
      return;
    }
  culvert_address_format (&address->address, text);
  g_strlcpy (buf, text, CULVERT_STREAM_ADDRESS_TEXT);
}

void
culvert_endpoint_text (const CulvertEndpoint *endpoint, char *buf, size_t size)
{
  bool is_v6 = !endpoint->is_unix && strchr (endpoint->host, ':') != NULL;

  if (endpoint->is_unix)
    g_strlcpy (buf, endpoint->host, size);
  else if (endpoint->port_max > endpoint->port_min)
    g_snprintf (buf, size, is_v6 ? "[%s]:%u-%u" : "%s:%u-%u", endpoint->host,
                (unsigned) endpoint->port_min, (unsigned) endpoint->port_max);
  else
    g_snprintf (buf, size, is_v6 ? "[%s]:%u" : "%s:%u", endpoint->host,
                (unsigned) endpoint->port_min);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-link-private.h"
#include "culvert-listener.h"
#include "culvert-relay.h"
#include "culvert-slot.h"

/* One turn of a local socket among others, of one alone, and of all of a link together. */
#define CULVERT_LINK_QUANTUM ((size_t) 64 * 1024)
#define CULVERT_LINK_QUANTUM_ALONE ((size_t) 192 * 1024)
#define CULVERT_LINK_READ_BUDGET ((size_t) 256 * 1024)
#define CULVERT_LINK_EVENT_BUDGET 512
/* An idle session gives its buffers back after this time. */
#define CULVERT_LINK_IDLE (1 * CULVERT_SEC)
/* Memory is spent: try again. */
#define CULVERT_LINK_RETRY (5 * CULVERT_MSEC)
#define CULVERT_LINK_LOW_RETRY (20 * CULVERT_MSEC)

static _Atomic uint64_t culvert_link_last_id;

static CulvertWorker *
culvert_link_worker (const CulvertLink *link)
{
  return link->config.part->worker;
}

void
culvert_link_touch (CulvertLink *link)
{
  culvert_reactor_defer (culvert_link_worker (link)->reactor, &link->run);
}

/* -- reports ------------------------------------------------------------------------ */

void
culvert_link_report (CulvertLink *link, CulvertReportKind kind, int code)
{
  CulvertReport *report = culvert_part_report_new (link->config.part, kind);
  char text[CULVERT_ADDRESS_TEXT];

  culvert_address_format (&link->config.peer, text);
  g_strlcpy (report->text, text, sizeof report->text);
  report->id = link->id;
  report->code = code;
  if (kind == CULVERT_REPORT_SESSION_FORMAT || kind == CULVERT_REPORT_SESSION_CLOSED)
    report->format = link->format;
  if (kind == CULVERT_REPORT_SESSION_CLOSED)
    report->count = link->n_cut;
  if (kind == CULVERT_REPORT_SESSION_SIZE || code == CULVERT_CLOSE_SIZE)
    report->error = (int) link->mtu_fails;
  if (kind == CULVERT_REPORT_SESSION_OPENED)
    report->counters = culvert_counters_ref (link->counters);
  culvert_part_report_send (link->config.part, report);
}

static void
culvert_link_report_stream (CulvertLink *link, CulvertStream *stream, const char *text)
{
  CulvertReport *report = culvert_part_report_new (link->config.part, CULVERT_REPORT_STREAM_OPENED);

  g_strlcpy (report->text, text, sizeof report->text);
  report->id = link->id;
  report->stream = stream->id;
  culvert_part_report_send (link->config.part, report);
}

/* What the peer speaks; a detecting session that goes on has adopted it. */
static void
culvert_link_meet_peer (CulvertLink *link)
{
  const CulvertPlan *plan = link->config.part->plan;

  if (link->is_met)
    return;
  culvert_session_get_peer_format (link->session, &link->format);
  if (link->format.smux_version == 0)
    return;
  link->is_met = true;
  if (plan->detects
      && (link->format.is_compressed != plan->compress
          || link->format.smux_version != plan->smux.version))
    culvert_link_report (link, CULVERT_REPORT_SESSION_FORMAT, 0);
}

/* -- output --------------------------------------------------------------------------- */

static bool
culvert_link_wants_memory (const CulvertLink *link)
{
  return culvert_worker_is_low (culvert_link_worker (link))
         && (!culvert_list_is_empty (&link->fresh) || !culvert_list_is_empty (&link->readers)
             || !culvert_list_is_empty (&link->stalled));
}

static CulvertTime
culvert_link_next_deadline (CulvertLink *link, CulvertTime now)
{
  CulvertTime deadline = culvert_session_deadline (link->session);

  /* Due although just served, or readers wait for more than the peer: memory is spent. */
  if (deadline <= now)
    deadline = now + CULVERT_LINK_RETRY;
  if (culvert_link_wants_memory (link))
    deadline = MIN (deadline, now + CULVERT_LINK_LOW_RETRY);
  return deadline;
}

/* For deadline, or earlier when the link has to be looked at for another reason. */
static void
culvert_link_arm (CulvertLink *link, CulvertTime deadline)
{
  CulvertTime watch = culvert_liveness_deadline (&link->liveness, link->session);

  deadline = MIN (deadline, MIN (watch, link->expires_at));
  link->armed_at = deadline;
  culvert_reactor_arm (culvert_link_worker (link)->reactor, &link->timer, deadline);
}

/* A rate-limited session fills a batch of its own, cut to what the bucket allows. False: wait. */
static bool
culvert_link_output_paced (CulvertLink *link, CulvertTxBatch *batch, CulvertTime now)
{
  CulvertTxBatch *pacing = &culvert_link_worker (link)->pacing;
  uint32_t allowance = culvert_pacer_allowance (&link->pacer, now);
  unsigned room = culvert_tx_batch_room (batch);
  unsigned n;

  if (allowance == 0)
    return false;
  n = MIN (room, allowance / CULVERT_PACKET_MAX + 1);
  pacing->n = CULVERT_TX_BATCH_MAX - n;
  n = culvert_session_output (link->session, pacing, now);
  for (unsigned i = pacing->n - n; i < pacing->n; i++)
    {
      culvert_pacer_spend (&link->pacer, pacing->packets[i]->len);
      culvert_tx_batch_add (batch, pacing->packets[i]);
    }
  return n > 0;
}

/* Moves what is due into the port's batch. False when the socket is full. */
static bool
culvert_link_fill (CulvertLink *link, CulvertTime now)
{
  CulvertTxBatch *batch;
  unsigned n;

  do
    {
      batch = culvert_port_open_batch (link->config.port);
      if (batch == NULL)
        return false;
      if (link->pacer.rate == 0)
        n = culvert_session_output (link->session, batch, now);
      else
        n = culvert_link_output_paced (link, batch, now);
      culvert_port_commit (link->config.port);
    }
  while (n > 0 && (culvert_tx_batch_room (batch) == 0 || link->pacer.rate != 0));
  return true;
}

static void
culvert_link_output (CulvertLink *link, CulvertTime now)
{
  if (!culvert_link_fill (link, now))
    {
      culvert_port_wait (link->config.port, &link->wait);
      culvert_link_arm (link, CULVERT_TIME_NEVER);
      return;
    }
  if (culvert_pacer_allowance (&link->pacer, now) == 0)
    culvert_link_arm (link, culvert_pacer_ready_at (&link->pacer));
  else
    culvert_link_arm (link, culvert_link_next_deadline (link, now));
}

static void
culvert_link_resume_cb (void *data, CulvertTime now)
{
  culvert_link_output (data, now);
}

/* -- local sockets ---------------------------------------------------------------------- */

void
culvert_link_queue_reader (CulvertLink *link, CulvertRelay *relay)
{
  culvert_list_remove (&relay->node);
  culvert_list_append (&link->fresh, &relay->node);
  culvert_link_touch (link);
}

static CulvertList *
culvert_link_next_reader (CulvertLink *link)
{
  CulvertList *node = culvert_list_first (&link->fresh);

  return node != NULL ? node : culvert_list_first (&link->readers);
}

/* Reads from the sockets in turn while the session has room. One that had nothing to read until now
 * does not wait for those that always have: a request is not behind a download. */
static void
culvert_link_read (CulvertLink *link, CulvertTime now)
{
  const CulvertKcp *kcp = culvert_session_kcp (link->session);
  size_t budget = CULVERT_LINK_READ_BUDGET;
  CulvertList *node;

  while ((node = culvert_link_next_reader (link)) != NULL && culvert_kcp_send_room (kcp) > 0
         && !culvert_worker_is_low (culvert_link_worker (link)))
    {
      CulvertRelay *relay = CULVERT_LIST_ENTRY (node, CulvertRelay, node);
      size_t len;

      if (budget == 0)
        {
          culvert_link_touch (link);
          return;
        }
      culvert_list_remove (node);
      switch (culvert_relay_read (relay,
                                  culvert_link_next_reader (link) != NULL
                                    ? CULVERT_LINK_QUANTUM
                                    : CULVERT_LINK_QUANTUM_ALONE,
                                  &len, now))
        {
        case CULVERT_RELAY_MORE:
          culvert_list_append (&link->readers, node);
          break;
        case CULVERT_RELAY_STALLED:
          culvert_list_append (&link->stalled, node);
          break;
        case CULVERT_RELAY_EMPTY:
        case CULVERT_RELAY_GONE:
          break;
        }
      budget -= MIN (budget, len);
    }
}

/* The session as a whole has room, or memory, again. */
static void
culvert_link_unstall (CulvertLink *link)
{
  CulvertList *node;

  while ((node = culvert_list_first (&link->stalled)) != NULL)
    {
      culvert_list_remove (node);
      culvert_list_append (&link->readers, node);
    }
}

static void
culvert_link_open_stream (CulvertLink *link, const CulvertEvent *event, CulvertTime now)
{
  CulvertPart *part = link->config.part;
  CulvertRelay *relay;

  if (part->plan->is_client || link->is_stopping)
    {
      culvert_session_close_stream (link->session, event->stream);
      return;
    }
  event->stream->opened_at = now;
  if (part->hot.report_streams)
    {
      char text[CULVERT_ADDRESS_TEXT];

      culvert_address_format (&link->config.peer, text);
      culvert_link_report_stream (link, event->stream, text);
    }
  relay = culvert_relay_new_dialling (link, event->stream);
  if (relay != NULL)
    culvert_relay_handle (relay, event->kinds & ~CULVERT_EVENT_OPENED, now);
}

static void
culvert_link_drain_events (CulvertLink *link, CulvertTime now)
{
  CulvertEvent event;

  for (unsigned i = 0; i < CULVERT_LINK_EVENT_BUDGET; i++)
    {
      if (!culvert_session_next_event (link->session, &event, &link->error, now))
        return;
      if (event.stream == NULL)
        culvert_link_unstall (link);
      else if (event.kinds & CULVERT_EVENT_OPENED)
        culvert_link_open_stream (link, &event, now);
      else if (event.stream->user != NULL)
        culvert_relay_handle (event.stream->user, event.kinds, now);
    }
  culvert_link_touch (link);
}

/* -- the round ---------------------------------------------------------------------------- */

static CulvertCloseReason
culvert_link_reason (int error)
{
  switch (error)
    {
    case CULVERT_E_PROTOCOL:
      return CULVERT_CLOSE_PROTOCOL;
    case CULVERT_E_COMP:
      return CULVERT_CLOSE_COMP;
    default:
      return CULVERT_CLOSE_TIMEOUT;
    }
}

/* Marks the link as one whose memory the sweep looks at. */
static void
culvert_link_wake (CulvertLink *link, CulvertTime now)
{
  CulvertWorker *worker = culvert_link_worker (link);

  link->active_at = now;
  culvert_list_remove (&link->awake);
  if (culvert_list_is_empty (&worker->awake))
    culvert_reactor_arm (worker->reactor, &worker->sweep, now + CULVERT_LINK_IDLE);
  culvert_list_append (&worker->awake, &link->awake);
}

/* Nothing more will come. */
static bool
culvert_link_has_retired (const CulvertLink *link)
{
  return link->is_retiring && culvert_session_n_streams (link->session) == 0
         && culvert_session_is_flushed (link->session);
}

static void
culvert_link_run_cb (CulvertDefer *defer, CulvertTime now)
{
  CulvertLink *link = CULVERT_LIST_ENTRY (defer, CulvertLink, run);

  if (now >= link->expires_at)
    {
      culvert_link_die (link, CULVERT_CLOSE_EXPIRED);
      return;
    }
  if (!culvert_link_watch (link, now))
    return;
  if (link->error == CULVERT_OK && culvert_session_deadline (link->session) <= now)
    link->error = culvert_session_advance (link->session, now);
  if (link->error > CULVERT_E_FATAL)
    culvert_link_drain_events (link, now);
  culvert_link_meet_peer (link);
  if (link->error > CULVERT_E_FATAL)
    culvert_link_read (link, now);
  if (link->error <= CULVERT_E_FATAL)
    {
      /* Wire: who closes flushes once (WIRE.md 6.2). A peer that is not understood learns at least
       * that its bytes arrived, and does not send them for ever. */
      culvert_kcp_flush (culvert_session_kcp (link->session), CULVERT_KCP_FLUSH_ACKS, now);
      culvert_link_output (link, now);
      culvert_link_die (link, culvert_link_reason (link->error));
      return;
    }
  link->error = CULVERT_OK;
  culvert_link_output (link, now);
  culvert_session_publish (link->session);
  if (link->config.slot != NULL && link->config.slot->link == link)
    culvert_lane_board_publish (link->config.part->run->lanes, link->config.slot->index,
                                culvert_lane_n_bulk (&link->lane, now), now);
  if (link->is_stopping && culvert_session_is_flushed (link->session))
    culvert_link_die (link, CULVERT_CLOSE_STOPPED);
  else if (culvert_link_has_retired (link))
    culvert_link_die (link, CULVERT_CLOSE_RETIRED);
  else if (culvert_link_watch_size (link, now))
    culvert_link_wake (link, now);
}

static void
culvert_link_timer_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertLink *link = CULVERT_LIST_ENTRY (timer, CulvertLink, timer);

  culvert_link_watch_clock (link, now);
  culvert_link_touch (link);
}

bool
culvert_link_sweep (CulvertWorker *worker, CulvertTime now)
{
  CulvertList *node;

  while ((node = culvert_list_first (&worker->awake)) != NULL)
    {
      CulvertLink *link = CULVERT_LIST_ENTRY (node, CulvertLink, awake);

      if (now - link->active_at < CULVERT_LINK_IDLE)
        return false;
      culvert_list_remove (node);
      culvert_session_trim (link->session);
    }
  return true;
}

/* -- input -------------------------------------------------------------------------------- */

void
culvert_link_receive_cb (void *owner,
                         uint8_t *datagram,
                         size_t len,
                         const CulvertAddress *from,
                         CulvertTime now)
{
  CulvertLink *link = owner;
  int code = culvert_session_input (link->session, datagram, len, now);

  if (code == CULVERT_E_CHECK)
    culvert_part_report_check (link->config.part, &link->config.peer,
                               link->heard_at != 0 ? CULVERT_CHECK_FAILURE_DAMAGED
                                                   : CULVERT_CHECK_FAILURE_UNKNOWN,
                               now);
  if (code <= CULVERT_E_FATAL)
    link->error = code;
  culvert_link_touch (link);
}

void
culvert_link_input_body (CulvertLink *link, uint8_t *body, size_t len, CulvertTime now)
{
  int code = culvert_session_input_body (link->session, body, len, now);

  if (code <= CULVERT_E_FATAL)
    link->error = code;
  culvert_link_touch (link);
}

bool
culvert_link_accept (CulvertLink *link, int fd, const CulvertStreamAddress *peer, CulvertTime now)
{
  CulvertStream *stream;

  if (link->error <= CULVERT_E_FATAL || link->is_stopping)
    return false;
  stream = culvert_session_open_stream (link->session, now);
  if (stream == NULL)
    return false;
  culvert_link_touch (link);
  if (culvert_relay_new_accepted (link, stream, fd) == NULL)
    {
      culvert_session_close_stream (link->session, stream);
      return false;
    }
  if (link->config.part->hot.report_streams)
    {
      char text[CULVERT_STREAM_ADDRESS_TEXT];

      culvert_stream_address_text (peer, text);
      culvert_link_report_stream (link, stream, text);
    }
  return true;
}

/* -- life --------------------------------------------------------------------------------- */

static CulvertSession *
culvert_link_new_session (CulvertLink *link, CulvertTime now)
{
  CulvertPart *part = link->config.part;
  const CulvertPlan *plan = part->plan;
  CulvertSessionConfig config = {
    .is_client = plan->is_client,
    .compress = plan->compress,
    .detects = plan->detects,
    .cipher = part->cipher,
    .fec = plan->fec,
    .qpp = plan->qpp,
    .fec_adaptive = plan->fec_adaptive,
    .fec_ds = plan->fec_ds,
    .fec_ps = plan->fec_ps,
    .kcp = plan->kcp,
    .smux = plan->smux,
  };

  config.kcp.conv = link->config.conv;
  culvert_link_size_plan (link, &config, now);
  config.kcp.sndwnd = part->hot.sndwnd;
  config.kcp.rcvwnd = part->hot.rcvwnd;
  config.smux.is_client = plan->is_client;
  config.smux.phase = link->config.conv;
  return culvert_session_new (&config, &part->worker->resources, link->counters, now);
}

CulvertLink *
culvert_link_new (const CulvertLinkConfig *config, CulvertTime now)
{
  CulvertLink *link = g_new0 (CulvertLink, 1);
  CulvertPart *part = config->part;

  link->config = *config;
  link->id = atomic_fetch_add_explicit (&culvert_link_last_id, 1, memory_order_relaxed) + 1;
  link->counters = culvert_counters_new ();
  link->created_at = now;
  link->active_at = now;
  link->expires_at = CULVERT_TIME_NEVER;
  culvert_list_init (&link->node);
  culvert_list_init (&link->awake);
  culvert_list_init (&link->fresh);
  culvert_list_init (&link->readers);
  culvert_list_init (&link->stalled);
  culvert_defer_init (&link->run, culvert_link_run_cb);
  culvert_timer_init (&link->timer, culvert_link_timer_cb);
  culvert_port_wait_init (&link->wait, culvert_link_resume_cb, link);
  culvert_pacer_init (&link->pacer, part->hot.ratelimit, now);
  link->session = culvert_link_new_session (link, now);
  culvert_link_watch_init (link, now);
  if (config->listener != NULL)
    culvert_session_set_dest (link->session, &link->config.peer);
  else
    config->port->owner = link;
  culvert_counter_add (config->listener != NULL ? &link->counters->passive_opens
                                                : &link->counters->active_opens, 1);
  culvert_list_append (&part->links, &link->node);
  part->n_links++;
  culvert_link_report (link, CULVERT_REPORT_SESSION_OPENED, 0);
  culvert_link_touch (link);
  return link;
}

/* Closes every stream; those of relays with their sockets. is_cut: who uses them must not take it
 * for a regular end. */
static void
culvert_link_close_streams (CulvertLink *link, bool is_cut, CulvertTime now)
{
  CulvertStream *stream;

  while ((stream = culvert_session_first_stream (link->session)) != NULL)
    {
      if (stream->user == NULL)
        culvert_session_close_stream (link->session, stream);
      else if (is_cut)
        culvert_relay_abort (stream->user, now);
      else
        culvert_relay_close (stream->user, now);
    }
}

void
culvert_link_die (CulvertLink *link, CulvertCloseReason reason)
{
  CulvertPart *part = link->config.part;
  CulvertReactor *reactor = part->worker->reactor;

  link->n_cut = culvert_session_n_streams (link->session);
  culvert_link_close_streams (link, part->plan->is_client && reason != CULVERT_CLOSE_STOPPED,
                              culvert_reactor_now (reactor));
  if (link->config.slot != NULL)
    reason = culvert_slot_forget (link->config.slot, link, reason);
  if (link->config.listener != NULL)
    culvert_listener_forget (link->config.listener, link);
  culvert_reactor_cancel_defer (reactor, &link->run);
  culvert_reactor_disarm (reactor, &link->timer);
  culvert_port_cancel (&link->wait);
  culvert_list_remove (&link->node);
  culvert_list_remove (&link->awake);
  part->n_links--;
  culvert_session_publish (link->session);
  culvert_session_free (link->session);
  culvert_link_report (link, CULVERT_REPORT_SESSION_CLOSED, (int) reason);
  culvert_counters_unref (link->counters);
  if (link->config.listener != NULL)
    culvert_port_bury (link->config.port, link);
  else
    {
      culvert_port_free (link->config.port);
      g_free (link);
    }
  culvert_part_check_finished (part);
}

void
culvert_link_stop (CulvertLink *link)
{
  link->is_stopping = true;
  culvert_link_close_streams (link, false,
                              culvert_reactor_now (culvert_link_worker (link)->reactor));
  culvert_link_touch (link);
}

void
culvert_link_apply (CulvertLink *link, CulvertTime now)
{
  const CulvertPart *part = link->config.part;
  CulvertKcp *kcp = culvert_session_kcp (link->session);
  CulvertKcpConfig config = part->plan->kcp;

  config.conv = culvert_kcp_conv (kcp);
  config.mtu = culvert_kcp_mss (kcp) + CULVERT_KCP_OVERHEAD;
  config.sndwnd = part->hot.sndwnd;
  config.rcvwnd = part->hot.rcvwnd;
  culvert_kcp_configure (kcp, &config);
  culvert_pacer_set_rate (&link->pacer, part->hot.ratelimit, now);
  culvert_link_unstall (link);
  culvert_link_touch (link);
}

void
culvert_link_retire (CulvertLink *link, CulvertTime expires_at)
{
  link->is_retiring = true;
  link->expires_at = expires_at;
  link->config.slot = NULL;
  culvert_link_touch (link);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-relay.h"

#include <errno.h>
#include <unistd.h>

#define CULVERT_RELAY_LINGER (3 * CULVERT_SEC)
/* A stopping tunnel does not wait that long for applications that hold on. */
#define CULVERT_RELAY_LINGER_STOPPING (300 * CULVERT_MSEC)
/* An answer about the target is used this long. */
#define CULVERT_RELAY_NAME_AGE (30 * CULVERT_SEC)
/* Out of descriptors: streams wait for others to end, 100 ms times 50. */
#define CULVERT_RELAY_RETRY (100 * CULVERT_MSEC)
#define CULVERT_RELAY_RETRIES 50
/* The first read of a socket, and the least it comes down to: places are prepared for all that a
 * read asks for, which would be most of the cost of a small request. */
#define CULVERT_RELAY_READ_MIN 4096
/* Bytes of a lingering socket discarded per readiness. */
#define CULVERT_RELAY_DISCARD_ROUNDS 8

static void culvert_relay_ready_cb (CulvertWatch *watch, unsigned ready, CulvertTime now);
static bool culvert_relay_dial (CulvertRelay *relay, CulvertTime now);

static CulvertReactor *
culvert_relay_reactor (const CulvertRelay *relay)
{
  return relay->part->worker->reactor;
}

static void
culvert_relay_set_interest (CulvertRelay *relay, unsigned ready, bool is_wanted)
{
  unsigned interest = relay->watch.interest;

  if (relay->watch.fd < 0)
    return;
  interest = is_wanted ? interest | ready : interest & ~ready;
  culvert_reactor_modify (culvert_relay_reactor (relay), &relay->watch, interest);
}

/* -- end ------------------------------------------------------------------------- */

static void
culvert_relay_drop_socket (CulvertRelay *relay)
{
  if (relay->fd < 0)
    return;
  culvert_reactor_remove (culvert_relay_reactor (relay), &relay->watch);
  culvert_tcp_close (relay->fd);
  relay->fd = -1;
}

void
culvert_relay_free (CulvertRelay *relay)
{
  culvert_list_remove (&relay->node);
  culvert_name_cancel (&relay->wait);
  culvert_reactor_disarm (culvert_relay_reactor (relay), &relay->timer);
  culvert_relay_drop_socket (relay);
  g_free (relay);
}

static void
culvert_relay_end_linger (CulvertRelay *relay)
{
  CulvertPart *part = relay->part;

  culvert_relay_free (relay);
  culvert_part_check_finished (part);
}

/* Discards what a lingering socket says; true when it has ended. */
static bool
culvert_relay_discard (CulvertRelay *relay)
{
  struct iovec span = { relay->part->worker->junk, sizeof relay->part->worker->junk };

  for (unsigned i = 0; i < CULVERT_RELAY_DISCARD_ROUNDS; i++)
    {
      struct iovec spans[1] = { span };
      int error;
      ssize_t n = culvert_tcp_readv (relay->fd, spans, 1, &error);

      if (n == CULVERT_E_AGAIN)
        return false;
      if (n <= 0)
        return true;
    }
  return false;
}

/* Whether the socket has to stay for a while before it can be closed without harm. */
static bool
culvert_relay_must_linger (const CulvertRelay *relay)
{
  return relay->state == CULVERT_RELAY_OPEN && relay->fd >= 0 && !relay->has_ended
         && !relay->is_mute && !relay->is_broken;
}

static void
culvert_relay_linger (CulvertRelay *relay, CulvertTime now)
{
  bool is_stopping = relay->part->state == CULVERT_PART_STOPPING;

  relay->state = CULVERT_RELAY_LINGERING;
  if (!relay->is_finished)
    culvert_tcp_shutdown_write (relay->fd);
  culvert_reactor_modify (culvert_relay_reactor (relay), &relay->watch, CULVERT_READY_IN);
  culvert_reactor_arm (culvert_relay_reactor (relay), &relay->timer,
                       now + (is_stopping ? CULVERT_RELAY_LINGER_STOPPING : CULVERT_RELAY_LINGER));
  culvert_list_append (&relay->part->lingering, &relay->node);
}

static void
culvert_relay_report_closed (CulvertRelay *relay)
{
  CulvertReport *report;

  if (!relay->part->hot.report_streams)
    return;
  report = culvert_part_report_new (relay->part, CULVERT_REPORT_STREAM_CLOSED);
  report->id = relay->link->id;
  report->stream = relay->stream->id;
  report->bytes_in = relay->stream->bytes_in;
  report->bytes_out = relay->stream->bytes_out;
  culvert_part_report_send (relay->part, report);
}

/* Closes the stream. */
static void
culvert_relay_detach (CulvertRelay *relay)
{
  CulvertLink *link = relay->link;
  CulvertStream *stream = relay->stream;

  culvert_relay_report_closed (relay);
  culvert_list_remove (&relay->node);
  culvert_name_cancel (&relay->wait);
  relay->link = NULL;
  relay->stream = NULL;
  stream->user = NULL;
  culvert_session_close_stream (link->session, stream);
  culvert_link_touch (link);
}

void
culvert_relay_abort (CulvertRelay *relay, CulvertTime now)
{
  culvert_relay_detach (relay);
  if (relay->fd >= 0)
    {
      culvert_reactor_remove (culvert_relay_reactor (relay), &relay->watch);
      culvert_tcp_abort (relay->fd);
      relay->fd = -1;
    }
  culvert_relay_free (relay);
}

void
culvert_relay_close (CulvertRelay *relay, CulvertTime now)
{
  culvert_relay_detach (relay);
  if (culvert_relay_must_linger (relay))
    culvert_relay_linger (relay, now);
  else
    culvert_relay_free (relay);
}

/* One direction has ended. True when that closed the relay. */
static bool
culvert_relay_end_direction (CulvertRelay *relay, CulvertTime now)
{
  CulvertTime closewait = relay->part->plan->closewait;

  if (closewait == 0 || (relay->has_ended && relay->is_finished))
    {
      culvert_relay_close (relay, now);
      return true;
    }
  if (relay->timer.entry.key == CULVERT_TIME_NEVER)
    culvert_reactor_arm (culvert_relay_reactor (relay), &relay->timer, now + closewait);
  return false;
}

/* -- stream to socket -------------------------------------------------------------- */

static bool
culvert_relay_is_writable (const CulvertRelay *relay)
{
  return relay->state == CULVERT_RELAY_OPEN && !relay->is_mute;
}

static void
culvert_relay_discard_unread (CulvertRelay *relay)
{
  CulvertSession *session = relay->link->session;
  size_t len;

  while ((len = culvert_session_unread (session, relay->stream)) > 0)
    {
      struct iovec spans[CULVERT_SESSION_MAX_SPANS];
      unsigned n = culvert_session_peek (session, relay->stream, spans, CULVERT_SESSION_MAX_SPANS);
      size_t peeked = 0;

      for (unsigned i = 0; i < n; i++)
        peeked += spans[i].iov_len;
      if (peeked == 0)
        return;
      culvert_session_consume (session, relay->stream, peeked);
    }
}

static void
culvert_relay_set_blocked (CulvertRelay *relay, bool is_blocked)
{
  relay->is_blocked = is_blocked;
  culvert_relay_set_interest (relay, CULVERT_READY_OUT, is_blocked);
}

/* Writes one view; false when the socket takes no more or failed. */
static bool
culvert_relay_write_spans (CulvertRelay *relay, struct iovec *spans, unsigned n)
{
  size_t want = 0;
  ssize_t written;
  int error;

  for (unsigned i = 0; i < n; i++)
    want += spans[i].iov_len;
  written = culvert_tcp_writev (relay->fd, spans, n, &error);
  if (written > 0)
    culvert_session_consume (relay->link->session, relay->stream, (size_t) written);
  if (written == (ssize_t) want)
    return true;
  if ((written < 0 && written != CULVERT_E_AGAIN) || relay->is_broken)
    relay->is_mute = true;
  else
    culvert_relay_set_blocked (relay, true);
  return false;
}

/* Gives the socket what the stream has. True when that closed the relay. */
static bool
culvert_relay_write (CulvertRelay *relay, CulvertTime now)
{
  CulvertSession *session = relay->link->session;
  struct iovec spans[CULVERT_SESSION_MAX_SPANS];
  bool was_mute = relay->is_mute;
  unsigned n;

  culvert_link_touch (relay->link);
  while (culvert_relay_is_writable (relay)
         && (n = culvert_session_peek (session, relay->stream, spans, G_N_ELEMENTS (spans))) > 0)
    if (!culvert_relay_write_spans (relay, spans, n))
      break;
  if (relay->is_mute)
    culvert_relay_discard_unread (relay);
  else if (culvert_session_unread (session, relay->stream) > 0)
    culvert_session_park (session, relay->stream);
  if (relay->is_blocked
      && (relay->is_mute || culvert_session_unread (session, relay->stream) == 0))
    culvert_relay_set_blocked (relay, false);
  return relay->is_mute && !was_mute && culvert_relay_end_direction (relay, now);
}

/* The peer's FIN, and all before it is written. */
static void
culvert_relay_finish (CulvertRelay *relay, CulvertTime now)
{
  relay->is_finished = true;
  if (culvert_relay_is_writable (relay))
    culvert_tcp_shutdown_write (relay->fd);
  if (culvert_relay_end_direction (relay, now))
    return;
  /* What the socket says from now on cannot be sent, but its end is worth knowing. */
  relay->is_deaf = true;
  if (relay->state == CULVERT_RELAY_OPEN && !relay->has_ended)
    culvert_link_queue_reader (relay->link, relay);
}

/* Some bytes of the stream have moved. */
static void
culvert_relay_note_lane (CulvertRelay *relay, CulvertTime now)
{
  culvert_lane_note (&relay->link->lane, &relay->lane_period,
                     relay->stream->bytes_in + relay->stream->bytes_out, now);
}

void
culvert_relay_handle (CulvertRelay *relay, unsigned kinds, CulvertTime now)
{
  if (kinds & CULVERT_EVENT_READABLE)
    {
      culvert_relay_note_lane (relay, now);
      if (relay->is_blocked || relay->state != CULVERT_RELAY_OPEN)
        culvert_session_park (relay->link->session, relay->stream);
      else if (culvert_relay_write (relay, now))
        return;
    }
  if ((kinds & CULVERT_EVENT_WRITABLE) && relay->state == CULVERT_RELAY_OPEN && !relay->has_ended)
    culvert_link_queue_reader (relay->link, relay);
  if (kinds & CULVERT_EVENT_FINISHED)
    culvert_relay_finish (relay, now);
}

/* -- socket to stream -------------------------------------------------------------- */

/* The socket's end of file, or its failure (error). True when that closed the relay. */
static bool
culvert_relay_end_input (CulvertRelay *relay, bool has_failed, CulvertTime now)
{
  relay->has_ended = true;
  if (has_failed)
    relay->is_mute = true;
  if (relay->is_mute)
    culvert_relay_discard_unread (relay);
  if (culvert_relay_end_direction (relay, now))
    return true;
  if (has_failed)
    culvert_reactor_remove (culvert_relay_reactor (relay), &relay->watch);
  else
    culvert_relay_set_interest (relay, CULVERT_READY_IN, false);
  return false;
}

/* Fills the spans, or the worker's junk when the stream takes nothing any more. */
static int
culvert_relay_reserve (CulvertRelay *relay,
                       size_t want,
                       struct iovec *spans,
                       unsigned max,
                       size_t *out_len)
{
  if (!relay->is_deaf)
    {
      int n = culvert_session_reserve (relay->link->session, relay->stream, want, spans, max,
                                       out_len);

      if (n >= 0)
        return n;
      relay->is_deaf = true;
    }
  spans[0].iov_base = relay->part->worker->junk;
  spans[0].iov_len = *out_len = sizeof relay->part->worker->junk;
  return 1;
}

/* A read that was filled doubles the next one, one that was mostly empty halves it. */
static void
culvert_relay_adapt (CulvertRelay *relay, size_t room, size_t len, size_t max)
{
  if (len == room)
    relay->read_size = MIN (2 * relay->read_size, max);
  else if (len < relay->read_size / 4)
    relay->read_size = MAX (relay->read_size / 2, CULVERT_RELAY_READ_MIN);
}

CulvertRelayRead
culvert_relay_read (CulvertRelay *relay, size_t want, size_t *out_len, CulvertTime now)
{
  struct iovec spans[CULVERT_SESSION_MAX_SPANS];
  size_t room;
  ssize_t len;
  int error = 0;
  int n = culvert_relay_reserve (relay, MIN (want, relay->read_size), spans, G_N_ELEMENTS (spans),
                                 &room);

  *out_len = 0;
  if (n == 0)
    return CULVERT_RELAY_STALLED;
  len = culvert_tcp_readv (relay->fd, spans, (unsigned) n, &error);
  if (!relay->is_deaf)
    culvert_session_commit (relay->link->session, relay->stream, len > 0 ? (size_t) len : 0);
  if (len > 0)
    {
      *out_len = (size_t) len;
      culvert_relay_adapt (relay, room, *out_len, want);
      culvert_relay_note_lane (relay, now);
    }
  if (len == 0 || (len < 0 && len != CULVERT_E_AGAIN) || (len < 0 && relay->is_broken))
    return culvert_relay_end_input (relay, len != 0, now) ? CULVERT_RELAY_GONE
                                                          : CULVERT_RELAY_EMPTY;
  if (len == (ssize_t) room || relay->is_broken)
    return CULVERT_RELAY_MORE;
  culvert_relay_set_interest (relay, CULVERT_READY_IN, true);
  return CULVERT_RELAY_EMPTY;
}

/* -- readiness ----------------------------------------------------------------------- */

/* Hung up or in error: the kernel would say so again and again, so it is not asked any more. */
static void
culvert_relay_break (CulvertRelay *relay, CulvertTime now)
{
  culvert_reactor_remove (culvert_relay_reactor (relay), &relay->watch);
  relay->is_broken = true;
  relay->is_blocked = false;
  if (!relay->has_ended)
    culvert_link_queue_reader (relay->link, relay);
  if (culvert_session_unread (relay->link->session, relay->stream) > 0)
    (void) culvert_relay_write (relay, now);
}

static void
culvert_relay_open_ready (CulvertRelay *relay, unsigned ready, CulvertTime now)
{
  if (ready & CULVERT_READY_ERR)
    {
      culvert_relay_break (relay, now);
      return;
    }
  if (ready & CULVERT_READY_IN)
    {
      /* Waiting for room already: the kernel need not say it again. */
      if (culvert_list_is_linked (&relay->node))
        culvert_relay_set_interest (relay, CULVERT_READY_IN, false);
      else
        culvert_link_queue_reader (relay->link, relay);
    }
  if (ready & CULVERT_READY_OUT)
    (void) culvert_relay_write (relay, now);
}

/* Connected: what has gathered goes out, reading begins. True while the relay lives. */
static bool
culvert_relay_connected (CulvertRelay *relay, CulvertTime now)
{
  relay->state = CULVERT_RELAY_OPEN;
  relay->is_deaf = relay->is_finished;
  culvert_limiter_reset (&relay->part->dial_limiter);
  if (relay->is_finished)
    culvert_tcp_shutdown_write (relay->fd);
  return !culvert_relay_write (relay, now);
}

static void
culvert_relay_report_target (CulvertRelay *relay, int error)
{
  char text[160];

  culvert_endpoint_text (&relay->part->plan->target, text, sizeof text);
  culvert_part_report_limited (relay->part, &relay->part->dial_limiter,
                               CULVERT_REPORT_TARGET_FAILED, error, text);
}

/* The address being tried does not answer: the next one, or the end. True while the relay lives. */
static bool
culvert_relay_try_next (CulvertRelay *relay, int error, CulvertTime now)
{
  culvert_relay_drop_socket (relay);
  relay->attempt++;
  if (!relay->part->plan->target.is_unix && relay->attempt < relay->part->dial_name.n)
    return culvert_relay_dial (relay, now);
  culvert_relay_report_target (relay, error);
  culvert_relay_close (relay, now);
  return false;
}

static void
culvert_relay_ready_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  CulvertRelay *relay = CULVERT_LIST_ENTRY (watch, CulvertRelay, watch);
  int error;

  switch (relay->state)
    {
    case CULVERT_RELAY_CONNECTING:
      error = culvert_tcp_connect_result (relay->fd);
      if (error == 0)
        {
          culvert_reactor_modify (culvert_relay_reactor (relay), watch, CULVERT_READY_IN);
          (void) culvert_relay_connected (relay, now);
        }
      else if (error != EINPROGRESS)
        (void) culvert_relay_try_next (relay, error, now);
      break;
    case CULVERT_RELAY_OPEN:
      culvert_relay_open_ready (relay, ready, now);
      break;
    case CULVERT_RELAY_LINGERING:
      if (culvert_relay_discard (relay) || (ready & CULVERT_READY_ERR))
        culvert_relay_end_linger (relay);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* -- dialling -------------------------------------------------------------------------- */

/* No descriptor is free, or a UNIX listener's queue is full (EAGAIN): worth trying again. */
static bool
culvert_relay_retry (CulvertRelay *relay, int error, CulvertTime now)
{
  if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != EAGAIN)
    return false;
  if (relay->retries++ >= CULVERT_RELAY_RETRIES)
    return false;
  culvert_relay_report_target (relay, error);
  culvert_reactor_arm (culvert_relay_reactor (relay), &relay->timer, now + CULVERT_RELAY_RETRY);
  return true;
}

static bool
culvert_relay_connect (CulvertRelay *relay, CulvertTime now)
{
  const CulvertPlan *plan = relay->part->plan;
  CulvertStreamAddress address = { .is_unix = plan->target.is_unix };
  int error = 0;

  if (address.is_unix)
    g_strlcpy (address.path, plan->target.host, sizeof address.path);
  else
    culvert_name_address (&relay->part->dial_name, relay->attempt, plan->target.port_min,
                          &address.address);
  relay->fd = culvert_tcp_connect (&address, &error);
  if (relay->fd < 0)
    return culvert_relay_retry (relay, error, now) || culvert_relay_try_next (relay, error, now);
  error = culvert_tcp_is_near (&address) ? culvert_tcp_connect_result (relay->fd) : EINPROGRESS;
  if (error != 0 && error != EINPROGRESS)
    return culvert_relay_try_next (relay, error, now);
  if (culvert_reactor_add (culvert_relay_reactor (relay), &relay->watch, relay->fd,
                           error == 0 ? CULVERT_READY_IN : CULVERT_READY_OUT,
                           culvert_relay_ready_cb) < 0)
    return culvert_relay_try_next (relay, ENOMEM, now);
  relay->state = CULVERT_RELAY_CONNECTING;
  return error != 0 || culvert_relay_connected (relay, now);
}

/* True while the relay lives. */
static bool
culvert_relay_dial (CulvertRelay *relay, CulvertTime now)
{
  relay->state = CULVERT_RELAY_DIALLING;
  if (relay->part->plan->target.is_unix
      || culvert_name_lookup (&relay->part->dial_name, CULVERT_RELAY_NAME_AGE, now, &relay->wait))
    return culvert_relay_connect (relay, now);
  return true;
}

static void
culvert_relay_resolved_cb (CulvertNameWait *wait, CulvertName *name, const GError *error)
{
  CulvertRelay *relay = CULVERT_LIST_ENTRY (wait, CulvertRelay, wait);
  CulvertPart *part = relay->part;
  CulvertTime now = culvert_part_now (part);

  if (error != NULL)
    culvert_part_report_limited (part, &part->resolve_limiter, CULVERT_REPORT_RESOLVE_FAILED,
                                 error->code, name->host);
  else
    culvert_limiter_reset (&part->resolve_limiter);
  if (name->n > relay->attempt)
    (void) culvert_relay_connect (relay, now);
  else
    culvert_relay_close (relay, now);
}

static void
culvert_relay_timer_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertRelay *relay = CULVERT_LIST_ENTRY (timer, CulvertRelay, timer);

  if (relay->state == CULVERT_RELAY_LINGERING)
    culvert_relay_end_linger (relay);
  else if (relay->state == CULVERT_RELAY_DIALLING && !relay->is_finished)
    (void) culvert_relay_dial (relay, now);
  else
    culvert_relay_close (relay, now);
}

static CulvertRelay *
culvert_relay_new (CulvertLink *link, CulvertStream *stream)
{
  CulvertRelay *relay = g_try_new0 (CulvertRelay, 1);

  if (relay == NULL)
    return NULL;
  relay->part = link->config.part;
  relay->link = link;
  relay->stream = stream;
  relay->fd = -1;
  relay->read_size = CULVERT_RELAY_READ_MIN;
  relay->watch.fd = -1;
  culvert_list_init (&relay->node);
  culvert_timer_init (&relay->timer, culvert_relay_timer_cb);
  culvert_name_wait_init (&relay->wait, culvert_relay_resolved_cb);
  stream->user = relay;
  return relay;
}

CulvertRelay *
culvert_relay_new_accepted (CulvertLink *link, CulvertStream *stream, int fd)
{
  CulvertRelay *relay = culvert_relay_new (link, stream);

  if (relay == NULL)
    return NULL;
  if (culvert_reactor_add (culvert_relay_reactor (relay), &relay->watch, fd, CULVERT_READY_IN,
                           culvert_relay_ready_cb) < 0)
    {
      stream->user = NULL;
      g_free (relay);
      return NULL;
    }
  relay->fd = fd;
  relay->state = CULVERT_RELAY_OPEN;
  culvert_link_queue_reader (link, relay);
  return relay;
}

CulvertRelay *
culvert_relay_new_dialling (CulvertLink *link, CulvertStream *stream)
{
  CulvertRelay *relay = culvert_relay_new (link, stream);

  if (relay == NULL)
    {
      culvert_session_close_stream (link->session, stream);
      return NULL;
    }
  return culvert_relay_dial (relay, culvert_part_now (link->config.part)) ? relay : NULL;
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Trial streams: a real session that opens one stream, as a client would.
 *
 * A server whose compression or smux version is another cannot read the SYN and closes its session
 * without a word (WIRE.md 8.3). But the next window probe opens a fresh one over there, and that
 * begins anew: una, which had been 1 after the SYN, is 0 again. A session that goes on answering
 * with una 1 has understood. If ours is not understood, the other three formats are tried side by
 * side; what none of them settles may still be told by the server's first heartbeat.
 *
 * The stream leads to the target. FIN at once: it refuses. What it says, if anything, shows
 * whether QPP agrees: text that is text as it is configured, or only the other way round. A
 * target that waits to be spoken to is sent one line of HTTP, once each way. */

#include "config.h"

#include "culvert-check-private.h"
#include "culvert-wire.h"

#define CULVERT_CHECK_FORMATS 4
#define CULVERT_CHECK_FORMAT_FOR (3 * CULVERT_SEC)
#define CULVERT_CHECK_WASK_EVERY (60 * CULVERT_MSEC)
/* So long a server may take to notice that it cannot read the stream. */
#define CULVERT_CHECK_SETTLE (250 * CULVERT_MSEC)
#define CULVERT_CHECK_ENOUGH 2

#define CULVERT_CHECK_SILENCE (1 * CULVERT_SEC)
#define CULVERT_CHECK_ASK_FOR (1500 * CULVERT_MSEC)
#define CULVERT_CHECK_GATHER (150 * CULVERT_MSEC)
#define CULVERT_CHECK_LEAVE (100 * CULVERT_MSEC)

/* Parts of 100 that must be, or must at most be, printable. */
#define CULVERT_CHECK_TEXT 90
#define CULVERT_CHECK_NO_TEXT 70
#define CULVERT_CHECK_MIN_TEXT 4
#define CULVERT_CHECK_MIN_NO_TEXT 16

static const char culvert_check_question[] = "HEAD / HTTP/1.0\r\n\r\n";

typedef struct
{
  CulvertCheckPath *path;
  CulvertSession *session;
  CulvertCounters *counters;
  bool compress;
  int version;

  CulvertTime acked_at; /* the SYN arrived, 0: not yet */
  CulvertTime next_wask;
  unsigned n_alive;     /* answers of a session that knows the SYN */
  unsigned n_anew;      /* answers of one that does not */
  int error;            /* of the session: the server speaks otherwise */

  CulvertStream *stream; /* the last one opened, NULL: gone */
  bool is_finished;
  uint8_t data[256];     /* what the target said on it */
  size_t len;
} CulvertCheckTrial;

/* -- one session --------------------------------------------------------------------- */

static void
culvert_check_trial_receive_cb (CulvertCheckPath *path,
                                uint8_t *kcp,
                                size_t len,
                                size_t wire_len)
{
  CulvertCheckTrial *trial = path->owner;
  CulvertTime now = culvert_check_now ();
  uint32_t una = culvert_load_u32 (kcp + 16);
  CulvertKcpState state;
  int code;

  if (trial->acked_at != 0 && una == 0)
    trial->n_anew++;
  else if (trial->acked_at != 0 && now - trial->acked_at >= CULVERT_CHECK_SETTLE)
    trial->n_alive++;
  code = culvert_session_input_body (trial->session, kcp, len, now);
  if (code <= CULVERT_E_FATAL)
    trial->error = code;
  culvert_kcp_get_state (culvert_session_kcp (trial->session), &state);
  if (trial->acked_at == 0 && state.snd_una > 0)
    trial->acked_at = now;
}

static CulvertCheckTrial *
culvert_check_trial_new (CulvertCheck *check, bool compress, int version)
{
  const CulvertPlan *plan = check->plan;
  CulvertCheckTrial *trial = g_new0 (CulvertCheckTrial, 1);
  CulvertSessionConfig config = {
    .is_client = true,
    .compress = compress,
    .kcp = plan->kcp,
    .smux = plan->smux,
  };

  trial->compress = compress;
  trial->version = version;
  trial->path = culvert_check_path_new (check, &check->path->peer, NULL, plan->key);
  trial->path->receive = culvert_check_trial_receive_cb;
  trial->path->owner = trial;
  trial->counters = culvert_counters_new ();
  config.cipher = trial->path->ciphers[0];
  config.kcp.conv = trial->path->conv;
  config.kcp.no_cwnd = true;
  config.smux.version = version;
  config.smux.is_client = true;
  trial->session = culvert_session_new (&config, &check->resources, trial->counters,
                                        culvert_check_now ());
  trial->stream = culvert_session_open_stream (trial->session, culvert_check_now ());
  return trial;
}

static void
culvert_check_trial_free (CulvertCheckTrial *trial)
{
  if (trial == NULL)
    return;
  culvert_session_free (trial->session);
  culvert_counters_unref (trial->counters);
  culvert_check_path_free (trial->path);
  g_free (trial);
}

static void
culvert_check_trial_read (CulvertCheckTrial *trial, CulvertStream *stream)
{
  struct iovec spans[CULVERT_SESSION_MAX_SPANS];
  unsigned n;

  while ((n = culvert_session_peek (trial->session, stream, spans, G_N_ELEMENTS (spans))) > 0)
    {
      size_t taken = 0;

      for (unsigned i = 0; i < n; i++)
        {
          size_t part = MIN (spans[i].iov_len, sizeof trial->data - trial->len);

          if (stream == trial->stream)
            {
              memcpy (trial->data + trial->len, spans[i].iov_base, part);
              trial->len += part;
            }
          taken += spans[i].iov_len;
        }
      culvert_session_consume (trial->session, stream, taken);
    }
}

static void
culvert_check_trial_handle (CulvertCheckTrial *trial, const CulvertEvent *event)
{
  if (event->stream == NULL)
    return;
  if (event->kinds & CULVERT_EVENT_READABLE)
    culvert_check_trial_read (trial, event->stream);
  if ((event->kinds & CULVERT_EVENT_FINISHED) && event->stream == trial->stream)
    {
      trial->is_finished = true;
      trial->stream = NULL;
    }
  /* A client accepts no streams. */
  if (event->kinds & (CULVERT_EVENT_FINISHED | CULVERT_EVENT_OPENED))
    culvert_session_close_stream (trial->session, event->stream);
}

static void
culvert_check_trial_output (CulvertCheckTrial *trial, CulvertTime now)
{
  CulvertTxBatch batch = { .n = 0 };

  while (culvert_session_output (trial->session, &batch, now) > 0)
    {
      for (unsigned i = 0; i < batch.n; i++)
        culvert_check_path_send_packet (trial->path, batch.packets[i]);
      batch.n = 0;
    }
}

/* One wake of a worker. Returns when the next is due. */
static CulvertTime
culvert_check_trial_run (CulvertCheckTrial *trial)
{
  CulvertTime now = culvert_check_now ();
  CulvertEvent event;
  int error = culvert_session_advance (trial->session, now);

  while (error == CULVERT_OK
         && culvert_session_next_event (trial->session, &event, &error, now))
    culvert_check_trial_handle (trial, &event);
  if (error <= CULVERT_E_FATAL)
    trial->error = error;
  if (trial->error <= CULVERT_E_FATAL)
    return CULVERT_TIME_NEVER;
  if (trial->acked_at != 0 && now >= trial->next_wask)
    {
      culvert_kcp_probe (culvert_session_kcp (trial->session));
      trial->next_wask = now + CULVERT_CHECK_WASK_EVERY;
    }
  culvert_check_trial_output (trial, now);
  now = culvert_session_deadline (trial->session);
  return trial->acked_at != 0 ? MIN (now, trial->next_wask) : now;
}

/* Serves the sessions until something came or until; false: the check is over. */
static bool
culvert_check_trials_wait (CulvertCheck *check,
                           CulvertCheckTrial *const *trials,
                           unsigned n,
                           CulvertTime until)
{
  CulvertCheckPath *paths[CULVERT_CHECK_FORMATS + 1];
  bool is_over;

  for (unsigned i = 0; i < n; i++)
    {
      CulvertTime next = culvert_check_trial_run (trials[i]);

      /* Due although just served: memory; not at once again. */
      until = MIN (until, MAX (next, culvert_check_now () + CULVERT_MSEC));
      paths[i] = trials[i]->path;
    }
  /* The server's heartbeat may come on the path of the probes. */
  paths[n] = check->path;
  is_over = !culvert_check_wait (check, paths, n + 1, until);
  for (unsigned i = 0; i < n; i++)
    (void) culvert_check_trial_run (trials[i]);
  return !is_over;
}

/* -- compression and smux version ------------------------------------------------------ */

/* What the server sends could be read. */
static bool
culvert_check_trial_was_answered (const CulvertCheckTrial *trial)
{
  CulvertPeerFormat format;

  culvert_session_get_peer_format (trial->session, &format);
  return trial->error > CULVERT_E_FATAL
         && (format.smux_version == trial->version || trial->is_finished || trial->len > 0);
}

static bool
culvert_check_trial_is_right (const CulvertCheckTrial *trial)
{
  return culvert_check_trial_was_answered (trial)
         || (trial->n_alive >= CULVERT_CHECK_ENOUGH && trial->n_anew == 0
             && trial->error > CULVERT_E_FATAL);
}

static bool
culvert_check_trial_is_wrong (const CulvertCheckTrial *trial)
{
  return trial->error <= CULVERT_E_FATAL || trial->n_anew >= CULVERT_CHECK_ENOUGH;
}

/* Until each is settled, or the first is right. Returns the one that is right, or NULL. */
static CulvertCheckTrial *
culvert_check_settle (CulvertCheck *check, CulvertCheckTrial *const *trials, unsigned n)
{
  CulvertTime until = culvert_check_now () + CULVERT_CHECK_FORMAT_FOR
                      + 4 * check->result->rtt_max_us;

  while (culvert_check_now () < until)
    {
      unsigned n_wrong = 0;

      for (unsigned i = 0; i < n; i++)
        {
          if (culvert_check_trial_is_right (trials[i]))
            return trials[i];
          n_wrong += culvert_check_trial_is_wrong (trials[i]);
        }
      if (n_wrong == n || !culvert_check_trials_wait (check, trials, n, until))
        break;
    }
  return NULL;
}

static void
culvert_check_note_format (CulvertCheck *check, bool is_compressed, int version)
{
  check->result->compression = is_compressed ? CULVERT_CHECK_YES : CULVERT_CHECK_NO;
  check->result->smux_version = version;
}

/* The server's own first bytes, on the path of the probes or on a trial's. */
static bool
culvert_check_hear_format (CulvertCheck *check, CulvertCheckTrial *const *trials, unsigned n)
{
  CulvertPeerFormat format;

  if (culvert_check_read_heartbeat (check, &format))
    {
      culvert_check_note_format (check, format.is_compressed, format.smux_version);
      return true;
    }
  for (unsigned i = 0; i < n; i++)
    {
      culvert_session_get_peer_format (trials[i]->session, &format);
      if (format.smux_version == 0)
        continue;
      culvert_check_note_format (check, format.is_compressed, format.smux_version);
      return true;
    }
  return false;
}

/* The format set here is not understood: which is? */
static void
culvert_check_other_formats (CulvertCheck *check, const CulvertCheckTrial *own)
{
  CulvertCheckTrial *trials[CULVERT_CHECK_FORMATS];
  CulvertCheckTrial *right;
  unsigned n = 0;

  for (int version = 1; version <= 2; version++)
    for (int compress = 0; compress <= 1; compress++)
      if (version != own->version || (bool) compress != own->compress)
        trials[n++] = culvert_check_trial_new (check, compress, version);
  right = culvert_check_settle (check, trials, n);
  if (right != NULL)
    culvert_check_note_format (check, right->compress, right->version);
  else
    while (!culvert_check_hear_format (check, trials, n)
           && culvert_check_trials_wait (check, trials, n, check->deadline))
      continue;
  for (unsigned i = 0; i < n; i++)
    culvert_check_trial_free (trials[i]);
}

/* -- target and QPP ---------------------------------------------------------------------- */

static void
culvert_check_serve (CulvertCheck *check, CulvertCheckTrial *trial, CulvertTime duration)
{
  CulvertTime until = culvert_check_now () + duration;

  while (culvert_check_now () < until && culvert_check_trials_wait (check, &trial, 1, until))
    continue;
}

/* Until the target says something or ends; then a moment more for the rest of it. */
static void
culvert_check_listen (CulvertCheck *check, CulvertCheckTrial *trial, CulvertTime duration)
{
  CulvertTime until = culvert_check_now () + duration + 2 * check->result->rtt_max_us;

  while (culvert_check_now () < until && trial->len == 0 && !trial->is_finished
         && culvert_check_trials_wait (check, &trial, 1, until))
    continue;
  if (trial->len > 0)
    culvert_check_serve (check, trial, CULVERT_CHECK_GATHER);
}

static void
culvert_check_ask (CulvertCheck *check, CulvertCheckTrial *trial, CulvertQppPads *pads)
{
  uint8_t question[sizeof culvert_check_question - 1];
  struct iovec spans[CULVERT_SESSION_MAX_SPANS];
  size_t room = 0;
  size_t at = 0;
  int n;

  memcpy (question, culvert_check_question, sizeof question);
  if (pads != NULL)
    {
      CulvertQpp qpp;

      culvert_qpp_init (&qpp, pads);
      culvert_qpp_encrypt (&qpp, pads, question, sizeof question);
    }
  n = culvert_session_reserve (trial->session, trial->stream, sizeof question, spans,
                               G_N_ELEMENTS (spans), &room);
  if (n <= 0)
    return;
  for (int i = 0; i < n && at < sizeof question; i++)
    {
      size_t part = MIN (spans[i].iov_len, sizeof question - at);

      memcpy (spans[i].iov_base, question + at, part);
      at += part;
    }
  culvert_session_commit (trial->session, trial->stream, at);
  culvert_check_listen (check, trial, CULVERT_CHECK_ASK_FOR);
}

/* Opens another stream on the session. */
static bool
culvert_check_begin_anew (CulvertCheckTrial *trial)
{
  if (trial->stream != NULL)
    culvert_session_close_stream (trial->session, trial->stream);
  trial->is_finished = false;
  trial->len = 0;
  trial->stream = culvert_session_open_stream (trial->session, culvert_check_now ());
  return trial->stream != NULL;
}

/* Printable bytes of what came, in percent; pads: as deciphered. */
static unsigned
culvert_check_text_share (const CulvertCheckTrial *trial, CulvertQppPads *pads)
{
  uint8_t data[sizeof trial->data];
  unsigned n = 0;

  memcpy (data, trial->data, trial->len);
  if (pads != NULL)
    {
      CulvertQpp qpp;

      culvert_qpp_init (&qpp, pads);
      culvert_qpp_decrypt (&qpp, pads, data, trial->len);
    }
  for (size_t i = 0; i < trial->len; i++)
    n += g_ascii_isprint (data[i]) || g_ascii_isspace (data[i]) ? 1 : 0;
  return trial->len > 0 ? (unsigned) (100 * n / trial->len) : 0;
}

/* own: pads as set here, other: the other way round; one of them is NULL. */
static void
culvert_check_judge_qpp (CulvertCheck *check,
                         const CulvertCheckTrial *trial,
                         CulvertQppPads *own,
                         CulvertQppPads *other)
{
  unsigned share_own = culvert_check_text_share (trial, own);
  unsigned share_other = culvert_check_text_share (trial, other);

  if (trial->len < CULVERT_CHECK_MIN_TEXT)
    return;
  if (share_own >= CULVERT_CHECK_TEXT)
    check->result->qpp_agrees = CULVERT_CHECK_YES;
  else if (share_other >= CULVERT_CHECK_TEXT)
    check->result->qpp_agrees = CULVERT_CHECK_NO;
  else if (trial->len >= CULVERT_CHECK_MIN_NO_TEXT && share_own < CULVERT_CHECK_NO_TEXT
           && share_other < CULVERT_CHECK_NO_TEXT)
    check->is_unreadable = true;
}

/* Where large packets are lost the verdict stands, and time has gone. */
static bool
culvert_check_may_ask (const CulvertCheck *check)
{
  return !check->options.no_ask && !check->result->loses_up && !check->result->loses_down;
}

static void
culvert_check_target (CulvertCheck *check, CulvertCheckTrial *trial)
{
  CulvertCheckResult *result = check->result;
  unsigned count = (unsigned) culvert_config_get_int (check->config, CULVERT_SETTING_QPP_COUNT);
  const char *key = culvert_config_get_string (check->config, CULVERT_SETTING_KEY);
  CulvertQppPads *own = check->plan->qpp;
  CulvertQppPads *spare = own == NULL ? culvert_qpp_pads_new (key, count) : NULL;

  culvert_check_listen (check, trial, CULVERT_CHECK_SILENCE);
  if (trial->is_finished && trial->len == 0)
    result->target = CULVERT_CHECK_TARGET_REFUSED;
  else if (!culvert_check_is_over (check) || trial->len > 0)
    {
      result->target = CULVERT_CHECK_TARGET_SILENT;
      if (trial->len == 0 && trial->stream != NULL && culvert_check_may_ask (check))
        culvert_check_ask (check, trial, own);
      /* Garbage to the target may have been what was asked. */
      if (trial->len == 0 && culvert_check_may_ask (check) && culvert_check_begin_anew (trial))
        culvert_check_ask (check, trial, own == NULL ? spare : NULL);
      if (trial->len > 0)
        {
          result->target = CULVERT_CHECK_TARGET_SPEAKS;
          culvert_check_judge_qpp (check, trial, own, spare);
        }
    }
  if (trial->stream != NULL)
    {
      culvert_session_close_stream (trial->session, trial->stream);
      trial->stream = NULL;
    }
  culvert_check_serve (check, trial, CULVERT_CHECK_LEAVE);
  g_clear_pointer (&spare, culvert_qpp_pads_unref);
}

void
culvert_check_trial (CulvertCheck *check)
{
  CulvertCheckTrial *trial =
      culvert_check_trial_new (check, check->plan->compress, check->plan->smux.version);

  if (culvert_check_settle (check, &trial, 1) != NULL)
    {
      check->is_format_right = true;
      culvert_check_note_format (check, trial->compress, trial->version);
      culvert_check_target (check, trial);
    }
  else if (culvert_check_trial_is_wrong (trial))
    {
      check->is_format_wrong = true;
      culvert_check_other_formats (check, trial);
    }
  culvert_check_trial_free (trial);
}

/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-session-private.h"

#define CULVERT_MTU_BUILT_IN 1400

uint32_t
culvert_session_kcp_mtu (int mtu, unsigned cipher_overhead, bool has_fec, bool *out_accepted)
{
  int overhead = (int) cipher_overhead + (has_fec ? CULVERT_FEC_HEADER : 0);
  int kcp_mtu = MIN (mtu, CULVERT_PACKET_MAX) - overhead;

  *out_accepted = kcp_mtu >= CULVERT_KCP_MTU_MIN;
  return *out_accepted ? (uint32_t) kcp_mtu : (uint32_t) (CULVERT_MTU_BUILT_IN - overhead);
}

CulvertSession *
culvert_session_new (const CulvertSessionConfig *config,
                     const CulvertSessionResources *resources,
                     CulvertCounters *counters,
                     CulvertTime now)
{
  CulvertSession *session = g_new0 (CulvertSession, 1);

  /* Two ends that wait for one another would wait for ever. */
  g_assert (!config->is_client || !config->detects);
  session->resources = resources;
  session->scratch = (CulvertSessionScratch *) (void *) resources->scratch;
  session->counters = culvert_counters_ref (counters);
  session->cipher = config->cipher;
  session->kcp = culvert_kcp_new (&config->kcp, resources->segments, counters, now);
  session->smux = culvert_smux_new (&config->smux, counters, now);
  session->framesize = config->smux.framesize;
  session->fec_ds = config->fec_ds;
  session->fec_ps = config->fec_ps;
  session->is_detecting = config->detects;
  if (config->fec != NULL)
    session->encoder = culvert_fec_encoder_new (config->fec, resources->packets);
  if (config->fec != NULL)
    culvert_kcp_set_overhead (session->kcp, 1000 + 1000 * culvert_fec_code_ps (config->fec)
                                                     / culvert_fec_code_ds (config->fec));
  if (config->fec != NULL && config->fec_adaptive)
    culvert_session_fec_init (session, config->fec);
  culvert_session_size_init (session, config, now);
  if (config->compress)
    session->reader = culvert_comp_reader_new (resources->budget);
  if (config->qpp != NULL)
    session->qpp = culvert_qpp_pads_ref (config->qpp);
  session->group_began_at = CULVERT_TIME_NEVER;
  culvert_comp_writer_init (&session->writer);
  culvert_list_init (&session->ready);
  return session;
}

void
culvert_session_free (CulvertSession *session)
{
  CulvertStream *stream;

  if (session == NULL)
    return;
  for (stream = culvert_smux_first_stream (session->smux); stream != NULL;
       stream = culvert_smux_next_stream (session->smux, stream))
    culvert_session_forget_stream (session, stream);
  culvert_smux_free (session->smux);
  culvert_kcp_free (session->kcp);
  culvert_fec_encoder_free (session->encoder);
  culvert_fec_decoder_free (session->decoder);
  culvert_comp_reader_free (session->reader);
  g_clear_pointer (&session->qpp, culvert_qpp_pads_unref);
  culvert_counters_unref (session->counters);
  g_free (session->kept);
  g_free (session);
}

bool
culvert_session_is_low (const CulvertSession *session)
{
  const CulvertBudget *budget = session->resources->budget;

  return budget->used + CULVERT_SESSION_LOW_BUDGET > budget->limit;
}

void
culvert_session_prepare_stream (CulvertSession *session, CulvertStream *stream)
{
  if (stream->session_flags & CULVERT_STREAM_READY)
    return;
  stream->session_flags |= CULVERT_STREAM_READY;
  culvert_list_init (&stream->ready);
  culvert_fifo_init (&stream->backlog, session->resources->chunks);
  if (session->qpp != NULL)
    {
      stream->qpp = g_new (CulvertQpp, 2);
      culvert_qpp_init (&stream->qpp[0], session->qpp);
      culvert_qpp_init (&stream->qpp[1], session->qpp);
    }
}

void
culvert_session_raise (CulvertSession *session, CulvertStream *stream, unsigned kinds)
{
  stream->events |= kinds;
  if (!culvert_list_is_linked (&stream->ready))
    culvert_list_append (&session->ready, &stream->ready);
}

void
culvert_session_forget_stream (CulvertSession *session, CulvertStream *stream)
{
  if (session->live.stream == stream)
    session->live.stream = NULL;
  if (session->ahead.stream == stream)
    session->ahead.stream = NULL;
  if (!(stream->session_flags & CULVERT_STREAM_READY))
    return;
  culvert_list_remove (&stream->ready);
  culvert_fifo_clear (&stream->backlog);
  if (stream->qpp != NULL)
    {
      culvert_wipe (stream->qpp, 2 * sizeof *stream->qpp);
      g_clear_pointer (&stream->qpp, g_free);
    }
  stream->session_flags = 0;
}

CulvertStream *
culvert_session_open_stream (CulvertSession *session, CulvertTime now)
{
  CulvertStream *stream = culvert_smux_open (session->smux);

  if (stream != NULL)
    {
      stream->opened_at = now;
      culvert_session_prepare_stream (session, stream);
    }
  return stream;
}

void
culvert_session_close_stream (CulvertSession *session, CulvertStream *stream)
{
  g_assert (session->reserved == NULL);
  culvert_session_forget_stream (session, stream);
  culvert_smux_close (session->smux, stream);
}

void
culvert_session_set_dest (CulvertSession *session, const void *dest)
{
  session->dest = dest;
}

void
culvert_session_set_user (CulvertSession *session, void *user)
{
  session->user = user;
}

void *
culvert_session_get_user (const CulvertSession *session)
{
  return session->user;
}

CulvertStream *
culvert_session_first_stream (CulvertSession *session)
{
  return culvert_smux_first_stream (session->smux);
}

CulvertStream *
culvert_session_next_stream (CulvertSession *session, CulvertStream *stream)
{
  return culvert_smux_next_stream (session->smux, stream);
}

uint32_t
culvert_session_n_streams (const CulvertSession *session)
{
  return culvert_smux_n_streams (session->smux);
}

bool
culvert_session_is_flushed (const CulvertSession *session)
{
  CulvertKcpState state;

  /* A heartbeat held back by detection is nothing the peer waits for. */
  if (culvert_smux_has_control (session->smux) && !session->is_detecting)
    return false;
  culvert_kcp_get_state (session->kcp, &state);
  return state.n_snd_queue == 0 && state.n_snd_buf == 0 && state.n_acks == 0;
}

CulvertTime
culvert_session_last_heard (const CulvertSession *session)
{
  return session->last_heard;
}

const CulvertVitals *
culvert_session_vitals (const CulvertSession *session)
{
  return &session->vitals;
}

void
culvert_session_greet (CulvertSession *session)
{
  culvert_smux_say_nop (session->smux);
}

CulvertKcp *
culvert_session_kcp (CulvertSession *session)
{
  return session->kcp;
}

CulvertCounters *
culvert_session_counters (CulvertSession *session)
{
  return session->counters;
}

static void
culvert_session_publish_path (CulvertSession *session)
{
  CulvertCounters *counters = session->counters;
  CulvertKcpPath path;

  culvert_kcp_get_path (session->kcp, &path);
  culvert_counter_set (&counters->pacing_rate, path.pacing_rate);
  culvert_counter_set (&counters->bandwidth, path.bandwidth);
  culvert_counter_set (&counters->min_rtt_us, (uint64_t) path.min_rtt);
  culvert_counter_set (&counters->loss_ppm, path.loss_ppm);
  if (!session->fec.is_adaptive)
    return;
  culvert_counter_set (&counters->fec_data, session->fec.ds);
  culvert_counter_set (&counters->fec_parity, session->fec.k);
  culvert_counter_set (&counters->fec_loss_ppm, (uint64_t) (session->fec.loss * 1e6));
}

void
culvert_session_publish (CulvertSession *session)
{
  CulvertCounters *counters = session->counters;
  CulvertKcpState state;

  culvert_kcp_get_state (session->kcp, &state);
  culvert_counter_set (&counters->snd_queue, state.n_snd_queue);
  culvert_counter_set (&counters->snd_buffer, state.n_snd_buf);
  culvert_counter_set (&counters->rcv_queue, state.n_rcv_queue);
  culvert_counter_set (&counters->rmt_wnd, state.rmt_wnd);
  culvert_counter_set (&counters->srtt_us, (uint64_t) culvert_kcp_srtt_us (session->kcp));
  culvert_counter_set (&counters->rttvar_us, (uint64_t) state.rttvar_ms * CULVERT_MSEC);
  culvert_counter_set (&counters->rto_us, (uint64_t) state.rto_ms * CULVERT_MSEC);
  culvert_counter_set (&counters->streams, culvert_smux_n_streams (session->smux));
  culvert_session_publish_path (session);
  if (session->decoder != NULL)
    {
      CulvertFecDecoderState fec;

      culvert_fec_decoder_get_state (session->decoder, &fec);
      culvert_counter_set (&counters->fec_shard_set, fec.groups);
      culvert_counter_set (&counters->fec_shard_min, fec.newest_group);
    }
}

void
culvert_session_trim (CulvertSession *session)
{
  culvert_kcp_trim (session->kcp);
  if (session->encoder != NULL)
    culvert_fec_encoder_trim (session->encoder);
  if (session->decoder != NULL)
    culvert_fec_decoder_trim (session->decoder);
  if (session->reader != NULL)
    culvert_comp_reader_trim (session->reader);
}
